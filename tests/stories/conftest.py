"""A real server, a real worker, a real Chromium, on the demo écopôle: nothing is pretended."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

# Monday the week is planned, on Tuesday harvested and received, on Wednesday packed, picked and delivered.
MONDAY, TUESDAY, WEDNESDAY = "2026-11-23T09:00", "2026-11-24T09:00", "2026-11-25T07:00"
WEEK = "2026-W48"
COMMAND = [sys.executable, "-m", "terreau.web.cli"]
ROOT = Path(__file__).parents[2]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class House:
    """The demo, served on this machine, at an hour one may change."""

    port: int
    environment: dict[str, str]
    server: "subprocess.Popen[bytes] | None" = None
    # How it is served.
    open: tuple[str, ...] = ()
    # The cookies of who signed in, by address.
    known: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def terreau(self, *words: str) -> str:
        """Run a command of the house on the same database."""
        done = subprocess.run(
            [*COMMAND, *words], env=self.environment, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def open_at(self, clock: str, *options: str) -> None:
        """Serve the pages as if it were that hour: the clock on the wall is moved, the house stays open."""
        wall = Path(self.environment["TERREAU_VAR"]) / "clock"
        (draft := wall.with_suffix(".new")).write_text(clock)
        draft.replace(wall)
        self.environment["TERREAU_CLOCK"] = f"@{wall}"
        if self.server and self.open == options:
            return
        self.close()
        self.open = options
        self.server = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self.port), "--workers", "1", *options],
            env=self.environment,
            cwd=ROOT,
        )
        for _ in range(600):
            assert self.server.poll() is None, "the server stopped"
            try:
                urllib.request.urlopen(f"{self.url}/sante", timeout=2)
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def close(self) -> None:
        if self.server:
            # At once: a browser that keeps its connection open is not waited for.
            self.server.send_signal(SIGINT)
            self.server.wait(30)
            self.server = None


AHouse = Callable[..., AbstractContextManager[House]]


@pytest.fixture(scope="session")
def a_house(tmp_path_factory: pytest.TempPathFactory, once: Callable[..., Path], migrated: Path) -> AHouse:
    """`a_house(MONDAY, weeks=5)`: the demo with so many weeks lived until that hour, to be opened."""

    @contextmanager
    def served(clock: str, weeks: int) -> Iterator[House]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        own = tmp_path_factory.mktemp("var")
        environment = os.environ | {
            "TERREAU_VAR": str(own),
            "TERREAU_DEMO": "1",
            "TERREAU_CLOCK": clock,
            "DJANGO_SETTINGS_MODULE": "terreau.web.settings",
        }
        # The house's own database and keys, in its folder: a copy of it can be read.
        for elsewhere in ("DATABASE_URL", "TERREAU_INSERTION_KEYS"):
            environment.pop(elsewhere, None)

        def live(folder: Path) -> None:
            shutil.copytree(migrated, folder, dirs_exist_ok=True)
            # Its week is proved: every copy of every run holds the same plan.
            first = House(port, environment | {"TERREAU_VAR": str(folder)})
            first.terreau("demo", "--weeks", str(weeks), "--seconds", "60")

        # Lived once: the houses of that hour are copies of it.
        shutil.copytree(once(f"demo-{clock.replace(':', '')}-{weeks}", live), own, dirs_exist_ok=True)
        house = House(port, environment)
        try:
            yield house
        finally:
            house.close()

    return served


@pytest.fixture(scope="session")
def house(a_house: AHouse) -> Iterator[House]:
    with a_house(MONDAY, weeks=5) as lived:
        yield lived


@contextmanager
def chromium() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    assert path, "Chromium is missing: run sh tests/stories/chromium.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass
class Person:
    """Somebody signed in, whose taps are counted and whose screens can be kept."""

    page: Page
    house: House
    shots: Path
    taps: int = 0
    # Told by the browser itself: a touch that no story counts is counted all the same.
    touched: int = 0
    address_typed: int = 0
    elsewhere: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.address_typed += 1
        self.page.goto(f"{self.house.url}/e/audruicq/{path}")

    def tap(self, target: Locator) -> None:
        """One tap, and the answer of the server."""
        self.taps += 1
        target.click()
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator(".htmx-request, .htmx-settling, [aria-busy]")).to_have_count(0)

    def key(self, target: Locator) -> None:
        """The same without a mouse: Tab until it holds the keyboard, and shows it, then Enter."""
        for _ in range(150):
            if target.evaluate("(it) => it === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        ring = target.evaluate("(it) => [it.matches(':focus-visible'), getComputedStyle(it).outlineStyle]")
        assert ring[0], f"the keyboard never reaches {target}"
        assert ring[1] != "none", f"what holds the keyboard is not seen: {target}"
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator(".htmx-request, .htmx-settling, [aria-busy]")).to_have_count(0)

    def shoot(self, name: str) -> None:
        """Keep the screen at both sizes, when asked: these pictures are looked at, and are the guide's."""
        if "TERREAU_SHOTS" not in os.environ:
            return
        before = self.page.viewport_size
        for size, box in (("desk", DESK), ("phone", PHONE)):
            self.page.set_viewport_size(box)
            self.page.screenshot(path=self.shots / f"{name}-{size}.png")
        if before:
            self.page.set_viewport_size(before)


TOUCHED = "addEventListener('pointerdown', (it) => it.isTrusted && terreauTouched(), true)"


def _touch(person: Person) -> None:
    person.touched += 1


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = os.environ.get("TERREAU_SHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("shots")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def sign_in(house: House, browser: Browser, shots: Path) -> Iterator[Callable[..., Person]]:
    """`sign_in("jardin", PHONE)`: the grower, on a phone. No request may leave this machine."""
    contexts = []

    def as_somebody(address: str, viewport: dict[str, int] = DESK) -> Person:
        context = browser.new_context(viewport=viewport, locale="fr-FR", timezone_id="Europe/Paris")
        contexts.append(context)
        # Nobody types their password twice in a house that still knows them.
        context.add_cookies(house.known.get(address, []))
        page = context.new_page()
        page.set_default_timeout(15_000)
        person = Person(page, house, shots)
        page.expose_binding("terreauTouched", lambda _: _touch(person))
        page.add_init_script(TOUCHED)
        page.on("request", lambda request: _note(person, request.url))
        person.go("")
        home = f"{house.url}/e/audruicq/"
        if page.url != home:
            page.get_by_label("Adresse e-mail").fill(f"{address}@exemple.invalid")
            page.get_by_label("Mot de passe", exact=True).fill("terreau-demo")
            page.get_by_role("button", name="Entrer").click()
            page.wait_for_url(home)
            house.known[address] = context.cookies()
            person.touched = 0
        return person

    people: list[Person] = []

    def remembered(*words: object) -> Person:
        people.append(as_somebody(*words))
        return people[-1]

    yield remembered
    for person in people:
        assert not person.elsewhere, f"requests left this machine: {person.elsewhere}"
    for context in contexts:
        context.close()


def _note(person: Person, url: str) -> None:
    if not url.startswith((person.house.url, "data:", "blob:")):
        person.elsewhere.append(url)
