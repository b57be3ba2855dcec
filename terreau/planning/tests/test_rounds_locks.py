"""What is kept of a plan of rounds: a tour as it is, a stop with its vehicle; the rest is searched again."""

import re

import pytest
from django.test import Client

from terreau.engines.rounds import Plan, Problem
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.rounds.actions import solve_rounds
from terreau.planning.rounds.moves import choices
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.rounds.reading import RoundsReading
from terreau.planning.tests.mornings import DAY, NOW, morning, solved
from terreau.planning.tests.test_pages import text
from terreau.rooms.platform.models import Vehicle

KEY = "0f5a2b14-garde"


@pytest.fixture
def m(db, settings):
    settings.CLOCK = "2026-11-26T17:00"
    m = morning()
    m.van("Second")
    m.van("Cher")
    return m


def alice(m) -> Client:
    client = Client()
    client.force_login(m.users["alice"])
    return client


def again(m, key: str, new: str, **said) -> RoundsPlan:
    alice(m).post(m.url(f"plan/{key}/planifier"), {"key": new} | said)
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=RoundsPlan.objects.get(key=new).pk)
    return RoundsPlan.objects.get(key=new)


def put(m, row, what: str, where: str, key: str) -> RoundsPlan:
    stops, places = choices(RoundsReading(row))
    stop = next(at for at, words in stops.items() if what in words)
    to = next(at for at, words in places.items() if where in words)
    alice(m).post(m.url(f"plan/{row.key}/deplacer/"), {"arret": stop, "vers": to, "key": key})
    return RoundsPlan.objects.get(key=key)


def spread(m) -> RoundsPlan:
    """By hand, the depot rides alone with another van than the rest: dearer than the plan found."""
    row = solved(m)
    one = next(iter(by_vehicle(row)))
    other = "Second" if one != "Second" else "Cher"
    return put(m, row, "Dépôt", f"{other}, qui", KEY)


def by_vehicle(row) -> dict[str, set[str]]:
    problem = Problem.from_json(row.problem)
    names = {v.id: v.name for v in problem.vehicles} | {s.id: s.name for s in problem.stops}
    tours = Plan.from_json(row.plan).tours
    return {names[t.vehicle]: {names[c.key] for trip in t.calls for c in trip} for t in tours}


def alone(row) -> str:
    """The van that serves the depot, and nothing else."""
    return next(name for name, stops in by_vehicle(row).items() if stops == {"Dépôt de la gare"})


def offered(row, words: str) -> str:
    return next(one.name for one in RoundsReading(row).lockable.values() if words in one.label)


def test_what_is_kept_is_found_again_and_the_rest_adapts(m):
    row = spread(m)
    van = alone(row)
    assert len(by_vehicle(again(m, KEY, "sans-verrou"))) == 1
    lock = offered(row, f"Dépôt de la gare, avec {van}")
    kept = again(m, KEY, "avec-verrou", lock=[lock])
    assert kept.state == PlanState.READY
    assert "Dépôt de la gare" in by_vehicle(kept)[van]
    page = alice(m).get(m.url("plan/avec-verrou/"))
    assert f"Dépôt de la gare, avec {van}" in text(page)
    # Kept still when one plans again, given up once it is unticked.
    assert f'value="{lock}" checked' in page.content.decode()
    assert RoundsPlan.objects.get(key="avec-verrou").locks
    assert not again(m, "avec-verrou", "verrou-rendu").locks
    assert len(publish_rounds(plan_id=kept.pk, by=None, at=NOW)) == len(by_vehicle(kept))


def test_a_tour_kept_stays_as_it_is_with_what_it_carries_today(m):
    row = spread(m)
    van = alone(row)
    m.due("depot", "40")
    kept = again(m, KEY, "avec-verrou", lock=[offered(row, f"La tournée de {van}, telle quelle")])
    assert by_vehicle(kept)[van] == {"Dépôt de la gare"}
    # 160 kg now: eight crates.
    assert (8, 0, 160) in {t.trips[0].load for t in Plan.from_json(kept.plan).tours}


def test_a_lock_that_cannot_hold_names_what_clashes(m):
    row = spread(m)
    van = alone(row)
    lock = offered(row, f"Dépôt de la gare, avec {van}")
    Vehicle.objects.filter(name=van).update(shift_hours="0.5")
    assert again(m, KEY, "avec-verrou", lock=[lock]).state == PlanState.IMPOSSIBLE
    told = text(alice(m).get(m.url("plan/avec-verrou/")))
    assert f"Dépôt de la gare : aucun véhicule ne peut le servir, même seul. Au plus près : {van}" in told
    assert f"à décocher peut-être : Dépôt de la gare, avec {van}" in told


def test_a_vehicle_that_no_longer_drives_keeps_nothing(m):
    row = spread(m)
    van = alone(row)
    lock = offered(row, f"La tournée de {van}, telle quelle")
    Vehicle.objects.filter(name=van).update(closed_on=DAY)
    page = alice(m).post(m.url(f"plan/{KEY}/planifier"), {"key": "avec-verrou", "lock": [lock]})
    assert page.status_code == 422
    assert f"Ne roule plus ce jour-là : {van}. Décochez ce qui est gardé avec." in text(page)


def test_a_hand_undoes_what_it_moves_and_keeps_the_rest(m):
    row = spread(m)
    van, other = alone(row), next(name for name in by_vehicle(row) if name != alone(row))
    locks = [offered(row, f"Dépôt de la gare, avec {van}"), offered(row, f"Cantine de l’école, avec {other}")]
    kept = again(m, KEY, "avec-verrou", lock=locks)
    moved = put(m, kept, "Dépôt", f"{other}\u202f: en premier", "a-la-main")
    assert [one.name for one in RoundsReading(moved).kept] == locks[1:]


def test_a_part_of_an_order_is_not_kept_with_one_vehicle(m):
    m.due("college", "900")
    row = solved(m)
    page = alice(m).get(m.url("plan/premier-plan/")).content.decode()
    boxes = re.findall(r'name="lock" value="stop\|([^|]+)\|', page)
    assert len(boxes) == 2
    assert all(not box.startswith(f"{m.places['college'].pk}:") for box in boxes)
    strange = alice(m).post(m.url(f"plan/{row.key}/planifier"), {"key": KEY, "lock": "tour|9"})
    assert strange.status_code == 404
