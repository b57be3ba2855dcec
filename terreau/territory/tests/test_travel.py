"""Travel between places: worked by hand, then what a person says of a pair, and what the database refuses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.territory.models import Place, TravelFactor, TravelTime
from terreau.territory.tests.factories import NOW
from terreau.territory.travel import (
    Origin,
    PlacesNotLocated,
    TravelRefused,
    accept_factor,
    basis,
    correct_travel,
    estimate,
    legs,
    season_of,
)

TODAY = date(2026, 11, 27)


@pytest.fixture
def home(ecopole, garden) -> Place:
    return Place.objects.create(
        ecopole=ecopole, agent=garden, kind="dock", name="Quai", latitude=50.0, longitude=2.0
    )


@pytest.fixture
def north(ecopole, farm) -> Place:
    """A tenth of a degree north: 11.1195 km as the crow flies."""
    return Place.objects.create(
        ecopole=ecopole, agent=farm, kind="door", name="Cour", latitude=50.1, longitude=2.0
    )


def said(ecopole, a, b, minutes, n=0, **more):
    return correct_travel(
        ecopole=ecopole, from_place=a, to_place=b, minutes=minutes, by=None, key=f"trajet-{n}",
        at=NOW + timedelta(hours=n), **more,
    )  # fmt: skip


def test_a_trip_is_estimated_from_the_crow_and_says_so(ecopole, home, north):
    leg = legs(ecopole, [home, north], TODAY)[home.pk, north.pk]
    # 11.1195 km × 1.3 = 14.4554 km; at 45 km/h, 19 min 16.43 s.
    assert (leg.metres, leg.seconds, leg.corrected) == (14_456, 1157, False)
    assert legs(ecopole, [home, north], TODAY)[home.pk, home.pk].metres == 0
    assert estimate(TODAY).said.replace("\u00a0", " ") == "à vol d’oiseau × 1,3, à 45 km/h"


def test_what_a_person_says_beats_the_estimate_both_ways_or_one(ecopole, home, north):
    said(ecopole, home, north, 25, km=Decimal("17.5"))
    table = legs(ecopole, [home, north], TODAY)
    assert (table[home.pk, north.pk].seconds, table[home.pk, north.pk].metres) == (1500, 17_500)
    assert table[north.pk, home.pk] == table[home.pk, north.pk]
    assert table[home.pk, north.pk].corrected
    said(ecopole, north, home, 40, n=1, both_ways=False)
    table = legs(ecopole, [home, north], TODAY)
    assert (table[north.pk, home.pk].seconds, table[home.pk, north.pk].seconds) == (2400, 1500)
    # Of its kilometres nothing was said: they are estimated.
    assert table[north.pk, home.pk].metres == 14_456


def test_the_newest_word_wins_and_the_older_stays(ecopole, home, north):
    said(ecopole, home, north, 25)
    said(ecopole, home, north, 22, n=1)
    assert legs(ecopole, [home, north], TODAY)[home.pk, north.pk].seconds == 22 * 60
    assert TravelTime.objects.count() == 2


def test_the_same_form_twice_is_one_word(ecopole, home, north):
    assert said(ecopole, home, north, 25).pk == said(ecopole, home, north, 25).pk


def test_a_place_without_position_is_at_its_town_hall_or_is_named(ecopole, home, north, commune):
    north.latitude = north.longitude = None
    north.commune = commune
    assert legs(ecopole, [home, north], TODAY)[home.pk, north.pk].metres > 100_000
    north.commune = north.agent.commune = None
    with pytest.raises(PlacesNotLocated, match=r"Ferme des Saules \(Cour\)"):
        legs(ecopole, [home, north], TODAY)


def test_all_pairs_cost_three_queries(ecopole, home, north, django_assert_num_queries):
    said(ecopole, home, north, 25)
    places = list(Place.objects.select_related("agent__commune", "commune"))
    with django_assert_num_queries(3):
        assert len(legs(ecopole, places, TODAY)) == 4


# What the tours driven have shown.

ESTIMATE = "estimate 2026-01-01"


def accepted(ecopole, factor="1.2", season="automne", n=0, **more):
    said = {"base": ESTIMATE, "legs": 40, "starts_on": TODAY, "by": None} | more
    return accept_factor(
        ecopole=ecopole, season=season, factor=Decimal(factor), at=NOW + timedelta(hours=n), key=f"cale-{n}",
        **said,
    )  # fmt: skip


def test_an_accepted_factor_lengthens_the_minutes_from_its_day_on(ecopole, home, north):
    assert basis(ecopole, TODAY).base == ESTIMATE
    accepted(ecopole)
    leg = legs(ecopole, [home, north], TODAY)[home.pk, north.pk]
    # 1157 s × 1.2 = 1388.4; its kilometres are what they are.
    assert (leg.seconds, leg.plain_s, leg.metres, leg.origin) == (1389, 1157, 14_456, Origin.ESTIMATED)
    assert legs(ecopole, [home, north], TODAY - timedelta(days=1))[home.pk, north.pk].seconds == 1157
    assert basis(ecopole, TODAY).said.endswith("à 45\u00a0km/h, calés × 1,2")


def test_a_season_has_its_own_factor_or_the_last_accepted(ecopole):
    assert [season_of(date(2026, month, 1)) for month in (1, 4, 7, 10, 12)] == [
        "hiver", "printemps", "été", "automne", "hiver",
    ]  # fmt: skip
    first = accepted(ecopole, "1.2")
    winter = date(2026, 12, 10)
    assert basis(ecopole, winter).factor == first
    second = accepted(ecopole, "1.3", "hiver", n=1, starts_on=date(2026, 12, 1))
    assert (basis(ecopole, winter).factor, basis(ecopole, TODAY).factor) == (second, first)
    assert basis(ecopole, date(2027, 4, 1)).factor == second
    # A factor of 1 takes it back; both stay.
    accepted(ecopole, "1", "hiver", n=2, legs=0, starts_on=winter)
    assert "calés" not in basis(ecopole, winter).said
    assert TravelFactor.objects.count() == 3


def test_a_factor_of_other_speeds_waits_and_a_word_beats_them_all(ecopole, home, north):
    accepted(ecopole, base="roads 2026-01-01")
    assert basis(ecopole, TODAY).factor is None
    accepted(ecopole, n=1)
    said(ecopole, home, north, 25)
    assert legs(ecopole, [home, north], TODAY)[home.pk, north.pk].seconds == 1500


def test_the_same_acceptance_twice_is_one_and_a_wild_factor_is_refused(ecopole):
    assert accepted(ecopole).pk == accepted(ecopole).pk
    with pytest.raises(TravelRefused, match="trop loin de 1"):
        accepted(ecopole, "2.01", n=1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"factor": Decimal("0.4")}, "travel_factor_plausible"),
        ({"factor": Decimal("2.001")}, "travel_factor_plausible"),
        ({"legs": 0}, "travel_factor_from_legs"),
    ],
)
def test_the_database_refuses_a_wrong_factor_by_name(ecopole, changes, name):
    fields = {"factor": Decimal("1.2"), "legs": 40, "season": "été", "base": ESTIMATE, "starts_on": TODAY}
    fields |= {"recorded_at": NOW, "key": "cale-0"}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TravelFactor.objects.create(ecopole=ecopole, **fields | changes)
    TravelFactor.objects.create(ecopole=ecopole, **fields)
    twice = "key" if connection.vendor == "sqlite" else "travel_factor_key_once"
    with pytest.raises(IntegrityError, match=twice), transaction.atomic():
        TravelFactor.objects.create(ecopole=ecopole, **fields)


# What is refused.


@pytest.mark.parametrize(
    ("minutes", "km", "field"), [(0, None, "minutes"), (601, None, "minutes"), (5, Decimal(0), "km")]
)
def test_nonsense_is_refused_in_words(ecopole, home, north, minutes, km, field):
    with pytest.raises(TravelRefused, match=r"De Jardin du Polder à Ferme des Saules") as refusal:
        said(ecopole, home, north, minutes, km=km)
    assert refusal.value.field == field
    with pytest.raises(TravelRefused, match="deux lieux différents"):
        said(ecopole, home, home, 5)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"minutes": 0}, "travel_time_minutes_plausible"),
        ({"minutes": 601}, "travel_time_minutes_plausible"),
        ({"km": Decimal(0)}, "travel_time_km_positive"),
        ({"to_place": "home"}, "travel_time_between_two_places"),
    ],
)
def test_the_database_refuses_nonsense_by_name(ecopole, home, north, changes, name):
    fields = {"from_place": home, "to_place": north, "minutes": 5} | changes
    if fields["to_place"] == "home":
        fields["to_place"] = home
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TravelTime.objects.create(ecopole=ecopole, recorded_at=NOW, key="trajet-1", **fields)


def test_the_same_key_is_not_written_twice(ecopole, home, north):
    said(ecopole, home, north, 25, n=1)
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    name = "key" if connection.vendor == "sqlite" else "travel_time_key_once"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        TravelTime.objects.create(
            ecopole=ecopole, from_place=home, to_place=north, minutes=5, recorded_at=NOW, key="trajet-1"
        )
