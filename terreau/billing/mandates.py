"""Which mandate is used on a day, and the first day it may be debited once told (EPC016-06)."""

from datetime import date, timedelta

from django.db.models import Q

from terreau.billing.models import Debit, Mandate

WEEKEND = 5


def kept(path: str = "") -> Q:
    """A file not abandoned."""
    return Q(**{f"{path}end": None}) | Q(**{f"{path}end__collected": True})


def in_force(creditor_id: int, on: date) -> dict[int, Mandate]:
    """By debtor: the mandate to be used that day; one for a single debit, until it was. One query."""
    rows = Mandate.objects.filter(creditor=creditor_id, signed_on__lte=on, forgotten_at=None)
    rows = rows.filter(Q(end=None) | Q(end__ends_on__gt=on))
    used = Debit.objects.filter(kept("collection__")).values("mandate")
    rows = rows.exclude(once=True, pk__in=used)
    return {row.debtor_id: row for row in rows.order_by("signed_on", "pk")}


def first_day(on: date, notice_days: int) -> date:
    """The first working day that leaves this notice."""
    day = on + timedelta(days=notice_days)
    return day + timedelta(days=8 - day.isoweekday() if day.isoweekday() > WEEKEND else 0)
