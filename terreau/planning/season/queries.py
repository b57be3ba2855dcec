"""What pages ask about the season: its plans, where it stands, both sides of its needs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from terreau.measures.week import IsoWeek
from terreau.planning.models import RUNNING, AnswerKind, PlanState, SeasonPlan
from terreau.planning.queries import PlanLine, plan_line
from terreau.planning.season.demand import DemandLine
from terreau.planning.season.gather import Gathered
from terreau.planning.season.ground import Known
from terreau.planning.season.names import said_beds
from terreau.planning.season.needs import Needs, season_from
from terreau.planning.season.shares import Reply, replies
from terreau.territory.models import Ecopole

ZERO = Decimal(0)
HEAVY = ("problem", "plan")


def season_plans(ecopole: Ecopole, now: datetime) -> list[tuple[PlanLine, IsoWeek]]:
    """The published plan first, then the latest, each with its first week."""
    rows = (
        SeasonPlan.objects.filter(ecopole=ecopole)
        .defer(*HEAVY, "needs", "apart")
        .select_related("created_by")
    )
    lines = [(plan_line(row, now), IsoWeek.parse(row.first_week)) for row in rows]
    return sorted(lines, key=lambda pair: pair[0].state != PlanState.PUBLISHED)


@dataclass(frozen=True)
class SeasonState:
    """Where the season stands: the plan that is published, a newer one ready to read, one being solved."""

    published: PlanLine | None
    newest: PlanLine | None
    running: PlanLine | None
    plans: list[tuple[PlanLine, IsoWeek]]


def season_state(ecopole: Ecopole, now: datetime) -> SeasonState:
    plans = season_plans(ecopole, now)
    lines = [line for line, _ in plans]
    published = next((p for p in lines if p.state == PlanState.PUBLISHED), None)
    ready = (p for p in lines if p.state == PlanState.READY and (published is None or p.at > published.at))
    running = next((p for p in lines if p.state in RUNNING), None)
    return SeasonState(published, next(ready, None), running, plans)


@dataclass(frozen=True)
class SeasonToday:
    """The season in one card: its state, and how many farms accepted, want to talk, have not answered."""

    state: SeasonState
    accepted: int
    discussed: int
    awaited: int


def season_today(ecopole: Ecopole, now: datetime) -> SeasonToday:
    kinds = [reply.kind for reply in season_replies(ecopole)]
    return SeasonToday(
        season_state(ecopole, now),
        kinds.count(AnswerKind.ACCEPTED),
        kinds.count(AnswerKind.DISCUSSED),
        kinds.count(""),
    )


def season_replies(ecopole: Ecopole) -> list[Reply]:
    """What farms answered to the published season."""
    rows = SeasonPlan.objects.filter(ecopole=ecopole, state=PlanState.PUBLISHED)
    row = rows.only("pk", "farms").first()
    return replies(row) if row else []


def shares_awaiting(ecopole: Ecopole, farms: set[int]) -> list[str]:
    """Among these farms, those that have not answered the published season yet."""
    return [r.farm for r in season_replies(ecopole) if r.farm_id in farms and not r.kind]


def published_season(ecopole: Ecopole) -> SeasonPlan | None:
    """The published plan, with all it holds."""
    return SeasonPlan.objects.filter(ecopole=ecopole, state=PlanState.PUBLISHED).first()


def running_until(ecopole: Ecopole, today: date) -> IsoWeek | None:
    """The last planting week of the season under way; None when none is."""
    rows = SeasonPlan.objects.filter(ecopole=ecopole, state=PlanState.PUBLISHED).values_list("needs")
    for (needs,) in rows:
        first, last = IsoWeek.parse(needs["first"]), IsoWeek.parse(needs["last"])
        return last if first <= IsoWeek.of(today) + 1 <= last else None
    return None


def first_needs(known: Known, first: IsoWeek, until: IsoWeek | None) -> Needs:
    """Everybody who holds land, as things were asked last year."""
    begins, ends = season_from(first, until)
    return Needs(str(begins), str(ends), tuple(sorted(known.holders(known.today))))


@dataclass(frozen=True)
class BlockNeeds:
    """A block before the season: its beds, what stands on it, the families that may not return."""

    name: str
    shelter: str
    beds: Decimal
    taken: Decimal
    barred: tuple[tuple[str, str], ...]

    @property
    def area(self) -> str:
        return said_beds(self.beds)


@dataclass(frozen=True)
class FarmNeeds:
    name: str
    beds: Decimal
    hours: Decimal
    blocks: tuple[BlockNeeds, ...]


@dataclass(frozen=True)
class NeedsTable:
    """Both sides before anything is solved: land and hands; kilos asked, week by week."""

    farms: tuple[FarmNeeds, ...]
    beds: Decimal
    hours: list[tuple[str, Decimal]]
    asked: list[tuple[str, Decimal]]
    lines: list[DemandLine]
    baskets: int
    basket_kg: Decimal
    asked_kg: Decimal
    by_hand: int


def needs_table(gathered: Gathered, needs: Needs) -> NeedsTable:
    last = needs.planting[-1]
    season = [str(week) for week in needs.planting]
    hours: dict[str, Decimal] = {}
    for rank, week in enumerate(season):
        hours[week] = sum(
            (team.hours[rank] * team.productivity for farm in gathered.farms for team in farm.hands), ZERO
        )
    asked: dict[str, Decimal] = defaultdict(Decimal)
    weeks = gathered.demand.baskets().weeks
    for basket in weeks:
        asked[basket.week] += basket.count * basket.kg_min
    for line in gathered.lines:
        for asked_in, kilos in line.kilos.items():
            asked[str(asked_in)] += ZERO if line.removed else kilos
    counts = [basket for basket in weeks if basket.week <= str(last)]
    mean = sum(basket.count for basket in counts) // len(counts) if counts else 0
    return NeedsTable(
        farms=_farms(gathered, len(season)),
        beds=sum((block.beds for block in gathered.blocks), ZERO),
        hours=[(f"S{IsoWeek.parse(week).week}", round(value, 0)) for week, value in hours.items()],
        asked=[(f"S{IsoWeek.parse(week).week}", round(asked[week], 0)) for week in season],
        lines=gathered.lines,
        baskets=mean,
        basket_kg=counts[0].kg_min if counts else ZERO,
        asked_kg=sum((asked[week] for week in season), ZERO),
        by_hand=gathered.ground.by_hand,
    )


def _farms(gathered: Gathered, season_weeks: int) -> tuple[FarmNeeds, ...]:
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for planting, halves in gathered.ground.halves:
        taken[str(gathered.ground.place[planting.place_id][0])] += Decimal(len(halves)) / 2
    blocks: dict[str, list[BlockNeeds]] = defaultdict(list)
    for block in gathered.blocks:
        barred = tuple((barred.family, barred.reason) for barred in block.barred)
        shelter = "tunnel" if block.shelter == "tunnel" else "plein champ"
        blocks[block.farm].append(BlockNeeds(block.name, shelter, block.beds, taken[block.id], barred))
    return tuple(
        FarmNeeds(
            farm.name,
            sum((block.beds for block in blocks[farm.id]), ZERO),
            sum((sum(team.hours[:season_weeks], ZERO) for team in farm.hands), ZERO) / season_weeks,
            tuple(blocks[farm.id]),
        )
        for farm in gathered.farms
    )
