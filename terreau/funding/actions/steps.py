"""The road of a funder: spotted, in preparation, requested, answered, running, paid, closed, archived.

Each step is a dated fact. `grant ≤ rate × eligible base`; the rate within the aid's; public money within its
ceiling; nothing is asked on a plan that does not balance.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from terreau.funding.models import Claim, Cofunding, Nature, Step, StepKind
from terreau.funding.queries.projects import Plan, Standing, plan_of
from terreau.funding.refusals import FundingRefused
from terreau.measures.french import format_date, format_decimal
from terreau.measures.money import Money
from terreau.territory.hand import Hand

K = StepKind
# Before each step, where the funder may stand; None: nothing written yet.
BEFORE: dict[StepKind, tuple[StepKind | None, ...]] = {
    K.SPOTTED: (None, K.SPOTTED),
    K.PREPARING: (None, K.SPOTTED, K.PREPARING),
    K.REQUESTED: (K.PREPARING, K.REQUESTED),
    K.OBTAINED: (K.REQUESTED, K.OBTAINED, K.PARTLY, K.RUNNING),
    K.PARTLY: (K.REQUESTED, K.OBTAINED, K.PARTLY, K.RUNNING),
    K.DENIED: (K.REQUESTED,),
    K.RUNNING: (K.OBTAINED, K.PARTLY, K.RUNNING),
    K.PAID: (K.OBTAINED, K.PARTLY, K.RUNNING, K.CLOSED),
    K.CLOSED: (K.OBTAINED, K.PARTLY, K.RUNNING),
    K.ARCHIVED: (K.CLOSED,),
    K.DROPPED: (None, K.SPOTTED, K.PREPARING, K.REQUESTED),
}


@dataclass(frozen=True)
class Terms:
    """What a step says besides its day."""

    amount: Money | None = None
    base: Money | None = None
    rate: Decimal | None = None
    from_on: date | None = None
    to_on: date | None = None
    due_on: date | None = None
    reference: str = ""
    claim: Claim | None = None
    note: str = ""


@transaction.atomic
def note_step(*, cofunding: Cofunding, kind: StepKind, on: date, terms: Terms, hand: Hand) -> Step:
    """One more fact of a funder; a form sent twice writes it once."""
    cofunding.project.ecopole.take_turns()
    if known := cofunding.steps.filter(key=hand.key).first():
        return known
    plan = plan_of(cofunding.project)
    standing = next(one for one in plan.funders if one.row.pk == cofunding.pk)
    allow(standing, kind)
    CHECKS.get(kind, _nothing)(plan, standing, terms)
    return Step.objects.create(cofunding=cofunding, kind=kind, on=on, **vars(terms), **hand.fact())


def allow(standing: Standing, kind: StepKind) -> None:
    if standing.row.nature == Nature.OWN:
        raise FundingRefused(f"{standing.row}\u202f: les fonds propres ne se demandent à personne.")
    if standing.state not in BEFORE[kind]:
        told = standing.state.label if standing.state else "pas encore commencé"
        raise FundingRefused(
            f"{standing.row}\u202f: «\u202f{kind.label}\u202f» ne peut pas suivre «\u202f{told}\u202f». "
            "Rechargez la page pour voir où en est ce dossier."
        )


def _nothing(plan: Plan, standing: Standing, terms: Terms) -> None:
    return


def _preparing(plan: Plan, standing: Standing, terms: Terms) -> None:
    if not terms.reference:
        raise FundingRefused("Dites qui est responsable de ce dossier.", "reference")


def _requested(plan: Plan, standing: Standing, terms: Terms) -> None:
    if not plan.lines:
        raise FundingRefused("Le budget n’a aucune ligne. Écrivez-le avant de demander.")
    amount, base, rate = terms.amount, terms.base, terms.rate
    if amount is None or amount.cents <= 0:
        raise FundingRefused("Saisissez le montant demandé.", "amount")
    if base is None or rate is None:
        raise FundingRefused("Saisissez l’assiette éligible et le taux demandé.", "base")
    if base > plan.base:
        raise FundingRefused(
            f"Assiette de {base}\u202f: les dépenses éligibles du projet ne font que {plan.base}.", "base"
        )
    most = standing.row.rate_max
    if most is not None and rate > most:
        raise FundingRefused(
            f"Taux de {format_decimal(rate)}\u202f%\u202f: l’aide s’arrête à {format_decimal(most)}"
            "\u202f%. Baissez-le, ou trouvez un autre financeur.",
            "rate",
        )
    _within(amount, base.times(rate / 100), f"{format_decimal(rate)}\u202f% de {base}")
    _balanced(plan, standing, amount)
    _public(plan, standing, amount)


def _within(amount: Money, most: Money, words: str) -> None:
    if amount > most:
        raise FundingRefused(f"{amount}\u202f: c’est plus que {words}, soit {most}.", "amount")


def _balanced(plan: Plan, standing: Standing, amount: Money) -> None:
    gap = plan.gap + standing.amount - amount
    if gap:
        word = f"il manque {gap}" if gap.cents > 0 else f"il y a {-gap} de trop"
        raise FundingRefused(
            f"Le plan de financement n’est pas équilibré\u202f: {word} avec ce montant. "
            "Ajoutez un financeur ou des fonds propres, ou corrigez le montant.",
            "amount",
        )


def _public(plan: Plan, standing: Standing, amount: Money) -> None:
    most = plan.public_max
    if standing.row.nature != Nature.PUBLIC or most is None:
        return
    public = plan.public - standing.amount + amount
    if public > most:
        ceiling = format_decimal(plan.project.public_ceiling or Decimal(0))
        raise FundingRefused(
            f"{public} d’aides publiques\u202f: le plafond est de {ceiling}\u202f% de {plan.base}, soit "
            f"{most} ({plan.project.ceiling_source}). Baissez le montant.",
            "amount",
        )


def _obtained(plan: Plan, standing: Standing, terms: Terms) -> None:
    if terms.amount is None or terms.amount.cents <= 0:
        raise FundingRefused("Saisissez le montant notifié.", "amount")
    if terms.from_on is None or terms.to_on is None:
        raise FundingRefused("Saisissez les jours dont les dépenses sont payées.", "from_on")
    if terms.to_on < terms.from_on:
        raise FundingRefused(
            f"Jusqu’au {format_date(terms.to_on)}\u202f: c’est avant le {format_date(terms.from_on)}. "
            "Échangez les dates.",
            "to_on",
        )
    if not terms.reference:
        raise FundingRefused("Donnez le numéro de la convention ou de la décision.", "reference")
    asked = standing.last(K.REQUESTED)
    if asked and asked.base is not None and asked.rate is not None:
        words = f"{format_decimal(asked.rate)}\u202f% de {asked.base}, comme demandé"
        _within(terms.amount, asked.base.times(asked.rate / 100), words)
    if terms.amount.cents < standing.claimed.cents:
        raise FundingRefused(
            f"{standing.claimed} sont déjà demandés en paiement\u202f: c’est plus.", "amount"
        )
    _public(plan, standing, terms.amount)


def _denied(plan: Plan, standing: Standing, terms: Terms) -> None:
    if not terms.note:
        raise FundingRefused("Dites pourquoi, avec les mots du financeur.", "note")


def _paid(plan: Plan, standing: Standing, terms: Terms) -> None:
    claim = terms.claim
    if claim is None or claim.cofunding_id != standing.row.pk:
        raise FundingRefused("Choisissez la demande de paiement à laquelle ce versement répond.", "claim")
    if any(step.claim_id == claim.pk for step in standing.steps):
        raise FundingRefused(f"{claim}\u202f: déjà versé. Rechargez la page.", "claim")
    if terms.amount is None or terms.amount.cents <= 0:
        raise FundingRefused("Saisissez le montant versé.", "amount")
    _within(terms.amount, claim.total, "la demande")
    _within(standing.paid + terms.amount, standing.notified, "le montant notifié, versements compris")


def _closed(plan: Plan, standing: Standing, terms: Terms) -> None:
    if terms.amount is None:
        raise FundingRefused(
            "Saisissez ce qui reste dû, ou 0, ou ce qu’il faut rendre avec un moins.", "amount"
        )
    if not standing.claims:
        raise FundingRefused("Rien n’a été demandé en paiement. Envoyez d’abord une demande.")


def _archived(plan: Plan, standing: Standing, terms: Terms) -> None:
    if terms.due_on is None:
        raise FundingRefused("Dites jusqu’à quand garder les pièces.", "due_on")


CHECKS = {
    K.PREPARING: _preparing, K.REQUESTED: _requested, K.OBTAINED: _obtained, K.PARTLY: _obtained,
    K.DENIED: _denied, K.DROPPED: _denied, K.PAID: _paid, K.CLOSED: _closed, K.ARCHIVED: _archived,
}  # fmt: skip
