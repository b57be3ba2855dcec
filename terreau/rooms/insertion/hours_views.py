"""The weekly sheets. The supervisor fills and validates their team's; who accompanies closes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.measures.week import IsoWeek
from terreau.rooms.insertion import actions, hours
from terreau.rooms.insertion.access import Part, log_list, reached, teams_of
from terreau.rooms.insertion.asks import hand
from terreau.rooms.insertion.files import WEEK, Files
from terreau.rooms.insertion.hours_forms import SheetForm
from terreau.rooms.insertion.models import (
    HoursKind,
    Participant,
    SheetLine,
    SheetState,
    SheetStep,
    Team,
    WeekSheet,
)
from terreau.rooms.insertion.rules.holidays import holidays
from terreau.rooms.insertion.rules.law import Finding
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs

YEARS_AROUND = 5
# Each with who took it.
STEPS = Prefetch("steps", SheetStep.objects.select_related("recorded_by").order_by("id"))


def _teams(request: EcopoleRequest) -> Any:
    """A supervisor's own; all of them for who accompanies."""
    if "accompany" in request.abilities:
        return Team.objects.filter(ecopole=request.ecopole).select_related("workshop", "ecopole")
    return teams_of(request).select_related("workshop", "ecopole")


@needs("see_insertion")
def weeks(request: EcopoleRequest) -> HttpResponse:
    """The last weeks of each team, and where their sheets stand."""
    teams, shown = list(_teams(request)), hours.last_weeks(request.today)
    sheets = WeekSheet.objects.filter(team__in=teams, week__in=[str(week) for week in shown])
    known = {(sheet.team_id, sheet.week): sheet for sheet in sheets.prefetch_related("steps")}
    rows = []
    for team in teams:
        states = []
        for week in shown:
            sheet = known.get((team.pk, str(week)))
            states.append((week, hours.state(sheet) or ("open" if sheet else "")))
        rows.append((team, states))
    return render(request, "insertion/weeks.html", {"rows": rows})


def _week(request: EcopoleRequest, text: str) -> IsoWeek:
    try:
        week = IsoWeek.parse(text)
    except ValueError as error:
        raise Http404(text) from error
    if abs(week.year - request.today.year) > YEARS_AROUND:
        raise Http404(text)
    return week


def _shown(request: EcopoleRequest, team: Team, week: IsoWeek, sheet: WeekSheet | None) -> list[Participant]:
    """Those of the team that week whose hours this reader may know."""
    here = hours.posted_to(team, week.sunday) | Q(
        pk__in=SheetLine.objects.filter(sheet=sheet).values("participant")
    )
    return [person for person in reached(request, here) if Part.HOURS in vars(person)["open_parts"]]


@needs("see_insertion")
@transaction.atomic
def sheet(request: EcopoleRequest, team: int, week: str) -> HttpResponse:
    chosen, asked = get_object_or_404(_teams(request), pk=team), _week(request, week)
    known = WeekSheet.objects.filter(team=chosen, week=str(asked)).prefetch_related(STEPS).first()
    people = _shown(request, chosen, asked, known)
    files, written = Files(people, WEEK), hours.lines(known)
    promised = {person.pk: hours.contract_hours(files, person, asked) for person in people}
    started = {line.participant_id for line in written}
    people = [person for person in people if promised[person.pk] or person.pk in started]
    people.sort(key=lambda person: (person.full_name, person.pk))
    log_list(request, people, Part.HOURS)
    values = _values(files, people, asked, known, written)
    page = _Sheet(request, chosen, asked, known, people, values)
    if request.method == "POST" and (answer := page.post()):
        return answer
    others = [line for line in written if line.participant_id not in {person.pk for person in people}]
    return page.answer(others, promised)


def _values(
    files: Files, people: list[Participant], week: IsoWeek, known: WeekSheet | None, written: list[SheetLine]
) -> Mapping[hours.Slot, Decimal]:
    """What is on the sheet; what contracts promise, as long as nothing is."""
    if known is not None:
        return {(line.participant_id, line.day, line.kind): line.hours for line in written}
    habits = hours.habits(people, week)
    found: dict[hours.Slot, Decimal] = {}
    for person in people:
        found |= hours.planned(files, person, week, habits.get(person.pk, ()))
    return found


class _Sheet:
    """One page: the form, and the steps that its reader may take."""

    def __init__(
        self,
        request: EcopoleRequest,
        team: Team,
        week: IsoWeek,
        known: WeekSheet | None,
        people: list[Participant],
        values: Mapping[hours.Slot, Decimal],
    ):
        self.request, self.team, self.week, self.known, self.people = request, team, week, known, people
        self.runs = "accompany" in request.abilities
        self.supervises = team.supervisor_id == request.user.pk or Role.DIRECTOR in request.roles
        self.state = hours.state(known)
        self.do = request.POST.get("do", "")
        filling = self.do in ("save", "validate")
        self.form = SheetForm(request.POST if filling else None, people=people, week=week, known=values)
        self.values = values
        self.findings: list[Finding] = []
        self.warned = False

    @property
    def here(self) -> str:
        return reverse("insertion:sheet", args=[self.request.ecopole.slug, self.team.pk, self.week])

    def post(self) -> HttpResponse | None:
        steps = {
            "save": self._save, "validate": self._validate, "close": self._close, "reopen": self._reopen,
        }  # fmt: skip
        if self.do not in steps:
            raise Http404(self.do)
        if self.form.is_bound and not self.form.is_valid():
            return None
        try:
            with transaction.atomic():
                told = steps[self.do]()
        except actions.Judged as judged:
            self.findings, self.warned = list(judged.findings), isinstance(judged, actions.Warned)
            return None
        messages.success(self.request, told)
        return redirect(self.here)

    def _save(self) -> str:
        self.known = hours.save(
            team=self.team, week=self.week, people=self.people, asked=self.form.asked(),
            hand=hand(self.request),
        )  # fmt: skip
        return "Les heures sont enregistrées."

    def _validate(self) -> str:
        if not self.supervises:
            raise Http404("validate")
        self._save()
        hours.validate(sheet=self._sheet(), hand=hand(self.request))
        return "La semaine est validée."

    def _close(self) -> str:
        if not self.runs:
            raise Http404("close")
        hours.close(sheet=self._sheet(), hand=hand(self.request))
        return "La semaine est clôturée\u202f: ses heures comptent."

    def _reopen(self) -> str:
        if not self.runs and (self.state == SheetState.CLOSED or not self.supervises):
            raise Http404("reopen")
        reason = self.request.POST.get("reason", "").strip()[:200]
        hours.reopen(sheet=self._sheet(), hand=hand(self.request), reason=reason)
        return "La semaine est rouverte\u202f: corrigez, validez, puis clôturez."

    def _sheet(self) -> WeekSheet:
        if self.known is None:
            raise Http404("sheet")
        return self.known

    def _row(self, person: Participant, weekly: Decimal | None) -> dict[str, Any]:
        """A person's line, folded unless something must be corrected there."""
        mine = {slot: amount for slot, amount in self.values.items() if slot[0] == person.pk}
        kinds = dict(self.form.absences)
        away = {kinds.get(kind, "") for _, _, kind in mine if kind != HoursKind.WORKED}
        return {
            "person": person, "days": self.form.rows(person), "weekly": weekly,
            "whole": self.form.whole(person), "total": sum(mine.values(), Decimal(0)), "away": sorted(away),
            "wrong": self.form.is_wrong(person),
        }  # fmt: skip

    def answer(self, others: list[SheetLine], promised: Mapping[int, Mapping[Any, Decimal]]) -> HttpResponse:
        may_reopen = self.runs or (self.supervises and self.state == SheetState.VALIDATED)
        rows = [self._row(person, max(promised[person.pk].values(), default=None)) for person in self.people]
        is_open = hours.is_open(self.known)
        context = {
            "team": self.team, "week": self.week, "state": self.state, "rows": rows, "form": self.form,
            "findings": self.findings, "warned": self.warned, "do": self.do, "here": self.here,
            "open": is_open, "new": self.known is None,
            "total": sum(self.values.values(), Decimal(0)),
            "others": len({line.participant_id for line in others}),
            "others_hours": sum((line.hours for line in others), Decimal(0)),
            "may_validate": self.supervises, "may_close": self.runs and self.state == SheetState.VALIDATED,
            "may_reopen": may_reopen and not is_open,
            "steps": self.known.steps.all() if self.known else [],
            "before": self.week - 1, "after": self.week + 1,
            "around": hours.around(self.team, self.week) if is_open else None,
            "holidays": [(d, holidays(d.year)[d]) for d in self.week.days if d in holidays(d.year)],
        }  # fmt: skip
        refused = bool(self.findings or self.form.errors)
        return render(self.request, "insertion/sheet.html", context, status=422 if refused else 200)
