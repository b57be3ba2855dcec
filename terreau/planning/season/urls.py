from django.urls import path

from terreau.planning.season import views

app_name = "season"
urlpatterns = [
    path("", views.home, name="home"),
    path("besoins/", views.needs_page, name="needs"),
    path("planifier", views.plan_season, name="plan_season"),
    path("ma-part/", views.share, name="share"),
    path("ma-part/repondre", views.answer, name="answer"),
    path("plan/<slug:key>/", views.plan, name="plan"),
    path("plan/<slug:key>/paniers/", views.baskets, name="baskets"),
    path("plan/<slug:key>/generations/", views.generations, name="generations"),
    path("plan/<slug:key>/surfaces/", views.areas, name="areas"),
    path("plan/<slug:key>/assolement/", views.land, name="land"),
    path("plan/<slug:key>/semences/", views.orders, name="orders"),
    path("plan/<slug:key>/semences.csv", views.orders_csv, name="orders_csv"),
    path("plan/<slug:key>/planifier", views.replan, name="replan"),
    path("plan/<slug:key>/publier", views.publish, name="publish"),
    path("plan/<slug:key>/abandonner", views.abandon_plan, name="abandon"),
    path("plan/<slug:key>/comparer/<slug:other>/", views.compare, name="compare"),
]
