"""What is owed and what was received of a gathering that has a price: euros, and people who use credits."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from terreau.measures.money import Money
from terreau.rooms.thirdplace.models import Fee, Gathering, Presence, SignUp, Spending
from terreau.territory.models import Ecopole

FREE = Money(0)


@dataclass(frozen=True)
class Paid:
    """So many euros, and so many people who came with credits instead: never added up."""

    euros: Money = FREE
    with_credits: int = 0


def tickets(ecopole: Ecopole, benefit_id: int | None) -> QuerySet[Spending]:
    """What members took with credits for this and have not used yet, the oldest first."""
    rows = Spending.objects.filter(
        benefit=benefit_id, handed_at=None, given_back_at=None, member__ecopole=ecopole,
        member__closed_on=None,
    )  # fmt: skip
    return rows.exclude(member__email="").order_by("at", "id")


def signed_up(gathering: Gathering) -> list[tuple[SignUp, Paid | None]]:
    """In the order of time, with what each is to pay; None where it is free. One query."""
    fee: Fee | None = getattr(gathering, "fee", None)
    taken = tickets(gathering.ecopole, fee.benefit_id if fee else None)
    own = taken.filter(member__email=OuterRef("email")).order_by().values("benefit")
    rows = SignUp.objects.filter(gathering=gathering, left_at=None).order_by("signed_at", "id")
    counted = rows.annotate(tickets=Subquery(own.annotate(n=Count("pk")).values("n")))
    return [(one, _owed(fee, one, vars(one)["tickets"] or 0) if fee else None) for one in counted]


def _owed(fee: Fee, one: SignUp, taken: int) -> Paid:
    free = min(taken, one.people)
    return Paid(fee.price.times(one.people - free), free)


def present(gathering: Gathering) -> list[tuple[Presence, Paid]]:
    """Who is there, in the order of taps, with what was paid. One query."""
    rows = Presence.objects.filter(gathering=gathering, withdrawn_at=None).order_by("at", "id")
    counted = rows.annotate(euros=Sum("admissions__event__price"), with_credits=Count("admissions__spending"))
    return [(one, Paid(vars(one)["euros"] or FREE, vars(one)["with_credits"])) for one in counted]


def total(rows: Iterable[Paid]) -> Paid:
    told = list(rows)
    return Paid(sum((one.euros for one in told), FREE), sum(one.with_credits for one in told))
