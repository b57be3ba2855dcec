"""Pages of invoices: a month closed in the background, an invoice and its paper, a credit note, settings."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terreau.billing.closing import close_month, month_end, month_of
from terreau.billing.models import Closing, Customer, Invoice, Issuer
from terreau.billing.queries import Awaiting, awaiting
from terreau.billing.tests.factories import CANTEEN, FIRST, HOME, IBAN, TODAY, make_house
from terreau.billing.tests.test_issue import issue
from terreau.measures.money import Money
from terreau.territory.abilities import Role
from terreau.territory.models import Membership, User

KEY = "0123456789abcdef"


@pytest.fixture
def house(db, settings):
    settings.CLOCK = f"{TODAY}T18:00"
    return make_house()


@pytest.fixture
def client_of(house, client):
    def sign_in(role, agent="plateforme"):
        user = User.objects.create_user(f"{role}@exemple.invalid", None, name="Lou")
        Membership.objects.create(user=user, ecopole=house.ecopole, agent=house.agents[agent], role=role)
        client.force_login(user)
        return client

    return sign_in


def sold_to(house, name):
    """A kilo brought to another canteen, that can be billed."""
    house.world.agent(name, "canteen")
    house.address(house.agents[name])
    house.add(
        "transfer", "1", house.world.harvested("carotte", "1", "plateforme"), "plateforme", name,
        price=Money(240),
    )  # fmt: skip


def url(name, *args):
    return reverse(f"billing:{name}", args=["bourg", *args])


def test_a_month_is_closed_in_three_clicks_and_says_what_it_issued(house, client_of):
    house.sold()
    house.agreement()
    client = client_of(Role.ACCOUNTANT)
    page = client.get(url("home")).content.decode()
    assert "Facturer novembre 2026\u202f: 2 factures" in page
    assert "24,00\u202f€ HT" in page.replace("\u00a0", "\u202f")
    answer = client.post(url("close", "2026-11"), {"key": KEY})
    assert answer.url == url("closing", KEY)
    assert "En attente de son tour" in client.get(answer.url).content.decode()
    close_month.func(closing_id=Closing.objects.get().pk)
    assert "Refusé</dt><dd>0" in client.get(answer.url).content.decode()
    assert Invoice.objects.filter(paper__isnull=False).count() == 2
    assert "Tout est facturé" in client.get(url("home")).content.decode()
    assert client.post(url("close", "2026-11"), {"key": KEY}).url == answer.url


def test_some_customers_are_billed_and_the_others_wait(house, client_of):
    house.sold()
    house.agreement()
    client = client_of(Role.ACCOUNTANT)
    canteen = house.agents["cantine"].pk
    page = client.get(f"{url('choose', '2026-11')}?q=commune").content.decode()
    assert f'value="{canteen}" checked' in page
    assert page.count('name="customers"') == 1
    assert " checked" not in client.get(url("choose", "2026-11")).content.decode()
    nobody = client.post(url("choose", "2026-11"), {"key": KEY})
    assert (nobody.status_code, "au moins un client" in nobody.content.decode()) == (422, True)
    assert client.post(url("choose", "2026-11"), {"key": KEY, "customers": "x"}).status_code == 404
    answer = client.post(url("choose", "2026-11"), {"key": KEY, "customers": [canteen]})
    close_month.func(closing_id=Closing.objects.get().pk)
    assert "pour 1 client choisi" in client.get(answer.url).content.decode()
    assert [row.customer_id for row in Invoice.objects.all()] == [canteen]
    assert "Facturer novembre 2026\u202f: 1 facture" in client.get(url("home")).content.decode()
    assert awaiting(house.ecopole, TODAY) == Awaiting(FIRST, 0), "not whole"


def test_who_is_ticked_stays_so_from_a_page_and_a_search_to_another_and_all_are_billed(house, client_of):
    """A hundred a page: a hundred and one, plus one of another name."""
    for number in range(101):
        sold_to(house, f"Cantine {number:03}")
    sold_to(house, "Zone franche")
    client, page = client_of(Role.ACCOUNTANT), url("choose", "2026-11")

    def read(answer):
        html = answer.content.decode()
        boxes = re.findall(r'name="customers" value="(\d+)"( checked)?', html)
        sent = dict(re.findall(r'name="(q|elsewhere)" value="([^"]*)"', html))
        assert answer.status_code == 200
        return html, [pk for pk, _ in boxes], [pk for pk, ticked in boxes if ticked], sent

    html, first, ticked, sent = read(client.get(page))
    assert (len(first), ticked, "1 sur 2" in html) == (100, [], True)
    two = first[:2]
    html, second, ticked, sent = read(client.post(page, sent | {"key": KEY, "customers": two, "page": "2"}))
    assert (len(second), ticked, sent["elsewhere"].split()) == (2, [], two)
    assert "2 autres clients cochés ailleurs" in html
    one = second[:1]
    html, found, ticked, sent = read(
        client.post(page, sent | {"key": KEY, "customers": one, "q": "franche", "look": "1"})
    )
    assert found == ticked == second[1:], "what is found is ticked"
    assert set(sent["elsewhere"].split()) == {*two, *one}
    _, again, ticked, _ = read(client.post(page, sent | {"key": KEY, "customers": [], "q": "", "page": "1"}))
    assert (again, ticked) == (first, two), "unticked, what was found stays so"
    asked = client.post(page, sent | {"key": KEY, "customers": found})
    assert asked.url == url("closing", KEY)
    close_month.func(closing_id=Closing.objects.get().pk)
    assert {str(row.customer_id) for row in Invoice.objects.all()} == {*two, *second}
    assert client.post(page, {"key": KEY, "elsewhere": "1 x"}).status_code == 404


def test_all_that_a_search_finds_is_ticked_beyond_its_first_page(house, client_of):
    for number in range(101):
        sold_to(house, f"Cantine {number:03}")
    html = client_of(Role.ACCOUNTANT).get(f"{url('choose', '2026-11')}?q=cantines").content.decode()
    assert html.count(" checked") == 100
    assert "1 autre client coché ailleurs" in html


def test_who_owes_what_is_reached_from_the_month_and_from_a_customer_s_account(house, client_of):
    house.sold()
    sold_to(house, "Cantine du Bac")
    client, canteen = client_of(Role.ACCOUNTANT), house.agents["cantine"].pk
    by_heading = f"{url('choose', '2026-11')}?q=Cantines"
    assert by_heading in client.get(url("home")).content.decode()
    assert client.get(by_heading).content.decode().count(" checked") == 2
    account = f"{url('account', canteen)}?vendeur={house.agents['plateforme'].pk}"
    to_them = f"{url('choose', '2026-11')}?qui={canteen}"
    assert to_them in client.get(account).content.decode()
    page = client.get(to_them).content.decode()
    assert re.findall(r'name="customers" value="(\d+)" checked', page) == [str(canteen)]
    issue(house)
    assert "Rien à lui facturer" in client.get(to_them).content.decode()


def test_an_invoice_refused_says_why_and_takes_no_number(house, client_of):
    house.sold()
    Issuer.objects.filter(pk=house.issuers["plateforme"].pk).update(iban="")
    client = client_of(Role.ACCOUNTANT)
    client.post(url("close", "2026-11"), {"key": KEY})
    close_month.func(closing_id=Closing.objects.get().pk)
    page = client.get(url("closing", KEY)).content.decode()
    assert "Un paiement par virement dit sur quel IBAN." in page
    assert not Invoice.objects.exists()
    today = client.get(reverse("today", args=["bourg"])).content.decode()
    assert "Non émises" in today


def test_an_invoice_is_read_its_paper_made_when_first_opened_and_a_line_taken_back(house, client_of):
    one, _ = house.sold(2400), house.sold(1000)
    (invoice,) = issue(house).issued
    client = client_of(Role.ACCOUNTANT)
    assert "à la première ouverture" in client.get(url("invoice", invoice.pk)).content.decode()
    answer = client.get(url("pdf", invoice.pk))
    assert answer["Content-Type"] == "application/pdf"
    assert client.get(url("xml", invoice.pk)).content == bytes(Invoice.objects.get().paper.xml)
    assert "EN 16931" in client.get(url("invoice", invoice.pk)).content.decode()
    line = invoice.lines.get(event=one)
    asked = {"key": KEY, "lines": [str(line.pk)], "reason": ""}
    refused = client.post(url("credit", invoice.pk), asked)
    assert refused.status_code == 422
    client.post(url("credit", invoice.pk), asked | {"reason": "abîmé"})
    credit = Invoice.objects.get(kind="381")
    assert (credit.net.euros, credit.reason) == (Decimal("24.00"), "abîmé")
    assert "abîmé" in client.get(url("invoice", invoice.pk)).content.decode()


def test_invoices_are_found_by_name_number_kind_and_month(house, client_of):
    house.sold()
    issue(house)
    client = client_of(Role.DIRECTOR)
    for asked, found in {
        "q=cantine": 1,
        "q=F2026": 1,
        "q=rien": 0,
        "nature=381": 0,
        "mois=2026-11": 1,
    }.items():
        page = client.get(f"{url('invoices')}?{asked}").content.decode()
        assert page.count("PB-F2026-00001</a>") == found, asked


def test_a_customer_reads_its_own_invoices_and_no_other(house, client_of):
    house.sold()
    lot = house.harvested("poireau", "20", "ferme")
    house.add("transfer", "20", lot, "ferme", "plateforme", price=house.sold().price)
    issue(house)
    client = client_of(Role.BUYER, "cantine")
    page = client.get(url("own")).content.decode()
    assert "PB-F2026-00001" in page
    assert "FC-F2026" not in page
    mine, other = Invoice.objects.get(series__prefix="PB-F"), Invoice.objects.get(series__prefix="FC-F")
    assert client.get(url("own_pdf", other.pk)).status_code == 404
    assert client.get(url("own_pdf", mine.pk)).status_code == 200
    assert client.get(url("invoice", mine.pk)).status_code == 403


SAID = {
    "key": KEY, "since": "01/12/2026", "name": "Jardin de Bourg", "siret": "732 829 320 00074",
    "postcode": "62370", "town": "Bourg-Exemple", "exemption": "", "vat_number": "FR 44 732829320",
    "prefix": "JB", "terms_days": "30", "iban": IBAN,
}  # fmt: skip


def test_settings_are_said_from_a_day_on_and_wrong_numbers_are_refused(house, client_of):
    client = client_of(Role.DIRECTOR)
    asked = SAID | {"agent": house.agents["jardin"].pk}
    for broken, told in (
        ({"iban": "FR00"}, "n’est pas un IBAN"),
        ({"vat_number": ""}, "Donnez son numéro de TVA"),
        ({"vat_number": "FR12"}, "n’est pas un numéro de TVA"),
        ({"siret": "73282932000075"}, "SIRET"),
        ({"prefix": "été"}, "lettres capitales"),
        ({"self_billed_by": house.agents["ferme"].pk}, "Donnez la date du mandat"),
        ({"creditor_id": "FR00ZZZ"}, "identifiant de créancier"),
        ({"terms_days": "90"}, "60"),
    ):
        answer = client.post(url("say_issuer"), asked | broken)
        assert (answer.status_code, told in answer.content.decode()) == (422, True), told
        assert "Jardin de Bourg" in answer.content.decode()
    client.post(url("say_issuer"), asked)
    row = Issuer.objects.get(key=KEY)
    assert (row.siret, row.vat_number) == ("73282932000074", "FR44732829320")
    customer = {
        "key": KEY,
        "since": "01/12/2026",
        "agent": house.agents["cantine"].pk,
        "name": "Mairie",
        **HOME,
    }
    assert client.post(url("say_customer"), customer | {"public": "on"}).status_code == 422
    client.post(url("say_customer"), customer | {"public": "on", "siret": CANTEEN})
    assert Customer.objects.get(key=KEY).public


def test_pages_ask_as_many_queries_for_one_as_for_many(house, client_of):
    client = client_of(Role.ACCOUNTANT)
    asked = []
    for turn, (sold, left) in enumerate(((1, 1), (5, 4))):
        for _ in range(sold):
            house.sold()
        (invoice,) = issue(house, f"{turn}").issued
        for _ in range(left):
            house.sold()
        pages = [
            url("home"),
            url("choose", "2026-11"),
            url("invoices"),
            url("invoice", invoice.pk),
            url("settings"),
        ]
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            counts.append(len(queries))
        asked.append(counts)
    assert asked[0] == asked[1]
    assert max(asked[0]) <= 12


def test_the_month_before_is_billed_until_the_twentieth():
    assert [month_of(TODAY.replace(day=day)).month for day in (20, 21)] == [10, 11]
    assert month_end(FIRST) == TODAY
