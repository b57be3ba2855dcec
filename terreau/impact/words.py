"""Figures as they are read: French, with their unit and no more digits than they are worth."""

from decimal import Decimal

from terreau.engines.contribution import Figure
from terreau.measures.french import format_decimal, format_percent

# A share is written in per cent; the rest keeps its unit.
SHARE = "part"
DIGITS = 3


def rounded(value: float) -> Decimal:
    """Three significant figures, never less than a whole number above a thousand."""
    exact = Decimal(repr(value))
    if not exact:
        return Decimal(0)
    places = DIGITS - 1 - exact.adjusted()
    return (
        exact.quantize(Decimal(1).scaleb(-places)).quantize(Decimal(1))
        if places <= 0
        else exact.quantize(Decimal(1).scaleb(-places)).normalize()
    )


def amount(value: float, unit: str) -> str:
    if unit == SHARE:
        return format_percent(Decimal(repr(value)), 1)
    return f"{format_decimal(rounded(value))}\u00a0{unit}"


def said(figure: Figure) -> str:
    """« 12,5 t/an » when it was counted; « de 10 à 15 t/an » when it was reckoned."""
    if figure.value is None:
        return figure.missing
    if figure.low is None or figure.high is None:
        return amount(figure.value, figure.unit)
    low, high = amount(figure.low, figure.unit), amount(figure.high, figure.unit)
    return f"{amount(figure.value, figure.unit)} (de {low} à {high})"
