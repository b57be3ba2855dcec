"""One search for the whole house: each storey answers, in its `queries`, with what the reader may open.

Names of small tables are read and compared here, so that accents, hyphens and capitals are set aside alike
on both databases; codes and numbers, of which there are many, are asked of the database.
"""

import re
from dataclasses import dataclass

from django.db.models import F, QuerySet, Value
from django.urls import reverse

from terreau.measures.french import unaccented
from terreau.territory.access import EcopoleRequest
from terreau.territory.models import Agent, AgentKind, Place, PlaceKind, Product, ProductFamily

LETTERS_MIN, LETTERS_MAX = 2, 80
# Of one kind: who wants the others says more.
MOST = 8


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answers to the words, and the page that opens it."""

    kind: str
    name: str
    url: str
    about: str = ""


def bare(text: str) -> str:
    """« saint omer capelle » is Saint-Omer-Capelle."""
    return re.sub(r"[\W_]+", " ", unaccented(text).replace("œ", "oe"))


class Sought:
    """What was typed, and what answers to it: names that hold each of its words."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()[:LETTERS_MAX]
        self.words = bare(self.text).split()

    def __bool__(self) -> bool:
        return sum(len(word) for word in self.words) >= LETTERS_MIN

    def is_in(self, *names: str | None) -> bool:
        told = bare(" ".join(name for name in names if name))
        return all(word in told for word in self.words)


# Where a product is followed, or traded.
PRODUCT_PAGES = {"see_lots": "lots:list", "offer_own": "platform:offer", "order_own": "platform:order"}
FAMILIES_UNSEEN = (ProductFamily.WORK, ProductFamily.CREDIT)
# The room that keeps them finds them.
PLACES_ELSEWHERE = (PlaceKind.BED, PlaceKind.SITE, PlaceKind.ROOM)


def _named(rows: QuerySet[Agent] | QuerySet[Place] | QuerySet[Product], what: str, *columns: str) -> QuerySet:
    return rows.order_by().values_list(Value(what), "name", *(F(column) for column in columns))


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Actors, but for people, whose room finds them; where goods are kept; products. One query."""
    if "see_territory" not in request.abilities:
        return []
    here = {"ecopole": request.ecopole}
    actors = Agent.objects.filter(**here, anonymised_at=None).exclude(kind=AgentKind.PERSON)
    places = Place.objects.filter(**here, agent__anonymised_at=None).exclude(agent__kind=AgentKind.PERSON)
    products = Product.objects.exclude(family__in=FAMILIES_UNSEEN)
    rows = _named(actors, "actor", "pk", "kind", "commune__name").union(
        _named(places.exclude(kind__in=PLACES_ELSEWHERE), "place", "agent_id", "kind", "agent__name"),
        _named(products, "product", "pk", "family", "code"),
        all=True,
    )
    told = [_told(request, *row) for row in rows if sought.is_in(row[1])]
    return [one for one in told if one is not None]


def _told(
    request: EcopoleRequest, what: str, name: str, pk: int, kind: str, beside: str | None
) -> Found | None:
    slug = request.ecopole.slug
    if what == "product":
        page = next((page for ability, page in PRODUCT_PAGES.items() if ability in request.abilities), "")
        asked = {"q": name} if page == "lots:list" else None
        about = ProductFamily(kind).label
        return Found("Produits", name, reverse(page, args=[slug], query=asked), about) if page else None
    label = AgentKind(kind).label if what == "actor" else PlaceKind(kind).label
    about = f"{label}, {beside}" if beside else label
    url = reverse("territory:actor", args=[slug, pk])
    return Found("Acteurs" if what == "actor" else "Lieux", name, url, about)
