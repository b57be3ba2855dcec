"""Returnable crates: left, taken back, counted per partner; they stay the platform's."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.ledger.actions import reverse
from terreau.ledger.audit import differences
from terreau.ledger.models import Event, Rights
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.crates import Held
from terreau.rooms.platform.crates import pool as pool_of
from terreau.rooms.platform.tests.factories import NOW, small
from terreau.territory.models import Agent, AgentKind, Place, PlaceKind, Product

PAGE, MOVE, ADD = "caisses/", "caisses/noter/", "caisses/ajouter/"


@pytest.fixture
def crate(world) -> Product:
    made, _ = Product.objects.get_or_create(
        code="caisse-consignee",
        defaults={
            "name": "Caisse consignée", "unit": "piece", "family": "crate", "unit_kg": Decimal("1.8"),
            "storage": "ambient", "reference_price": Money(500),
        },
    )  # fmt: skip
    return made


@pytest.fixture
def pool(world, crate) -> Product:
    actions.add_crates(
        ecopole=world.ecopole, platform=world.platform, product=crate, count=50, by=None, at=NOW,
        key="parc-de-depart",
    )  # fmt: skip
    return crate


def move(world, crate, given: int, back: int = 0, key: str = "cle-caisses", partner: Agent | None = None):
    return actions.move_crates(
        ecopole=world.ecopole, platform=world.platform, partner=partner or world.canteen, product=crate,
        given=given, back=back, by=None, at=NOW, key=key,
    )  # fmt: skip


def held(world, agent: Agent) -> int:
    return pool_of(world.ecopole).held(agent).total


def typed(world, crate, given: str, back: str = "", **more: str) -> dict[str, str]:
    fields = {"key": "cle-caisses", "partner": str(world.canteen.pk), "product": str(crate.pk)}
    return fields | {"given": given, "back": back} | more


def test_crates_left_and_taken_back_change_hands_and_not_owner(world, pool):
    move(world, pool, 12)
    move(world, pool, 3, 5, key="cle-suivante")
    assert (held(world, world.canteen), held(world, world.platform)) == (10, 40)
    owned = Rights.objects.get(owner=world.platform, lot__product=pool)
    assert owned.quantity == 50
    assert not Rights.objects.filter(owner=world.canteen).exists()
    assert list(differences(world.ecopole)) == []


def test_the_empties_taken_back_may_be_left_again_full(world, pool):
    move(world, pool, 50)
    move(world, pool, 50, 50, key="cle-echange")
    assert (held(world, world.canteen), held(world, world.platform)) == (50, 0)


def test_crates_of_several_purchases_are_taken_in_turn(world, pool):
    actions.add_crates(
        ecopole=world.ecopole, platform=world.platform, product=pool, count=10, by=None, at=NOW,
        key="autre-lot",
    )  # fmt: skip
    assert len(move(world, pool, 55)) == 2
    assert held(world, world.canteen) == 55


@pytest.mark.parametrize(
    ("given", "back", "said"),
    [(51, 0, "Plateforme\u202f: 50 caisses, pour 51"), (0, 1, "aucune caisse, pour 1"), (0, 0, "saisissez"),
     (-1, 2, "saisissez")],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_moves(world, pool, given, back, said):
    with pytest.raises(actions.CratesRefused, match=said):
        move(world, pool, given, back)
    assert held(world, world.platform) == 50


def test_the_same_key_twice_moves_once_and_undoing_gives_all_back(world, pool):
    events = move(world, pool, 12)
    assert move(world, pool, 12) == events
    assert held(world, world.canteen) == 12
    reverse(ecopole=world.ecopole, events=events, by=None, at=NOW, key="cle-annuler")
    assert held(world, world.canteen) == 0


def test_an_addition_of_nothing_is_refused(world, crate):
    with pytest.raises(actions.CratesRefused, match="combien entrent"):
        actions.add_crates(
            ecopole=world.ecopole, platform=world.platform, product=crate, count=0, by=None, at=NOW,
            key="rien-1",
        )  # fmt: skip


def test_beside_the_delivery_as_many_full_as_empty_is_two_taps(world, lou, pool):
    move(world, pool, 12)
    world.order("3")
    page = lou.get(world.url("livraisons/")).content.decode()
    assert "12 caisses chez ce client" in page
    assert page.count('value="12"') >= 2
    answer = lou.post(
        world.url(MOVE),
        typed(world, pool, "12", "12", key="cle-echange", **{"from": "deliveries"}),
        follow=True,
    )
    assert answer.redirect_chain[0][0] == world.url("livraisons/")
    assert "12 caisses chez Cantine des Roseaux." in answer.content.decode()
    assert Event.objects.filter(action="transfer_custody").count() == 3


def test_the_page_says_who_holds_how_many(world, lou, pool):
    move(world, pool, 12)
    text = lou.get(world.url(PAGE)).content.decode()
    assert "38 ici, 12 chez les partenaires" in text
    assert "<b>12 caisses</b>" in text
    assert "2 partenaires sans caisse" in text, "one who holds none may be left some"
    assert text.index("2 partenaires sans caisse") < text.index("Ferme des Saules")


def test_crates_are_added_from_the_page(world, lou, crate):
    answer = lou.post(world.url(ADD), {"key": "cle-ajout-1", "product": crate.pk, "count": "30"}, follow=True)
    assert "30 caisses de plus" in answer.content.decode()
    assert held(world, world.platform) == 30


@pytest.mark.parametrize(("count", "status"), [("0", 422), ("douze", 422), ("", 422), ("1000000", 422)])
def test_an_addition_that_makes_no_sense_stays_on_screen(world, lou, crate, count, status):
    answer = lou.post(world.url(ADD), {"key": "cle-ajout-1", "product": crate.pk, "count": count})
    assert answer.status_code == status
    assert not count or f'value="{count}"' in answer.content.decode()
    assert held(world, world.platform) == 0


@pytest.mark.parametrize("given", ["51", "-1", "douze"])
def test_a_refusal_keeps_what_was_typed(world, lou, pool, given):
    answer = lou.post(world.url(MOVE), typed(world, pool, given))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'value="{given}"' in text
    assert held(world, world.canteen) == 0


def test_crates_are_not_goods_in_store(world, lou, pool):
    assert "0\u00a0kg" in lou.get(world.url("")).content.decode()
    assert "Caisse consignée" not in lou.get(world.url("")).content.decode()
    assert "Caisse consignée" in lou.get(world.url("stock/")).content.decode(), (
        "a broken one is declared lost"
    )


def test_another_ecopole_has_its_own(world, lou, pool):
    elsewhere = small("ailleurs")
    there = typed(world, pool, "3", partner=str(elsewhere.canteen.pk))
    assert lou.post(world.url(MOVE), there).status_code == 404
    assert pool_of(elsewhere.ecopole).kinds == ()


def test_the_kind_held_most_is_the_one_proposed(world):
    assert Held(world.canteen, {1: 2, 5: 9}).usual == 5
    assert Held(world.canteen, {}).usual is None


@pytest.mark.parametrize("page", [PAGE, "livraisons/"])
def test_a_page_costs_the_same_however_many_partners(world, lou, pool, page):
    counts = []
    for rank in range(6):
        agent = Agent.objects.create(ecopole=world.ecopole, kind=AgentKind.CANTEEN, name=f"Cantine {rank}")
        Place.objects.create(ecopole=world.ecopole, agent=agent, kind=PlaceKind.DOOR, name="Réception")
        world.order("3", customer=agent)
        move(world, pool, 2, key=f"caisses-de-{rank}", partner=agent)
        if rank in (1, 5):
            with CaptureQueriesContext(connection) as caught:
                assert "2 caisses" in lou.get(world.url(page)).content.decode()
            counts.append(len(caught))
    assert counts[0] == counts[1] <= 13
