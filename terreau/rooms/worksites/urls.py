from django.urls import path

from terreau.rooms.worksites.views import days, orders, report, sites

app_name = "worksites"
urlpatterns = [
    path("", orders.home, name="home"),
    path("sites/", sites.sites, name="sites"),
    path("sites/ajouter/", sites.add_site, name="add_site"),
    path("sites/<int:pk>/", sites.site, name="site"),
    path("sites/<int:pk>/modifier/", sites.change_site, name="change_site"),
    path("sites/<int:pk>/fermer/", sites.close_site, name="close_site"),
    path("commandes/nouvelle/", orders.ask, name="ask"),
    path("commandes/<int:pk>/", orders.order, name="order"),
    path("commandes/<int:pk>/devis/", orders.quote, name="quote"),
    path("commandes/<int:pk>/accepter/", orders.accept, name="accept"),
    path("commandes/<int:pk>/sans-suite/", orders.drop, name="drop"),
    path("commandes/<int:pk>/planifier/", orders.plan, name="plan"),
    path("commandes/<int:pk>/terminer/", orders.finish, name="finish"),
    path("commandes/<int:pk>/photos/", orders.add_picture, name="add_picture"),
    path("photos/<int:pk>/", orders.photo, name="photo"),
    path("photos/<int:pk>/retirer/", orders.withdraw_picture, name="withdraw_picture"),
    path("journees/<int:pk>/", days.day, name="day"),
    path("journees/<int:pk>/faite/", days.work, name="work"),
    path("journees/<int:pk>/annuler/", days.cancel_day, name="cancel_day"),
    path("journees/<int:pk>/sortir/", days.take_out, name="take_out"),
    path("journees/<int:pk>/rentrer/", days.bring_back, name="bring_back"),
    path("outils/", days.tools, name="tools"),
    path("outils/ajouter/", days.save_tool, name="save_tool"),
    path("outils/<int:pk>/fermer/", days.close_tool, name="close_tool"),
    path("bilan/", report.report, name="report"),
    path("bilan.pdf", report.report_sheet, name="report_sheet"),
]
