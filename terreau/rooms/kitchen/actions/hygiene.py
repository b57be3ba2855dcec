"""The hygiene file: equipment and its checks, cleaning, non-conformities, training; who answers for it."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import agree
from terreau.ledger.models import AgreementKind, Per
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.rooms.kitchen.models import (
    Equipment,
    EquipmentFact,
    Fee,
    Operator,
    Record,
    RecordKind,
)
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import Agent, Ecopole, Product, User


@transaction.atomic
def add_equipment(*, ecopole: Ecopole, kind: str, name: str, since: date, key: str) -> Equipment:
    ecopole.take_turns()
    if known := Equipment.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if Equipment.objects.filter(ecopole=ecopole, name=name, closed_on=None).exists():
        raise KitchenRefused(f"{name}\u202f: un appareil porte déjà ce nom. Donnez-en un autre.", "name")
    return Equipment.objects.create(ecopole=ecopole, kind=kind, name=name, since=since, key=key)


@transaction.atomic
def note_fact(
    *, equipment: Equipment, kind: str, on: date, note: str, by: User | None, at: datetime, key: str
) -> EquipmentFact:
    """An inspection, a calibration, a breakdown, a repair: on the day it was."""
    equipment.ecopole.take_turns()
    if known := EquipmentFact.objects.filter(equipment=equipment, key=key).first():
        return known
    _refuse_future(on, at, "on")
    return EquipmentFact.objects.create(
        equipment=equipment, kind=kind, on=on, note=note.strip(), recorded_by=by, recorded_at=at, key=key
    )


@transaction.atomic
def note_record(
    *, ecopole: Ecopole, kind: str, what: str, on: date, note: str = "", until: date | None = None,
    person: User | None = None, by: User | None, at: datetime, key: str,
) -> Record:  # fmt: skip
    """A line of the file, on the day it was."""
    ecopole.take_turns()
    if known := Record.objects.filter(ecopole=ecopole, key=key).first():
        return known
    _refuse_future(on, at, "on")
    if kind == RecordKind.TRAINING and person is None:
        raise KitchenRefused("Choisissez la personne formée.", "person")
    if until and until < on:
        raise KitchenRefused(
            f"Valable jusqu’au {format_date(until)}\u202f: c’est avant le {format_date(on)}. "
            "Échangez les dates.",
            "until",
        )
    return Record.objects.create(
        ecopole=ecopole, kind=kind, what=what.strip(), on=on, until=until, person=person, note=note.strip(),
        recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip


def _refuse_future(on: date, at: datetime, field: str) -> None:
    if on > timezone.localtime(at).date():
        raise KitchenRefused(f"Le {format_date(on)} n’est pas encore passé. Notez-le le jour même.", field)


@transaction.atomic
def say_operator(
    *, ecopole: Ecopole, kitchen: Agent, name: str, address: str, organic_body: str = "",
    organic_until: date | None = None, starts_on: date, by: User | None, at: datetime, key: str,
) -> Operator:  # fmt: skip
    """Who answers for what is on the labels, from a day on."""
    ecopole.take_turns()
    if known := Operator.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if bool(organic_body.strip()) != bool(organic_until):
        raise KitchenRefused(
            "Écrivez le code de l’organisme et la fin du certificat, ou ni l’un ni l’autre.", "organic_body"
        )
    return Operator.objects.create(
        ecopole=ecopole, kitchen=kitchen, name=name.strip(), address=address.strip(),
        organic_body=organic_body.strip(), organic_until=organic_until, starts_on=starts_on, recorded_by=by,
        recorded_at=at, key=key,
    )  # fmt: skip


@transaction.atomic
def agree_fee(
    *, ecopole: Ecopole, kitchen: Agent, farm: Agent, per_batch: Money, per_unit: Money, starts_on: date,
    agreed: str, service: Product, by: User | None, at: datetime, key: str,
) -> Fee:  # fmt: skip
    """What is agreed with a farm, from a day on: never before it is written, so that what was made stays."""
    ecopole.take_turns()
    if known := Fee.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if per_batch.cents < 0 or per_unit.cents < 0:
        raise KitchenRefused("Un prix à façon ne descend pas sous 0 €. Corrigez-le.", "per_batch")
    if starts_on < timezone.localtime(at).date():
        raise KitchenRefused(
            f"Le {format_date(starts_on)} est passé\u202f: ce qui est fait garde son prix. "
            "Choisissez aujourd’hui ou un jour à venir.",
            "starts_on",
        )
    if not agreed.strip():
        raise KitchenRefused(
            "Dites où c’est écrit, par exemple «\u202fconvention du 12 mars\u202f».", "agreed"
        )
    agreement = agree(
        ecopole=ecopole, kind=AgreementKind.SERVICE, provider_id=kitchen.pk, receiver_id=farm.pk,
        product_id=service.pk, promised_value=per_batch, per=Per.ORDER, starts_on=starts_on,
        note=f"Transformation à façon\u202f: {agreed.strip()}"[:500], key=f"kitchen-fee:{key}",
    )  # fmt: skip
    return Fee.objects.create(
        ecopole=ecopole, farm=farm, agreement=agreement, per_batch=per_batch, per_unit=per_unit,
        starts_on=starts_on, agreed=agreed.strip(), recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip
