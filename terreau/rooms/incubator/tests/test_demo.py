"""The demo's tests, two years long, added up here from the raw events by another road."""

from collections import defaultdict
from datetime import date

import pytest
from django.db import transaction

from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.measures.week import IsoWeek
from terreau.rooms.incubator import demo
from terreau.rooms.incubator.models import Project, StepKind
from terreau.rooms.incubator.queries.books import book
from terreau.rooms.incubator.queries.outcomes import outcomes
from terreau.rooms.incubator.queries.people import state_of
from terreau.rooms.incubator.queries.plans import comparison
from terreau.territory import demo as territory

TODAY = date(2026, 11, 27)
BEGAN = date(2024, 11, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = territory.build(48)
        demo.live(built, IsoWeek.of(TODAY) - 104, TODAY)
        yield built
        transaction.set_rollback(True)


def by_hand(project) -> dict[str, int]:
    """Every event of the écopôle read one by one: those of this person’s lots, or to or from them."""
    sums: dict[str, int] = defaultdict(int)
    agents = {project.agent_id, project.incubator_id}
    for event in Event.objects.filter(ecopole=project.ecopole).select_related("lot", "product"):
        cents = event.price.cents if event.price else 0
        if event.action == "transfer" and event.receiver_id not in agents:
            sums["sales"] += cents if event.lot.producer_id == project.agent_id else 0
        elif event.action == "work" and event.receiver_id == project.agent_id:
            sums["charges"] += cents
        if event.product.code == "test-heures" and event.provider_id == project.agent_id:
            sums["hours"] += int(event.quantity)
    return sums


def test_each_test_is_in_agreement_with_its_harvests_hours_and_sales(world):
    accepted = list(Project.objects.exclude(prefix=""))
    assert len(accepted) == 4
    for project in accepted:
        told, sums = book(project, BEGAN, TODAY), by_hand(project)
        assert told.sales.cents == sums["sales"] > 50_000
        assert told.charges.cents == sums["charges"] > 5_000
        assert told.hours == sums["hours"] > 300
        # Crop by crop, month by month, it is the same money.
        assert sum(crop.margin.cents for crop in told.crops().values()) == told.balance.cents
        years = [comparison(project, year, TODAY) for year in (2024, 2025, 2026)]
        assert sum(year.book.balance.cents for year in years) == told.balance.cents
        for year in years:
            if year.real_cash:
                assert year.real_cash[-1].cents == year.opening.cents + year.book.balance.cents
        # Ten per cent of each sale, to the cent of each line.
        assert abs(told.fee.cents - told.sales.cents / 10) < len(told.lines)
        held = {line.kind for line in told.lines}
        assert {"harvest", "sale", "test-heures", "couveuse-engagement"} <= held
    assert list(differences(world.ecopole)) == []


def test_where_each_stands_and_what_leaves_the_room(world):
    states = [state_of(project) for project in Project.objects.order_by("id")]
    assert states == [StepKind.ACCEPTED] * 3 + [StepKind.LEFT, StepKind.MET]
    told = outcomes(world.ecopole, BEGAN, TODAY)
    assert (told.started, told.left, told.settled, told.hectares) == (None, None, None, None)
    contracts = [project.contracts.count() for project in Project.objects.order_by("id")]
    assert contracts == [2, 2, 1, 2, 0]
