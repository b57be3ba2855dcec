"""The judge accepts what was computed, and sees each lie."""

from dataclasses import replace

import pytest

from terreau.engines.contribution import Arms, solve, verify
from terreau.engines.contribution.indicator import Correction

from .test_solve import ALL, KG, PARAMETERS, PEOPLE, grown, planned
from .tiny import PLACE, TABLES, indicator, kilos

INDICATORS = [KG, PEOPLE, indicator("net", grown, applies=ALL)]


def answered(source=None):
    options = {"seed": 1, "n": 1024, "n_sensitivity": 64}
    return solve(INDICATORS, source or planned(), PLACE, PARAMETERS, TABLES, **options)


def judged(answer, source=None):
    return verify(answer, INDICATORS, source or planned(), PLACE, PARAMETERS, TABLES)


def changed(effect=None, **figure):
    answer = answered()
    one = answer.effects[0]
    lie = replace(one, gross=replace(one.gross, **figure), **(effect or {}))
    return replace(answer, effects=(lie, *answer.effects[1:]))


def test_what_was_computed_is_accepted():
    verdict = judged(answered())
    assert verdict.accepted, verdict.violations
    assert verdict.recounted == 6


def test_counted_facts_have_nothing_to_draw_again():
    def counted(draws):
        return Arms((kilos(12_000.0),), measured=True)

    verdict = judged(answered(counted), counted)
    assert verdict.accepted
    # People depend on the need, the net on the corrections, both gross and net of the first.
    assert verdict.recounted == 3


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"mid": 14_000.0}, "sous la médiane"),
        ({"low": 20_000.0}, "pas dans l’ordre"),
        ({"high": None}, "à moitié donné"),
        ({"value": 1.0}, "dernière année"),
        ({"positive_probability": 0.5}, "contredit l’intervalle"),
        ({"missing": "absent"}, "pourtant chiffré"),
    ],
)
def test_each_lie_is_seen(lie, said):
    verdict = judged(changed(**lie))
    assert any(said in violation for violation in verdict.violations)


def test_a_correction_made_twice_is_seen():
    twice = indicator("net", lambda f, t, p: grown(f, t, p) * p["attribution"], applies=ALL)
    answer = solve([KG, PEOPLE, twice], planned(), PLACE, PARAMETERS, TABLES, seed=1, n=1024, n_sensitivity=0)
    assert not judged(answer).accepted
    assert Correction.ATTRIBUTION in twice.applies


def test_an_indicator_left_out_is_seen():
    answer = answered()
    verdict = judged(replace(answer, effects=answer.effects[:2]))
    assert "tous les indicateurs" in verdict.violations[0]


def test_an_index_above_one_is_seen():
    answer = answered()
    bars = tuple(replace(bar, total=3.0) for bar in answer.effects[0].tornado)
    verdict = judged(changed({"tornado": bars}))
    assert any("Sobol" in violation for violation in verdict.violations)
