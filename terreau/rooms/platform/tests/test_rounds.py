"""The day's stops in the order of the published rounds; those that are in none come after, at the nearest."""

from datetime import timedelta

from terreau.ledger.actions import NewProcess, open_processes
from terreau.ledger.models import ProcessKind
from terreau.rooms.platform.day import promises, stops
from terreau.rooms.platform.rounds import published
from terreau.rooms.platform.tests.factories import TODAY
from terreau.territory.models import Agent, Place


def round_of(world, plan, vehicle, *visits, day=TODAY):
    """What planning publishes: one operation a vehicle."""
    detail = {
        "plan": plan,
        "vehicle": {"id": 1, "name": vehicle, "day": "45", "km": "0.3", "hour": "24"},
        "travel": "estimé",
        "stops": [
            {"place": world.door(who).pk, "receiver": who.pk, "arrives": at, "leaves": at, "commitments": [],
             "crates": 1, "trip": 1, "km": km}
            for who, at, km in visits
        ],
    }  # fmt: skip
    process = NewProcess(
        kind=ProcessKind.ROUND, agent_id=world.platform.pk, planned_for=day, detail=detail,
        key=f"rounds:{day}:{plan}:{vehicle}",
    )  # fmt: skip
    open_processes(ecopole=world.ecopole, processes=[process])


def of_today(world):
    return stops(world.ecopole, promises(world.ecopole, world.platform, TODAY), TODAY)[0]


def test_without_a_published_round_the_nearest_comes_first(world):
    world.order("3")
    world.order("3", customer=world.shop)
    found = of_today(world)
    assert [stop.customer for stop in found] == [world.shop, world.canteen]
    assert [stop.visit for stop in found] == [None, None]


def test_the_stops_follow_the_published_round_with_hour_and_vehicle(world):
    world.order("3")
    world.order("3", customer=world.shop)
    round_of(world, "un", "Fourgon", (world.canteen, "08:05", "14.5"), (world.shop, "08:40", "11.6"))
    first, second = of_today(world)
    assert (first.customer, second.customer) == (world.canteen, world.shop)
    assert first.expected == "Fourgon, vers 8\u00a0h\u00a005"
    assert (second.km, second.visit.travel) == (11.6, "estimé")


def test_the_newest_publication_counts_alone(world):
    world.order("3")
    world.order("3", customer=world.shop)
    round_of(world, "un", "Fourgon", (world.canteen, "08:05", "14.5"), (world.shop, "08:40", "11.6"))
    round_of(world, "deux", "Petit fourgon", (world.shop, "07:30", "3"))
    found = of_today(world)
    assert [(s.customer, s.expected.partition(",")[0]) for s in found] == [
        (world.shop, "Petit fourgon"), (world.canteen, ""),
    ]  # fmt: skip


def test_a_split_order_is_one_stop_and_names_its_vehicles(world):
    world.order("3")
    round_of(world, "un", "Fourgon", (world.canteen, "08:05", "14.5"))
    round_of(world, "un", "Petit fourgon", (world.canteen, "08:20", "14.5"))
    (stop,) = of_today(world)
    assert stop.expected == "Fourgon, Petit fourgon, vers 8\u00a0h\u00a005"


def test_the_round_of_another_day_or_ecopole_does_not_count(world):
    world.order("3")
    round_of(world, "un", "Fourgon", (world.canteen, "08:05", "14.5"), day=TODAY + timedelta(days=1))
    assert of_today(world)[0].visit is None


def test_the_page_and_the_sheet_say_the_hour_and_that_the_road_is_estimated(world, lou):
    world.order("3")
    world.order("3", customer=world.shop)
    round_of(world, "un", "Fourgon", (world.canteen, "08:05", "14.5"))
    page = lou.get(world.url("livraisons/")).content.decode()
    assert "Fourgon, vers 8\u00a0h\u00a005" in page
    assert "14,5 km (estimé)" in page
    assert "hors tournée" in page
    assert "à vol d’oiseau" in page
    assert lou.get(world.url("livraisons/livraisons.pdf")).status_code == 200


def test_reading_the_rounds_is_one_query_however_many_vehicles(world, django_assert_num_queries):
    for n in range(3):
        agent = Agent.objects.create(ecopole=world.ecopole, kind="canteen", name=f"Cantine {n}")
        Place.objects.create(ecopole=world.ecopole, agent=agent, kind="door", name="Porte")
        round_of(world, "un", f"Fourgon {n}", (agent, "08:00", "1"))
    with django_assert_num_queries(1):
        assert len(published(world.ecopole, [TODAY])) == 3
