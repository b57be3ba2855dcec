"""The database itself refuses what no kitchen should hold, each by its name."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from terreau.ledger.models import Agreement
from terreau.measures.money import Money
from terreau.rooms.kitchen.models import (
    Batch,
    Control,
    Equipment,
    EquipmentFact,
    Fee,
    Ingredient,
    Intake,
    Operator,
    Recipe,
    RecipeVersion,
    Record,
    Reply,
)
from terreau.rooms.kitchen.tests.factories import NOW, TODAY, House, make_house

Copy = Callable[[House], Model]


@pytest.fixture
def house(db):
    house = make_house()
    house.fee()
    batch = house.plan(house.recipe())
    house.check(batch, "incubation", "0")
    lot = house.lot("sel", "1")
    Intake.objects.create(ecopole=house.ecopole, lot=lot, supplier_lot="S1", zone="eu", key="intake")
    EquipmentFact.objects.create(
        equipment=house.machines["autoclave"], kind="inspected", on=TODAY, recorded_at=NOW, key="fact"
    )
    return house


def again(model: type[Model], *, own_key: bool = False, **changes: Any) -> Copy:
    """A copy of the first row, with so much changed, and its key too unless it keeps its own."""

    def copy(house: House) -> Model:
        row = model._default_manager.order_by("pk")[0]
        fields = {f.name for f in model._meta.concrete_fields}
        if "key" in fields and not own_key:
            changes.setdefault("key", "another")
        row.pk, row._state.adding = None, True
        for name, value in changes.items():
            setattr(row, name, value(house) if callable(value) else value)
        return row

    return copy


def agreement(house: House) -> Agreement:
    row = Agreement.objects.get()
    row.pk, row.key = None, "another"
    row.save()
    return row


def process(house: House) -> Any:
    row = Batch.objects.get().process
    row.pk, row.key = None, "another"
    row.save()
    return row


def reply(**said: Any) -> Copy:
    given: dict[str, Any] = {"done": "refait", "recorded_at": NOW}
    return lambda house: Reply(**(given | {n: v() if callable(v) else v for n, v in said.items()}))


REFUSED: dict[str, Copy] = {
    "recipe_key_once": again(Recipe, own_key=True, name="Autre"),
    "recipe_name_once": again(Recipe),
    "equipment_key_once": again(Equipment, own_key=True, name="X"),
    "equipment_name_once": again(Equipment),
    "equipment_kind_known": again(Equipment, kind="four", name="X"),
    "equipment_fact_key_once": again(EquipmentFact, key="fact"),
    "equipment_fact_kind_known": again(EquipmentFact, kind="vu"),
    "recipe_version_number_once": again(RecipeVersion),
    "recipe_version_key_once": again(RecipeVersion, own_key=True, number=2),
    "recipe_schedule_known": again(RecipeVersion, number=2, schedule="cru"),
    "recipe_yields_ordered": again(RecipeVersion, number=2, yield_low=Decimal(20)),
    "recipe_keeps_a_day": again(RecipeVersion, number=2, life_days=0),
    "recipe_study_is_written_somewhere": again(RecipeVersion, number=2, study_days=900),
    "ingredient_once": again(Ingredient),
    "ingredient_quantity_positive": again(
        Ingredient, quantity=Decimal(0), product=lambda house: house.products["celeri-rave"]
    ),
    "processing_fee_key_once": again(Fee, own_key=True, agreement=agreement),
    "processing_fee_not_negative": again(Fee, per_batch=Money(-1), agreement=agreement),
    "processing_fee_is_written_somewhere": again(Fee, agreed="", agreement=agreement),
    "kitchen_batch_planned_positive": again(Batch, planned=Decimal(0), process=process),
    "control_key_once": again(Control, own_key=True),
    "control_point_known": again(Control, point="odeur"),
    "control_cycle_names_autoclave": again(Control, point="f0"),
    "hygiene_record_key_once": again(Record, key="training"),
    "hygiene_record_kind_known": again(Record, kind="visite"),
    "training_of_somebody": again(Record, person=None),
    "reply_to_one_thing": reply(),
    "reply_says_something": reply(done="", control=Control.objects.get),
    "intake_key_once": again(Intake, key="intake", lot=lambda house: house.lot("sel", "1")),
    "intake_zone_known": again(Intake, zone="lune", lot=lambda house: house.lot("sel", "1")),
    "intake_names_the_supplier_lot": again(Intake, supplier_lot="", lot=lambda house: house.lot("sel", "1")),
    "operator_key_once": again(Operator, key="operator"),
    "operator_certificate_has_a_body": again(Operator, organic_body=""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses(house, name):
    row = REFUSED[name](house)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        row.save()
    # SQLite names the columns of a unique constraint, and not the constraint.
    assert name in str(refusal.value) or columns(type(row), name) in str(refusal.value)


def columns(model: type[Model], name: str) -> str:
    rule = next(rule for rule in model._meta.constraints if rule.name == name)
    named = [model._meta.get_field(field).column for field in getattr(rule, "fields", ())]
    return ", ".join(f"{model._meta.db_table}.{column}" for column in named) or name
