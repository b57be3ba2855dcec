"""From decisions to a plan: hours, incomes and goals counted in exact decimals."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from .access import ripening, span
from .plan import BasketContent, Coverage, Delivery, Goal, Harvest, Income, Lot, Plan, Use, WeekHours
from .problem import PARTNER, ZERO, Farm, Problem
from .reasons import income_sentence, orders, shortfalls

GRAM = Decimal("0.001")
_MICRO = Decimal("0.000001")
GOAL_NAMES = ("total", "promises", "fairness", "variety", "waste", "hours", "surplus")


@dataclass
class Decisions:
    """What the planner decides: lots on their beds; kilos by flow, as in ("picked", farm, crop, week)."""

    lots: tuple[Lot, ...] = ()
    flows: dict[tuple[str, ...], Decimal] = field(default_factory=dict)

    def kilos(self, *key: str) -> Decimal:
        return self.flows.get(key, ZERO)


def assemble(problem: Problem, decisions: Decisions, status: str) -> Plan:
    """The plan of these decisions; no bound is known yet."""
    harvests = _harvests(problem, decisions)
    uses = _uses(problem, decisions, harvests)
    deliveries = tuple(
        Delivery(c.id, crop, decisions.kilos("delivered", c.id, crop))
        for c in problem.commitments
        for crop in c.crops
        if decisions.kilos("delivered", c.id, crop)
    )
    baskets = _baskets(problem, uses)
    hours = _hours(problem, decisions, harvests)
    incomes = tuple(_income(problem, f, decisions, harvests, hours) for f in problem.farms)
    coverage = _coverage(problem, baskets, deliveries)
    lowest = min(coverage, key=lambda c: (c.share, c.week), default=None)
    plan = Plan(
        status,
        lots=decisions.lots,
        harvests=harvests,
        uses=uses,
        deliveries=deliveries,
        baskets=baskets,
        hours=hours,
        incomes=incomes,
        coverage=coverage,
        lowest_week=lowest.week if lowest else "",
        shortfalls=shortfalls(problem, baskets, deliveries, harvests),
        orders=orders(problem, decisions.lots),
    )
    values = goal_values(problem, plan)
    scale = max(Decimal(1), abs(values["surplus"]))
    scales = {name: scale if name in ("total", "promises", "surplus") else Decimal(1) for name in values}
    goals = tuple(Goal(n, v.quantize(_MICRO), None, None, scales[n], ZERO) for n, v in values.items())
    return Plan(**{**plan.__dict__, "goals": goals})


def _harvests(problem: Problem, decisions: Decisions) -> tuple[Harvest, ...]:
    """What lots and plantings already in the ground give, low, likely and high, and what is picked of it."""
    options, blocks = {o.id: o for o in problem.options}, {b.id: b for b in problem.blocks}
    ripe: dict[tuple[str, str, int], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    for lot in decisions.lots:
        block, option = blocks[lot.block], options[lot.option]
        area = lot.beds * block.bed_m2 / 100
        for t, kilos in ripening(problem, option):
            found = ripe[block.farm, option.crop, t]
            for n, each in enumerate(kilos):
                found[n] += each * area
    for p in problem.fixed:
        for r in p.harvest:
            found = ripe[blocks[p.block].farm, p.crop, problem.weeks.index(r.week)]
            for n, each in enumerate((r.low, r.likely, r.high)):
                found[n] += each
    harvests = []
    for (farm, crop, t), (low, likely, high) in sorted(ripe.items()):
        week = problem.weeks[t]
        picked = min(likely, decisions.kilos("picked", farm, crop, week))
        harvests.append(Harvest(farm, crop, week, low, likely, high, picked))
    return tuple(harvests)


def _uses(problem: Problem, decisions: Decisions, harvests: tuple[Harvest, ...]) -> tuple[Use, ...]:
    """Every crop and week in which something moves."""
    picked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for h in harvests:
        picked[h.crop, h.week] += h.picked
    promised: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for c in problem.commitments:
        for given in c.crops:
            promised[given, c.week] += decisions.kilos("delivered", c.id, given)
    uses = []
    for crop in problem.crops:
        for t, week in enumerate(problem.weeks):
            previous = problem.weeks[t - 1] if t or problem.cyclic else ""
            kept = decisions.kilos("stored", crop.id, previous) * (1 - (crop.store_loss or ZERO))
            use = Use(
                crop.id,
                week,
                picked[crop.id, week],
                decisions.kilos("opened", crop.id, week),
                kept.quantize(GRAM),
                decisions.kilos("portions", crop.id, week),
                decisions.kilos("extra", crop.id, week),
                promised[crop.id, week],
                decisions.kilos("kitchen", crop.id, week),
                decisions.kilos("wholesale", crop.id, week),
                decisions.kilos("stored", crop.id, week),
            )
            if use.picked or use.opened or use.kept:
                uses.append(use)
    return tuple(uses)


def _baskets(problem: Problem, uses: tuple[Use, ...]) -> tuple[BasketContent, ...]:
    crops = {c.id: c for c in problem.crops}
    contents = []
    for w in problem.baskets.weeks:
        mine = [u for u in uses if u.week == w.week]
        kilos = sum((u.portions + u.extra for u in mine), ZERO)
        cents = sum(((u.portions + u.extra) * crops[u.crop].price_cents for u in mine), ZERO)
        varieties = sum((u.portions / crops[u.crop].portion for u in mine), ZERO)
        each = (x / w.count for x in (kilos, cents, varieties))
        contents.append(BasketContent(w.week, *(x.quantize(_MICRO) for x in each)))
    return tuple(contents)


def _hours(problem: Problem, decisions: Decisions, harvests: tuple[Harvest, ...]) -> tuple[WeekHours, ...]:
    """Hours asked, at a professional's pace, against those of the hands."""
    options, blocks = {o.id: o for o in problem.options}, {b.id: b for b in problem.blocks}
    crops = {c.id: c for c in problem.crops}
    needed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for lot in decisions.lots:
        block, option = blocks[lot.block], options[lot.option]
        area = lot.beds * block.bed_m2 / 100
        for n, t in enumerate(span(problem, problem.weeks.index(option.week), option.weeks)):
            each = sum((work.upkeep_week if n else work.establish for work in option.labour), ZERO)
            needed[block.farm, problem.weeks[t]] += area * each
    for p in problem.fixed:
        for week in problem.weeks[: p.weeks]:
            needed[blocks[p.block].farm, week] += sum(p.upkeep_week.values(), ZERO)
    for h in harvests:
        needed[h.farm, h.week] += h.picked * crops[h.crop].harvest_hours_100kg / 100
    overtime: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, hours in decisions.flows.items():
        if key[0] == "overtime":
            overtime[key[1], key[2]] += hours
    return tuple(
        WeekHours(
            f.id,
            week,
            needed[f.id, week].quantize(GRAM),
            sum((team.hours[t] * team.productivity for team in f.hands), ZERO).quantize(GRAM),
            overtime[f.id, week],
        )
        for f in problem.farms
        for t, week in enumerate(problem.weeks)
    )


def standard_beds(problem: Problem, farm: Farm) -> Decimal:
    """A farm's beds, in standard beds of 100 m²."""
    return sum((b.beds * b.bed_m2 / 100 for b in problem.blocks if b.farm == farm.id), ZERO)


def _income(
    problem: Problem,
    farm: Farm,
    decisions: Decisions,
    harvests: tuple[Harvest, ...],
    hours: tuple[WeekHours, ...],
) -> Income:
    options, crops = {o.id: o for o in problem.options}, {c.id: c for c in problem.crops}
    blocks = {b.id: b for b in problem.blocks if b.farm == farm.id}
    paid = sum(
        (
            h.picked * crops[h.crop].price_cents * crops[h.crop].transfer_share
            for h in harvests
            if h.farm == farm.id
        ),
        ZERO,
    )
    grown = {options[lot.option].crop for lot in decisions.lots if lot.block in blocks}
    cost = sum(
        (
            lot.beds * blocks[lot.block].bed_m2 / 100 * options[lot.option].cost_cents
            for lot in decisions.lots
            if lot.block in blocks
        ),
        Decimal(len(grown) * farm.crop_cents),
    )
    cost += sum((h.overtime * farm.overtime_cents for h in hours if h.farm == farm.id), ZERO)
    beds = standard_beds(problem, farm)
    cents = (paid - cost).quantize(_MICRO)
    per_bed = (cents / beds).quantize(_MICRO) if beds else ZERO
    return Income(farm.id, cents, per_bed, len(grown), income_sentence(farm, paid, cost, per_bed, len(grown)))


def _coverage(
    problem: Problem, baskets: tuple[BasketContent, ...], deliveries: tuple[Delivery, ...]
) -> tuple[Coverage, ...]:
    content = {b.week: b for b in baskets}
    given: dict[str, Decimal] = defaultdict(Decimal)
    for d in deliveries:
        given[d.commitment] += d.kilos
    found = []
    for week in problem.weeks:
        wanted = served = varieties = ZERO
        for w in problem.baskets.weeks:
            if w.week == week:
                wanted += w.kg_min * w.count
                served += min(w.kg_min, content[week].kg) * w.count
                varieties = content[week].varieties
        for c in problem.commitments:
            if c.week == week:
                wanted += c.kilos
                served += given[c.id]
        if wanted:
            share = (served / wanted).quantize(_MICRO)
            found.append(Coverage(week, wanted.quantize(GRAM), served.quantize(GRAM), share, varieties))
    return tuple(found)


def goal_values(problem: Problem, plan: Plan) -> dict[str, Decimal]:
    """Each goal's value in this plan, the whole first."""
    t, values = problem.tolerances, {"promises": _promises(problem, plan)}
    partners = {f.id for f in problem.farms if f.kind == PARTNER and standard_beds(problem, f)}
    if partners:
        values["fairness"] = min(i.cents_per_bed for i in plan.incomes if i.farm in partners)
    contents = {b.week: b for b in plan.baskets}
    least = problem.baskets.varieties_min
    values["variety"] = sum(
        (max(ZERO, least - contents[w.week].varieties) * w.count for w in problem.baskets.weeks), ZERO
    )
    loss = {c.id: c.store_loss or ZERO for c in problem.crops}
    values["waste"] = sum((h.likely - h.picked for h in plan.harvests), ZERO)
    values["waste"] += sum((u.stored * loss[u.crop] - u.opened for u in plan.uses), ZERO)
    values["waste"] += sum((s.kilos for s in problem.opening), ZERO)
    values["hours"] = sum((max(ZERO, h.needed - t.ease * h.available) for h in plan.hours), ZERO)
    values["surplus"] = _surplus(problem, plan)
    total = values["surplus"] - values["promises"] - values["variety"] * problem.baskets.lack_cents
    total -= values["waste"] * t.waste_cents + values["hours"] * t.strain_cents
    beds = sum((standard_beds(problem, f) for f in problem.farms if f.id in partners), ZERO)
    total += values.get("fairness", ZERO) * t.fairness * beds
    return {"total": total, **{name: values[name] for name in GOAL_NAMES if name in values}}


def _promises(problem: Problem, plan: Plan) -> Decimal:
    missing = {c.id: c.kilos for c in problem.commitments}
    for d in plan.deliveries:
        missing[d.commitment] -= d.kilos
    cents = sum((max(ZERO, missing[c.id]) * c.short_cents for c in problem.commitments), ZERO)
    contents = {b.week: b for b in plan.baskets}
    for w in problem.baskets.weeks:
        cents += max(ZERO, w.kg_min - contents[w.week].kg) * w.count * problem.baskets.short_cents
    return cents


def _surplus(problem: Problem, plan: Plan) -> Decimal:
    """What eaters, kitchen and wholesale receive, at its worth, less plants, areas, crops and overtime."""
    crops, options = {c.id: c for c in problem.crops}, {o.id: o for o in problem.options}
    prices = {c.id: c.price_cents for c in problem.commitments}
    blocks, farms = {b.id: b for b in problem.blocks}, {f.id: f for f in problem.farms}
    cents = sum((d.kilos * prices[d.commitment] for d in plan.deliveries), ZERO)
    for u in plan.uses:
        crop = crops[u.crop]
        cents += (u.portions + u.extra) * crop.price_cents
        cents += u.kitchen * (crop.kitchen_cents or 0) + u.wholesale * (crop.wholesale_cents or 0)
    for lot in plan.lots:
        cents -= lot.beds * blocks[lot.block].bed_m2 / 100 * options[lot.option].cost_cents
    for income in plan.incomes:
        cents -= income.crops * farms[income.farm].crop_cents
    for h in plan.hours:
        cents -= h.overtime * farms[h.farm].overtime_cents
    return cents
