"""The catalogue's pages: every crop and its year, the écopôle's own figures, a sheet out and in."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from terreau.measures.french import format_date, format_decimal, unaccented
from terreau.measures.money import Money
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.catalogue_files import COLUMNS, read_catalogue, write_catalogue
from terreau.rooms.garden.crops import ESTIMATE
from terreau.rooms.garden.families import Family, family
from terreau.rooms.garden.forms_crops import FIGURES, CropForm, FiguresForm
from terreau.rooms.garden.queries import CropLine
from terreau.rooms.garden.strips import Strip, strips
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import CSV, sent
from terreau.territory.sheets import SheetForm, SheetRefused, sheet_asked, text_of


@dataclass(frozen=True)
class CropRow:
    """A crop of the list, with its year drawn."""

    crop: CropLine
    family: Family
    strips: list[Strip]


@needs("see_garden")
def crops(request: EcopoleRequest) -> HttpResponse:
    known = queries.catalogue(request.ecopole)
    latin, typed = request.GET.get("famille", ""), request.GET.get("q", "").strip()
    chosen = [
        crop
        for crop in known.values()
        if latin in ("", crop.family) and unaccented(typed) in unaccented(f"{crop.name} {crop.product}")
    ]
    context = {
        "rows": [CropRow(c, family(c.family), strips(c.field_cycles, c.tunnel_cycles)) for c in chosen],
        "known": len(known),
        "families": sorted({family(crop.family) for crop in known.values()}, key=lambda f: f.name),
        "family": latin,
        "q": typed,
        "own": sum(1 for crop in known.values() if crop.chosen or crop.own),
    }
    return render(request, "garden/catalogue.html", context)


@needs("run_garden")
@require_POST
def load_reference(request: EcopoleRequest) -> HttpResponse:
    """The empty catalogue's one button; pressed twice, nothing changes."""
    try:
        done = actions.load_reference()
    except SheetRefused as refusal:
        messages.error(request, f"Catalogue non chargé. {refusal}")
    else:
        messages.success(request, f"{len(done.added)} cultures ajoutées au catalogue.")
    return redirect("garden:crops", request.ecopole.slug)


@dataclass(frozen=True)
class FigureLine:
    """A figure in force, the reference it replaces if it does, as they are read."""

    name: str
    label: str
    unit: str
    shown: str
    reference: str
    chosen: bool


def shown(figure: Any) -> str:
    """A figure as it is read and typed; nothing known shows as nothing."""
    if figure is None or isinstance(figure, str):
        return figure or ""
    if isinstance(figure, Money):
        return format_decimal(figure.euros, places=2)
    return format_decimal(figure)


def _readable(name: str, figure: Any) -> str:
    """Cycles do not break in the middle of a week."""
    if not name.endswith("cycles"):
        return shown(figure)
    return shown(figure).replace("-", "\u2011").replace(">", "\u00a0→\u00a0").replace(";", "\u202f; ")


def _groups(crop: CropLine) -> list[dict[str, Any]]:
    """The figures by the source they share; an estimate of the trade says so."""
    found = []
    for group, (title, figures) in FIGURES.items():
        source = crop.sources.get(group, "")
        lines = [
            FigureLine(
                name,
                label,
                unit,
                _readable(name, getattr(crop, name)),
                _readable(name, crop.reference[name]),
                chosen=name in crop.chosen,
            )
            for name, (label, unit) in figures.items()
        ]
        found.append({"title": title, "lines": lines, "source": source, "estimate": ESTIMATE in source})
    return found


def _crop(request: EcopoleRequest, code: str) -> CropLine:
    if (crop := queries.catalogue(request.ecopole).get(code)) is None:
        raise Http404("culture")
    return crop


@needs("see_garden")
def crop(request: EcopoleRequest, crop: str) -> HttpResponse:
    return _crop_page(request, _crop(request, crop))


def _crop_page(request: EcopoleRequest, crop: CropLine, form: FiguresForm | None = None) -> HttpResponse:
    references = {name: shown(value) for name, value in crop.reference.items()}
    own = {name: _readable(name, getattr(crop, name)) for name in crop.chosen} | {"reason": crop.reason}
    context = {
        "crop": crop,
        "family": family(crop.family),
        "strips": strips(crop.field_cycles, crop.tunnel_cycles),
        "groups": _groups(crop),
        "form": form or FiguresForm(initial=own, references=references),
        "opened": form is not None,
    }
    return render(request, "garden/catalogue_crop.html", context, status=422 if form else 200)


@needs("run_garden")
@require_POST
def choose_figures(request: EcopoleRequest, crop: str) -> HttpResponse:
    """The form of a crop's page: what is typed is the écopôle's, the rest follows the reference."""
    line = _crop(request, crop)
    references = {name: shown(value) for name, value in line.reference.items()}
    form = FiguresForm(request.POST, references=references)
    if form.is_valid():
        try:
            actions.choose_figures(
                ecopole=request.ecopole,
                crop=line,
                figures=form.figures(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=request.now,
            )
        except actions.FiguresRefused as refusal:
            for name, why in refusal.errors.items():
                form.add_error(name, why)
        else:
            messages.success(request, f"{line.name}\u202f: vos chiffres sont enregistrés.")
            return redirect("garden:crop", request.ecopole.slug, line.code)
    return _crop_page(request, line, form)


@needs("run_garden")
@require_POST
def back_to_reference(request: EcopoleRequest, crop: str) -> HttpResponse:
    """One figure of the écopôle's own gives way to the reference."""
    line = _crop(request, crop)
    name = request.POST.get("figure", "")
    kept = {figure: getattr(line, figure) for figure in line.chosen if figure != name}
    try:
        actions.choose_figures(
            ecopole=request.ecopole, crop=line, figures=kept, reason=line.reason, by=request.user,
            at=request.now,
        )  # fmt: skip
    except actions.FiguresRefused as refusal:
        messages.error(request, f"{line.name} ne change pas. {refusal}")
    else:
        messages.success(request, f"{line.name}\u202f: ce chiffre est de nouveau celui du catalogue.")
    return redirect("garden:crop", request.ecopole.slug, line.code)


@needs("run_garden")
def add_crop(request: EcopoleRequest) -> HttpResponse:
    form = CropForm(request.POST or None, known=queries.catalogue(request.ecopole))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            added = actions.add_crop(
                ecopole=request.ecopole,
                code=form.code(said["name"]),
                name=said["name"],
                family=said["family"],
                product=said["product"],
                figures=form.figures(),
                reason=said["reason"],
            )
        except actions.FiguresRefused as refusal:
            for name, why in refusal.errors.items():
                form.add_error(name, why)
        else:
            messages.success(request, f"{added.name} est au catalogue.")
            return redirect("garden:crop", request.ecopole.slug, added.code)
    context = {"form": form}
    return render(request, "garden/catalogue_add.html", context, status=422 if form.errors else 200)


@needs("see_garden")
def crops_file(request: EcopoleRequest) -> HttpResponse:
    """The catalogue as a French spreadsheet opens it."""
    lines = queries.catalogue(request.ecopole).values()
    return sent(write_catalogue(lines), CSV, f"catalogue-{request.ecopole.slug}.csv")


@needs("run_garden")
def import_crops(request: EcopoleRequest) -> HttpResponse:
    """A sheet of figures: read, counted against what is known, then kept when one confirms."""
    known = queries.catalogue(request.ecopole)
    context: dict[str, Any] = {"columns": COLUMNS, "form": SheetForm()}
    if request.method != "POST":
        return render(request, "garden/catalogue_import.html", context)
    form, data = sheet_asked(request, "gardez la feuille du catalogue seule.")
    if data is None:
        return render(request, "garden/catalogue_import.html", {**context, "form": form}, status=422)
    try:
        choices = read_catalogue(data, known)
    except SheetRefused as refusal:
        found = {**context, "errors": refusal.errors}
        return render(request, "garden/catalogue_import.html", found, status=422)
    if not request.POST.get("text"):
        return render(request, "garden/catalogue_import.html", context | _preview(choices, known, data))
    dated = f"tableur du {format_date(request.today)}"
    choices = {
        code: (figures, reason or known[code].reason or dated) for code, (figures, reason) in choices.items()
    }
    changed = actions.import_catalogue(
        ecopole=request.ecopole, choices=choices, crops=known, by=request.user, at=request.now
    )
    said = {0: "Rien ne change", 1: "Une culture change"}.get(changed, f"{changed} cultures changent")
    messages.success(request, f"Tableur lu\u202f: {said}.")
    return redirect("garden:crops", request.ecopole.slug)


def _preview(
    choices: dict[str, tuple[dict[str, Any], str]], known: dict[str, CropLine], data: bytes
) -> dict[str, Any]:
    """What the file would change, figure by figure, before anything is written."""
    changes = []
    for code, (figures, _) in choices.items():
        line = known[code]
        for _, named in FIGURES.values():
            for name, (label, unit) in named.items():
                before, after = getattr(line, name), figures.get(name, line.reference[name])
                if before != after or (name in line.chosen) != (name in figures):
                    changes.append((line, label, shown(before), shown(after), unit, name in figures))
    return {
        "text": text_of(data),
        "changes": changes,
        "read": len(choices),
        "crops": len({change[0].code for change in changes}),
        "chosen": sum(1 for change in changes if change[5]),
        "returned": sum(1 for change in changes if not change[5]),
    }
