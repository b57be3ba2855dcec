"""The worked cases of the rules, as an adviser reads them; every figure has its date, unit, source."""

import csv
import tomllib
from datetime import date
from decimal import Decimal

import pytest

from terreau.measures.french import parse_date, parse_money
from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.incubator.rules import contracts, conversion, dja
from terreau.rooms.incubator.rules.law import HERE

CASES = HERE / "cases"


def cases(name):
    """One case a row, named by its first column; every case says where it comes from."""
    rows = list(csv.DictReader((CASES / f"{name}.csv").read_text().splitlines(), delimiter=";"))
    assert all(row["source"] for row in rows)
    return [pytest.param(row, id=row["cas"]) for row in rows]


def several(text):
    return [part.strip() for part in text.split("|") if part.strip()]


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def assert_said(findings, expected):
    """« refusé : … » or « averti : … » and a part of the sentence, one a finding; or « rien »."""
    awaited = [] if expected == "rien" else several(expected)
    found = [f"{'refusé' if f.refused else 'averti'} : {plain(f.sentence)}" for f in findings]
    assert len(found) == len(awaited), found
    for wanted, sentence in zip(awaited, found, strict=True):
        verdict, _, part = wanted.partition(" : ")
        assert sentence.startswith(verdict), sentence
        assert part in sentence


@pytest.mark.parametrize("row", cases("cape_periods"))
def test_periods_of_a_cape(row):
    former = [
        Period(*(parse_date(day.strip()) for day in part.split(">")))
        for part in several(row["contrats déjà faits (du > au)"])
    ]
    new = Period(parse_date(row["du"]), parse_date(row["au"]))
    assert_said(contracts.periods("cape", former, new), row["ce qui est dit"])


@pytest.mark.parametrize("row", cases("cape_clauses"))
def test_clauses_of_a_contract(row):
    on = date(2026, 11, 27)
    said = dict.fromkeys(contracts.clauses(on), "convenu") | dict.fromkeys(
        several(row["clauses absentes"]), " "
    )
    ceiling = parse_money(row["plafond"]) if row["plafond"] else None
    found = contracts.missing(row["statut"], on, said, ceiling, full_time=row["temps plein"] == "oui")
    assert_said(found, row["ce qui est dit"])


@pytest.mark.parametrize("row", cases("ceiling"))
def test_ceiling_of_commitments(row):
    whole, used, new = (parse_money(row[name]) for name in ("plafond", "déjà engagé", "nouveau"))
    standing = contracts.ceiling_of("cape", date(2026, 11, 27), whole, used)
    assert_said(standing.after(new), row["ce qui est dit"])


@pytest.mark.parametrize("row", cases("dja"))
def test_checklist_of_the_dja(row):
    planned = (part.split(">") for part in several(row["revenus prévus (année > euros)"]))
    incomes = {int(year): parse_money(amount) for year, amount in planned}
    list_ = dja.checklist(
        parse_date(row["né le"]), incomes, several(row["fait"]), parse_date(row["demande le"])
    )
    line = next(item for item in list_ if item.code == row["ligne"])
    assert line.holds is {"oui": True, "non": False, "?": None}[row["tient"]]
    assert row["pourquoi"] in plain(line.why)


@pytest.mark.parametrize("row", cases("dja_amount"))
def test_amount_of_the_dja(row):
    found = dja.aid(
        row["région"], parse_date(row["le"]), organic=row["bio"] == "oui", livestock=row["élevage"] == "oui"
    )
    if not row["montant"]:
        assert found is None
    else:
        parts = [parse_money(row[name]) for name in ("montant", "au démarrage", "la dernière année")]
        assert [found.amount, found.first, found.last] == parts


@pytest.mark.parametrize("row", cases("conversion"))
def test_conversion_of_a_plot(row):
    days = [parse_date(row[name]) for name in ("engagée le", "semée le", "récoltée le")]
    assert conversion.sold_as(row["culture"], *days) == row["vendue"]


def test_the_effect_of_conversion_on_income_is_worked_by_hand():
    """1 000 kg a year engaged on 1 March 2026, sown in April, gathered in September: C1, C2, then organic."""
    prices = conversion.Prices(Money(100), Money(120), Money(180))
    found = conversion.harvests(
        cycle="annual", started_on=date(2026, 3, 1), sown_month=4, harvest_month=9, quantity=Decimal(1000),
        prices=prices, years=3,
    )  # fmt: skip
    assert [row.effect.euros for row in found] == [0, 200, 800]
    # Garlic sown in October is of the year after: sown on 1 October 2027, it is still in conversion.
    late = conversion.harvests(
        cycle="annual", started_on=date(2026, 3, 1), sown_month=10, harvest_month=7, quantity=Decimal(1000),
        prices=prices, years=4,
    )  # fmt: skip
    assert [row.effect.euros for row in late] == [0, 200, 200, 800]
    assert conversion.milestones("perennial", date(2026, 3, 1)).certified_on == date(2029, 3, 1)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.toml")), ids=lambda path: path.name)
def test_a_rule_is_dated_and_sourced(path):
    for name, versions in tomllib.loads(path.read_text()).items():
        for version in versions:
            assert isinstance(version["since"], date), name
            assert all(version[key] for key in ("unit", "source", "article")), name
            assert version["confirmed"] in (True, False), name


@pytest.mark.parametrize("path", sorted(CASES.glob("*.csv")), ids=lambda path: path.name)
def test_a_case_file_has_all_its_columns_and_its_test(path):
    header, *lines = csv.reader(path.read_text().splitlines(), delimiter=";")
    assert lines
    assert all(len(line) == len(header) for line in lines)
    assert f'cases("{path.stem}")' in (HERE.parent / "tests/test_rules.py").read_text()
