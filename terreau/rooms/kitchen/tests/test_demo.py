"""The demo's kitchen agrees with its ledger: bottles, hours, fees and promises add up."""

from datetime import date
from decimal import Decimal

import pytest

from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.ledger.queries import State, commitments, negative_rights, stock
from terreau.measures.dated import in_force
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.kitchen import demo
from terreau.rooms.kitchen.labels import label_of
from terreau.rooms.kitchen.points import rules
from terreau.rooms.kitchen.queries import statement
from terreau.rooms.kitchen.queries.batches import of_ecopole, sheets
from terreau.rooms.kitchen.queries.hygiene import operator_on
from terreau.rooms.kitchen.trades import SERVICE, WORK
from terreau.territory import demo as territory

FIRST = IsoWeek(2026, 2)
WEEKS = list(IsoWeek.range(FIRST, FIRST + 26))


@pytest.fixture
def world(db):
    """Half a year of Fridays: every recipe but one, and a farm's own batches."""
    world = territory.build(48)
    demo.settle_in(world, FIRST)
    for week in WEEKS:
        demo.live_week(world, week, [])
    return world


def test_what_was_made_was_sent_or_is_there_and_every_hour_is_written(world):
    made = sheets(of_ecopole(world.ecopole).order_by("on"))
    assert [sheet.batch.on for sheet in made] == [w.days[4] for w in WEEKS if w.week % demo.EVERY_WEEKS == 0]
    assert [sheet.state for sheet in made] == ["released"] * (len(made) - 1) + ["held"]
    facts = Event.objects.filter(ecopole=world.ecopole)
    here = {line.lot.pk: line.quantity for line in stock(world.ecopole, holder=world.kitchen)}
    tolerance = Decimal(in_force(rules()["balance"], FIRST.monday)["percent"]) / 100
    for sheet in made:
        lot = sheet.lot
        left = facts.filter(lot=lot, action__in=("transfer", "transfer_custody"))
        sent = sum((event.quantity for event in left), Decimal(0))
        assert sheet.made == sent + here.get(lot.pk, Decimal(0)), sheet.recipe
        assert abs(sheet.ending.gap_kg) <= (sheet.input_kg + sheet.ending.water_kg) * tolerance
        assert not sheet.unusual
        assert label_of(sheet, operator_on(world.kitchen, sheet.batch.on)).missing == ()
    worked = facts.filter(action="work", product__code=WORK)
    assert sum(event.quantity for event in worked) == sum(sheet.hours for sheet in made)
    promised = commitments(world.ecopole, provider=world.kitchen)
    assert {line.state for line in promised} == {State.MET}
    assert negative_rights(world.ecopole) == []
    assert list(differences(world.ecopole)) == []
    # A farm's own: a fee each, 60 € and 0,55 € a bottle, and nothing of it sold by the kitchen.
    own = [sheet for sheet in made if sheet.batch.owner]
    told = statement(world.ecopole, world.kitchen, world.farms[0], (date(2026, 1, 1), date(2026, 12, 31)))
    assert len(own) == len(told.batches) > 0
    assert told.fee == sum((Money(6_000) + Money(55).times(sheet.made) for sheet in own), Money(0))
    assert told.fee == sum((e.price for e in facts.filter(product__code=SERVICE)), Money(0))
    assert not facts.filter(lot__in=[sheet.lot for sheet in own], action="transfer").exists()
