"""The way of large seasons, tried on small ones whose optimum is known: the bound holds, the plan is near."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.engines.season import Baskets, Block, Fixed, Lock, NoPlanInTime, Option, solve, verify
from terreau.engines.season.plan import Lot
from terreau.engines.season.reasons import price
from terreau.engines.season.solve import search
from terreau.engines.season.solve.beds import place
from terreau.engines.season.solve.bound import bound
from terreau.engines.season.solve.highs import Program
from terreau.engines.season.solve.model import build, weigh
from terreau.engines.season.tests.tiny import FULL, TINY, WEEKS, dec, middle_season, picked, untimed


@pytest.fixture
def large_way(monkeypatch):
    monkeypatch.setattr(search, "_SMALL", -1)


@pytest.mark.parametrize("seed", range(8))
def test_the_descent_is_near_the_optimum_and_its_bound_holds(large_way, seed, monkeypatch):
    season = middle_season(seed)
    if seed % 2:
        season = replace(season, cyclic=True, blocks=(replace(season.blocks[0], families_max=2),))
    plan = solve(season, seconds_max=20)
    monkeypatch.setattr(search, "_SMALL", 10**6)
    best = solve(season, seconds_max=20).goal("total")
    assert verify(season, plan).violations == ()
    whole = plan.goal("total")
    assert whole.bound >= best.value - 5
    assert whole.value <= best.bound + 5
    assert whole.value >= best.value - abs(best.value) / 10
    assert (plan.status == "proved") == (whole.gap <= season.tolerances.gap)


def test_the_descent_respects_locks_fixed_plantings_and_the_lowest_income(large_way):
    locks = (Lock("area", "serre", "serre", "least", dec("0.5")), Lock("crop", "jardin", "radis", "required"))
    plan = solve(FULL, locks=locks)
    assert verify(FULL, plan, locks).violations == ()
    assert plan.goal("fairness").bound >= plan.goal("fairness").value - 1


def test_seen_from_above_and_no_time_left_the_descent_still_gives_a_plan_that_holds(large_way, monkeypatch):
    monkeypatch.setattr(search, "_VIEW", 1e12)
    season = middle_season(3)
    plan = solve(season, seconds_max=1e-9)
    assert verify(season, plan).violations == ()
    assert plan.status == "best_found"
    assert plan.goal("total").gap > season.tolerances.gap


def test_a_small_season_for_which_nothing_whole_was_found_in_time_is_refused(monkeypatch):
    monkeypatch.setattr(search, "_VIEW", 1e12)
    with pytest.raises(NoPlanInTime, match="donnez plus de temps"):
        solve(middle_season(3), seconds_max=1e-9)


def test_the_descent_gives_the_same_plan_for_the_same_seed(large_way):
    first, second = (untimed(solve(middle_season(1), seed=5)) for _ in range(2))
    assert first == second


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_whatever_the_prices_the_bound_is_never_false(seed):
    dice = np.random.default_rng(seed)
    model = build(TINY)
    costs = weigh(TINY, model)
    best = Program(model, costs, seed=0).run(seconds_max=10)
    wrong = best.duals * dice.uniform(0, 2, len(best.duals)) + dice.normal(0, 1, len(best.duals))
    assert bound(model, costs, wrong) <= best.objective + 1e-6
    assert bound(model, costs, best.duals) == pytest.approx(best.objective, abs=1e-6)


def test_a_family_does_not_follow_itself_on_a_bed_when_another_could():
    options = tuple(
        Option(f"{crop}-{first}", crop, "field", WEEKS[first], 4, (picked(3, 10),))
        for crop in ("radis", "laitue")
        for first in (0, 4)
    )
    season = replace(
        TINY, options=options, blocks=(Block("nord", "Nord", "jardin", "field", dec(2)),), baskets=Baskets()
    )
    lots = [Lot(o.id, "nord", o.id, dec(1), ()) for o in options]
    places = {lot.id: set(lot.places) for lot in place(season, lots)}
    assert places["radis-4"] == places["laitue-0"]
    assert places["laitue-4"] == places["radis-0"]


def test_a_lot_that_passes_the_year_ends_where_it_can_and_nothing_overlaps():
    options = (
        Option("laitue-8", "laitue", "field", WEEKS[8], 5, (picked(4, 10),)),
        Option("radis-1", "radis", "field", WEEKS[1], 3, (picked(2, 10),)),
        Option("carotte-4", "carotte", "field", WEEKS[4], 7, (picked(6, 10),)),
    )
    year = replace(TINY, cyclic=True, options=options, blocks=(replace(TINY.blocks[0], beds=dec(2)),))
    lots = [Lot(o.id, "nord", o.id, dec(1), ()) for o in options]
    placed = {lot.id: lot for lot in place(year, lots)}
    assert len(placed["laitue-8"].carried) == len(placed["carotte-4"].carried) == 2
    assert placed["radis-1"].carried == ()


def test_land_that_is_all_taken_is_priced_at_no_more_than_a_little_of_it_would_earn(large_way):
    """Of land that no sowing can have, a solver may answer any price: the one told can be earned."""
    standing = tuple(Fixed(f"p{n}", "nord", "carotte", (f"{n}a", f"{n}b"), 5) for n in (1, 2, 3))
    season = replace(middle_season(2), fixed=standing)
    model = build(season)
    full = [model.rows["land", "nord", t] for t in range(5)]

    def worth(extra):
        program = Program(model, weigh(season, model), seed=0)
        program.row_uppers(dict.fromkeys(full, extra))
        return -100 * program.run().objective

    prices = solve(season, seconds_max=20).prices
    told = sum(p.cents for p in prices if p.kind == "land" and p.week in WEEKS[:5])
    half_beds = 0.02
    assert 0 < float(told) * half_beds / 2 <= (worth(half_beds) - worth(0.0)) * 1.0001


def test_a_price_names_the_block_it_is_about_even_if_a_farm_has_its_number():
    same = replace(TINY, blocks=(replace(TINY.blocks[0], id="jardin"),))
    assert "(Nord)" in price(same, "land", "jardin", WEEKS[0], dec(100)).sentence
    assert "(Jardin)" in price(same, "hours", "jardin", WEEKS[0], dec(100)).sentence
