"""Who the écopôle works with, on a map anybody reads: what is told, what is a secret."""

from types import SimpleNamespace

import pytest

from terreau.engines.contribution import Flow, Kind
from terreau.impact.beside import places
from terreau.impact.flowmap import flow_maps
from terreau.territory.models import Commune, Ecopole

from .hand import BOURG, HAMEAU, TERRITORY, day, flows

pytestmark = pytest.mark.django_db


def sold(to: str | None, kg: float, place: str = BOURG.code) -> Flow:
    return Flow(day(5), Kind.SALE, "jardin", to, place, channel="canteen", kg=kg)


def answered(*rows: Flow) -> SimpleNamespace:
    told = flows()
    paid = tuple(row for row in told.rows if row.kind is Kind.PURCHASE)
    return SimpleNamespace(beside={"places": places(type(told)(told.start, told.end, (*rows, *paid)))})


@pytest.fixture
def ecopole():
    """The two communes of the example, and a third far away."""
    ring = [[1.9, 49.9], [2.1, 49.9], [2.0, 50.2], [1.9, 49.9]]
    for one in (BOURG, HAMEAU):
        Commune.objects.create(
            code=one.code, name=one.name, departement="99", epci_code="999999999", epci_name=TERRITORY.name,
            latitude=one.lat, longitude=one.lon, contour=[ring],
        )  # fmt: skip
    Commune.objects.create(code="99003", name="Loin", departement="99", latitude=52.0, longitude=2.0)
    return Ecopole.objects.create(slug="test", name="Test", commune_id=BOURG.code)


def test_an_amount_is_told_of_three_partners_none_of_whom_makes_it_alone(ecopole):
    rows = [sold("un", 100), sold("deux", 200), sold("trois", 50), sold("seul", 40, HAMEAU.code)]
    goes, paid = flow_maps(answered(*rows, sold("loin", 10, "99003")), ecopole)
    assert goes.table.rows == (
        ("Le Bourg", "cantines", "350\u00a0kg"),
        ("Le Hameau, Loin", "cantines", "non dit"),
    )
    assert [(line.name, line.told) for line in goes.lines] == [("Le Bourg", "350\u00a0kg"), ("Le Hameau", "")]
    # A farm, a garage elsewhere: two partners, whose sum is a secret too.
    assert paid.table.rows[-1][2] == "non dit"
    big = flow_maps(answered(sold("un", 900), sold("deux", 20), sold("trois", 20)), ecopole)[0]
    assert big.table.rows == (("Le Bourg", "cantines", "non dit"),)


def test_the_small_ones_are_told_together_when_together_they_are_enough(ecopole):
    rows = [sold("un", 30), sold("deux", 40), sold("trois", 50, HAMEAU.code)]
    (goes, _) = flow_maps(answered(*rows), ecopole)
    assert goes.table.rows == (("Le Bourg, Le Hameau", "cantines", "120\u00a0kg"),)
    assert {line.told for line in goes.lines} == {""}


def test_nothing_of_a_person_and_nothing_to_draw(ecopole, django_assert_num_queries):
    assert places(type(flows())(day(1), day(12), (sold(None, 5), sold("un", 0))))["goes"] == []
    assert flow_maps(SimpleNamespace(beside={}), ecopole) == []
    with django_assert_num_queries(1):
        flow_maps(answered(sold("un", 5)), ecopole)
