from django.urls import path

from terreau.impact import views

app_name = "impact"
urlpatterns = [
    path("", views.home, name="home"),
    path("calculer", views.reckon, name="reckon"),
    path("<slug:key>/", views.answer, name="answer"),
    path("<slug:key>/<slug:indicator>/", views.sheet, name="sheet"),
]
