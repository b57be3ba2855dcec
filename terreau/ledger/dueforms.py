"""The list of what is due, as a form: one tap says « as planned », and only what differs is typed.

The form names its lines in `due`; a line may carry `q-<id>` (what was weighed) and `refused-<id>` (why).
`only` narrows the gesture: the number of a line, or `changed` when Enter is pressed in a field.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, QueryDict

from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.models import Commitment
from terreau.ledger.queries import CommitmentLine, State, commitments, settled
from terreau.ledger.refusals import LedgerRefusal
from terreau.measures.french import FrenchEntryError, format_decimal, format_quantity, parse_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.access import EcopoleRequest
from terreau.territory.asked import row_asked
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole
from terreau.territory.refusals import Refused

KEY = re.compile(r"[A-Za-z0-9-]{8,80}")
REASON_MAX = 200
DUE = (State.OPEN, State.PARTLY_MET)
# Where an error stands when no line is concerned more than the others.
FORM = 0


class LineRefused(AnswerRefused):
    """One line stops the whole form; nothing was written."""

    def __init__(self, commitment: Commitment, message: str):
        super().__init__(message)
        self.commitment_id = commitment.pk


def form_key(post: QueryDict) -> str:
    """The key of a form, made by its page."""
    key = post.get("key", "")
    if not KEY.fullmatch(key):
        raise BadRequest("form key")
    return key


def hand_of(request: EcopoleRequest) -> Hand:
    """Whose hand sends this form."""
    return Hand(request.user, request.now, form_key(request.POST))


def pressed(request: EcopoleRequest, write: Callable[[], object], told: str) -> bool:
    """One button: done and said, or said why not, at the top of the page that comes."""
    form_key(request.POST)
    try:
        write()
    except (Refused, LedgerRefusal) as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, told)
    return True


def asked(ecopole: Ecopole, post: QueryDict, **expected: Any) -> list[CommitmentLine]:
    """The lines named by a form, in its order; one that is not as `expected` in this écopôle is not found."""
    ids = list(dict.fromkeys(map(row_asked, post.getlist("due"))))
    known = dict(Commitment.objects.filter(ecopole=ecopole, pk__in=ids, **expected).values_list("pk", "key"))
    if not ids or len(known) < len(ids):
        raise Http404
    lines = {line.commitment.pk: line for line in commitments(ecopole, keys=list(known.values()))}
    return [lines[pk] for pk in ids]


def read_answers(post: QueryDict, lines: Sequence[CommitmentLine]) -> tuple[list[Answer], dict[int, str]]:
    """What the form says of its lines, and what cannot be read, by line; an untouched line is as planned."""
    only = post.get("only", "")
    answers, errors = [], {}
    for line in lines:
        pk = line.commitment.pk
        if only not in ("", str(pk)) and not (only == "changed" and _changed(line, post)):
            continue
        refused = post.get(f"refused-{pk}", "").strip()
        try:
            answers.append(Answer(line.commitment, _quantity(line, post), refused))
        except FrenchEntryError as error:
            errors[pk] = str(error)
        if len(refused) > REASON_MAX:
            errors[pk] = (
                f"Motif trop long : {len(refused)} caractères, {REASON_MAX} au plus. Gardez l’essentiel."
            )
    if not answers and not errors:
        errors[FORM] = "Rien n’a été modifié. Confirmez une ligne, ou corrigez d’abord ce qui diffère."
    return answers, errors


def _planned(line: CommitmentLine) -> Decimal:
    # A form sent twice finds its lines met: it says again what it said.
    return line.remaining if line.state in DUE else line.quantity


def _quantity(line: CommitmentLine, post: QueryDict) -> Decimal:
    typed = post.get(f"q-{line.commitment.pk}")
    if typed is None:
        return _planned(line)
    product = line.commitment.product
    quantity = parse_quantity(typed, Unit(product.unit))
    if quantity.amount < 0:
        raise FrenchEntryError(
            f"{product} : {format_quantity(quantity)}. Saisissez ce qui a été pesé, ou 0 s’il n’y a rien."
        )
    return quantity.amount


def _changed(line: CommitmentLine, post: QueryDict) -> bool:
    typed = post.get(f"q-{line.commitment.pk}")
    reason = post.get(f"refused-{line.commitment.pk}", "").strip()
    return bool(reason) or (typed is not None and typed.strip() != format_decimal(_planned(line)))


def refuse_settled(ecopole: Ecopole, answers: Sequence[Answer]) -> None:
    """Two people answering the same line: the second one is told. Called once the écopôle is locked."""
    answered = settled([answer.commitment.pk for answer in answers])
    keys = [answer.commitment.key for answer in answers if answer.commitment.pk in answered]
    for line in commitments(ecopole, keys=keys, states=(State.MET, State.CANCELLED)) if keys else []:
        product = line.commitment.product
        done = format_quantity(Quantity(line.fulfilled, Unit(product.unit)))
        raise LineRefused(
            line.commitment,
            f"{product} : déjà enregistré ({done}). Rechargez la page pour voir ce qui reste à faire.",
        )


def errors_of(answers: Iterable[Answer], refusal: AnswerRefused | LedgerRefusal) -> dict[int, str]:
    """Each reason at the line it concerns, or at the head of the form."""
    if isinstance(refusal, LineRefused):
        return {refusal.commitment_id: str(refusal)}
    if not isinstance(refusal, LedgerRefusal):
        return {FORM: str(refusal)}
    by_product = {answer.commitment.product.name: answer.commitment.pk for answer in answers}
    errors: dict[int, str] = {}
    for reason in refusal.errors:
        at = by_product.get(getattr(reason, "product", ""), FORM)
        errors.setdefault(at, str(reason))
    return errors


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line as it is shown: what is due, and what was typed if the form comes back."""

    line: CommitmentLine
    typed: str
    refused: str = ""
    error: str = ""
    opened: bool = False
    note: str = ""

    @property
    def commitment(self) -> Commitment:
        return self.line.commitment

    @property
    def symbol(self) -> str:
        return Unit(self.commitment.product.unit).symbol


def due_lines(
    lines: Iterable[CommitmentLine],
    post: QueryDict | None = None,
    errors: Mapping[int, str] | None = None,
    filled: Mapping[int, Decimal] | None = None,
    notes: Mapping[int, str] | None = None,
    open_: Collection[int] = (),
) -> list[DueLine]:
    """Lines pre-filled with the plan, or with what is `filled`; a refused form with what was typed.

    Those of `open_` show their field at once: they are to be weighed.
    """
    shown = []
    for line in lines:
        pk, planned = line.commitment.pk, format_decimal(line.remaining)
        there = format_decimal((filled or {}).get(pk, line.remaining))
        typed = post.get(f"q-{pk}", there) if post else there
        refused = post.get(f"refused-{pk}", "") if post else ""
        error = (errors or {}).get(pk, "")
        opened = bool(error or refused) or typed != planned or pk in open_
        shown.append(DueLine(line, typed, refused, error, opened, (notes or {}).get(pk, "")))
    return shown
