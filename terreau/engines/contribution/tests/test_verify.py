"""The judge accepts what was computed, and sees each lie."""

from dataclasses import replace

import pytest

from terreau.engines.contribution import Arms, solve, verify
from terreau.engines.contribution.indicator import Correction

from .test_solve import ALL, KG, PARAMETERS, PEOPLE, grown, planned
from .tiny import PLACE, TABLES, indicator, kilos, parameter

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
        ({"mid": 9_000.0}, "au-dessus de la médiane"),
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


def test_a_count_that_is_often_its_own_median_is_accepted_and_the_next_one_refused():
    """Poisson of mean 0.7: half of the draws are 0, and the median is whichever side of it they fall."""
    count = indicator("count", lambda f, t, p: p["farms"], parameters=("farms",))
    known = (*PARAMETERS, parameter("farms", 0.7, 0, 3, "poisson"))
    answer = solve([count], planned(), PLACE, known, TABLES, seed=1, n=1024, n_sensitivity=0)
    one = answer.effects[0]
    said = []
    for mid in (0.0, 1.0, 2.0):
        moved = replace(one, gross=replace(one.gross, mid=mid), net=replace(one.net, mid=mid))
        verdict = verify(replace(answer, effects=(moved,)), [count], planned(), PLACE, known, TABLES)
        said.append(verdict.accepted)
    assert said == [True, True, False]


def test_fewer_draws_are_less_sure_and_a_percentile_between_two_of_them_has_either_sign():
    answer = changed(low=1.0, positive_probability=0.9495)
    assert judged(answer).accepted
    assert not judged(changed(low=1.0, positive_probability=0.9485)).accepted
    moved = changed(mid=answered().effects[0].gross.mid * 1.12)
    assert not judged(moved).accepted
    assert judged(replace(moved, draws=64)).accepted


def test_an_indicator_left_out_is_seen():
    answer = answered()
    verdict = judged(replace(answer, effects=answer.effects[:2]))
    assert "tous les indicateurs" in verdict.violations[0]


def test_an_index_above_one_is_seen():
    answer = answered()
    bars = tuple(replace(bar, total=3.0) for bar in answer.effects[0].tornado)
    verdict = judged(changed({"tornado": bars}))
    assert any("Sobol" in violation for violation in verdict.violations)
