"""From shares to lines, to the cent: the real cost, the empty capacity, the commons, the voted solidarity."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from terreau.measures.money import Money, added
from terreau.measures.split import split, split_money

from .answer import Step
from .problem import NOTHING, Problem, ProblemRefused, Solidarity

# Shares nearer than a millionth of a cent are equal: the last cent goes by the order of actors.
_GRAIN = Decimal("0.000001")


def rounded(cents: float) -> Money:
    return Money(int(Decimal(cents).quantize(Decimal(1))))


def to_cents(total: Money, shares: Sequence[float]) -> list[Money]:
    """Whole cents that add up to the total; what rounding down leaves goes to the largest remainders."""
    fine = [Decimal(share).quantize(_GRAIN) for share in shares]
    floors = [int(share.to_integral_value(ROUND_FLOOR)) for share in fine]
    if abs(sum(fine, Decimal(-total.cents))) > len(fine) * _GRAIN:
        raise ValueError(f"Ces parts ne font pas {total}.")
    remainders = [share - floor for share, floor in zip(fine, floors, strict=True)]
    extra = split(total.cents - sum(floors), remainders)
    return [Money(floor + cent) for floor, cent in zip(floors, extra, strict=True)]


@dataclass(frozen=True)
class Layers:
    """One amount an actor, in their order, for each line of the statement."""

    fair: list[Money]
    correction: list[Money]
    spare: list[Money]
    commons: list[Money]
    solidarity: list[Money]
    total: list[Money]
    steps: tuple[Step, ...]


def layers(problem: Problem, fair: list[Money]) -> Layers:
    modelled, out = added(fair), added(c.amount for c in problem.commons if c.out_of_tour)
    real = modelled if problem.real is None else problem.real
    if out > real:
        raise ProblemRefused(f"Les communs pris sur la tournée ({out}) dépassent son coût ({real}).")
    correction = pro_rata(real - modelled, fair)
    spare = pro_rata(-out, pairwise_sum(fair, correction))
    commons = [NOTHING] * len(fair)
    for common in problem.commons:
        weights = [common.weights.get(a.id, Decimal(0)) for a in problem.actors]
        commons = pairwise_sum(commons, split_money(common.amount, weights))
    total = pairwise_sum(pairwise_sum(fair, correction), pairwise_sum(spare, commons))
    solidarity, steps = [NOTHING] * len(fair), []
    for rule in problem.solidarity:
        step = _step(problem, rule, total)
        total = pairwise_sum(total, list(step.amounts))
        solidarity = pairwise_sum(solidarity, list(step.amounts))
        steps.append(step)
    return Layers(fair, correction, spare, commons, solidarity, total, tuple(steps))


def _step(problem: Problem, rule: Solidarity, before: list[Money]) -> Step:
    """Those over the cap need the difference; the others give, as far as the levy and their own cap allow."""
    needs, means = [], []
    for actor, paid in zip(problem.actors, before, strict=True):
        helped = actor.id in rule.helped and actor.crates > 0
        cap = int((100 * rule.cap * actor.crates).to_integral_value(ROUND_FLOOR))
        needs.append(max(0, paid.cents - cap) if helped else 0)
        levy = int((100 * rule.levy * actor.crates).to_integral_value(ROUND_FLOOR))
        room = max(0, cap - paid.cents) if helped else levy
        means.append(0 if needs[-1] else min(levy, room))
    raised = min(sum(needs), sum(means))
    received, given = split(raised, needs), split(raised, means)
    amounts = tuple(Money(g - r) for g, r in zip(given, received, strict=True))
    return Step(rule.name, Money(sum(needs)), Money(raised), amounts)


def pro_rata(amount: Money, weights: Sequence[Money]) -> list[Money]:
    """In proportion to what each already pays; by head when nobody pays anything."""
    positive = [max(0, w.cents) for w in weights]
    return split_money(amount, positive if any(positive) else [1] * len(positive))


def pairwise_sum(left: list[Money], right: list[Money]) -> list[Money]:
    return [a + b for a, b in zip(left, right, strict=True)]
