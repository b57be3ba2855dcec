"""Local money: three rounds of it (LM3), all rounds (k), and what is new to a territory."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from .problem import Amount, Missing


@dataclass(frozen=True)
class Rounds:
    """R1 income before VAT; R2 spent here: residents' net pay, local suppliers, local taxes; R3 again."""

    first: Amount
    staff: Amount
    suppliers: Amount
    taxes: Amount
    staff_again: Amount
    suppliers_again: Amount
    taxes_again: Amount

    @property
    def second(self) -> Amount:
        return self.staff + self.suppliers + self.taxes

    @property
    def third(self) -> Amount:
        """R3 = Σ_k R2_k · s_k."""
        return (
            self.staff * self.staff_again
            + self.suppliers * self.suppliers_again
            + self.taxes * self.taxes_again
        )

    @property
    def lm3(self) -> Amount:
        """(R1 + R2 + R3) / R1: 1 to 3, as long as no more is spent than came in."""
        return (self._income + self.second + self.third) / self._income

    @property
    def retained(self) -> Amount:
        """R2 / R1."""
        return self.second / self._income

    @property
    def _income(self) -> Amount:
        if not np.all(np.asarray(self.first) > 0):
            raise Missing("Recettes de la période\u202f: aucune. Un LM3 se calcule sur des recettes.")
        return self.first


def respent(answers: Sequence[float]) -> float:
    """A survey's rate: the mean of the shares spent here, one answer one voice."""
    return mean(answers)


def all_rounds(spent: Amount, taxed: Amount, leaked: Amount) -> Amount:
    """k = 1 / (1 − c (1 − t)(1 − m)): what a euro makes when it is spent again without end."""
    return 1 / (1 - spent * (1 - taxed) * (1 - leaked))


def net_local_income(k: Amount, from_outside: Amount, substituted: Amount, displaced: Amount) -> Amount:
    """k · (money from outside + import substitution − displaced local sales).

    Money already here is circulation, not creation.
    """
    return k * (from_outside + substituted - displaced)


def displaced_share(displacement: Amount, self_supply: Amount) -> Amount:
    """Nobody's local sales of a product can be displaced beyond what is sold of it locally."""
    return np.minimum(displacement, self_supply)
