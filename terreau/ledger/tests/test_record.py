from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from terreau.ledger import refusals as no
from terreau.ledger.actions import LedgerRefusal, NewLot, judge, new_lots, record, reverse
from terreau.ledger.models import Custody, Event, Lot
from terreau.ledger.queries import STANDING
from terreau.ledger.tests.world import MORNING, NOW, make_world
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit


def refused(world, *entries):
    before = Event.objects.count(), list(Custody.objects.values_list("pk", "quantity"))
    with pytest.raises(LedgerRefusal) as refusal:
        world.record(*entries)
    after = Event.objects.count(), list(Custody.objects.values_list("pk", "quantity"))
    assert before == after, "a refused batch wrote something"
    return refusal.value


def kinds(refusal):
    return [(type(error), error.entry_index) for error in refusal.errors]


def test_a_transfer_is_seen_by_both_sides(world):
    lot = world.harvested("carotte", "10.5")
    event = world.add("transfer", "4.25", lot, "jardin", "cantine", price=Money(510))
    assert (world.held(lot, "jardin"), world.held(lot, "cantine")) == (Decimal("6.25"), Decimal("4.25"))
    assert (world.owned(lot, "jardin"), world.owned(lot, "cantine")) == (Decimal("6.25"), Decimal("4.25"))
    written = Event.objects.get(pk=event.pk)
    for field in Event._meta.concrete_fields:
        assert getattr(event, field.attname) == getattr(written, field.attname), field.attname


def test_what_is_not_there_cannot_be_taken_and_what_is_left_is_told(world):
    lot = world.harvested("carotte", "10")
    refusal = refused(world, world.entry("transfer", "10.001", lot, "jardin", "cantine"))
    (error,) = refusal.errors
    assert isinstance(error, no.NotEnough)
    assert error.left == Quantity(10, Unit.KG)
    assert str(refusal) == (
        f"« carotte », lot {lot.code}, jardin (jardin) : il y reste 10\u00a0kg, pour 10,001\u00a0kg "
        "demandés. Réduisez la quantité, ou prenez dans un autre lot."
    )


def test_a_batch_is_replayed_in_order(world):
    lot = world.lot("carotte")
    make, give = (
        world.entry("produce", "10", lot, "jardin"),
        world.entry("transfer", "10", lot, "jardin", "ferme"),
    )
    assert kinds(refused(world, give, make)) == [(no.NotEnough, 0)]
    world.record(make, give)
    assert world.held(lot, "ferme") == 10


def test_every_reason_is_gathered_in_the_order_of_the_entries(world):
    lot = world.harvested("carotte", "10")
    refusal = refused(
        world,
        world.entry("transfer", "0", lot, "jardin", "cantine", occurred_at=NOW + timedelta(hours=1)),
        world.entry("transfer", "5", lot, "jardin", "cantine"),
        world.entry("consume", "50", lot, "jardin"),
        world.entry("transfer", "1", lot, "jardin", "cantine", to_place_id=None, from_place_id=None),
        world.entry("produce", "1", None, "jardin"),
        world.entry("dance", "1", lot, "jardin"),
    )
    assert kinds(refusal) == [
        (no.NotPositive, 0), (no.InTheFuture, 0), (no.NotEnough, 2), (no.MissingPlace, 3),
        (no.MissingPlace, 3), (no.MissingLot, 4), (no.UnknownAction, 5),
    ]  # fmt: skip
    assert len(str(refusal).splitlines()) == 7


@pytest.mark.parametrize("amount", ["-1", "0", "0.0005", "NaN", "Infinity"])
def test_a_quantity_is_above_zero_and_stops_at_the_thousandth(world, amount):
    lot = world.lot("carotte")
    assert kinds(refused(world, world.entry("produce", amount, lot, "jardin"))) == [(no.NotPositive, 0)]


def test_a_product_has_one_unit(world):
    lot = world.lot("laitue")
    entry = world.entry("produce", "3", lot, "jardin")
    wrong = type(entry)(**{name: getattr(entry, name) for name in entry.__slots__} | {"unit": Unit.KG})
    assert kinds(refused(world, wrong)) == [(no.WrongUnit, 0)]


def test_nothing_happens_to_a_lot_before_it_is_born(world):
    lot = world.lot("carotte")
    early = world.entry("produce", "3", lot, "jardin", occurred_at=MORNING - timedelta(seconds=1))
    assert kinds(refused(world, early)) == [(no.NotBornYet, 0)]


def test_moving_keeps_the_holder(world):
    lot = world.harvested("carotte", "3")
    assert kinds(refused(world, world.entry("move", "3", lot, "jardin", "ferme"))) == [(no.HolderChanged, 0)]


def test_nothing_of_another_ecopole_is_used(world):
    other = make_world("ailleurs")
    stranger = other.harvested("carotte", "10")
    own = world.harvested("carotte", "10")
    refusal = refused(
        world,
        world.entry("transfer", "1", stranger, "jardin", "cantine"),
        world.entry("transfer", "1", own, "jardin", "cantine", to_place_id=other.places["cantine"].pk),
        world.entry("consume", "1", own, "jardin", process_id=other.process().pk),
    )
    assert kinds(refusal) == [(no.ForeignEcopole, 0), (no.ForeignEcopole, 1), (no.ForeignEcopole, 2)]


def test_the_same_key_is_the_same_event(world):
    lot = world.lot("carotte")
    entries = [
        world.entry("produce", "10", lot, "jardin"),
        world.entry("transfer", "4", lot, "jardin", "cantine"),
    ]
    first = world.record(*entries)
    assert world.record(*entries, *entries) == first * 2
    assert Event.objects.count() == 2
    assert world.held(lot, "jardin") == 6


def test_the_same_key_with_another_content_is_refused(world):
    lot = world.lot("carotte")
    world.add("produce", "10", lot, "jardin", key="k")
    assert kinds(refused(world, world.entry("produce", "9", lot, "jardin", key="k"))) == [(no.KeyReused, 0)]
    twice = [world.entry("produce", amount, lot, "jardin", key="twice") for amount in ("1", "2")]
    assert kinds(refused(world, *twice)) == [(no.KeyReused, 1)]


def test_a_held_lot_is_not_used_but_can_be_lost_moved_returned_and_corrected(world):
    lot = world.harvested("carotte", "20", producer="ferme")
    given = world.add("transfer", "10", lot, "ferme", "plateforme")
    judge(lot=lot, kind="held", reason="analyse en cours", at=NOW, by=None, key="hold")
    refusal = refused(
        world,
        world.entry("consume", "1", lot, "plateforme"),
        world.entry("transfer", "1", lot, "plateforme", "cantine"),
        world.entry("transfer_custody", "1", lot, "plateforme", "cantine"),
        world.entry("transfer_rights", "1", lot, "plateforme", "cantine"),
    )
    assert kinds(refusal) == [(no.LotRefused, index) for index in range(4)]
    assert "est en attente de décision (analyse en cours)" in str(refusal)
    world.add("lower", "1", lot, "plateforme")
    world.add("move", "1", lot, "plateforme")
    back = world.add("transfer_custody", "2", lot, "plateforme", "ferme")
    reverse(ecopole=world.ecopole, events=[back], by=None, at=NOW, key="undo")
    judge(lot=lot, kind="released", reason="conforme", at=NOW, by=None, key="release")
    world.add("transfer", "9", lot, "plateforme", "cantine")
    with pytest.raises(LedgerRefusal, match="il n’y reste rien"):
        reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="undo-given")


def test_a_refused_lot_is_used_no_more(world):
    lot = world.harvested("carotte", "20")
    world.add("transfer", "5", lot, "jardin", "plateforme")
    judge(lot=lot, kind="refused", reason="pourri", at=NOW, by=None, key="no")
    used = (
        world.entry("consume", "1", lot, "plateforme"),
        world.entry("transfer", "1", lot, "jardin", "cantine"),
    )
    assert kinds(refused(world, *used)) == [(no.LotRefused, 0), (no.LotRefused, 1)]


def test_reversing_restores_both_balances_once(world):
    lot = world.harvested("carotte", "10")
    given = world.add("transfer", "4", lot, "jardin", "cantine", key="given")
    (undone,) = reverse(ecopole=world.ecopole, keys=["given"], by=None, at=NOW, key="undo")
    assert undone.reverses_id == given.pk
    assert (world.held(lot, "jardin"), world.owned(lot, "jardin")) == (10, 10)
    assert reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="undo") == [undone]
    with pytest.raises(LedgerRefusal) as again:
        reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="again")
    assert kinds(again.value) == [(no.AlreadyReversed, 0)]
    with pytest.raises(LedgerRefusal) as back:
        reverse(ecopole=world.ecopole, events=[undone], by=None, at=NOW, key="back")
    assert kinds(back.value) == [(no.AlreadyReversed, 0)]
    assert world.held(lot, "jardin") == 10


def test_a_reversal_is_the_whole_event_and_nothing_else(world):
    lot = world.harvested("carotte", "10")
    given = world.add("transfer", "4", lot, "jardin", "cantine")
    part = world.entry("transfer", "3", lot, "jardin", "cantine", reverses_id=given.pk)
    assert kinds(refused(world, part)) == [(no.NotTheReverse, 0)]


def test_goods_that_moved_on_are_not_reversed_unless_all_is_undone_together(world):
    lot = world.harvested("carotte", "10")
    first = world.add("transfer", "4", lot, "jardin", "plateforme")
    second = world.add("transfer", "3", lot, "plateforme", "cantine")
    with pytest.raises(LedgerRefusal) as refusal:
        reverse(ecopole=world.ecopole, events=[first], by=None, at=NOW, key="undo")
    assert refusal.value.errors[0].left == Quantity(1, Unit.KG)
    reverse(ecopole=world.ecopole, events=[first, second], by=None, at=NOW, key="undo")
    assert world.held(lot, "jardin") == 10


def test_a_lot_is_made_from_older_lots_only(world):
    old, young = (
        world.harvested("carotte", "10"),
        world.harvested("carotte", "10", at=MORNING + timedelta(hours=2)),
    )
    process = world.process()
    later = {"process_id": process.pk, "occurred_at": MORNING + timedelta(hours=4)}
    world.record(world.entry("consume", "1", young, "jardin", **later))
    assert kinds(refused(world, world.entry("produce", "1", old, "jardin", **later))) == [
        (no.MadeFromYounger, 0)
    ]
    assert kinds(refused(world, world.entry("produce", "1", young, "jardin", **later))) == [
        (no.MadeFromYounger, 0)
    ]


def test_a_promise_is_fulfilled_with_its_own_product(world):
    lot = world.harvested("carotte", "10")
    promised = world.promised("poireau", "5", "jardin", "cantine")
    wrong = world.entry("transfer", "5", lot, "jardin", "cantine", fulfils_id=promised.pk)
    assert kinds(refused(world, wrong)) == [(no.WrongProduct, 0)]


def test_lots_are_numbered_by_day_and_product_and_made_once(world):
    garden, product = world.agents["jardin"].pk, world.products["carotte"]
    asked = [NewLot(product, garden, 2, MORNING, f"k{number}") for number in range(3)]
    lots = new_lots(ecopole=world.ecopole, lots=asked)
    assert [lot.code for lot in lots] == ["26324-CAR-01", "26324-CAR-02", "26324-CAR-03"]
    assert new_lots(ecopole=world.ecopole, lots=asked[::-1]) == lots[::-1]
    assert Lot.objects.count() == 3
    with pytest.raises(LedgerRefusal, match="26324-CAR-02 existe déjà"):
        new_lots(ecopole=world.ecopole, lots=[NewLot(product, garden, 2, MORNING, "k9", code="26324-CAR-02")])


def test_verify_finds_nothing_until_a_balance_is_touched(world, capsys):
    lot = world.harvested("carotte", "10")
    given = world.add("transfer", "4", lot, "jardin", "cantine")
    reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="undo")
    call_command("verify")
    assert "3 mouvements relus, aucune différence" in capsys.readouterr().out
    Custody.objects.filter(lot=lot, holder=world.agents["jardin"]).update(quantity=Decimal(11))
    with pytest.raises(CommandError, match="1 différence"):
        call_command("verify")
    assert (
        f"Garde du lot {lot.code} par jardin, jardin : 11\u00a0kg en compte, 10\u00a0kg"
        in capsys.readouterr().out
    )


def test_recording_many_events_asks_a_fixed_number_of_queries(world, django_assert_max_num_queries):
    lots = [world.lot("carotte") for _ in range(50)]
    entries = [world.entry("produce", "1", lot, "jardin") for lot in lots]
    with django_assert_max_num_queries(20):
        record(ecopole=world.ecopole, entries=entries, recorded_by=None, recorded_at=NOW)


def test_what_was_reversed_stands_no_more_and_postgresql_knows_that_nearly_all_does(world):
    lot = world.harvested("carotte", "10")
    given = world.add("transfer", "4", lot, "jardin", "cantine")
    reverse(ecopole=world.ecopole, events=[given], by=None, at=NOW, key="undo")
    standing = Event.objects.filter(STANDING)
    assert [event.action for event in standing] == ["produce"]
    if connection.vendor == "postgresql":
        assert "Anti Join" in standing.explain()
