"""What an employment multiplier can be at each scale: the table that stands beside every claimed one."""

from dataclasses import dataclass

import numpy as np

from terreau.engines.contribution import leontief
from terreau.impact.parameters import tables, written

# Orders of magnitude of jobs; each perimeter is given the country's mix of sectors.
SCALES = (
    ("Intercommunalité rurale", 6_000), ("Intercommunalité urbaine", 75_000),
    ("Département du Pas-de-Calais", 475_000), ("Région Hauts-de-France", 2_150_000),
    ("France", 28_500_000),
)  # fmt: skip
DELTAS = (0.1, 0.2, 0.3)
FARMING = 0


@dataclass(frozen=True)
class Scale:
    """`cells`: type I and type II for a farming job, by δ. `near`: the one most like the territory."""

    name: str
    jobs: int
    cells: tuple[tuple[float, float], ...]
    near: bool


def honest(jobs: float) -> list[Scale]:
    """At the scale of an EPCI, 1.03 to 1.3, not 2. `jobs`: those of the territory spoken of."""
    io, kept = tables().io, written()["part_revenu_conso"][-1].value
    closest = min(SCALES, key=lambda one: abs(np.log(one[1] / jobs)))
    found = []
    for name, size in SCALES:
        region = leontief.regional(io, np.ones(len(io.sectors)), size / SCALES[-1][1], np.array(DELTAS))
        closed = leontief.type_two(
            region.coefficients, region.households, io.labour, np.full(len(DELTAS), kept)
        )
        one, two = (leontief.multipliers(io.jobs_per_meur, table) for table in (region.leontief, closed))
        cells = tuple((float(a), float(b)) for a, b in zip(one[:, FARMING], two[:, FARMING], strict=True))
        found.append(Scale(name, size, cells, name == closest[0]))
    return found
