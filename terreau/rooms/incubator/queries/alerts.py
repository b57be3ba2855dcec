"""What is coming, computed at each page: contracts and loans that end, ceilings near, news to ask."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_percent
from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.rooms.incubator.models import Booking, Contract, Installation, Loan, StepKind
from terreau.rooms.incubator.products import COMMITMENT
from terreau.rooms.incubator.rules.contracts import ceiling_of, status
from terreau.rooms.incubator.rules.law import rule


@dataclass(frozen=True, order=True)
class Alert:
    """What is to do on a project, and until when."""

    due: date
    project_id: int
    title: str
    sentence: str

    def is_late(self, today: date) -> bool:
        return self.due < today


def alerts(projects: Collection[int], today: date, now: datetime) -> list[Alert]:
    """The soonest first. Six queries, however many projects; `now`: what should already be counted."""
    if not projects:
        return []
    inside = Q(project__in=projects) & ~Q(project__steps__kind=StepKind.LEFT)
    contracts = list(Contract.objects.filter(inside).select_related("project").order_by("starts_on"))
    found = [*_contracts(contracts, today), *_ceilings(contracts, today)]
    loan_days = timedelta(days=rule("follow", "loan_end", today)["days"])
    ending = Loan.objects.filter(inside, ends_on__range=(today, today + loan_days))
    found += [
        Alert(row.ends_on, row.project_id, str(row.project), f"{row.place}\u202f: le prêt se termine")
        for row in ending.select_related("project", "place")
    ]
    used = Booking.objects.filter(
        inside, Q(event=None) | Q(event__reversed_by__isnull=False), cancelled_at=None, ends_at__lt=now
    )
    found += [
        Alert(row.ends_at.date(), row.project_id, str(row.project), f"{row.equipment}\u202f: à compter")
        for row in used.select_related("project", "equipment")
    ]
    return sorted([*found, *_follow_ups(projects, today)])


def _contracts(contracts: Collection[Contract], today: date) -> list[Alert]:
    days = timedelta(days=rule("follow", "contract_end", today)["days"])
    last: dict[int, Contract] = {}
    for row in contracts:
        last[row.project_id] = row
    found = []
    for row in last.values():
        name = status(row.status, row.starts_on)["label"]
        if row.signed_on is None:
            found.append(Alert(row.starts_on, row.project_id, str(row.project), f"{name} à signer"))
        elif row.last_day - days <= today:
            renewals = status(row.status, row.starts_on).get("renewals_max")
            after = (
                "à renouveler ou à clore" if renewals is None or row.rank < renewals else "dernier, à clore"
            )
            found.append(Alert(row.last_day, row.project_id, str(row.project), f"{name} {after}"))
    return found


def _ceilings(contracts: Collection[Contract], today: date) -> list[Alert]:
    running = {
        row.agreement_id: row
        for row in contracts
        if row.agreement_id and row.starts_on <= today <= row.last_day
    }
    rows = Event.objects.filter(STANDING, agreement__in=running, product__code=COMMITMENT).order_by()
    used = dict(rows.values_list("agreement").annotate(sum=Sum("price")))
    found = []
    for agreement, row in running.items():
        standing = ceiling_of(row.status, row.starts_on, row.ceiling, used.get(agreement) or Money(0))
        if standing and standing.near and standing.ceiling:
            words = f"{format_percent(standing.share)} du plafond des engagements"
            found.append(Alert(today, row.project_id, str(row.project), words))
    return found


def _follow_ups(projects: Collection[int], today: date) -> list[Alert]:
    settled = Installation.objects.filter(project__in=projects).select_related("project")
    rows = settled.prefetch_related("project__follow_ups")
    found = []
    for row in rows:
        heard = {news.years for news in row.project.follow_ups.all()}
        for years in rule("follow", "follow_up", today)["years"]:
            due = plus_months(row.on, 12 * years)
            if due <= today and years not in heard:
                words = f"prendre des nouvelles, {years} an{'s' if years > 1 else ''} après l’installation"
                found.append(Alert(due, row.project_id, str(row.project), words))
    return found
