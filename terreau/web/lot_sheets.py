"""What is printed of a lot: the labels of its crates, the letter that calls it back."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from terreau.ledger import trace
from terreau.ledger.labels import SHEET, each_asked, label_sheet
from terreau.ledger.models import Lot, VerdictKind
from terreau.measures.french import format_date, format_date_long, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Ecopole
from terreau.territory.papers import PDF, printed, sent
from terreau.web.lots import Call, calls, lot_named


@needs("see_lots")
def labels(request: EcopoleRequest, code: str) -> HttpResponse:
    """Labels for the crates of a lot, a sheet of them unless said."""
    lot, each = lot_named(request, code), each_asked(request.GET.get("nombre", str(SHEET)))
    url = request.build_absolute_uri(reverse("lots:lot", args=[request.ecopole.slug, lot.code]))
    pdf = label_sheet([lot], each=each, url_of=lambda _: url, footer=request.ecopole.name)
    return sent(pdf, PDF, f"etiquettes-{lot.pk}.pdf", how="inline")


@needs("recall_lot")
def recall_letter(request: EcopoleRequest, code: str) -> HttpResponse:
    """The letter to whoever received the lot, one page each behind the list; or to one of them alone."""
    lot = lot_named(request, code)
    wanted = calls(trace.recall(lot))
    if asked := request.GET.get("pour"):
        one = row_asked(asked)
        wanted = [call for call in wanted if call.receiver.pk == one]
    if not wanted:
        raise Http404("pour")
    told = letter(request.ecopole, lot, wanted, request.today, to_all=not asked)
    return printed("lots/letter.typ", told, f"rappel-{lot.pk}")


def letter(ecopole: Ecopole, lot: Lot, wanted: list[Call], today: date, *, to_all: bool) -> dict[str, Any]:
    """What the letter says; the reason is that of the lot’s verdict, or is left to be written by hand."""
    verdict = lot.verdicts.order_by("-occurred_at", "-pk").first()
    return {
        "ecopole": ecopole.name,
        "day": format_date_long(today),
        "lot": _told(lot),
        "why": verdict.reason if verdict and verdict.kind != VerdictKind.RELEASED else "",
        "list": to_all,
        "letters": [_addressed(call, Unit(lot.product.unit)) for call in wanted],
        "footer": f"{ecopole.name} · rappel du lot {lot.code} · {format_date(today)}",
    }


def _told(lot: Lot) -> dict[str, str]:
    return {
        "code": lot.code,
        "product": lot.product.name,
        "producer": lot.producer.name,
        "born": format_date_long(timezone.localtime(lot.born_at).date()),
        "until": format_date_long(lot.keeps_until) if lot.keeps_until else "",
    }


def _addressed(call: Call, unit: Unit) -> dict[str, Any]:
    """To one of them: what they received and when, how much of it is the lot, and who handed it over."""
    receiver = call.receiver
    givers = {line.provider.pk: line.provider for line in call.lines}
    return {
        "name": receiver.name,
        "reach": _reach(receiver.contact, receiver.phone, receiver.email),
        "content": format_quantity(Quantity(call.content, unit)),
        "received": "\u202f; ".join(call.received),
        "last": format_date(timezone.localtime(call.last).date()),
        "givers": [
            {"name": giver.name, "reach": _reach(giver.contact, giver.phone, giver.email)}
            for giver in givers.values()
        ],
        "lines": [
            {
                "when": format_date(timezone.localtime(line.when).date()),
                "product": line.product.name,
                "lot": line.lot.code,
                "quantity": format_quantity(Quantity(line.quantity, Unit(line.product.unit))),
                "content": format_quantity(Quantity(line.content, unit)),
            }
            for line in call.lines
        ],
    }


def _reach(*ways: str) -> str:
    return " · ".join(filter(None, ways))
