"""Lots to beds, block by block: which half-bed, in which order, as a minimum-cost flow.

A half-bed's season is a path from lot to lot; a path costs when a family follows itself and when half a bed
changes hands. Vertices of a network are whole: the flow gives whole half-beds.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..plan import Lot
from ..problem import HALF, Block, Fixed, Problem
from .highs import network

# A family that follows itself is worth any number of moves; a lot that splits costs a little.
_SAME_FAMILY, _GAP, _START = 100.0, 0.05, 1.0


@dataclass(frozen=True)
class _Piece:
    """Half-beds taken from week `start` to before `end`; `known`: where, if it is already in the ground."""

    lot: str
    family: str
    start: int
    end: int
    size: int
    known: tuple[str, ...] = ()
    tail: bool = False


def place(problem: Problem, lots: Sequence[Lot]) -> tuple[Lot, ...]:
    """The lots with their half-beds. What wraps round the typical year is two pieces."""
    by_block: dict[str, list[Lot]] = defaultdict(list)
    for lot in lots:
        by_block[lot.block].append(lot)
    placed: dict[str, Lot] = {}
    for block in problem.blocks:
        for lot in _place(problem, block, by_block[block.id]):
            placed[lot.id] = lot
    return tuple(placed[lot.id] for lot in lots)


def _place(problem: Problem, block: Block, lots: Sequence[Lot]) -> list[Lot]:
    pieces = _pieces(problem, block, lots)
    places = _paths(block, pieces)
    found = []
    for lot in lots:
        main = next(n for n, p in enumerate(pieces) if p.lot == lot.id and not p.tail)
        tail = next((n for n, p in enumerate(pieces) if p.lot == lot.id and p.tail), None)
        carried = () if tail is None else places[tail]
        found.append(replace(lot, places=places[main], carried=carried))
    return found


def _pieces(problem: Problem, block: Block, lots: Sequence[Lot]) -> list[_Piece]:
    options, family = {o.id: o for o in problem.options}, {c.id: c.family for c in problem.crops}
    weeks = len(problem.weeks)
    standing = [p for p in problem.fixed if p.block == block.id]
    pieces = [_standing(p, family[p.crop], weeks) for p in standing]
    for lot in lots:
        option = options[lot.option]
        first, name = problem.weeks.index(option.week), family[option.crop]
        last, size = first + option.weeks, int(lot.beds / HALF)
        pieces.append(_Piece(lot.id, name, first, min(last, weeks), size))
        if problem.cyclic and last > weeks:
            pieces.append(_Piece(lot.id, name, 0, last - weeks, size, tail=True))
    return pieces


def _standing(planting: Fixed, family: str, weeks: int) -> _Piece:
    end = min(planting.weeks, weeks)
    return _Piece(planting.id, family, 0, end, len(planting.beds), planting.beds)


def _paths(block: Block, pieces: Sequence[_Piece]) -> list[tuple[str, ...]]:
    """Flow from piece to piece, then each path takes the name of a half-bed."""
    total = int(block.beds / HALF)
    order = sorted(range(len(pieces)), key=lambda n: (pieces[n].start, not pieces[n].known, pieces[n].end, n))
    edges: list[tuple[int, int]] = [(-1, n) for n in order]
    costs = [_START] * len(order)
    for before in order:
        for after in order:
            gap = pieces[after].start - pieces[before].end
            if gap >= 0 and before != after and not pieces[after].known:
                edges.append((before, after))
                same = pieces[before].family == pieces[after].family
                costs.append(_GAP * min(gap, 10) + (_SAME_FAMILY if same else 0.0))
    flow = network(total, [p.size for p in pieces], edges, costs)
    into: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (before, after), count in zip(edges, flow, strict=True):
        if count:
            into[after].append((before, count))
    return _named(block, pieces, order, into)


def _named(
    block: Block, pieces: Sequence[_Piece], order: Sequence[int], into: dict[int, list[tuple[int, int]]]
) -> list[tuple[str, ...]]:
    """In order of planting: the half-beds of those before; what is known keeps its place."""
    standing = {name for p in pieces for name in p.known}
    fresh = [name for name in block.bed_names if name not in standing]
    left: dict[int, list[str]] = {}
    places: dict[int, tuple[str, ...]] = {}
    rank = {name: n for n, name in enumerate(block.bed_names)}
    for n in order:
        taken = list(pieces[n].known)
        for before, count in sorted(into[n]) if not taken else ():
            source = fresh if before < 0 else left[before]
            taken += source[:count]
            del source[:count]
        places[n] = tuple(sorted(taken, key=rank.__getitem__))
        left[n] = list(places[n])
    return [places[n] for n in range(len(pieces))]
