"""Flows from column to column, as thick as what passes: geometry only, as in `charts`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from terreau.web.charts import Table, places_of, said, xy

Link = tuple[str, str, Decimal]
ZERO = Decimal(0)
NODE_WIDTH = Decimal("2.4")
# Room above each node for its name and its amount.
WORDS = Decimal(46)
TALLEST = Decimal(230)
TONES = 6


@dataclass(frozen=True)
class Node:
    label: str
    said: str
    x: str
    y: str
    height: str
    tone: str
    text_x: str
    text_y: str
    said_y: str
    anchor: str


@dataclass(frozen=True)
class Ribbon:
    path: str
    tone: str
    said: str


@dataclass(frozen=True)
class FlowChart:
    title: str
    desc: str
    height: str
    table: Table
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


class FlowsTurnBack(ValueError):
    """What comes back to where it started has no place in columns."""


def flows(title: str, links: Iterable[Sequence[Any]], *, unit: str = "", desc: str = "") -> FlowChart:
    """Givers on the left, takers on the right; what is not above zero is not drawn."""
    given: list[Link] = [(str(a), str(b), Decimal(v)) for a, b, v in links if v > 0]
    table = Table(("De", "Vers", "Quantité"), tuple((a, b, said(v, unit)) for a, b, v in given))
    if not given:
        return FlowChart(title, desc, "0", table, (), ())
    places = places_of([v for *_, v in given])
    depths, weights = _depths(given), _weights(given)
    last = max(depths.values())
    scale = TALLEST / max(sum((weights[n] for n in names), ZERO) for names in _columns(depths))
    tops = _tops(depths, {n: w * scale for n, w in weights.items()})
    lefts = {n: (100 - NODE_WIDTH) * depth / last for n, depth in depths.items()}
    tones = {n: f"k{rank % TONES + 1}" for rank, n in enumerate(depths)}

    nodes = []
    for name, depth in depths.items():
        anchor = "start" if depth == 0 else "end" if depth == last else "middle"
        aside = {"start": ZERO, "middle": NODE_WIDTH / 2, "end": NODE_WIDTH}[anchor]
        top = tops[name]
        nodes.append(
            Node(
                name,
                said(weights[name], unit, places),
                x=xy(lefts[name]),
                y=xy(top),
                height=xy(max(weights[name] * scale, Decimal(2))),
                tone=tones[name],
                text_x=xy(lefts[name] + aside),
                text_y=xy(top - 24),
                said_y=xy(top - 7),
                anchor=anchor,
            )
        )
    ribbons = []
    out_at, in_at = dict(tops), dict(tops)
    for giver, taker, value in given:
        thick = value * scale
        path = _ribbon(lefts[giver] + NODE_WIDTH, out_at[giver], lefts[taker], in_at[taker], thick)
        ribbons.append(Ribbon(path, tones[giver], f"{giver} → {taker} · {said(value, unit, places)}"))
        out_at[giver] += thick
        in_at[taker] += thick
    height = max(tops[n] + weights[n] * scale for n in depths) + 8
    return FlowChart(title, desc, xy(height), table, tuple(nodes), tuple(ribbons))


def _depths(links: list[Link]) -> dict[str, int]:
    """The column of each node: one further than the furthest of those that give to it."""
    depths = {name: 0 for giver, taker, _ in links for name in (giver, taker)}
    for _ in depths:
        late = [(giver, taker) for giver, taker, _ in links if depths[taker] <= depths[giver]]
        if not late:
            return depths
        for giver, taker in late:
            depths[taker] = depths[giver] + 1
    raise FlowsTurnBack("Des flux qui reviennent à leur source ne se dessinent pas en colonnes.")


def _weights(links: list[Link]) -> dict[str, Decimal]:
    """A node weighs what it gives or what it takes, whichever is more."""
    gives: dict[str, Decimal] = defaultdict(Decimal)
    takes: dict[str, Decimal] = defaultdict(Decimal)
    for giver, taker, value in links:
        gives[giver] += value
        takes[taker] += value
    return {name: max(gives[name], takes[name]) for name in {**gives, **takes}}


def _columns(depths: dict[str, int]) -> list[list[str]]:
    return [[n for n, d in depths.items() if d == depth] for depth in range(max(depths.values()) + 1)]


def _tops(depths: dict[str, int], heights: dict[str, Decimal]) -> dict[str, Decimal]:
    """Each column keeps the order of the data and stands in the middle, its nodes apart enough for words."""
    columns = _columns(depths)
    talls = [sum((heights[n] + WORDS for n in names), ZERO) for names in columns]
    tops = {}
    for names, tall in zip(columns, talls, strict=True):
        y = (max(talls) - tall) / 2
        for name in names:
            tops[name] = y + WORDS
            y += WORDS + heights[name]
    return tops


def _ribbon(x0: Decimal, y0: Decimal, x1: Decimal, y1: Decimal, thick: Decimal) -> str:
    left, right, bend = xy(x0), xy(x1), xy((x0 + x1) / 2)
    a, b, c, d = xy(y0), xy(y1), xy(y1 + thick), xy(y0 + thick)
    return f"M{left} {a}C{bend} {a} {bend} {b} {right} {b}V{c}C{bend} {c} {bend} {d} {left} {d}Z"
