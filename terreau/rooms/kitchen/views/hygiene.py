"""The hygiene file, line by line on its page, and whole on paper for an inspection."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date, format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import (
    DaysForm,
    DoneForm,
    FactForm,
    GapForm,
    MachineForm,
    OperatorForm,
    TrainingForm,
    written,
)
from terreau.rooms.kitchen.models import Control, Equipment, FactKind, Operator, Point, Record, RecordKind
from terreau.rooms.kitchen.queries.batches import Sheet, of_ecopole, sheets, told
from terreau.rooms.kitchen.queries.equipment import Machine, machines
from terreau.rooms.kitchen.queries.goods import kitchen_of
from terreau.rooms.kitchen.queries.hygiene import cleanings, operator_on, records, silent, team
from terreau.rooms.kitchen.views.batches import kitchen_asked
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed

SHOWN = timedelta(days=365)
LONG_AGO = date(2000, 1, 1)
STATES = {
    "planned": "prévue", "cooking": "en cours", "held": "en attente", "released": "libérée",
    "refused": "écartée", "dropped": "abandonnée",
}  # fmt: skip


def _forms(
    request: EcopoleRequest, operator: Operator | None, known: Sequence[Machine]
) -> dict[str, forms.Form]:
    today = request.today
    names = ("name", "address", "organic_body", "organic_until")
    said = {name: getattr(operator, name) for name in names} if operator else {}
    return {
        "machine": MachineForm(today=today),
        "fact": FactForm(known=[machine.row for machine in known], today=today),
        "gap": GapForm(today=today),
        "training": TrainingForm(people=team(request.ecopole), today=today),
        "operator": OperatorForm(initial=said),
        "answer": DoneForm(),
    }


def _page(request: EcopoleRequest, name: str = "", bound: forms.Form | None = None) -> HttpResponse:
    ecopole, today = request.ecopole, request.today
    kitchen, known = kitchen_of(ecopole), machines(ecopole, today)
    operator = operator_on(kitchen, today) if kitchen else None
    # One that waits for its answer is shown however old.
    since = {RecordKind.NONCONFORMITY: LONG_AGO, RecordKind.TRAINING: today - 5 * SHOWN}
    found = records(ecopole, since, today)
    gaps = found[RecordKind.NONCONFORMITY]
    context: dict[str, Any] = {
        "machines": [(machine, machine.why_not(today)) for machine in known],
        "cleanings": [(task, task.late(today)) for task in cleanings(ecopole)],
        "alerts": (silent(ecopole), [row for row in reversed(gaps) if not hasattr(row, "reply")]),
        "gaps": [row for row in gaps if hasattr(row, "reply") and row.on >= today - SHOWN],
        "trainings": found[RecordKind.TRAINING], "operator": operator, "name": name,
        "forms": _forms(request, operator, known) | ({name: bound} if bound else {}),
        "checks_of": FactKind.labels,
    }  # fmt: skip
    return render(request, "kitchen/hygiene.html", context, status=422 if bound else 200)


@needs("see_kitchen")
def hygiene(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


Write = Callable[[dict[str, Any], dict[str, Any]], object]


def _gesture(request: EcopoleRequest, name: str, form: forms.Form, write: Write, said: str) -> HttpResponse:
    if request.method == "POST":
        common = {"by": request.user, "at": request.now, "key": form_key(request.POST)}
        if not written(form, lambda: write(form.cleaned_data, common)):
            return _page(request, name, form)
        messages.success(request, said)
    return redirect("kitchen:hygiene", request.ecopole.slug)


@needs("run_kitchen")
def machine(request: EcopoleRequest) -> HttpResponse:
    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.add_equipment(ecopole=request.ecopole, key=common["key"], **said)

    form = MachineForm(request.POST, today=request.today)
    return _gesture(request, "machine", form, write, "L’appareil est ajouté.")


@needs("run_kitchen")
def fact(request: EcopoleRequest) -> HttpResponse:
    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.note_fact(**said, **common)

    known = Equipment.objects.filter(ecopole=request.ecopole, closed_on=None)
    form = FactForm(request.POST, known=known, today=request.today)
    return _gesture(request, "fact", form, write, "C’est noté au suivi du matériel.")


@needs("run_kitchen")
def clean(request: EcopoleRequest) -> HttpResponse:
    """One tap: that task of the plan, today."""
    what = request.POST.get("what", "")
    if request.method == "POST" and what not in {task.what for task in cleanings(request.ecopole)}:
        raise Http404("what")

    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.note_record(
            ecopole=request.ecopole, kind=RecordKind.CLEANING, what=what, on=request.today, **common
        )

    return _gesture(request, "clean", forms.Form(request.POST), write, f"{what}\u202f: nettoyé.")


@needs("run_kitchen")
def gap(request: EcopoleRequest) -> HttpResponse:
    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.note_record(ecopole=request.ecopole, kind=RecordKind.NONCONFORMITY, **said, **common)

    form = GapForm(request.POST, today=request.today)
    return _gesture(
        request, "gap", form, write, "La non-conformité est notée. Dites ensuite ce qui a été fait."
    )


@needs("run_kitchen")
def training(request: EcopoleRequest) -> HttpResponse:
    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.note_record(ecopole=request.ecopole, kind=RecordKind.TRAINING, **said, **common)

    form = TrainingForm(request.POST, people=team(request.ecopole), today=request.today)
    return _gesture(request, "training", form, write, "La formation est notée.")


@needs("run_kitchen")
def operator(request: EcopoleRequest) -> HttpResponse:
    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.say_operator(
            ecopole=request.ecopole, kitchen=kitchen_asked(request), starts_on=request.today, **said, **common
        )

    form = OperatorForm(request.POST, initial={})
    return _gesture(request, "operator", form, write, "L’exploitant est noté, à partir d’aujourd’hui.")


@needs("run_kitchen")
def answer(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Record, ecopole=request.ecopole, kind=RecordKind.NONCONFORMITY, pk=pk)

    def write(said: dict[str, Any], common: dict[str, Any]) -> None:
        actions.reply(record=row, done=said["done"], by=common["by"], at=common["at"])

    return _gesture(request, "answer", DoneForm(request.POST), write, "L’action corrective est notée.")


@needs("see_kitchen")
def file(request: EcopoleRequest) -> HttpResponse:
    """All that an inspection asks, between two days, as one PDF."""
    today = request.today
    asked = {"since": request.GET.get("du", str(today - SHOWN)), "until": request.GET.get("au", str(today))}
    form = DaysForm(asked)
    if not form.is_valid() or form.cleaned_data["since"] > form.cleaned_data["until"]:
        raise Http404("du")
    days = (form.cleaned_data["since"], form.cleaned_data["until"])
    return printed("kitchen/dossier.typ", _on_paper(request, days), "dossier-hygiene")


def _on_paper(request: EcopoleRequest, days: tuple[date, date]) -> dict[str, Any]:
    ecopole, kitchen = request.ecopole, kitchen_of(request.ecopole)
    made = sheets(of_ecopole(ecopole).filter(on__range=days).order_by("on", "id"))
    operator = operator_on(kitchen, request.today) if kitchen else None
    since = {RecordKind.CLEANING: days[0], RecordKind.NONCONFORMITY: days[0], RecordKind.TRAINING: LONG_AGO}
    found = records(ecopole, since, days[1])
    return {
        "kitchen": operator.name if operator else str(kitchen or ""),
        "address": operator.address if operator else "",
        "organic": f"{operator.organic_body} jusqu’au {format_date(operator.organic_until)}"
        if operator and operator.organic_until
        else "",
        "since": format_date(days[0]), "until": format_date(days[1]), "footer": ecopole.name,
        "machines": [row for machine in machines(ecopole, request.today) for row in _machine(machine)],
        "batches": [_batch(sheet) for sheet in made],
        "controls": [_control(control) for sheet in made for control in sheet.controls],
        "cleanings": [[format_date(row.on), row.what, _who(row)]
                      for row in found[RecordKind.CLEANING]],
        "gaps": [[format_date(row.on), row.what, row.reply.done if hasattr(row, "reply") else "sans réponse"]
                 for row in found[RecordKind.NONCONFORMITY]],
        "trainings": [[format_date(row.on), row.what, str(row.person),
                       format_date(row.until) if row.until else "sans fin"]
                      for row in found[RecordKind.TRAINING]],
    }  # fmt: skip


def _who(row: Record | Control) -> str:
    return str(row.recorded_by) if row.recorded_by else "–"


def _machine(machine: Machine) -> list[list[str]]:
    checks = [
        [check.fact.label, format_date(check.last) if check.last else "jamais", format_date(check.due)]
        for check in machine.checks
    ]
    return [[str(machine.row), machine.kind, *check] for check in checks or [["–", "–", "–"]]]


def _batch(sheet: Sheet) -> list[str]:
    unit = Unit(sheet.recipe.product.unit)
    return [
        format_date(sheet.batch.on), f"{sheet.recipe} (v{sheet.version.number})",
        ", ".join(one.lot.code for one in sheet.used) or "–",
        f"{sheet.lot.code}, {format_quantity(Quantity(sheet.made, unit))}" if sheet.lot else "–",
        STATES[sheet.state],
    ]  # fmt: skip


def _control(control: Control) -> list[str]:
    at: datetime = timezone.localtime(control.read_at)
    value = format_decimal(control.value)
    if control.point == Point.INCUBATION:
        value = "tenu" if control.value else "non"
    answered = control.reply.done if hasattr(control, "reply") else ""
    return [
        f"{format_date(at.date())} {at:%H:%M}", str(control.batch_id), told(control.point), value,
        control.limit, f"hors limite. {answered or 'Sans réponse'}" if control.out else "conforme",
        _who(control),
    ]  # fmt: skip
