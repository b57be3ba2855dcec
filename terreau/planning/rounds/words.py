"""How the figures of a tour are said: hours of the day, kilometres, euros."""

from decimal import Decimal

from terreau.engines.rounds.problem import UNITS_PER_EURO
from terreau.measures.french import format_decimal, format_money
from terreau.measures.money import Money


def clock(seconds: int) -> str:
    """« 8 h 05 », to the minute that has begun to run."""
    return f"{seconds // 3600}\u00a0h\u00a0{seconds % 3600 // 60:02}"


def hour(seconds: int) -> str:
    """« 08:30 », to the minute that has begun: an hour as a tour keeps it."""
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


def thousandths(metres: int) -> str:
    """Kilometres, as a tour keeps them."""
    return str(Decimal(metres).scaleb(-3))


def lasting(seconds: int) -> str:
    """« 25 min », « 1 h 40 »; a started minute counts."""
    minutes = -(-seconds // 60)
    return f"{minutes}\u00a0min" if minutes < 60 else f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}"


def kilometres(metres: int) -> str:
    return f"{format_decimal(Decimal(metres) / 1000, places=1)}\u00a0km"


def cents(units: int) -> int:
    """Ten-thousandths of a euro to cents, half up."""
    return (2 * units + UNITS_PER_EURO // 100) // (2 * UNITS_PER_EURO // 100)


def euros(units: int) -> str:
    return format_money(Money(cents(units)))
