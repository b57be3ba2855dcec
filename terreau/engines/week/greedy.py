"""What a coordinator does in a spreadsheet: orders first in date order, then baskets, solidarity, kitchen.

It is the start of the search, and the plan to beat.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

from .access import BASKET, DEMAND, KITCHEN, SOLIDARITY, Outlet, access
from .account import Decisions, assemble, floor_to
from .plan import BY_HAND, Plan
from .problem import STEP, ZERO, BasketBatch, Lock, Problem, Supply


def greedy(problem: Problem, *, locks: Sequence[Lock] = ()) -> Plan:
    """The plan made by hand. It honours locked portions, quantities served and batches, if it can."""
    return assemble(problem, decide(problem, locks), BY_HAND)


def decide(problem: Problem, locks: Sequence[Lock] = ()) -> Decisions:
    hand = _Hand(problem, locks)
    for d in sorted(problem.demands, key=lambda d: (d.day, -d.weight, d.id)):
        hand.serve(d.id)
    for b in sorted(problem.baskets, key=lambda b: (b.day, -b.target_cents, b.id)):
        hand.fill(b)
    hand.give(up_to_promise=True)
    hand.cook()
    hand.give(up_to_promise=False)
    return hand.decisions


class _Hand:
    def __init__(self, problem: Problem, locks: Sequence[Lock]) -> None:
        self.problem = problem
        self.products = {p.id: p for p in problem.products}
        self.spare = {s.id: s.quantity for s in problem.supplies}
        # An offer with a minimum asks for a bet that nobody takes by hand.
        self.access = {
            (o.kind, o.id, o.day): (o, sorted((s for s in found if not s.min_take), key=_oldest_first))
            for o, found in access(problem).items()
        }
        self.decisions = Decisions()
        self.locked = {(k.kind, k.subject, k.outlet, k.day): k.value for k in locks}

    def _available(self, supplies: Sequence[Supply]) -> Decimal:
        return sum((self.spare[s.id] for s in supplies), ZERO)

    def _take(
        self, outlet: Outlet, supplies: Sequence[Supply], wanted: Decimal, step: Decimal | None
    ) -> Decimal:
        """Moves up to `wanted` to the outlet, oldest first; whole steps, or to the last gram if None."""
        got = ZERO
        for s in supplies:
            quantity = min(wanted - got, self.spare[s.id])
            if step is not None:
                quantity = floor_to(quantity, step)
            if quantity > 0:
                self.decisions.flows[s.id, outlet.kind, outlet.id, outlet.day] += quantity
                self.spare[s.id] -= quantity
                got += quantity
        return got

    def serve(self, demand_id: str) -> None:
        demand = next(d for d in self.problem.demands if d.id == demand_id)
        outlet, supplies = self.access[DEMAND, demand.id, demand.day]
        step = STEP[self.products[demand.product].unit]
        wanted = self.locked.get(("served", demand.id, "", None), demand.quantity)
        possible = sum((floor_to(self.spare[s.id], step) for s in supplies), ZERO)
        if min(possible, wanted) >= demand.quantity_min:
            self._take(outlet, supplies, wanted, step)

    def fill(self, batch: BasketBatch) -> None:
        """The most abundant vegetables first, in small portions, until the number then the value is there."""
        outlet, supplies = self.access[BASKET, batch.id, batch.day]
        by_product: dict[str, list[Supply]] = defaultdict(list)
        for s in supplies:
            by_product[s.product].append(s)
        stock = {p: self._available(found) for p, found in by_product.items()}
        locked = {k[2]: v for k, v in self.locked.items() if k[:2] == ("portion", batch.id)}
        inside = {p: portion for p, portion in locked.items() if portion and p in stock}
        for p in sorted(stock.keys() - locked.keys(), key=lambda p: (-stock[p] * self._value(p), p)):
            value = sum((q * self._value(other) for other, q in inside.items()), ZERO)
            enough = value >= batch.target_cents * (1 - batch.tolerance)
            if len(inside) >= (batch.varieties_min if enough else batch.varieties_max):
                break
            portion = self.products[p].portions[0]
            groups = {self.products[other].group for other in inside} - {None}
            under = value + portion * self._value(p) <= batch.target_cents * (1 + batch.tolerance)
            if under and portion * batch.count <= stock[p] and self.products[p].group not in groups:
                inside[p] = portion
        self._enlarge(batch, inside, stock, locked)
        for p, portion in inside.items():
            if portion * batch.count <= stock[p]:
                self.decisions.portions[batch.id, p] = portion
                self._take(outlet, by_product[p], portion * batch.count, None)

    def _value(self, product: str) -> int:
        return self.products[product].value_cents

    def _enlarge(
        self,
        batch: BasketBatch,
        inside: dict[str, Decimal],
        stock: Mapping[str, Decimal],
        locked: Mapping[str, Decimal],
    ) -> None:
        """Larger portions, most abundant first, while the basket stays under its target."""
        for p in sorted(inside.keys() - locked.keys(), key=lambda p: (-stock[p], p)):
            for portion in self.products[p].portions:
                value = sum((q * self._value(other) for other, q in inside.items()), ZERO)
                more = (portion - inside[p]) * self._value(p)
                if portion * batch.count <= stock[p] and 0 < more <= batch.target_cents - value:
                    inside[p] = portion

    def give(self, *, up_to_promise: bool) -> None:
        """The promised minimum from everything; beyond it, only what would otherwise be lost."""
        for o in self.problem.solidarity:
            outlet, supplies = self.access[SOLIDARITY, o.id, o.day]
            kilos = sum(
                (
                    q * self.products[self._product(key[0])].unit_kg
                    for key, q in self.decisions.flows.items()
                    if key[1:3] == (SOLIDARITY, o.id)
                ),
                ZERO,
            )
            limit = o.quantity_min_kg if up_to_promise else o.quantity_max_kg
            for s in sorted(supplies, key=lambda s: (s.kind == "offer", s.last_day, s.id)):
                product = self.products[s.product]
                keeps = s.kind == "offer" or s.last_day > self.problem.end
                if kilos >= limit or (keeps and not up_to_promise):
                    continue
                step = STEP[product.unit]
                kilos += product.unit_kg * self._take(
                    outlet, [s], floor_to((limit - kilos) / product.unit_kg, step), step
                )

    def cook(self) -> None:
        """As many batches as ingredients and hours allow, recipe by recipe."""
        hours = dict(self.problem.kitchen.hours) if self.problem.kitchen else {}
        for r in self.problem.recipes:
            for day in r.days:
                outlet, supplies = self.access[KITCHEN, r.id, day]
                possible = [Decimal(r.batches_max)]
                if r.hours:
                    possible.append(hours.get(day, ZERO) / r.hours)
                for p, quantity in r.inputs.items():
                    lots = [s for s in supplies if s.product == p and s.kind != "offer"]
                    possible.append(self._available(lots) / quantity)
                count = int(min(possible).to_integral_value(ROUND_FLOOR))
                count = int(self.locked.get(("batches", r.id, "", day), count))
                if count < r.batches_min:
                    continue
                self.decisions.batches[r.id, day] = count
                hours[day] = hours.get(day, ZERO) - r.hours * count
                for p, quantity in r.inputs.items():
                    lots = [s for s in supplies if s.product == p and s.kind != "offer"]
                    self._take(outlet, lots, quantity * count, None)

    def _product(self, supply_id: str) -> str:
        return next(s.product for s in self.problem.supplies if s.id == supply_id)


def _oldest_first(s: Supply) -> tuple[object, ...]:
    return (s.last_day, s.price_cents, s.id)
