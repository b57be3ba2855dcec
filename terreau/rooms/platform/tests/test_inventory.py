"""The inventory: what differs leaves or comes back with its reason, the rest is right, a count is kept."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.ledger.audit import differences
from terreau.ledger.models import Custody, Event
from terreau.measures.french import parse_decimal
from terreau.rooms.platform import actions
from terreau.rooms.platform.inventory import Counted, gaps, last_counted
from terreau.rooms.platform.models import StockCount
from terreau.rooms.platform.tests.factories import NOW, small
from terreau.territory.tests.pages import cost

PAGE, COUNT = "stock/inventaire/", "stock/inventaire/compter/"
FILE = Path(__file__).parent / "inventory_cases.csv"
CASES = list(csv.reader(FILE.read_text(encoding="utf-8").splitlines(), delimiter=";"))[1:]


def counted(world, *lines: Counted, key: str = "cle-inventaire", place=None) -> StockCount:
    return actions.count_store(
        ecopole=world.ecopole, platform=world.platform, place=place or world.cold, counted=lines, by=None,
        at=NOW, key=key,
    )  # fmt: skip


def typed(world, *lots, key: str = "cle-inventaire", place=None, **more: str) -> dict[str, object]:
    """The form as its page shows it, and what is typed in it."""
    place = place or world.cold
    held = Custody.objects.filter(place=place, lot__in=lots).values_list("lot", "quantity")
    lines = [f"{pk}:{int(quantity * 1000)}" for pk, quantity in held]
    return {"key": key, "lieu": str(place.pk), "line": lines, **more}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_worked_cases(world, lou, case):
    _, known, said, reason, after, action, moved = case
    lot = world.stocked(str(parse_decimal(known)))
    before = Event.objects.count()
    answer = lou.post(world.url(COUNT), typed(world, lot, **{f"q-{lot.pk}": said, f"why-{lot.pk}": reason}))
    assert world.held(world.cold) == parse_decimal(after)
    if action == "refusé":
        assert answer.status_code == 422
        assert f'value="{said}"' in answer.content.decode()
        assert (Event.objects.count(), StockCount.objects.count()) == (before, 0)
        return
    assert answer.status_code == 302
    row = StockCount.objects.get()
    assert (row.lines, row.differences, row.recorded_by) == (1, int(action != "rien"), world.people["lou"])
    written = [(e.action, e.quantity, e.note) for e in Event.objects.order_by("pk")[before:]]
    expected = {"perte": "lower", "trouvé": "raise"}
    assert written == ([(expected[action], parse_decimal(moved), reason)] if action != "rien" else [])
    assert list(differences(world.ecopole)) == []


def test_the_page_says_when_each_store_was_counted_and_what_differed(world, lou):
    short, right = world.stocked("12"), world.stocked("7")
    assert lou.get(world.url("stock/")).content.decode().count(world.url(PAGE)) == 1
    assert lou.get(world.url(PAGE)).content.decode().count("jamais compté") == 3
    fields = typed(world, short, right, **{f"q-{short.pk}": "11,5", f"why-{short.pk}": "mal pesé"})
    text = lou.post(world.url(COUNT), fields, follow=True).content.decode()
    assert "Chambre froide\u202f: 2 lots comptés, un écart." in text
    assert "compté lun. 23 nov." in text
    assert text.count("jamais compté") == 2
    assert "mal pesé" in text
    assert "-0,5\u00a0kg" in text.replace("−", "-")


def test_undoing_gives_all_back_and_the_count_is_no_longer_one(world, lou):
    lot = world.stocked("12")
    lou.post(world.url(COUNT), typed(world, lot, **{f"q-{lot.pk}": "0", f"why-{lot.pk}": "perdu"}))
    assert world.held(world.cold) == 0
    assert last_counted(world.ecopole) == {world.cold.pk: StockCount.objects.get().recorded_at}
    lou.post(f"/e/{world.ecopole.slug}/annuler/cle-inventaire", {"key": "cle-annuler"})
    assert world.held(world.cold) == 12
    assert last_counted(world.ecopole) == {}
    assert "Déjà compté" not in lou.get(world.url(PAGE)).content.decode()


def test_the_same_form_twice_is_one_count(world, lou):
    lot = world.stocked("12")
    fields = typed(world, lot, **{f"q-{lot.pk}": "10", f"why-{lot.pk}": "abîmé"})
    for _ in range(2):
        assert lou.post(world.url(COUNT), fields).status_code == 302
    assert world.held(world.cold) == 10
    assert StockCount.objects.count() == 1


@pytest.mark.parametrize("touched", [True, False])
def test_a_lot_that_moved_since_is_refused_with_what_it_is_now(world, lou, touched):
    lot, other = world.stocked("12"), world.stocked("5")
    more = {f"q-{lot.pk}": "11", f"why-{lot.pk}": "perdu"} if touched else {}
    fields = typed(world, lot, other, **more)
    pick, _ = world.order("3")
    lou.post(world.url("preparation/preparer/"), {"key": "cle-preparer", "due": [str(pick.pk)]})
    answer = lou.post(world.url(COUNT), fields)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "12\u00a0kg quand la page a été ouverte, il y en a maintenant 9\u00a0kg" in text
    assert f'value="{lot.pk}:9000"' in text, "counted again, it is counted as it now is"
    assert not touched or 'value="11"' in text
    assert not StockCount.objects.exists()


def test_a_lot_that_left_since_is_said_at_the_head_of_the_page(world, lou):
    lot = world.stocked("12")
    fields = typed(world, lot)
    pick, _ = world.order("12")
    lou.post(world.url("preparation/preparer/"), {"key": "cle-preparer", "due": [str(pick.pk)]})
    answer = lou.post(world.url(COUNT), fields)
    assert answer.status_code == 422
    assert "il n’y en a plus ici" in answer.content.decode()


def test_all_or_none_and_every_reason_at_its_line(world, lou):
    wrong, silent, right = world.stocked("12"), world.stocked("7"), world.stocked("3")
    fields = typed(
        world, wrong, silent, right,
        **{f"q-{wrong.pk}": "-2", f"why-{wrong.pk}": "perdu", f"q-{silent.pk}": "6",
           f"q-{right.pk}": "2", f"why-{right.pk}": "abîmé"},
    )  # fmt: skip
    answer = lou.post(world.url(COUNT), fields)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="e-{wrong.pk}"' in text
    assert "6\u00a0kg au lieu de 7\u00a0kg. Dites pourquoi." in text
    assert f'id="e-{right.pk}"' not in text
    assert world.held(world.cold) == 22


def test_a_store_is_counted_apart_from_the_others(world):
    here, there = world.stocked("12"), world.stocked("4", place=world.dry)
    with pytest.raises(actions.CountRefused, match="plus ici"):
        counted(world, Counted(here, Decimal(12), Decimal(12)), Counted(there, Decimal(4), Decimal(4)))
    assert counted(world, Counted(there, Decimal(4), Decimal(3), "trié"), place=world.dry).differences == 1
    assert (world.held(world.cold), world.held(world.dry)) == (12, 3)


def test_what_a_count_found_is_read_again(world):
    less, more = world.stocked("12"), world.stocked("5")
    row = counted(
        world, Counted(less, Decimal(12), Decimal(10), "perdu"),
        Counted(more, Decimal(5), Decimal("5.5"), "trouvé"),
    )  # fmt: skip
    found = [(gap.lot.pk, gap.quantity, gap.reason) for gap in gaps(row)]
    assert found == [(less.pk, Decimal(-2), "perdu"), (more.pk, Decimal("0.5"), "trouvé")]


@pytest.mark.parametrize("line", ["", "12", ":", "a:b", "-1:1000", "1:-1000", "1:0", "9" * 30 + ":1", "0:1"])
def test_what_no_page_shows_is_not_found(world, lou, line):
    assert lou.post(world.url(COUNT), typed(world) | {"line": [line]}).status_code == 404


@pytest.mark.parametrize("place", ["x", "-1", "999999", "9" * 30])
def test_a_place_that_is_not_ours_is_not_found(world, lou, place):
    assert lou.get(world.url(f"{PAGE}?lieu={place}")).status_code == 404
    assert lou.post(world.url(COUNT), typed(world) | {"lieu": place}).status_code == 404


def test_nothing_to_count_is_said(world, lou):
    assert "Rien à compter ici" in lou.get(world.url(PAGE)).content.decode()
    assert lou.post(world.url(COUNT), typed(world)).status_code == 422


def test_another_ecopole_has_its_own(world, lou):
    elsewhere = small("ailleurs")
    theirs = elsewhere.stocked("4")
    fields = typed(elsewhere, theirs)
    assert lou.post(world.url(COUNT), fields).status_code == 404
    assert lou.post(world.url(COUNT), fields | {"lieu": str(world.cold.pk)}).status_code == 404
    assert theirs.code not in lou.get(world.url(PAGE)).content.decode()


def test_the_director_looks_and_does_not_count(world, client):
    world.stocked("4")
    client.force_login(world.people["daniel"])
    text = client.get(world.url(PAGE)).content.decode()
    assert "Connu" in text
    assert 'name="line"' not in text


def test_a_page_costs_the_same_however_many_lots(world, lou):
    found = []
    for rank in range(6):
        lot, known = world.stocked("4"), Decimal(4)
        counted(world, Counted(lot, known, known - 1, "perdu"), key=f"comptage-{rank}")
        if rank in (1, 5):
            found.append(cost(lou, world.url(PAGE)))
    assert found[0] == found[1] <= 13
