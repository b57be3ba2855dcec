"""What is typed about invoices."""

from typing import Any

from django import forms
from stdnum import bic, iban
from stdnum.eu import at_02
from stdnum.eu import vat as vat_number

from terreau.billing.actions import BillingRefused
from terreau.billing.models.invoices import TERMS_MAX
from terreau.territory.forms import DateFieldFr, SiretField, WholeFieldFr, writer
from terreau.territory.models import Agent, Ecopole

EXEMPTIONS = [
    ("", "assujetti à la TVA"),
    ("franchise", "franchise en base (art. 293 B)"),
    ("members", "association, services à ses membres (art. 261, 7)"),
]


written = writer(BillingRefused)


class IdentityForm(forms.Form):
    """Who it is, where, from which day on."""

    name = forms.CharField(label="Raison sociale", max_length=120)
    siret = SiretField()
    street = forms.CharField(label="Adresse", max_length=120, required=False)
    postcode = forms.CharField(label="Code postal", max_length=10)
    town = forms.CharField(label="Commune", max_length=80)
    email = forms.EmailField(label="Adresse e-mail", max_length=254, required=False)


class AgentField(forms.ModelChoiceField):
    """An organisation of the écopôle; people are billed as their room knows them."""

    def __init__(self, ecopole: Ecopole, **more: Any):
        rows = Agent.objects.filter(ecopole=ecopole, anonymised_at=None).exclude(kind="person")
        super().__init__(rows.order_by("name"), **more)


class IssuerForm(IdentityForm):
    exemption = forms.ChoiceField(label="Régime de TVA", choices=EXEMPTIONS, required=False)
    vat_number = forms.CharField(label="Numéro de TVA", max_length=20, required=False)
    legal = forms.CharField(
        label="Forme et immatriculation", max_length=200, required=False,
        help_text="Comme « SCIC SA à capital variable, RCS Boulogne-sur-Mer ».",
    )  # fmt: skip
    phone = forms.CharField(label="Téléphone", max_length=20, required=False)
    iban = forms.CharField(label="IBAN", max_length=42, required=False)
    bic = forms.CharField(label="BIC", max_length=11, required=False)
    creditor_id = forms.CharField(
        label="Identifiant de créancier (ICS)", max_length=35, required=False, help_text="Pour prélever."
    )
    terms_days = WholeFieldFr(label="Délai de paiement (jours)", min_value=0, max_value=TERMS_MAX, initial=30)
    mandate_on = DateFieldFr(
        label="Mandat de facturation signé le", required=False,
        help_text="Si quelqu’un d’autre écrit ses factures en son nom.",
    )  # fmt: skip
    since = DateFieldFr(label="À partir du")

    def __init__(self, *args: Any, ecopole: Ecopole, **more: Any):
        super().__init__(*args, **more)
        self.fields["self_billed_by"] = AgentField(ecopole, label="Facturée par", required=False)
        self.fields["agent"] = AgentField(ecopole, label="Organisation qui vend")
        # A form has a prefix of its own: this one is not declared above.
        self.fields["prefix"] = forms.RegexField(
            r"^[A-Z0-9]{1,8}$", label="Préfixe des numéros", max_length=8,
            help_text="Lettres capitales et chiffres\u202f: PW donne PW-F2026-00001.",
            error_messages={"invalid": "De une à huit lettres capitales sans accent, ou chiffres."},
        )  # fmt: skip
        self.order_fields(["agent", "since", "name", "legal", "siret", "exemption", "vat_number", "prefix"])

    def clean_vat_number(self) -> str:
        return checked(self.cleaned_data["vat_number"], vat_number, "un numéro de TVA")

    def clean_iban(self) -> str:
        return checked(self.cleaned_data["iban"], iban, "un IBAN\u202f: vérifiez-le sur le RIB")

    def clean_bic(self) -> str:
        return checked(self.cleaned_data["bic"], bic, "un BIC")

    def clean_creditor_id(self) -> str:
        return checked(self.cleaned_data["creditor_id"], at_02, "un identifiant de créancier SEPA")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not said.get("exemption") and not said.get("vat_number") and "vat_number" not in self.errors:
            self.add_error("vat_number", "Donnez son numéro de TVA, ou dites pourquoi elle n’en a pas.")
        if said.get("self_billed_by") and not said.get("mandate_on"):
            self.add_error("mandate_on", "Donnez la date du mandat\u202f: sans lui, elle facture elle-même.")
        if said.get("self_billed_by") and said["self_billed_by"] == said.get("agent"):
            self.add_error("self_billed_by", "C’est elle-même\u202f: laissez vide.")
        return said


def checked(typed: str, number: Any, what: str) -> str:
    if not typed:
        return ""
    if not number.is_valid(typed):
        raise forms.ValidationError(f"« {typed} » n’est pas {what}.")
    compact: str = number.compact(typed)
    return compact


class CustomerForm(IdentityForm):
    public = forms.BooleanField(label="Acheteur public, facturé par Chorus Pro", required=False)
    service = forms.CharField(label="Code service", max_length=100, required=False)
    commitment = forms.CharField(label="Numéro d’engagement", max_length=50, required=False)
    since = DateFieldFr(label="À partir du")

    def __init__(self, *args: Any, ecopole: Ecopole, **more: Any):
        super().__init__(*args, **more)
        self.fields["siret"].required = False
        self.fields["agent"] = AgentField(ecopole, label="Client")
        self.order_fields(["agent", "since"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("public") and not said.get("siret") and "siret" not in self.errors:
            self.add_error("siret", "Un acheteur public se facture à son SIRET\u202f: donnez-le.")
        if not said.get("siret") and not said.get("email") and not {"siret", "email"} & set(self.errors):
            self.add_error("email", "Sans SIRET, il faut une adresse e-mail où recevoir la facture.")
        return said


class CreditForm(forms.Form):
    """Which lines go back, and why."""

    reason = forms.CharField(label="Motif", max_length=200, help_text="Il est gardé avec l’avoir.")
    lines = forms.MultipleChoiceField(label="Lignes à reprendre", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **more: Any):
        super().__init__(*args, **more)
        field = self.fields["lines"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
