"""Entries noted on the road, as the phone sends them: read one by one, refused in words."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from terreau.formats.photo import PNG, PhotoRefused, media_type
from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.ledger.offline import EntryRefused, Noted, row_in
from terreau.measures.french import FrenchEntryError, format_decimal, parse_decimal, parse_quantity
from terreau.measures.quantity import Unit
from terreau.rooms.platform.actions.road import note_stop
from terreau.rooms.platform.actions.temperatures import TemperatureRefused, read_temperature
from terreau.rooms.platform.models import StopKind, Vehicle
from terreau.rooms.platform.temperatures import OF_A_LOAD, Spot, kind_of
from terreau.territory.models import Agent, Ecopole, User

NAME_MAX, REASON_MAX = 80, 200
SIGNATURE_BYTES_MAX = 100_000


@dataclass(frozen=True)
class Driver:
    """Who sends, when, for which platform."""

    ecopole: Ecopole
    platform: Agent
    by: User
    at: datetime


def receive(driver: Driver, sent: object) -> str:
    """Write an entry once; an empty answer says that it is written, now or before."""
    try:
        _Entry(driver, sent).write()
    except (
        EntryRefused, AnswerRefused, LedgerRefusal, FrenchEntryError, PhotoRefused, TemperatureRefused,
    ) as refusal:  # fmt: skip
        return str(refusal)
    return ""


class _Entry(Noted):
    """One entry of a round, written by whoever sends it."""

    def __init__(self, driver: Driver, sent: object):
        super().__init__(sent)
        self.driver = driver

    def write(self) -> None:
        self.gesture(
            {
                "delivery": self._delivery, "collection": self._collection, "passage": self._passage,
                "problem": self._problem, "temperature": self._temperature,
            }
        )()  # fmt: skip

    def _delivery(self) -> None:
        self._handed(StopKind.DELIVERED)

    def _collection(self) -> None:
        self._handed(StopKind.COLLECTED)

    def _handed(self, kind: StopKind) -> None:
        one = self._round()
        rank = self._rank(one)
        stop = one.detail["stops"][rank - 1]
        if stop.get("collects", False) != (kind == StopKind.COLLECTED):
            raise EntryRefused("À cet arrêt on ne fait pas cela. Rechargez la page.")
        done = self._answers(stop["commitments"])
        if kind == StopKind.COLLECTED:
            # Less than promised is less; a load refused whole is said at the dock, with its reason.
            done = [replace(answer, refused="") for answer in done]
        self._note(
            one, rank, kind, done=done, signed_by=self.text("signed_by", NAME_MAX).strip(),
            signature=self._signature(),
        )  # fmt: skip

    def _passage(self) -> None:
        one = self._round()
        self._note(one, self._rank(one), StopKind.PASSED)

    def _problem(self) -> None:
        one, text, photo = self._round(), self.text("text").strip(), self.photo()
        if not text and photo is None:
            raise EntryRefused("Le problème est vide. Écrivez ce qui s’est passé, ou prenez une photo.")
        self._note(one, self._rank(one), StopKind.PROBLEM, text=text, photo=photo)

    def _temperature(self) -> None:
        one = self._round()
        vehicle = Vehicle.objects.filter(ecopole=one.ecopole_id, pk=one.detail["vehicle"]["id"]).first()
        if vehicle is None:
            raise EntryRefused(
                "Ce véhicule n’est plus connu. Notez cette température à la page Températures."
            )
        carried = [pk for stop in one.detail["stops"] for pk in stop["commitments"]]
        families = Commitment.objects.filter(ecopole=one.ecopole_id, pk__in=carried).order_by()
        kind = kind_of(set(families.values_list("product__family", flat=True)), OF_A_LOAD)
        driver = self.driver
        read_temperature(
            ecopole=driver.ecopole, spot=Spot(f"Charge\u202f: {vehicle}", kind, vehicle=vehicle),
            celsius=parse_decimal(self.text("celsius")), read_at=self.occurred_at(driver.at),
            by=driver.by, at=driver.at, key=self.key,
        )  # fmt: skip

    def _note(self, one: Process, rank: int, kind: StopKind, **said: Any) -> None:
        driver = self.driver
        note_stop(
            ecopole=driver.ecopole, platform=driver.platform, round=one, rank=rank, kind=kind,
            on=self.occurred_at(driver.at), by=driver.by, at=driver.at, key=self.key, **said,
        )  # fmt: skip

    def _round(self) -> Process:
        rows = Process.objects.filter(ecopole=self.driver.ecopole, kind=ProcessKind.ROUND)
        one = rows.filter(pk=self.row("round") or 0).first()
        if one is None:
            raise EntryRefused("Cette tournée n’est pas connue. Rechargez la page.")
        return one

    def _rank(self, one: Process) -> int:
        rank = self.row("stop") or 0
        if not 1 <= rank <= len(one.detail["stops"]):
            raise EntryRefused("Cet arrêt n’est pas dans la tournée. Rechargez la page.")
        return rank

    def _answers(self, promised: list[int]) -> list[Answer]:
        """What was handed over of each line; only lines of this stop."""
        sent, reason = self.sent.get("lines"), self.text("reason", REASON_MAX).strip()
        if not isinstance(sent, list) or not sent:
            raise EntryRefused("Aucune ligne n’est dite faite. Rechargez la page.")
        typed = [self._typed(line) for line in sent[: len(promised) + 1]]
        rows = Commitment.objects.select_related("product").filter(
            ecopole=self.driver.ecopole, pk__in=promised
        )
        known = {row.pk: row for row in rows}
        if len({pk for pk, _ in typed}) < len(sent) or any(pk not in known for pk, _ in typed):
            raise EntryRefused("Une ligne n’est pas de cet arrêt. Rechargez la page.")
        amounts = [
            (known[pk], parse_quantity(said, Unit(known[pk].product.unit)).amount) for pk, said in typed
        ]
        return [Answer(c, amount, reason if amount < c.quantity else "") for c, amount in amounts]

    def _typed(self, line: object) -> tuple[int, str]:
        said = line.get("quantity") if isinstance(line, dict) else None
        if not isinstance(line, dict) or not isinstance(said, str):
            raise EntryRefused("Une ligne de cette livraison ne se lit pas. Rechargez la page.")
        return row_in(line.get("id")) or 0, said

    def _signature(self) -> bytes | None:
        """A drawing made on the phone: small, and a PNG; it says nothing without a name."""
        drawn = self.photo("signature")
        if drawn is None:
            return None
        if media_type(drawn) != PNG or len(drawn) > SIGNATURE_BYTES_MAX:
            most = format_decimal(SIGNATURE_BYTES_MAX // 1000)
            raise EntryRefused(
                f"Signature illisible\u202f: un dessin PNG de {most}\u00a0ko au plus. Effacez-la."
            )
        if not self.text("signed_by", NAME_MAX).strip():
            raise EntryRefused("La signature n’a pas de nom. Écrivez qui a signé, ou effacez-la.")
        return drawn
