"""Visitors who follow links: the pages they reach, the forms they are given."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from django.db.models import Model
from django.http import Http404
from django.test import Client
from django.urls import get_resolver, reverse

from terreau.ledger.models import Event
from terreau.rooms.incubator.models import Project
from terreau.rooms.kitchen.models import Batch
from terreau.rooms.thirdplace.models import Gathering
from terreau.rooms.worksites.queries import days, orders
from terreau.territory import demo as territory
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.clock import now
from terreau.territory.models import AgentKind, Ecopole, Invitation

Fields = list[tuple[str, str]]


class Forms(HTMLParser):
    """What a page lets one send: its forms that write, and the addresses it names."""

    def __init__(self, url: str, html: str):
        super().__init__()
        self.url, self.links, self.fields = url, [], defaultdict(list)
        self.targets: dict[str, str] = {}
        self.current, self.select = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name, form = said.get("name", ""), said.get("form", self.current)
        if tag == "a":
            self.links.append(urljoin(self.url, said.get("href", "")))
        elif tag == "form":
            self.current = said.get("id") or f"form {len(self.targets)}"
            if said.get("method") == "post":
                self.targets[self.current] = urljoin(self.url, said.get("action", ""))
        elif tag == "select":
            self.select = name
            self.fields[form].append((name, ""))
        elif tag == "option" and self.select:
            self.fields[form].append((self.select, said.get("value", "")))
        elif tag in ("input", "textarea", "button") and name:
            self.fields[form].append((name, said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.current = ""
        elif tag == "select":
            self.select = ""

    def sent(self) -> Iterator[tuple[str, Fields]]:
        for form, url in self.targets.items():
            yield url, [field for field in self.fields[form] if field[0] != "csrfmiddlewaretoken"]


def browser(world, role: Role | None) -> Client:
    client = Client(raise_request_exception=False)
    if role:
        client.force_login(world[role])
    return client


def coordinator(world) -> Client:
    return browser(world, Role.COORDINATOR)


def name_of(url: str) -> str:
    try:
        return get_resolver().resolve(urlsplit(url).path).view_name
    except Http404:
        return ""


def numbers(model: type[Model], **where: object) -> list[int]:
    return list(model._default_manager.filter(**where).values_list("pk", flat=True))


@dataclass
class Met:
    """The real forms of each page with who met them (nobody: without an account), and its real addresses."""

    forms: dict[str, list[tuple[Role | None, str, Fields]]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: set[tuple[Any, ...]] = field(default_factory=set)

    def look(self, client: Client, role: Role | None, url: str) -> list[str]:
        """Keep the forms of a page, and say where it leads: to each kind of page once."""
        response = client.get(url, follow=True)
        url = response.redirect_chain[-1][0] if response.redirect_chain else url
        if not response.get("Content-Type", "").startswith("text/html"):
            return []
        page, new = Forms(url, response.content.decode()), []
        for target, fields in page.sent():
            self.forms[name_of(target)].append((role, target, fields))
        for link in page.links:
            shape = (name_of(link), *sorted(parse_qs(urlsplit(link).query)))
            if link.startswith("/") and shape[0] and shape not in self.seen:
                self.seen.add(shape)
                self.addresses[shape[0]].add(link)
                new.append(link)
        return new

    def words_of(self, name: str) -> Fields:
        """What the forms of a room send, for a page of that room whose own was not met."""
        room = name.partition(":")[0]
        met = {field for known, sent in self.forms.items() if known.startswith(room)
               for _, _, fields in sent for field in fields}  # fmt: skip
        return [("key", ""), ("due", ""), ("next", ""), *sorted(met)]

    def walk(self, client: Client, role: Role | None, waiting: list[str]) -> None:
        while waiting:
            waiting += self.look(client, role, waiting.pop(0))


def everything_met(world, behind: Iterable[tuple[str, str]], public: Iterable[str]) -> Met:
    """What every role finds by following links, from what awaits it and from each page of its trade."""
    here = Ecopole.objects.get(slug=territory.SLUG)
    Invitation.objects.create(
        ecopole=here, agent=here.agents.first(), role=Role.FARMER, email="attendue@exemple.invalid",
        token_hash="0" * 64, sent_at=now(), expires_at=now(),
    )  # fmt: skip
    known = Met()
    written = Event.objects.filter(ecopole=here, reverses=None).latest("pk")
    undo = reverse("undo", args=[here.slug, written.key])
    known.forms["undo"].append((Role.COORDINATOR, undo, [("key", ""), ("next", undo)]))
    garden = here.agents.get(kind=AgentKind.GARDEN)
    # Actors look alike to a crawler; the garden alone has beds.
    waiting = [reverse("today", args=[here.slug]), reverse("territory:actor", args=[here.slug, garden.pk])]
    # So do orders and days of worksites, and what may be done of each depends on where it stands.
    waiting += [reverse("worksites:order", args=[here.slug, order.id]) for order in orders(here)]
    waiting += [reverse("worksites:day", args=[here.slug, day.pk]) for day in days(here, now().date())]
    # And batches, gatherings, tests.
    waiting += [
        reverse("kitchen:batch", args=[here.slug, pk]) for pk in numbers(Batch, process__ecopole=here)
    ]
    waiting += [reverse("place:gathering", args=[here.slug, pk]) for pk in numbers(Gathering, ecopole=here)]
    known.walk(coordinator(world), Role.COORDINATOR, waiting)
    tests = [reverse("incubator:project", args=[here.slug, pk]) for pk in numbers(Project, ecopole=here)]
    for role in Role:
        # The first to hold an ability has walked; the last is the one whose trade it is.
        own = [url for url, ability in behind if max(ABILITIES[ability], key=list(Role).index) is role]
        more = tests if role in ABILITIES["see_own_test"] else []
        known.walk(browser(world, role), role, [reverse("today", args=[here.slug]), *own, *more])
    for url in public:
        known.walk(Client(raise_request_exception=False), None, [url])
    return known
