"""Where someone lives, in parts, as invoices and direct debits ask for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    postcode: str
    town: str
    country: str = "FR"
    more: str = ""
