"""The independent judge: costs of groups, shares, wronged groups and every cent counted again, another way.

Nothing here is shared with `solve` nor `account` but the words of the problem and of the answer: the cheapest
tours are made backwards, the Shapley value comes from dividends, the least core from its bound.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from terreau.measures.money import Money

from .answer import Line, Shares, Stability, Step
from .problem import EXACT_MAX, Problem, Solidarity, Tour

Floats = npt.NDArray[np.float64]
Oracle = Callable[[frozenset[str]], Decimal | float]
_SAME = 1e-3


@dataclass(frozen=True)
class Verdict:
    """Accepted when nothing is wrong; `complete`: every share and every group was counted again."""

    violations: tuple[str, ...]
    complete: bool

    @property
    def accepted(self) -> bool:
        return not self.violations


def verify(problem: Problem, shares: Shares, oracle: Oracle | None = None) -> Verdict:
    """An oracle's costs are those it answered; too many to be kept, it is asked again, if given.

    What was sampled is judged on its sums and on the groups it names, not on each value.
    """
    judge = _Judge(problem, shares, oracle)
    judge.strangers()
    if not judge.wrong:
        judge.sums()
        judge.solidarity()
        judge.commons()
        if judge.costs.known:
            judge.alone()
            judge.groups()
            judge.every_group()
    return Verdict(tuple(judge.wrong), judge.costs.every is not None)


class _Judge:
    def __init__(self, problem: Problem, shares: Shares, oracle: Oracle | None) -> None:
        self.problem, self.shares = problem, shares
        self.wrong: list[str] = []
        self.names = shares.players
        self.crates = {a.id: a.crates for a in problem.actors}
        self.costs = _Costs(problem, shares, oracle)
        self.cost = self.costs.of

    def check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)

    def strangers(self) -> None:
        said = self.shares
        self.check(said.players == self.problem.players, "Ceux qui partagent ne sont pas ceux du problème.")
        self.check(
            [line.actor for line in said.lines] == [a.id for a in self.problem.actors],
            "La réponse ne donne pas une ligne à chaque acteur, une fois et dans l’ordre.",
        )
        self.check(said.rule == self.problem.rule.key, "La règle suivie n’est pas celle qui a été votée.")
        self.check(
            said.method in _methods(self.problem) and (said.asked is None or said.method == "oracle"),
            f"La méthode «\u202f{said.method}\u202f» n’est pas celle de ce problème.",
        )
        rules = [r.rule for r in said.rules]
        self.check(
            len(set(rules)) == len(rules) and said.rule in rules, "Une règle manque ou est dite deux fois."
        )
        self.check(
            all(len(r.amounts) == len(said.players) for r in said.rules),
            "Une règle ne donne pas une part à chacun.",
        )
        named = [r.stability.worst.members for r in said.rules if r.stability.worst]
        named += [weighed.members for weighed in said.least_core.proof]
        self.check(
            all(0 < len(g) < len(said.players) and set(g) <= set(said.players) for g in named),
            "Un groupe nommé n’est pas une partie de ceux qui partagent.",
        )

    def sums(self) -> None:
        """Each rule shares the modelled cost, each line adds up, and all that is paid is what was spent."""
        said = self.shares
        for rule in said.rules:
            self.check(
                _sum(rule.amounts) == said.modelled,
                f"{rule.rule}\u202f: les parts ne font pas le coût.",
            )
        fair = dict(zip(said.players, said.by(said.rule).amounts, strict=True))
        for line in said.lines:
            parts = (line.fair, line.correction, line.spare, line.commons, line.solidarity)
            self.check(_sum(parts) == line.total, f"{line.actor}\u202f: les lignes ne font pas le total.")
            self.check(
                line.fair == fair.get(line.actor, Money(0)) and line.aboard == (line.actor in fair),
                f"{line.actor}\u202f: la part juste n’est pas celle de la règle.",
            )
        real = said.modelled if self.problem.real is None else self.problem.real
        self.check(said.real == real, "Le coût réel n’est pas celui du problème.")
        added = _sum(c.amount for c in self.problem.commons if not c.out_of_tour)
        self.check(
            _sum(line.total for line in said.lines) == real + added,
            "Ce que tous paient n’est pas ce qui a été dépensé.",
        )
        if said.modelled:
            ratio = Fraction(real.cents, said.modelled.cents)
            self.check(
                abs(Fraction(said.ratio) - ratio) <= Fraction(1, 10_000), "Le rapport au réel est faux."
            )
        self._pro_rata(
            "l’écart avec le coût réel",
            [line.correction for line in said.lines],
            real - said.modelled,
            [line.fair for line in said.lines],
        )

    def _pro_rata(self, what: str, given: list[Money], whole: Money, keys: list[Money]) -> None:
        """Each within a cent of its proportion, and the sum exact; by head when every key is nothing."""
        weights = [max(0, key.cents) for key in keys]
        if not any(weights):
            weights = [1] * len(weights)
        exact = [Fraction(whole.cents * weight, sum(weights)) for weight in weights]
        near = all(abs(g.cents - e) < 1 for g, e in zip(given, exact, strict=True))
        self.check(near and _sum(given) == whole, f"Mal réparti\u202f: {what}.")

    def commons(self) -> None:
        """Each voted key gives its amounts within a cent of the exact proportion."""
        out = _sum(c.amount for c in self.problem.commons if c.out_of_tour)
        lines = self.shares.lines
        after = [line.fair + line.correction for line in lines]
        self._pro_rata("la part vide", [line.spare for line in lines], -out, after)
        for line in self.shares.lines:
            exact = sum(
                (
                    Fraction(c.amount.cents)
                    * Fraction(c.weights.get(line.actor, 0))
                    / Fraction(sum(c.weights.values()))
                    for c in self.problem.commons
                ),
                Fraction(0),
            )
            self.check(
                abs(line.commons.cents - exact) < max(1, len(self.problem.commons)),
                f"{line.actor}\u202f: sa part des communs ne suit pas la clé votée.",
            )

    def solidarity(self) -> None:
        said = self.shares
        self.check(
            [s.name for s in said.steps] == [s.name for s in self.problem.solidarity],
            "Les solidarités ne sont pas celles qui ont été votées, dans l’ordre.",
        )
        if self.wrong:
            return
        paid = [line.total - line.solidarity for line in said.lines]
        for step, rule in zip(said.steps, self.problem.solidarity, strict=True):
            self._one_step(step, rule, paid)
            paid = [before + moved for before, moved in zip(paid, step.amounts, strict=True)]
        self.check(paid == [line.total for line in said.lines], "Les solidarités ne mènent pas au total.")

    def _one_step(self, step: Step, rule: Solidarity, paid: Sequence[Money]) -> None:
        self.check(
            _sum(step.amounts) == Money(0), f"{step.name}\u202f: ce qui est donné n’est pas ce qui est reçu."
        )
        received = [-a if a < Money(0) else Money(0) for a in step.amounts]
        self.check(_sum(received) == step.raised, f"{step.name}\u202f: la somme levée est mal comptée.")
        needs = []
        for line, before, moved in zip(self.shares.lines, paid, step.amounts, strict=True):
            crates = self.crates[line.actor]
            cap, levy = 100 * Fraction(rule.cap * crates), 100 * Fraction(rule.levy * crates)
            helped = line.actor in rule.helped and crates > 0
            over = max(0, before.cents - int(cap)) if helped else 0
            needs.append(Money(over))
            self.check(moved.cents >= -over, f"{step.name}\u202f: {line.actor} reçoit plus que son besoin.")
            self.check(
                moved.cents <= (0 if over else levy), f"{step.name}\u202f: {line.actor} donne plus que voté."
            )
            if helped and moved > Money(0):
                self.check(
                    (before + moved).cents <= cap,
                    f"{step.name}\u202f: {line.actor} passe au-dessus du plafond.",
                )
        self.check(_sum(needs) == step.need, f"{step.name}\u202f: le besoin est mal compté.")
        self._pro_rata(f"ce que donne {step.name}", received, step.raised, needs)

    def alone(self) -> None:
        everyone = frozenset(self.names)
        whole = self.cost(everyone)
        self.check(
            abs(whole - self.shares.modelled.cents) <= 0.5 + _SAME, "Le coût calculé n’est pas celui de tous."
        )
        for actor in self.problem.actors:
            line = self.shares.line(actor.id)
            if actor.id not in everyone:
                continue
            alone = self.cost(frozenset({actor.id}))
            if actor.own is not None:
                alone = min(alone, actor.own.cents)
            self.check(
                abs(alone - line.alone.cents) <= 0.5 + _SAME, f"{actor.name}\u202f: son coût seul est faux."
            )
            added = whole - self.cost(everyone - {actor.id}) if len(everyone) > 1 else whole
            if self.costs.tours:
                self._van(line)
            self.check(
                abs(added - line.separable.cents) <= 0.5 + _SAME,
                f"{actor.name}\u202f: ce qu’il ajoute est faux.",
            )

    def _van(self, line: Line) -> None:
        only = frozenset({line.actor})
        oracle = self.shares.method == "oracle"
        hub = line.hub.cents if oracle else sum(tour.cost(only) for tour in self.costs.tours)
        stops = sum(tour.minutes(only) for tour in self.costs.tours)
        self.check(
            abs(hub - line.hub.cents) <= 0.5 + _SAME and abs(stops - line.stops.cents) <= 0.5 + _SAME,
            f"{line.actor}\u202f: son camion seul ou ses minutes sont mal comptés.",
        )

    def groups(self) -> None:
        """A group said to be wronged is: what it would cost apart is counted again, and is less."""
        slack = 0.5 * len(self.names) + 0.5 + _SAME
        for rule in self.shares.rules:
            worst = rule.stability.worst
            self.check(
                (worst is None) == (rule.stability.wronged == 0),
                f"{rule.rule}\u202f: groupe lésé non dit.",
            )
            if worst is None:
                continue
            paid = _sum(a for p, a in zip(self.names, rule.amounts, strict=True) if p in worst.members)
            apart = self.cost(frozenset(worst.members))
            self.check(
                abs(paid.cents - worst.together.cents) <= slack
                and abs(apart - worst.apart.cents) <= 0.5 + _SAME,
                f"{rule.rule}\u202f: les montants du groupe lésé sont faux.",
            )
            self.check(worst.together >= worst.apart, f"{rule.rule}\u202f: le groupe dit lésé ne l’est pas.")

    def every_group(self) -> None:
        """Few enough players: every group is looked at again, and shares are found by another road."""
        said, n = self.shares, len(self.names)
        costs = self.costs.every
        complete = costs is not None
        self.check(
            all(r.stability.complete == complete for r in said.rules)
            and said.least_core.complete == complete,
            "Ce qui est dit de tous les groupes ne l’est que de ceux essayés, ou l’inverse.",
        )
        if costs is None:
            return
        inside = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1
        by_rule = {r.rule: np.array([float(a.cents) for a in r.amounts]) for r in said.rules}
        for rule in said.rules:
            excess = costs[1:-1] - inside[1:-1] @ by_rule[rule.rule]
            self._stability(rule.rule, rule.stability, excess, costs[1:-1])
        self._relieved(costs, inside, by_rule[said.rule])
        self._near("shapley", by_rule, _by_dividends(costs, inside))
        self._least_core(costs, inside, by_rule["nucleolus"])
        self._plain_rules(costs, by_rule)
        if n > 1:
            low = float((costs - inside @ by_rule["epm"])[1:-1].min())
            self.check(low >= min(0.0, float(said.least_core.epsilon)) - n, "epm\u202f: un groupe est lésé.")

    def _stability(self, rule: str, said: Stability, excess: Floats, costs: Floats) -> None:
        """Amounts are in cents, the count is not: groups within a cent a member may go either way."""
        slack = float(len(self.names))
        surely, perhaps = int(np.sum(excess < -slack)), int(np.sum(excess < slack))
        self.check(
            surely <= said.wronged <= perhaps,
            f"{rule}\u202f: le nombre de groupes lésés est faux.",
        )
        self.check(said.tested == len(excess), f"{rule}\u202f: tous les groupes n’ont pas été essayés.")
        if said.worst and len(excess):
            place = sum(self.costs.bit[p] for p in said.worst.members) - 1
            rates, margins = -excess / np.maximum(costs, 1.0), slack / np.maximum(costs, 1.0)
            named = float(rates[place] + margins[place])
            self.check(
                named >= float((rates - margins).max()), f"{rule}\u202f: un autre groupe est plus lésé."
            )

    def _relieved(self, costs: Floats, inside: npt.NDArray[np.bool_], shares: Floats) -> None:
        """Judged again without the emptiness set apart, in the proportion of the real cost."""
        out = _sum(c.amount for c in self.problem.commons if c.out_of_tour)
        said = self.shares.relieved
        self.check(
            (said is None) == (not out), "Le jugement sans la part vide manque, ou n’a pas lieu d’être."
        )
        if said and out:
            left = shares * (1 - out.cents / self.shares.real.cents)
            self._stability("sans le vide", said, costs[1:-1] - inside[1:-1] @ left, costs[1:-1])

    def _near(self, rule: str, by_rule: dict[str, Floats], values: Floats) -> None:
        """To the cent, as the whole is: rounding moves a share by one cent, the whole's by less."""
        gap = np.abs(by_rule[rule] - values).max()
        self.check(bool(gap <= 1.5 + _SAME), f"Règle {rule}\u202f: une part est fausse de {gap / 100:.2f} €.")

    def _least_core(self, costs: Floats, inside: npt.NDArray[np.bool_], shares: Floats) -> None:
        """No shares leave every group more than epsilon: the weighed groups hold each player equally."""
        said, n = self.shares.least_core, len(self.names)
        if n == 1:
            return
        epsilon = float(said.epsilon)
        low = float((costs - inside @ shares)[1:-1].min())
        self.check(abs(low - epsilon) <= n, "Le noyau ne laisse pas au groupe le plus lésé ce qui est dit.")
        held = np.zeros(n)
        bound = 0.0
        for group in said.proof:
            held += float(group.weight) * np.array([p in group.members for p in self.names])
            bound += float(group.weight) * self.cost(frozenset(group.members))
        weight = sum(float(g.weight) for g in said.proof)
        scale = max(1.0, abs(float(costs[-1])))
        balanced = float(np.ptp(held)) <= 1e-6 and abs(weight - 1) <= 1e-6
        self.check(balanced, "La preuve du noyau ne tient pas chaque acteur également.")
        bound -= float(held.mean()) * float(costs[-1])
        self.check(abs(bound - epsilon) <= 1e-6 * scale, "La preuve du noyau ne donne pas la valeur dite.")

    def _plain_rules(self, costs: Floats, by_rule: dict[str, Floats]) -> None:
        n, whole = len(self.names), float(costs[-1])
        alone = costs[1 << np.arange(n)]
        added = whole - costs[(1 << n) - 1 - (1 << np.arange(n))] if n > 1 else alone
        saved, left = alone - added, whole - added.sum()
        by_cost = alone / alone.sum() if alone.sum() else np.full(n, 1 / n)
        key = saved / saved.sum() if saved.sum() > 1e-6 else by_cost
        self._near("acam", by_rule, added + key * left)
        if alone.sum():
            self._near("proportional", by_rule, alone * (whole / alone.sum()))
        if "crates" in by_rule:
            crates = np.array([float(self.crates[p]) for p in self.names])
            self._near("crates", by_rule, crates * (whole / crates.sum()))


def _methods(problem: Problem) -> tuple[str, ...]:
    if problem.table:
        return ("table", "oracle")
    if not problem.tours:
        return ("oracle",)
    free = len(problem.tours) == 1 and not problem.keep_order and len(problem.tours[0].stops) <= EXACT_MAX
    return ("held_karp" if free else "kept_order", "oracle")


def _sum(amounts: Iterable[Money]) -> Money:
    return Money(sum(a.cents for a in amounts))


def _by_dividends(costs: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """What a group costs more than all its parts together, shared equally among its members, summed."""
    n = inside.shape[1]
    dividends = costs.copy()
    for i in range(n):
        with_i = np.flatnonzero(inside[:, i])
        dividends[with_i] -= dividends[with_i ^ (1 << i)]
    each = dividends[1:] / inside[1:].sum(axis=1)
    values: Floats = inside[1:].T.astype(np.float64) @ each
    return values


class _Costs:
    """What any group would cost; of all groups, when the players are few enough to list them."""

    def __init__(self, problem: Problem, shares: Shares, oracle: Oracle | None) -> None:
        self.oracle = oracle if shares.method == "oracle" else None
        self.known = shares.method != "oracle" or bool(shares.asked or oracle)
        self.players, self.own = problem.players, {a.id: a.own for a in problem.actors}
        self.bit = {p: 1 << k for k, p in enumerate(self.players)}
        self.tours = [_Backwards(t) if shares.method == "held_karp" else _Walked(t) for t in problem.tours]
        self.every: Floats | None = None
        written = shares.asked or problem.table
        if written:
            bits = [self.bit[p] for p in written.players]
            costs = np.zeros(len(written.cents))
            costs[_over_groups(bits)] = [float(cents) for cents in written.cents]
            self.every = costs if shares.asked else self._leaving(costs)
        elif len(self.players) <= EXACT_MAX and shares.method != "oracle":
            self.every = self._leaving(np.sum([self._of_all(t) for t in self.tours], axis=0))

    def of(self, group: frozenset[str]) -> float:
        if self.every is not None:
            return float(self.every[sum(self.bit[p] for p in group)])
        if self.oracle:
            return float(self.oracle(group)) if group else 0.0
        return sum(tour.cost(group) for tour in self.tours)

    def _of_all(self, tour: "_Walked") -> Floats:
        stops = [sum(1 << k for k, s in enumerate(tour.tour.stops) if p in s.crates) for p in self.players]
        minutes = [tour.minutes(frozenset({p})) for p in self.players]
        road = {mask: tour.of_stops(mask) for mask in set(_over_groups(stops))}
        pairs = zip(_over_groups(stops), _over_groups(minutes, add=True), strict=True)
        return np.array([road[mask] + spent for mask, spent in pairs])

    def _leaving(self, costs: Floats) -> Floats:
        """Some may go with their own vehicles: the group without one of them, and that one's cost."""
        movers = [(self.bit[p], float(own.cents)) for p in self.players if (own := self.own[p]) is not None]
        best = costs.tolist()
        for group in range(len(best)) if movers else ():
            for bit, cents in movers:
                if group & bit:
                    best[group] = min(best[group], best[group ^ bit] + cents)
        return np.array(best)


def _over_groups(each: Sequence[Any], *, add: bool = False) -> list[Any]:
    """For every group, in the order of its bits, the union (or the sum) of what each member has."""
    found = [0] * (1 << len(each))
    for group in range(1, len(found)):
        low = (group & -group).bit_length() - 1
        rest = found[group & (group - 1)]
        found[group] = rest + each[low] if add else rest | each[low]
    return found


class _Walked:
    """The executed tour, walked stop after stop by the group alone."""

    def __init__(self, tour: Tour) -> None:
        self.tour = tour
        size = range(len(tour.stops) + 1)
        self.legs = [[self._leg(i, j) for j in size] for i in size]
        for middle in size:
            for i in size:
                for j in size:
                    through = self.legs[i][middle] + self.legs[middle][j]
                    self.legs[i][j] = min(self.legs[i][j], through)

    def _leg(self, i: int, j: int) -> float:
        if i == j:
            return 0.0
        tour = self.tour
        km, hours = tour.distance_m[i][j] / 1000, tour.duration_s[i][j] / 3600
        return 100 * (float(tour.per_km) * km + float(tour.per_hour) * hours)

    def cost(self, group: frozenset[str]) -> float:
        mask = sum(1 << k for k, stop in enumerate(self.tour.stops) if group & stop.crates.keys())
        return self.of_stops(mask) + self.minutes(group)

    def of_stops(self, mask: int) -> float:
        return self.tour.day.cents + self.road(mask) if mask else 0.0

    def road(self, mask: int) -> float:
        way = [0, *(k + 1 for k in range(len(self.tour.stops)) if mask >> k & 1), 0]
        return sum(self.legs[a][b] for a, b in pairwise(way))

    def minutes(self, group: frozenset[str]) -> float:
        cents = 0.0
        for stop in self.tour.stops:
            mine = sum(c for actor, c in stop.crates.items() if actor in group)
            part = float(Fraction(mine) / Fraction(sum(stop.crates.values())))
            cents += part * stop.service_s / 3600 * float(self.tour.per_hour) * 100
        return cents


class _Backwards(_Walked):
    """The cheapest tour for any stops: from each place, what is left to do, back to the hub."""

    def __init__(self, tour: Tour) -> None:
        super().__init__(tour)
        n, legs = len(tour.stops), np.array(self.legs)
        left = np.full((1 << n, n + 1), np.inf)
        left[0] = legs[:, 0]
        for last in range(n):
            # Sets whose highest stop is `last` come after those already done, by size.
            block = np.arange(1 << last, 1 << (last + 1))
            for size in range(1, last + 2):
                todo = block[np.bitwise_count(block) == size]
                for stop in range(last + 1):
                    here = todo[todo >> stop & 1 == 1]
                    on = legs[:, stop + 1][None, :] + left[here ^ (1 << stop), stop + 1][:, None]
                    left[here] = np.minimum(left[here], on)
        self.left = left[:, 0]

    def road(self, mask: int) -> float:
        return float(self.left[mask])
