"""What is stored comes back equal: decimals, dates, money, and values inside values."""

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from terreau.measures.money import Money
from terreau.measures.stored import Stored


@dataclass(frozen=True)
class Stop:
    crates: dict[str, Decimal]
    fee: Money | None = None


@dataclass(frozen=True)
class Outing(Stored):
    day: date
    stops: tuple[Stop, ...]
    matrix: tuple[tuple[int, ...], ...] = ()
    budget: dict[date, Decimal] = field(default_factory=dict)


def test_an_outing_goes_through_json_and_comes_back_equal():
    outing = Outing(
        date(2026, 11, 23),
        (Stop({"aulnes": Decimal("2.50")}, Money(1250)), Stop({})),
        ((0, 1), (1, 0)),
        {date(2026, 11, 24): Decimal("0.10")},
    )
    assert Outing.from_json(json.loads(json.dumps(outing.to_json()))) == outing


def test_what_was_stored_before_a_field_was_born_takes_its_default():
    assert Outing.from_json({"day": "2026-11-23", "stops": []}) == Outing(date(2026, 11, 23), ())
