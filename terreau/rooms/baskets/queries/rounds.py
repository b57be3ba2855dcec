"""In which order the depots of a day are served, as its published rounds say."""

from collections.abc import Mapping
from datetime import date

from terreau.ledger.models import Process, ProcessKind
from terreau.territory.models import Ecopole


def in_round_order(ecopole: Ecopole, day: date, depots: Mapping[int, str]) -> list[int]:
    """Those of the newest rounds of the day, tour after tour; then the others, by name. One query."""
    rows = Process.objects.filter(ecopole=ecopole, kind=ProcessKind.ROUND, planned_for=day)
    told = list(rows.order_by("pk").values_list("detail", flat=True))
    newest = [detail for detail in told if detail["plan"] == told[-1]["plan"]]
    stops = [stop["place"] for detail in newest for stop in detail["stops"]]
    served = [pk for pk in dict.fromkeys(stops) if pk in depots]
    return served + sorted((pk for pk in depots if pk not in served), key=lambda pk: depots[pk])
