"""What is typed of hours, of the convention and of its payments."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from terreau.measures.french import FrenchEntryError, parse_money
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion.forms import CHOOSE, Entry
from terreau.rooms.insertion.hours import Slot
from terreau.rooms.insertion.models import AnnexState, HoursKind, Participant
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr

DAY_HOURS_MAX = 24
AMOUNT_MAX = Money.from_euros(10_000_000)


class AmountField(MoneyFieldFr):
    """What a convention is worth, or what it pays."""

    def read(self, text: str) -> Money:
        amount = parse_money(text)
        if abs(amount.cents) > AMOUNT_MAX.cents:
            raise FrenchEntryError(f"{amount}\u202f: c’est trop, vérifiez le nombre de chiffres.")
        return amount


class SheetForm(forms.Form):
    """Per person and day: hours worked, hours of absence, and of which kind.

    A reason alone says the whole day; one for the week, every day of it.
    """

    def __init__(
        self, data: Any, *, people: Sequence[Participant], week: IsoWeek, known: Mapping[Slot, Decimal]
    ):
        super().__init__(data)
        self.people, self.days = people, week.days
        kinds = listed("hour_kinds", week.monday)
        self.absences = [(code, row["label"]) for code, row in kinds.items() if code != HoursKind.WORKED]
        for person in people:
            self.fields[f"all-{person.pk}"] = forms.ChoiceField(
                required=False, choices=[("", "selon les jours"), *self.absences]
            )
            for day in week.days:
                worked, absent, kind = self._names(person, day)
                for name in (worked, absent):
                    self.fields[name] = DecimalFieldFr(
                        required=False, places_max=2, min_value=0, max_value=DAY_HOURS_MAX
                    )
                self.fields[kind] = forms.ChoiceField(required=False, choices=[("", "–"), *self.absences])
                for (pk, on, code), hours in known.items():
                    if (pk, on) == (person.pk, day):
                        self.initial[worked if code == HoursKind.WORKED else absent] = hours
                        if code != HoursKind.WORKED:
                            self.initial[kind] = code

    @staticmethod
    def _names(person: Participant, day: date) -> tuple[str, str, str]:
        return f"w{person.pk}-{day}", f"a{person.pk}-{day}", f"k{person.pk}-{day}"

    def rows(self, person: Participant) -> list[tuple[date, Any, Any, Any]]:
        """The days of a person, with their three entries."""
        found = []
        for day in self.days:
            worked, absent, kind = (self[name] for name in self._names(person, day))
            found.append((day, worked, absent, kind))
        return found

    def whole(self, person: Participant) -> Any:
        return self[f"all-{person.pk}"]

    def is_wrong(self, person: Participant) -> bool:
        names = {name for day in self.days for name in self._names(person, day)}
        return bool(names & self.errors.keys())

    def clean(self) -> dict[str, Any]:
        for person in self.people:
            week = self.cleaned_data.get(f"all-{person.pk}")
            for day in self.days:
                self._clean_day(*self._names(person, day), week=week or "")
        return self.cleaned_data

    def _clean_day(self, worked: str, absent: str, kind: str, *, week: str) -> None:
        said = self.cleaned_data
        hours, code = said.get(absent), said.get(kind)
        taken = said.get(worked) or self.initial.get(worked)
        if week and (hours or said.get(worked)):
            said |= {absent: hours or said[worked], kind: week, worked: None}
        elif code and not hours and taken and not {worked, absent} & self.errors.keys():
            said |= {absent: taken, worked: None}
        elif code and not hours and absent not in self.errors:
            self.add_error(absent, "Combien d’heures\u202f?")
        elif hours and not code and kind not in self.errors:
            self.add_error(kind, "Choisissez le motif de l’absence.")

    def asked(self) -> dict[Slot, Decimal]:
        found: dict[Slot, Decimal] = {}
        for person in self.people:
            for day in self.days:
                worked, absent, kind = (self.cleaned_data.get(name) for name in self._names(person, day))
                if worked:
                    found[person.pk, day, str(HoursKind.WORKED)] = worked
                if absent:
                    found[person.pk, day, str(kind)] = absent
        return found


class AnnexForm(Entry):
    number = forms.CharField(label="Numéro", max_length=17, help_text="comme ACI062260013A0M1")
    state = forms.ChoiceField(label="État", choices=[CHOOSE, *AnnexState.choices])
    starts_on = DateFieldFr(label="Commence le")
    ends_on = DateFieldFr(label="Finit le", required=False)
    monthly_etp = DecimalFieldFr(
        label="ETP mensuels conventionnés", places_max=3, min_value=Decimal("0.01"), max_value=1000
    )
    unit_amount = AmountField(label="Montant annuel par ETP")
    departement_amount = AmountField(label="Part du département", required=False)
    cdi_derogation = forms.BooleanField(
        label="Dérogation du préfet\u202f: jusqu’à 30\u00a0% des postes en CDI inclusion", required=False
    )
    regularised_after = forms.CharField(
        label="Mois de régularisation", required=False, max_length=40,
        help_text="rangs des mois de l’annexe, par exemple 5, 10, 12",
    )  # fmt: skip

    def clean_regularised_after(self) -> list[int]:
        typed = self.cleaned_data["regularised_after"]
        if not typed:
            return []
        if not re.fullmatch(r"\d{1,2}(\s*[,;]\s*\d{1,2})*", typed, re.ASCII):
            raise forms.ValidationError("Écrivez les rangs des mois, par exemple 5, 10, 12.")
        ranks = sorted({int(rank) for rank in re.findall(r"\d+", typed)})
        if not 1 <= ranks[0] <= ranks[-1] <= 37:
            raise forms.ValidationError("Un rang va de 1 à 37, le mois qui suit trois ans.")
        return ranks

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if start and not end and "ends_on" not in self.errors:
            self.cleaned_data["ends_on"] = end = date(start.year, 12, 31)
        self.in_order()
        if start and end and end.year - start.year > 3:
            self.add_error("ends_on", "Une annexe dure un an, trois au plus.")
        amount = self.cleaned_data.get("unit_amount")
        if amount is not None and amount.cents <= 0:
            self.add_error("unit_amount", "Le montant par ETP doit dépasser 0\u00a0€.")
        return self.cleaned_data


class AidForm(Entry):
    received_on = DateFieldFr(label="Reçu le")
    amount = AmountField(label="Montant", help_text="négatif\u202f: une somme reprise, ou une erreur annulée")
    regularisation = forms.BooleanField(label="C’est une régularisation", required=False)

    def clean_amount(self) -> Any:
        if not self.cleaned_data["amount"].cents:
            raise forms.ValidationError("Le montant reçu n’est pas de 0\u00a0€.")
        return self.cleaned_data["amount"]
