"""The road book on the phone of who drives, with or without network; what was noted there."""

from dataclasses import asdict
from functools import partial

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from terreau.formats.photo import media_type
from terreau.ledger.offline import OfflinePage, answer_letter, picture, read_letter
from terreau.rooms.platform.entries import Driver, receive
from terreau.rooms.platform.models import StopNote
from terreau.rooms.platform.road import book
from terreau.rooms.platform.stores import platform_of
from terreau.territory.access import EcopoleRequest, needs

PAGE = OfflinePage(
    "tournee", "Ma tournée", "Ma tournée", "platform", "road", "platform/road.js", "platform/road.html"
)


@needs("see_platform")
def page(request: EcopoleRequest) -> HttpResponse:
    return PAGE.show(request)


@needs("see_platform")
def data(request: EcopoleRequest) -> HttpResponse:
    """Today's tours, and whether this person may answer for them."""
    tours = book(request.ecopole, platform_of(request.ecopole), request.today)
    told = {"tours": [asdict(tour) for tour in tours], "may_note": "run_platform" in request.abilities}
    return PAGE.data(request, told)


@needs("see_platform")
def worker(request: EcopoleRequest) -> HttpResponse:
    return PAGE.worker(request)


@needs("see_platform")
def manifest(request: EcopoleRequest) -> HttpResponse:
    return PAGE.manifest(request)


@require_POST
@needs("run_platform")
def send(request: EcopoleRequest) -> HttpResponse:
    driver = Driver(request.ecopole, platform_of(request.ecopole), request.user, request.now)
    return answer_letter(read_letter(request), partial(receive, driver))


@needs("see_platform")
def photo(request: EcopoleRequest, note: int, what: str) -> HttpResponse:
    """A problem's photograph, or a signature."""
    row = get_object_or_404(StopNote, ecopole=request.ecopole, pk=note)
    kept = bytes((row.photo if what == "photo" else row.signature) or b"")
    if not kept:
        raise Http404(what)
    return picture(kept, media_type(kept))
