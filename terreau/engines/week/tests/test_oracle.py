"""An independent judge: on small weeks, every possible plan is tried, and none is better, goal after goal."""

from decimal import Decimal
from itertools import product

import pytest

from terreau.engines.week import Problem, solve, verify
from terreau.engines.week.tests.tiny import pieces_week


def _ways(supply, problem: Problem):
    """Every way of sharing the pieces of a supply between the baskets and the orders it may serve."""
    batch = problem.baskets[0]
    open_to = [supply.first_day <= batch.day <= supply.last_day and supply.quality >= batch.quality_min]
    for d in problem.demands:
        fits = supply.product in (d.product, *d.substitutes) and supply.quality >= d.quality_min
        open_to.append(fits and supply.first_day <= d.day <= supply.last_day)
    ranges = [range(int(supply.quantity) + 1 if may else 1) for may in open_to]
    for shares in product(*ranges):
        used = sum(shares)
        if used <= supply.quantity and (not used or used >= supply.min_take):
            yield shares


def _cents_broken(problem: Problem, given, value, varieties) -> Decimal:
    batch = problem.baskets[0]
    broken = sum(
        (d.weight * d.price_cents * (d.quantity - g) for d, g in zip(problem.demands, given, strict=True)),
        Decimal(0),
    )
    broken += batch.count * max(Decimal(0), batch.target_cents * (1 - batch.tolerance) - value)
    lack = max(0, batch.varieties_min - varieties)
    return broken + batch.count * lack * Decimal(batch.target_cents) / batch.varieties_min


def _score(problem: Problem, plan) -> tuple[Decimal, ...] | None:
    """The goals of one way of sharing, all to be made small; None if it breaks a rule."""
    batch = problem.baskets[0]
    inside = {p.id: 0 for p in problem.products}
    given = [0] * len(problem.demands)
    taken = {f.id: f.taken_cents for f in problem.farms}
    cost, lost = 0, Decimal(0)
    for s, shares in zip(problem.supplies, plan, strict=True):
        inside[s.product] += shares[0]
        given = [g + share for g, share in zip(given, shares[1:], strict=True)]
        taken[s.farm] += s.price_cents * sum(shares)
        cost += s.price_cents * sum(shares)
        if s.kind == "forecast":
            lost += s.quantity - sum(shares)
    chosen = [p for p in problem.products if inside[p.id]]
    if any(inside[p.id] != batch.count for p in chosen):
        return None
    if len(chosen) == 2 and chosen[0].group and chosen[0].group == chosen[1].group:
        return None
    if any(g > d.quantity or 0 < g < d.quantity_min for g, d in zip(given, problem.demands, strict=True)):
        return None
    value = Decimal(sum(p.value_cents for p in chosen))
    if value > batch.target_cents * (1 + batch.tolerance):
        return None
    points = sum((1 + Decimal(min(batch.recent.get(p.id, 4), 4) - 1) / 3 for p in chosen), Decimal(0))
    points -= 10 * abs(value - batch.target_cents) / batch.target_cents
    selling = {s.farm for s in problem.supplies}
    ratios = sorted(Decimal(taken[f.id]) / f.promised_cents for f in problem.farms if f.id in selling)
    sold = sum(d.price_cents * g for d, g in zip(problem.demands, given, strict=True))
    lowest = [-sum(ratios[: k + 1]) / (k + 1) for k in range(len(ratios))]
    return (_cents_broken(problem, given, value, len(chosen)), *lowest, -points, lost, Decimal(cost - sold))


def _best_of_all(problem: Problem) -> tuple[Decimal, ...]:
    plans = product(*(list(_ways(s, problem)) for s in problem.supplies))
    scores = (_score(problem, plan) for plan in plans)
    return min(tuple(round(v, 6) for v in score) for score in scores if score is not None)


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_at_all_is_better_goal_after_goal(seed):
    problem = pieces_week(seed)
    plan = solve(problem)
    assert verify(problem, plan).violations == ()
    signs = [-1 if g.name.startswith(("fairness", "baskets", "margin")) else 1 for g in plan.goals]
    found = [float(sign * g.value) for sign, g in zip(signs, plan.goals, strict=True)]
    assert found == pytest.approx([float(v) for v in _best_of_all(problem)], abs=2e-6)
