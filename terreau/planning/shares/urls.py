from django.urls import path

from terreau.planning.models import SharingStep
from terreau.planning.shares import views, views_votes

app_name = "shares"
urlpatterns = [
    path("", views.home, name="home"),
    path("ma-fiche/", views.own_sheet, name="own_sheet"),
    path("fiche/<int:pk>/", views.sheet, name="sheet"),
    path("fiche/<int:pk>/avant", views.declare_former, name="former"),
    path("fiche/<int:pk>/avant/<int:row>/retirer", views.withdraw_former, name="former_withdraw"),
    path("tournee/<int:pk>/", views.tour, name="tour"),
    path("tournee/<int:pk>/releve", views.spent, name="spent"),
    path("regles/", views_votes.rules, name="rules"),
    path("regles/voter", views_votes.keep_vote, name="vote"),
    path("communs/", views_votes.step, {"step": SharingStep.COMMONS}, name="commons"),
    path("communs/voter", views_votes.vote_step, {"step": SharingStep.COMMONS}, name="vote_commons"),
    path("solidarite/", views_votes.step, {"step": SharingStep.SOLIDARITY}, name="solidarity"),
    path("solidarite/voter", views_votes.vote_step, {"step": SharingStep.SOLIDARITY}, name="vote_solidarity"),
    path("<str:month>/commun", views.common, name="common"),
    path("<str:month>/compter", views.count, name="count"),
    path("<str:month>/arreter", views.close, name="close"),
]
