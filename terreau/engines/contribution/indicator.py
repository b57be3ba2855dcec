"""What an indicator is: one formula, read of flows whether measured or simulated."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .problem import Amount, Array, Draws, Evidence, Flows, Territory


class Family(StrEnum):
    """The eight families of the answer, in their order."""

    JOBS = "emploi"
    MONEY = "argent_local"
    PUBLIC = "finances_publiques"
    FOOD = "alimentation"
    ACCESS = "accessibilite"
    LAND = "foncier"
    CLIMATE = "climat"
    COOPERATION = "cooperation"

    @property
    def label(self) -> str:
        return {
            "emploi": "Emploi et parcours", "argent_local": "Argent local",
            "finances_publiques": "Finances publiques", "alimentation": "Alimentation",
            "accessibilite": "Accessibilité", "foncier": "Foncier et fermes",
            "climat": "Climat", "cooperation": "Coopération",
        }[self.value]  # fmt: skip


class Correction(StrEnum):
    """What separates what is announced from what would not have been without the écopôle."""

    DEADWEIGHT = "deadweight"
    DISPLACEMENT = "deplacement"
    ATTRIBUTION = "attribution"
    DROP_OFF = "erosion"


Read = Callable[[Flows, Territory, Draws], Amount]
# From the values of every draw to what must be said of them.
Guard = Callable[[Array, Flows, Territory, Draws], tuple[str, ...]]


@dataclass(frozen=True)
class Indicator:
    """One question put to flows, measured or simulated alike, and the words of its sheet.

    `applies`: corrections made after it; the others are carried already, or make no sense, as `why` says.
    `extensive`: doubles when every flow doubles; such a figure has a with − without. `stock`: read over all
    years since the start, not over one. `evidence`: of the flows themselves, where they were worked out.
    `told_with`: the count of the people it is about; too few, and strangers are told neither.
    """

    id: str
    family: Family
    label: str
    question: str
    equation: str
    unit: str
    read: Read
    parameters: tuple[str, ...] = ()
    applies: frozenset[Correction] = frozenset()
    why: str = ""
    extensive: bool = True
    stock: bool = False
    headline: bool = False
    better: int = 1  # 1: more is better; -1: less is; 0: neither
    evidence: Evidence = Evidence.MEASURED
    told_with: str = ""
    guard: Guard | None = None
    limits: str = ""
    comparator: str = ""
    sources: tuple[str, ...] = ()
    sdg: tuple[str, ...] = ()
