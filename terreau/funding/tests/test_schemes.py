"""Each scheme answers its cases as a reader of its text would; its themes and words are known ones."""

import csv
from datetime import date

import pytest

from terreau.funding.matching import Need, Offer, State, match
from terreau.funding.schemes import HERE, names, scheme, schemes
from terreau.funding.vocabulary import enum, fields, somewhere, themes
from terreau.territory.models import Commune

WORDS = {
    "audiences": enum("targeted_audiences"), "steps": enum("mobilization_steps"),
    "destinations": enum("destinations"),
}  # fmt: skip
HOME = ("Audruicq", "CC de la Région d’Audruicq", "Pas-de-Calais", "Hauts-de-France")


def cases():
    for name in names():
        with (HERE / name / "cases.csv").open(encoding="utf-8", newline="") as file:
            yield from (pytest.param(name, row, id=f"{name}: {row['case']}") for row in csv.DictReader(file))


@pytest.mark.parametrize(("name", "row"), list(cases()))
def test_a_case_is_answered_and_says_why(name, row):
    need = Need(
        row["audience"], (row["place"], *HOME[1:]), int(row["population"]) if row["population"] else None,
        row["step"], row["destination"], date.fromisoformat(row["on"]),
    )  # fmt: skip
    found = match(need, scheme(name, need.on).offer, **WORDS)
    deciding = found.because if found.state != State.ELIGIBLE else [one.sentence for one in found.criteria]
    told = " ".join(deciding).replace("\u202f", " ").replace("\u00a0", " ")
    assert found.state == row["verdict"], told
    assert row["because"] in told


@pytest.mark.parametrize("name", names())
def test_a_scheme_has_cases_and_speaks_known_words(name):
    told = scheme(name, date(2026, 11, 27))
    assert (HERE / name / "cases.csv").exists()
    assert set(told.themes) <= themes().keys()
    assert set(told.offer.audiences) <= WORDS["audiences"].keys()
    assert told.rule["source"]
    assert isinstance(told.rule["confirmed"], bool)
    # Themes are tags: none is the name of a scheme.
    assert told.name not in themes().values()


def test_the_vocabulary_is_whole():
    assert len(fields()) + len(["id"]) == 36
    assert len(themes()) == 5
    assert {theme for one in schemes(date(2026, 11, 27)) for theme in one.themes} == themes().keys()


@pytest.mark.parametrize(
    ("perimeter", "state"),
    [("Audruicq", "eligible"), ("CC DE LA REGION D'AUDRUICQ", "eligible"), ("Pas-de-Calais", "eligible"),
     ("Hauts-de-France (Région)", "eligible"), ("France", "eligible"), ("Bretagne", "no"), ("Calais", "no"),
     ("", "check")],
)  # fmt: skip
def test_a_commune_is_within_what_contains_it(perimeter, state):
    need = Need("commune", HOME, None, "op", "supply", date(2026, 11, 27))
    found = match(need, Offer("aide", ("commune",), perimeter), **WORDS)
    assert state in {one.state for one in found.criteria if one.sentence.startswith("Périmètre")}


def test_where_a_commune_lies():
    here = somewhere(Commune(name="Audruicq", departement="62", epci_name=HOME[1]))
    assert here.names == HOME
    assert somewhere(Commune(name="Ailleurs", departement="99")).names == ("Ailleurs",)
    assert State("no") is State.NO
