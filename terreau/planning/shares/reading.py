"""What pages tell of shared tours: a month, a tour, a partner's sheet, the rules side by side.

The answers are read as they are stored: a month has dozens of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Any

from terreau.engines.shares import Actor, Problem
from terreau.engines.shares.account import layers
from terreau.engines.shares.problem import NOTHING
from terreau.ledger.models import Agreement
from terreau.measures.french import format_decimal
from terreau.measures.money import Money
from terreau.measures.split import split
from terreau.planning.models import (
    CommonAmount,
    CommonsKey,
    SharingRule,
    SharingStep,
    SharingVote,
    TourShares,
)
from terreau.planning.shares.actions import agreements, last_day, latest, stale
from terreau.planning.shares.carbon import Carbon
from terreau.planning.shares.terms import SOLIDARITY, Agreed, Terms, agreed
from terreau.planning.shares.tours import Driven, Road, driven
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
AMOUNTS = ("alone", "fair", "correction", "spare", "commons", "solidarity", "total")
Bar = tuple[str, Decimal, Decimal]


def _money(written: Mapping[str, int]) -> Money:
    return Money(written["cents"])


def _sum(amounts: Iterable[Money]) -> Money:
    return sum(amounts, NOTHING)


@dataclass(frozen=True)
class Part:
    """What a partner pays of a tour, or of several, and what it would pay alone.

    `fair`: its share of the modelled road, within `error` if it was drawn; `correction`: of what the real one
    costs more. `spare`: what empty
    room takes off, back in `commons`. `solidarity`: given, or received below nothing. All add up to `total`.
    """

    actor: int
    name: str
    alone: Money
    fair: Money
    correction: Money
    spare: Money
    commons: Money
    solidarity: Money
    total: Money
    tours: int
    sentence: str
    error: Money | None

    @property
    def road(self) -> Money:
        return self.fair + self.correction

    @property
    def saved(self) -> Money:
        """On the road made together: commons and solidarity are other steps."""
        return self.alone - self.road


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
class Held:
    """A common or a solidarity of a tour: what it is, how it goes, by which vote."""

    name: str
    amount: Money | None
    how: str
    voted: date
    minutes: str


def _held(terms: Mapping[str, Any], names: Mapping[int, str]) -> list[Held]:
    found = [
        Held(c["name"], Money(c["cents"]), str(CommonsKey(c["key"]).label), *_voted(c))
        for c in terms["commons"]
    ]
    for step in terms["solidarity"]:
        cap, levy = (Money.from_euros(step[name]) for name in ("cap", "levy"))
        told = solidarity_told(cap, levy, (names.get(int(pk), "?") for pk in step["helped"]))
        found.append(Held(SOLIDARITY, None, told, *_voted(step)))
    return found


def _voted(written: Mapping[str, str]) -> tuple[date, str]:
    return date.fromisoformat(written["voted"]), written["minutes"]


def solidarity_told(cap: Money, levy: Money, helped: Iterable[str]) -> str:
    """« Clos et Val paient au plus 2,00 € la caisse ; les autres versent jusqu’à 0,50 € la caisse »"""
    who = sorted(helped)
    said = f"{', '.join(who[:-1])} et {who[-1]} paient" if len(who) > 1 else f"{who[0]} paie"
    return f"{said} au plus {cap} la caisse\u202f; les autres versent jusqu’à {levy} la caisse"


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
        cents = [max(0, _money(line["fair"]).cents) for line in lines]
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
    def searched(self) -> str:
        """How its groups were asked, when hours or loads held it back; nothing when they did not."""
        shares = self.row.shares
        if shares["method"] != "oracle":
            return ""
        if not shares["exact"]:
            return (
                f"{len(shares['players'])} à bord\u202f: {shares['orders']} ordres d’arrivée ont été tirés, "
                "chaque part est à son erreur type près."
            )
        groups = format_decimal(Decimal(2 ** len(shares["players"]) - 1))
        repairs = shares["repairs"]
        lowered = f"{repairs} abaissé{'s' if repairs > 1 else ''}" if repairs else "aucun abaissé"
        return f"{groups} groupes essayés, {lowered} parce qu’un plus grand coûtait moins."

    @property
    def correction(self) -> Money:
        """What the real kilometres add to the road that was modelled."""
        return self.real - _money(self.row.shares["modelled"])

    @cached_property
    def parts(self) -> list[Part]:
        """The largest first."""
        found = [
            _part(
                int(line["actor"]), self.names.get(int(line["actor"]), "?"),
                (_money(line[each]) for each in AMOUNTS), 1, line["sentence"], _error(line["error"]),
            )
            for line in self.row.shares["lines"]
        ]  # fmt: skip
        return _largest_first(found)

    @property
    def whole(self) -> Part:
        """All that is paid of it, line by line."""
        return _added(0, "Ensemble", self.parts)

    @cached_property
    def held(self) -> list[Held]:
        """What it holds in common, and its solidarity."""
        return _held(self.row.terms, self.names)

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
    return _largest_first(_added(actor, parts[0].name, parts) for actor, parts in found.items())


def _added(actor: int, name: str, parts: Sequence[Part]) -> Part:
    sums = (_sum(getattr(part, each) for part in parts) for each in AMOUNTS)
    return _part(actor, name, sums, len(parts))


def _error(cents: str | None) -> Money | None:
    """To the cent above."""
    return None if cents is None else Money(int(Decimal(cents).to_integral_value(ROUND_CEILING)))


def _part(
    actor: int, name: str, amounts: Iterable[Money], tours: int, sentence: str = "",
    error: Money | None = None,
) -> Part:  # fmt: skip
    """`amounts` in their order."""
    alone, fair, correction, spare, commons, solidarity, total = amounts
    return Part(
        actor, name, alone, fair, correction, spare, commons, solidarity, total, tours, sentence, error
    )


@dataclass(frozen=True)
class Month:
    """The tours of a month: those driven, those counted, what each pays, whether it is closed.

    `stale`: those not counted, or by terms that are no longer those of their day.
    """

    first: date
    driven: list[Driven]
    rows: Mapping[int, TourShares]
    terms: Agreed
    agreed: list[Agreement]
    names: dict[int, str]

    @cached_property
    def tours(self) -> list[TourReading]:
        return [
            TourReading(self.rows[tour.process_id], self.names, tour.road)
            for tour in self.driven
            if tour.process_id in self.rows
        ]

    @cached_property
    def stale(self) -> int:
        terms = self.terms.of(self.driven)
        return sum(
            stale(self.rows.get(tour.process_id), terms[tour.process_id], tour.road.said_km)
            for tour in self.driven
        )

    @property
    def rule(self) -> SharingVote | None:
        return self.terms.standing(SharingStep.TOUR, last_day(self.first))

    @property
    def commons_key(self) -> SharingVote | None:
        """The key of what the month holds in common, if there is one."""
        vote = self.terms.standing(SharingStep.COMMONS, self.first)
        return vote if vote and vote.rule != CommonsKey.NONE else None

    @property
    def said(self) -> Sequence[CommonAmount]:
        """What was said to be in common this month."""
        return self.terms.amounts(self.first)

    @cached_property
    def empty_room(self) -> Money:
        """What the empty room of the month's tours takes off, and shares otherwise."""
        return -_sum(part.spare for part in self.parts)

    @property
    def moved(self) -> Money:
        """What solidarity moves from some to others."""
        return _sum(part.solidarity for part in self.parts if part.solidarity > NOTHING)

    @property
    def whole(self) -> Part:
        return _added(0, "Ensemble", self.parts)

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
    """Seven queries, whatever the number of tours, and one more for what the month holds in common."""
    last = last_day(first)
    return Month(
        first,
        driven(ecopole, first, last),
        latest(ecopole, first, last),
        agreed(ecopole, first, last),
        list(agreements(ecopole, first)),
        names(ecopole),
    )


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


TRIED = ("alone", "road", "before", "after")


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
        return Tried("Ensemble", *(_sum(getattr(row, each) for row in self.rows) for each in TRIED))


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
            actor, road = int(line["actor"]), _money(line["fair"]) + _money(line["correction"])
            found[actor].append(
                Tried(named.get(actor, "?"), _money(line["alone"]), road, _money(line["total"]), paid)
            )
    sums = [
        Tried(own[0].name, *(_sum(getattr(each, part) for each in own) for part in TRIED))
        for own in found.values()
    ]
    return Trial(told, len(tours) - told, sorted(sums, key=lambda row: (-row.after.cents, row.name)))


def resettled(tour: Driven, shares: Mapping[str, Any], terms: Terms) -> list[Money]:
    """What each would pay of a tour counted, by other commons and another solidarity: nothing is solved."""
    lines, real = shares["lines"], _money(shares["real"])
    actors = tuple(Actor(line["actor"], line["actor"], tour.crates(int(line["actor"]))) for line in lines)
    held = terms.within(real)
    told = Problem(
        actors, sharing=tuple(actor.id for actor in actors), real=real, commons=held.commons,
        solidarity=held.solidarity,
    )  # fmt: skip
    return layers(told, [_money(line["fair"]) for line in lines]).total
