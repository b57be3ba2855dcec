"""What moves a figure: its parameters, each from its P5 to its P95, the heaviest first."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from terreau.engines.contribution import Bar
from terreau.impact.parameters import written
from terreau.impact.reading import Reading
from terreau.impact.words import amount
from terreau.measures.french import format_percent

# What weighs at least that much of the figure's doubt, and no more rows than one reads.
WEIGHS, ROWS_MAX = 0.02, 7


@dataclass(frozen=True)
class Gust:
    """A parameter on a figure, from its P5 to its P95: where it starts, how far it goes, in per cent."""

    label: str
    total: str
    x: str
    width: str
    said: str


@dataclass(frozen=True)
class Table:
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Tornado:
    title: str
    desc: str
    middle: str
    gusts: tuple[Gust, ...]
    table: Table


def tornado(one: Reading) -> Tornado | None:
    """What moves a figure, heaviest first, each alone and all else as it is."""
    bars = [bar for bar in one.effect.tornado if bar.total >= WEIGHS][:ROWS_MAX]
    if not bars or one.figure.value is None:
        return None
    told = [x for bar in bars for x in (bar.at_low, bar.at_high)] + [one.figure.value]
    left, span = min(told), (max(told) - min(told)) or 1.0

    def at(value: float) -> float:
        return 100 * (value - left) / span

    return Tornado(
        title=one.indicator.label,
        desc="Chaque paramètre va seul du bas au haut de ce qu’on en sait\u202f; son pourcentage est sa part "
        "du doute.",
        middle=f"{at(one.figure.value):.2f}",
        gusts=tuple(_gust(bar, one.figure.unit, at) for bar in bars),
        table=Table(
            ("Paramètre", "Au plus bas", "Au plus haut", "Part du doute"),
            tuple(_row(bar, one.figure.unit) for bar in bars),
        ),
    )


def _gust(bar: Bar, unit: str, at: Callable[[float], float]) -> Gust:
    start, end = sorted((at(bar.at_low), at(bar.at_high)))
    said = f"de {amount(bar.at_low, unit)} à {amount(bar.at_high, unit)}"
    return Gust(
        written()[bar.parameter][-1].label, _share(bar.total), f"{start:.2f}", f"{end - start:.2f}", said
    )


def _row(bar: Bar, unit: str) -> tuple[str, ...]:
    label = written()[bar.parameter][-1].label
    error = f"{_share(bar.total)} ± {_share(bar.error)}"
    return label, amount(bar.at_low, unit), amount(bar.at_high, unit), error


def _share(value: float) -> str:
    return format_percent(Decimal(repr(round(value, 4))))
