"""The day, the week, the month or the row a page is asked for; 404 for what is not one."""

from datetime import date

from django.http import Http404

from terreau.measures.week import IsoWeek
from terreau.territory.access import EcopoleRequest

# Far enough for any plan or archive, and near enough that the neighbouring weeks exist.
YEARS = range(1990, 2101)
# No longer than the databases count.
DIGITS_MAX = 18


def day_asked(request: EcopoleRequest) -> date:
    """`?jour=2026-11-23`, today by default."""
    try:
        day = date.fromisoformat(request.GET.get("jour", str(request.today)))
    except ValueError as error:
        raise Http404("jour") from error
    if day.year not in YEARS:
        raise Http404("jour")
    return day


def month_asked(request: EcopoleRequest) -> date:
    """`?mois=2026-11`, this month by default: its first day."""
    return month_named(request.GET.get("mois", f"{request.today:%Y-%m}"))


def month_named(typed: str) -> date:
    try:
        first = date.fromisoformat(f"{typed}-01")
    except ValueError as error:
        raise Http404("mois") from error
    if first.year not in YEARS:
        raise Http404("mois")
    return first


def week_asked(request: EcopoleRequest) -> IsoWeek:
    """`?semaine=2026-W48`, this week by default."""
    return week_named(request.GET.get("semaine", str(IsoWeek.of(request.today))))


def week_named(typed: str) -> IsoWeek:
    try:
        week = IsoWeek.parse(typed)
    except ValueError as error:
        raise Http404("semaine") from error
    if week.year not in YEARS:
        raise Http404("semaine")
    return week


def row_asked(typed: str) -> int:
    """The number of a row, as a form or an address names it."""
    if not typed.isdecimal() or len(typed) > DIGITS_MAX:
        raise Http404(typed[:DIGITS_MAX])
    return int(typed)
