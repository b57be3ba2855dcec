"""Which supply may go to which outlet: days, quality and grade, the same question for every outlet."""

from dataclasses import dataclass
from datetime import date

from .problem import CONVENTIONAL, Problem, Supply

DEMAND, BASKET, KITCHEN, SOLIDARITY = "demand", "basket", "kitchen", "solidarity"


@dataclass(frozen=True)
class Outlet:
    """A place and a day where produce is used: an order line, a batch of baskets, a recipe, a grocery."""

    kind: str
    id: str
    day: date
    products: tuple[str, ...]
    quality_min: int = CONVENTIONAL
    second_grade: bool = False

    def barrier(self, supply: Supply) -> str | None:
        """Why this supply cannot go there, or None if it can."""
        if supply.product not in self.products:
            return "product"
        if supply.first_day > self.day:
            return "early"
        if supply.last_day < self.day:
            return "late"
        if supply.quality < self.quality_min:
            return "quality"
        if supply.second_grade and not self.second_grade:
            return "grade"
        return "orders_only" if supply.orders_only and self.kind != DEMAND else None


def outlets(problem: Problem) -> tuple[Outlet, ...]:
    everything = tuple(p.id for p in problem.products)
    portioned = tuple(p.id for p in problem.products if p.portions)
    found = [Outlet(DEMAND, d.id, d.day, d.products, d.quality_min, d.second_grade) for d in problem.demands]
    found += [Outlet(BASKET, b.id, b.day, portioned, b.quality_min) for b in problem.baskets]
    found += [
        Outlet(KITCHEN, r.id, day, tuple(r.inputs), r.quality_min, r.second_grade)
        for r in problem.recipes
        for day in r.days
    ]
    found += [
        Outlet(SOLIDARITY, o.id, o.day, everything, o.quality_min, o.second_grade) for o in problem.solidarity
    ]
    return tuple(found)


def access(problem: Problem) -> dict[Outlet, tuple[Supply, ...]]:
    """Each outlet with the supplies that may serve it, in the order of the problem."""
    by_product: dict[str, list[Supply]] = {}
    for s in problem.supplies:
        by_product.setdefault(s.product, []).append(s)
    return {
        o: tuple(s for p in o.products for s in by_product.get(p, ()) if o.barrier(s) is None)
        for o in outlets(problem)
    }
