"""The end of a month: members invoiced in three taps, debited, one debit returned, one invoice credited."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from lxml import etree
from playwright.sync_api import Locator, expect

from terreau.formats.fec.read import read_fec
from terreau.formats.sepa.debits import NAMESPACE, schema_errors
from tests.stories.conftest import MONDAY, PHONE, AHouse, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
FIRST, FIFTEENTH, SEVENTEENTH = "2026-12-01T09:00", "2026-12-15T10:00", "2026-12-17T10:00"
# The households of a name, each invoice judged by the official rules; all four hundred are billed in
# `terreau/billing/tests/test_month.py`.
NAME, EDEN, HOUSEHOLDS_MIN = "Vasseur", "Eden Vasseur", 20
LONG = 90_000


@pytest.fixture(scope="module")
def house(a_house: AHouse) -> Iterator[House]:
    """One where nothing was sold since: what is debited is this month's alone."""
    with a_house(MONDAY, weeks=5) as lived:
        yield lived


def euros(text: str) -> Decimal:
    """The first amount said."""
    found = re.search(r"-?[\d\s\u202f\u00a0]+,\d\d", text)
    assert found, text
    return Decimal(re.sub(r"\s", "", found.group()).replace(",", "."))


def stat(who: Person, label: str) -> Locator:
    return who.page.locator(".stat", has_text=label).locator("dd")


def press(who: Person, name: str | re.Pattern[str]) -> None:
    who.tap(who.page.locator("#main").get_by_role("button", name=name))


def follow(who: Person, name: str | re.Pattern[str]) -> None:
    who.tap(who.page.get_by_role("link", name=name).first)


def test_a_month_is_issued_debited_one_returned_one_credited(sign_in: SignIn, house: House) -> None:
    house.open_at(FIRST)
    lilou = sign_in("comptabilite")
    issued(lilou)
    debited(lilou)
    read_by_its_member(sign_in("membre", PHONE))
    house.open_at(FIFTEENTH)
    collected(lilou)
    house.open_at(SEVENTEENTH)
    returned(lilou)
    credited(lilou)
    handed_to_the_accountant(lilou)


def issued(lilou: Person) -> None:
    """Three taps: only some customers, their name, bill them."""
    page = lilou.page
    lilou.go("factures/")
    expect(page.get_by_role("button", name=re.compile("^Facturer novembre 2026"))).to_be_visible()
    lilou.shoot("mois-factures")
    before = lilou.taps
    follow(lilou, "Client par client")
    page.get_by_label("Nom, ou").fill(NAME)
    press(lilou, "Chercher")
    expect(page.locator("input[name=customers]:checked").nth(HOUSEHOLDS_MIN - 1)).to_be_visible()
    ticked = page.locator("input[name=customers]:checked").count()
    assert ticked == page.locator("input[name=customers]").count()
    lilou.shoot("mois-choisir")
    press(lilou, "Facturer les clients cochés")
    assert lilou.taps - before == 3
    expect(stat(lilou, "Émis")).to_contain_text(str(ticked), timeout=LONG)
    expect(stat(lilou, "Refusé")).to_contain_text("0")
    lilou.shoot("mois-cloture")


def debited(lilou: Person) -> None:
    """Two taps make the file of the day that the invoices announced; the bank’s schema accepts it."""
    page = lilou.page
    lilou.go("factures/prelevements/")
    lilou.shoot("mois-prelevements")
    told = euros(stat(lilou, "À prélever").inner_text())
    before = lilou.taps
    follow(lilou, "Préparer le fichier")
    expect(page.get_by_label("Prélevé le")).to_have_value("15/12/2026")
    expect(page.get_by_label("Annoncé le")).to_have_value("01/12/2026")
    press(lilou, "Préparer le fichier")
    assert lilou.taps - before == 2
    expect(page.get_by_text("En route").first).to_be_visible()
    address = page.get_by_role("link", name=re.compile("^pain.008")).first.get_attribute("href")
    xml = page.request.get(f"{lilou.house.url}{address}").body()
    assert schema_errors(xml) == []
    found = etree.fromstring(xml)
    amounts = [Decimal(one.text) for one in found.iter(f"{{{NAMESPACE}}}InstdAmt")]
    assert sum(amounts) == told == Decimal(found.findtext(f".//{{{NAMESPACE}}}CtrlSum"))
    assert EDEN in xml.decode()


def read_by_its_member(eden: Person) -> None:
    """On a phone: the day of the debit, and the paper."""
    page = eden.page
    eden.go("factures/miennes/")
    eden.shoot("mois-miennes")
    pdf = page.get_by_role("link", name=re.compile("PW-F2026-")).first.get_attribute("href")
    assert page.request.get(f"{eden.house.url}{pdf}").body().startswith(b"%PDF")
    eden.go("factures/comment-payer/")
    expect(page.get_by_text("15 déc. 2026").first).to_be_visible()
    eden.shoot("mois-comment-payer")


def collected(lilou: Person) -> None:
    """Two taps, on the day of the debits."""
    lilou.go("factures/prelevements/")
    before = lilou.taps
    follow(lilou, re.compile("^Encaissé"))
    press(lilou, "Encaissé")
    assert lilou.taps - before == 2
    expect(lilou.page.get_by_text("prélèvements encaissés")).to_be_visible()


def opened(lilou: Person, name: str) -> Decimal:
    """Their invoice of the month, found by their name; answers what it asks."""
    lilou.go(f"factures/liste/?q={name}&mois=2026-11")
    follow(lilou, re.compile("^PW-F2026-"))
    return euros(stat(lilou, "À payer").inner_text())


def returned(lilou: Person) -> None:
    """The bank could not debit Eden: four taps, and the whole is due again."""
    page = lilou.page
    before = lilou.taps
    gross = opened(lilou, EDEN)
    follow(lilou, "Son compte")
    assert euros(stat(lilou, "Doit").inner_text()) == 0
    follow(lilou, re.compile("^Rejeté"))
    page.get_by_label("Motif").select_option("AM04")
    press(lilou, "Noter")
    assert lilou.taps - before == 4
    assert euros(stat(lilou, "Doit").inner_text()) == gross
    lilou.shoot("mois-compte")


def credited(lilou: Person) -> None:
    """A basket too many, of somebody who pays by transfer: three taps, and the rest is due."""
    page = lilou.page
    lilou.go("factures/prelevements/")
    page.get_by_text("Les mandats en vigueur").click()
    debited = set(page.locator("details .what").all_inner_texts())
    lilou.go(f"factures/liste/?q={NAME}&mois=2026-11")
    rows = page.locator("tbody tr")
    names = [row.split("\t")[1] for row in rows.all_inner_texts()]
    name = next(one for one in names if one not in debited)
    opened(lilou, name)
    follow(lilou, "Son compte")
    owed = euros(stat(lilou, "Doit").inner_text())
    before = lilou.taps
    gross = opened(lilou, name)
    follow(lilou, "Faire un avoir")
    ticks = page.locator("input[name=lines]")
    for tick in ticks.all()[1:]:
        tick.uncheck()
    page.get_by_label("Motif").fill("Panier rendu au dépôt")
    # The rules that judge it are started for it alone: not waited for as other pages are.
    page.get_by_role("button", name="Émettre l’avoir").click()
    told = page.locator(".notice", has_text="Panier rendu au dépôt")
    expect(told).to_be_visible(timeout=LONG)
    assert lilou.taps - before == 2
    back = euros(told.inner_text().partition("reprend")[2])
    lilou.shoot("mois-avoir")
    follow(lilou, "Son compte")
    assert 0 < back < gross
    assert euros(stat(lilou, "Doit").inner_text()) == owed - back


def handed_to_the_accountant(lilou: Person) -> None:
    """The year of the demo, balanced entry by entry, read again by another program."""
    answer = lilou.page.request.get(f"{lilou.house.url}/e/audruicq/factures/comptes/fec/2026")
    name = answer.headers["content-disposition"].partition('"')[2].rstrip('"')
    told = read_fec(name, answer.body())
    assert told.problems == []
    assert told.entries > 400
