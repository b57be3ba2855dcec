"""What the database itself refuses, by name."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.measures.money import Money
from terreau.rooms.platform.models import (
    Certificate,
    Commission,
    Deposit,
    LateAnswer,
    LateOrder,
    LateReply,
    Offer,
    OrderLine,
    Reading,
    Remedy,
    SolidarityPromise,
    StandingOrder,
    StandingWeek,
    StockCount,
)
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK


def offer(world, **changes):
    fields = {
        "ecopole": world.ecopole, "farm": world.farm, "week": str(WEEK), "product": world.carrot,
        "quantity": Decimal(3), "price": Money(100), "first_day": WEEK.monday, "last_day": WEEK.sunday,
    }  # fmt: skip
    return Offer.objects.create(**fields | changes)


def order_line(world, **changes):
    fields = {
        "ecopole": world.ecopole, "customer": world.canteen, "day": TODAY, "product": world.carrot,
        "quantity": Decimal(3), "price": Money(100),
    }  # fmt: skip
    return OrderLine.objects.create(**fields | changes)


def late_order(world, **changes):
    fields = {
        "ecopole": world.ecopole, "customer": world.canteen, "day": TODAY, "product": world.carrot,
        "quantity": Decimal(0), "price": Money(100), "recorded_at": NOW, "key": "late-1",
    }  # fmt: skip
    return LateOrder.objects.create(**fields | changes)


def late_answer(world, **changes):
    fields = {"ecopole": world.ecopole, "reply": LateReply.ACCEPTED, "recorded_at": NOW, "key": "answer-1"}
    fields["late"] = late_order(world, key=f"late-{LateOrder.objects.count() + 10}")
    return LateAnswer.objects.create(**fields | changes)


def standing_order(world, **changes):
    fields = {
        "ecopole": world.ecopole, "customer": world.canteen, "weekday": 3, "product": world.carrot,
        "quantity": Decimal(3), "price": Money(100), "first_day": TODAY,
    }  # fmt: skip
    return StandingOrder.objects.create(**fields | changes)


def standing_week(world):
    standing = StandingOrder.objects.first() or standing_order(world)
    return StandingWeek.objects.create(standing=standing, week=str(WEEK))


def solidarity(world, **changes):
    fields = {"ecopole": world.ecopole, "grocery": world.shop, "weekday": 4, "kg_min": 5, "kg_max": 9}
    return SolidarityPromise.objects.create(**fields | changes)


def certificate(world, **changes):
    fields = {
        "ecopole": world.ecopole, "farm": world.farm, "body": "FR-BIO-01", "reference": "62/0421",
        "valid_from": TODAY, "valid_until": TODAY, "recorded_at": NOW, "key": "certificate-1",
    }  # fmt: skip
    return Certificate.objects.create(**fields | changes)


def deposit(world, **changes):
    fields = {"ecopole": world.ecopole, "purpose": "kept", "recorded_at": NOW, "key": "deposit-1"}
    fields["lot"] = world.stocked("1")
    return Deposit.objects.create(**fields | changes)


def commission(world, **changes):
    fields = {
        "ecopole": world.ecopole, "farm": world.farm, "percent": Decimal(20), "starts_on": TODAY,
        "agreed": "convention", "recorded_at": NOW, "key": "commission-1",
    }  # fmt: skip
    return Commission.objects.create(**fields | changes)


def reading(world, **changes):
    fields = {
        "ecopole": world.ecopole, "place": world.cold, "kind": "perishable", "celsius": Decimal(3),
        "out_of_limit": False, "read_at": NOW, "recorded_at": NOW, "key": "reading-1",
    }  # fmt: skip
    return Reading.objects.create(**fields | changes)


def stock_count(world, **changes):
    fields = {
        "ecopole": world.ecopole, "place": world.cold, "lines": 3, "differences": 1, "recorded_at": NOW,
        "key": "count-1",
    }  # fmt: skip
    return StockCount.objects.create(**fields | changes)


def remedy(world, **changes):
    fields = {"ecopole": world.ecopole, "done": "porte refermée", "recorded_at": NOW, "key": "remedy-1"}
    fields["reading"] = reading(world, key=f"reading-{Reading.objects.count() + 10}")
    return Remedy.objects.create(**fields | changes)


@pytest.mark.parametrize(
    ("make", "changes", "name"),
    [
        (offer, {"quantity": Decimal(0)}, "offer_quantity_positive"),
        (offer, {"price": Money(-1)}, "offer_price_not_negative"),
        (offer, {"last_day": WEEK.monday - timedelta(days=1)}, "offer_days_in_order"),
        (offer, {"collect_after": time(7)}, "offer_hours_where_collected"),
        (
            offer,
            {"collected": True, "collect_after": time(9), "collect_before": time(9)},
            "offer_hours_in_order",
        ),
        (order_line, {"quantity": Decimal(0)}, "order_line_quantity_positive"),
        (order_line, {"quantity_min": Decimal(4)}, "order_line_minimum_within_quantity"),
        (order_line, {"price": Money(-1)}, "order_line_price_not_negative"),
        (order_line, {"pieces": 0}, "order_line_pieces_positive"),
        (late_order, {"quantity": Decimal(-1)}, "late_order_minimum_within_quantity"),
        (late_order, {"price": Money(-1)}, "late_order_price_not_negative"),
        (late_order, {"pieces": 0}, "late_order_pieces_positive"),
        (late_answer, {"reply": "maybe"}, "late_answer_known"),
        (late_answer, {"reply": "declined"}, "late_answer_declined_with_reason"),
        (late_answer, {"reason": "sans rien refuser"}, "late_answer_declined_with_reason"),
        (standing_order, {"quantity": Decimal(0)}, "standing_order_quantity_positive"),
        (standing_order, {"quantity_min": Decimal(4)}, "standing_order_minimum_within_quantity"),
        (standing_order, {"price": Money(-1)}, "standing_order_price_not_negative"),
        (standing_order, {"pieces": 0}, "standing_order_pieces_positive"),
        (standing_order, {"weekday": 8}, "standing_order_weekday_known"),
        (standing_order, {"last_day": TODAY - timedelta(days=1)}, "standing_order_days_in_order"),
        (solidarity, {"kg_max": Decimal(4)}, "solidarity_min_below_max"),
        (solidarity, {"weekday": 8}, "solidarity_weekday_known"),
        (certificate, {"valid_until": TODAY - timedelta(days=1)}, "certificate_days_in_order"),
        (certificate, {"body": "BE-BIO-01"}, "certificate_body_french"),
        (certificate, {"reference": ""}, "certificate_reference_said"),
        (certificate, {"reason": "sans rien retirer"}, "certificate_withdrawn_with_reason"),
        (deposit, {"purpose": "gift"}, "deposit_purpose_known"),
        (commission, {"percent": Decimal(-1)}, "commission_percent_plausible"),
        (commission, {"percent": Decimal(101)}, "commission_percent_plausible"),
        (commission, {"agreed": ""}, "commission_is_written_somewhere"),
        (reading, {"place": None}, "reading_of_a_place_or_a_load"),
        (reading, {"celsius": Decimal(-61)}, "reading_plausible"),
        (reading, {"celsius": Decimal(151)}, "reading_plausible"),
        (reading, {"read_at": NOW + timedelta(minutes=1)}, "reading_not_in_future"),
        (reading, {"reason": "sans rien corriger"}, "reading_superseded_with_reason"),
        (remedy, {"done": ""}, "remedy_said"),
        (stock_count, {"lines": 0, "differences": 0}, "stock_count_of_something"),
        (stock_count, {"differences": 4}, "stock_count_differences_within_lines"),
    ],
)
def test_nonsense_is_refused(world, make, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(world, **changes)


@pytest.mark.parametrize(
    ("make", "name", "columns"),
    [
        (offer, "offer_once_per_week", "week"),
        (order_line, "order_line_once_per_day", "customer_id"),
        (standing_order, "standing_order_once_per_weekday", "customer_id"),
        (standing_week, "standing_week_once", "week"),
        (late_order, "late_order_key_once", "key"),
        (late_answer, "late_answer_key_once", "key"),
        (certificate, "certificate_key_once", "key"),
        (deposit, "deposit_key_once", "key"),
        (commission, "commission_key_once", "key"),
        (reading, "reading_key_once", "key"),
        (remedy, "remedy_key_once", "key"),
        (stock_count, "stock_count_key_once", "key"),
    ],
)
def test_the_same_line_is_not_said_twice(world, make, name, columns):
    make(world)
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    said = columns if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        make(world)


def test_a_withdrawal_says_why(world):
    wrong = certificate(world)
    with pytest.raises(IntegrityError, match="certificate_withdrawn_with_reason"), transaction.atomic():
        certificate(world, withdraws=wrong, key="certificate-2")
