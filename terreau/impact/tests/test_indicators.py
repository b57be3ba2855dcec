"""Each indicator of the hand-worked écopôle, its sum written out; and what holds for the whole catalogue."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from terreau.engines.contribution import Arms, Draws, Family, Flow, Flows, Kind, Missing
from terreau.engines.contribution.draws import central
from terreau.engines.contribution.problem import AMOUNTS
from terreau.impact.indicators import BY_ID, CATALOGUE
from terreau.impact.parameters import parameters, tables

from .hand import TERRITORY, YEAR, flows

ON = date(2026, 11, 27)


@pytest.fixture(scope="module")
def p():
    return central(parameters(ON), tables())


def value(id: str, p: Draws) -> float:
    return float(np.asarray(BY_ID[id].read(flows(), TERRITORY, p)).reshape(-1)[0])


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        # 18,200 paid hours / 1,820; 3,214 hours worked / 1,607: two different ETP
        ("etp_insertion", 10),
        ("etp_permanents", 2),
        ("personnes", 20),
        # 6 durable of 10 exits; 10 exits × the Dares rate; 10 entrants of the year × 5 points
        ("sorties_dynamiques", 0.6),
        ("sorties_brut", 1.9),
        ("sorties_net", 0.5),
        # 20,000 € of the 100,000 € the farm sells: a fifth of its 2 ETP
        ("emplois_producteurs", 0.4),
        # R1 = 38,000 + 262,000; R2 = 100,000 (residents' pay) + 20,000; R3 = 100,000 × 0.40 + 20,000 × 0.35
        ("lm3", (300_000 + 120_000 + 47_000) / 300_000),
        ("retenu", 0.4),
        # State, region, département, Europe; what the EPCI gives was already here
        ("argent_public", 240_000),
        ("tonnes", 13.5),
        # 1,000 kg a month, 500 given in April; of 10,000 × 60 / 12 = 50,000 kg a month; outside is not here
        ("couverture", 12_500 / 600_000),
        ("couverture_mini", 0.02),
        ("personnes_nourries", 13_500 / 60),
        # 43 households of 4,000 × 20 % + 400 × 15 % (the perimeter's rate, for the secret commune)
        ("foyers_touches", 43 / 860),
        # 46 baskets at 4 € of 12 × 1,288 €
        ("effort_panier", 184 / 15_456),
        # the hamlet is 11 km north: only the town's poor households are near
        ("a_portee", 800 / 860),
        # areas of the last day they were written
        ("hectares_bio", 5),
        ("fermes_installees", 1),
        ("hectares_installes", 2.5),
        # 500 ha over the 9,000 inhabitants of the commune that is known, not over 10,000
        ("sau_habitant", 5_000_000 / 9_000),
        # jardin – adhérents, grossiste, ferme, épicerie, garage: a star of six
        ("liens_par_acteur", 10 / 6),
        ("reciprocite", 0),
        ("centralisation", 1),
        ("resilience", 0.2),
        ("flux_partages", 1),
        # a working party and a workshop: 30 h + 12.5 h, in no ETP; seven people, once each
        ("heures_donnees", 42.5),
        ("benevoles", 7),
        # issued credits are another flow
        ("credits_utilises", 20),
        # 57.82 € for the road of both; alone, 28.91 € and 57.82 €
        ("tournees_partagees", 57.82),
        ("economie_tournees", 28.91 + 57.82 - 57.82),
        # 12,000 kg at 5 km, 1,000 at 70, by road 1.3 times as far; nobody wrote how far the donation went
        ("km_alimentaires", (12_000 * 5 + 1_000 * 70) * 1.3 / 13_000),
    ],
)
def test_the_sum_done_by_hand(id, expected, p):
    assert value(id, p) == pytest.approx(expected)


def test_carbon_is_the_reference_chain_less_diesel_and_cold(p):
    """13,500 kg of the median vegetable; 1,000 l × 3.07; 5,000 kWh × 0.048; nothing for being organic."""
    foods = tables().foods.values()
    median = float(np.median([f.transport for f in foods]) + np.median([f.retail for f in foods]))
    assert median == pytest.approx(0.274 + 0.018, abs=1e-3)
    expected = (13_500 * median - 3_070 - 240) / 1000
    assert value("co2e_evite", p) == pytest.approx(expected)


def test_the_catalogue_has_the_eight_families_each_with_its_first_page():
    assert len({indicator.id for indicator in CATALOGUE}) == len(CATALOGUE)
    assert {i.family for i in CATALOGUE if i.headline} == set(Family)


@pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda i: i.id)
def test_a_sheet_says_everything(indicator):
    for said in ("label", "question", "equation", "unit", "why", "limits", "sources", "sdg"):
        assert getattr(indicator, said), f"{indicator.id}: {said}"
    assert indicator.question.endswith("\u202f?")


@pytest.mark.parametrize("indicator", CATALOGUE, ids=lambda i: i.id)
def test_an_indicator_reads_the_parameters_it_declares(indicator):
    class Recorded(Draws):
        def __getitem__(self, id):
            read.add(id)
            return super().__getitem__(id)

    read: set[str] = set()
    indicator.read(flows(), TERRITORY, Recorded(central(parameters(ON), tables()).values, tables()))
    assert read == set(indicator.parameters)


def twice(flows: Flows) -> Flows:
    doubled = [
        replace(row, **{a: 2 * getattr(row, a) for a in AMOUNTS if getattr(row, a) is not None})
        for row in flows.rows
    ]
    return replace(flows, rows=tuple(doubled))


@pytest.mark.parametrize("indicator", [i for i in CATALOGUE if i.extensive], ids=lambda i: i.id)
def test_twice_the_flows_is_twice_an_extensive_figure_and_none_is_nothing_or_said(indicator, p):
    once = np.asarray(indicator.read(flows(), TERRITORY, p))
    assert np.asarray(indicator.read(twice(flows()), TERRITORY, p)) == pytest.approx(2 * once)
    try:
        nothing = indicator.read(Flows(*YEAR), TERRITORY, p)
    except Missing as blank:
        nothing = not str(blank)
    assert not np.any(nothing)


def test_a_ratio_without_its_denominator_is_missing_and_says_what_to_do(p):
    for id in ("lm3", "retour_public", "sorties_dynamiques", "cout_public_net", "liens_par_acteur"):
        with pytest.raises(Missing, match="\u202f: "):
            BY_ID[id].read(Flows(*YEAR), TERRITORY, p)


def test_periods_of_both_arms_are_the_same():
    other = Flows(date(2025, 1, 1), date(2025, 12, 31), (Flow(date(2025, 3, 1), Kind.COLD, kwh=1.0),))
    with pytest.raises(ValueError, match="les périodes ne sont pas les mêmes"):
        Arms((flows(),), (other,))
