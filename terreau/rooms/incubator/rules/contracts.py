"""A test's contract: its periods, its clauses, its ceiling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.dated import Rule, cited
from terreau.measures.french import format_date, format_percent
from terreau.measures.money import Money
from terreau.measures.periods import DAY, Period, Span, last_day, total
from terreau.rooms.incubator.rules.law import Finding, choices, rule


def statuses(on: date) -> dict[str, Rule]:
    return choices("statuses", on)


def status(code: str, on: date) -> Rule:
    return rule("statuses", code, on)


def clauses(on: date) -> dict[str, Rule]:
    return choices("clauses", on)


def longest(start: date, code: str) -> date | None:
    """The last day of the longest period that starts that day; None where no text limits it."""
    months = status(code, start).get("period_months_max")
    return last_day(start, months) if months else None


def periods(code: str, former: Sequence[Period], new: Period) -> list[Finding]:
    """Twelve months at most each, two renewals at most however short, thirty-six months in all (CAPE)."""
    said = status(code, new.start)
    name, article = said["label"], cited(said)
    found = []
    if months := said.get("period_months_max"):
        last = last_day(new.start, months)
        if new.end > last:
            found.append(Finding(True, (
                f"{name} de {new.span}\u202f: {months} mois au plus. "
                f"Finissez-le le {format_date(last)} au plus tard ({article})."
            ), "ends_on"))  # fmt: skip
    renewals = said.get("renewals_max")
    if renewals is not None and len(former) > renewals:
        found.append(Finding(True, (
            f"{name} déjà renouvelé {len(former) - 1} fois\u202f: deux renouvellements au plus, même courts. "
            f"Préparez la sortie, ou un autre statut ({article})."
        ), "starts_on"))  # fmt: skip
    longest_total = said.get("total_months_max")
    if longest_total and (sum_ := total([*former, new])) > Span(longest_total):
        found.append(Finding(True, (
            f"{name}\u202f: {sum_} en tout, {longest_total} mois au plus ({article})."
        ), "ends_on"))  # fmt: skip
    if former and new.start <= (last := max(period.end for period in former)):
        found.append(Finding(True, (
            f"Le contrat précédent court jusqu’au {format_date(last)}. Commencez le "
            f"{format_date(last + DAY)}."
        ), "starts_on"))  # fmt: skip
    return found


def missing(
    code: str, on: date, said: Mapping[str, str], ceiling: Money | None, *, full_time: bool
) -> list[Finding]:
    """What prevents it from being signed: each clause missing, named; a person employed full time."""
    rules = status(code, on)
    found = []
    if rules["full_time_refused"] and full_time:
        found.append(Finding(True, (
            f"{rules['label']}\u202f: la personne est salariée à temps plein. Attendez qu’elle ne le soit "
            f"plus, ou choisissez un autre statut ({cited(rules)})."
        )))  # fmt: skip
    if not rules["clauses"]:
        return found
    found += [
        Finding(True, f"Clause manquante\u202f: {clause['label']} ({cited(clause)}).", name)
        for name, clause in clauses(on).items()
        if not said.get(name, "").strip()
    ]
    if ceiling is None:
        found.append(Finding(True, (
            f"Clause manquante\u202f: montant maximal des engagements envers les tiers ({cited(rules)})."
        ), "ceiling"))  # fmt: skip
    return found


@dataclass(frozen=True)
class Ceiling:
    """What was committed to third parties, of what may be."""

    ceiling: Money
    used: Money
    warned: Decimal

    @property
    def share(self) -> Decimal:
        return Decimal(self.used.cents) / self.ceiling.cents if self.ceiling else Decimal(1)

    @property
    def near(self) -> bool:
        return self.share >= self.warned

    @property
    def left(self) -> Money:
        return self.ceiling - self.used

    def after(self, amount: Money) -> list[Finding]:
        """Refused beyond the ceiling; said from the warning share on."""
        then = Ceiling(self.ceiling, self.used + amount, self.warned)
        if then.used > self.ceiling:
            return [Finding(True, (
                f"{amount} d’engagement\u202f: il reste {max(self.left, Money(0))} sous le plafond de "
                f"{self.ceiling}. Réduisez la commande, ou changez le contrat."
            ), "amount")]  # fmt: skip
        if then.near:
            share = format_percent(then.share)
            return [Finding(False, f"{share} du plafond des engagements est atteint.")]
        return []


def ceiling_of(code: str, on: date, ceiling: Money | None, used: Money) -> Ceiling | None:
    """None where the status has no ceiling."""
    share = status(code, on).get("ceiling_warned")
    return None if ceiling is None or share is None else Ceiling(ceiling, used, Decimal(share))
