"""Every URL with every role: 404 for strangers, 403 without the ability, a page with it."""

import pytest
import typst

from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.tests.factories import SEALED_PARTS, canary
from terreau.territory.abilities import ABILITIES, Role

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
    client = signed_in[who]
    response = (client.post if posts else client.get)(url)
    told = b"".join(response) if response.streaming else response.content
    told += "".join(printed).encode()
    # A person in insertion whom nobody here accompanies: the direction alone reads of them.
    assert who is Role.DIRECTOR or b"canari-" not in told, f"{who} reads a sealed word on {url}"
    assert not any(word in told for word in JUSTICE), f"{who} reads of justice on {url}"
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


def test_there_are_doors(behind_doors):
    assert len(behind_doors) > 15
    assert {view.ability for _, _, view, _ in behind_doors} == set(ABILITIES), "an ability opens nothing"
