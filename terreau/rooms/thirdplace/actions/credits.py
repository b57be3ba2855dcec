"""Credits: the terms voted, what they give right to; spent, given back, given to another, expired.

Only from hours validated (`hours.py`), only for what is listed, never for euros: no entry has a price.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Custody, Event, Lot
from terreau.ledger.queries import STANDING, stock
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.measures.french import format_date, format_decimal
from terreau.measures.quantity import Unit
from terreau.rooms.thirdplace.models import Benefit, House, Member, Spending, Terms
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.rooms.thirdplace.trades import CREDIT
from terreau.territory.models import Agent, Ecopole, Product, User


@transaction.atomic
def set_terms(
    *, ecopole: Ecopole, since: date, per_hour: Decimal, cap: Decimal, months: int, source: str, key: str
) -> Terms:
    """From a day on; what was earned before stays as it was."""
    ecopole.take_turns()
    if known := Terms.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if Terms.objects.filter(ecopole=ecopole, since=since).exists():
        raise PlaceRefused(
            f"Une règle commence déjà le {format_date(since)}\u202f: choisissez un autre jour.", "since"
        )
    return Terms.objects.create(
        ecopole=ecopole, since=since, per_hour=per_hour, cap=cap, months=months, source=source, key=key
    )


@transaction.atomic
def save_benefit(
    *, ecopole: Ecopole, kind: str, name: str, cost: Decimal, product: Product | None, giver: Agent | None,
    since: date, key: str,
) -> Benefit:  # fmt: skip
    """What credits give right to from a day on; at another cost, close it and say it again."""
    ecopole.take_turns()
    if known := Benefit.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if (product is None) != (giver is None):
        raise PlaceRefused(
            "Dites à la fois quel produit sort du stock, et de chez qui\u202f; ou aucun des deux.", "giver"
        )
    if Benefit.objects.filter(ecopole=ecopole, name=name, closed_on=None).exists():
        raise PlaceRefused(
            f"{name} est déjà dans la liste\u202f: retirez-le d’abord, ou changez de nom.", "name"
        )
    return Benefit.objects.create(
        ecopole=ecopole, kind=kind, name=name, cost=cost, product=product, giver=giver, since=since, key=key
    )


def close_benefit(*, benefit: Benefit, on: date) -> None:
    Benefit.objects.filter(pk=benefit.pk, closed_on=None).update(closed_on=on)


class _Book:
    """The credits of a member that may still be used, the first to expire first."""

    def __init__(self, member: Member, today: date):
        self.house = House.objects.get(ecopole=member.ecopole_id)
        self.product = Product.objects.get(code=CREDIT)
        rows = Custody.objects.filter(
            holder=member.agent_id, product=self.product, quantity__gt=0, lot__keeps_until__gte=today
        )
        self.rows = list(rows.select_related("lot").order_by("lot__keeps_until", "lot_id"))

    @property
    def total(self) -> Decimal:
        return sum((row.quantity for row in self.rows), Decimal(0))

    def take(self, wanted: Decimal) -> Iterator[tuple[Lot, Decimal]]:
        if wanted > self.total:
            raise PlaceRefused(
                f"Il en faut {format_decimal(wanted)}, il y en a {format_decimal(self.total)} sur ce carnet. "
                "Choisissez autre chose, ou donnez un coup de main.",
                "credits",
            )
        for row in self.rows:
            part = min(row.quantity, wanted)
            if part <= 0:
                return
            wanted -= part
            yield row.lot, part


@transaction.atomic
def spend(*, member: Member, benefit: Benefit, at: datetime, key: str) -> Spending:
    """Credits leave the book for something listed; it waits to be handed over."""
    member.ecopole.take_turns()
    if known := Spending.objects.filter(member=member, key=key).first():
        return known
    today = timezone.localtime(at).date()
    benefit.refresh_from_db()
    if benefit.since > today or (benefit.closed_on and benefit.closed_on <= today):
        raise PlaceRefused(f"{benefit} n’est pas dans la liste aujourd’hui. Choisissez autre chose.")
    book = _Book(member, today)
    entries = [
        Entry(
            Action.CONSUME, member.agent_id, book.house.agent_id, book.product.pk, part, Unit.CREDIT,
            key=f"spend:{member.pk}:{key}:{lot.pk}", occurred_at=at, lot=lot,
            from_place_id=book.house.purse_id,
        )
        for lot, part in book.take(benefit.cost)
    ]  # fmt: skip
    record(ecopole=member.ecopole, entries=entries, recorded_by=None, recorded_at=at)
    return Spending.objects.create(member=member, benefit=benefit, at=at, key=key)


@transaction.atomic
def give_back(*, spending: Spending, at: datetime) -> None:
    """Not handed over after all: the same credits come back, with their date."""
    ecopole = spending.member.ecopole
    ecopole.take_turns()
    spending.refresh_from_db()
    if spending.given_back_at:
        return
    if spending.handed_at:
        raise PlaceRefused(f"{spending.benefit} est déjà remis\u202f: ces crédits sont utilisés.")
    start = f"spend:{spending.member_id}:{spending.key}:"
    written = Event.objects.filter(STANDING, ecopole=ecopole, key__startswith=start).select_related("product")
    reverse(ecopole=ecopole, events=list(written), by=None, at=at, key=f"given-back:{spending.pk}")
    spending.given_back_at = at
    spending.save(update_fields=["given_back_at"])


@transaction.atomic
def hand_over(*, spending: Spending, by: User | None, at: datetime) -> None:
    """Given from hand to hand; what is in stock leaves it without a price: it is not a sale."""
    ecopole, benefit = spending.member.ecopole, spending.benefit
    ecopole.take_turns()
    spending.refresh_from_db()
    if spending.handed_at:
        return
    if spending.given_back_at:
        raise PlaceRefused(f"{benefit}\u202f: les crédits ont été rendus, il n’y a rien à remettre.")
    if benefit.product and benefit.giver:
        shelf = Shelf(
            stock(ecopole, holder=benefit.giver, product=benefit.product), on=timezone.localtime(at).date()
        )
        try:
            taken = shelf.take(benefit.product, Decimal(1))
        except ShelfIsShort as short:
            raise PlaceRefused(f"Chez {benefit.giver}\u202f: {short}") from short
        entries = [
            Entry(
                Action.TRANSFER, benefit.giver_id or 0, spending.member.agent_id, line.product.pk, part,
                Unit(line.product.unit), key=f"hand-over:{spending.pk}:{rank}", occurred_at=at, lot=line.lot,
                from_place_id=line.place.pk, to_place_id=line.place.pk, note="participation",
            )
            for rank, (line, part) in enumerate(taken)
        ]  # fmt: skip
        record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    spending.handed_at = at
    spending.save(update_fields=["handed_at"])


@transaction.atomic
def give(*, member: Member, to: str, credits: Decimal, at: datetime, key: str) -> list[Event]:
    """To another member, named by their code; each lot keeps its date."""
    ecopole = member.ecopole
    start = f"gift:{member.pk}:{key}"
    if (known := first_time(ecopole=ecopole, key=start)) is not None:
        return known
    code = to.strip().upper()
    other = Member.objects.filter(ecopole=ecopole, agent__name=code, closed_on=None).first()
    if other is None or other == member:
        raise PlaceRefused(
            f"« {to} » n’est pas le code d’un autre membre. Il est en haut de sa page, comme M-7K3D.", "to"
        )
    if credits <= 0:
        raise PlaceRefused("Saisissez combien vous donnez.", "credits")
    book = _Book(member, timezone.localtime(at).date())
    entries = [
        Entry(
            Action.TRANSFER, member.agent_id, other.agent_id, book.product.pk, part, Unit.CREDIT,
            key=f"{start}:{lot.pk}", occurred_at=at, lot=lot, from_place_id=book.house.purse_id,
            to_place_id=book.house.purse_id,
        )
        for lot, part in book.take(credits)
    ]  # fmt: skip
    return record(ecopole=ecopole, entries=entries, recorded_by=None, recorded_at=at)


@transaction.atomic
def expire(*, ecopole: Ecopole, at: datetime) -> list[Event]:
    """Credits past their last day leave every book."""
    ecopole.take_turns()
    today = timezone.localtime(at).date()
    house = House.objects.filter(ecopole=ecopole).first()
    if house is None:
        return []
    rows = Custody.objects.filter(
        ecopole=ecopole, product__code=CREDIT, quantity__gt=0, lot__keeps_until__lt=today
    ).select_related("lot")
    entries = [
        Entry(
            Action.LOWER, row.holder_id, row.holder_id, row.product_id, row.quantity, Unit.CREDIT,
            key=f"expire:{today}:{row.lot_id}:{row.holder_id}", occurred_at=at, lot=row.lot,
            from_place_id=row.place_id, note="échu",
        )
        for row in rows.order_by("lot_id", "holder_id")
    ]  # fmt: skip
    return record(ecopole=ecopole, entries=entries, recorded_by=None, recorded_at=at)
