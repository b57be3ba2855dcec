"""Pages of money: a mandate signed, a statement matched in one tap, a file for the bank, accounts."""

from datetime import date
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terreau.billing.models import (
    ChequeDeposit,
    Collection,
    EntryAside,
    Issuer,
    Mandate,
    MandateEnd,
    Payment,
    Return,
    Settlement,
    Statement,
    StatementEntry,
)
from terreau.billing.tests.factories import HOME, make_house
from terreau.billing.tests.paying import ICS, billed, mandated, paid, writer
from terreau.formats.tests.fec_reader import read_fec
from terreau.measures.money import Money
from terreau.territory.abilities import Role
from terreau.territory.models import Membership, User

keys = count(10_000_000_000)
NOW = "2026-11-23T12:00"


@pytest.fixture
def house(db, settings):
    settings.CLOCK = NOW
    house = make_house()
    Issuer.objects.filter(agent=house.agents["plateforme"]).update(creditor_id=ICS)
    return house


@pytest.fixture
def sign_in(house):
    def signed(role: Role, agent: str = "plateforme") -> Client:
        user = User.objects.create_user(f"{role}@exemple.invalid", None, name="Lou")
        Membership.objects.create(user=user, ecopole=house.ecopole, agent=house.agents[agent], role=role)
        client = Client()
        client.force_login(user)
        return client

    return signed


def url(name: str, *args: object) -> str:
    return reverse(f"billing:{name}", args=["bourg", *args])


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def send(client: Client, address: str, status: int = 200, **sent: object) -> str:
    response = client.post(address, {"key": str(next(keys)), **sent}, follow=True)
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


MANDATE = {"holder": "Ana Martin", "iban": "FR14 2004 1010 0505 0001 3M02 606", "agreed": "on", **HOME}


def test_a_customer_reads_what_is_due_and_signs_a_mandate_that_is_checked(house, sign_in):
    billed(house, "25", due=date(2026, 12, 1))
    client = sign_in(Role.BUYER, "cantine")
    page = read(client, url("mandate"))
    assert "25,00" in page
    assert f"PB-{house.agents['cantine'].pk:06}-1" in page, "its reference is shown before it is signed"
    assert ICS in page
    wrong = send(client, url("mandate"), 422, **MANDATE | {"iban": "FR14 2004 1010 0505 0001 3M02 607"})
    assert "n’est pas un IBAN" in wrong
    assert 'value="FR14 2004 1010 0505 0001 3M02 607"' in wrong, "what was typed is still there"
    unsigned = {name: value for name, value in MANDATE.items() if name != "agreed"}
    send(client, url("mandate"), 422, **unsigned)
    page = send(client, url("mandate"), **MANDATE)
    assert "FR14 •••• 2606" in page
    assert "3M02" not in page.replace(" ", ""), "an account is never shown whole"
    assert Mandate.objects.get().signed_on == date(2026, 11, 23)


def test_an_iban_is_checked_as_it_is_typed(house, sign_in):
    client = sign_in(Role.BUYER, "cantine")
    for typed, told in (("FR14 2004 1010 0505 0001 3M02 606", "bien formé"), ("FR14", "n’est pas un IBAN"),
                        ("<b>", "&lt;b&gt;"), ("", "")):  # fmt: skip
        assert told in client.post(url("check_iban"), {"iban": typed}).content.decode()
    assert client.get(url("check_iban")).status_code == 405


def test_nobody_reads_the_accounts_of_others(house, sign_in):
    billed(house, "25")
    client = sign_in(Role.FARMER, "ferme")
    assert "25,00" not in read(client, url("mandate"))
    asked = f"{url('mandate')}?qui={house.agents['cantine'].pk}"
    assert "25,00" not in read(client, asked), "another’s is not reached by its number"
    assert client.get(url("payments")).status_code == 403


def test_a_statement_is_read_and_each_line_answered_in_one_tap(house, sign_in):
    invoice = billed(house, "25", due=date(2026, 11, 10))
    client = sign_in(Role.ACCOUNTANT)
    assert "Aucun relevé lu" in read(client, url("payments"))
    rows = "Date;Libellé;Montant\n20/11/2026;VIR PB-F2026-00001;25,00\n20/11/2026;FRAIS;-3,00\n"
    page = send(client, url("add_statement"), file=SimpleUploadedFile("r.csv", rows.encode()))
    assert "2 lignes à rapprocher" in page
    assert "PB-F2026-00001, cité dans le libellé" in page
    today = read(client, reverse("today", args=["bourg"]))
    assert "25,00\u00a0€ en retard" in today
    assert "lignes à rapprocher" in today
    first = page.partition('name="proposal" value="')[2].partition('"')[0]
    entries = sorted(int(part.partition("/")[0]) for part in page.split("/ligne/")[1:])
    changed = send(client, url("accept", entries[0]), 422, proposal="number:1:0:1")
    assert "a changé entre-temps" in changed
    assert "25,00" in send(client, url("accept", entries[0]), proposal=first)
    assert Settlement.objects.get().invoice == invoice
    assert "Tout est rapproché" in send(client, url("aside", entries[-1]))
    assert EntryAside.objects.count() == 1
    again = send(client, url("add_statement"), file=SimpleUploadedFile("r.csv", rows.encode()))
    assert "déjà lu" in again
    wrong = rows.replace("-3,00", "trois")
    told = send(client, url("add_statement"), 422, file=SimpleUploadedFile("r.csv", wrong.encode()))
    assert "Ligne 3" in told


def test_a_line_that_nothing_says_is_given_to_somebody_by_hand(house, sign_in):
    billed(house, "25")
    client = sign_in(Role.ACCOUNTANT)
    rows = "Date;Libellé;Montant\n20/11/2026;VIR TATA;13,00\n"
    send(client, url("add_statement"), file=SimpleUploadedFile("r.csv", rows.encode()))
    page = read(client, url("payments"))
    assert "Rien de reconnu" in page
    pk = page.partition("/ligne/")[2].partition("/")[0]
    assert "VIR TATA" in read(client, url("entry", pk))
    send(client, url("entry", pk), partner=house.agents["cantine"].pk)
    assert Payment.objects.get().amount == Money(1300)


def test_money_by_hand_cheques_returns_and_refunds(house, sign_in):
    billed(house, "25", due=date(2026, 11, 10))
    client, canteen = sign_in(Role.ACCOUNTANT), house.agents["cantine"].pk
    typed = {"debtor": canteen, "amount": "30,00", "means": "cheque", "paid_on": "20/11/2026"}
    send(client, url("add_payment"), 422, **typed | {"amount": "-3"})
    assert "à venir" in send(client, url("add_payment"), 422, **typed | {"paid_on": "24/12/2026"})
    assert "Remettre 1 chèque" in send(client, url("add_payment"), **typed)
    payment = Payment.objects.get()
    slip = {"number": "B-1", "deposited_on": "23/11/2026", "cheques": [payment.pk]}
    send(client, url("deposit"), **slip)
    assert ChequeDeposit.objects.get().cheques.get().payment == payment
    assert "En sa faveur" in read(client, url("account", canteen))
    giving = {"amount": "6,00", "means": "transfer", "paid_on": "23/11/2026"}
    assert "il reste 5,00" in send(client, url("refund", canteen), 422, **giving)
    send(client, url("refund", canteen), **giving | {"amount": "5,00"})
    tie = Settlement.objects.get(invoice__isnull=False)
    assert "Lettrage défait" in send(client, url("unsettle", tie.pk))
    assert "1 lettrage." in send(client, url("settle_open"))
    page = send(client, url("came_back", payment.pk), reason="CHQ", returned_on="23/11/2026")
    assert "chèque impayé" in page
    assert Return.objects.get().payment == payment
    assert "chèque impayé" in read(client, url("payments"))


def test_a_file_of_debits_from_its_preparation_to_the_bank(house, sign_in, settings):
    billed(house, "25", due=date(2026, 12, 1))
    client = sign_in(Role.ACCOUNTANT)
    assert "Rien à prélever" in read(client, url("debits"))
    paper = {"debtor": house.agents["cantine"].pk, "signed_on": "01/11/2026", **MANDATE}
    send(client, url("add_mandate"), **paper)
    page = read(client, url("debits"))
    assert "FR14 •••• 2606" in page
    told = {"due_on": "07/12/2026", "notified_on": "23/11/2026"}
    late = send(client, url("prepare"), 422, **told | {"due_on": "04/12/2026"})
    assert "14 jours avant" in late
    assert "En route" in send(client, url("prepare"), **told)
    collection = Collection.objects.get()
    response = client.get(url("debit_file", collection.pk))
    assert response.content == bytes(collection.file)
    assert "PB-20261207-1.xml" in response["Content-Disposition"]
    early = send(client, url("collected", collection.pk), 422, on="23/11/2026")
    assert "pas d’encaissement avant" in early
    assert "Abandonné" in send(client, url("abandon", collection.pk))
    send(client, url("prepare"), **told)
    settings.CLOCK = "2026-12-07T12:00"
    assert "Encaissé" in send(client, url("collected", Collection.objects.first().pk), on="07/12/2026")
    assert Payment.objects.get().means == "debit"
    send(client, url("withdraw_mandate", Mandate.objects.get().pk), ends_on="08/12/2026", reason="parti")
    assert MandateEnd.objects.get().reason == "parti"


def test_accounts_are_read_at_any_date_and_downloaded(house, sign_in):
    billed(house, "100", date(2026, 11, 2), date(2026, 11, 10), percent="5.5")
    paid(house, "50", date(2026, 11, 20))
    client = sign_in(Role.ACCOUNTANT)
    page = read(client, url("accounts"))
    assert "55,50" in page
    assert "5,50" in page
    assert "CGI art. 269" in page
    assert "105,50" in read(client, f"{url('accounts')}?jour=2026-11-15")
    assert client.get(f"{url('accounts')}?jour=demain").status_code == 404
    file = client.get(url("fec", 2026))
    told = read_fec(file["Content-Disposition"].partition('"')[2].rstrip('"'), file.content)
    assert (told.problems, told.entries) == ([], 2)
    assert "aucune écriture" in client.get(url("fec", 2024)).content.decode()
    assert client.get(url("journal", 1)).status_code == 404
    journal = client.get(url("journal", 2026)).content.decode()
    assert "VE;02/11/2026;PB-F2026-00001;411000" in journal


def test_pages_ask_the_same_questions_however_many_invoices_there_are(house, sign_in):
    client = sign_in(Role.ACCOUNTANT)
    pages = [url("payments"), url("debits"), url("accounts"), url("account", house.agents["cantine"].pk)]
    mandated(house)
    platform = house.agents["plateforme"]
    day = date(2026, 11, 22)
    read_ = {"ecopole": house.ecopole, "creditor": platform, "first": day, "last": day}
    statement = Statement.objects.create(**read_, digest="x", name="x", recorded_at=writer().at, key="x")
    asked = {}
    for round_ in range(2):
        for rank in range(1 + 5 * round_):
            billed(house, "25", due=date(2026, 11, 10))
            paid(house, "10", date(2026, 11, 20))
            StatementEntry.objects.create(
                statement=statement, creditor=platform, day=day, amount=Money(2500), label="VIR",
                end_to_end=f"PB-{rank}", fingerprint=f"{round_}-{rank}",
            )  # fmt: skip
        for page in pages:
            read(client, page)
            with CaptureQueriesContext(connection) as queries:
                read(client, page)
            asked.setdefault(page, []).append(len(queries))
    assert all(first == second for first, second in asked.values()), asked
    assert [first for first, _ in asked.values()] == [12, 11, 10, 12], asked
