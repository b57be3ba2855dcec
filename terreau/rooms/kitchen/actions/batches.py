"""A batch: planned, its lots put in, weighed as it comes out, held until its points are right, released."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import (
    Entry,
    NewLot,
    NewProcess,
    Promise,
    cancel,
    judge,
    new_lots,
    open_processes,
    promise,
    record,
)
from terreau.ledger.answers import Answer, close_short, first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment, Event, Lot, ProcessKind, Verdict, VerdictKind
from terreau.ledger.queries import StockLine, negative_rights
from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.kitchen.actions.goods import store_of
from terreau.rooms.kitchen.models import Batch, Ending, EquipmentKind, Fee, RecipeVersion
from terreau.rooms.kitchen.points import rules
from terreau.rooms.kitchen.queries.batches import Sheet, sheet_of
from terreau.rooms.kitchen.queries.equipment import machines_of
from terreau.rooms.kitchen.queries.hygiene import operator_on, trained
from terreau.rooms.kitchen.recipes import kilos, made_quality
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.rooms.kitchen.trades import SERVICE, WORK
from terreau.territory.models import Agent, Ecopole, Product, User

AUTOCLAVE_TRAINING = "Autoclave"


@transaction.atomic
def plan_batch(
    *, ecopole: Ecopole, kitchen: Agent, version: RecipeVersion, planned: Decimal, on: date,
    owner: Agent | None = None, by: User | None, at: datetime, key: str,
) -> Batch:  # fmt: skip
    """So much of a recipe, on a day: promised, so that it awaits the kitchen on its first page."""
    ecopole.take_turns()
    if known := Batch.objects.filter(process__ecopole=ecopole, process__key=f"kitchen-batch:{key}").first():
        return known
    if planned <= 0:
        raise KitchenRefused(f"{version.recipe}\u202f: saisissez combien vous comptez en faire.", "planned")
    refuse_equipment(version, on)
    if owner and fee_on(ecopole, owner, on) is None:
        raise KitchenRefused(
            f"{owner}\u202f: aucun prix à façon n’est convenu à cette date. Écrivez-le d’abord.", "owner"
        )
    product = version.recipe.product
    process = open_processes(
        ecopole=ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.BATCH, key=f"kitchen-batch:{key}", label=version.recipe.name[:120],
                agent_id=kitchen.pk, place_id=store_of(kitchen, product.storage).pk, planned_for=on,
                detail={"recipe": version.recipe_id, "version": version.number},
            )
        ],
    )[0]  # fmt: skip
    due = Promise(
        Action.PRODUCE, kitchen.pk, kitchen.pk, product.pk, planned, Unit(product.unit), on,
        key=f"kitchen-batch:{key}:made", to_place_id=process.place_id, process_id=process.pk,
    )  # fmt: skip
    promise(ecopole=ecopole, promises=[due])
    return Batch.objects.create(
        process=process, version=version, kitchen=kitchen, owner=owner, planned=planned, on=on
    )


def refuse_equipment(version: RecipeVersion, on: date) -> None:
    """What is broken or overdue is not used; an autoclave is run by somebody trained."""
    rows = list(version.equipment.prefetch_related("facts"))
    for machine in machines_of(rows, on):
        if why := machine.why_not(on):
            raise KitchenRefused(why)
    kinds = {row.kind for row in rows}
    if version.schedule != "sterilised":
        return
    if EquipmentKind.AUTOCLAVE not in kinds:
        raise KitchenRefused(
            f"{version.recipe}\u202f: sa recette est stérilisée et ne nomme aucun autoclave. "
            "Écrivez-en une version qui le dit."
        )
    if not trained(version.recipe.ecopole_id, AUTOCLAVE_TRAINING, on):
        raise KitchenRefused(
            "Personne n’a de formation à l’autoclave valable ce jour-là. Notez-la dans Hygiène."
        )


def fee_on(ecopole: Ecopole, farm: Agent, on: date) -> Fee | None:
    """What is agreed with a farm that day: the last line begun."""
    return (
        Fee.objects.filter(ecopole=ecopole, farm=farm, starts_on__lte=on)
        .order_by("-starts_on", "-id")
        .first()
    )


@transaction.atomic
def use(
    *, batch: Batch, lines: Sequence[tuple[StockLine, Decimal]], by: User | None, at: datetime, key: str
) -> list[Event]:
    """Lots go in. A farm's own goes only in a batch made for it; its debt is settled by what comes out."""
    ecopole = batch.process.ecopole
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    sheet = sheet_of(batch)
    _refuse_closed(sheet)
    _refuse_use(sheet, lines, timezone.localtime(at).date())
    entries = [
        Entry(
            Action.CONSUME, batch.kitchen_id, batch.kitchen_id, line.product.pk, quantity,
            Unit(line.product.unit), f"{key}:{n}", at, lot=line.lot, from_place_id=line.place.pk,
            process_id=batch.process_id,
        )
        for n, (line, quantity) in enumerate(lines)
    ]  # fmt: skip
    return record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)


def _refuse_closed(sheet: Sheet) -> None:
    if sheet.ending:
        raise KitchenRefused(f"{sheet.recipe}\u202f: cette fournée est finie. Rechargez la page.")
    if sheet.state == "dropped":
        raise KitchenRefused(f"{sheet.recipe}\u202f: cette fournée est abandonnée ({sheet.given_up}).")


def _refuse_use(sheet: Sheet, lines: Sequence[tuple[StockLine, Decimal]], today: date) -> None:
    if not lines:
        raise KitchenRefused("Rien n’est saisi\u202f: dites combien de chaque lot entre dans la fournée.")
    owner, wanted = sheet.batch.owner, {row.product_id for row in sheet.ingredients}
    for line, quantity in lines:
        said = f"{line.product}, lot {line.lot.code}"
        if line.product.pk not in wanted:
            raise KitchenRefused(
                f"{said}\u202f: ce n’est pas dans la recette. Ses allergènes manqueraient à "
                "l’étiquette\u202f: écrivez une version qui le contient."
            )
        if not 0 < quantity <= line.quantity:
            there = format_quantity(Quantity(line.quantity, Unit(line.product.unit)))
            raise KitchenRefused(f"{said}\u202f: il y en a {there}. Saisissez ce qui entre.")
        if line.owner and (owner is None or line.owner.pk != owner.pk):
            raise KitchenRefused(
                f"{said}\u202f: c’est à {line.owner}. Il n’entre que dans une fournée faite pour cette ferme."
            )
        if line.keeps_until and line.keeps_until < today:
            raise KitchenRefused(f"{said}\u202f: sa date est passée. Écartez ce lot.")


@transaction.atomic
def drop_batch(*, batch: Batch, reason: str, by: User | None, at: datetime, key: str) -> None:
    """It will not be made, and why; what was already put in is undone first."""
    batch.process.ecopole.take_turns()
    sheet = sheet_of(batch)
    if sheet.state == "dropped":
        return
    _refuse_closed(sheet)
    if sheet.used:
        raise KitchenRefused(
            f"{sheet.recipe}\u202f: des lots y sont déjà entrés. Finissez la fournée, avec ce qui en sort."
        )
    if not reason.strip():
        raise KitchenRefused("Dites pourquoi cette fournée ne se fait pas.", "reason")
    rows = list(Commitment.objects.filter(process=batch.process_id))
    cancel(commitments=rows, reason=reason.strip(), by=by, at=at, key=key)


@dataclass(frozen=True)
class Out:
    """What came out: units in store, those kept for the oven, what was peeled off, what boiled away."""

    made: Decimal
    hours: Decimal
    samples: int = 0
    water_kg: Decimal = Decimal(0)
    trimmings_kg: Decimal = Decimal(0)
    steam_kg: Decimal = Decimal(0)
    reason: str = ""


@transaction.atomic
def finish(*, batch: Batch, out: Out, by: User | None, at: datetime, key: str) -> list[Event]:
    """A new lot, held; the hours; for a farm, its debt settled and the fee. The mass closes, or says why."""
    ecopole = batch.process.ecopole
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    sheet = sheet_of(batch)
    _refuse_closed(sheet)
    gap = _refuse_out(sheet, out, timezone.localtime(at).date())
    lot = new_lots(ecopole=ecopole, lots=[_lot(sheet, at, key)])[0]
    entries = list(_entries(sheet, out, lot, at, key))
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    Ending.objects.create(
        batch=batch, event=events[0], water_kg=out.water_kg, trimmings_kg=out.trimmings_kg,
        steam_kg=out.steam_kg, samples=out.samples, gap_kg=gap, reason=out.reason.strip(),
    )  # fmt: skip
    due = Commitment.objects.get(process=batch.process_id)
    close_short(
        ecopole=ecopole, answers=[Answer(due, out.made)], events=events[:1], reason="moins que prévu", by=by,
        at=at, key=key,
    )  # fmt: skip
    judge(
        lot=lot, kind=VerdictKind.HELD, reason="points critiques à vérifier", at=at, by=by, key=f"{key}:held"
    )
    return events


def _refuse_out(sheet: Sheet, out: Out, today: date) -> Decimal:
    """What the mass balance does not explain, in kilos."""
    if missing := [need.product.name for need in sheet.needs if not need.used]:
        raise KitchenRefused(
            f"Rien n’est entré de\u202f: {', '.join(missing)}. Saisissez les lots, ou écrivez une version de "
            "la recette qui s’en passe."
        )
    if out.made <= 0:
        raise KitchenRefused("Saisissez ce qui est sorti\u202f: une fournée perdue se note en non-conformité "
                             "et ses lots se déclarent perdus.", "made")  # fmt: skip
    if sheet.batch.on > today:
        raise KitchenRefused("Cette fournée est prévue pour un autre jour. Finissez-la le jour même.")
    product = sheet.recipe.product
    came = kilos(product, out.made + out.samples) + out.trimmings_kg + out.steam_kg
    went = sheet.input_kg + out.water_kg
    gap = went - came
    allowed = went * Decimal(in_force(rules()["balance"], sheet.batch.on)["percent"]) / 100
    if abs(gap) > allowed and not out.reason.strip():
        more = "manque" if gap > 0 else "est en trop"
        raise KitchenRefused(
            f"Entré {format_decimal(went)} kg, sorti {format_decimal(came)} kg\u202f: il {more} "
            f"{format_decimal(abs(gap))} kg. Corrigez une pesée, ou dites pourquoi.",
            "reason",
        )
    return gap


def _lot(sheet: Sheet, at: datetime, key: str) -> NewLot:
    batch, day = sheet.batch, timezone.localtime(at).date()
    operator = operator_on(batch.kitchen, day)
    certified = bool(operator and operator.organic_until and operator.organic_until >= day)
    sources = [(one.lot.product.code, one.lot.quality) for one in sheet.used]
    return NewLot(
        sheet.recipe.product, batch.kitchen_id, made_quality(sources, certified=certified), at, f"{key}:lot",
        origin_id=batch.process.place_id, keeps_until=day + timedelta(days=sheet.version.life_days),
    )  # fmt: skip


def _entries(sheet: Sheet, out: Out, lot: Lot, at: datetime, key: str) -> Iterator[Entry]:
    batch, product = sheet.batch, sheet.recipe.product
    kitchen, unit = batch.kitchen_id, Unit(product.unit)
    work, service = (Product.objects.get(code=code) for code in (WORK, SERVICE))
    due = Commitment.objects.get(process=batch.process_id)
    yield Entry(
        Action.PRODUCE, kitchen, kitchen, product.pk, out.made, unit, f"{key}:0", at, lot=lot,
        to_place_id=batch.process.place_id, process_id=batch.process_id, fulfils_id=due.pk,
    )  # fmt: skip
    if out.hours > 0:
        yield Entry(
            Action.WORK, kitchen, kitchen, work.pk, out.hours, Unit.HOUR, f"{key}:1", at,
            process_id=batch.process_id,
        )  # fmt: skip
    if batch.owner is None:
        return
    farm = batch.owner.pk
    owed = {
        row.lot.pk: -row.quantity for row in negative_rights(batch.process.ecopole) if row.owner.pk == kitchen
    }
    for n, one in enumerate(sheet.used):
        if one.lot.pk in owed:  # cooked for its owner: the debt is given back as what came out
            quantity = min(owed[one.lot.pk], one.quantity)
            yield Entry(
                Action.TRANSFER_RIGHTS, farm, kitchen, one.lot.product_id, quantity,
                Unit(one.lot.product.unit), f"{key}:in:{n}", at, lot=one.lot, process_id=batch.process_id,
                note="transformé à façon",
            )  # fmt: skip
    yield Entry(
        Action.TRANSFER_RIGHTS, kitchen, farm, product.pk, out.made, unit, f"{key}:out", at, lot=lot,
        process_id=batch.process_id, note="transformé à façon",
    )  # fmt: skip
    fee = fee_on(batch.process.ecopole, batch.owner, batch.on)
    assert fee is not None  # refused when it was planned
    yield Entry(
        Action.WORK, kitchen, farm, service.pk, Decimal(1), Unit.PIECE, f"{key}:fee", at,
        process_id=batch.process_id, agreement_id=fee.agreement_id,
        price=fee.per_batch + fee.per_unit.times(out.made),
    )  # fmt: skip


@transaction.atomic
def release(*, batch: Batch, by: User | None, at: datetime, key: str) -> Verdict:
    """The lot may leave, once every point is within its limit and every alert answered."""
    batch.process.ecopole.take_turns()
    sheet = sheet_of(batch)
    lot = _lot_made(sheet)
    if sheet.verdict and sheet.verdict.key == key:
        return Verdict.objects.get(ecopole=batch.process.ecopole, key=key)
    if sheet.verdict and sheet.verdict.kind == VerdictKind.REFUSED:
        raise KitchenRefused(f"Lot {lot.code}\u202f: il a été écarté ({sheet.verdict.reason}).")
    if sheet.blocking:
        raise KitchenRefused(f"Lot {lot.code}, pas encore libéré. " + " ".join(sheet.blocking))
    return judge(
        lot=lot, kind=VerdictKind.RELEASED, reason="points critiques conformes", at=at, by=by, key=key
    )


@transaction.atomic
def stop(*, batch: Batch, reason: str, for_good: bool, by: User | None, at: datetime, key: str) -> Verdict:
    """A lot is held again, or set aside for good: it does not leave any more."""
    batch.process.ecopole.take_turns()
    lot = _lot_made(sheet_of(batch))
    if not reason.strip():
        raise KitchenRefused(f"Lot {lot.code}\u202f: dites pourquoi il ne part plus.", "reason")
    kind = VerdictKind.REFUSED if for_good else VerdictKind.HELD
    return judge(lot=lot, kind=kind, reason=reason.strip(), at=at, by=by, key=key)


def _lot_made(sheet: Sheet) -> Lot:
    if sheet.lot is None:
        raise KitchenRefused(f"{sheet.recipe}\u202f: la fournée n’est pas finie, elle n’a pas encore de lot.")
    return sheet.lot
