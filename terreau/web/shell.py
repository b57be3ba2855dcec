"""The frame around every page: whole the first time, only its middle when htmx asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers


@dataclass(frozen=True)
class Door:
    """An entry of the navigation: shown to who holds the ability, unless a wider door already opens there."""

    label: str
    url_name: str
    icon: str
    ability: str
    unless: str = ""
    # Less often opened: on a phone whose bar would be too full, it is behind « Plus ».
    rare: bool = False


DOORS = (
    Door("Aujourd’hui", "today", "sun", "see_today"),
    Door("Semaine", "planning:home", "calendar-range", "see_week"),
    Door("Saison", "season:home", "wheat", "see_season", rare=True),
    Door("Ma part", "season:share", "wheat", "answer_season_own", unless="see_season"),
    Door("Jardin", "garden:home", "sprout", "see_garden"),
    Door("Plateforme", "platform:home", "warehouse", "see_platform"),
    Door("Offre", "platform:offer", "tractor", "offer_own", unless="see_platform"),
    Door("Commande", "platform:order", "clipboard-list", "order_own", unless="see_platform"),
    Door("Partage", "shares:home", "handshake", "see_sharing", rare=True),
    Door("Ma fiche", "shares:own_sheet", "receipt-euro", "see_sharing_own", unless="see_sharing"),
    Door("Paniers", "baskets:home", "shopping-basket", "see_baskets"),
    Door("Mon panier", "baskets:own", "shopping-basket", "see_basket_own"),
    Door("Insertion", "insertion:home", "hand-heart", "see_insertion"),
    Door("Mon parcours", "insertion:own", "footprints", "see_own_pathway"),
    Door("Chantiers", "worksites:home", "trees", "see_worksites", rare=True),
    Door("Couveuse", "incubator:home", "egg", "run_incubator"),
    Door("Mon projet", "incubator:home", "tractor", "see_own_test", unless="run_incubator"),
    Door("Couveuse", "incubator:outcomes", "egg", "see_incubator", unless="run_incubator", rare=True),
    Door("Tiers-lieu", "place:home", "coffee", "see_place", rare=True),
    Door("Mon carnet", "place:own", "hand-coins", "see_credits_own"),
    Door("Transformation", "kitchen:home", "soup", "see_kitchen", rare=True),
    Door("À façon", "kitchen:statement", "soup", "see_processed_own", unless="see_kitchen", rare=True),
    Door("Factures", "billing:home", "receipt-text", "see_billing", rare=True),
    Door("Mes factures", "billing:own", "receipt-text", "see_invoices_own", unless="see_billing", rare=True),
    Door("Financements", "funding:home", "landmark", "see_funding", rare=True),
    Door("Réponse", "impact:home", "compass", "see_impact", rare=True),
    Door("Lots", "lots:list", "qr-code", "see_lots", rare=True),
    Door("Territoire", "territory:map", "map", "see_territory", rare=True),
)


# What a thumb tells apart at 320 px.
BAR_MAX = 6


def doors_open(abilities: frozenset[str]) -> list[Door]:
    return [door for door in DOORS if door.ability in abilities and door.unless not in abilities]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The doors this person may open; the one they are behind is marked."""
    ecopole = getattr(request, "ecopole", None)
    if ecopole is None:
        return []
    doors = doors_open(getattr(request, "abilities", frozenset()))
    entries: list[dict[str, Any]] = []
    for door in doors:
        url = reverse(door.url_name, args=[ecopole.slug])
        folded = door.rare and len(doors) > BAR_MAX
        entries.append({"label": door.label, "icon": door.icon, "url": url, "folded": folded})
    # The longest that fits is where we are; that of « today », with which all start, is itself alone.
    today = reverse("today", args=[ecopole.slug])
    fitting = [e["url"] for e in entries if request.path.startswith(e["url"]) and e["url"] != today]
    here = max(fitting, key=len, default="")
    return [e | {"current": e["url"] == (here or request.path)} for e in entries]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `shell` is what a page extends."""
    htmx: Any = getattr(request, "htmx", None)
    # A page asked again by the back button is a whole page.
    fragment = bool(htmx) and not htmx.history_restore_request
    entries = navigation(request)
    return {
        "shell": "fragment.html" if fragment else "base.html",
        "ecopole": getattr(request, "ecopole", None),
        "abilities": getattr(request, "abilities", frozenset()),
        "navigation": entries,
        "folded": [entry for entry in entries if entry["folded"]],
        "DEMO": settings.DEMO,
        "now": getattr(request, "now", None),
        "today": getattr(request, "today", None),
    }


class ShellMiddleware:
    """The same address gives a page or its middle: caches must know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response
