"""Entries of a file. What is typed wrong stays; what the rules say is shown above."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from terreau.rooms.insertion.models import (
    AmendmentKind,
    Answer,
    Author,
    ContractKind,
    ExtensionReason,
    Opinion,
    PaperKind,
    PmsmpObject,
)
from terreau.rooms.insertion.rules import contracts, eligibility
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.abilities import Role
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, choose
from terreau.territory.models import Ecopole, Membership

PROOFS = 4
CHOOSE = ("", "Choisir…")
WORDS = forms.Textarea(attrs={"rows": 3})


def reasons(file: str, on: date, *, selectable: bool = False) -> list[tuple[str, str]]:
    """The codes of a dated list, with what they say."""
    known = listed(file, on)
    return [
        (code, row["label"]) for code, row in known.items() if not selectable or row["selectable"] == "oui"
    ]


class Entry(forms.Form):
    """A form whose lists and days are those of the day it is filled."""

    def __init__(self, data: Any, *, on: date, **kwargs: Any):
        super().__init__(data, **kwargs)
        self.on = on
        self.offered: dict[str, dict[str, Any]] = {}
        for name, bound in self.fields.items():
            # A shared browser remembers nothing of a person.
            bound.widget.attrs.setdefault("autocomplete", "off")
            if isinstance(bound, DateFieldFr) and bound.required and name not in self.initial:
                self.initial[name] = on
        self.prepare()

    def prepare(self) -> None:
        """The choices that depend on the day."""

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        choose(self, name, [CHOOSE, *choices])

    def offer(self, name: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        """A list whose choices stand for something: its code, its label, the thing itself."""
        known = list(rows)
        self.choose(name, [(code, label) for code, label, _ in known])
        self.offered[name] = {code: thing for code, _, thing in known}

    def said(self) -> dict[str, Any]:
        """What was typed, as the action is told it."""
        chosen = {name: known.get(self.cleaned_data[name]) for name, known in self.offered.items()}
        return self.cleaned_data | chosen

    def in_order(self, first: str = "starts_on", last: str = "ends_on") -> None:
        start, end = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if start and end and end < start:
            self.add_error(last, "La fin est avant le début.")


class Spell(Entry):
    """What lasts from a day to another."""

    def clean(self) -> None:
        self.in_order()


class WelcomeForm(Entry):
    first_name = forms.CharField(label="Prénom", max_length=80)
    name = forms.CharField(label="Nom", max_length=80)
    birth_date = DateFieldFr(label="Date de naissance", required=False)
    sex = forms.ChoiceField(
        label="Sexe", choices=[("", "Non dit"), ("F", "Femme"), ("M", "Homme")], required=False
    )
    phone = forms.CharField(
        label="Téléphone", max_length=20, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.EmailField(label="Adresse e-mail", required=False)
    address = forms.CharField(label="Adresse", max_length=200, required=False)
    prescriber = forms.ChoiceField(label="Qui nous l’adresse", required=False)
    organisation = forms.CharField(label="Organisme", max_length=120, required=False)
    contact = forms.CharField(label="Personne à joindre là-bas", max_length=120, required=False)
    referred_on = DateFieldFr(label="Reçue le")
    note = forms.CharField(label="Précision", max_length=1000, required=False, widget=WORDS)

    IDENTITY = ("first_name", "name", "birth_date", "sex", "phone", "email", "address")

    def prepare(self) -> None:
        field: Any = self.fields["prescriber"]
        field.choices = [("", "La personne elle-même"), *reasons("prescribers", self.on)]

    def said(self) -> dict[str, Any]:
        said = self.cleaned_data
        identity = {name: said[name] for name in self.IDENTITY}
        return {"identity": identity, "referral": {name: said[name] for name in said if name not in identity}}


class AnswerForm(Entry):
    answer = forms.ChoiceField(label="Décision", choices=[CHOOSE, *Answer.choices])
    decided_on = DateFieldFr(label="Décidé le")
    note = forms.CharField(label="Ce qui la motive", max_length=1000, required=False, widget=WORDS)


class DiagnosisForm(Entry):
    author = forms.ChoiceField(label="Établi par", choices=[CHOOSE, *Author.choices])
    prescriber = forms.ChoiceField(label="Prescripteur", required=False)
    made_on = DateFieldFr(label="Établi le")
    pass_start = DateFieldFr(label="PASS IAE à partir du", help_text="les preuves sont jugées à cette date")
    education = forms.ChoiceField(label="Niveau de formation", required=False)
    note = forms.CharField(label="Précision", max_length=1000, required=False, widget=WORDS)

    def prepare(self) -> None:
        self.choose("prescriber", reasons("prescribers", self.on))
        self.choose("education", reasons("education", self.on))
        criteria = reasons("criteria", self.on)
        for number in range(1, PROOFS + 1):
            self.fields |= {
                f"code{number}": forms.ChoiceField(
                    label=f"Critère {number}", required=False, choices=[CHOOSE, *criteria]
                ),
                f"dated{number}": DateFieldFr(label="Date de la preuve", required=False),
                f"until{number}": DateFieldFr(
                    label="Valable jusqu’au", required=False, help_text="pour un titre ou une décision"
                ),
                f"lasting{number}": forms.BooleanField(label="Diplôme, sans date", required=False),
                f"kept{number}": forms.CharField(
                    label="Où est la preuve", max_length=120, required=False, help_text="jamais ici"
                ),
            }

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields as the page shows them: the diagnosis, then each proof by itself."""
        known = [self[name] for name in self.fields if not name[-1].isdigit()]
        proofs = [
            (f"Preuve {n}", [self[f"{name}{n}"] for name in ("code", "dated", "until", "lasting", "kept")])
            for n in range(1, PROOFS + 1)
        ]
        return [("Le diagnostic", known), *proofs]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("author") == Author.PRESCRIBER and not said.get("prescriber"):
            self.add_error("prescriber", "Quel prescripteur l’a établi\u202f?")
        return said

    def proofs(self) -> list[eligibility.Proof]:
        said = self.cleaned_data
        return [
            eligibility.Proof(
                said[f"code{n}"], said[f"dated{n}"], said[f"until{n}"], said[f"kept{n}"], said[f"lasting{n}"]
            )
            for n in range(1, PROOFS + 1)
            if said[f"code{n}"]
        ]

    def said(self) -> dict[str, Any]:
        names = ("author", "prescriber", "made_on", "pass_start", "education", "note")
        return {name: self.cleaned_data[name] for name in names} | {"proofs": self.proofs()}


class PassForm(Entry):
    number = forms.CharField(label="Numéro", max_length=20, help_text="12 lettres ou chiffres")
    starts_on = DateFieldFr(label="Commence le")
    by_prescriber = forms.BooleanField(label="Un prescripteur habilité l’a demandé", required=False)


class SuspensionForm(Spell):
    reason = forms.ChoiceField(label="Motif")
    starts_on = DateFieldFr(label="Du")
    ends_on = DateFieldFr(label="Au")

    def prepare(self) -> None:
        self.choose("reason", reasons("suspension_reasons", self.on, selectable=True))


class ProlongationForm(Entry):
    reason = forms.ChoiceField(label="Motif")
    requested_on = DateFieldFr(label="Demandée le")
    ends_on = DateFieldFr(label="Nouvelle fin demandée")
    opinion = forms.BooleanField(label="L’avis d’un prescripteur habilité est demandé", required=False)
    training_end = DateFieldFr(label="Fin de la formation", required=False)

    def prepare(self) -> None:
        self.choose("reason", reasons("prolongation_reasons", self.on))


REFUSALS = {
    "IAE": "l’insertion n’est plus adaptée", "SIAE": "la structure n’est plus adaptée",
    "DURATION": "durée", "REASON": "motif",
}  # fmt: skip


class ProlongationAnswerForm(Entry):
    granted = forms.ChoiceField(label="Réponse", choices=[CHOOSE, ("oui", "Accordée"), ("non", "Refusée")])
    answered_on = DateFieldFr(label="Répondu le")
    reason = forms.ChoiceField(label="Motif du refus", required=False, choices=[CHOOSE, *REFUSALS.items()])

    def clean(self) -> None:
        if self.cleaned_data.get("granted") == "non" and not self.cleaned_data.get("reason"):
            self.add_error("reason", "Pour quel motif est-elle refusée\u202f?")

    def said(self) -> dict[str, Any]:
        return self.cleaned_data | {"granted": self.cleaned_data["granted"] == "oui"}


class ContractForm(Entry):
    kind = forms.ChoiceField(label="Nature", choices=ContractKind.choices)
    job = forms.CharField(label="Poste", max_length=120)
    starts_on = DateFieldFr(label="Commence le")
    ends_on = DateFieldFr(label="Finit le", required=False, help_text="sauf pour un CDI")
    weekly_hours = DecimalFieldFr(label="Heures par semaine", unit="hour", min_value=1, max_value=35)
    low_until = DateFieldFr(label="Moins de 20 h, jusqu’au", required=False)
    diagnosed_on = DateFieldFr(label="Diagnostic de France Travail du", required=False)
    reviewed_on = DateFieldFr(label="Réexaminé par nous le", required=False)
    shortened = forms.BooleanField(
        label="Peine aménagée\u202f: moins de quatre mois possibles", required=False
    )

    def clean(self) -> None:
        self.in_order()
        if self.cleaned_data.get("kind") != ContractKind.CDI_INCLUSION and not self.data.get("ends_on"):
            self.add_error("ends_on", "Jusqu’à quand\u202f?")

    def said(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        until, diagnosed, reviewed = (said.pop(n) for n in ("low_until", "diagnosed_on", "reviewed_on"))
        leave = contracts.LowHours(said["starts_on"], until, diagnosed, reviewed) if until else None
        return said | {"leave": leave}


class AmendmentForm(Entry):
    kind = forms.ChoiceField(label="Nature", choices=[CHOOSE, *AmendmentKind.choices])
    starts_on = DateFieldFr(label="À partir du")
    ends_on = DateFieldFr(label="Nouvelle fin", required=False)
    weekly_hours = DecimalFieldFr(
        label="Heures par semaine", unit="hour", min_value=1, max_value=35, required=False
    )

    def clean(self) -> None:
        said = self.cleaned_data
        if said.get("kind") == AmendmentKind.HOURS:
            if not said.get("weekly_hours"):
                self.add_error("weekly_hours", "Combien d’heures par semaine\u202f?")
        elif said.get("kind") and not said.get("ends_on"):
            self.add_error("ends_on", "Jusqu’à quand\u202f?")


class ExtensionForm(Spell):
    reason = forms.ChoiceField(label="Motif", choices=[CHOOSE, *ExtensionReason.choices])
    decided_on = DateFieldFr(label="Décision du")
    starts_on = DateFieldFr(label="À partir du")
    ends_on = DateFieldFr(label="Jusqu’au")
    by_prescriber = forms.BooleanField(label="Décidée par un prescripteur habilité", required=False)
    direct_hire = forms.BooleanField(label="Recrutement direct, sans prescripteur", required=False)
    training_end = DateFieldFr(label="Fin de la formation", required=False)


class OpinionForm(Entry):
    opinion = forms.ChoiceField(label="Avis", choices=[CHOOSE, *Opinion.choices])
    note = forms.CharField(label="Ce qui le motive", max_length=1000, required=False, widget=WORDS)


class RenewalForm(OpinionForm):
    months = forms.TypedChoiceField(
        label="Renouveler pour", coerce=int, choices=[(n, f"{n}\u00a0mois") for n in (2, 4, 6, 8, 12)]
    )


class PmsmpForm(Spell):
    host = forms.CharField(label="Structure d’accueil", max_length=120)
    job = forms.CharField(label="Métier", max_length=120, required=False)
    object = forms.ChoiceField(label="Objet", choices=[CHOOSE, *PmsmpObject.choices])
    starts_on = DateFieldFr(label="Du")
    ends_on = DateFieldFr(label="Au")
    convention = forms.CharField(label="Numéro de convention", max_length=40, required=False)


class PaperForm(Entry):
    kind = forms.ChoiceField(label="Papier", choices=[CHOOSE, *PaperKind.choices])
    valid_until = DateFieldFr(label="Valable jusqu’au")


class WithdrawForm(Entry):
    reason = forms.CharField(label="Pourquoi cette ligne est fausse", max_length=200)


def holders(ecopole: Ecopole, role: Role) -> list[Membership]:
    rows = Membership.objects.filter(ecopole=ecopole, role=role).select_related("user", "agent")
    return list(rows.order_by("user__name", "id"))


class FollowForm(Entry):
    counsellor = forms.ChoiceField(label="Suivi par", required=False)
    since = DateFieldFr(label="Depuis le")


class PostingForm(Entry):
    team = forms.ChoiceField(label="Équipe", required=False)
    since = DateFieldFr(label="Depuis le")


class TeamForm(Entry):
    name = forms.CharField(label="Nom de l’équipe", max_length=80)
    # The membership says both who supervises and the workshop.
    supervisor = forms.ChoiceField(label="Encadrée par")

    def said(self) -> dict[str, Any]:
        said = super().said()
        return said | {"workshop": said["supervisor"].agent, "supervisor": said["supervisor"].user}
