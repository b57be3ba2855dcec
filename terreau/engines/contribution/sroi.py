"""Social return on investment: an annex, never the headline."""

from collections.abc import Sequence

from .problem import Amount


def sroi(
    values: Sequence[Sequence[Amount]],
    investment: Amount,
    *,
    deadweight: Amount = 0.0,
    displacement: Amount = 0.0,
    attribution: Amount = 1.0,
    drop_off: Amount = 0.0,
    rate: Amount = 0.0,
) -> Amount:
    """Σ_t Σ_k value_k (1−dw)(1−displ)·attr·(1−drop)^t / (1+r)^t ÷ investment. `values[t][k]`."""
    kept = (1 - deadweight) * (1 - displacement) * attribution
    parts = (
        value * kept * (1 - drop_off) ** t / (1 + rate) ** t
        for t, year in enumerate(values)
        for value in year
    )
    return sum(parts, 0.0) / investment
