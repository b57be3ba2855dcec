"""The way of many farms, tried on a few whose optimum is known: its bound holds, its plan is near."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.engines.season import Farm, Lock, NoPlanInTime, solve, verify
from terreau.engines.season.solve import search
from terreau.engines.season.solve.apart import Apart, parts
from terreau.engines.season.solve.bound import bound
from terreau.engines.season.solve.highs import Program
from terreau.engines.season.solve.model import build, weigh
from terreau.engines.season.tests.tiny import FULL, dec, hands, middle_season, untimed


@pytest.fixture
def each_in_turn(monkeypatch):
    monkeypatch.setattr(search, "_SMALL", -1)
    monkeypatch.setattr(search, "_MANY", 0)


def territory(seed, partners=3):
    """The garden of three beds, and as many partner farms as asked, that serve the same baskets."""
    season = middle_season(seed)
    (garden,) = season.blocks
    farms = [Farm(f"f{n}", f"Ferme {n}", "partner", hands(8), 2, 300) for n in range(partners)]
    blocks = [
        replace(garden, id=f"b{n}", name=f"Bloc {n}", farm=f.id, beds=dec(n + 1), families_max=2)
        for n, f in enumerate(farms)
    ]
    baskets = tuple(replace(w, count=w.count * (1 + partners)) for w in season.baskets.weeks)
    return replace(
        season,
        farms=(*season.farms, *farms),
        blocks=(garden, *blocks),
        baskets=replace(season.baskets, weeks=baskets),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_of_all_farms_holds_and_their_plan_is_near(each_in_turn, seed, monkeypatch):
    season = territory(seed)
    plan = solve(season, seconds_max=20)
    monkeypatch.setattr(search, "_SMALL", 10**6)
    best = solve(season, seconds_max=20).goal("total")
    assert verify(season, plan).violations == ()
    whole = plan.goal("total")
    assert whole.bound >= best.value - 5
    assert whole.value <= best.bound + 5
    # Nine beds in all: half a bed is a twentieth of the season.
    size = max(best.scale, abs(best.value))
    assert whole.value >= best.value - size / 10
    assert whole.bound <= best.bound + size / 10
    assert (plan.status == "proved") == (whole.gap <= season.tolerances.gap)


def test_each_farm_is_a_part_and_what_they_share_is_of_none():
    season = territory(0)
    model = build(season)
    farms, nobody = parts(model)
    blocks = {b.id: b.farm for b in season.blocks}
    planting = [{blocks[b] for b, _ in p.season.areas} for p in farms if p.season.areas]
    assert planting == [{f.id} for f in season.farms]
    names = {model.column_names[x].split("[")[0] for x in nobody}
    assert {"portions", "extra", "stored", "delivered", "lowest"} <= names
    assert not names & {"x", "u", "g", "picked", "work"}
    every = np.concatenate([nobody, *(p.columns for p in farms)])
    assert sorted(every) == list(range(len(model.column_names)))


MODEL = build(territory(1))
COSTS = weigh(territory(1), MODEL)


@pytest.fixture(scope="module")
def least_cost():
    """What the best plan costs, solved whole."""
    program = Program(MODEL, COSTS, seed=0)
    program.whole([n for n, whole in enumerate(MODEL.integer) if whole])
    best = program.run()
    assert best.complete
    return best.objective


def test_the_bound_of_all_farms_is_at_least_as_near_as_the_view_from_above(least_cost):
    above = Program(MODEL, COSTS, seed=0).run(interior=True)
    apart = Apart(territory(1), MODEL, COSTS, 0)
    found = apart.bound(above.duals, np.inf, 20.0)
    assert bound(MODEL, COSTS, above.duals) - 1e-6 <= found <= least_cost + 1e-6


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_whatever_the_prices_the_bound_of_all_farms_is_never_false(least_cost, seed):
    dice = np.random.default_rng(seed)
    right = Program(MODEL, COSTS, seed=0).run().duals
    wrong = right * dice.uniform(0, 2, len(right)) + dice.normal(0, 1, len(right))
    assert Apart(territory(1), MODEL, COSTS, 0).bound(wrong, np.inf, 5.0) <= least_cost + 1e-6


@pytest.mark.parametrize("season", [FULL, territory(2)], ids=["full", "territory"])
def test_farms_in_turn_keep_every_rule_and_lock(each_in_turn, season):
    block, option = season.blocks[0], season.options[0]
    locks = (
        Lock("area", block.id, option.id, "least", dec("0.5")),
        Lock("crop", season.farms[1].id, season.options[-1].crop, "forbidden"),
    )
    plan = solve(season, locks=locks, seconds_max=20)
    assert verify(season, plan, locks).violations == ()


def test_farms_in_turn_give_the_same_plan_for_the_same_seed(each_in_turn):
    first, second = (untimed(solve(territory(3), seed=5)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("small", "many"), [(300, 12), (-1, 12), (-1, 0)])
def test_a_lack_of_time_is_never_told_as_an_impossible_season(small, many, monkeypatch):
    monkeypatch.setattr(search, "_SMALL", small)
    monkeypatch.setattr(search, "_MANY", many)
    season = territory(4)
    lock = Lock("crop", "f2", season.options[0].crop, "required")
    with pytest.raises(NoPlanInTime, match="Pas de plan trouvé en 0 s"):
        solve(season, locks=(lock,), seconds_max=0.0)
