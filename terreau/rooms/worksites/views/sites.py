"""The natural sites, on a map and in a list; each described, corrected, closed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key
from terreau.rooms.worksites import actions, queries
from terreau.rooms.worksites.forms import SiteForm, written
from terreau.rooms.worksites.models import Picture, Site
from terreau.rooms.worksites.queries.sites import site_line
from terreau.rooms.worksites.sitemap import drawing
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.queries import communes_around

PICTURES_SHOWN = 8


@needs("see_worksites")
def sites(request: EcopoleRequest) -> HttpResponse:
    lines = queries.sites(request.ecopole)
    context = {"sites": lines, "map": drawing(request.ecopole, lines)}
    return render(request, "worksites/sites.html", context)


def _site(request: EcopoleRequest, pk: int) -> Site:
    rows = Site.objects.select_related("place__agent__commune", "place__commune")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


@needs("see_worksites")
def site(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _site(request, pk)
    shown = (
        Picture.objects.filter(order__site=row, withdrawn_at=None).defer("photo").order_by("-taken_on", "-id")
    )
    context = {
        "site": site_line(row),
        "orders": queries.orders(request.ecopole, site=row.pk),
        "pictures": shown[:PICTURES_SHOWN],
    }
    return render(request, "worksites/site.html", context)


@needs("run_worksites")
def add_site(request: EcopoleRequest) -> HttpResponse:
    return _entry(request, None)


@needs("run_worksites")
def change_site(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _entry(request, _site(request, pk))


def _entry(request: EcopoleRequest, known: Site | None) -> HttpResponse:
    around = communes_around(request.ecopole)
    form = SiteForm(request.POST or None, ecopole=request.ecopole, around=around, site=known)
    if request.method == "POST":
        key, saved = form_key(request.POST), []
        if written(
            form,
            lambda: saved.append(
                actions.save_site(ecopole=request.ecopole, site=known, entry=form.entry(), key=key)
            ),
        ):
            messages.success(request, f"{saved[0]}\u202f: c’est noté.")
            return redirect("worksites:site", request.ecopole.slug, saved[0].pk)
    context = {"site": known, "form": form, "communes": around}
    return render(request, "worksites/site_form.html", context, status=422 if form.errors else 200)


@needs("run_worksites")
def close_site(request: EcopoleRequest, pk: int) -> HttpResponse:
    """No longer cared for from today on; what was done there stays."""
    if request.method == "POST":
        form_key(request.POST)
        row = _site(request, pk)
        actions.close_site(site=row, on=request.today)
        messages.success(request, f"{row} n’est plus entretenu. Ce qui y a été fait reste dans les bilans.")
    return redirect("worksites:sites", request.ecopole.slug)
