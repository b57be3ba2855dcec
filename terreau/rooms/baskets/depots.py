"""How many baskets go to each depot: one form for the week, a table for each day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.measures.french import FrenchEntryError, format_decimal, parse_decimal
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, queries
from terreau.rooms.baskets.models import DepotCount
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import week_asked
from terreau.territory.models import Ecopole, Place, PlaceKind
from terreau.territory.queries import places

COUNT_MAX = 9999


@dataclass(frozen=True)
class Cell:
    """So many baskets of a size, as typed."""

    size: queries.SizeLine
    name: str
    typed: str
    count: int
    error: str = ""


@dataclass(frozen=True)
class DepotRow:
    depot: Place
    cells: list[Cell]

    @property
    def total(self) -> int:
        return sum(cell.count for cell in self.cells)

    @property
    def shown(self) -> bool:
        """A depot that receives nothing that day waits below, folded."""
        return any(cell.count or cell.error for cell in self.cells)


@dataclass(frozen=True)
class DayTable:
    day: date
    rows: list[DepotRow]

    @property
    def used(self) -> list[DepotRow]:
        return [row for row in self.rows if row.shown]

    @property
    def others(self) -> list[DepotRow]:
        return [row for row in self.rows if not row.shown]

    @property
    def totals(self) -> list[int]:
        return [
            sum(cell.count for cell in column)
            for column in zip(*(row.cells for row in self.rows), strict=True)
        ]

    @property
    def total(self) -> int:
        return sum(self.totals)


def tables(ecopole: Ecopole, week: IsoWeek, days: set[date], post: QueryDict | None = None) -> list[DayTable]:
    """A table for each day asked, and for each that already has baskets; a sent form shows what was typed."""
    known = {(c.size_id, c.depot_id, c.day): c.count for c in queries.counts(ecopole, week)}
    if post is None:
        days = days | {day for _, _, day in known}
    sizes, depots = queries.sizes(ecopole), list(places(ecopole, [PlaceKind.DEPOT]))

    def row(depot: Place, day: date) -> DepotRow:
        kept = [(size, known.get((size.id, depot.pk, day), 0)) for size in sizes]
        return DepotRow(depot, [_cell(size, depot, day, count, post) for size, count in kept])

    return [DayTable(day, [row(depot, day) for depot in depots]) for day in week.days if day in days]


class NotACount(ValueError):
    """What was typed is not a number of baskets."""


def _cell(size: queries.SizeLine, depot: Place, day: date, known: int, post: QueryDict | None) -> Cell:
    name = f"n-{size.id}-{depot.pk}-{day}"
    typed = format_decimal(known) if post is None else post.get(name, "").strip()
    try:
        return Cell(size, name, typed, read_count(typed))
    except NotACount as error:
        return Cell(size, name, typed, 0, f"{depot}, {size.name}\u202f: {error}")


def read_count(typed: str) -> int:
    """Whole baskets; an empty box is none."""
    try:
        number = parse_decimal(typed or "0", places_max=0)
    except FrenchEntryError:
        number = Decimal(-1)
    if not 0 <= number <= COUNT_MAX:
        raise NotACount(
            f"« {typed} » n’est pas un nombre de paniers. Saisissez de 0 à {format_decimal(COUNT_MAX)}."
        )
    return int(number)


def _show(request: EcopoleRequest, week: IsoWeek, days: list[DayTable], errors: list[str]) -> HttpResponse:
    editable = "run_baskets" in request.abilities and week >= IsoWeek.of(request.today)
    context = {
        "week": week,
        "former": week - 1,
        "following": week + 1,
        "tables": days,
        "errors": errors,
        "editable": editable,
        "empty": not any(table.total for table in days),
        "other_days": [day for day in week.days if day not in {table.day for table in days}],
        "total": sum(table.total for table in days),
        "planned": bool(queries.batches(request.ecopole, week.monday, week.sunday)),
    }
    return render(request, "baskets/depots.html", context, status=422 if errors else 200)


@needs("see_baskets")
def depots(request: EcopoleRequest) -> HttpResponse:
    week = week_asked(request)
    return _show(request, week, tables(request.ecopole, week, _days(week, request.GET.getlist("jour"))), [])


def _days(week: IsoWeek, typed: list[str]) -> set[date]:
    return {day for day in week.days if str(day) in typed}


def _over(week: IsoWeek, today: date) -> list[str]:
    if week >= IsoWeek.of(today):
        return []
    return [
        f"La {week.label} est passée\u202f: ses nombres ne changent plus. Choisissez une semaine à venir."
    ]


@needs("run_baskets")
def save_depots(request: EcopoleRequest) -> HttpResponse:
    """The whole week at once: all is written, or nothing."""
    week = week_asked(request)
    if request.method != "POST":
        return _to_depots(request, week)
    shown = tables(request.ecopole, week, _days(week, request.POST.getlist("day")), request.POST)
    cells = [(table.day, row.depot, cell) for table in shown for row in table.rows for cell in row.cells]
    errors = _over(week, request.today) + [cell.error for _, _, cell in cells if cell.error]
    if errors:
        return _show(request, week, shown, errors)
    actions.set_counts(
        ecopole=request.ecopole,
        week=week,
        counts=[
            DepotCount(size_id=cell.size.id, depot=depot, day=day, count=cell.count)
            for day, depot, cell in cells
        ],
    )
    total = sum(cell.count for _, _, cell in cells)
    messages.success(request, f"{format_decimal(total)} paniers pour la {week.label}, c’est noté.")
    return _to_depots(request, week)


@needs("run_baskets")
def copy_depots(request: EcopoleRequest) -> HttpResponse:
    week = week_asked(request)
    if request.method == "POST":
        errors, copied = _over(week, request.today), 0
        if not errors:
            try:
                copied = actions.copy_counts(ecopole=request.ecopole, week=week)
            except actions.PackingRefused as refusal:
                errors = [str(refusal)]
        if errors:
            return _show(request, week, tables(request.ecopole, week, set()), errors)
        if copied:
            messages.success(request, f"{format_decimal(copied)} paniers repris de la {(week - 1).label}.")
        else:
            messages.info(
                request, f"Aucun panier à reprendre de la {(week - 1).label}\u202f: ajoutez un jour."
            )
    return _to_depots(request, week)


def _to_depots(request: EcopoleRequest, week: IsoWeek) -> HttpResponse:
    return redirect(f"{reverse('baskets:depots', args=[request.ecopole.slug])}?semaine={week}")
