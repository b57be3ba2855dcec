"""The field page and what makes it live without network; what it sends; labels, observations, photographs."""

import hashlib
import json
from dataclasses import asdict
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from terreau.formats.paper import sheet
from terreau.formats.photo import media_type
from terreau.formats.qr import qr_svg
from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date, format_decimal
from terreau.rooms.garden import actions
from terreau.rooms.garden.entries import ENTRIES_MAX, Sender, key_of, receive
from terreau.rooms.garden.models import FieldNote, NoteKind
from terreau.rooms.garden.queries import beds, block_names
from terreau.rooms.garden.queries.field import field_day, field_notes, garden_beds, trades_in_field
from terreau.rooms.garden.queries.tasks import NO_BLOCK
from terreau.rooms.garden.views.tasks import garden_asked
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Place

# What the page is made of, kept on the phone with it.
STATIC = (
    "garden/field.css", "garden/field.js", "garden/outbox.js", "web/terreau.css", "web/mark.svg",
    "web/fonts/atkinson-next.woff2", "web/fonts/young-serif.woff2",
)  # fmt: skip
TEMPLATES = ("garden/field.html", "garden/field_worker.js")


def _page(request: EcopoleRequest) -> HttpResponse:
    """The same page for everybody and for every bed: the phone keeps one, and reads its address."""
    slug = request.ecopole.slug
    response = render(
        request,
        "garden/field.html",
        {"trades": [(product.code, gesture) for product, gesture in trades_in_field()], "slug": slug},
    )
    patch_cache_control(response, private=True, no_cache=True)
    return response


@needs("run_garden")
def page(request: EcopoleRequest) -> HttpResponse:
    garden_asked(request)
    return _page(request)


@needs("run_garden")
def bed(request: EcopoleRequest, place: int) -> HttpResponse:
    """Where the label of a bed leads."""
    garden = garden_asked(request)
    get_object_or_404(Place, pk=row_asked(str(place)), ecopole=request.ecopole, agent=garden)
    return _page(request)


@lru_cache(maxsize=1)
def _edition() -> str:
    """Changes whenever the page, its style or its script does: phones then fetch them again."""
    parts = hashlib.sha256()
    for name in STATIC:
        found = finders.find(name)
        assert isinstance(found, str), name
        parts.update(Path(found).read_bytes())
    for name in TEMPLATES:
        template: Any = get_template(name)
        parts.update(template.template.source.encode())
    return parts.hexdigest()[:16]


@needs("run_garden")
def worker(request: EcopoleRequest) -> HttpResponse:
    """The script that answers in place of the network, on the field page and on those of beds."""
    slug = request.ecopole.slug
    told = {
        "edition": f"terreau-terrain-{slug}-{_edition()}",
        "family": f"terreau-terrain-{slug}-",
        "page": reverse("garden:field", args=[slug]),
        "beds": _bed_pages(slug),
        "data": reverse("garden:field_data", args=[slug]),
        "files": [*map(static, STATIC), reverse("garden:field_manifest", args=[slug])],
    }
    response = render(
        request,
        "garden/field_worker.js",
        {"told": json.dumps(told)},
        content_type="text/javascript; charset=utf-8",
    )
    response["Service-Worker-Allowed"] = reverse("garden:home", args=[slug])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _bed_pages(slug: str) -> str:
    return reverse("garden:bed_field", args=[slug, 0]).removesuffix("0/")


@needs("run_garden")
def manifest(request: EcopoleRequest) -> HttpResponse:
    """What lets a phone put the page on its first screen."""
    home = reverse("garden:field", args=[request.ecopole.slug])
    told = {
        "id": home,
        "name": f"Terrain · {request.ecopole.name}",
        "short_name": "Terrain",
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


@needs("run_garden")
def data(request: EcopoleRequest) -> HttpResponse:
    """What the phone takes to the field; and the token with which it will send."""
    garden = garden_asked(request)
    get_token(request)
    told = asdict(field_day(request.ecopole, garden, request.today))
    response = HttpResponse(
        json.dumps(told | {"made_at": request.now.isoformat()}, default=_written, ensure_ascii=False),
        content_type="application/json",
    )
    patch_cache_control(response, private=True, no_store=True)
    return response


def _written(value: object) -> str:
    assert isinstance(value, Decimal)
    return format_decimal(value)


@require_POST
@needs("run_garden")
def send(request: EcopoleRequest) -> HttpResponse:
    """Entries in their order, each for itself; each has its answer, under its key."""
    if request.content_type != "application/json":
        return _unreadable()
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return _unreadable()
    if not isinstance(sent, list) or not 0 < len(sent) <= ENTRIES_MAX:
        return _unreadable()
    sender = Sender.of(request.ecopole, garden_asked(request), request.user, request.now)
    answers = []
    for entry in sent:
        message = receive(sender, entry)
        answers.append({"key": key_of(entry), "state": "refused" if message else "ok", "message": message})
    return JsonResponse({"answers": answers})


def _unreadable() -> HttpResponse:
    message = f"Envoi illisible : une liste de 1 à {ENTRIES_MAX} saisies est attendue. Rechargez la page."
    return JsonResponse({"message": message}, status=400)


@needs("see_garden")
def notes(request: EcopoleRequest) -> HttpResponse:
    """What was seen on the beds; and what one needs to go to the field."""
    garden = garden_asked(request)
    context = {
        "garden": garden,
        "notes": field_notes(request.ecopole, garden),
        "blocks": dict.fromkeys((b.block_id, b.block) for b in beds(request.ecopole, garden)),
    }
    return render(request, "garden/field_notes.html", context)


@needs("run_garden")
def withdraw_note(request: EcopoleRequest, note: int) -> HttpResponse:
    """An observation that was wrong is no longer shown, and a note says why."""
    rows = FieldNote.objects.select_related("place").defer("photo")
    garden = garden_asked(request)
    wrong = get_object_or_404(
        rows, pk=row_asked(str(note)), ecopole=request.ecopole, place__agent=garden,
        kind=NoteKind.OBSERVATION, withdraws=None,
    )  # fmt: skip
    error, typed = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            actions.withdraw_note(
                ecopole=request.ecopole, wrong=wrong, reason=typed[:200], by=request.user, at=request.now,
                key=form_key(request.POST),
            )  # fmt: skip
        except actions.NoteRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{wrong.place}\u202f: observation retirée.")
            return redirect("garden:notes", request.ecopole.slug)
    when = format_date(localtime(wrong.occurred_at).date())
    context = {
        "title": "Retirer cette observation",
        "about": " · ".join(filter(None, (str(wrong.place), wrong.text, when))),
        "back": (reverse("garden:notes", args=[request.ecopole.slug]), "Observations"),
        "after": "Elle ne sera plus montrée ici. Le registre la garde, barrée, avec la raison.",
        "error": error,
        "typed": typed,
    }
    return render(request, "garden/withdraw.html", context, status=422 if error else 200)


@needs("see_garden")
def photo(request: EcopoleRequest, note: int) -> HttpResponse:
    """A picture that was withdrawn is shown no more."""
    shown = FieldNote.objects.filter(ecopole=request.ecopole, photo__isnull=False, withdrawn_by=None)
    row = get_object_or_404(shown, pk=row_asked(str(note)))
    kept = bytes(row.photo or b"")
    response = HttpResponse(kept, content_type=media_type(kept))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    patch_cache_control(response, private=True, max_age=86_400, immutable=True)
    return response


@needs("see_garden")
def labels(request: EcopoleRequest) -> HttpResponse:
    """Labels to put at the head of beds, block by block, or of one block: scanned, each opens its bed."""
    garden = garden_asked(request)
    places, land = garden_beds(request.ecopole, garden), beds(request.ecopole, garden)
    if asked := request.GET.get("bloc"):
        block = row_asked(asked)
        inside = {b.place_id for b in land if b.block_id == block}
        places = [place for place in places if place.pk in inside]
        if not places:
            raise Http404("bloc")
    names, slug = block_names(land), request.ecopole.slug
    blocks: dict[str, list[dict[str, str]]] = {}
    for place in places:
        url = request.build_absolute_uri(reverse("garden:bed_field", args=[slug, place.pk]))
        label = {"name": place.name, "code": qr_svg(url)}
        blocks.setdefault(names.get(place.pk, NO_BLOCK), []).append(label)
    told = {
        "garden": garden.name,
        "footer": request.ecopole.name,
        "blocks": [{"name": name, "labels": found} for name, found in blocks.items()],
    }
    template: Any = get_template("garden/etiquettes.typ")
    response = HttpResponse(sheet(template.template.source, told), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="etiquettes.pdf"'
    return response
