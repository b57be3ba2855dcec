"""Whatever is sent to a page, it answers in words, and the ledger stays right."""

import os
import re
from collections import defaultdict
from decimal import Decimal
from random import Random
from traceback import format_exception
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from terreau.ledger.actions import NewLot, Promise, new_lots, promise
from terreau.ledger.audit import differences
from terreau.measures.quantity import Unit
from terreau.territory import demo as territory
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.clock import now
from terreau.territory.models import Agent, Ecopole, Place, Product
from tests.house.conftest import every_page, without_a_door
from tests.house.visitors import Fields, browser, coordinator

pytestmark = pytest.mark.django_db

ANSWERS = {200, 301, 302, 307, 400, 403, 404, 405, 410, 413, 422}
POSTS, GETS = 5, 2
# Each round is undone before the next. `make hostile` plays many more than the suite.
ROUNDS = int(os.environ.get("TERREAU_HOSTILE", "1"))
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


def every_door() -> list[Any]:
    """Each page, and who holds its ability; of no écopôle, whoever comes."""
    pages = [
        (route, name, getattr(view, "ability", None), asked) for route, name, view, asked in every_page()
    ]
    return [pytest.param(*page, id=page[1]) for page in pages]


@pytest.mark.parametrize(("route", "name", "ability", "parameters"), every_door())
def test_no_page_stumbles_on_what_it_is_sent(
    world, elsewhere, known, url_of, route, name, ability, parameters
):
    dice, doorless = Random(name), dict(without_a_door())
    given = url_of(name, parameters) if ability else doorless.get(name)
    given = given or reverse(name, kwargs=dict.fromkeys(parameters, "x"))
    address = min(known.addresses.get(name, ()), key=lambda url: (len(url), url), default=given)
    # Of no écopôle: its account is the one of anybody who has signed in.
    who = max(ABILITIES[ability], key=list(Role).index) if ability else None
    who = Role.COORDINATOR if name.startswith(("account_", "mfa_")) and name != "account_login" else who
    asked = {"q", "semaine", "jour", "ligne", "line", "ferme", "client", "lieu", "produit"}
    for link in known.addresses.get(name, ()):
        asked |= parse_qs(urlsplit(link).query).keys()
    written = known.forms.get(name) or [(who, address, known.words_of(name))]
    for _ in range(ROUNDS):
        cache.clear()  # how often a stranger may try is another test's
        with transaction.atomic():
            gets = [(strange_address(address, route, dice, elsewhere) if dice.random() < 0.5 else address,
                     urlencode({word: dice.choice((*HOSTILE, *elsewhere)) for word in sorted(asked)
                                if dice.random() < 0.4})) for _ in range(GETS)]  # fmt: skip
            browsers = {role: browser(world, role) for role in {who, *(role for role, _, _ in written)}}
            for url, query in gets:
                check(browsers[who].get(f"{urlsplit(url).path}?{query}"), (url, query))
            taken = False
            for number in range(POSTS):
                role, url, fields = dice.choice(written) if number else written[0]
                taken |= send_spoiled(browsers[role], route, url, fields, dice, elsewhere, number)
            for ecopole in Ecopole.objects.all() if taken else ():
                assert list(differences(ecopole)) == []
            transaction.set_rollback(True)


def send_spoiled(
    client: Client, route: str, url: str, fields: Fields, dice: Random, foreign: tuple[str, ...], number: int
) -> bool:
    """One form, wrong somewhere; the first is empty. Whether it was taken."""
    if dice.random() < 0.1:
        query = dict(parse_qsl(urlsplit(url).query)) or {"semaine": ""}
        query[dice.choice(sorted(query))] = dice.choice((*HOSTILE, *foreign))
        url = f"{strange_address(url, route, dice, foreign)}?{urlencode(query)}"
    sent = spoiled(fields, dice, foreign, number) if number else []
    dice.shuffle(sent)
    return check(client.post(url, body(sent)), (url, sent))


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
