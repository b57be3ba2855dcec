"""The year of each client, on a page and on paper, with a picture before and after of each site."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from terreau.measures.french import format_decimal, format_money, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.worksites import queries
from terreau.rooms.worksites.models import Picture, Side
from terreau.rooms.worksites.queries.sites import size_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import YEARS, row_asked
from terreau.territory.models import Agent
from terreau.territory.papers import printed


def _year(request: EcopoleRequest, known: list[int]) -> int:
    year = row_asked(request.GET.get("annee", str(known[0])))
    if year not in YEARS:
        raise Http404("annee")
    return year


def _client(request: EcopoleRequest, clients: list[Agent]) -> Agent | None:
    if asked := request.GET.get("client"):
        found = next((client for client in clients if client.pk == row_asked(asked)), None)
        if found is None:
            raise Http404("client")
        return found
    return clients[0] if clients else None


@needs("see_worksites")
def report(request: EcopoleRequest) -> HttpResponse:
    clients, known = queries.clients_of(request.ecopole), queries.years(request.ecopole, request.today)
    client, year = _client(request, clients), _year(request, known)
    told = queries.client_year(request.ecopole, client, year) if client else None
    context = {
        "clients": clients, "years": known, "year": year, "client": client, "told": told,
        "pairs": _first_pairs(told) if told else [], "provisional": year >= request.today.year,
    }  # fmt: skip
    return render(request, "worksites/report.html", context)


def _first_pairs(told: queries.ClientYear) -> list[tuple[str, Picture | None, Picture | None]]:
    """Of each site, its first picture before the year's work and its last one after. One query."""
    wanted = {order: line.site for line in told.lines for order in line.order_ids}
    rows = (
        Picture.objects.filter(order__in=wanted, withdrawn_at=None).defer("photo").order_by("taken_on", "id")
    )
    found: dict[str, dict[str, Picture]] = {}
    for row in rows:
        sides = found.setdefault(wanted[row.order_id], {})
        if row.side == Side.AFTER or row.side not in sides:
            sides[row.side] = row
    return [(site, sides.get(Side.BEFORE), sides.get(Side.AFTER)) for site, sides in sorted(found.items())]


@needs("see_worksites")
def report_sheet(request: EcopoleRequest) -> HttpResponse:
    clients, known = queries.clients_of(request.ecopole), queries.years(request.ecopole, request.today)
    client, year = _client(request, clients), _year(request, known)
    if client is None:
        raise Http404("client")
    told = queries.client_year(request.ecopole, client, year)
    data = _on_paper(told) | {
        "footer": request.ecopole.name, "provisional": year >= request.today.year,
    }  # fmt: skip
    return printed("worksites/bilan.typ", data, f"chantiers-{year}")


def _hours(amount: Any) -> str:
    return format_quantity(Quantity(amount, Unit.HOUR))


def _row(line: queries.SiteYear | queries.ClientYear, name: str) -> list[str]:
    return [
        name, format_decimal(line.days), _hours(line.hours), _hours(line.supervision),
        size_of(line.area_m2, line.length_m), format_money(line.price),
    ]  # fmt: skip


def _on_paper(told: queries.ClientYear) -> dict[str, Any]:
    pairs = _first_pairs(told)
    wanted = [row.pk for _, *sides in pairs for row in sides if row]
    photos = dict(Picture.objects.filter(pk__in=wanted).values_list("pk", "photo"))
    return {
        "client": told.client,
        "year": str(told.year),
        "rows": [_row(line, line.site) for line in told.lines],
        "total": _row(told, "En tout"),
        "pairs": [
            {"site": site, "sides": [list(bytes(photos[row.pk] or b"")) if row else [] for row in sides]}
            for site, *sides in pairs
        ],
    }
