"""What is stored comes back exactly: decimals, dates, tuples, what is not there."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.stored import Stored


@dataclass(frozen=True)
class Crate:
    product: str
    kilos: Decimal


@dataclass(frozen=True)
class Van(Stored):
    day: date
    crates: tuple[Crate, ...]
    by_stop: dict[str, Decimal]
    driver: str | None = None


def test_a_value_comes_back_from_json_unchanged():
    van = Van(date(2026, 11, 23), (Crate("carotte", Decimal("12.50")),), {"Audruicq": Decimal("0.1")})
    text = json.dumps(van.to_json())
    assert Van.from_json(json.loads(text)) == van
    assert '"12.50"' in text


def test_what_was_stored_before_a_field_existed_is_still_read():
    assert Van.from_json({"day": "2026-11-23", "crates": [], "by_stop": {}}).driver is None
