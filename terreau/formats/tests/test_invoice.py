"""An invoice adds up to the cent, passes the official rules or is not issued, and holds the XML they saw."""

import io
import sys
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.formats.invoice.cii import cii, schema_errors
from terreau.formats.invoice.issue import Issued, Refused, issue, issue_all
from terreau.formats.invoice.page import attached
from terreau.formats.invoice.rules import Judge, NotJudged
from terreau.formats.invoice.values import (
    Allowance,
    Cape,
    Invoice,
    Kind,
    Line,
    Means,
    Nature,
    Party,
    Payment,
    Preceding,
    Vat,
    net_price,
    totals,
)
from terreau.formats.refusals import NotWritten
from terreau.formats.tests.invoices import (
    CARROTS,
    DEBIT,
    DELIVERY,
    FOOD,
    GARDEN,
    LEEKS,
    MADE_AT,
    MEMBER,
    STANDARD,
    TO_THE_CANTEEN,
    TOWN,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.split import split_money


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


@pytest.fixture(scope="module")
def issued(judge):
    return issue(TO_THE_CANTEEN, judge=judge, made_at=MADE_AT)


# --- What it adds up to


def test_vat_is_counted_once_per_rate_on_what_that_rate_bears():
    sums = totals(TO_THE_CANTEEN)
    assert [(row.vat.percent, row.base, row.amount) for row in sums.vat] == [
        (Decimal("5.5"), Money(9000), Money(495)),
        (Decimal(20), Money(1000), Money(200)),
    ]
    assert (sums.net, sums.tax, sums.gross, sums.due) == (
        Money(10000),
        Money(695),
        Money(10695),
        Money(10695),
    )


def test_a_hundred_lines_cost_no_cent_more_than_their_sum():
    """0,09 € at 5.5 % is 0,00495 € of VAT: a hundred times nothing line by line, half a euro on the total."""
    small = Line("Persil", Quantity(1, Unit.PIECE), Decimal("0.09"), FOOD)
    sums = totals(replace(TO_THE_CANTEEN, lines=(small,) * 100))
    assert (sums.net, sums.tax) == (Money(900), Money(50))


def test_an_allowance_lowers_the_base_of_its_rate():
    given_back = Allowance(Money(1000), FOOD, "Fidélité")
    sums = totals(replace(TO_THE_CANTEEN, allowances=(given_back,)))
    assert [(row.base, row.amount) for row in sums.vat] == [
        (Money(8000), Money(440)),
        (Money(1000), Money(200)),
    ]
    assert sums.net == Money(9000)


def test_a_price_said_with_vat_is_the_price_paid():
    """At 5.5 %, 9,54 € make 10,06 € and 9,55 € make 10,08 €: no net amount makes 10,07 €."""
    price = net_price(Decimal("10.07"), Decimal("0.055"))
    basket = Line("Panier", Quantity(1, Unit.PIECE), price, FOOD)
    sums = totals(replace(TO_THE_CANTEEN, lines=(basket,), announced=Money(1007)))
    assert (sums.gross, sums.rounding, sums.due) == (Money(1008), Money(-1), Money(1007))


lines = st.builds(
    Line,
    name=st.sampled_from(["Carottes", "Panier", "Livraison & tri <mardi>"]),
    quantity=st.integers(1, 500_000).map(lambda milli: Quantity.from_milli(milli, Unit.KG)),
    price=st.decimals(0, 500, places=4, allow_nan=False),
    vat=st.sampled_from(
        [FOOD, STANDARD, Vat.at(Decimal("0.1")), Vat.exempt("TVA non applicable, CGI art. 293 B")]
    ),
)


@given(st.lists(lines, min_size=1, max_size=30).map(tuple))
def test_no_cent_is_made_nor_lost(lines):
    sums = totals(replace(TO_THE_CANTEEN, lines=lines))
    assert sum(line.amount.cents for line in lines) == sums.lines.cents
    assert sum(row.base.cents for row in sums.vat) == sums.net.cents
    for row in sums.vat:
        exact = row.base.euros * row.vat.percent / 100
        assert row.amount.euros == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert sums.net + sums.tax == sums.gross == sums.due


@given(st.integers(0, 10**7).map(Money), st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_payers_share_what_is_due_to_the_cent(due, weights):
    shares = split_money(due, weights)
    assert sum(share.cents for share in shares) == due.cents


@given(st.integers(100, 100_000), st.sampled_from(["0.055", "0.1", "0.2"]), st.integers(1, 12))
def test_a_price_said_with_vat_is_never_missed_by_more_than_rounding_explains(cents, ratio, count):
    rate = Decimal(ratio)
    price = net_price(Money(cents).euros, rate)
    lines = (Line("Panier", Quantity(1, Unit.PIECE), price, Vat.at(rate)),) * count
    invoice = replace(TO_THE_CANTEEN, lines=lines, announced=Money(cents * count))
    assert totals(invoice).due == Money(cents * count)
    assert schema_errors(cii(invoice)) == []


# --- The official rules


def test_what_is_issued_holds_the_very_xml_that_was_judged(issued):
    """Read by another program than those that wrote it."""
    with pikepdf.open(io.BytesIO(issued.pdf)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.attachments["factur-x.xml"].get_file().read_bytes() == issued.xml
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        (joined,) = pdf.Root.AF
        assert (joined.AFRelationship, joined.EF.F.Subtype) == ("/Data", "/text/xml")
        with pdf.open_metadata() as told:
            assert (told.pdfa_status, told["pdfuaid:part"]) == ("3B", "1")
            fx = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
            assert told[f"{fx}ConformanceLevel"] == "EN 16931"
            assert told[f"{fx}DocumentFileName"] == "factur-x.xml"
            assert told["dc:title"] == "Facture F2026-00042"
        fonts = [
            o
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)
    assert attached(issued.pdf) == issued.xml


def test_the_same_invoice_twice_is_the_same_file(issued, judge):
    assert issue(TO_THE_CANTEEN, judge=judge, made_at=MADE_AT) == issued


def test_the_xml_says_lots_certification_and_what_a_public_buyer_asks_for(issued):
    told = issued.xml.decode()
    for said in (
        "SERVICE-RESTAURATION",
        "BC-2026-118",
        "26-324-CAR",
        "FR-BIO-01",
        "106.95",
        "73282932000074",
    ):
        assert f">{said}<" in told


CAPE = Cape(
    "Bob Exemple",
    "Couveuse du Polder",
    "62370 Bourg-Exemple",
    "732829320",
    date(2026, 3, 1),
    date(2027, 2, 28),
)
FARM = Party("Ferme du Courlis", TOWN.address, siren="404833048", vat_number="FR83404833048")
VARIANTS = {
    "a member at home, debited, prices said with VAT": replace(
        TO_THE_CANTEEN,
        buyer=MEMBER,
        payment=DEBIT,
        lines=(
            Line("Panier", Quantity(3, Unit.PIECE), net_price(Decimal("12.34"), Decimal("0.055")), FOOD),
            Line(
                "Panier rendu", Quantity(-1, Unit.PIECE), net_price(Decimal("12.34"), Decimal("0.055")), FOOD
            ),
        ),
        announced=Money(2468),
    ),
    "a seller outside VAT": replace(
        TO_THE_CANTEEN,
        seller=replace(GARDEN, vat_number=""),
        lines=(replace(LEEKS, vat=Vat.exempt("TVA non applicable, CGI art. 293 B", "VATEX-FR-FRANCHISE")),),
    ),
    "taxed and exempt together": replace(
        TO_THE_CANTEEN,
        nature=Nature.MIXED,
        lines=(
            CARROTS,
            replace(DELIVERY, vat=Vat.exempt("Exonéré, CGI art. 261, 7, 1°")),
            replace(DELIVERY, name="Caisse consignée", vat=Vat.exempt("Hors base, CGI art. 267, III")),
        ),
    ),
    "reductions on a line and on the whole": replace(
        TO_THE_CANTEEN,
        lines=(replace(CARROTS, allowance=Money(300), allowance_reason="Abîmées"), LEEKS, DELIVERY),
        allowances=(Allowance(Money(500), FOOD, "Fidélité"),),
    ),
    "a credit note": replace(
        TO_THE_CANTEEN,
        number="A2026-00003",
        kind=Kind.CREDIT_NOTE,
        preceding=(Preceding("F2026-00042", date(2026, 11, 30)),),
    ),
    "billed by the platform for the farm": replace(
        TO_THE_CANTEEN, kind=Kind.SELF_BILLED, seller=FARM, buyer=GARDEN, service="", commitment=""
    ),
    "someone who tests a farm, paid to the couveuse": replace(TO_THE_CANTEEN, cape=CAPE, payee=GARDEN),
    "the least that can be said": Invoice(
        number="1",
        issued=date(2026, 11, 30),
        due=date(2026, 11, 30),
        seller=replace(GARDEN, siret="", phone=""),
        buyer=replace(TOWN, address=replace(TOWN.address, street="")),
        lines=(LEEKS,),
        payment=Payment(Means.CASH),
        nature=Nature.SERVICES,
    ),
    "what the platform takes back of a farm’s bill": replace(
        TO_THE_CANTEEN,
        kind=Kind.SELF_BILLED_CREDIT,
        seller=FARM,
        buyer=GARDEN,
        preceding=(Preceding("AF2026-7", date(2026, 10, 31)),),
    ),
    "already paid, by someone else": replace(
        TO_THE_CANTEEN,
        paid=Money(10695),
        due=date(2026, 11, 30),
        payer=FARM,
        payment=Payment(Means.CHEQUE),
    ),
}


@pytest.mark.parametrize("invoice", VARIANTS.values(), ids=VARIANTS)
def test_each_way_of_selling_passes_the_official_rules(invoice, judge):
    assert judge.breaches(cii(invoice)) == []


def test_the_contract_of_whoever_tests_a_farm_is_said():
    told = cii(VARIANTS["someone who tests a farm, paid to the couveuse"]).decode()
    assert (
        "Couveuse du Polder, 62370 Bourg-Exemple, SIREN 732829320, du 1er mars 2026 au 28 févr. 2027" in told
    )


MUTATIONS = {
    "a euro more is due": (b"DuePayableAmount>106.95", b"DuePayableAmount>107.95", {"BR-CO-16"}),
    "a line is a euro dearer": (b"LineTotalAmount>63.00", b"LineTotalAmount>64.00", {"BR-CO-10", "BR-S-08"}),
    "VAT is four cents more": (b"CalculatedAmount>4.95", b"CalculatedAmount>4.99", {"BR-CO-14"}),
    "VAT and its sum are a euro more": (b"4.95", b"5.95", {"BR-CO-14"}),
    "the total with VAT is wrong": (b"GrandTotalAmount>106.95", b"GrandTotalAmount>106.96", {"BR-CO-15"}),
    "no word of the 40 euros": (b"<ram:SubjectCode>PMT", b"<ram:SubjectCode>AAI", {"BR-FR-05_BT-22_PMT"}),
    "no seller’s SIREN": (
        b'<ram:SpecifiedLegalOrganization>\n          <ram:ID schemeID="0002">732829320</ram:ID>\n        '
        b"</ram:SpecifiedLegalOrganization>\n        <ram:DefinedTradeContact>",
        b"<ram:DefinedTradeContact>",
        {"BR-FR-10_BT-30"},
    ),
    "an unknown business process": (b"<ram:ID>B1</ram:ID>", b"<ram:ID>Z1</ram:ID>", {"BR-FR-08_BT-23"}),
    "a unit nobody knows": (b'unitCode="HUR"', b'unitCode="kilo"', {"FX-SCH-A-000613"}),
    "a number of 36 characters": (
        b"<ram:ID>F2026-00042<", b"<ram:ID>F2026-00042-ABCDEFGHIJKLMNOPQRSTUVWX<", {"BR-FR-01_BT-1"},
    ),
    "something that has no use here": (
        b"<ram:ID>F2026-00042<", b'<ram:ID schemeID="0002">F2026-00042<', {"report"},
    ),
    "a number with a space": (b"<ram:ID>F2026-00042<", b"<ram:ID>F2026 00042<", {"BR-FR-02_BT-1"}),
    "a rate that France does not have": (
        b"ApplicablePercent>20.00", b"ApplicablePercent>19.00", {"BR-FR-16_BT-119", "BR-FR-16_BT-152"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rules"), MUTATIONS.values(), ids=MUTATIONS)
def test_each_mutation_is_caught_by_its_rule(before, after, rules, judge):
    hours = replace(DELIVERY, quantity=Quantity(1, Unit.HOUR))
    xml = cii(replace(TO_THE_CANTEEN, lines=(CARROTS, LEEKS, hours)))
    assert before in xml
    assert rules <= {breach.rule for breach in judge.breaches(xml.replace(before, after))}


def test_the_schema_refuses_what_is_no_invoice():
    assert schema_errors(b"<facture/>")
    assert schema_errors(b"pas de XML")
    assert schema_errors(cii(TO_THE_CANTEEN).replace(b"ram:BuyerTradeParty", b"ram:Client"))


# --- Fail closed


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(60)",
        "raise SystemExit(1)",
        "import sys; sys.stdout.write('nothing that is awaited')",
        # It says that all is well, of one set of rules instead of two.
        "import json, sys; m = json.dumps({'sheets': 1, 'breaches': []}).encode(); "
        "sys.stdout.buffer.write(len(m).to_bytes(4) + m)",
    ],
    ids=["too slow", "dead", "absurd", "half the rules"],
)
def test_an_engine_that_fails_refuses(program):
    with (
        Judge(command=(sys.executable, "-c", program), seconds_max=1) as broken,
        pytest.raises(NotJudged, match="n’est pas émise"),
    ):
        broken.breaches(cii(TO_THE_CANTEEN))


def test_an_engine_that_chokes_on_one_document_judges_the_next(judge):
    with pytest.raises(NotJudged):
        judge.breaches(b"<not")
    assert judge.breaches(cii(TO_THE_CANTEEN)) == []


def test_an_engine_is_started_afresh_before_its_memory_counts():
    """This one answers the number of its process."""
    program = """
import json, os, sys
while head := sys.stdin.buffer.read(4):
    sys.stdin.buffer.read(int.from_bytes(head))
    told = json.dumps({"sheets": 2, "breaches": [[str(os.getpid()), ""]]}).encode()
    sys.stdout.buffer.write(len(told).to_bytes(4) + told)
    sys.stdout.flush()
"""
    with Judge(command=(sys.executable, "-c", program), documents_max=2) as judge:
        first, second, third = (judge.breaches(b"<x/>")[0].rule for _ in range(3))
    assert first == second != third


def test_a_month_is_issued_in_order_and_one_refusal_stops_no_other(judge):
    wrong = replace(TO_THE_CANTEEN, number="F 1")
    month = [replace(TO_THE_CANTEEN, number="F2026-1"), wrong, replace(TO_THE_CANTEEN, number="F2026-2")]
    first, refused, second = issue_all(month, judges=[judge], made_at=MADE_AT)
    assert (first.number, second.number) == ("F2026-1", "F2026-2")
    assert isinstance(first, Issued)
    assert isinstance(refused, Refused)
    assert "sans espace" in refused.problems[0]


# --- What we refuse ourselves, in words


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"number": "F 2026/É"}, "sans espace"),
        ({"due": date(2026, 11, 1)}, "précède l’émission"),
        ({"period": (date(2026, 11, 30), date(2026, 11, 1))}, "avant de commencer"),
        ({"kind": Kind.CREDIT_NOTE}, "quelle facture il corrige"),
        ({"lines": ()}, "aucune ligne"),
        ({"lines": (replace(CARROTS, name="Carottes\x00"),)}, "ne s’écrit pas en XML"),
        ({"lines": (replace(CARROTS, name=" "),)}, "ce qui est vendu"),
        ({"lines": (replace(CARROTS, price=Decimal("-1")),)}, "quantité en négatif"),
        ({"lines": (replace(CARROTS, price=Decimal("1.00001")),)}, "quatre chiffres"),
        ({"lines": (replace(CARROTS, quantity=Quantity(1, Unit.CREDIT)),)}, "kilos, pièces"),
        ({"lines": (replace(CARROTS, allowance=Money(5)),)}, "dit pourquoi"),
        ({"lines": (replace(CARROTS, quantity=Quantity(-1, Unit.KG)),)}, "faites un avoir"),
        ({"lines": (replace(CARROTS, vat=Vat.exempt("")),)}, "par quel texte"),
        ({"lines": (replace(CARROTS, vat=Vat.at(Decimal(0))),)}, "plus grand que zéro"),
        ({"announced": Money(10000)}, "l’arrondi n’explique pas"),
        ({"paid": Money(20000)}, "Déjà payé"),
        ({"seller": replace(GARDEN, siren="732829321", siret="")}, "SIREN, vérifiez"),
        ({"seller": replace(GARDEN, siren="", siret="")}, "il manque son SIREN"),
        ({"seller": replace(GARDEN, vat_number="FR00732829320")}, "numéro de TVA"),
        ({"buyer": replace(TOWN, siret="73282932000074")}, "ne commence pas par le SIREN"),
        ({"buyer": replace(MEMBER, email="")}, "adresse e-mail"),
        ({"payment": Payment(iban="FR7630006000011234567890188")}, "n’est pas un IBAN"),
        ({"payment": Payment(iban="FR7630006000011234567890189", bic="AGRI")}, "n’est pas un BIC"),
        ({"payment": Payment()}, "sur quel IBAN"),
        ({"payment": Payment(Means.DIRECT_DEBIT)}, "son mandat"),
        ({"cape": replace(CAPE, end=date(2026, 10, 1))}, "ne couvre pas"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_invoice_is_refused_in_words(wrong, told):
    with pytest.raises(NotWritten) as refusal:
        cii(replace(TO_THE_CANTEEN, **wrong))
    assert any(told in problem for problem in refusal.value.problems)


@settings(max_examples=15)
@given(st.lists(lines, min_size=1, max_size=6).map(tuple))
def test_whatever_is_sold_passes_the_official_rules(judge, lines):
    invoice = replace(TO_THE_CANTEEN, lines=lines)
    assert [breach.rule for breach in judge.breaches(cii(invoice))] == []
