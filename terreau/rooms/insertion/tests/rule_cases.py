"""The worked cases of the rules, as a counsellor reads them."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.measures.french import parse_date, parse_decimal

CASES = Path(__file__).parents[1] / "rules" / "cases"


def cases(name):
    """One case a row, named by its first column; every case says where it comes from."""
    rows = list(csv.DictReader((CASES / f"{name}.csv").read_text().splitlines(), delimiter=";"))
    assert all(row["source"] for row in rows)
    return [pytest.param(row, id=row["cas"]) for row in rows]


def day(text: str) -> date | None:
    return parse_date(text) if text else None


def number(text: str) -> Decimal | None:
    return parse_decimal(text, places_max=10) if text else None


def yes(text: str) -> bool:
    assert text in ("oui", "non", "")
    return text == "oui"


def several(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def assert_said(findings, expected):
    """« refusé : … » or « averti : … » and a part of the sentence, one a finding; or « rien »."""
    awaited = [] if expected == "rien" else several(expected)
    found = [f"{'refusé' if f.refused else 'averti'} : {plain(f.sentence)}" for f in findings]
    assert len(found) == len(awaited), found
    for awaited_one, sentence, finding in zip(awaited, found, findings, strict=True):
        verdict, _, part = awaited_one.partition(" : ")
        assert sentence.startswith(verdict), sentence
        assert part in sentence
        assert finding.article
