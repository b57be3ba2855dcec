from datetime import date, timedelta
from decimal import Decimal

import pytest

from terreau.ledger import refusals as no
from terreau.ledger.actions import LedgerRefusal, agree, cancel, judge, reverse
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.ledger.queries import (
    State,
    commitments,
    negative_rights,
    stock,
    stored,
    taken_from,
)
from terreau.ledger.queries import promised as in_few_words
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.ledger.tests.world import MORNING, NOW
from terreau.measures.money import Money


@pytest.fixture
def promised(world):
    return world.promised("carotte", "10", "jardin", "cantine")


def deliver(world, promised, amount):
    lot = world.harvested("carotte", "50")
    return world.add("transfer", amount, lot, "jardin", "cantine", fulfils_id=promised.pk)


def line(world):
    (found,) = commitments(world.ecopole)
    return found.state, found.fulfilled, found.remaining


def give_up(commitment, key, event=None):
    cancel(commitments=[commitment], reason="gel", by=None, at=NOW, key=key, event=event)


def test_a_promise_is_open_then_partly_met_then_met(world, promised):
    assert line(world) == (State.OPEN, 0, 10)
    deliver(world, promised, "4")
    assert line(world) == (State.PARTLY_MET, 4, 6)
    deliver(world, promised, "7")
    assert line(world) == (State.MET, 11, 0)


def test_a_reversed_delivery_opens_the_promise_again(world, promised):
    event = deliver(world, promised, "10")
    reverse(ecopole=world.ecopole, events=[event], by=None, at=NOW, key="undo")
    assert line(world) == (State.OPEN, 0, 10)


def test_a_promise_settled_for_less_is_met_until_its_event_is_reversed(world, promised):
    event = deliver(world, promised, "8")
    give_up(promised, "less", event)
    assert line(world) == (State.MET, 8, 0)
    reverse(ecopole=world.ecopole, events=[event], by=None, at=NOW, key="undo")
    assert line(world) == (State.OPEN, 0, 10)


def test_a_promise_given_up_is_cancelled_once(world, promised):
    give_up(promised, "c")
    give_up(promised, "c")
    assert line(world) == (State.CANCELLED, 0, 0)
    assert promised.cancellations.count() == 1


def test_promises_are_filtered_and_read_in_one_query(world, promised, django_assert_num_queries):
    world.promised("poireau", "3", "ferme", "plateforme", plan="week:2026-W48:a")
    other = world.promised("carotte", "1", "jardin", "plateforme")
    deliver(world, other, "1")
    with django_assert_num_queries(1):
        found = commitments(world.ecopole, provider=world.agents["jardin"], states=[State.OPEN])
        names = [(one.commitment.product.name, one.commitment.receiver.name) for one in found]
    assert names == [("carotte", "cantine")]
    assert len(commitments(world.ecopole, due=(date(2026, 11, 24), date(2026, 11, 24)))) == 3
    assert commitments(world.ecopole, due=(date(2026, 11, 25), date(2026, 12, 1))) == []
    assert len(commitments(world.ecopole, plan="week:2026-W48:a", product=world.products["poireau"])) == 1
    assert commitments(world.ecopole, kind=ProcessKind.PACKING) == []
    packing = Process.objects.create(ecopole=world.ecopole, kind=ProcessKind.PACKING, key="colis")
    packed = world.promised("carotte", "1", "jardin", "plateforme", process_id=packing.pk)
    assert [one.commitment for one in commitments(world.ecopole, kind=ProcessKind.PACKING)] == [packed]


def test_a_promise_of_nothing_is_refused(world):
    with pytest.raises(LedgerRefusal) as refused:
        world.promised("carotte", "0", "jardin", "cantine")
    assert [type(error) for error in refused.value.errors] == [no.NotPositive]
    assert not Commitment.objects.exists()


def test_terms_are_agreed_once_under_their_key(world):
    terms = {
        "ecopole": world.ecopole, "kind": "supply", "provider_id": world.agents["ferme"].pk,
        "receiver_id": world.agents["plateforme"].pk, "per": "season", "starts_on": date(2026, 1, 1),
        "promised_value": Money(100_000), "key": "terms",
    }  # fmt: skip
    assert agree(**terms) == agree(**terms)


def test_the_first_to_expire_goes_out_first_and_what_is_held_or_past_stays(world):
    day = date(2026, 11, 24)
    late, none, soon, past, held = (
        world.harvested("carotte", "10", keeps_until=keeps)
        for keeps in (day + timedelta(9), None, day, day - timedelta(1), day)
    )
    judge(lot=held, kind="held", reason="", at=NOW, by=None, key="v")
    carrot = world.products["carotte"]
    shelf = Shelf(stock(world.ecopole, holder=world.agents["jardin"]), on=day)
    assert shelf.left(carrot) == 30
    assert [(one.lot, amount) for one, amount in shelf.take(carrot, Decimal("12.5"))] == [
        (soon, 10),
        (late, Decimal("2.5")),
    ]
    with pytest.raises(ShelfIsShort, match="il reste 17,5\u00a0kg, pour 31\u00a0kg demandés"):
        shelf.take(carrot, Decimal(31))
    assert [one.lot for one, _ in shelf.take(carrot, Decimal("17.5"))] == [late, none]
    with pytest.raises(ShelfIsShort, match="il ne reste rien"):
        shelf.take(carrot, Decimal(1))
    assert Shelf(stock(world.ecopole)).left(carrot) == 40, "without a day, what is past can still be moved"
    assert shelf.left(carrot, quality_min=3) == 0
    usable = {one.lot: one.usable for one in stock(world.ecopole)}
    assert usable == {late: True, none: True, soon: True, past: True, held: False}


def test_a_stock_is_one_query_however_many_lots(world, django_assert_num_queries):
    for _ in range(30):
        world.harvested("carotte", "1")
    with django_assert_num_queries(1):
        assert len(stock(world.ecopole, place=world.places["jardin"])) == 30
    with django_assert_num_queries(1):
        lines = stock(world.ecopole, place=world.places["jardin"], holder=world.agents["jardin"])
        assert {(one.product.name, one.place.name, one.holder.name, one.lot.quality) for one in lines} == {
            ("carotte", "jardin", "jardin", 2)
        }
    assert len(lines) == 30
    assert stock(world.ecopole, place=world.places["ferme"]) == []


def test_what_is_stored_is_the_usable_stock_in_words_in_one_query(world, django_assert_num_queries):
    lots = [
        world.harvested("carotte", "5", keeps_until=date(2026, 12, day), producer="plateforme")
        for day in (9, 3, 6)
    ]
    world.harvested("carotte", "8")
    judge(lot=lots[1], kind="held", reason="analyse", by=None, at=NOW, key="held")
    with django_assert_num_queries(1):
        lines = stored(world.ecopole, holder_kind="platform", place_kinds=["cold"])
    assert [(one.product, one.place, one.quantity, one.keeps_until) for one in lines] == [
        ("carotte", "plateforme", 5, date(2026, 12, 6)),
        ("carotte", "plateforme", 5, date(2026, 12, 9)),
    ]
    assert stored(world.ecopole, holder_kind="platform", place_kinds=["dock"]) == []


def test_promises_in_a_few_words_stand_where_the_whole_ones_do_in_one_query(world, django_assert_num_queries):
    made = [world.promised("carotte", "10", "jardin", "cantine") for _ in range(4)]
    deliver(world, made[0], "10")
    deliver(world, made[1], "4")
    give_up(made[2], "given up")
    whole = commitments(world.ecopole)
    days = (min(c.due_on for c in made), max(c.due_on for c in made))
    with django_assert_num_queries(1):
        short = in_few_words(world.ecopole, due=days)
    assert [(one.id, one.state, one.remaining, one.product, one.receiver) for one in short] == [
        (one.commitment.pk, one.state, one.remaining, "carotte", "cantine") for one in whole
    ]
    assert {one.state for one in short} == set(State)
    assert in_few_words(world.ecopole, due=days, provider=world.agents["ferme"].pk) == []


def test_an_actor_met_on_many_lines_is_one_object(world):
    for _ in range(3):
        world.promised("carotte", "10", "jardin", "cantine")
    rows = [one.commitment for one in commitments(world.ecopole)]
    assert all(row.provider is rows[0].provider and row.product is rows[0].product for row in rows)
    assert [row.lot for row in rows] == [None, None, None]


def test_what_was_taken_from_each_provider_is_net_of_reversals_and_counted_in_kilos(world):
    lettuce = world.harvested("laitue", "20")
    given = {"occurred_at": MORNING + timedelta(hours=2)}
    world.add("transfer", "10", lettuce, "jardin", "plateforme", price=Money(900), **given)
    undone = world.add("transfer", "4", lettuce, "jardin", "plateforme", price=Money(400), **given)
    reverse(ecopole=world.ecopole, events=[undone], by=None, at=NOW, key="undo")
    garden, farm = world.agents["jardin"].pk, world.agents["ferme"].pk
    found = taken_from(world.ecopole, provider_ids=[garden, farm], since=MORNING, until=NOW)
    assert (found[garden].kg, found[garden].price, found[garden].transfers) == (Decimal("3.5"), Money(900), 1)
    assert (found[farm].kg, found[farm].price, found[farm].transfers) == (0, Money(0), 0)
    assert taken_from(world.ecopole, provider_ids=[garden], since=NOW, until=NOW)[garden].kg == 0


def test_using_what_belongs_to_another_is_reported(world):
    lot = world.harvested("carotte", "10")
    world.add("transfer_custody", "6", lot, "jardin", "plateforme")
    world.add("consume", "6", lot, "plateforme")
    (debt,) = negative_rights(world.ecopole)
    assert (debt.lot, debt.owner.name, debt.quantity) == (lot, "plateforme", -6)
