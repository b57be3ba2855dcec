"""Which groups would do better alone, and which of them is worst treated."""

from dataclasses import dataclass

import numpy as np

from .groups import Groups
from .tour import Floats

# A millionth of a euro: below it, the difference is that of two ways to add the same numbers.
_NOTHING = 1e-4
_SAME_RATE = 1e-9


@dataclass(frozen=True)
class Wronged:
    """`count` groups pay more together than alone; `worst` is the row of the worst treated, if any."""

    count: int
    worst: int | None


def wronged(groups: Groups, costs: Floats, shares: Floats) -> Wronged:
    """Worst by rate, over ÷ cost (a cent at least); at the same rate the smallest group, then the first."""
    over = groups.weigh(shares) - costs
    found = np.flatnonzero(over > _NOTHING)
    if not len(found):
        return Wronged(0, None)
    rates = over[found] / np.maximum(costs[found], 1.0)
    near = found[rates >= rates.max() - _SAME_RATE]
    sizes = groups.sizes[near]
    return Wronged(len(found), int(near[np.argmin(sizes)]))
