"""Distances, the drawing, and the pages made of them."""

from dataclasses import dataclass
from itertools import combinations

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from terreau.territory.communes import load_communes
from terreau.territory.figures import parse_portions, parse_weeks
from terreau.territory.geography import APART, Frame, centroid, distance_km, place_names, spread
from terreau.territory.models import Agent, Commune, Ecopole
from terreau.territory.queries import communes_around


@dataclass
class Point:
    latitude: float | None
    longitude: float | None


def test_calais_is_thirty_four_kilometres_from_saint_omer():
    assert distance_km(Point(50.9513, 1.8587), Point(50.7485, 2.2520)) == pytest.approx(35.6, abs=0.5)


def test_a_place_without_coordinates_is_out_of_reach():
    assert distance_km(Point(50, 2), Point(None, None)) == float("inf")


def test_the_frame_keeps_the_proportions_of_the_ground():
    frame = Frame.around([[1.9, 50.7], [2.2, 51.0]])
    west, north = frame.xy(1.9, 51.0)
    east, south = frame.xy(2.2, 50.7)
    across = distance_km(Point(50.85, 1.9), Point(50.85, 2.2))
    down = distance_km(Point(50.7, 2.0), Point(51.0, 2.0))
    assert (east - west) / frame.km == pytest.approx(across, rel=0.01)
    assert (south - north) / frame.km == pytest.approx(down, rel=0.01)
    assert 0 < west < east < 1000
    assert 0 < north < south < frame.height


def test_the_middle_of_a_square_is_its_middle():
    assert centroid([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]) == (2, 2)
    assert centroid([[1, 1], [1, 1]]) == (1, 1)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=25))
def test_no_mark_hides_another(points):
    placed = spread([(float(x), float(y)) for x, y in points])
    assert len(placed) == len(points)
    for (ax, ay), (bx, by) in combinations(placed, 2):
        assert (ax - bx) ** 2 + (ay - by) ** 2 >= APART**2


def test_names_are_written_off_the_marks_and_off_one_another():
    assert place_names([("Guemps", (100.0, 100.0))], []) == [(100.0, 100.0)]
    ((_, beside),) = place_names([("Guemps", (100.0, 100.0))], [(100.0, 95.0)])
    assert abs(beside - 100) >= 22
    first, second = place_names([("Guemps", (100.0, 100.0)), ("Marck", (104.0, 101.0))], [])
    assert abs(first[1] - second[1]) >= 21


def test_a_commune_out_of_the_window_is_not_drawn():
    frame = Frame.around([[1.9, 50.7], [2.2, 51.0]])
    near, far = ([[x, 50.8], [x + 0.1, 50.8], [x, 50.9], [x, 50.8]] for x in (2.0, 4.0))
    assert frame.shows([near])
    assert not frame.shows([far])


def test_a_window_through_the_new_year_holds_both_ends():
    assert parse_weeks("51-2") == {51, 52, 1, 2}
    assert parse_weeks("5-5;7-8") == {5, 7, 8}
    assert parse_weeks("1-52") == set(range(1, 53))
    assert parse_weeks("") == frozenset()


@pytest.mark.parametrize("text", ["44", "0-3", "1-53", "a-b", "5-6;", "-"])
def test_an_unreadable_window_is_refused(text):
    with pytest.raises(ValueError, match="semaines"):
        parse_weeks(text)


@pytest.mark.parametrize("text", ["0", "1;1", "2;1", "x", "1;;2", "-1"])
def test_unreadable_portions_are_refused(text):
    with pytest.raises(ValueError, match="portions"):
        parse_portions(text)


@pytest.mark.django_db
def test_around_audruicq_are_its_fifteen_communes_and_the_near_ones():
    load_communes()
    ecopole = Ecopole(slug="x", name="x", commune=Commune.objects.get(name="Audruicq"))
    near = communes_around(ecopole)
    assert sum(commune.epci_code == "246200844" for commune in near) == 15
    assert {"Calais", "Saint-Omer", "Bourbourg"} <= {commune.name for commune in near}
    assert "Wissant" not in {commune.name for commune in near}


def test_the_map_and_its_table_show_organisations_and_no_household(client, fanny, garden, ecopole):
    Agent.objects.create(ecopole=ecopole, kind="person", name="Foyer Martel")
    client.force_login(fanny)
    page = client.get(reverse("territory:map", args=["polder"])).content.decode()
    assert page.count('href="#mark-garden" x=') == 1
    assert "Jardin du Polder" in page
    assert "Foyer Martel" not in page
    assert "style=" not in page


def test_an_actor_that_cannot_be_placed_is_said_so(client, fanny, ecopole):
    Agent.objects.create(ecopole=ecopole, kind="canteen", name="Cantine errante")
    client.force_login(fanny)
    page = client.get(reverse("territory:map", args=["polder"])).content.decode()
    assert "hors de la carte" in page
    assert "Cantine errante" in page


def test_without_contours_the_page_says_what_to_do(client, fanny):
    Commune.objects.update(contour=[])
    client.force_login(fanny)
    assert "import communes" in client.get(reverse("territory:map", args=["polder"])).content.decode()


def test_the_map_asks_the_same_questions_for_two_or_forty(
    client, fanny, ecopole, commune, django_assert_max_num_queries
):
    for number in range(40):
        Agent.objects.create(ecopole=ecopole, kind="depot", name=f"Dépôt {number}", commune=commune)
    client.force_login(fanny)
    with django_assert_max_num_queries(7):
        client.get(reverse("territory:map", args=["polder"]))


def test_an_actor_page_says_how_to_reach_it_and_keeps_households_private(client, fanny, alice, ecopole, farm):
    Agent.objects.filter(pk=farm.pk).update(phone="03 21 00 00 00")
    household = Agent.objects.create(ecopole=ecopole, kind="person", name="Foyer Martel")
    client.force_login(fanny)
    page = client.get(reverse("territory:actor", args=["polder", farm.pk])).content.decode()
    assert "tel:0321000000" in page
    assert client.get(reverse("territory:actor", args=["polder", household.pk])).status_code == 404
    client.force_login(alice)
    assert client.get(reverse("territory:actor", args=["polder", household.pk])).status_code == 404


def test_an_actor_of_another_ecopole_has_no_page_here(client, alice, elsewhere):
    far = Agent.objects.create(ecopole=elsewhere, kind="farm", name="Ferme lointaine")
    client.force_login(alice)
    assert client.get(reverse("territory:actor", args=["polder", far.pk])).status_code == 404
