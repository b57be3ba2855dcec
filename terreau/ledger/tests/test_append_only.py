import pytest
from django.db import DatabaseError, connection, transaction

from terreau.ledger.actions import agree, cancel, judge
from terreau.ledger.append_only import TABLES
from terreau.ledger.models import Agreement, Cancellation, Commitment, Event, Lot, Process, Verdict
from terreau.ledger.tests.world import NOW


@pytest.fixture
def one_of_each(world):
    lot = world.harvested("carotte", "10")
    commitment = world.promised("carotte", "5", "jardin", "cantine")
    cancel(commitments=[commitment], reason="gel", by=None, at=NOW, key="c")
    judge(lot=lot, kind="held", reason="analyse", at=NOW, by=None, key="v")
    world.process()
    agree(
        ecopole=world.ecopole,
        kind="supply",
        provider_id=world.agents["ferme"].pk,
        receiver_id=world.agents["plateforme"].pk,
        per="season",
        starts_on=NOW.date(),
        key="terms",
    )
    return world


CHANGES = {
    Event: {"quantity": 1},
    Commitment: {"quantity": 1},
    Cancellation: {"reason": "autre"},
    Verdict: {"kind": "released"},
    Lot: {"quality": 0},
    Process: {"label": "autre"},
    Agreement: {"note": "autre"},
}
WRITES = {
    "save": lambda row, name, value: (setattr(row, name, value), row.save()),
    "delete": lambda row, name, value: row.delete(),
    "update": lambda row, name, value: type(row).objects.filter(pk=row.pk).update(**{name: value}),
    "delete_all": lambda row, name, value: type(row).objects.all()._raw_delete("default"),
    "bulk_update": lambda row, name, value: (
        setattr(row, name, value),
        type(row).objects.bulk_update([row], [name]),
    ),
    "raw_update": lambda row, name, value: _raw(f"UPDATE {row._meta.db_table} SET {name} = {name}"),
    "raw_delete": lambda row, name, value: _raw(f"DELETE FROM {row._meta.db_table}"),
}


def _raw(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("model", CHANGES, ids=lambda model: model.__name__)
def test_a_written_fact_is_neither_changed_nor_erased(one_of_each, model, write):
    row = model.objects.get()
    ((name, value),) = CHANGES[model].items()
    # A lot is also held by its events: whatever refuses first, nothing is lost.
    refusal = f"{model._meta.db_table} : un fait écrit ne se modifie pas|referenced through protected"
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        WRITES[write](row, name, value)
    assert getattr(model.objects.get(), name) == getattr(model.objects.get(pk=row.pk), name) != value


def test_every_append_only_table_has_its_triggers(db):
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = {name for (name,) in cursor.fetchall()}
    assert {f"{table}_no_{verb}" for table in TABLES for verb in ("update", "delete")} <= found
    assert set(TABLES) == {model._meta.db_table for model in CHANGES}


def test_postgresql_refuses_to_empty_a_table(one_of_each):
    if connection.vendor == "sqlite":  # it has no TRUNCATE: emptying a table is a DELETE, tried above
        return
    _raw("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="un fait écrit"), transaction.atomic():
        _raw("TRUNCATE ledger_event CASCADE")
