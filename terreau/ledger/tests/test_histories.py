"""Any history, against a model that knows nothing of tables, locks or effects."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terreau.ledger.actions import LedgerRefusal, reverse
from terreau.ledger.audit import differences
from terreau.ledger.models import Custody, Event, Rights
from terreau.ledger.tests.world import MORNING, NOW
from terreau.ledger.trace import journey

AGENTS = ["jardin", "plateforme", "cantine"]
ACTIONS = ["produce", "consume", "transfer", "transfer_custody", "transfer_rights", "move", "raise", "lower"]
history = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Naive:
    """Two dictionaries and common sense."""

    def __init__(self):
        self.custody, self.rights = defaultdict(Decimal), defaultdict(Decimal)

    def apply(self, action, lot, giver, taker, amount, direction=1):
        amount *= direction
        if action in ("produce", "raise"):
            self._add(lot, taker, held=amount, owned=amount)
        elif action in ("consume", "lower"):
            self._add(lot, giver, held=-amount, owned=-amount)
        elif action == "transfer":
            self._add(lot, giver, held=-amount, owned=-amount)
            self._add(lot, taker, held=amount, owned=amount)
        elif action == "transfer_custody":
            self._add(lot, giver, held=-amount)
            self._add(lot, taker, held=amount)
        elif action == "transfer_rights":
            self._add(lot, giver, owned=-amount)
            self._add(lot, taker, owned=amount)

    def _add(self, lot, agent, held=Decimal(0), owned=Decimal(0)):
        self.custody[lot, agent] += held
        self.rights[lot, agent] += owned

    def possible(self):
        return all(amount >= 0 for amount in self.custody.values())

    def copy(self):
        twin = Naive()
        twin.custody |= self.custody
        twin.rights |= self.rights
        return twin


amounts = st.integers(1, 9_000).map(lambda milli: Decimal(milli).scaleb(-3))
steps = st.tuples(
    st.sampled_from(ACTIONS), st.integers(0, 2), st.sampled_from(AGENTS), st.sampled_from(AGENTS), amounts
)
gestures = st.one_of(
    st.tuples(st.just("record"), st.lists(steps, min_size=1, max_size=4)),
    st.tuples(st.just("reverse"), st.integers(0, 50)),
    st.tuples(st.just("again"), st.integers(0, 50)),
)


@history
@given(st.lists(gestures, max_size=15))
def test_any_history_keeps_the_balances_of_a_naive_book(world, told):
    with transaction.atomic():
        lots = [world.lot("carotte") for _ in range(3)]
        book, sent, done = Naive(), [], []
        for name, what in told:
            if name == "record":
                book = _record(world, lots, book, what, sent, done)
            elif name == "reverse" and done:
                book = _reverse(world, book, done[what % len(done)])
            elif name == "again" and sent:
                events = Event.objects.count()
                world.record(*sent[what % len(sent)])
                assert Event.objects.count() == events
        _same(book, lots, world)
        transaction.set_rollback(True)


def _record(world, lots, book, asked, sent, done):
    after, possible, entries = book.copy(), True, []
    for action, number, giver, other, amount in asked:
        taker = other if action.startswith("transfer") else giver
        entries.append(world.entry(action, str(amount), lots[number], giver, taker))
        after.apply(action, number, giver, taker, amount)
        # Giving to oneself needs to have it first.
        enough = _had(after, action, number, giver, taker, amount)
        possible = possible and after.possible() and enough
    try:
        with transaction.atomic():
            events = world.record(*entries)
    except LedgerRefusal:
        assert not possible, "refused, though there was enough"
        return book
    assert possible, "accepted, though there was not enough"
    sent.append(entries)
    for event, (action, number, giver, other, amount) in zip(events, asked, strict=True):
        taker = other if action.startswith("transfer") else giver
        done.append({"event": event, "told": (action, number, giver, taker, amount), "undone": False})
    return after


def _had(after, action, number, giver, taker, amount):
    """What the giver held just before: when giver and taker are one, what they hold now."""
    if giver == taker and action in ("move", "transfer", "transfer_custody"):
        return after.custody[number, giver] >= amount
    return True


def _reverse(world, book, fact):
    after = book.copy()
    after.apply(*fact["told"], direction=-1)
    action, number, giver, taker, amount = fact["told"]
    possible = not fact["undone"] and after.possible()
    possible = possible and _had(after, action, number, giver, taker, amount)
    try:
        with transaction.atomic():
            reverse(
                ecopole=world.ecopole,
                events=[fact["event"]],
                by=None,
                at=NOW,
                key=f"undo-{next(world.numbers)}",
            )
    except LedgerRefusal:
        assert not possible, "refused, though it could be undone"
        return book
    assert possible, "undone, though it could not"
    fact["undone"] = True
    return after


def _same(book, lots, world):
    held = {(row.lot_id, row.holder.name): row.quantity for row in Custody.objects.select_related("holder")}
    owned = {(row.lot_id, row.owner.name): row.quantity for row in Rights.objects.select_related("owner")}
    for number, lot in enumerate(lots):
        for agent in AGENTS:
            assert held.get((lot.pk, agent), 0) == book.custody[number, agent]
            assert owned.get((lot.pk, agent), 0) == book.rights[number, agent]
        # Whoever holds it and whoever owns it, it is the same heap.
        heap = Sum("quantity", default=Decimal(0))
        held_by_all = Custody.objects.filter(lot=lot).aggregate(heap=heap)
        assert held_by_all == Rights.objects.filter(lot=lot).aggregate(heap=heap)
    assert list(differences(world.ecopole)) == []


kitchens = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 1_000)), min_size=1, max_size=3),
        st.lists(st.integers(1, 5_000), min_size=1, max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@history
@given(kitchens)
def test_what_is_found_inside_is_the_same_read_upwards_or_downwards(world, batches):
    with transaction.atomic():
        lots = [world.harvested("carotte", "100") for _ in range(2)]
        for hour, (inputs, outputs) in enumerate(batches, 1):
            at, process = MORNING + timedelta(hours=hour), world.process()
            made = [world.lot("soupe", at=at) for _ in outputs]
            more = {"process_id": process.pk, "occurred_at": at + timedelta(minutes=30)}
            for number, milli in inputs:
                lot = lots[number % len(lots)]
                amount = min(Decimal(milli).scaleb(-3), world.held(lot, "jardin"))
                if amount:
                    world.add("consume", str(amount), lot, "jardin", **more)
            for lot, milli in zip(made, outputs, strict=True):
                world.add("produce", str(Decimal(milli).scaleb(-3)), lot, "jardin", **more)
            lots += made
        found = [journey(lot) for lot in lots]
        down = {(one.lot.pk, line.lot.pk): line.quantity for one in found for line in one.downstream}
        up = {(line.lot.pk, one.lot.pk): line.quantity for one in found for line in one.upstream}
        assert down == up
        transaction.set_rollback(True)
