"""The baskets' pages: what to pack, how many go where, what a basket should be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.dueforms import FORM, DueLine, asked, due_lines, errors_of, form_key, read_answers
from terreau.ledger.models import ProcessKind
from terreau.measures.french import format_date_long, format_day, format_money, format_quantity
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, queries
from terreau.rooms.baskets.forms import NewSizeForm, SizeForm, terms_of
from terreau.rooms.baskets.models import BasketSize
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import day_asked, row_asked, week_asked
from terreau.territory.models import Agent, AgentKind, ProductFamily
from terreau.territory.papers import printed
from terreau.territory.queries import agents, products


@dataclass(frozen=True)
class BatchForm:
    """A batch, and its lines as a form."""

    batch: queries.Batch
    due: list[DueLine]
    error: str

    @property
    def opened(self) -> bool:
        return bool(self.error) or any(line.opened for line in self.due)


@dataclass(frozen=True)
class PackingDay:
    day: date
    forms: list[BatchForm]

    @property
    def count(self) -> int:
        return sum(form.batch.count for form in self.forms)


def _home(
    request: EcopoleRequest,
    week: IsoWeek,
    post: QueryDict | None = None,
    errors: dict[int, str] | None = None,
) -> HttpResponse:
    batches = queries.batches(request.ecopole, week.monday, week.sunday)
    concerned = {int(pk) for pk in post.getlist("due")} if post else set()
    days = []
    for day, group in groupby(batches, key=lambda batch: batch.day):
        forms = []
        for batch in group:
            sent_back = batch.baskets.commitment.pk in concerned
            due = due_lines(batch.lines, post if sent_back else None, errors)
            forms.append(BatchForm(batch, due, (errors or {}).get(FORM, "") if sent_back else ""))
        days.append(PackingDay(day, forms))
    context = {
        "week": week,
        "former": week - 1,
        "following": week + 1,
        "days": days,
        "wrong": next((pk for pk in errors or {} if pk != FORM), None),
        "wanted": 0 if batches else sum(c.count for c in queries.counts(request.ecopole, week)),
        # One main action on the screen: the first batch awaiting.
        "first": next((b.process_id for b in batches if not b.ready and b.day <= request.today), None),
    }
    return render(request, "baskets/home.html", context, status=422 if errors else 200)


@needs("see_baskets")
def home(request: EcopoleRequest) -> HttpResponse:
    return _home(request, week_asked(request))


@needs("run_baskets")
def pack(request: EcopoleRequest) -> HttpResponse:
    """A batch is packed: as planned, or with what was really put in."""
    week = week_asked(request)
    if request.method == "POST":
        key = form_key(request.POST)
        lines = asked(request.ecopole, request.POST, process__kind=ProcessKind.PACKING)
        answers, errors = read_answers(request.POST, lines)
        if not errors:
            try:
                actions.pack(
                    ecopole=request.ecopole,
                    platform=lines[0].commitment.provider,
                    packed=answers,
                    by=request.user,
                    at=request.now,
                    key=key,
                )
            except actions.StoresAreShort as short:
                errors = short.errors
            except (AnswerRefused, LedgerRefusal) as refusal:
                errors = errors_of(answers, refusal)
        if errors:
            return _home(request, week, request.POST, errors)
        made = [a for a in answers if a.commitment.action == "produce"]
        told = " · ".join(
            f"{a.commitment.product}, {format_day(a.commitment.due_on)}\u202f: {int(a.quantity)} préparés"
            for a in made
        )
        messages.success(request, f"{told}.", extra_tags=f"undo:{key}")
    return redirect(f"{reverse('baskets:home', args=[request.ecopole.slug])}?semaine={week}")


def _sizes(request: EcopoleRequest, bound: dict[int, SizeForm]) -> HttpResponse:
    """`bound` holds the form that comes back, under its size, or 0 for a new one."""
    rows = list(BasketSize.objects.filter(ecopole=request.ecopole).select_related("product"))
    taken = {row.product_id for row in rows}
    left = [product for product in products([ProductFamily.BASKET]) if product.pk not in taken]
    context = {
        "sizes": [(r, bound.get(r.pk) or SizeForm(initial=terms_of(r), prefix=str(r.pk))) for r in rows],
        "new": bound.get(0) or (NewSizeForm(left=left, prefix="0") if left else None),
        "opened": 0 in bound or not rows,
    }
    return render(request, "baskets/sizes.html", context, status=422 if bound else 200)


@needs("see_baskets")
def sizes(request: EcopoleRequest) -> HttpResponse:
    return _sizes(request, {})


@needs("run_baskets")
def save_size(request: EcopoleRequest) -> HttpResponse:
    """The terms of a size, one at a time."""
    if request.method != "POST":
        return redirect("baskets:sizes", request.ecopole.slug)
    rows = BasketSize.objects.filter(ecopole=request.ecopole).select_related("product")
    size = rows.filter(pk=row_asked(request.POST.get("size", ""))).first()
    if size is None:
        raise Http404("taille")
    form = SizeForm(request.POST, prefix=str(size.pk))
    if form.is_valid():
        try:
            actions.change_size(size=size, terms=form.terms())
        except actions.SizeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{size}\u202f: règles enregistrées. Le prochain plan les suivra.")
            return redirect("baskets:sizes", request.ecopole.slug)
    return _sizes(request, {size.pk: form})


@needs("run_baskets")
def add_size(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("baskets:sizes", request.ecopole.slug)
    form = NewSizeForm(request.POST, left=list(products([ProductFamily.BASKET])), prefix="0")
    if form.is_valid():
        try:
            size = actions.add_size(
                ecopole=request.ecopole, maker=_maker(request), product=form.chosen(), terms=form.terms()
            )
        except actions.SizeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{size}\u202f: taille ajoutée. Dites combien vont à chaque dépôt.")
            return redirect("baskets:sizes", request.ecopole.slug)
    return _sizes(request, {0: form})


def _maker(request: EcopoleRequest) -> Agent:
    platform = agents(request.ecopole, [AgentKind.PLATFORM]).first()
    if platform is None:
        raise actions.SizeRefused(
            "Cet écopôle n’a pas encore de plateforme, qui compose les paniers. Ajoutez-la d’abord."
        )
    return platform


@needs("see_baskets")
def packing_sheet(request: EcopoleRequest) -> HttpResponse:
    """The day's packing on paper: what goes in each size, then how many go to each depot."""
    day = day_asked(request)
    counts = [c for c in queries.counts(request.ecopole, IsoWeek.of(day)) if c.day == day]
    data = {
        "day": format_date_long(day).capitalize(),
        "footer": request.ecopole.name,
        "batches": [_on_paper(batch) for batch in queries.batches(request.ecopole, day, day)],
        "depots": _depots_on_paper(counts),
    }
    return printed("baskets/feuille.typ", data, f"paniers-{day}")


def _on_paper(batch: queries.Batch) -> dict[str, Any]:
    return {
        "size": batch.size.name,
        "count": batch.count,
        "value": format_money(batch.value),
        "lines": [
            [c.line.commitment.product.name, format_quantity(c.portion), format_quantity(c.total)]
            for c in batch.contents
        ],
    }


def _depots_on_paper(counts: Iterable[queries.CountLine]) -> dict[str, Any]:
    names: dict[int, str] = {}
    rows: dict[str, dict[int, int]] = {}
    for line in counts:
        names[line.size_id] = line.size
        rows.setdefault(line.depot, {})[line.size_id] = line.count
    body = [
        [depot, *(str(row.get(pk, "")) for pk in names), str(sum(row.values()))]
        for depot, row in rows.items()
    ]
    totals = [sum(row.get(pk, 0) for row in rows.values()) for pk in names]
    return {
        "sizes": list(names.values()),
        "rows": body,
        "totals": ["En tout", *map(str, totals), str(sum(totals))],
    }
