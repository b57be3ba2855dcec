"""From flows to figures: with less without on the same draws, gross and net, counted, missing, evidence."""

from datetime import date

import numpy as np
import pytest

from terreau.engines.contribution import Arms, Evidence, Flow, Flows, Kind, Missing, ProblemRefused, solve
from terreau.engines.contribution.draws import central, draw
from terreau.engines.contribution.indicator import Correction
from terreau.engines.contribution.problem import total
from terreau.engines.contribution.solve import gross, net

from .tiny import PLACE, TABLES, YEAR, indicator, kilos, parameter

ALL = frozenset(Correction)
PARAMETERS = (
    parameter("yield", 12, 7, 18, "pert", "measured_example"),
    parameter("need", 60, 45, 80, "pert", measure="peser"),
    parameter("deadweight", 0.2, 0.05, 0.45, "beta"),
    parameter("deplacement", 0.2, 0.05, 0.5, "beta"),
    parameter("auto_approvisionnement_legumes", 0.1),
    parameter("attribution", 0.7, 0.4, 1.0, "pert"),
    parameter("erosion", 0.1),
)


def grown(flows, territory, p):
    return total(flows.of(Kind.SALE), "kg")


KG = indicator("kg", grown)
NET = indicator("net", grown, applies=ALL)
PEOPLE = indicator("people", lambda f, t, p: grown(f, t, p) / p["need"], parameters=("need",))


def planned(without=None):
    def source(draws):
        years = (kilos(1_000 * draws["yield"]),)
        return Arms(years, (kilos(without(draws)),) if without else ())

    return source


def asked(indicators, source, **more):
    options = {"seed": 1, "n": 256, "n_sensitivity": 64} | more
    return solve(indicators, source, PLACE, PARAMETERS, TABLES, **options)


def test_identical_arms_are_exactly_nothing_gross_and_net_in_every_draw():
    answer = asked([KG, NET, PEOPLE], planned(lambda d: 1_000 * d["yield"]))
    for effect in answer.effects:
        for figure in (effect.gross, effect.net):
            assert figure.value == 0
            assert figure.counted
    draws = draw(PARAMETERS, TABLES, n=64, seed=3)
    assert not np.any(gross(KG, planned(lambda d: 1_000 * d["yield"])(draws), 0, PLACE, draws))


def test_percentiles_are_of_the_difference():
    """The same yield in both arms: what differs is 1,000 kg in every draw, whatever the yield."""
    answer = asked([KG], planned(lambda d: 1_000 * d["yield"] - 1_000))
    assert answer.of("kg").gross.value == pytest.approx(1_000)
    assert answer.of("kg").gross.counted
    drawn = draw(PARAMETERS, TABLES, n=256, seed=1)
    twice = asked([KG], planned(lambda d: 2_000 * d["yield"])).of("kg").gross
    p5, p95 = np.percentile(1_000 * drawn["yield"], (5, 95))
    # A difference of percentiles would give p5 − 2 p5 as the low end; it is − p95.
    assert (twice.low, twice.high) == pytest.approx((-p95, -p5))
    assert twice.positive_probability == 0


def test_net_is_gross_with_the_corrections_that_apply_and_no_other():
    """1,000 × (1 − 0.2) × (1 − 0.1, bounded by self-supply) × 0.7 × 0.9² in the third year."""
    p = central(PARAMETERS, TABLES)
    assert net(NET, 1_000.0, p, 2) == pytest.approx(1_000 * 0.8 * 0.9 * 0.7 * 0.81)
    assert net(KG, 1_000.0, p, 2) == 1_000
    once = indicator("x", grown, applies=frozenset({Correction.ATTRIBUTION}))
    assert net(once, 1_000.0, p, 2) == pytest.approx(700)


def test_projected_equals_measured_when_fed_the_measured_flows():
    """The same flows by either door: the same figures, gross and net, to the last digit."""
    measured = asked([KG, NET, PEOPLE], lambda d: Arms((kilos(12_000.0),), measured=True))
    projected = asked([KG, NET, PEOPLE], lambda d: Arms((kilos(np.full(d.n, 12_000.0)),)))
    for one, other in zip(measured.effects, projected.effects, strict=True):
        for which in ("gross", "net"):
            left, right = getattr(one, which), getattr(other, which)
            assert (left.value, left.low, left.mid, left.high) == (
                right.value,
                right.low,
                right.mid,
                right.high,
            )


def test_a_counted_fact_has_no_interval_and_what_needs_a_parameter_has_one():
    answer = asked([KG, PEOPLE], lambda d: Arms((kilos(12_000.0),), measured=True))
    kg, people = answer.of("kg").gross, answer.of("people").gross
    assert kg.counted
    assert kg.evidence is Evidence.MEASURED
    assert people.value == 200
    assert people.low < people.mid < people.high
    assert people.evidence is Evidence.PRIOR
    assert answer.warnings == ("Première année\u202f: une seule année de mesure.",)


def test_evidence_is_of_the_weakest_input_that_weighs():
    assert asked([KG], planned()).of("kg").gross.evidence is Evidence.ELSEWHERE
    assert asked([NET], planned()).of("net").net.evidence is Evidence.PRIOR
    # Without sensitivity, everything the indicator declares counts.
    assert asked([PEOPLE], planned(), n_sensitivity=0).of("people").gross.evidence is Evidence.PRIOR


def test_a_missing_source_is_said_and_others_are_answered():
    def secret(flows, territory, p):
        raise Missing("SAU de ce périmètre\u202f: absente. Importez-la.")

    answer = asked([indicator("secret", secret), KG], planned())
    assert answer.of("secret").gross.missing.endswith("Importez-la.")
    assert answer.of("secret").net.value is None
    assert answer.of("kg").gross.value == 12_000


def test_a_guard_looks_at_every_draw():
    def guard(drawn, flows, territory, p):
        assert drawn.shape == (256,)
        return ("trop",) if drawn.max() > 15_000 else ()

    watched = indicator("kg", grown, guard=guard)
    assert asked([watched], planned()).of("kg").warnings == ("trop",)


def test_a_stock_reads_all_years_and_a_flow_one():
    years = tuple(
        Flows(date(y, 1, 1), date(y, 12, 31), (Flow(date(y, 6, 1), Kind.SALE, kg=float(y - 2023)),))
        for y in (2024, 2025, 2026)
    )
    stock = indicator("stock", grown, stock=True)
    answer = asked([KG, stock], lambda d: Arms(years, measured=True))
    assert answer.of("kg").gross.trend == ((2024, 1.0), (2025, 2.0), (2026, 3.0))
    assert answer.of("stock").gross.trend == ((2024, 1.0), (2025, 3.0), (2026, 6.0))
    assert answer.warnings == ()


def test_another_seed_moves_the_median_by_less_than_the_table_of_convergence():
    medians = [
        asked([NET], planned(), seed=seed, n=4096, n_sensitivity=0).of("net").net.mid for seed in range(8)
    ]
    assert np.std(medians) / np.mean(medians) < 0.009


def test_a_flow_outside_its_period_and_a_period_upside_down_are_refused():
    with pytest.raises(ProblemRefused, match="n’est pas de la période"):
        Flows(*YEAR, (Flow(date(2027, 1, 1), Kind.COLD),))
    with pytest.raises(ProblemRefused, match="avant de commencer"):
        Flows(YEAR[1], YEAR[0])


def test_a_year_is_twelve_months_and_a_week_is_a_week():
    assert kilos(1.0).years == 1
    assert Flows(date(2026, 4, 1), date(2026, 6, 30)).years == 0.25
    assert Flows(date(2026, 4, 2), date(2026, 4, 8)).years == pytest.approx(7 / 365.25)


def test_priors_are_counted():
    answer = asked([KG], planned())
    assert (answer.moving, answer.priors) == (5, 4)


def test_a_harm_is_not_made_smaller_by_corrections():
    p = central(PARAMETERS, TABLES)
    assert net(NET, -1_000.0, p, 2) == -1_000
    cost = indicator("cost", grown, applies=ALL, better=-1)
    assert net(cost, 1_000.0, p, 0) == 1_000
    assert net(cost, -1_000.0, p, 0) == pytest.approx(-1_000 * 0.8 * 0.9 * 0.7)


def test_a_year_without_its_source_is_left_out_of_the_series_not_a_zero():
    def needs_kilos(flows, territory, p):
        if not flows.of(Kind.SALE):
            raise Missing("Ventes\u202f: aucune.")
        return grown(flows, territory, p)

    empty = Flows(date(2025, 1, 1), date(2025, 12, 31))
    some = asked([indicator("kg", needs_kilos)], lambda d: Arms((empty, kilos(5.0)), measured=True))
    assert some.of("kg").gross.trend == ((2026, 5.0),)
