"""What the shares engine answers: every actor's lines to the cent, and what it takes to count them again."""

from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.money import Money
from terreau.measures.stored import Stored

from .problem import Table


@dataclass(frozen=True)
class Group:
    """What these members pay together under a rule, and what they would pay apart from the others."""

    members: tuple[str, ...]
    together: Money
    apart: Money


@dataclass(frozen=True)
class Stability:
    """`wronged` of the `tested` groups would pay less alone; `complete`: no group was left untested."""

    wronged: int
    tested: int
    complete: bool
    worst: Group | None
    sentence: str


@dataclass(frozen=True)
class RuleShares:
    """One rule's shares of the modelled cost, in the order of the players, and which groups they wrong.

    Beyond eighteen players, "least_core" stands for the nucleolus: one of the shares that wrong least the
    groups met.
    """

    rule: str
    amounts: tuple[Money, ...]
    stability: Stability


@dataclass(frozen=True)
class Weighed:
    members: tuple[str, ...]
    weight: Decimal


@dataclass(frozen=True)
class LeastCore:
    """`epsilon`, in cents: what the worst-off group gains at best; negative, no shares please every group.

    `proof`: groups that together hold every player equally; their costs, so weighted, leave no more.
    Over seen groups only (`complete` false), the true epsilon is this one or less.
    """

    epsilon: Decimal
    complete: bool
    proof: tuple[Weighed, ...]


@dataclass(frozen=True)
class Step:
    """One voted solidarity: what each actor (in their order) gives or receives; the sum is nothing.

    `need`: what the cap would take off; `raised`: what the levy could pay of it.
    """

    name: str
    need: Money
    raised: Money
    amounts: tuple[Money, ...]


@dataclass(frozen=True)
class Line:
    """One actor's statement. fair + correction + spare + commons + solidarity = total.

    `alone`: the cheaper of the hub's van for this actor alone and its `own` vehicle. `separable`: what the
    actor adds, coming last. `fair`: its share of the modelled cost by the voted rule, with its own minutes at
    the `stops`; `error`: one standard error of it, in cents, if it was sampled. `correction`: its part of the
    gap between the real cost and the modelled one. `spare`: what empty capacity takes off, back in `commons`.
    """

    actor: str
    aboard: bool
    alone: Money
    hub: Money
    own: Money | None
    separable: Money
    fair: Money
    error: Decimal | None
    stops: Money
    correction: Money
    spare: Money
    commons: Money
    solidarity: Money
    total: Money
    sentence: str


@dataclass(frozen=True)
class Shares(Stored):
    """`method`: how costs of groups were found; `exact`: nothing sampled; `asked`: an oracle's answers."""

    rule: str
    players: tuple[str, ...]
    modelled: Money
    real: Money
    ratio: Decimal
    lines: tuple[Line, ...]
    rules: tuple[RuleShares, ...]
    relieved: Stability | None
    least_core: LeastCore
    steps: tuple[Step, ...]
    method: str
    exact: bool
    orders: int
    seed: int
    repairs: int
    asked: Table | None
    solver: str
    version: str

    def line(self, actor: str) -> Line:
        return next(line for line in self.lines if line.actor == actor)

    def by(self, rule: str) -> RuleShares:
        return next(shares for shares in self.rules if shares.rule == rule)

    def amount(self, rule: str, actor: str) -> Money:
        """What the actor would pay of the modelled cost under another rule."""
        return self.by(rule).amounts[self.players.index(actor)]

    @property
    def stability(self) -> Stability:
        return self.by(self.rule).stability
