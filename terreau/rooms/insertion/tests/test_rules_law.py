"""Every figure has its date, unit, source and article; every list its columns; every case file its test."""

import csv
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.dated import cited
from terreau.measures.periods import Period, Span, last_day, plus_months, total
from terreau.rooms.insertion.rules.law import HERE, listed, rule
from terreau.rooms.insertion.tests.rule_cases import CASES

TOML = sorted(HERE.glob("*.toml"))
LISTS = sorted(HERE.glob("*.csv"))


@pytest.mark.parametrize("path", TOML, ids=lambda path: path.name)
def test_a_rule_is_dated_and_sourced(path):
    for name, versions in tomllib.loads(path.read_text()).items():
        for version in versions:
            assert isinstance(version["since"], date), name
            assert all(version[key] for key in ("unit", "source", "article")), name
            assert version["confirmed"] in (True, False), name
        assert len({version["since"] for version in versions}) == len(versions), name


@pytest.mark.parametrize("path", [*LISTS, *sorted(CASES.glob("*.csv"))], ids=lambda path: path.name)
def test_a_list_has_all_its_columns(path):
    header, *lines = csv.reader(path.read_text().splitlines(), delimiter=";")
    assert lines
    assert all(len(line) == len(header) for line in lines)
    assert all(line[header.index("source")] for line in lines)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_list_is_dated(path):
    for row in csv.DictReader(path.read_text().splitlines(), delimiter=";"):
        assert date.fromisoformat(row["since"])
        assert all(row[key] for key in ("unit", "article"))
        assert row["confirmed"] in ("oui", "non")


def test_a_case_file_is_read_by_a_test():
    tests = "\n".join(path.read_text() for path in CASES.parents[1].glob("tests/test_rules_*.py"))
    assert all(f'cases("{path.stem}")' in tests for path in CASES.glob("*.csv"))


def test_what_is_to_confirm_is_shown_so():
    assert cited(rule("pmsmp", "host", date(2026, 11, 27))) == "questions-réponses de la DGEFP, à confirmer"
    reasons = listed("exit_reasons", date(2026, 11, 27))
    assert cited(reasons["17"]) == "ASP, motifs de sortie, à confirmer"
    assert cited(reasons["2"]) == "ASP, motifs de sortie"


days = st.dates(date(2020, 1, 1), date(2032, 12, 31))


@given(days, st.integers(1, 60))
def test_whole_months_are_whole(start, months):
    end = last_day(start, months)
    assert Period(start, end).span == Span(months)
    assert plus_months(start, months) >= end


@given(days, st.integers(0, 800), st.integers(0, 800))
def test_a_longer_period_lasts_longer(start, days_in, more):
    end = date.fromordinal(start.toordinal() + days_in)
    longer = date.fromordinal(end.toordinal() + more)
    assert Period(start, end).span <= Period(start, longer).span
    assert total([Period(start, end), Period(start, longer)]) == Period(start, longer).span
