"""What a person plans, beside what is: business plan, installation aid, conversion, land, and after."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from terreau.ledger.dueforms import hand_of
from terreau.measures.dated import cited
from terreau.measures.money import Money
from terreau.rooms.incubator import actions, forms
from terreau.rooms.incubator.models import CropPlan, Installation, Mark, Plot, Search, YearPlan
from terreau.rooms.incubator.queries.books import years_of
from terreau.rooms.incubator.queries.outcomes import outcomes
from terreau.rooms.incubator.queries.plans import comparison, conversions, incomes
from terreau.rooms.incubator.rules import dja as aid_rules
from terreau.rooms.incubator.rules.law import listed, rule
from terreau.rooms.incubator.views.frame import entry, gesture, page, project_opened, url
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import YEARS, row_asked

SINCE_EVER = 1990


def _year(request: EcopoleRequest) -> int:
    year = row_asked(request.GET.get("annee", str(request.today.year)))
    if year not in YEARS:
        raise Http404("annee")
    return year


@needs("see_own_test")
def plan(request: EcopoleRequest, pk: int) -> HttpResponse:
    row, year = project_opened(request, pk), _year(request)
    told = comparison(row, year, request.today)
    known = years_of(row, request.today)
    return page(
        request, "incubator/plan.html", "plan", row, told=told, year=year,
        years=sorted({*known, known[0] + 1, year}, reverse=True),
        planned=any(line.plan for line in told.crops),
    )  # fmt: skip


@needs("keep_own_test")
def plan_crop(request: EcopoleRequest, pk: int) -> HttpResponse:
    row, year = project_opened(request, pk), _year(request)
    asked = request.GET.get("culture")
    crop = get_object_or_404(CropPlan, project=row, year=year, pk=row_asked(asked)) if asked else None
    form = forms.CropPlanForm(request.POST or None, crop=crop)

    def write() -> None:
        product = form.cleaned_data["product"]
        actions.plan_crop(project=row, year=year, product=product, entry=form.entry())

    return entry(
        request, form, write, title=f"Culture prévue en {year}", button="Enregistrer la culture",
        told=f"Le plan de {year} est à jour.", back=f"{url(request, 'plan', pk)}?annee={year}",
        lede="Ce qu’elle devrait donner, demander et coûter dans l’année.",
    )  # fmt: skip


@needs("keep_own_test")
def unplan_crop(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    crop = get_object_or_404(CropPlan, project=project_opened(request, pk), pk=line)
    return gesture(
        request, lambda: actions.unplan_crop(crop=crop), told=f"{crop.product} n’est plus au plan.",
        back=f"{url(request, 'plan', pk)}?annee={crop.year}",
    )  # fmt: skip


@needs("keep_own_test")
def plan_year(request: EcopoleRequest, pk: int) -> HttpResponse:
    row, year = project_opened(request, pk), _year(request)
    form = forms.YearForm(request.POST or None, year=YearPlan.objects.filter(project=row, year=year).first())
    return entry(
        request, form, lambda: actions.plan_year(project=row, year=year, **form.cleaned_data),
        title=f"Trésorerie et charges fixes de {year}", button="Enregistrer", told="C’est noté.",
        back=f"{url(request, 'plan', pk)}?annee={year}",
    )  # fmt: skip


@needs("see_own_test")
def dja(request: EcopoleRequest, pk: int) -> HttpResponse:
    row, today = project_opened(request, pk), request.today
    marks = {mark.code: mark for mark in Mark.objects.filter(project=row)}
    done = {code.removeprefix("dja-") for code in marks if code.startswith("dja-")}
    region = aid_rules.regions(today).get(row.region)
    options = [
        (label, aid_rules.aid(row.region, today, organic=organic, livestock=livestock))
        for label, organic, livestock in (
            ("Base", False, False), ("En bio", True, False), ("En bio, avec élevage", True, True),
        )
    ]  # fmt: skip
    return page(
        request, "incubator/dja.html", "dja", row,
        items=[
            (item, marks.get(f"dja-{item.code}"))
            for item in aid_rules.checklist(row.born_on, incomes(row, today), done, today)
        ],
        region=region["label"] if region else row.region, options=[o for o in options if o[1]],
        shares=aid_rules.share_words(today), source=region["source"] if region else "",
    )  # fmt: skip


def _codes(request: EcopoleRequest) -> dict[str, str]:
    """The lines that may be ticked: of the installation aid, and of the way to settling."""
    aids = listed("dja", "national", request.today).items()
    steps = listed("follow", "steps", request.today).items()
    found = {f"dja-{code}": str(said["label"]) for code, said in aids if said["check"] == "mark"}
    return found | {f"step-{code}": str(said["label"]) for code, said in steps}


@needs("keep_own_test")
def mark(request: EcopoleRequest, pk: int, code: str) -> HttpResponse:
    row, labels = project_opened(request, pk), _codes(request)
    if code not in labels:
        raise Http404(code)
    form = forms.MarkForm(request.POST or None, initial={"on": request.today})
    back = "dja" if code.startswith("dja-") else "settling"
    return entry(
        request, form,
        lambda: actions.mark(project=row, code=code, hand=hand_of(request), **form.cleaned_data),
        title=labels[code], button="C’est fait", told="C’est coché.", back=url(request, back, pk),
    )  # fmt: skip


@needs("keep_own_test")
def unmark(request: EcopoleRequest, pk: int, code: str) -> HttpResponse:
    row = project_opened(request, pk)
    back = "dja" if code.startswith("dja-") else "settling"
    return gesture(
        request, lambda: actions.unmark(project=row, code=code), told="Ce n’est plus coché.",
        back=url(request, back, pk),
    )  # fmt: skip


@needs("see_own_test")
def conversion(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    plots = conversions(row)
    years: dict[int, Money] = {}
    for plot in plots:
        for line in plot.harvests:
            years[line.year] = years.get(line.year, Money(0)) + line.effect
    rules = [
        (said["source"], cited(said))
        for said in (
            rule("conversion", name, request.today) for name in ("first_year", "annual", "perennial")
        )
    ]
    return page(
        request, "incubator/conversion.html", "conversion", row, plots=plots, rules=rules,
        years=sorted(years.items()),
        bars=[(str(year), amount.euros) for year, amount in sorted(years.items())],
    )  # fmt: skip


@needs("keep_own_test")
def save_plot(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    form = forms.PlotForm(request.POST or None)

    def write() -> None:
        actions.save_plot(project=row, name=form.cleaned_data["name"], entry=form.entry())

    return entry(
        request, form, write, title="Parcelle à convertir", button="Enregistrer la parcelle",
        told="La parcelle est notée.", back=url(request, "conversion", pk),
        lede="Sous le même nom, elle est corrigée.",
    )  # fmt: skip


@needs("keep_own_test")
def unplan_plot(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    plot = get_object_or_404(Plot, project=project_opened(request, pk), pk=line)
    return gesture(
        request, lambda: actions.unplan_plot(plot=plot), told=f"{plot} est retirée.",
        back=url(request, "conversion", pk),
    )  # fmt: skip


@needs("see_own_test")
def settling(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    marks = {found.code: found for found in Mark.objects.filter(project=row)}
    return page(
        request, "incubator/settling.html", "settling", row,
        search=Search.objects.filter(project=row).first(),
        steps=[
            (f"step-{code}", said, cited(said), marks.get(f"step-{code}"))
            for code, said in listed("follow", "steps", request.today).items()
        ],
        installation=Installation.objects.filter(project=row).select_related("commune").first(),
        news=list(row.follow_ups.order_by("years")),
    )  # fmt: skip


@needs("keep_own_test")
def seek(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    search = Search.objects.filter(project=row).first()
    first: dict[str, Any] = vars(search) if search else {}
    form = forms.SearchForm(request.POST or None, first=first)
    return entry(
        request, form, lambda: actions.seek_land(project=row, **form.cleaned_data),
        title="Terrain cherché", button="Enregistrer", told="La recherche est notée.",
        back=url(request, "settling", pk),
    )  # fmt: skip


@needs("run_incubator")
def hear(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    if not Installation.objects.filter(project=row).exists():
        raise Http404("installation")
    form = forms.NewsForm(request.POST or None, today=request.today)

    def write() -> None:
        said = form.farm() | {name: form.cleaned_data[name] for name in ("years", "on", "state")}
        actions.hear(project=row, hand=hand_of(request), **said)

    return entry(
        request, form, write, title=f"Nouvelles de {row}", button="Enregistrer les nouvelles",
        told="Les nouvelles sont notées.", back=url(request, "settling", pk),
    )  # fmt: skip


@needs("see_incubator")
def outcome(request: EcopoleRequest) -> HttpResponse:
    """Counts, hectares and jobs since the couveuse began."""
    told = outcomes(request.ecopole, date(SINCE_EVER, 1, 1), request.today)
    return render(request, "incubator/outcomes.html", {"told": told})
