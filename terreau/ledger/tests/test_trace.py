from decimal import Decimal

from django.core.management import call_command

from terreau.ledger.actions import reverse
from terreau.ledger.tests.world import NOW
from terreau.ledger.trace import Side, journey, recall


def soup(world):
    """Ten events, from two harvests to a canteen's soup; the platform cooks carrots it does not own."""
    lots = {
        "carrots": world.lot("carotte", "jardin"),
        "leeks": world.lot("poireau", "ferme"),
    }
    lots["soup"] = world.lot("soupe", "plateforme", at=lots["leeks"].born_at.replace(hour=15))
    harvest, other_harvest, batch = world.process("harvest"), world.process("harvest"), world.process()
    carrots, leeks, made = lots["carrots"], lots["leeks"], lots["soup"]
    later = {"occurred_at": made.born_at}
    entries = [
        world.entry("produce", "100", carrots, "jardin", process_id=harvest.pk),
        world.entry("work", "4", None, "cantine", "jardin", process_id=harvest.pk),
        world.entry("produce", "40", leeks, "ferme", process_id=other_harvest.pk),
        world.entry("transfer_custody", "60", carrots, "jardin", "plateforme"),
        world.entry("transfer", "10", leeks, "ferme", "plateforme"),
        world.entry("consume", "30", carrots, "plateforme", process_id=batch.pk, **later),
        world.entry("consume", "10", leeks, "plateforme", process_id=batch.pk, **later),
        world.entry("produce", "60", made, "plateforme", process_id=batch.pk, **later),
        world.entry("transfer", "24", made, "plateforme", "cantine"),
        world.entry("lower", "2", carrots, "jardin"),
    ]
    events = world.record(*entries)
    return lots, {f"e{number}": event for number, event in enumerate(events, 1)}


def names(events, steps, *sides):
    by_pk = {event.pk: name for name, event in events.items()}
    return {by_pk[step.event.pk] for step in steps if step.side in sides}


def test_ten_events_give_the_balances_of_custody_and_rights(world):
    lots, _ = soup(world)
    carrots, leeks, made = lots["carrots"], lots["leeks"], lots["soup"]
    for lot, agent, owned, held in (
        (carrots, "jardin", 98, 38),
        (leeks, "ferme", 30, 30),
        (carrots, "plateforme", -30, 30),
        (leeks, "plateforme", 0, 0),
        (made, "plateforme", 36, 36),
        (made, "cantine", 24, 24),
    ):
        assert (world.owned(lot, agent), world.held(lot, agent)) == (owned, held), (lot, agent)


def test_the_soup_is_traced_to_every_event_before_it(world):
    lots, events = soup(world)
    found = journey(lots["soup"])
    assert names(events, found.steps, Side.UP, Side.HERE) == {f"e{n}" for n in range(1, 11)}
    assert [(line.lot, line.quantity) for line in found.upstream] == [
        (lots["carrots"], 30),
        (lots["leeks"], 10),
    ]
    assert found.downstream == []
    times = [(step.event.occurred_at, step.event.pk) for step in found.steps]
    assert times == sorted(times)


def test_the_leeks_are_tracked_to_the_canteen(world):
    lots, events = soup(world)
    found = journey(lots["leeks"])
    assert names(events, found.steps, Side.HERE, Side.DOWN) == {"e5", "e7", "e8", "e9"}
    assert [(line.lot, line.quantity) for line in found.downstream] == [(lots["soup"], 10)]


def test_recalling_the_leeks_says_who_received_how_much_of_them_and_how_to_reach_them(world):
    lots, _ = soup(world)
    lines = recall(lots["leeks"])
    assert [(line.receiver.name, line.lot, line.quantity, line.content) for line in lines] == [
        ("plateforme", lots["leeks"], 10, 10),
        ("cantine", lots["soup"], 24, 4),  # 10 kg of leeks in 60 litres: 4 in 24
    ]
    assert {line.contact for line in lines} == {"À l’accueil · 03 00 00 00 00"}


def test_a_lot_reached_by_two_ways_is_counted_once_with_both_amounts(world):
    """Carrots are split in two, cooked apart, and meet again: a diamond."""
    carrots = world.harvested("carotte", "100")
    later = [carrots.born_at.replace(hour=hour) for hour in (10, 11, 12)]
    left, right = world.lot("poireau", at=later[0]), world.lot("laitue", at=later[0])
    end = world.lot("soupe", at=later[2])
    one, two = world.process(), world.process()
    world.record(
        world.entry("consume", "40", carrots, "jardin", process_id=one.pk, occurred_at=later[1]),
        # 30 kg and 20 × 0,35 = 7 kg: the 40 kg consumed are spread as 30 to 7
        world.entry("produce", "30", left, "jardin", process_id=one.pk, occurred_at=later[1]),
        world.entry("produce", "20", right, "jardin", process_id=one.pk, occurred_at=later[1]),
        world.entry("consume", "15", left, "jardin", process_id=two.pk, occurred_at=later[2]),
        world.entry("consume", "20", right, "jardin", process_id=two.pk, occurred_at=later[2]),
        world.entry("produce", "50", end, "jardin", process_id=two.pk, occurred_at=later[2]),
        world.entry("transfer", "25", end, "jardin", "cantine", occurred_at=later[2]),
    )
    inside = Decimal("23.784")  # 40 × 30/37 / 2 + 40 × 7/37 = 880/37
    downstream = {line.lot: line.quantity for line in journey(carrots).downstream}
    assert downstream == {left: Decimal("32.432"), right: Decimal("7.568"), end: inside}
    upstream = {line.lot: line.quantity for line in journey(end).upstream}
    assert upstream == {carrots: inside, left: 15, right: 20}
    assert [(line.lot, line.content) for line in recall(carrots)] == [(end, Decimal("11.892"))]


def test_a_reversed_step_leaves_the_trace(world):
    lots, events = soup(world)
    reverse(ecopole=world.ecopole, events=[events["e9"]], by=None, at=NOW, key="undo")
    assert [line.receiver.name for line in recall(lots["leeks"])] == ["plateforme"]
    reverse(ecopole=world.ecopole, events=[events["e7"]], by=None, at=NOW, key="undo-2")
    assert journey(lots["leeks"]).downstream == []


def test_recall_asks_the_database_once(world, django_assert_num_queries):
    lots, _ = soup(world)
    with django_assert_num_queries(1):
        recall(lots["leeks"])


def test_the_commands_print_the_journey_and_the_recall(world, capsys):
    lots, _ = soup(world)
    call_command("trace", lots["soup"].code)
    printed = capsys.readouterr().out
    assert lots["leeks"].code in printed
    assert "plateforme → cantine" in printed
    call_command("recall", lots["leeks"].code.lower(), "--ecopole", "bourg")
    printed = capsys.readouterr().out
    assert "cantine" in printed
    assert "dont 4\u00a0kg du lot" in printed
