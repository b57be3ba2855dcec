"""What is typed by who joins, by a member, and by the garden of its members."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from terreau.ledger.actions import LedgerRefusal
from terreau.measures.french import format_date, format_money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.actions import DepotEntry, Person, TermsEntry, Wish
from terreau.rooms.baskets.actions.deliveries import BASKETS_MAX
from terreau.rooms.baskets.actions.keeping import HOURS_MAX
from terreau.rooms.baskets.models import BasketSize, DepotTerms, MoneyRule, PayBy, RhythmKind, Sheet, Terms
from terreau.rooms.baskets.queries.deliveries import Rules, sizes_sold
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.rhythm import GROUP_A, group
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr, WholeFieldFr, writer
from terreau.territory.models import Agent, AgentKind, Ecopole, Place
from terreau.territory.queries import agents

WEEKS_AHEAD, STARTS_AHEAD = 26, 8
WEEKDAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
HOURS = ["%H:%M", "%Hh%M", "%H h %M", "%Hh", "%H h", "%H"]
LONG = forms.Textarea(attrs={"rows": 5})


written = writer(BasketsRefused, LedgerRefusal)


def _text(label: str, length: int, complete: str, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, widget=forms.TextInput(attrs={"autocomplete": complete}), **more
    )


class PersonForm(forms.Form):
    name = _text("Votre nom", 80, "name")
    email = forms.EmailField(
        label="Votre adresse e-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="un lien y arrive, qui ouvre votre page",
    )  # fmt: skip
    phone = _text("Téléphone", 20, "tel", required=False, help_text="pour vous prévenir le jour même")
    street = _text("Adresse", 120, "street-address", help_text="pour vos factures")
    postcode = forms.RegexField(
        r"^\d{5}$", label="Code postal", max_length=5,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
        error_messages={"invalid": "Cinq chiffres, par exemple 62370."},
    )  # fmt: skip
    town = _text("Commune", 80, "address-level2")
    pay_by = forms.ChoiceField(
        label="Vous paierez par", choices=PayBy.choices, widget=forms.RadioSelect, initial=PayBy.DEBIT,
        help_text="après coup, ce que vous avez reçu\u202f; le mandat de prélèvement se signe ensuite",
    )  # fmt: skip

    def person(self) -> Person:
        return Person(**{name: self.cleaned_data[name] for name in Person.__dataclass_fields__})


class OwnForm(PersonForm):
    newsletter = forms.BooleanField(label="Recevoir la feuille de chou par courriel", required=False)


def rhythms(today: date) -> list[tuple[str, str]]:
    """« une semaine sur deux : semaines 49, 51, 53… »: said by the weeks that come, not by a letter."""

    def halves(kind: str) -> str:
        ahead = [IsoWeek.of(today) + n for n in range(1, 9)]
        named = ", ".join(str(week.week) for week in ahead if (group(week) == GROUP_A) == (kind == GROUP_A))
        return f"une semaine sur deux\u202f: semaines {named}…"

    return [
        (RhythmKind.WEEKLY, "chaque semaine"), (RhythmKind.GROUP_A, halves("a")),
        (RhythmKind.GROUP_B, halves("b")), (RhythmKind.CHOSEN, "des semaines choisies"),
    ]  # fmt: skip


def _weeks(today: date, count: int, first: int = 1) -> list[tuple[str, str]]:
    ahead = [IsoWeek.of(today) + n for n in range(first, first + count)]
    return [(str(week), week.label) for week in ahead]


class Menu(forms.Select):
    """Hundreds of depots, three times on a page: at once, where Django renders a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(key)}"{" selected" * (str(key) in chosen)}>{escape(label)}</option>'
            for key, label in self.choices
        )
        given = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, given, SafeString(options))


class RhythmForm(forms.Form):
    """Where and how often."""

    depot = forms.TypedChoiceField(label="Dépôt", coerce=int, widget=Menu)
    rhythm = forms.ChoiceField(label="Rythme", widget=forms.RadioSelect, initial=RhythmKind.WEEKLY)
    weeks = forms.MultipleChoiceField(
        label="Semaines choisies", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="pour le rythme « des semaines choisies »",
    )  # fmt: skip
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, rules: Rules, today: date, **more: Any):
        super().__init__(data, **more)
        self.depots = {row.depot_id: row for row in rules.depots(today)}
        self.fields["depot"].choices = [
            (pk, f"{row.depot}, {serves(row)}") for pk, row in self.depots.items()
        ]
        self.fields["rhythm"].choices = rhythms(today)
        self.fields["weeks"].choices = _weeks(today, WEEKS_AHEAD)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("rhythm") != RhythmKind.CHOSEN:
            values["weeks"] = []
        return values

    @property
    def place(self) -> Place:
        return self.depots[self.cleaned_data["depot"]].depot


class WishForm(RhythmForm):
    size = forms.TypedChoiceField(label="Panier", coerce=int, widget=forms.RadioSelect)
    starts = forms.ChoiceField(label="Premier panier, la")
    field_order = ["size", "depot", "rhythm", "weeks", "starts"]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, rules: Rules, today: date, **more: Any):
        super().__init__(data, rules=rules, today=today, **more)
        self.sizes: dict[int, BasketSize] = {}
        told = []
        for size, price in sizes_sold(today, rules):
            self.sizes[size.pk] = size
            told.append((size.pk, f"{size}, {format_money(price)}"))
        self.fields["size"].choices = told
        self.fields["starts"].choices = _weeks(today, STARTS_AHEAD)
        if told:
            self.fields["size"].initial = told[0][0]

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(
            self.sizes[said["size"]], self.place, said["rhythm"], IsoWeek.parse(said["starts"]).monday,
            tuple(said["weeks"]),
        )  # fmt: skip


class ChangeTermsForm(RhythmForm):
    week = forms.ChoiceField(label="À partir de la")

    def __init__(self, data: Any = None, *, rules: Rules, today: date, **more: Any):
        super().__init__(data, rules=rules, today=today, prefix="terms", **more)
        self.fields["week"].choices = _weeks(today, STARTS_AHEAD)


class JoinForm(PersonForm):
    # Nobody sees it, so only a machine fills it.
    website = forms.CharField(label="Ne remplissez pas", required=False, max_length=200)


class DeliveryForm(forms.Form):
    """What is changed of a delivery; each gesture sends what it needs."""

    day = forms.DateField(input_formats=["%Y-%m-%d"], widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=[(k, k) for k in ("plain", "skip", "give", "move", "extra")])
    code = forms.CharField(label="Code du membre", max_length=12, required=False)
    depot = forms.TypedChoiceField(label="Dépôt", coerce=int, required=False, empty_value=None, widget=Menu)
    count = forms.TypedChoiceField(
        label="Paniers en tout", coerce=int, required=False, empty_value=None,
        choices=[(n, str(n)) for n in range(2, BASKETS_MAX + 1)],
    )  # fmt: skip
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, depots: Sequence[DepotTerms] = ()):
        super().__init__(data)
        self.depots = {row.depot_id: row.depot for row in depots}
        self.fields["depot"].choices = [
            ("", "Choisir…"), *((row.depot_id, f"{row.depot}, {serves(row)}") for row in depots)
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("kind") == "move" and not values.get("depot"):
            self.add_error("depot", "Choisissez le dépôt où vous le prendrez.")
        if values.get("kind") == "extra" and not values.get("count"):
            self.add_error("count", "Dites combien de paniers en tout.")
        return values


class PauseForm(forms.Form):
    first = forms.ChoiceField(label="De la")
    last = forms.ChoiceField(label="À la")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, prefix="pause")
        for name in ("first", "last"):
            self.fields[name].choices = _weeks(today, WEEKS_AHEAD, first=0)
        following = str(IsoWeek.of(today) + 1)
        self.initial = {"first": following, "last": following}


class StopForm(forms.Form):
    on = DateFieldFr(label="Dernier jour")

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, prefix="stop", initial={"on": today + timedelta(days=7)})
        self.today = today

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day < self.today:
            raise forms.ValidationError(f"Le {format_date(day)} est passé. Choisissez un jour à venir.")
        return day


class AcceptForm(forms.Form):
    starts = forms.ChoiceField(label="Premier panier, la")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data)
        self.fields["starts"].choices = _weeks(today, STARTS_AHEAD)


# --- the garden -----------------------------------------------------------------------------------------


def _rule(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=MoneyRule.choices)


class TermsForm(forms.Form):
    starts_on = DateFieldFr(label="À partir du")
    seller = forms.ModelChoiceField(Agent.objects.none(), label="Vendus par", empty_label="Choisir…")
    solidarity = forms.ModelChoiceField(
        Agent.objects.none(), label="Paniers donnés, remis à", empty_label="Choisir…"
    )
    fee = MoneyFieldFr(label="Adhésion, par an")
    weeks_a_year = WholeFieldFr(label="Semaines livrées par an", min_value=1, max_value=53)
    cutoff_hours = WholeFieldFr(label="Changements jusqu’à", symbol="h avant", min_value=0, max_value=336)
    skip_rule, pause_rule = _rule("Panier sauté"), _rule("Pause")
    pause_weeks_max = WholeFieldFr(
        label="Pause par an, au plus", symbol="semaines", min_value=0, max_value=53
    )
    offer_days = WholeFieldFr(label="Une place proposée tient", symbol="jours", min_value=1, max_value=60)
    source = forms.CharField(label="Décidé par", max_length=200, help_text="assemblée ou conseil, et sa date")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, known: Terms | None, today: date):
        names = TermsEntry.__dataclass_fields__
        super().__init__(
            data, prefix="rules", initial={name: getattr(known, name) for name in names} if known else None
        )
        self.initial["starts_on"] = today
        kinds = [kind for kind in AgentKind if kind != AgentKind.PERSON]
        for name in ("seller", "solidarity"):
            self.fields[name].queryset = agents(ecopole, kinds)

    def entry(self) -> TermsEntry:
        return TermsEntry(**{name: self.cleaned_data[name] for name in TermsEntry.__dataclass_fields__})


class KeepForm(forms.Form):
    hours = DecimalFieldFr(label="Temps passé", unit="hour", max_value=HOURS_MAX)


class PriceForm(forms.Form):
    size = forms.ModelChoiceField(BasketSize.objects.none(), label="Panier", empty_label=None)
    price = MoneyFieldFr(label="Prix, TVA comprise")
    starts_on = DateFieldFr(label="À partir du")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, prefix="price", initial={"starts_on": (IsoWeek.of(today) + 1).monday})
        self.fields["size"].queryset = BasketSize.objects.filter(ecopole=ecopole).select_related("product")


class DepotForm(forms.Form):
    starts_on = DateFieldFr(label="À partir du")
    weekday = forms.TypedChoiceField(label="Jour", coerce=int, choices=list(enumerate(WEEKDAYS)))
    opens = forms.TimeField(label="De", input_formats=HOURS, widget=forms.TimeInput(format="%H:%M"))
    closes = forms.TimeField(label="À", input_formats=HOURS, widget=forms.TimeInput(format="%H:%M"))
    capacity = WholeFieldFr(label="Paniers au plus", min_value=0, max_value=9999)
    charge = MoneyFieldFr(label="Frais de livraison par panier")
    new_link = forms.BooleanField(label="Changer son lien secret", required=False)

    def __init__(self, data: Any = None, *, known: DepotTerms | None, today: date):
        names = DepotEntry.__dataclass_fields__
        super().__init__(data, initial={name: getattr(known, name) for name in names} if known else None)
        self.initial["starts_on"] = today

    def entry(self) -> DepotEntry:
        return DepotEntry(**{name: self.cleaned_data[name] for name in DepotEntry.__dataclass_fields__})


class SheetForm(forms.Form):
    news = forms.CharField(label="Nouvelles", max_length=4000, widget=LONG)
    recipe_title = forms.CharField(label="Recette", max_length=120, required=False)
    recipe = forms.CharField(label="Sa préparation", max_length=4000, required=False, widget=LONG)

    def __init__(self, data: Any = None, *, known: Sheet | None):
        names = ("news", "recipe_title", "recipe")
        super().__init__(data, initial={name: getattr(known, name) for name in names} if known else None)


def serves(row: DepotTerms) -> str:
    """« le mercredi de 16 h à 19 h »."""

    def hour(at: Any) -> str:
        return f"{at.hour}\u00a0h" + (f"\u00a0{at.minute:02}" if at.minute else "")

    return f"le {WEEKDAYS[row.weekday]} de {hour(row.opens)} à {hour(row.closes)}"
