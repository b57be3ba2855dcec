"""The rules that need few costs: proportional, per crate, separable costs then the rest by savings (ACAM)."""

import numpy as np

from .tour import Floats


def proportional(alone: Floats, whole: float) -> Floats:
    """Everyone saves the same part of what it would pay alone."""
    return _by(alone, whole)


def per_crate(crates: Floats, whole: float) -> Floats:
    return _by(crates, whole)


def _by(weights: Floats, whole: float) -> Floats:
    total = weights.sum()
    shares: Floats = whole * (weights / total if total else np.full(len(weights), 1 / len(weights)))
    return shares


def acam(alone: Floats, separable: Floats, whole: float) -> Floats:
    """What each adds, m, then the rest in proportion to what each saves: m + (s − m)/Σ(s − m)·(c(N) − Σm)."""
    savings: Floats = alone - separable
    rest = whole - separable.sum()
    if savings.sum() <= 1e-9:
        # Nobody saves anything by coming last: what is left, if anything, goes by what each would pay alone.
        return separable + _by(alone, rest)
    shares: Floats = separable + savings / savings.sum() * rest
    return shares
