"""Pages that work without network: what the phone keeps of them, and what it sends when it can (0010).

An entry is a fact that already happened: its key and its hour were made on the phone, where it waits until it
is answered. What cannot be read is never guessed: it goes back with the reason.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from terreau.formats.photo import PhotoRefused, bare
from terreau.ledger.dueforms import KEY
from terreau.measures.french import format_date, format_decimal
from terreau.territory.access import EcopoleRequest

ENTRIES_MAX = 50
# Older, it belongs to a week whose accounts were read: it is entered on the room's pages, knowingly.
DAYS_MAX = 14
TEXT_MAX = 500
ROW_MAX = 10**18
# A photograph too heavy is refused by its own rule, in its own words.
PHOTO_MAX = 10_000_000
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")

# What every such page is made of, beside its own script.
SHARED = (
    "web/field.css", "web/field.js", "web/outbox.js", "web/terreau.css", "web/mark.svg",
    "web/fonts/atkinson-next.woff2", "web/fonts/young-serif.woff2",
)  # fmt: skip
FRAME, WORKER = "web/field.html", "web/field_worker.js"


class EntryRefused(Exception):
    """Nothing was written; the message says what to correct on the phone."""


def key_of(sent: object) -> str:
    """The key an answer is given to, as far as it can be read."""
    key = sent.get("key", "") if isinstance(sent, dict) else ""
    return key if isinstance(key, str) and KEY.fullmatch(key) else ""


class Noted:
    """One entry, read field by field."""

    def __init__(self, sent: object):
        if not isinstance(sent, dict) or not key_of(sent):
            raise EntryRefused("Saisie illisible : rechargez la page, puis saisissez de nouveau.")
        self.sent, self.key = sent, key_of(sent)

    def gesture(self, kinds: dict[str, Callable[[], None]]) -> Callable[[], None]:
        """The one this entry is of, among those of its page."""
        kind = self.text("kind")
        if kind not in kinds:
            raise EntryRefused("Cette saisie n’est pas d’une sorte connue. Rechargez la page.")
        return kinds[kind]

    def text(self, name: str, longest: int = TEXT_MAX) -> str:
        text = self.sent.get(name, "")
        if not isinstance(text, str) or UNWRITABLE.search(text):
            raise EntryRefused("Un mot de cette saisie ne se lit pas. Saisissez-la de nouveau.")
        if len(text) > longest:
            raise EntryRefused(f"Texte trop long : {len(text)} caractères, {longest} au plus.")
        return text

    def row(self, name: str) -> int | None:
        return row_in(self.sent.get(name))

    def occurred_at(self, at: datetime) -> datetime:
        """When it happened, by the phone's clock: today at the latest, two weeks ago at the earliest."""
        typed = self.text("occurred_at")
        try:
            if not DATED.fullmatch(typed):
                raise ValueError(typed)
            on = timezone.localtime(datetime.fromisoformat(typed))
        except (ValueError, OverflowError):
            raise EntryRefused("La date de cette saisie ne se lit pas. Corrigez-la.") from None
        today = timezone.localtime(at).date()
        if on.date() > today:
            raise EntryRefused(
                f"Saisie datée du {format_date(on.date())}, qui n’est pas encore venu. "
                "Corrigez la date, et réglez l’horloge du téléphone."
            )
        if on.date() < today - timedelta(days=DAYS_MAX):
            raise EntryRefused(
                f"Saisie datée du {format_date(on.date())}, il y a plus de {DAYS_MAX} jours. "
                "Corrigez la date si elle est fausse\u202f; sinon, voyez avec la coordination."
            )
        # A clock some minutes fast is not the future.
        return min(on, at)

    def photo(self, name: str = "photo") -> bytes | None:
        coded = self.text(name, PHOTO_MAX)
        if not coded:
            return None
        try:
            return bare(base64.b64decode(coded, validate=True))
        except binascii.Error:
            raise PhotoRefused("La photo est arrivée abîmée. Prenez-en une autre.") from None


def row_in(sent: object) -> int | None:
    """What may name a row of ours."""
    return sent if type(sent) is int and 0 < sent < ROW_MAX else None


def read_letter(request: EcopoleRequest) -> list[Any] | None:
    """The entries of a letter, in their order; nothing if it cannot be read."""
    if request.content_type != "application/json":
        return None
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, list) and 0 < len(sent) <= ENTRIES_MAX else None


def answer_letter(sent: list[Any] | None, receive: Callable[[object], str]) -> HttpResponse:
    """Each entry for itself, and each has its answer, under its key; `receive` says why one is refused."""
    if sent is None:
        message = f"Envoi illisible : une liste de 1 à {ENTRIES_MAX} saisies est attendue. Rechargez la page."
        return JsonResponse({"message": message}, status=400)
    answers = []
    for entry in sent:
        message = receive(entry)
        answers.append({"key": key_of(entry), "state": "refused" if message else "ok", "message": message})
    return JsonResponse({"answers": answers})


@dataclass(frozen=True)
class OfflinePage:
    """A page kept on the phone. `room` and `page` make the names of its addresses: `garden:field_data`."""

    name: str
    title: str
    heading: str
    room: str
    page: str
    script: str
    template: str

    def url(self, slug: str, end: str = "") -> str:
        return reverse(f"{self.room}:{self.page}{end}", args=[slug])

    def show(self, request: EcopoleRequest, **context: Any) -> HttpResponse:
        """The same page for everybody: the phone keeps one, and reads its address."""
        slug = request.ecopole.slug
        urls = {end: self.url(slug, f"_{end}") for end in ("data", "send", "worker", "manifest")}
        urls |= {"page": self.url(slug), "home": reverse(f"{self.room}:home", args=[slug])}
        response = render(request, self.template, {"offline": self, "slug": slug} | urls | context)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    def data(self, request: EcopoleRequest, told: dict[str, Any]) -> HttpResponse:
        """What the phone takes along; and the token with which it will send."""
        get_token(request)
        whole = told | {"made_at": request.now.isoformat()}
        response = HttpResponse(
            json.dumps(whole, default=_written, ensure_ascii=False), content_type="application/json"
        )
        patch_cache_control(response, private=True, no_store=True)
        return response

    def worker(self, request: EcopoleRequest, alike: str = "") -> HttpResponse:
        """The script that answers in place of the network. `alike`: where numbered pages show the same."""
        slug = request.ecopole.slug
        family = f"terreau-{self.name}-{slug}-"
        told = {
            "edition": f"{family}{_edition(self)}",
            "family": family,
            "page": self.url(slug),
            "alike": alike,
            "data": self.url(slug, "_data"),
            "files": [*map(static, (self.script, *SHARED)), self.url(slug, "_manifest")],
        }
        response = render(
            request, WORKER, {"told": json.dumps(told)}, content_type="text/javascript; charset=utf-8"
        )
        response["Service-Worker-Allowed"] = reverse(f"{self.room}:home", args=[slug])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    def manifest(self, request: EcopoleRequest) -> HttpResponse:
        """What lets a phone put the page on its first screen."""
        home = self.url(request.ecopole.slug)
        told = {
            "id": home,
            "name": f"{self.title} · {request.ecopole.name}",
            "short_name": self.title,
            "lang": "fr",
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "background_color": "#f8f3e6",
            "theme_color": "#1d4a32",
            "icons": [{"src": static("web/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
        }
        response = JsonResponse(told, content_type="application/manifest+json")
        patch_cache_control(response, private=True, max_age=3600)
        return response


@cache
def _edition(page: OfflinePage) -> str:
    """Changes whenever the page, its style or its script does: phones then fetch them again."""
    parts = hashlib.sha256()
    for name in (page.script, *SHARED):
        found = finders.find(name)
        assert isinstance(found, str), name
        parts.update(Path(found).read_bytes())
    for name in (page.template, FRAME, WORKER):
        template: Any = get_template(name)
        parts.update(template.template.source.encode())
    return parts.hexdigest()[:16]


def _written(value: object) -> str:
    assert isinstance(value, Decimal)
    return format_decimal(value)


def picture(kept: bytes, media: str) -> HttpResponse:
    """A picture that was kept, shown as what it is and as nothing else."""
    response = HttpResponse(kept, content_type=media)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    patch_cache_control(response, private=True, max_age=86_400, immutable=True)
    return response
