"""A stored plan told to people: decoded once, every line with its names, its units and its reason."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from terreau.engines.week.access import BASKET, DEMAND, KITCHEN, SOLIDARITY
from terreau.engines.week.plan import BY_HAND, IMPOSSIBLE, PROVED, Goal, Plan
from terreau.engines.week.problem import Lock, Problem
from terreau.measures.french import format_decimal, format_percent
from terreau.planning.locks import Desk, Lockable, flow, label_of, portion, said_of, served
from terreau.planning.models import WeekPlan
from terreau.planning.names import Names
from terreau.planning.queries import OTHERS

ZERO = Decimal(0)
HUNDRED = Decimal(100)
NODES = 7
# What no figure on the page would show.
NO_GAP = Decimal("0.0005")


def saying(unit: str, places: int, scale: int = 1) -> Callable[[Decimal], str]:
    """How figures of a plan are said: so many decimals, then the unit."""
    return lambda value: f"{format_decimal(value / scale, places=places)}\u00a0{unit}"


euros, whole_euros = saying("€", 2, 100), saying("€", 0, 100)
kilos, points = saying("kg", 1), saying("points", 1)
hours, vegetables = saying("h", 0), saying("légumes", 0)


@dataclass(frozen=True)
class GoalLine:
    """A goal in this plan, in the plan by hand, and how far from the best any plan could do."""

    title: str
    meaning: str
    value: str
    hand: str
    gap: str
    verdict: str
    tone: str
    bar: str
    hand_bar: str


# name, title, meaning, how it is said, and whether more is better
GOALS = (
    ("promises", "Promesses non tenues", "valeur de ce qui manque aux clients et aux paniers", euros, False),
    ("fairness_1", "Équité entre les fermes", "part de sa promesse prise à la ferme la moins servie",
     format_percent, True),
    ("baskets", "Bons paniers", "variété, nouveauté et juste valeur, par panier", points, True),
    ("waste", "Pertes", "kilos compostés, et valeur perdue de ce qui est gardé", kilos, False),
    ("margin", "Marge commune", "ventes moins achats de la semaine, sans les abonnements", euros, True),
)  # fmt: skip


def goal_lines(plan: Plan, by_hand: Plan) -> list[GoalLine]:
    """The five goals, in the order in which they count."""
    mine, hand = {g.name: g for g in plan.goals}, {g.name: g for g in by_hand.goals}
    found = []
    for name, title, meaning, said, more_is_better in GOALS:
        if name not in mine or name not in hand:
            continue
        ours, theirs = mine[name].value, hand[name].value
        lead = (ours - theirs) * (1 if more_is_better else -1)
        verdict, tone = ("mieux", "ok") if lead > 0 else ("moins bien", "warn") if lead < 0 else ("égal", "")
        if said(ours) == said(theirs):
            verdict, tone = "égal", ""
        top = max(abs(ours), abs(theirs)) or Decimal(1)
        found.append(
            GoalLine(
                title,
                meaning,
                said(ours),
                said(theirs),
                _gap(mine.values(), name),
                verdict,
                tone,
                str(int(abs(ours) / top * 1000)),
                str(int(abs(theirs) / top * 1000)),
            )
        )
    return found


def _gap(goals: Iterable[Goal], name: str) -> str:
    """Fairness has several levels: the least proved of them counts."""
    stem = name.partition("_")[0]
    gaps = [g.gap for g in goals if g.name.partition("_")[0] == stem]
    known = [gap for gap in gaps if gap is not None]
    if len(known) < len(gaps):
        return "non prouvé"
    worst = max(known)
    return "aucun" if worst < NO_GAP else f"{format_percent(worst, 1)} au plus"


def headline(status: str, gaps: Sequence[Decimal | None]) -> tuple[str, str]:
    """What a plan of the week or of the season is worth, in words, and its tone."""
    if status == IMPOSSIBLE:
        return "Impossible", "bad"
    known = [gap for gap in gaps if gap is not None]
    if status == PROVED:
        worst = max(known, default=ZERO)
        return "Prouvé optimal" if worst < NO_GAP else f"Prouvé à {format_percent(worst, 1)} près", "ok"
    if not known or len(known) < len(gaps):
        return "Meilleur trouvé dans le temps donné", "info"
    return f"Meilleur trouvé, écart {format_percent(max(known), 1)}", "info"


def touched(lines: Iterable["FlowLine | PortionLine | ServedLine"]) -> bool:
    """A lock was ticked there and waits to be corrected: its card stands open."""
    return any(line.lock is not None and line.lock.ticked for line in lines)


@dataclass(frozen=True)
class FlowLine:
    product: str
    outlet: str
    day: date
    quantity: Decimal
    unit: str
    lock: Lockable | None


@dataclass(frozen=True)
class FarmReading:
    name: str
    kg: Decimal
    cents: Decimal
    ratio: Decimal | None
    sentence: str
    flows: tuple[FlowLine, ...]

    @property
    def euros(self) -> str:
        return euros(self.cents)

    @property
    def opened(self) -> bool:
        return touched(self.flows)


@dataclass(frozen=True)
class PortionLine:
    product: str
    quantity: Decimal
    unit: str
    value: str
    weeks: int | None
    lock: Lockable | None


@dataclass(frozen=True)
class BasketReading:
    size: str
    day: date
    count: int
    value: str
    target: str
    over: Decimal
    varieties: int
    novelty: Decimal
    portions: tuple[PortionLine, ...]

    @property
    def opened(self) -> bool:
        return touched(self.portions)


@dataclass(frozen=True)
class ServedLine:
    """`instead`: the products given in place of the one ordered."""

    product: str
    asked: Decimal
    given: Decimal
    unit: str
    instead: tuple[str, ...]
    lock: Lockable | None


@dataclass(frozen=True)
class CustomerReading:
    name: str
    day: date
    lines: tuple[ServedLine, ...]
    whole: int

    @property
    def short(self) -> int:
        return len(self.lines) - self.whole

    @property
    def opened(self) -> bool:
        return touched(self.lines)


@dataclass(frozen=True)
class GiftReading:
    name: str
    day: date
    given: Decimal
    promised: Decimal


@dataclass(frozen=True)
class RestLine:
    product: str
    farm: str
    unit: str
    kept: Decimal
    given: Decimal
    composted: Decimal
    left: Decimal


class PlanReading:
    """One plan, decoded once for one page."""

    def __init__(
        self, row: WeekPlan, post: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None
    ):
        self.problem = Problem.from_json(row.problem)
        self.plan = Plan.from_json(row.plan or {"status": IMPOSSIBLE})
        # Of the plan by hand, only what it reached is shown.
        self.by_hand = Plan.from_json({"status": BY_HAND, "goals": (row.by_hand or {}).get("goals", [])})
        self.names = Names(self.problem)
        locks = (Lock.from_json(lock) for lock in row.locks)
        self.locks = Desk(locks, partial(said_of, self.names), post, errors)

    @property
    def headline(self) -> tuple[str, str]:
        return headline(self.plan.status, [g.gap for g in self.plan.goals])

    @property
    def goals(self) -> list[GoalLine]:
        return goal_lines(self.plan, self.by_hand)

    @property
    def clash(self) -> list[str]:
        return [self.names.told(sentence) for sentence in self.plan.clash]

    @property
    def seconds(self) -> str:
        return f"{format_decimal(self.plan.seconds, places=1)}\u00a0s"

    @cached_property
    def farms(self) -> list[FarmReading]:
        """What each farm gives and receives; those from whom most is taken first."""
        flows: dict[str, list[FlowLine]] = defaultdict(list)
        kg: dict[str, Decimal] = defaultdict(Decimal)
        cents: dict[str, Decimal] = defaultdict(Decimal)
        for f in sorted(self.plan.flows, key=lambda f: (self.names.product_of(f.supply), f.day, f.outlet)):
            supply = self.names.supplies[f.supply]
            product = self.names.products[supply.product]
            kg[supply.farm] += f.quantity * product.unit_kg
            cents[supply.farm] += f.quantity * supply.price_cents
            lock = self.locks.on(flow(f.supply, f.kind, f.outlet, f.quantity)) if f.kind != KITCHEN else None
            outlet = self.names.outlet(f"{f.kind}:{f.outlet}")
            flows[supply.farm].append(FlowLine(product.name, outlet, f.day, f.quantity, product.unit, lock))
        found = [
            FarmReading(
                self.names.farms[s.farm], kg[s.farm], cents[s.farm], s.ratio, s.sentence, tuple(flows[s.farm])
            )
            for s in self.plan.farms
        ]
        return sorted(found, key=lambda farm: (-farm.cents, farm.name))

    @property
    def fairness(self) -> list[tuple[str, Decimal, Decimal]]:
        """What was taken so far, in percent of what was promised so far; the least served farm first."""
        known = [(f.name, f.ratio * HUNDRED) for f in self.farms if f.ratio is not None]
        return [
            (name, ratio.quantize(Decimal(1)), HUNDRED)
            for name, ratio in sorted(known, key=lambda pair: pair[1])
        ]

    @property
    def baskets(self) -> list[BasketReading]:
        inside: dict[str, list[PortionLine]] = defaultdict(list)
        for p in self.plan.portions:
            product, batch = self.names.products[p.product], self.names.batches[p.batch]
            inside[p.batch].append(
                PortionLine(
                    product.name,
                    p.quantity,
                    product.unit,
                    euros(p.quantity * product.value_cents),
                    batch.recent.get(p.product),
                    self.locks.on(portion(p.batch, p.product, p.quantity)),
                )
            )
        contents = {c.batch: c for c in self.plan.baskets}
        return [
            BasketReading(
                b.size,
                b.day,
                b.count,
                euros(contents[b.id].value_cents),
                euros(Decimal(b.target_cents)),
                contents[b.id].value_cents / b.target_cents - 1,
                contents[b.id].varieties,
                contents[b.id].novelty,
                tuple(inside[b.id]),
            )
            for b in sorted(self.problem.baskets, key=lambda b: (b.day, b.target_cents))
        ]

    @property
    def customers(self) -> list[CustomerReading]:
        """Each delivery, line by line: those that lack something first."""
        given, instead = defaultdict(Decimal), defaultdict(dict)  # type: ignore[var-annotated]
        for f in self.plan.flows:
            if f.kind == DEMAND:
                given[f.outlet] += f.quantity
                code = self.names.product_of(f.supply)
                if code != self.names.demands[f.outlet].product:
                    instead[f.outlet][self.names.product(code)] = None
        lines: dict[tuple[str, date], list[ServedLine]] = defaultdict(list)
        for d in self.problem.demands:
            product = self.names.products[d.product]
            lock = self.locks.on(served(d.id, given[d.id]))
            lines[d.customer, d.day].append(
                ServedLine(product.name, d.quantity, given[d.id], product.unit, tuple(instead[d.id]), lock)
            )
        found = [
            CustomerReading(name, day, tuple(rows), sum(row.given >= row.asked for row in rows))
            for (name, day), rows in lines.items()
        ]
        return sorted(found, key=lambda c: (c.day, c.name))

    @property
    def gifts(self) -> list[GiftReading]:
        """What each social grocery is given beyond its orders."""
        given: dict[str, Decimal] = defaultdict(Decimal)
        for f in self.plan.flows:
            if f.kind == SOLIDARITY:
                unit_kg = self.names.products[self.names.product_of(f.supply)].unit_kg
                given[f.outlet] += f.quantity * unit_kg
        return [GiftReading(o.name, o.day, given[o.id], o.quantity_min_kg) for o in self.problem.solidarity]

    @property
    def rests(self) -> list[RestLine]:
        """What is kept, given, composted or left to its farm; what everybody takes whole is not told."""
        given: dict[str, Decimal] = defaultdict(Decimal)
        for f in self.plan.flows:
            if f.kind == SOLIDARITY:
                given[f.supply] += f.quantity
        found = []
        for r in self.plan.rests:
            product = self.names.products[self.names.product_of(r.supply)]
            if r.kept or r.composted or r.left or given[r.supply]:
                farm = self.names.farm_of(r.supply)
                amounts = (r.kept, given[r.supply], r.composted, r.left)
                found.append(RestLine(product.name, farm, product.unit, *amounts))
        return sorted(found, key=lambda r: (-r.composted, -r.given, -r.kept, r.product))

    @property
    def shortfalls(self) -> list[str]:
        return [self.names.told(s.sentence) for s in self.plan.shortfalls]

    @property
    def fragile(self) -> list[tuple[str, str]]:
        """What breaks first if the harvest is low, and whom it touches."""
        return [
            (self.names.told(f.sentence), ", ".join(dict.fromkeys(self.names.outlet(o) for o in f.outlets)))
            for f in self.plan.low_forecast
        ]

    def links(self, kinds: Mapping[str, str]) -> list[tuple[str, str, Decimal]]:
        """Kilos from farms to kinds of outlets: the largest farms by name, the others together."""
        by_pair: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        ranked = sorted(self.farms, key=lambda farm: (-farm.kg, farm.name))
        named = {farm.name for farm in ranked[: NODES if len(ranked) > NODES + 1 else NODES + 1]}
        for f in self.plan.flows:
            farm = self.names.farm_of(f.supply)
            if f.kind == DEMAND:
                kind = kinds.get(self.names.outlet(f"{f.kind}:{f.outlet}"), OTHERS)
            else:
                kind = {BASKET: "Paniers", KITCHEN: "Cuisine", SOLIDARITY: "Dons"}[f.kind]
            product = self.names.products[self.names.product_of(f.supply)]
            by_pair[farm if farm in named else "Autres fermes", kind] += f.quantity * product.unit_kg
        order = {farm.name: rank for rank, farm in enumerate(ranked)}
        pairs = sorted(by_pair.items(), key=lambda item: (order.get(item[0][0], NODES + 1), item[0][1]))
        return [(farm, kind, round(kg, 1)) for (farm, kind), kg in pairs]


@dataclass(frozen=True)
class Difference:
    what: str
    here: str
    there: str


Amounts = dict[str, str]


def differing(
    sections: Iterable[tuple[str, Amounts, Amounts]],
    order: Callable[[Iterable[str]], Iterable[str]] = dict.fromkeys,
) -> list[tuple[str, list[Difference]]]:
    """Only the lines that differ, by section; a line unknown to a plan shows as a dash."""
    return [
        (
            title,
            [
                Difference(what, here.get(what, "–"), there.get(what, "–"))
                for what in order(here | there)
                if here.get(what) != there.get(what)
            ],
        )
        for title, here, there in sections
    ]


def differences(one: PlanReading, other: PlanReading) -> list[tuple[str, list[Difference]]]:
    sections = (("Fermes", _farm_amounts), ("Paniers", _portions), ("Clients", _served))
    return differing((title, amounts(one), amounts(other)) for title, amounts in sections)


def _farm_amounts(reading: PlanReading) -> dict[str, str]:
    return {farm.name: f"{farm.euros} · {kilos(farm.kg)}" for farm in reading.farms}


def _portions(reading: PlanReading) -> dict[str, str]:
    names = reading.names
    return {
        label_of(names, portion(p.batch, p.product, ZERO)): _amount(p.quantity, names.unit(p.product))
        for p in reading.plan.portions
    }


def _served(reading: PlanReading) -> dict[str, str]:
    names, given = reading.names, defaultdict[str, Decimal](Decimal)
    for f in reading.plan.flows:
        if f.kind == DEMAND:
            given[f.outlet] += f.quantity
    return {
        label_of(names, served(d.id, ZERO)): _amount(given[d.id], names.unit(d.product))
        for d in reading.problem.demands
    }


def _amount(quantity: Decimal, unit: str) -> str:
    word = "kg" if unit == "kg" else "pièce" if quantity < 2 else "pièces"
    return f"{format_decimal(quantity)}\u00a0{word}"
