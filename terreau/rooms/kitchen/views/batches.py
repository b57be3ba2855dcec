"""Batches: what awaits, then one of them from its lots to its release, each gesture on its page."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.measures.money import Money
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import (
    CheckForm,
    DoneForm,
    FinishForm,
    PlanForm,
    ReasonForm,
    SendForm,
    UseForm,
    written,
)
from terreau.rooms.kitchen.labels import EACH_MAX, Label, label_of, label_sheet
from terreau.rooms.kitchen.models import Control, Point
from terreau.rooms.kitchen.points import limit_of
from terreau.rooms.kitchen.queries.batches import (
    RECENT_DAYS,
    Sheet,
    left_of,
    recent,
    sheet_asked,
    sheet_of,
    told,
)
from terreau.rooms.kitchen.queries.goods import kitchen_of, shelves, surplus
from terreau.rooms.kitchen.queries.hygiene import operator_on
from terreau.rooms.kitchen.queries.orders import orders as still_due
from terreau.rooms.kitchen.queries.recipes import proposed, usable
from terreau.rooms.kitchen.queries.recipes import recipes as known_recipes
from terreau.rooms.kitchen.recipes import worth
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Agent
from terreau.territory.papers import PDF, sent

AHEAD = timedelta(days=7)
LABELS_SHOWN = 12
ORDER = ("held", "cooking", "planned")


def kitchen_asked(request: EcopoleRequest) -> Agent:
    """The kitchen this person works for; without any, there is nothing to do here."""
    kitchen = kitchen_of(request.ecopole, acting_for(request, "run_kitchen"))
    if kitchen is None:
        raise Http404("kitchen")
    return kitchen


@needs("see_kitchen")
def home(request: EcopoleRequest) -> HttpResponse:
    kitchen = kitchen_of(request.ecopole)
    sheets = recent(request.ecopole, request.today - timedelta(days=RECENT_DAYS))
    waiting = sorted(
        (s for s in sheets if s.state in ORDER), key=lambda s: (ORDER.index(s.state), s.batch.on)
    )
    there = surplus(request.ecopole, (request.today, request.today + AHEAD)) if kitchen else []
    context = {
        "kitchen": kitchen,
        "waiting": waiting,
        # One main action on the screen: the first batch that can go on.
        "first": next((s.batch.pk for s in waiting if s.batch.on <= request.today), None),
        "settled": [sheet for sheet in reversed(sheets) if sheet.state not in ORDER],
        "recent_days": RECENT_DAYS,
        "orders": still_due(request.ecopole, kitchen) if kitchen else [],
        "surplus": [(line, worth(line.lot.product, request.today)) for line in there],
    }
    return render(request, "kitchen/home.html", context)


@needs("run_kitchen")
def plan(request: EcopoleRequest) -> HttpResponse:
    kitchen, lines = kitchen_asked(request), known_recipes(request.ecopole, request.today)
    initial: dict[str, Any] = {"on": request.today}
    if asked := request.GET.get("recette"):
        initial["version"] = next((r.version.pk for r in lines if r.recipe.pk == row_asked(asked)), None)
    form = PlanForm(
        request.POST or None, ecopole=request.ecopole, versions=[r.version for r in lines], initial=initial
    )
    if request.method == "POST":
        key, made = form_key(request.POST), []

        def write() -> None:
            said = form.cleaned_data
            planned = said["planned"] or said["version"].yield_likely
            made.append(
                actions.plan_batch(
                    ecopole=request.ecopole, kitchen=kitchen, by=request.user, at=request.now, key=key,
                    **(said | {"planned": planned}),
                )
            )  # fmt: skip

        if written(form, write):
            messages.success(request, f"{made[0].version.recipe}\u202f: la fournée est prévue.")
            return redirect("kitchen:batch", request.ecopole.slug, made[0].pk)
    context = {"form": form, "recipes": lines}
    return render(request, "kitchen/plan.html", context, status=422 if form.errors else 200)


def batch_asked(request: EcopoleRequest, pk: int) -> Sheet:
    if (found := sheet_asked(request.ecopole, pk)) is None:
        raise Http404("fournée")
    return found


class _Page:
    """A batch and all its forms; the one that comes back keeps what was typed."""

    def __init__(
        self, request: EcopoleRequest, sheet: Sheet, name: str = "", bound: forms.Form | None = None
    ):
        self.request, self.sheet, self.name = request, sheet, name
        self.bound = {name: bound} if bound else {}
        self.open = sheet.state in ("planned", "cooking")

    def _use(self) -> forms.Form:
        batch, there = self.sheet.batch, shelves(self.request.ecopole, self.sheet.batch.kitchen)
        needed = {need.product: need.left for need in self.sheet.needs if need.left}
        owner = batch.owner.pk if batch.owner else None
        wanted = {need.product.pk for need in self.sheet.needs}
        lines = [line for line in usable(there, owner, self.request.today) if line.product.pk in wanted]
        filled = proposed(needed, there, owner, self.request.today)
        return UseForm(None, lines=lines, filled=filled)

    def _points(self) -> list[dict[str, Any]]:
        """Each point of the schedule, with its readings and its form."""
        found = []
        for code in self.sheet.asked.points:
            limit = limit_of(code, self.sheet.batch.on)
            form = self.bound.get(f"check-{code}") or CheckForm(
                None, point=code, ecopole=self.request.ecopole
            )
            found.append({
                "code": code, "label": told(code), "limit": limit, "form": form,
                "readings": [control for control in self.sheet.controls if control.point == code],
            })  # fmt: skip
        return found

    def _label(self) -> Label | None:
        if not self.sheet.ending:
            return None
        return label_of(self.sheet, operator_on(self.sheet.batch.kitchen, self.sheet.batch.on))

    def answer(self) -> HttpResponse:
        sheet, left = self.sheet, left_of(self.sheet)
        context: dict[str, Any] = {
            "sheet": sheet, "batch": sheet.batch, "points": self._points(), "label": self._label(),
            "open": self.open, "name": self.name, "left": left, "labels_shown": LABELS_SHOWN,
            "missing": [need for need in sheet.needs if not need.used],
            "use": self.bound.get("use") or (self._use() if self.open else None),
            "finish": self.bound.get("finish") or FinishForm(None, sheet=sheet),
            "stop": self.bound.get("stop") or ReasonForm(prefix="stop"),
            "drop": self.bound.get("drop") or ReasonForm(prefix="drop"),
            "send": self.bound.get("send")
            or SendForm(None, ecopole=self.request.ecopole, sheet=sheet, left=left),
            "reply": DoneForm(),
            "replying": self.bound.get("reply"),
            "released": self.bound.get("release"),
        }  # fmt: skip
        return render(self.request, "kitchen/batch.html", context, status=422 if self.bound else 200)


@needs("see_kitchen")
def batch(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _Page(request, batch_asked(request, pk)).answer()


Write = Callable[[Any, dict[str, Any]], object]


def _gesture(
    request: EcopoleRequest, sheet: Sheet, name: str, form: forms.Form, write: Write, said: str,
    undo: bool = False,
) -> HttpResponse:  # fmt: skip
    """One gesture on a batch: written once, or the page again with what is wrong."""
    key = form_key(request.POST)
    common = {"by": request.user, "at": request.now, "key": key}
    if not written(form, lambda: write(form, common)):
        return _Page(request, sheet, name, form).answer()
    messages.success(request, f"{sheet.recipe}\u202f: {said}", extra_tags=f"undo:{key}" if undo else "")
    return redirect("kitchen:batch", request.ecopole.slug, sheet.batch.pk)


@needs("run_kitchen")
def use(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    # Every lot of an ingredient: one that went meanwhile is refused by name, not lost on the way.
    wanted = {need.product.pk for need in sheet.needs}
    lines = [line for line in shelves(request.ecopole, sheet.batch.kitchen) if line.product.pk in wanted]
    form = UseForm(request.POST, lines=lines, filled={})
    return _gesture(
        request, sheet, "use", form,
        lambda form, common: actions.use(batch=sheet.batch, lines=form.taken(), **common),
        "c’est entré dans la fournée.", undo=True,
    )  # fmt: skip


@needs("run_kitchen")
def check(request: EcopoleRequest, pk: int, point: str) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if point not in Point.values:
        raise Http404("point")
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    form = CheckForm(request.POST, point=point, ecopole=request.ecopole)
    made: list[Control] = []

    def write(form: CheckForm, common: dict[str, Any]) -> None:
        made.append(actions.check(batch=sheet.batch, read=form.read(), **common))

    key = form_key(request.POST)
    if not written(form, lambda: write(form, {"by": request.user, "at": request.now, "key": key})):
        return _Page(request, sheet, f"check-{point}", form).answer()
    if made[0].out:
        messages.warning(
            request, f"{told(point)}\u202f: hors limite. {limit_of(point, request.today).remedy}"
        )
    else:
        messages.success(request, f"{told(point)}\u202f: conforme.")
    return redirect("kitchen:batch", request.ecopole.slug, pk)


@needs("run_kitchen")
def reply(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Control.objects.select_related("batch")
    control = get_object_or_404(rows, batch__process__ecopole=request.ecopole, pk=pk)
    if request.method == "POST":
        form_key(request.POST)
        form = DoneForm(request.POST)
        if not written(
            form,
            lambda: actions.reply(
                control=control, done=form.cleaned_data["done"], by=request.user, at=request.now
            ),
        ):
            return _Page(request, sheet_of(control.batch), "reply", form).answer()
        messages.success(request, "L’action corrective est notée.")
    return redirect("kitchen:batch", request.ecopole.slug, control.batch_id)


@needs("run_kitchen")
def finish(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    return _gesture(
        request, sheet, "finish", FinishForm(request.POST, sheet=sheet),
        lambda form, common: actions.finish(batch=sheet.batch, out=form.out(), **common),
        "le lot est fait, en attente de libération.", undo=True,
    )  # fmt: skip


@needs("run_kitchen")
def release(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    return _gesture(
        request, sheet, "release", forms.Form(request.POST),
        lambda form, common: actions.release(batch=sheet.batch, **common),
        "le lot est libéré, il peut partir.",
    )  # fmt: skip


def _stopped(request: EcopoleRequest, pk: int, *, for_good: bool, said: str) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)

    def write(form: ReasonForm, common: dict[str, Any]) -> None:
        actions.stop(batch=sheet.batch, reason=form.cleaned_data["reason"], for_good=for_good, **common)

    return _gesture(request, sheet, "stop", ReasonForm(request.POST, prefix="stop"), write, said)


@needs("run_kitchen")
def hold(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _stopped(request, pk, for_good=False, said="le lot est bloqué, il ne part plus.")


@needs("run_kitchen")
def refuse(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _stopped(request, pk, for_good=True, said="le lot est écarté pour de bon.")


@needs("run_kitchen")
def drop(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST":
        return redirect("kitchen:batch", request.ecopole.slug, pk)

    def write(form: ReasonForm, common: dict[str, Any]) -> None:
        actions.drop_batch(batch=sheet.batch, reason=form.cleaned_data["reason"], **common)

    form = ReasonForm(request.POST, prefix="drop")
    return _gesture(request, sheet, "drop", form, write, "la fournée est abandonnée.")


@needs("run_kitchen")
def send(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    if request.method != "POST" or sheet.lot is None:
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    lot = sheet.lot

    def write(form: SendForm, common: dict[str, Any]) -> None:
        said = form.cleaned_data | {"price": form.cleaned_data["price"] or Money(0)}
        actions.send(ecopole=request.ecopole, kitchen=sheet.batch.kitchen, lot=lot, **said, **common)

    form = SendForm(request.POST, ecopole=request.ecopole, sheet=sheet, left=Decimal(0))
    return _gesture(request, sheet, "send", form, write, "c’est parti.", undo=True)


@needs("see_kitchen")
def labels(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = batch_asked(request, pk)
    count = row_asked(request.GET.get("nombre", str(LABELS_SHOWN)))
    if not 1 <= count <= EACH_MAX:
        raise Http404("nombre")
    try:
        label = label_of(sheet, operator_on(sheet.batch.kitchen, sheet.batch.on))
        code = label.lot.removeprefix("L ")
        url = request.build_absolute_uri(reverse("lots:lot", args=[request.ecopole.slug, code]))
        pdf = label_sheet(label, url=url, count=count, footer=f"{request.ecopole.name} · {label.lot}")
    except actions.KitchenRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("kitchen:batch", request.ecopole.slug, pk)
    return sent(pdf, PDF, f"etiquettes-{code}.pdf", how="inline")
