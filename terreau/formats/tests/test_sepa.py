"""Debits are valid by the official schema and read back by another reader, or nothing is written."""

import xml.etree.ElementTree as Independent
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.formats.address import Address
from terreau.formats.refusals import NotWritten
from terreau.formats.sepa.debits import Debit, Order, Sequence, latin, pain008, schema_errors
from terreau.measures.money import Money

HOME = Address("3 rue du Four", "62370", "Bourg-Exemple")
ALICE = Debit(
    end_to_end="P202612-0001",
    amount=Money(4250),
    debtor="Alice Éléonore Dûpœnt",
    address=HOME,
    iban="FR14 2004 1010 0505 0001 3M02 606",
    mandate="MND-2026-0001",
    signed=date(2026, 9, 1),
    notified=date(2026, 11, 23),
    label="Paniers de novembre\u202f: n° 42",
)
BOB = replace(
    ALICE, end_to_end="P202612-0002", amount=Money(1780), debtor="Bob Exemple",
    iban="DE89370400440532013000", mandate="MND-2026-0002", sequence=Sequence.FIRST,
)  # fmt: skip
ORDER = Order(
    message="PRLV-2026-12",
    made_at=datetime(2026, 11, 30, 18, 5, 7, 123, tzinfo=UTC),
    collected=date(2026, 12, 7),
    creditor="Jardin du Polder (exemple)",
    creditor_id="FR72ZZZ123456",
    address=Address("1 rue du Jardin", "62370", "Bourg-Exemple"),
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    debits=(ALICE, BOB),
)
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"}


def texts(xml: bytes, path: str) -> list[str]:
    return [node.text or "" for node in Independent.fromstring(xml).iterfind(f".//p:{path}", NS)]


def test_debits_are_grouped_by_sequence_and_sum_up():
    xml = pain008(ORDER)
    assert schema_errors(xml) == []
    assert texts(xml, "SeqTp") == ["FRST", "RCUR"]
    assert texts(xml, "NbOfTxs") == ["2", "1", "1"]
    assert texts(xml, "CtrlSum") == ["60.30", "17.80", "42.50"]
    assert texts(xml, "EndToEndId") == ["P202612-0002", "P202612-0001"]
    assert texts(xml, "Dbtr/p:Nm") == ["Bob Exemple", "Alice Eleonore Dupoent"]
    assert texts(xml, "Dbtr/p:PstlAdr/p:TwnNm") == ["Bourg-Exemple"] * 2
    assert texts(xml, "DbtrAcct/p:Id/p:IBAN") == ["DE89370400440532013000", "FR1420041010050500013M02606"]
    assert texts(xml, "CreDtTm") == ["2026-11-30T18:05:07"]
    assert texts(xml, "Ustrd")[1] == "Paniers de novembre : n 42"
    assert not texts(xml, "AdrLine")


def test_the_schema_does_refuse_what_is_wrong():
    assert schema_errors(pain008(ORDER).replace(b"RCUR", b"SOON"))


def test_the_same_order_twice_is_the_same_file():
    assert pain008(ORDER) == pain008(ORDER)


@given(st.text(max_size=90))
def test_a_bank_reads_every_name_we_write(name):
    try:
        xml = pain008(replace(ORDER, debits=(replace(ALICE, debtor=name),)))
    except NotWritten:
        assert not any(letter.isalnum() for letter in latin(name))
    else:
        (written,) = texts(xml, "Dbtr/p:Nm")
        assert written.isascii()
        assert 0 < len(written) <= 70


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=40))
def test_the_control_sum_is_the_sum(cents):
    debits = tuple(
        replace(
            ALICE, end_to_end=f"E{n}", mandate=f"M{n}", amount=Money(amount), sequence=list(Sequence)[n % 4]
        )
        for n, amount in enumerate(cents)
    )
    xml = pain008(replace(ORDER, debits=debits))
    total, *parts = map(Decimal, texts(xml, "CtrlSum"))
    assert total == sum(parts) == Decimal(sum(cents)) / 100 == sum(map(Decimal, texts(xml, "InstdAmt")))


def test_an_account_without_its_bank_is_enough():
    assert texts(pain008(ORDER), "DbtrAgt/p:FinInstnId/p:Othr/p:Id") == ["NOTPROVIDED"] * 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"iban": "FR1420041010050500013M02607"}, "n’est pas un IBAN"),
        ({"iban": "FR0000"}, "n’est pas un IBAN"),
        ({"iban": "BR1800360305000010009795493C1"}, "hors de l’espace SEPA"),
        ({"bic": "AGRI"}, "n’est pas un BIC"),
        ({"amount": Money(0)}, "n’est pas de ceux qu’on prélève"),
        ({"amount": Money(-500)}, "n’est pas de ceux qu’on prélève"),
        ({"debtor": "—  "}, "le nom de qui est prélevé"),
        ({"address": replace(HOME, town=" ")}, "sa commune et son pays"),
        ({"address": replace(HOME, country="France")}, "sa commune et son pays"),
        ({"mandate": "MND É 1"}, "sans accent"),
        ({"mandate": "M" * 36}, "35 caractères au plus"),
        ({"end_to_end": "/42"}, "sans « / » au bord"),
        ({"signed": date(2026, 12, 1)}, "n’est signé que le 1er déc. 2026"),
        ({"notified": date(2026, 11, 24)}, "au plus tard le 23 nov. 2026"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_debit_the_bank_would_refuse_stops_the_whole_file(wrong, told):
    with pytest.raises(NotWritten) as refusal:
        pain008(replace(ORDER, debits=(BOB, replace(ALICE, **wrong))))
    (problem,) = refusal.value.problems
    assert problem.startswith("Prélèvement 2, ")
    assert told in problem


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"debits": ()}, "rien à prélever"),
        ({"message": "PRLV décembre"}, "30 caractères au plus"),
        ({"creditor_id": "FR73ZZZ123456"}, "identifiant de créancier"),
        ({"collected": date(2026, 12, 12)}, "n’est pas ouvré"),
        ({"collected": date(2026, 11, 30), "notice_days": 0}, "doit être à venir"),
        ({"iban": "FR7630006000011234567890188"}, "Votre compte"),
        ({"address": Address("", "", "")}, "Votre adresse"),
        ({"creditor": ""}, "Il manque votre nom"),
        ({"debits": (ALICE, replace(ALICE, mandate="M2"))}, "sert 2 fois"),
        ({"debits": (BOB, replace(BOB, end_to_end="E2"))}, "premier, dernier ou unique"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_the_bank_would_refuse_is_not_written(wrong, told):
    with pytest.raises(NotWritten) as refusal:
        pain008(replace(ORDER, **wrong))
    assert any(told in problem for problem in refusal.value.problems)
