"""The purchases file is read by an independent reader of the published schema, or is not written at all."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from frictionless import Resource, Schema
from hypothesis import given
from hypothesis import strategies as st

from terreau.formats.macantine import COLUMNS, FAMILIES, LABELS, Purchase, purchases_csv
from terreau.formats.refusals import NotWritten
from terreau.measures.money import Money

SCHEMA = Schema.from_descriptor(json.loads((Path(__file__).parent / "macantine_achats.json").read_text()))
LETTERS = st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"])
CARROTS = Purchase(
    siret="21010034300016",
    description="Carotte (Ferme du Courlis)",
    supplier="Plateforme du Polder",
    day=date(2026, 11, 23),
    price=Money(123456),
    family="FRUITS_ET_LEGUMES",
    labels=("BIO", "IGP"),
    short_circuit=True,
    local="KM",
    local_km=50,
)


def errors(written: bytes) -> list[str]:
    report = Resource(data=written, format="csv", schema=SCHEMA).validate()
    return [error[0] for error in report.flatten(["message"])]


def test_a_line_is_written_as_the_importer_reads_it():
    written = purchases_csv([CARROTS])
    assert written.decode().splitlines() == [
        ",".join(COLUMNS),
        "21010034300016,Carotte (Ferme du Courlis),Plateforme du Polder,2026-11-23,1234.56,FRUITS_ET_LEGUMES,"
        '"BIO,IGP",FRANCE,OUI,OUI,KM,50',
    ]
    assert errors(written) == []


def test_the_judge_does_refuse_what_is_wrong():
    assert errors(purchases_csv([CARROTS]).replace(b"1234.56", b"cher"))
    assert errors(purchases_csv([CARROTS]).replace(b"FRUITS_ET_LEGUMES", b"FRUITS"))


@given(
    st.lists(
        st.builds(
            Purchase,
            siret=st.just("21010034300016"),
            description=st.text(LETTERS, min_size=1).filter(str.strip),
            supplier=st.text(LETTERS),
            day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
            price=st.integers(1, 10**9).map(Money),
            family=st.sampled_from(list(FAMILIES)),
            labels=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
            origin=st.sampled_from(["FRANCE", "EUROPE", ""]),
            short_circuit=st.booleans(),
            local=st.sampled_from(["", "COMMUNE", "DEPARTEMENT"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_written_is_valid(purchases):
    assert errors(purchases_csv(purchases)) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"siret": ""}, "14 chiffres"),
        ({"description": " "}, "ce qui a été acheté"),
        ({"price": Money(0)}, "positif"),
        ({"family": "CAILLOUX"}, "CAILLOUX"),
        ({"labels": ("BON",)}, "BON"),
        ({"origin": "LUNE"}, "LUNE"),
        ({"local": "VOISIN", "local_km": None}, "VOISIN"),
        ({"local": "COMMUNE"}, "KM"),
    ],
)
def test_a_line_that_would_be_refused_stops_the_whole_file(wrong, told):
    with pytest.raises(NotWritten) as refusal:
        purchases_csv([CARROTS, replace(CARROTS, **wrong)])
    (problem,) = refusal.value.problems
    assert problem.startswith("Ligne 2, ")
    assert told in problem
