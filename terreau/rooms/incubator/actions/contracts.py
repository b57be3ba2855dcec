"""A test's contract: written, corrected as long as it is a draft, signed once it says all it must."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import agree
from terreau.ledger.models import AgreementKind, Per
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.incubator.models import Contract, Project
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.rooms.incubator.rules.contracts import missing, periods
from terreau.rooms.incubator.rules.law import Finding
from terreau.territory.hand import Hand


@dataclass(frozen=True)
class Terms:
    status: str
    starts_on: date
    ends_on: date
    clauses: dict[str, str]
    ceiling: Money | None
    fee_percent: Decimal
    accounting_months: int


def refuse(found: list[Finding]) -> None:
    """Stop at what is refused, all of it said at once, at the first field concerned."""
    if sentences := [finding for finding in found if finding.refused]:
        field = sentences[0].field if len(sentences) == 1 else ""
        raise IncubatorRefused("\n".join(finding.sentence for finding in sentences), field or None)


@transaction.atomic
def draft(*, project: Project, terms: Terms, hand: Hand, contract: Contract | None = None) -> Contract:
    """Write a contract, or correct one that is not signed; a period too long, or one too many, is refused."""
    project.ecopole.take_turns()
    if contract is None and (known := Contract.objects.filter(project=project, key=hand.key).first()):
        return known
    if project.agent is None:
        raise IncubatorRefused(f"{project} n’est pas encore accepté\u202f: acceptez-le d’abord.")
    if contract and contract.signed_on:
        raise IncubatorRefused("Ce contrat est signé\u202f: il ne change plus. Rompez-le, ou renouvelez-le.")
    if terms.ends_on < terms.starts_on:
        raise IncubatorRefused(
            f"Le {format_date(terms.ends_on)} est avant le {format_date(terms.starts_on)}. "
            "Échangez les dates.",
            "ends_on",
        )
    former = _signed(project, terms.status)
    waiting = Contract.objects.filter(project=project, signed_on=None).first()
    if waiting and waiting != contract:
        raise IncubatorRefused("Un contrat attend déjà d’être signé. Corrigez celui-là.")
    refuse(periods(terms.status, former, Period(terms.starts_on, terms.ends_on)))
    contract = contract or Contract(project=project, **hand.fact())
    contract.rank = len(former)
    for name, value in vars(terms).items():
        setattr(contract, name, value)
    contract.save()
    return contract


def _signed(project: Project, status: str) -> list[Period]:
    rows = Contract.objects.filter(project=project, status=status, signed_on__isnull=False)
    return [Period(row.starts_on, row.last_day) for row in rows.order_by("starts_on")]


@transaction.atomic
def sign(*, contract: Contract, on: date, hand: Hand) -> Contract:
    """Signed by both, it is an agreement of the ledger; a clause that is missing is named."""
    project = contract.project
    project.ecopole.take_turns()
    contract.refresh_from_db()
    if contract.signed_on:
        return contract
    assert project.agent is not None
    if on > hand.day:
        raise IncubatorRefused(
            f"Le {format_date(on)} n’est pas encore venu. Dites le jour de la signature.", "on"
        )
    found = missing(
        contract.status, contract.starts_on, contract.clauses, contract.ceiling, full_time=project.full_time
    )
    if not project.incubator.siret:
        found.append(Finding(True, (
            f"Identifiant manquant\u202f: le SIRET de {project.incubator}. Écrivez-le dans Territoire."
        )))  # fmt: skip
    refuse(found)
    contract.agreement = agree(
        ecopole=project.ecopole, kind=AgreementKind.SUPPORT, provider_id=project.incubator_id,
        receiver_id=project.agent.pk, promised_value=contract.ceiling, per=Per.MONTH,
        starts_on=contract.starts_on, ends_on=contract.ends_on, note=f"{contract}",
        key=f"test-contract:{contract.pk}",
    )  # fmt: skip
    contract.signed_on = on
    contract.save(update_fields=["agreement", "signed_on"])
    return contract


@transaction.atomic
def break_off(*, contract: Contract, on: date, why: str, hand: Hand) -> None:
    """Ended before its term, by either side, and why."""
    contract.project.ecopole.take_turns()
    contract.refresh_from_db()
    if contract.broken_on:
        return
    if not contract.signed_on:
        raise IncubatorRefused("Ce contrat n’est pas signé\u202f: il n’y a rien à rompre. Corrigez-le.")
    if not contract.starts_on <= on <= contract.ends_on:
        raise IncubatorRefused(
            f"Le {format_date(on)} est hors du contrat, du {format_date(contract.starts_on)} au "
            f"{format_date(contract.ends_on)}.",
            "on",
        )
    if not why:
        raise IncubatorRefused("Dites pourquoi le contrat est rompu.", "why")
    contract.broken_on, contract.broken_why = on, why
    contract.save(update_fields=["broken_on", "broken_why"])
