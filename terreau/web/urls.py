"""Every address of the house; the rooms own what is behind their door."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import TemplateView

from terreau.impact.scenario_views import try_one
from terreau.web import lot_sheets, lots, search, today

lot_pages = (
    [
        path("", lots.search, name="list"),
        path("<str:code>/", lots.journey, name="lot"),
        path("<str:code>/etiquettes.pdf", lot_sheets.labels, name="labels"),
        path("<str:code>/rappel/", lots.recall, name="recall"),
        path("<str:code>/rappel/lettre.pdf", lot_sheets.recall_letter, name="recall_letter"),
    ],
    "lots",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.home, name="home"),
    path("sante", today.health, name="health"),
    path("robots.txt", today.robots, name="robots"),
    path("accessibilite", TemplateView.as_view(template_name="web/accessibility.html"), name="accessibility"),
    path("compte/double-cle/", include("allauth.mfa.urls")),
    path("compte/", include("allauth.account.urls")),
    path("", include("terreau.territory.public_urls")),
    path("", include("terreau.rooms.platform.public_urls")),
    path("", include("terreau.rooms.thirdplace.public_urls")),
    path("", include("terreau.rooms.baskets.public_urls")),
    path("essayer", try_one, name="try_scenario"),
    path("", include("terreau.impact.public_urls")),
    path("e/<slug:ecopole>/", today.today, name="today"),
    path("e/<slug:ecopole>/chercher/", search.search, name="search"),
    path("e/<slug:ecopole>/annuler/<str:key>", lots.undo, name="undo"),
    path("e/<slug:ecopole>/jardin/", include("terreau.rooms.garden.urls")),
    path("e/<slug:ecopole>/plateforme/tournees/", include("terreau.planning.rounds.urls")),
    path("e/<slug:ecopole>/plateforme/", include("terreau.rooms.platform.urls")),
    path("e/<slug:ecopole>/paniers/", include("terreau.rooms.baskets.urls")),
    path("e/<slug:ecopole>/insertion/", include("terreau.rooms.insertion.urls")),
    path("e/<slug:ecopole>/chantiers/", include("terreau.rooms.worksites.urls")),
    path("e/<slug:ecopole>/couveuse/", include("terreau.rooms.incubator.urls")),
    path("e/<slug:ecopole>/tiers-lieu/", include("terreau.rooms.thirdplace.urls")),
    path("e/<slug:ecopole>/transformation/", include("terreau.rooms.kitchen.urls")),
    path("e/<slug:ecopole>/semaine/", include("terreau.planning.urls")),
    path("e/<slug:ecopole>/saison/", include("terreau.planning.season.urls")),
    path("e/<slug:ecopole>/partage/", include("terreau.planning.shares.urls")),
    path("e/<slug:ecopole>/factures/", include("terreau.billing.urls")),
    path("e/<slug:ecopole>/financements/", include("terreau.funding.urls")),
    path("e/<slug:ecopole>/lots/", include(lot_pages)),
    path("e/<slug:ecopole>/reponse/", include("terreau.impact.urls")),
    path("e/<slug:ecopole>/territoire/", include("terreau.territory.urls")),
]
