"""Hours of who keeps a depot: said once an evening, taken back, never asked of who is paid."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.actions import BasketsRefused
from terreau.rooms.baskets.models import DepotTerms
from terreau.rooms.baskets.queries.keeping import KEPT, keeping
from terreau.rooms.baskets.tests.members import NOW, TODAY, Members, key, make_members
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Membership, Place, Product
from terreau.territory.tests.factories import someone
from terreau.territory.tests.pages import cost, text

LAST = date(2026, 11, 18)
ASKED = "Tenir le dépôt"


@pytest.fixture
def members(db, settings) -> Members:
    settings.CLOCK = "2026-11-23T10:00"
    Product.objects.create(code=KEPT, name="Tenue d’un dépôt", family="work", unit="hour", unit_kg=0)
    return make_members()


def give(members: Members, hours: str = "1.5", day: date = LAST, **more) -> Event:
    given = {"by": None, "at": NOW, "key": key()} | more
    return actions.keep_depot(depot=members.mairie, day=day, hours=Decimal(hours), **given)


def standing() -> list[Event]:
    return list(Event.objects.filter(STANDING, product__code=KEPT))


def link(members: Members) -> str:
    terms = DepotTerms.objects.get(depot=members.mairie)
    return f"/paniers/depot/{post.keeper_secret(terms)}/?jour={LAST}"


def noted(members: Members) -> None:
    """The only basket of that evening was taken."""
    members.join("Anna")
    members.bring(members.mairie, "petit", 1, at=NOW - timedelta(days=6))
    members.hand(members.mairie, "taken", day=LAST)


def test_hours_go_from_the_keeper_to_who_sells_the_baskets_that_evening(members):
    event = give(members)
    assert (event.provider_id, event.receiver) == (members.mairie.agent_id, members.house.platform)
    assert (event.action, event.quantity, event.from_place) == ("work", Decimal("1.5"), members.mairie)
    assert event.occurred_at.date() == LAST
    assert event.price is None
    assert not list(differences(members.house.ecopole))


def test_once_an_evening_the_same_form_twice_then_said_again_once_taken_back(members):
    first = give(members, key="the-form")
    assert give(members, key="the-form") == first
    with pytest.raises(BasketsRefused, match="déjà noté\u202f: 1,5\u00a0h"):
        give(members, "2")
    give(members, "2", LAST - timedelta(days=7))
    for _ in range(2):
        actions.take_back_hours(depot=members.mairie, day=LAST, by=None, at=NOW)
    assert [row.quantity for row in standing()] == [2]
    assert give(members, key="the-form") == first, "taken back, its form writes nothing more"
    again = give(members, "3")
    assert {row.pk for row in standing()} >= {again.pk}
    assert sum(row.quantity for row in standing()) == 5


@pytest.mark.parametrize(
    ("hours", "day", "said"),
    [
        ("0", LAST, "de 0 à 12"),
        ("12.001", LAST, "de 0 à 12"),
        ("1", TODAY + timedelta(days=1), "le jour même"),
    ],
)
def test_too_many_hours_or_too_soon_are_refused(members, hours, day, said):
    with pytest.raises(BasketsRefused, match=said):
        give(members, hours, day)
    assert not standing()


@pytest.mark.parametrize("kind", ["shop", "canteen", "platform"])
def test_a_shop_s_counter_is_not_kept_by_volunteers(members, kind):
    Agent.objects.filter(pk=members.mairie.agent_id).update(kind=kind)
    assert not keeping(members.mairie, LAST).open
    with pytest.raises(BasketsRefused, match="pas bénévoles"):
        give(members)


def test_nobody_in_a_pathway_here_is_counted_as_a_volunteer(members):
    zoe = members.join("Zoé")
    Place.objects.filter(pk=members.mairie.pk).update(agent=zoe.agent)
    depot = Place.objects.select_related("ecopole").get(pk=members.mairie.pk)
    user = someone("zoe@exemple.invalid", zoe.agent, Role.MEMBER)
    assert keeping(depot, LAST).open
    Membership.objects.create(
        user=user, ecopole=depot.ecopole, agent=members.house.platform, role=Role.PARTICIPANT
    )
    assert not keeping(depot, LAST).open


def test_the_keeper_says_so_in_one_tap_once_all_is_noted_and_takes_it_back(members):
    members.join("Anna")
    members.bring(members.mairie, "petit", 1, at=NOW - timedelta(days=6))
    keeper, url = Client(), link(members)
    assert ASKED not in text(keeper.get(url))
    page = text(keeper.post(url, {"key": "11111111", "outcome": "taken"}, follow=True))
    assert ASKED in page
    assert '<button class="button" name="hours" value="1,5">1 h 30</button>' in page.replace("\u00a0", " ")
    for _ in range(2):
        page = text(keeper.post(url, {"key": "22222222", "hours": "1,5"}, follow=True))
    assert "1,5\u00a0h</b> de bénévolat" in page
    assert [row.recorded_by for row in standing()] == [None]
    page = text(keeper.post(url, {"key": "33333333", "hours_back": "1"}, follow=True))
    assert "Une autre durée" in page
    assert not standing()


def test_the_team_says_it_too_and_what_cannot_be_read_is_kept(members):
    noted(members)
    client, url = members.client(), members.house.url(f"soirees/{members.mairie.pk}/?jour={LAST}")
    answer = client.post(url, {"key": "11111111", "hours": "un moment"})
    assert answer.status_code == 422
    assert 'value="un moment"' in text(answer)
    assert client.post(link(members), {"key": "11111111", "hours": "13"}).status_code == 422
    assert "0,75\u00a0h" in text(client.post(url, {"key": "22222222", "hours": "0 h 45"}, follow=True))
    assert standing()[0].recorded_by is not None
    late = text(client.post(url, {"key": "33333333", "hours": "2"}))
    assert "déjà noté" in late
    assert len(standing()) == 1


def test_without_its_product_nothing_is_asked(members):
    noted(members)
    Product.objects.filter(code=KEPT).delete()
    assert ASKED not in text(Client().get(link(members)))


def test_an_evening_asks_as_many_queries_whoever_comes(members):
    noted(members)
    url = members.house.url(f"soirees/{members.mairie.pk}/?jour={LAST}")
    client = members.client()
    one = cost(client, url)
    for name in ("Bob", "Chloé"):
        members.join(name)
    members.bring(members.mairie, "petit", 2, at=NOW - timedelta(days=6))
    members.hand(members.mairie, "taken", day=LAST)
    assert cost(client, url) == one <= 12
