from django.urls import path

from terreau.rooms.insertion import hours_views, steering_views, views

app_name = "insertion"
urlpatterns = [
    path("", views.home, name="home"),
    path("nouvelle/", views.new, name="new"),
    path("equipes/", views.teams, name="teams"),
    path("mon-parcours/", views.own, name="own"),
    path("heures/", hours_views.weeks, name="weeks"),
    path("heures/<int:team>/<str:week>/", hours_views.sheet, name="sheet"),
    path("pilotage/", steering_views.steer, name="steer"),
    path("pilotage/annexe/", steering_views.annex, name="annex"),
    path("pilotage/annexe/<int:pk>/", steering_views.steer, name="steer_annex"),
    path("pilotage/annexe/<int:pk>/recu/", steering_views.aid, name="aid"),
    path("pilotage/mois/<str:month>/", steering_views.month, name="month"),
    path("pilotage/mois/<str:month>/export.csv", steering_views.month_csv, name="month_csv"),
    path("<str:person>/", views.file, name="file"),
    path("<str:person>/entree/", views.entry, name="came"),
    path("<str:person>/entree/<int:pk>/reponse/", views.answer, name="answer"),
    path("<str:person>/justice/", views.justice, name="justice"),
    path("<str:person>/lectures/", views.readings, name="readings"),
    path("<str:person>/eligibilite/", views.diagnose, name="diagnose"),
    path("<str:person>/pass/", views.pass_iae, name="pass"),
    path("<str:person>/pass/<int:pk>/suspendre/", views.suspend, name="suspend"),
    path("<str:person>/pass/<int:pk>/prolonger/", views.prolong, name="prolong"),
    path("<str:person>/prolongation/<int:pk>/reponse/", views.prolonged, name="prolonged"),
    path("<str:person>/contrat/", views.sign, name="sign"),
    path("<str:person>/contrat/<int:pk>/avenant/", views.amend, name="amend"),
    path("<str:person>/contrat/<int:pk>/renouveler/", views.renew, name="renew"),
    path("<str:person>/renouvellement/<int:pk>/avis/", views.opinion, name="opinion"),
    path("<str:person>/au-dela/", views.extend, name="extend"),
    path("<str:person>/immersion/", views.immersion, name="immersion"),
    path("<str:person>/papier/", views.paper, name="paper"),
    path("<str:person>/equipe/", views.team, name="team"),
    path("<str:person>/suivi/", views.follow, name="follow"),
    path("<str:person>/retirer/<str:kind>/<int:pk>/", views.withdraw, name="withdraw"),
]
