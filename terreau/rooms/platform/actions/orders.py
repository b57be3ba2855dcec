"""What customers order: in time it is written, after the deadline it waits for a yes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import models, transaction

from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.asks import WAITS, said_of
from terreau.rooms.platform.deadlines import is_late
from terreau.rooms.platform.models import (
    LateAnswer,
    LateOrder,
    LateReply,
    OrderLine,
    StandingOrder,
    StandingWeek,
    Terms,
)
from terreau.territory.models import Agent, Ecopole, Product, Quality, User

TERMS = ["quantity", "pieces", "quantity_min", "price", "quality_min", "window_start", "window_end"]


class OrderRefused(Exception):
    """Nothing was written; the message says what to do instead."""


@dataclass(frozen=True)
class OrderEntry:
    """What a customer asks for, as typed or imported."""

    customer: Agent
    day: date
    product: Product
    quantity: Decimal
    price: Money
    pieces: int | None = None
    quantity_min: Decimal = Decimal(0)
    quality_min: int = Quality.CONVENTIONAL
    window: tuple[Any, Any] = (None, None)
    substitutes: frozenset[Product] = frozenset()

    @classmethod
    def of(cls, row: Terms, day: date) -> Self:
        """The same terms, for a day."""
        return cls(
            customer=row.customer,
            day=day,
            product=row.product,
            quantity=row.quantity,
            price=row.price,
            pieces=row.pieces,
            quantity_min=row.quantity_min,
            quality_min=row.quality_min,
            window=(row.window_start, row.window_end),
            substitutes=frozenset(row.substitutes.all()),
        )

    @property
    def about(self) -> tuple[int, date, int]:
        return self.customer.pk, self.day, self.product.pk

    def fields(self) -> dict[str, Any]:
        """The columns of its row, the accepted substitutes apart."""
        return {
            "customer": self.customer,
            "day": self.day,
            "product": self.product,
            "quantity": self.quantity,
            "pieces": self.pieces,
            "quantity_min": self.quantity_min,
            "price": self.price,
            "quality_min": self.quality_min,
            "window_start": self.window[0],
            "window_end": self.window[1],
        }


@transaction.atomic
def order(*, ecopole: Ecopole, entries: Sequence[OrderEntry]) -> None:
    """Write order lines; ordering the same product for the same day again replaces the line."""
    rows = OrderLine.objects.bulk_create(
        [OrderLine(ecopole=ecopole, **e.fields()) for e in entries],
        update_conflicts=True,
        unique_fields=["customer", "day", "product"],
        update_fields=TERMS,
    )
    OrderLine.substitutes.through.objects.filter(orderline_id__in=[row.pk for row in rows]).delete()
    accept_instead(OrderLine, zip(rows, entries, strict=True))


def accept_instead(model: type[Terms], pairs: Iterable[tuple[models.Model, OrderEntry]]) -> None:
    """The substitutes of each row, written at once."""
    accepted: Any = model.substitutes.through
    owner = f"{model._meta.model_name}_id"
    accepted.objects.bulk_create(
        [
            accepted(**{owner: row.pk, "product_id": product.pk})
            for row, entry in pairs
            for product in entry.substitutes
        ]
    )


@transaction.atomic
def ask(
    *,
    ecopole: Ecopole,
    entries: Sequence[OrderEntry],
    granted: bool,
    by: User | None,
    at: datetime,
    key: str,
) -> list[LateOrder]:
    """Order what is said in time; the rest waits, and is what is returned. Who may say yes needs no other.

    Said again as it stands, or as it already waits, a line changes nothing.
    """
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    if known := list(LateOrder.objects.filter(ecopole=ecopole, key__gte=f"{key}:", key__lt=f"{key};")):
        return known
    late = [] if granted else [e for e in entries if is_late(e.day, at)]
    order(ecopole=ecopole, entries=[e for e in entries if e not in late])
    if not late:
        return []
    same, news = _compared(late)
    return same + _wait(ecopole, news, by, at, key)


News = list[tuple[OrderEntry, LateOrder | None]]


def _compared(late: Sequence[OrderEntry]) -> tuple[list[LateOrder], News]:
    """What already waits as it is said; and what is news, with the request that it supersedes."""
    of = {"customer__in": {e.customer for e in late}, "day__in": {e.day for e in late}}
    stands = {e.about: e for e in (OrderEntry.of(row, row.day) for row in _rows(OrderLine).filter(**of))}
    waits = {(row.customer_id, row.day, row.product_id): row for row in _rows(LateOrder).filter(WAITS, **of)}
    same, news = [], []
    for entry in late:
        waiting = waits.get(entry.about)
        if waiting and entry == OrderEntry.of(waiting, waiting.day):
            same.append(waiting)
        elif waiting or entry != stands.get(entry.about):
            news.append((entry, waiting))
    return same, news


def _rows(model: type[Any]) -> Any:
    return model.objects.select_related("customer", "product").prefetch_related("substitutes")


def _wait(ecopole: Ecopole, news: News, by: User | None, at: datetime, key: str) -> list[LateOrder]:
    rows = LateOrder.objects.bulk_create(
        [
            LateOrder(
                ecopole=ecopole,
                **entry.fields(),
                supersedes=former,
                recorded_by=by,
                recorded_at=at,
                key=f"{key}:{number}",
            )
            for number, (entry, former) in enumerate(news)
        ]
    )
    accept_instead(LateOrder, zip(rows, (entry for entry, _ in news), strict=True))
    return rows


@transaction.atomic
def copy_orders(
    *,
    ecopole: Ecopole,
    customer: Agent,
    week: IsoWeek,
    since: date,
    granted: bool,
    by: User | None,
    at: datetime,
    key: str,
) -> tuple[int, int]:
    """Order as last week, from a day on: lines said, and how many of them wait.

    What is already ordered for this week, or already waits, stays.
    """
    days = {d - timedelta(days=7): d for d in week.days if d >= since}
    said = said_of([customer.pk], week)
    former = _rows(OrderLine).filter(ecopole=ecopole, customer=customer, day__in=days)
    again = [OrderEntry.of(row, days[row.day]) for row in former]
    entries = [entry for entry in again if entry.about not in said]
    late = ask(ecopole=ecopole, entries=entries, granted=granted, by=by, at=at, key=key)
    return len(entries), len(late)


@transaction.atomic
def withdraw_order(
    *, line: OrderLine, granted: bool, by: User | None, at: datetime, key: str
) -> list[LateOrder]:
    """Take a line back; what was already promised of it stays promised until the week is planned again.

    After the deadline the line stands, and what is returned waits.
    """
    if granted or not is_late(line.day, at):
        _drop(line)
        return []
    nothing = replace(
        OrderEntry.of(line, line.day), quantity=Decimal(0), pieces=None, quantity_min=Decimal(0)
    )
    return ask(ecopole=line.ecopole, entries=[nothing], granted=False, by=by, at=at, key=key)


def _drop(line: OrderLine) -> None:
    """A line taken back is not taken up again by the standing order it may come from."""
    heard = StandingOrder.objects.filter(
        customer=line.customer_id, product=line.product_id, weekday=line.day.isoweekday()
    )
    StandingWeek.objects.bulk_create(
        [StandingWeek(standing=standing, week=str(IsoWeek.of(line.day))) for standing in heard],
        ignore_conflicts=True,
    )
    line.delete()


@transaction.atomic
def answer_late(
    *, late: LateOrder, reply: LateReply, by: User | None, at: datetime, key: str, reason: str = ""
) -> LateAnswer:
    """Say yes, and the line is ordered as asked; say no, and why; or take it back, for its customer."""
    late.ecopole.take_turns()  # two people answering take their turn
    known = LateAnswer.objects.filter(late=late).first()
    if known is not None and known.reply == reply:
        return known
    what = f"{late.product} pour {late.customer}, le {format_date(late.day)}"
    if known is not None:
        raise OrderRefused(f"{what}\u202f: déjà {known}. Rechargez la page pour voir ce qui attend encore.")
    if LateOrder.objects.filter(supersedes=late).exists():
        raise OrderRefused(
            f"{what}\u202f: la demande a changé depuis. Rechargez la page pour lire la nouvelle."
        )
    if reply == LateReply.DECLINED and not reason.strip():
        raise OrderRefused(f"{what}\u202f: dites pourquoi, le client le lira.")
    if reply == LateReply.ACCEPTED:
        _grant(late, at.date(), what)
    return LateAnswer.objects.create(
        ecopole=late.ecopole,
        late=late,
        reply=reply,
        reason=reason.strip() if reply == LateReply.DECLINED else "",
        recorded_by=by,
        recorded_at=at,
        key=key,
    )


def _grant(late: LateOrder, today: date, what: str) -> None:
    if late.day < today:
        raise OrderRefused(f"{what}\u202f: ce jour est passé. Refusez, et convenez d’un autre jour.")
    if late.quantity:
        order(ecopole=late.ecopole, entries=[OrderEntry.of(late, late.day)])
    else:
        for line in OrderLine.objects.filter(
            customer=late.customer_id, day=late.day, product=late.product_id
        ):
            _drop(line)
