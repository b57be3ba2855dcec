import re
from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.french import (
    MONTHS,
    FrenchEntryError,
    format_date,
    format_date_long,
    format_day,
    format_decimal,
    format_money,
    format_percent,
    format_quantity,
    parse_date,
    parse_decimal,
    parse_money,
    parse_quantity,
    parse_siret,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit

thousandths = st.integers(-(10**10) + 1, 10**10 - 1)
units = st.sampled_from(Unit)
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(thousandths)
def test_a_number_shown_is_read_back_the_same(milli):
    value = Decimal(milli).scaleb(-3)
    assert parse_decimal(format_decimal(value)) == value
    assert parse_decimal(format_decimal(value, places=3)) == value
    assert parse_decimal(format_decimal(value).replace("\u202f", " ").replace("\u2212", "-")) == value


@given(st.integers(-(10**9) + 1, 10**9 - 1).map(Money))
def test_money_shown_is_read_back_the_same(money):
    assert parse_money(format_money(money)) == money


@given(thousandths, units)
def test_a_quantity_shown_is_read_back_the_same(milli, unit):
    quantity = Quantity.from_milli(milli, unit)
    assert parse_quantity(format_quantity(quantity), unit) == quantity


@given(thousandths, units, units)
def test_a_quantity_in_another_unit_is_always_refused(milli, typed, awaited):
    text = format_quantity(Quantity.from_milli(milli, typed))
    if typed is not awaited:
        with pytest.raises(FrenchEntryError, match="la quantité est attendue en"):
            parse_quantity(text, awaited)


@given(days)
def test_a_date_shown_is_read_back_the_same(day):
    for text in (format_date(day), format_date_long(day), day.isoformat(), f"{day:%d/%m/%Y}"):
        assert parse_date(text) == day


# Whatever the keys struck, a number comes out only if its digits are those typed.
@given(st.text("0123456789.,+-−eE'_ \u00a0\u202f€kgx/", max_size=12))
def test_a_number_is_never_read_wrong_in_silence(text):
    try:
        value = parse_decimal(text, places_max=9)
    except FrenchEntryError:
        return
    bare = re.sub(r"\s", "", text).replace("−", "-").replace(",", ".")
    assert value == Decimal(bare)
    assert bare.count(".") <= 1
    assert not re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", bare) or "," in text


@given(st.text(max_size=20) | st.text("0123456789,./- €kgernovmai\u00a0²٣", max_size=20))
def test_any_text_is_either_read_or_refused_by_name(text):
    for read in (parse_decimal, parse_money, parse_date, lambda t: parse_quantity(t, Unit.KG)):
        try:
            assert read(text) is not None
        except FrenchEntryError:
            continue


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        (" 12 ", "12"),
        ("+12", "12"),
        ("-0", "0"),
        ("−3,25", "-3.25"),
        (",5", "0.5"),
        ("0.250", "0.25"),
        ("007", "7"),
        ("1 234,50", "1234.5"),
        ("1\u00a0234,50", "1234.5"),
        ("1\u202f234\u202f567,891", "1234567.891"),
        ("1 234.567", "1234.567"),
        ("1234.567", "1234.567"),
        ("1,234", "1.234"),
    ],
)
def test_numbers_are_read_as_people_type_them(text, value):
    assert parse_decimal(text) == Decimal(value)
    assert not parse_decimal("-0").is_signed()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "Rien n’a été saisi"),
        (" \u00a0", "Rien n’a été saisi"),
        ("abc", "pas un nombre que nous savons lire"),
        ("nan", "pas un nombre"),
        ("1e5", "pas un nombre"),
        ("12,", "pas un nombre"),
        ("-", "pas un nombre"),
        ("1.234,5", "pas un nombre"),
        ("1,234.5", "pas un nombre"),
        ("1,234,567", "pas un nombre"),
        ("12 5", "pas un nombre"),
        ("1234 567", "pas un nombre"),
        ("1 2345", "pas un nombre"),
        ("1_000", "pas un nombre"),
        ("٣", "pas un nombre"),
        ("--3", "pas un nombre"),
        ("1.234", "deux façons\u202f: écrivez 1,234 ou 1234"),
        ("-123.456", "deux façons\u202f: écrivez 123,456 ou 123456"),
        ("1,2345", "trop de chiffres après la virgule\u202f: 3 au plus"),
        ("12345678", "trop grand"),
    ],
)
def test_a_number_that_cannot_be_read_says_what_to_type(text, advice):
    with pytest.raises(FrenchEntryError, match=advice):
        parse_decimal(text)


def test_whole_numbers_can_be_asked_for():
    assert parse_decimal("1 234", places_max=0) == 1234
    with pytest.raises(FrenchEntryError, match="écrivez un nombre entier"):
        parse_decimal("12,5", places_max=0)


@pytest.mark.parametrize(
    ("text", "cents"), [("1 234,50 €", 123450), ("12", 1200), ("12,5", 1250), ("3€", 300), ("-2 Euros", -200)]
)
def test_money_is_read_with_or_without_its_sign(text, cents):
    assert parse_money(text) == Money(cents)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("12,505", "2 au plus"),
        ("1.234", "2 au plus"),
        ("12 kg", "pas en euros"),
        ("€", "Rien n’a été saisi"),
        ("€ 12", "pas un nombre"),
        ("12 € 50", "pas un nombre"),
    ],
)
def test_money_that_cannot_be_read_says_what_to_type(text, advice):
    with pytest.raises(FrenchEntryError, match=advice):
        parse_money(text)


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("12,5", Unit.KG, "12.5"),
        ("12,5kg", Unit.KG, "12.5"),
        ("12,5 KG", Unit.KG, "12.5"),
        ("2 kilos", Unit.KG, "2"),
        ("3 pièces", Unit.PIECE, "3"),
        ("3 pie\u0300ces", Unit.PIECE, "3"),
        ("3 pieces", Unit.PIECE, "3"),
        ("1,5 l", Unit.LITRE, "1.5"),
        ("7 heures", Unit.HOUR, "7"),
        ("1 h 30", Unit.HOUR, "1.5"),
        ("1h05", Unit.HOUR, "1.083"),
        ("0 H 45 min", Unit.HOUR, "0.75"),
        ("1\u00a0h\u00a020", Unit.HOUR, "1.333"),
        ("1 crédit", Unit.CREDIT, "1"),
    ],
)
def test_a_quantity_is_read_with_or_without_its_unit(text, unit, amount):
    assert parse_quantity(text, unit) == Quantity(amount, unit)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("500 g", "attendue en kg. Écrivez par exemple 12,5\u00a0kg"),
        ("12 pièces", "attendue en kg"),
        ("", "Rien n’a été saisi"),
        ("kg", "«\u00a0kg\u00a0» n’est pas un nombre"),
        ("beaucoup", "«\u00a0beaucoup\u00a0» n’est pas un nombre"),
        ("1.234 kg", "deux façons"),
        ("12 kg 500", "pas un nombre"),
        ("1 h 30", "pas un nombre"),
    ],
)
def test_a_quantity_that_cannot_be_read_says_what_to_type(text, advice):
    with pytest.raises(FrenchEntryError, match=advice):
        parse_quantity(text, Unit.KG)


@pytest.mark.parametrize(
    "text",
    [
        "23/11/2026",
        "23/11/26",
        "2026-11-23",
        "23 nov. 2026",
        "23 nov 2026",
        "23 novembre 2026",
        " 23\u00a0NOVEMBRE  2026 ",
        "lundi 23 novembre 2026",
    ],
)
def test_dates_are_read_as_people_type_them(text):
    assert parse_date(text) == date(2026, 11, 23)


def test_months_are_read_without_accents_and_from_any_beginning_that_names_one():
    assert parse_date("1er fevrier 2026") == parse_date("1 fév 2026") == date(2026, 2, 1)
    for number, name in enumerate(MONTHS, 1):
        assert parse_date(f"5 {name} 2026") == parse_date(f"5 {name[:4]}. 2026") == date(2026, number, 5)
    assert parse_date("5/8/2026") == date(2026, 8, 5)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "Rien n’a été saisi"),
        ("demain", "pas une date que nous savons lire"),
        ("23/11", "pas une date"),
        ("5 jui 2026", "pas une date"),
        ("5 ma 2026", "pas une date"),
        ("5 brumaire 2026", "pas une date"),
        ("2026/11/23", "pas une date"),
        ("23-11-26", "pas une date"),
        ("23/11/202", "pas une date"),
        ("01/00/2026", "pas une date"),
        ("29/02/2026", "«\u00a029/02/2026\u00a0» n’existe pas"),
        ("11/23/2026", "n’existe pas"),
        ("00/11/2026", "n’existe pas"),
        ("mardi 23 novembre 2026", "ce jour est un lundi"),
        ("12/05/68", "écrivez l’année en quatre chiffres, 1968 ou 2068"),
        ("12/05/0206", "l’année 206 est hors du possible"),
    ],
)
def test_a_date_that_cannot_be_read_says_what_to_type(text, advice):
    with pytest.raises(FrenchEntryError, match=advice):
        parse_date(text)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("12.50", None, "12,5"),
        ("1200", None, "1\u202f200"),
        ("1E+3", None, "1\u202f000"),
        ("-1234567.8", None, "\u22121\u202f234\u202f567,8"),
        ("-0", None, "0"),
        ("12.5", 2, "12,50"),
        ("0.125", 2, "0,13"),
        ("-0.125", 2, "\u22120,13"),
        ("-0.004", 2, "0,00"),
        ("999.5", 0, "1\u202f000"),
    ],
)
def test_numbers_are_shown_the_french_way(value, places, shown):
    assert format_decimal(Decimal(value), places=places) == shown
    with localcontext() as context:
        context.prec = 2
        assert format_decimal(Decimal(value), places=places) == shown


def test_a_float_is_never_shown_but_as_a_percentage():
    with pytest.raises(TypeError):
        format_decimal(12.5)
    assert format_percent(0.125, 1) == format_percent(Decimal("0.125"), places=1) == "12,5\u202f%"
    assert format_percent(0.125) == "13\u202f%"
    assert format_percent(12) == "1\u202f200\u202f%"
    with pytest.raises(ValueError, match="pas un nombre"):
        format_percent(float("nan"))


def test_quantities_and_money_keep_their_unit_on_the_same_line():
    assert format_quantity(Quantity("12.5", Unit.KG)) == "12,5\u00a0kg"
    assert format_quantity(Quantity(3, Unit.PIECE)) == "3\u00a0pièces"
    assert format_quantity(Quantity("1.5", Unit.PIECE)) == "1,5\u00a0pièce"
    assert format_money(Money(123450)) == "1\u202f234,50\u00a0€"
    assert format_money(Money(-123450)) == "\u22121\u202f234,50\u00a0€"


def test_dates_are_shown_short_long_and_as_a_day():
    monday, first = date(2026, 11, 23), date(2026, 6, 1)
    assert (format_date(monday), format_date(first)) == ("23 nov. 2026", "1er juin 2026")
    assert format_date_long(monday) == "lundi 23 novembre 2026"
    assert (format_day(monday), format_day(first)) == ("lun. 23 nov.", "lun. 1er juin")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("210 100 343 00016", "21010034300016"),
        ("35600000000048", "35600000000048"),
        ("0" * 13 + "0", "0" * 14),
    ],
)
def test_a_siret_is_fourteen_digits_that_check_one_another(typed, read):
    assert parse_siret(typed) == read


@pytest.mark.parametrize("typed", ["", "2101003430001", "21010034300017", "2101003430001A"])
def test_what_is_no_siret_says_what_is_wrong(typed):
    with pytest.raises(FrenchEntryError, match="SIRET"):
        parse_siret(typed)


@given(st.integers(0, 10**13 - 1), st.integers(0, 13), st.integers(1, 9))
def test_a_siret_with_one_wrong_digit_is_refused(number, place, shift):
    digits = f"{number:013}"
    right = next(digits + str(last) for last in range(10) if _is_siret(digits + str(last)))
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert wrong.startswith("356000000") or right.startswith("356000000") or not _is_siret(wrong)


def _is_siret(digits: str) -> bool:
    try:
        return parse_siret(digits) == digits
    except FrenchEntryError:
        return False
