"""From decisions to a plan: where every kilo ended, and the exact value of each goal."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from .access import DEMAND, SOLIDARITY
from .plan import BasketContent, Batches, FarmShare, Flow, Goal, Plan, Portion, Rest
from .problem import GRAIN, ZERO, BasketBatch, Problem, Supply
from .reasons import basket_sentence, farm_sentences, fragile, shortfalls

FlowKey = tuple[str, str, str, date]
_MICRO = Decimal("0.000001")


@dataclass
class Decisions:
    """What a planner decides, before its consequences are counted."""

    flows: dict[FlowKey, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    portions: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    batches: dict[tuple[str, date], int] = field(default_factory=dict)


def floor_to(quantity: Decimal, step: Decimal) -> Decimal:
    return (quantity / step).to_integral_value(ROUND_FLOOR) * step


def novelty_points(problem: Problem, batch: BasketBatch, product: str) -> Decimal:
    """0 if given last week, 1 if not given for `novelty_weeks`, in between in proportion."""
    weeks = batch.recent.get(product)
    if weeks is None:
        return Decimal(1)
    return Decimal(min(weeks, problem.taste.novelty_weeks) - 1) / (problem.taste.novelty_weeks - 1)


def farms_in_play(problem: Problem) -> tuple[str, ...]:
    """The farms whose share can still change this week: promised something, with something to sell."""
    selling = {s.farm for s in problem.supplies if s.price_cents and s.quantity}
    return tuple(f.id for f in problem.farms if f.promised_cents and f.id in selling)


def goal_names(problem: Problem) -> tuple[str, ...]:
    """In lexicographic order: each is reached before the next is looked at."""
    levels = min(len(farms_in_play(problem)), problem.tolerances.fairness_levels)
    return ("promises", *(f"fairness_{k}" for k in range(1, levels + 1)), "baskets", "waste", "margin")


def assemble(problem: Problem, decisions: Decisions, status: str) -> Plan:
    """The plan of these decisions, each consequence counted in exact decimals; no bound is known yet."""
    by_id = {s.id: s for s in problem.supplies}
    flows = tuple(Flow(*key, quantity) for key, quantity in sorted(decisions.flows.items()) if quantity)
    portions = tuple(Portion(*key, q) for key, q in sorted(decisions.portions.items()) if q)
    batches = tuple(Batches(*key, n) for key, n in sorted(decisions.batches.items()) if n)
    used: dict[str, Decimal] = defaultdict(Decimal)
    for f in flows:
        used[f.supply] += f.quantity
    rests = _rests(problem, used)
    taken: dict[str, Decimal] = {f.id: Decimal(f.taken_cents) for f in problem.farms}
    for supply, quantity in used.items():
        taken[by_id[supply].farm] += quantity * by_id[supply].price_cents
    sentences = farm_sentences(problem, flows, rests)
    farms = tuple(
        FarmShare(f.id, taken[f.id], _ratio(taken[f.id], f.promised_cents), sentences[f.id])
        for f in problem.farms
    )
    missing = shortfalls(problem, flows, portions)
    baskets = tuple(_content(problem, b, portions) for b in problem.baskets)
    plan = Plan(status, (), flows, portions, batches, rests, missing, farms, baskets)
    return Plan(
        status,
        goal_values(problem, plan),
        flows,
        portions,
        batches,
        rests,
        missing,
        farms,
        baskets,
        fragile(problem, flows, rests),
    )


def _ratio(taken: Decimal, promised: int) -> Decimal | None:
    return (taken / promised).quantize(_MICRO) if promised else None


def _rests(problem: Problem, used: dict[str, Decimal]) -> tuple[Rest, ...]:
    """What is not used: kept while there is room, what keeps its value best first; else lost or left."""
    products = {p.id: p for p in problem.products}
    free_kg = problem.store.free_kg
    rests: dict[str, Rest] = {}

    def best_kept_first(s: Supply) -> tuple[Decimal, str]:
        return (-products[s.product].keep_value, s.id)

    for s in sorted(problem.supplies, key=best_kept_first):
        product, rest = products[s.product], s.quantity - used[s.id]
        keeps = s.last_day > problem.end
        if s.kind == "offer" or (s.kind == "forecast" and keeps):
            rests[s.id] = Rest(s.id, used[s.id], ZERO, ZERO, rest)
            continue
        kept = ZERO
        if s.kind == "lot" and keeps:
            kept = min(rest, floor_to(free_kg / product.unit_kg, GRAIN[product.unit]))
            free_kg -= kept * product.unit_kg
        rests[s.id] = Rest(s.id, used[s.id], kept, rest - kept, ZERO)
    return tuple(rests[s.id] for s in problem.supplies)


def _content(problem: Problem, batch: BasketBatch, portions: Iterable[Portion]) -> BasketContent:
    products = {p.id: p for p in problem.products}
    inside = [p for p in portions if p.batch == batch.id]
    value = sum((p.quantity * products[p.product].value_cents for p in inside), ZERO)
    new = sum((novelty_points(problem, batch, p.product) for p in inside), ZERO)
    novelty = (new / len(inside)).quantize(_MICRO) if inside else ZERO
    sentence = basket_sentence(problem, batch, inside, value)
    return BasketContent(batch.id, value, len(inside), novelty, sentence)


def goal_values(problem: Problem, plan: Plan) -> tuple[Goal, ...]:
    """Each goal's exact value in this plan, in lexicographic order."""
    ratios = sorted(f.ratio for f in plan.farms if f.ratio is not None and f.farm in farms_in_play(problem))
    values = {"promises": _promises(problem, plan)}
    for k in range(1, len(ratios) + 1):
        values[f"fairness_{k}"] = sum(ratios[:k], ZERO) / k
    values["baskets"] = _basket_points(problem, plan)
    values["waste"] = _waste(problem, plan)
    values["margin"] = _margin(problem, plan)
    scales = goal_scales(problem)
    return tuple(
        Goal(name, values[name].quantize(_MICRO), None, None, scales[name], ZERO)
        for name in goal_names(problem)
    )


def goal_scales(problem: Problem) -> dict[str, Decimal]:
    """What a gap is measured against when the goal's own value is small.

    A hundredth of the week's sales for promises; all its kilos for waste, all its sales for the margin, which
    are what is left of them; a tenth for a ratio, a point for a basket.
    """
    unit_kg = {p.id: p.unit_kg for p in problem.products}
    sales = sum((d.quantity * d.price_cents for d in problem.demands), ZERO)
    sales += sum((b.count * b.target_cents for b in problem.baskets), 0)
    kilos = sum((s.quantity * unit_kg[s.product] for s in problem.supplies), ZERO)
    scales = {"promises": sales / 100, "baskets": Decimal(1), "waste": kilos, "margin": sales}
    return {
        name: max(scales[name], Decimal(1)) if name in scales else Decimal("0.1")
        for name in goal_names(problem)
    }


def _promises(problem: Problem, plan: Plan) -> Decimal:
    unit_kg = {p.id: p.unit_kg for p in problem.products}
    product_of = {s.id: s.product for s in problem.supplies}
    served: dict[str, Decimal] = defaultdict(Decimal)
    given_kg: dict[str, Decimal] = defaultdict(Decimal)
    for f in plan.flows:
        if f.kind == DEMAND:
            served[f.outlet] += f.quantity
        if f.kind == SOLIDARITY:
            given_kg[f.outlet] += f.quantity * unit_kg[product_of[f.supply]]
    total = sum(((d.quantity - served[d.id]) * d.price_cents * d.weight for d in problem.demands), ZERO)
    total += sum(
        (max(ZERO, o.quantity_min_kg - given_kg[o.id]) * o.worth_cents for o in problem.solidarity), ZERO
    )
    contents = {c.batch: c for c in plan.baskets}
    for b in problem.baskets:
        floor = b.target_cents * (1 - b.tolerance)
        total += b.count * max(ZERO, floor - contents[b.id].value_cents)
        total += b.count * max(0, b.varieties_min - contents[b.id].varieties) * variety_worth(b)
    return total


def variety_worth(batch: BasketBatch) -> Decimal:
    """A vegetable missing from the promised number counts as its share of the basket."""
    return Decimal(batch.target_cents) / batch.varieties_min


def _basket_points(problem: Problem, plan: Plan) -> Decimal:
    taste, points = problem.taste, ZERO
    contents = {c.batch: c for c in plan.baskets}
    for b in problem.baskets:
        novelty = sum((novelty_points(problem, b, p.product) for p in plan.portions if p.batch == b.id), ZERO)
        gap = abs(contents[b.id].value_cents - b.target_cents) / b.target_cents
        points += b.count * (
            taste.variety * contents[b.id].varieties + taste.novelty * novelty - taste.value * gap
        )
    return points / max(1, sum(b.count for b in problem.baskets))


def _waste(problem: Problem, plan: Plan) -> Decimal:
    products = {p.id: p for p in problem.products}
    total = ZERO
    for s, rest in zip(problem.supplies, plan.rests, strict=True):
        product = products[s.product]
        total += product.unit_kg * (rest.composted + rest.kept * (1 - product.keep_value))
    return total


def _margin(problem: Problem, plan: Plan) -> Decimal:
    products = {p.id: p for p in problem.products}
    prices = {d.id: d.price_cents for d in problem.demands}
    total = sum((f.quantity * prices[f.outlet] for f in plan.flows if f.kind == DEMAND), ZERO)
    worth = {r.id: r.value_cents for r in problem.recipes}
    total += sum(b.count * worth[b.recipe] for b in plan.batches)
    for s, rest in zip(problem.supplies, plan.rests, strict=True):
        product = products[s.product]
        total += rest.kept * product.keep_value * product.value_cents - rest.used * s.price_cents
    return total
