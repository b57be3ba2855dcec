"""The field page: what it sends, once and in order, and what is refused in words."""

import base64
import json
import os
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from terreau.formats.tests.test_photo import GPS, jpeg, segment
from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.ledger.offline import ENTRIES_MAX
from terreau.ledger.queries import State, commitments
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.models import FieldNote, PlotStatus
from terreau.rooms.garden.queries import NewPlanting, PlantingState
from terreau.rooms.garden.tests.entries import KEY, MORNING, client_of, harvest, note, ok, send, work
from terreau.rooms.garden.tests.factories import NOW, TODAY, WEEK, make_garden, make_land
from terreau.territory.abilities import Role
from terreau.territory.models import Product, Quality
from terreau.territory.tests.pages import text

pytestmark = pytest.mark.django_db


def test_the_same_key_thrice_is_one_harvest(garden):
    client = client_of(garden)
    for _ in range(2):
        assert send(garden, harvest(garden), client=client) == ok(KEY)
    assert send(garden, harvest(garden), harvest(garden), client=client) == ok(KEY, KEY)
    event = Event.objects.get()
    assert (event.quantity, event.occurred_at.isoformat()) == (Decimal("12.5"), "2026-11-23T07:30:00+00:00")
    assert event.recorded_at == NOW
    assert event.recorded_by is not None


def test_the_same_key_thrice_is_one_note_and_one_hour_worked(garden):
    make_land(garden)
    other = KEY[:-1] + "2"
    client = client_of(garden)
    for _ in range(3):
        assert send(garden, note(garden), work(garden, key=other), client=client) == ok(KEY, other)
    assert FieldNote.objects.count() == 1
    assert Event.objects.count() == 1


def test_a_harvest_answers_what_was_due_there_and_closes_it(garden):
    late = garden.due("carotte", "A2", "10", TODAY - timedelta(days=1))
    other, tomorrow = (
        garden.due("carotte", "B1", "10"),
        garden.due("carotte", "A2", "9", TODAY + timedelta(1)),
    )
    assert send(garden, harvest(garden, "8")) == ok(KEY)
    assert Event.objects.get().fulfils_id == late.pk
    states = {line.commitment.pk: line.state for line in commitments(garden.ecopole)}
    assert states == {late.pk: State.MET, other.pk: State.OPEN, tomorrow.pk: State.OPEN}
    again = KEY[:-1] + "2"
    assert send(garden, harvest(garden, "1", key=again)) == ok(again)
    assert Event.objects.latest("pk").fulfils_id is None, "nothing more is due there today"


def test_entries_are_written_in_their_order_and_each_for_itself(garden):
    keys = [KEY[:-1] + str(n) for n in range(4)]
    answers = send(
        garden,
        harvest(garden, "3", key=keys[0]),
        harvest(garden, "1,5", "laitue", key=keys[1]),
        {"key": keys[2], "kind": "dance", "occurred_at": MORNING},
        harvest(garden, "4", key=keys[3]),
    )
    assert [answer["state"] for answer in answers] == ["ok", "refused", "refused", "ok"]
    assert "nombre entier de pièces" in answers[1]["message"]
    assert list(Event.objects.order_by("pk").values_list("quantity", flat=True)) == [3, 4]


REFUSED = [
    ({"quantity": "0"}, "Saisissez ce qui a été pesé"),
    ({"quantity": "-1"}, "Saisissez ce qui a été pesé"),
    ({"quantity": ""}, "Rien n’a été saisi"),
    ({"quantity": "12,5,5"}, "n’est pas un nombre"),
    ({"quantity": "12 litres"}, "attendue en kg"),
    ({"quantity": "12345678"}, "trop grand"),
    ({"quantity": 12}, "ne se lit pas"),
    ({"quantity": "1\0"}, "ne se lit pas"),
    ({"kind": "\ud800"}, "ne se lit pas"),
    ({"product": 10**30}, "n’est pas cultivé ici"),
    ({"product": True}, "n’est pas cultivé ici"),
    ({"product": None}, "n’est pas cultivé ici"),
    ({"bed": "12"}, "n’est pas du jardin"),
    ({"bed": 0}, "n’est pas du jardin"),
    ({"occurred_at": "2026-11-24T08:00:00Z"}, "qui n’est pas encore venu"),
    ({"occurred_at": "2026-11-08T08:00:00Z"}, "il y a plus de 14 jours"),
    ({"occurred_at": "2026-11-23T08:00:00"}, "ne se lit pas"),
    ({"occurred_at": "2026-02-31T08:00:00Z"}, "ne se lit pas"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "ne se lit pas"),
    ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "ne se lit pas"),
    ({"occurred_at": 7}, "ne se lit pas"),
]


@pytest.mark.parametrize(("wrong", "said"), REFUSED)
def test_what_cannot_be_is_refused_in_words_and_not_written(garden, wrong, said):
    (answer,) = send(garden, harvest(garden) | wrong)
    assert (answer["key"], answer["state"]) == (KEY, "refused")
    assert said in answer["message"]
    assert not Event.objects.exists()


def test_a_refused_entry_corrected_is_written_under_its_own_key(garden):
    client = client_of(garden)
    assert send(garden, harvest(garden, "0"), client=client)[0]["state"] == "refused"
    assert send(garden, harvest(garden, "2"), client=client) == ok(KEY)
    assert Event.objects.get().quantity == 2


def test_a_clock_some_minutes_fast_is_not_the_future_and_a_fortnight_is_not_too_old(garden):
    fast, old = harvest(garden, occurred_at="2026-11-23T10:20:00+01:00"), KEY[:-1] + "2"
    assert send(garden, fast, harvest(garden, key=old, occurred_at="2026-11-09T08:00:00Z")) == ok(KEY, old)
    assert Event.objects.order_by("pk")[0].occurred_at == NOW


def test_beds_products_and_plantings_of_others_are_not_named(garden):
    stranger = make_garden("ailleurs")
    land = make_land(stranger)
    new = NewPlanting(land.crops["blette"], land.bed("A2"), WEEK, Decimal(30), reason="essai")
    planting = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key="culture-1")
    task = commitments(land.ecopole, process=planting)[0].commitment.pk
    bed = stranger.beds["A2"].pk
    answers = send(
        garden, harvest(garden) | {"bed": bed}, note(garden) | {"bed": bed},
        note(garden, planting=planting.pk), work(garden, bed=bed),
        work(garden, bed=garden.beds["A2"].pk, planting=planting.pk),
        work(garden, trade="travail-implantation", bed=garden.beds["A2"].pk, task=task),
        harvest(garden) | {"product": Product.objects.get(code="travail-recolte").pk},
    )  # fmt: skip
    assert [answer["state"] for answer in answers] == ["refused"] * 7
    assert not Event.objects.exists()
    assert not FieldNote.objects.exists()


# Work.


def test_a_gesture_named_or_recognised_is_answered(garden, planted):
    planting, task = planted
    bed = garden.beds["A2"].pk
    sent = work(garden, "1,2", "travail-implantation", bed=bed, planting=planting.pk)
    assert send(garden, sent) == ok(KEY)
    event = Event.objects.get()
    assert (event.fulfils_id, event.process_id, event.to_place_id) == (task.pk, planting.pk, bed)
    (line,) = queries.plantings(garden.ecopole, first=WEEK, last=WEEK, today=TODAY)
    assert line.state is PlantingState.GROWING
    again = sent | {"key": KEY[:-1] + "2", "task": task.pk}
    (answer,) = send(garden, again)
    assert "déjà enregistré" in answer["message"]
    assert send(garden, again | {"task": None}) == ok(again["key"])
    assert Event.objects.latest("pk").fulfils_id is None, "more work on the same planting"


def test_a_gesture_named_for_another_trade_is_refused(garden, planted):
    planting, task = planted
    bed = garden.beds["A2"].pk
    (answer,) = send(garden, work(garden, bed=bed, planting=planting.pk, task=task.pk))
    assert "ce n’est pas le geste choisi" in answer["message"]
    assert not Event.objects.exists()


def test_upkeep_ahead_of_its_week_is_work_in_addition(garden, planted):
    planting, _ = planted
    assert send(garden, work(garden, bed=garden.beds["A2"].pk, planting=planting.pk)) == ok(KEY)
    event = Event.objects.get()
    assert (event.fulfils_id, event.process_id) == (None, planting.pk)


def test_hours_without_a_bed_are_the_garden_s(garden):
    make_land(garden)
    assert send(garden, work(garden)) == ok(KEY)
    event = Event.objects.get()
    assert (event.quantity, event.process_id, event.to_place_id) == (Decimal("1.5"), None, None)
    (answer,) = send(garden, work(garden, "0", key=KEY[:-1] + "2"))
    assert "Saisissez les heures passées" in answer["message"]
    (answer,) = send(garden, work(garden, trade="carotte", key=KEY[:-1] + "3"))
    assert "geste n’est pas connu" in answer["message"]


# Quality of a harvest.


def test_a_harvest_is_sold_as_its_plot_says(garden):
    make_land(garden)
    PlotStatus.objects.all().delete()
    PlotStatus.objects.create(plot_id=queries.beds(garden.ecopole)[0].plot_id, status="conversion",
                              since=date(2025, 1, 1))  # fmt: skip
    second = KEY[:-1] + "2"
    garden.expects("poireau", "A10", "1", "2")  # a place outside the plots: what was forecast
    assert send(garden, harvest(garden), harvest(garden, product="poireau", bed="A10", key=second)) == ok(
        KEY, second
    )
    assert [e.lot.quality for e in Event.objects.order_by("pk")] == [Quality.CONVERSION, Quality.ORGANIC]


# Observations and photographs.


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_photo_is_kept_without_its_place_and_shown_to_the_garden_only(garden):
    photo = jpeg(segment(0xE1, GPS))
    assert send(garden, note(garden, "", photo=coded(photo))) == ok(KEY)
    row = FieldNote.objects.get()
    assert bytes(row.photo) == jpeg()
    client, url = client_of(garden, Role.DIRECTOR), garden.url(f"observations/{row.pk}/photo")
    assert url in text(client.get(garden.url("observations/")))
    response = client.get(url)
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert response.content == jpeg()
    assert client_of(make_garden("ailleurs")).get(url).status_code == 404
    assert client_of(garden, Role.BASKETS).get(url).status_code == 403
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": "", "photo": ""}, "L’observation est vide"),
        ({"text": "é" * 501}, "Texte trop long"),
        ({"photo": "pas du base64 !"}, "arrivée abîmée"),
        ({"photo": coded(b"<svg onload=alert(1)>")}, "JPEG ou PNG"),
        ({"photo": coded(jpeg()[:-2])}, "abîmée"),
        ({"photo": coded(jpeg() + bytes(1_500_000))}, "1,5 au plus"),
        ({"photo": ["a"]}, "ne se lit pas"),
        ({"occurred_at": "2026-11-24T08:00:00Z"}, "qui n’est pas encore venu"),
    ],
)
def test_an_observation_that_cannot_be_kept_says_why(garden, wrong, said):
    (answer,) = send(garden, note(garden) | wrong)
    assert said in answer["message"]
    assert not FieldNote.objects.exists()


BROKEN = {
    "field_note_key_once": {},
    "field_note_kind_known": {"key": "other", "kind": "dance"},
    "field_note_not_in_future": {"key": "other", "occurred_at": NOW + timedelta(minutes=1)},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_itself_refuses_a_note_that_breaks(garden, name):
    assert send(garden, note(garden)) == ok(KEY)
    row = FieldNote.objects.get()
    row.pk = None
    for field, value in BROKEN[name].items():
        setattr(row, field, value)
    # SQLite names the columns of a unique constraint, PostgreSQL the constraint.
    with (
        pytest.raises(IntegrityError, match=rf"{name}|field_?note\.ecopole_id, .*\.key"),
        transaction.atomic(),
    ):
        row.save()


# The door.


STRANGE = [
    "", " ", "abc", "NaN", "1e400", "-1", "9" * 400, "a\0b", "\ud800", "é" * 5_000, "2026-11-23T08:00:00Z",
    "0000-00-00T00:00:00Z", "harvest", "work", "note", "travail-entretien", None, True, 0, -1, 1, 2, 10**30,
    1.5, float("inf"), float("nan"), [], {}, [[]], "QUJD",
]  # fmt: skip


def test_an_observation_is_withdrawn_by_another_note_with_its_reason(garden):
    assert send(garden, note(garden, photo=coded(jpeg()))) == ok(KEY)
    seen, client = FieldNote.objects.get(), client_of(garden)
    page = garden.url(f"observations/{seen.pk}/retirer/")
    assert "des pucerons" in text(client.get(page))
    sent = {"key": "22222222-aaaa", "reason": "ce n’était pas un puceron"}
    refused = client.post(page, sent | {"reason": " "})
    assert refused.status_code == 422
    assert "dites pourquoi cette observation est retirée" in text(refused)
    for key in (sent["key"], "33333333-bbbb"):
        told = client.post(page, sent | {"key": key}, follow=True)
        assert "observation retirée" in text(told)
    contrary = FieldNote.objects.exclude(pk=seen.pk).get()
    assert (contrary.withdraws, contrary.text, contrary.photo) == (seen, sent["reason"], None)
    assert "des pucerons" not in text(client.get(garden.url("observations/")))
    assert client.get(garden.url(f"observations/{seen.pk}/photo")).status_code == 404
    kept = text(client.get(garden.url("registre/?partie=pertes")))
    assert "<s>des pucerons</s>" in kept
    assert "ce n’était pas un puceron" in kept
    assert client.get(garden.url(f"observations/{contrary.pk}/retirer/")).status_code == 404


def test_only_who_runs_the_garden_withdraws_its_observations(garden):
    assert send(garden, note(garden)) == ok(KEY)
    end, sent = f"observations/{FieldNote.objects.get().pk}/retirer/", {"key": KEY, "reason": "essai"}
    assert client_of(garden, Role.DIRECTOR).post(garden.url(end), sent).status_code == 403
    stranger = make_garden("ailleurs")
    assert stranger.client().post(stranger.url(end), sent).status_code == 404
    assert FieldNote.objects.count() == 1


@pytest.mark.parametrize("seed", range(4 * int(os.environ.get("TERREAU_HOSTILE", "1"))))
def test_whatever_an_entry_holds_it_is_answered_in_words(garden, planted, seed):
    dice, client = Random(seed), client_of(garden)
    planting, task = planted
    bed = garden.beds["A2"].pk
    right = [
        harvest(garden), note(garden, photo=coded(jpeg())),
        work(garden, bed=bed, planting=planting.pk, task=task.pk, trade="travail-implantation"),
    ]  # fmt: skip
    entries = []
    for number in range(ENTRIES_MAX - 1):
        entry = dice.choice(right) | {"key": f"strange-{seed}-{number:04}"}
        for name in dice.sample(sorted(entry), dice.randint(1, 3)):
            entry[name] = dice.choice(STRANGE)
        entries.append(entry)
    *answers, last = send(garden, *entries, harvest(garden, key=KEY), client=client)
    assert last["state"] == "ok", "and the last one is not spoiled by those before"
    assert len(answers) == len(entries)
    assert all((answer["state"] == "refused") is bool(answer["message"]) for answer in answers)
    assert list(differences(garden.ecopole)) == []


UNREADABLE = ["", "[]", "{}", "null", "[" * 60_000, "9" * 5_000, '["\\ud800"']


@pytest.mark.parametrize("body", [*UNREADABLE, json.dumps([1] * (ENTRIES_MAX + 1))], ids=lambda b: b[:8])
def test_a_letter_that_cannot_be_read_is_refused_whole(garden, body):
    response = client_of(garden).post(garden.url("terrain/envoi/"), body, content_type="application/json")
    assert response.status_code == 400
    assert "Envoi illisible" in response.json()["message"]


@pytest.mark.parametrize("entry", [1, None, "a", [], {}, {"key": 3}, {"key": "court"}, {"key": "a" * 200}])
def test_an_entry_without_a_key_is_refused_beside_the_others(garden, entry):
    answers = send(garden, entry, harvest(garden))
    assert [answer["state"] for answer in answers] == ["refused", "ok"]
    assert answers[0]["key"] == ""


def test_a_form_is_not_a_letter(garden):
    response = client_of(garden).post(garden.url("terrain/envoi/"), {"key": KEY})
    assert response.status_code == 400


def test_the_token_is_asked_in_the_header(garden):
    client = client_of(garden)
    client.handler.enforce_csrf_checks = True
    sent = (garden.url("terrain/envoi/"), json.dumps([harvest(garden)]), "application/json")
    assert client.post(*sent).status_code == 403
    token = client.get(garden.url("terrain/donnees.json")).cookies["csrftoken"].value
    assert client.post(*sent, headers={"X-CSRFToken": token}).status_code == 200
    assert Event.objects.count() == 1


@pytest.mark.parametrize("role", Role)
def test_only_those_who_run_the_garden_send(garden, role):
    sent = (garden.url("terrain/envoi/"), json.dumps([harvest(garden)]), "application/json")
    allowed = role in (Role.COORDINATOR, Role.GROWER)
    assert client_of(garden, role).post(*sent).status_code == (200 if allowed else 403)
    assert Event.objects.count() == allowed


def test_signed_out_or_from_elsewhere_nothing_is_written(garden):
    sent = (garden.url("terrain/envoi/"), json.dumps([harvest(garden)]), "application/json")
    assert Client().post(*sent).status_code == 302
    assert client_of(make_garden("ailleurs")).post(*sent).status_code == 404
    assert not Event.objects.exists()
