from django.urls import path

from terreau.impact import declared, scenario_views, views

app_name = "impact"
urlpatterns = [
    path("", views.home, name="home"),
    path("calculer", views.reckon, name="reckon"),
    path("projeter/", scenario_views.home, name="scenarios"),
    path("projeter/nouveau", scenario_views.project, name="project"),
    path("projeter/fichier", scenario_views.project_file, name="project_file"),
    path("projeter/comparer", scenario_views.compare, name="compare"),
    path("projeter/<slug:key>/", scenario_views.scenario, name="scenario"),
    path("projeter/<slug:key>/fichier.toml", scenario_views.scenario_file, name="scenario_file"),
    path("projeter/<slug:key>/fiche.pdf", scenario_views.scenario_sheet, name="scenario_sheet"),
    path("projeter/<slug:key>/<slug:indicator>/", scenario_views.scenario_figure, name="scenario_figure"),
    path("comptabilite/", declared.page, name="declared"),
    path("comptabilite/ajouter", declared.add, name="declare"),
    path("comptabilite/<int:pk>/retirer", declared.take_back, name="withdraw"),
    path("<slug:key>/", views.answer, name="answer"),
    path("<slug:key>/publier", views.publish_answer, name="publish"),
    path("<slug:key>/depublier", views.unpublish_answer, name="unpublish"),
    path("<slug:key>/rapport.pdf", views.report, name="report"),
    path("<slug:key>/chiffres.csv", views.spreadsheet, name="spreadsheet"),
    path("<slug:key>/reponse.json", views.data, name="data"),
    path("<slug:key>/appris/", views.learned, name="learned"),
    path("<slug:key>/<slug:indicator>/", views.sheet, name="sheet"),
    path("<slug:key>/<slug:indicator>/mouvements/", views.movements, name="movements"),
]
