"""The garden's pages: what to harvest, what was harvested, and what the week should give."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.dueforms import FORM, DueLine, asked, due_lines, errors_of, form_key, read_answers
from terreau.ledger.models import ProcessKind
from terreau.measures.french import (
    FrenchEntryError,
    format_date_long,
    format_decimal,
    format_quantity,
    parse_quantity,
)
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.forms import ForecastForm, HarvestForm
from terreau.rooms.garden.models import Forecast
from terreau.rooms.garden.views.tasks import garden_asked
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import day_asked, week_asked
from terreau.territory.models import Agent, Place, Product
from terreau.territory.papers import printed
from terreau.territory.queries import bed_order


@dataclass(frozen=True)
class BedForm:
    """What is due on a bed, as a form."""

    bed: Place
    due: list[DueLine]
    late: bool


def _home(
    request: EcopoleRequest, day: date, post: QueryDict | None = None, errors: dict[int, str] | None = None
) -> HttpResponse:
    garden = queries.garden_of(request.ecopole, acting_for(request, "run_garden"))
    context: dict[str, Any] = {"garden": garden, "day": day}
    if garden is not None:
        week = IsoWeek.of(day)
        counts = queries.days_due(request.ecopole, garden, week)
        beds = queries.due_harvests(request.ecopole, garden, day, late_too=day == request.today)
        context |= {
            "week": week,
            "days": [(d, counts.get(d, 0)) for d in week.days],
            "beds": [BedForm(b.bed, due_lines(b.lines, post, errors), b.late) for b in beds],
            "harvested": queries.harvested_on(request.ecopole, garden, day),
            "error": (errors or {}).get(FORM, ""),
            "wrong": next((pk for pk in errors or {} if pk != FORM), None),
        }
    return render(request, "garden/home.html", context, status=422 if errors else 200)


@needs("see_garden")
def home(request: EcopoleRequest) -> HttpResponse:
    return _home(request, day_asked(request))


@needs("run_garden")
def harvest(request: EcopoleRequest) -> HttpResponse:
    """What was due and is harvested: as planned, or as weighed."""
    if request.method != "POST":
        return redirect("garden:home", request.ecopole.slug)
    day, key = day_asked(request), form_key(request.POST)
    lines = asked(request.ecopole, request.POST, action="produce", process__kind=ProcessKind.HARVEST)
    answers, errors = read_answers(request.POST, lines)
    if not errors:
        try:
            actions.harvest(
                ecopole=request.ecopole,
                garden=lines[0].commitment.provider,
                lines=[_harvested(answer) for answer in answers],
                on=request.now,
                by=request.user,
                at=request.now,
                key=key,
            )
        except (AnswerRefused, LedgerRefusal) as refusal:
            errors = errors_of(answers, refusal)
    if errors:
        return _home(request, day, request.POST, errors)
    messages.success(request, _told(answers), extra_tags=f"undo:{key}" if any(_weighed(answers)) else "")
    return redirect(f"{reverse('garden:home', args=[request.ecopole.slug])}?jour={day}")


def _harvested(answer: Answer) -> actions.HarvestLine:
    row = answer.commitment
    assert row.to_place is not None  # a harvest is promised on its bed
    return actions.HarvestLine(
        row.product, row.to_place, answer.quantity, commitment=row, refused=answer.refused
    )


def _weighed(answers: Iterable[Answer]) -> list[Answer]:
    return [answer for answer in answers if not answer.refused]


def _told(answers: list[Answer]) -> str:
    weighed = _weighed(answers)
    if len(answers) > 1:
        return f"{len(weighed)} récoltes enregistrées, {answers[0].commitment.to_place}."
    product, place = answers[0].commitment.product, answers[0].commitment.to_place
    if not weighed:
        return f"{product}, {place}\u202f: rien récolté, c’est noté."
    quantity = format_quantity(Quantity(weighed[0].quantity, Unit(product.unit)))
    return f"{product}, {place}\u202f: {quantity}, c’est noté."


@needs("run_garden")
def other(request: EcopoleRequest) -> HttpResponse:
    """A harvest nobody planned: choose what the week may give, weigh, and it is written."""
    garden, week = garden_asked(request), IsoWeek.of(request.today)
    line_id = request.POST.get("line") or request.GET.get("line", "")
    chosen = _chosen(request, garden, week, line_id)
    form = HarvestForm(request.POST or None, garden=garden, chosen=chosen)
    if request.method == "POST":
        key = form_key(request.POST)
        if form.is_valid():
            line = form.line()
            try:
                actions.harvest(
                    ecopole=request.ecopole,
                    garden=garden,
                    lines=[line],
                    on=request.now,
                    by=request.user,
                    at=request.now,
                    key=key,
                )
            except (AnswerRefused, LedgerRefusal) as refusal:
                form.add_error("quantity", str(refusal))
            else:
                quantity = format_quantity(Quantity(line.quantity, Unit(line.product.unit)))
                messages.success(
                    request,
                    f"{line.product}, {line.place}\u202f: {quantity}, c’est noté.",
                    extra_tags=f"undo:{key}",
                )
                return redirect("garden:home", request.ecopole.slug)
    context = {
        "form": form,
        "chosen": chosen,
        "line_id": line_id,
        "forecasts": [] if chosen else _lines(request, garden, week),
        "opened": request.method == "POST",
    }
    return render(request, "garden/other.html", context, status=422 if form.errors else 200)


def _chosen(request: EcopoleRequest, garden: Agent, week: IsoWeek, wanted: str) -> Forecast | None:
    """A line of the week's forecast, as the gardener wrote it or as it would be written."""
    if not wanted:
        return None
    line = next((line for line in _lines(request, garden, week) if line.id == wanted), None)
    if line is None:
        raise Http404("prévision")
    return Forecast(
        pk=line.typed,
        ecopole=request.ecopole,
        garden=garden,
        week=str(week),
        product=Product.objects.get(pk=line.product_id),
        place=Place.objects.get(pk=line.place_id),
        quality=line.quality,
        low=line.low,
        likely=line.likely,
        price=line.price,
        first_day=line.first_day,
        last_day=line.last_day,
    )


def _lines(request: EcopoleRequest, garden: Agent, week: IsoWeek) -> list[queries.ForecastLine]:
    return _by_bed(queries.forecasts(request.ecopole, week, today=request.today), garden)


def _by_bed(lines: Iterable[queries.ForecastLine], garden: Agent) -> list[queries.ForecastLine]:
    mine = [line for line in lines if line.garden_id == garden.pk]
    return sorted(mine, key=lambda line: (bed_order(line.place), line.product))


@dataclass(frozen=True)
class ForecastRow:
    """A line of the forecast as it is shown: what is expected, and what was typed if the form comes back."""

    line: queries.ForecastLine
    low: str
    likely: str
    error: str = ""

    @property
    def symbol(self) -> str:
        return Unit(self.line.unit).symbol


# Half a year ahead: what is in the ground, and what is planned.
WEEKS_AHEAD = 26


def _forecast(
    request: EcopoleRequest,
    garden: Agent,
    week: IsoWeek,
    rows: list[ForecastRow] | None = None,
    wrong: str = "",
) -> HttpResponse:
    outlook = queries.outlook(request.ecopole, week, today=request.today, weeks=WEEKS_AHEAD, garden=garden)
    if rows is None:
        rows = [_row(line) for line in _by_bed(outlook.lines, garden)]
    wrong_rows = [row for row in rows if row.error]
    totals = queries.expected_and_harvested(request.ecopole, garden, week, outlook.lines)
    context = {
        "week": week,
        "former": week - 1,
        "following": week + 1,
        "rows": rows,
        "wrong": wrong,
        "wrong_rows": wrong_rows,
        "editable": "run_garden" in request.abilities and week >= IsoWeek.of(request.today),
        "charts": [
            (title, unit, [(t.product, t.harvested, t.likely) for t in totals if t.unit == unit])
            for title, unit in (("Au poids", Unit.KG), ("À la pièce", Unit.PIECE))
        ],
        "started": week <= IsoWeek.of(request.today),
        "ahead": [(f"s. {w.week.week}", w.likely, w.low, w.high) for w in outlook.weeks],
        "lessons": outlook.lessons,
    }
    return render(request, "garden/forecast.html", context, status=422 if wrong or wrong_rows else 200)


def _row(line: queries.ForecastLine) -> ForecastRow:
    return ForecastRow(line, format_decimal(line.low), format_decimal(line.likely))


@needs("see_garden")
def forecast(request: EcopoleRequest) -> HttpResponse:
    return _forecast(request, garden_asked(request), week_asked(request))


def _over(week: IsoWeek, today: date) -> str:
    """A past week's forecast is what its harvests are compared with: it is no longer changed."""
    if week >= IsoWeek.of(today):
        return ""
    return f"La {week.label} est passée\u202f: sa prévision ne change plus. Choisissez la semaine en cours."


def _to_forecast(request: EcopoleRequest, week: IsoWeek) -> HttpResponse:
    return redirect(f"{reverse('garden:forecast', args=[request.ecopole.slug])}?semaine={week}")


@needs("run_garden")
def save_forecast(request: EcopoleRequest) -> HttpResponse:
    """Every quantity of the week at once: all are written, or none."""
    garden, week = garden_asked(request), week_asked(request)
    if request.method != "POST":
        return _to_forecast(request, week)
    rows: list[ForecastRow] = []
    changed: list[tuple[queries.ForecastLine, Decimal, Decimal]] = []
    for kept in map(_row, _lines(request, garden, week)):
        low = request.POST.get(f"low-{kept.line.id}", kept.low)
        row = replace(kept, low=low, likely=request.POST.get(f"likely-{kept.line.id}", kept.likely))
        try:
            changed += _changed(row)
        except (FrenchEntryError, actions.ForecastRefused) as error:
            row = replace(row, error=str(error))
        rows.append(row)
    wrong = _over(week, request.today)
    if wrong or any(row.error for row in rows):
        return _forecast(request, garden, week, rows, wrong)
    actions.set_forecast(ecopole=request.ecopole, garden=garden, week=week, lines=_entries(changed))
    messages.success(request, f"Prévision de la {week.label} enregistrée.")
    return _to_forecast(request, week)


def _changed(row: ForecastRow) -> list[tuple[queries.ForecastLine, Decimal, Decimal]]:
    """What was typed, if it is not what was shown: a planting's line nobody corrects goes on learning."""
    unit, line = Unit(row.line.unit), row.line
    low, likely = parse_quantity(row.low, unit).amount, parse_quantity(row.likely, unit).amount
    actions.refuse_wrong_quantities(f"{line.product}, {line.place}", low, likely, unit)
    return [] if (low, likely) == (line.low, line.likely) else [(line, low, likely)]


def _entries(
    changed: list[tuple[queries.ForecastLine, Decimal, Decimal]],
) -> list[actions.ForecastEntry]:
    products = Product.objects.in_bulk({line.product_id for line, _, _ in changed})
    places = Place.objects.in_bulk({line.place_id for line, _, _ in changed})
    return [
        actions.ForecastEntry(
            product=products[line.product_id],
            place=places[line.place_id],
            low=low,
            likely=likely,
            price=line.price,
            first_day=line.first_day,
            last_day=line.last_day,
            quality=line.quality,
        )
        for line, low, likely in changed
    ]


@needs("run_garden")
def copy_forecast(request: EcopoleRequest) -> HttpResponse:
    garden, week = garden_asked(request), week_asked(request)
    if request.method == "POST":
        if wrong := _over(week, request.today):
            return _forecast(request, garden, week, wrong=wrong)
        copied = actions.copy_forecast(ecopole=request.ecopole, garden=garden, week=week)
        if copied:
            lines = "1 ligne reprise" if copied == 1 else f"{copied} lignes reprises"
            messages.success(request, f"{lines} de la {(week - 1).label}.")
        else:
            messages.info(request, f"Rien à reprendre de la {(week - 1).label}\u202f: ajoutez une ligne.")
    return _to_forecast(request, week)


@needs("run_garden")
def forecast_line(request: EcopoleRequest) -> HttpResponse:
    """One line with all its terms: a new one, or one of the week."""
    garden, week = garden_asked(request), week_asked(request)
    line_id = request.POST.get("line") or request.GET.get("line", "")
    chosen = _chosen(request, garden, week, line_id)
    form = ForecastForm(request.POST or None, garden=garden, week=week, chosen=chosen)
    if request.method == "POST":
        if wrong := _over(week, request.today):
            form.add_error(None, wrong)
        if form.is_valid():
            entry = form.entry()
            actions.set_forecast(ecopole=request.ecopole, garden=garden, week=week, lines=[entry])
            messages.success(request, f"{entry.product}, {entry.place}\u202f: prévision enregistrée.")
            return _to_forecast(request, week)
    context = {"form": form, "chosen": chosen, "line_id": line_id, "week": week}
    return render(request, "garden/line.html", context, status=422 if form.errors else 200)


@needs("run_garden")
def remove_forecast(request: EcopoleRequest) -> HttpResponse:
    """A line the gardener wrote; what grows there, if anything, says again what it should give."""
    garden, week = garden_asked(request), week_asked(request)
    chosen = _chosen(request, garden, week, request.POST.get("line", ""))
    if chosen is None or chosen.pk is None:
        return _to_forecast(request, week)
    if wrong := _over(week, request.today):
        return _forecast(request, garden, week, wrong=wrong)
    actions.remove_forecast(ecopole=request.ecopole, garden=garden, line_id=chosen.pk)
    messages.success(request, f"{chosen.product}, {chosen.place}\u202f: retiré de la prévision.")
    return _to_forecast(request, week)


@needs("see_garden")
def harvest_sheet(request: EcopoleRequest) -> HttpResponse:
    """The day's harvest on paper, bed by bed, for the field."""
    garden, day = garden_asked(request), day_asked(request)
    beds = queries.due_harvests(request.ecopole, garden, day, late_too=day == request.today)
    data = {
        "garden": garden.name,
        "day": format_date_long(day).capitalize(),
        "footer": request.ecopole.name,
        "lines": [
            [
                group.bed.name,
                line.commitment.product.name,
                format_quantity(Quantity(line.remaining, Unit(line.commitment.product.unit))),
            ]
            for group in beds
            for line in group.lines
        ],
    }
    return printed("garden/feuille.typ", data, f"recolte-{day}")
