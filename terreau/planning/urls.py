from django.urls import path

from terreau.planning import views

app_name = "planning"
urlpatterns = [
    path("", views.home, name="home"),
    path("plan/<slug:key>/", views.plan, name="plan"),
    path("plan/<slug:key>/planifier", views.replan, name="replan"),
    path("plan/<slug:key>/publier", views.publish_plan, name="publish"),
    path("plan/<slug:key>/abandonner", views.abandon_plan, name="abandon"),
    path("plan/<slug:key>/comparer/<slug:other>/", views.compare, name="compare"),
    path("<str:week>/", views.week, name="week"),
    path("<str:week>/planifier", views.plan_week, name="plan_week"),
]
