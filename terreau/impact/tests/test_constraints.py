"""What the database itself refuses, by name."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from terreau.impact.models import Declaration, Reckoning, Sweep
from terreau.territory.models import Commune, Ecopole

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def ecopole():
    commune = Commune.objects.create(code="62852", name="Vieille-Église", departement="62")
    return Ecopole.objects.create(slug="test", name="Test", commune=commune)


def declaration(ecopole, **more):
    told = {
        "year": 2025, "kind": "cold", "amount": 1, "source": "compteur", "recorded_at": AT, "key": "k",
    }  # fmt: skip
    return Declaration.objects.create(ecopole=ecopole, **told | more)


def reckoning(ecopole, **more):
    told = {
        "problem": {}, "seconds_max": 30, "created_at": AT, "name": "la réponse", "measured": True,
        "scale": "epci", "year": 2025, "key": "k",
    }  # fmt: skip
    return Reckoning.objects.create(ecopole=ecopole, **told | more)


def refused(constraint, make, ecopole, **more):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        make(ecopole, **more)
    assert constraint in str(error.value) or "UNIQUE" in str(error.value)


@pytest.mark.parametrize(
    ("constraint", "more"),
    [
        ("declaration_kind_known", {"kind": "other"}),
        ("declaration_amount_positive", {"amount": 0}),
        ("declaration_says_its_source", {"source": ""}),
        ("declaration_grant_has_a_funder", {"kind": "grant"}),
        ("declaration_grant_has_a_funder", {"funder": "etat"}),
        ("declaration_purchase_has_an_activity", {"kind": "purchase"}),
        ("declaration_somewhere_or_elsewhere", {"commune_id": "62852", "elsewhere": True}),
    ],
)
def test_a_declared_figure(ecopole, constraint, more):
    refused(constraint, declaration, ecopole, **more)


def test_a_key_once(ecopole):
    declaration(ecopole)
    refused("declaration_key_once", declaration, ecopole)
    reckoning(ecopole)
    refused("reckoning_key_once", reckoning, ecopole)


def test_one_measured_answer_is_public_for_a_year_and_a_perimeter(ecopole):
    reckoning(ecopole, state="published")
    reckoning(ecopole, key="wider", scale="departement", state="published")
    reckoning(ecopole, key="planned", measured=False, state="published")
    refused("reckoning_published_once", reckoning, ecopole, key="again", state="published")


@pytest.mark.parametrize(
    ("constraint", "more"),
    [("reckoning_state_known", {"state": "done"}), ("reckoning_progress_percent", {"progress": 101})],
)
def test_an_answer(ecopole, constraint, more):
    refused(constraint, reckoning, ecopole, **more)


def test_a_sweep_and_each_of_its_batches_are_there_once():
    row = Sweep.objects.create(key="k", file="", asked_on=AT.date(), draws=16)
    row.batches.create(number=0, codes=[])
    with pytest.raises(IntegrityError, match=r"sweep_key_once|sweep\.key"), transaction.atomic():
        Sweep.objects.create(key="k", file="", asked_on=AT.date(), draws=16)
    with pytest.raises(IntegrityError, match=r"sweep_batch_once|sweepbatch\.sweep_id"), transaction.atomic():
        row.batches.create(number=0, codes=[])
