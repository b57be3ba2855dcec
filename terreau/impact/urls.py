from django.urls import path

from terreau.impact import scenario_views, views

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
    path("<slug:key>/", views.answer, name="answer"),
    path("<slug:key>/<slug:indicator>/", views.sheet, name="sheet"),
]
