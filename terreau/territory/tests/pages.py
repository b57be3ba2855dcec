"""What tests ask of a page: its words, its middle, what it costs."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

BOOSTED = {"HX-Request": "true"}


def text(response) -> str:
    return response.content.decode()


def main(response) -> str:
    return text(response).partition("<main")[2].partition("</main>")[0]


def middle(html: str) -> str:
    """The middle of a page, without the keys that each page makes."""
    inside = html.partition("</main>")[0].partition("<nav hx-")[0]
    return re.sub(r'value="[0-9a-f-]{36}"|csrfmiddlewaretoken" value="\w+"', "", inside).strip()


def cost(client: Client, url: str) -> int:
    """How many queries a page asks."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def same_alone(client: Client, url: str) -> None:
    """Put in the middle by a link, a page is what it is whole, but for the keys that each one makes."""
    once = re.compile(r'(csrfmiddlewaretoken|name="key")[^>]*value="[^"]+"')
    whole, part = (once.sub("", text(client.get(url, headers=asked))) for asked in ({}, BOOSTED))
    inside = re.search(r'<main[^>]*id="main"[^>]*>(.*?)</main>', whole, re.DOTALL)
    assert inside
    assert "<html" not in part
    assert inside[1].strip() in part


def costs(house: Any, client: Client, pages: Iterable[str]) -> dict[str, int]:
    """How many queries each page of a house asks; put in the middle by a link, it is what it is whole."""
    counted = {}
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            whole = text(client.get(house.url(page)))
        counted[page] = len(asked)
        part = text(client.get(house.url(page), headers=BOOSTED))
        assert middle(part.partition("<h1")[2]) in middle(whole), page
    return counted
