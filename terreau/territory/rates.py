"""Dated rates. VAT: the rate of an invoice is the one in force on its date, today or ten years ago.

The transfer share: what a farm is paid, of the price of direct sale.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from terreau.measures.french import format_date

VAT_FILE = Path(__file__).parent / "data" / "vat.toml"
TRANSFER_FILE = VAT_FILE.with_name("transfer.toml")


class UnknownVatClass(LookupError):
    """No rate has ever been written for this class."""


class UnknownExemption(LookupError):
    """No text of law has been written under this name for that day."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why there is no VAT: what the invoice says, and its code in the VATEX list."""

    mention: str
    code: str


class NoRateYet(LookupError):
    """The date is earlier than the first rate we know."""


def vat_rate(vat_class: str, on: date) -> Decimal:
    """The ratio in force on that day: 0.055 for food."""
    rates = _rates().get(vat_class)
    if rates is None:
        raise UnknownVatClass(
            f"Aucun taux de TVA pour la classe « {vat_class} ». Au choix : {', '.join(vat_classes())} "
            f"(territory/data/{VAT_FILE.name})."
        )
    in_force = [ratio for since, ratio in rates if since <= on]
    if not in_force:
        raise NoRateYet(
            f"TVA « {vat_class} » : aucun taux connu au {format_date(on)}, le premier date du "
            f"{format_date(rates[0][0])}. Ajoutez-le à territory/data/{VAT_FILE.name}."
        )
    return in_force[-1]


def vat_classes() -> tuple[str, ...]:
    return tuple(_rates())


@cache
def _rates() -> dict[str, list[tuple[date, Decimal]]]:
    """By class, from the oldest rate to the newest."""
    written = tomllib.loads(VAT_FILE.read_text(encoding="utf-8"))["rate"]
    rates: dict[str, list[tuple[date, Decimal]]] = {}
    for row in sorted(written, key=lambda row: row["since"]):
        rates.setdefault(row["class"], []).append((row["since"], Decimal(row["percent"]).scaleb(-2)))
    return rates


def exemption(name: str, on: date) -> Exemption:
    """The mention in force that day, by a name of the file: « franchise », « members », « deposit »…"""
    written = [row for row in _exemptions() if row["name"] == name and row["since"] <= on]
    if not written:
        names = ", ".join(dict.fromkeys(row["name"] for row in _exemptions()))
        raise UnknownExemption(
            f"Aucune exonération de TVA « {name} » au {format_date(on)}. Au choix : {names} "
            f"(territory/data/{VAT_FILE.name})."
        )
    last = max(written, key=lambda row: row["since"])
    return Exemption(last["mention"], last["code"])


@cache
def _exemptions() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(VAT_FILE.read_text(encoding="utf-8"))["exemption"])


def transfer_share(on: date) -> Decimal:
    """The share of the price of direct sale that whoever grows is paid that day.

    No law but a custom: before the first one written, the first.
    """
    shares = _transfer_shares()
    return next((share for since, share in reversed(shares) if since <= on), shares[0][1])


@cache
def _transfer_shares() -> list[tuple[date, Decimal]]:
    written = tomllib.loads(TRANSFER_FILE.read_text(encoding="utf-8"))["rate"]
    return sorted((row["since"], Decimal(row["share"])) for row in written)
