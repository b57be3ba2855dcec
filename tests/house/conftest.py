"""The house as its visitors find it: every page of an écopôle, and the demo on a Wednesday morning."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from terreau.billing.actions import bill
from terreau.billing.closing import month_end, request_closing
from terreau.billing.models import Invoice
from terreau.billing.payers import baskets
from terreau.engines.rounds import Problem as Rounds
from terreau.engines.rounds import by_hand as rounds_by_hand
from terreau.engines.rounds.tests.tiny import whole_call
from terreau.engines.season import Plan as SeasonAnswer
from terreau.engines.season.plan import BEST_FOUND
from terreau.engines.week.greedy import greedy
from terreau.engines.week.problem import Problem
from terreau.impact import scenarios
from terreau.impact.actions import publish as publish_answer
from terreau.impact.answering import told
from terreau.impact.models import Reckoning
from terreau.impact.scenario_form import EXAMPLES
from terreau.ledger.models import Lot
from terreau.measures.week import IsoWeek
from terreau.planning.actions import request_plan
from terreau.planning.models import PlanState, RoundsPlan, SeasonPlan, WeekPlan
from terreau.planning.publish import publish
from terreau.planning.rounds.actions import request_rounds
from terreau.planning.season.actions import request_season
from terreau.planning.season.ground import Known
from terreau.planning.season.queries import first_needs
from terreau.rooms.baskets.models import DepotTerms, Enrolment, Member, Referrer, Scheme
from terreau.rooms.baskets.post import JOINED, keeper_secret, referrer_secret
from terreau.rooms.insertion.models import (
    Annex,
    Contract,
    Evaluation,
    Objective,
    Participant,
    PassIae,
    Referral,
    Renewal,
    SupportAction,
    Team,
)
from terreau.rooms.insertion.tests.factories import plant
from terreau.rooms.kitchen import demo as kitchen
from terreau.rooms.platform.views.passing import SALT as PASSING
from terreau.rooms.thirdplace.models import Gathering, SignUp
from terreau.rooms.thirdplace.post import secret
from terreau.territory import demo as territory
from terreau.territory.abilities import Role
from terreau.territory.actions import invite
from terreau.territory.clock import now
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Ecopole, Membership, User
from terreau.web.management.commands.demo import Command
from tests.house.visitors import Met, everything_met

# The week was planned on Tuesday; on Wednesday all its gestures await, some of them late.
PLANNED, TODAY = "2026-11-24T09:00", "2026-11-25T07:00"
WEEK = IsoWeek.of(date(2026, 11, 25))
KEY = "plan-of-the-week"
SEASON = "plan-of-the-season"
ROUNDS = "plan-of-the-rounds"
ANSWER = "answer-of-the-year"
# What the schemes of the demo say of their households.
WHISPERED = "mot-du-dispositif"
SCENARIO = "scenario-to-come"
STRANGER = "ailleurs@exemple.invalid"
DATABASE, KEYS = "terreau.sqlite3", "insertion_keys"
DOOR = "e/<slug:ecopole>/"


def every_page(patterns: Any = None, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple]:
    """(route, full name, view, parameters) of every page of the house."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            space = (*names, entry.namespace) if entry.namespace else names
            yield from every_page(entry.url_patterns, route, space)
        elif isinstance(entry, URLPattern):
            asked = list(entry.pattern.regex.groupindex)
            yield route, ":".join((*names, entry.name)), entry.callback, asked


def behind_the_door() -> Iterator[tuple]:
    """The pages of an écopôle."""
    return (page for page in every_page() if page[0].startswith(DOOR))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `page` runs on each of them."""
    if "page" in metafunc.fixturenames:
        pages = list(behind_the_door())
        metafunc.parametrize("page", pages, ids=[name for _, name, _, _ in pages])


@pytest.fixture
def behind_doors() -> list[tuple]:
    return list(behind_the_door())


@pytest.fixture(scope="module")
def world(request, django_db_setup, django_db_blocker):
    """The demo with one week lived and the next one planned, shared by every page, and rolled back."""
    with django_db_blocker.unblock(), ExitStack() as until_the_end:
        if connection.vendor == "sqlite":
            lived = request.getfixturevalue("once")("world", kept)
            until_the_end.callback(copied, request.getfixturevalue("migrated"))
            until_the_end.enter_context(override_settings(INSERTION_KEYS=lived / KEYS))
            copied(lived)
        with transaction.atomic():
            if connection.vendor == "postgresql":
                live()
            with override_settings(CLOCK=TODAY):
                yield {role: membership_user(role) for role in Role} | {"stranger": stranger()}
            transaction.set_rollback(True)


def kept(folder: Path) -> None:
    """Lived once for all who ask, into a file, with the keys of its sealed words."""
    with override_settings(INSERTION_KEYS=folder / KEYS), transaction.atomic():
        live()
        (folder / DATABASE).write_bytes(connection.connection.serialize())
        transaction.set_rollback(True)


def copied(folder: Path) -> None:
    """The tests' database of this process holds what that file does."""
    with closing(sqlite3.connect(folder / DATABASE)) as lived:
        lived.backup(connection.connection)


def live() -> None:
    with override_settings(CLOCK=PLANNED):
        # What the week's calculation finds matters to no page.
        lived = Command(stdout=StringIO())._live(now().date(), weeks=1, seed=1, seconds=0.01)
        kitchen.batch_on(lived, WEEK.days[1], [])  # a batch is finished, and not released yet
        here = Ecopole.objects.get(slug=territory.SLUG)
        publish(plan_id=by_hand(here, WEEK, KEY).pk, by=None, at=now())
        by_hand(here, WEEK, f"{KEY}-again")
        by_hand(here, WEEK + 1, f"{KEY}-next")
        fallow(here, SEASON)
        fallow(here, f"{SEASON}-again")
        in_one_van(here, ROUNDS)
        discreet(here)
        whispered(here)
        billed(here)
        answered(here)
        projected(here)
    elsewhere = Ecopole.objects.create(slug="ailleurs", name="Ailleurs", commune_id="62057")
    visitor = User.objects.create_user(STRANGER, None, name="Zoé")
    agent = Agent.objects.create(ecopole=elsewhere, kind="platform", name="Là-bas")
    for role in Role:
        Membership.objects.create(user=visitor, ecopole=elsewhere, agent=agent, role=role)


def stranger() -> User:
    return User.objects.get(email=STRANGER)


@pytest.fixture(scope="module")
def signed_in(world, django_db_blocker) -> dict[Any, Client]:
    """A browser for each role, for a stranger, and for nobody (None), signed in once for all pages."""
    browsers = {who: Client(raise_request_exception=False) for who in (*world, None)}
    with django_db_blocker.unblock():
        for who, user in world.items():
            browsers[who].force_login(user)
    return browsers


def by_hand(ecopole: Ecopole, week: IsoWeek, key: str) -> WeekPlan:
    """A plan made as a coordinator does by hand, ready to be published."""
    row = request_plan(ecopole=ecopole, week=week, today=now().date(), by=None, at=now(), key=key)
    plan = greedy(Problem.from_json(row.problem)).to_json()
    row.state, row.plan, row.by_hand = PlanState.READY, plan, plan
    row.save()
    return row


def fallow(ecopole: Ecopole, key: str) -> SeasonPlan:
    """A season in which nothing is sown, ready to be read."""
    today = now().date()
    needs = first_needs(Known(ecopole, today), IsoWeek.of(today) + 1, None)
    row = request_season(ecopole=ecopole, needs=needs, today=today, by=None, at=now(), key=key)
    row.state, row.plan = PlanState.READY, SeasonAnswer(BEST_FOUND).to_json()
    row.save()
    return row


def in_one_van(ecopole: Ecopole, key: str) -> RoundsPlan:
    """All of Wednesday in the first vehicle, ready to be read: it will not do, and says so."""
    row = request_rounds(ecopole=ecopole, day=WEEK.days[2], today=now().date(), by=None, at=now(), key=key)
    problem = Rounds.from_json(row.problem)
    trip = [whole_call(problem, stop.id) for stop in problem.stops]
    row.state, row.plan = (
        PlanState.READY,
        rounds_by_hand(problem, [(problem.vehicles[0].id, [trip])]).to_json(),
    )
    row.save()
    return row


def answered(ecopole: Ecopole) -> None:
    """The answer of the year under way, of few draws, open to all."""
    year, at = now().year, now()
    answer, beside = told(ecopole, year, "epci", at.date(), n=16, sensitivity=0)
    row = Reckoning.objects.create(
        ecopole=ecopole, key=ANSWER, state=PlanState.READY, problem={}, plan=answer.to_json(), beside=beside,
        seconds_max=60, created_at=at, name=answer.territory, measured=True, scale="epci", year=year,
    )  # fmt: skip
    publish_answer(row=row, by=None, at=at)


def projected(ecopole: Ecopole) -> None:
    """A scenario carried with the software, of few draws, ready to be read."""
    text, at = (EXAMPLES / "audruicq.toml").read_text(encoding="utf-8"), now()
    asked = scenarios.read(text)
    answer = scenarios.answer(asked, scenarios.place(asked), at.date(), n=16, sensitivity=16)
    Reckoning.objects.create(
        ecopole=ecopole, key=SCENARIO, state=PlanState.READY, plan=answer.to_json(), seconds_max=60,
        problem={"file": text, "where": answer.territory, "today": at.date().isoformat()}, created_at=at,
        name=asked.scenario.name, measured=False, scale="epci", year=asked.scenario.start,
    )  # fmt: skip


def discreet(ecopole: Ecopole) -> None:
    """A person of the garden whom nobody signed in accompanies: a canary in every sealed column."""
    agent = Agent.objects.create(ecopole=ecopole, kind="person", name="P-CANARI")
    person = Participant.objects.create(
        ecopole=ecopole, agent=agent, name="", first_name="", recorded_at=now(), key="canaris"
    )
    plant(person, membership_user(Role.DIRECTOR))


def whispered(ecopole: Ecopole) -> None:
    """A word in every decision on a household, and in the name of a scheme."""
    Enrolment.objects.filter(member__ecopole=ecopole).update(band=WHISPERED)
    Scheme.objects.filter(ecopole=ecopole, name="Panier à un euro").update(name=WHISPERED)


def billed(ecopole: Ecopole) -> None:
    """The month so far, invoiced; the papers wait to be opened."""
    month = WEEK.monday.replace(day=1)
    who = membership_user(Role.ACCOUNTANT)
    row = request_closing(ecopole=ecopole, month=month, today=now().date(), by=who, at=now(), key=KEY)
    told = bill(
        ecopole=ecopole, first=month, last=month_end(month), issued_on=now().date(), judges=None,
        hand=Hand(who, now(), KEY), told=lambda: baskets(ecopole, month, month_end(month)),
    )  # fmt: skip
    row.state, row.plan = PlanState.READY, {"issued": len(told.issued), "cents": 0, "refused": told.refused}
    row.save()


def membership_user(role: Role) -> User:
    return User.objects.get(memberships__role=role, memberships__ecopole__slug=territory.SLUG)


@pytest.fixture(scope="module")
def url_of(world):
    """A real address for each page: a lot that exists, this week, its plans."""
    values = {
        "code": Lot.objects.order_by("id").values_list("code", flat=True).first(),
        "week": str(WEEK),
        "key": KEY,
        "other": f"{KEY}-again",
    }

    def build(name: str, parameters: list[str]) -> str:
        if name.startswith("insertion:"):
            return reverse(name, kwargs=_of_a_file(name, parameters) | {"ecopole": territory.SLUG})
        plans = {"key": SEASON, "other": f"{SEASON}-again"} if name.startswith("season:") else {}
        if name.startswith("rounds:"):
            plans = {"key": ROUNDS}
        if name.startswith("impact:"):
            plans = {"key": SCENARIO if "scenario" in name else ANSWER, "indicator": "tonnes"}
        asked = {p: (values | plans).get(p, 1) for p in parameters}
        if name.startswith("baskets:solidarity"):
            asked |= {p: v for p, v in solidarity_rows().items() if p in parameters}
            if name != "baskets:solidarity_enrolment" and "pk" in parameters:
                asked["pk"] = solidarity_rows()["scheme"]
        if name.startswith("billing:"):
            first = Invoice.objects.order_by("pk").values_list("pk", flat=True).first()
            asked |= {p: v for p, v in {"pk": first, "month": "2026-11"}.items() if p in parameters}
        return reverse(name, kwargs=asked | {"ecopole": territory.SLUG})

    return build


@pytest.fixture(scope="module")
def known(world, url_of) -> Met:
    """Every form that somebody is given, and every address that leads somewhere."""
    behind = [(url_of(name, asked), view.ability) for _, name, view, asked in behind_the_door()]
    return everything_met(world, behind, [url for _, url in without_a_door()])


def solidarity_rows() -> dict[str, int]:
    """A household in a scheme of the demo, and a payer of that scheme."""
    row = Enrolment.objects.order_by("pk").select_related("scheme")[0]
    payer = row.scheme.payers.order_by("rank")[0]
    return {"pk": row.pk, "scheme": row.scheme_id, "payer": payer.agent_id}


LINES = {
    "answer": Referral, "suspend": PassIae, "prolong": PassIae, "amend": Contract, "renew": Contract,
    "opinion": Renewal, "withdraw": Contract, "aid": Annex, "steer_annex": Annex,
    "targets": Annex, "dialogue": Annex, "dialogue_pdf": Annex, "progress": Objective,
    "result": SupportAction, "sign_own": Evaluation,
}  # fmt: skip


def _of_a_file(name: str, parameters: list[str]) -> dict[str, object]:
    """A line of the file of the person whom the demo's counsellor and supervisor accompany."""
    followed = Participant.objects.filter(ecopole__slug=territory.SLUG)
    person = followed.get(agent__memberships__role=Role.PARTICIPANT)
    model = LINES.get(name.partition(":")[2])
    rows = model.objects.all() if model is Annex else model and model.objects.filter(participant=person)
    line = rows.first() if model else None
    values = {
        "person": person.code, "kind": "contract", "pk": line.pk if line else 1, "week": str(WEEK),
        "year": WEEK.year, "section": "personnes", "code": "total",
        "month": f"{WEEK.monday:%Y-%m}", "team": Team.objects.filter(supervisor__isnull=False).first().pk,
    }  # fmt: skip
    return {asked: values[asked] for asked in parameters if asked in values}


def without_a_door() -> Iterator[tuple[str, str]]:
    """(name, address) of every page of no écopôle: one’s account, the public’s, those of a secret link."""
    ecopole = Ecopole.objects.get(slug=territory.SLUG)
    member, outlet = Member.objects.earliest("pk"), Agent.objects.filter(kind="canteen")[0]
    _, letter = invite(
        ecopole=ecopole, agent=Agent.objects.filter(kind="farm")[0], role=Role.FARMER,
        email="ferme@exemple.invalid", by=membership_user(Role.COORDINATOR), at=now(),
    )  # fmt: skip
    secrets = {
        "invitation": letter,
        "passing": signing.dumps([ecopole.pk, outlet.pk, now().date().isoformat()], salt=PASSING),
        "place_sign_up": secret(SignUp.objects.latest("pk")),
        "basket_joined": signing.dumps(member.pk, salt=JOINED),
        "basket_keeper": keeper_secret(DepotTerms.objects.latest("pk")),
        "basket_refer": referrer_secret(Referrer.objects.latest("pk")),
    }
    values = {
        "ecopole": territory.SLUG, "pk": Gathering.objects.latest("pk").pk, "week": str(WEEK),
        "uidb36": "1", "key": "1-2",
    }  # fmt: skip
    for route, name, _, asked in every_page():
        if not route.startswith((DOOR, "sante", "robots")) and not route.endswith(".ics"):
            given = {p: secrets[name] if p == "token" else values[p] for p in asked}
            yield name, reverse(name, kwargs=given)
