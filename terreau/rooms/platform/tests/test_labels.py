"""Labels of what came in: the lots received that day, and none that was refused."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.ledger.models import Lot
from terreau.ledger.queries import lots_received
from terreau.rooms.platform.tests.factories import NOW, form, small

LABELS = "arrivees/etiquettes.pdf"


def received(world) -> list[Lot]:
    since = NOW.replace(hour=0)
    return lots_received(world.ecopole, receiver=world.platform, since=since, until=since + timedelta(days=1))


def receive(world, lou, *due, key: str = "cle-recevoir", **more: str) -> None:
    assert lou.post(world.url("arrivees/recevoir/"), form(due, key=key, **more)).status_code == 302


def pages(answer) -> int:
    assert answer["Content-Type"] == "application/pdf"
    return len(re.findall(rb"/Type\s*/Page\b", answer.content))


def test_what_is_received_today_has_its_labels_and_what_is_refused_has_none(world, lou):
    kept, refused = world.arrival("12"), world.arrival("3")
    receive(world, lou, kept, refused, **{f"refused-{refused.pk}": "abîmé"})
    (lot,) = received(world)
    assert (lot.product, lot.producer) == (world.carrot, world.farm)
    assert "Étiquettes des lots reçus aujourd’hui" in lou.get(world.url("arrivees/")).content.decode()
    assert pages(lou.get(world.url(f"{LABELS}?nombre=13"))) == 2


def test_what_was_undone_has_no_label(world, lou):
    receive(world, lou, world.arrival("12"))
    lou.post(f"/e/{world.ecopole.slug}/annuler/cle-recevoir", {"key": "cle-annuler"})
    assert received(world) == []


def test_a_day_without_arrival_prints_a_sheet_that_says_so(world, lou):
    world.stocked("4")
    assert received(world) == []
    assert pages(lou.get(world.url(LABELS))) == 1
    assert "Étiquettes des lots" not in lou.get(world.url("arrivees/")).content.decode()


@pytest.mark.parametrize("end", ["?nombre=0", "?nombre=49", "?nombre=x", "?jour=hier-soir"])
def test_what_cannot_be_printed_is_not_found(world, lou, end):
    assert lou.get(world.url(f"{LABELS}{end}")).status_code == 404


def test_only_those_who_see_the_platform_print_them_and_only_theirs(world, lou, client):
    elsewhere = small("ailleurs")
    receive(world, lou, world.arrival("12"))
    assert received(elsewhere) == []
    client.force_login(world.people["fanny"])
    assert client.get(world.url(LABELS)).status_code == 403


def test_a_sheet_costs_the_same_however_many_lots(world, lou):
    found = []
    for rank in range(6):
        receive(world, lou, world.arrival("3"), key=f"cle-recevoir-{rank}")
        if rank in (0, 5):
            with CaptureQueriesContext(connection) as caught:
                lou.get(world.url(LABELS))
            found.append(len(caught))
    assert len(received(world)) == 6
    assert found[0] == found[1] <= 6
