"""Counting a store: its lots as they are known, what was typed, and what was counted before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, Max, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.http import Http404, QueryDict

from terreau.ledger.dueforms import REASON_MAX
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import StockLine
from terreau.measures.french import FrenchEntryError, parse_quantity
from terreau.measures.quantity import Unit
from terreau.rooms.platform.models import StockCount
from terreau.territory.asked import row_asked
from terreau.territory.models import Ecopole, Place

COUNTS_SHOWN = 8


@dataclass(frozen=True)
class Counted:
    """A lot as the page showed it, and what was counted of it; a difference has its reason."""

    lot: Lot
    seen: Decimal
    quantity: Decimal
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """A lot to count: what is known of it, what was typed, and what is wrong with that."""

    line: StockLine
    typed: str = ""
    reason: str = ""
    error: str = ""

    @property
    def seen(self) -> str:
        """What the form says it showed: the lot and its thousandths, so that a lot that moves is noticed."""
        return f"{self.line.lot.pk}:{int(self.line.quantity.scaleb(3))}"

    @property
    def symbol(self) -> str:
        return Unit(self.line.product.unit).symbol


def rows(
    lines: Sequence[StockLine], post: QueryDict | None = None, errors: Mapping[int, str] | None = None
) -> list[Row]:
    """By product, as shelves are walked along; a refused form comes back with what was typed."""
    ordered = sorted(lines, key=lambda line: line.product.name)
    typed = post or QueryDict()
    return [
        Row(line, typed.get(f"q-{pk}", ""), typed.get(f"why-{pk}", ""), (errors or {}).get(pk, ""))
        for line in ordered
        for pk in (line.lot.pk,)
    ]


def read(ecopole: Ecopole, post: QueryDict) -> tuple[list[Counted], dict[int, str]]:
    """What the form says of its lots, and what cannot be read, by lot; a line left empty is right."""
    seen = dict(map(_shown, post.getlist("line")))
    lots = Lot.objects.select_related("product").filter(ecopole=ecopole).in_bulk(seen)
    if len(lots) < len(seen):
        raise Http404("line")
    counted, errors = [], {}
    for pk, known in seen.items():
        typed, reason = post.get(f"q-{pk}", "").strip(), post.get(f"why-{pk}", "").strip()
        try:
            quantity = parse_quantity(typed, Unit(lots[pk].product.unit)).amount if typed else known
        except FrenchEntryError as error:
            errors[pk] = str(error)
            continue
        if len(reason) > REASON_MAX:
            errors[pk] = (
                f"Motif trop long\u202f: {len(reason)} caractères, {REASON_MAX} au plus. Gardez l’essentiel."
            )
        counted.append(Counted(lots[pk], known, quantity, reason))
    return counted, errors


def _shown(said: str) -> tuple[int, Decimal]:
    pk, _, thousandths = said.partition(":")
    quantity = Decimal(row_asked(thousandths)).scaleb(-3)
    if not quantity:
        raise Http404("line")  # what is not there is not shown
    return row_asked(pk), quantity


def _standing(ecopole: Ecopole) -> QuerySet[StockCount]:
    """A count that was undone says nothing any more: its differences are undone together, or not at all."""
    first = Concat(OuterRef("key"), Value(":0"))
    undone = Event.objects.filter(ecopole=ecopole, key=first, reversed_by__isnull=False)
    return StockCount.objects.filter(~Exists(undone), ecopole=ecopole)


def last_counted(ecopole: Ecopole) -> dict[int, datetime]:
    """When each place was last counted, by place."""
    found = _standing(ecopole).order_by().values_list("place").annotate(last=Max("recorded_at"))
    return dict(found)


def counts(ecopole: Ecopole, place: Place) -> list[StockCount]:
    """The last counts of a store, the latest first."""
    return list(_standing(ecopole).filter(place=place).select_related("recorded_by")[:COUNTS_SHOWN])


@dataclass(frozen=True)
class Gap:
    """What a count found that was not as known; `quantity` is signed."""

    lot: Lot
    quantity: Decimal
    reason: str


def gaps(count: StockCount) -> list[Gap]:
    events = Event.objects.filter(
        ecopole=count.ecopole_id, key__gte=f"{count.key}:", key__lt=f"{count.key};", reverses=None
    )
    return [
        Gap(event.lot, event.quantity if event.action == Action.RAISE else -event.quantity, event.note)
        for event in events.select_related("lot__product").order_by("pk")
        if event.lot
    ]
