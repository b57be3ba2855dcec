"""The day's sheet: the crew and its hours, the tools that go and come back, what was done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key, pressed
from terreau.rooms.worksites import actions, queries
from terreau.rooms.worksites.forms import BackForm, CountsForm, DoneForm, ReasonForm, ToolForm, written
from terreau.rooms.worksites.models import Day, Tool
from terreau.rooms.worksites.queries.orders import day_line
from terreau.rooms.worksites.queries.sites import site_line
from terreau.territory.access import EcopoleRequest, needs


class _Sheet:
    """A day and the forms of its sheet; those that come back keep what was typed."""

    def __init__(self, request: EcopoleRequest, pk: int):
        rows = Day.objects.select_related(
            "process", "order__ecopole", "order__trade", "order__client", "order__site__place__commune",
            "order__site__place__agent__commune",
        )  # fmt: skip
        self.request = request
        self.day = get_object_or_404(rows, order__ecopole=request.ecopole, pk=pk)
        self.line = day_line(self.day)
        self.tools = queries.tools(request.ecopole)
        posted = request.POST if request.method == "POST" else None
        sent = request.resolver_match.url_name if posted and request.resolver_match else ""
        self.done = DoneForm(posted if sent == "work" else None, day=self.line)
        self.cancel = ReasonForm(posted if sent == "cancel_day" else None, prefix="cancel")
        self.out = CountsForm(
            posted if sent == "take_out" else None, prefix="out",
            lines=[(t.id, t.name, 0, t.left) for t in self.tools if t.left > 0],
        )  # fmt: skip
        self.back = BackForm(
            posted if sent == "bring_back" else None, prefix="back",
            lines=[(t.id, t.name, n, n) for t in self.tools if (n := t.out_on(pk))],
        )  # fmt: skip

    def page(self, status: int = 200) -> HttpResponse:
        context = {
            "day": self.line, "site": site_line(self.day.order.site), "order": self.day.order,
            "future": self.line.on > self.request.today, "done": self.done, "cancel": self.cancel,
            "out": self.out, "back": self.back,
            "has_out": any(tool.out_on(self.line.pk) for tool in self.tools), "tools": self.tools,
            "taken": [(tool.name, n) for tool in self.tools if (n := tool.out_on(self.line.pk))],
        }  # fmt: skip
        return render(self.request, "worksites/day.html", context, status=status)

    def again(self) -> HttpResponse:
        return redirect("worksites:day", self.request.ecopole.slug, self.line.pk)


@needs("see_worksites")
def day(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _Sheet(request, pk).page()


@needs("run_worksites")
def work(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = _Sheet(request, pk)
    if request.method != "POST":
        return sheet.again()
    key, form = form_key(request.POST), sheet.done
    if not written(
        form,
        lambda: actions.work_day(
            day=sheet.day, worked=form.worked(), by=request.user, at=request.now, key=key
        ),
    ):
        return sheet.page(422)
    messages.success(
        request, f"{sheet.line.site}\u202f: la journée est enregistrée.", extra_tags=f"undo:{key}"
    )
    return sheet.again()


@needs("run_worksites")
def cancel_day(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = _Sheet(request, pk)
    if request.method != "POST":
        return sheet.again()
    key, form = form_key(request.POST), sheet.cancel
    if not written(
        form,
        lambda: actions.cancel_day(
            day=sheet.day, reason=form.cleaned_data["reason"], by=request.user, at=request.now, key=key
        ),
    ):
        return sheet.page(422)
    messages.success(request, f"{sheet.line.site}\u202f: la journée est annulée.")
    return redirect("worksites:order", request.ecopole.slug, sheet.line.order_id)


@needs("run_worksites")
def take_out(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = _Sheet(request, pk)
    if request.method != "POST":
        return sheet.again()
    key, form = form_key(request.POST), sheet.out
    if not written(
        form,
        lambda: actions.take_out(
            day=sheet.day, counts=form.counts(), by=request.user, at=request.now, key=key
        ),
    ):
        return sheet.page(422)
    messages.success(request, "Les outils sont sortis.")
    return sheet.again()


@needs("run_worksites")
def bring_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    sheet = _Sheet(request, pk)
    if request.method != "POST":
        return sheet.again()
    key, form = form_key(request.POST), sheet.back
    if not written(
        form,
        lambda: actions.bring_back(
            day=sheet.day, counts=form.counts(), note=form.cleaned_data["note"], by=request.user,
            at=request.now, key=key,
        ),
    ):  # fmt: skip
        return sheet.page(422)
    messages.success(request, "Les outils sont rentrés.")
    return sheet.again()


def _tools(request: EcopoleRequest, form: ToolForm | None = None) -> HttpResponse:
    context = {"tools": queries.tools(request.ecopole), "form": form or ToolForm()}
    return render(request, "worksites/tools.html", context, status=422 if form else 200)


@needs("see_worksites")
def tools(request: EcopoleRequest) -> HttpResponse:
    return _tools(request)


@needs("run_worksites")
def save_tool(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("worksites:tools", request.ecopole.slug)
    key, form = form_key(request.POST), ToolForm(request.POST)
    if not written(form, lambda: actions.save_tool(ecopole=request.ecopole, key=key, **form.cleaned_data)):
        return _tools(request, form)
    messages.success(request, f"{form.cleaned_data['name']}\u202f: c’est noté.")
    return redirect("worksites:tools", request.ecopole.slug)


@needs("run_worksites")
def close_tool(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        tool = get_object_or_404(Tool.objects.select_related("ecopole"), ecopole=request.ecopole, pk=pk)
        pressed(request, lambda: actions.close_tool(tool=tool, on=request.today), f"{tool} ne sert plus.")
    return redirect("worksites:tools", request.ecopole.slug)
