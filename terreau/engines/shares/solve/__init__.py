"""From the problem to every actor's line: costs of groups, rules, stability, then the layers to the cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from terreau.measures.money import Money, added

from .. import account, reasons
from ..answer import Group, LeastCore, Line, RuleShares, Shares, Stability, Weighed
from ..problem import (
    ACAM,
    CRATES,
    EPM,
    EXACT_MAX,
    LEAST_CORE,
    NOTHING,
    NUCLEOLUS,
    PROPORTIONAL,
    SHAPLEY,
    Problem,
    ProblemRefused,
    Table,
)
from .core import epm, least_core, nucleolus, version
from .game import ORACLE_EXACT_MAX, Game, Oracle, Progress, additive, bound, game, near
from .groups import Every, Groups, Seen
from .rules import acam, per_crate, proportional
from .shapley import sampled, shapley
from .stability import wronged
from .tour import Floats

_CONTROL_PAIRS = 2000
# Exact shares draw orders of arrival only to meet groups that might be wronged.
_SEEN_PAIRS = 100


def solve(
    problem: Problem,
    *,
    oracle: Oracle | None = None,
    progress: Progress | None = None,
    pairs: int = 2000,
    seed: int = 0,
) -> Shares:
    """Who pays what. `oracle(group)` gives the cents a group would pay, asked once for each group.

    `pairs` of orders of arrival are drawn when there are too many players to look at every group; `progress`
    is told how many groups the oracle answered, of how many (0: not known before).
    """
    if pairs < 2:
        raise ProblemRefused("Il faut tirer deux paires d’ordres au moins pour dire une erreur.")
    of = game(problem, oracle, progress)
    if of.table is None and problem.rule.key in (NUCLEOLUS, EPM):
        raise ProblemRefused(
            f"La règle «\u202f{problem.rule.key}\u202f» regarde tous les groupes\u202f: elle s’arrête à "
            f"{EXACT_MAX} acteurs, {ORACLE_EXACT_MAX} avec un oracle. Partagez tournée par tournée, ou "
            "choisissez une autre règle."
        )
    return _statement(problem, _Found(problem, of, pairs, seed), seed)


class _Found:
    """All that is computed in floating cents, before anything is rounded."""

    def __init__(self, problem: Problem, of: Game, pairs: int, seed: int) -> None:
        self.game, self.n = of, of.n
        singles = np.eye(of.n, dtype=bool)
        self.whole = float(of.cost(np.ones((1, of.n), dtype=bool))[0])
        self.alone = np.minimum(of.cost(singles), of.own)
        self.separable = self.whole - of.cost(~singles) if of.n > 1 else self.alone.copy()
        self.errors, self.orders = np.zeros(of.n), 0
        self.groups: Groups
        self.costs: Floats
        self.exact = True
        self.shares: dict[str, Floats] = {}
        if of.table is None:
            self._by_sampling(problem, pairs, seed)
            self.core = least_core(self.groups, self.costs, self.whole)
            self.shares[LEAST_CORE] = self.core.shares
        else:
            self.groups, self.costs = Every(of.n), of.table[1:-1]
            self.shares[SHAPLEY] = shapley(of.table)
            self.core = nucleolus(self.groups, self.costs, self.whole)
            self.shares[NUCLEOLUS] = self.core.shares
            self.shares[EPM] = self._epm()
        self.shares[ACAM] = acam(self.alone, self.separable, self.whole)
        self.shares[PROPORTIONAL] = proportional(self.alone, self.whole)
        self._per_crate(problem)

    def _epm(self) -> Floats:
        if self.n == 1 or not self.alone.any():
            return self.core.shares
        return epm(self.groups, self.costs, self.whole, self.alone, self.core)[0]

    def _per_crate(self, problem: Problem) -> None:
        crates = {a.id: float(a.crates) for a in problem.actors}
        mine = np.array([crates[p] for p in self.game.players])
        if mine.any():
            self.shares[CRATES] = per_crate(mine, self.whole)

    def _by_sampling(self, problem: Problem, pairs: int, seed: int) -> None:
        """Executed tours add up exactly if they can; the rest is drawn, an oracle's around its tours."""
        of, known = self.game, additive(problem)
        self.exact = of.method == "kept_order" and known is not None
        beside = near(problem) if of.method == "oracle" and problem.tours else None
        if beside and beside.method != "kept_order":
            known = None if beside.table is None else shapley(beside.table)
        doubt = np.zeros(of.n)
        if beside and known is None:
            control = sampled(beside.cost, of.n, pairs=_CONTROL_PAIRS, seed=seed + 1)
            known, doubt = control.values, control.errors
        drawn = sampled(
            of.cost,
            of.n,
            pairs=min(pairs, _SEEN_PAIRS) if self.exact else pairs,
            seed=seed,
            control=beside.cost if beside else None,
            control_values=known if beside else None,
        )
        self.errors = np.hypot(drawn.errors, doubt)
        self.orders = 0 if self.exact else 2 * drawn.pairs
        self.shares[SHAPLEY] = known if self.exact and known is not None else drawn.values
        singles = np.eye(of.n, dtype=bool)
        groups, places = np.unique(
            np.concatenate([drawn.groups, singles, ~singles]), axis=0, return_index=True
        )
        costs = np.concatenate([drawn.costs, of.cost(singles), of.cost(~singles)])[places]
        proper = ~groups.all(axis=1)
        self.groups, self.costs = Seen(groups[proper]), costs[proper]


def _statement(problem: Problem, found: _Found, seed: int) -> Shares:
    of = found.game
    modelled = account.rounded(found.whole)
    to_cent = modelled.cents / found.whole if found.whole else 1.0
    amounts = {
        rule: account.to_cents(modelled, (shares * to_cent).tolist()) for rule, shares in found.shares.items()
    }
    names = {a.id: a.name for a in problem.actors}
    judged = _Judged(found, [names[p] for p in of.players])
    rules = tuple(
        RuleShares(rule, tuple(amounts[rule]), judged.stability(shares))
        for rule, shares in found.shares.items()
    )
    fair = dict(zip(of.players, amounts[problem.rule.key], strict=True))
    layers = account.layers(problem, [fair.get(a.id, NOTHING) for a in problem.actors])
    real = modelled if problem.real is None else problem.real
    relief, relieved = added(layers.spare), None
    if relief:
        relieved = judged.stability(found.shares[problem.rule.key] * (1 + relief.cents / real.cents))
    return Shares(
        rule=problem.rule.key,
        players=of.players,
        modelled=modelled,
        real=real,
        ratio=(real.euros / modelled.euros).quantize(Decimal("0.0001")) if modelled else Decimal(1),
        lines=_lines(problem, found, layers),
        rules=rules,
        relieved=relieved,
        least_core=_least_core(found),
        steps=layers.steps,
        method=of.method,
        exact=found.exact,
        orders=found.orders,
        seed=seed,
        repairs=of.repairs,
        asked=_asked(of),
        solver="HiGHS",
        version=version(),
    )


@dataclass(frozen=True)
class _Judged:
    found: _Found
    names: Sequence[str]

    def stability(self, shares: Floats) -> Stability:
        found = self.found
        judged = wronged(found.groups, found.costs, shares)
        complete, tested = found.groups.complete, len(found.costs)
        if judged.worst is None:
            worst, group = None, Group((), NOTHING, NOTHING)
        else:
            row = found.groups.rows([judged.worst])[0]
            worst = group = Group(
                _group(found.game.players, row),
                account.rounded(float(row @ shares)),
                account.rounded(float(found.costs[judged.worst])),
            )
        inside = [n for n, p in zip(self.names, found.game.players, strict=True) if p in group.members]
        sentence = reasons.stability_sentence(
            wronged=judged.count,
            tested=tested,
            complete=complete,
            names=inside,
            together=group.together,
            apart=group.apart,
        )
        return Stability(judged.count, tested, complete, worst, sentence)


def _lines(problem: Problem, found: _Found, layers: account.Layers) -> tuple[Line, ...]:
    place = {p: k for k, p in enumerate(found.game.players)}
    return tuple(
        _line(problem, found, layers, k, place.get(actor.id)) for k, actor in enumerate(problem.actors)
    )


def _line(problem: Problem, found: _Found, layers: account.Layers, k: int, player: int | None) -> Line:
    def mine(costs: Floats) -> Money:
        return NOTHING if player is None else account.rounded(float(costs[player]))

    alone, separable, stops = mine(found.alone), mine(found.separable), mine(found.game.stops)
    error = None
    if player is not None and not found.exact and problem.rule.key == SHAPLEY:
        error = Decimal(float(found.errors[player])).quantize(Decimal("0.0001"))
    sentence = reasons.line_sentence(
        aboard=player is not None,
        alone=alone,
        separable=separable,
        fair=layers.fair[k],
        stops=stops,
        correction=layers.correction[k],
        spare=layers.spare[k],
        commons=layers.commons[k],
        solidarity=layers.solidarity[k],
        total=layers.total[k],
    )
    return Line(
        actor=problem.actors[k].id,
        aboard=player is not None,
        alone=alone,
        hub=mine(found.game.hub),
        own=problem.actors[k].own,
        separable=separable,
        fair=layers.fair[k],
        error=error,
        stops=stops,
        correction=layers.correction[k],
        spare=layers.spare[k],
        commons=layers.commons[k],
        solidarity=layers.solidarity[k],
        total=layers.total[k],
        sentence=sentence,
    )


def _least_core(found: _Found) -> LeastCore:
    proof = tuple(
        Weighed(
            _group(found.game.players, found.groups.rows([row])[0]),
            Decimal(weight).quantize(Decimal("1e-12")),
        )
        for row, weight in found.core.proof
    )
    epsilon = Decimal(found.core.epsilon).quantize(Decimal("0.000001"))
    return LeastCore(epsilon, found.groups.complete, proof)


def _group(players: Sequence[str], row: Floats) -> tuple[str, ...]:
    return tuple(p for p, inside in zip(players, row, strict=True) if inside)


def _asked(of: Game) -> Table | None:
    if of.method != "oracle" or of.table is None:
        return None
    return Table(of.players, tuple(Decimal(repr(float(cents))) for cents in of.table))


__all__ = ["bound", "solve"]
