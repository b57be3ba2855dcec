"""The field page and what makes it live without network; what it sends; labels, observations, photographs."""

from dataclasses import asdict
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from terreau.formats.photo import media_type
from terreau.formats.qr import qr_svg
from terreau.ledger.dueforms import form_key
from terreau.ledger.offline import OfflinePage, answer_letter, picture, read_letter
from terreau.measures.french import format_date
from terreau.rooms.garden import actions
from terreau.rooms.garden.entries import Sender, receive
from terreau.rooms.garden.models import FieldNote, NoteKind
from terreau.rooms.garden.queries import beds, block_names
from terreau.rooms.garden.queries.field import field_day, field_notes, garden_beds, trades_in_field
from terreau.rooms.garden.queries.tasks import NO_BLOCK
from terreau.rooms.garden.views.tasks import garden_asked
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Place
from terreau.territory.papers import printed

PAGE = OfflinePage(
    "terrain", "Terrain", "Où êtes-vous\u202f?", "garden", "field", "garden/field.js", "garden/field.html"
)


def _page(request: EcopoleRequest) -> HttpResponse:
    """The same for every bed."""
    trades = [(product.code, gesture) for product, gesture in trades_in_field()]
    return PAGE.show(request, trades=trades)


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


@needs("run_garden")
def worker(request: EcopoleRequest) -> HttpResponse:
    """On the field page and on those of beds."""
    beds = reverse("garden:bed_field", args=[request.ecopole.slug, 0]).removesuffix("0/")
    return PAGE.worker(request, alike=beds)


@needs("run_garden")
def manifest(request: EcopoleRequest) -> HttpResponse:
    return PAGE.manifest(request)


@needs("run_garden")
def data(request: EcopoleRequest) -> HttpResponse:
    """What the phone takes to the field."""
    return PAGE.data(request, asdict(field_day(request.ecopole, garden_asked(request), request.today)))


@require_POST
@needs("run_garden")
def send(request: EcopoleRequest) -> HttpResponse:
    if (sent := read_letter(request)) is None:
        return answer_letter(None, str)
    sender = Sender.of(request.ecopole, garden_asked(request), request.user, request.now)
    return answer_letter(sent, partial(receive, sender))


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
    return render(request, "web/withdraw.html", context, status=422 if error else 200)


@needs("see_garden")
def photo(request: EcopoleRequest, note: int) -> HttpResponse:
    """A picture that was withdrawn is shown no more."""
    shown = FieldNote.objects.filter(ecopole=request.ecopole, photo__isnull=False, withdrawn_by=None)
    row = get_object_or_404(shown, pk=row_asked(str(note)))
    kept = bytes(row.photo or b"")
    return picture(kept, media_type(kept))


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
    return printed("garden/etiquettes.typ", told, "etiquettes")
