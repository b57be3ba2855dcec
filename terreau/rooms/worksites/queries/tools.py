"""Tools: how many, how many out and where."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, IntegerField, Sum, When

from terreau.rooms.worksites.models import Day, MoveKind, Tool, ToolMove
from terreau.territory.models import Ecopole

OUT = Sum(Case(When(kind=MoveKind.OUT, then=F("count")), default=-F("count"), output_field=IntegerField()))


@dataclass(frozen=True)
class Outing:
    """So many of a tool on a day that have not come back."""

    day_id: int
    site: str
    on: date
    count: int


@dataclass(frozen=True)
class ToolLine:
    id: int
    name: str
    count: int
    outings: tuple[Outing, ...]

    @property
    def out(self) -> int:
        return sum(outing.count for outing in self.outings)

    @property
    def left(self) -> int:
        return self.count - self.out

    def out_on(self, day: int) -> int:
        return sum(outing.count for outing in self.outings if outing.day_id == day)


def tools(ecopole: Ecopole) -> list[ToolLine]:
    """Those that serve, by name, and where those out are. Two queries."""
    moves = ToolMove.objects.filter(tool__ecopole=ecopole, tool__closed_on=None).order_by("day__on", "day_id")
    told = moves.values_list("tool_id", "day_id", "day__order__site__place__name", "day__on").annotate(
        out=OUT
    )
    outings: dict[int, list[Outing]] = defaultdict(list)
    for tool, day, site, on, out in told.filter(out__gt=0):
        outings[tool].append(Outing(day, site, on, out))
    rows = Tool.objects.filter(ecopole=ecopole, closed_on=None).order_by("name")
    return [ToolLine(row.pk, row.name, row.count, tuple(outings[row.pk])) for row in rows]


def out_by_tool(ecopole: Ecopole, day: Day | None = None) -> dict[int, int]:
    """How many of each tool are out, everywhere or on a day. One query."""
    moves = ToolMove.objects.filter(tool__ecopole=ecopole, **({} if day is None else {"day": day}))
    return dict(moves.order_by().values_list("tool_id").annotate(out=OUT))
