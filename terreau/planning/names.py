"""The names behind a plan's identifiers, as its own problem keeps them: an old plan stays readable."""

import re

from terreau.engines.week.access import BASKET, DEMAND, KITCHEN, SOLIDARITY
from terreau.engines.week.problem import Problem

SUPPLY = re.compile(r"apport ([^\s),]+)")


class Names:
    def __init__(self, problem: Problem):
        self.products = {p.id: p for p in problem.products}
        self.farms = {f.id: f.name for f in problem.farms}
        self.supplies = {s.id: s for s in problem.supplies}
        self.demands = {d.id: d for d in problem.demands}
        self.batches = {b.id: b for b in problem.baskets}
        self.outlets = {(DEMAND, d.id): d.customer for d in problem.demands}
        self.outlets |= {(BASKET, b.id): b.size for b in problem.baskets}
        self.outlets |= {(KITCHEN, r.id): r.name for r in problem.recipes}
        self.outlets |= {(SOLIDARITY, o.id): f"Don à {o.name}" for o in problem.solidarity}

    def farm_of(self, supply: str) -> str:
        return self.farms[self.supplies[supply].farm]

    def product(self, code: str) -> str:
        return self.products[code].name

    def unit(self, code: str) -> str:
        return self.products[code].unit

    def product_of(self, supply: str) -> str:
        return self.supplies[supply].product

    def outlet(self, reference: str) -> str:
        """From the planner's "kind:id"."""
        kind, _, outlet = reference.partition(":")
        return self.outlets.get((kind, outlet), outlet)

    def told(self, sentence: str) -> str:
        """A sentence of the planner, where a supply is called by its farm."""
        return SUPPLY.sub(lambda m: self.farm_of(m[1]) if m[1] in self.supplies else m[0], sentence)
