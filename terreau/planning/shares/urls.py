from django.urls import path

from terreau.planning.shares import views

app_name = "shares"
urlpatterns = [
    path("", views.home, name="home"),
    path("ma-fiche/", views.own_sheet, name="own_sheet"),
    path("fiche/<int:pk>/", views.sheet, name="sheet"),
    path("fiche/<int:pk>/avant", views.declare_former, name="former"),
    path("fiche/<int:pk>/avant/<int:row>/retirer", views.withdraw_former, name="former_withdraw"),
    path("tournee/<int:pk>/", views.tour, name="tour"),
    path("tournee/<int:pk>/releve", views.spent, name="spent"),
    path("regles/", views.rules, name="rules"),
    path("regles/voter", views.keep_vote, name="vote"),
    path("<str:month>/compter", views.count, name="count"),
    path("<str:month>/arreter", views.close, name="close"),
]
