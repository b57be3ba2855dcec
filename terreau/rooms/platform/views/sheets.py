"""What is printed and taken to the cold store or into the van, and what is stuck on crates."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from terreau.ledger.labels import each_asked, label_sheet
from terreau.ledger.models import Lot
from terreau.ledger.queries import CommitmentLine, lots_received, stock
from terreau.measures.french import (
    FrenchEntryError,
    format_date,
    format_date_long,
    format_quantity,
    parse_date,
)
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform import day
from terreau.rooms.platform.behind import Orders
from terreau.rooms.platform.stores import platform_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.clock import moment
from terreau.territory.models import Ecopole
from terreau.territory.papers import PDF, printed, sent


def _day_asked(request: EcopoleRequest) -> date:
    try:
        return parse_date(request.GET["jour"]) if request.GET.get("jour") else request.today
    except FrenchEntryError:
        raise Http404 from None


def _weight(line: CommitmentLine, amount: Decimal) -> str:
    return format_quantity(Quantity(amount, Unit(line.commitment.product.unit)))


def to_pick(ecopole: Ecopole, on: date) -> list[dict[str, Any]]:
    """By customer: what is accepted instead, the pieces asked, the kilos planned, the lots to take first."""
    platform = platform_of(ecopole)
    picks = day.promises(ecopole, platform, on, "move").picks
    orders = Orders(ecopole, [line.commitment for line in day.still_due(picks)])
    now, _ = day.picking(picks, orders, on)
    lines = [line for group in now for line in group.lines]
    found = day.suggestions(stock(ecopole, holder=platform), lines)
    return [
        {
            "name": group.name,
            "lines": [
                {
                    "product": c.product.name,
                    "instead": orders.instead(c),
                    "pieces": orders.pieces(c),
                    "quantity": _weight(line, line.remaining),
                    "lots": ", ".join(
                        f"{taken.lot.code} ({taken.place.name})" for taken, _ in found[c.pk].parts
                    ),
                }
                for line in group.lines
                for c in (line.commitment,)
            ],
        }
        for group in now
    ]


def to_deliver(ecopole: Ecopole, on: date) -> list[dict[str, Any]]:
    """By stop: the pieces asked, and the kilos weighed, or planned as long as nothing is."""
    promised = day.promises(ecopole, platform_of(ecopole), on, "transfer", "move")
    now, _ = day.stops(ecopole, promised, on)
    return [
        {
            "name": stop.customer.name,
            "where": stop.place.name if stop.place else "",
            "window": " · ".join(filter(None, (stop.expected, stop.hours))),
            "phone": stop.customer.phone,
            "lines": [
                {
                    "product": c.product.name,
                    "pieces": stop.pieces[c.pk],
                    "quantity": _weight(line, stop.filled.get(c.pk, line.remaining)),
                }
                for line in stop.lines
                for c in (line.commitment,)
            ],
        }
        for stop in now
    ]


def _sheet(
    request: EcopoleRequest, template: str, title: str, name: str, on: date, **data: Any
) -> HttpResponse:
    said = {
        "title": title,
        "detail": format_date_long(on),
        "footer": f"{request.ecopole.name} · imprimé le {format_date(request.today)}",
    }
    return printed(template, said | data, f"{name}-{on}")


@needs("see_platform")
def picking_sheet(request: EcopoleRequest) -> HttpResponse:
    """What to take out of the stores, by customer, with the lots to take first."""
    on = _day_asked(request)
    return _sheet(
        request, "platform/picking.typ", "Préparation", "preparation", on, groups=to_pick(request.ecopole, on)
    )


@needs("see_platform")
def delivery_sheet(request: EcopoleRequest) -> HttpResponse:
    """The stops in order, with what is left at each."""
    on = _day_asked(request)
    return _sheet(
        request,
        "platform/deliveries.typ",
        "Livraisons",
        "livraisons",
        on,
        stops=to_deliver(request.ecopole, on),
    )


@needs("see_platform")
def arrival_labels(request: EcopoleRequest) -> HttpResponse:
    """Labels for the crates of what came in that day, lot by lot."""
    on, each = _day_asked(request), each_asked(request.GET.get("nombre", "1"))
    since = moment(on)
    lots = lots_received(
        request.ecopole, receiver=platform_of(request.ecopole), since=since, until=since + timedelta(days=1)
    )

    def url_of(lot: Lot) -> str:
        return request.build_absolute_uri(reverse("lots:lot", args=[request.ecopole.slug, lot.code]))

    footer = f"{request.ecopole.name} · arrivées du {format_date(on)}"
    pdf = label_sheet(lots, each=each, url_of=url_of, footer=footer)
    return sent(pdf, PDF, f"etiquettes-{on}.pdf", how="inline")
