"""What packing writes, what the stores refuse, and what the counts and the sizes must be."""

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
from terreau.rooms.baskets.actions import (
    PackingRefused,
    SizeRefused,
    StoresAreShort,
    add_size,
    change_size,
    copy_counts,
)
from terreau.rooms.baskets.depots import NotACount, read_count
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.rooms.baskets.queries import batches
from terreau.rooms.baskets.tests.factories import NOW, WEEK, make_packing, terms


@pytest.fixture
def packing(db):
    return make_packing()


def states(promises):
    found = commitments(promises[0].ecopole, keys=[c.key for c in promises])
    return {line.state for line in found}


def test_vegetables_leave_the_store_and_baskets_reach_the_dock(packing):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="6")
    packing.pack(promises)
    left = {
        row.product.code: (row.place.name, row.quantity) for row in Custody.objects.filter(quantity__gt=0)
    }
    assert left == {"carotte": ("Chambre froide", 4), "petit": ("Quai", 10)}
    assert states(promises) == {State.MET}


def test_a_batch_takes_from_several_lots_exactly_what_it_needs(packing):
    for amount in ("2", "3", "5"):
        packing.stored("carotte", amount)
    packing.pack(packing.batch("petit", 10, carotte="6"))
    taken = Event.objects.filter(action="consume").order_by("pk").values_list("quantity", flat=True)
    assert list(taken) == [2, 3, 1]


def test_all_that_the_stores_lack_is_said_at_once_and_nothing_is_written(packing):
    packing.stored("carotte", "5")
    promises = packing.batch("petit", 10, carotte="6", poireau="4")
    with pytest.raises(StoresAreShort) as refusal:
        packing.pack(promises)
    assert set(refusal.value.errors) == {promises[1].pk, promises[2].pk}
    assert "il reste 5\u00a0kg, pour 6\u00a0kg demandés" in refusal.value.errors[promises[1].pk]
    assert not Event.objects.filter(process__kind="packing").exists()


def test_packing_less_closes_the_batch_and_undoing_opens_it_again(packing):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="6")
    events = packing.pack(promises, "8", "5")
    assert states(promises) == {State.MET}
    reverse(ecopole=packing.ecopole, events=events, by=None, at=NOW, key="undo")
    assert states(promises) == {State.OPEN}


def test_the_same_key_twice_is_one_batch(packing):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="3")
    first, again = packing.pack(promises, key="same-key"), packing.pack(promises, key="same-key")
    assert [e.pk for e in first] == [e.pk for e in again]
    assert Event.objects.filter(action="produce", process__kind="packing").count() == 1


def test_the_second_hand_on_the_same_batch_is_told(packing):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="3")
    packing.pack(promises)
    with pytest.raises(AnswerRefused, match="déjà enregistré"):
        packing.pack(promises)


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        (("-1", "3"), "Saisissez ce qui a été pesé"),
        (("9.5", "3"), "nombre entier"),
        (("0", "3"), "Saisissez le nombre de paniers préparés"),
    ],
)
def test_a_number_of_baskets_that_makes_no_sense_is_refused(packing, amounts, words):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="3")
    with pytest.raises(AnswerRefused, match=words):
        packing.pack(promises, *amounts)
    assert not Event.objects.filter(process__kind="packing").exists()


def test_nothing_packed_gives_the_batch_up(packing):
    promises = packing.batch("petit", 10, carotte="3")
    packing.pack(promises, "0", "0")
    assert states(promises) == {State.CANCELLED}
    assert batches(packing.ecopole, WEEK.monday, WEEK.sunday) == []


def test_a_basket_is_worth_its_portions_at_reference_prices(packing):
    packing.batch("petit", 10, carotte="20", poireau="15", laitue="10")
    (batch,) = batches(packing.ecopole, WEEK.monday, WEEK.sunday)
    # 2 kg of carrots at 2 €, 1.5 kg of leeks at 3 €, a lettuce at 1.20 €
    assert batch.value == Money(400 + 450 + 120)
    assert [(c.portion.amount, c.total.amount) for c in batch.contents] == [
        (2, 20), (1, 10), (Decimal("1.5"), 15),
    ]  # fmt: skip
    assert batch.worth_its_price
    assert batch.varied


def test_a_basket_off_its_value_or_its_variety_says_so(packing):
    packing.batch("petit", 10, carotte="20")
    (batch,) = batches(packing.ecopole, WEEK.monday, WEEK.sunday)
    assert not batch.worth_its_price
    assert not batch.varied


def test_a_packed_batch_shows_what_was_really_packed(packing):
    packing.stored("carotte", "20")
    packing.pack(packing.batch("petit", 10, carotte="20"), "8", "16")
    (batch,) = batches(packing.ecopole, WEEK.monday, WEEK.sunday)
    assert (batch.ready, batch.count, batch.contents[0].total.amount) == (True, 8, 16)


def test_counts_are_replaced_and_zero_is_no_line(packing):
    packing.counts(WEEK, ("petit", 0, 2, 5), ("grand", 0, 2, 3))
    packing.counts(WEEK, ("petit", 0, 2, 4), ("grand", 0, 2, 0))
    assert [(c.count, c.size) for c in DepotCount.objects.all()] == [(4, packing.sizes["petit"])]


def test_last_week_is_copied_once_a_week_later(packing):
    packing.counts(WEEK - 1, ("petit", 0, 2, 5))
    assert copy_counts(ecopole=packing.ecopole, week=WEEK) == 5
    assert DepotCount.objects.filter(day=WEEK.days[2]).count() == 1
    with pytest.raises(PackingRefused, match="déjà remplie"):
        copy_counts(ecopole=packing.ecopole, week=WEEK)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target_value": Money(0)}, "valeur visée au-dessus de 0"),
        ({"varieties_min": 8}, "atteint le nombre « au moins »"),
    ],
)
def test_a_size_that_makes_no_sense_is_refused(packing, change, words):
    with pytest.raises(SizeRefused, match=words):
        change_size(size=packing.sizes["petit"], terms=terms(**change))
    assert BasketSize.objects.get(pk=packing.sizes["petit"].pk).target_value == Money(1000)


def test_a_size_exists_once(packing):
    product = packing.products["petit"]
    with pytest.raises(SizeRefused, match="a déjà ses règles"):
        add_size(ecopole=packing.ecopole, maker=packing.platform, product=product, terms=terms())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("basket_size_value_positive", {"target_value": Money(0)}),
        ("basket_size_varieties_in_order", {"varieties_min": 8}),
    ],
)
def test_the_database_keeps_the_rule_of_sizes_too(packing, name, change):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BasketSize.objects.update(**change)


def test_the_database_keeps_the_rules_of_counts_too(packing):
    packing.counts(WEEK, ("petit", 0, 2, 5))
    with pytest.raises(IntegrityError, match="depot_count_positive"), transaction.atomic():
        DepotCount.objects.update(count=0)


@pytest.mark.parametrize(
    ("model", "name", "column"),
    [(DepotCount, "depot_count_once_per_day", "depot_id"), (BasketSize, "basket_size_once", "product_id")],
)
def test_the_database_keeps_each_size_and_each_count_once(packing, model, name, column):
    packing.counts(WEEK, ("petit", 0, 2, 5))
    twin = model.objects.first()
    twin.pk = None
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    said = column if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        twin.save(force_insert=True)


@given(st.integers(-(10**6), 10**6))
def test_a_number_of_baskets_is_read_whole_from_zero_to_the_most(number):
    if 0 <= number <= 9999:
        assert read_count(str(number)) == number
    else:
        with pytest.raises(NotACount):
            read_count(str(number))
