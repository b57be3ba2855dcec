"""The demo's third place, added up: every hour has its credits, every credit its end."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum

from terreau.ledger.audit import differences
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import STANDING
from terreau.measures.week import IsoWeek
from terreau.rooms.thirdplace import demo
from terreau.rooms.thirdplace.models import Contribution, Gathering, Presence, SignUp, Spending
from terreau.rooms.thirdplace.queries import attendance, statement, volunteer_hours
from terreau.rooms.thirdplace.queries.calendar import lines
from terreau.rooms.thirdplace.rules import credits_for
from terreau.rooms.thirdplace.trades import CREDIT, ENTRY
from terreau.territory import demo as territory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
LAST = IsoWeek.of(TODAY)
WEEKS = 60  # more than a year: some credits expire


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = territory.build(48)
        demo.live(built, LAST - WEEKS, TODAY)
        yield built
        transaction.set_rollback(True)


def total(rows, field: str) -> Decimal:
    return rows.aggregate(n=Sum(field))["n"] or Decimal(0)


def test_hours_validated_are_the_hours_of_the_ledger(world):
    validated = Contribution.objects.exclude(event=None)
    assert validated.count() > 90
    told = volunteer_hours(world.ecopole, (LAST - WEEKS).monday, TODAY)
    assert sum(row.hours for row in told) == total(validated, "hours")
    assert Contribution.objects.filter(event=None).count() == 2, "two wait for their referent"


def test_credits_agree_with_the_hours_and_their_sum_comes_out(world):
    per_hour, cap, _ = demo.RULE
    issued = Event.objects.filter(action=Action.PRODUCE, product__code=CREDIT)
    by_key = dict(issued.values_list("key", "quantity"))
    for one in Contribution.objects.exclude(event=None):
        most = credits_for(one.hours, per_hour=per_hour, cap=cap, held=Decimal(0))
        assert by_key.get(f"contribution:{one.pk}:credits", Decimal(0)) <= most
    told = statement(world.ecopole, TODAY)
    assert told.issued == sum(by_key.values()) == told.spent + told.expired + told.outstanding
    assert told.spent == total(Spending.objects.filter(given_back_at=None), "benefit__cost")
    assert told.expired > 0
    assert told.holders >= 5
    assert set(Lot.objects.filter(product__code=CREDIT).values_list("events__price", flat=True)) == {None}
    assert not list(differences(world.ecopole))


def test_no_seat_is_given_twice_and_who_came_is_counted(world):
    for line in lines(Gathering.objects.all()):
        assert line.seated <= line.capacity
        waiting = (
            SignUp.objects.filter(gathering=line.id, left_at=None, seated_at=None) if line.waiting else ()
        )
        assert all(one.people > line.free for one in waiting), line
    told = attendance(world.ecopole, (LAST - WEEKS).monday, LAST.days[1])
    assert sum(row.came for row in told) == total(Presence.objects.all(), "people")
    entered = Event.objects.filter(STANDING, product__code=ENTRY)
    assert sum(row.received.cents for row in told) == sum(event.price.cents for event in entered) > 0
    assert SignUp.objects.filter(left_at=None, seated_at=None).exists()
    assert {row.kind for row in told} == {"atelier", "chantier ouvert", "repas", "visite"}
