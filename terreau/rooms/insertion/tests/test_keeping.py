"""The file itself: identity corrected, access opened and closed, files handed over, all of it given back."""

import re
from datetime import date

from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.keeping import ASKED, GIVEN, requests
from terreau.rooms.insertion.own_data import PARTS, tables, told
from terreau.rooms.insertion.tests.factories import SEALED_PARTS, TODAY, as_, canary, plant, written
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Invitation, Membership, User

IDENTITY = {
    "first_name": "Ana", "name": "Martin", "birth_date": "17/05/1990", "sex": "", "phone": "", "email": "",
    "address": "",
}  # fmt: skip


def page(world, path: str = "", person=None) -> str:
    return world.url(f"{(person or world.ana).code}/donnees/{path}")


# --- identity -------------------------------------------------------------------------------------------


def test_an_identity_is_corrected_and_its_history_kept(world, maxence):
    typed = IDENTITY | {"name": "Martin-Leroy", "reason": "nom d’usage", "key": "identite-1"}
    for _ in range(2):
        assert maxence.post(page(world, "identite/"), typed).status_code == 302
    told_ = [(row.name, row.reason) for row in m.Identity.objects.order_by("id")]
    assert told_ == [("Martin", ""), ("Martin-Leroy", "nom d’usage")]
    assert "Ana Martin-Leroy" in maxence.get(world.url()).content.decode()
    assert "<summary>Avant</summary>" in maxence.get(page(world)).content.decode()
    again = IDENTITY | {"name": "Leroy", "reason": "mariage", "key": "identite-2"}
    maxence.post(page(world, "identite/"), again)
    ana = m.Participant.objects.get(pk=world.ana.pk)
    assert (ana.name, m.Identity.objects.order_by("id").last().name) == ("Leroy", "Leroy")
    assert m.Identity.objects.count() == 3


def test_what_was_typed_stays_when_nothing_changed_or_a_date_is_wrong(world, maxence):
    same = maxence.post(page(world, "identite/"), IDENTITY | {"reason": "rien", "key": "identite-1"})
    assert same.status_code == 422
    assert "Rien n’a changé" in same.content.decode()
    wrong = IDENTITY | {
        "birth_date": "31/02/1990",
        "address": "3 rue neuve",
        "reason": "x",
        "key": "id-000002",
    }
    refused = maxence.post(page(world, "identite/"), wrong)
    assert refused.status_code == 422
    assert all(f'value="{word}"' in refused.content.decode() for word in ("31/02/1990", "3 rue neuve"))
    assert not m.Identity.objects.exists()


# --- the person's own access ----------------------------------------------------------------------------


def test_the_person_comes_in_by_a_letter_that_says_nothing_of_insertion(world):
    imane = as_(world, "imane")
    typed = {"email": "bob@exemple.invalid", "key": "acces-bob"}
    assert imane.post(page(world, "acces/", world.bob), typed).status_code == 302
    (letter,) = mail.outbox
    told_ = letter.subject + letter.body
    assert letter.to == ["bob@exemple.invalid"]
    assert not any(word in told_ for word in ("Bob", "Durand", world.bob.code, "parcours", "nsertion"))
    assert (
        "bob@exemple.invalid"
        not in as_(world, "alice").get(f"/e/{world.ecopole.slug}/territoire/personnes/").content.decode()
    )
    link = re.search(r"http://testserver(\S+)", letter.body)[1]
    client = Client()
    client.post(link, {"name": "Bob", "password": "trois mots sans lien"})
    assert "Bob Durand" in client.get(world.url("mon-parcours/")).content.decode()
    closed = imane.post(page(world, "acces/fermer/", world.bob))
    assert closed.status_code == 302
    assert client.get(world.url("mon-parcours/")).status_code == 302  # nobody signs in with it any more
    user = User.objects.get(pk=client.session.get("_auth_user_id", User.objects.order_by("-id").first().pk))
    assert (user.is_active, user.name) == (False, f"Compte effacé n° {user.pk}")


def test_one_access_a_person_and_a_colleague_keeps_theirs(world, maxence):
    again = maxence.post(page(world, "acces/"), {"email": "x@exemple.invalid", "key": "acces-0001"})
    assert (again.status_code, "a déjà un accès" in again.content.decode()) == (422, True)
    other = as_(world, "imane").post(
        page(world, "acces/", world.bob), {"email": "ana.essai@exemple.invalid", "key": "acces-0002"}
    )
    assert "ouvre déjà la page d’une autre personne" in other.content.decode()
    # A colleague who was also in a pathway loses that page alone.
    noa = world.people["noa"]
    Membership.objects.create(user=noa, ecopole=world.ecopole, agent=world.bob.agent, role=Role.PARTICIPANT)
    as_(world, "imane").post(page(world, "acces/fermer/", world.bob))
    noa.refresh_from_db()
    assert (noa.is_active, [row.role for row in noa.memberships.all()]) == (True, ["baskets"])
    assert not Invitation.objects.filter(role=Role.PARTICIPANT).exists()


# --- handing over ---------------------------------------------------------------------------------------


def over(world, who: str, counsellor: str, to: str, key: str = "relais-0001"):
    people = world.people
    typed = {"counsellor": str(people[counsellor].pk), "to": str(people[to].pk), "since": "23/11/2026"}
    return as_(world, who).post(world.url("equipes/relais/"), typed | {"key": key})


def opens(world, who: str) -> list[int]:
    client = as_(world, who)
    return [client.get(world.url(f"{p.code}/")).status_code for p in (world.ana, world.bob)]


def test_a_counsellor_who_leaves_reads_nothing_at_once_and_the_direction_hands_over(world):
    Membership.objects.filter(user=world.people["maxence"]).delete()
    assert opens(world, "maxence") == [404, 404]
    shown = as_(world, "daniel").get(world.url("equipes/relais/")).content.decode()
    assert "N’accompagne plus" in shown
    for _ in range(2):
        assert over(world, "daniel", "maxence", "imane").status_code == 302
    assert opens(world, "imane") == [200, 200]
    assert m.Following.objects.filter(counsellor=world.people["imane"], participant=world.ana).count() == 1
    assert "N’accompagne plus" not in as_(world, "daniel").get(world.url("equipes/relais/")).content.decode()


def test_a_counsellor_hands_over_their_own_files_and_no_others(world):
    assert over(world, "maxence", "imane", "maxence").status_code == 422
    assert over(world, "maxence", "maxence", "maxence").status_code == 422
    assert over(world, "maxence", "maxence", "imane").status_code == 302
    assert (opens(world, "maxence"), opens(world, "imane")) == ([404, 404], [200, 200])
    assert as_(world, "morgan").get(world.url("equipes/relais/")).status_code == 403


# --- right of access ------------------------------------------------------------------------------------


def test_every_table_that_holds_something_of_a_person_is_in_the_answer():
    assert set(PARTS) == tables()


def test_the_answer_holds_every_word_and_who_read_it(world, maxence):
    plant(world.ana, world.people["maxence"])
    maxence.get(world.url(f"{world.ana.code}/entree/"))
    answer = told(m.Participant.objects.select_related("agent").get(pk=world.ana.pk), TODAY)
    words = repr(answer)
    missing = {where for where in SEALED_PARTS if canary(where) not in words}
    assert not missing
    by_part = {part["label"]: repr(part["tables"]) for part in answer["parts"]}
    assert canary("interviewnote.text:health") in by_part["Santé"]
    assert canary("criterion.kept_at") in by_part["Critères d’entrée"]
    read = f"critères d’entrée, justice ({canary('reading.reason')})"
    assert ["23 nov. 2026", "Maxence", read] in answer["readings"]


def test_asked_and_given_the_log_says_so(world, maxence, settings):
    ana = as_(world, "ana")
    for _ in range(2):
        assert ana.post(world.url("mon-parcours/donnees/")).status_code == 302
    assert m.Export.objects.filter(what=ASKED, participant=world.ana).count() == 1
    assert "a demandé ses données" in maxence.get(world.url()).content.decode()
    assert "23 déc. 2026" in maxence.get(page(world)).content.decode().replace("\u00a0", " ")
    settings.CLOCK = "2026-11-24T10:00"
    given = maxence.get(page(world, "tout.pdf"))
    assert (given["Content-Type"], given.content[:5]) == ("application/pdf", b"%PDF-")
    assert m.Export.objects.get(what=GIVEN).by == world.people["maxence"]
    assert requests([world.ana])[world.ana.pk].given_at
    assert "a demandé ses données" not in maxence.get(world.url()).content.decode()
    assert set(m.Reading.objects.filter(reader=world.people["maxence"]).values_list("part", flat=True)) >= {
        part.value for part in Part
    }


def test_the_direction_gives_it_for_a_reason_and_others_never(world):
    daniel = as_(world, "daniel")
    assert b"%PDF" not in daniel.get(page(world, "tout.pdf")).content
    reason = {"reason": "la conseillère est absente"}
    assert daniel.post(page(world, "tout.pdf"), reason)["Content-Type"] == "application/pdf"
    others = [as_(world, who).get(page(world, "tout.pdf")) for who in ("imane", "morgan", "ana")]
    assert [answer.status_code for answer in others] == [404, 403, 403]


# --- how long -------------------------------------------------------------------------------------------


def test_the_list_shows_what_ends_and_a_proof_is_kept(world, maxence):
    world.contract(starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    m.Following.objects.filter(participant=world.ana).update(since=date(2024, 1, 1))
    m.Participant.objects.filter(pk=world.ana.pk).update(recorded_at="2024-01-01T10:00+01:00")
    listed = maxence.get(world.url("conservation/")).content.decode()
    assert "Ana Martin" in listed
    assert "Bientôt effacé" in listed
    assert "Fin des dossiers (1)" in maxence.get(world.url()).content.decode()
    held = {"reason": "dispute", "since": "31/12/2024", "note": "prud’hommes", "key": "garder-0001"}
    assert maxence.post(page(world, "garder/"), held).status_code == 302
    assert "31 déc. 2029" in maxence.get(page(world)).content.decode().replace("\u00a0", " ")
    assert "Fin des dossiers (1)" not in maxence.get(world.url()).content.decode()
    row = m.Hold.objects.get()
    away = maxence.post(
        world.url(f"{world.ana.code}/retirer/hold/{row.pk}/"), {"reason": "jugé", "key": "retirer-0001"}
    )
    assert away.status_code == 302
    assert "Fin des dossiers (1)" in maxence.get(world.url()).content.decode()


def test_queries_do_not_grow_with_the_lines_nor_the_files(world, maxence):
    def count(url: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            maxence.get(url)
        return len(asked)

    urls = [world.url("conservation/"), world.url("equipes/relais/"), page(world), page(world, "tout.pdf")]
    world.contract(ends_on=date(2024, 12, 31), starts_on=date(2024, 1, 1))
    before = [(count(url), count(url))[1] for url in urls]  # the first reads what a process keeps
    for number in range(5):
        agent = Agent.objects.create(ecopole=world.ecopole, kind="person", name=f"P-{number:04}")
        person = m.Participant.objects.create(
            **written(ecopole=world.ecopole, agent=agent, name="Nom", first_name="Prénom")
        )
        m.Following.objects.create(
            **written(participant=person, counsellor=world.people["maxence"], since=TODAY)
        )
        world.contract(ends_on=date(2023, 12, 31), starts_on=date(2023, 1, 1), participant=person)
        world.contract(ends_on=date(2022, 12, 31), starts_on=date(2022, 1, 1))
        m.Hold.objects.create(**written(participant=world.ana, reason="fse", since=TODAY))
    assert [count(url) for url in urls] == before
