"""Papers that prove expenses, the part of each that a funder pays, and claims.

A paper is known once, whatever the projects; its shares add up to 100 % at most: a constraint keeps it.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum, Value

from terreau.funding.measures import hours_of, measures
from terreau.funding.models import (
    BudgetLine,
    Claim,
    ClaimKind,
    ClaimLine,
    Cofunding,
    Piece,
    PieceKind,
    Share,
    StepKind,
)
from terreau.funding.queries.projects import GAVE, Standing, standings
from terreau.funding.refusals import FundingRefused
from terreau.measures.french import format_date, format_decimal, format_month, format_quantity
from terreau.measures.money import Money, added
from terreau.measures.periods import month_end
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.fields import QuantityField
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole

ZERO = Decimal(0)


def _piece(ecopole: Ecopole, kind: PieceKind, reference: str, hand: Hand, **said: object) -> Piece:
    """The same paper told again is refused by name: it is already there, with its shares."""
    ecopole.take_turns()
    if known := Piece.objects.filter(ecopole=ecopole, key=hand.key).first():
        return known
    if same := Piece.objects.filter(ecopole=ecopole, kind=kind, reference=reference).first():
        raise FundingRefused(
            f"{same}\u202f: cette pièce est déjà connue, du {format_date(same.on)}, financée à "
            f"{format_decimal(same.funded)}\u202f%. Rattachez celle-là."
        )
    return Piece.objects.create(ecopole=ecopole, kind=kind, reference=reference, **said, **hand.fact())


@transaction.atomic
def add_invoice(
    *, ecopole: Ecopole, supplier: str, number: str, what: str, on: date, net: Money, vat: Money,
    recovers_vat: bool, hand: Hand,
) -> Piece:  # fmt: skip
    """Known by its supplier and its number, however they are spaced or capitalised."""
    _costs(net)
    reference = "|".join(" ".join(word.lower().split()) for word in (supplier, number))
    return _piece(
        ecopole, PieceKind.INVOICE, reference, hand, on=on,
        label=f"{supplier}, facture {number}\u202f: {what}"[:200], net=net, vat=vat,
        recovers_vat=recovers_vat,
    )  # fmt: skip


@transaction.atomic
def add_pay(*, ecopole: Ecopole, post: str, month: date, hours: Decimal, cost: Money, hand: Hand) -> Piece:
    """A month of somebody's pay, known by their post: no name is needed."""
    _costs(cost, "cost")
    if hours <= 0:
        raise FundingRefused("Saisissez les heures payées du mois.", "hours")
    reference = f"{' '.join(post.lower().split())}|{month:%Y-%m}"
    return _piece(
        ecopole, PieceKind.STAFF, reference, hand, label=f"{post}, {format_month(month)}"[:200],
        on=month_end(month), net=cost, vat=Money(0), hours=hours,
    )  # fmt: skip


@transaction.atomic
def add_ledger_hours(
    *, ecopole: Ecopole, measure: str, month: date, hourly: Money, today: date, hand: Hand
) -> Piece:
    """All the hours of a kind in a month that is over, as the ledger tells them, at a cost somebody chose."""
    known = measures().get(measure)
    if known is None or known.unit != Unit.HOUR:
        raise FundingRefused(
            "Ces heures ne sont pas dans le grand livre. Choisissez-les dans la liste.", "measure"
        )
    if not known.claimable:
        raise FundingRefused(
            f"{known.label}\u202f: elles ne peuvent pas porter de coût, {known.why}. Promettez-les plutôt "
            "comme indicateur.",
            "measure",
        )
    if month_end(month) >= today:
        raise FundingRefused(
            f"{format_month(month).capitalize()} n’est pas fini. Attendez le mois suivant.", "month"
        )
    _costs(hourly, "hourly")
    hours = hours_of(ecopole, known, month)
    if not hours:
        raise FundingRefused(
            f"{known.label}\u202f: le grand livre n’en a aucune en {format_month(month)}.", "month"
        )
    told = format_quantity(Quantity(hours, Unit.HOUR))
    return _piece(
        ecopole, PieceKind.HOURS, f"{measure}|{month:%Y-%m}", hand,
        label=f"{known.label}, {format_month(month)}\u202f: {told} à {hourly}"[:200], on=month_end(month),
        net=hourly.times(hours), vat=Money(0), hours=hours,
    )  # fmt: skip


def _costs(amount: Money, field: str = "net") -> None:
    if amount.cents <= 0:
        raise FundingRefused(f"{amount}\u202f: saisissez un montant au-dessus de 0\u00a0€.", field)


@transaction.atomic
def share(*, piece: Piece, cofunding: Cofunding, line: BudgetLine, percent: Decimal, hand: Hand) -> Share:
    """A funder pays so much of a paper. What the shares add up to is exact to the cent and to the minute."""
    piece.ecopole.take_turns()
    if known := cofunding.shares.filter(key=hand.key).first():
        return known
    piece.refresh_from_db()
    _may_share(piece, cofunding, line, percent)
    after = piece.funded + percent
    live = piece.shares.filter(withdrawn_at=None).aggregate(amount=Sum("amount"), hours=Sum("hours"))
    amount = piece.cost.times(after / 100) - (live["amount"] or Money(0))
    hours = None
    if piece.hours is not None:
        whole = Quantity.rounded(piece.hours * after / 100, Unit.HOUR).amount
        hours = whole - (live["hours"] or ZERO)
    _within_notice(_standing(cofunding), amount)
    row = Share.objects.create(
        piece=piece,
        cofunding=cofunding,
        line=line,
        percent=percent,
        amount=amount,
        hours=hours,
        **hand.fact(),
    )
    # The database itself refuses more than the whole.
    Piece.objects.filter(pk=piece.pk).update(funded=F("funded") + Value(percent, QuantityField()))
    return row


def _may_share(piece: Piece, cofunding: Cofunding, line: BudgetLine, percent: Decimal) -> None:
    project = cofunding.project
    if line.project_id != project.pk or line.withdrawn_at:
        raise FundingRefused(f"{line}\u202f: cette ligne n’est pas du budget de {project}.", "line")
    if cofunding.shares.filter(piece=piece, withdrawn_at=None).exists():
        raise FundingRefused(
            f"{piece}\u202f: {cofunding} en paie déjà une part. Retirez-la d’abord.", "piece"
        )
    left = 100 - piece.funded
    if percent > left:
        others = piece.shares.filter(withdrawn_at=None).select_related("cofunding__project")
        told = ", ".join(
            f"{one.cofunding} {format_decimal(one.percent)}\u202f% ({one.cofunding.project})"
            for one in others
        )
        unit = "la même heure" if piece.hours else "le même euro"
        raise FundingRefused(
            f"{piece}\u202f: il n’en reste que {format_decimal(left)}\u202f%, le reste est payé par {told}. "
            f"Deux aides ne paient pas {unit}.",
            "percent",
        )
    period = _standing(cofunding).period
    if period and not period[0] <= piece.on <= period[1]:
        raise FundingRefused(
            f"{piece}, du {format_date(piece.on)}\u202f: {cofunding} paie les dépenses du "
            f"{format_date(period[0])} au {format_date(period[1])}.",
            "piece",
        )


def _standing(cofunding: Cofunding) -> Standing:
    return next(
        one for one in standings([cofunding.project])[cofunding.project_id] if one.row.pk == cofunding.pk
    )


def _within_notice(standing: Standing, more: Money) -> None:
    if not standing.notified:
        return
    told = standing.row.shares.filter(withdrawn_at=None).aggregate(amount=Sum("amount"))["amount"] or Money(0)
    if told + more > standing.notified:
        raise FundingRefused(
            f"{standing.row} a notifié {standing.notified}, dont {told} déjà justifiés\u202f: cette part en "
            f"demanderait {more} de plus. Baissez-la.",
            "percent",
        )


@transaction.atomic
def withdraw_share(*, row: Share, hand: Hand) -> None:
    """Given back to others, as long as it was not claimed."""
    row.piece.ecopole.take_turns()
    if row.claimed.exists():
        raise FundingRefused(
            f"{row.piece}\u202f: déjà dans une demande de paiement envoyée, qui ne change plus."
        )
    if Share.objects.filter(pk=row.pk, withdrawn_at=None).update(withdrawn_at=hand.at):
        back = Value(row.percent, QuantityField())
        Piece.objects.filter(pk=row.piece_id).update(funded=F("funded") - back)


@transaction.atomic
def send_claim(
    *, cofunding: Cofunding, kind: ClaimKind, advance: Money | None, on: date, hand: Hand
) -> Claim:
    """What is asked to be paid, frozen once sent. All the shares not claimed yet; an advance has none."""
    cofunding.project.ecopole.take_turns()
    if known := cofunding.claims.filter(key=hand.key).first():
        return known
    standing = _standing(cofunding)
    if standing.state not in (*GAVE, StepKind.RUNNING):
        raise FundingRefused(f"{cofunding}\u202f: rien n’est obtenu, on ne demande pas encore de paiement.")
    if any(claim.kind == ClaimKind.BALANCE for claim in standing.claims):
        raise FundingRefused(f"{cofunding}\u202f: le solde est déjà demandé.")
    shares = list(
        Share.objects.filter(cofunding=cofunding, withdrawn_at=None, claimed=None).select_related("piece")
    )
    if kind == ClaimKind.ADVANCE:
        if advance is None or advance.cents <= 0:
            raise FundingRefused("Saisissez le montant de l’avance.", "advance")
        shares, asked = [], advance
    else:
        asked = added(one.amount for one in shares)
        if not shares:
            raise FundingRefused("Aucune pièce n’est à demander. Rattachez-en, puis envoyez la demande.")
    _claimable(standing, shares, asked)
    claim = Claim.objects.create(cofunding=cofunding, kind=kind, sent_on=on, total=asked, **hand.fact())
    ClaimLine.objects.bulk_create(
        ClaimLine(claim=claim, share=one, amount=one.amount, hours=one.hours) for one in shares
    )
    return claim


def _claimable(standing: Standing, shares: Sequence[Share], asked: Money) -> None:
    """Within what was notified, and within the days it pays: a share may be older than the notice."""
    before = standing.claimed if shares else standing.advanced
    if before + asked > standing.notified:
        raise FundingRefused(
            f"{asked}, après {before} déjà demandés\u202f: c’est plus que les {standing.notified} notifiés. "
            "Baissez ou retirez des parts.",
            "advance",
        )
    first, last = standing.period or (date.min, date.max)
    outside = [str(one.piece) for one in shares if not first <= one.piece.on <= last]
    if outside:
        raise FundingRefused(f"Hors de la période payée\u202f: {', '.join(outside)}. Retirez ces parts.")
