"""A lot proposed: a promise that names its lot, made by its receiver alone, and that falls with its day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from terreau.ledger.actions import reverse
from terreau.ledger.models import Cancellation, Commitment, Lot
from terreau.ledger.proposals import (
    DECLINED,
    WITHDRAWN,
    ProposalRefused,
    declined,
    give_up,
    proposals,
    propose,
    proposed,
)
from terreau.ledger.queries import stock
from terreau.ledger.tests.world import NOW, World

TODAY = date(2026, 11, 23)
LAST = TODAY + timedelta(days=5)


@pytest.fixture
def lot(world: World) -> Lot:
    return world.harvested("carotte", "40", keeps_until=LAST)


def asked(world: World, lot: Lot, quantity: str = "30", holder: str = "jardin", **more: Any) -> Commitment:
    line = next(line for line in stock(world.ecopole, holder=world.agents[holder]) if line.lot.pk == lot.pk)
    given: dict[str, Any] = {"until": LAST, "at": NOW, "key": f"proposal-{next(world.numbers)}"} | more
    return propose(
        ecopole=world.ecopole, line=line, to=world.agents["cantine"], quantity=Decimal(quantity), **given
    )


def left(world: World, on: date = TODAY) -> list[Decimal]:
    rows = [line.remaining for line in proposals(world.ecopole, "canteen", on)]
    assert len(rows) == proposed(world.ecopole, "canteen", on).count()
    return rows


def test_it_is_open_then_partly_taken_then_taken_and_open_again_if_undone(world, lot):
    row = asked(world, lot)
    assert world.held(lot, "jardin") == 40
    assert left(world) == [30]
    world.add("transfer", "12", lot, "jardin", "cantine", fulfils_id=row.pk)
    assert left(world) == [18]
    rest = world.add("transfer", "18", lot, "jardin", "cantine", fulfils_id=row.pk)
    assert left(world) == []
    reverse(ecopole=world.ecopole, events=[rest], by=None, at=NOW, key="undone")
    assert left(world) == [18]


def test_it_falls_with_its_day_and_is_of_one_kind_of_actor(world, lot):
    asked(world, lot)
    assert (left(world, LAST), left(world, LAST + timedelta(days=1))) == ([30], [])
    assert not proposed(world.ecopole, "platform", TODAY).exists()
    world.promised("carotte", "10", "jardin", "cantine")  # a delivery names no lot
    assert left(world) == [30]


def test_it_is_given_up_once_and_may_be_proposed_again(world, lot):
    row = asked(world, lot)
    for key in ("declined", "declined-again"):
        give_up(proposal=row, reason="décliné", by=None, at=NOW, key=key)
    assert left(world) == []
    assert Cancellation.objects.count() == 1
    asked(world, lot, "40")
    assert left(world) == [40]


def test_what_was_declined_is_told_until_its_day_its_end_or_another_proposal(world, lot):
    def told(on: date = TODAY, kind: str = "canteen") -> list[tuple[int, str, str]]:
        return [(one.commitment_id, one.by, one.why) for one in declined(world.ecopole, kind, on)]

    withdrawn = asked(world, lot)
    give_up(proposal=withdrawn, reason=WITHDRAWN, by=None, at=NOW, key="withdrawn")
    assert told() == []
    row = asked(world, lot)
    assert told() == []
    give_up(proposal=row, reason=f"{DECLINED}\u202f: trop mûr", by=None, at=NOW, key="declined")
    assert told() == told(LAST) == [(row.pk, str(row.receiver), "trop mûr")]
    assert told(LAST + timedelta(days=1)) == told(kind="kitchen") == []
    again = asked(world, lot)
    assert told() == []
    give_up(proposal=again, reason=DECLINED, by=None, at=NOW, key="again")
    assert told() == [(again.pk, str(again.receiver), "")]
    world.add("transfer", "40", lot, "jardin", "cantine")
    assert told() == []


def test_the_same_form_twice_is_one_proposal_and_a_lot_is_proposed_once_at_a_time(world, lot):
    first = asked(world, lot, key="the-form")
    assert asked(world, lot, key="the-form").pk == first.pk
    with pytest.raises(ProposalRefused, match="déjà proposé"):
        asked(world, lot, "5")


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"quantity": "0"}, "quantity", "il y en a 40"),
        ({"quantity": "40.001"}, "quantity", "il y en a 40"),
        ({"until": TODAY - timedelta(days=1)}, "until", "à partir d’aujourd’hui"),
        ({"until": LAST + timedelta(days=1)}, "until", "ne se garde pas plus"),
    ],
)
def test_what_cannot_be_proposed_says_why(world, lot, more, field, said):
    with pytest.raises(ProposalRefused, match=said) as refusal:
        asked(world, lot, **more)
    assert refusal.value.field == field
    assert not Commitment.objects.exists()


def test_what_is_another_s_is_not_its_holder_s_to_propose(world, lot):
    world.add("transfer_custody", "10", lot, "jardin", "plateforme")
    with pytest.raises(ProposalRefused, match="à une ferme"):
        asked(world, lot, "5", holder="plateforme")
