"""Whatever is typed in a file, it is answered in words."""

from random import Random

import pytest
from django.test import Client

from terreau.measures.money import Money
from terreau.rooms.insertion.actions import Hand
from terreau.rooms.insertion.contract_actions import ask_renewal
from terreau.rooms.insertion.models import Annex, PassProlongation, Referral
from terreau.rooms.insertion.tests.factories import NOW, TODAY, written
from terreau.rooms.insertion.urls import urlpatterns

TYPED = (
    "", "abc", "0", "-1", "99999999", "31/12/9999", "01/01/0001", "31/02/2026", "01/01/1990", "23/11/2026",
    "22/05/2027", "26", "18,5", "1e400", "é" * 3000, "RSA", "cddi", "cdi_inclusion", "employer", "prescriber",
    "training", "SENIOR", "renewal", "hours", "yes", "discover", "oui", "rqth", "<script>", "²",
)  # fmt: skip
TRIES = 12


@pytest.fixture
def lines(world) -> dict[str, int]:
    """A line for each page that names one."""
    contract, row = world.contract(), world.pass_iae()
    hand = Hand(world.people["morgan"], NOW, "renouvellement")
    renewal = ask_renewal(contract=contract, hand=hand, months=4, opinion="yes", note="")
    asked = world.add(
        PassProlongation, pass_iae=row, reason="SENIOR", requested_on=TODAY, starts_on=TODAY, ends_on=TODAY
    )
    referral = world.add(Referral, referred_on=TODAY)
    annex = Annex.objects.create(
        **written(
            ecopole=world.ecopole, holder=world.garden, number="ACI062260001A0M0", state="VALIDE",
            starts_on=TODAY, ends_on=TODAY, monthly_etp=26, unit_amount=Money(1), total_amount=Money(1),
            departement_amount=Money(0), hours_per_etp=1820,
        )
    )  # fmt: skip
    return {
        "targets": annex.pk, "aid": annex.pk, "amend": contract.pk, "renew": contract.pk,
        "withdraw": contract.pk, "suspend": row.pk,
        "prolong": row.pk, "prolonged": asked.pk, "opinion": renewal.pk, "answer": referral.pk,
    }  # fmt: skip


def test_no_form_stumbles(world, lines):
    dice, client = Random(5), Client(raise_request_exception=True)
    forms = 0
    for pattern in urlpatterns:
        client.force_login(world.people["morgan" if pattern.name == "renew" else "maxence"])
        path = str(pattern.pattern).replace("<str:person>", world.ana.code).replace("<str:kind>", "contract")
        path = path.replace("<str:year>", "2026")
        url = world.url(path.replace("<int:pk>", str(lines.get(pattern.name, 1))))
        page = client.get(url)
        if page.status_code != 200 or "form" not in (page.context or {}):
            continue
        forms += 1
        names = list(page.context["form"].fields)
        for number in range(TRIES):
            typed = {name: dice.choice(TYPED) for name in names} | {"key": f"hostile-{number:04}"}
            for field in names:
                choices = getattr(page.context["form"].fields[field], "choices", None)
                if choices and dice.random() < 0.8:
                    typed[field] = str(dice.choice(list(choices))[0])
                elif "on" in field.split("_") or "start" in field or "until" in field:
                    typed[field] = dice.choice(TYPED[5:11])
            assert client.post(url, typed).status_code in {200, 302, 404, 422}, (url, typed)
    assert forms > 12
