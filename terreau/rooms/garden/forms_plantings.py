"""What is typed of plantings: a crop on a bed, where and when it moves, why it ends."""

import re
from datetime import date
from itertools import groupby
from typing import Any

from django import forms

from terreau.measures.french import FrenchEntryError, parse_date
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.forms_land import LENGTH_MAX, Metres
from terreau.rooms.garden.models import NoteKind
from terreau.rooms.garden.queries import BedLine, CropLine, NewPlanting, PlantingLine
from terreau.territory.asked import YEARS
from terreau.territory.forms import FrenchField

WRITTEN = re.compile(r"(?:s|sem\.?|semaine)?\s*(\d{1,2})(?:\s*/\s*|\s*-\s*|\s+de\s+|\s+)(\d{4})")
REASON_MAX = 200
HOW = "comme semaine 14 2027, S14/2027, ou un jour de cette semaine\u202f: 05/04/2027"


class WeekField(FrenchField):
    """A week: « semaine 14 2027 », « S14/2027 », « 2027-W14 », or one of its days."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off", "placeholder": "semaine 14 2027"}

    def read(self, text: str) -> IsoWeek:
        try:
            week = _week(text.strip().lower())
        except FrenchEntryError as error:
            raise FrenchEntryError(f"{error} Ou une semaine, comme semaine 14 2027.") from error
        except ValueError as error:
            raise FrenchEntryError(str(error)) from error
        if week.year not in YEARS:
            raise FrenchEntryError(f"L’année {week.year} est trop loin\u202f: vérifiez-la.")
        return week

    def prepare_value(self, value: Any) -> Any:
        return f"semaine {value.week} {value.year}" if isinstance(value, IsoWeek) else value


def _week(typed: str) -> IsoWeek:
    if match := WRITTEN.fullmatch(typed):
        return IsoWeek(int(match[2]), int(match[1]))
    if "w" in typed:
        return IsoWeek.parse(typed.upper())
    return IsoWeek.of(parse_date(typed))


class _OnABed(forms.Form):
    """A week, a bed among those open, a length of it; a reason where a rule advises against."""

    bed = forms.TypedChoiceField(label="Planche", coerce=int)
    week = WeekField(label="Mise en place", help_text=HOW)
    length = Metres(label="Longueur", max_value=LENGTH_MAX)
    reason = forms.CharField(label="Pourquoi passer outre", max_length=REASON_MAX, required=False)

    def __init__(self, *args: Any, land: list[BedLine], today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.beds = {bed.place_id: bed for bed in land if bed.open_on(today)}
        groups = groupby(self.beds.values(), lambda bed: f"{bed.plot} · bloc {bed.block}")
        field = self.fields["bed"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            ("", "Choisir…"),
            *((group, [(b.place_id, f"{b.name} ({b.length_m.normalize():f}\u00a0m)".replace(".", ","))
                       for b in beds]) for group, beds in groups),
        ]  # fmt: skip

    @property
    def place(self) -> BedLine:
        return self.beds[self.cleaned_data["bed"]]


class PlantingForm(_OnABed):
    crop = forms.ChoiceField(label="Culture")
    variety = forms.CharField(label="Variété", max_length=80, required=False)
    field_order = ["crop", "variety", "bed", "week", "length", "reason"]

    def __init__(self, *args: Any, crops: dict[str, CropLine], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.crops = crops
        field = self.fields["crop"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choisir…"), *((code, crop.name) for code, crop in crops.items())]
        self.fields["length"].required = False
        self.fields["length"].help_text = "vide\u202f: toute la planche"

    def planting(self) -> NewPlanting:
        said = self.cleaned_data
        return NewPlanting(
            self.crops[said["crop"]], self.place, said["week"], said["length"] or self.place.length_m,
            variety=said["variety"], reason=said["reason"],
        )  # fmt: skip


class MoveForm(_OnABed):
    """Where and when what is only planned should stand."""

    def __init__(self, *args: Any, planting: PlantingLine, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = {
            "bed": planting.place_id, "week": planting.planted, "length": planting.length_m,
            "reason": planting.reason,
        }  # fmt: skip


class DropForm(forms.Form):
    reason = forms.CharField(label="Pourquoi", max_length=REASON_MAX, required=False)


class EndForm(forms.Form):
    kind = forms.ChoiceField(
        label="Que s’est-il passé",
        choices=[(NoteKind.FINISHED, "Elle est terminée"), (NoteKind.FAILED, "Elle est perdue")],
        widget=forms.RadioSelect,
        initial=NoteKind.FINISHED,
    )
    text = forms.CharField(label="Ce qui a été vu", max_length=500, required=False)
