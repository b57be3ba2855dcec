"""Aujourd'hui: each finds the gestures that await them, counted as they are counted in the field."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from terreau.ledger.actions import NewProcess, Promise, open_processes, promise
from terreau.ledger.tests.world import make_world
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.planning.models import PlanState, WeekPlan
from terreau.rooms.baskets import actions as baskets
from terreau.rooms.baskets.models import Waiting
from terreau.rooms.baskets.tests.members import NOW, START, key, make_members
from terreau.rooms.thirdplace.models import House, Member
from terreau.territory.abilities import Role
from terreau.territory.tests.factories import someone

TODAY = date(2026, 11, 24)
PLAN = "week:2026-W48:p1"


@pytest.fixture
def world(db, settings):
    settings.CLOCK = "2026-11-24T07:00"
    world = make_world()
    WeekPlan.objects.create(
        ecopole=world.ecopole, week="2026-W48", key="p1", state=PlanState.PUBLISHED, problem={},
        seconds_max=10, created_at="2026-11-20T10:00Z",
    )  # fmt: skip
    return world


def promised(
    world, kind: str, action: str, product: str, amount: str, giver: str, taker: str = "", due=TODAY
):
    number = next(world.numbers)
    row = open_processes(ecopole=world.ecopole, processes=[NewProcess(kind=kind, key=f"{kind}-{number}")])[0]
    made = Promise(
        action,
        world.agents[giver].pk,
        world.agents[taker or giver].pk,
        world.products[product].pk,
        Decimal(amount),
        Unit(world.products[product].unit),
        due,
        key=f"promise-{number}",
        process_id=row.pk,
        plan=PLAN,
    )
    return promise(ecopole=world.ecopole, promises=[made])[0]


@pytest.fixture
def day(world):
    promised(world, "harvest", "produce", "carotte", "50", "jardin")
    promised(world, "harvest", "produce", "poireau", "30", "jardin", due=date(2026, 11, 23))
    promised(world, "harvest", "produce", "laitue", "30", "jardin", due=date(2026, 11, 25))
    promised(world, "arrival", "transfer", "carotte", "20", "ferme", "plateforme")
    promised(world, "delivery", "transfer", "carotte", "20", "plateforme", "cantine")
    return world


def boards(world, role: Role, agent: str):
    client = Client()
    client.force_login(someone(f"{role}@example.org", world.agents[agent], role))
    answer = client.get("/e/bourg/")
    assert answer.status_code == 200
    return answer.context


def told(context) -> list[tuple[str, int, int]]:
    return [(board.verb, board.count, board.late) for board in context["todo"]]


def test_each_role_finds_its_own_gestures(day):
    assert told(boards(day, Role.GROWER, "jardin")) == [("Récolter", 2, 1)]
    assert told(boards(day, Role.PLATFORM, "plateforme")) == [("Réceptionner", 1, 0), ("Livrer", 1, 0)]
    assert told(boards(day, Role.FARMER, "ferme")) == [("Apporter à la plateforme", 1, 0)]
    assert told(boards(day, Role.BUYER, "cantine")) == [("Recevoir", 1, 0)]
    assert told(boards(day, Role.COORDINATOR, "plateforme")) == [
        ("Récolter", 2, 1), ("Réceptionner", 1, 0), ("Livrer", 1, 0),
    ]  # fmt: skip


def test_what_was_not_done_before_this_week_is_late_as_long_as_its_page_shows_it(day):
    sunday, long_ago = date(2026, 11, 22), date(2026, 11, 1)
    kept = promised(day, "delivery", "transfer", "poireau", "10", "plateforme", "cantine", due=sunday)
    promised(day, "delivery", "transfer", "laitue", "10", "plateforme", "cantine", due=long_ago)
    assert told(boards(day, Role.PLATFORM, "plateforme"))[1] == ("Livrer", 2, 1)
    assert told(boards(day, Role.BUYER, "cantine")) == [("Recevoir", 1, 0)]
    lot = day.lot("poireau", "plateforme")
    day.add("produce", "10", lot, "plateforme")
    day.add("transfer", "10", lot, "plateforme", "cantine", fulfils_id=kept.pk)
    assert told(boards(day, Role.COORDINATOR, "plateforme"))[2] == ("Livrer", 1, 0)


def test_nobody_finds_the_promises_of_another_farm(day):
    day.agent("autre ferme", "farm")
    assert told(boards(day, Role.FARMER, "autre ferme")) == []


def test_what_is_done_is_no_longer_awaited(day):
    kept = promised(day, "harvest", "produce", "carotte", "5", "jardin")
    lot = day.lot("carotte")
    day.add("produce", "5", lot, "jardin", fulfils_id=kept.pk)
    [board] = boards(day, Role.GROWER, "jardin")["todo"]
    assert (board.count, board.done, board.lines) == (2, 1, 3)


def test_a_delivery_of_many_lines_is_one_stop_and_baskets_are_counted_one_by_one(world):
    stop = promised(world, "delivery", "transfer", "carotte", "20", "plateforme", "cantine")
    second = Promise(
        "transfer", stop.provider_id, stop.receiver_id, world.products["poireau"].pk, Decimal(3), Unit.KG,
        TODAY, key="second", process_id=stop.process_id,
    )  # fmt: skip
    promise(ecopole=world.ecopole, promises=[second])
    promised(world, "packing", "produce", "laitue", "120", "plateforme")
    assert told(boards(world, Role.PLATFORM, "plateforme")) == [("Livrer", 1, 0)]
    assert told(boards(world, Role.BASKETS, "plateforme")) == [("Composer les paniers", 120, 0)]


def test_coordination_sees_where_the_week_stands(day):
    context = boards(day, Role.COORDINATOR, "plateforme")
    week = context["week"]
    assert (week.week, week.published, week.met, week.promised) == (IsoWeek(2026, 48), True, 0, 5)
    assert not context["next_week"].published
    assert boards(day, Role.FARMER, "ferme")["week"] is None


def test_nothing_is_said_to_await_only_where_nothing_does(world):
    def page(role: Role) -> str:
        client = Client()
        client.force_login(someone(f"{role}@example.org", world.agents["plateforme"], role))
        return client.get("/e/bourg/").content.decode()

    assert "Facturer novembre 2026" in (accounts := page(Role.ACCOUNTANT))
    assert "Rien n’attend" not in accounts
    assert "Rien n’attend" in page(Role.COOK)


def test_the_page_asks_no_more_when_there_is_more_to_do(day, django_assert_max_num_queries):
    client = Client()
    client.force_login(someone("c@example.org", day.agents["plateforme"], Role.COORDINATOR))
    for _ in range(10):
        promised(day, "harvest", "produce", "carotte", "50", "jardin")
    with django_assert_max_num_queries(12):
        client.get("/e/bourg/")


def test_a_member_who_has_everything_asks_no_more_than_twelve_questions(
    db, settings, django_assert_num_queries
):
    """Baskets, a pack that comes to its end, a place offered, credits, invoices."""
    settings.CLOCK = f"{NOW:%Y-%m-%dT%H:%M}"
    members = make_members()
    anna, petit = members.join("Anna"), members.house.sizes["petit"]
    ecopole = members.house.ecopole
    entry = baskets.OfferEntry(petit, START, 5, Money(4750), months=6, ending="repaid", remind=4, source="vu")
    sold = baskets.set_offer(ecopole=ecopole, entry=entry, at=NOW, key=key())
    baskets.buy_pack(member=anna, offer=sold, by=None, at=NOW.replace(day=2), key=key())
    members.bring(members.mairie, "petit", 1)
    members.hand(members.mairie, "taken")
    Waiting.objects.create(
        member=anna, size=members.house.sizes["grand"], depot=members.gare, rhythm="weekly", asked_at=NOW,
        offered_at=NOW, expires_at=NOW + timedelta(days=7), key=key(),
    )  # fmt: skip
    House.objects.create(ecopole=ecopole, agent=members.house.platform, purse=members.house.dock)
    Member.objects.create(ecopole=ecopole, agent=anna.agent, name="Anna", key=key())
    client = members.as_member("Anna")
    with django_assert_num_queries(12):
        page = client.get(f"/e/{ecopole.slug}/").content.decode()
    assert "Il vous reste 4 paniers" in page
    assert "Une place de panier vous est proposée" in page
