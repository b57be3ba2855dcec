"""The accounts, in cases that an accountant reads: aged balance, VAT when it is due, journal, FEC re-read."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.billing import settling
from terreau.billing.accounts import Open, Taxed, aged, rule
from terreau.billing.books import books, fec_of, taxed, turnover
from terreau.billing.journal import _letter, journal
from terreau.billing.tests.factories import PLATFORM, make_house
from terreau.billing.tests.paying import billed, paid, writer
from terreau.billing.vat import VatLine, vat_summary
from terreau.formats.invoice.values import Nature
from terreau.formats.refusals import NotWritten
from terreau.formats.tests.fec_reader import read_fec
from terreau.measures.french import parse_date, parse_money
from terreau.measures.money import Money

CASES = list(
    csv.DictReader((Path(__file__).parent / "account_cases.csv").read_text().splitlines(), delimiter=";")
)
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def euros(text: str) -> Money:
    return Money.from_euros(text)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_how_long_what_is_open_is_overdue(case):
    pieces = [piece.split(" ") for piece in filter(None, case["pieces"].split("|"))]
    rows = aged((Open(1, parse_date(day), parse_money(left), "") for day, left in pieces),
                parse_date(case["on"]))  # fmt: skip
    expected = {name: parse_money(case[name]) for name in list(case)[3:10]}
    if not rows:
        assert not any(expected.values())
        return
    (row,) = rows
    told = (row.coming, *row.late, row.ahead, row.total)
    assert dict(zip(expected, told, strict=True)) == expected


def test_every_rule_of_the_accounts_has_its_source():
    for name in ("customer", "supplier", "bank", "cheques", "cash", "goods", "services", "purchases",
                 "vat_collected", "vat_waiting", "vat_deductible", "rounding_gain", "rounding_loss",
                 "advances", "vat_of_B", "vat_of_S", "vat_of_M", "vat_of_ahead"):  # fmt: skip
        assert rule(name, date(2026, 11, 27))["source"], name


@pytest.fixture
def house(db):
    return make_house()


def _vat(house, period) -> list[tuple]:
    rows = vat_summary(told := books(house.agents["plateforme"], *period), *period)
    assert rows == vat_summary(taxed(house.agents["plateforme"], *period), *period), "read shortly, the same"
    assert told.billed
    return [(row.percent, row.due, row.base, row.vat) for row in rows]


def test_vat_of_goods_is_due_when_delivered_and_of_services_when_paid(house):
    """Carrots at 5,5 % and a delivery at 20 %, both of November; half of the delivery is paid in December."""
    billed(house, "100", date(2026, 11, 20), percent="5.5")
    service = billed(house, "100", date(2026, 11, 20), nature=Nature.SERVICES, percent="20")
    payment = paid(house, "60", date(2026, 12, 4), invoices=[service.pk], writer=writer(date(2026, 12, 4)))
    assert _vat(house, NOVEMBER) == [(Decimal("5.5"), "delivery", euros("100"), euros("5.50"))]
    assert _vat(house, DECEMBER) == [(Decimal(20), "payment", euros("50"), euros("10"))]
    settling.give_back(
        ecopole=house.ecopole, payment=payment, returned_on=date(2026, 12, 9), reason="AM04",
        writer=writer(date(2026, 12, 9)),
    )  # fmt: skip
    assert _vat(house, DECEMBER) == [], "what came back is not collected"


def test_a_service_paid_in_three_times_owes_its_vat_to_the_cent(house):
    service = billed(house, "10.01", date(2026, 11, 20), nature=Nature.SERVICES, percent="20")
    days = [date(2026, 11, 25), date(2026, 12, 4), date(2026, 12, 9)]
    for day, part in zip(days, ("3.33", "3.33", "5.35"), strict=True):
        paid(house, part, day, invoices=[service.pk], writer=writer(day))
    (november,), (december,) = _vat(house, NOVEMBER), _vat(house, DECEMBER)
    assert (november[2] + december[2], november[3] + december[3]) == (service.net, service.vat)


def test_what_is_invoiced_the_month_after_owes_its_vat_the_month_it_was_delivered(house):
    billed(house, "100", date(2026, 12, 3), percent="5.5", delivered=date(2026, 11, 28))
    platform = house.agents["plateforme"]
    assert [row.vat for row in vat_summary(taxed(platform, *NOVEMBER), *NOVEMBER)] == [euros("5.50")]
    assert vat_summary(taxed(platform, *DECEMBER), *DECEMBER) == []


def test_a_credit_note_takes_its_vat_back(house):
    invoice = billed(house, "100", date(2026, 11, 20), percent="5.5")
    billed(house, "40", date(2026, 12, 2), percent="5.5", credits=invoice)
    assert _vat(house, DECEMBER) == [(Decimal("5.5"), "delivery", euros("-40"), euros("-2.20"))]
    assert turnover([house.agents["plateforme"].pk], *YEAR) == euros("60")


def _year(house):
    """A year of one of each: sold, paid, returned, cheques deposited, cash, a refund, a service half paid."""
    goods = billed(house, "100", date(2026, 11, 2), percent="5.5")
    paid(house, "105.50", date(2026, 11, 10))
    service = billed(house, "100", date(2026, 11, 12), nature=Nature.SERVICES, percent="20")
    back = paid(house, "60", date(2026, 11, 15), "debit", invoices=[service.pk])
    settling.give_back(
        ecopole=house.ecopole, payment=back, returned_on=date(2026, 11, 18), reason="AM04",
        writer=writer(date(2026, 11, 18)),
    )  # fmt: skip
    cheque = paid(house, "60", date(2026, 11, 20), "cheque", invoices=[service.pk])
    paid(house, "10", date(2026, 11, 20), "cash", invoices=[service.pk])
    settling.deposit(
        ecopole=house.ecopole, creditor=house.agents["plateforme"], cheques=[cheque.pk], number="B-1",
        deposited_on=date(2026, 11, 21), writer=writer(date(2026, 11, 21)),
    )  # fmt: skip
    billed(house, "10", date(2026, 11, 22), percent="5.5", credits=goods)
    settling.refund(
        ecopole=house.ecopole, creditor=house.agents["plateforme"], debtor=house.agents["cantine"],
        amount=euros("10.55"), paid_on=date(2026, 11, 23), means="transfer",
        writer=writer(date(2026, 11, 23)),
    )  # fmt: skip


def test_the_file_of_the_accountant_is_balanced_and_another_reader_finds_the_same_accounts(house):
    _year(house)
    file = fec_of(house.agents["plateforme"], PLATFORM[:9], 2026)
    read = read_fec(file.name, file.data)
    assert read.problems == []
    assert read.debit == read.credit > 0
    told = {account: amount for account, amount in read.balances.items() if amount}
    assert told == {
        "411000": Decimal("50.00"),  # 120 − 60 − 10: the service, less what was paid of it
        "512000": Decimal("154.95"),  # 105,50 + 60 − 60 + 60 − 10,55
        "530000": Decimal("10.00"),
        "707000": Decimal("-90.00"),
        "706000": Decimal("-100.00"),
        "445710": Decimal("-16.62"),  # 5,50 − 0,55, and 70/120 of 20 €: 11,67
        "445870": Decimal("-8.33"),
    }
    vat = sum(row[3].cents for row in _vat(house, YEAR))
    assert Money(vat) == euros("16.62"), "the journal and the VAT summary agree"
    assert fec_of(house.agents["plateforme"], PLATFORM[:9], 2026) == file, "the same facts, the same file"


def test_letters_tie_what_comes_to_nothing_together(house):
    _year(house)
    lettered = {}
    for entry in journal(books(house.agents["plateforme"], *YEAR), *YEAR):
        for posting in entry.postings:
            if posting.letter:
                owed = lettered.setdefault(posting.letter, [])
                owed.append(posting.debit - posting.credit)
    assert len(lettered) == 3, "goods and their payment, the debit that came back, the credit note refunded"
    assert all(sum(one.cents for one in amounts) == 0 for amounts in lettered.values())
    assert [_letter(rank) for rank in (0, 25, 26, 675, 676)] == ["AA", "AZ", "BA", "ZZ", "AAA"]


def test_what_was_paid_ahead_last_year_is_lettered_with_this_year(house):
    """60 € of 2025 paid by 100 €; the 40 € left pay an invoice of 2026: the three come to nothing."""
    billed(house, "60", date(2025, 12, 1))
    paid(house, "100", date(2025, 12, 10))
    billed(house, "40", date(2026, 1, 20))
    platform = house.agents["plateforme"]
    settling.settle_open(
        ecopole=house.ecopole, creditor=platform, on=date(2026, 1, 31), writer=writer(date(2026, 1, 31))
    )
    (entry,) = journal(books(platform, *YEAR), *YEAR)
    assert [posting.letter for posting in entry.postings] == ["AA", ""]
    assert vat_summary(books(platform, *YEAR), *YEAR) == [
        VatLine(Decimal(0), "delivery", euros("40"), euros("0"))
    ]


def test_an_invoice_whose_price_was_told_with_vat_keeps_its_cent(house):
    """12,00 € told: 11,37 € and 0,63 € of VAT reach it; 11,38 € would not."""
    billed(house, "100", date(2026, 11, 2), percent="5.5")
    (bill,) = (told := books(house.agents["plateforme"], *YEAR)).billed
    cent = replace(bill, rates=(Taxed(Decimal("5.5"), euros("11.37"), euros("0.62")),), gross=euros("12"),
                   rounding=euros("0.01"))  # fmt: skip
    less = replace(cent, gross=euros("11.98"), rounding=euros("-0.01"))
    for one, account in ((cent, "758000"), (replace(cent, credit=True), "658000"), (less, "658000")):
        (entry,) = journal(replace(told, billed=[one]), *YEAR)
        assert sum(posting.debit.cents - posting.credit.cents for posting in entry.postings) == 0
        assert account in {posting.account for posting in entry.postings}


def test_what_was_bought_is_in_the_accounts_of_who_buys(house):
    """The canteen’s own books: what it owes its supplier, what it paid, VAT it may deduct."""
    billed(house, "100", date(2026, 11, 2), percent="5.5")
    paid(house, "50", date(2026, 11, 10))
    told = books(house.agents["cantine"], *YEAR)
    sums: dict[str, int] = {}
    for entry in journal(told, *YEAR):
        for posting in entry.postings:
            sums[posting.account] = sums.get(posting.account, 0) + posting.debit.cents - posting.credit.cents
    assert sums == {"401000": -5550, "607000": 10000, "445660": 550, "512000": -5000}
    (row,) = vat_summary(told, *YEAR, sold=False)
    assert (row.base, row.vat, vat_summary(told, *YEAR)) == (euros("100"), euros("5.50"), [])


def test_an_empty_year_makes_no_file(house):
    with pytest.raises(NotWritten, match="aucune écriture"):
        fec_of(house.agents["plateforme"], PLATFORM[:9], 2025)
