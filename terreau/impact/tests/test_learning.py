"""What a year teaches, by hand; and from the answer to the scenario that takes it."""

from dataclasses import replace
from datetime import date

import pytest

from terreau.engines.contribution import Flow, Flows, Kind
from terreau.impact import scenarios
from terreau.impact.learning import LESSONS, learnt, seen
from terreau.impact.parameters import parameters

from .hand import BOURG, TERRITORY, YEAR, day, flows

ON = date(2026, 12, 31)
AFTER = date(2027, 1, 5)


def year() -> Flows:
    """The year by hand, with what it lacks to teach everything: a canteen, 250 kg lost, 5 ha, 12 ETP."""
    told = flows()
    rows = [row for row in told.rows if row.kind not in (Kind.INSERTION_WORK, Kind.LAND)]
    sold = {"channel": "canteen", "kg": 1_000.0, "eur_ht": 2_500.0}
    more = (
        *(Flow(day(m), Kind.INSERTION_WORK, hours=1_820.0) for m in range(1, 13)),
        Flow(day(5), Kind.SALE, "jardin", "cantine", BOURG.code, **sold),
        Flow(day(5), Kind.LOSS, kg=250.0),
        Flow(day(6), Kind.GRANT, funding_source="departement", eur_ht=60_000.0),
        Flow(day(12, 31), Kind.LAND, ha=4.0, product="organic"),
        Flow(day(12, 31), Kind.LAND, ha=1.0, product="conversion"),
    )
    return replace(told, rows=(*rows, *more))


def the_year_before() -> Flows:
    """The same a year earlier, whose dynamic exits are only said together."""
    said = {"durable": "dynamic"}
    rows = tuple(
        replace(row, date=row.date.replace(year=2025), product=said.get(row.product, row.product))
        for row in year().rows
    )
    return replace(year(), start=date(2025, 1, 1), end=date(2025, 12, 31), rows=rows)


def taught(*years: Flows) -> dict:
    return seen(years, TERRITORY, parameters(ON), AFTER)


def test_what_a_year_says_of_each_parameter_by_hand():
    assert taught(year()) == {
        "taux_sortie_dynamique": [6.0, 10.0, [2026]],  # 6 durable exits of 10
        "taux_sortie_durable_objectif": [6.0, 10.0, [2026]],
        "part_salaries_residents": [pytest.approx(100_000 / 140_000), 1.0, [2026]],
        "salaire_net_permanent": [pytest.approx(20_000), 1.0, [2026]],  # 40 000 € for 3 214 h, 2 ETP
        "cofinancement_departement": [pytest.approx(5_000), 1.0, [2026]],  # 60 000 € for 12 ETP
        "rendement_bio_t_ha": [pytest.approx(2.95), 1.0, [2026]],  # 14.5 t out and 0.25 t lost on 5 ha
        "perte_post_recolte": [pytest.approx(0.25 / 14.75), 1.0, [2026]],
        "prix_kg_demi_gros": [pytest.approx(2.5), 1.0, [2026]],
        "installations_an": [1.0, 1.0, [2026]],
        "surface_par_installation": [2.5, 1.0, [2026]],
    }
    assert {lesson.parameter for lesson in LESSONS} == set(taught(year()))


def test_before_and_after_by_hand():
    """One law each: 6 exits of 10, a farm in a year, a price that goes half-way."""
    found = {one.lesson.parameter: one for one in learnt(taught(year()), parameters(ON))}
    # PERT 0.4, 0.6, 0.75: mean 0.592, σ 0.058, so a beta of 70 people; 41.4 + 6 of 70 + 10.
    exits = found["taux_sortie_dynamique"]
    assert exits.after.value == pytest.approx((41.4 + 6) / (70 + 10), abs=2e-3)
    assert (exits.told, exits.after.status) == ("6 sur 10\u00a0sorties", "official")
    # Gamma(0.7, 1) and a farm in a year: 1.7 over 2.
    assert found["installations_an"].after.value == pytest.approx(0.85)
    # PERT 1.5, 2.2, 3.2: mean 2.25; 2.50 € here in one year: half-way.
    price = found["prix_kg_demi_gros"]
    assert price.after.value == pytest.approx((2.25 + 2.5) / 2)
    assert (price.told, price.evidence.label) == ("2,5\u00a0€/kg, 1\u00a0année", "mesuré")
    assert price.after.high - price.after.low < price.before.high - price.before.low
    assert found["rendement_bio_t_ha"].odd
    assert not price.odd
    assert found["perte_post_recolte"].after.low >= 0


def test_only_whole_years_that_are_over_teach():
    rows = tuple(row for row in year().rows if row.kind is not Kind.SALE or row.date.month > 4)
    assert taught(replace(year(), rows=rows)) == {}
    assert seen([year()], TERRITORY, parameters(ON), YEAR[1]) == {}


def test_a_garden_where_no_farm_was_ever_installed_learns_no_rate_of_it():
    none = [replace(row, count=0.0, ha=0.0) if row.kind is Kind.INSTALLATION else row for row in year().rows]
    without = replace(year(), rows=tuple(none))
    assert {"installations_an", "surface_par_installation"} & set(taught(without)) == set()
    assert taught(the_year_before(), without)["installations_an"] == [1.0, 2.0, [2025, 2026]]


def test_two_years_teach_the_same_in_either_order_and_exits_said_together_teach_no_category():
    both = taught(the_year_before(), year())
    assert both["taux_sortie_dynamique"] == [12.0, 20.0, [2025, 2026]]
    assert both["taux_sortie_durable_objectif"] == [6.0, 10.0, [2026]]
    backwards = taught(year(), the_year_before())
    one, other = (learnt(told, parameters(ON)) for told in (both, backwards))
    for a, b in zip(one, other, strict=True):
        assert (a.after.value, a.after.low, a.after.high) == (b.after.value, b.after.low, b.after.high)
    assert one[0].after.source == "nos années\u202f: 2025 et 2026"


def test_a_scenario_file_takes_them_with_their_law_and_what_they_are_worth():
    found = learnt(taught(year()), parameters(ON))
    told = scenarios.written({"parameters": {one.lesson.parameter: one.line for one in found}})
    own = scenarios._own(scenarios.parsed(told)["parameters"], wrong := [])
    assert wrong == []
    for taken, one in zip(own, found, strict=True):
        assert (taken.value, taken.low, taken.high) == (one.after.value, one.after.low, one.after.high)
        assert (taken.distribution, taken.status) == (one.after.distribution, one.after.status)
    for odd in ({"law": "gauss"}, {"measured": 1}, {"years": "2025"}):
        scenarios._own({"perte_post_recolte": {"value": 0.1, "source": "x", **odd}}, wrong)
    assert len(wrong) == 3
