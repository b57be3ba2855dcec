"""What pages ask about a week: what there is, what is asked, its plans, and the promises kept."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from terreau.ledger.effects import Action
from terreau.ledger.models import ProcessKind
from terreau.ledger.queries import State, Stored, promised, stored
from terreau.measures.week import IsoWeek
from terreau.planning.gather import CHOICES, STORES, ZERO
from terreau.planning.models import RUNNING, Calculation, PlanState, WeekPlan
from terreau.rooms.baskets import queries as baskets
from terreau.rooms.garden import queries as garden
from terreau.rooms.platform import queries as platform
from terreau.territory.models import Agent, AgentKind, Ecopole

GRAM = Decimal("0.001")


@dataclass(frozen=True)
class SupplyLine:
    """What one bed, one farm or the store holds of a product; `urgent`: it will not keep beyond the week."""

    product: str
    place: str
    quantity: Decimal
    unit: str
    kg: Decimal
    last_day: date | None
    urgent: bool


@dataclass(frozen=True)
class Source:
    name: str
    icon: str
    kg: Decimal
    lines: tuple[SupplyLine, ...]


@dataclass(frozen=True)
class AskedLine:
    """Who asks, on which day, and for how many kilos; `baskets` where they are counted so."""

    name: str
    day: date
    kg: Decimal
    baskets: int = 0


@dataclass(frozen=True)
class Outlet:
    """A kind of destination, and all those of that kind."""

    name: str
    icon: str
    kg: Decimal
    lines: tuple[AskedLine, ...]


@dataclass(frozen=True)
class WeekTable:
    """Both sides of the scales, in kilos. Baskets weigh what their value buys at the week's mean price."""

    sources: tuple[Source, ...]
    outlets: tuple[Outlet, ...]
    balance: tuple[tuple[str, Decimal, Decimal], ...]
    supplied_kg: Decimal
    asked_kg: Decimal


def week_table(ecopole: Ecopole, week: IsoWeek, today: date) -> WeekTable:
    """The whole week as it was said; what waits in store counts as long as the week is not over."""
    forecasts = garden.forecasts(ecopole, week, today=today)
    said = platform.said(ecopole, week)
    offers, orders, gifts = (
        [line for line in said if line.side is side]
        for side in (platform.Side.OFFER, platform.Side.ORDER, platform.Side.GIFT)
    )
    in_store = (
        stored(ecopole, holder_kind=AgentKind.PLATFORM, place_kinds=STORES) if week.sunday >= today else []
    )
    sources = (
        *_sources([(f.garden, f.place, f, f.last_day) for f in forecasts], "sprout", week),
        *_sources([(o.agent, "", o, o.day) for o in offers], "tractor", week),
        *_store(in_store, week),
    )
    outlets = _outlets(baskets.counts(ecopole, week), [*orders, *gifts], _cents_per_kg([*forecasts, *offers]))
    return WeekTable(
        sources=sources,
        outlets=outlets,
        balance=_balance(sources, orders),
        supplied_kg=sum((s.kg for s in sources), ZERO),
        asked_kg=sum((o.kg for o in outlets), ZERO),
    )


def _sources(
    rows: Iterable[tuple[str, str, garden.ForecastLine | platform.SaidLine, date]],
    icon: str,
    week: IsoWeek,
) -> list[Source]:
    """One source per garden or farm, its largest lines first, from its name, the bed, the row and its end."""
    found: dict[str, list[SupplyLine]] = defaultdict(list)
    for owner, place, row, last_day in rows:
        quantity = _quantity(row)
        kg, urgent = quantity * row.unit_kg, last_day <= week.sunday
        found[owner].append(SupplyLine(row.product, place, quantity, row.unit, kg, last_day, urgent))
    return [_source(name, icon, lines) for name, lines in sorted(found.items())]


def _quantity(row: garden.ForecastLine | platform.SaidLine) -> Decimal:
    """The likely harvest, or what is offered."""
    return row.likely if isinstance(row, garden.ForecastLine) else row.quantity


def _store(lines: Iterable[Stored], week: IsoWeek) -> list[Source]:
    """What already waits on the shelves, the first to expire first."""
    found = [
        SupplyLine(
            line.product,
            line.place,
            line.quantity,
            line.unit,
            line.quantity * line.unit_kg,
            line.keeps_until,
            line.keeps_until is not None and line.keeps_until <= week.sunday,
        )
        for line in lines
    ]
    return [Source("En stock", "warehouse", sum((x.kg for x in found), ZERO), tuple(found))] if found else []


def _source(name: str, icon: str, lines: list[SupplyLine]) -> Source:
    ranked = sorted(lines, key=lambda line: (-line.kg, line.product))
    return Source(name, icon, sum((line.kg for line in lines), ZERO), tuple(ranked))


def _cents_per_kg(rows: Iterable[garden.ForecastLine | platform.SaidLine]) -> Decimal:
    """The mean public price of what may go into a basket this week; 0 when there is nothing."""
    cents = kilos = ZERO
    for row in rows:
        if row.family in CHOICES["baskets"]["families"] and row.reference_price:
            cents += _quantity(row) * row.reference_price.cents
            kilos += _quantity(row) * row.unit_kg
    return cents / kilos if kilos else ZERO


BASKETS, GIFTS, OTHERS = "Paniers", "Dons promis", "Autres clients"
CUSTOMERS = {
    AgentKind.CANTEEN: "Cantines",
    AgentKind.SHOP: "Magasins",
    AgentKind.GROCERY: "Épiceries sociales",
}
ICONS = {
    BASKETS: "shopping-basket",
    "Cantines": "utensils",
    "Magasins": "store",
    "Épiceries sociales": "hand-heart",
    OTHERS: "truck",
    GIFTS: "gift",
}


def _outlets(
    counts: Iterable[baskets.CountLine],
    asked: Iterable[platform.SaidLine],
    cents_per_kg: Decimal,
) -> tuple[Outlet, ...]:
    """Baskets by size and day, customers by kind, then what is promised to groceries."""
    kilos: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    count: dict[tuple[str, str, date], int] = defaultdict(int)
    for c in counts:
        count[BASKETS, c.size, c.day] += c.count
        worth = c.count * c.target_value.cents
        kilos[BASKETS, c.size, c.day] += worth / cents_per_kg if cents_per_kg else ZERO
    for line in asked:
        group = GIFTS if line.side is platform.Side.GIFT else CUSTOMERS.get(AgentKind(line.kind), OTHERS)
        kilos[group, line.agent, line.day] += line.quantity * line.unit_kg
    lines: dict[str, list[AskedLine]] = defaultdict(list)
    for (group, name, day), kg in sorted(kilos.items(), key=lambda item: (item[0][2], item[0][1])):
        lines[group].append(AskedLine(name, day, kg.quantize(GRAM), count[group, name, day]))
    return tuple(
        Outlet(group, icon, sum((line.kg for line in lines[group]), ZERO), tuple(lines[group]))
        for group, icon in ICONS.items()
        if lines[group]
    )


def _balance(
    sources: Iterable[Source], orders: Iterable[platform.SaidLine]
) -> tuple[tuple[str, Decimal, Decimal], ...]:
    """Kilos there are and kilos ordered, product by product; what lacks most first."""
    there: dict[str, Decimal] = defaultdict(Decimal)
    asked: dict[str, Decimal] = defaultdict(Decimal)
    for source in sources:
        for line in source.lines:
            there[line.product] += line.kg
    for o in orders:
        asked[o.product] += o.quantity * o.unit_kg
    names = sorted(asked, key=lambda name: (there[name] - asked[name], name))
    return tuple((name, there[name], asked[name]) for name in names)


def week_to_plan(ecopole: Ecopole, today: date) -> IsoWeek:
    """The current week while somebody is still to be served, otherwise the next one."""
    week = IsoWeek.of(today)
    orders = platform.orders(ecopole, week, substitutes=False)
    days = {o.day for o in orders} | {c.day for c in baskets.counts(ecopole, week)}
    return week if not days or max(days) >= today else week + 1


@dataclass(frozen=True)
class PlanLine:
    """One plan, in a list."""

    key: str
    state: str
    label: str
    at: datetime
    by: str
    published_at: datetime | None
    locks: int


def week_plans(ecopole: Ecopole, week: IsoWeek, now: datetime) -> list[PlanLine]:
    """The published plan first, then the latest; a plan whose worker has died says so."""
    rows = WeekPlan.objects.filter(ecopole=ecopole, week=str(week)).defer("problem", "plan", "by_hand")
    lines = [plan_line(row, now) for row in rows.select_related("created_by")]
    return sorted(lines, key=lambda line: line.state != PlanState.PUBLISHED)


def plan_line(row: Calculation, now: datetime) -> PlanLine:
    state = PlanState.FAILED if row.state in RUNNING and row.interrupted(now) else PlanState(row.state)
    by = row.created_by.name if row.created_by else ""
    return PlanLine(row.key, state, state.label, row.created_at, by, row.published_at, len(row.locks))


@dataclass(frozen=True)
class Kept:
    """Of the promises of one gesture: how many are due in the week, how many are kept."""

    gesture: str
    met: int
    due: int


GESTURES = (
    ("Récoltes", ProcessKind.HARVEST, Action.PRODUCE),
    ("Arrivées", ProcessKind.ARRIVAL, Action.TRANSFER),
    ("Préparation des commandes", ProcessKind.DELIVERY, Action.MOVE),
    ("Composition des paniers", ProcessKind.PACKING, Action.PRODUCE),
    ("Livraisons", ProcessKind.DELIVERY, Action.TRANSFER),
)


def kept_promises(ecopole: Ecopole, week: IsoWeek) -> list[Kept]:
    """The week's promises by gesture, whichever of its plans made them; what was withdrawn does not count."""
    of_week = [
        line
        for line in promised(ecopole, due=(week.monday, week.sunday), plans=f"week:{week}:")
        if line.state is not State.CANCELLED
    ]
    due: dict[tuple[str, str], list[State]] = defaultdict(list)
    for line in of_week:
        due[line.kind, line.action].append(line.state)
    return [
        Kept(name, sum(state is State.MET for state in due[kind, action]), len(due[kind, action]))
        for name, kind, action in GESTURES
        if due[kind, action]
    ]


def customer_kinds(ecopole: Ecopole) -> dict[str, str]:
    """What each customer is, by name, in the plural."""
    rows = Agent.objects.filter(ecopole=ecopole, kind__in=CUSTOMERS).values_list("name", "kind")
    return {name: CUSTOMERS[AgentKind(kind)] for name, kind in rows}
