"""What is no longer the same between the problem a season answered and things as they stand now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from terreau.engines.season import Commitment, Farm, Problem
from terreau.measures.french import format_decimal
from terreau.planning.changes import amount_kg, compare
from terreau.planning.season.names import said_beds


@dataclass(frozen=True)
class _Total:
    """A demand of the whole season, told in one line."""

    id: str
    name: str
    kilos: Decimal


def changes(planned: Problem, present: Problem) -> list[str]:
    """One sentence per block, planting, team or demand that came, went or changed; nothing: still true."""
    names = {c.id: c.name for c in (*planned.crops, *present.crops)}
    blocks = {b.id: b.name for b in (*planned.blocks, *present.blocks)}
    return [
        *compare(planned.blocks, present.blocks, lambda b: b.name, lambda b: said_beds(b.beds)),
        *compare(
            planned.fixed,
            present.fixed,
            lambda f: f"{names[f.crop]} en terre, {blocks[f.block]}",
            lambda f: said_beds(Decimal(len(f.beds)) / 2) if f.beds else "sur une planche partagée",
        ),
        *compare(planned.farms, present.farms, lambda f: f"Les bras de {f.name}", _hours),
        *compare(
            _totals(planned.commitments),
            _totals(present.commitments),
            lambda t: t.name,
            lambda t: amount_kg(t.kilos),
        ),
        *_baskets(planned, present),
        *_catalogue(planned, present),
    ]


def _hours(farm: Farm) -> str:
    total = sum((hours for team in farm.hands for hours in team.hours), Decimal(0))
    return f"{format_decimal(total, places=0)}\u00a0heures"


def _totals(commitments: Iterable[Commitment]) -> list[_Total]:
    kilos: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for c in commitments:
        kilos[c.id.rpartition(":")[0], c.outlet] += c.kilos
    return [_Total(id, outlet, kg) for (id, outlet), kg in kilos.items()]


def _baskets(planned: Problem, present: Problem) -> list[str]:
    if planned.baskets == present.baskets:
        return []
    was, now = (sum(week.count for week in problem.baskets.weeks) for problem in (planned, present))
    if was == now:
        return ["Le poids, la valeur ou la variété des paniers ont changé."]
    return [f"Les paniers de la saison\u202f: {was} deviennent {now}."]


def _catalogue(planned: Problem, present: Problem) -> list[str]:
    """Figures of the catalogue, by crop: its windows, yields, hours or prices are no longer the same."""
    changed = set()
    for before, after in ((planned.options, present.options), (planned.crops, present.crops)):
        old, new = {x.id: x for x in before}, {x.id: x for x in after}
        for id in old.keys() | new.keys():
            if old.get(id) != new.get(id):
                one = old.get(id) or new[id]
                changed.add(getattr(one, "crop", one.id))
    names = {c.id: c.name for c in (*planned.crops, *present.crops)}
    return [
        f"{names.get(code, code)}\u202f: fenêtres, rendement, heures ou prix ont changé."
        for code in sorted(changed)
    ]
