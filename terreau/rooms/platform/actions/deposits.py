"""What farms leave and still own: left, taken back, handed over to a processor, lost; and what is agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.answers import AnswerRefused, first_time
from terreau.ledger.models import Event, Lot
from terreau.measures.french import format_date, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform.certificates import Received, days_covered, validity
from terreau.rooms.platform.crates import door_of
from terreau.rooms.platform.deposits import Left, Rates
from terreau.rooms.platform.models import Commission, Deposit, Purpose
from terreau.territory.models import Agent, Ecopole, Place, Product, User


class DepositRefused(AnswerRefused):
    """Nothing was written; the message says what to do, and `field` on which answer of a form."""


def _said(product: Product, quantity: Decimal) -> str:
    return format_quantity(Quantity(quantity, Unit(product.unit)))


@transaction.atomic
def leave(
    *,
    ecopole: Ecopole,
    platform: Agent,
    farm: Agent,
    product: Product,
    quantity: Decimal,
    quality: int,
    purpose: str,
    by: User | None,
    at: datetime,
    key: str,
) -> Deposit:
    """A farm leaves goods that stay its own: a lot is born at its gate, and the platform holds it.

    Without a certificate valid that day, what is said organic is noted as conventional, as at any arrival.
    """
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    if known := Deposit.objects.filter(ecopole=ecopole, key=key).select_related("lot").first():
        return known
    day = at.date()
    if quantity <= 0:
        raise DepositRefused(
            f"Dépôt de {_said(product, quantity)}\u202f: saisissez ce qui est laissé.", "quantity"
        )
    if purpose == Purpose.SALE and Rates(ecopole, [farm.pk]).on(farm.pk, day) is None:
        raise DepositRefused(
            f"{farm}\u202f: aucune commission n’est convenue au {format_date(day)}. "
            "Écrivez-la d’abord, ou laissez ce dépôt à garder.",
            "purpose",
        )
    store = Place.objects.filter(ecopole=ecopole, agent=platform, kind=product.storage).order_by("id")[0]
    gate = door_of(farm)
    noted = Received(quality, validity(days_covered(ecopole, [farm.pk])[farm.pk], day))
    new = NewLot(
        product, farm.pk, noted.quality, at, key, origin_id=gate.pk, keeps_until=product.keeps_until(day)
    )  # fmt: skip
    lot = new_lots(ecopole=ecopole, lots=[new])[0]
    born = Entry(
        "produce", farm.pk, farm.pk, product.pk, quantity, Unit(product.unit), f"{key}:0", at, lot=lot,
        to_place_id=gate.pk, note=noted.lowering,
    )  # fmt: skip
    held = _handed(lot, product, farm, platform, gate, store, quantity, at, f"{key}:1")
    record(ecopole=ecopole, entries=[born, held], recorded_by=by, recorded_at=at)
    return Deposit.objects.create(
        ecopole=ecopole, lot=lot, purpose=purpose, recorded_by=by, recorded_at=at, key=key
    )


def _handed(
    lot: Lot, product: Product, giver: Agent, taker: Agent, left: Place, reached: Place,
    quantity: Decimal, at: datetime, key: str,
) -> Entry:  # fmt: skip
    return Entry(
        "transfer_custody", giver.pk, taker.pk, product.pk, quantity, Unit(product.unit), key, at, lot=lot,
        from_place_id=left.pk, to_place_id=reached.pk,
    )  # fmt: skip


@transaction.atomic
def hand_over(
    *,
    ecopole: Ecopole,
    part: Left,
    taker: Agent,
    place: Place | None = None,
    quantity: Decimal | None = None,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """All of a part of a deposit, or so much of it, goes to its farm, to a processor, or back to a store.

    Whose it is does not change.
    """
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    lot, amount = part.deposit.lot, part.quantity if quantity is None else quantity
    if not 0 < amount <= part.quantity:
        raise DepositRefused(
            f"{lot.product}, lot {lot.code}\u202f: {_said(lot.product, part.quantity)} en dépôt, pour "
            f"{_said(lot.product, amount)} demandés. Saisissez ce qui part.",
            "quantity",
        )
    entry = _handed(
        lot, lot.product, part.holder, taker, part.place, place or door_of(taker), amount, at, f"{key}:0"
    )
    return record(ecopole=ecopole, entries=[entry], recorded_by=by, recorded_at=at)


def for_owners(entries: Sequence[Entry], owners: Mapping[int, int]) -> list[Entry]:
    """What is lost, or found again, of a lot held for a farm is its farm's: it comes back to it on the spot.

    Rights stay where they were; the statement tells them as lost, or found.
    """
    told: list[Entry] = []
    for entry in entries:
        owner = owners.get(entry.lot.pk) if entry.lot else None
        if owner is None:
            told.append(entry)
            continue
        holder, place = entry.provider_id, entry.from_place_id or entry.to_place_id
        lost = entry.action == "lower"
        giver, taker = (holder, owner) if lost else (owner, holder)
        its = replace(entry, provider_id=owner, receiver_id=owner)
        handed = replace(
            entry, action="transfer_custody", provider_id=giver, receiver_id=taker, from_place_id=place,
            to_place_id=place, fulfils_id=None, key=f"{entry.key}:held",
        )  # fmt: skip
        told += [handed, its] if lost else [its, handed]
    return told


@transaction.atomic
def agree_commission(
    *,
    ecopole: Ecopole,
    farm: Agent,
    percent: Decimal,
    starts_on: date,
    agreed: str,
    by: User | None,
    at: datetime,
    key: str,
) -> Commission:
    """The rate agreed with a farm, from a day on: never before it is written, so that what is sold stays."""
    ecopole.take_turns()
    if known := Commission.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if not 0 <= percent <= 100:
        raise DepositRefused(f"{percent}\u202f%\u202f: saisissez un taux de 0 à 100.", "percent")
    if starts_on < at.date():
        raise DepositRefused(
            f"Le {format_date(starts_on)} est passé\u202f: ce qui est vendu garde sa commission. "
            "Choisissez aujourd’hui ou un jour à venir.",
            "starts_on",
        )
    if not agreed.strip():
        raise DepositRefused(
            "Dites où c’est écrit, par exemple «\u202fconvention du 12 mars\u202f».", "agreed"
        )
    return Commission.objects.create(
        ecopole=ecopole, farm=farm, percent=percent, starts_on=starts_on, agreed=agreed.strip(),
        recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip
