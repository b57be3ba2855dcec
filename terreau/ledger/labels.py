"""The label of a crate: what is in it, whose it is, of which lot; scanned, it opens the page of the lot."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404
from django.template.loader import get_template
from django.utils import timezone

from terreau.formats.paper import sheet
from terreau.formats.qr import qr_svg
from terreau.ledger.models import Lot
from terreau.measures.french import format_date
from terreau.territory.asked import row_asked

# Two columns of six on an A4 sheet.
SHEET = 12
EACH_MAX = 4 * SHEET


def each_asked(typed: str) -> int:
    """`?nombre=6`: how many labels of each lot."""
    each = row_asked(typed)
    if not 1 <= each <= EACH_MAX:
        raise Http404("nombre")
    return each


def told(lot: Lot, url: str) -> dict[str, str]:
    """What a label says, the code that is scanned included."""
    return {
        "product": lot.product.name,
        "producer": lot.producer.name,
        "lot": lot.code,
        "born": format_date(timezone.localtime(lot.born_at).date()),
        "quality": lot.get_quality_display(),
        "until": format_date(lot.keeps_until) if lot.keeps_until else "",
        "code": qr_svg(url),
    }


def label_sheet(lots: Sequence[Lot], *, each: int, url_of: Callable[[Lot], str], footer: str) -> bytes:
    """Labels to cut and stick, lot after lot."""
    template: Any = get_template("ledger/labels.typ")
    labels = [told(lot, url_of(lot)) for lot in lots]
    return sheet(template.template.source, {"labels": labels, "each": each, "footer": footer})
