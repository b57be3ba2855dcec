"""One person from referral to immersion, through the pages; what the rules refuse or warn of is said."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from terreau.measures.french import format_date
from terreau.rooms.insertion import views
from terreau.rooms.insertion.models import (
    Contract,
    Diagnosis,
    Exit,
    FollowUp,
    Interview,
    Participant,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    RenewalOpinion,
)
from terreau.rooms.insertion.tests.factories import TODAY, _person, as_

CONTRACT = {
    "kind": "cddi", "job": "Maraîchage", "starts_on": "23/11/2026", "ends_on": "22/05/2027",
    "weekly_hours": "26",
}  # fmt: skip


@pytest.fixture
def send(world, maxence):
    """Fill a page of Ana's file as Maxence does."""
    numbers = iter(range(1000))

    def post(page: str, client: Client = maxence, person: Participant = world.ana, **fields: str):
        key = fields.pop("key", f"formulaire-{next(numbers)}")
        return client.post(world.url(f"{person.code}/{page}"), fields | {"key": key})

    return post


def told(answer) -> str:
    return answer.content.decode()


def test_from_referral_to_contract(world, maxence, send):
    new = maxence.post(
        world.url("nouvelle/"),
        {"key": "orientation-1", "first_name": "Léa", "name": "Caron", "birth_date": "03/02/2001",
         "prescriber": "ML", "referred_on": "20/11/2026"},
    )  # fmt: skip
    lea = Participant.objects.exclude(pk__in=[world.ana.pk, world.bob.pk]).get()
    assert new.url == world.url(f"{lea.code}/")
    assert lea.code.startswith("P-")
    entry = {"author": "employer", "made_on": "20/11/2026", "pass_start": "23/11/2026"}
    proof = {"code1": "RSA", "kept1": "classeur A", "dated1": "01/08/2026"}
    old = send("eligibilite/", person=lea, **entry, **proof)
    assert old.status_code == 422
    assert format_date(date(2026, 8, 24)) in told(old)
    assert 'value="01/08/2026"' in told(old)
    assert send("eligibilite/", person=lea, **entry, **proof | {"dated1": "02/11/2026"}).status_code == 302
    assert Diagnosis.objects.get(participant=lea).criteria.get().kept_at == "classeur A"
    assert send("pass/", person=lea, number="99999 1234 567", starts_on="23/11/2026").status_code == 302
    assert send("contrat/", person=lea, **CONTRACT).status_code == 302
    page = told(maxence.get(world.url(f"{lea.code}/")))
    assert f"999991234567 · du {format_date(date(2026, 11, 23))} au {format_date(date(2028, 11, 21))}" in page
    assert "26 h" in page.replace("\u202f", " ").replace("\xa0", " ")


def test_a_contract_too_short_or_without_derogation_is_refused_and_kept_on_screen(world, send):
    world.pass_iae()
    short = send("contrat/", **CONTRACT | {"ends_on": "22/12/2026", "weekly_hours": "18"})
    assert short.status_code == 422
    assert "il dure au moins 4" in told(short)
    assert "demandent une dérogation" in told(short)
    assert 'value="22/12/2026"' in told(short)
    assert not Contract.objects.exists()


def test_a_warning_is_read_then_accepted(world, send):
    warned = send("contrat/", **CONTRACT)
    assert warned.status_code == 422
    assert "Aucun PASS IAE" in told(warned)
    assert 'name="accepted"' in told(warned)
    assert send("contrat/", **CONTRACT, accepted="1").status_code == 302


def test_on_a_suspended_pass_nobody_is_hired(world, send):
    row = world.pass_iae()
    days = {"starts_on": "02/11/2026", "ends_on": "31/12/2026"}
    assert send(f"pass/{row.pk}/suspendre/", reason="CONTRACT_SUSPENDED", **days).status_code == 302
    assert PassSuspension.objects.count() == 1
    until = format_date(date(2026, 12, 31))
    assert f"Le PASS est suspendu jusqu’au {until}" in told(send("contrat/", **CONTRACT, accepted="1"))


def test_a_prolongation_is_asked_answered_and_moves_the_end(world, maxence, send):
    row = world.pass_iae(starts_on=date(2025, 3, 1))
    asked = send(
        f"pass/{row.pk}/prolonger/", reason="PARTICULAR_DIFFICULTIES", requested_on="23/11/2026",
        ends_on="28/08/2027", opinion="on",
    )  # fmt: skip
    assert asked.status_code == 302, told(asked)
    (pending,) = PassProlongation.objects.all()
    send(f"prolongation/{pending.pk}/reponse/", granted="oui", answered_on="23/11/2026")
    assert f"au {format_date(date(2027, 8, 28))}" in told(maxence.get(world.url(f"{world.ana.code}/")))


def test_a_renewal_goes_from_the_field_to_the_direction(world, send):
    contract, note = world.contract(), {"opinion": "yes", "note": "ponctuelle"}
    assert (
        send(f"contrat/{contract.pk}/renouveler/", as_(world, "morgan"), months="4", **note).status_code
        == 302
    )
    renewal = RenewalOpinion.objects.get().renewal
    page = f"renouvellement/{renewal.pk}/avis/"
    assert send(page, as_(world, "daniel"), **note).status_code == 404
    assert send(page, as_(world, "maxence"), **note).status_code == 302
    assert send(page, as_(world, "daniel"), opinion="no").status_code == 302
    assert list(RenewalOpinion.objects.order_by("step").values_list("step", "opinion")) == [
        (1, "yes"), (2, "yes"), (3, "no"),
    ]  # fmt: skip
    assert send(page, as_(world, "daniel"), opinion="yes").status_code == 404


def test_the_same_form_twice_is_one_immersion_and_too_long_is_refused(world, send):
    stay = {"host": "Ferme du Héron", "object": "discover", "starts_on": "01/12/2026"}
    for _ in range(2):
        assert send("immersion/", **stay, ends_on="15/12/2026", key="immersion-1").status_code == 302
    assert Pmsmp.objects.count() == 1
    long = send("immersion/", **stay | {"object": "confirm"}, ends_on="15/02/2027")
    assert "au plus" in told(long)


def test_a_wrong_line_is_withdrawn_and_no_longer_counts(world, maxence, send):
    contract = world.contract()
    assert "Ouvrière maraîchère" in told(maxence.get(world.url(f"{world.ana.code}/")))
    assert send(f"retirer/contract/{contract.pk}/", reason="saisi deux fois").status_code == 302
    assert "Ouvrière maraîchère" not in told(maxence.get(world.url(f"{world.ana.code}/")))
    assert Contract.objects.filter(pk=contract.pk).exists()


def test_deadlines_are_counted_on_today_without_a_name(world, maxence):
    world.contract(ends_on=date(2026, 12, 10))
    world.add(Interview, kind="entry", held_on=date(2026, 6, 10), next_on=date(2026, 12, 18))
    today = told(maxence.get(f"/e/{world.ecopole.slug}/"))
    assert "Accompagner" in today
    assert "Ana" not in today
    assert f"Le contrat finit le {format_date(date(2026, 12, 10))}" in told(maxence.get(world.url()))


def test_the_list_asks_as_many_questions_for_one_as_for_twenty(world, maxence):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            maxence.get(world.url())
        return len(asked)

    world.contract()
    one = count()
    for number in range(20):
        person = _person(
            world.ecopole, f"P-{number:04}", "Nom", "Prénom", world.people["maxence"], world.team
        )
        world.contract(participant=person)
    assert count() == one <= 8


def test_who_has_left_and_owes_no_news_is_shown_on_demand(world, maxence):
    contract = world.contract(starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    gone = world.add(Exit, contract=contract, left_on=date(2024, 12, 31), reason="1", category="durable")
    for month in (3, 6):
        world.add(FollowUp, exit=gone, month=month, observed_on=TODAY, situation="job")
    assert "Ana Martin" not in told(maxence.get(world.url()))
    assert "Ana Martin" in told(maxence.get(world.url("?tous")))


def test_of_a_long_list_whoever_awaits_is_named_and_the_others_counted(world, maxence, monkeypatch):
    world.contract(ends_on=date(2026, 12, 10))
    calm = _person(world.ecopole, "P-CALM", "Petit", "Zoé", world.people["maxence"], world.team)
    world.add(Contract, participant=calm, kind="cdi_inclusion", employer=world.garden, job="Ouvrière",
              starts_on=TODAY, ends_on=None, weekly_hours=26)  # fmt: skip
    assert "Zoé" in told(maxence.get(world.url()))
    monkeypatch.setattr(views, "LIST_MAX", 1)
    page = told(maxence.get(world.url()))
    assert "Ana Martin" in page
    assert "Zoé" not in page
    assert "Montrer aussi 1 personne que rien n’attend</a>" in page
    assert "Zoé" in told(maxence.get(world.url("?tous")))


def test_a_fragment_is_the_page(world, maxence):
    whole = told(maxence.get(world.url()))
    middle = told(maxence.get(world.url(), headers={"HX-Request": "true"}))
    here = middle[middle.index('<div class="page-head"') : middle.index("</table>")]
    assert "Ana Martin" in here
    assert here in whole
