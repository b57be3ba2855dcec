"""Travel between places: worked by hand, then what a person says of a pair, and what the database refuses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.territory.models import Place, TravelTime
from terreau.territory.tests.factories import NOW
from terreau.territory.travel import PlacesNotLocated, TravelRefused, correct_travel, estimate, legs

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


def test_all_pairs_cost_one_query(ecopole, home, north, django_assert_num_queries):
    said(ecopole, home, north, 25)
    places = list(Place.objects.select_related("agent__commune", "commune"))
    with django_assert_num_queries(1):
        assert len(legs(ecopole, places, TODAY)) == 4


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
