"""What the solver is asked, need by need: each plan is judged, and its numbers are those worked by hand."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.rounds import (
    BreakRule,
    End,
    Lock,
    Plan,
    Transfer,
    Window,
    by_hand,
    solve,
    units,
    verify,
)
from terreau.engines.rounds.plan import BEST_FOUND, IMPOSSIBLE, Call
from terreau.engines.rounds.tests.tiny import (
    COLLEGE,
    FARM,
    MIN,
    SCHOOL,
    TINY,
    VAN,
    H,
    at,
    call,
    small_day,
    with_stop,
    with_vans,
)

GOLDEN = [
    (
        "fourgon",
        [
            [
                ("s4", "stop", 29244),
                ("direct", "load", 31996),
                ("s3", "stop", 34896),
                ("direct", "drop", 36057),
                ("s0", "stop", 37920),
            ],
            [("s1", "stop", 44501)],
        ],
    )
]


def rounds(problem, locks=(), iterations=100, **asked) -> Plan:
    """A plan found in few iterations, accepted by the judge unless the day is impossible."""
    plan = solve(problem, locks=locks, iterations=iterations, **asked)
    if plan.status == BEST_FOUND:
        assert verify(problem, plan, locks).sentences == ()
    return plan


def order(plan: Plan, tour: int = 0) -> list[list[str]]:
    return [[c.key for c in trip] for trip in plan.tours[tour].calls]


def test_the_tiny_morning_comes_out_as_worked_by_hand():
    plan = rounds(TINY)
    assert order(plan) == [["ecole", "college", "ferme"]]
    assert plan.cost == units(Decimal(100))
    assert (plan.status, plan.solver, plan.iterations, plan.spread) == (BEST_FOUND, "PyVRP", 200, 0)


def test_a_stored_plan_comes_out_again_hour_for_hour():
    """The golden plan: another version of the solver that changes it is looked at, not just accepted."""
    plan = rounds(small_day(57, stops=6), iterations=50, seed=7)
    told = [
        (t.vehicle, [[(v.call.key, v.call.leg, v.start_s) for v in trip.visits] for trip in t.trips])
        for t in plan.tours
    ]
    assert told == GOLDEN
    assert (plan.cost, [u.stop for u in plan.unserved]) == (2_498_499, ["s2", "s5"])


def test_a_problem_its_plan_and_a_lock_are_stored_and_come_back_whole():
    plan = solve(TINY, iterations=20)
    lock = Lock("vehicle", "fourgon", stops=("ecole",))
    for told in (TINY, plan, lock):
        assert type(told).from_json(json.loads(json.dumps(told.to_json()))) == told


def test_the_same_seed_gives_the_same_plan():
    day = small_day(28)
    one, two = rounds(day, seed=3), rounds(day, seed=3)
    assert replace(one, seconds=0) == replace(two, seconds=0)


def test_an_order_larger_than_the_van_is_split_and_its_parts_add_up():
    large = with_stop(with_vans(TINY, reload_at="hub", reloads_max=3), "ecole", delivery=(45, 2))
    plan = rounds(large)
    parts = [c for trip in plan.tours[0].calls for c in trip if c.key == "ecole"]
    # Forty-five crates, twenty at most: three parts of fifteen, the two cold crates in two of them.
    assert sorted(c.delivery for c in parts) == [(15, 0), (15, 1), (15, 1)]


def test_a_stop_with_two_windows_is_served_in_one():
    late = with_stop(TINY, "ecole", windows=(Window(at(6), at(6, 10)), Window(at(8, 50), at(9, 30))))
    assert order(rounds(late)) == [["college", "ferme", "ecole"]]


def test_what_is_ready_later_leaves_on_a_second_trip():
    college = with_stop(TINY, "college", ready_s=at(9), windows=(Window(at(9), at(11)),))
    later = with_vans(college, reload_at="hub", reloads_max=1)
    plan = rounds(later)
    assert [keys[0] for keys in order(plan)] == ["ecole", "college"]
    assert plan.tours[0].trips[1].loading_s >= at(9)
    # Without a reload, the école, that closes at 8:30, cannot wait for the collège's crates.
    assert rounds(with_vans(later, reload_at="", reloads_max=0)).status == IMPOSSIBLE


def test_the_cheapest_vehicle_that_can_goes_and_cold_stays_with_cold():
    car = replace(VAN, id="voiture", name="Voiture", capacity=(20, 0), day=units(Decimal(10)))
    mixed = replace(TINY, vehicles=(VAN, car))
    assert [t.vehicle for t in rounds(mixed).tours] == ["fourgon"]
    ambient = with_stop(with_stop(mixed, "ecole", delivery=(6, 0)), "college", delivery=(8, 0))
    assert [t.vehicle for t in rounds(ambient).tours] == ["voiture"]


def test_a_stop_that_asks_for_a_tail_lift_rides_with_it():
    lift = replace(VAN, id="hayon", name="Hayon", day=units(Decimal(80)), tags=("hayon", "froid"))
    both = replace(with_stop(TINY, "college", tags=("hayon",)), vehicles=(VAN, lift))
    assert [t.vehicle for t in rounds(both).tours] == ["hayon"]


def test_a_shift_floats_and_overtime_is_paid_rather_than_a_second_van():
    two = (VAN, replace(VAN, id="second", name="Second"))
    short = with_vans(replace(TINY, vehicles=two), shift_s=90 * MIN)
    assert len(rounds(short).tours) == 2
    over = with_vans(short, overtime_s=30 * MIN, overtime_hour=units(Decimal(6)))
    plan = rounds(over)
    # Ten minutes of overtime at 6 € more an hour.
    assert (len(plan.tours), plan.cost) == (1, units(Decimal(101)))


def test_an_optional_stop_is_left_when_it_costs_more_than_it_is_worth():
    # Coming back by the farm is 15 km longer, 15 minutes of road and ten there: 4.50 € and 10 €.
    free = with_stop(TINY, "ferme", worth=units(Decimal(10)))
    plan = rounds(free)
    assert [(u.stop, u.cause) for u in plan.unserved] == [("ferme", "worth")]
    assert "plus que les 10,00\u00a0€ qu’il vaut" in plan.unserved[0].sentence
    assert rounds(with_stop(TINY, "ferme", worth=units(Decimal(20)))).unserved == ()


def test_a_break_is_given_and_when_it_does_not_fit_the_tour_is_cut():
    rested = with_vans(TINY, breaks=(BreakRule(H, 20 * MIN),))
    plan = rounds(rested)
    (pause,) = plan.tours[0].pauses
    assert pause.end_s - pause.start_s == 20 * MIN
    # Each at its hour sharp, without a minute to spare: a second van, and nobody works long enough to rest.
    sharp = {"ecole": at(7, 40), "college": at(8), "ferme": at(8, 25)}
    tight = with_vans(TINY, breaks=(BreakRule(75 * MIN, 20 * MIN),), from_s=at(7, 15), until_s=at(8, 55))
    for stop, hour in sharp.items():
        tight = with_stop(tight, stop, windows=(Window(hour, hour),))
    assert rounds(tight).status == IMPOSSIBLE
    two = replace(tight, vehicles=(tight.vehicles[0], replace(tight.vehicles[0], id="second", name="Second")))
    plan = rounds(two)
    assert len(plan.tours) == 2
    assert all(tour.pauses == () for tour in plan.tours)


def test_a_transfer_is_carried_on_the_way():
    farm, school = End("ferme", Window(at(6), at(9)), 5 * MIN), End("ecole", Window(at(7), at(11)), 5 * MIN)
    direct = Transfer("direct", "Direct", farm, school, (3, 1))
    plan = rounds(replace(TINY, transfers=(direct,), stops=(COLLEGE,)))
    # The farm by 9:00, the collège from 8:00, and the école from 7:00 on the way back: 15 + 10 + 15 + 10 km.
    assert plan.tours[0].distance_m == 50_000
    assert [c.leg for c in plan.tours[0].calls[0] if c.key == "direct"] == ["load", "drop"]


def test_cold_crates_do_not_ride_an_hour_and_more_without_cold():
    # Half an hour to the collège is too long without cold: only the dearer van, which has it, may go there.
    warm = replace(VAN, id="voiture", name="Voiture", cold=False, day=0)
    cool = replace(
        TINY,
        vehicles=(VAN, warm),
        stops=(SCHOOL, COLLEGE),
        dimensions=(TINY.dimensions[0], replace(TINY.dimensions[1], without_cold_s=12 * MIN)),
    )
    plan = rounds(cool)
    assert "fourgon" in [t.vehicle for t in plan.tours]


def test_of_two_positions_of_a_bulkhead_one_goes_out():
    wide = replace(VAN, id="v1", name="Fourgon, cloison au fond", capacity=(20, 4), van="Fourgon")
    deep = replace(VAN, id="v2", name="Fourgon, cloison au milieu", capacity=(14, 10), van="Fourgon")
    plan = rounds(replace(TINY, vehicles=(wide, deep)))
    assert [t.vehicle for t in plan.tours] == ["v2"]


# Locks.


def test_a_kept_tour_stays_as_it_is_and_the_rest_goes_round_it():
    two = replace(TINY, vehicles=(VAN, replace(VAN, id="second", name="Second")))
    kept = Lock("tour", "fourgon", trips=((call(SCHOOL), call(FARM)),))
    plan = rounds(two, (kept,))
    assert [order(plan, n) for n in range(2)] == [[["ecole", "ferme"]], [["college"]]]


def test_a_kept_tour_may_hold_a_part_of_an_order():
    two = replace(TINY, vehicles=(VAN, replace(VAN, id="second", name="Second")), stops=(SCHOOL,))
    kept = Lock("tour", "fourgon", trips=((Call("ecole", "stop", (4, 0), (0, 0)),),))
    plan = rounds(two, (kept,))
    assert [t.calls[0][0].delivery for t in plan.tours] == [(4, 0), (2, 2)]


def test_a_kept_tour_that_breaks_a_rule_is_said():
    late = with_stop(TINY, "ecole", windows=(Window(at(7), at(7, 30)),))
    kept = Lock("tour", "fourgon", trips=((call(COLLEGE), call(SCHOOL), call(FARM)),))
    plan = rounds(late, (kept,))
    assert plan.status == IMPOSSIBLE
    assert "École\u202f: arrivée 55\u00a0min trop tard" in plan.clash[1]


def test_a_stop_kept_with_a_vehicle_stays_with_it():
    two = replace(TINY, vehicles=(VAN, replace(VAN, id="second", name="Second", day=units(Decimal(60)))))
    plan = rounds(two, (Lock("vehicle", "second", stops=("ecole",)),))
    assert [t.vehicle for t in plan.tours] == ["second"]


def test_a_kept_order_is_followed_without_anything_between():
    kept = Lock("order", stops=("college", "ecole"))
    plan = rounds(TINY, (kept,))
    assert order(plan) == [["college", "ecole", "ferme"]]
    assert plan.cost == units(Decimal(107))


def test_a_kept_order_that_cannot_be_is_said():
    plan = rounds(TINY, (Lock("order", stops=("ferme", "college", "ecole")),))
    # The farm's ten crates and the schools' fourteen: more than the van's twenty.
    assert plan.status == IMPOSSIBLE
    late = with_stop(TINY, "ecole", windows=(Window(at(7), at(7, 30)),))
    plan = rounds(late, (Lock("order", stops=("college", "ecole")),))
    assert "ne tient pas, même seul\u202f: Collège, École" in plan.clash[0]


@pytest.mark.parametrize(
    ("locks", "said"),
    [
        ((Lock("vehicle", "lune", stops=("ecole",)),), "lune n’est pas là"),
        ((Lock("vehicle", "fourgon", stops=("mairie",)),), "mairie n’est pas là"),
        ((Lock("order", stops=("ecole", "college")), Lock("order", stops=("ferme", "ecole"))), "deux ordres"),
        (
            (Lock("tour", "fourgon", trips=((call(FARM),),)), Lock("vehicle", "fourgon", stops=("ecole",))),
            "ne le sert pas",
        ),
        (
            (Lock("vehicle", "fourgon", stops=("ecole",)), Lock("vehicle", "second", stops=("ecole",))),
            "gardé à la fois avec Fourgon et avec Second",
        ),
        (
            (Lock("tour", "fourgon", trips=((call(SCHOOL),),)), Lock("vehicle", "second", stops=("ecole",))),
            "gardé à la fois avec Fourgon et avec Second",
        ),
    ],
)
def test_locks_that_contradict_the_day_are_named(locks, said):
    two = replace(TINY, vehicles=(VAN, replace(VAN, id="second", name="Second")))
    plan = rounds(two, locks)
    assert plan.status == IMPOSSIBLE
    assert said in plan.clash[0]
    assert {u.stop for u in plan.unserved} == {"ecole", "college", "ferme"}
    assert "impossible" in {v.kind for v in verify(TINY, plan, locks).violations}


# A former plan, seeds, progress.


def test_a_former_plan_is_where_the_search_begins():
    former = by_hand(TINY, [("fourgon", [[call(COLLEGE), call(SCHOOL)]])])
    # One iteration from it, with the farm new: nothing worse than putting it somewhere.
    plan = rounds(TINY, start=former, iterations=1, seeds=1)
    assert plan.cost <= units(Decimal(107))
    gone = replace(TINY, stops=(COLLEGE, FARM))
    assert order(rounds(gone, start=former, iterations=1)) == [["college", "ferme"]]


def test_a_plan_with_transfers_trips_and_windows_can_be_begun_from():
    day = small_day(14, stops=5)
    plan = rounds(day)
    again = rounds(day, start=plan, iterations=1, seeds=1)
    assert again.cost == plan.cost


def test_progress_is_told_seed_after_seed():
    told = []
    rounds(TINY, seeds=3, progress=lambda done, title: told.append((done, title)))
    assert told[0] == (0.0, "Recherche 1 sur 3")
    assert told[-1] == (1.0, "Tournées trouvées")
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_day_with_nothing_to_do_has_no_tour():
    assert rounds(replace(TINY, stops=())).tours == ()


def test_by_the_clock_a_tiny_search_ends():
    assert solve(TINY, seconds_max=0.02).cost == units(Decimal(100))


# Impossible days.


def test_a_stop_that_nobody_could_serve_is_named_with_its_limit():
    early = with_stop(TINY, "ecole", windows=(Window(at(5), at(5, 30)),))
    plan = rounds(early)
    assert plan.status == IMPOSSIBLE
    assert [(u.stop, u.cause) for u in plan.unserved] == [("ecole", "alone")]
    assert "École\u202f: arrivée 55\u00a0min trop tard (5\u00a0h\u00a030)" in plan.clash[0]
    # What can be done is still shown.
    assert sorted(order(plan)[0]) == ["college", "ferme"]


def test_a_compartment_that_nobody_has_is_named():
    plan = rounds(with_vans(TINY, capacity=(20, 0)))
    assert {u.stop for u in plan.unserved} == {"ecole", "college"}
    assert all("caisses froides de trop" in said for said in plan.clash)


def test_a_tag_that_nobody_has_is_named():
    plan = rounds(with_stop(TINY, "college", tags=("hayon",)))
    assert [(u.stop, u.cause) for u in plan.unserved] == [("college", "alone")]
    assert "n’a pas «\u202fhayon\u202f»" in plan.clash[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"capacity": (10, 10)}, "plus de place à bord"),
        ({"shift_s": 80 * MIN}, "des journées plus longues"),
        ({"range_m": 42_000}, "plus d’autonomie"),
    ],
)
def test_stops_that_do_not_fit_together_say_which_limit_binds(change, said):
    plan = rounds(with_vans(TINY, **change))
    assert plan.status == IMPOSSIBLE
    assert [u.cause for u in plan.unserved] == ["clash"]
    assert said in plan.clash[0]
    assert "un véhicule de plus" in plan.clash[0]


def test_windows_that_clash_say_so():
    eight = (Window(at(8), at(8)),)
    same = with_stop(with_stop(TINY, "college", windows=eight), "ecole", windows=eight)
    plan = rounds(same)
    assert "des plages horaires plus larges" in plan.clash[0]
    assert len(plan.unserved) == 1


def test_a_day_without_a_vehicle_serves_nobody_and_says_so():
    plan = rounds(replace(TINY, vehicles=()))
    assert plan.status == IMPOSSIBLE
    assert len(plan.unserved) == 3
    assert "aucun véhicule n’est libre" in plan.clash[0]


def test_an_optional_order_larger_than_any_van_is_left_whole():
    large = with_stop(TINY, "ecole", delivery=(45, 2), worth=units(Decimal(500)))
    plan = rounds(large)
    assert [(u.stop, u.cause) for u in plan.unserved] == [("ecole", "alone")]


def test_too_many_bulkheads_to_compare_are_refused():
    vans = tuple(replace(VAN, id=f"v{n}", van=f"fourgon {n // 2}") for n in range(8))
    assert "8 au plus se comparent" in rounds(replace(TINY, vehicles=vans)).clash[0]


def test_unserved_names_are_stops_of_the_day():
    for seed in (6, 12, 20, 34, 36):
        plan = rounds(small_day(seed))
        assert plan.status == IMPOSSIBLE
        assert all(isinstance(u.sentence, str) and u.sentence for u in plan.unserved)
        left = {u.stop for u in plan.unserved}
        assert left <= {job.id for job in (*small_day(seed).stops, *small_day(seed).transfers)}
        # But for what it leaves, the plan of an impossible day keeps every rule.
        kinds = {v.kind for v in verify(small_day(seed), plan).violations}
        assert kinds <= {"impossible", "unserved", "parts"}
