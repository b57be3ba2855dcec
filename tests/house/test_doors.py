"""Every URL with every role: 404 for strangers, 403 without the ability, a page with it."""

from io import StringIO

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from terreau.ledger.models import Lot
from terreau.measures.week import IsoWeek
from terreau.territory import demo as territory
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.clock import now
from terreau.territory.models import Agent, Ecopole, Membership, User
from terreau.web.management.commands.demo import Command


def behind_the_door(patterns=None, prefix="", names=()):
    """(route, full name, view) of every page of an écopôle."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            space = (*names, entry.namespace) if entry.namespace else names
            yield from behind_the_door(entry.url_patterns, route, space)
        elif isinstance(entry, URLPattern) and route.startswith("e/<slug:ecopole>/"):
            yield route, ":".join((*names, entry.name)), entry.callback, list(entry.pattern.converters)


pytestmark = pytest.mark.django_db

PAGES = list(behind_the_door())


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The demo with one week lived, shared by every line of the table, and rolled back."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        Command(stdout=StringIO())._live(now().date(), weeks=1, seed=1)
        elsewhere = Ecopole.objects.create(slug="ailleurs", name="Ailleurs", commune_id="62057")
        stranger = User.objects.create_user("ailleurs@exemple.invalid", None, name="Zoé")
        agent = Agent.objects.create(ecopole=elsewhere, kind="platform", name="Là-bas")
        for role in Role:
            Membership.objects.create(user=stranger, ecopole=elsewhere, agent=agent, role=role)
        yield {role: membership_user(role) for role in Role} | {"stranger": stranger}
        transaction.set_rollback(True)


def membership_user(role: Role) -> User:
    return User.objects.get(memberships__role=role, memberships__ecopole__slug=territory.SLUG)


@pytest.fixture
def url_of(world):
    """A real address for each page: a lot that exists, this week, a plan's key."""
    values = {
        "ecopole": territory.SLUG,
        "code": Lot.objects.order_by("id").values_list("code", flat=True).first(),
        "week": str(IsoWeek.of(now().date())),
        "key": "inconnu-0001",
        "other": "inconnu-0002",
        "actor": Agent.objects.filter(ecopole__slug=territory.SLUG).first().pk,
    }

    def build(name: str, parameters: list[str]) -> str:
        return reverse(name, kwargs={p: values.get(p, 1) for p in parameters} | {"ecopole": territory.SLUG})

    return build


def answer(user: User | None, url: str, posts: bool) -> int:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return (client.post if posts else client.get)(url).status_code


@pytest.mark.parametrize(("route", "name", "view", "parameters"), PAGES, ids=[page[1] for page in PAGES])
def test_a_door_opens_to_whom_it_should(world, url_of, route, name, view, parameters):
    ability = getattr(view, "ability", None)
    assert ability in ABILITIES, f"{name} names no ability: @needs(…) goes first"
    url = url_of(name, parameters)
    posts = answer(world[Role.COORDINATOR], url, posts=False) == 405
    assert answer(world["stranger"], url, posts) == 404, "another écopôle's page does not exist"
    assert answer(None, url, posts) == 302
    for role in Role:
        status = answer(world[role], url, posts)
        if role in ABILITIES[ability]:
            assert status not in (403, 405, 500), f"{role} may {ability}, and got {status}"
        else:
            assert status == 403, f"{role} may not {ability}, and got {status}"


def test_there_are_doors():
    assert len(PAGES) > 15
    assert {ability for *_, view, _ in PAGES for ability in [view.ability]} == set(ABILITIES), (
        "an ability opens nothing"
    )
