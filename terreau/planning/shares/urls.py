from django.urls import path

from terreau.planning.shares import views

app_name = "shares"
urlpatterns = [
    path("", views.home, name="home"),
    path("ma-fiche/", views.own_sheet, name="own_sheet"),
    path("fiche/<int:pk>/", views.sheet, name="sheet"),
    path("tournee/<int:pk>/", views.tour, name="tour"),
    path("regles/", views.rules, name="rules"),
    path("regles/voter", views.keep_vote, name="vote"),
    path("<str:month>/compter", views.count, name="count"),
    path("<str:month>/arreter", views.close, name="close"),
]
