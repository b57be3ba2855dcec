"""The road book: what the driver takes along, what is sent once the network is back, and what is refused."""

import base64
import json
import os
import re
from datetime import time, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.contrib.staticfiles import finders
from django.db import IntegrityError, transaction
from django.test import Client

from terreau.formats.photo import PNG_START
from terreau.formats.tests.test_photo import GPS, HEAD, PIXELS, chunk, jpeg, segment
from terreau.ledger.actions import NewProcess, open_processes
from terreau.ledger.answers import Answer
from terreau.ledger.audit import differences
from terreau.ledger.models import Event, ProcessKind
from terreau.ledger.offline import ENTRIES_MAX
from terreau.ledger.queries import State, commitments
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.entries import SIGNATURE_BYTES_MAX
from terreau.rooms.platform.models import Reading, StopKind, StopNote, Vehicle
from terreau.rooms.platform.tests.factories import NOW, TODAY, small
from terreau.territory.abilities import Role
from terreau.territory.models import Membership, User

KEY = "11111111-aaaa-4bbb-8ccc-000000000001"
OTHER = KEY[:-1] + "2"
DRAWING = PNG_START + HEAD + PIXELS + chunk(b"IEND", b"")
TOO_BIG = PNG_START + HEAD + chunk(b"IDAT", bytes(SIGNATURE_BYTES_MAX)) + chunk(b"IEND", b"")
MORNING = "2026-11-23T07:30:00.000Z"


def vehicle(world, name="Fourgon"):
    return Vehicle.objects.create(
        ecopole=world.ecopole, name=name, crates=20, kilos=400, cold=True, per_day=Money(4500),
        per_km=Money(30), per_hour=Money(2400), litres_100km=9, shift_hours=8, available_from=time(6),
        available_until=time(14), key=f"vehicle-{name}",
    )  # fmt: skip


def round_of(world, *visits, name="Fourgon", plan="un", day=TODAY):
    """A tour as planning publishes it: who, at what hour, which promises."""
    van = Vehicle.objects.filter(ecopole=world.ecopole, name=name).first() or vehicle(world, name)
    detail = {
        "plan": plan, "vehicle": {"id": van.pk, "name": name, "day": "45", "km": "0.3", "hour": "24"},
        "loads": "07:00", "leaves": "07:20", "returns": "10:00", "travel": "estimé",
        "stops": [
            {"place": world.door(who).pk, "receiver": who.pk, "arrives": at, "leaves": at,
             "commitments": [c.pk for c in promised], "crates": 2, "trip": 1, "km": "4"}
            for who, at, promised in visits
        ],
    }  # fmt: skip
    process = NewProcess(
        kind=ProcessKind.ROUND, agent_id=world.platform.pk, planned_for=day, detail=detail,
        key=f"rounds:{day}:{plan}:{name}",
    )  # fmt: skip
    return open_processes(ecopole=world.ecopole, processes=[process])[0]


def on_the_dock(world, quantity="10", customer=None):
    """An order that was picked, and waits to leave."""
    pick, delivery = world.order(quantity, customer=customer)
    world.stocked(quantity)
    actions.pick(
        ecopole=world.ecopole, platform=world.platform, done=[Answer(pick, Decimal(quantity))],
        by=None, at=NOW - timedelta(hours=3), key=f"pick-{pick.pk}-0000",
    )  # fmt: skip
    return delivery


@pytest.fixture
def tour(world):
    """One van, the canteen then the shop."""
    first, second = on_the_dock(world), on_the_dock(world, "4", world.shop)
    one = round_of(world, (world.canteen, "08:05", [first]), (world.shop, "08:40", [second]))
    one.promised = [first, second]
    return one


def told(world, client):
    response = client.get(world.url("tournee/donnees.json"))
    assert response.status_code == 200
    return response.json()


def send(world, client, *entries):
    response = client.post(world.url("tournee/envoi/"), json.dumps(entries), content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()["answers"]


def delivery(tour, rank=1, amount="10", key=KEY, **more):
    lines = [{"id": tour.promised[rank - 1].pk, "quantity": amount}]
    return {"key": key, "kind": "delivery", "occurred_at": MORNING, "round": tour.pk, "stop": rank,
            "lines": lines} | more  # fmt: skip


def problem(tour, said="porte fermée", key=KEY, **more):
    return {"key": key, "kind": "problem", "occurred_at": MORNING, "round": tour.pk, "stop": 1,
            "text": said} | more  # fmt: skip


def temperature(tour, celsius="3,5", key=KEY, **more):
    return {"key": key, "kind": "temperature", "occurred_at": MORNING, "round": tour.pk,
            "celsius": celsius} | more  # fmt: skip


def ok(*keys):
    return [{"key": key, "state": "ok", "message": ""} for key in keys]


def handed_over():
    return Event.objects.filter(action="transfer")


def coded(data):
    return base64.b64encode(data).decode()


# What goes along.


def test_the_book_tells_where_when_and_what_by_lot(world, lou, tour):
    (one,) = told(world, lou)["tours"]
    assert (one["vehicle"], one["loads"], one["returns"], one["travel"]) == (
        "Fourgon", "7\u00a0h\u00a000", "10\u00a0h\u00a000", "estimé",
    )  # fmt: skip
    first, second = one["stops"]
    assert (first["name"], first["place"], first["position"]) == (
        "Cantine des Roseaux", "Réception, Audruicq", "50.98,2.08",
    )  # fmt: skip
    assert (first["phone"], first["expected"]) == ("01 99 00 00 00", "8\u00a0h\u00a005")
    assert (first["crates"], first["ready"], first["done"]) == (2, True, False)
    (line,) = first["lines"]
    assert (line["product"], line["quantity"], line["unit"]) == ("Carotte", "10", "kg")
    assert re.fullmatch(r"10\skg du lot \S+", line["lots"][0])
    assert second["name"] == "Halle du Canal"


def test_what_is_delivered_is_told_as_done_and_what_is_not_picked_as_not_ready(world, lou):
    first, (_, second) = on_the_dock(world), world.order("4", customer=world.shop)
    one = round_of(world, (world.canteen, "08:05", [first]), (world.shop, "08:40", [second]))
    one.promised = [first, second]
    assert send(world, lou, delivery(one)) == ok(KEY)
    done, waiting = told(world, lou)["tours"][0]["stops"]
    assert (done["done"], done["lines"]) == (True, [])
    assert (waiting["done"], waiting["ready"]) == (False, False)


def test_only_the_newest_publication_of_today_is_told(world, lou, tour):
    round_of(world, (world.canteen, "09:00", [tour.promised[0]]), name="Petit fourgon", plan="deux")
    round_of(world, (world.canteen, "09:00", []), name="Demain", plan="trois", day=TODAY + timedelta(days=1))
    assert [one["vehicle"] for one in told(world, lou)["tours"]] == ["Petit fourgon"]


def test_the_visits_of_a_large_order_are_written_at_the_last_one(world, lou):
    promised = on_the_dock(world)
    early = round_of(world, (world.canteen, "08:05", [promised]))
    late = round_of(world, (world.canteen, "08:20", [promised]), name="Petit fourgon")
    late.promised = [promised]
    first, second = (one["stops"][0] for one in told(world, lou)["tours"])
    assert (first["lines"], len(second["lines"])) == ([], 1)
    assert first["part"].endswith("le reste vient avec Petit fourgon, vers 8\u00a0h\u00a020.")
    passed = {"key": OTHER, "kind": "passage", "occurred_at": MORNING, "round": early.pk, "stop": 1}
    assert send(world, lou, passed) == ok(OTHER)
    assert not handed_over().exists()
    assert [one["stops"][0]["done"] for one in told(world, lou)["tours"]] == [True, False]
    assert send(world, lou, delivery(late)) == ok(KEY)
    assert handed_over().get().quantity == 10


def test_reading_the_book_costs_the_same_however_many_stops(world, lou, django_assert_num_queries, tour):
    def counted(most):
        with django_assert_num_queries(most, exact=False) as seen:
            told(world, lou)
        return len(seen)

    two = counted(20)
    more = [(world.shop, f"09:{n:02}", [on_the_dock(world, "1", world.shop)]) for n in range(6)]
    round_of(world, *more, name="Petit fourgon")
    assert counted(20) == two


def test_nothing_published_is_an_empty_book(world, lou):
    assert told(world, lou)["tours"] == []


# What is sent.


def test_the_same_delivery_sent_thrice_is_one_event_at_the_hour_of_the_door(world, lou, tour):
    for _ in range(2):
        assert send(world, lou, delivery(tour)) == ok(KEY)
    assert send(world, lou, delivery(tour), delivery(tour)) == ok(KEY, KEY)
    event = handed_over().get()
    assert (event.quantity, event.occurred_at.isoformat()) == (10, "2026-11-23T07:30:00+00:00")
    assert (event.recorded_at, event.recorded_by) == (NOW, world.people["lou"])
    assert StopNote.objects.count() == 1
    assert list(differences(world.ecopole)) == []


def test_the_same_delivery_said_by_two_hands_is_one_event(world, lou, tour):
    """One tapped on the phone, another at the platform: they agree, and nobody is bothered."""
    actions.deliver(
        ecopole=world.ecopole, platform=world.platform, done=[Answer(tour.promised[0], Decimal(10))],
        by=None, at=NOW, key="desk-00000",
    )  # fmt: skip
    assert send(world, lou, delivery(tour, signed_by="Camille")) == ok(KEY)
    assert handed_over().count() == 1
    assert StopNote.objects.get().signed_by == "Camille"
    (answer,) = send(world, lou, delivery(tour, amount="8", key=OTHER))
    assert "déjà enregistré" in answer["message"]
    assert handed_over().get().quantity == 10


def test_what_was_not_handed_over_is_given_up_with_its_reason(world, lou, tour):
    assert send(world, lou, delivery(tour, amount="8,5", reason="une caisse tombée")) == ok(KEY)
    assert handed_over().get().quantity == Decimal("8.5")
    (line,) = (line for line in commitments(world.ecopole) if line.commitment == tour.promised[0])
    assert line.state is not State.OPEN
    assert tour.promised[0].cancellations.get().reason == "une caisse tombée"


def test_nothing_handed_over_is_said_once_too(world, lou, tour):
    for _ in range(2):
        assert send(world, lou, delivery(tour, amount="0", reason="fermé")) == ok(KEY)
    assert not handed_over().exists()
    assert told(world, lou)["tours"][0]["stops"][0]["done"]


def test_a_delivery_noted_yesterday_without_network_is_written_today(world, lou, tour, settings):
    settings.CLOCK = "2026-11-24T10:00"
    assert send(world, lou, delivery(tour)) == ok(KEY)
    event = handed_over().get()
    assert (event.occurred_at.day, event.recorded_at.day) == (23, 24)


def test_nothing_is_handed_over_before_its_lot_was_there(world, lou, tour):
    (answer,) = send(world, lou, delivery(tour, occurred_at="2026-11-22T16:00:00Z"))
    assert "rien ne peut lui arriver avant" in answer["message"]
    assert not StopNote.objects.exists()


REFUSED = [
    ({"stop": 0}, "pas dans la tournée"),
    ({"stop": 3}, "pas dans la tournée"),
    ({"stop": "1"}, "pas dans la tournée"),
    ({"round": 10**30}, "pas connue"),
    ({"round": None}, "pas connue"),
    ({"lines": []}, "Aucune ligne"),
    ({"lines": "tout"}, "Aucune ligne"),
    ({"lines": [1]}, "ne se lit pas"),
    ({"lines": [{"id": 10**30, "quantity": "1"}]}, "pas de cet arrêt"),
    ({"lines": [{"id": 1, "quantity": 1}]}, "ne se lit pas"),
    ({"kind": "dance"}, "sorte connue"),
    ({"signed_by": "a" * 81}, "Texte trop long"),
    ({"occurred_at": "2026-11-24T08:00:00Z"}, "pas encore venu"),
    ({"occurred_at": "2026-11-01T08:00:00Z"}, "il y a plus de 14 jours"),
    ({"signature": "QUJD", "signed_by": "Camille"}, "JPEG ou PNG"),
]


@pytest.mark.parametrize(("wrong", "said"), REFUSED)
def test_what_cannot_be_is_refused_in_words_and_not_written(world, lou, tour, wrong, said):
    (answer,) = send(world, lou, delivery(tour) | wrong)
    assert (answer["state"], said in answer["message"]) == ("refused", True), answer
    assert not handed_over().exists()
    assert not StopNote.objects.exists()


@pytest.mark.parametrize("amount", ["", "-1", "12,5,5", "99999999", "11"])
def test_a_quantity_that_cannot_be_is_refused_and_the_next_entry_written(world, lou, tour, amount):
    answers = send(world, lou, delivery(tour, amount=amount), delivery(tour, 2, "4", OTHER))
    assert [answer["state"] for answer in answers] == ["refused", "ok"]
    assert handed_over().get().quantity == 4


def test_a_line_of_another_stop_or_twice_the_same_is_refused(world, lou, tour):
    line = {"id": tour.promised[0].pk, "quantity": "5"}
    other = {"id": tour.promised[1].pk, "quantity": "4"}
    for lines in ([line, line], [other], [line, other]):
        (answer,) = send(world, lou, delivery(tour, lines=lines))
        assert "pas de cet arrêt" in answer["message"]


def test_the_round_of_elsewhere_is_not_known(world, lou, tour):
    stranger = small("ailleurs")
    client = Client()
    client.force_login(stranger.people["lou"])
    (answer,) = send(stranger, client, delivery(tour))
    assert "pas connue" in answer["message"]


# Temperature, signature, problem.


def test_the_temperature_on_board_is_a_reading_of_the_vehicle_judged_once(world, lou, tour):
    for _ in range(2):
        assert send(world, lou, temperature(tour)) == ok(KEY)
    row = Reading.objects.get()
    assert (row.vehicle.name, row.celsius, row.read_at.hour) == ("Fourgon", Decimal("3.5"), 7)
    assert "Charge\u202f: Fourgon" in lou.get(world.url("temperatures/")).content.decode()
    (answer,) = send(world, lou, temperature(tour, "999", OTHER))
    assert "Relisez la sonde" in answer["message"]


def test_a_signature_is_kept_small_with_its_name(world, lou, tour):
    assert send(world, lou, delivery(tour, signed_by=" Camille ", signature=coded(DRAWING))) == ok(KEY)
    note = StopNote.objects.get()
    assert (note.signed_by, note.kind, note.customer) == ("Camille", StopKind.DELIVERED, world.canteen)
    response = lou.get(world.url(f"tournee/{note.pk}/signature"))
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert lou.get(world.url(f"tournee/{note.pk}/photo")).status_code == 404
    assert "Camille" in lou.get(world.url("")).content.decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"signature": coded(DRAWING)}, "n’a pas de nom"),
        ({"signature": coded(jpeg()), "signed_by": "Camille"}, "dessin PNG de 100"),
        ({"signature": coded(TOO_BIG), "signed_by": "Camille"}, "dessin PNG de 100"),
    ],
)
def test_a_signature_without_a_name_or_that_is_no_small_drawing_is_refused(world, lou, tour, more, said):
    (answer,) = send(world, lou, delivery(tour, **more))
    assert said in answer["message"]
    assert not handed_over().exists()


def test_a_problem_is_kept_without_the_place_of_its_photo_and_shown_with_the_day(world, lou, tour):
    photo = coded(jpeg(segment(0xE1, GPS)))
    for _ in range(2):
        assert send(world, lou, problem(tour, photo=photo)) == ok(KEY)
    note = StopNote.objects.get()
    assert bytes(note.photo) == jpeg()
    page = lou.get(world.url("")).content.decode()
    assert "porte fermée" in page
    assert world.url(f"tournee/{note.pk}/photo") in page
    assert lou.get(world.url(f"tournee/{note.pk}/photo")).content == jpeg()
    (answer,) = send(world, lou, problem(tour, " ", OTHER))
    assert "Le problème est vide" in answer["message"]
    assert not handed_over().exists(), "a problem delivers nothing"


# The door.


@pytest.mark.parametrize("role", Role)
def test_only_those_who_run_the_platform_send(world, tour, role):
    person = User.objects.create_user("x@polder.example", "trois mots étonnants", name="X")
    Membership.objects.create(user=person, ecopole=world.ecopole, agent=world.platform, role=role)
    client = Client()
    client.force_login(person)
    sent = (world.url("tournee/envoi/"), json.dumps([delivery(tour)]), "application/json")
    allowed = role in (Role.COORDINATOR, Role.PLATFORM)
    assert client.post(*sent).status_code == (200 if allowed else 403)
    assert handed_over().count() == allowed
    seen = client.get(world.url("tournee/donnees.json"))
    assert seen.status_code == (200 if allowed or role == Role.DIRECTOR else 403)
    if seen.status_code == 200:
        assert seen.json()["may_note"] is allowed


def test_the_page_holds_nothing_of_a_person_and_its_files_exist(world, lou, client):
    page = lou.get(world.url("tournee/")).content.decode()
    assert "csrf" not in page
    client.force_login(world.people["daniel"])
    assert client.get(world.url("tournee/")).content.decode() == page
    script = client.get(world.url("tournee/sw.js")).content.decode()
    kept = json.loads(re.search(r"const told = (.*);", script)[1])
    assert kept["page"] == world.url("tournee/")
    for url in (*kept["files"], kept["page"], kept["data"]):
        name = url.removeprefix("/static/")
        assert finders.find(name) if name != url else client.get(url).status_code == 200, url


STRANGE = [
    "", " ", "abc", "NaN", "1e400", "-1", "9" * 400, "a\0b", "\ud800", "é" * 5_000, "2026-11-23T08:00:00Z",
    "delivery", "problem", "temperature", "passage", None, True, 0, -1, 1, 2, 10**30, 1.5, [], {}, [[]],
    "QUJD", [{"id": 1}], [{"id": None, "quantity": "1"}],
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3 * int(os.environ.get("TERREAU_HOSTILE", "1"))))
def test_whatever_an_entry_holds_it_is_answered_in_words(world, lou, tour, seed):
    dice = Random(seed)
    right = [delivery(tour), problem(tour, photo=coded(jpeg())), temperature(tour)]
    entries = []
    for number in range(ENTRIES_MAX - 1):
        entry = dice.choice(right) | {"key": f"strange-{seed}-{number:04}"}
        for name in dice.sample(sorted(entry), dice.randint(1, 3)):
            entry[name] = dice.choice(STRANGE)
        entries.append(entry)
    *answers, last = send(world, lou, *entries, delivery(tour, 2, "4"))
    assert last["state"] == "ok", "and the last one is not spoiled by those before"
    assert all((answer["state"] == "refused") is bool(answer["message"]) for answer in answers)
    assert list(differences(world.ecopole)) == []


# The link given to an outlet.


def test_an_outlet_sees_its_hour_by_a_link_today_only(world, lou, tour, settings):
    page = lou.get(world.url("livraisons/")).content.decode()
    first, _ = re.findall(r'href="http://testserver(/passage/[^"]+)"', page)
    seen = Client().get(first)
    said = seen.content.decode()
    assert (seen.status_code, seen["Cache-Control"]) == (200, "private, no-store")
    assert "Cantine des Roseaux" in said
    assert "Vers 8\u00a0h\u00a005" in said
    for other in ("Halle du Canal", "8\u00a0h\u00a040", "01 99", "Carotte", "lou"):
        assert other not in said, "nothing of the others, nor of anybody"
    settings.CLOCK = "2026-11-24T10:00"
    seen = Client().get(first)
    assert (seen.status_code, "celui d’aujourd’hui" in seen.content.decode()) == (404, True)


@pytest.mark.parametrize("token", ["abc", "a:b:c", "é"])
def test_a_link_that_nobody_signed_says_nothing(world, tour, token):
    seen = Client().get(f"/passage/{token}/")
    assert seen.status_code == 404
    assert "incomplet ou faux" in seen.content.decode()


BROKEN = {
    "stop_note_key_once": {},
    "stop_note_kind_known": {"key": "other", "kind": "dance"},
    "stop_note_of_a_stop": {"key": "other", "rank": 0},
    "stop_note_problem_said": {"key": "other", "kind": "problem"},
    "stop_note_signature_has_a_name": {"key": "other", "signature": b"x"},
    "stop_note_not_in_future": {"key": "other", "occurred_at": NOW + timedelta(minutes=1)},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_itself_refuses_a_note_that_breaks(world, lou, tour, name):
    assert send(world, lou, delivery(tour)) == ok(KEY)
    row = StopNote.objects.get()
    row.pk = None
    for field, value in BROKEN[name].items():
        setattr(row, field, value)
    # SQLite names the columns of a unique constraint, PostgreSQL the constraint.
    with (
        pytest.raises(IntegrityError, match=rf"{name}|stopnote\.ecopole_id, .*\.key"),
        transaction.atomic(),
    ):
        row.save()
