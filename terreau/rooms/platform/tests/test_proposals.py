"""A lot in stock proposed to the kitchen: its form, what the stock says of it, and what it is not."""

import re
from datetime import timedelta
from itertools import count

import pytest

from terreau.ledger.models import Cancellation, Commitment
from terreau.ledger.proposals import DECLINED, give_up
from terreau.measures.french import format_day
from terreau.rooms.platform import queries
from terreau.rooms.platform.tests.factories import NOW, TODAY
from terreau.territory.models import Agent
from terreau.territory.tests.pages import cost

LATER = TODAY + timedelta(days=4)


@pytest.fixture
def kitchen(world) -> Agent:
    return Agent.objects.create(ecopole=world.ecopole, kind="kitchen", name="Conserverie")


def stock_page(world, lou) -> str:
    return lou.get(world.url("stock/")).content.decode().replace("\u00a0", " ")


def address(world, lot) -> str:
    return world.url(f"stock/{lot.code}/{world.cold.pk}/proposer/")


def test_all_that_is_there_is_proposed_until_it_keeps_and_withdrawn(world, lou, kitchen):
    lot = world.stocked("5", keeps_until=LATER)
    assert address(world, lot) in stock_page(world, lou)
    form = lou.get(address(world, lot)).content.decode()
    quantity, until = (
        re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in ("quantity", "until")
    )
    sent = {"key": "cle-12345678", "quantity": quantity, "until": until}
    assert lou.post(address(world, lot), sent).status_code == 302
    assert lou.post(address(world, lot), sent).status_code == 302
    row = Commitment.objects.get()
    assert (row.quantity, row.due_on, row.lot, row.receiver, row.process) == (5, LATER, lot, kitchen, None)
    assert world.held(world.cold) == 5
    page = stock_page(world, lou)
    assert "5 kg à la cuisine, jusqu’au" in page
    assert address(world, lot) not in page
    lou.post(world.url(f"stock/propose/{row.pk}/retirer/"), {"key": "cle-87654321"})
    assert Cancellation.objects.get().reason == "retiré"
    assert address(world, lot) in stock_page(world, lou)


def test_declined_it_says_so_on_the_stock_and_today_until_proposed_again(world, lou, kitchen):
    lot, other = world.stocked("5", keeps_until=LATER), world.stocked("2", keeps_until=LATER)
    numbers = count(10_000_000)

    def said(one, *, quantity: str, why: str) -> Commitment:
        sent = {"key": str(next(numbers)), "quantity": quantity, "until": f"{TODAY:%d/%m/%Y}"}
        assert lou.post(address(world, one), sent).status_code == 302
        row = Commitment.objects.latest("pk")
        give_up(proposal=row, reason=DECLINED + why, by=None, at=NOW, key=str(next(numbers)))
        return row

    row = said(lot, quantity="5", why="\u202f: <trop> mûr")
    page = stock_page(world, lou)
    assert f"par Conserverie le {format_day(TODAY)}".replace("\u00a0", " ") in page
    assert "&lt;trop&gt; mûr" in page
    assert address(world, lot) in page, "it may be proposed again"
    today = lou.get(f"/e/{world.ecopole.slug}/").content.decode()
    assert f"{world.url('stock/')}#decline-{row.pk}" in today
    assert "Trouver preneur" in today
    one = [cost(lou, url) for url in (world.url("stock/"), f"/e/{world.ecopole.slug}/")]
    said(other, quantity="2", why="")
    assert [cost(lou, url) for url in (world.url("stock/"), f"/e/{world.ecopole.slug}/")] == one
    assert max(one) <= 12


def test_too_much_is_refused_and_what_was_typed_is_kept(world, lou, kitchen):
    lot = world.stocked("5", keeps_until=LATER)
    for quantity, until, said in (
        ("6", LATER, "Proposez-en une part"), ("0", LATER, "au-dessus de zéro"), ("cinq", LATER, "cinq"),
        ("5", LATER + timedelta(days=1), "ne se garde pas plus"), ("", LATER, "value"),
    ):  # fmt: skip
        sent = {"key": "cle-12345678", "quantity": quantity, "until": f"{until:%d/%m/%Y}"}
        answer = lou.post(address(world, lot), sent)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert f'value="{until:%d/%m/%Y}"' in answer.content.decode()
    assert not Commitment.objects.exists()


def test_a_proposal_is_no_delivery(world, lou, kitchen):
    lot = world.stocked("5", keeps_until=LATER)
    lou.post(address(world, lot), {"key": "cle-12345678", "quantity": "5", "until": f"{TODAY:%d/%m/%Y}"})
    row = Commitment.objects.get()
    stock_page(world, lou)  # its message is read there
    assert "Conserverie" not in lou.get(world.url("livraisons/")).content.decode()
    assert queries.delivery_days(world.ecopole, TODAY, LATER) == []
    assert queries.drops(world.ecopole, TODAY) == []
    sent = {"key": "cle-23456789", "due": str(row.pk)}
    assert lou.post(world.url("livraisons/livrer/"), sent).status_code == 404


def test_only_what_is_the_platform_s_and_keeps_is_proposed_and_only_to_a_kitchen(world, lou):
    lot = world.stocked("5", keeps_until=LATER)
    assert address(world, lot) not in stock_page(world, lou)
    assert lou.get(address(world, lot)).status_code == 404
    Agent.objects.create(ecopole=world.ecopole, kind="kitchen", name="Conserverie")
    old = world.stocked("3", keeps_until=TODAY - timedelta(days=1))
    page = stock_page(world, lou)
    assert address(world, lot) in page
    assert address(world, old) not in page
    sent = {"key": "cle-12345678", "quantity": "3", "until": f"{TODAY:%d/%m/%Y}"}
    assert lou.post(address(world, old), sent).status_code == 422
