"""What the garden's actions write, and what they refuse, with which words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from terreau.ledger.actions import reverse
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.models import Custody, Event
from terreau.ledger.queries import State, commitments
from terreau.measures.money import Money
from terreau.rooms.garden.actions import (
    ForecastRefused,
    HarvestRefused,
    copy_forecast,
    remove_forecast,
    set_forecast,
)
from terreau.rooms.garden.models import Forecast
from terreau.rooms.garden.queries import expected_and_harvested, forecasts
from terreau.rooms.garden.tests.factories import NOW, TODAY, WEEK, make_garden
from terreau.territory.queries import bed_order


def state_of(commitment):
    return commitments(commitment.ecopole, keys=[commitment.key])[0].state


def test_a_harvest_is_a_new_lot_held_by_the_garden_at_its_bed(garden):
    garden.harvest(garden.line("carotte", "A2", "12.5"))
    held = Custody.objects.get()
    assert (held.holder, held.place, held.quantity) == (garden.agent, garden.beds["A2"], Decimal("12.5"))
    assert (held.lot.producer, held.lot.origin, held.lot.quality) == (garden.agent, garden.beds["A2"], 2)


def test_harvesting_less_closes_the_promise_and_undoing_opens_it_again(garden):
    due = garden.due("carotte", "A2", "20")
    events = garden.harvest(garden.line("carotte", "A2", "15", commitment=due))
    assert state_of(due) is State.MET
    reverse(ecopole=garden.ecopole, events=events, by=None, at=NOW, key="undo")
    assert state_of(due) is State.OPEN


def test_harvesting_more_than_planned_is_welcome(garden):
    due = garden.due("carotte", "A2", "20")
    garden.harvest(garden.line("carotte", "A2", "25", commitment=due))
    assert state_of(due) is State.MET
    assert Event.objects.get().quantity == 25


def test_nothing_harvested_and_why_closes_the_promise_without_an_event(garden):
    due = garden.due("carotte", "A2", "20")
    garden.harvest(garden.line("carotte", "A2", "20", commitment=due, refused="gelé"))
    assert state_of(due) is State.CANCELLED
    assert due.cancellations.get().reason == "gelé"
    assert not Event.objects.exists()


def test_the_same_key_twice_is_one_event(garden):
    line = garden.line("carotte", "A2", "12", commitment=garden.due("carotte", "A2", "12"))
    first, again = garden.harvest(line, key="same-key"), garden.harvest(line, key="same-key")
    assert [e.pk for e in first] == [e.pk for e in again]
    assert Event.objects.count() == 1


def test_the_second_hand_on_the_same_line_is_told(garden):
    line = garden.line("carotte", "A2", "12", commitment=garden.due("carotte", "A2", "12"))
    garden.harvest(line)
    with pytest.raises(AnswerRefused, match="déjà enregistré"):
        garden.harvest(line)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("amount", ["0", "-3"])
def test_nothing_is_no_harvest_and_the_message_says_what_to_type(garden, amount):
    with pytest.raises(HarvestRefused) as refusal:
        garden.harvest(garden.line("carotte", "A2", amount))
    assert "kg de carotte sur Planche A2" in str(refusal.value)
    assert "Saisissez ce qui a été pesé ou compté." in str(refusal.value)
    assert not Event.objects.exists()


def test_half_a_lettuce_is_refused(garden):
    with pytest.raises(HarvestRefused, match="nombre entier de pièces"):
        garden.harvest(garden.line("laitue", "A2", "12.5"))


def test_tomorrow_is_not_harvested_yet(garden):
    with pytest.raises(HarvestRefused, match=r"24 nov\. 2026 n’est pas encore passé"):
        garden.harvest(garden.line("carotte", "A2", "12"), on=NOW + timedelta(days=1))


def test_one_wrong_line_and_nothing_of_the_form_is_written(garden):
    with pytest.raises(HarvestRefused):
        garden.harvest(garden.line("carotte", "A2", "12"), garden.line("poireau", "A10", "0"))
    assert not Event.objects.exists()


def test_the_worst_case_is_not_above_the_likely_one(garden):
    with pytest.raises(ForecastRefused, match=r"Carotte, Planche A2.*au moins 12\skg, probable 10\skg"):
        garden.expects("carotte", "A2", "12", "10")
    assert not Forecast.objects.exists()


@pytest.mark.parametrize(("first", "last", "words"), [(3, 2, "qui suit le premier"), (7, 9, "hors de la")])
def test_the_days_of_a_forecast_are_in_order_and_meet_its_week(garden, first, last, words):
    days = {"first_day": WEEK.monday + timedelta(first), "last_day": WEEK.monday + timedelta(last)}
    with pytest.raises(ForecastRefused, match=words):
        set_forecast(
            ecopole=garden.ecopole,
            garden=garden.agent,
            week=WEEK,
            lines=[garden.entry("carotte", "A2", "1", "2", **days)],
        )


def test_a_negative_price_is_refused(garden):
    line = garden.entry("carotte", "A2", "1", "2", price=Money(-1))
    with pytest.raises(ForecastRefused, match="prix de cession"):
        set_forecast(ecopole=garden.ecopole, garden=garden.agent, week=WEEK, lines=[line])


def test_copying_shifts_the_days_and_keeps_what_was_already_said(garden):
    garden.expects("carotte", "A2", "8", "10", WEEK - 1)
    garden.expects("poireau", "B1", "8", "10", WEEK - 1)
    garden.expects("carotte", "A2", "1", "2")
    assert copy_forecast(ecopole=garden.ecopole, garden=garden.agent, week=WEEK) == 1
    carrots, leeks = Forecast.objects.filter(week=str(WEEK)).order_by("product__name")
    assert (carrots.likely, leeks.likely) == (2, 10)
    assert (leeks.first_day, leeks.last_day) == (WEEK.monday, WEEK.sunday)
    assert copy_forecast(ecopole=garden.ecopole, garden=garden.agent, week=WEEK) == 0


def test_a_line_changed_or_removed_touches_no_other_garden(garden):
    garden.expects("carotte", "A2", "8", "10")
    stranger = make_garden("ailleurs")
    line = Forecast.objects.get()
    remove_forecast(ecopole=stranger.ecopole, garden=stranger.agent, line_id=line.pk)
    assert Forecast.objects.get().likely == 10


def test_what_came_is_compared_with_what_was_expected_reversed_harvests_aside(garden):
    garden.expects("carotte", "A2", "8", "10")
    garden.expects("carotte", "B1", "8", "10")
    garden.harvest(garden.line("carotte", "A2", "7"))
    wrong = garden.harvest(garden.line("poireau", "A10", "70"))
    reverse(ecopole=garden.ecopole, events=wrong, by=None, at=NOW, key="undo")
    said = forecasts(garden.ecopole, WEEK, today=TODAY)
    (line,) = expected_and_harvested(garden.ecopole, garden.agent, WEEK, said)
    assert (line.product, line.likely, line.harvested) == ("Carotte", 20, 7)


def test_beds_are_read_as_people_count():
    assert sorted(["B1", "A10", "A2"], key=bed_order) == ["A2", "A10", "B1"]


@given(st.lists(st.integers(0, 9999), min_size=1))
def test_numbered_beds_follow_their_numbers(found):
    names = sorted((f"Planche C{number}" for number in found), key=bed_order)
    assert names == [f"Planche C{number}" for number in sorted(found)]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("forecast_low_below_likely", {"low": Decimal(11)}),
        ("forecast_days_in_order", {"last_day": WEEK.monday - timedelta(days=1)}),
    ],
)
def test_the_database_keeps_the_rule_too(garden, name, change):
    garden.expects("carotte", "A2", "8", "10")
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Forecast.objects.update(**change)


def test_a_bed_gives_one_forecast_of_a_product_a_week(garden):
    """`forecast_once_per_bed`; SQLite names the columns of a unique constraint, PostgreSQL the constraint."""
    garden.expects("carotte", "A2", "8", "10")
    twin = Forecast.objects.get()
    twin.pk = None
    said = (
        "forecast_once_per_bed" if connection.vendor == "postgresql" else "UNIQUE.*garden_forecast.place_id"
    )
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        twin.save()
