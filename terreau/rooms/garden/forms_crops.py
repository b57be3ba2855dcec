"""What is typed of the catalogue: figures in place of the reference, a crop of one's own, a sheet."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from terreau.rooms.garden.catalogue_files import CYCLES_MAX, REASON_MAX
from terreau.rooms.garden.crops import READERS
from terreau.rooms.garden.families import KNOWN
from terreau.rooms.garden.forms import GROWN, OneOf
from terreau.rooms.garden.queries import CropLine
from terreau.territory.queries import products

# Label and unit of each figure, by the group that shares a source.
FIGURES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "windows": ("Fenêtres de culture", {
        "field_cycles": ("Cycles en plein champ", ""),
        "field_harvest_weeks": ("Récolte en plein champ", "sem."),
        "tunnel_cycles": ("Cycles en tunnel", ""),
        "tunnel_harvest_weeks": ("Récolte en tunnel", "sem."),
    }),
    "yield": ("Rendement", {
        "yield_low": ("Bas", "kg/m²"), "yield_likely": ("Probable", "kg/m²"),
        "yield_high": ("Haut", "kg/m²"),
    }),
    "spacing": ("Implantation", {
        "rows": ("Rangs par planche", "rangs"), "spacing_cm": ("Écart sur le rang", "cm"),
        "plants_m2": ("Plants ou graines", "/m²"),
    }),
    "rotation": ("Rotation", {"return_years": ("Délai de retour", "ans")}),
    "storage": ("Garde", {"storage_weeks": ("Garde au froid", "sem.")}),
    "labour": ("Travail", {
        "establish_hours": ("Mise en place", "h/100 m²"), "upkeep_hours": ("Entretien", "h/100 m²"),
        "harvest_hours": ("Récolte et lavage", "h/100 kg"),
    }),
    "price": ("Prix", {
        "price_low": ("Bas", "€/kg"), "price": ("Courant", "€/kg"), "price_high": ("Haut", "€/kg"),
    }),
    "portion": ("Panier", {"portion_kg": ("Portion", "kg")}),
}  # fmt: skip
CYCLES_HELP = "Mise en place > récolte, en semaines\u202f: 11-14>20-29, séparés par «\u202f;\u202f»."


class FigureField(forms.CharField):
    """A figure read as the sheet reads it; nothing typed follows the reference."""

    def __init__(self, name: str, label: str, unit: str):
        cycles = name.endswith("cycles")
        super().__init__(
            label=label, required=False, max_length=CYCLES_MAX if cycles else 40,
            help_text=CYCLES_HELP if cycles else "",
        )  # fmt: skip
        self.unit_symbol = unit
        self.figure = name
        self.widget.attrs |= {"autocomplete": "off"} | ({} if cycles else {"inputmode": "decimal"})

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return READERS[self.figure](typed.removesuffix(self.unit_symbol).strip())
        except ValueError as error:
            raise ValidationError(str(error)) from error


class FiguresForm(forms.Form):
    """Every figure of a crop; the reference shows where nothing is typed."""

    reason = forms.CharField(
        label="D’où vient ce choix",
        max_length=REASON_MAX,
        required=False,
        help_text="nos récoltes de 2025, un essai, un conseil…",
    )

    def __init__(self, *args: Any, references: dict[str, str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for _, figures in FIGURES.values():
            for name, (label, unit) in figures.items():
                field = FigureField(name, label, unit)
                field.widget.attrs["placeholder"] = (references or {}).get(name, "")
                self.fields[name] = field

    def figures(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in READERS}

    def groups(self) -> list[tuple[str, list[Any]]]:
        return [(title, [self[name] for name in figures]) for title, figures in FIGURES.values()]


class CropForm(FiguresForm):
    """A crop of the écopôle's own; what is not known stays blank."""

    name = forms.CharField(label="Nom", max_length=80)
    family = forms.ChoiceField(
        label="Famille botanique", choices=[("", "Choisir…"), *((k, f.name) for k, f in KNOWN.items())]
    )
    product = OneOf(label="Récoltée comme")

    def __init__(self, *args: Any, known: dict[str, CropLine], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known = known
        offered = self.fields["product"]
        assert isinstance(offered, OneOf)
        offered.offer((row, row.name) for row in products(GROWN))

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not name[:1].isalpha() or not slugify(name):
            raise ValidationError("Commencez le nom par une lettre.")
        if (known := self.known.get(self.code(name))) is not None:
            raise ValidationError(
                f"«\u202f{known.name}\u202f» est déjà au catalogue\u202f: choisissez un autre nom."
            )
        return name

    @staticmethod
    def code(name: str) -> str:
        return slugify(name)[:40]
