"""What others may ask of the ledger: frozen values, in a number of queries that never grows with the rows.

A fact counts while it stands: an event that was reversed, and the one that reverses it, count for nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.urls import reverse

from terreau.ledger.effects import Action
from terreau.ledger.models import (
    Cancellation,
    Commitment,
    Custody,
    Event,
    Lot,
    Process,
    ProcessKind,
    Rights,
    Verdict,
    VerdictKind,
)
from terreau.measures.money import Money
from terreau.territory.access import EcopoleRequest
from terreau.territory.models import Agent, Ecopole, Place, Product, ProductFamily
from terreau.territory.search import MOST, Found, Sought
from terreau.territory.together import row_of

# « Reversed by nothing » is said of the column that joins, not of the row: PostgreSQL then knows that nearly
# every event stands. It held that hardly one did, and chose its ways of asking accordingly.
STANDING = Q(reverses=None, reversed_by__reverses=None)
# Of promises whose answers were counted (`done`).
UNMET = Q(done=None) | Q(done__lt=F("quantity"))
# A lot that nobody judged may be used.
USABLE = (None, VerdictKind.RELEASED)


@dataclass(frozen=True, slots=True)
class StockLine:
    lot: Lot
    product: Product
    place: Place
    holder: Agent
    quantity: Decimal
    quality: int
    keeps_until: date | None
    usable: bool
    # Whose it is, when that is not its holder: left in deposit, lent, handed over to be processed.
    owner: Agent | None = None

    @property
    def own(self) -> bool:
        """Its holder may use, sell or give it."""
        return self.usable and self.owner is None


def _own() -> Exists:
    """What its holder may dispose of: it has rights on it."""
    return Exists(Rights.objects.filter(lot=OuterRef("lot"), owner=OuterRef("holder"), quantity__gt=0))


def stock(
    ecopole: Ecopole,
    *,
    holder: Agent | int | None = None,
    place: Place | int | None = None,
    product: Product | int | None = None,
) -> list[StockLine]:
    """What is there, the first to expire first."""
    wanted = {"holder": holder, "place": place, "product": product}
    chosen = {name: one for name, one in wanted.items() if one is not None}
    met = _Met(STOCKED)
    rows = _held().filter(ecopole=ecopole, quantity__gt=0, **chosen)
    held = [(row[:3], *met.read(row[3:])) for row in rows]
    owners = _owners([lot for (_, _, owned), lot, *_ in held if not owned])
    lines = []
    for (quantity, verdict, owned), lot, of, at, by in held:
        lot.product = of
        owner = None if owned else owners.get(lot.pk)
        usable = verdict in USABLE
        lines.append(StockLine(lot, of, at, by, quantity, lot.quality, lot.keeps_until, usable, owner))
    return sorted(lines, key=_first_to_expire)


@cache
def _held() -> QuerySet[Custody, Any]:
    """How much, its last verdict, whether it is its holder's, then `STOCKED`.

    Said once for all: building the question takes longer than its answer.
    """
    last_verdict = Verdict.objects.filter(lot=OuterRef("lot")).order_by("-occurred_at", "-pk")
    rows = Custody.objects.annotate(verdict=Subquery(last_verdict.values("kind")[:1]), owned=_own())
    return rows.order_by().values_list("quantity", "verdict", "owned", *_Met(STOCKED).columns)


def _owners(lots: list[Lot]) -> dict[int, Agent]:
    """Whose these are, in deposit: wholly its owner's, its producer's first."""
    if not lots:
        return {}
    producers = {lot.pk: lot.producer_id for lot in lots}
    rights = Rights.objects.filter(lot__in=producers, quantity__gt=0).select_related("owner").order_by("pk")
    owners: dict[int, Agent] = {}
    for right in sorted(rights, key=lambda right: right.owner_id != producers[right.lot_id]):
        owners.setdefault(right.lot_id, right.owner)
    return owners


def _first_to_expire(line: StockLine) -> tuple[date, datetime, int, int]:
    return line.keeps_until or date.max, line.lot.born_at, line.lot.pk, line.place.pk


class _Met:
    """What many rows point to, read with them in one query: met again, it is the same object."""

    def __init__(self, related: Mapping[str, type[Model]]):
        self.columns: list[str] = []
        self._parts: list[tuple[type[Model], list[str], slice]] = []
        self._met: dict[tuple[type[Model], int], Model] = {}
        for name, model in related.items():
            names = [field.attname for field in model._meta.concrete_fields]
            first = len(self.columns)
            self._parts.append((model, names, slice(first, first + len(names))))
            self.columns += [f"{name}__{column}" for column in names]

    def read(self, values: Sequence[Any]) -> list[Any]:
        """The objects of one row, from the values of `columns`; None where it points to nothing."""
        found = []
        for model, names, part in self._parts:
            pk = values[part.start]
            if pk is not None and (model, pk) not in self._met:
                self._met[model, pk] = row_of(model, names, values[part])
            found.append(self._met.get((model, pk)))
        return found


@dataclass(frozen=True, slots=True)
class Stored:
    """What waits on a shelf, told in words: for tables of hundreds of lots."""

    product: str
    place: str
    quantity: Decimal
    unit: str
    unit_kg: Decimal
    keeps_until: date | None


def stored(ecopole: Ecopole, *, holder_kind: str, place_kinds: Collection[str]) -> list[Stored]:
    """What such holders may use of what they hold in such places, the first to expire first: one query."""
    last_verdict = Verdict.objects.filter(lot=OuterRef("lot")).order_by("-occurred_at", "-pk")
    holders = Agent.objects.filter(ecopole=ecopole, kind=holder_kind)
    held = Custody.objects.filter(_own(), ecopole=ecopole, holder__in=holders, quantity__gt=0)
    rows = (
        held.filter(place__kind__in=place_kinds)
        .annotate(verdict=Subquery(last_verdict.values("kind")[:1]))
        .order_by(F("lot__keeps_until").asc(nulls_last=True), "lot__born_at", "lot_id", "pk")
        .values_list(
            "verdict", "product__name", "place__name", "quantity", "product__unit", "product__unit_kg",
            "lot__keeps_until",
        )
    )  # fmt: skip
    return [Stored(*row) for verdict, *row in rows if verdict in USABLE]


def on_hand(
    ecopole: Ecopole, *, holder: Agent, place_kinds: Collection[str], quality_min: int = 0, on: date
) -> dict[int, Decimal]:
    """How much of each product may be taken that day: one sum, where no lot need be named."""
    rows = (
        Custody.objects.filter(
            Q(lot__keeps_until=None) | Q(lot__keeps_until__gte=on),
            _own(),
            ecopole=ecopole,
            holder=holder,
            quantity__gt=0,
            place__kind__in=place_kinds,
            lot__quality__gte=quality_min,
            lot__verdicts=None,
        )
        .order_by()
        .values_list("product")
        .annotate(total=Sum("quantity"))
    )
    return dict(rows)


def disposable(ecopole: Ecopole, *, lots: Collection[int]) -> list[Custody]:
    """What their holders may use, sell or give of these lots, wherever it is: one query."""
    last_verdict = Verdict.objects.filter(lot=OuterRef("lot")).order_by("-occurred_at", "-pk")
    held = Custody.objects.filter(_own(), ecopole=ecopole, lot__in=lots, quantity__gt=0)
    rows = held.annotate(verdict=Subquery(last_verdict.values("kind")[:1]))
    told = rows.select_related("lot__product", "lot__producer", "place", "holder").order_by("pk")
    return [row for row in told if vars(row)["verdict"] in USABLE]


def kept_for(ecopole: Ecopole, *, holder: Agent, owner: Agent) -> list[StockLine]:
    """What an actor holds that is another's, the first to expire first: one query."""
    last_verdict = Verdict.objects.filter(lot=OuterRef("lot")).order_by("-occurred_at", "-pk")
    theirs = Exists(Rights.objects.filter(lot=OuterRef("lot"), owner=owner, quantity__gt=0))
    held = Custody.objects.filter(~_own(), theirs, ecopole=ecopole, holder=holder, quantity__gt=0)
    rows = held.annotate(verdict=Subquery(last_verdict.values("kind")[:1]))
    lines = [
        StockLine(
            row.lot, row.lot.product, row.place, holder, row.quantity, row.lot.quality, row.lot.keeps_until,
            vars(row)["verdict"] in USABLE, owner,
        )
        for row in rows.select_related("lot__product", "place").order_by("pk")
    ]  # fmt: skip
    return sorted(lines, key=_first_to_expire)


class State(StrEnum):
    """Where a promise stands. Settled for less is met: nothing more is due."""

    OPEN = "open"
    PARTLY_MET = "partly_met"
    MET = "met"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    commitment: Commitment
    quantity: Decimal
    fulfilled: Decimal
    remaining: Decimal
    state: State


STOCKED: Mapping[str, type[Model]] = {"lot": Lot, "product": Product, "place": Place, "holder": Agent}
RELATED: Mapping[str, type[Model]] = {
    "product": Product, "provider": Agent, "receiver": Agent,
    "from_place": Place, "to_place": Place, "lot": Lot,
}  # fmt: skip


def commitments(
    ecopole: Ecopole,
    *,
    due: tuple[date, date] | None = None,
    provider: Agent | int | None = None,
    receiver: Agent | int | None = None,
    place: Place | int | None = None,
    product: Product | int | None = None,
    process: Process | int | None = None,
    kind: ProcessKind | None = None,
    action: str | None = None,
    plan: str | None = None,
    keys: Collection[str] | None = None,
    among: QuerySet[Commitment] | None = None,
    states: Collection[str] = tuple(State),
) -> list[CommitmentLine]:
    """Promises with what was done of them; `due` includes both days; `place` is either end.

    `kind` is that of their process: a week has thousands of promises, a room looks at its own.
    `among`: those of a question of its own, asked within this one.
    """
    rows = (Commitment.objects.all() if among is None else among).filter(ecopole=ecopole)
    asked: Mapping[str, Any] = {
        "due_on__range": due, "provider": provider, "receiver": receiver, "product": product,
        "process": process, "process__kind": kind, "action": action, "plan": plan, "key__in": keys,
    }  # fmt: skip
    rows = rows.filter(**{name: wanted for name, wanted in asked.items() if wanted is not None})
    if place is not None:
        rows = rows.filter(Q(from_place=place) | Q(to_place=place))
    met, own = _Met(RELATED), [field.attname for field in Commitment._meta.concrete_fields]
    cached: list[Any] = [Commitment._meta.get_field(name) for name in RELATED]
    at, found = own.index("quantity"), []
    for done, given_up, *values in _answered(rows).values_list("done", "given_up", *own, *met.columns):
        quantity = values[at]
        state, remaining = _standing_of(quantity, done or Decimal(0), given_up)
        if state not in states:
            continue  # most are settled: nothing is built of them
        row = row_of(Commitment, own, values[: len(own)])
        for field, value in zip(cached, met.read(values[len(own) :]), strict=True):
            field.set_cached_value(row, value)
        found.append(CommitmentLine(row, quantity, done or Decimal(0), remaining, state))
    return found


def _answered(rows: QuerySet[Commitment]) -> QuerySet[Any]:
    """What was done of each promise, and whether it was given up; in the order of the days."""
    done = Event.objects.filter(STANDING, fulfils=OuterRef("pk")).order_by().values("fulfils")
    given_up = Cancellation.objects.filter(
        Q(event=None) | Q(event__reversed_by=None), commitment=OuterRef("pk")
    )
    return rows.annotate(
        done=Subquery(done.annotate(sum=Sum("quantity")).values("sum")), given_up=Exists(given_up)
    ).order_by("due_on", "pk")


def _standing_of(quantity: Decimal, fulfilled: Decimal, given_up: bool) -> tuple[State, Decimal]:
    """Where a promise stands, and what is still due of it."""
    if fulfilled >= quantity or (given_up and fulfilled):
        return State.MET, Decimal(0)
    if given_up:
        return State.CANCELLED, Decimal(0)
    return State.PARTLY_MET if fulfilled else State.OPEN, quantity - fulfilled


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise in a few words: what counting hundreds of them needs; `kind` is that of its process."""

    id: int
    kind: str
    action: str
    plan: str
    due_on: date
    process_id: int | None
    provider_id: int
    receiver_id: int
    product: str
    receiver: str
    remaining: Decimal
    state: State


def promised(
    ecopole: Ecopole,
    *,
    due: tuple[date, date],
    provider: int | None = None,
    receiver: int | None = None,
    plans: str = "",
    behind: timedelta = timedelta(0),
) -> list[Promised]:
    """The promises of these days, both included, in one query; `plans`: how their plans’ names begin.

    `behind`: with those of so long before that are still due.
    """
    first, last = due
    rows = Commitment.objects.filter(
        ecopole=ecopole, due_on__range=(first - behind, last), plan__startswith=plans
    )
    if provider is not None:
        rows = rows.filter(provider=provider)
    if receiver is not None:
        rows = rows.filter(receiver=receiver)
    told = _answered(rows)
    if behind:
        told = told.filter(Q(due_on__gte=first) | Q(due_on__lt=first, given_up=False) & UNMET)
    told = told.values_list(
        "quantity", "done", "given_up", "pk", "process__kind", "action", "plan", "due_on", "process_id",
        "provider_id", "receiver_id", "product__name", "receiver__name",
    )  # fmt: skip
    found = []
    for quantity, done, given_up, pk, kind, *words in told:
        action, plan, due_on, process_id, provider_id, receiver_id, name, taker = words
        state, remaining = _standing_of(quantity, done or Decimal(0), given_up)
        found.append(
            Promised(
                pk, kind or "", action, plan, due_on, process_id, provider_id, receiver_id, name, taker,
                remaining, state,
            )
        )  # fmt: skip
    return found


def settled(commitment_ids: Collection[int]) -> set[int]:
    """Those of these promises that something has already answered, in whole or in part."""
    done = Event.objects.filter(STANDING, fulfils__in=commitment_ids)
    given_up = Cancellation.objects.filter(
        Q(event=None) | Q(event__reversed_by=None), commitment__in=commitment_ids
    )
    return {
        pk
        for pk in (*done.values_list("fulfils", flat=True), *given_up.values_list("commitment", flat=True))
        if pk is not None
    }


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from a provider: kilos, price, number of transfers."""

    kg: Decimal
    price: Money
    transfers: int


def taken_from(
    ecopole: Ecopole, *, provider_ids: Iterable[int], since: datetime, until: datetime
) -> dict[int, Taken]:
    """Transfers by provider from `since`, included, to `until`, excluded; everybody asked has an answer.

    What was sold for a provider counts at what the customer paid: rights passed, at a price.
    """
    providers = set(provider_ids)
    rows = (
        Event.objects.filter(
            STANDING,
            Q(action=Action.TRANSFER) | Q(action=Action.TRANSFER_RIGHTS, price__isnull=False),
            ecopole=ecopole,
            provider__in=providers,
            occurred_at__gte=since,
            occurred_at__lt=until,
        )
        .order_by()
        .values("provider")
        .annotate(
            # Thousandths of a unit by grams of one: millionths of a kilo.
            micro=Sum(
                ExpressionWrapper(F("quantity") * F("product__unit_kg"), output_field=BigIntegerField())
            ),
            price=Sum("price"),
            transfers=Sum(1),
        )
        .values_list("provider", "micro", "price", "transfers")
    )
    found = {
        provider: Taken(Decimal(int(micro)).scaleb(-6), price or Money(0), int(transfers))
        for provider, micro, price, transfers in rows
    }
    return {provider: found.get(provider, Taken(Decimal(0), Money(0), 0)) for provider in providers}


def lots_received(ecopole: Ecopole, *, receiver: Agent, since: datetime, until: datetime) -> list[Lot]:
    """What was handed over to somebody from `since`, included, to `until`, excluded: its lots, one query."""
    handed = Event.objects.filter(
        STANDING,
        ecopole=ecopole,
        action=Action.TRANSFER,
        receiver=receiver,
        occurred_at__gte=since,
        occurred_at__lt=until,
    )
    rows = Lot.objects.filter(pk__in=handed.values("lot")).select_related("product", "producer")
    return list(rows.order_by("producer__name", "product__name", "pk"))


@dataclass(frozen=True, slots=True)
class RightsLine:
    lot: Lot
    owner: Agent
    quantity: Decimal


def negative_rights(ecopole: Ecopole) -> list[RightsLine]:
    """Who used or gave what was not theirs: work done for another, to be settled."""
    rows = Rights.objects.filter(ecopole=ecopole, quantity__lt=0).select_related("lot__product", "owner")
    return [RightsLine(row.lot, row.owner, row.quantity) for row in rows.order_by("owner__name", "pk")]


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Lots whose code begins so, the latest first; credits are their owner's business. One query."""
    if "see_lots" not in request.abilities:
        return []
    rows = Lot.objects.filter(ecopole=request.ecopole, code__startswith=sought.text.upper())
    named = rows.exclude(product__family=ProductFamily.CREDIT).order_by("-born_at", "-pk")
    slug = request.ecopole.slug
    return [
        Found("Lots", code, reverse("lots:lot", args=[slug, code]), product)
        for code, product in named.values_list("code", "product__name")[: MOST + 1]
    ]
