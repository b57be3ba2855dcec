"""What is typed in the kitchen."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from terreau.ledger.queries import StockLine
from terreau.ledger.refusals import LedgerRefusal
from terreau.ledger.shelf import ShelfIsShort
from terreau.measures.french import FrenchEntryError, format_quantity, parse_decimal
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.kitchen.actions import Bought, KitchenRefused, Line, Out, Read, Written
from terreau.rooms.kitchen.models import (
    Equipment,
    EquipmentKind,
    FactKind,
    Point,
    Recipe,
    RecipeVersion,
    Schedule,
    Zone,
)
from terreau.rooms.kitchen.queries.batches import Sheet
from terreau.rooms.kitchen.recipes import stuffs
from terreau.territory.forms import (
    DateFieldFr,
    DecimalFieldFr,
    MoneyFieldFr,
    WholeFieldFr,
    choose_rows,
    writer,
)
from terreau.territory.models import Agent, AgentKind, Ecopole, ProductFamily, Quality, User
from terreau.territory.queries import agents, products

LONG = forms.Textarea(attrs={"rows": 3})
LINES, CURVE_MAX = 10, 2_000
DAYS_MAX, COUNT_MAX = 3_000, 100_000
MADE = (ProductFamily.PRESERVE, ProductFamily.GROCERY)
CUSTOMERS = (AgentKind.CANTEEN, AgentKind.SHOP, AgentKind.GROCERY, AgentKind.ASSOCIATION, AgentKind.PLATFORM)
SUPPLIERS = (AgentKind.FARM, AgentKind.GARDEN, AgentKind.PLATFORM, AgentKind.SHOP, AgentKind.ASSOCIATION)


written = writer(KitchenRefused, LedgerRefusal, ShelfIsShort)


def number(label: str, **more: Any) -> DecimalFieldFr:
    return DecimalFieldFr(label=label, **({"min_value": 0, "max_value": COUNT_MAX} | more))


def choice(label: str, empty: str | None = "Choisir…", **more: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Agent.objects.none(), label=label, empty_label=empty, **more)


class RecipeForm(forms.Form):
    """One batch of a recipe: what goes in, how it is made safe, what comes out, how long it keeps."""

    name = forms.CharField(label="Dénomination", max_length=80, help_text="celle de l’étiquette")
    product = choice("Produit obtenu")
    schedule = forms.ChoiceField(label="Barème", choices=Schedule.choices, widget=forms.RadioSelect)
    core_celsius = number("À cœur", required=False, min_value=-30, max_value=150, help_text="sauf autoclave")
    core_minutes = number("Pendant", required=False, max_value=600)
    yield_low = number("Rendement bas")
    yield_likely = number("Habituel")
    yield_high = number("Haut")
    water_kg = number("Eau ajoutée", unit="kg", required=False)
    hours = number("Heures de travail", unit="hour", max_value=1_000)
    packaging = MoneyFieldFr(label="Emballage d’une unité", required=False)
    life_days = WholeFieldFr(label="Se garde (jours)", min_value=1, max_value=DAYS_MAX)
    study_days = WholeFieldFr(
        label="Étude validée (jours)", min_value=1, max_value=DAYS_MAX, required=False,
        help_text="au-delà de ce que permet le barème",
    )  # fmt: skip
    study = forms.CharField(label="Où est l’étude", max_length=200, required=False)
    steps = forms.CharField(label="Étapes", max_length=3000, widget=LONG)
    storage = forms.CharField(label="Conservation", max_length=120, help_text="celle de l’étiquette")
    equipment = forms.ModelMultipleChoiceField(
        Equipment.objects.none(), label="Matériel", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, *, ecopole: Ecopole, version: RecipeVersion | None = None):
        super().__init__(data, initial=_said_of(version) if version else {"schedule": Schedule.STERILISED})
        choose_rows(self, "product", products(MADE))
        fields: Any = self.fields
        fields["core_celsius"].unit_symbol = "°C"
        fields["core_minutes"].unit_symbol = "min"
        field = self.fields["equipment"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Equipment.objects.filter(ecopole=ecopole, closed_on=None)
        if version:
            del self.fields["name"], self.fields["product"]
        cooked = [(row.code, str(row)) for row in products() if row.code in stuffs()]
        for n in range(LINES):
            self.fields[f"product-{n}"] = forms.ChoiceField(
                label=f"Ingrédient {n + 1}", choices=[("", "–"), *cooked], required=False
            )
            self.fields[f"quantity-{n}"] = number(f"Quantité {n + 1}", required=False)
            self.fields[f"named-{n}"] = forms.BooleanField(label="dans le nom", required=False)

    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"{name}-{n}"] for name in ("product", "quantity", "named")] for n in range(LINES)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for n in range(LINES):
            code, quantity = values.get(f"product-{n}"), values.get(f"quantity-{n}")
            if code and quantity is None and f"quantity-{n}" not in self.errors:
                self.add_error(f"quantity-{n}", "Écrivez combien il en faut, ou effacez l’ingrédient.")
            if quantity and not code and f"product-{n}" not in self.errors:
                self.add_error(f"product-{n}", "Choisissez l’ingrédient, ou effacez la quantité.")
        return values

    def entry(self) -> Written:
        said = self.cleaned_data
        rows = {row.code: row for row in products()}
        lines = [
            Line(rows[code], said[f"quantity-{n}"], said[f"named-{n}"])
            for n in range(LINES)
            if (code := said[f"product-{n}"])
        ]
        plain = {
            name: said[name] for name in Written.__dataclass_fields__ if name in said and name != "equipment"
        }
        plain |= {
            "water_kg": said["water_kg"] or Decimal(0), "packaging": said["packaging"] or Money(0),
            "lines": lines, "equipment": list(said["equipment"]),
        }  # fmt: skip
        return Written(**plain)


def _said_of(version: RecipeVersion) -> dict[str, Any]:
    names = (
        "schedule", "core_celsius", "core_minutes", "yield_low", "yield_likely", "yield_high", "water_kg",
        "hours", "packaging", "life_days", "study_days", "study", "steps", "storage",
    )  # fmt: skip
    said: dict[str, Any] = {name: getattr(version, name) for name in names}
    said["equipment"] = [row.pk for row in version.equipment.all()]
    for n, row in enumerate(version.ingredients.all()):
        said |= {f"product-{n}": row.product.code, f"quantity-{n}": row.quantity, f"named-{n}": row.named}
    return said


class _VersionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.recipe)


class PlanForm(forms.Form):
    version = _VersionChoice(RecipeVersion.objects.none(), label="Recette", empty_label="Choisir…")
    planned = number("Combien", required=False, help_text="vide\u202f: une fournée de la recette")
    on = DateFieldFr(label="Jour")
    owner = choice("À façon pour", "la conserverie elle-même", required=False)

    def __init__(self, data: Any, *, ecopole: Ecopole, versions: Sequence[RecipeVersion], initial: Any):
        super().__init__(data, initial=initial)
        choose_rows(
            self,
            "version",
            RecipeVersion.objects.filter(pk__in=[v.pk for v in versions])
            .select_related("recipe")
            .order_by("recipe__name"),
        )
        choose_rows(self, "owner", agents(ecopole, [AgentKind.FARM]))


class UseForm(forms.Form):
    """So much of each lot that may go in; an empty box is none."""

    def __init__(self, data: Any, *, lines: Sequence[StockLine], filled: Mapping[tuple[int, int], Decimal]):
        super().__init__(data)
        self.lines = {f"lot-{line.lot.pk}-{line.place.pk}": line for line in lines}
        for name, line in self.lines.items():
            there = format_quantity(Quantity(line.quantity, Unit(line.product.unit)))
            whose = f", à {line.owner}" if line.owner else ""
            until = f", jusqu’au {line.keeps_until:%d/%m/%Y}" if line.keeps_until else ""
            self.fields[name] = number(
                f"{line.product} · {line.lot.code}", unit=line.product.unit, required=False,
                help_text=f"il y en a {there}{whose}{until}",
                initial=filled.get((line.lot.pk, line.place.pk)),
            )  # fmt: skip

    def taken(self) -> list[tuple[StockLine, Decimal]]:
        return [(self.lines[name], amount) for name, amount in self.cleaned_data.items() if amount]


class FinishForm(forms.Form):
    made = number("Sorti, en stock")
    samples = WholeFieldFr(label="Gardés (étuve, témoins)", min_value=0, max_value=1_000, required=False)
    hours = number("Heures de travail", unit="hour", max_value=1_000)
    water_kg = number("Eau ajoutée", unit="kg", required=False)
    trimmings_kg = number("Épluchures et parures", unit="kg", required=False)
    steam_kg = number("Évaporé", unit="kg", required=False)
    reason = forms.CharField(
        label="Pourquoi l’écart", max_length=200, required=False, help_text="si le bilan ne ferme pas"
    )

    def __init__(self, data: Any, *, sheet: Sheet):
        scale = sheet.batch.planned / sheet.version.yield_likely
        shown = {
            "made": sheet.batch.planned,
            "water_kg": (sheet.version.water_kg * scale).quantize(Decimal("0.001")),
            "hours": (sheet.version.hours * scale).quantize(Decimal("0.25")),
        }  # fmt: skip
        super().__init__(data, initial=shown)

    def out(self) -> Out:
        said = self.cleaned_data
        amounts = {name: said[name] or Decimal(0) for name in ("water_kg", "trimmings_kg", "steam_kg")}
        return Out(said["made"], said["hours"], said["samples"] or 0, reason=said["reason"], **amounts)


class CheckForm(forms.Form):
    """A critical point: a figure, or a curve typed as « minute température », line by line."""

    def __init__(self, data: Any, *, point: str, ecopole: Ecopole):
        super().__init__(data, prefix=point)
        self.point = point
        if point == Point.CORE:
            self.fields["value"] = number("À cœur", min_value=-99, max_value=999)
            fields: Any = self.fields
            fields["value"].unit_symbol = "°C"
            self.fields["minutes"] = number("Pendant", max_value=1_000)
            fields["minutes"].unit_symbol = "min"
        elif point == Point.PH:
            self.fields["value"] = number("pH mesuré", max_value=99)
        elif point == Point.INCUBATION:
            self.fields["value"] = forms.ChoiceField(
                label="À la sortie de l’étuve", widget=forms.RadioSelect, initial="1",
                choices=[("1", "tous les pots ont tenu"), ("0", "un pot bombé, fuité ou trouble")],
            )  # fmt: skip
        else:
            self.fields["curve"] = forms.CharField(
                label="Relevés", max_length=CURVE_MAX, widget=forms.Textarea(attrs={"rows": 5}),
                help_text="une ligne par relevé\u202f: la minute, une espace, la température, comme 12 116,5",
            )  # fmt: skip
        if point == Point.F0:
            self.fields["equipment"] = choice("Autoclave", None)
            rows = Equipment.objects.filter(ecopole=ecopole, kind=EquipmentKind.AUTOCLAVE, closed_on=None)
            choose_rows(self, "equipment", rows, list(rows))
        label = "Numéro de cycle" if point == Point.F0 else "Précision"
        self.fields["note"] = forms.CharField(label=label, max_length=120, required=False)

    def clean_curve(self) -> list[tuple[Decimal, Decimal]]:
        rows = []
        for line in self.cleaned_data["curve"].splitlines():
            words = line.replace(";", " ").split()
            if not words:
                continue
            try:
                minute, celsius = (parse_decimal(word) for word in words)
            except (FrenchEntryError, ValueError) as error:
                raise forms.ValidationError(
                    f"«\u202f{line.strip()[:40]}\u202f»\u202f: écrivez une minute et une température, "
                    "comme 12 116,5."
                ) from error
            if abs(celsius) > 200 or not 0 <= minute <= 10_000:
                raise forms.ValidationError(f"«\u202f{line.strip()[:40]}\u202f»\u202f: relisez l’appareil.")
            rows.append((minute, celsius))
        return rows

    def read(self) -> Read:
        said = self.cleaned_data
        value = said.get("value")
        return Read(
            self.point, value=Decimal(value) if value is not None else None, minutes=said.get("minutes"),
            curve=said.get("curve", ()), equipment=said.get("equipment"), note=said["note"],
        )  # fmt: skip


class DoneForm(forms.Form):
    done = forms.CharField(label="Ce qui a été fait", max_length=300)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Pourquoi", max_length=200)


class TakeForm(forms.Form):
    """A part of a surplus, and what the kitchen pays for it."""

    quantity = number("Quantité")
    price = MoneyFieldFr(label="Prix de l’unité", required=False)


class DeclineForm(forms.Form):
    why = forms.CharField(label="Pourquoi", max_length=150, required=False)


class SendForm(forms.Form):
    receiver = choice("À qui")
    quantity = number("Combien")
    price = MoneyFieldFr(label="Prix de l’unité", required=False)

    def __init__(self, data: Any, *, ecopole: Ecopole, sheet: Sheet, left: Decimal):
        super().__init__(
            data, prefix="send", initial={"quantity": left, "price": sheet.recipe.product.reference_price}
        )
        kinds = [kind for kind in AgentKind.values if kind not in ("person", "kitchen")]
        choose_rows(self, "receiver", agents(ecopole, kinds))


class OrderForm(forms.Form):
    receiver = choice("Pour qui")
    due_on = DateFieldFr(label="À livrer le")
    product = choice("Produit")
    quantity = number("Combien")
    price = MoneyFieldFr(label="Prix de l’unité", required=False)

    def __init__(self, data: Any, *, ecopole: Ecopole, today: date):
        super().__init__(data, initial={"due_on": today})
        choose_rows(self, "receiver", agents(ecopole, CUSTOMERS))
        made = Recipe.objects.filter(ecopole=ecopole, closed_on=None).values("product")
        choose_rows(self, "product", products(MADE).filter(pk__in=made))


class DeliverForm(forms.Form):
    quantity = number("Ce qui part")


class BuyForm(forms.Form):
    supplier = choice("Fournisseur")
    product = choice("Ingrédient")
    quantity = number("Quantité reçue")
    price = MoneyFieldFr(label="Prix de l’unité", required=False)
    quality = forms.TypedChoiceField(label="Qualité", choices=Quality.choices, coerce=int)
    zone = forms.ChoiceField(label="Origine", choices=Zone.choices)
    supplier_lot = forms.CharField(label="Lot du fournisseur", max_length=60)
    keeps_until = DateFieldFr(label="À utiliser avant le", required=False)
    kept = forms.BooleanField(label="À façon\u202f: cela reste à la ferme", required=False)

    def __init__(self, data: Any, *, ecopole: Ecopole):
        super().__init__(data)
        choose_rows(self, "supplier", agents(ecopole, SUPPLIERS))
        choose_rows(self, "product", products().filter(code__in=list(stuffs())))

    def bought(self) -> Bought:
        said = {name: value for name, value in self.cleaned_data.items() if name != "supplier"}
        return Bought(**(said | {"price": said["price"] or Money(0)}))


class FeeForm(forms.Form):
    farm = choice("Ferme")
    per_batch = MoneyFieldFr(label="Par fournée")
    per_unit = MoneyFieldFr(label="Par unité obtenue")
    starts_on = DateFieldFr(label="À partir du")
    agreed = forms.CharField(label="Où c’est écrit", max_length=200)

    def __init__(self, data: Any, *, farms: Sequence[Agent], today: date):
        super().__init__(data, initial={"starts_on": today})
        choose_rows(self, "farm", Agent.objects.filter(pk__in=[farm.pk for farm in farms]), farms)


class MachineForm(forms.Form):
    kind = forms.ChoiceField(label="Nature", choices=EquipmentKind.choices)
    name = forms.CharField(label="Nom", max_length=60)
    since = DateFieldFr(label="En service depuis")

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, prefix="machine", initial={"since": today})


class FactForm(forms.Form):
    equipment = choice("Appareil")
    kind = forms.ChoiceField(label="Quoi", choices=FactKind.choices)
    on = DateFieldFr(label="Le")
    note = forms.CharField(label="Par qui, rapport, écart", max_length=200, required=False)

    def __init__(self, data: Any = None, *, known: Iterable[Equipment], today: date):
        super().__init__(data, prefix="fact", initial={"on": today})
        rows = list(known)
        choose_rows(self, "equipment", Equipment.objects.filter(pk__in=[row.pk for row in rows]), rows)


class GapForm(forms.Form):
    what = forms.CharField(label="Ce qui ne va pas", max_length=120)
    on = DateFieldFr(label="Le")
    note = forms.CharField(label="Précision", max_length=300, required=False)

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, prefix="gap", initial={"on": today})


class TrainingForm(forms.Form):
    person = forms.ModelChoiceField(User.objects.none(), label="Personne", empty_label="Choisir…")
    what = forms.CharField(label="Formation", max_length=120, help_text="par exemple Autoclave, Hygiène")
    on = DateFieldFr(label="Le")
    until = DateFieldFr(label="Valable jusqu’au", required=False)

    def __init__(self, data: Any = None, *, people: Iterable[User], today: date):
        super().__init__(data, prefix="training", initial={"on": today})
        rows = list(people)
        choose_rows(self, "person", User.objects.filter(pk__in=[one.pk for one in rows]), rows)


class OperatorForm(forms.Form):
    name = forms.CharField(label="Exploitant", max_length=120)
    address = forms.CharField(label="Adresse", max_length=200)
    organic_body = forms.CharField(
        label="Organisme certificateur", max_length=12, required=False, help_text="FR-BIO-01"
    )
    organic_until = DateFieldFr(label="Certificat bio jusqu’au", required=False)

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any]):
        super().__init__(data, prefix="operator", initial=dict(initial))


class DaysForm(forms.Form):
    """Between which days; a year back by default."""

    since = DateFieldFr(label="Du")
    until = DateFieldFr(label="Au")
