"""A tour without network: what is delivered on the road waits on the phone, and is written once."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.stories.conftest import DESK, PHONE, AHouse, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
THURSDAY, DAWN, MORNING = "2026-11-26T16:00", "2026-11-27T06:00", "2026-11-27T09:00"
HOUR = f"{MORNING}:00+01:00"
# What came is received, what is asked is picked as far as it goes, and the day's tours are published.
LOADED = """
from types import SimpleNamespace
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.refusals import LedgerRefusal
from terreau.planning.demo import drive
from terreau.rooms.platform import actions, day
from terreau.rooms.platform.stores import platform_of
from terreau.territory.clock import now
from terreau.territory.models import Ecopole
ecopole, at = Ecopole.objects.get(), now()
platform, today = platform_of(ecopole), at.date()
told = dict(ecopole=ecopole, platform=platform, by=None, at=at)
promised = day.promises(ecopole, platform, today, until=today)
for act, lines in ((actions.receive, promised.arrivals), (actions.pick, promised.picks)):
    for line in day.still_due(lines):
        try:
            act(done=[Answer(line.commitment, line.remaining)], key=f"loaded-{line.commitment.pk}", **told)
        except (AnswerRefused, LedgerRefusal):
            pass
drive(SimpleNamespace(ecopole=ecopole), today)
"""
# What the tours were to hand over by half past eight is handed over, as planned.
DRIVEN = """
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.models import Process
from terreau.ledger.queries import commitments
from terreau.ledger.refusals import LedgerRefusal
from terreau.rooms.platform import actions
from terreau.rooms.platform.stores import platform_of
from terreau.territory.clock import now
from terreau.territory.models import Ecopole
ecopole, at = Ecopole.objects.get(), now()
for tour in Process.objects.filter(kind="round", planned_for=at.date(), detail__plan=f"demo-{at.date()}"):
    for stop in tour.detail["stops"]:
        for line in commitments(ecopole, due=(at.date(), at.date())) if stop["arrives"] < "08:30" else ():
            if line.commitment.pk in stop["commitments"] and line.remaining:
                try:
                    actions.deliver(ecopole=ecopole, platform=platform_of(ecopole), by=None, at=at,
                                    done=[Answer(line.commitment, line.remaining)],
                                    key=f"driven-{line.commitment.pk}")
                except (AnswerRefused, LedgerRefusal):
                    pass
"""
COUNT = """
from terreau.ledger.models import Event
from terreau.rooms.platform.models import StopNote
print(Event.objects.filter(recorded_by__isnull=False, fulfils__in={lines}).count(),
      StopNote.objects.filter(kind="{kind}").count())
"""


@pytest.fixture(scope="module")
def house(a_house: AHouse) -> Iterator[House]:
    with a_house(THURSDAY, weeks=1) as served:
        served.environment["TERREAU_CLOCK"] = DAWN
        served.terreau("shell", "-v", "0", "-c", LOADED)
        served.open_at(MORNING)
        yield served


def written(house: House, lines: list[int], kind: str = "delivered") -> tuple[int, int]:
    """The events that hand these lines over, and the notes of a kind."""
    told = house.terreau("shell", "-v", "0", "-c", COUNT.format(lines=lines, kind=kind)).split()
    return int(told[-2]), int(told[-1])


def a_loaded_stop(page: Page) -> tuple[int, int, list[int]]:
    """A stop where everything is on the dock, each line from one lot."""
    found: tuple[int, int, list[int]] = page.evaluate(
        """async () => {
          const day = await (await fetch(document.body.dataset.data)).json();
          const ofOneLot = (lines) => lines.length && lines.every((line) => line.lots.length === 1);
          const loaded = (stop) => stop.ready && !stop.done && ofOneLot(stop.lines);
          for (const tour of day.tours) for (const stop of tour.stops)
            if (loaded(stop)) return [tour.id, stop.rank, stop.lines.map((line) => line.id)];
        }"""
    )
    return found


def on_the_road(sign_in: SignIn) -> Person:
    """Lou opens the page once with network, and waits until the phone has kept it."""
    lou = sign_in("plateforme", PHONE)
    lou.page.clock.set_fixed_time(HOUR)
    lou.go("plateforme/tournee/")
    expect(lou.page.locator("#screen a").first).to_be_visible()
    lou.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    lou.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return lou


def test_a_delivery_without_network_waits_on_the_phone_and_is_written_once(
    sign_in: SignIn, house: House
) -> None:
    lou = on_the_road(sign_in)
    page, context = lou.page, lou.page.context
    lou.shoot("ma-tournee-vehicules")
    tour, rank, lines = a_loaded_stop(page)
    context.set_offline(True)

    # The page itself is opened again without network.
    lou.go(f"plateforme/tournee/#arret-{tour}/{rank}")
    page.reload()
    lou.shoot("ma-tournee")
    lou.taps = 0
    lou.tap(page.get_by_role("button", name="Livré comme prévu"))
    assert lou.taps == 1
    expect(page.locator("#state")).to_contain_text("1 en attente")
    expect(page.get_by_text("Noté", exact=True).first).to_be_visible()
    assert written(house, lines) == (0, 0)

    context.set_offline(False)
    expect(page.locator("#state")).to_have_text("Tout est envoyé")
    assert written(house, lines) == (len(lines), 1)
    page.reload()
    expect(page.get_by_text("Livré", exact=True).first).to_be_visible()
    assert written(house, lines) == (len(lines), 1)
    assert "aucune différence" in house.terreau("verify")


def test_what_differs_is_typed_signed_and_a_problem_is_told(sign_in: SignIn, house: House) -> None:
    lou = on_the_road(sign_in)
    page = lou.page
    tour, rank, lines = a_loaded_stop(page)
    lou.go(f"plateforme/tournee/#arret-{tour}/{rank}")
    lou.tap(page.get_by_role("link", name="Autrement, ou signé"))
    page.get_by_label("Qui a signé").fill("Camille")
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60, steps=4)
    page.mouse.up()
    lou.shoot("ma-tournee-signer")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        lou.tap(page.get_by_role("button", name=re.compile("^Livré")))
    expect(page.locator("#state")).to_have_text("Tout est envoyé")
    assert written(house, lines)[0] == len(lines)

    lou.go(f"plateforme/tournee/#arret-{tour}/{rank}/probleme")
    page.get_by_label("Ce qui s’est passé").fill("Une caisse tombée au quai")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        lou.tap(page.get_by_role("button", name="Enregistrer"))
    expect(page.locator("#state")).to_have_text("Tout est envoyé")
    lou.go("plateforme/")
    expect(page.get_by_text("Une caisse tombée au quai")).to_be_visible()
    expect(page.get_by_text("Signé par Camille")).to_be_visible()


def test_the_page_fits_320_pixels_and_breaks_no_accessibility_rule(sign_in: SignIn, house: House) -> None:
    lou = on_the_road(sign_in)
    page = lou.page
    tour, rank, _ = a_loaded_stop(page)
    for where in ("", f"#arret-{tour}/{rank}", f"#arret-{tour}/{rank}/livrer", f"#tournee-{tour}"):
        lou.go(f"plateforme/tournee/{where}")
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
        page.set_viewport_size(DESK)
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()


def test_a_vehicle_stops_on_the_road_and_the_others_take_over(sign_in: SignIn, house: House) -> None:
    house.terreau("shell", "-v", "0", "-c", DRIVEN)
    alice = sign_in("coordination", DESK)
    page = alice.page
    alice.go("plateforme/tournees/?jour=2026-11-27")
    alice.tap(page.get_by_role("link", name="Un véhicule est arrêté"))
    alice.shoot("tournees-panne")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    page.set_viewport_size(DESK)
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()
    stopped = page.get_by_label("Véhicule").locator("option").first.inner_text()
    page.get_by_label("Depuis").fill("08:50")
    page.get_by_role("button", name="Planifier le reste").click()
    # The only cold van has stopped: what must stay cold cannot go on, and the page says what.
    expect(page.get_by_text(re.compile("caisses? froides? de trop")).first).to_be_visible(timeout=90_000)
    page.get_by_role("button", name=re.compile("^Planifier sans")).click()
    expect(page.get_by_role("button", name="Publier")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Le reste de la journée")).to_be_visible()
    expect(page.get_by_text(re.compile("caisses? froides? de trop"))).to_have_count(0)
    alice.shoot("tournees-reste")
    assert not Axe().run(page).violations_count
    alice.tap(page.get_by_role("button", name="Publier"))
    expect(page.get_by_text(re.compile(r"publiées?\s:\sl’ordre et les heures"))).to_be_visible()

    lou = on_the_road(sign_in)
    tour, rank = lou.page.evaluate(
        """async () => {
          const day = await (await fetch(document.body.dataset.data)).json();
          for (const tour of day.tours) for (const stop of tour.stops)
            if (stop.name.startsWith("À bord de") && !stop.done) return [tour.id, stop.rank];
        }"""
    )
    lou.go(f"plateforme/tournee/#arret-{tour}/{rank}")
    expect(lou.page.get_by_role("heading", name=f"À bord de {stopped}").first).to_be_visible()
    lou.shoot("ma-tournee-reprise")
    lou.taps = 0
    with lou.page.expect_response(lambda answer: answer.request.method == "POST"):
        lou.tap(lou.page.get_by_role("button", name="Passage fait"))
    assert lou.taps == 1
    expect(lou.page.locator("#state")).to_have_text("Tout est envoyé")
    assert "aucune différence" in house.terreau("verify")
