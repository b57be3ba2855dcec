"""What pages tell of shared tours: a month, a tour, a partner's sheet, the rules side by side.

The answers are read as they are stored: a month has dozens of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from terreau.engines.shares.problem import NOTHING
from terreau.ledger.models import Agreement
from terreau.measures.money import Money
from terreau.measures.split import split
from terreau.planning.models import SharingRule, SharingVote, TourShares
from terreau.planning.shares.actions import agreements, last_day, latest, stale
from terreau.planning.shares.carbon import Carbon
from terreau.planning.shares.gather import rule_of
from terreau.planning.shares.tours import Road, driven
from terreau.territory.models import Agent, Ecopole

# Said where a rule is chosen; their sums and their proofs are in docs/engines/shares.md.
SENTENCES = {
    SharingRule.SHAPLEY: "La moyenne de ce que vous ajoutez, quel que soit l’ordre d’arrivée.",
    SharingRule.NUCLEOLUS: "Le groupe le plus mal loti l’est le moins possible, puis le suivant.",
    SharingRule.EPM: "Chacun économise le même pourcentage, tant qu’aucun groupe n’y perd.",
    SharingRule.ACAM: "Ce que vous ajoutez, puis le reste selon ce que vous économisez.",
    SharingRule.PROPORTIONAL: "Chacun économise le même pourcentage de ce qu’il paierait seul.",
    SharingRule.CRATES: "Tant la caisse : quelqu’un peut payer plus que seul.",
}
Bar = tuple[str, Decimal, Decimal]


def _money(written: Mapping[str, int]) -> Money:
    return Money(written["cents"])


def _sum(amounts: Iterable[Money]) -> Money:
    return sum(amounts, NOTHING)


@dataclass(frozen=True)
class Part:
    """What a partner pays of a tour, or of several, and what it would pay alone."""

    actor: int
    name: str
    total: Money
    alone: Money
    tours: int = 1
    sentence: str = ""

    @property
    def saved(self) -> Money:
        return self.alone - self.total


@dataclass(frozen=True)
class Driving:
    """Kilometres of tours, or of a part of them, and what they weigh.

    `bases`: by which levels, with which factors. `untold`: how many of the tours weigh nothing that can be
    said.
    """

    km: Decimal
    kg: Decimal
    bases: tuple[str, ...]
    untold: int


def _add_up(drives: Iterable[Driving]) -> Driving:
    found = list(drives)
    return Driving(
        sum((drive.km for drive in found), Decimal(0)),
        sum((drive.kg for drive in found), Decimal(0)),
        tuple(dict.fromkeys(basis for drive in found for basis in drive.bases)),
        sum(drive.untold for drive in found),
    )


@dataclass(frozen=True)
class TourReading:
    """One tour shared, and the road it took."""

    row: TourShares
    names: Mapping[int, str]
    road: Road

    @cached_property
    def carbon(self) -> Carbon | None:
        return self.road.carbon(self.row.day)

    @property
    def driving(self) -> Driving:
        kg, bases = (self.carbon.kg, (self.carbon.basis,)) if self.carbon else (Decimal(0), ())
        return Driving(self.road.km, kg, bases, int(self.carbon is None))

    @cached_property
    def drives(self) -> dict[int, Driving]:
        """Each partner's part of the road, to the metre and the gram, by the same key as the cost."""
        whole, lines = self.driving, self.row.shares["lines"]
        cents = [max(0, _money(line["total"]).cents) for line in lines]
        weights = cents if any(cents) else [1] * len(lines)
        parts = (split(int(amount.scaleb(3)), weights) for amount in (whole.km, whole.kg))
        return {
            int(line["actor"]): Driving(
                Decimal(metres).scaleb(-3), Decimal(grams).scaleb(-3), whole.bases, whole.untold
            )
            for line, metres, grams in zip(lines, *parts, strict=True)
        }

    @property
    def stale(self) -> bool:
        """Counted with other kilometres than those said since."""
        return self.row.km != self.road.said_km

    @property
    def correction(self) -> Money:
        """What the real kilometres add to the road that was modelled."""
        return self.real - _money(self.row.shares["modelled"])

    @cached_property
    def parts(self) -> list[Part]:
        """The largest first."""
        found = [
            Part(
                int(line["actor"]), self.names.get(int(line["actor"]), "?"), _money(line["total"]),
                _money(line["alone"]), sentence=line["sentence"],
            )
            for line in self.row.shares["lines"]
        ]  # fmt: skip
        return _largest_first(found)

    @property
    def real(self) -> Money:
        return _money(self.row.shares["real"])

    @property
    def alone(self) -> Money:
        return _sum(part.alone for part in self.parts)

    @property
    def saved(self) -> Money:
        return self.alone - self.real

    @property
    def rule(self) -> str:
        return SharingRule(self.row.rule).label

    @property
    def stability(self) -> dict[str, Any]:
        """How many groups would do better alone under the rule that counts, and the sentence that says it."""
        found: dict[str, Any] = next(r for r in self.row.shares["rules"] if r["rule"] == self.row.rule)
        return dict(found["stability"])

    @property
    def bars(self) -> list[Bar]:
        return _bars(self.parts)

    @property
    def rules(self) -> list[tuple[str, str]]:
        """Every rule, and what its judgement says of this tour."""
        return [(SharingRule(found["rule"]).label, found["stability"]["sentence"]) for found in self._by_rule]

    @property
    def rows(self) -> list[tuple[Part, list[Money]]]:
        """Each partner under every rule, in their order."""
        place = {int(actor): n for n, actor in enumerate(self.row.shares["players"])}
        return [
            (part, [_money(found["amounts"][place[part.actor]]) for found in self._by_rule])
            for part in self.parts
        ]

    @property
    def _by_rule(self) -> list[dict[str, Any]]:
        """Those that may be voted; beyond eighteen aboard, the engine tells another."""
        return [found for found in self.row.shares["rules"] if found["rule"] in SharingRule.values]

    def part_of(self, actor: int) -> Part | None:
        return next((part for part in self.parts if part.actor == actor), None)


def _largest_first(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.total.cents, part.name))


def _bars(parts: Iterable[Part]) -> list[Bar]:
    """What each pays, and a mark at what it would pay alone; in euros."""
    return [(part.name, part.total.euros, part.alone.euros) for part in parts]


def _together(tours: Iterable[TourReading]) -> list[Part]:
    """Each partner over all these tours."""
    found: dict[int, list[Part]] = defaultdict(list)
    for tour in tours:
        for part in tour.parts:
            found[part.actor].append(part)
    return _largest_first(
        Part(actor, parts[0].name, _sum(p.total for p in parts), _sum(p.alone for p in parts), len(parts))
        for actor, parts in found.items()
    )


@dataclass(frozen=True)
class Month:
    """The tours of a month: how many were driven, those counted, what each pays, whether it is closed.

    `stale`: those not counted, or by a rule that is no longer that of their day.
    """

    first: date
    driven: int
    stale: int
    tours: list[TourReading]
    rule: SharingVote | None
    agreed: list[Agreement]
    names: dict[int, str]

    @cached_property
    def parts(self) -> list[Part]:
        return _together(self.tours)

    @property
    def bars(self) -> list[Bar]:
        return _bars(self.parts)

    @property
    def real(self) -> Money:
        return _sum(tour.real for tour in self.tours)

    @property
    def saved(self) -> Money:
        return _sum(part.saved for part in self.parts)

    @cached_property
    def driving(self) -> Driving:
        return _add_up(tour.driving for tour in self.tours)

    def drive(self, actor: int) -> Driving:
        """The partner's part of the roads of the month."""
        return _add_up(tour.drives[actor] for tour in self.tours if actor in tour.drives)

    @property
    def unstable(self) -> int:
        return sum(tour.stability["wronged"] > 0 for tour in self.tours)

    def sheet(self, actor: int) -> list[tuple[TourReading, Part]]:
        """Its part of each tour of the month."""
        pairs = ((tour, tour.part_of(actor)) for tour in self.tours)
        return [(tour, part) for tour, part in pairs if part]


def month_read(ecopole: Ecopole, first: date) -> Month:
    """Seven queries, whatever the number of tours."""
    last, voted = last_day(first), votes(ecopole)
    tours, rows = driven(ecopole, first, last), latest(ecopole, first, last)
    named = names(ecopole)
    return Month(
        first,
        len(tours),
        sum(stale(rows.get(tour.process_id), rule_of(voted, tour.day), tour.road.said_km) for tour in tours),
        [TourReading(rows[t.process_id], named, t.road) for t in tours if t.process_id in rows],
        max((v for v in voted if v.starts_on <= last), key=lambda v: (v.starts_on, v.pk), default=None),
        list(agreements(ecopole, first)),
        named,
    )


def votes(ecopole: Ecopole) -> list[SharingVote]:
    return list(SharingVote.objects.filter(ecopole=ecopole))


def names(ecopole: Ecopole) -> dict[int, str]:
    return dict(Agent.objects.filter(ecopole=ecopole).order_by().values_list("pk", "name"))


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
    """Every rule on the tours counted; `parts`, as they are counted today, give the order of the amounts."""

    tours: int
    parts: list[Part]
    rules: list[RuleTold]

    @property
    def rows(self) -> list[tuple[Part, list[Money]]]:
        return [(part, [told.amounts[n] for told in self.rules]) for n, part in enumerate(self.parts)]


def simulate(ecopole: Ecopole, first: date, last: date) -> Simulation:
    """« With this key, who pays what; who would pay less alone. » Five queries."""
    rows, named = latest(ecopole, first, last), names(ecopole)
    standing = ((rows.get(tour.process_id), tour.road) for tour in driven(ecopole, first, last))
    tours = [TourReading(row, named, road) for row, road in standing if row]
    parts = _together(tours)
    sums: dict[tuple[str, int], Money] = defaultdict(lambda: NOTHING)
    wronged: dict[str, int] = defaultdict(int)
    for tour in tours:
        players = [int(actor) for actor in tour.row.shares["players"]]
        for found in tour.row.shares["rules"]:
            wronged[found["rule"]] += found["stability"]["wronged"] > 0
            for actor, amount in zip(players, found["amounts"], strict=True):
                sums[found["rule"], actor] += _money(amount)
    told = []
    for rule in SharingRule:
        amounts = [sums[rule.value, part.actor] for part in parts]
        pairs = zip(parts, amounts, strict=True)
        above = [part.name for part, amount in pairs if amount > part.alone + Money(1)]
        told.append(RuleTold(rule, amounts, above, wronged[rule.value]))
    return Simulation(len(tours), parts, told)
