"""What tests ask of a page: its words, its middle, what it costs."""

import re

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


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
