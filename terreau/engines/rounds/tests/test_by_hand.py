"""The tiny morning ordered by hand: every hour, load and cent of it, and what each move costs or breaks."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.rounds import (
    BreakRule,
    End,
    Hub,
    ProblemRefused,
    Stop,
    Transfer,
    Window,
    by_hand,
    timetable,
    units,
    verify,
)
from terreau.engines.rounds.tests.tiny import (
    COLLEGE,
    FARM,
    MIN,
    SCHOOL,
    TINY,
    H,
    at,
    call,
    whole_call,
    with_stop,
    with_vans,
)

ORDER = [[call(SCHOOL), call(COLLEGE), call(FARM)]]
PLAN = by_hand(TINY, [("fourgon", ORDER)])


def test_the_tiny_morning_is_timed_and_priced_as_worked_by_hand():
    (tour,) = PLAN.tours
    # The collège opens at 8:00 and nobody should wait: école at 7:40, ten minutes there, ten on the road.
    school, college, farm = tour.trips[0].visits
    assert (school.start_s, college.arrival_s, farm.start_s) == (at(7, 40), at(8), at(8, 25))
    # Ten minutes from the hub, after a quarter of an hour of loading; twenty minutes back from the farm.
    assert (tour.trips[0].loading_s, tour.trips[0].departure_s) == (at(7, 15), at(7, 30))
    assert tour.end_s == at(8, 55)
    # 14 + 6 crates leave, the farm's ten come back.
    assert tour.trips[0].load == (14, 6)
    assert [v.load_after for v in tour.trips[0].visits] == [(8, 4), (0, 0), (10, 0)]
    # 10 + 10 + 10 + 20 km at 0.30 €, 1 h 40 at 24 €, and 45 € for the day.
    assert tour.distance_m == 50_000
    assert tour.cost.day == units(Decimal(45))
    assert (tour.cost.km, tour.cost.hours) == (units(Decimal(15)), units(Decimal(40)))
    assert PLAN.cost == units(Decimal(100))
    verdict = verify(TINY, PLAN)
    assert (verdict.sentences, verdict.cost) == ((), PLAN.cost)


def test_another_order_costs_what_its_road_is_longer():
    other = by_hand(TINY, [("fourgon", [[call(COLLEGE), call(SCHOOL), call(FARM)]])])
    # hub, collège, école, ferme: 15 + 10 + 15 + 20 km, ten minutes more on the road.
    assert other.cost - PLAN.cost == units(Decimal("0.30")) * 10 + units(Decimal(24)) // 6
    assert verify(TINY, other).accepted


def test_an_order_by_hand_says_what_it_breaks():
    # The farm first: its ten crates ride with the fourteen of the schools.
    first = by_hand(TINY, [("fourgon", [[call(FARM), call(SCHOOL), call(COLLEGE)]])])
    assert "Fourgon, en quittant Ferme : 4 caisses de trop." in _plain(verify(TINY, first).sentences)
    # The école closes at 7:30: behind the collège, which opens at 8:00, it comes 55 minutes too late.
    early = with_stop(TINY, "ecole", windows=(Window(at(7), at(7, 30)),))
    late = by_hand(early, [("fourgon", [[call(COLLEGE), call(SCHOOL), call(FARM)]])])
    (violation,) = verify(early, late).violations
    assert (violation.kind, violation.stop, violation.amount) == ("late", "ecole", 55 * MIN)
    assert _plain([violation.sentence]) == ["École : arrivée 55 min trop tard (7 h 30)."]


def test_a_stop_taken_off_is_said_to_be_left():
    plan = by_hand(TINY, [("fourgon", [[call(SCHOOL), call(FARM)]])])
    assert [u.stop for u in plan.unserved] == ["college"]
    assert _plain(verify(TINY, plan).sentences) == ["Collège n’est pas desservi."]


def test_a_second_trip_loads_again_once_its_order_is_ready():
    twice = with_vans(with_stop(TINY, "college", ready_s=at(9)), reload_at="hub", reloads_max=1)
    plan = by_hand(twice, [("fourgon", [[call(SCHOOL), call(FARM)], [call(COLLEGE)]])])
    (tour,) = plan.tours
    # The collège's crates are ready at 9:00: loading until 9:15, there at 9:30. The first trip is back just
    # then, leaving as late as that allows, so that nobody waits at the hub.
    assert tour.trips[1].loading_s == at(9)
    assert tour.trips[1].visits[0].start_s == at(9, 30)
    assert tour.trips[0].return_s == at(9)
    assert verify(twice, plan).accepted


def test_the_second_window_serves_when_the_first_has_closed():
    split = with_stop(TINY, "ecole", windows=(Window(at(7), at(7, 30)), Window(at(9), at(10))))
    plan = by_hand(split, [("fourgon", [[call(COLLEGE), call(SCHOOL), call(FARM)]])])
    assert plan.tours[0].trips[0].visits[1].start_s == at(9)
    assert verify(split, plan).accepted
    forced = timetable(split, "fourgon", [[call(SCHOOL, window=1), call(COLLEGE), call(FARM)]])
    assert forced.trips[0].visits[0].start_s == at(9)


def test_overtime_is_dearer_and_the_break_is_not_paid():
    tired = with_vans(
        TINY, shift_s=H, overtime_s=2 * H, overtime_hour=units(Decimal(6)), breaks=(BreakRule(H, 10 * MIN),)
    )
    (tour,) = by_hand(tired, [("fourgon", ORDER)]).tours
    assert tour.duration_s == 110 * MIN
    assert tour.cost.hours == units(Decimal(40))
    assert tour.cost.overtime == units(Decimal(5))
    (pause,) = tour.pauses
    assert pause.end_s - pause.start_s == 10 * MIN
    assert verify(tired, by_hand(tired, [("fourgon", ORDER)])).accepted


def test_a_break_is_first_taken_out_of_the_waiting():
    # The école only at 7:00, the collège only from 8:00: forty minutes of waiting hold a break of thirty.
    waiting = with_vans(
        with_stop(TINY, "ecole", windows=(Window(at(7), at(7)),)), breaks=(BreakRule(H, 30 * MIN),)
    )
    (tour,) = by_hand(waiting, [("fourgon", ORDER)]).tours
    assert tour.end_s == at(8, 55)
    (pause,) = tour.pauses
    assert pause.start_s == at(7, 10)
    assert tour.trips[0].visits[1].wait_s == 10 * MIN


def test_a_break_is_placed_so_that_no_stretch_is_too_long():
    driver = with_vans(TINY, breaks=(BreakRule(H, 20 * MIN),), stretch_s=H)
    plan = by_hand(driver, [("fourgon", ORDER)])
    (pause,) = plan.tours[0].pauses
    # 1 h 40 of work: an hour at most before the break, an hour at most after.
    assert pause.start_s - plan.tours[0].start_s <= H
    assert plan.tours[0].end_s - pause.end_s <= H
    assert verify(driver, plan).accepted


def test_a_transfer_rides_beside_the_rest_without_passing_by_the_hub():
    farm, school = End("ferme", Window(at(6), at(9)), 300), End("ecole", Window(at(7), at(11)), 300)
    direct = Transfer("direct", "Direct", farm, school, (3, 1))
    with_direct = replace(TINY, stops=(COLLEGE,), transfers=(direct,))
    trip = [
        call(COLLEGE),
        whole_call(with_direct, "direct", "load"),
        whole_call(with_direct, "direct", "drop"),
    ]
    plan = by_hand(with_direct, [("fourgon", [trip])])
    assert verify(with_direct, plan).accepted
    assert [v.load_after for v in plan.tours[0].trips[0].visits] == [(0, 0), (3, 1), (0, 0)]
    swapped = by_hand(with_direct, [("fourgon", [[trip[2], trip[1], trip[0]]])])
    said = _plain(verify(with_direct, swapped).sentences)
    assert "Direct : remis avant d’être pris." in said
    assert "Direct : pris, jamais remis sur ce voyage." in said


def test_a_tour_may_end_elsewhere_than_it_began():
    farm = Hub("garage", "Garage", "ferme", at(5), at(20))
    home = with_vans(replace(TINY, hubs=(*TINY.hubs, farm)), end="garage")
    plan = by_hand(home, [("fourgon", ORDER)])
    assert plan.tours[0].distance_m == 30_000
    assert verify(home, plan).accepted


def test_whatever_is_unknown_is_refused_by_name():
    stranger = Stop("mairie", "Mairie", "hub", (1, 0), (0, 0), (Window(0, 9),), 0)
    with pytest.raises(ProblemRefused, match="mairie est inconnu"):
        by_hand(TINY, [("fourgon", [[call(stranger)]])])
    with pytest.raises(ProblemRefused, match="lune est inconnu"):
        by_hand(TINY, [("lune", ORDER)])


def _plain(sentences):
    return [s.replace("\u202f", " ").replace("\u00a0", " ") for s in sentences]
