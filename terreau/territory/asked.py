"""The day or the week named in a page's address; today's when none is, and 404 for what is not one."""

from datetime import date

from django.http import Http404

from terreau.measures.week import IsoWeek
from terreau.territory.access import EcopoleRequest

# Far enough for any plan or archive, and near enough that the neighbouring weeks exist.
YEARS = range(1990, 2101)


def day_asked(request: EcopoleRequest) -> date:
    """`?jour=2026-11-23`"""
    try:
        day = date.fromisoformat(request.GET.get("jour", str(request.today)))
    except ValueError as error:
        raise Http404("jour") from error
    if day.year not in YEARS:
        raise Http404("jour")
    return day


def week_asked(request: EcopoleRequest) -> IsoWeek:
    """`?semaine=2026-W48`"""
    try:
        week = IsoWeek.parse(request.GET.get("semaine", str(IsoWeek.of(request.today))))
    except ValueError as error:
        raise Http404("semaine") from error
    if week.year not in YEARS:
        raise Http404("semaine")
    return week
