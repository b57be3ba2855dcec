"""Entries noted in the field, as the phone sends them: read one by one, refused in words.

An entry is a fact that already happened: its key and its hour were made on the phone, where it waits until it
is answered. What cannot be read is never guessed: it goes back with the reason.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from terreau.formats.photo import PhotoRefused, bare
from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.dueforms import KEY
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.measures.french import FrenchEntryError, format_date, parse_quantity
from terreau.measures.quantity import Unit
from terreau.rooms.garden.actions.field import harvest_in_field, observe, work_in_field
from terreau.rooms.garden.queries.field import GROWN, garden_beds
from terreau.rooms.garden.queries.plantings import GESTURES
from terreau.territory.models import Agent, Ecopole, Place, Product, User
from terreau.territory.queries import products

ENTRIES_MAX = 50
# Older, it belongs to a week whose accounts were read: it is entered on the garden's pages, knowingly.
DAYS_MAX = 14
TEXT_MAX = 500
ROW_MAX = 10**18
# A photograph too heavy is refused by its own rule, in its own words.
PHOTO_MAX = 10_000_000
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


class EntryRefused(Exception):
    """Nothing was written; the message says what to correct on the phone."""


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
        entry = _Entry(sender, sent)
        entry.write()
    except (EntryRefused, AnswerRefused, LedgerRefusal, FrenchEntryError, PhotoRefused) as refusal:
        return str(refusal)
    return ""


def key_of(sent: object) -> str:
    """The key an answer is given to, as far as it can be read."""
    key = sent.get("key", "") if isinstance(sent, dict) else ""
    return key if isinstance(key, str) and KEY.fullmatch(key) else ""


class _Entry:
    """One entry, read field by field."""

    def __init__(self, sender: Sender, sent: object):
        if not isinstance(sent, dict) or not key_of(sent):
            raise EntryRefused("Saisie illisible : rechargez la page de terrain, puis saisissez de nouveau.")
        self.sender, self.sent, self.key = sender, sent, key_of(sent)

    def write(self) -> None:
        kinds: dict[str, Callable[[], None]] = {
            "harvest": self._harvest,
            "work": self._work,
            "note": self._note,
        }
        kind = self._text("kind")
        if kind not in kinds:
            raise EntryRefused("Cette saisie n’est pas d’une sorte connue. Rechargez la page de terrain.")
        kinds[kind]()

    def _harvest(self) -> None:
        place, product = self._bed(), self.sender.products.get(self._row("product") or 0)
        if product is None:
            raise EntryRefused("Ce produit n’est pas cultivé ici. Choisissez-le dans la liste.")
        quantity = parse_quantity(self._text("quantity"), Unit(product.unit)).amount
        harvest_in_field(**self._common(), garden=self.sender.garden, place=place, product=product,
                         quantity=quantity)  # fmt: skip

    def _work(self) -> None:
        trade = self.sender.trades.get(self._text("trade"))
        if trade is None:
            raise EntryRefused("Ce geste n’est pas connu. Choisissez-le dans la liste.")
        place = self._bed() if self.sent.get("bed") is not None else None
        hours = parse_quantity(self._text("quantity"), Unit.HOUR).amount
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
        text, photo = self._text("text"), self._photo()
        if not text.strip() and photo is None:
            raise EntryRefused("L’observation est vide. Écrivez ce qui a été vu, ou prenez une photo.")
        place = self._bed()
        observe(**self._common(), place=place, planting=self._planting(place), text=text.strip(), photo=photo)

    def _common(self) -> dict[str, Any]:
        sender = self.sender
        return {
            "ecopole": sender.ecopole, "on": self._occurred_at(), "by": sender.by, "at": sender.at,
            "key": self.key,
        }  # fmt: skip

    def _text(self, name: str, longest: int = TEXT_MAX) -> str:
        text = self.sent.get(name, "")
        if not isinstance(text, str) or UNWRITABLE.search(text):
            raise EntryRefused("Un mot de cette saisie ne se lit pas. Saisissez-la de nouveau.")
        if len(text) > longest:
            raise EntryRefused(f"Texte trop long : {len(text)} caractères, {longest} au plus.")
        return text

    def _row(self, name: str) -> int | None:
        row = self.sent.get(name)
        return row if type(row) is int and 0 < row < ROW_MAX else None

    def _bed(self) -> Place:
        place = self.sender.beds.get(self._row("bed") or 0)
        if place is None:
            raise EntryRefused("Cette planche n’est pas du jardin. Choisissez-la dans la liste.")
        return place

    def _planting(self, place: Place | None) -> Process | None:
        if self.sent.get("planting") is None or place is None:
            return None
        found = Process.objects.filter(
            ecopole=self.sender.ecopole, kind=ProcessKind.PLANTING, place=place, pk=self._row("planting") or 0
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
            pk=self._row("task") or 0,
        )
        row = found.select_related("product", "to_place").first()
        if row is None:
            raise EntryRefused("Ce geste n’est plus au calendrier. Choisissez « Autre travail ».")
        return row

    def _occurred_at(self) -> datetime:
        """When it happened, by the phone's clock: today at the latest, two weeks ago at the earliest."""
        typed, at = self._text("occurred_at"), self.sender.at
        try:
            if not DATED.fullmatch(typed):
                raise ValueError(typed)
            on = timezone.localtime(datetime.fromisoformat(typed))
        except (ValueError, OverflowError):
            raise EntryRefused("La date de cette saisie ne se lit pas. Corrigez-la.") from None
        today = timezone.localtime(at).date()
        if on.date() > today:
            raise EntryRefused(
                f"Saisie datée du {format_date(on.date())}, qui n’est pas encore venu. "
                "Corrigez la date, et réglez l’horloge du téléphone."
            )
        if on.date() < today - timedelta(days=DAYS_MAX):
            raise EntryRefused(
                f"Saisie datée du {format_date(on.date())}, il y a plus de {DAYS_MAX} jours. "
                "Corrigez la date si elle est fausse\u202f; sinon, voyez avec la coordination."
            )
        # A clock some minutes fast is not the future.
        return min(on, at)

    def _photo(self) -> bytes | None:
        coded = self._text("photo", PHOTO_MAX)
        if not coded:
            return None
        try:
            return bare(base64.b64decode(coded, validate=True))
        except binascii.Error:
            raise PhotoRefused("La photo est arrivée abîmée. Prenez-en une autre.") from None
