"""What is printed and taken to the cold store or into the van."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.template.loader import get_template

from terreau.formats.paper import sheet
from terreau.ledger.queries import CommitmentLine, stock
from terreau.measures.french import (
    FrenchEntryError,
    format_date,
    format_date_long,
    format_quantity,
    parse_date,
)
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform import day
from terreau.rooms.platform.stores import platform_of
from terreau.territory.access import EcopoleRequest, needs


def _day_asked(request: EcopoleRequest) -> date:
    try:
        return parse_date(request.GET["jour"]) if request.GET.get("jour") else request.today
    except FrenchEntryError:
        raise Http404 from None


def _pdf(template: str, data: dict[str, Any], name: str) -> HttpResponse:
    loaded: Any = get_template(template)
    text = loaded.template.source
    response = HttpResponse(sheet(text, data), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _due(line: CommitmentLine) -> str:
    return format_quantity(Quantity(line.remaining, Unit(line.commitment.product.unit)))


@needs("see_platform")
def picking_sheet(request: EcopoleRequest) -> HttpResponse:
    """What to take out of the stores, by customer, with the lots to take first."""
    platform, asked = platform_of(request.ecopole), _day_asked(request)
    lines = day.promises(request.ecopole, platform, asked, "move").picks
    now, _ = day.picking(lines, asked)
    found = day.suggestions(
        stock(request.ecopole, holder=platform), [line for group in now for line in group.lines]
    )
    data = {
        "title": "Préparation",
        "detail": format_date_long(asked),
        "footer": f"{request.ecopole.name} · imprimé le {format_date(request.today)}",
        "groups": [
            {
                "name": group.name,
                "lines": [
                    {
                        "product": line.commitment.product.name,
                        "quantity": _due(line),
                        "lots": ", ".join(
                            f"{taken.lot.code} ({taken.place.name})"
                            for taken, _ in found[line.commitment.pk].parts
                        ),
                    }
                    for line in group.lines
                ],
            }
            for group in now
        ],
    }
    return _pdf("platform/picking.typ", data, f"preparation-{asked}")


@needs("see_platform")
def delivery_sheet(request: EcopoleRequest) -> HttpResponse:
    """The stops in order, with what is left at each."""
    platform, asked = platform_of(request.ecopole), _day_asked(request)
    promised = day.promises(request.ecopole, platform, asked, "transfer", "move")
    now, _ = day.stops(request.ecopole, promised, asked)
    data = {
        "title": "Livraisons",
        "detail": format_date_long(asked),
        "footer": f"{request.ecopole.name} · imprimé le {format_date(request.today)}",
        "stops": [
            {
                "name": stop.customer.name,
                "where": stop.place.name if stop.place else "",
                "window": " · ".join(filter(None, (stop.expected, stop.hours))),
                "phone": stop.customer.phone,
                "lines": [
                    {"product": line.commitment.product.name, "quantity": _due(line)} for line in stop.lines
                ],
            }
            for stop in now
        ],
    }
    return _pdf("platform/deliveries.typ", data, f"livraisons-{asked}")
