"""Land as others may read it: beds with their block and plot, and what a harvest there may be sold as."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.rooms.garden.models import Bed, PlotStatus, Status
from terreau.territory.models import Agent, AgentKind, Ecopole, Quality
from terreau.territory.queries import bed_order


@dataclass(frozen=True, slots=True)
class BedLine:
    """A bed: `place_id` is its place in the territory and the ledger. Lengths in metres."""

    id: int
    place_id: int
    name: str
    number: int
    length_m: Decimal
    width_m: Decimal
    block_id: int
    block: str
    shelter: str
    plot_id: int
    plot: str
    agent_id: int
    agent: str
    agent_kind: str
    closed_on: date | None

    @property
    def area_m2(self) -> Decimal:
        return self.length_m * self.width_m

    def open_on(self, day: date) -> bool:
        return self.closed_on is None or day < self.closed_on


def beds(ecopole: Ecopole, agent: Agent | int | None = None) -> list[BedLine]:
    """Every bed, closed ones included, plot by plot and block by block. One query."""
    rows = Bed.objects.filter(block__plot__ecopole=ecopole)
    if agent is not None:
        rows = rows.filter(block__plot__agent=agent)
    found = [
        BedLine(*row)
        for row in rows.order_by().values_list(
            "id", "place_id", "place__name", "number", "length_m", "width_m", "block_id", "block__name",
            "block__shelter", "block__plot_id", "block__plot__name", "block__plot__agent_id",
            "block__plot__agent__name", "block__plot__agent__kind", "closed_on",
        )
    ]  # fmt: skip
    return sorted(
        found, key=lambda bed: (bed.agent_id, bed_order(bed.plot), bed_order(bed.block), bed.number)
    )


def holders(ecopole: Ecopole) -> list[Agent]:
    """Who has land to plant: the garden first, then partner farms. One query."""
    kinds = (AgentKind.GARDEN, AgentKind.FARM)
    rows = Agent.objects.filter(ecopole=ecopole, kind__in=kinds, anonymised_at=None)
    return sorted(rows, key=lambda agent: (agent.kind != AgentKind.GARDEN, agent.name, agent.pk))


def holder_among(known: Sequence[Agent], pk: int | None) -> Agent | None:
    """The holder of that number; the garden when none is asked."""
    return next((agent for agent in known if pk in (None, agent.pk)), None)


def plot_statuses(
    ecopole: Ecopole, plots: Collection[int] | None = None
) -> dict[int, list[tuple[date, str]]]:
    """The dated statuses of each plot, the oldest first. One query."""
    found: dict[int, list[tuple[date, str]]] = defaultdict(list)
    rows = PlotStatus.objects.filter(plot__ecopole=ecopole).order_by("since")
    if plots is not None:
        rows = rows.filter(plot__in=plots)
    for plot_id, since, status in rows.values_list("plot_id", "since", "status"):
        found[plot_id].append((since, status))
    return dict(found)


def quality_of(statuses: Sequence[tuple[date, str]], *, planted_on: date, harvested_on: date) -> Quality:
    """What a harvest may be sold as (Reg. (EU) 2018/848): a function of the plot and two dates.

    Organic if it was sown or planted on land already certified; « en conversion » from the thirteenth month
    after the notified start; conventional before, and where nothing is written.
    """
    at_planting = status_on(statuses, planted_on)
    if at_planting == Status.ORGANIC:
        return Quality.ORGANIC
    started = next((since for since, status in statuses if status == Status.CONVERSION), None)
    if status_on(statuses, harvested_on) == Status.CONVENTIONAL or started is None:
        return Quality.CONVENTIONAL
    return Quality.CONVERSION if harvested_on >= _a_year_after(started) else Quality.CONVENTIONAL


def status_on(statuses: Iterable[tuple[date, str]], day: date) -> str:
    """The status of a plot that day; nothing written is conventional."""
    said = [status for since, status in statuses if since <= day]
    return said[-1] if said else Status.CONVENTIONAL


def _a_year_after(day: date) -> date:
    """The 29th of February comes back on the 1st of March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def by_block(lines: Iterable[BedLine]) -> Mapping[int, list[BedLine]]:
    found: dict[int, list[BedLine]] = defaultdict(list)
    for bed in lines:
        found[bed.block_id].append(bed)
    return found
