"""What an accountant recomputes with a pocket calculator: `invoice_cases.csv`."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.billing.documents import Buyer, Draft, nature_of, said
from terreau.billing.lines import Due, Trade
from terreau.billing.models import Issuer
from terreau.billing.tests.factories import HOME, IBAN, PLATFORM
from terreau.formats.address import Address
from terreau.formats.invoice.checks import problems
from terreau.formats.invoice.values import Nature, Party, totals
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.incubator.queries import Supported
from terreau.territory.models import Agent

TABLE = Path(__file__).with_name("invoice_cases.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(TABLE.splitlines()))
DAY = date(2026, 11, 12)


def due(euros="24.00", quantity="1", unit=Unit.PIECE, **more):
    told = {
        "trade": Trade.MEMBERS, "event_id": 1, "agreement_id": None, "seller_id": 1, "payer_id": 2,
        "amount": Money.from_euros(euros), "with_vat": False, "name": "Panier",
        "quantity": Quantity(Decimal(quantity), unit), "vat_class": "food", "day": DAY,
    }  # fmt: skip
    return Due(**told | more)


def invoice(dues, exemption="", test=None):
    issuer = Issuer(
        name="Plateforme", siret=PLATFORM, vat_number="" if exemption else "FR44732829320", iban=IBAN,
        exemption=exemption, terms_days=30, email="a@exemple.invalid", **HOME,
    )  # fmt: skip
    buyer = Buyer(Party("Client", Address("1 rue", "62370", "Bourg"), email="b@exemple.invalid"))
    draft = Draft(issuer, 2, dues[0].with_vat, tuple(dues), test)
    return said(draft, buyer, number="F-1", issued=date(2026, 11, 30), period=(DAY, DAY))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_case_of_the_accountant(case):
    dues = [
        due(price, event_id=n, with_vat=case["with_vat"] == "oui", vat_class=case["vat_class"])
        for n, price in enumerate(case["prices"].split(";"))
    ]
    made = invoice(dues, case["exemption"])
    sums = totals(made)
    found = [str(amount.euros) for amount in (sums.net, sums.tax, sums.rounding, sums.gross + sums.rounding)]
    assert found == [case[name] for name in ("net", "vat", "rounding", "gross")]
    assert problems(made) == []


def test_a_line_keeps_its_price_to_the_cent_where_four_decimals_would_lose_it():
    (exact, whole) = invoice([due("28.75", "12.5", Unit.KG), due("1000.01", "3333.333", Unit.KG)]).lines
    assert (exact.quantity, exact.price) == (Quantity(Decimal("12.5"), Unit.KG), Decimal("2.3000"))
    assert whole.name.startswith("Panier, 3")
    assert (whole.quantity, whole.amount) == (Quantity(1, Unit.PIECE), Money(100_001))


def test_goods_and_services_together_are_mixed():
    goods, service = due(), due(vat_class="service")
    assert [nature_of(dues) for dues in ([goods], [service], [goods, service])] == [
        Nature.GOODS, Nature.SERVICES, Nature.MIXED,
    ]  # fmt: skip


def test_who_tests_a_business_says_with_whom_until_when():
    couveuse = Agent(name="Couveuse La Levée", siret=PLATFORM)
    test = Supported("Le Radis", couveuse, date(2026, 1, 1), date(2026, 12, 31))
    cape = invoice([due()], test=test).cape
    assert (cape.holder, cape.incubator, cape.siren, cape.end) == (
        "Le Radis", "Couveuse La Levée", "732829320", date(2026, 12, 31),
    )  # fmt: skip
