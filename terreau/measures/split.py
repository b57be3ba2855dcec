"""Sharing without losing a gram or a cent: shares always add up to the whole."""

from collections.abc import Sequence
from decimal import Decimal
from math import lcm

from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, exact


class NobodyToShareWith(ValueError):
    """Something is to be shared, and every weight is zero."""


def split(total: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Shares in proportion to the weights, each less than one unit away from its exact part.

    The units left by rounding down go to the largest remainders, the earliest first when equal:
    the same demand always gives the same shares. A weight of zero receives nothing.
    """
    if isinstance(total, bool) or not isinstance(total, int):
        raise TypeError(f"Le total à partager doit être un entier, pas {total!r}.")
    whole = _whole_weights(weights)
    weight_sum = sum(whole)
    if weight_sum == 0:
        if total:
            raise NobodyToShareWith(
                f"Rien ne dit à qui donner ce qui est à partager ({total}) : tous les poids sont nuls. "
                "Donnez un poids à au moins une part."
            )
        return [0] * len(whole)
    if total < 0:
        return [-share for share in split(-total, weights)]
    shares, remainders = [], []
    for weight in whole:
        share, remainder = divmod(total * weight, weight_sum)
        shares.append(share)
        remainders.append(remainder)
    by_remainder = sorted(range(len(whole)), key=lambda place: -remainders[place])
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _whole_weights(weights: Sequence[int | Decimal]) -> list[int]:
    """The same proportions in whole numbers, so that no division is ever rounded."""
    ratios = [exact(weight).as_integer_ratio() for weight in weights]
    if any(numerator < 0 for numerator, _ in ratios):
        raise ValueError(f"Un poids de partage ne peut pas être négatif : {', '.join(map(str, weights))}.")
    scale = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (scale // denominator) for numerator, denominator in ratios]


def split_quantity(q: Quantity, weights: Sequence[int | Decimal]) -> list[Quantity]:
    """Shared to the thousandth; whole pieces are shared with `split`."""
    return [Quantity.from_milli(share, q.unit) for share in split(q.milli, weights)]


def split_money(m: Money, weights: Sequence[int | Decimal]) -> list[Money]:
    return [Money(share) for share in split(m.cents, weights)]
