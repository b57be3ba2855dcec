"""Entries noted in the field, as the phone sends them: read one by one, refused in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from terreau.formats.photo import PhotoRefused
from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.ledger.offline import EntryRefused, Noted
from terreau.measures.french import FrenchEntryError, parse_quantity
from terreau.measures.quantity import Unit
from terreau.rooms.garden.actions.field import harvest_in_field, observe, work_in_field
from terreau.rooms.garden.queries.field import GROWN, garden_beds
from terreau.rooms.garden.queries.plantings import GESTURES
from terreau.territory.models import Agent, Ecopole, Place, Product, User
from terreau.territory.queries import products


@dataclass(frozen=True)
class Sender:
    """Who sends, from which garden, when; and what its entries may name."""

    ecopole: Ecopole
    garden: Agent
    by: User
    at: datetime
    beds: Mapping[int, Place]
    products: Mapping[int, Product]
    trades: Mapping[str, Product]

    @classmethod
    def of(cls, ecopole: Ecopole, garden: Agent, by: User, at: datetime) -> "Sender":
        return cls(
            ecopole,
            garden,
            by,
            at,
            {place.pk: place for place in garden_beds(ecopole, garden)},
            {product.pk: product for product in products(GROWN)},
            {product.code: product for product in Product.objects.filter(code__in=GESTURES)},
        )


def receive(sender: Sender, sent: object) -> str:
    """Write an entry once; an empty answer says that it is written, now or before."""
    try:
        _Entry(sender, sent).write()
    except (EntryRefused, AnswerRefused, LedgerRefusal, FrenchEntryError, PhotoRefused) as refusal:
        return str(refusal)
    return ""


class _Entry(Noted):
    """One entry of the garden, written by whoever sends it."""

    def __init__(self, sender: Sender, sent: object):
        super().__init__(sent)
        self.sender = sender

    def write(self) -> None:
        self.gesture({"harvest": self._harvest, "work": self._work, "note": self._note})()

    def _harvest(self) -> None:
        place, product = self._bed(), self.sender.products.get(self.row("product") or 0)
        if product is None:
            raise EntryRefused("Ce produit n’est pas cultivé ici. Choisissez-le dans la liste.")
        quantity = parse_quantity(self.text("quantity"), Unit(product.unit)).amount
        harvest_in_field(**self._common(), garden=self.sender.garden, place=place, product=product,
                         quantity=quantity)  # fmt: skip

    def _work(self) -> None:
        trade = self.sender.trades.get(self.text("trade"))
        if trade is None:
            raise EntryRefused("Ce geste n’est pas connu. Choisissez-le dans la liste.")
        place = self._bed() if self.sent.get("bed") is not None else None
        hours = parse_quantity(self.text("quantity"), Unit.HOUR).amount
        work_in_field(
            **self._common(),
            garden=self.sender.garden,
            trade=trade,
            hours=hours,
            place=place,
            planting=self._planting(place),
            task=self._task(place),
        )

    def _note(self) -> None:
        text, photo = self.text("text"), self.photo()
        if not text.strip() and photo is None:
            raise EntryRefused("L’observation est vide. Écrivez ce qui a été vu, ou prenez une photo.")
        place = self._bed()
        observe(**self._common(), place=place, planting=self._planting(place), text=text.strip(), photo=photo)

    def _common(self) -> dict[str, Any]:
        sender = self.sender
        return {
            "ecopole": sender.ecopole, "on": self.occurred_at(sender.at), "by": sender.by, "at": sender.at,
            "key": self.key,
        }  # fmt: skip

    def _bed(self) -> Place:
        place = self.sender.beds.get(self.row("bed") or 0)
        if place is None:
            raise EntryRefused("Cette planche n’est pas du jardin. Choisissez-la dans la liste.")
        return place

    def _planting(self, place: Place | None) -> Process | None:
        if self.sent.get("planting") is None or place is None:
            return None
        found = Process.objects.filter(
            ecopole=self.sender.ecopole, kind=ProcessKind.PLANTING, place=place, pk=self.row("planting") or 0
        ).first()
        if found is None:
            raise EntryRefused(f"{place}\u202f: cette culture n’y est pas. Choisissez-la dans la liste.")
        return found

    def _task(self, place: Place | None) -> Commitment | None:
        if self.sent.get("task") is None:
            return None
        found = Commitment.objects.filter(
            ecopole=self.sender.ecopole,
            action=Action.WORK,
            provider=self.sender.garden,
            process__kind=ProcessKind.PLANTING,
            to_place=place,
            pk=self.row("task") or 0,
        )
        row = found.select_related("product", "to_place").first()
        if row is None:
            raise EntryRefused("Ce geste n’est plus au calendrier. Choisissez « Autre travail ».")
        return row
