"""The flows of a year as they were lived: read in the ledger, in the rooms, and in what was declared.

Nothing is guessed here: what nobody recorded is not a flow, and the indicator that wants it says so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from terreau.engines.contribution import Flow, Flows, Kind
from terreau.engines.contribution.problem import AMOUNTS, ELSEWHERE
from terreau.impact.models import Declaration, Said
from terreau.impact.parameters import food_of, sector_of
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.planning.shares.reading import Part, agreed_tours
from terreau.planning.shares.tours import Driven, driven
from terreau.rooms.baskets.queries import solidarity
from terreau.rooms.garden import queries as garden
from terreau.rooms.incubator.queries import outcomes
from terreau.rooms.insertion import queries as insertion
from terreau.rooms.thirdplace import queries as thirdplace
from terreau.territory.clock import moment
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind, Product
from terreau.territory.rates import vat_rate
from terreau.territory.together import together

# The organisations of the site: what passes between them is not counted, or it would be twice.
OWN = (AgentKind.GARDEN, AgentKind.PLATFORM, AgentKind.KITCHEN, AgentKind.ASSOCIATION)
CHANNELS = {
    AgentKind.CANTEEN: "canteen", AgentKind.SHOP: "shop", AgentKind.GROCERY: "solidarity",
    AgentKind.DEPOT: "basket", AgentKind.PERSON: "basket",
}  # fmt: skip
FARMING = "AZ"
HANDED = (Action.TRANSFER, Action.TRANSFER_RIGHTS)
COUNTED = {"total": "all", "F": "women", "RSA": "rsa", "DETLD": "deld", "QPV": "qpv"}


class Move(NamedTuple):
    """What changed hands; `maker`: whoever grew or made the lot."""

    event: int
    at: datetime
    provider: int
    receiver: int
    product: int
    quantity: Decimal
    price: Money | None
    lot: int | None
    maker: int | None


class Traced(NamedTuple):
    """A flow, and the movement of the ledger it is read in; several may be read in one."""

    event: int
    flow: Flow


def flows(ecopole: Ecopole, year: int) -> Flows:
    """A calendar year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = [
        *(found.flow for found in Book(ecopole, first, last).traced()),
        *_people(ecopole, year), *_driven(driven(ecopole, first, last)), *_land(ecopole, last),
        *_settled(ecopole, first, last), *_households(ecopole, first, last),
        *_volunteers(ecopole, first, last), *_declared(ecopole, year),
        *(flow for part in shared(ecopole, first, last) for flow in part.flows),
    ]  # fmt: skip
    return Flows(first, last, tuple(by_month(rows)), ecopole.name)


def by_month(rows: Iterable[Flow]) -> Iterator[Flow]:
    """Alike movements of a month as one; an area of a day is never a sum of days."""
    sums: dict[Flow, dict[str, Any]] = defaultdict(dict)
    none: dict[str, Any] = dict.fromkeys(AMOUNTS)
    for row in rows:
        if row.kind is Kind.LAND:
            yield row
            continue
        alike = replace(row, date=row.date.replace(day=1), **none)
        for name in AMOUNTS:
            if (amount := getattr(row, name)) is not None:
                sums[alike][name] = sums[alike].get(name, 0.0) + float(amount)
    for alike, amounts in sums.items():
        yield replace(alike, **amounts)


def handed(ecopole: Ecopole, first: date, last: date, to: Collection[str]) -> Flows:
    """What was sold or given to these kinds of actors between two days, both included."""
    book = Book(ecopole, first, last, to)
    return Flows(first, last, tuple(found.flow for found in book.sold()), ecopole.name)


class Book:
    """The ledger between two days, read once; `to`: only what these kinds of actors received."""

    def __init__(self, ecopole: Ecopole, first: date, last: date, to: Collection[str] = ()):
        self.ecopole, self.to, self.days = ecopole, to, (first, last)
        self.start, self.end = (moment(day) for day in (first, last + timedelta(days=1)))
        agents, products = together(Agent.objects.filter(ecopole=ecopole), Product.objects.all())
        self.agents, self.products = {row.pk: row for row in agents}, {row.pk: row for row in products}
        self.own = {pk for pk, row in self.agents.items() if row.kind in OWN}

    def _events(self, *actions: str) -> QuerySet[Event]:
        return Event.objects.filter(
            STANDING, ecopole=self.ecopole, action__in=actions,
            occurred_at__gte=self.start, occurred_at__lt=self.end,
        ).order_by()  # fmt: skip

    @cached_property
    def moves(self) -> list[Move]:
        found = self._events(*HANDED)
        if self.to:
            found = found.filter(receiver__kind__in=self.to)
        rows = found.values_list(
            "pk", "occurred_at", "provider_id", "receiver_id", "product_id", "quantity", "price", "lot_id",
            "lot__producer_id",
        )  # fmt: skip
        return [Move(*row) for row in rows]

    def traced(self) -> Iterator[Traced]:
        for read in (self.sold, self.bought, self.baskets, self.served, self.lost, self.given, self.credited):
            yield from read()

    def sold(self) -> Iterator[Traced]:
        """What left the site, or a partner by its hands: sold, or given to who resells at a social price."""
        for move in self.moves:
            product, to = self.products[move.product], self.agents[move.receiver]
            if move.receiver in self.own or product.family in ("basket", "crate") or to.kind not in CHANNELS:
                continue
            given = to.kind == AgentKind.GROCERY and not (move.price and move.price.cents)
            ours = move.provider in self.own
            yield self._handed(
                move, product, Kind.DONATION if given else Kind.SALE,
                from_actor=self.ecopole.name if ours else self.agents[move.provider].name,
                eur_ht=self._net(move, product) if ours and not given else None,
                carried=move.maker not in self.own,
            )  # fmt: skip

    def _handed(self, move: Move, product: Product, kind: Kind, **more: Any) -> Traced:
        to = self.agents[move.receiver]
        flow = Flow(
            _day(move.at), kind, to_actor=self._name(to), place=to.commune_id, product=named(product),
            channel=CHANNELS[AgentKind(to.kind)], kg=float(move.quantity * product.unit_kg),
            lot=str(move.lot), **more,
        )  # fmt: skip
        return Traced(move.event, flow)

    def _name(self, agent: Agent) -> str | None:
        """A person is never named."""
        return None if agent.kind == AgentKind.PERSON else agent.name

    def _net(self, move: Move, product: Product) -> float | None:
        """Euros before VAT: professionals' prices are said so, members' with it."""
        if move.price is None:
            return None
        euros = move.price.cents / 100
        if self.agents[move.receiver].kind != AgentKind.PERSON:
            return euros
        return euros / self._with_vat(product, _day(move.at))

    def _with_vat(self, product: Product, on: date) -> float:
        return float(1 + vat_rate(product.vat_class, on))

    def bought(self) -> Iterator[Traced]:
        """What the site paid partners for their produce."""
        for move in self.moves:
            if move.receiver in self.own and move.provider not in self.own and move.price:
                seller = self.agents[move.provider]
                flow = Flow(
                    _day(move.at), Kind.PURCHASE, self.ecopole.name, self._name(seller), seller.commune_id,
                    sector=FARMING, eur_ht=move.price.cents / 100, lot=str(move.lot),
                )  # fmt: skip
                yield Traced(move.event, flow)

    def baskets(self) -> Iterator[Traced]:
        """Kilos of what each basket held, where it was left; euros of who took it, once handed over."""
        held = self._held()
        for move in self.moves:
            product = self.products[move.product]
            if product.family != "basket" or move.receiver in self.own:
                continue
            giver, taker = self.agents[move.provider], self.agents[move.receiver]
            day, here = _day(move.at), taker.commune_id or giver.commune_id
            if move.price:  # handed over: its price was said with VAT, whoever took it
                flow = Flow(
                    day, Kind.SALE, self.ecopole.name, self._name(taker), here, product.code,
                    channel="basket", eur_ht=move.price.cents / 100 / self._with_vat(product, day),
                )  # fmt: skip
                yield Traced(move.event, flow)
            # Counted where it left the site: a depot that hands it over adds nothing.
            inside_of = held.get(move.lot, {}) if move.provider in self.own else {}
            for (inside, ours), kilos in inside_of.items():
                flow = Flow(
                    day, Kind.SALE, self.ecopole.name, self._name(taker), here, inside,
                    channel="basket", kg=float(kilos * move.quantity), carried=not ours,
                )  # fmt: skip
                yield Traced(move.event, flow)

    def _held(self) -> dict[int | None, dict[tuple[str | None, bool], Decimal]]:
        """Of each lot of baskets: kilos in one basket, by product and by whether the site grew it."""
        packed = self._events(Action.PRODUCE, Action.CONSUME).filter(process__kind=ProcessKind.PACKING)
        rows = packed.values_list(
            "action", "process_id", "product_id", "quantity", "lot_id", "lot__producer_id"
        )
        made: dict[int, tuple[int, Decimal]] = {}
        used: dict[int, dict[tuple[str | None, bool], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for action, process, product, quantity, lot, maker in rows:
            if action == Action.PRODUCE:
                made[process] = lot, quantity
            else:
                said = self.products[product]
                used[process][named(said), maker in self.own] += quantity * said.unit_kg
        return {
            lot: {what: kilos / count for what, kilos in used[process].items()}
            for process, (lot, count) in made.items()
        }

    def served(self) -> Iterator[Traced]:
        """Services sold: sites cared for, batches made for a farm, commissions."""
        rows = self._events(Action.WORK).filter(provider__in=self.own, price__gt=Money(0))
        for event, at, receiver, price in rows.values_list("pk", "occurred_at", "receiver_id", "price"):
            to = self.agents[receiver]
            if receiver not in self.own and price is not None:
                flow = Flow(
                    _day(at), Kind.SALE, self.ecopole.name, self._name(to), to.commune_id,
                    channel="service", eur_ht=price.cents / 100,
                )  # fmt: skip
                yield Traced(event, flow)

    def lost(self) -> Iterator[Traced]:
        rows = self._events(Action.LOWER).filter(provider__in=self.own)
        for event, at, product, quantity in rows.values_list("pk", "occurred_at", "product_id", "quantity"):
            said = self.products[product]
            flow = Flow(_day(at), Kind.LOSS, product=named(said), kg=float(quantity * said.unit_kg))
            yield Traced(event, flow)

    def given(self) -> Iterator[Traced]:
        """Hours of volunteers, apart from any paid one."""
        for one in thirdplace.hours_given(self.ecopole, *self.days):
            hours = float(one.amount)
            yield Traced(one.event, Flow(_day(one.at), Kind.VOLUNTEER_WORK, product=one.what, hours=hours))

    def credited(self) -> Iterator[Traced]:
        for one in thirdplace.credits_moved(self.ecopole, *self.days):
            count = float(one.amount)
            yield Traced(one.event, Flow(_day(one.at), Kind.CREDIT, product=one.what, count=count))


class Share(NamedTuple):
    """What one actor pays of one tour, in a month that is closed; a person has no name."""

    tour: Driven
    part: Part
    name: str | None

    @property
    def flows(self) -> tuple[Flow, Flow]:
        return (
            Flow(self.tour.day, Kind.SHARED_COST, self.name, eur_ht=self.part.total.cents / 100),
            Flow(self.tour.day, Kind.SHARED_SAVING, self.name, eur_ht=self.part.saved.cents / 100),
        )


def shared(ecopole: Ecopole, first: date, last: date) -> list[Share]:
    """Seven queries at most, whatever the number of tours."""
    pairs = [
        (tour, part) for tour, told in agreed_tours(ecopole, first, last) for part in told.parts
    ]  # fmt: skip
    aboard = Agent.objects.filter(pk__in={part.actor for _, part in pairs}, kind=AgentKind.PERSON)
    people = set(aboard.values_list("pk", flat=True)) if pairs else set()
    return [Share(tour, part, None if part.actor in people else part.name) for tour, part in pairs]


def named(product: Product) -> str | None:
    """Under the name of the food table; a vegetable that is not there is « a vegetable nobody named »."""
    if product.family == "vegetable" and not product.code.startswith("pomme-de-terre"):
        return food_of(product.code)
    return product.code


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _people(ecopole: Ecopole, year: int) -> Iterator[Flow]:
    """Counts and hours as they leave the insertion room: what is too few to be said is not a flow."""
    end = date(year, 12, 31)
    for month in insertion.paid_hours(ecopole, year):
        if month.hours is not None:
            yield Flow(month.month, Kind.INSERTION_WORK, hours=float(month.hours))
    counts = insertion.year_counts(ecopole, year)
    if counts.entries:
        yield Flow(end, Kind.ENTRY, count=counts.entries)
    told: list[tuple[Kind, str, int | None]] = [(Kind.EXIT, code, n) for code, n in _exits(counts).items()]
    told += [(Kind.PEOPLE, COUNTED[code], n) for code, n in counts.people.items() if code in COUNTED]
    for kind, code, count in told:
        if count:
            yield Flow(end, kind, product=code, count=count)


def _exits(counts: insertion.YearCounts) -> dict[str, int | None]:
    """By category; all the dynamic ones as one if one of them is too few to be said; else none at all."""
    if None not in counts.exits.values():
        return counts.exits
    if counts.dynamic is None or counts.others is None:
        return {}
    return {"dynamic": counts.dynamic, "other": counts.others}


def _driven(tours: Iterable[Driven]) -> Iterator[Flow]:
    """Litres put in where somebody noted them, else kilometres; electricity only if it was read."""
    for tour in tours:
        road = tour.road
        put_in = None if road.put_in is None else float(road.put_in)
        if road.fuel == "electric":
            if put_in is not None:
                yield Flow(tour.day, Kind.COLD, kwh=put_in)
        elif put_in is None:
            yield Flow(tour.day, Kind.DRIVE, km=float(road.km))
        else:
            yield Flow(tour.day, Kind.DRIVE, litres=put_in)


def _land(ecopole: Ecopole, on: date) -> Iterator[Flow]:
    """The garden's plots by their status on the last day."""
    keeper = garden.garden_of(ecopole)
    statuses = garden.plot_statuses(ecopole)
    for plot in garden.plots(keeper) if keeper else ():
        status = garden.status_on(statuses.get(plot.pk, []), on)
        if plot.area_m2 and status in ("organic", "conversion"):
            yield Flow(on, Kind.LAND, place=plot.commune_id, product=status, ha=float(plot.area_m2) / 10_000)


def _households(ecopole: Ecopole, first: date, last: date) -> Iterator[Flow]:
    """Solidarity households by commune of the depot; fewer than five are not said."""
    depots = Place.objects.filter(ecopole=ecopole, kind=PlaceKind.DEPOT)
    codes = dict(depots.values_list("commune__name", "commune_id").distinct())
    for commune, households, _ in solidarity(ecopole, first, last).communes:
        if households:
            yield Flow(last, Kind.HOUSEHOLD, place=codes.get(commune), count=float(households))


def _settled(ecopole: Ecopole, first: date, last: date) -> Iterator[Flow]:
    """Farms settled; none said when fewer than five would be told apart."""
    found = outcomes(ecopole, first, last)
    if found.settled is not None and found.hectares is not None:
        yield Flow(last, Kind.INSTALLATION, count=float(found.settled), ha=float(found.hectares))


def _volunteers(ecopole: Ecopole, first: date, last: date) -> Iterator[Flow]:
    """None said when fewer than five would be told apart."""
    if people := thirdplace.volunteers(ecopole, first, last):
        yield Flow(last, Kind.VOLUNTEERS, count=float(people))


# What is declared, as a flow: its kind, and the field of its amount.
AS_FLOW = {
    Said.PERMANENT_HOURS: (Kind.PERMANENT_WORK, "hours"),
    Said.INSERTION_WAGE: (Kind.INSERTION_WAGE, "eur_ht"),
    Said.PERMANENT_WAGE: (Kind.PERMANENT_WAGE, "eur_ht"), Said.PURCHASE: (Kind.PURCHASE, "eur_ht"),
    Said.BASKET_SALES: (Kind.SALE, "eur_ht"), Said.GRANT: (Kind.GRANT, "eur_ht"),
    Said.LOCAL_TAX: (Kind.LOCAL_TAX, "eur_ht"),
    Said.COLD: (Kind.COLD, "kwh"), Said.PROTECTED_LAND: (Kind.LAND, "ha"),
}  # fmt: skip


def _declared(ecopole: Ecopole, year: int) -> Iterator[Flow]:
    for row in standing(ecopole, year):
        kind, amount = AS_FLOW[Said(row.kind)]
        more: dict[str, Any] = {amount: float(row.amount)}
        if kind is Kind.PURCHASE:
            more |= {"to_actor": row.supplier or None, "sector": sector_of(row.ape)}
            more |= {"from_actor": ecopole.name} if row.supplier else {}
        if kind is Kind.SALE:
            more |= {"from_actor": ecopole.name, "channel": "basket"}
        if kind is Kind.LAND:
            more["product"] = "protected"
        yield Flow(
            date(year, 12, 31), kind, place=row.commune_id or (ELSEWHERE if row.elsewhere else None),
            funding_source=row.funder or None, **more,
        )  # fmt: skip


def standing(ecopole: Ecopole, year: int) -> QuerySet[Declaration]:
    """The declared figures of a year that nobody withdrew."""
    rows = Declaration.objects.filter(Q(withdraws=None), ecopole=ecopole, year=year, withdrawn_by=None)
    return rows.select_related("commune")
