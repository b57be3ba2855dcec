"""The accounts are written as a golden file shows them, and another reader finds them whole and balanced."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.formats.fec import Entry, Posting, Year, fec
from terreau.formats.refusals import NotWritten
from terreau.formats.tests.fec_reader import read_fec
from terreau.measures.money import Money
from terreau.measures.split import split_money

GOLDEN = Path(__file__).parent / "fec_golden.txt"
CLIENTS = Posting("411000", "Clients", debit=Money(10695), partner="C0042", partner_label="Commune d’Exemple")
SALE = Entry(
    number=1,
    journal="VE",
    journal_label="Ventes",
    day=date(2026, 11, 30),
    piece="F2026-00042",
    piece_day=date(2026, 11, 30),
    label="Légumes à la cantine\tde novembre — œufs",
    validated=date(2026, 12, 1),
    postings=(
        replace(CLIENTS, letter="AA", lettered=date(2026, 12, 20)),
        Posting("701000", "Ventes de produits", credit=Money(10000)),
        Posting("445710", "TVA collectée", credit=Money(695)),
    ),
)
PAYMENT = Entry(
    number=2,
    journal="BQ",
    journal_label="Banque",
    day=date(2026, 12, 20),
    piece="REL-2026-12",
    piece_day=date(2026, 12, 20),
    label="Virement",
    validated=date(2026, 12, 31),
    postings=(
        Posting("512000", "Banque", debit=Money(10695)),
        replace(CLIENTS, debit=Money(0), credit=Money(10695), letter="AA", lettered=date(2026, 12, 20)),
    ),
)
YEAR = Year("732829320", date(2026, 1, 1), date(2026, 12, 31), (SALE, PAYMENT))


def test_a_year_is_written_as_the_golden_file_shows():
    file = fec(YEAR)
    assert file.name == "732829320FEC20261231.txt"
    assert file.data.decode("iso8859-15").replace("\r\n", "\n") == GOLDEN.read_text(encoding="utf-8")
    assert file.data.count(b"\r\n") == 6


def test_another_reader_finds_it_whole_and_balanced():
    read = read_fec(*fec(YEAR))
    assert read.problems == []
    assert (read.entries, read.debit, read.credit) == (2, Decimal("213.90"), Decimal("213.90"))
    assert read.balances == {
        "411000": Decimal(0),
        "701000": Decimal(-100),
        "445710": Decimal("-6.95"),
        "512000": Decimal("106.95"),
    }


def entry(number: int, cents: int, weights: list[int], label: str) -> Entry:
    shares = split_money(Money(cents), weights)
    return replace(
        SALE,
        number=number,
        label=label,
        validated=date(2026, 12, 1) + timedelta(days=number // 3),
        postings=(
            Posting("411000", "Clients", debit=Money(cents)),
            *(Posting(f"70100{n}", "Ventes", credit=share) for n, share in enumerate(shares) if share),
        ),
    )


parts = st.tuples(
    st.integers(1, 10**9),
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
    st.text(min_size=1, max_size=40),
)


@given(st.lists(parts, min_size=1, max_size=12))
def test_whatever_is_written_is_read_back_to_the_cent(told):
    entries = tuple(
        entry(n, cents, weights, f"Vente {label}") for n, (cents, weights, label) in enumerate(told, start=1)
    )
    read = read_fec(*fec(replace(YEAR, entries=entries)))
    assert read.problems == []
    assert read.balances["411000"] == Decimal(sum(cents for cents, _, _ in told)) / 100


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (b"CompteNum", b"Compte", "titres de colonnes"),
        (b"106,95", b"106.95", "n’est pas un montant"),
        (b"100,00", b"100,01", "pas équilibrée"),
        (b"20261130\t411000", b"20261131\t411000", "AAAAMMJJ"),
        (b"BQ\tBanque\t2", b"BQ\tBanque\t3", "ne se suivent pas"),
        (b"F2026-00042", b"", "PieceRef est vide"),
        (b"\t701000", b"\tVentes", "trois chiffres"),
        (b"20261231\t\t", b"20261101\t\t", "ordre de leur validation"),
        (b"20261220\t512000", b"20270120\t512000", "après la clôture"),
        (b"Virement", b"Vire\tment", "19 champs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_other_reader_does_see_what_is_wrong(before, after, told):
    name, data = fec(YEAR)
    assert before in data
    assert any(told in problem for problem in read_fec(name, data.replace(before, after)).problems)


def test_another_program_writes_bars_and_utf_8():
    name, data = fec(YEAR)
    other = data.decode("iso8859-15").replace("\t", "|").replace("\r\n", "\n").encode()
    assert read_fec(name, other) == read_fec(name, data)


def test_the_name_of_the_file_says_whose_and_until_when():
    _, data = fec(YEAR)
    assert "n’est pas un nom de FEC" in read_fec("compta.txt", data).problems[0]


def first(**changed) -> tuple[Entry, ...]:
    return (replace(SALE, **changed), PAYMENT)


def posting(**changed) -> tuple[Entry, ...]:
    return first(postings=(replace(SALE.postings[0], **changed), *SALE.postings[1:]))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"siren": "732829321"}, "n’est pas un SIREN"),
        ({"start": date(2027, 1, 1)}, "avant de commencer"),
        ({"entries": ()}, "aucune écriture"),
        ({"entries": first(number=3)}, "à la place de la 1"),
        ({"entries": first(validated=date(2027, 1, 10))}, "l’ordre est celui des validations"),
        ({"entries": first(validated=date(2026, 11, 1))}, "validée avant sa date"),
        ({"entries": first(day=date(2025, 12, 31))}, "hors de l’exercice"),
        ({"entries": first(piece=" ")}, "pièce justificative"),
        ({"entries": first(label="\t")}, "il manque le libellé"),
        ({"entries": first(journal="")}, "il manque le journal"),
        ({"entries": first(postings=SALE.postings[:1])}, "deux lignes au moins"),
        ({"entries": posting(debit=Money(10694))}, "doivent être égaux"),
        ({"entries": posting(account="CLIENT")}, "trois chiffres"),
        ({"entries": posting(account_label=" ")}, "sans libellé"),
        ({"entries": posting(debit=Money(-10695))}, "de l’autre côté"),
        ({"entries": posting(credit=Money(1))}, "et un seul"),
        ({"entries": posting(partner_label="")}, "un code et un nom"),
        ({"entries": posting(lettered=None)}, "une lettre et une date"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_accounts_that_would_be_refused_are_not_written(wrong, told):
    with pytest.raises(NotWritten) as refusal:
        fec(replace(YEAR, **wrong))
    assert any(told in problem for problem in refusal.value.problems)
