"""Keeping an account no longer than a debit can be contested (`forgetting.toml`).

A mandate that nobody uses lapses. Once it is over for long enough, who held the account and the account are
emptied; so are the file the bank was given and the account of who paid, when their own day is as far.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django_tasks import task

from terreau.billing.mandates import kept
from terreau.billing.models import Collection, Mandate, MandateEnd, StatementEntry
from terreau.measures.dated import Rule, in_force
from terreau.measures.periods import plus_months
from terreau.territory.nights import ask_next
from terreau.territory.sealed import for_good

RULES = Path(__file__).with_suffix(".toml")
AT_NIGHT = time(3, 45)
LAPSED = "Aucun prélèvement depuis {} mois"


@cache
def _rules() -> dict[str, list[Rule]]:
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


def months(name: str, on: date) -> int:
    return int(in_force(_rules()[name], on)["value"])


def forgotten_after(day: date) -> date:
    """The last day that what was debited on a day keeps its account."""
    return plus_months(day, months("account", day))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a run emptied."""

    lapsed: int
    mandates: int
    files: int
    lines: int


def _last_used(rows: QuerySet[Mandate]) -> QuerySet[Any]:
    """With the day of their last debit, in a file not abandoned."""
    return rows.annotate(used=Max("debits__collection__due_on", filter=kept("debits__collection__")))


def account_kept_until(mandate: Mandate, ends_on: date) -> date:
    """The last day its account would be kept, were it to end on a day."""
    row = _last_used(Mandate.objects.filter(pk=mandate.pk)).get()
    return max(ends_on, forgotten_after(row.used or ends_on))


def _until(row: Any) -> date | None:
    end = getattr(row, "end", None)
    ended = end.ends_on if end else row.used if row.once else None
    return ended and max(ended, forgotten_after(row.used or ended))


def lapse(*, at: datetime) -> int:
    """Nobody was debited under it for so long that it is no longer valid."""
    today = timezone.localtime(at).date()
    rows = _last_used(Mandate.objects.filter(end=None, forgotten_at=None))
    over = [
        row for row in rows
        if plus_months(row.used or row.signed_on, months("unused", row.used or row.signed_on)) < today
    ]  # fmt: skip
    MandateEnd.objects.bulk_create(
        (
            MandateEnd(
                mandate=row, ecopole_id=row.ecopole_id, ends_on=today, recorded_at=at,
                reason=LAPSED.format(months("unused", today)), key=f"lapsed-{row.pk}",
            )
            for row in over
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    return len(over)


@transaction.atomic
def _forget(at: datetime) -> Forgotten:
    lapsed, today = lapse(at=at), timezone.localtime(at).date()
    ended = Mandate.objects.filter(Q(end__ends_on__lte=today) | Q(once=True), forgotten_at=None)
    over = [
        row.pk for row in _last_used(ended).select_related("end")
        if (last := _until(row)) is not None and last < today
    ]  # fmt: skip
    empty = dict.fromkeys(("holder", "iban", "bic", "street", "postcode", "town"), "")
    Mandate.objects.filter(pk__in=over).update(**empty, forgotten_at=at)
    # What a day still keeps, no earlier day does.
    old = plus_months(today, -months("account", today))
    files = Collection.objects.filter(due_on__lt=old).exclude(file=b"").update(file=b"")
    lines = StatementEntry.objects.filter(day__lt=old).exclude(counterparty_iban="")
    return Forgotten(lapsed, len(over), files, lines.update(counterparty_iban=""))


def forget(*, at: datetime) -> Forgotten:
    """All that is over, in the whole house. Run again, it does what is left."""
    with for_good():
        return _forget(at)


@task()
def forget_tonight(at: str) -> None:
    """The night's run, which first asks for the next; a night that was missed is made up for."""
    night = datetime.fromisoformat(at)
    keep_on(at=night)
    forget(at=night)


def keep_on(*, at: datetime) -> None:
    ask_next(forget_tonight, hour=AT_NIGHT, at=at)
