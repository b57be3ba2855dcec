"""Each law gives back what its three numbers mean, and Sobol points do better than chance."""

import numpy as np
import pytest

from terreau.engines.contribution import ProblemRefused
from terreau.engines.contribution.draws import central, draw, inverse, points

from .tiny import TABLES, parameter

U = (np.arange(20_000) + 0.5) / 20_000


def quantiles(p, at=(0.05, 0.5, 0.95)):
    return inverse(p, np.array(at))


def test_pert_stays_between_its_bounds_with_its_mean():
    """Mean of a PERT: (minimum + 4 modes + maximum) / 6."""
    p = parameter("x", 12, 7, 18, "pert")
    drawn = inverse(p, U)
    assert drawn.min() >= 7
    assert drawn.max() <= 18
    assert drawn.mean() == pytest.approx((7 + 48 + 18) / 6, rel=1e-4)


def test_a_pert_whose_mode_is_a_bound_and_one_without_width():
    assert inverse(parameter("x", 4, 1.6, 4, "pert"), U).mean() == pytest.approx((1.6 + 16 + 4) / 6, rel=1e-4)
    assert not parameter("x", 5, 5, 5, "pert").moves
    assert (inverse(parameter("x", 5, 5, 5, "pert"), U[:3]) == 5).all()


def test_beta_has_its_mean_and_its_spread():
    drawn = inverse(parameter("x", 0.19, 0.14, 0.26, "beta"), U)
    assert drawn.mean() == pytest.approx(0.19, rel=1e-3)
    low, high = np.percentile(drawn, (5, 95))
    assert high - low == pytest.approx(0.12, rel=1e-3)


def test_lognormal_has_its_median_and_the_ratio_of_its_bounds():
    low, mid, high = quantiles(parameter("x", 1.0, 0.7, 1.4, "lognormal"))
    assert mid == pytest.approx(1.0)
    assert high / low == pytest.approx(2.0)


def test_uniform_is_a_straight_line():
    assert quantiles(parameter("x", 3.07, 3.04, 3.10, "uniform"))[1] == pytest.approx(3.07)


def test_poisson_counts_farms_and_spreads_over_the_horizon():
    p = parameter("x", 0.7, 0, 2.5, "poisson")
    one = inverse(p, U)
    assert set(one) >= {0.0, 1.0, 2.0}
    assert one.mean() == pytest.approx(0.7, rel=1e-3)
    assert (one == 0).mean() == pytest.approx(np.exp(-0.7), abs=1e-3)
    five = inverse(p, U, 5)
    assert five.mean() == pytest.approx(0.7, rel=1e-3)
    assert five.std() == pytest.approx(one.std() / np.sqrt(5), rel=2e-2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 5, "low": 6, "high": 7},
        {"value": 0.7, "low": 0.4, "high": 1.0, "distribution": "beta"},
        {"value": 1, "low": 0, "high": 2, "distribution": "lognormal"},
        {"value": 1, "distribution": "gaussienne"},
        {"value": 1, "status": "on dit"},
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ProblemRefused, match=r"^x\u202f"):
        parameter("x", **wrong)


def test_draws_are_a_power_of_two_and_the_same_for_the_same_seed():
    p = [parameter("x", 12, 7, 18, "pert"), parameter("y", 1)]
    with pytest.raises(ProblemRefused, match="puissance de deux"):
        draw(p, TABLES, n=1000, seed=1)
    once, again, other = (draw(p, TABLES, n=64, seed=s) for s in (1, 1, 2))
    assert (once["x"] == again["x"]).all()
    assert (once["x"] != other["x"]).any()
    assert once["y"].shape == (1,)
    assert central(p, TABLES)["x"] == 12


def test_known_pairs_move_together_and_keep_their_own_law():
    p = [parameter("x", 12, 7, 18, "pert"), parameter("y", 0.14, 0.06, 0.25, "pert")]
    alone = draw(p, TABLES, n=4096, seed=1)
    tied = draw(p, TABLES, n=4096, seed=1, correlations={("x", "y"): -0.6})
    assert abs(np.corrcoef(alone["x"], alone["y"])[0, 1]) < 0.02
    assert np.corrcoef(tied["x"], tied["y"])[0, 1] == pytest.approx(-0.58, abs=0.04)
    assert np.percentile(tied["y"], (5, 50, 95)) == pytest.approx(
        np.percentile(alone["y"], (5, 50, 95)), rel=1e-2
    )


def test_correlations_that_contradict_one_another_are_refused():
    p = [parameter(id, 12, 7, 18, "pert") for id in "xyz"]
    with pytest.raises(ProblemRefused, match="corrélations"):
        draw(p, TABLES, n=64, seed=1, correlations={("x", "y"): 0.9, ("y", "z"): 0.9, ("x", "z"): -0.9})


def test_4096_points_converge_as_published():
    """Relative spread of P5, P50 and P95 over twenty seeds: 1.0, 0.9 and 2.7 % at most, on a like model."""

    def outputs(u):
        yields = 7 + 11 * u[:, 0]
        return yields * (1 - 0.25 * u[:, 1]) * np.exp(0.3 * (u[:, 2:20].sum(1) - 9) / np.sqrt(1.5))

    runs = np.array([np.percentile(outputs(points(4096, 45, seed)), (5, 50, 95)) for seed in range(20)])
    assert (runs.std(0) / runs.mean(0) < (0.010, 0.009, 0.027)).all()
