"""Other rules tried on what was driven: a simulation of the month, a vote before it is taken."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from terreau.engines.shares import Actor, Problem
from terreau.engines.shares.account import layers
from terreau.engines.shares.problem import NOTHING
from terreau.measures.money import Money, added
from terreau.planning.models import (
    SharingRule,
    SharingVote,
)
from terreau.planning.shares.actions import latest
from terreau.planning.shares.reading import Part, TourReading, money_of, names, together
from terreau.planning.shares.terms import Terms, agreed
from terreau.planning.shares.tours import Driven, driven
from terreau.territory.models import Ecopole

# Said where a rule is chosen; their sums and their proofs are in docs/engines/shares.md.
SENTENCES = {
    SharingRule.SHAPLEY: "La moyenne de ce que vous ajoutez, quel que soit l’ordre d’arrivée.",
    SharingRule.NUCLEOLUS: "Le groupe le plus mal loti l’est le moins possible, puis le suivant.",
    SharingRule.EPM: "Chacun économise le même pourcentage, tant qu’aucun groupe n’y perd.",
    SharingRule.ACAM: "Ce que vous ajoutez, puis le reste selon ce que vous économisez.",
    SharingRule.PROPORTIONAL: "Chacun économise le même pourcentage de ce qu’il paierait seul.",
    SharingRule.CRATES: "Tant la caisse : quelqu’un peut payer plus que seul.",
}
TRIED = ("alone", "road", "before", "after")


@dataclass(frozen=True)
class RuleTold:
    """A rule tried on some tours: what each would pay, who more than alone, how many tours wrong a group."""

    rule: SharingRule
    amounts: list[Money]
    above_alone: list[str]
    wronged: int

    @property
    def sentence(self) -> str:
        return SENTENCES[self.rule]

    @property
    def judged(self) -> str:
        if not self.wronged:
            return "Personne n’y perd"
        return f"{self.wronged} tournée{'s' if self.wronged > 1 else ''} où un groupe y perd"


@dataclass(frozen=True)
class Simulation:
    """Every rule on the tours counted; `parts`, as they are counted today, give the order of the amounts.

    `drawn`: tours left aside, with too many aboard for rules that look at every group.
    """

    tours: int
    drawn: int
    parts: list[Part]
    rules: list[RuleTold]

    @property
    def rows(self) -> list[tuple[Part, list[Money]]]:
        return [(part, [told.amounts[n] for told in self.rules]) for n, part in enumerate(self.parts)]


def simulate(ecopole: Ecopole, first: date, last: date) -> Simulation:
    """« With this key, who pays what; who would pay less alone. » Five queries."""
    rows, named = latest(ecopole, first, last), names(ecopole)
    standing = ((rows.get(tour.process_id), tour.road) for tour in driven(ecopole, first, last))
    counted = [TourReading(row, named, road) for row, road in standing if row]
    tours = [tour for tour in counted if len(tour.rules) == len(SharingRule)]
    parts = together(tours)
    sums: dict[tuple[str, int], Money] = defaultdict(lambda: NOTHING)
    wronged: dict[str, int] = defaultdict(int)
    for tour in tours:
        players = [int(actor) for actor in tour.row.shares["players"]]
        for found in tour.row.shares["rules"]:
            wronged[found["rule"]] += found["stability"]["wronged"] > 0
            for actor, amount in zip(players, found["amounts"], strict=True):
                sums[found["rule"], actor] += money_of(amount)
    told = []
    for rule in SharingRule:
        amounts = [sums[rule.value, part.actor] for part in parts]
        pairs = zip(parts, amounts, strict=True)
        above = [part.name for part, amount in pairs if amount > part.alone + Money(1)]
        told.append(RuleTold(rule, amounts, above, wronged[rule.value]))
    return Simulation(len(tours), len(counted) - len(tours), parts, told)


@dataclass(frozen=True)
class Tried:
    """A partner in a trial: alone, by the rule of tours alone, as things stand, with the vote tried."""

    name: str
    alone: Money
    road: Money
    before: Money
    after: Money

    @property
    def change(self) -> Money:
        return self.after - self.before


@dataclass(frozen=True)
class Trial:
    """A vote tried on tours already counted: what each pays by the rule of tours alone, now, and with it.

    `untold`: tours left aside, whose deliveries were said anew since they were counted.
    """

    tours: int
    untold: int
    rows: list[Tried]

    @property
    def whole(self) -> Tried:
        return Tried("Ensemble", *(added(getattr(row, each) for row in self.rows) for each in TRIED))


def try_vote(
    ecopole: Ecopole, first: date, last: date, vote: SharingVote, amount: Money | None = None
) -> Trial:
    """« Who would pay what, before and after »: this vote in the place of those of its step.

    `amount`: what each month would hold in common, instead of what was said of it. Seven queries.
    """
    rows, named, now = latest(ecopole, first, last), names(ecopole), agreed(ecopole, first, last)
    tours = driven(ecopole, first, last)
    terms = now.with_vote(vote, amount).of(tours)
    found: dict[int, list[Tried]] = defaultdict(list)
    told = 0
    for tour in tours:
        row = rows.get(tour.process_id)
        if row is None or {int(line["actor"]) for line in row.shares["lines"]} != tour.aboard:
            continue
        told += 1
        after = resettled(tour, row.shares, terms[tour.process_id])
        for line, paid in zip(row.shares["lines"], after, strict=True):
            actor, road = int(line["actor"]), money_of(line["fair"]) + money_of(line["correction"])
            found[actor].append(
                Tried(named.get(actor, "?"), money_of(line["alone"]), road, money_of(line["total"]), paid)
            )
    sums = [
        Tried(own[0].name, *(added(getattr(each, part) for each in own) for part in TRIED))
        for own in found.values()
    ]
    return Trial(told, len(tours) - told, sorted(sums, key=lambda row: (-row.after.cents, row.name)))


def resettled(tour: Driven, shares: Mapping[str, Any], terms: Terms) -> list[Money]:
    """What each would pay of a tour counted, by other commons and another solidarity: nothing is solved."""
    lines, real = shares["lines"], money_of(shares["real"])
    actors = tuple(Actor(line["actor"], line["actor"], tour.crates(int(line["actor"]))) for line in lines)
    held = terms.within(real)
    told = Problem(
        actors, sharing=tuple(actor.id for actor in actors), real=real, commons=held.commons,
        solidarity=held.solidarity,
    )  # fmt: skip
    return layers(told, [money_of(line["fair"]) for line in lines]).total
