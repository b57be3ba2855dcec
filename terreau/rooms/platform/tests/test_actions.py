"""What the platform's gestures write, and what they refuse."""

from datetime import timedelta
from decimal import Decimal

import pytest

from terreau.ledger.actions import LedgerRefusal, reverse
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.dueforms import LineRefused
from terreau.ledger.models import Event, Verdict
from terreau.ledger.queries import State, commitments, stock
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.day import promises
from terreau.rooms.platform.dock import left_on_dock
from terreau.rooms.platform.models import Offer, OrderLine
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, Small

KEY = "cle-12345678"


def do(world: Small, act, *answers: Answer, key: str = KEY):
    return act(ecopole=world.ecopole, platform=world.platform, done=list(answers), by=None, at=NOW, key=key)


def state(world: Small, commitment) -> State:
    return commitments(world.ecopole, keys=[commitment.key])[0].state


def test_a_conform_arrival_enters_the_cold_store_and_keeps_its_promise(world):
    c = world.arrival("12")
    do(world, actions.receive, Answer(c, Decimal(12)))
    assert world.held(world.cold) == 12
    assert state(world, c) is State.MET


def test_a_lighter_arrival_enters_as_weighed_and_closes_the_promise(world):
    c = world.arrival("12")
    do(world, actions.receive, Answer(c, Decimal("9.5")))
    assert world.held(world.cold) == Decimal("9.5")
    assert state(world, c) is State.MET


def test_a_refused_arrival_stays_with_the_farm_and_its_lot_is_refused_with_the_reason(world):
    c = world.arrival("12")
    do(world, actions.receive, Answer(c, Decimal(12), refused="trop abîmé"))
    assert world.held(world.cold) == 0
    assert Verdict.objects.get().reason == "trop abîmé"
    assert state(world, c) is State.CANCELLED


def test_undoing_a_refused_arrival_opens_its_promise_again(world):
    c = world.arrival("12")
    events = do(world, actions.receive, Answer(c, Decimal(12), refused="trop abîmé"))
    reverse(ecopole=world.ecopole, events=events, by=None, at=NOW, key="undo-1234567")
    assert state(world, c) is State.OPEN


def test_the_same_form_sent_twice_is_received_once(world):
    c = world.arrival("12")
    first = do(world, actions.receive, Answer(c, Decimal(12)))
    again = do(world, actions.receive, Answer(c, Decimal(12)))
    assert {e.pk for e in again} == {e.pk for e in first}
    assert world.held(world.cold) == 12


def test_two_people_receiving_the_same_line_do_not_receive_it_twice(world):
    c = world.arrival("12")
    do(world, actions.receive, Answer(c, Decimal(12)))
    with pytest.raises(LineRefused, match="déjà enregistré"):
        do(world, actions.receive, Answer(c, Decimal(12)), key="other-123456")
    assert world.held(world.cold) == 12


def test_a_negative_weight_is_refused_and_nothing_is_written(world):
    c = world.arrival("12")
    with pytest.raises(AnswerRefused, match="ce qui a été pesé"):
        do(world, actions.receive, Answer(c, Decimal(-1)))
    assert not Event.objects.exists()


def test_picking_takes_the_first_to_expire_and_puts_it_on_the_dock(world):
    later = world.stocked("8", keeps_until=TODAY + timedelta(days=9))
    sooner = world.stocked("6", keeps_until=TODAY + timedelta(days=2))
    pick, _ = world.order("10")
    events = do(world, actions.pick, Answer(pick, Decimal(10)))
    assert [(e.lot, e.quantity) for e in events] == [(sooner, 6), (later, 4)]
    assert world.held(world.dock) == 10


def test_picking_more_than_there_is_says_how_much_there_is_and_on_which_line(world):
    world.stocked("6")
    pick, _ = world.order("10")
    with pytest.raises(LineRefused, match="il reste 6") as refusal:
        do(world, actions.pick, Answer(pick, Decimal(10)))
    assert refusal.value.commitment_id == pick.pk
    assert world.held(world.dock) == 0


def test_a_delivery_hands_over_what_was_picked_at_the_price_of_the_line(world):
    world.stocked("20")
    pick, delivery = world.order("10")
    do(world, actions.pick, Answer(pick, Decimal(10)))
    events = do(world, actions.deliver, Answer(delivery, Decimal(5)), key="deliver-1234")
    assert world.held(world.door(world.canteen)) == 5
    assert sum(e.price.cents for e in events) == 500
    assert state(world, delivery) is State.MET


def test_what_nobody_awaits_goes_back_to_its_store_and_what_is_awaited_stays(world):
    world.stocked("30")
    pick, delivery = world.order("10")
    awaited, _ = world.order("4", customer=world.shop)
    do(world, actions.pick, Answer(pick, Decimal(10)), Answer(awaited, Decimal(4)))
    do(world, actions.deliver, Answer(delivery, Decimal(7)), key="deliver-1234")
    actions.put_back(ecopole=world.ecopole, platform=world.platform, by=None, at=NOW, key="back-123456")
    assert world.held(world.dock) == 4
    assert world.held(world.cold) == 30 - 4 - 7


def test_what_is_picked_for_the_days_after_is_awaited_however_few_days_are_asked(world):
    world.stocked("9")
    pick, delivery = world.order("9", day=TODAY + timedelta(days=2))
    do(world, actions.pick, Answer(pick, Decimal(9)))
    for until in (TODAY, None):  # as the day at a glance asks, and as the round does
        promised = promises(world.ecopole, world.platform, TODAY, until=until)
        assert promised.awaited == {delivery.process_id}
        assert left_on_dock(promised.awaited, stock(world.ecopole, holder=world.platform)) == []


def test_composting_lowers_the_lot_that_the_plan_names(world):
    lot = world.stocked("5")
    do(world, actions.set_aside, Answer(world.compost(lot, "3"), Decimal(3)))
    assert world.held(world.cold) == 2


@pytest.mark.parametrize("quantity", ["0", "-2"])
def test_a_loss_of_nothing_is_refused(world, quantity):
    world.stocked("5")
    line = stock(world.ecopole, holder=world.platform)[0]
    with pytest.raises(actions.LossRefused, match="au-dessus de zéro"):
        actions.lose(
            ecopole=world.ecopole,
            line=line,
            quantity=Decimal(quantity),
            reason="abîmé",
            by=None,
            at=NOW,
            key=KEY,
        )


def test_a_loss_greater_than_the_lot_is_refused_and_a_loss_sent_twice_is_one(world):
    world.stocked("5")
    line = stock(world.ecopole, holder=world.platform)[0]
    lost = {"ecopole": world.ecopole, "line": line, "reason": "abîmé", "by": None, "at": NOW}
    with pytest.raises(LedgerRefusal, match="il y reste 5"):
        actions.lose(**lost, quantity=Decimal(6), key=KEY)
    for _ in range(2):
        actions.lose(**lost, quantity=Decimal(2), key=KEY)
    assert world.held(world.cold) == 3


def test_nothing_happens_to_a_lot_before_it_is_born(world):
    world.stocked("5")
    line = stock(world.ecopole, holder=world.platform)[0]
    yesterday = NOW - timedelta(days=1)
    with pytest.raises(LedgerRefusal, match="rien ne peut lui arriver avant"):
        actions.lose(
            ecopole=world.ecopole,
            line=line,
            quantity=Decimal(1),
            reason="abîmé",
            by=None,
            at=yesterday,
            key=KEY,
        )


def offer_entry(world: Small, quantity: str = "20", **more):
    price = Money(130)
    return actions.OfferEntry(
        world.farm,
        world.carrot,
        Decimal(quantity),
        price,
        more.pop("first", WEEK.monday),
        WEEK.sunday,
        **more,
    )


def test_saying_an_offer_again_replaces_it_and_last_week_is_copied_once(world):
    actions.offer(ecopole=world.ecopole, week=WEEK, entries=[offer_entry(world)])
    actions.offer(ecopole=world.ecopole, week=WEEK, entries=[offer_entry(world, "25")])
    assert actions.copy_offers(ecopole=world.ecopole, farm=world.farm, week=WEEK + 1) == 1
    assert actions.copy_offers(ecopole=world.ecopole, farm=world.farm, week=WEEK + 1) == 0
    copied = Offer.objects.get(week=str(WEEK + 1))
    assert (copied.quantity, copied.first_day) == (25, (WEEK + 1).monday)


def test_an_order_is_copied_with_its_substitutes_for_the_days_still_to_come(world):
    entries = [
        actions.OrderEntry(
            world.canteen, day, world.carrot, Decimal(10), Money(200), substitutes=frozenset({world.lettuce})
        )
        for day in (WEEK.days[0], WEEK.days[3])
    ]
    actions.order(ecopole=world.ecopole, entries=entries)
    following = WEEK + 1
    count, _ = actions.copy_orders(
        ecopole=world.ecopole, customer=world.canteen, week=following, since=following.days[2],
        granted=False, by=None, at=NOW, key=KEY,
    )  # fmt: skip
    copied = OrderLine.objects.get(day__in=following.days)
    assert (count, copied.day, list(copied.substitutes.all())) == (1, following.days[3], [world.lettuce])
