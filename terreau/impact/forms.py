"""What is typed of the accounts: a figure, and the reason why one is withdrawn."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from terreau.impact.actions import Figure
from terreau.impact.models import PLACED, UNITS, Funder, Said
from terreau.territory.forms import DecimalFieldFr
from terreau.territory.models import Commune, Ecopole

ELSEWHERE = "ailleurs"
AMOUNT_MAX = 9_999_999
# Beside what is asked of every kind.
ASKED = {Said.PURCHASE: ("commune", "supplier", "ape"), Said.GRANT: ("funder",)}
PLAIN = ("amount", "source")


class FigureForm(forms.Form):
    """Only what the kind needs is asked; where money goes may be left empty when nobody knows."""

    amount = DecimalFieldFr(label="Montant de l’année", max_value=AMOUNT_MAX)
    funder = forms.ChoiceField(label="Versée par", choices=[("", "Choisir…"), *Funder.choices])
    supplier = forms.CharField(label="Fournisseur", max_length=120, required=False)
    ape = forms.CharField(
        label="Code APE du fournisseur", max_length=6,
        help_text="sur ses factures, comme 01.13Z\u202f: il dit la branche",
    )  # fmt: skip
    commune = forms.CharField(
        label="Commune", max_length=120, required=False,
        widget=forms.TextInput(attrs={"list": "communes", "autocomplete": "off"}),
        help_text="celle où va l’argent, ou d’où il vient\u202f; «\u202failleurs\u202f» s’il sort du "
        "département\u202f; vide si personne ne sait",
    )  # fmt: skip
    source = forms.CharField(
        label="D’où vient le chiffre", max_length=200, help_text="journal de paie, notification, facture…"
    )

    def __init__(self, data: Any, *, ecopole: Ecopole, year: int, kind: Said):
        super().__init__(data)
        self.ecopole, self.year, self.kind = ecopole, year, kind
        kept = (*PLAIN, *ASKED.get(kind, ("commune",) if kind in PLACED else ()))
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        amount = self.fields["amount"]
        assert isinstance(amount, DecimalFieldFr)
        amount.unit_symbol = UNITS[kind]

    def clean_commune(self) -> Commune | None:
        """None is nobody knows, or elsewhere: `figure` tells them apart."""
        typed = self.cleaned_data["commune"].strip()
        if not typed or typed.lower() == ELSEWHERE:
            return None
        around = Commune.objects.filter(departement=self.ecopole.commune.departement, name__iexact=typed)
        found = around.defer("contour").first()
        if found is None:
            raise ValidationError(
                f"«\u202f{typed}\u202f» n’est pas une commune connue du département. Choisissez-la dans la "
                "liste, ou écrivez «\u202failleurs\u202f»."
            )
        return found

    def figure(self) -> Figure:
        said = dict(self.cleaned_data)
        elsewhere = self.data.get("commune", "").strip().lower() == ELSEWHERE and "commune" in self.fields
        return Figure(year=self.year, kind=self.kind, elsewhere=elsewhere, **said)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Pourquoi la retirer", max_length=200)
