"""Relations written as strings escape the import contracts; they must point down all the same."""

import pytest
from django.apps import apps

STOREYS = ["territory", "ledger", "rooms", "planning", "impact", "funding", "billing", "exchange", "web"]

RELATIONS = [
    (model, field)
    for model in apps.get_models()
    if model.__module__.startswith("terreau.")
    for field in (*model._meta.fields, *model._meta.many_to_many)
    if field.related_model and field.related_model.__module__.startswith("terreau.")
]


def home(model: type) -> tuple[int, str]:
    """The storey of a model, and its room if it has one."""
    storey, *rest = model.__module__.split(".")[1:]
    return STOREYS.index(storey), rest[0] if storey == "rooms" else storey


@pytest.mark.parametrize(("model", "field"), RELATIONS, ids=lambda x: getattr(x, "__name__", None) or x.name)
def test_a_relation_points_to_its_own_storey_or_a_lower_one(model, field):
    (storey, room), (below, other) = home(model), home(field.related_model)
    assert below <= storey, f"{model.__name__}.{field.name} points up to {field.related_model.__name__}"
    if below == storey:
        assert room == other, f"{model.__name__}.{field.name} points into another room: meet at the ledger"


def test_there_are_relations_to_check():
    assert len(RELATIONS) > 50
