"""An invoice goes by e-mail to who must read it, once; a public buyer’s goes through Chorus Pro."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from terreau.billing import letters
from terreau.billing.actions import BillingRefused
from terreau.billing.models import Invoice, Issuer, Letter, Paper
from terreau.billing.tests.factories import TODAY, make_house
from terreau.billing.tests.test_issue import issue
from terreau.ledger.tests.world import NOW
from terreau.territory.abilities import Role
from terreau.territory.hand import Hand
from terreau.territory.models import Membership, User

KEY = "0123456789abcdef"


@pytest.fixture
def house(db, settings):
    """Three documents: to the canteen, to the farm, and one written in the farm’s name."""
    settings.CLOCK = f"{TODAY}T18:00"
    house = make_house()
    house.sold()
    house.agreement()
    lot = house.harvested("poireau", "20", "ferme")
    house.add("transfer", "20", lot, "ferme", "plateforme", price=house.sold().price)
    issue(house)
    return house


@pytest.fixture
def client(house):
    user = User.objects.create_user("compta@exemple.invalid", None, name="Lou")
    Membership.objects.create(
        user=user, ecopole=house.ecopole, agent=house.agents["plateforme"], role=Role.ACCOUNTANT
    )
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"billing:{name}", args=["bourg", *args])


def read(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def to_the_farm() -> Invoice:
    return Invoice.objects.get(series__prefix="PB-F", customer__name="ferme")


def hand(key: str = KEY, **later: int) -> Hand:
    return Hand(None, NOW + timedelta(**later), key)


def test_a_month_goes_in_one_gesture_each_once_with_its_paper(
    house, client, django_capture_on_commit_callbacks
):
    page = read(client, url("post", "2026-11"))
    assert "Envoyer 2 factures" in page
    assert "Chorus Pro, pas par e-mail" in page
    with django_capture_on_commit_callbacks() as queued:
        for _ in range(2):
            client.post(url("post", "2026-11"), {"key": KEY})
    assert (Letter.objects.count(), len(queued)) == (2, 1)
    assert "2 en route" in read(client, url("post", "2026-11"))
    asked = list(Letter.objects.values_list("pk", flat=True))
    for _ in range(2):
        letters.send_letters.func(letters=asked)
    assert [letter.to for letter in mail.outbox] == [["ferme@exemple.invalid"]] * 2
    share = next(letter for letter in mail.outbox if to_the_farm().number in letter.subject)
    ((name, content, kind),) = share.attachments
    assert (name, kind) == (f"{to_the_farm().number}.pdf", "application/pdf")
    assert bytes(content) == bytes(Paper.objects.get(invoice=to_the_farm()).pdf)
    assert "factur-x.xml" in PdfReader(BytesIO(content)).attachments
    own = next(letter for letter in mail.outbox if letter is not share)
    assert "écrit en votre nom" in own.body
    assert share.reply_to == ["compta@exemple.invalid"]
    page = read(client, url("invoice", to_the_farm().pk))
    assert "Envoyée à ferme@exemple.invalid" in page
    assert "demandé par Lou" in page
    assert "Envoyer à" not in page


def test_one_invoice_goes_from_its_page_and_never_twice(house, client, django_capture_on_commit_callbacks):
    invoice = to_the_farm()
    assert "Envoyer à ferme@exemple.invalid" in read(client, url("invoice", invoice.pk))
    with django_capture_on_commit_callbacks() as queued:
        client.post(url("send", invoice.pk), {"key": KEY})
        again = client.post(url("send", invoice.pk), {"key": KEY[::-1]}, follow=True)
    assert "rien ne part deux fois" in again.content.decode()
    assert (Letter.objects.get().address, len(queued)) == ("ferme@exemple.invalid", 1)
    assert "Envoyer 1 facture<" in read(client, url("post", "2026-11"))


def test_without_an_address_or_to_a_public_buyer_it_is_refused_and_says_what_to_do(house, client):
    Issuer.objects.filter(pk=house.issuers["ferme"].pk).update(email="")
    public = Invoice.objects.get(customer=house.agents["cantine"])
    for invoice, told in ((to_the_farm(), "n’a pas d’adresse e-mail"), (public, "Chorus Pro")):
        answer = client.post(url("send", invoice.pk), {"key": KEY}, follow=True).content.decode()
        assert f"{invoice.number} " in answer
        assert told in answer
    assert "Sans adresse" in read(client, url("post", "2026-11"))
    with pytest.raises(BillingRefused, match="facturez d’abord"):
        letters.ask(ecopole=house.ecopole, invoices=[], hand=hand())
    assert not Letter.objects.exists()


def test_what_could_not_leave_says_why_and_is_asked_again(house, client, monkeypatch):
    (letter,) = letters.ask(ecopole=house.ecopole, invoices=[to_the_farm()], hand=hand())

    def down(*_: object) -> None:
        raise ConnectionRefusedError("serveur absent")

    with monkeypatch.context() as cable:
        cable.setattr(mail.backends.locmem.EmailBackend, "send_messages", down)
        letters.send_letters.func(letters=[letter.pk])
    letter.refresh_from_db()
    assert letter.sent_at is None
    assert "Le courrier n’est pas parti" in letter.problem
    assert "(serveur absent)" in read(client, url("invoice", to_the_farm().pk))
    (again,) = letters.ask(ecopole=house.ecopole, invoices=[to_the_farm()], hand=hand("another-key-16ch"))
    letters.send_letters.func(letters=[letter.pk, again.pk])
    assert (len(mail.outbox), Letter.objects.get().problem) == (1, "")


def test_a_worker_that_died_leaves_its_letters_to_be_asked_again(house):
    (first,) = letters.ask(ecopole=house.ecopole, invoices=[to_the_farm()], hand=hand())
    with pytest.raises(BillingRefused, match="deux fois"):
        letters.ask(ecopole=house.ecopole, invoices=[to_the_farm()], hand=hand("soon-0123456789", minutes=59))
    (later,) = letters.ask(
        ecopole=house.ecopole, invoices=[to_the_farm()], hand=hand("late-0123456789", minutes=61)
    )
    assert later.pk != first.pk
    assert Letter.objects.get() == later


def test_the_database_refuses_what_no_form_would_send(house):
    invoice, other = Invoice.objects.order_by("pk")[:2]
    said = {
        "ecopole": house.ecopole, "address": "a@exemple.invalid", "recorded_at": NOW, "invoice": other,
        "key": "b",
    }  # fmt: skip
    Letter.objects.create(**said | {"invoice": invoice, "key": "a"})
    for name, broken in {
        "letter_key_once": {"key": "a"},
        "letter_has_an_address": {"address": ""},
        "letter_sent_without_problem": {"sent_at": NOW, "problem": "absent"},
        "invoice_id": {"invoice": invoice},
    }.items():
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Letter.objects.create(**said | broken)
        told = str(refusal.value)
        assert name in told or "UNIQUE" in told, (name, told)


def test_one_invoice_and_all_of_them_ask_as_many_questions(house):
    def asked(invoices: list[Invoice]) -> int:
        with CaptureQueriesContext(connection) as told:
            letters.sorted_out(house.ecopole, invoices, NOW)
        return len(told)

    assert asked([to_the_farm()]) == asked(list(Invoice.objects.all()))
