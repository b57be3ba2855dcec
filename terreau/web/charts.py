"""Charts drawn by the server: data in, frozen geometry out; templates/charts/ only writes it down.

Places are percentages of the width and pixels of the height, so that a chart fits a telephone and a poster
with letters of the same size. Coordinates are text already: a template must not put French commas in SVG.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from terreau.measures.french import format_decimal
from terreau.measures.quantity import Unit

Number = Decimal | int
UNITS = {unit.value: unit for unit in Unit}
ZERO = Decimal(0)
STEPS = ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "8", "10")


def xy(value: Number) -> str:
    return f"{Decimal(value):.2f}"


def places_of(values: Iterable[Number]) -> int:
    """As few decimals as tell the values apart: none from a hundred on."""
    top = max((abs(Decimal(v)) for v in values), default=ZERO)
    return 0 if top >= 100 else 1 if top >= 10 else 2


def said(value: Number | None, unit: str, places: int | None = None) -> str:
    """« 12,5 kg », or « – » where nothing is known."""
    if value is None:
        return "–"
    number = Decimal(value)
    if places is not None:
        number = round(number, places)
    word = UNITS[unit].label(number) if unit in UNITS else unit
    return f"{format_decimal(number)}\u00a0{word}" if word else format_decimal(number)


def ceiling(values: Iterable[Number]) -> Decimal:
    """The first round number that holds all values; 1 when nothing is above zero."""
    top = max((Decimal(v) for v in values), default=ZERO)
    if top <= 0:
        return Decimal(1)
    power = Decimal(10) ** top.adjusted()
    return next(step * power for step in map(Decimal, STEPS) if step * power >= top)


def _share(value: Number, top: Decimal) -> Decimal:
    return max(ZERO, min(Decimal(1), Decimal(value) / top))


@dataclass(frozen=True)
class Table:
    """The same figures to be read, heard or copied."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Bar:
    label: str
    said: str
    x: str
    y: str
    width: str
    height: str
    below: bool
    target: str = ""
    label_y: str = ""
    target_end: str = ""
    shown: bool = True
    anchor: str = "middle"


@dataclass(frozen=True)
class Gridline:
    y: str
    label: str


@dataclass(frozen=True)
class Chart:
    title: str
    desc: str
    height: str
    table: Table
    bars: tuple[Bar, ...] = ()
    grid: tuple[Gridline, ...] = ()
    base: str = ""


def _three(rows: Iterable[Sequence[Any]]) -> list[tuple[str, Number, Number | None]]:
    """(label, value[, target]), the target None when there is none."""
    return [(str(row[0]), row[1], row[2] if len(row) > 2 else None) for row in rows]


def _bars_table(rows: list[tuple[str, Number, Number | None]], unit: str) -> Table:
    targets = any(target is not None for *_, target in rows)
    heads = ("", "Valeur", "Objectif") if targets else ("", "Valeur")
    return Table(
        heads,
        tuple((label, said(v, unit), *([said(t, unit)] if targets else [])) for label, v, t in rows),
    )


BAR_ROW = 46


def bars(title: str, rows: Iterable[Sequence[Any]], *, unit: str = "", desc: str = "") -> Chart:
    """One row per line, its name above its bar so that it fits a telephone; a mark shows the target."""
    given = _three(rows)
    numbers = [v for _, v, _ in given] + [t for *_, t in given if t is not None]
    top, places = max([Decimal(n) for n in numbers], default=ZERO) or Decimal(1), places_of(numbers)
    drawn = []
    for rank, (label, value, target) in enumerate(given):
        y = rank * BAR_ROW
        drawn.append(
            Bar(
                label,
                said(value, unit, places),
                x="0",
                y=str(y + 22),
                width=xy(_share(value, top) * 100),
                height="14",
                below=target is not None and value < target,
                target="" if target is None else xy(_share(target, top) * 100),
                label_y=str(y + 15),
                target_end=str(y + 40),
            )
        )
    return Chart(title, desc, str(len(given) * BAR_ROW), _bars_table(given, unit), tuple(drawn))


PLOT_TOP, PLOT = 22, 190
PLOT_BASE = PLOT_TOP + PLOT


def _grid(top: Decimal, unit: str, bottom: Decimal = ZERO) -> tuple[Gridline, ...]:
    marks = [top, (top + bottom) / 2, *([bottom] if bottom else [])]
    places = places_of(marks)
    return tuple(
        Gridline(xy(PLOT_BASE - PLOT * (mark - bottom) / (top - bottom)), said(mark, unit, places))
        for mark in marks
    )


def _every(count: int, room: int) -> int:
    """Of many labels, one in how many is written."""
    return max(1, -(-count // room))


def _anchor(rank: int, count: int) -> str:
    """The first and last words stay inside the frame."""
    if count > 1 and rank == 0:
        return "start"
    return "end" if count > 1 and rank == count - 1 else "middle"


def columns(title: str, rows: Iterable[Sequence[Any]], *, unit: str = "", desc: str = "") -> Chart:
    """Standing bars, one per moment; a dash across shows the target."""
    given = _three(rows)
    numbers = [v for _, v, _ in given] + [t for *_, t in given if t is not None]
    top = ceiling(numbers)
    slot = Decimal(100) / max(len(given), 1)
    step = _every(len(given), 6)
    drawn = []
    for rank, (label, value, target) in enumerate(given):
        tall = _share(value, top) * PLOT
        drawn.append(
            Bar(
                label,
                said(value, unit),
                x=xy(slot * (rank + Decimal("0.15"))),
                y=xy(PLOT_BASE - tall),
                width=xy(slot * Decimal("0.7")),
                height=xy(tall),
                below=target is not None and value < target,
                target="" if target is None else xy(PLOT_BASE - _share(target, top) * PLOT),
                target_end=xy(slot * (rank + Decimal("0.9"))),
                label_y=xy(slot * (rank + Decimal("0.5"))),
                shown=rank % step == 0,
            )
        )
    table, base = _bars_table(given, unit), str(PLOT_BASE)
    return Chart(title, desc, str(PLOT_BASE + 26), table, tuple(drawn), _grid(top, unit), base)


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    label: str
    said: str
    shown: bool
    anchor: str


@dataclass(frozen=True)
class LineChart:
    title: str
    desc: str
    height: str
    table: Table
    grid: tuple[Gridline, ...]
    base: str
    plot_top: str
    plot_height: str
    curve: str
    band: str
    dots: tuple[Dot, ...]
    limit: Gridline | None = None


def _span(numbers: Sequence[Number]) -> tuple[Decimal, Decimal]:
    """From zero to the greatest, or from below zero if it freezes."""
    lowest = min((Decimal(n) for n in numbers), default=ZERO)
    bottom = -ceiling([-lowest]) if lowest < 0 else ZERO
    return bottom, ceiling(numbers) if not bottom or max(numbers) > 0 else ZERO


def line(
    title: str,
    rows: Iterable[Sequence[Any]],
    *,
    unit: str = "",
    desc: str = "",
    limit: Number | None = None,
) -> LineChart:
    """A value along time, with the band in which it may be, or the limit it should not pass."""
    given = [(str(row[0]), row[1], *(tuple(row[2:4]) if len(row) > 3 else (None, None))) for row in rows]
    banded = any(low is not None for _, _, low, _ in given)
    known = [n for _, *numbers in given for n in numbers if n is not None]
    bottom, top = _span(known if limit is None else [*known, limit])
    gap = Decimal(100) / max(len(given) - 1, 1)
    # Long labels leave room for fewer of them on a telephone.
    step = _every(len(given), 6 if max((len(row[0]) for row in given), default=0) <= 8 else 4)

    def at(rank: int, value: Number) -> tuple[Decimal, Decimal]:
        x = gap * rank if len(given) > 1 else Decimal(50)
        return x, PLOT - _share(value - bottom, top - bottom) * PLOT

    def path(points: list[tuple[Decimal, Decimal]]) -> str:
        return "M" + "L".join(f"{xy(x)} {xy(y)}" for x, y in points) if points else ""

    highs = [at(i, v if high is None else high) for i, (_, v, _, high) in enumerate(given)]
    lows = [at(i, v if low is None else low) for i, (_, v, low, _) in enumerate(given)]
    dots = []
    for rank, (label, value, _, _) in enumerate(given):
        x, y = at(rank, value)
        last_crowds = 0 < len(given) - 1 - rank < step
        shown = (rank % step == 0 and not last_crowds) or rank == len(given) - 1
        dots.append(Dot(xy(x), xy(y + PLOT_TOP), label, said(value, unit), shown, _anchor(rank, len(given))))
    bound = None
    if limit is not None:
        bound = Gridline(xy(at(0, limit)[1] + PLOT_TOP), f"Limite\u202f: {said(limit, unit)}")
    heads = ("", "Valeur", "Au moins", "Au plus") if banded else ("", "Valeur")
    figures = [numbers if banded else numbers[:1] for _, *numbers in given]
    return LineChart(
        title,
        desc,
        str(PLOT_BASE + 26),
        Table(
            heads, tuple((d.label, *(said(n, unit) for n in f)) for d, f in zip(dots, figures, strict=True))
        ),
        _grid(top, unit, bottom),
        str(PLOT_BASE),
        str(PLOT_TOP),
        str(PLOT),
        path([at(i, row[1]) for i, row in enumerate(given)]),
        path(highs + lows[::-1]) + "Z" if banded else "",
        tuple(dots),
        bound,
    )


@dataclass(frozen=True)
class Cell:
    x: str
    width: str
    shade: str
    said: str


@dataclass(frozen=True)
class HeatRow:
    label: str
    total: str
    text_y: str
    y: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class HeatMap:
    title: str
    desc: str
    height: str
    table: Table
    rows: tuple[HeatRow, ...]
    heads: tuple[Dot, ...]
    heads_y: str
    scale: tuple[tuple[str, str], ...]


HEAT_ROW = 44


def _shade(value: Number | None, top: Decimal) -> str:
    """Nothing known, nothing, or one of five equal steps up to the greatest."""
    if value is None:
        return "h-none"
    return f"h{(_share(value, top) * 5).to_integral_value(ROUND_CEILING)}"


def heat(
    title: str, heads: Sequence[Any], rows: Iterable[Sequence[Any]], *, unit: str = "", desc: str = ""
) -> HeatMap:
    """One line per row, one cell per week; the darker, the more."""
    given = [(str(label), list(values)) for label, values in rows]
    known = [Decimal(v) for _, values in given for v in values if v is not None]
    top = max(known, default=ZERO) or Decimal(1)
    slot = Decimal(100) / max(len(heads), 1)
    step = _every(len(heads), 8)
    drawn = []
    for rank, (label, values) in enumerate(given):
        cells = tuple(
            Cell(xy(slot * i), xy(slot), _shade(v, top), f"{label} · {head} · {said(v, unit)}")
            for i, (head, v) in enumerate(zip(heads, values, strict=True))
        )
        y = rank * HEAT_ROW
        total = sum((Decimal(v) for v in values if v is not None), ZERO)
        drawn.append(HeatRow(label, said(total, unit), str(y + 15), str(y + 21), cells))
    marks = tuple(
        Dot(xy(slot * (i + Decimal("0.5"))), "0", str(head), "", i % step == 0, "middle")
        for i, head in enumerate(heads)
    )
    return HeatMap(
        title,
        desc,
        str(len(given) * HEAT_ROW + 20),
        Table(
            ("", *map(str, heads), "Total"),
            tuple(
                (row.label, *(said(v, unit) for v in values), row.total)
                for row, (_, values) in zip(drawn, given, strict=True)
            ),
        ),
        tuple(drawn),
        marks,
        str(len(given) * HEAT_ROW + 14),
        tuple((f"h{n}", said(top * n / 5, unit, places_of([top]))) for n in range(6)),
    )
