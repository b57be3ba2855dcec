"""A word planted in every sealed column is read by whom the table allows, and by nobody else, anywhere."""

import base64
import logging
from io import StringIO

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from terreau.rooms.insertion.access import REASONED, TABLE, Part
from terreau.rooms.insertion.models import Reading, Renewal
from terreau.rooms.insertion.tests.factories import SEALED_PARTS, canary, plant
from terreau.rooms.insertion.urls import urlpatterns
from terreau.territory.abilities import Role
from terreau.territory.models import Membership
from terreau.territory.sealed import SealedDateField, SealedTextField

WORDS = {canary(where): part for where, part in SEALED_PARTS.items()}
# What each reads of Ana, who is followed by Maxence and in Morgan's team.
READS = {
    "maxence": TABLE[Role.COUNSELLOR],
    "daniel": TABLE[Role.DIRECTOR] - {part for role, part in REASONED if role is Role.DIRECTOR},
    "morgan": TABLE[Role.SUPERVISOR],
    "ana": TABLE[Role.PARTICIPANT],
}


@pytest.fixture
def planted(world):
    plant(world.ana, world.people["maxence"])
    return world


def pages(world) -> list[str]:
    """Every page of the room, for each person and each line, and those that count or list elsewhere."""
    here = world.ecopole.slug
    found = [reverse(name, args=[here]) for name in ("today", "territory:map", "lots:list")]
    for pattern in urlpatterns:
        asked = list(pattern.pattern.converters)
        for person in (world.ana, world.bob):
            numbers = [1, 2] if "pk" in asked else [0]
            for pk in numbers:
                values = {
                    "person": person.code, "pk": pk, "kind": "contract", "team": world.team.pk,
                    "week": "2026-W48", "month": "2026-11", "year": 2026, "section": "accompagnement",
                    "code": "justice",
                }  # fmt: skip
                kwargs = {"ecopole": here} | {name: values[name] for name in asked}
                found.append(reverse(f"insertion:{pattern.name}", kwargs=kwargs))
    return sorted(set(found))


def test_no_sealed_column_is_forgotten():
    sealed = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("insertion").get_models()
        for field in model._meta.fields
        if isinstance(field, SealedTextField) and not isinstance(field, SealedDateField)
    }
    assert sealed == {where.partition(":")[0] for where in SEALED_PARTS}


def test_each_role_reads_its_parts_and_nothing_more(planted, caplog):
    caplog.set_level(logging.DEBUG)
    heard = {name: set() for name in planted.people}
    for name, user in planted.people.items():
        client = Client(raise_request_exception=True)
        client.force_login(user)
        for url in pages(planted):
            answer = client.get(url)
            # The words of a sheet are compressed: they are read in test_pathway.
            body = answer.content.decode(errors="replace")
            found = {word for word in WORDS if word in body}
            heard[name] |= found
            leaked = {word for word in found if WORDS[word] not in READS.get(name, set())}
            assert not leaked, f"{name} reads {leaked} on {url}"
    # The test hears: who may read does.
    assert canary("participant.name") in heard["maxence"] & heard["daniel"] & heard["morgan"]
    assert canary("criterion.kept_at") in heard["maxence"]
    assert not [record for record in caplog.records if "canari-" in record.getMessage()]
    assert not mail.outbox


def test_a_thief_of_the_database_reads_no_word(planted):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = repr(cursor.fetchall())
            assert "canari-" not in rows, table


def test_a_thief_of_the_file_reads_no_word_nor_a_birthday(planted):
    """The bytes of the database, as an unencrypted backup holds them."""
    if connection.vendor != "sqlite":
        pytest.skip("a file to copy is SQLite’s")
    stolen = bytes(connection.connection.serialize())
    assert planted.ana.code.encode() in stolen, "the test reads"
    for word in ("canari-", "1990-05-17", "Durand"):
        assert word.encode() not in stolen
        assert base64.b64encode(word.encode()).rstrip(b"=")[:-1] not in stolen


def test_what_is_typed_wrong_is_in_no_log_and_no_letter(planted, maxence, caplog):
    """Forms refused, commands, letters to the person: nothing of the file goes with them."""
    caplog.set_level(logging.DEBUG)
    file, words = (
        planted.url(f"{planted.ana.code}/"),
        dict.fromkeys(("key", "reason", "note"), "canari-typed"),
    )
    for page in ("contrat/", "papier/", "donnees/identite/", "donnees/garder/", "parcours/entretien/"):
        typed = words | {"address": "canari-typed", "job": "canari-typed", "birth_date": "canari-typed"}
        assert maxence.post(file + page, typed).status_code == 422
    Membership.objects.filter(agent=planted.ana.agent).delete()
    address = {"email": "ana@exemple.invalid", "key": "acces-ana-1"}
    assert maxence.post(f"{file}donnees/acces/", address).status_code == 302
    maxence.post(reverse("account_reset_password"), {"email": "ana.essai@exemple.invalid"})
    out = StringIO()
    for gesture in ("rotate-keys", "retain"):
        call_command("insertion", gesture, stdout=out)
    said = [record.getMessage() + str(record.args) for record in caplog.records]
    letters = [letter.subject + letter.body + str(letter.alternatives) for letter in mail.outbox]
    assert len(letters) == 2
    assert not any("canari-" in text for text in (*said, *letters, out.getvalue()))
    assert not any(planted.ana.code in text for text in letters)


def test_the_direction_reads_justice_for_a_reason_and_the_log_keeps_it(planted):
    client, url = Client(), planted.url(f"{planted.ana.code}/justice/")
    client.force_login(planted.people["daniel"])
    word = canary("interviewnote.text:justice")
    assert word not in client.get(url).content.decode()
    short = client.post(url, {"reason": "voir"})
    assert (short.status_code, word in short.content.decode()) == (422, False)
    assert 'value="voir"' in short.content.decode()
    read = client.post(url, {"reason": "aménager les horaires de la semaine"})
    assert word in read.content.decode()
    log = Reading.objects.get(reader=planted.people["daniel"], part=Part.JUSTICE)
    assert log.reason == "aménager les horaires de la semaine"


def test_each_part_shown_is_written_in_the_log(planted, maxence):
    Reading.objects.all().delete()
    maxence.get(planted.url(f"{planted.ana.code}/entree/"))
    assert list(Reading.objects.values_list("part", "reader__name")) == [("criteria", "Maxence")]
    maxence.get(planted.url(f"{planted.bob.code}/entree/"))
    assert Reading.objects.count() == 1
    assert Renewal.objects.count() == 1
