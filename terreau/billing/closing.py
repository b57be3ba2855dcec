"""A month closed in one gesture: billed in the background, its progress told, what was refused said."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django_tasks import task

from terreau.billing.actions import Judges, bill
from terreau.billing.models import Closing
from terreau.billing.payers import baskets
from terreau.measures.money import added
from terreau.measures.periods import month_end
from terreau.planning.models import PlanState
from terreau.planning.running import Progress, ask, run
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole, User

# A thousand invoices are promised in a minute.
SECONDS_MAX = 60
# Until then, it is the month before that is billed.
DAYS_TO_CLOSE = 20


def month_of(today: date) -> date:
    """The month being billed on a day."""
    return (today - timedelta(days=DAYS_TO_CLOSE)).replace(day=1)


def request_closing(
    *, ecopole: Ecopole, month: date, today: date, by: User, at: datetime, key: str,
    customers: Collection[int] | None = None,
) -> Closing:  # fmt: skip
    """Queue the invoices of a month, or of some customers only.

    The same key asks once, and one month is billed at a time.
    """
    chosen = {} if customers is None else {"customers": sorted(customers)}
    return ask(
        Closing,
        ecopole=ecopole,
        what="Un mois",
        among={},
        prepare=lambda: {
            "month": month,
            "problem": {"issued_on": today.isoformat(), **chosen},
            "seconds_max": SECONDS_MAX,
            "created_by": by,
        },
        start=lambda pk: close_month.enqueue(closing_id=pk),
        at=at,
        key=key,
    )


@task()
def close_month(closing_id: int) -> None:
    run(Closing, closing_id, _answer)


def _answer(row: Closing, progress: Progress) -> dict[str, Any]:
    progress(0, "Les livraisons du mois sont relues.")
    last = month_end(row.month)
    with Judges() as judges:
        outcome = bill(
            ecopole=row.ecopole, first=row.month, last=last,
            issued_on=date.fromisoformat(row.problem["issued_on"]),
            hand=Hand(row.created_by, row.created_at, f"closing:{row.key}"), judges=judges,
            customers=row.problem.get("customers"),
            told=lambda: baskets(row.ecopole, row.month, last), tell=progress,
        )  # fmt: skip
    gross = added(invoice.signed for invoice in outcome.issued)
    told = {"issued": len(outcome.issued), "cents": gross.cents, "refused": outcome.refused}
    return {"state": PlanState.READY, "plan": told}
