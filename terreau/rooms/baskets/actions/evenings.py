"""Handing baskets over, or saying what became of those left: one fact of the ledger for each that is due."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.effects import Action
from terreau.ledger.models import Custody, Event, Lot
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_date
from terreau.measures.quantity import Unit
from terreau.rooms.baskets.actions.packs import draw, restore
from terreau.rooms.baskets.models import BasketSize, Handover, Outcome
from terreau.rooms.baskets.queries.deliveries import Delivery, Rules, deliveries
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.territory.models import Ecopole, Place, PlaceKind, User


class DepotShelf:
    """The baskets at depots, read once and counted down: the last brought by that day go first."""

    def __init__(self, ecopole: Ecopole, keepers: Collection[int], products: Collection[int]):
        self._lots: dict[tuple[int, int], list[tuple[date, Lot]]] = defaultdict(list)
        self._left: dict[tuple[int, int], Decimal] = {}
        rows = Custody.objects.filter(
            ecopole=ecopole, holder__in=keepers, product__in=products, quantity__gt=0,
            place__kind=PlaceKind.DEPOT,
        )  # fmt: skip
        for row in rows.select_related("lot").order_by("-lot__born_at", "-lot_id"):
            born = timezone.localtime(row.lot.born_at).date()
            self._lots[row.place_id, row.product_id].append((born, row.lot))
            self._left[row.place_id, row.lot_id] = row.quantity

    def take(self, one: Delivery) -> Lot | None:
        """A lot that holds all the baskets of a delivery: they are alike."""
        for born, lot in self._lots[one.depot_id, one.product_id]:
            if born <= one.on and self._left[one.depot_id, lot.pk] >= one.count:
                self._left[one.depot_id, lot.pk] -= one.count
                return lot
        return None


@transaction.atomic
def hand_over(
    *, ecopole: Ecopole, depot: Place, day: date, outcome: str, subscriptions: Collection[int] | None = None,
    by: User | None, at: datetime, key: str,
) -> list[Handover]:  # fmt: skip
    """The baskets of these subscriptions, or all those of the day not noted yet, became that.

    Taken or kept, a basket passes to who is to have it; left and given, it goes on to the solidarity; the
    price is the full one, and the agreement that of the subscription. Brought back, nothing is due.
    """
    ecopole.take_turns()
    if known := list(Handover.objects.filter(depot=depot, key=key).order_by("id")):
        return known
    if day > timezone.localtime(at).date():
        raise BasketsRefused(f"Les paniers du {format_date(day)} se notent le jour même.")
    rules = Rules(ecopole)
    standing = Handover.objects.filter(day=day, depot=depot, withdrawn_at=None)
    noted = set(standing.values_list("subscription_id", flat=True))
    due = [
        one
        for one in deliveries(ecopole, day, day, depot=depot, rules=rules)
        if one.count
        and one.subscription_id not in noted
        and (subscriptions is None or one.subscription_id in subscriptions)
    ]
    terms = rules.terms(day)
    if terms is None:  # nothing was ever sold here
        return []
    shelf = DepotShelf(ecopole, {one.keeper_id for one in due}, {one.product_id for one in due})
    taken = []
    for one in due:
        if (lot := shelf.take(one)) is None:
            raise BasketsRefused(
                f"{one.depot}\u202f: il ne reste pas assez de « {one.size} » pour {one.member}. "
                "Enregistrez d’abord la livraison de ce dépôt."
            )
        taken.append((one, lot))
    return write(
        ecopole=ecopole, taken=taken, outcome=outcome, solidarity=terms.solidarity_id, by=by, at=at, key=key
    )


def write(
    *, ecopole: Ecopole, taken: Sequence[tuple[Delivery, Lot]], outcome: str, solidarity: int,
    by: User | None, at: datetime, key: str,
) -> list[Handover]:  # fmt: skip
    """What becomes of these baskets, in the ledger and beside it; those paid ahead are drawn."""
    docks = _docks(ecopole) if outcome == Outcome.BACK else {}
    entries: list[Entry] = []
    for one, lot in taken:
        # Noted the days after, it happened by the time the depot closed.
        on = at if one.on >= timezone.localtime(at).date() else one.ends_at
        entries += _entries(one, lot, outcome, solidarity, docks, on, key)
    written = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    events = {event.key: event for event in written}
    rows = Handover.objects.bulk_create(
        Handover(
            subscription_id=one.subscription_id, day=one.on, depot_id=one.depot_id, outcome=outcome,
            count=one.count, charge=one.charge, event=events.get(_key(one, key)), at=at, recorded_by=by,
            key=key,
        )
        for one, _ in taken
    )  # fmt: skip
    if outcome != Outcome.BACK:
        due = [(one, row) for (one, _), row in zip(taken, rows, strict=True)]
        draw(ecopole=ecopole, handed=due, at=at)
    return rows


def _key(one: Delivery, key: str) -> str:
    return f"handover:{one.subscription_id}:{one.on}:{key}"


def _docks(ecopole: Ecopole) -> dict[int, tuple[int, int]]:
    """Where the maker of each basket takes it back."""
    makers = dict(BasketSize.objects.filter(ecopole=ecopole).values_list("product_id", "maker_id"))
    docks = dict(Place.objects.filter(ecopole=ecopole, kind=PlaceKind.DOCK).values_list("agent_id", "id"))
    return {product: (maker, docks[maker]) for product, maker in makers.items() if maker in docks}


def _entries(
    one: Delivery,
    lot: Lot,
    outcome: str,
    solidarity: int,
    docks: dict[int, tuple[int, int]],
    on: datetime,
    key: str,
) -> list[Entry]:
    start, count = _key(one, key), Decimal(one.count)
    if outcome == Outcome.BACK:
        maker, dock = docks[one.product_id]
        return [
            Entry(
                Action.TRANSFER, one.keeper_id, maker, one.product_id, count, Unit.PIECE,
                key=f"{start}:back", occurred_at=on, lot=lot, from_place_id=one.depot_id, to_place_id=dock,
            )
        ]  # fmt: skip
    entries = [
        Entry(
            Action.TRANSFER, one.keeper_id, one.receiver_id, one.product_id, count, Unit.PIECE, key=start,
            occurred_at=on, lot=lot, from_place_id=one.depot_id, to_place_id=one.depot_id,
            agreement_id=one.agreement_id, price=one.price.times(one.count),
        )
    ]  # fmt: skip
    if outcome == Outcome.GIVEN and one.receiver_id != solidarity:
        entries.append(
            Entry(
                Action.TRANSFER, one.receiver_id, solidarity, one.product_id, count, Unit.PIECE,
                key=f"{start}:given", occurred_at=on, lot=lot, from_place_id=one.depot_id,
                to_place_id=one.depot_id,
            )
        )  # fmt: skip
    return entries


@transaction.atomic
def withdraw(*, handover: Handover, by: User | None, at: datetime) -> None:
    """Noted by mistake: its facts are reversed, and the basket waits again."""
    ecopole = handover.subscription.member.ecopole
    ecopole.take_turns()
    handover.refresh_from_db()
    if handover.withdrawn_at:
        return
    start = f"handover:{handover.subscription_id}:{handover.day}:{handover.key}"
    rows = Event.objects.filter(STANDING, ecopole=ecopole, key__gte=start, key__lt=f"{start};")
    reverse(
        ecopole=ecopole, events=list(rows.select_related("product")), by=by, at=at,
        key=f"handover-withdrawn:{handover.pk}",
    )  # fmt: skip
    restore(handover=handover, at=at)
    handover.withdrawn_at = at
    handover.save(update_fields=["withdrawn_at"])
