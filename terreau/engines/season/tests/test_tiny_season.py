"""The tiny season, worked by hand: every number of its plan, and why."""

import itertools
from dataclasses import replace
from decimal import Decimal

from terreau.engines.season import (
    Barred,
    Fixed,
    Lock,
    Opening,
    Plan,
    Problem,
    Remaining,
    solve,
    trade_off,
    verify,
)
from terreau.engines.season.plan import PROVED
from terreau.engines.season.solve.clash import explain, say
from terreau.engines.season.tests.tiny import FULL, TINY, WEEKS, dec, hands, untimed


def areas(plan: Plan) -> dict[str, Decimal]:
    return {lot.option: lot.beds for lot in plan.lots}


def picked(plan: Plan) -> dict[str, Decimal]:
    return {h.crop: h.picked for h in plan.harvests}


def test_the_tiny_season_comes_out_as_worked_by_hand():
    plan = solve(TINY)
    assert verify(TINY, plan).violations == ()
    assert plan.status == PROVED
    # Weeks 10 to 14, radishes and lettuces share two beds. A basket takes a portion and 30 % more at most:
    # 400 × 0.25 × 1.3 = 130 kg of radishes, 400 × 0.3 × 1.3 = 156 kg of lettuces. One bed of each gives
    # 100 kg × 6 € + 156 kg × 4 €; one and a half of radishes, half of lettuces, 130 × 6 + 100 × 4:
    # 1,224 € against 1,180 €, so one bed of each, though 44 kg of lettuces stay in the field.
    # Week 15, lettuces still take a bed: carrots have the other, 200 kg for the canteen, 50 for wholesale.
    assert areas(plan) == {"radis": 1, "laitue": 1, "carotte": 1}
    # Week 14, 10 h: 0.2 h of upkeep for each bed, and 10 h for 100 kg of radishes: 96 kg are picked.
    assert picked(plan) == {"radis": 96, "laitue": 156, "carotte": 250}
    # 96 × 6 + 156 × 4 + 200 × 2.50 + 50 × 1 = 1,750 €; plants and areas 10 + 40 + 20 €, three crops at 5 €.
    assert plan.goal("surplus").value == 175_000 - 7_000 - 1_500
    assert plan.goal("promises").value == 0
    # 4 kg of radishes and 44 kg of lettuces are left; week 14 is one hour beyond nine tenths of ten hours.
    assert plan.goal("waste").value == 48
    assert plan.goal("hours").value == 1
    assert plan.goal("total").value == 166_500 - 48 * 5 - 100
    assert plan.goal("total").gap == 0
    # 96 × 6 × 0.75 + 156 × 4 × 0.75 + 250 × 3 × 0.75 = 1,462.50 €, less 85 €, for two beds.
    assert plan.incomes[0].cents_per_bed == (146_250 - 8_500) / Decimal(2)
    assert [(o.crop, o.plants, o.unit) for o in plan.orders] == [
        ("laitue", 1200, "plants"),
        ("radis", 300, "graines"),
        ("carotte", 1, "kg"),
    ]


def test_beds_are_named_and_carrots_do_not_take_the_bed_of_lettuces_still_there():
    places = {lot.option: lot.places for lot in solve(TINY).lots}
    assert set(places["carotte"]) == set(places["radis"])
    assert set(places["radis"]) | set(places["laitue"]) == {"1a", "1b", "2a", "2b"}


def test_an_hour_more_in_the_tight_week_has_a_price():
    prices = {(p.kind, p.where, p.week): p for p in solve(TINY).prices}
    tight = prices["hours", "jardin", WEEKS[4]]
    # Seen from above, radishes take 0.96 bed. A kilo more asks for 0.1 h to pick and 0.002 h to keep its
    # hundredth of a bed: 9.804 kg an hour, at 6 €, less a bed's 10 € and its part of the crop's 5 €, by kilo.
    assert tight.cents == round(Decimal(1) / Decimal("0.102") * (600 - 10 - Decimal("2.5")), 2)
    assert tight.sentence.replace("\u202f", " ").replace("\u00a0", " ") == (
        "12 h de plus en semaine 14 (Jardin) vaudraient environ 691 €."
    )


def test_a_family_not_back_yet_is_not_planted_and_the_canteen_is_told_what_would_free_it():
    barred = Barred("Apiacées", "carottes en 2025, retour en 2031")
    season = replace(TINY, blocks=(replace(TINY.blocks[0], barred=(barred,)),))
    plan = solve(season)
    assert verify(season, plan).accepted
    assert "carotte" not in areas(plan)
    assert [(s.subject, s.missing, s.cause) for s in plan.shortfalls] == [("cantine", 200, "season")]
    # 200 kg missing at 5 €.
    assert plan.goal("promises").value == 100_000


def test_a_promise_that_land_cannot_serve_names_the_beds_that_would():
    season = replace(TINY, commitments=(replace(TINY.commitments[0], kilos=dec(900)),))
    (missing,) = solve(season).shortfalls
    # Two beds ask 0.4 h to keep: 9.6 h pick 480 kg. 420 kg more are 1.7 beds, so two.
    assert (missing.missing, missing.cause) == (420, "choice")
    assert "2 planches de 100 m² de plus en carotte, plantées en semaine 15" in missing.sentence.replace(
        "\u00a0", " "
    )


def test_locks_are_kept_and_a_lock_forbids():
    for lock, expected in (
        (Lock("area", "nord", "laitue", "fixed", dec("0.5")), {"radis": dec(1), "laitue": dec("0.5")}),
        (Lock("crop", "jardin", "radis", "forbidden"), {"laitue": dec(1)}),
        (Lock("area", "nord", "laitue", "most", dec(0)), {"radis": dec(1)}),
    ):
        plan = solve(TINY, locks=(lock,))
        assert verify(TINY, plan, (lock,)).violations == ()
        assert {k: v for k, v in areas(plan).items() if k != "carotte"} == expected


def test_locks_that_clash_are_named_and_the_smallest_set_of_them():
    locks = (
        Lock("area", "nord", "radis", "least", dec("1.5")),
        Lock("crop", "jardin", "carotte", "required"),
        Lock("area", "nord", "laitue", "least", dec(1)),
    )
    plan = solve(TINY, locks=locks)
    assert plan.status == "impossible"
    said = [line.replace("\u202f", " ").replace("\u00a0", " ") for line in plan.clash]
    assert said == [
        "Verrou « Radis, semaine 10, Nord, au moins 1,5 planche »",
        "Verrou « Laitue, semaine 10, Nord, au moins 1 planche »",
        "Ces verrous ne peuvent tenir ensemble. Retirez-en un, ou réduisez une surface.",
    ]
    assert not verify(TINY, plan, locks).accepted


def test_without_time_to_try_them_all_locks_are_named_rather_than_none():
    more = Lock("area", "nord", "radis", "least", dec("1.5"))
    locks = (Lock("crop", "jardin", "carotte", "required"), more)
    said = explain(TINY, locks, 0, seconds_max=0.0)
    assert said[:2] == tuple(say(TINY, lock) for lock in locks)


def test_a_lock_against_rotation_says_why():
    barred = replace(TINY.blocks[0], barred=(Barred("Apiacées", "carottes en 2025"),))
    plan = solve(replace(TINY, blocks=(barred,)), locks=(Lock("area", "nord", "carotte", "least", dec(1)),))
    assert "la rotation l’interdit (Apiacées\u202f: carottes en 2025)" in plan.clash[0]


def test_what_is_in_the_ground_keeps_its_bed_and_feeds_the_plan():
    standing = Fixed(
        "p1", "nord", "carotte", ("2a", "2b"), 8, (Remaining(WEEKS[7], dec(50), dec(100), dec(120)),)
    )
    season = replace(TINY, fixed=(standing,), opening=(Opening("laitue", dec(5)),))
    plan = solve(season)
    assert verify(season, plan).violations == ()
    assert all(not set(lot.places) & {"2a", "2b"} for lot in plan.lots if lot.option != "carotte")
    assert ("carotte", WEEKS[7], dec(100)) in {(h.crop, h.week, h.likely) for h in plan.harvests}


def test_a_planting_that_shares_the_beds_of_another_gives_and_asks_for_work_but_takes_no_more_land():
    ripe = (Remaining(WEEKS[7], dec(50), dec(100), dec(120)),)
    standing = Fixed("p1", "nord", "carotte", ("2a", "2b"), 8, ripe, {"culture": dec(1)})
    beside = Fixed("p2", "nord", "carotte", (), 8, ripe, {"culture": dec(1)})
    alone, both = (solve(replace(TINY, fixed=fixed)) for fixed in ((standing,), (standing, beside)))
    assert verify(replace(TINY, fixed=(standing, beside)), both).violations == ()
    likely = [{(h.crop, h.week): h.likely for h in plan.harvests} for plan in (alone, both)]
    assert likely[1]["carotte", WEEKS[7]] == likely[0]["carotte", WEEKS[7]] + 100
    assert sum(h.needed for h in both.hours) > sum(h.needed for h in alone.hours)
    assert areas(both) == areas(alone)


def test_plantings_that_ask_more_than_the_hands_have_are_named():
    standing = Fixed("p1", "nord", "carotte", ("2a",), 2, upkeep_week={"culture": dec(11)})
    plan = solve(replace(TINY, fixed=(standing,)))
    assert plan.status == "impossible"
    assert plan.clash[0] == "Plantation p1\u202f: Carotte, Nord."


def test_same_seed_same_plan_and_the_plan_comes_back_from_json():
    first, second = solve(TINY, seed=3), solve(TINY, seed=3)
    assert untimed(first) == untimed(second)
    assert Plan.from_json(first.to_json()) == first
    assert Problem.from_json(TINY.to_json()) == TINY


def test_without_hands_nothing_is_planted():
    idle = replace(TINY, farms=(replace(TINY.farms[0], hands=hands(0)),))
    plan = solve(idle)
    assert verify(idle, plan).accepted
    assert plan.lots == ()


def test_a_previous_plan_is_kept_when_nothing_better_is_found():
    first = solve(TINY)
    hail = replace(TINY, options=tuple(o for o in TINY.options if o.id != "laitue"))
    second = solve(hail, previous=first)
    assert verify(hail, second).violations == ()
    again = solve(TINY, previous=first)
    assert again.goal("total").value == first.goal("total").value
    assert again.lots == first.lots


def test_the_choice_between_the_lowest_income_and_the_whole_is_drawn():
    points = trade_off(FULL)
    assert len(points) >= 4
    totals, lowest = [p.total_cents for p in points], [p.lowest_cents for p in points]
    assert all(a >= b - 1 for a, b in itertools.pairwise(totals))
    assert all(a <= b + 1 for a, b in itertools.pairwise(lowest))
    unwished = replace(FULL, tolerances=replace(FULL.tolerances, fairness=dec(0)))
    assert points[0].total_cents >= solve(unwished).goal("total").value - 1
    assert trade_off(TINY) == ()
