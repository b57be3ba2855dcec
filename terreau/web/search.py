"""One search: every storey answers with what the reader may open, in at most a query each."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from terreau.billing import search as billing
from terreau.funding import queries as funding
from terreau.ledger import queries as ledger
from terreau.measures.french import unaccented
from terreau.rooms.baskets import queries as baskets
from terreau.rooms.garden import queries as garden
from terreau.rooms.incubator import queries as incubator
from terreau.rooms.insertion import search as insertion
from terreau.rooms.kitchen import queries as kitchen
from terreau.rooms.thirdplace import queries as thirdplace
from terreau.rooms.worksites import queries as worksites
from terreau.territory import queries as territory
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.search import MOST, Found, Sought

Finder = Callable[[EcopoleRequest, Sought], list[Found]]
FINDERS: tuple[Finder, ...] = (
    ledger.found, insertion.found, territory.found, garden.found, baskets.found, billing.found,
    thirdplace.found, worksites.found, kitchen.found, incubator.found, funding.found,
)  # fmt: skip


@dataclass(frozen=True)
class Answers:
    """Of one kind, the first; `more` when there are others."""

    kind: str
    found: list[Found]
    more: bool


def answers(request: EcopoleRequest, sought: Sought) -> list[Answers]:
    """By kind; in each, names that begin as what was typed come first."""
    kinds: dict[str, list[Found]] = defaultdict(list)
    for finder in FINDERS:
        for one in finder(request, sought):
            kinds[one.kind].append(one)
    begins = unaccented(sought.text)
    told = []
    for kind, found in kinds.items():
        # Stable: what its storey put first stays first.
        found.sort(key=lambda one: not unaccented(one.name).startswith(begins))
        told.append(Answers(kind, found[:MOST], len(found) > MOST))
    return told


@needs("see_today")
def search(request: EcopoleRequest) -> HttpResponse:
    sought = Sought(request.GET.get("q", ""))
    context = {"sought": sought, "answers": answers(request, sought) if sought else [], "most": MOST}
    return render(request, "web/search.html", context)
