"""Roads read from a map of a small town made by hand (`data/bourg.osm`), each case worked by hand.

A hundredth of a degree of the meridian is 1 111.95 m: 57.19 s at 70 km/h, 72.78 s at 55, 94.19 s at 42.5.
"""

from datetime import date, timedelta
from io import StringIO
from itertools import product
from pathlib import Path

import numpy as np
import osmium
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.territory.models import Place, RoadGraph, RoadLeg
from terreau.territory.roads.extract import Circle, RoadRule, directions, read
from terreau.territory.roads.graph import Arcs, Roads, Unreachable
from terreau.territory.tests.factories import NOW
from terreau.territory.travel import Origin, PlacesOffMap, basis, correct_travel, legs

TOWN = Path(__file__).parent / "data/bourg.osm"
TODAY = date(2026, 11, 27)
RULE = RoadRule.on(TODAY)
HUNDREDTH_M = 1111.95


@pytest.fixture(scope="module")
def town() -> Roads:
    return read(TOWN, RULE, None, print).roads


def drive(town: Roads, *spots: tuple[float, float]) -> tuple[float, float]:
    """Seconds and metres from the first spot to the last; each is exactly on a node."""
    nodes, away = town.nearest([lat for lat, _ in spots], [lon for _, lon in spots])
    assert max(away) < 0.02
    seconds, metres = town.arcs.fastest(nodes[:1], nodes[-1:])
    return round(float(seconds[0, 0]), 2), round(float(metres[0, 0]), 1)


def a(n: float) -> tuple[float, float]:
    """The n-th hundredth of a degree up the main street."""
    return 50 + n / 100, 2.0


# Of one road: how fast, which way.


@pytest.mark.parametrize(
    ("tags", "speed"),
    [
        ({"highway": "primary"}, 70),
        ({"highway": "primary", "maxspeed": "50"}, 42.5),
        ({"highway": "residential", "maxspeed": "50"}, 25),
        ({"highway": "primary", "maxspeed": "FR:urban"}, 70),
        ({"highway": "primary", "maxspeed": "30 mph"}, 70),
        ({"highway": "primary", "maxspeed": "0"}, 70),
        ({"highway": "primary", "maxspeed": "²"}, 70),
        ({"highway": "primary", "access": "private"}, None),
        ({"highway": "primary", "motor_vehicle": "no"}, None),
        ({"highway": "primary", "access": "destination"}, 70),
        ({"highway": "footway"}, None),
        ({"building": "yes"}, None),
    ],
)
def test_a_road_is_driven_at_the_speed_of_its_class_or_of_its_sign(tags, speed):
    assert RULE.speed(tags) == speed


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, (True, True)),
        ({"oneway": "no"}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "1"}, (True, False)),
        ({"oneway": "true"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
    ],
)
def test_a_road_is_driven_the_way_it_says(tags, ways):
    assert directions({"highway": "tertiary"} | tags) == ways


# Of the town.


def test_two_roads_in_a_row_add_up(town):
    # 70 km/h, then 85 % of a sign of 50; the service road beside the first one is slower and is not taken.
    assert drive(town, a(0), a(2)) == (151.37, 2223.9)
    assert drive(town, a(2), a(0)) == (151.37, 2223.9)


def test_a_oneway_is_driven_around(town):
    # North at 55: 72.78 s. South: by B3 and B2, 714.3 m at 25, 1 112 m at 25, 714.5 m at 10 km/h.
    assert drive(town, a(2), a(3)) == (72.78, 1112.0)
    seconds, metres = drive(town, a(3), a(2))
    assert seconds == pytest.approx(102.86 + 160.12 + 257.20, abs=0.1)
    assert metres == pytest.approx(714.3 + 1112.0 + 714.5, abs=0.5)


def test_a_oneway_drawn_backwards_is_driven_against_its_drawing(town):
    assert drive(town, a(4), a(3)) == (88.96, 1112.0)  # 45 km/h
    assert drive(town, a(3), a(4))[1] > 2500  # by the service road


def test_a_roundabout_turns_one_way(town):
    south, north = (50.059, 2.0), (50.061, 2.0)
    up, down = drive(town, south, north), drive(town, north, south)
    # By the east going up, by the west coming down: two quarters each, the same length.
    assert up == down
    east, west = (50.06, 2.001), (50.06, 1.999)
    assert drive(town, east, west)[1] == pytest.approx(up[1], abs=0.2)
    assert drive(town, south, east)[1] == pytest.approx(up[1] / 2, abs=0.2)
    assert drive(town, east, south)[1] == pytest.approx(up[1] * 3 / 2, abs=0.2)


def test_the_fastest_way_is_not_the_shortest_and_its_own_metres_are_counted(town):
    # North by the motorway: 1 429.5 m at 60, 6 671.7 at 110, 1 112 at 60, 1 427.4 at 90.
    # By the town it is shorter, and slower.
    seconds, metres = drive(town, a(0), a(7))
    assert seconds == pytest.approx(85.77 + 218.35 + 66.72 + 57.10, abs=0.05)
    assert metres == pytest.approx(1429.5 + 6671.7 + 1112.0 + 1427.4, abs=0.2)
    assert metres > drive(town, a(0), a(3))[1] + drive(town, a(3), a(4))[1] + drive(town, a(4), a(7))[1]


def test_what_is_not_joined_both_ways_is_left_out(town):
    # The island, the oneway dead end, and what is closed to vehicles; the cut road keeps what is in the file.
    spots = set(zip(town.latitude.tolist(), town.longitude.tolist(), strict=True))
    assert (500300000, 20500000) not in spots
    assert (500000000, 19800000) not in spots
    assert (499800000, 20000000) in spots
    assert drive(town, a(0), a(3))[1] == pytest.approx(3 * HUNDREDTH_M, abs=0.1)


def test_what_is_far_from_the_point_given_is_left_out():
    near = read(TOWN, RULE, Circle(50.0, 2.0, 20.0), print)
    assert near.roads.latitude.max() == 500700000
    assert near.of == date(2026, 11, 2)  # of its youngest road


def test_the_graph_is_kept_and_read_back(town):
    again = Roads.from_bytes(town.to_bytes())
    assert all(np.array_equal(vars(town)[name], vars(again)[name]) for name in vars(town))


# An independent judge.


@st.composite
def small_graphs(draw) -> Arcs:
    nodes = draw(st.integers(1, 8))
    pairs = draw(
        st.lists(st.tuples(*[st.integers(0, nodes - 1)] * 2).filter(lambda p: p[0] != p[1]), unique=True)
    )
    # Powers of two, each once: no two ways last as long, so the fastest has one length.
    times = draw(st.permutations([2.0**k for k in range(len(pairs))]))
    lengths = draw(st.lists(st.integers(0, 10_000), min_size=len(pairs), max_size=len(pairs)))
    ends = np.array(pairs, np.int32).reshape(-1, 2)
    return Arcs(nodes, ends[:, 0], ends[:, 1], np.array(times), np.array(lengths, float))


@given(small_graphs())
@settings(max_examples=60, deadline=None)
def test_floyd_and_warshall_find_the_same_seconds_and_the_same_metres(arcs):
    ways = range(arcs.nodes)
    best = {(i, j): (0.0 if i == j else float("inf"), 0.0) for i, j in product(ways, ways)}
    for i, j, s, m in zip(
        *map(np.ndarray.tolist, (arcs.tail, arcs.head, arcs.seconds, arcs.metres)), strict=True
    ):
        best[i, j] = s, m
    for k, i, j in product(ways, ways, ways):
        by = best[i, k][0] + best[k, j][0]
        if by < best[i, j][0]:
            best[i, j] = by, best[i, k][1] + best[k, j][1]
    everything = list(ways)
    for i in ways:
        reached = [j for j in ways if best[i, j][0] < float("inf")]
        seconds, metres = arcs.fastest([i], reached)
        assert seconds[0].tolist() == [best[i, j][0] for j in reached]
        assert metres[0].tolist() == [best[i, j][1] for j in reached]
        if len(reached) < arcs.nodes:
            with pytest.raises(Unreachable) as lost:
                arcs.fastest([i], everything)
            assert lost.value.target not in reached


# Imported, and asked.


@pytest.fixture
def home(ecopole, garden) -> Place:
    return Place.objects.create(
        ecopole=ecopole, agent=garden, kind="dock", name="Quai", latitude=50.0, longitude=2.0
    )


@pytest.fixture
def north(ecopole, farm) -> Place:
    return Place.objects.create(
        ecopole=ecopole, agent=farm, kind="door", name="Cour", latitude=50.02, longitude=2.0
    )


def imported(path: Path = TOWN, **options: str) -> str:
    out = StringIO()
    call_command("roads", "import", str(path), stdout=out, stderr=out, **options)
    return out.getvalue().replace("\u202f", " ").replace("\u00a0", " ")


def ask(ecopole):
    return legs(ecopole, Place.objects.select_related("agent__commune", "commune"), TODAY)


def test_once_imported_trips_are_computed_and_say_so(ecopole, home, north):
    said = imported()
    assert "Données du 2 nov. 2026 : 24 nœuds de route, pour Écopôle du Polder" in said
    assert "© les contributeurs d’OpenStreetMap (ODbL)" in said
    assert "Trajets calculés entre 2 lieux." in said
    leg = ask(ecopole)[home.pk, north.pk]
    assert (leg.seconds, leg.metres, leg.origin, leg.plain_s) == (152, 2224, Origin.COMPUTED, 152)
    assert basis(ecopole, TODAY).said == "calculés sur la carte OpenStreetMap du 2 nov. 2026"


def test_the_same_roads_come_out_of_a_pbf(ecopole, tmp_path):
    pbf = tmp_path / "bourg.osm.pbf"
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-11-15T20:21:00Z")
    with osmium.SimpleWriter(str(pbf), header=header) as writer:
        for thing in osmium.FileProcessor(str(TOWN)):
            writer.add(thing)
    extract = read(pbf, RULE, None, print)
    assert extract.of == date(2026, 11, 15)
    assert extract.roads.to_bytes() == read(TOWN, RULE, None, print).roads.to_bytes()
    pbf.write_bytes(pbf.read_bytes()[:-200])
    with pytest.raises(CommandError, match="ne se lit pas comme une carte"):
        imported(pbf)


def test_the_same_file_twice_is_the_same_map_and_another_circle_another(ecopole, home, north, settings):
    imported()
    assert "déjà importées, rien n’a changé" in imported()
    assert (RoadGraph.objects.count(), RoadLeg.objects.count()) == (1, 2)
    imported(around="50.0,2.0", radius="20km")
    assert RoadGraph.objects.count() == 2
    whole = RoadGraph.objects.order_by("pk").first()
    settings.CLOCK = "2026-11-23T10:01"
    imported()
    assert basis(ecopole, TODAY).graph == whole


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absente.osm.pbf", None, "No such file"),
        ("texte.osm.pbf", b"Bonjour, ceci n'est pas une carte.", "ne se lit pas comme une carte"),
        ("page.osm", b"<html></html>", "ne se lit pas comme une carte"),
        ("photo.jpg", b"\xff\xd8\xff", "ne se lit pas comme une carte"),
        ("vide.osm", b'<osm version="0.6"></osm>', "n’a aucune route"),
    ],
)
def test_a_wrong_file_is_refused_in_words(ecopole, tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        imported(path)
    assert not RoadGraph.objects.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"around": "50.0,2.0"}, {"radius": "60km"}, {"around": "50.0", "radius": "60km"},
        {"around": "50,2", "radius": "loin"}, {"around": "95,2", "radius": "60"},
        {"around": "50,2", "radius": "nan"}, {"around": "50,2", "radius": "-1km"},
    ],
)  # fmt: skip
def test_a_wrong_circle_is_refused_in_words(ecopole, options):
    with pytest.raises(CommandError, match=r"--around|point de la Terre"):
        imported(**options)
    with pytest.raises(CommandError, match="à 1\u00a0km ou moins du point donné"):
        imported(around="45,2", radius="1km")


def test_of_several_ecopoles_one_is_named(ecopole, elsewhere):
    with pytest.raises(CommandError, match=r"Précisez --ecopole\. Écopôles connus"):
        imported()
    imported(ecopole="ailleurs")
    assert (basis(ecopole, TODAY).graph, RoadGraph.objects.get().ecopole) == (None, elsewhere)


def test_a_door_is_reached_straight_from_the_road(ecopole, home, north):
    # A thousandth of a degree of longitude at 50.02°: 71.46 m at 12 km/h, 21.4 s more.
    north.longitude = 1.999
    north.save()
    imported()
    leg = ask(ecopole)[home.pk, north.pk]
    assert (leg.metres, leg.seconds) == (2224 + 72, 173)


def test_a_place_off_the_map_is_named_and_never_infinitely_far(ecopole, home, north):
    Place.objects.filter(pk=north.pk).update(latitude=49.5)
    assert "Hors de la carte des routes (bourg.osm), pas de trajet : Ferme des Saules (Cour)" in imported()
    with pytest.raises(PlacesOffMap, match=r"Ferme des Saules \(Cour\)"):
        ask(ecopole)


def test_a_known_way_is_not_computed_again_until_a_place_moves(
    ecopole, home, north, django_assert_num_queries
):
    imported()
    places = list(Place.objects.select_related("agent__commune", "commune"))
    with django_assert_num_queries(4):
        legs(ecopole, places, TODAY)
    north.latitude = 50.01
    north.save()
    assert ask(ecopole)[home.pk, north.pk].metres == 1112
    assert RoadLeg.objects.count() == 2


def test_a_place_that_moved_is_asked_again_alone_both_ways_and_the_answer_is_the_same(
    ecopole, home, north, farm, settings
):
    for n in (1, 3, 4):
        Place.objects.create(
            ecopole=ecopole, agent=farm, kind="door", name=f"Porte {n}", latitude=50 + n / 100, longitude=2.0
        )
    imported()
    north.latitude = 50.07
    north.save()
    moved = ask(ecopole)
    assert moved[home.pk, north.pk].metres == 10_641
    RoadLeg.objects.all().delete()
    assert ask(ecopole) == moved


def test_a_new_map_makes_the_old_ways_forgotten(ecopole, home, north, tmp_path):
    imported()
    slower = tmp_path / "bourg.osm"
    slower.write_text(TOWN.read_text().replace('v="50"', 'v="30"'))
    imported(slower)
    # 57.19 s, then 85 % of 30, 25.5 km/h: 156.98 s.
    assert ask(ecopole)[home.pk, north.pk].seconds == 215


def test_what_a_person_says_beats_the_map(ecopole, home, north):
    imported()
    correct_travel(
        ecopole=ecopole, from_place=home, to_place=north, minutes=7, both_ways=False, by=None,
        at=NOW + timedelta(hours=1), key="trajet-1",
    )  # fmt: skip
    table = ask(ecopole)
    leg = table[home.pk, north.pk]
    # Of its kilometres nothing was said: they are the road's.
    assert (leg.seconds, leg.metres, leg.origin, leg.plain_s) == (420, 2224, Origin.CORRECTED, 152)
    assert table[north.pk, home.pk].origin == Origin.COMPUTED


def graph(ecopole, **changes) -> RoadGraph:
    fields = {"version": "v", "file_name": "x", "rule": TODAY, "nodes": 1, "data": b"", "imported_at": NOW}
    return RoadGraph.objects.create(ecopole=ecopole, **fields | changes)


def refused(name: str, columns: str):
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    return pytest.raises(IntegrityError, match=columns if connection.vendor == "sqlite" else name)


def test_the_database_refuses_nonsense_by_name(ecopole, home, north):
    one = graph(ecopole)
    with refused("road_graph_version_once", "version"), transaction.atomic():
        graph(ecopole)
    with pytest.raises(IntegrityError, match="road_graph_has_nodes"), transaction.atomic():
        graph(ecopole, version="w", nodes=0)
    way = {"graph": one, "from_place": home, "seconds": 1, "metres": 1, "ends": ""}
    with pytest.raises(IntegrityError, match="road_leg_between_two_places"), transaction.atomic():
        RoadLeg.objects.create(to_place=home, **way)
    RoadLeg.objects.create(to_place=north, **way)
    with refused("road_leg_once", "from_place"), transaction.atomic():
        RoadLeg.objects.create(to_place=north, **way)
