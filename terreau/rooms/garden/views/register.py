"""The organic register: the year as an inspector reads it, and what is brought to the ground."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime

from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date, format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.models import FieldInput, FieldNote, InputKind, InputStatus, NoteKind
from terreau.rooms.garden.queries import register as facts
from terreau.rooms.garden.views.tasks import garden_asked
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.forms import DateFieldFr, DecimalFieldFr
from terreau.territory.models import Agent, Quality
from terreau.territory.papers import printed
from terreau.territory.queries import bed_order

PARTS = {
    "bilan": "Bilan des quantités",
    "parcelles": "Parcelles",
    "semences": "Semences et plants",
    "apports": "Apports",
    "cultures": "Mises en place",
    "pertes": "Pertes et observations",
    "recoltes": "Récoltes",
}


def _year(request: EcopoleRequest, years: list[int]) -> int:
    typed = request.GET.get("annee", str(years[0]))
    if typed not in map(str, years):
        raise Http404("annee")
    return int(typed)


@needs("see_garden")
def register(request: EcopoleRequest) -> HttpResponse:
    """One part of the year at a time: what an inspector asks for, one question after the other."""
    garden = garden_asked(request)
    years = facts.years(garden, request.today)
    year, part = _year(request, years), request.GET.get("partie", "bilan")
    if part not in PARTS:
        raise Http404("partie")
    product = request.GET.get("produit", "")
    context = {
        "garden": garden,
        "year": year,
        "years": years,
        "parts": PARTS,
        "part": part,
        "product": product,
        "until": _until(request, year),
    } | _part(garden, year, part, product)
    return render(request, "garden/register.html", context)


def _until(request: EcopoleRequest, year: int) -> str:
    return "aujourd’hui" if year == request.today.year else "au 31 décembre"


# Parts told by one question about the year, under the name their template gives it.
TOLD = {
    "bilan": ("balances", facts.mass_balance),
    "cultures": ("settings_up", facts.settings_up),
    "pertes": ("notes", facts.notes),
}


def _part(garden: Agent, year: int, part: str, product: str) -> dict[str, Any]:
    if part in TOLD:
        name, ask = TOLD[part]
        return {name: ask(garden, year)}
    if part == "parcelles":
        return {"plots": facts.plots(garden)}
    if part != "recoltes":
        return {"inputs": _together(facts.inputs(garden, year, seeds=part == "semences"))}
    if product:
        return {"lots": facts.harvested_lots(garden, year, product)}
    return {"harvested": facts.harvested(garden, year)}


@needs("see_garden")
def register_pdf(request: EcopoleRequest) -> HttpResponse:
    """The whole year on paper."""
    garden = garden_asked(request)
    year = _year(request, facts.years(garden, request.today))
    return printed("garden/registre.typ", _on_paper(request, garden, year), f"registre-{year}")


def _on_paper(request: EcopoleRequest, garden: Agent, year: int) -> dict[str, Any]:
    last = format_date(request.today) if year == request.today.year else f"31/12/{year}"
    return {
        "garden": garden.name,
        "where": str(garden.commune or ""),
        "period": f"du 01/01/{year} au {last}",
        "year": str(year),
        "until": _until(request, year),
        "printed": format_date(request.today),
        "footer": f"{request.ecopole.name} · {garden.name} · registre bio {year}",
        "balances": [_balance(row) for row in facts.mass_balance(garden, year)],
        "plots": [
            {
                "name": plot.name,
                "about": [
                    str(plot.commune or ""),
                    plot.reference,
                    f"{format_decimal(plot.area_m2 / 10_000, places=2)} ha" if plot.area_m2 else "",
                ],
                "statuses": [
                    [format_date(s.since), s.get_status_display(), s.proof] for s in plot.statuses.all()
                ],
            }
            for plot in facts.plots(garden)
        ],
        "seeds": _inputs_told(facts.inputs(garden, year, seeds=True)),
        "inputs": _inputs_told(facts.inputs(garden, year, seeds=False)),
        "settings_up": [
            [format_date(row.day), row.place, row.crop, row.variety, f"{format_decimal(row.length_m)} m"]
            for row in facts.settings_up(garden, year)
        ],
        "notes": [_note(row) for row in facts.notes(garden, year)],
        "harvested": [
            [
                row.product,
                row.quality.label,
                str(row.lots),
                f"{format_date(row.first)} – {format_date(row.last)}",
                _long(row.quantity, row.unit),
            ]
            for row in facts.harvested(garden, year)
        ],
        "lots": [
            [
                format_date(row.day),
                row.lot,
                row.product,
                row.place.removeprefix("Planche "),
                QUALITY_SHORT[row.quality],
                _long(row.quantity, row.unit),
            ]
            for row in facts.harvested_lots(garden, year)
        ],
    }


def _balance(row: facts.Balance) -> list[str]:
    amounts = (row.start, row.harvested, row.received, row.transferred, row.used, row.lost, row.end)
    told = [_long(amount, row.unit) if amount else "–" for amount in amounts]
    return [row.product, row.quality.label, *told, _long(row.difference, row.unit)]


QUALITY_SHORT = {Quality.ORGANIC: "bio", Quality.CONVERSION: "C2", Quality.CONVENTIONAL: "conv."}


def _long(amount: Any, unit: str) -> str:
    return format_quantity(Quantity(amount, Unit(unit)))


@dataclass(frozen=True)
class InputLine:
    """What was brought the same day from the same lot, with its beds: one line of the register."""

    row: FieldInput
    where: str
    quantity: Decimal


def _together(rows: list[FieldInput]) -> list[InputLine]:
    groups: dict[tuple[Any, ...], list[FieldInput]] = {}
    for row in rows:
        same = (row.applied_on, row.kind, row.name, row.supplier, row.lot, row.unit, row.status, row.proof)
        undone = (row.withdraws_id, hasattr(row, "withdrawn_by") and row.pk)
        crop = row.planting.detail["name"] if row.planting else ""
        groups.setdefault((*same, *undone, crop), []).append(row)
    return [_input_line(together) for together in groups.values()]


def _input_line(together: list[FieldInput]) -> InputLine:
    names = dict.fromkeys(one.place.name.removeprefix("Planche ") for one in together)
    beds = ", ".join(sorted(names, key=bed_order))
    return InputLine(together[0], beds, sum((one.quantity for one in together), Decimal(0)))


def _inputs_told(rows: list[FieldInput]) -> list[list[str]]:
    return [_input(line) for line in _together(rows)]


def _input(line: InputLine) -> list[str]:
    row = line.row
    return [
        format_date(row.applied_on),
        line.where,
        ("retire\u202f: " if row.withdraws_id else "") + row.name,
        f"{row.supplier} · {row.lot}".strip(" ·"),
        f"{'−' if row.withdraws_id else ''}{format_decimal(line.quantity)} {row.unit}",
        row.get_status_display(),
        row.proof,
    ]


def _note(row: FieldNote) -> list[str]:
    about = row.planting.detail["name"] if row.planting else ""
    return [
        format_date(localtime(row.occurred_at).date()),
        row.place.name.removeprefix("Planche "),
        about,
        _nature(row),
        row.text,
    ]


def _nature(row: FieldNote) -> str:
    """What is withdrawn stays, and is said so beside it."""
    if row.withdraws is not None:
        return f"retire\u202f: {format_date(localtime(row.withdraws.occurred_at).date())}"
    told = [row.get_kind_display()] if row.kind != NoteKind.OBSERVATION else []
    return ", ".join([*told, "retirée"] if hasattr(row, "withdrawn_by") else told)


class InputForm(forms.Form):
    """What was brought: where is a whole block, or some beds."""

    kind = forms.ChoiceField(label="Nature", choices=InputKind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label="Produit", max_length=120)
    supplier = forms.CharField(label="Fournisseur", max_length=120, required=False)
    lot = forms.CharField(label="Lot", max_length=60, required=False)
    quantity = DecimalFieldFr(label="Quantité", min_value=0, max_value=1_000_000)
    unit = forms.CharField(
        label="Unité", max_length=12, widget=forms.TextInput(attrs={"placeholder": "kg, g, l, plants"})
    )
    status = forms.ChoiceField(label="Statut", choices=InputStatus.choices, widget=forms.RadioSelect)
    proof = forms.CharField(
        label="Justificatif",
        max_length=200,
        required=False,
        help_text="facture, certificat ; pour une dérogation, son numéro",
    )
    applied_on = DateFieldFr(label="Apporté le")
    block = forms.ChoiceField(label="Tout un bloc", required=False)
    beds = forms.MultipleChoiceField(label="Ou des planches", required=False)
    planting = forms.ChoiceField(label="Culture", required=False, help_text="si l’apport est pour elle seule")

    def __init__(
        self,
        *args: Any,
        land: list[queries.BedLine],
        standing: list[queries.PlantingLine],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.land = land
        self.standing = {str(planting.id): planting for planting in standing}
        names = {bed.place_id: bed.name for bed in land}
        blocks = {str(bed.block_id): f"Bloc {bed.block} · {bed.plot}" for bed in land}
        growing = [(pk, f"{names.get(p.place_id, '')} · {p.name}") for pk, p in self.standing.items()]
        offered: dict[str, list[tuple[str, str]]] = {
            "block": [("", "Choisir…"), *blocks.items()],
            "beds": [(str(bed.place_id), bed.name) for bed in land],
            "planting": [("", "Aucune en particulier"), *growing],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def where(self) -> tuple[list[queries.BedLine], int | None]:
        """The beds chosen, and the planting; a planting alone says its bed."""
        block, beds = self.cleaned_data["block"], set(self.cleaned_data["beds"])
        planting = self.standing.get(self.cleaned_data["planting"])
        if planting is not None and not block and not beds:
            beds = {str(planting.place_id)}
        chosen = [bed for bed in self.land if str(bed.block_id) == block or str(bed.place_id) in beds]
        return chosen, planting.id if planting else None

    def new(self) -> actions.NewInput:
        said = self.cleaned_data
        kept = ("name", "supplier", "lot", "quantity", "unit", "proof", "applied_on")
        return actions.NewInput(
            kind=InputKind(said["kind"]),
            status=InputStatus(said["status"]),
            **{name: said[name] for name in kept},
        )

    @property
    def by_block(self) -> list[tuple[str, list[queries.BedLine]]]:
        """Beds under the name of their block, to be ticked."""
        found: dict[int, list[queries.BedLine]] = {}
        for bed in self.land:
            found.setdefault(bed.block_id, []).append(bed)
        return [(beds[0].block, beds) for beds in found.values()]

    @property
    def ticked(self) -> list[int]:
        return [bed.place_id for bed in self.land if str(bed.place_id) in (self["beds"].value() or ())]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        planting = self.standing.get(values.get("planting", ""))
        elsewhere = set(values.get("beds", ())) - {str(planting.place_id)} if planting else set()
        if elsewhere or (planting and values.get("block")):
            self.add_error(
                "planting", "Cette culture est sur une seule planche\u202f: ne choisissez que celle-là."
            )
        return values


# The latest lines; the register has them all.
SHOWN = 60


def _input_form(request: EcopoleRequest, garden: Agent) -> InputForm:
    week = IsoWeek.of(request.today)
    lines = queries.plantings(request.ecopole, first=week, last=week, today=request.today, agent=garden)
    return InputForm(
        request.POST or None,
        land=[bed for bed in queries.beds(request.ecopole, garden) if bed.open_on(request.today)],
        standing=[line for line in lines if line.state in STANDING],
        initial={
            "applied_on": request.today,
            "kind": InputKind.FERTILISER,
            "status": InputStatus.ORGANIC,
        },
    )


STANDING = (queries.PlantingState.PLANNED, queries.PlantingState.GROWING)


def _inputs(request: EcopoleRequest, garden: Agent, form: InputForm | None) -> HttpResponse:
    rows = facts.inputs(garden, request.today.year)[::-1]
    lines = [_input_line([row]) for row in rows[:SHOWN]]
    context = {"garden": garden, "form": form, "rows": lines, "more": len(rows) > SHOWN}
    return render(request, "garden/inputs.html", context, status=422 if form and form.errors else 200)


@needs("see_garden")
def inputs(request: EcopoleRequest) -> HttpResponse:
    """What was brought this year, the latest first, and the form to add to it."""
    garden = garden_asked(request)
    form = _input_form(request, garden) if "run_garden" in request.abilities else None
    return _inputs(request, garden, form)


@needs("run_garden")
def add_input(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("garden:inputs", request.ecopole.slug)
    garden = garden_asked(request)
    form, key = _input_form(request, garden), form_key(request.POST)
    if not form.is_valid():
        return _inputs(request, garden, form)
    beds, planting_id = form.where()
    try:
        rows = actions.add_input(
            ecopole=request.ecopole,
            garden=garden,
            new=form.new(),
            beds=beds,
            planting_id=planting_id,
            by=request.user,
            at=request.now,
            key=key,
        )
    except actions.InputRefused as refusal:
        form.add_error(None, str(refusal))
        return _inputs(request, garden, form)
    where = str(rows[0].place) if len(rows) == 1 else f"{len(rows)} planches"
    messages.success(request, f"{rows[0].name}, {where}\u202f: c’est noté.")
    return redirect("garden:inputs", request.ecopole.slug)


@needs("run_garden")
def withdraw_input(request: EcopoleRequest) -> HttpResponse:
    """A line that was wrong: its contrary is written, with the reason."""
    garden = garden_asked(request)
    typed = request.POST.get("line") or request.GET.get("line", "")
    rows = FieldInput.objects.filter(ecopole=request.ecopole, agent=garden).select_related("place")
    wrong = rows.filter(pk=row_asked(typed)).first()
    if wrong is None:
        raise Http404("apport")
    error = ""
    if request.method == "POST":
        try:
            actions.withdraw_input(
                ecopole=request.ecopole,
                wrong=wrong,
                reason=request.POST.get("reason", "")[:200],
                by=request.user,
                at=request.now,
                key=form_key(request.POST),
            )
        except actions.InputRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{wrong.name}, {wrong.place}\u202f: ligne retirée.")
            return redirect(reverse("garden:inputs", args=[request.ecopole.slug]))
    amount = f"{format_decimal(wrong.quantity)} {wrong.unit}"
    context = {
        "title": "Retirer cette ligne",
        "about": f"{wrong.name} · {wrong.place} · {amount} · {format_date(wrong.applied_on)}",
        "back": (reverse("garden:inputs", args=[request.ecopole.slug]), "Apports"),
        "after": "La ligne reste au registre, avec son contraire et la raison\u202f: rien ne s’efface.",
        "line": wrong.pk,
        "error": error,
        "typed": request.POST.get("reason", ""),
    }
    return render(request, "web/withdraw.html", context, status=422 if error else 200)
