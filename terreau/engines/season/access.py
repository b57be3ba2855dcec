"""Which option may go on which block, and in which weeks it takes a bed and ripens."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from .problem import Option, Problem


def offered(problem: Problem) -> dict[str, tuple[Option, ...]]:
    """By block: the options of its shelter whose family may come back, in the order of the problem."""
    family = {c.id: c.family for c in problem.crops}
    found = {}
    for b in problem.blocks:
        barred = {f.family for f in b.barred}
        found[b.id] = tuple(
            o for o in problem.options if o.shelter == b.shelter and family[o.crop] not in barred
        )
    return found


def span(problem: Problem, first: int, count: int) -> list[int]:
    """`count` weeks from the `first`: round the typical year, or to the end of the horizon."""
    weeks = len(problem.weeks)
    if problem.cyclic:
        return [(first + n) % weeks for n in range(count)]
    return list(range(first, min(weeks, first + count)))


def ripening(problem: Problem, option: Option) -> Iterator[tuple[int, tuple[Decimal, Decimal, Decimal]]]:
    """Week after week, the kilos for 100 m²: low, likely, high. What ripens after the horizon is not told."""
    weeks, first = len(problem.weeks), problem.weeks.index(option.week)
    for y in option.harvest:
        if problem.cyclic or first + y.after < weeks:
            yield (first + y.after) % weeks, (y.low, y.likely, y.high)


def maximal(sets: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """The sets that are part of no other, largest first."""
    found: list[frozenset[str]] = []
    for one in sorted(set(sets), key=lambda s: (-len(s), sorted(s))):
        if one and not any(one <= other for other in found):
            found.append(one)
    return found
