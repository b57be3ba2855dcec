"""What is typed for funding."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from terreau.funding.catalogue import FileRefused
from terreau.funding.measures import measures
from terreau.funding.models import Aid, BudgetLine, Claim, ClaimKind, Destination, Nature, Piece, StepKind
from terreau.funding.refusals import FundingRefused
from terreau.funding.schemes import schemes
from terreau.funding.vocabulary import enum, themes
from terreau.measures.french import MONTHS, FrenchEntryError, format_decimal, format_money, parse_money
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr, choose, choose_rows, writer
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole
from terreau.territory.queries import agents, commune_named

# Far above any plan of a site.
AMOUNT_MAX = Money.from_euros(100_000_000)
HOURS_MAX, MONTHS_SHOWN = 10_000, 36
# Those who may carry a project; canteens, shops and depots only sign as partners.
HOLDERS = (
    AgentKind.GARDEN, AgentKind.PLATFORM, AgentKind.KITCHEN, AgentKind.ASSOCIATION, AgentKind.AUTHORITY,
    AgentKind.FARM,
)  # fmt: skip
LONG = forms.Textarea(attrs={"rows": 3})


written = writer(FundingRefused, FileRefused)


class AmountFieldFr(MoneyFieldFr):
    """An amount of a plan, larger than any price."""

    def __init__(self, *, least: Money | None = None, **kwargs: Any):
        self.least = Money(0) if least is None else least
        super().__init__(**kwargs)

    def read(self, text: str) -> Money:
        amount = parse_money(text)
        if amount > AMOUNT_MAX:
            raise FrenchEntryError(f"{amount}\u202f: c’est trop, vérifiez le nombre de chiffres.")
        if amount < self.least:
            raise FrenchEntryError(f"{amount}\u202f: il faut au moins {format_money(self.least)}.")
        return amount


def _percent(label: str, **more: Any) -> DecimalFieldFr:
    field = DecimalFieldFr(label=label, places_max=3, min_value=0, max_value=100, **more)
    field.unit_symbol = "%"
    return field


def _choices(words: dict[str, str], empty: str = "Choisir…") -> list[tuple[str, str]]:
    return [("", empty), *words.items()]


class NeedForm(forms.Form):
    """Who asks, where, for what: read from the address of the page."""

    holder = forms.ModelChoiceField(Agent.objects.none(), label="Qui demande", empty_label=None)
    audience = forms.ChoiceField(label="En tant que", choices=list(enum("targeted_audiences").items()))
    commune = forms.CharField(
        label="Commune", help_text="son nom ou son code INSEE", max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    step = forms.ChoiceField(label="Étape", choices=list(enum("mobilization_steps").items()))
    destination = forms.ChoiceField(label="Dépenses", choices=list(enum("destinations").items()))
    on = DateFieldFr(label="Le")

    def __init__(self, data: Any, *, ecopole: Ecopole, around: Iterable[Commune]):
        super().__init__(data)
        self.around = around
        choose_rows(self, "holder", agents(ecopole, HOLDERS))

    def clean_commune(self) -> Commune:
        return commune_named(self.cleaned_data["commune"], self.around)


class FileForm(forms.Form):
    file = forms.FileField(label="Fichier JSON", help_text="les fiches enregistrées, 8 Mo au plus")


class NoteForm(forms.Form):
    note = forms.CharField(label="Notre note", max_length=1000, required=False, widget=LONG)
    themes = forms.MultipleChoiceField(
        label="Thèmes", choices=list(themes().items()), required=False, widget=forms.CheckboxSelectMultiple
    )


class ProjectForm(forms.Form):
    title = forms.CharField(label="Titre", max_length=120)
    what = forms.CharField(label="Ce qui sera fait", max_length=1000, widget=LONG)
    holder = forms.ModelChoiceField(Agent.objects.none(), label="Porté par", empty_label=None)
    starts_on = DateFieldFr(label="Commence le")
    ends_on = DateFieldFr(label="Finit le")
    recovers_vat = forms.BooleanField(
        label="Cette organisation récupère la TVA",
        required=False,
        help_text="sinon la TVA est un coût du projet",
    )
    public_ceiling = _percent("Plafond d’aide publique", required=False, help_text="des dépenses éligibles")
    ceiling_source = forms.CharField(label="Où ce plafond est écrit", max_length=200, required=False)

    def __init__(self, data: Any, *, ecopole: Ecopole, initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        choose_rows(self, "holder", agents(ecopole, HOLDERS))


class LineForm(forms.Form):
    label = forms.CharField(label="Dépense", max_length=120)
    destination = forms.ChoiceField(label="Nature", choices=_choices(dict(Destination.choices)))
    net = AmountFieldFr(label="Hors taxe")
    vat = AmountFieldFr(label="TVA", required=False)
    eligible = _percent("Part éligible", initial=Decimal(100))

    def clean_vat(self) -> Money:
        return self.cleaned_data["vat"] or Money(0)


class FunderForm(forms.Form):
    funder = forms.CharField(label="Financeur", max_length=120)
    nature = forms.ChoiceField(label="Nature", choices=_choices(dict(Nature.choices)))
    planned = AmountFieldFr(label="Montant prévu")
    scheme = forms.ChoiceField(label="Dispositif", required=False)
    aid = forms.ModelChoiceField(
        Aid.objects.none(), label="ou aide du catalogue", required=False, empty_label="Aucune"
    )
    theme = forms.ChoiceField(label="Thème", choices=_choices(themes(), "Aucun"), required=False)
    rate_max = _percent(
        "Taux plafond", required=False, help_text="de l’assiette éligible, si le règlement le dit"
    )

    def __init__(self, data: Any, *, ecopole: Ecopole, on: date, initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        names = {one.slug: one.name for one in schemes(on) if not one.held_in}
        choose(self, "scheme", _choices(names, "Aucun"))
        choose_rows(self, "aid", Aid.objects.filter(ecopole=ecopole).order_by("name", "id"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("scheme") and values.get("aid"):
            self.add_error("aid", "Choisissez un dispositif ou une aide du catalogue, pas les deux.")
        if values.get("rate_max") == 0:
            self.add_error(
                "rate_max", "Un taux plafond de 0\u202f% n’aide personne. Laissez vide s’il est inconnu."
            )
        return values


STEP_FIELDS: dict[StepKind, tuple[str, ...]] = {
    StepKind.SPOTTED: ("due_on", "note"),
    StepKind.PREPARING: ("reference", "due_on", "note"),
    StepKind.REQUESTED: ("amount", "base", "rate", "reference", "due_on"),
    StepKind.OBTAINED: ("amount", "from_on", "to_on", "reference", "due_on"),
    StepKind.PARTLY: ("amount", "from_on", "to_on", "reference", "due_on", "note"),
    StepKind.DENIED: ("note",),
    StepKind.RUNNING: ("due_on", "note"),
    StepKind.PAID: ("claim", "amount"),
    StepKind.CLOSED: ("amount", "due_on", "note"),
    StepKind.ARCHIVED: ("due_on",),
    StepKind.DROPPED: ("note",),
}
STEP_LABELS: dict[StepKind, dict[str, str]] = {
    StepKind.SPOTTED: {"due_on": "À déposer avant le"},
    StepKind.PREPARING: {"reference": "Responsable du dossier", "due_on": "À déposer avant le"},
    StepKind.REQUESTED: {"amount": "Montant demandé", "reference": "Numéro du dossier",
                         "due_on": "Réponse attendue le"},
    StepKind.OBTAINED: {"amount": "Montant notifié", "reference": "Convention ou décision",
                        "due_on": "Bilan à envoyer le"},
    StepKind.PARTLY: {"amount": "Montant notifié", "reference": "Convention ou décision",
                        "due_on": "Bilan à envoyer le"},
    StepKind.DENIED: {"note": "Pourquoi"},
    StepKind.RUNNING: {"due_on": "Bilan à envoyer le"},
    StepKind.PAID: {"amount": "Montant versé"},
    StepKind.CLOSED: {"amount": "Reste dû, ou à rendre avec un moins",
                      "due_on": "Garder les pièces jusqu’au"},
    StepKind.ARCHIVED: {"due_on": "Garder les pièces jusqu’au"},
    StepKind.DROPPED: {"note": "Pourquoi"},
}  # fmt: skip


class StepForm(forms.Form):
    """A step asks what it needs, and no more."""

    on = DateFieldFr(label="Le")
    claim = forms.ModelChoiceField(Claim.objects.none(), label="Demande payée", empty_label=None)
    amount = AmountFieldFr(label="Montant")
    base = AmountFieldFr(label="Assiette éligible")
    rate = _percent("Taux demandé")
    from_on = DateFieldFr(label="Dépenses payées à partir du")
    to_on = DateFieldFr(label="Jusqu’au")
    reference = forms.CharField(label="Référence", max_length=120)
    due_on = DateFieldFr(label="Échéance", required=False)
    note = forms.CharField(label="Précision", max_length=300, required=False)

    def __init__(self, data: Any, *, kind: StepKind, today: date, claims: Any, initial: dict[str, Any]):
        super().__init__(data, initial={"on": today} | initial)
        self.kind, self.today = kind, today
        for name in self.fields.keys() - {"on", *STEP_FIELDS[kind]}:
            del self.fields[name]
        for name, label in STEP_LABELS[kind].items():
            self.fields[name].label = label
        if kind == StepKind.CLOSED:
            amount = self.fields["amount"]
            assert isinstance(amount, AmountFieldFr)
            amount.least = Money(-AMOUNT_MAX.cents)
        if "claim" in self.fields:
            choose_rows(self, "claim", claims)

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise forms.ValidationError("Ce jour n’est pas encore passé. Notez ce qui a eu lieu.")
        return day


def _months(today: date, *, this_one: bool) -> list[tuple[str, str]]:
    """The last months, the latest first."""
    count = today.year * 12 + today.month - (1 if this_one else 2)
    found = [divmod(count - back, 12) for back in range(MONTHS_SHOWN)]
    return [(f"{year}-{month + 1:02}", f"{MONTHS[month]} {year}") for year, month in found]


def _first_day(typed: str) -> date:
    return date.fromisoformat(f"{typed}-01")


class InvoiceForm(forms.Form):
    supplier = forms.CharField(label="Fournisseur", max_length=80)
    number = forms.CharField(label="Numéro de facture", max_length=60)
    what = forms.CharField(label="Objet", max_length=100)
    on = DateFieldFr(label="Date de la facture")
    net = AmountFieldFr(label="Hors taxe")
    vat = AmountFieldFr(label="TVA", required=False)
    recovers_vat = forms.BooleanField(label="La TVA est récupérée", required=False)

    def __init__(self, data: Any, *, today: date):
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise forms.ValidationError("Cette facture est datée d’un jour à venir. Vérifiez la date.")
        return day

    def clean_vat(self) -> Money:
        return self.cleaned_data["vat"] or Money(0)


class PayForm(forms.Form):
    post = forms.CharField(
        label="Poste", max_length=80, help_text="la fonction, sans nom\u202f: encadrant technique 2"
    )
    month = forms.ChoiceField(label="Mois")
    hours = DecimalFieldFr(label="Heures payées", unit="hour", places_max=2, min_value=0, max_value=HOURS_MAX)
    cost = AmountFieldFr(label="Coût chargé du mois")

    def __init__(self, data: Any, *, today: date):
        super().__init__(data)
        choose(self, "month", _months(today, this_one=True))

    def clean_month(self) -> date:
        return _first_day(self.cleaned_data["month"])


class HoursForm(forms.Form):
    measure = forms.ChoiceField(label="Heures", choices=())
    month = forms.ChoiceField(label="Mois")
    hourly = AmountFieldFr(
        label="Coût d’une heure", help_text="celui de votre convention, ou votre coût réel"
    )

    def __init__(self, data: Any, *, today: date):
        super().__init__(data)
        hours = {one.code: one.label for one in measures().values() if one.unit == Unit.HOUR}
        choose(self, "measure", _choices(hours))
        choose(self, "month", _months(today, this_one=False))

    def clean_month(self) -> date:
        return _first_day(self.cleaned_data["month"])


class _PieceChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        left = format_decimal(100 - obj.funded)
        return f"{obj} · {obj.cost} · reste {left}\u202f%"


class ShareForm(forms.Form):
    piece = _PieceChoice(Piece.objects.none(), label="Pièce", empty_label="Choisir…")
    line = forms.ModelChoiceField(BudgetLine.objects.none(), label="Ligne du budget", empty_label=None)
    percent = _percent("Part payée par ce financeur")

    def __init__(self, data: Any, *, ecopole: Ecopole, lines: Any, initial: dict[str, Any]):
        super().__init__(data, initial=initial)
        choose_rows(
            self, "piece", Piece.objects.filter(ecopole=ecopole, funded__lt=100).order_by("-on", "-id")
        )
        choose_rows(self, "line", lines)

    def clean_percent(self) -> Decimal:
        percent: Decimal = self.cleaned_data["percent"]
        if not percent:
            raise forms.ValidationError("Saisissez une part au-dessus de 0\u202f%.")
        return percent


class ClaimForm(forms.Form):
    kind = forms.ChoiceField(label="Demande", choices=ClaimKind.choices, widget=forms.RadioSelect)
    advance = AmountFieldFr(label="Montant, pour une avance", required=False)


class TargetForm(forms.Form):
    measure = forms.ChoiceField(label="Indicateur", help_text="seulement ce que la maison mesure")
    promised = DecimalFieldFr(label="Promis", places_max=2, min_value=0, max_value=100_000_000)

    def __init__(self, data: Any):
        super().__init__(data)
        told = {
            one.code: f"{one.label} ({Unit(one.unit).symbol})" if one.unit else one.label
            for one in measures().values()
        }
        choose(self, "measure", _choices(told))


class ExpectForm(forms.Form):
    on = DateFieldFr(label="Attendu le")
    amount = AmountFieldFr(label="Montant")
    chance = _percent(
        "Chance de le recevoir", help_text="votre avis\u202f: il pèse dans la trésorerie prévue"
    )
