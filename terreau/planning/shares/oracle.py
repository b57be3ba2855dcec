"""What any group would pay, asked of the rounds engine: for a tour that its hours or its loads held back.

Nothing of Django is imported here: it is asked from a process of its own, and the bench asks the same one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from terreau.engines import shares as sharing
from terreau.engines.rounds import Call, Plan, Problem, Stop, by_hand, solve
from terreau.engines.rounds.plan import IMPOSSIBLE, STOP
from terreau.engines.rounds.solve.search import Tell

# Measured in bench/shares.py: beyond, costs hardly fall, and there are thousands of groups.
ITERATIONS = 8
# Of orders of arrival, where too many are aboard to ask for every group.
PAIRS = 60
# A cent is a hundred of the rounds engine's units.
UNITS_PER_CENT = 100


@dataclass(frozen=True)
class Oracle:
    """The cheapest way found for a group with these vehicles, starting from the tours made, shortened.

    `parts`: what each one aboard has at each stop; its part of the load and of the minutes. `orders`: the
    vehicles and their trips as they were made, stop by stop.
    """

    problem: Problem
    parts: Mapping[str, Mapping[str, Decimal]]
    orders: Sequence[tuple[str, Sequence[Sequence[str]]]]
    iterations: int = ITERATIONS
    seed: int = 0

    def __call__(self, group: frozenset[str]) -> Decimal:
        """In cents."""
        stops = {stop.id: part for stop in self.problem.stops if (part := self._part(stop, group))}
        if not stops:
            return Decimal(0)
        asked = replace(self.problem, stops=tuple(stops.values()))
        kept = self._kept(asked, stops)
        plan = solve(asked, start=kept, iterations=self.iterations, seed=self.seed, seeds=1)
        # The tours made can always be made again, without the stops of the others.
        cost = kept.cost if plan.status == IMPOSSIBLE else min(plan.cost, kept.cost)
        return Decimal(cost) / UNITS_PER_CENT

    def _part(self, stop: Stop, group: frozenset[str]) -> Stop | None:
        aboard = self.parts[stop.id]
        own = sum(amount for actor, amount in aboard.items() if actor in group)
        if not own:
            return None
        part = own / sum(aboard.values())

        def of(amount: int) -> int:
            return int((part * amount).to_integral_value(ROUND_CEILING))

        delivery, pickup = tuple(map(of, stop.delivery)), tuple(map(of, stop.pickup))
        return replace(stop, delivery=delivery, pickup=pickup, service_s=of(stop.service_s))

    def _kept(self, problem: Problem, stops: Mapping[str, Stop]) -> Plan:
        """The tours as they were made, without the stops nobody of the group uses."""
        orders = []
        for vehicle, trips in self.orders:
            calls = [
                [Call(key, STOP, stops[key].delivery, stops[key].pickup) for key in trip if key in stops]
                for trip in trips
            ]
            if kept := [trip for trip in calls if trip]:
                orders.append((vehicle, kept))
        return by_hand(problem, orders)


def share(
    problem: sharing.Problem, oracle: Oracle, seed: int, tell: Tell
) -> tuple[sharing.Shares, tuple[str, ...]]:
    """The shares by this oracle, and what their judge finds wrong, asking it again."""

    def told(done: int, total: int) -> None:
        tell(done / total if total else 0.0, "Groupes essayés")

    shares = sharing.solve(problem, oracle=oracle, progress=told, pairs=PAIRS, seed=seed)
    return shares, sharing.verify(problem, shares, oracle).violations
