"""A tour that its van held back, worked by hand: four crates at a time on the road of `test_shares`.

Les Aulnes send two crates to the school, La Butte and Le Clos two each to the secondary school, twice as far.
The van makes two trips, 28.91 € and 57.82 €. Two farms fit in one: whichever they are, they pay 57.82 €.
Les Aulnes bring 28.91 € first, nothing second, 28.91 € last: 19.27 € on average; the two others 33.73 € each.
"""

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest

from terreau.engines.rounds import (
    Call,
    Dimension,
    Hub,
    Matrix,
    Stop,
    Vehicle,
    Window,
    by_hand,
    verify,
)
from terreau.engines.rounds import Problem as Rounds
from terreau.engines.rounds.plan import STOP
from terreau.measures.money import Money
from terreau.planning.models import PlanState, RoundsPlan, TourShares
from terreau.planning.shares import actions
from terreau.planning.shares.oracle import Oracle
from terreau.planning.shares.reading import month_read
from terreau.planning.shares.tours import driven
from terreau.planning.tests.factories import Village
from terreau.planning.tests.road import DAY, NOW, OCTOBER, at, counted, delivered, drove, paid, url
from terreau.planning.tests.test_shares import voted
from terreau.planning.tests.test_shares_steps import accepted, keyed
from terreau.territory.models import Place

LEG_M = 14_456
SCHOOL, COLLEGE = ("s0", "école", 1), ("s1", "collège", 2)


def morning(stops: tuple[Stop, ...], distance: tuple[tuple[int, ...], ...], room: int = 4) -> Rounds:
    """A van of so many crates, 1 € a kilometre, at 60 km/h."""
    day = Window(6 * 3600, 18 * 3600)
    van = Vehicle("1", "Fourgon", (room,), "h", "h", day.opens_s, day.closes_s, 11 * 3600, "r", km=10_000,
                  reload_at="h", reloads_max=3)  # fmt: skip
    seconds = tuple(tuple(m * 60 // 1000 for m in row) for row in distance)
    return Rounds(
        date(2026, 10, 15), (Dimension("c", "caisse", "caisses"),), tuple(map(str, range(len(distance)))),
        (Matrix("r", seconds, distance),), (Hub("h", "Quai", "0", 0, 24 * 3600),), (van,), stops,
    )  # fmt: skip


def stop(name: str, place: int, crates: int, window: Window | None = None) -> Stop:
    return Stop(name, name, f"{place}", (crates,), (0,), (window or Window(6 * 3600, 18 * 3600),), 600)


@pytest.fixture
def held(here) -> Village:
    """Published, driven, handed over."""
    Place.objects.filter(pk=here.places["quai"].pk).update(latitude=50.0, longitude=2.0)
    at(here, "école", "canteen", "door", 50.1)
    at(here, "collège", "canteen", "door", 50.2)
    for farm in ("aulnes", "butte", "clos"):
        at(here, farm, "farm", "field", 50.0)
    first = delivered(here, "aulnes", "école", "40")
    others = [delivered(here, farm, "collège", "40") for farm in ("butte", "clos")]
    drove(here, [("école", [first]), ("collège", others)], vehicle={"id": 1}, trips=(1, 2))
    road = ((0, LEG_M, 2 * LEG_M), (LEG_M, 0, LEG_M), (2 * LEG_M, LEG_M, 0))
    day = morning((stop("s0", 1, 2), stop("s1", 2, 4)), road)
    trips = [[Call("s0", STOP, (2,), (0,))], [Call("s1", STOP, (4,), (0,))]]
    RoundsPlan.objects.create(
        ecopole=here.ecopole, day=DAY, key="plan-1", state=PlanState.PUBLISHED, problem=day.to_json(),
        plan=by_hand(day, [("1", trips)]).to_json(), seconds_max=1, created_at=NOW,
    )  # fmt: skip
    return here


def test_two_farms_that_fit_together_pay_less_than_the_trips_that_were_made(held):
    row = counted(held)
    assert (row.shares["method"], row.shares["exact"], row.shares["repairs"]) == ("oracle", True, 0)
    assert accepted(row)
    assert paid(held) == {"Aulnes": Money(1928), "Butte": Money(3373), "Clos": Money(3373)}
    assert month_read(held.ecopole, OCTOBER).tours[0].searched.startswith("7 groupes essayés, aucun abaissé")


def test_its_page_says_that_it_was_searched(held, client):
    client.force_login(held.users["alice"])
    page = client.get(url(held, f"tournee/{counted(held).pk}/")).content.decode()
    assert "Calculé par recherche" in page


def test_other_votes_ask_nothing_anew(held, monkeypatch):
    counted(held)

    def never(*told, **how):
        raise AssertionError("what groups cost was searched twice")

    monkeypatch.setattr(actions, "apart", never)
    voted(held)
    keyed(held)
    row = counted(held, NOW + timedelta(hours=1))
    assert (row.shares["method"], row.rule) == ("oracle", "crates")
    assert accepted(row)
    assert TourShares.objects.count() == 2


def test_a_tour_whose_plan_is_gone_is_shared_in_the_order_it_was_made(held):
    RoundsPlan.objects.all().delete()
    assert counted(held).shares["method"] == "kept_order"
    assert paid(held)["Aulnes"] == Money(2891)


def test_a_tour_that_nothing_held_back_asks_nobody(held):
    tour = driven(held.ecopole, OCTOBER, DAY)[0]
    assert [len(trip) for trip in tour.trips] == [1, 1]
    Place.objects.filter(pk=held.places["collège"].pk).update(latitude=None)
    assert not actions.count_tours(held.ecopole, OCTOBER, DAY, at=NOW)  # nowhere: left, and said uncounted


def test_the_oracle_finds_what_every_order_of_stops_finds():
    """Four stops with hours, one trip: the cheapest of the twenty-four orders that hold."""
    dice = Random(4)
    for _ in range(8):
        at = [(dice.randint(0, 20_000), dice.randint(0, 20_000)) for _ in range(5)]
        road = tuple(tuple(abs(a - c) + abs(b - d) for c, d in at) for a, b in at)
        opens = [dice.randint(6, 9) * 3600 for _ in range(4)]
        stops = tuple(stop(f"s{k}", k + 1, 1, Window(o, o + 5400)) for k, o in enumerate(opens))
        day = morning(stops, road)
        plans = [
            by_hand(day, [("1", [[Call(f"s{k}", STOP, (1,), (0,)) for k in order]])])
            for order in permutations(range(4))
        ]
        holding = [plan for plan in plans if verify(day, plan).accepted]
        assert holding
        parts = {f"s{k}": {f"a{k}": Decimal(1)} for k in range(4)}
        made = [[call.key for call in trip] for trip in holding[-1].tours[0].calls]
        found = Oracle(day, parts, [("1", made)])(frozenset(f"a{k}" for k in range(4)))
        assert found == Decimal(min(plan.cost for plan in holding)) / 100


def test_a_group_is_never_dearer_than_the_tour_made_without_the_others():
    road = ((0, LEG_M, 2 * LEG_M), (LEG_M, 0, LEG_M), (2 * LEG_M, LEG_M, 0))
    day = morning((stop("s0", 1, 2), stop("s1", 2, 4)), road)
    parts = {"s0": {"a": Decimal(1)}, "s1": {"a": Decimal(1), "b": Decimal(3)}}
    oracle = Oracle(day, parts, [("1", [["s0"], ["s1"]])])
    # 2 crates and a quarter of four on one trip; three crates alone; all of them on two.
    said = {name: oracle(frozenset(name)) for name in ("a", "b", "ab")}
    assert said == {"a": Decimal("5782.4"), "b": Decimal("5782.4"), "ab": Decimal("8673.6")}
    assert oracle(frozenset("x")) == 0
