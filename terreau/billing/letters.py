"""Invoices sent by e-mail with their paper attached, each once, by the background worker.

A Factur-X is the invoice itself, which its customer must keep: it travels whole, behind no link. A public
buyer is billed through Chorus Pro alone (ordonnance 2014-697; C. commande publique, art. L2192-1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django_tasks import task

from terreau.billing.actions import BillingRefused, Judges, paper_of
from terreau.billing.documents import buyers
from terreau.billing.models import Invoice, Letter, Paper
from terreau.territory.clock import given_the_hour
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole

# A worker that takes so long has died: what it had not sent may be asked again.
STALLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ToSend:
    """`problem`: why it did not leave when it was first asked."""

    invoice: Invoice
    address: str
    problem: str = ""


@dataclass(frozen=True)
class Post:
    """What becomes of invoices: those that may go, those that cannot, those that are gone or on their way."""

    to_send: list[ToSend] = field(default_factory=list)
    nowhere: list[Invoice] = field(default_factory=list)
    public: list[Invoice] = field(default_factory=list)
    on_their_way: list[Letter] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)


def sorted_out(ecopole: Ecopole, invoices: Iterable[Invoice], at: datetime) -> Post:
    """To the address each customer gives today. Six queries, whatever the invoices."""
    rows = list(invoices)
    asked = Letter.objects.filter(invoice__in=rows).select_related("recorded_by")
    letters = {row.invoice_id: row for row in asked}
    people = buyers(ecopole, {row.reader_id for row in rows}, timezone.localtime(at).date())
    post = Post()
    for row in rows:
        letter, buyer = letters.get(row.pk), people[row.reader_id]
        if letter:
            letter.invoice = row
        if letter and letter.sent_at:
            post.sent.append(letter)
        elif letter and not letter.problem and at - letter.recorded_at < STALLED:
            post.on_their_way.append(letter)
        elif buyer.public:
            post.public.append(row)
        elif buyer.party.email:
            post.to_send.append(ToSend(row, buyer.party.email, letter.problem if letter else ""))
        else:
            post.nowhere.append(row)
    return post


@transaction.atomic
def ask(*, ecopole: Ecopole, invoices: Iterable[Invoice], hand: Hand) -> list[Letter]:
    """Have them sent; the same key asks once, and what was sent or is on its way is not asked again."""
    pks = [row.pk for row in invoices]
    known = Letter.objects.filter(invoice__in=pks, key__startswith=f"{hand.key}:")
    if found := list(known):
        return found
    # Whoever else asks meanwhile waits, then finds nothing left to send.
    locked = list(Invoice.objects.select_for_update().filter(ecopole=ecopole, pk__in=pks).defer("values"))
    post = sorted_out(ecopole, locked, hand.at)
    if not post.to_send:
        raise BillingRefused(_refusal(post))
    going = {one.invoice.pk: one.address for one in post.to_send}
    Letter.objects.filter(invoice__in=going, sent_at=None).delete()
    made = Letter.objects.bulk_create(
        Letter(
            ecopole=ecopole, invoice_id=pk, address=address, recorded_by=hand.by, recorded_at=hand.at,
            key=f"{hand.key}:{pk}",
        )
        for pk, address in going.items()
    )  # fmt: skip
    transaction.on_commit(partial(send_letters.enqueue, letters=[row.pk for row in made]))
    return made


def _refusal(post: Post) -> str:
    """Why nothing goes, and what to do."""
    if post.sent or post.on_their_way:
        (letter, *_) = [*post.sent, *post.on_their_way]
        return f"{letter.invoice.number} a déjà été envoyée à {letter.address}\u202f: rien ne part deux fois."
    if post.public:
        return f"{post.public[0].number} est d’un acheteur public\u202f: déposez-la sur Chorus Pro."
    if post.nowhere:
        return (
            f"{post.nowhere[0].number} n’a pas d’adresse e-mail\u202f: donnez-en une dans Réglages, Qui est "
            "facturé, ou sur la fiche du membre, puis envoyez de nouveau."
        )
    return "Aucune facture à envoyer\u202f: facturez d’abord le mois."


@task()
@given_the_hour
def send_letters(*, at: datetime, letters: list[int]) -> None:
    """One after the other; what keeps one from leaving is written with it, and the next ones go."""
    with Judges(1) as judges:
        for pk in letters:
            row = Letter.objects.select_related("invoice").filter(pk=pk, sent_at=None).first()
            if row:
                _send(row, at, judges)


def _send(row: Letter, at: datetime, judges: Judges) -> None:
    this = Letter.objects.filter(pk=row.pk)
    try:
        letter = _written(row, paper_of(invoice=row.invoice, at=at, judges=judges))
        # Claimed before it leaves: two workers send one letter.
        if this.filter(sent_at=None).update(sent_at=at, problem=""):
            letter.send()
    except BillingRefused as refusal:
        this.update(problem=f"Son papier n’est pas délivré. {refusal}"[:300])
    except (OSError, ValueError) as refusal:  # the server refuses it, or nobody can write to such an address
        why = f"Le courrier n’est pas parti ({refusal})\u202f: vérifiez l’adresse, puis envoyez de nouveau."
        this.update(sent_at=None, problem=why[:300])


def _written(row: Letter, paper: Paper) -> EmailMessage:
    invoice = row.invoice
    said = invoice.said
    letter = EmailMessage(
        f"{invoice.get_kind_display().capitalize()} {invoice.number}, {' '.join(said.seller.name.split())}",
        render_to_string("billing/email/invoice.txt", {"row": invoice, "said": said}),
        settings.DEFAULT_FROM_EMAIL, [row.address],
        reply_to=[said.seller.email] if said.seller.email else None,
    )  # fmt: skip
    letter.attach(f"{invoice.number}.pdf", bytes(paper.pdf), "application/pdf")
    return letter
