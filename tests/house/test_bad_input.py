"""Whatever is sent to a page, it answers in words, and the ledger stays right."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from random import Random
from traceback import format_exception
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.http import Http404
from django.test import Client
from django.urls import get_resolver, reverse

from terreau.ledger.actions import NewLot, Promise, new_lots, promise
from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.measures.quantity import Unit
from terreau.rooms.incubator.models import Project
from terreau.rooms.kitchen.models import Batch
from terreau.rooms.thirdplace.models import Gathering
from terreau.rooms.worksites.queries import days, orders
from terreau.territory import demo as territory
from terreau.territory.abilities import Role
from terreau.territory.clock import now
from terreau.territory.models import Agent, AgentKind, Ecopole, Invitation, Place, Product

pytestmark = pytest.mark.django_db

ANSWERS = {200, 302, 400, 403, 404, 405, 413, 422}
POSTS, GETS = 5, 2
HOSTILE = (
    "", " ", "abc", "NaN", "Infinity", "1e400", "0", "-1", "−3", "1.234", "1,2345", "12 kg", "12 litres",
    "9999999", "99999", "9" * 15, "9" * 19, "9" * 400, "9" * 5000, "999999999999,999", "-99999999999",
    "²", "٣", "½",
    "\x00", "1\x00", "a\x00b", "é" * 5000, "a" * 300, "🥕", "\u202e", "%", "|", "|||", "served|x||",
    "<script>", "' OR 1=1 --", "../../etc/passwd", "31/02/2026", "2026-02-31", "01/01/0001",
    "0001-01-01", "9999-12-31", "2026-W54", "0000-W00", "0001-W01", "9999-W52",
    "1990-W01", "2100-W52", "2026-11-26",
    "//exemple.invalid", "25:61", "None", "true", "[]", "{}", "on",
)  # fmt: skip
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


def signed_in(world, role: Role) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world[role])
    return client


def coordinator(world) -> Client:
    return signed_in(world, Role.COORDINATOR)


# The coordinator opens no test of the incubator: its tutor does, or the person.
INCUBATOR = (Role.TUTOR, Role.TESTER)
# Nor any file of insertion nor of solidarity: each page is tried by the first of these who does.
DISCREET = (Role.COUNSELLOR, Role.SUPERVISOR, Role.PARTICIPANT, Role.BASKETS)


def who_opens(world, address: str) -> tuple[Client, list[tuple[str, Fields]]]:
    """Somebody who opens the page, and its forms."""
    for role in DISCREET:
        client = signed_in(world, role)
        response = client.get(address)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            sent = Forms(address, response.content.decode()).sent()
            return client, [form for form in sent if name_of(form[0]) == name_of(address)]
    return client, []


def name_of(url: str) -> str:
    try:
        return get_resolver().resolve(urlsplit(url).path).view_name
    except Http404:
        return ""


def numbers(model: type[Model], **where: object) -> list[int]:
    return list(model._default_manager.filter(**where).values_list("pk", flat=True))


@pytest.fixture(scope="module")
def elsewhere(world) -> tuple[str, ...]:
    """Numbers of another écopôle's things."""
    there = Ecopole.objects.get(slug="ailleurs")
    agent, product = Agent.objects.get(ecopole=there), Product.objects.get(code="carotte")
    place = Place.objects.create(ecopole=there, agent=agent, kind="cold", name="Chambre froide")
    ten = Promise("produce", agent.pk, agent.pk, product.pk, Decimal(10), Unit.KG, now().date(), "ailleurs")
    (due,) = promise(ecopole=there, promises=[ten])
    (lot,) = new_lots(ecopole=there, lots=[NewLot(product, agent.pk, 2, now(), "ailleurs-lot")])
    return tuple(str(word) for word in (agent.pk, place.pk, due.pk, lot.pk, lot.code, due.key))


@dataclass
class Known:
    """The real forms of each page, and its real addresses; and who met them, but for the coordinator."""

    forms: dict[str, list[tuple[str, Fields]]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    met: dict[str, Role] = field(default_factory=dict)
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def walk(self, client: Client, waiting: list[str]) -> set[str]:
        """Follow links, one page of each kind and of each set of parameters; the forms met, by name."""
        found = set()
        while waiting:
            url = waiting.pop(0)
            response = client.get(url, follow=True)
            url = response.redirect_chain[-1][0] if response.redirect_chain else url
            if response["Content-Type"].startswith("text/html"):
                page = Forms(url, response.content.decode())
                for target, fields in page.sent():
                    self.forms[name_of(target)].append((target, fields))
                    found.add(name_of(target))
                for link in page.links:
                    name = name_of(link)
                    shape = (name, *sorted(parse_qs(urlsplit(link).query)))
                    if link.startswith(f"/e/{territory.SLUG}/") and shape not in self.seen:
                        self.seen.add(shape)
                        self.addresses[name].add(link)
                        waiting.append(link)
        return found


@pytest.fixture(scope="module")
def known(world) -> Known:
    here = Ecopole.objects.get(slug=territory.SLUG)
    Invitation.objects.create(
        ecopole=here, agent=here.agents.first(), role=Role.FARMER, email="attendue@exemple.invalid",
        token_hash="0" * 64, sent_at=now(), expires_at=now(),
    )  # fmt: skip
    known = Known()
    written = Event.objects.filter(ecopole=here, reverses=None).latest("pk")
    undo = reverse("undo", args=[here.slug, written.key])
    known.forms["undo"].append((undo, [("key", ""), ("next", undo)]))
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
    known.walk(coordinator(world), waiting)
    for role in INCUBATOR:
        tests = [reverse("incubator:project", args=[here.slug, pk]) for pk in numbers(Project, ecopole=here)]
        for name in known.walk(signed_in(world, role), [reverse("incubator:home", args=[here.slug]), *tests]):
            if name.startswith("incubator:"):
                known.met.setdefault(name, role)
    return known


def spoiled(fields: Fields, dice: Random, foreign: tuple[str, ...], number: int) -> Fields:
    """What a form sends, with one to four things wrong in it."""
    sent = [("key", f"hostile-{number:04}") if name == "key" else (name, value) for name, value in fields]
    names = list(dict.fromkeys(name for name, _ in sent)) or ["key"]
    for _ in range(dice.randint(1, 4)):
        name, wrong = dice.choice(names), dice.choice((*HOSTILE, *foreign))
        at = next((i for i, (found, _) in enumerate(sent) if found == name), None)
        gesture = dice.choice(("change", "change", "change", "drop", "repeat"))
        if gesture == "repeat" or at is None:
            sent.append((name, wrong))
        elif gesture == "drop":
            sent = [field for field in sent if field[0] != name]
        else:
            sent[at] = (name, wrong)
    return sent


def body(fields: Fields) -> dict[str, list[str]]:
    sent = defaultdict(list)
    for name, value in fields:
        sent[name].append(value)
    return sent


def check(response, said: object) -> bool:
    """Whether something may have been written: a form that is taken leads elsewhere."""
    trace = "".join(format_exception(*response.exc_info)[-4:]) if getattr(response, "exc_info", None) else ""
    assert response.status_code in ANSWERS, f"{response.status_code} to {said!r:.600}\n{trace}"
    return response.status_code == 302


def strange_address(url: str, route: str, dice: Random, foreign: tuple[str, ...]) -> str:
    """The address with one of its parts replaced; the écopôle itself is the door's business."""
    path = urlsplit(url).path
    parts, shape = path.strip("/").split("/"), route.strip("/").split("/")
    at = [i for i, part in enumerate(shape) if part.startswith("<") and i != 1]
    if at:
        word = dice.choice([w for w in (*HOSTILE, *foreign) if w.strip() and len(w) < 1000 and "/" not in w])
        parts[dice.choice(at)] = quote(word, safe="")
        path = "/" + "/".join(parts) + ("/" if path.endswith("/") else "")
    return path


def test_no_page_stumbles_on_what_it_is_sent(world, elsewhere, known, url_of, page):
    route, name, _, parameters = page
    forms, addresses = known.forms, known.addresses
    client, dice = coordinator(world), Random(name)
    address = min(addresses.get(name, ()), key=len, default=url_of(name, parameters))
    if name.startswith(("insertion:", "baskets:solidarity")):
        client, forms[name] = who_opens(world, address)
    elif name.startswith("incubator:"):
        client = signed_in(world, known.met.get(name, Role.TUTOR))
    asked = {"q", "semaine", "jour", "ligne", "line", "ferme", "client", "lieu", "produit"}
    for link in addresses.get(name, ()):
        asked |= parse_qs(urlsplit(link).query).keys()
    for _ in range(GETS):
        url = strange_address(address, route, dice, elsewhere) if dice.random() < 0.5 else address
        query = urlencode({word: dice.choice((*HOSTILE, *elsewhere)) for word in sorted(asked)
                           if dice.random() < 0.4})  # fmt: skip
        check(client.get(f"{urlsplit(url).path}?{query}"), (url, query))
    written = forms.get(name) or [(address, [("key", ""), ("due", ""), ("next", "")])]
    taken = False
    for number in range(POSTS if name in forms else 3):
        url, fields = written[dice.randrange(len(written))] if number else written[0]
        if dice.random() < 0.1:
            query = dict(parse_qsl(urlsplit(url).query)) or {"semaine": ""}
            query[dice.choice(sorted(query))] = dice.choice((*HOSTILE, *elsewhere))
            url = f"{strange_address(url, route, dice, elsewhere)}?{urlencode(query)}"
        sent = spoiled(fields, dice, elsewhere, number) if number else []
        dice.shuffle(sent)
        taken |= check(client.post(url, body(sent)), (url, sent))
    for ecopole in Ecopole.objects.all() if taken else ():
        assert list(differences(ecopole)) == []


def test_every_form_of_the_house_is_met(known):
    """What is not met by a visitor who follows links is not tried above."""
    gestures = {
        "garden:harvest", "garden:other", "garden:save_forecast", "garden:forecast_line",
        "garden:add_plot", "garden:add_crew",
        "platform:receive", "platform:pick", "platform:deliver", "platform:loss", "platform:offer",
        "platform:offer_file", "platform:offer_withdraw", "platform:order", "platform:order_withdraw",
        "platform:order_again", "platform:late_answer",
        "platform:standing", "platform:standing_stop", "platform:standing_skip", "platform:standing_take_up",
        "platform:certificates", "platform:certificate_withdraw",
        "platform:temperature_read", "platform:temperature_correct",
        "platform:crates_move", "platform:crates_add", "platform:inventory_count",
        "platform:vehicle_add", "platform:vehicle_change",
        "rounds:plan_day", "rounds:replan", "rounds:travel",
        "baskets:pack", "baskets:save_depots", "baskets:save_size", "planning:replan",
        "worksites:add_site", "worksites:change_site", "worksites:close_site", "worksites:ask",
        "worksites:quote", "worksites:accept", "worksites:drop", "worksites:plan",
        "worksites:finish", "worksites:add_picture",
        "worksites:work", "worksites:cancel_day", "worksites:take_out", "worksites:save_tool",
        "worksites:close_tool",
        "incubator:accept", "incubator:add_equipment", "incubator:apply", "incubator:appoint",
        "incubator:book", "incubator:break_off", "incubator:commit", "incubator:decline", "incubator:draft",
        "incubator:harvest", "incubator:invite", "incubator:leave", "incubator:lend", "incubator:mark",
        "incubator:meet", "incubator:mend", "incubator:plan_crop", "incubator:plan_year", "incubator:rate",
        "incubator:register", "incubator:save_plot", "incubator:seek", "incubator:sell", "incubator:support",
        "incubator:unplan_crop", "incubator:work",
        "kitchen:take", "kitchen:plan", "kitchen:use", "kitchen:check", "kitchen:drop",
        "kitchen:buy", "kitchen:write", "kitchen:change", "kitchen:fee", "kitchen:order",
        "kitchen:order_due", "kitchen:order_give_up", "kitchen:machine", "kitchen:fact", "kitchen:clean",
        "kitchen:gap", "kitchen:training", "kitchen:operator", "kitchen:hold",
        "kitchen:release", "place:presence", "place:walk_out",
        "place:add", "place:book", "place:charge", "place:comer", "place:hours", "place:join", "place:mark",
        "place:cancel", "place:change", "place:paths", "place:refuse",
        "place:repair", "place:save_benefit", "place:save_thing",
        "place:set_terms", "place:settle", "place:tariff", "place:testimony", "place:walk_in",
        "impact:project", "impact:project_file",
        "planning:plan_week", "season:plan_season", "season:replan", "season:publish",
        "territory:add_actor", "territory:change_actor",
        "territory:add_place", "territory:add_beds", "territory:people", "territory:withdraw",
    }  # fmt: skip
    assert gestures <= known.forms.keys(), gestures - known.forms.keys()


HEADER = "ferme;produit;quantité;unité;prix;qualité;à partir du;jusqu'au\n"
LINE = "Ferme de la Bécassine;Carotte;{};kg;1,80;bio;30/11/2026;06/12/2026\n"
FILES = {
    "empty": b"",
    "blank": b"\n\n\n",
    "binary": bytes(Random(1).randbytes(20_000)),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "a zipped spreadsheet": b"PK\x03\x04" + Random(2).randbytes(2_000),
    "one column": b"ferme\nCocagne\n",
    "5,000 columns": (";".join(f"c{i}" for i in range(5_000)) + "\n" + ";" * 4_999).encode(),
    "5,000 columns after ours": (HEADER.strip() + ";" * 5_000 + "\n" + LINE.format("1")).encode(),
    "UTF-16": (HEADER + LINE.format("12")).encode("utf-16"),
    "Windows": (HEADER + LINE.format("12")).encode("cp1252"),
    "NUL bytes": (HEADER + LINE.format("1\x00")).encode(),
    "a cell of 200,000 letters": (HEADER + LINE.format("9" * 200_000)).encode(),
    "a quote never closed": (HEADER + '"Ferme;' + LINE.format("12") * 50).encode(),
    "columns twice": (HEADER.strip() + ";" + HEADER + LINE.format("12")).encode(),
    "ragged": (HEADER + LINE.format("1;2;3") + ";;\n").encode(),
    "old Mac": (HEADER + LINE.format("12")).replace("\n", "\r").encode(),
    "too heavy": (HEADER + LINE.format("12") * 30_000).encode(),
} | {
    f"quantity {wrong!r:.20}": (HEADER + LINE.format(wrong)).encode()
    for wrong in HOSTILE
    if not re.search(r"[;\n\"]", wrong)
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_of_offers_is_refused_in_words(world, name):
    client, url = coordinator(world), reverse("platform:offer_file", args=[territory.SLUG])
    check(client.post(url, {"file": SimpleUploadedFile("offres.csv", FILES[name])}), name)
    check(client.post(url, {"text": FILES[name].decode("utf-8", errors="replace")}), name)
