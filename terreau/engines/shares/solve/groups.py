"""The groups that are looked at: every one, counted without being written out, or those met on the way."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from .tour import Bools, Floats, sums


class Groups(ABC):
    """Groups of `n` players, neither empty nor whole, in a fixed order."""

    n: int
    complete: bool

    @abstractmethod
    def weigh(self, shares: Floats) -> Floats:
        """What the members of each group bear together."""

    @abstractmethod
    def rows(self, places: Sequence[int]) -> Floats:
        """The groups at these places, a one for each member."""

    @property
    def sizes(self) -> Floats:
        return self.weigh(np.ones(self.n))


class Every(Groups):
    """At place p, the group whose members are the bits of p + 1."""

    complete = True

    def __init__(self, n: int) -> None:
        self.n = n

    def weigh(self, shares: Floats) -> Floats:
        return sums(shares.tolist())[1:-1]

    def rows(self, places: Sequence[int]) -> Floats:
        bits = (np.array(places, dtype=np.int64)[:, None] + 1) >> np.arange(self.n)
        return (bits & 1).astype(np.float64)


class Seen(Groups):
    complete = False

    def __init__(self, groups: Bools) -> None:
        self.n, self._groups = groups.shape[1], groups.astype(np.float64)

    def weigh(self, shares: Floats) -> Floats:
        borne: Floats = self._groups @ shares
        return borne

    def rows(self, places: Sequence[int]) -> Floats:
        return self._groups[list(places)]
