"""Numbers, dates and money as they are written in France, read and shown by the same rules.

Reading never guesses: what has two meanings is refused, with the way to write each.
"""

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from terreau.measures.money import Money
from terreau.measures.quantity import WIDE, Quantity, Unit, exact

NO_BREAK = "\u00a0"
NARROW = "\u202f"
# The true minus sign: screen readers say « moins », and it never ends a line.
MINUS = "\u2212"

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
MONTHS_SHORT = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

# Thousands are grouped by spaces, all of them or none; the mark of decimals is a comma or a dot.
NUMBER = re.compile(
    r"(?P<sign>[+\-\u2212]?)"
    r"(?P<whole>[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3})+|[0-9]*)"
    r"(?:(?P<mark>[.,])(?P<decimals>[0-9]+))?"
)
THOUSANDS_OR_DECIMALS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
# Ten thousand tonnes on one line is a slip of the finger; and what is below adds up exactly.
DIGITS_MAX = 7

SLASHED = re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})")
ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
WORDED = re.compile(
    r"(?:(?P<weekday>[a-z]+)\s+)?(?P<day>1er|[0-9]{1,2})\s+(?P<month>[a-z]{3,})\.?\s+(?P<year>[0-9]{4})"
)

WORDS = {
    Unit.KG: ("kg", "kilo", "kilos", "kilogramme", "kilogrammes"),
    Unit.PIECE: ("piece", "pieces"),
    Unit.LITRE: ("l", "litre", "litres"),
    Unit.HOUR: ("h", "heure", "heures"),
    Unit.EURO: ("€", "eur", "euro", "euros"),
    Unit.CREDIT: ("credit", "credits"),
}
NUMBER_WORD = re.compile(r"\s*[a-z€]+$")
# « 1 h 30 », « 7h05 », as on a clock.
HOURS_MINUTES = re.compile(r"(?P<hours>[0-9]{1,4})\s*h\s*(?P<minutes>[0-5][0-9])(?:\s*min)?")


LA_POSTE = "356000000"


class FrenchEntryError(ValueError):
    """What was typed cannot be read, or can be read in two ways; the message says what to type."""


def parse_decimal(text: str, *, places_max: int = 3) -> Decimal:
    """« 12,5 », « 12.5 » or « 1 234,50 »; « 1.234 » is refused: a thousand, or hardly more than one?"""
    typed = text.strip()
    if not typed:
        raise FrenchEntryError("Rien n’a été saisi : écrivez un nombre, par exemple 12,5.")
    match = NUMBER.fullmatch(typed)
    if not match or not (match["whole"] or match["decimals"]):
        raise FrenchEntryError(
            f"« {typed} » n’est pas un nombre que nous savons lire : écrivez par exemple 12,5 ou 1 234,50."
        )
    whole, decimals = re.sub(r"\s", "", match["whole"]), match["decimals"] or ""
    if len(whole) > DIGITS_MAX:
        raise FrenchEntryError(f"« {typed} » est trop grand : vérifiez le nombre de chiffres.")
    if len(decimals) > places_max:
        allowed = f"{places_max} au plus" if places_max else "écrivez un nombre entier"
        raise FrenchEntryError(f"« {typed} » a trop de chiffres après la virgule : {allowed}.")
    if THOUSANDS_OR_DECIMALS.fullmatch(typed.lstrip("+-" + MINUS)):
        raise FrenchEntryError(
            f"« {typed} » peut se lire de deux façons : écrivez {whole},{decimals} ou {whole}{decimals}."
        )
    number = Decimal(f"{whole or 0}.{decimals}" if decimals else whole)
    return WIDE.minus(number) if match["sign"] in ("-", MINUS) else number


def parse_money(text: str) -> Money:
    """« 1 234,50 € », the sign being optional."""
    number, word = _number_and_word(text)
    if word and word not in WORDS[Unit.EURO]:
        raise FrenchEntryError(f"« {text.strip()} » n’est pas en euros : écrivez par exemple 12,50 €.")
    return Money.from_euros(parse_decimal(number, places_max=2))


def parse_quantity(text: str, unit: Unit) -> Quantity:
    """« 12,5 », « 12,5 kg » or « 1 h 30 »; another unit than the one awaited is refused, never converted."""
    if unit is Unit.HOUR and (clock := HOURS_MINUTES.fullmatch(unaccented(text))):
        hours = Decimal(clock["hours"]) + Decimal(clock["minutes"]) / 60
        return Quantity(hours.quantize(Decimal("0.001")), unit)
    number, word = _number_and_word(text)
    if number and word and word not in WORDS[unit]:
        raise FrenchEntryError(
            f"« {text.strip()} » : la quantité est attendue en {unit.label(2)}. Écrivez par exemple "
            f"{format_quantity(Quantity('12.5', unit))}, ou le nombre seul."
        )
    return Quantity(parse_decimal(number or text), unit)


def _number_and_word(text: str) -> tuple[str, str]:
    typed = unaccented(text)
    number = NUMBER_WORD.sub("", typed)
    return number, typed[len(number) :].strip()


def unaccented(text: str) -> str:
    """Lower case without accents, as words are typed in a hurry."""
    letters = unicodedata.normalize("NFD", text.strip().lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def parse_date(text: str) -> date:
    """« 23/11/2026 », « 23/11/26 », « 2026-11-23 », « 23 nov. 2026 », « lundi 23 novembre 2026 »."""
    typed = text.strip()
    if not typed:
        raise FrenchEntryError("Rien n’a été saisi : écrivez une date, par exemple 23/11/2026.")
    plain = unaccented(typed)
    match = SLASHED.fullmatch(plain) or ISO.fullmatch(plain) or WORDED.fullmatch(plain)
    month = _month(match["month"]) if match else None
    if not match or not month:
        raise FrenchEntryError(
            f"« {typed} » n’est pas une date que nous savons lire : écrivez par exemple 23/11/2026."
        )
    year = _year(match["year"], typed)
    try:
        day = date(year, month, int(match["day"].removesuffix("er")))
    except ValueError:
        raise FrenchEntryError(f"« {typed} » n’existe pas : vérifiez le jour et le mois.") from None
    weekday = match.groupdict().get("weekday")
    if weekday and weekday != WEEKDAYS[day.weekday()]:
        raise FrenchEntryError(
            f"« {typed} » : ce jour est un {WEEKDAYS[day.weekday()]}. Corrigez le jour ou la date."
        )
    return day


def _month(word: str) -> int | None:
    """A number, or any beginning that names one month only: « nov », « sept », but not « jui »."""
    if word.isdigit():
        return int(word)
    named = [number for number, name in enumerate(MONTHS, 1) if unaccented(name).startswith(word)]
    return named[0] if len(named) == 1 else None


def _year(digits: str, typed: str) -> int:
    """Two digits are read from 2000 to 2049 only: « 68 » may be a year of birth."""
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    if len(digits) == 2 and year >= 2050:
        raise FrenchEntryError(f"« {typed} » : écrivez l’année en quatre chiffres, 19{digits} ou 20{digits}.")
    if not 1900 <= year < 2200:
        raise FrenchEntryError(
            f"« {typed} » : l’année {year} est hors du possible, de 1900 à 2199. Vérifiez-la."
        )
    return year


def format_decimal(value: Decimal | int, *, places: int | None = None) -> str:
    """« 1 234,5 »: as exact as given, or to a number of places, halves going away from zero."""
    number = exact(value)
    if places is not None:
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)
    digits = f"{number.copy_abs():,f}"
    if places is None and "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = MINUS if number < 0 else ""
    return sign + digits.translate({ord(","): NARROW, ord("."): ","})


def format_quantity(q: Quantity) -> str:
    return f"{format_decimal(q.amount)}{NO_BREAK}{q.unit.label(q.amount)}"


def format_money(m: Money) -> str:
    return f"{format_decimal(m.euros, places=2)}{NO_BREAK}€"


def format_percent(ratio: Decimal | float, places: int = 0) -> str:
    """0.125 is « 12,5 % » to one place; a ratio is computed, so it alone may be a float."""
    number = exact(str(ratio))
    return f"{format_decimal(WIDE.scaleb(number, 2), places=places)}{NARROW}%"


def format_day_number(d: date) -> str:
    return "1er" if d.day == 1 else str(d.day)


def format_date(d: date) -> str:
    return f"{format_day_number(d)} {MONTHS_SHORT[d.month - 1]} {d.year}"


def format_date_long(d: date) -> str:
    return f"{WEEKDAYS[d.weekday()]} {format_day_number(d)} {MONTHS[d.month - 1]} {d.year}"


def format_day(d: date) -> str:
    return f"{WEEKDAYS[d.weekday()][:3]}. {format_day_number(d)} {MONTHS_SHORT[d.month - 1]}"


def parse_siret(text: str) -> str:
    """The fourteen digits of an establishment, spaces allowed; the last one checks the others (Luhn).

    The establishments of La Poste are too many for that check: the sum of their digits is a multiple of five.
    """
    digits = re.sub(r"\s", "", text)
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise FrenchEntryError(f"« {text} » n’est pas un SIRET\u202f: écrivez ses 14 chiffres.")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    luhn = sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
    if not luhn and not (digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0):
        raise FrenchEntryError(
            f"« {text} » n’est pas un SIRET\u202f: un de ses chiffres est faux, vérifiez-les."
        )
    return digits
