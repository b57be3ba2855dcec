"""What the week's planner answers: frozen, storable, explained line by line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.stored import Stored

PROVED, BEST_FOUND, IMPOSSIBLE, BY_HAND = "proved", "best_found", "impossible", "by_hand"


@dataclass(frozen=True)
class Goal:
    """A goal's value in this plan, and the best that any plan could reach given the goals before it.

    "promises": euro cents of broken promises, weighted. "fairness_k": mean of the k lowest ratios taken ÷
    promised. "baskets": points per basket. "waste": kilos lost. "margin": cents. `gap` is the distance
    between value and bound, divided by the value or by `scale` if the value is smaller.
    """

    name: str
    value: Decimal
    bound: Decimal | None
    gap: Decimal | None
    scale: Decimal
    seconds: Decimal


@dataclass(frozen=True)
class Flow:
    """So much of a supply goes to an outlet: "demand", "basket", "kitchen" or "solidarity"."""

    supply: str
    kind: str
    outlet: str
    day: date
    quantity: Decimal


@dataclass(frozen=True)
class Portion:
    batch: str
    product: str
    quantity: Decimal


@dataclass(frozen=True)
class Batches:
    recipe: str
    day: date
    count: int


@dataclass(frozen=True)
class Rest:
    """Where each unit of a supply ended: used + kept + composted + left = its quantity."""

    supply: str
    used: Decimal
    kept: Decimal
    composted: Decimal
    left: Decimal


@dataclass(frozen=True)
class Shortfall:
    """A promise not fully kept: what is missing, why, and what would free it."""

    kind: str
    outlet: str
    missing: Decimal
    unit: str
    cause: str
    sentence: str


@dataclass(frozen=True)
class FarmShare:
    """`ratio`: taken so far and this week ÷ promised so far (None: nothing was promised)."""

    farm: str
    taken_cents: Decimal
    ratio: Decimal | None
    sentence: str


@dataclass(frozen=True)
class BasketContent:
    """`novelty`: from 0 (all given last week) to 1 (all new)."""

    batch: str
    value_cents: Decimal
    varieties: int
    novelty: Decimal
    sentence: str


@dataclass(frozen=True)
class Fragile:
    """What breaks first if the forecast is low."""

    supply: str
    missing: Decimal
    outlets: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Plan(Stored):
    status: str
    goals: tuple[Goal, ...] = ()
    flows: tuple[Flow, ...] = ()
    portions: tuple[Portion, ...] = ()
    batches: tuple[Batches, ...] = ()
    rests: tuple[Rest, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    farms: tuple[FarmShare, ...] = ()
    baskets: tuple[BasketContent, ...] = ()
    low_forecast: tuple[Fragile, ...] = ()
    clash: tuple[str, ...] = ()
    solver: str = ""
    version: str = ""
    seed: int = 0
    seconds: Decimal = Decimal(0)

    def goal(self, name: str) -> Goal:
        return next(g for g in self.goals if g.name == name)
