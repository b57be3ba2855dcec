from django.urls import path

from terreau.impact import declared, views

app_name = "impact"
urlpatterns = [
    path("", views.home, name="home"),
    path("calculer", views.reckon, name="reckon"),
    path("comptabilite/", declared.page, name="declared"),
    path("comptabilite/ajouter", declared.add, name="declare"),
    path("comptabilite/<int:pk>/retirer", declared.take_back, name="withdraw"),
    path("<slug:key>/", views.answer, name="answer"),
    path("<slug:key>/publier", views.publish_answer, name="publish"),
    path("<slug:key>/depublier", views.unpublish_answer, name="unpublish"),
    path("<slug:key>/rapport.pdf", views.report, name="report"),
    path("<slug:key>/chiffres.csv", views.spreadsheet, name="spreadsheet"),
    path("<slug:key>/reponse.json", views.data, name="data"),
    path("<slug:key>/<slug:indicator>/", views.sheet, name="sheet"),
    path("<slug:key>/<slug:indicator>/mouvements/", views.movements, name="movements"),
]
