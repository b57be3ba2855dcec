"""What is shared after the fair share, and by which vote: the commons of a month, then solidarity.

A month's amount is spread over its tours, then over those aboard, by the voted key: over the month each pays
in proportion to its own weight. Empty room is a part of a tour's own day, as the vehicle left it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from terreau.engines.shares import Common, Rule, Solidarity
from terreau.engines.shares.problem import NOTHING
from terreau.measures.money import Money
from terreau.measures.split import split_money
from terreau.planning.models import CommonAmount, CommonsKey, SharingStep, SharingVote, SolidarityRule
from terreau.planning.shares.tours import CRATE_KG, Driven
from terreau.territory.models import Ecopole

EMPTY_ROOM = "Place vide"
SOLIDARITY = "Solidarité"
TRIED = "Montant essayé"


@dataclass(frozen=True)
class Terms:
    """How one tour is shared: its rule, its part of the commons, its solidarity."""

    rule: Rule
    key: str = ""
    commons: tuple[Common, ...] = ()
    solidarity: tuple[Solidarity, ...] = ()

    @property
    def written(self) -> dict[str, Any]:
        """In figures, as they are kept with a count. Weights are facts of the tour: they are not terms."""
        return {
            "commons": [
                {"name": c.name, "cents": c.amount.cents, "key": self.key, **_vote(c)} for c in self.commons
            ],
            "solidarity": [
                {"cap": str(s.cap), "levy": str(s.levy), "helped": list(s.helped), **_vote(s)}
                for s in self.solidarity
            ],
        }

    def within(self, most: Money) -> "Terms":
        """Empty room never takes off more than the tour costs."""
        commons = tuple(replace(c, amount=min(c.amount, most)) if c.out_of_tour else c for c in self.commons)
        return replace(self, commons=commons)


def _vote(voted: Common | Solidarity) -> dict[str, str]:
    return {"voted": voted.voted.isoformat() if voted.voted else "", "minutes": voted.minutes}


@dataclass(frozen=True)
class Agreed:
    """Every vote, and what the months between two days hold in common, asked when it is needed.

    `tried`: in the place of what was said of each month.
    """

    ecopole: Ecopole
    first: date
    last: date
    votes: Sequence[SharingVote]
    tried: Money | None = None

    @cached_property
    def _said(self) -> dict[date, dict[str, CommonAmount]]:
        """The last word of each name. One query."""
        rows = CommonAmount.objects.filter(
            ecopole=self.ecopole, month__range=(self.first.replace(day=1), self.last)
        )
        found: dict[date, dict[str, CommonAmount]] = defaultdict(dict)
        for row in rows.select_related("recorded_by").order_by("recorded_at", "pk"):
            found[row.month][row.name] = row
        return found

    def amounts(self, month: date) -> list[CommonAmount]:
        if self.tried is not None:
            return [CommonAmount(name=TRIED, amount=self.tried)] if self.tried else []
        return [row for row in self._said.get(month, {}).values() if row.amount]

    def standing(self, step: str, on: date) -> SharingVote | None:
        """The latest vote of a step that holds that day."""
        voted = [vote for vote in self.votes if vote.step == step and vote.starts_on <= on]
        return max(voted, key=lambda vote: (vote.starts_on, vote.pk or 0), default=None)

    def history(self, step: str) -> list[SharingVote]:
        """The latest first."""
        return [vote for vote in reversed(self.votes) if vote.step == step]

    def rule(self, on: date) -> Rule:
        """Until one is voted, what the engine proposes."""
        vote = self.standing(SharingStep.TOUR, on)
        return Rule(vote.rule, vote.starts_on, vote.minutes) if vote else Rule()

    def with_vote(self, vote: SharingVote, amount: Money | None) -> "Agreed":
        """With this vote alone of its step; with an amount, each month holds it in common, and only it."""
        others = [other for other in self.votes if other.step != vote.step]
        return replace(self, votes=[vote, *others], tried=amount)

    def of(self, tours: Iterable[Driven]) -> dict[int, Terms]:
        """By tour. They must be whole months: a month's amount goes over all its tours."""
        months: dict[date, list[Driven]] = defaultdict(list)
        for tour in tours:
            months[tour.day.replace(day=1)].append(tour)
        found = {}
        for month, driven in months.items():
            vote = self.standing(SharingStep.COMMONS, month)
            key = vote.rule if vote else ""
            for tour, commons in zip(driven, self._commons(month, driven, vote), strict=True):
                solidarity = self._solidarity(tour)
                found[tour.process_id] = Terms(self.rule(tour.day), key, tuple(commons), solidarity)
        return found

    def _commons(self, month: date, tours: Sequence[Driven], vote: SharingVote | None) -> list[list[Common]]:
        if vote is None or vote.rule == CommonsKey.NONE:
            return [[] for _ in tours]
        weights = [weights_of(tour, vote.rule) for tour in tours]
        found = [_empty_room(tour, own, vote) for tour, own in zip(tours, weights, strict=True)]
        for said in self.amounts(month):
            parts = split_money(said.amount, [sum(own.values(), Decimal(0)) for own in weights])
            for commons, part, own in zip(found, parts, weights, strict=True):
                if part:
                    commons.append(Common(said.name, part, own, voted=vote.starts_on, minutes=vote.minutes))
        return found

    def _solidarity(self, tour: Driven) -> tuple[Solidarity, ...]:
        vote = self.standing(SharingStep.SOLIDARITY, tour.day)
        if vote is None or vote.rule == SolidarityRule.NONE:
            return ()
        helped = tuple(str(pk) for pk in vote.helped if pk in tour.aboard)
        cap, levy = (vote.cap or NOTHING).euros, (vote.levy or NOTHING).euros
        if not helped:
            return ()
        return (Solidarity(SOLIDARITY, cap, levy, helped, vote.starts_on, vote.minutes),)


def weights_of(tour: Driven, key: str) -> dict[str, Decimal]:
    """What each one aboard weighs in the commons. Kilos are crates, to a factor that is the same for all."""
    if key == CommonsKey.CRATES:
        return {str(actor): kilos for actor, kilos in sorted(tour.kilos.items())}
    if key == CommonsKey.STOPS:
        return {str(a): Decimal(sum(a in halt.kilos for halt in tour.halts)) for a in sorted(tour.aboard)}
    return {str(actor): Decimal(1) for actor in sorted(tour.aboard)}


def _empty_room(tour: Driven, weights: dict[str, Decimal], vote: SharingVote) -> list[Common]:
    """The day of the vehicle, for the room that it did not fill on its trips."""
    room = tour.room * len(tour.trips)
    if not vote.empty_room or not room:
        return []
    empty = max(Decimal(0), 1 - sum(tour.kilos.values()) / CRATE_KG / room)
    cents = int((tour.day_cost.cents * empty).to_integral_value(ROUND_HALF_UP))
    if not cents:
        return []
    return [
        Common(
            EMPTY_ROOM, Money(cents), weights, out_of_tour=True, voted=vote.starts_on, minutes=vote.minutes
        )
    ]


def agreed(ecopole: Ecopole, first: date, last: date) -> Agreed:
    """What was voted, and what those months hold in common. One query, and one more when a key is voted."""
    return Agreed(ecopole, first, last, list(SharingVote.objects.filter(ecopole=ecopole)))
