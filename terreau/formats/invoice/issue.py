"""From an invoice to the file that leaves: written, judged by the official rules, then made a page.

Nothing leaves unjudged: a rule broken, an engine that fails or that is too slow, and the document is refused.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue

from terreau.formats.invoice.cii import cii
from terreau.formats.invoice.page import facturx
from terreau.formats.invoice.rules import Judge, NotJudged
from terreau.formats.invoice.values import Invoice
from terreau.formats.refusals import NotWritten


@dataclass(frozen=True, slots=True)
class Issued:
    """What is kept, and never changed: the page and the very XML it holds."""

    number: str
    xml: bytes
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    number: str
    problems: tuple[str, ...]


def issue(invoice: Invoice, *, judge: Judge, made_at: datetime) -> Issued:
    xml = cii(invoice)
    broken = judge.breaches(xml)
    if broken:
        raise NotWritten([f"{breach.rule}\u202f: {breach.told}" for breach in broken])
    return Issued(invoice.number, xml, facturx(invoice, xml, made_at=made_at))


def issue_all(
    invoices: Sequence[Invoice], *, judges: Sequence[Judge], made_at: datetime
) -> list[Issued | Refused]:
    """A month at once, in the order given; one judge per core. One that is refused stops no other."""
    free: SimpleQueue[Judge] = SimpleQueue()
    for judge in judges:
        free.put(judge)

    def one(invoice: Invoice) -> Issued | Refused:
        judge = free.get()
        try:
            return issue(invoice, judge=judge, made_at=made_at)
        except NotWritten as refusal:
            return Refused(invoice.number, tuple(refusal.problems))
        except NotJudged as failure:
            return Refused(invoice.number, (str(failure),))
        finally:
            free.put(judge)

    with ThreadPoolExecutor(len(judges)) as threads:
        return list(threads.map(one, invoices))
