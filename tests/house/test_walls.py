"""The walls: every role of another écopôle, or the same role for another actor, reaches nothing."""

from collections.abc import Iterator
from functools import cache
from io import StringIO
from itertools import count

import pytest
from django.apps import apps
from django.db.models import CharField, F, ForeignKey, Model, Q, Value
from django.db.models.functions import Concat
from django.test import Client, override_settings

from terreau.territory import demo as territory
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.clock import now
from terreau.territory.models import Agent, AgentKind, Ecopole, User
from terreau.web.management.commands.demo import Command
from tests.house.conftest import PLANNED, behind_the_door, membership_user
from tests.house.test_bad_input import body
from tests.house.visitors import Fields, browser

pytestmark = pytest.mark.django_db

TWIN, CANARY = "jumeau", "\u2021"
# In an address, what names a row; the code of a lot is one too, which every écopôle gives to its own.
NUMBERS = {"pk", "line", "row", "person", "note", "place", "payer", "team", "path", "other", "token"}
TRIED = 3


def ours() -> Iterator[type[Model]]:
    return (model for model in apps.get_models() if model.__module__.startswith("terreau."))


def relations(model: type[Model]) -> list[ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


@cache
def way(model: type[Model], to: type[Model], steps: int = 4) -> str:
    """The shortest way from a row to what it belongs to, by its columns."""
    if steps == 0:
        return ""
    if any(field.related_model is to for field in relations(model)):
        return next(field.name for field in relations(model) if field.related_model is to)
    for field in relations(model):
        further = field.related_model is not model and way(field.related_model, to, steps - 1)
        if further:
            return f"{field.name}__{further}"
    return ""


def kept(narrowed: dict[type[Model], Q]) -> dict[str, int]:
    """Every row that is somebody's, to the last column."""
    return {model._meta.label: hash(tuple(words(model, which))) for model, which in narrowed.items()}


def words(model: type[Model], which: Q) -> Iterator[str]:
    for row in model._default_manager.filter(which).order_by("pk").values_list():
        yield repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row])


def of_ecopole(ecopole: Ecopole) -> dict[type[Model], Q]:
    return {model: Q(**{path: ecopole}) for model in ours() if (path := way(model, Ecopole))}


def astride() -> list[str]:
    """Rows that hold together two écopôles."""
    found = []
    for model in ours():
        own = way(model, Ecopole)
        for field in relations(model) if own else ():
            its = field.related_model is not Ecopole and way(field.related_model, Ecopole)
            if its and not own.startswith(f"{field.name}__"):
                rows = model._default_manager.exclude(**{f"{field.name}__{its}": F(own)})
                if rows.filter(**{f"{field.name}__{its}__isnull": False}).exists():
                    found.append(f"{model._meta.label}.{field.name}")
    return found


@pytest.fixture(scope="module")
def addresses(world, known, url_of) -> dict[str, list[tuple[str, Fields | None]]]:
    """Some real addresses of each page, and what its real forms send: all of the first écopôle."""
    found = {}
    for _, name, _, asked in behind_the_door():
        links = sorted(known.addresses.get(name, ()), key=lambda url: (len(url), url))
        found[name] = [(url, None) for url in (url_of(name, asked), *links[:TRIED])]
        found[name] += [(url, fields) for _, url, fields in known.forms.get(name, ())[:TRIED]]
        if name not in known.forms:
            found[name].append((url_of(name, asked), [("key", "")]))
    return found


@pytest.fixture(scope="module")
def twin(addresses) -> dict[Role, User]:
    """Another écopôle, lived as the first one was, and who wears each hat there."""
    User.objects.update(email=Concat(Value("ici-"), "email"))
    with pytest.MonkeyPatch.context() as patched, override_settings(CLOCK=PLANNED):
        patched.setattr(territory, "SLUG", TWIN)
        Command(stdout=StringIO())._live(now().date(), weeks=1, seed=2, seconds=0.01)
        wearers = {role: membership_user(role) for role in Role}
    # The demo gives the same pseudonyms everywhere: here, each is of one écopôle.
    people = Agent.objects.filter(ecopole__slug=TWIN, kind=AgentKind.PERSON)
    people.update(name=Concat(Value("J"), "name", output_field=CharField()))
    return wearers


def answered(client: Client, url: str, fields: Fields | None, number: int) -> tuple[int, str]:
    if fields is None:
        response = client.get(url)
    else:
        sent = [(name, f"murs-{number:06}" if name == "key" else value) for name, value in fields]
        response = client.post(url, body(sent))
    told = b"".join(response) if response.streaming else response.content
    return response.status_code, told.decode(errors="replace")


def test_nothing_of_an_ecopole_is_reached_from_another(addresses, twin):
    here = Ecopole.objects.get(slug=territory.SLUG)
    told = Agent.objects.filter(ecopole=here).exclude(kind=AgentKind.PERSON)
    told.update(name=Concat("name", Value(CANARY), output_field=CharField()))
    before, wrong, numbers = kept(of_ecopole(here)), [], count()
    for _, name, view, parameters in behind_the_door():
        role = max(ABILITIES[view.ability], key=list(Role).index)
        client = browser(twin, role)
        for url, fields in addresses[name]:
            there = url.replace(f"/e/{territory.SLUG}/", f"/e/{TWIN}/")
            status, page = answered(client, there, fields, next(numbers))
            found = status < 400 and not (status == 302 and fields is None)
            if status >= 500 or CANARY in page or (found and NUMBERS & set(parameters)):
                wrong.append(f"{role} {there} {fields}: {status}")
    assert not wrong, "\n".join(wrong)
    after = kept(of_ecopole(here))
    assert [label for label in before if before[label] != after[label]] == []
    assert astride() == []
