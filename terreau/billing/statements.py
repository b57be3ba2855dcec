"""A bank statement read once, and what each of its lines pays: proposed, then accepted by a person."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet, Value

from terreau.billing import debits, owed
from terreau.billing.accounts import Open
from terreau.billing.actions import BillingRefused
from terreau.billing.documents import every_name
from terreau.billing.models import (
    Collection,
    Debit,
    EntryAside,
    Issuer,
    Mandate,
    Means,
    Payment,
    Return,
    Statement,
    StatementEntry,
)
from terreau.billing.models.payments import REASONS
from terreau.billing.settling import Writer, give_back, record_payment
from terreau.formats.sepa.statement import Movement, NotRead, read, without_accounts
from terreau.measures.money import Money
from terreau.territory.models import Agent

ZERO = Money(0)


@transaction.atomic
def import_statement(*, issuer: Issuer, name: str, data: bytes, writer: Writer) -> tuple[Statement, int]:
    """Whole or not at all; answers how many of its lines are new. The same file twice changes nothing."""
    issuer.ecopole.take_turns()
    digest = hashlib.sha256(data).hexdigest()
    if known := Statement.objects.filter(creditor=issuer.agent_id, digest=digest).first():
        return known, 0
    try:
        told = read(data)
    except NotRead as refused:
        raise BillingRefused(" ".join(refused.problems), "file") from None
    if told.iban and issuer.iban and told.iban != issuer.iban:
        raise BillingRefused(
            f"Ce relevé est du compte {told.iban[:4]}…{told.iban[-4:]}, celui de {issuer.name} est "
            f"{issuer.iban[:4]}…{issuer.iban[-4:]}\u202f: choisissez le bon fichier.", "file",
        )  # fmt: skip
    if not told.movements:
        raise BillingRefused("Ce relevé n’a aucune opération\u202f: il n’y a rien à rapprocher.", "file")
    statement = Statement.objects.create(
        creditor_id=issuer.agent_id, iban=told.iban, digest=digest,
        name=without_accounts(name)[:120],
        first=min(one.day for one in told.movements), last=max(one.day for one in told.movements),
        closing=told.closing, **writer.said(issuer.ecopole_id),
    )  # fmt: skip
    fingerprints = {one.fingerprint for one in told.movements}
    before = set(
        StatementEntry.objects.filter(creditor=issuer.agent_id, fingerprint__in=fingerprints).values_list(
            "fingerprint", flat=True
        )
    )
    rows = StatementEntry.objects.bulk_create(
        _entry(statement, one) for one in told.movements if one.amount and one.fingerprint not in before
    )
    return statement, len(rows)


def _entry(statement: Statement, one: Movement) -> StatementEntry:
    return StatementEntry(
        statement=statement, creditor_id=statement.creditor_id, day=one.day, amount=one.amount,
        label=without_accounts(one.label)[:500], end_to_end=one.end_to_end[:35],
        counterparty=without_accounts(one.counterparty)[:140],
        counterparty_iban=one.counterparty_iban[:34], returned=one.returned[:4], fingerprint=one.fingerprint,
    )  # fmt: skip


def waiting(creditor_id: int) -> QuerySet[StatementEntry]:
    """Lines of the bank that nobody has answered."""
    return StatementEntry.objects.filter(creditor=creditor_id, payments=None, returns=None, aside=None)


# --- what a line pays


@dataclass(frozen=True, slots=True)
class Proposal:
    """`sure`: by our own reference; else by what the line says, to be read before it is accepted."""

    kind: str
    partner: int
    said: str
    invoices: tuple[int, ...] = ()
    target: int = 0
    sure: bool = False

    @property
    def mark(self) -> str:
        """What the page sends back: another proposal would have another mark."""
        return f"{self.kind}:{self.partner}:{self.target}:{'-'.join(map(str, self.invoices))}"


@dataclass
class Known:
    """What the lines of an organisation are read against."""

    names: dict[int, str]
    open: dict[int, list[Open]]  # invoices, by who owes them, the oldest due first
    debits: dict[str, tuple[int, int]]  # by reference: its file and its debtor
    files: dict[Money, list[tuple[int, str, int]]]  # on their way, by total: its name, how many debits
    paid: dict[str, tuple[int, int, Money]]  # by reference: the payment, its debtor, its amount
    by_name: dict[str, int] = field(default_factory=dict)
    by_iban: dict[str, int] = field(default_factory=dict)


def known_of(
    issuer: Issuer, entries: Sequence[StatementEntry], on: date, items: Iterable[Open] | None = None,
    also: Iterable[int] = (),
) -> Known:  # fmt: skip
    """`items`: what is open that day, if it is known; `also`: whoever else is to be named.

    Four queries, whatever the rows; two without a line to read.
    """
    agent = issuer.agent_id
    items = owed.open_items(agent, on) if items is None else items
    found: dict[int, list[Open]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (item.day, item.document)):
        if item.document and item.left > ZERO:
            found[item.partner].append(item)
    known = Known({}, found, {}, defaultdict(list), {})
    signed = Mandate.objects.filter(creditor=agent, end=None, forgotten_at=None)
    holders = list(signed.values_list("iban", "debtor", "holder")) if entries else []
    if entries:
        _cited(known, agent, [entry.end_to_end for entry in entries if entry.end_to_end])
    people = {*also, *(who for _, who, _ in holders), *(who for _, who in known.debits.values())}
    people |= {*found, *(who for _, who, _ in known.paid.values())}
    names = every_name(issuer.ecopole, people, on)
    known.names = dict(names)
    known.by_iban = {iban: who for iban, who, _ in holders}
    said = [(who, name) for who, name in names if who in found] + [(who, name) for _, who, name in holders]
    known.by_name = {plain(name): who for who, name in said if len(plain(name)) > 4}
    return known


def _cited(known: Known, agent: int, references: list[str]) -> None:
    """Files on their way, and the debits that the bank names, collected or not. One query."""
    files = Collection.objects.filter(creditor=agent, end=None)
    sent = Debit.objects.filter(collection__creditor=agent, collection__end=None, end_to_end__in=references)
    paid = Payment.objects.filter(creditor=agent, end_to_end__in=references, came_back=None)
    first, *others = (
        rows.order_by().annotate(what=Value(what)).values_list("what", *columns)
        for what, rows, columns in (
            ("file", files, ("message", "pk", "count", "total")),
            ("sent", sent, ("end_to_end", "collection", "mandate__debtor", "amount")),
            ("paid", paid, ("end_to_end", "pk", "debtor", "amount")),
        )
    )  # fmt: skip
    for what, reference, pk, number, amount in first.union(*others, all=True):
        if what == "file":
            known.files[amount].append((pk, reference, number))
        elif what == "sent":
            known.debits[reference] = pk, number
        else:
            known.paid[reference] = pk, number, amount


def plain(text: str) -> str:
    """Capital letters and figures alone, as banks write."""
    letters = unicodedata.normalize("NFD", text.upper())
    return re.sub(
        r"[^A-Z0-9]+", " ", "".join(one for one in letters if not unicodedata.combining(one))
    ).strip()


def propose(entry: StatementEntry, known: Known) -> Proposal | None:
    """By our reference, by an invoice’s number in the words, by who pays, by the amount alone."""
    return next(_proposals(entry, known), None)


def _proposals(entry: StatementEntry, known: Known) -> Iterator[Proposal]:
    if entry.amount < ZERO:
        pk, who, amount = known.paid.get(entry.end_to_end, (0, 0, ZERO))
        if amount == -entry.amount:
            why = REASONS.get(entry.returned, "motif non dit")
            yield Proposal("return", who, f"Prélèvement rejeté\u202f: {why}", (), pk, True)
        return
    if entry.end_to_end in known.debits:
        file, who = known.debits[entry.end_to_end]
        yield Proposal("debit", who, f"Prélèvement {entry.end_to_end}", (), file, True)
    for pk, name, count in known.files.get(entry.amount, []):
        yield Proposal("file", 0, f"Fichier {name}, {count} prélèvements", (), pk, name in entry.label)
    yield from _by_number(entry, known)
    yield from _by_payer(entry, known)
    yield from _by_amount(entry, known)


def _by_number(entry: StatementEntry, known: Known) -> Iterator[Proposal]:
    words = f"{entry.label} {entry.end_to_end}".upper()
    for who, rows in known.open.items():
        cited = [row for row in rows if _cites(words, row.piece)]
        if cited:
            numbers = ", ".join(row.piece for row in cited)
            invoices = tuple(row.document for row in cited)
            yield Proposal("number", who, f"{numbers}, cité dans le libellé", invoices)


def _cites(words: str, number: str) -> bool:
    """« PB F2026 00012 » is PB-F2026-00012, and not PB-F2026-00001."""
    last = number.rpartition("-")[2]
    if last not in words:
        return False
    parts = r"[^A-Z0-9]*".join(map(re.escape, re.findall(r"[A-Z]+|[0-9]+", number.upper())))
    return re.search(rf"(?<![A-Z0-9]){parts}(?![0-9])", words) is not None


def _by_payer(entry: StatementEntry, known: Known) -> Iterator[Proposal]:
    who = known.by_iban.get(entry.counterparty_iban) if entry.counterparty_iban else None
    words = f" {plain(entry.counterparty)} {plain(entry.label)} "
    who = who or next((one for name, one in known.by_name.items() if f" {name} " in words), None)
    if who is None:
        return
    rows = known.open.get(who, [])
    exact: tuple[int, ...] | None = next(((row.document,) for row in rows if row.left == entry.amount), None)
    if exact is None and sum((row.left for row in rows), ZERO) == entry.amount:
        exact = tuple(row.document for row in rows)
    if exact:
        yield Proposal("payer", who, "Le payeur et le montant", exact)
    elif rows:
        yield Proposal(
            "payer", who, "Le payeur\u202f; le montant diffère de ce qui est dû, au plus ancien d’abord"
        )


def _by_amount(entry: StatementEntry, known: Known) -> Iterator[Proposal]:
    """Only when nobody else owes as much."""
    alike = [row for rows in known.open.values() for row in rows if row.left == entry.amount]
    if len(alike) == 1:
        yield Proposal(
            "amount", alike[0].partner, f"{alike[0].piece}, seul de ce montant", (alike[0].document,)
        )


@transaction.atomic
def accept(*, issuer: Issuer, entry: StatementEntry, mark: str, writer: Writer) -> str:
    """Do what was proposed, if it still is; answers what was done."""
    issuer.ecopole.take_turns()
    if not waiting(issuer.agent_id).filter(pk=entry.pk).exists():
        return "Cette ligne a déjà sa réponse."
    proposal = propose(entry, known_of(issuer, [entry], writer.today))
    if proposal is None or proposal.mark != mark:
        raise BillingRefused("Ce qui était proposé a changé entre-temps\u202f: relisez la ligne.")
    if proposal.kind == "return":
        payment = Payment.objects.get(pk=proposal.target)
        give_back(
            ecopole=issuer.ecopole, payment=payment, returned_on=entry.day, reason=entry.returned or "MS03",
            entry=entry, writer=writer,
        )  # fmt: skip
        return f"{payment.amount} rejetés\u202f: la dette est rouverte."
    if proposal.kind in ("file", "debit"):
        collection = Collection.objects.get(pk=proposal.target)
        wanted = None if proposal.kind == "file" else {entry.end_to_end}
        made = debits.collected(
            collection=collection, on=entry.day, writer=writer, entry=entry, references=wanted
        )
        return f"{len(made)} prélèvement{'s' * (len(made) > 1)} encaissé{'s' * (len(made) > 1)}."
    return receive(issuer=issuer, entry=entry, partner=proposal.partner, writer=writer,
                   invoices=proposal.invoices or None)  # fmt: skip


def receive(
    *, issuer: Issuer, entry: StatementEntry, partner: int, writer: Writer,
    invoices: tuple[int, ...] | None = None,
) -> str:  # fmt: skip
    """The line is a payment of somebody."""
    if not waiting(issuer.agent_id).filter(pk=entry.pk).exists():
        return "Cette ligne a déjà sa réponse."
    if entry.amount < ZERO:
        raise BillingRefused("Cette ligne sort du compte\u202f: notez un remboursement ou un retour.")
    debtor = Agent.objects.get(ecopole=issuer.ecopole_id, pk=partner)
    record_payment(
        ecopole=issuer.ecopole, creditor=issuer.agent, debtor=debtor, amount=entry.amount, paid_on=entry.day,
        means=Means.TRANSFER, writer=writer, reference=entry.label[:60], entry=entry, invoices=invoices,
    )  # fmt: skip
    return f"{entry.amount} de {debtor}\u202f: noté."


@transaction.atomic
def put_aside(*, issuer: Issuer, entry: StatementEntry, writer: Writer) -> None:
    issuer.ecopole.take_turns()
    if waiting(issuer.agent_id).filter(pk=entry.pk).exists():
        EntryAside.objects.create(entry=entry, **writer.said(issuer.ecopole_id))


def returned(creditor_id: int) -> QuerySet[Return]:
    """Debits that came back and are still owed."""
    rows = Return.objects.filter(payment__creditor=creditor_id, payment__back=False)
    return rows.filter(Q(payment__means=Means.DEBIT)).select_related("payment__debtor")
