"""What is typed for the incubator."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.models import Lot
from terreau.measures.dated import cited
from terreau.measures.french import MONTHS
from terreau.measures.money import Money
from terreau.rooms.incubator.actions import Application, IncubatorRefused, Settled, Terms
from terreau.rooms.incubator.actions.flows import STORES
from terreau.rooms.incubator.models import (
    Becoming,
    Contract,
    CropPlan,
    Cycle,
    Equipment,
    EquipmentKind,
    Exit,
    Loan,
    Project,
    YearPlan,
)
from terreau.rooms.incubator.rules.contracts import clauses, longest, statuses
from terreau.rooms.incubator.rules.dja import regions
from terreau.rooms.incubator.rules.law import rule
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.forms import (
    DateFieldFr,
    DecimalFieldFr,
    MoneyFieldFr,
    SiretField,
    WholeFieldFr,
    choose,
    choose_rows,
    writer,
)
from terreau.territory.models import (
    Agent,
    AgentKind,
    Commune,
    Ecopole,
    Place,
    PlaceKind,
    Product,
    ProductFamily,
    Quality,
    User,
)
from terreau.territory.queries import agents, commune_named, places, products

GROWN = (
    ProductFamily.VEGETABLE, ProductFamily.FRUIT, ProductFamily.HERB, ProductFamily.EGG,
    ProductFamily.PRESERVE,
)  # fmt: skip
LONG = forms.Textarea(attrs={"rows": 2})
AREA_MAX, HOURS_MAX, QUANTITY_MAX = 100_000, 5_000, 1_000_000
MONTH_CHOICES = [(n, name) for n, name in enumerate(MONTHS, start=1)]


written = writer(IncubatorRefused, LedgerRefusal)


class DayField(DateFieldFr):
    """A day of a life: no calendar is asked further."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and not 1920 <= value.year <= 2099:
            raise forms.ValidationError("Vérifiez l’année\u202f: de 1920 à 2099.")


class AmountField(MoneyFieldFr):
    """Euros, never below zero."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, Money) and value < Money(0):
            raise forms.ValidationError(f"{value}\u202f: saisissez un montant de 0\u00a0€ ou plus.")


def _rows(model: Any, label: str, **more: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(model.objects.none(), label=label, **{"empty_label": "Choisir…"} | more)


def _amount(label: str, unit: str = "", **more: Any) -> DecimalFieldFr:
    given: dict[str, Any] = {"min_value": Decimal("0.001"), "max_value": QUANTITY_MAX} | more
    return DecimalFieldFr(label=label, unit=unit, **given)


def _hours(label: str = "Heures", **more: Any) -> DecimalFieldFr:
    given: dict[str, Any] = {"min_value": Decimal("0.25"), "max_value": 24} | more
    return DecimalFieldFr(label=label, unit="hour", places_max=2, **given)


class ApplicationForm(forms.Form):
    name = forms.CharField(label="Nom de la personne", max_length=120)
    email = forms.EmailField(label="Adresse e-mail")
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    born_on = DayField(label="Date de naissance", help_text="pour l’aide à l’installation")
    full_time = forms.BooleanField(
        label="Salarié·e à temps plein", required=False, help_text="un CAPE ne peut pas être signé alors"
    )
    title = forms.CharField(
        label="Nom du projet",
        max_length=80,
        help_text="celui que porteront les lots",
    )
    what = forms.CharField(label="Ce qui sera produit", max_length=500, widget=LONG)
    region = forms.ChoiceField(label="Région")
    on = DayField(label="Candidature reçue le")

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, initial={"on": today})
        choose(self, "region", [(code, said["label"]) for code, said in regions(today).items()])

    def application(self) -> Application:
        return Application(**{name: value for name, value in self.cleaned_data.items() if name != "on"})


class StepForm(forms.Form):
    on = DayField(label="Le")
    note = forms.CharField(label="Ce qui en ressort", max_length=500, required=False, widget=LONG)


class AcceptForm(forms.Form):
    on = DayField(label="Accepté le")
    mark = forms.CharField(
        label="Préfixe de ses lots", max_length=4, help_text="de deux à quatre lettres, comme MEN"
    )


class RegisterForm(forms.Form):
    siret = SiretField()
    on = DayField(label="Immatriculé le")


class FarmForm(forms.Form):
    """Hectares and jobs of a farm."""

    hectares = DecimalFieldFr(label="Hectares", min_value=0, max_value=1_000, required=False)
    jobs = DecimalFieldFr(
        label="Emplois", min_value=0, max_value=500, places_max=2, required=False,
        help_text="en équivalents temps plein, la personne comprise",
    )  # fmt: skip
    anchored = DecimalFieldFr(
        label="Dont non délocalisables", min_value=0, max_value=500, places_max=2, required=False,
        help_text="aux champs, à l’atelier, à la vente\u202f: liés à cette terre",
    )  # fmt: skip

    def farm(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] or Decimal(0) for name in ("hectares", "jobs", "anchored")}


class LeaveForm(FarmForm):
    exit = forms.ChoiceField(label="Pour", choices=Exit.choices, widget=forms.RadioSelect)
    on = DayField(label="Sorti le")
    note = forms.CharField(label="Précision", max_length=500, required=False, widget=LONG)
    commune = forms.CharField(
        label="Commune d’installation", required=False, help_text="son nom ou son code INSEE",
        max_length=80,
    )  # fmt: skip
    field_order = ["exit", "on", "note", "commune", "hectares", "jobs", "anchored"]

    def __init__(self, data: Any = None, *, around: Iterable[Commune], today: date):
        super().__init__(data, initial={"on": today, "exit": Exit.SETTLED})
        self.around = around

    def clean_commune(self) -> Commune | None:
        typed = self.cleaned_data["commune"]
        return commune_named(typed, self.around) if typed else None

    def settled(self) -> Settled | None:
        said = self.cleaned_data
        if said["exit"] != Exit.SETTLED or said["commune"] is None or not said["hectares"]:
            return None
        return Settled(commune=said["commune"], **self.farm())


class TutorForm(forms.Form):
    user = _rows(User, "Qui accompagne")

    def __init__(self, data: Any = None, *, project: Project):
        super().__init__(data)
        held = {"memberships__agent": project.incubator, "memberships__role": Role.TUTOR}
        choose_rows(self, "user", User.objects.filter(**held).distinct().order_by("name"))


class ContractForm(forms.Form):
    status = forms.ChoiceField(label="Statut")
    starts_on = DayField(label="Commence le")
    ends_on = DayField(label="Finit le")
    ceiling = AmountField(
        label="Montant maximal des engagements envers les tiers", required=False,
        help_text="ce que la couveuse accepte de devoir pour ce test",
    )  # fmt: skip
    fee_percent = DecimalFieldFr(
        label="Part des ventes due à la couveuse", places_max=2, min_value=0, max_value=100
    )
    accounting_months = WholeFieldFr(
        label="Relevé comptable tous les", symbol="mois", min_value=1, max_value=12
    )

    def __init__(self, data: Any = None, *, today: date, starts_on: date, contract: Contract | None = None):
        ends = longest(starts_on, "cape")
        first: dict[str, Any] = {
            "status": "cape", "starts_on": starts_on, "ends_on": ends, "fee_percent": Decimal(10),
            "accounting_months": 3,
        }  # fmt: skip
        said = {name: getattr(contract, name) for name in self.base_fields} if contract else {}
        super().__init__(data, initial=first | said)
        fields: Any = self.fields
        fields["fee_percent"].unit_symbol = "%"
        choose(self, "status", [(code, row["label"]) for code, row in statuses(today).items()])
        self.codes = list(clauses(today))
        for code, clause in clauses(today).items():
            self.fields[code] = forms.CharField(
                label=clause["label"], help_text=f"{clause['ask']} ({cited(clause)})", required=False,
                max_length=3_000, widget=forms.Textarea(attrs={"rows": 3}),
                initial=contract.clauses.get(code, "") if contract else "",
            )  # fmt: skip

    def terms(self) -> Terms:
        said = dict(self.cleaned_data)
        texts = {code: said.pop(code).strip() for code in self.codes}
        return Terms(clauses=texts, **said)


class SignForm(forms.Form):
    on = DayField(label="Signé le")


class BreakForm(forms.Form):
    on = DayField(label="Rompu le")
    why = forms.CharField(label="Pourquoi", max_length=200, required=False)


class _PlaceChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.agent})"


class LoanForm(forms.Form):
    place = _PlaceChoice(Place.objects.none(), label="Planche ou parcelle", empty_label="Choisir…")
    starts_on = DayField(label="À partir du")
    ends_on = DayField(label="Jusqu’au")
    area_m2 = WholeFieldFr(label="Surface", symbol="m²", min_value=1, max_value=AREA_MAX)
    quality = forms.TypedChoiceField(label="Statut du sol", choices=Quality.choices, coerce=int)

    def __init__(self, data: Any = None, *, ecopole: Ecopole, first: dict[str, Any]):
        super().__init__(data, initial={"quality": Quality.ORGANIC} | first)
        choose_rows(
            self, "place", places(ecopole, [PlaceKind.FIELD, PlaceKind.BED]).order_by("-kind", "name")
        )


class EquipmentForm(forms.Form):
    name = forms.CharField(label="Matériel", max_length=60)
    kind = forms.ChoiceField(label="Nature", choices=EquipmentKind.choices, widget=forms.RadioSelect)
    owner = _rows(Agent, "À qui")
    price = AmountField(label="Prix", help_text="de l’heure de machine, ou du mètre cube d’eau")
    since = DayField(label="Tarif à partir du")

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, initial={"since": today, "kind": EquipmentKind.MACHINE})
        kinds = (AgentKind.GARDEN, AgentKind.ASSOCIATION, AgentKind.FARM, AgentKind.PLATFORM)
        choose_rows(self, "owner", agents(ecopole, kinds))


class RateForm(forms.Form):
    price = AmountField(label="Nouveau prix")
    since = DayField(label="À partir du")


class BookForm(forms.Form):
    equipment = _rows(Equipment, "Eau ou machine")
    day = DayField(label="Jour")
    start = forms.TimeField(label="De", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    until = forms.TimeField(label="À", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, initial={"day": today, "start": time(8), "until": time(10)})
        choose_rows(self, "equipment", Equipment.objects.filter(ecopole=ecopole).order_by("name"))

    def booking(self) -> dict[str, Any]:
        said = self.cleaned_data
        starts_at, ends_at = (moment(said["day"], said[name]) for name in ("start", "until"))
        return {"equipment": said["equipment"], "starts_at": starts_at, "ends_at": ends_at}


class CountForm(forms.Form):
    quantity = _amount("Compté", max_value=100_000)

    def __init__(self, data: Any = None, *, symbol: str):
        super().__init__(data)
        fields: Any = self.fields
        fields["quantity"].unit_symbol = symbol


class _LoanChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.place)


class HarvestForm(forms.Form):
    loan = _LoanChoice(Loan.objects.none(), label="Planche", empty_label=None)
    product = _rows(Product, "Produit")
    quantity = _amount("Quantité pesée")
    on = DayField(label="Récolté le")

    def __init__(self, data: Any = None, *, project: Project, today: date):
        super().__init__(data, initial={"on": today})
        lent = Loan.objects.filter(project=project).select_related("place", "project")
        choose_rows(self, "loan", lent.order_by("-starts_on", "place__name"))
        choose_rows(self, "product", products(GROWN))


class SaleForm(forms.Form):
    customer = _rows(Agent, "Client")
    product = _rows(Product, "Produit")
    quantity = _amount("Quantité")
    price = AmountField(label="Prix de la ligne", help_text="pour toute la quantité, hors taxe")
    on = DayField(label="Vendu le")

    def __init__(self, data: Any = None, *, project: Project, today: date):
        super().__init__(data, initial={"on": today})
        delivered = Place.objects.filter(ecopole=project.ecopole_id, kind__in=STORES).values("agent")
        others = agents(project.ecopole).filter(pk__in=delivered).exclude(pk=project.incubator_id)
        choose_rows(self, "customer", others.exclude(kind=AgentKind.DEPOT))
        grown = Lot.objects.filter(producer=project.agent_id).values("product")
        choose_rows(self, "product", Product.objects.filter(pk__in=grown).order_by("name"))


class _CropForm(forms.Form):
    crop = _rows(Product, "Culture", required=False, empty_label="Toutes cultures")

    def __init__(self, data: Any = None, *, project: Project, today: date):
        super().__init__(data, initial={"on": today})
        planned = CropPlan.objects.filter(project=project).values("product")
        grown = Lot.objects.filter(producer=project.agent_id).values("product")
        own = Product.objects.filter(pk__in=planned) | Product.objects.filter(pk__in=grown)
        choose_rows(self, "crop", own.order_by("name"))


class HoursForm(_CropForm):
    hours = _hours("Heures travaillées")
    on = DayField(label="Le")
    note = forms.CharField(label="Ce qui a été fait", max_length=200, required=False)
    field_order = ["hours", "crop", "on", "note"]


class CommitForm(_CropForm):
    supplier = forms.CharField(label="Fournisseur", max_length=120)
    what = forms.CharField(label="Achat ou commande", max_length=200)
    amount = AmountField(label="Montant")
    on = DayField(label="Engagé le")
    field_order = ["supplier", "what", "amount", "crop", "on"]


class SupportForm(forms.Form):
    training = forms.BooleanField(label="C’est une formation", required=False)
    topic = forms.CharField(label="Sujet", max_length=200)
    hours = _hours()
    on = DayField(label="Le")


class CropPlanForm(forms.Form):
    product = _rows(Product, "Culture")
    area_m2 = WholeFieldFr(label="Surface", symbol="m²", min_value=0, max_value=AREA_MAX)
    quantity = _amount("Récolte vendue", min_value=0, help_text="dans l’unité du produit")
    price = AmountField(label="Prix à l’unité")
    hours = _amount("Heures de l’année", "hour", min_value=0, max_value=HOURS_MAX)
    costs = AmountField(label="Charges de la culture", help_text="plants, graines, protections")
    first_month = forms.TypedChoiceField(label="Vendue de", choices=MONTH_CHOICES, coerce=int)
    last_month = forms.TypedChoiceField(label="À", choices=MONTH_CHOICES, coerce=int)

    def __init__(self, data: Any = None, *, crop: CropPlan | None = None):
        said = {name: getattr(crop, name) for name in self.base_fields} if crop else {"first_month": 6}
        super().__init__(data, initial=said)
        choose_rows(self, "product", products(GROWN))

    def entry(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "product"}


class YearForm(forms.Form):
    opening = AmountField(label="Trésorerie au 1er janvier")
    fixed = AmountField(label="Charges fixes par mois", help_text="assurance, téléphone, véhicule")

    def __init__(self, data: Any = None, *, year: YearPlan | None):
        nothing = {"opening": Money(0), "fixed": Money(0)}
        super().__init__(data, initial={n: getattr(year, n) for n in nothing} if year else nothing)


class MarkForm(forms.Form):
    on = DayField(label="Fait le")
    partner = forms.CharField(label="Avec", max_length=120, required=False)
    note = forms.CharField(label="Précision", max_length=300, required=False)


class PlotForm(forms.Form):
    name = forms.CharField(label="Parcelle", max_length=60)
    area_ha = _amount("Surface", max_value=1_000)
    cycle = forms.ChoiceField(label="Culture", choices=Cycle.choices)
    started_on = DayField(label="Engagée le", help_text="et notifiée à l’Agence bio")
    product = _rows(Product, "Produit")
    sown_month = forms.TypedChoiceField(label="Semée en", choices=MONTH_CHOICES, coerce=int, initial=4)
    harvest_month = forms.TypedChoiceField(label="Récoltée en", choices=MONTH_CHOICES, coerce=int, initial=9)
    per_ha = _amount("Récolte par hectare", help_text="dans l’unité du produit")
    price_conventional = AmountField(label="Prix conventionnel")
    price_conversion = AmountField(label="Prix en conversion")
    price_organic = AmountField(label="Prix bio")

    def __init__(self, data: Any = None):
        super().__init__(data)
        fields: Any = self.fields
        fields["area_ha"].unit_symbol = "ha"
        choose_rows(self, "product", products(GROWN))

    def entry(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "name"}


class SearchForm(forms.Form):
    area_ha = _amount("Surface cherchée", max_value=1_000)
    where = forms.CharField(label="Communes", max_length=200)
    tenure = forms.CharField(label="En location ou en propriété", max_length=120, required=False)
    needs = forms.CharField(label="Eau, bâtiments, accès", max_length=500, required=False, widget=LONG)

    def __init__(self, data: Any = None, *, first: dict[str, Any]):
        super().__init__(data, initial=first)
        fields: Any = self.fields
        fields["area_ha"].unit_symbol = "ha"


class NewsForm(FarmForm):
    years = forms.TypedChoiceField(label="Après", coerce=int)
    on = DayField(label="Nouvelles du")
    state = forms.ChoiceField(label="La ferme est", choices=Becoming.choices, widget=forms.RadioSelect)
    field_order = ["years", "on", "state", "hectares", "jobs", "anchored"]

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, initial={"on": today, "state": Becoming.ACTIVE})
        asked = rule("follow", "follow_up", today)["years"]
        choose(self, "years", [(n, f"{n} an{'s' if n > 1 else ''}") for n in asked])
