"""Each rule kept by the database itself is called by its name, behind the back of `record`."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from terreau.ledger.actions import agree, cancel, judge
from terreau.ledger.models import Agreement, Commitment, Custody, Event, Lot, Process, Rights
from terreau.ledger.tests.world import MORNING, NOW

LATER = NOW + timedelta(days=1)

# constraint: (model, fields that break it)
BROKEN = {
    "lot_code_once": (Lot, {"key": "other"}),
    "lot_key_once": (Lot, {"code": "other"}),
    "lot_quality_known": (Lot, {"code": "other", "key": "other", "quality": 7}),
    "verdict_key_once": ("verdict", {}),
    "verdict_kind_known": ("verdict", {"key": "other", "kind": "maybe"}),
    "verdict_not_in_future": ("verdict", {"key": "other", "occurred_at": LATER}),
    "process_key_once": (Process, {}),
    "process_kind_known": (Process, {"key": "other", "kind": "dance"}),
    "agreement_key_once": (Agreement, {}),
    "agreement_kind_known": (Agreement, {"key": "other", "kind": "dance"}),
    "agreement_per_known": (Agreement, {"key": "other", "per": "moon"}),
    "agreement_ends_after_start": (Agreement, {"key": "other", "ends_on": (MORNING - timedelta(9)).date()}),
    "commitment_key_once": (Commitment, {}),
    "commitment_quantity_positive": (Commitment, {"key": "other", "quantity": Decimal(0)}),
    "commitment_action_known": (Commitment, {"key": "other", "action": "dance"}),
    "event_key_once": (Event, {"reverses": None}),
    "event_reversed_once": (Event, {"key": "other"}),
    "event_action_known": (Event, {"key": "other", "action": "dance", "reverses": None}),
    "event_quantity_positive": (Event, {"key": "other", "quantity": Decimal(0), "reverses": None}),
    "event_not_in_future": (Event, {"key": "other", "occurred_at": LATER, "reverses": None}),
    "event_lot_unless_work": (Event, {"key": "other", "lot": None, "reverses": None}),
    "event_leaves_a_place": (Event, {"key": "other", "from_place": None, "reverses": None}),
    "event_reaches_a_place": (Event, {"key": "other", "to_place": None, "reverses": None}),
    "event_move_keeps_holder": (Event, {"key": "other", "action": "move", "reverses": None}),
    "cancellation_key_once": ("cancellation", {}),
    "cancellation_not_in_future": ("cancellation", {"key": "other", "occurred_at": LATER}),
    "custody_once": (Custody, {}),
    "custody_not_negative": (Custody, {"holder": "ferme", "quantity": Decimal("-0.001")}),
    "rights_once": (Rights, {}),
}


@pytest.fixture
def rows(world):
    """The last row of each table: copied with one change, it breaks the constraint asked for."""
    lot = world.harvested("carotte", "10")
    given = world.add("transfer", "4", lot, "jardin", "cantine")
    from terreau.ledger.actions import reverse

    reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="undo")
    world.process()
    promised = world.promised("carotte", "5", "jardin", "cantine")
    cancel(commitments=[promised], reason="", by=None, at=NOW, key="c")
    judge(lot=lot, kind="released", reason="", at=NOW, by=None, key="v")
    agree(
        ecopole=world.ecopole,
        kind="supply",
        provider_id=world.agents["ferme"].pk,
        receiver_id=world.agents["plateforme"].pk,
        per="week",
        starts_on=MORNING.date(),
        key="a",
    )
    return world


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses_what_breaks(rows, name):
    model, changes = BROKEN[name]
    if isinstance(model, str):
        model = apps.get_model("ledger", model)
    row = model.objects.latest("pk")
    row.pk, row._state.adding = None, True
    for field, value in changes.items():
        setattr(row, field, rows.agents.get(value, value))
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save(force_insert=True)
    assert _names(refused.value, model, name)


def _names(error, model, name):
    """SQLite names the columns of a broken uniqueness, and the constraint otherwise."""
    (constraint,) = [one for one in model._meta.constraints if one.name == name]
    if connection.vendor == "postgresql" or not isinstance(constraint, UniqueConstraint):
        return name in str(error)
    columns = [model._meta.get_field(field).column for field in constraint.fields]
    return ", ".join(f"{model._meta.db_table}.{column}" for column in columns) in str(error)


def test_no_constraint_is_forgotten():
    ours = {
        constraint.name
        for model in apps.get_app_config("ledger").get_models()
        for constraint in model._meta.constraints
    }
    assert ours == set(BROKEN)
