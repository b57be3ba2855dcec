"""Two independent judges: every plan of tiny seasons is tried; middle ones are solved again bed by bed."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from terreau.engines.season import solve, verify
from terreau.engines.season.tests.tiny import dec, middle_season, random_season


def _breaks_a_rule(season, beds) -> bool:
    """`beds`: so many beds of a block to an option. Land, families, hours, crops: all by hand."""
    family = {c.id: c.family for c in season.crops}
    farm = season.farms[0]
    if len({o.crop for (_, o), n in beds.items() if n}) > farm.crops_max:
        return True
    for block in season.blocks:
        mine = [(o, n) for (b, o), n in beds.items() if b == block and n]
        found = {family[o.crop] for o, _ in mine}
        if len(found) > block.families_max or found & {b.family for b in block.barred}:
            return True
        for t in range(len(season.weeks)):
            if sum(n for o, n in mine if 0 <= t - season.weeks.index(o.week) < o.weeks) > block.beds:
                return True
    return any(_hours(season, beds, t) > farm.hands[0].hours[t] for t in range(len(season.weeks)))


def _hours(season, beds, t) -> Decimal:
    return sum(
        (
            n * block.bed_m2 / 100 * o.labour[0].establish
            for (block, o), n in beds.items()
            if season.weeks.index(o.week) == t
        ),
        Decimal(0),
    )


def _worth(season, beds) -> Decimal:
    """Cents: promises first, then wholesale, the rest is left; each week and crop for itself."""
    ripe: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    cents = Decimal(-season.farms[0].crop_cents * len({o.crop for (_, o), n in beds.items() if n}))
    for (block, o), n in beds.items():
        area = n * block.bed_m2 / 100
        cents -= area * o.cost_cents
        for y in o.harvest:
            t = season.weeks.index(o.week) + y.after
            if t < len(season.weeks):
                ripe[o.crop, t] += area * y.likely
    for c in season.commitments:
        key = (c.crops[0], season.weeks.index(c.week))
        given = min(ripe[key], c.kilos)
        ripe[key] -= given
        cents += given * c.price_cents - (c.kilos - given) * c.short_cents
    crops = {c.id: c for c in season.crops}
    for (crop, _), kilos in ripe.items():
        sold = min(kilos, crops[crop].wholesale_kg_max)
        cents += sold * crops[crop].wholesale_cents - (kilos - sold) * season.tolerances.waste_cents
    for t in range(len(season.weeks)):
        tense = _hours(season, beds, t) - season.tolerances.ease * season.farms[0].hands[0].hours[t]
        cents -= max(Decimal(0), tense) * season.tolerances.strain_cents
    return cents


@pytest.mark.parametrize("seed", range(25))
def test_no_plan_at_all_is_better(seed):
    season = random_season(seed)
    plan = solve(season)
    assert verify(season, plan).violations == ()
    keys = [(b, o) for b in season.blocks for o in season.options]
    ranges = [range(int(b.beds * 2) + 1) for b, _ in keys]
    plans = (
        {key: Decimal(n) / 2 for key, n in zip(keys, counts, strict=True)} for counts in product(*ranges)
    )
    best = max(_worth(season, beds) for beds in plans if not _breaks_a_rule(season, beds))
    assert plan.goal("total").value == pytest.approx(best, abs=Decimal(2))
    assert plan.goal("total").bound >= best - 1


def bed_by_bed(season):
    """The naive model: each half-bed is a block of its own, with a choice of its own for every option."""
    halves = tuple(
        replace(block, id=f"{block.id}-{name}", name=f"{block.name} {name}", beds=dec("0.5"))
        for block in season.blocks
        for name in block.bed_names
    )
    return replace(season, blocks=halves)


@pytest.mark.parametrize("seed", range(6))
def test_bed_by_bed_nothing_more_is_found(seed):
    season = middle_season(seed)
    plan, naive = solve(season, seconds_max=20), solve(bed_by_bed(season), seconds_max=20)
    assert verify(season, plan).violations == ()
    whole, judge = plan.goal("total"), naive.goal("total")
    assert float(whole.value) == pytest.approx(float(judge.value), rel=3e-4)
    assert whole.bound >= judge.value - 5
    assert judge.bound >= whole.value - 5
