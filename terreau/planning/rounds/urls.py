from django.urls import path

from terreau.planning.rounds import views

app_name = "rounds"
urlpatterns = [
    path("", views.home, name="home"),
    path("planifier", views.plan_day, name="plan_day"),
    path("temps-de-trajet/", views.calibration_page, name="calibration"),
    path("temps-de-trajet/caler", views.calibrate, name="calibrate"),
    path("panne", views.stopped, name="stopped"),
    path("plan/<slug:key>/", views.plan, name="plan"),
    path("plan/<slug:key>/planifier", views.replan, name="replan"),
    path("plan/<slug:key>/publier", views.publish, name="publish"),
    path("plan/<slug:key>/abandonner", views.abandon_plan, name="abandon"),
    path("plan/<slug:key>/deplacer/", views.move, name="move"),
    path("plan/<slug:key>/trajet/", views.travel, name="travel"),
]
