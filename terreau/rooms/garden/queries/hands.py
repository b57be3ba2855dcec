"""Hands, counted in hours and never by name: the crews, and what the gestures of the weeks ask of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from django.db.models import Exists, OuterRef, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Crew, CrewKind
from terreau.rooms.garden.queries.plantings import ESTABLISH, GESTURES, HARVEST, UPKEEP, trades
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True, slots=True)
class CrewLine:
    """So many hours a week; `productivity` is one of them against a professional's; `trades` by code."""

    id: int
    agent_id: int
    label: str
    hours: Decimal
    productivity: Decimal
    trades: tuple[str, ...]
    starts_on: date
    ends_on: date | None

    def works_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def worth(self) -> Decimal:
        """Its week in a professional's hours."""
        return self.hours * self.productivity

    @property
    def gestures(self) -> str:
        return ", ".join(TRADE_WORDS[trade] for trade in self.trades)


TRADE_WORDS = {ESTABLISH: "sème et plante", UPKEEP: "entretient", HARVEST: "récolte"}


def crews(ecopole: Ecopole, agent: Agent | int | None = None) -> list[CrewLine]:
    """The crews of a garden or a farm, or of all; past and coming ones included. One query."""
    rows = Crew.objects.filter(ecopole=ecopole).order_by("agent", "kind", "starts_on", "pk")
    return [
        CrewLine(
            id=row.pk,
            agent_id=row.agent_id,
            label=CrewKind(row.kind).label,
            hours=row.hours,
            productivity=row.productivity,
            trades=tuple(
                trade
                for trade, known in (
                    (ESTABLISH, row.establishes), (UPKEEP, row.keeps), (HARVEST, row.harvests),
                )
                if known
            ),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in (rows if agent is None else rows.filter(agent=agent))
    ]  # fmt: skip


HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Hands:
    """The hours asked of each trade beside those of the crews that know it, in a professional's hours.

    A crew that knows several trades works once: `missing` is what no sharing of the crews can do, and
    `short` the trades it is missing to.
    """

    asked: Mapping[str, Decimal]
    able: Mapping[str, Decimal]
    available: Decimal
    missing: Decimal
    short: tuple[str, ...]

    @property
    def planned(self) -> Decimal:
        return sum(self.asked.values(), Decimal(0))

    @property
    def short_of(self) -> str:
        """« pour récolter et laver »; nothing where all the hands there are would not do."""
        if self.missing == max(Decimal(0), self.planned - self.available):
            return ""
        return "pour " + " et pour ".join(GESTURES[trade].lower() for trade in self.short)


def compare(asked: Mapping[str, Decimal], there: Sequence[CrewLine]) -> Hands:
    """What a week asks against its crews, by skill.

    Some trades lack hands when they ask more than all the crews that know any of them (Hall's condition);
    the set that lacks most says how much is missing, the fewest trades first. Hours go to the hundredth.
    """
    asked = {trade: hours.quantize(HUNDREDTH) for trade, hours in asked.items()}
    wanted = [trade for trade in GESTURES if asked.get(trade)]
    missing: Decimal = Decimal(0)
    short: tuple[str, ...] = ()
    for count in range(1, len(wanted) + 1):
        for some in combinations(wanted, count):
            lacking = sum((asked[trade] for trade in some), Decimal(0)) - _worth(there, some)
            if lacking > missing:
                missing, short = lacking, some
    able = {trade: _worth(there, (trade,)) for trade in GESTURES}
    return Hands(asked, able, _worth(there, tuple(GESTURES)), missing, short)


def _worth(crews: Iterable[CrewLine], trades: Collection[str]) -> Decimal:
    """A professional's hours of the crews that know one of these trades at least."""
    return sum((crew.worth for crew in crews if not set(trades).isdisjoint(crew.trades)), Decimal(0))


@dataclass(frozen=True, slots=True)
class WeekHours:
    week: IsoWeek
    hands: Hands


def hours_by_week(ecopole: Ecopole, agent: Agent | int, weeks: Sequence[IsoWeek]) -> list[WeekHours]:
    """Hours not given up, by the week they are due, beside those of the crews. Three queries."""
    given_up = Cancellation.objects.filter(commitment=OuterRef("pk"), event=None)
    # Thousands of gestures: their product is not joined.
    codes = {product.pk: code for code, product in trades().items()}
    rows = Commitment.objects.filter(
        ~Exists(given_up),
        ecopole=ecopole,
        provider=agent,
        action=Action.WORK,
        product__in=codes,
        due_on__range=(weeks[0].monday, weeks[-1].sunday),
    )
    planned: dict[IsoWeek, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    told = rows.order_by().values_list("due_on", "product_id").annotate(Sum("quantity"))
    for day, product, hours in told:
        planned[IsoWeek.of(day)][codes[product]] += hours
    known = crews(ecopole, agent)
    return [WeekHours(week, compare(planned[week], working(known, week))) for week in weeks]


def working(known: Iterable[CrewLine], week: IsoWeek) -> list[CrewLine]:
    """The crews that are there on some day of the week."""
    return [
        crew for crew in known
        if crew.starts_on <= week.sunday and (crew.ends_on is None or crew.ends_on >= week.monday)
    ]  # fmt: skip
