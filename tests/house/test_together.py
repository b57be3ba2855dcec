"""Several tables read in one question say what each says alone, to the last column."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, Count, Model, QuerySet
from django.test.utils import CaptureQueriesContext

from terreau.rooms.baskets.models import Enrolment
from terreau.territory.models import Agent, Place
from terreau.territory.together import together

pytestmark = pytest.mark.django_db
ROWS = 200


def told(row: Model) -> tuple:
    """Its columns and annotations, and what was read with it."""
    read = {name: told(one) if one else None for name, one in row._state.fields_cache.items()}
    return type(row), {name: value for name, value in vars(row).items() if name != "_state"}, read


def test_every_table_of_the_house_says_the_same_among_others(world):
    tables = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("terreau.")
        and not any(isinstance(field, BinaryField) for field in model._meta.concrete_fields)
    ]
    assert len(tables) > 100
    assert connection.features.supports_json_field  # which a connection asks the first time
    for start in range(0, len(tables), 20):
        asked = [some(model) for model in tables[start : start + 20]]
        with CaptureQueriesContext(connection) as captured:
            found = together(*asked)
        assert len(captured) == 1
        for rows, among in zip(asked, found, strict=True):
            assert [told(row) for row in among] == [told(row) for row in rows], rows.model


def some(model: type[Model]) -> QuerySet:
    rows = model._default_manager.order_by("pk")
    return rows.filter(pk__in=list(rows.values_list("pk", flat=True)[:ROWS]))


def test_order_related_rows_and_annotations_are_kept(world):
    asked = (
        Place.objects.select_related("agent__commune", "commune").order_by("-name", "pk"),
        Enrolment.objects.select_related("scheme", "member").order_by("starts_on", "-pk"),
        Agent.objects.none(),
        Agent.objects.annotate(doors=Count("places")).order_by("doors", "pk"),
    )
    found = together(*asked)
    assert [[told(row) for row in rows] for rows in found] == [[told(row) for row in rows] for rows in asked]
    assert [bool(rows) for rows in found] == [True, True, False, True]
