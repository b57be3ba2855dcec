"""Sobol and Morris indices: a function whose indices are known, and SALib as judge."""

import numpy as np
import pytest

from terreau.engines.contribution.draws import points
from terreau.engines.contribution.sensitivity import (
    Sensitivity,
    analyse,
    indices,
    what_to_measure,
)

from .tiny import TABLES, indicator, parameter

A, B = 7.0, 0.1


def ishigami(u):
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ on (−π, π)³; columns of the unit cube."""
    x = np.pi * (2 * u - 1)
    return np.sin(x[..., 0]) + A * np.sin(x[..., 1]) ** 2 + B * x[..., 2] ** 4 * np.sin(x[..., 0])


def design(n, seed=1):
    u = points(n, 6, seed)
    a, b = u[:, :3], u[:, 3:]
    ab = np.stack([np.where(np.arange(3) == k, b, a) for k in range(3)])
    return ishigami(a)[None], ishigami(b)[None], ishigami(ab)[:, None]


def test_ishigami_has_its_known_indices():
    variance = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
    one, two = (1 + B * np.pi**4 / 5) ** 2 / 2, A**2 / 8
    both = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    first, total, error = indices(*design(4096), seed=1)
    assert first[:, 0] == pytest.approx([one / variance, two / variance, 0], abs=0.02)
    assert total[:, 0] == pytest.approx([(one + both) / variance, two / variance, both / variance], abs=0.02)
    assert (error > 0).all()
    assert (error < 0.05).all()


def test_indices_are_those_of_salib():
    """On the very same runs, by an independent program."""
    from SALib.analyze import sobol

    f_a, f_b, f_ab = design(512)
    runs = np.concatenate([f_a, f_ab[:, 0], f_b]).T.ravel()
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, runs, calc_second_order=False, seed=1)
    first, total, error = indices(f_a, f_b, f_ab, seed=1)
    assert first[:, 0] == pytest.approx(theirs["S1"], abs=5e-3)
    assert total[:, 0] == pytest.approx(theirs["ST"], abs=5e-3)
    # They give half of a 95 % interval, we of a 90 % one.
    assert error[:, 0] == pytest.approx(theirs["ST_conf"] * 1.645 / 1.96, rel=0.35)


PARAMETERS = (
    parameter("wide", 10, 0, 20, "pert", measure="peser", effort=1),
    parameter("narrow", 10, 9, 11, "pert", measure="étudier", effort=3),
    parameter("unused", 1, 0, 2, "pert", measure="demander", effort=2),
    parameter("fixed", 5),
)


def found():
    def model(draws):
        n = len(draws["wide"])
        return [draws["wide"] + draws["narrow"] + draws["fixed"], np.full(n, 5.0)]

    keys = [("sum", "net"), ("constant", "net")]
    return analyse(model, keys, PARAMETERS, TABLES, n=256, seed=1)


def test_the_tornado_starts_with_the_widest():
    """A sum: variances add up, a hundred to one; ends are those of the law, all else as written."""
    bars = found().bars["sum", "net"]
    assert [bar.parameter for bar in bars] == ["wide", "narrow"]
    assert bars[0].total == pytest.approx(100 / 101, abs=0.02)
    assert bars[0].first == pytest.approx(bars[0].total, abs=0.05)
    assert bars[0].at_low < 25 < bars[0].at_high
    assert bars[0].at_high - bars[0].at_low == pytest.approx(10 * (bars[1].at_high - bars[1].at_low))


def test_what_never_moves_has_no_bar():
    assert found().bars["constant", "net"] == ()


def test_what_to_measure_first_is_heavy_and_cheap():
    rows = what_to_measure([indicator("sum", lambda f, t, p: p["wide"], headline=True)], PARAMETERS, found())
    assert [(row.parameter, row.indicators) for row in rows] == [("wide", ("sum",))]
    known = [parameter("wide", 10, 0, 20, "pert", "measured", measure="peser"), *PARAMETERS[1:]]
    assert what_to_measure([indicator("sum", lambda f, t, p: p["wide"])], known, found()) == ()
    assert what_to_measure([], PARAMETERS, Sensitivity((), {})) == ()
