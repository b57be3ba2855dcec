"""Two years after the last contact the words of a file go, and no figure moves."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from terreau.measures.periods import Period
from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.leaving import exits_of, support_of
from terreau.rooms.insertion.queries import paid_hours
from terreau.rooms.insertion.retention import READ, coming, counted, erase, keep_on, retain, retain_tonight
from terreau.rooms.insertion.steering import people_of, statement, steering
from terreau.rooms.insertion.tests.factories import canary, plant
from terreau.rooms.insertion.tests.test_convention import annex
from terreau.rooms.insertion.tests.test_hours import close_week, hired  # noqa: F401
from terreau.territory.models import Agent, User
from terreau.territory.sealed import sealed_columns

# The last contact with Ana is the end of her contract, 28 February 2027; with Bob, 31 March 2027.
ANA_OVER, BOB_OVER = date(2029, 3, 1), date(2029, 4, 1)


def at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time().replace(hour=3)))


@pytest.fixture
def past(hired):  # noqa: F811
    """Ana's file holds a canary in every sealed column, and what the State counts; a week is closed."""
    close_week(hired)
    plant(hired.ana, hired.people["maxence"])
    day = date(2026, 9, 2)
    for family in m.Family.values:
        hired.add(m.Obstacle, family=family, level="2", said_on=day)
    hired.add(m.SupportAction, family="mobilite", label="Permis", reach="internal", done_on=day)
    diagnosis = hired.add(m.Diagnosis, author="employer", made_on=day, education="51")
    hired.add(m.Criterion, diagnosis=diagnosis, code="RSA", kept_at="classeur A")
    m.Participant.objects.filter(pk=hired.ana.pk).update(sex="F")
    annex(hired)
    return hired


def figures(world) -> list:
    """All that is counted above and in the room, under no name."""
    today, row = date(2029, 6, 1), m.Annex.objects.get()
    told = steering(world.ecopole, row, today)
    lines = statement(world.ecopole, date(2026, 11, 1), today).lines
    criteria = sorted(row.code for row in m.Criterion.objects.all() if row.code in ("RSA",))
    return [
        replace(told, row=None, receipts=[]),
        [(line.person.pk, line.paid, line.etp, line.contract and line.contract.start) for line in lines],
        [exits_of(world.ecopole, year).rates for year in (2026, 2027)],
        support_of(world.ecopole, 2026),
        paid_hours(world.ecopole, 2026),
        sorted((p.pk, p.birth_date.year, p.sex) for p in m.Participant.objects.filter(pk=world.ana.pk)),
        (criteria, sorted(row.author for row in m.Diagnosis.objects.all())),
        len(people_of(world.ecopole, Period(date(2026, 1, 1), date(2029, 6, 1)))),
    ]


def raw() -> bytes:
    """The database as a thief copies it."""
    if connection.vendor != "sqlite":
        pytest.skip("a file to copy is SQLite’s")
    return bytes(connection.connection.serialize())


def test_the_words_go_and_no_figure_moves(past):
    before = figures(past)
    assert retain(at=at(ANA_OVER - timedelta(days=1))).erased == 0
    assert retain(at=at(ANA_OVER)).erased == 1
    assert figures(past) == before
    kept = set()
    for model, names in sealed_columns("insertion"):
        field = "pk" if model is m.Participant else "participant"
        for line in model.objects.filter(**{field: past.ana.pk}):
            for name in names:
                value = getattr(line, name)
                if value not in ("", None, date(1990, 1, 1)):
                    assert value in counted()[model, name]
                    kept.add((model, name))
    assert kept == set(counted())
    ana = m.Participant.objects.get(pk=past.ana.pk)
    assert (ana.full_name, ana.birth_date) == (ana.code, date(1990, 1, 1))
    plain = [m.Contract.objects.filter(participant=ana).values_list("job", flat=True),
             m.PassIae.objects.filter(participant=ana).values_list("number", flat=True),
             m.Pmsmp.objects.filter(participant=ana).values_list("host", flat=True),
             m.Training.objects.filter(participant=ana).values_list("title", flat=True)]  # fmt: skip
    assert [set(words) for words in plain] == [{"effacé"}, {"0" * 12}, {"effacé"}, {"effacé"}]
    log = m.Erasure.objects.get()
    assert (log.participant, log.last_contact, log.recorded_by) == (ana, date(2027, 2, 28), None)
    assert log.lines > 30


def test_the_file_exists_no_more_for_anybody_and_the_account_is_closed(past):
    code, account = past.ana.code, past.people["ana"]
    retain(at=at(ANA_OVER))
    here = m.Participant.objects.get(pk=past.ana.pk).code
    for name in ("maxence", "daniel", "morgan"):
        client = Client()
        client.force_login(past.people[name])
        assert code not in client.get(past.url()).content.decode()
        assert {client.get(past.url(f"{who}/")).status_code for who in (code, here)} == {404}
    account = User.objects.get(pk=account.pk)
    assert (account.is_active, account.email, account.memberships.count()) == (
        False, f"efface-{account.pk}@invalid", 0,
    )  # fmt: skip


def test_what_is_replaced_leaves_no_trace_in_the_copied_file(past):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM insertion_participant WHERE id = %s", [past.ana.pk])
        (sealed,) = cursor.fetchone()
    assert sealed.encode() in raw()
    retain(at=at(ANA_OVER))
    assert sealed.encode() not in raw()


def test_a_run_stopped_half_way_leaves_whole_files_and_goes_on(past):
    """A stranger bears the name Bob's agent is to take: his transaction falls, Ana's stands."""
    taken = f"Acteur effacé n° {past.bob.agent_id}"
    stranger = Agent.objects.create(ecopole=past.ecopole, kind="farm", name=taken)
    assert erase(past.ana, at(BOB_OVER))
    with pytest.raises(IntegrityError):
        retain(at=at(BOB_OVER))
    bob = m.Participant.objects.get(pk=past.bob.pk)
    assert (bob.first_name, bob.anonymised_at) == ("Bob", None)
    assert m.Contract.objects.get(participant=bob).job == "Ouvrier"
    Agent.objects.filter(pk=stranger.pk).update(name="Ferme")
    assert [retain(at=at(BOB_OVER)).erased for _ in range(2)] == [1, 0]
    assert m.Erasure.objects.count() == 2


def test_a_word_said_since_keeps_the_file(past):
    past.add(m.FollowUp, exit=m.Exit.objects.get(), month=6, observed_on=date(2027, 8, 20), situation="job")
    assert retain(at=at(ANA_OVER)).erased == 0
    assert retain(at=at(date(2029, 8, 21))).erased == 2
    assert not erase(past.ana, at(date(2029, 8, 21)))


def test_a_withdrawn_word_keeps_nothing(past):
    said = past.add(m.Interview, kind="other", held_on=date(2028, 1, 10))
    past.add(m.Withdrawal, model="interview", fact=said.key, reason="autre personne")
    assert retain(at=at(ANA_OVER)).erased == 1


def test_a_pathway_that_runs_is_never_erased(past):
    past.contract(kind="cdi_inclusion", starts_on=date(2027, 3, 1), ends_on=None)
    assert retain(at=at(date(2040, 1, 1))).erased == 1  # Bob


def test_a_proof_owed_makes_an_archive_that_the_direction_alone_reads(past):
    """Five years after the end of the contract, then erased."""
    past.add(m.Hold, reason="dispute", since=date(2027, 2, 28), note="prud’hommes")
    assert (retain(at=at(ANA_OVER)).archived, retain(at=at(ANA_OVER)).archived) == (1, 0)
    seen = {}
    for name in ("maxence", "morgan", "daniel"):
        client = Client()
        client.force_login(past.people[name])
        seen[name] = client.get(past.url(f"{past.ana.code}/")).status_code
    assert seen == {"maxence": 404, "morgan": 404, "daniel": 200}
    assert retain(at=at(date(2032, 2, 28))).erased == 1  # Bob
    assert retain(at=at(date(2032, 2, 29))).erased == 1


def test_what_is_coming_is_known_three_months_before(past, django_assert_num_queries):
    people = list(m.Participant.objects.order_by("id"))
    files = Files(people, READ)
    with django_assert_num_queries(3):
        told = coming(people, files, date(2028, 11, 30))
    assert [(f.person.pk, f.kept.until) for f in told] == [(past.ana.pk, date(2029, 2, 28))]
    assert not coming(people, files, date(2028, 11, 27))


def test_the_command_and_the_night_do_the_same(past, settings):
    settings.CLOCK = "2029-03-01T10:00"
    out = StringIO()
    call_command("insertion", "retain", stdout=out)
    assert "Dossiers effacés\u202f: 1" in out.getvalue()
    retain_tonight.func(at=at(BOB_OVER).isoformat())
    assert m.Erasure.objects.count() == 2
    assert canary("participant.name") not in repr(list(m.Participant.objects.values_list("name")))


def test_each_night_asks_for_the_next_once_and_a_chosen_hour_for_none(world, settings):
    noon = timezone.make_aware(datetime(2026, 11, 27, 12))
    keep_on(at=noon)
    assert not DBTaskResult.objects.exists()
    settings.CLOCK = ""
    for hour in (0, 1):
        keep_on(at=noon + timedelta(hours=hour))
    asked = DBTaskResult.objects.get()
    assert asked.run_after == timezone.make_aware(datetime(2026, 11, 28, 3))
    retain_tonight.func(**asked.args_kwargs["kwargs"])
    assert DBTaskResult.objects.count() == 2


def test_hours_paid_to_somebody_erased_stay_in_the_ledger(past):
    before = statement(past.ecopole, date(2026, 11, 1), date(2029, 6, 1)).total
    retain(at=at(BOB_OVER))
    assert statement(past.ecopole, date(2026, 11, 1), date(2029, 6, 1)).total == before == Decimal(46)
