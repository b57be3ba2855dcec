"""What is owed and what was received of a gathering that has a price: euros, and people who use credits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from terreau.measures.money import Money
from terreau.rooms.thirdplace.models import Admission, Fee, Gathering, SignUp, Spending
from terreau.territory.models import Ecopole

FREE = Money(0)


@dataclass(frozen=True)
class Paid:
    """So many euros, and so many people who came with credits instead: never added up."""

    euros: Money = FREE
    with_credits: int = 0


def tickets(ecopole: Ecopole, benefit_id: int | None, emails: Iterable[str]) -> dict[str, list[Spending]]:
    """By address: what its member took with credits for this, not used yet. One query."""
    asked = {email for email in emails if email}
    if benefit_id is None or not asked:
        return {}
    rows = Spending.objects.filter(
        benefit=benefit_id, handed_at=None, given_back_at=None, member__ecopole=ecopole,
        member__closed_on=None, member__email__in=asked,
    )  # fmt: skip
    found: dict[str, list[Spending]] = defaultdict(list)
    for row in rows.select_related("member").order_by("at", "id"):
        found[row.member.email].append(row)
    return found


def owed(fee: Fee, ecopole: Ecopole, signed: Sequence[SignUp]) -> dict[int, Paid]:
    """By sign-up, what they pay when they come. One query."""
    taken = tickets(ecopole, fee.benefit_id, [one.email for one in signed])
    found = {}
    for one in signed:
        free = min(len(taken.get(one.email, ())), one.people)
        found[one.pk] = Paid(fee.price.times(one.people - free), free)
    return found


def received(gathering: Gathering) -> dict[int, Paid]:
    """By presence, what was paid. One query."""
    found: dict[int, Paid] = {}
    for row in Admission.objects.filter(presence__gathering=gathering).select_related("event"):
        before = found.get(row.presence_id, Paid())
        found[row.presence_id] = total([before, _of(row)])
    return found


def total(rows: Iterable[Paid]) -> Paid:
    told = list(rows)
    return Paid(sum((one.euros for one in told), FREE), sum(one.with_credits for one in told))


def _of(row: Admission) -> Paid:
    return Paid(row.event.price or FREE) if row.event else Paid(with_credits=1)
