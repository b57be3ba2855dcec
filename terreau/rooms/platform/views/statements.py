"""What a farm reads of its month, and of each day it came: on screen, and on paper."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from terreau.measures.french import (
    format_date,
    format_date_long,
    format_decimal,
    format_month,
    format_quantity,
)
from terreau.measures.periods import month_end
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform.statement import Line, Statement, engagements, statement
from terreau.rooms.platform.stores import platform_of
from terreau.rooms.platform.views.deposits import farms_of
from terreau.rooms.platform.views.offers import chosen
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import day_asked, month_asked
from terreau.territory.models import Agent
from terreau.territory.papers import printed


def _farm(request: EcopoleRequest) -> tuple[Agent | None, list[Agent]]:
    farms = farms_of(request)
    return chosen(request, "ferme", farms), farms


@needs("see_goods_own")
def statement_page(request: EcopoleRequest) -> HttpResponse:
    """A farm's month, and where its season stands."""
    first, (farm, farms) = month_asked(request), _farm(request)
    last = month_end(first)
    if farm is None:
        return render(request, "platform/nobody.html", {"kind": "ferme"})
    after = last + timedelta(days=1)
    context: dict[str, Any] = {
        "farm": farm,
        "farms": farms,
        "first": first,
        "name": format_month(first),
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{after:%Y-%m}" if after <= request.today else "",
        "month": statement(request.ecopole, platform_of(request.ecopole), farm, first, last),
        "engagements": engagements(request.ecopole, farm, request.today),
    }
    return render(request, "platform/statement.html", context)


@needs("see_goods_own")
def slip(request: EcopoleRequest) -> HttpResponse:
    """All that a farm brought, left and took back on a day."""
    (farm, farms), on = _farm(request), day_asked(request)
    if farm is None:
        return render(request, "platform/nobody.html", {"kind": "ferme"})
    day = statement(request.ecopole, platform_of(request.ecopole), farm, on, on)
    return render(request, "platform/slip.html", {"farm": farm, "farms": farms, "day": day, "on": on})


@needs("see_goods_own")
def statement_sheet(request: EcopoleRequest) -> HttpResponse:
    first, (farm, _) = month_asked(request), _farm(request)
    if farm is None:
        raise Http404("ferme")
    month = statement(request.ecopole, platform_of(request.ecopole), farm, first, month_end(first))
    data = _written(request, month, f"Relevé de {format_month(first)}", farm.name)
    return printed("platform/statement.typ", data, f"releve-{first:%Y-%m}-{farm.pk}")


@needs("see_goods_own")
def slip_sheet(request: EcopoleRequest) -> HttpResponse:
    (farm, _), on = _farm(request), day_asked(request)
    if farm is None:
        raise Http404("ferme")
    platform = platform_of(request.ecopole)
    day = statement(request.ecopole, platform, farm, on, on)
    data = _written(request, day, "Bon de dépôt", f"{farm.name} · {format_date_long(on)}")
    return printed(
        "platform/slip.typ", data | {"platform": platform.name, "farm": farm.name}, f"bon-{on}-{farm.pk}"
    )


def _written(request: EcopoleRequest, told: Statement, title: str, detail: str) -> dict[str, Any]:
    """The same lines as on screen, as text."""
    before, given, back = told.crates
    return {
        "title": title,
        "detail": detail,
        "footer": f"{request.ecopole.name} · imprimé le {format_date(request.today)}",
        "brought": [
            [
                row.product,
                *(_amount(part, row.unit) for part in (row.whole, row.bought, row.left, row.refused)),
            ]
            for row in told.brought
        ],
        "sections": [
            {"title": name, "priced": kind in ("bought", "sold"), "lines": [_line(line) for line in lines]}
            for kind, name, lines in told.sections
        ],
        "remainders": [
            [
                row.product,
                *(_amount(part, row.unit) for part in (row.before, *dict(row.cells).values(), row.after)),
            ]
            for row in told.remainders
        ],
        "sums": [str(told.bought), str(told.sold), str(told.kept), str(told.due)],
        "crates": [str(before), str(given), str(back), str(told.crates_after)],
    }


def _line(line: Line) -> list[str]:
    rate = f" ({format_decimal(line.rate)}\u202f%)" if line.rate is not None else ""
    return [
        format_date(line.day),
        line.product,
        line.event.lot.code if line.event.lot else "",
        _amount(line.quantity, line.unit),
        line.event.receiver.name if line.kind == "sold" else line.event.note,
        str(line.price) if line.event.price is not None else "",
        f"{line.kept}{rate}" if line.kind == "sold" else "",
    ]


def _amount(quantity: Any, unit: str) -> str:
    return format_quantity(Quantity(quantity, Unit(unit))) if quantity else "–"
