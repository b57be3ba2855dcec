"""What the convention says of a signature, through the page."""

from datetime import date
from decimal import Decimal

import pytest

from terreau.measures.money import Money
from terreau.rooms.insertion.models import Annex, Contract
from terreau.rooms.insertion.tests.factories import written

CDI = {"kind": "cdi_inclusion", "job": "Maraîchage", "starts_on": "23/11/2026"}


@pytest.fixture
def send(world, maxence):
    """Ana, 60, is offered a CDI inclusion; Bob has one of 26 hours."""
    world.ana.birth_date = date(1966, 1, 1)
    world.ana.save()
    world.pass_iae()
    world.contract(participant=world.bob, kind="cdi_inclusion", ends_on=None)

    def post(**fields):
        key = f"cdi-{fields['weekly_hours']}-{len(fields)}"
        return maxence.post(world.url(f"{world.ana.code}/contrat/"), CDI | {"key": key} | fields)

    return post


def annex(world, **fields):
    amount = Money.from_euros(23_921)
    plain = {
        "holder": world.garden, "number": "ACI062260001A0M0", "state": "VALIDE",
        "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "monthly_etp": Decimal(8),
        "unit_amount": amount, "total_amount": amount.times(8), "departement_amount": Money(0),
        "hours_per_etp": Decimal(1820),
    }  # fmt: skip
    return Annex.objects.create(**written(ecopole=world.ecopole) | plain | fields)


def test_cdi_inclusion_beyond_a_fifth_of_the_posts_is_refused(world, send):
    """8 posts: 1.6 at most. Bob's 26/35 and Ana's 31/35 are 1.63; 30/35 is 1.6."""
    annex(world)
    refused = send(weekly_hours="31")
    assert refused.status_code == 422
    assert "1,63 postes en CDI inclusion sur 8" in refused.content.decode().replace("\u202f", " ")
    assert send(weekly_hours="30").status_code == 302
    assert Contract.objects.filter(participant=world.ana).count() == 1


def test_the_prefet_may_allow_a_third_more(world, send):
    annex(world, cdi_derogation=True)
    assert send(weekly_hours="31").status_code == 302


def test_an_amendment_of_hours_is_weighed_too(world, send, maxence):
    annex(world)
    send(weekly_hours="30")
    contract = Contract.objects.get(participant=world.ana)
    more = {"kind": "hours", "starts_on": "01/12/2026", "weekly_hours": "35", "key": "plus-d-heures"}
    answer = maxence.post(world.url(f"{world.ana.code}/contrat/{contract.pk}/avenant/"), more)
    assert "20\u202f% au plus" in answer.content.decode().replace("\u00a0", "\u202f")


def test_without_an_annexe_that_day_the_share_is_said_unchecked(world, send):
    annex(world, ends_on=date(2026, 6, 30))
    told = send(weekly_hours="30").content.decode()
    assert "la part des CDI inclusion n’est pas vérifiée" in told
    assert "Aucune annexe financière, validée ou provisoire" in told
    assert send(weekly_hours="30", accepted="1").status_code == 302
