"""What is negotiated with the State, and what the accounts and the payroll say once a year."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from terreau.measures.money import Money
from terreau.rooms.insertion.forms import Entry
from terreau.rooms.insertion.hours_forms import AmountField
from terreau.territory.forms import DateFieldFr, DecimalFieldFr

HOURS_MAX = 100_000


def _percent(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=f"{label} (%)", required=False, min_value=0, max_value=100, help_text=help_text
    )


def _hours(label: str) -> DecimalFieldFr:
    return DecimalFieldFr(label=label, required=False, places_max=2, min_value=0, max_value=HOURS_MAX)


def _etp(label: str) -> DecimalFieldFr:
    return DecimalFieldFr(label=label, required=False, places_max=2, min_value=0, max_value=Decimal(1000))


class TargetsForm(Entry):
    """As the annexe writes them; what is left empty was not negotiated."""

    target_dynamic = _percent("Objectif de sorties dynamiques")
    target_durable = _percent("Objectif d’emploi durable")
    supervisors_etp = _etp("ETP d’encadrement technique")
    counsellors_etp = _etp("ETP d’accompagnement")
    cdi_inclusion = forms.IntegerField(label="Postes de CDI inclusion", min_value=0, max_value=1000)
    cdi_derogation = forms.BooleanField(
        label="Dérogation du préfet au plafond de CDI inclusion", required=False
    )


class YearSaidForm(Entry):
    """From the accounts and the payroll, as many times as wanted in the year."""

    until = DateFieldFr(label="Arrêté au")
    charges = AmountField(label="Charges de l’activité, à cette date")
    charges_to_come = AmountField(label="Charges à venir d’ici la fin de l’année", required=False)
    receipts_apart = AmountField(
        label="Recettes commerciales hors du grand livre", required=False,
        help_text="celles du grand livre sont comptées toutes seules",
    )  # fmt: skip
    receipts_to_come = AmountField(label="Recettes à venir d’ici la fin de l’année", required=False)
    cap = _percent("Plafond par dérogation du préfet")
    modulated = _percent("Part modulée de l’aide", "fixée chaque année par le préfet")
    procurement = AmountField(label="Chiffre d’affaires des marchés publics à clause", required=False)
    supervisors_hours = _hours("Heures d’encadrement technique permanent")
    counsellors_hours = _hours("Heures d’accompagnement permanent")
    others_hours = _hours("Heures de personnes non salariées (hors bénévoles)")
    providers_hours = _hours("Heures de prestataires")

    def __init__(self, data: Any, *, on: date, year: int, **kwargs: Any):
        super().__init__(data, on=on, **kwargs)
        self.year = year

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if (until := said.get("until")) and until.year != self.year:
            self.add_error("until", f"Une date de {self.year}, s’il vous plaît.")
        for name in ("charges", "charges_to_come", "receipts_apart", "receipts_to_come", "procurement"):
            if name in said:
                said[name] = said[name] or Money(0)
                if said[name].cents < 0:
                    self.add_error(name, "Un montant ne descend pas sous 0\u00a0€.")
        return said
