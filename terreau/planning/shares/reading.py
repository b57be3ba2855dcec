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

from terreau.engines.shares.problem import NOTHING
from terreau.ledger.models import Agreement
from terreau.measures.french import format_decimal
from terreau.measures.money import Money, added
from terreau.measures.periods import month_end
from terreau.measures.split import split
from terreau.planning.models import (
    CommonAmount,
    CommonsKey,
    SharingRule,
    SharingStep,
    SharingVote,
    TourShares,
)
from terreau.planning.shares.actions import agreements, closed_months, latest, stale
from terreau.planning.shares.carbon import Carbon
from terreau.planning.shares.terms import SOLIDARITY, Agreed, agreed
from terreau.planning.shares.tours import Driven, Road, driven
from terreau.territory.models import Agent, Ecopole

AMOUNTS = ("alone", "fair", "correction", "spare", "commons", "solidarity", "total")
Bar = tuple[str, Decimal, Decimal]


def money_of(written: Mapping[str, int]) -> Money:
    return Money(written["cents"])


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
        cents = [max(0, money_of(line["fair"]).cents) for line in lines]
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
        return self.real - money_of(self.row.shares["modelled"])

    @cached_property
    def parts(self) -> list[Part]:
        """The largest first."""
        found = [
            _part(
                int(line["actor"]), self.names.get(int(line["actor"]), "?"),
                (money_of(line[each]) for each in AMOUNTS), 1, line["sentence"], _error(line["error"]),
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
        return money_of(self.row.shares["real"])

    @property
    def alone(self) -> Money:
        return added(part.alone for part in self.parts)

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
            (part, [money_of(found["amounts"][place[part.actor]]) for found in self._by_rule])
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


def together(tours: Iterable[TourReading]) -> list[Part]:
    """Each partner over all these tours."""
    found: dict[int, list[Part]] = defaultdict(list)
    for tour in tours:
        for part in tour.parts:
            found[part.actor].append(part)
    return _largest_first(_added(actor, parts[0].name, parts) for actor, parts in found.items())


def _added(actor: int, name: str, parts: Sequence[Part]) -> Part:
    sums = (added(getattr(part, each) for part in parts) for each in AMOUNTS)
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
        return self.terms.standing(SharingStep.TOUR, month_end(self.first))

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
        return -added(part.spare for part in self.parts)

    @property
    def moved(self) -> Money:
        """What solidarity moves from some to others."""
        return added(part.solidarity for part in self.parts if part.solidarity > NOTHING)

    @property
    def whole(self) -> Part:
        return _added(0, "Ensemble", self.parts)

    @cached_property
    def parts(self) -> list[Part]:
        return together(self.tours)

    @property
    def bars(self) -> list[Bar]:
        return _bars(self.parts)

    @property
    def real(self) -> Money:
        return added(tour.real for tour in self.tours)

    @property
    def saved(self) -> Money:
        return added(part.saved for part in self.parts)

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
    last = month_end(first)
    return Month(
        first,
        driven(ecopole, first, last),
        latest(ecopole, first, last),
        agreed(ecopole, first, last),
        list(agreements(ecopole, first)),
        names(ecopole),
    )


def agreed_tours(ecopole: Ecopole, first: date, last: date) -> list[tuple[Driven, TourReading]]:
    """Tours of these days whose month is closed: what each pays of them is agreed. Six queries at most."""
    closed = closed_months(ecopole)
    if not any(first <= month <= last for month in closed):
        return []
    rows, told = latest(ecopole, first, last), names(ecopole)
    return [
        (tour, TourReading(rows[tour.process_id], told, tour.road))
        for tour in driven(ecopole, first, last)
        if tour.day.replace(day=1) in closed and tour.process_id in rows
    ]


def names(ecopole: Ecopole) -> dict[int, str]:
    return dict(Agent.objects.filter(ecopole=ecopole).order_by().values_list("pk", "name"))
