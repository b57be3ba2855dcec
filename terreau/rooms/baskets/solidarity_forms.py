"""What is typed of solidarity: by the garden, by a social worker, by a member who chooses a price."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q

from terreau.measures.money import Money
from terreau.rooms.baskets.actions import Decision, PayerEntry, SchemeEntry
from terreau.rooms.baskets.models import (
    After,
    BasketSize,
    Criterion,
    Enrolment,
    Member,
    Referral,
    Regime,
    Scheme,
    Sliding,
    SolidarityTerms,
)
from terreau.rooms.baskets.shares import Part, read_part
from terreau.territory.forms import DateFieldFr, FrenchField, MoneyFieldFr, WholeFieldFr
from terreau.territory.models import Agent, AgentKind, Ecopole
from terreau.territory.queries import agents

PAYERS_MAX = 4
PAYERS = [kind for kind in AgentKind if kind != AgentKind.PERSON]
MONTHS = [(3, "3 mois"), (6, "6 mois")]
REGIMES = [("", "sans objet"), *Regime.choices]


class PartField(FrenchField):
    """« 1/3 », « 33,5 % » or « 1,60 € »."""

    def read(self, text: str) -> Part:
        return read_part(text)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off"}


def _agent(label: str, **more: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(Agent.objects.none(), label=label, empty_label="Choisir…", **more)


class SchemeForm(forms.Form):
    name = forms.CharField(label="Nom", max_length=80)
    starts_on, ends_on = DateFieldFr(label="Du"), DateFieldFr(label="Au")
    size = forms.ModelChoiceField(
        BasketSize.objects.none(), label="Panier", required=False, empty_label="toutes les tailles"
    )
    household = PartField(label="Part du foyer", help_text="1/3, 10\u00a0% ou 1,60\u00a0€")
    criterion = forms.ChoiceField(label="Critère", choices=Criterion.choices)
    bands = forms.CharField(
        label="Tranches", max_length=600, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="une par ligne, comme «\u202fmoins de 400\u00a0€\u202f»\u202f; jamais le revenu d’un foyer",
    )  # fmt: skip
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, initial={"starts_on": today, "ends_on": today.replace(month=12, day=31)})
        self.fields["size"].queryset = BasketSize.objects.filter(ecopole=ecopole).select_related("product")
        for n in range(1, PAYERS_MAX + 1):
            first = n == 1
            self.fields[f"payer{n}"] = _agent("Payeur", required=first)
            self.fields[f"part{n}"] = PartField(label="Sa part", required=first)
            self.fields[f"ceiling{n}"] = MoneyFieldFr(label="Plafond sur la période", required=False)
            self.fields[f"regime{n}"] = forms.ChoiceField(
                label="Pour les foyers", choices=[("", "tous"), *Regime.choices], required=False
            )
            self.fields[f"remainder{n}"] = forms.BooleanField(
                label="Prend l’arrondi", required=False, initial=first
            )
            self.fields[f"payer{n}"].queryset = agents(ecopole, PAYERS)

    @property
    def payer_rows(self) -> list[list[forms.BoundField]]:
        names = ("payer", "part", "ceiling", "regime", "remainder")
        return [[self[f"{name}{n}"] for name in names] for n in range(1, PAYERS_MAX + 1)]

    def clean_bands(self) -> list[str]:
        told = [line.strip() for line in self.cleaned_data["bands"].splitlines() if line.strip()]
        if any(len(line) > 60 for line in told) or len(told) > 12:
            raise forms.ValidationError("Douze tranches au plus, de soixante lettres chacune.")
        return list(dict.fromkeys(told))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for n in range(2, PAYERS_MAX + 1):
            if (
                bool(values.get(f"payer{n}")) != bool(values.get(f"part{n}"))
                and f"part{n}" not in self.errors
            ):
                self.add_error(f"part{n}", "Dites à la fois qui paie et quelle part.")
        for n in range(1, PAYERS_MAX + 1):
            if (values.get(f"ceiling{n}") or Money(1)) <= Money(0):
                self.add_error(f"ceiling{n}", "Un plafond dépasse 0\u00a0€\u202f; sans lui, laissez vide.")
        return values

    def entry(self) -> SchemeEntry:
        said = self.cleaned_data
        return SchemeEntry(
            said["name"], said["starts_on"], said["ends_on"], said["size"], said["criterion"], said["bands"],
            said["household"],
            [
                PayerEntry(
                    said[f"payer{n}"], said[f"part{n}"], said[f"ceiling{n}"], said[f"regime{n}"],
                    said[f"remainder{n}"],
                )
                for n in range(1, PAYERS_MAX + 1)
                if said[f"payer{n}"]
            ],
        )  # fmt: skip


class CloseForm(forms.Form):
    on = DateFieldFr(label="Dernier jour")

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, initial={"on": today})


class SolidarityForm(forms.Form):
    """What the garden decides of solidarity."""

    starts_on = DateFieldFr(label="À partir du")
    holder = _agent("Cagnotte tenue par")
    after = forms.ChoiceField(label="Une décision échue, le foyer paie", choices=After.choices)
    fallback = forms.ModelChoiceField(
        Scheme.objects.none(), label="Dispositif de repli", required=False, empty_label="aucun"
    )
    remind_days = WholeFieldFr(label="Rappel", symbol="jours avant", min_value=1, max_value=90)
    source = forms.CharField(label="Décidé par", max_length=200)
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, known: SolidarityTerms | None, today: date):
        names = ("holder", "after", "fallback", "remind_days", "source")
        super().__init__(
            data, prefix="rules", initial={name: getattr(known, name) for name in names} if known else None
        )
        self.initial["starts_on"] = today
        self.fields["holder"].queryset = agents(ecopole, PAYERS)
        self.fields["fallback"].queryset = Scheme.objects.filter(ecopole=ecopole)


class SlidingForm(forms.Form):
    size = forms.ModelChoiceField(BasketSize.objects.none(), label="Panier", empty_label=None)
    starts_on = DateFieldFr(label="À partir du")
    lowest, highest = MoneyFieldFr(label="Au moins"), MoneyFieldFr(label="Au plus")
    needed = MoneyFieldFr(label="Prix moyen nécessaire")
    source = forms.CharField(label="D’après", max_length=200, help_text="le calcul du jardin, et sa date")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, prefix="sliding", initial={"starts_on": today + timedelta(days=1)})
        self.fields["size"].queryset = BasketSize.objects.filter(ecopole=ecopole).select_related("product")


class LinkForm(forms.Form):
    agent = _agent("Organisme")
    until = DateFieldFr(label="Lien valable jusqu’au")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        super().__init__(data, prefix="link", initial={"until": today + timedelta(days=180)})
        self.fields["agent"].queryset = agents(ecopole, PAYERS)


def _open_schemes(ecopole: Ecopole, today: date) -> Any:
    return Scheme.objects.filter(ecopole=ecopole, ends_on__gte=today).exclude(closed_on__lt=today)


class DecisionForm(forms.Form):
    """Scheme, band, regime: what is kept of a household's situation."""

    scheme = forms.ModelChoiceField(Scheme.objects.none(), label="Dispositif", empty_label=None)
    band = forms.ChoiceField(label="Tranche")
    regime = forms.ChoiceField(label="Régime", choices=REGIMES, required=False)
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date, **more: Any):
        super().__init__(data, **more)
        schemes = list(_open_schemes(ecopole, today))
        self.fields["scheme"].queryset = _open_schemes(ecopole, today)
        bands = [(band, band) for scheme in schemes for band in scheme.bands]
        self.fields["band"].choices = list(dict.fromkeys(bands))


class ReferralForm(DecisionForm):
    """The social worker's own: few words."""

    name = forms.CharField(label="Nom du foyer", max_length=80)
    contact = forms.CharField(label="Téléphone ou adresse e-mail", max_length=120)
    months = forms.TypedChoiceField(label="Pour", coerce=int, choices=MONTHS, initial=6)
    agreed = forms.BooleanField(label="Le foyer est d’accord pour que ces mots soient transmis au jardin")
    # Nobody sees it, so only a machine fills it.
    website = forms.CharField(label="Ne remplissez pas", required=False, max_length=200)
    field_order = ["name", "contact", "scheme", "band", "regime", "months", "agreed"]


class EnrolForm(DecisionForm):
    member = forms.CharField(label="Foyer", max_length=120, help_text="code, nom ou adresse e-mail du membre")
    referrer = _agent("Orienté par")
    starts_on, ends_on = DateFieldFr(label="Du"), DateFieldFr(label="Au")
    field_order = ["member", "scheme", "band", "regime", "referrer", "starts_on", "ends_on"]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date, asked: Referral | None = None):
        months = asked.months if asked else 6
        initial: dict[str, Any] = {"starts_on": today, "ends_on": after_months(today, months)}
        if asked:
            initial |= {
                "scheme": asked.scheme_id, "band": asked.band, "regime": asked.regime,
                "referrer": asked.referrer.agent_id,
            }  # fmt: skip
        super().__init__(data, ecopole=ecopole, today=today, initial=initial)
        self.ecopole = ecopole
        self.fields["referrer"].queryset = agents(ecopole, PAYERS)

    def clean_member(self) -> Member:
        said = self.cleaned_data["member"].strip()
        rows = Member.objects.filter(ecopole=self.ecopole, left_on=None).select_related("agent", "ecopole")
        found = list(
            rows.filter(Q(agent__name__iexact=said) | Q(name__iexact=said) | Q(email__iexact=said))[:2]
        )
        if len(found) != 1:
            how = (
                "plusieurs membres portent ce nom\u202f: donnez le code"
                if found
                else "aucun membre ne répond"
            )
            raise forms.ValidationError(
                f"« {said} »\u202f: {how}. Un foyer s’abonne d’abord, comme tout le monde."
            )
        return found[0]

    def decision(self) -> Decision:
        return Decision(**{name: self.cleaned_data[name] for name in Decision.__dataclass_fields__})


class RenewForm(DecisionForm):
    """The same household, from the day after: the band may have changed."""

    referrer = _agent("Décidé par")
    ends_on = DateFieldFr(label="Jusqu’au")
    field_order = ["scheme", "band", "regime", "referrer", "ends_on"]

    def __init__(self, data: Any = None, *, row: Enrolment, today: date):
        self.start = max(today, row.ends_on + timedelta(days=1))
        super().__init__(
            data, ecopole=row.member.ecopole, today=today, prefix="renew",
            initial={
                "scheme": row.scheme_id, "band": row.band, "regime": row.regime, "referrer": row.referrer_id,
                "ends_on": after_months(self.start, 6),
            },
        )  # fmt: skip
        self.fields["referrer"].queryset = agents(row.member.ecopole, PAYERS)

    def decision(self) -> Decision:
        said = self.cleaned_data
        return Decision(
            said["scheme"], said["referrer"], said["band"], said["regime"], self.start, said["ends_on"]
        )


class EndForm(forms.Form):
    on = DateFieldFr(label="À partir du")

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, prefix="end", initial={"on": today})


class GiftForm(forms.Form):
    giver = _agent("De")
    euros = MoneyFieldFr(label="Montant")
    until = DateFieldFr(label="À utiliser jusqu’au", required=False, help_text="vide\u202f: sans limite")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole):
        super().__init__(data)
        members = Member.objects.filter(ecopole=ecopole, left_on=None).values("agent")
        self.fields["giver"].queryset = Agent.objects.filter(
            Q(ecopole=ecopole, anonymised_at=None) & (~Q(kind=AgentKind.PERSON) | Q(pk__in=members))
        ).order_by("kind", "name")


class OwnPriceForm(forms.Form):
    price = MoneyFieldFr(label="Mon prix par panier")

    # What the page says beside it.
    slide: Sliding | None = None

    def __init__(self, data: Any = None, *, chosen: Money | None = None):
        super().__init__(data, prefix="price", initial={"price": chosen} if chosen is not None else None)


def after_months(day: date, months: int) -> date:
    """The last day of so many months that begin that day."""
    years, month = divmod(day.month - 1 + months, 12)
    last = min(day.day, 28)
    return date(day.year + years, month + 1, last) - timedelta(days=1)
