"""The database alone reads nothing; the keys file does; a key is changed without losing a word."""

from datetime import date
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet

from terreau.rooms.insertion.models import Participant
from terreau.rooms.insertion.tests.factories import small
from terreau.territory import sealed
from terreau.territory.sealed import SealRefused


def raw() -> list[tuple[str, ...]]:
    """What is really written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, first_name, birth_date, phone FROM insertion_participant ORDER BY id")
        return cursor.fetchall()


def keys(settings) -> list[str]:
    return settings.INSERTION_KEYS.read_text().split()


def test_words_are_ciphertext_in_the_database_and_plain_for_python(world):
    assert [row[3] for row in raw()] == ["", ""]
    assert not {"Martin", "Ana", "1990-05-17"} & {cell for row in raw() for cell in row}
    assert all(cell.startswith("gAAAA") for row in raw() for cell in row[:3])
    ana = Participant.objects.get(pk=world.ana.pk)
    assert (ana.full_name, ana.birth_date) == ("Ana Martin", date(1990, 5, 17))


def test_the_first_words_make_the_first_key_for_the_server_alone(world, settings):
    assert len(keys(settings)) == 1
    assert settings.INSERTION_KEYS.stat().st_mode & 0o777 == 0o600


def test_the_same_words_are_sealed_differently_and_never_searched(world):
    assert sealed.seal("Martin") != sealed.seal("Martin")
    for lookup in ("name", "name__icontains", "name__in", "birth_date__gte"):
        with pytest.raises(FieldError):
            Participant.objects.filter(**{lookup: ["Martin"]}).exists()
    assert Participant.objects.filter(birth_date__isnull=False).count() == 2


def test_a_file_that_is_missing_is_said_and_never_made_again(world, settings):
    settings.INSERTION_KEYS.unlink()
    with pytest.raises(SealRefused, match="insertion_keys est introuvable"):
        Participant.objects.get(pk=world.ana.pk)
    with pytest.raises(SealRefused, match="introuvable"):
        sealed.seal("autre")
    assert not settings.INSERTION_KEYS.exists()


def test_another_key_opens_nothing_and_says_which_file(world, settings):
    settings.INSERTION_KEYS.write_bytes(Fernet.generate_key())
    with pytest.raises(SealRefused, match="ne sont pas de la même sauvegarde"):
        list(Participant.objects.all())
    settings.INSERTION_KEYS.write_text("pas une clé")
    with pytest.raises(SealRefused, match="une clé par ligne"):
        list(Participant.objects.all())


def test_a_page_says_so_too(world, client, settings):
    settings.INSERTION_KEYS.unlink()
    client.force_login(world.people["maxence"])
    answer = client.get(world.url())
    assert answer.status_code == 503
    assert "insertion_keys est introuvable" in answer.content.decode()


def test_a_new_key_seals_every_row_again(world, settings):
    (old,), before = keys(settings), raw()
    said = StringIO()
    call_command("insertion", "rotate-keys", stdout=said)
    new, kept = keys(settings)
    assert (kept, new != old) == (old, True)
    settings.INSERTION_KEYS.write_text(new)
    assert [p.full_name for p in Participant.objects.order_by("id")] == ["Ana Martin", "Bob Durand"]
    assert not set(before) & set(raw())
    assert said.getvalue().startswith("2 lignes")


def test_interrupted_it_goes_on_with_the_same_key(world, settings, monkeypatch):
    old = keys(settings)[0]
    done, update = [], QuerySet.bulk_update
    monkeypatch.setattr(sealed, "BATCH", 1)

    class PowerCut(Exception):
        pass

    def cut(self, rows, names):
        if done:
            raise PowerCut
        done.append(rows)
        return update(self, rows, names)

    with monkeypatch.context() as cable:
        cable.setattr(QuerySet, "bulk_update", cut)
        with pytest.raises(PowerCut):
            sealed.rotate()
    half = keys(settings)
    # Half of the rows under each key: all are still read.
    assert [p.full_name for p in Participant.objects.order_by("id")] == ["Ana Martin", "Bob Durand"]
    assert sealed.rotate() == 1
    assert keys(settings) == half == [half[0], old]
    settings.INSERTION_KEYS.write_text(half[0])
    assert [p.full_name for p in Participant.objects.order_by("id")] == ["Ana Martin", "Bob Durand"]


def test_without_its_keys_nothing_is_sealed_again(world, settings):
    settings.INSERTION_KEYS.unlink()
    with pytest.raises(CommandError, match="introuvable"):
        call_command("insertion", "rotate-keys")


def test_before_anybody_came_there_is_a_key_and_nothing_to_do(db, settings):
    assert sealed.rotate() == 0
    assert len(keys(settings)) == 1
    assert small("premier").ana.full_name == "Ana Martin"
