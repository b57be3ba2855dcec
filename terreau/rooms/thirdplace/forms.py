"""What is typed at the third place."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from terreau.ledger.actions import LedgerRefusal
from terreau.measures.french import FrenchEntryError, format_date, parse_date
from terreau.rooms.thirdplace.actions import GatheringEntry, PlaceRefused
from terreau.rooms.thirdplace.models import (
    AgeBand,
    Benefit,
    BenefitKind,
    Fee,
    Gathering,
    GatheringKind,
    House,
    Member,
    Skill,
    Thing,
    ThingKind,
    Use,
)
from terreau.rooms.thirdplace.trades import TRADES
from terreau.territory.forms import (
    DateFieldFr,
    DecimalFieldFr,
    MoneyFieldFr,
    WholeFieldFr,
    choose_rows,
    writer,
)
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Product, ProductFamily
from terreau.territory.queries import agents

KEEPERS = (
    AgentKind.ASSOCIATION,
    AgentKind.PLATFORM,
    AgentKind.GARDEN,
    AgentKind.KITCHEN,
    AgentKind.AUTHORITY,
)
PAYERS = [kind for kind in AgentKind if kind != AgentKind.PERSON]
GIVERS = (*KEEPERS, AgentKind.DEPOT, AgentKind.FARM)
SEATS_MAX, HOURS_MAX, CREDITS_MAX = 2_000, 24, 10_000
LONG = forms.Textarea(attrs={"rows": 3})
HOURS = ["%H:%M", "%Hh%M", "%H h %M", "%Hh", "%H h", "%H"]


written = writer(PlaceRefused, LedgerRefusal)


def _clock(label: str, **more: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label, input_formats=HOURS,
        widget=forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off"}),
        error_messages={"invalid": "Écrivez une heure, par exemple 14:30 ou 14 h 30."}, **more,
    )  # fmt: skip


class HouseForm(forms.Form):
    agent = forms.ModelChoiceField(Agent.objects.none(), label="Tenu par", empty_label="Choisir…")
    unit = forms.CharField(
        label="Nom du crédit",
        max_length=30,
        initial="manne",
        help_text="au singulier\u202f: manne, cocagne, grain…",
    )

    def __init__(self, data: Any = None, *, ecopole: Ecopole, house: House | None = None):
        super().__init__(data, initial={"agent": house.agent_id, "unit": house.unit} if house else None)
        choose_rows(self, "agent", agents(ecopole, KEEPERS))


class GatheringForm(forms.Form):
    kind = forms.ChoiceField(label="Nature", choices=GatheringKind.choices, widget=forms.RadioSelect)
    title = forms.CharField(label="Titre", max_length=80)
    about = forms.CharField(label="Annonce", max_length=1000, widget=LONG, help_text="ce que lira le public")
    leader = forms.CharField(label="Animé par", max_length=80, required=False)
    where = forms.CharField(label="Lieu", max_length=80)
    capacity = WholeFieldFr(label="Places", min_value=1, max_value=SEATS_MAX)
    day = DateFieldFr(label="Jour")
    start = _clock("De")
    end = _clock("À")
    price = MoneyFieldFr(
        label="Prix par personne", required=False, help_text="vide\u202f: gratuit\u202f; un enfant paie aussi"
    )
    benefit = forms.ModelChoiceField(
        Benefit.objects.none(), label="Ou en crédits, pour les membres", empty_label="non", required=False
    )
    things = forms.ModelMultipleChoiceField(
        Thing.objects.none(), label="Salles et outils réservés", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    every_weeks = forms.TypedChoiceField(
        label="Se répète", coerce=int, required=False,
        choices=[(1, "chaque semaine"), (2, "une semaine sur deux"), (4, "toutes les 4 semaines")],
    )  # fmt: skip
    until = DateFieldFr(label="jusqu’au", required=False, help_text="vide\u202f: une seule fois")
    skipped = forms.CharField(
        label="sauf", max_length=500, required=False, help_text="des jours, par exemple 25/12/2026, 1/1/2027"
    )
    REPEATS = ("every_weeks", "until", "skipped")

    def __init__(
        self, data: Any, *, ecopole: Ecopole, known: Gathering | None = None, day: date | None = None
    ):
        super().__init__(data, initial=_said_of(known) if known else {"kind": "workshop", "day": day})
        choose_rows(self, "things", Thing.objects.filter(ecopole=ecopole, closed_on=None))
        choose_rows(self, "benefit", Benefit.objects.filter(ecopole=ecopole, closed_on=None, product=None))
        if known:
            for name in self.REPEATS:
                del self.fields[name]

    def clean_skipped(self) -> list[date]:
        days = []
        for typed in re.split(r"[,;\n]+", self.cleaned_data["skipped"]):
            if typed.strip():
                try:
                    days.append(parse_date(typed))
                except FrenchEntryError as error:
                    raise forms.ValidationError(str(error)) from error
        return days

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        day, until = values.get("day"), values.get("until")
        if day and until and until < day:
            self.add_error("until", f"C’est avant le {format_date(day)}. Échangez les dates.")
        return values

    def entry(self) -> GatheringEntry:
        said = self.cleaned_data
        names = ("kind", "title", "about", "leader", "where", "capacity", "start", "end", "price", "benefit")
        return GatheringEntry(**{name: said[name] for name in names})

    @property
    def things_chosen(self) -> list[Thing]:
        return list(self.cleaned_data["things"])


def _said_of(known: Gathering) -> dict[str, Any]:
    starts, ends = timezone.localtime(known.starts_at), timezone.localtime(known.ends_at)
    names = ("kind", "title", "about", "leader", "where", "capacity")
    fee: Fee | None = getattr(known, "fee", None)
    return {name: getattr(known, name) for name in names} | {
        "price": fee and fee.price, "benefit": fee and fee.benefit_id,
        "day": starts.date(), "start": starts.time(), "end": ends.time(),
        "things": list(known.bookings.filter(cancelled_at=None).values_list("thing_id", flat=True)),
    }  # fmt: skip


class CancelForm(forms.Form):
    reason = forms.CharField(label="Pourquoi", max_length=200, required=False)
    following = forms.BooleanField(label="et les dates suivantes de la série", required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Pourquoi", max_length=200, required=False)


class SignUpForm(forms.Form):
    name = forms.CharField(
        label="Votre nom", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Votre adresse e-mail", help_text="pour vous prévenir\u202f; effacé trois mois après",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    adults = WholeFieldFr(label="Adultes", min_value=0, max_value=99, initial=1)
    children = WholeFieldFr(
        label="Enfants",
        min_value=0,
        max_value=99,
        required=False,
        help_text="avec vous, sous votre responsabilité",
    )
    # Nobody sees it, so only a machine fills it.
    website = forms.CharField(label="Ne remplissez pas", required=False, max_length=200)


class WalkInForm(forms.Form):
    people = WholeFieldFr(label="Personnes sans inscription", min_value=1, max_value=500, initial=1)


YES_NO = [("", "ne dit pas"), ("oui", "oui"), ("non", "non")]


class ComerForm(forms.Form):
    age = forms.ChoiceField(label="Âge", choices=[("", "ne dit pas"), *AgeBand.choices], required=False)
    commune = forms.ModelChoiceField(
        Commune.objects.none(), label="Commune", empty_label="ne dit pas", required=False
    )
    first_time = forms.ChoiceField(label="Première fois", choices=YES_NO, required=False)

    def __init__(self, data: Any = None, *, around: Iterable[Commune]):
        super().__init__(data, prefix="comer")
        known = list(around)
        rows = Commune.objects.filter(pk__in=[commune.pk for commune in known]).only("code", "name")
        choose_rows(self, "commune", rows, known)

    @property
    def said(self) -> dict[str, Any]:
        told = self.cleaned_data
        new = {"oui": True, "non": False}.get(told["first_time"])
        return {"age": told["age"], "commune": told["commune"], "first_time_here": new}


class TestimonyForm(forms.Form):
    __test__ = False  # whatever its name says

    words = forms.CharField(label="Ses mots", max_length=1000, widget=LONG)
    signed = forms.CharField(
        label="Signé", max_length=60, required=False, help_text="un prénom, une initiale, ou rien"
    )
    consents = forms.BooleanField(
        label="La personne accepte que ces mots paraissent dans le bilan; elle peut les retirer.",
        required=False,
    )


class HoursForm(forms.Form):
    """Hours of a member; on their own page, they say the day and not who."""

    member = forms.ModelChoiceField(Member.objects.none(), label="Membre", empty_label="Choisir…")
    trade = forms.ModelChoiceField(Product.objects.none(), label="Activité", empty_label=None)
    hours = DecimalFieldFr(
        label="Heures", unit="hour", places_max=2, min_value=Decimal("0.25"), max_value=HOURS_MAX
    )
    on = DateFieldFr(label="Jour")

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date, own: bool = False):
        super().__init__(data, prefix="hours", initial={"on": today})
        trades = Product.objects.filter(code__in=TRADES).order_by("name")
        choose_rows(self, "trade", trades, list(trades))
        if own:
            del self.fields["member"]
        else:
            there = Member.objects.filter(ecopole=ecopole, closed_on=None).exclude(charter_on=None)
            choose_rows(self, "member", there.order_by("name"))


class ThingForm(forms.Form):
    kind = forms.ChoiceField(label="Nature", choices=ThingKind.choices)
    name = forms.CharField(label="Nom", max_length=60)
    seats = WholeFieldFr(
        label="Places", min_value=1, max_value=SEATS_MAX, required=False, help_text="d’une salle"
    )


class BookForm(forms.Form):
    thing = forms.ModelChoiceField(Thing.objects.none(), label="Salle ou outil", empty_label="Choisir…")
    who = forms.CharField(label="Pour qui", max_length=80)
    use = forms.ChoiceField(label="Usage", choices=Use.choices)
    day = DateFieldFr(label="Jour")
    start = _clock("De")
    end = _clock("À")

    def __init__(self, data: Any = None, *, known: Sequence[Thing], today: date):
        super().__init__(data, prefix="book", initial={"day": today, "start": time(14), "end": time(17)})
        choose_rows(self, "thing", Thing.objects.filter(pk__in=[row.pk for row in known]), known)


class TariffForm(forms.Form):
    thing = forms.ModelChoiceField(Thing.objects.none(), label="Salle ou outil", empty_label="Choisir…")
    per_hour = MoneyFieldFr(label="L’heure")
    since = DateFieldFr(label="À partir du")
    source = forms.CharField(label="Décidé par", max_length=200, help_text="par exemple CA du 12 mars")

    def __init__(self, data: Any = None, *, known: Sequence[Thing], today: date):
        super().__init__(data, prefix="tariff", initial={"since": today})
        choose_rows(self, "thing", Thing.objects.filter(pk__in=[row.pk for row in known]), known)


class ChargeForm(forms.Form):
    payer = forms.ModelChoiceField(Agent.objects.none(), label="À qui", empty_label="Choisir…")

    def __init__(self, data: Any = None, *, ecopole: Ecopole):
        super().__init__(data)
        choose_rows(self, "payer", agents(ecopole, PAYERS))


class MemberForm(forms.Form):
    name = forms.CharField(label="Nom", max_length=80)
    email = forms.EmailField(label="Adresse e-mail", required=False)
    charter_on = DateFieldFr(
        label="Charte signée le", required=False, help_text="avant la première heure donnée"
    )


class PathForm(forms.Form):
    name = forms.CharField(label="Parcours", max_length=80)
    about = forms.CharField(label="Pour apprendre à", max_length=300)
    skills = forms.CharField(label="Compétences, une par ligne", max_length=2000, widget=LONG, required=False)

    @property
    def lines(self) -> list[str]:
        return [line.strip()[:120] for line in self.cleaned_data["skills"].splitlines() if line.strip()]


class _SkillChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.path}\u202f: {obj.name}"


class MarkForm(forms.Form):
    skill = _SkillChoice(Skill.objects.none(), label="Compétence vue", empty_label="Choisir…")
    on = DateFieldFr(label="Le")

    def __init__(self, data: Any = None, *, member: Member, today: date):
        super().__init__(data, prefix="mark", initial={"on": today})
        left = Skill.objects.filter(path__ecopole=member.ecopole).exclude(marks__member=member)
        choose_rows(self, "skill", left.select_related("path").order_by("path__name", "rank"))
        self.today = today

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise forms.ValidationError("Ce jour n’est pas encore passé.")
        return day


def _credits(label: str, **more: Any) -> DecimalFieldFr:
    return DecimalFieldFr(label=label, places_max=2, min_value=Decimal("0.01"), max_value=CREDITS_MAX, **more)


class TermsForm(forms.Form):
    since = DateFieldFr(label="À partir du")
    per_hour = _credits("Par heure donnée")
    cap = _credits("Plafond d’un carnet", help_text="au-delà, on ne gagne plus")
    months = WholeFieldFr(label="Validité", symbol="mois", min_value=1, max_value=60)
    source = forms.CharField(label="Décidé par", max_length=200, help_text="assemblée ou conseil, et sa date")

    def __init__(self, data: Any = None):
        super().__init__(data, prefix="terms")


class BenefitForm(forms.Form):
    kind = forms.ChoiceField(label="Nature", choices=BenefitKind.choices)
    name = forms.CharField(label="Ce que l’on reçoit", max_length=80)
    cost = _credits("Coûte")
    product = forms.ModelChoiceField(
        Product.objects.none(), label="Sort du stock", empty_label="rien", required=False
    )
    giver = forms.ModelChoiceField(Agent.objects.none(), label="de chez", empty_label="–", required=False)

    def __init__(self, data: Any = None, *, ecopole: Ecopole):
        super().__init__(data, prefix="benefit")
        goods = (ProductFamily.BASKET, ProductFamily.PRESERVE, ProductFamily.GROCERY)
        choose_rows(self, "product", Product.objects.filter(family__in=goods).order_by("name"))
        choose_rows(self, "giver", agents(ecopole, GIVERS))


class GiveForm(forms.Form):
    to = forms.CharField(label="Code du membre", max_length=12, help_text="en haut de sa page, comme M-7K3D")
    credits = _credits("Combien")

    def __init__(self, data: Any = None):
        super().__init__(data, prefix="give")
