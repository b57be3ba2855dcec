"""Every URL with every role: 404 for strangers, 403 without the ability, with it a page for all eyes."""

import json
import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import typst
from axe_playwright_python.base import AXE_FILE_PATH
from django.contrib.staticfiles import finders
from django.core import mail, signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from playwright.sync_api import Page

from terreau.billing.models import Invoice
from terreau.funding.models import Project as Funded
from terreau.ledger.models import Event, Lot
from terreau.rooms.baskets import post
from terreau.rooms.baskets.models import ChosenPrice, DepotTerms, Enrolment, Member, Referral, Scheme, Sheet
from terreau.rooms.garden.models import Bed
from terreau.rooms.incubator.models import Project
from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.models import Participant
from terreau.rooms.insertion.tests.factories import SEALED_PARTS, canary
from terreau.rooms.kitchen.models import Recipe
from terreau.rooms.worksites.models import Site
from terreau.territory import demo as territory
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.clock import now
from terreau.territory.demo import SLUG
from terreau.territory.models import Agent, Place
from tests.house.conftest import DOOR, WEEK, WHISPERED, every_page, without_a_door
from tests.stories.conftest import DESK, chromium

# Rows that say of a household that it pays less, and who may read them, in sums or their own (0016).
OF_HELP = re.compile("|".join(table._meta.db_table for table in (Enrolment, ChosenPrice, Referral)))
KNOWING = ("baskets:solidarity", "baskets:own", "baskets:export", "billing:", "impact:")
# Whatever the page, its role and what happened that day.
QUERIES_MAX = 12
# Papers of a few times a year, and not pages: each gathers what several of them tell.
PAPERS = {
    "insertion:data_sheet": 52,  # all that is held of somebody, table after table
    "insertion:report_pdf": 22, "insertion:report_csv": 22,  # the year of all who came
    "garden:register_pdf": 17,  # every chapter of the organic register
    "insertion:dialogue_pdf": 15,
}  # fmt: skip
# Whatever is read, nothing changes; but who reads a file of insertion is written down.
WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
LOGGED = {"insertion_reading", "insertion_export", "django_session"}
JUSTICE = [canary(where).encode() for where, part in SEALED_PARTS.items() if part is Part.JUSTICE]
pytestmark = pytest.mark.django_db


@pytest.fixture
def printed(monkeypatch) -> list[str]:
    """What every sheet is told, before its words are pressed into a PDF."""
    told, press = [], typst.compile

    def heard(source: bytes, sys_inputs: dict[str, str], **more: object) -> bytes:
        told.append(source.decode() + sys_inputs["data"])
        return press(source, sys_inputs=sys_inputs, **more)

    monkeypatch.setattr(typst, "compile", heard)
    return told


def answer(signed_in, printed: list[str], who: Role | str | None, url: str, posts: bool) -> int:
    printed.clear()
    client, reads, asked = signed_in[who], [], []

    def heard(execute, sql, *more):
        reads.extend(OF_HELP.findall(sql))
        asked.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(heard):
        response = (client.post if posts else client.get)(url)
    name = resolve(url.partition("?")[0]).view_name
    assert not reads or name.startswith(KNOWING), f"{who} asks who is helped on {url}"
    # Inside the test's transaction, one opened by the page is two questions.
    count = sum(not sql.startswith("RELEASE") for sql in asked)
    assert posts or count <= PAPERS.get(name, QUERIES_MAX), f"{who} asks {count} queries on {url}"
    written = {found[2] for sql in asked if (found := WRITES.match(sql))}
    assert posts or written <= LOGGED, f"{who} only reads {url}, and {written} is written"
    told = b"".join(response) if response.streaming else response.content
    told += "".join(printed).encode()
    # A person in insertion whom nobody here accompanies: the direction alone reads of them.
    assert who is Role.DIRECTOR or b"canari-" not in told, f"{who} reads a sealed word on {url}"
    assert not any(word in told for word in JUSTICE), f"{who} reads of justice on {url}"
    keeps = who in ABILITIES["keep_solidarity"]
    assert keeps or WHISPERED.encode() not in told, f"{who} reads of a scheme on {url}"
    return response.status_code


def test_a_door_opens_to_whom_it_should(signed_in, printed, url_of, page):
    _, name, view, parameters = page
    ability = getattr(view, "ability", None)
    assert ability in ABILITIES, f"{name} names no ability: @needs(…) goes first"
    url = url_of(name, parameters)
    read = answer(signed_in, printed, Role.COORDINATOR, url, posts=False)
    posts = read == 405
    assert answer(signed_in, printed, "stranger", url, posts) == 404, "another écopôle's page does not exist"
    assert answer(signed_in, printed, None, url, posts) == 302
    for role in Role:
        already = role is Role.COORDINATOR and not posts
        status = read if already else answer(signed_in, printed, role, url, posts)
        if role in ABILITIES[ability]:
            assert status not in (403, 405, 500), f"{role} may {ability}, and got {status}"
        else:
            assert status == 403, f"{role} may not {ability}, and got {status}"
            assert posts or signed_in[role].post(url).status_code == 403, (
                f"{role} may not {ability}, and posts"
            )


# Whoever comes: what is shown to all, one's account, and what a secret link opens.
OPEN = {
    "home", "health", "robots", "accessibility", "invitation", "passing", "try_scenario", "impact_public",
    "place_public", "place_feed", "place_credits", "place_gathering", "place_sign_up", "place_own_feed",
    "basket_public", "basket_join", "basket_joined", "basket_keeper", "basket_refer", "basket_feed",
    "basket_sheet",
}  # fmt: skip


def test_no_page_is_without_a_door_by_inadvertence():
    found = {name for route, name, _, _ in every_page() if not route.startswith(DOOR)}
    assert {name for name in found if not name.startswith(("account_", "mfa_"))} == OPEN


@pytest.fixture
def readable(signed_in, url_of, behind_doors) -> dict[str, tuple[str, bytes]]:
    """What each page answers to the first who may read it, and its kind: the template it is written in."""
    found = {}
    for _, name, view, parameters in behind_doors:
        role = next(role for role in Role if role in ABILITIES[view.ability])
        found[name] = signed_in[role].get(url_of(name, parameters))
    for name, url in without_a_door():
        found[name] = signed_in[None].get(url)
        if found[name].status_code == 302:  # one's own account
            found[name] = signed_in[Role.COORDINATOR].get(url)
    return {
        name: (answer.templates[0].name, answer.content)
        for name, answer in found.items()
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    }


# The house's frame, the door's, the public's.
WITH_THEIR_FRAME = ("today", "account_login", "basket_public")
NARROW = {"width": 320, "height": 640}


@pytest.mark.story
def test_every_page_breaks_no_rule_of_accessibility_and_fits_320_pixels(readable):
    """axe reads the frame once, the middle of each kind; 320 px is also a desk made four times larger."""
    assert len(readable) > 290
    assert {"impact_public", "basket_keeper", "place_gathering", *WITH_THEIR_FRAME} <= set(readable)
    wrong, kinds = [], set()
    with chromium() as browser, served(readable) as home:
        page = browser.new_page(locale="fr-FR", reduced_motion="reduce")
        page.on("request", lambda sent: sent.url.startswith((home, "data:")) or wrong.append(sent.url))
        for name, (kind, _) in readable.items():
            page.set_viewport_size(NARROW)
            page.goto(home + name)
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wrong.append(f"{name}: {wide} px wide")
            if kind not in kinds:
                page.set_viewport_size(DESK)
                page.add_script_tag(url=f"{home}axe.js")
                wrong += [f"{name}: {said}" for said in _broken_rules(page, whole=name in WITH_THEIR_FRAME)]
            kinds.add(kind)
    assert not wrong, "\n".join(wrong)


@contextmanager
def served(pages: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    """The pages under their names, what they wear, and axe; nothing else. The browser keeps what it read."""

    class Shelf(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.strip("/")
            dress = finders.find(path.removeprefix("static/")) if path.startswith("static/") else None
            file = AXE_FILE_PATH if path == "axe.js" else dress
            if path not in pages and not file:
                self.send_error(404)
                return
            body = Path(file).read_bytes() if file else pages[path][1]
            kind = mimetypes.guess_type(path)[0] if file else "text/html; charset=utf-8"
            self.send_response(200)
            self.send_header("Content-Type", kind or "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=3600")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test has nothing to tell."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _broken_rules(page: Page, *, whole: bool) -> list[str]:
    sought = "document" if whole else "'main'"
    found = page.evaluate(f"axe.run({sought}, {{resultTypes: ['violations']}}).then((it) => it.violations)")
    wrong = [f"{each['id']}, {each['nodes'][0]['html'][:150]}" for each in found]
    if page.evaluate("document.querySelectorAll('h1').length") != 1:
        wrong.append("one title, and one only")
    return wrong


def test_there_are_doors(behind_doors):
    assert len(behind_doors) > 15
    assert {view.ability for _, _, view, _ in behind_doors} == set(ABILITIES), "an ability opens nothing"


# One thing of each kind, as it is called, and who finds it; of a file or a project, only who reads that one.
KEEPERS = {
    "Lots": "see_lots", "Acteurs": "see_territory", "Lieux": "see_territory", "Planches": "see_garden",
    "Membres des paniers": "run_baskets", "Chantiers": "see_worksites", "Recettes": "see_kitchen",
    "Projets de la couveuse": "see_own_test", "Projets financés": "see_funding",
    "Personnes accompagnées": "see_insertion",
}  # fmt: skip

# Where the ability is not enough: the page is asked for.
NARROWED = ("Projets de la couveuse", "Personnes accompagnées", "Factures")


def called() -> dict[str, str]:
    return {
        "Lots": Lot.objects.exclude(product__family="credit").latest("pk").code.lower(),
        "Acteurs": Agent.objects.filter(kind="farm").first().name,
        "Lieux": Place.objects.filter(kind="cold").first().name,
        "Planches": Bed.objects.first().place.name,
        "Membres des paniers": Member.objects.filter(left_on=None).first().name,
        "Chantiers": Site.objects.first().place.name,
        "Recettes": Recipe.objects.first().name,
        "Projets de la couveuse": Project.objects.filter(agent__memberships__role=Role.TESTER).first().title,
        "Projets financés": Funded.objects.first().title,
        "Personnes accompagnées": Participant.objects.get(agent__memberships__role=Role.PARTICIPANT).code,
        "Factures": Invoice.objects.first().number,
        "Produits": "carotte",
    }


def sought(browser, words: str) -> dict[str, list[str]]:
    """The kinds that answer, with their addresses."""
    page = browser.get(reverse("search", args=[SLUG]), {"q": words}).content.decode()
    groups = re.findall(r"<h2 id=\"found[^>]*>(.*?)</h2>(.*?)</section>", page, re.DOTALL)
    return {kind: re.findall(r'class="what" href="([^"]+)"', lines) for kind, lines in groups}


def test_a_search_finds_what_its_reader_opens_and_nothing_else(signed_in, world):
    names = called()
    for role in Role:
        for kind, words in names.items():
            with CaptureQueriesContext(connection) as asked:
                found = sought(signed_in[role], words)
            assert len(asked) <= 12, f"{role} asks {len(asked)} queries"
            may = role in ABILITIES.get(KEEPERS.get(kind, ""), ())
            assert kind not in KEEPERS or (kind in found) == may, f"{role} seeks {words!r}"
            if links := found.get(kind):
                ability = vars(resolve(links[0].partition("?")[0]).func)["ability"]
                assert role in ABILITIES[ability], f"{role} finds {links[0]}"
                if kind in NARROWED:
                    assert signed_in[role].get(links[0]).status_code == 200, f"{role} finds {links[0]}"
    assert sought(signed_in["stranger"], names["Acteurs"]) == {}
    assert set(sought(signed_in[Role.ACCOUNTANT], names["Factures"])) == {"Factures"}
    assert {"Produits", "Recettes"} <= set(sought(signed_in[Role.COOK], "carotte"))


def test_nobody_finds_by_name_a_person_whose_name_is_kept(signed_in, world):
    """People in insertion answer to no name; members, whoever pays for them, to the baskets alone."""
    person = Participant.objects.get(agent__memberships__role=Role.PARTICIPANT)
    helped = Member.objects.filter(left_on=None).last()
    for role in Role:
        assert not sought(signed_in[role], person.name).get("Personnes accompagnées"), role
        links = [link for found in sought(signed_in[role], helped.name).values() for link in found]
        seen = any("/membres/" in link for link in links)
        assert seen == (role in ABILITIES["run_baskets"]), f"{role} seeks a member"
        # A file that nobody here follows is the direction's.
        assert bool(sought(signed_in[role], "P-CANARI")) == (role is Role.DIRECTOR), role


# --- nobody can tell who is in a solidarity scheme ------------------------------------------------------

# Where a basket, a member or what they receive is met, by all who may open it.
MET = ("", "baskets", "lots", "platform", "rounds")
OF_THE_SCHEME = "baskets:solidarity"
# Made anew at each answer: the keys of forms, the secret of the calendar.
CHANGING = re.compile(rb'name="(csrfmiddlewaretoken|key)" value="[^"]*"|agenda/[^<]+\.ics')
# What a member's own page says of money; it is theirs, and says it in the same words to all.
EUROS = re.compile("\\d+,\\d\\d\u00a0€".encode())
PRINTED_FOR = (Role.BASKETS, Role.PLATFORM, Role.COORDINATOR, Role.ACCOUNTANT, Role.MEMBER)


def heard(signed_in, printed: list[str], who: Role | None, url: str) -> bytes:
    """All that a page tells: its words, or what is printed of them."""
    printed.clear()
    response = signed_in[who].get(url)
    told = b"".join(response) if response.streaming else response.content
    if printed:
        told = "".join(printed).encode()
    return str(response.status_code).encode() + CHANGING.sub(b"", told)


def told_of_everybody(
    signed_in, printed, url_of, behind_doors, member: Member, unsigned: list[str]
) -> dict[str, bytes]:
    """Each page, list, label, sheet and export, to each who may open it; the letters too."""
    told = {}
    for _, name, view, parameters in behind_doors:
        if name.rpartition(":")[0] not in MET or name.startswith(OF_THE_SCHEME):
            continue
        urls = [url_of(name, parameters)]
        if name == "baskets:member":
            urls.append(reverse(name, args=[territory.SLUG, member.pk]))
        if name in DAYS:
            urls.append(f"{urls[0]}?jour={WEEK.days[2]}")
        readers = [who for who in PRINTED_FOR if who in ABILITIES[view.ability]]
        # Around the same page, only the menu differs: elsewhere than in its own room, one reader is enough.
        for who in readers if name.startswith("baskets:") or name == "today" else readers[:1]:
            told |= {f"{who} {url}": heard(signed_in, printed, who, url) for url in urls}
    lot = Event.objects.filter(receiver=member.agent, lot__isnull=False).latest("pk").lot
    opened = [reverse(name, args=[territory.SLUG, lot.code]) for name in ("lots:lot", "lots:recall")]
    told |= {url: heard(signed_in, printed, Role.COORDINATOR, url) for url in opened}
    sought = reverse("search", args=[territory.SLUG])
    for words in (member.name.split()[0], member.agent.name, "solidaire", "CCAS"):
        told |= {
            f"{who} {words}": heard(signed_in, printed, who, f"{sought}?q={words}") for who in PRINTED_FOR
        }
    csv = reverse("baskets:export", args=[territory.SLUG]) + "?format=csv"
    told[csv] = heard(signed_in, printed, Role.MEMBER, csv)
    told |= {url: heard(signed_in, printed, None, url) for url in unsigned}
    mail.outbox.clear()
    for kind in ("joined", "waiting"):
        post.write_to.call(member_id=member.pk, kind=kind, origin="http://terreau.invalid/")
    sheet = Sheet.objects.get(ecopole__slug=territory.SLUG)
    post.send_sheet.call(sheet_id=sheet.pk, origin="http://terreau.invalid/")
    Sheet.objects.filter(pk=sheet.pk).update(sent_at=None)  # as if it had not been sent yet
    assert mail.outbox
    letters = sorted(f"{m.to} {m.subject} {m.body}" for m in mail.outbox if member.email in m.to)
    return told | {"letters": "\n".join(letters).encode()}


DAYS = ("baskets:lists", "baskets:labels", "baskets:loading", "baskets:evening")


def without_an_account(member: Member) -> list[str]:
    """The keeper's evening, the welcome, the calendar, the public sheet."""
    held = member.subscriptions.get()
    terms = DepotTerms.objects.filter(depot=held.terms.get().depot).latest("pk")
    keeper, last = (
        reverse("basket_keeper", args=[post.keeper_secret(terms)]),
        WEEK.days[0] - timedelta(days=5),
    )
    return [
        f"{keeper}?jour={last}",
        reverse("basket_joined", args=[signing.dumps(member.pk, salt=post.JOINED)]),
        reverse("basket_feed", args=[signing.dumps(member.pk, salt=post.FEED)]),
        reverse("basket_public", args=[territory.SLUG]),
        reverse("basket_sheet", args=[territory.SLUG, str(WEEK)]),
    ]


def test_nobody_can_tell_who_is_in_a_solidarity_scheme(signed_in, printed, url_of, behind_doors):
    """The same member, out of every scheme then in one: nothing else changes, to the byte."""
    member = Member.objects.select_related("agent").get(agent__memberships__role=Role.MEMBER)
    other = Enrolment.objects.filter(scheme__name="Paniers solidaires").latest("ends_on")
    assert not member.enrolments.exists()
    every = (signed_in, printed, url_of, behind_doors, member, without_an_account(member))
    before = told_of_everybody(*every)
    assert len(before) > 60
    names = [
        name.encode() for name in Scheme.objects.values_list("name", flat=True) if "solidaire" not in name
    ]
    for url, words in before.items():
        assert not any(name in words for name in names), f"a scheme is named on {url}"
    row = Enrolment.objects.create(
        scheme=other.scheme, member=member, referrer=other.referrer, band=other.band,
        starts_on=other.starts_on, ends_on=other.ends_on, recorded_at=now(), key="stigma",
    )  # fmt: skip
    after = told_of_everybody(*every)
    own = f"{Role.MEMBER} {reverse('baskets:own', args=[territory.SLUG])}"
    assert EUROS.findall(before[own]) != EUROS.findall(after[own]), "the member reads what they will pay"
    before[own], after[own] = (EUROS.sub(b"", told[own]) for told in (before, after))
    # The file of one's own data, asked for and taken away, is the only place that says which scheme.
    file = f"{Role.MEMBER} {reverse('baskets:export', args=[territory.SLUG])}"
    mine, without = (json.loads(told[file][3:]) for told in (after, before))
    assert [one["dispositif"] for one in mine.pop("solidarite")] == [other.scheme.name]
    assert without.pop("solidarite") == []
    assert mine == without
    # What is paid ahead is at the full price: whoever has one of their own, chosen or decided, reads so.
    packs = f"{Role.MEMBER} {reverse('baskets:own_packs', args=[territory.SLUG])}"
    assert "ont déjà leur propre prix".encode() in after[packs]
    for one in (file, packs):
        del before[one], after[one]
    assert [url for url in before if before[url] != after[url]] == []
    page = signed_in[Role.BASKETS].get(reverse("baskets:solidarity", args=[territory.SLUG]))
    told = page.content.decode()
    assert str(row.member) in told
    assert WHISPERED in told, "who runs it reads the word that nobody else does"
