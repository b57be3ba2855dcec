"""The receipts cap: an ACI sells for less than 30 % of the charges of its activity."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.dated import Rule
from terreau.measures.french import format_percent
from terreau.measures.money import Money
from terreau.rooms.insertion.rules.law import Finding, rule, warning

NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Year:
    """Receipts and charges of an activity, done and still to come; a cap of its own by leave of the préfet.

    Internal sales between entities of the site are receipts of the seller (to confirm).
    """

    receipts: Money
    charges: Money
    receipts_to_come: Money = NOTHING
    charges_to_come: Money = NOTHING
    derogation: Decimal | None = None

    @property
    def ratio(self) -> Decimal | None:
        return _ratio(self.receipts, self.charges)

    @property
    def projected(self) -> Decimal | None:
        """At the end of the year."""
        return _ratio(self.receipts + self.receipts_to_come, self.charges + self.charges_to_come)


def check(year: Year, *, on: date) -> list[Finding]:
    """Warned near the cap and at it, for what is done, then for the end of the year."""
    law = rule("receipts", "cap", on)
    cap = Decimal(law["below"])
    found = []
    if year.derogation is not None:
        most = Decimal(law["derogation_max"])
        if year.derogation > most:
            found.append(
                warning(law, f"Dérogation de {_shown(year.derogation)}\u202f: {_shown(most)} au plus.")
            )
        cap = min(year.derogation, most)
    now = _check_ratio(year.ratio, cap, law, on, "à ce jour")
    return found + (now or _check_ratio(year.projected, cap, law, on, "à la fin de l’année"))


def _check_ratio(ratio: Decimal | None, cap: Decimal, law: Rule, on: date, when: str) -> list[Finding]:
    near = rule("receipts", "near", on)
    if ratio is None or ratio < cap - Decimal(near["points"]):
        return []
    shown = f"Recettes à {_shown(ratio)} des charges {when}"
    if ratio >= cap:
        return [warning(law, f"{shown}\u202f: elles doivent rester sous {_shown(cap)}.")]
    return [warning(near, f"{shown}, près du plafond de {_shown(cap)}.")]


def _ratio(receipts: Money, charges: Money) -> Decimal | None:
    return Decimal(receipts.cents) / charges.cents if charges else None


def _shown(ratio: Decimal) -> str:
    return format_percent(ratio, 1)
