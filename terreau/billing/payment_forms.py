"""What is typed about payments, mandates and debits."""

from collections.abc import Sequence
from typing import Any

from django import forms
from stdnum import bic, iban

from terreau.billing.forms import checked
from terreau.billing.models import Means
from terreau.billing.models.payments import MISTAKE, REASONS, UNPAID_CHEQUE
from terreau.formats.sepa.debits import account_problems
from terreau.measures.french import FrenchEntryError, parse_money
from terreau.measures.money import Money
from terreau.territory.forms import DateFieldFr, MoneyFieldFr

Choices = Sequence[tuple[str, str]]
# Far above any payment of the house, far below what a column holds.
AMOUNT_MAX = Money.from_euros(10_000_000)


class AmountField(MoneyFieldFr):
    """Euros, above zero."""

    def read(self, text: str) -> Money:
        amount = parse_money(text)
        if not 0 < amount.cents <= AMOUNT_MAX.cents:
            raise FrenchEntryError(
                f"{amount}\u202f: il faut un montant au-dessus de zéro, {AMOUNT_MAX} au plus."
            )
        return amount


class PartnerField(forms.TypedChoiceField):
    """Somebody who was billed by this seller."""

    def __init__(self, choices: Choices, **more: Any):
        super().__init__(choices=[("", "Choisir…"), *choices], coerce=int, **more)


class PaymentForm(forms.Form):
    amount = AmountField(label="Montant")
    means = forms.ChoiceField(
        label="Moyen", choices=[one for one in Means.choices if one[0] != Means.DEBIT], initial=Means.CHEQUE
    )
    paid_on = DateFieldFr(label="Reçu le")
    reference = forms.CharField(
        label="Référence", max_length=60, required=False, help_text="Numéro du chèque, mots du virement."
    )

    def __init__(self, *args: Any, partners: Choices, **more: Any):
        super().__init__(*args, **more)
        self.fields["debtor"] = PartnerField(partners, label="De qui")
        self.order_fields(["debtor"])


class RefundForm(forms.Form):
    amount = AmountField(label="Montant")
    means = forms.ChoiceField(
        label="Moyen", choices=[one for one in Means.choices if one[0] != Means.DEBIT], initial=Means.TRANSFER
    )
    paid_on = DateFieldFr(label="Rendu le")
    reference = forms.CharField(label="Référence", max_length=60, required=False)


class ReturnForm(forms.Form):
    returned_on = DateFieldFr(label="Rejeté le")

    def __init__(self, *args: Any, means: str, **more: Any):
        super().__init__(*args, **more)
        ours = {Means.CHEQUE: [UNPAID_CHEQUE], Means.DEBIT: [code for code in REASONS if len(code) > 3]}
        codes = [*ours.get(Means(means), []), MISTAKE]
        self.fields["reason"] = forms.ChoiceField(
            label="Motif",
            choices=[
                (code, f"{REASONS[code]} ({code})" if len(code) > 3 else REASONS[code]) for code in codes
            ],
        )


class StatementForm(forms.Form):
    file = forms.FileField(
        label="Relevé", help_text="camt.053 (XML), ou CSV avec « Date », « Libellé » et « Montant »."
    )


class EntryForm(forms.Form):
    def __init__(self, *args: Any, partners: Choices, **more: Any):
        super().__init__(*args, **more)
        self.fields["partner"] = PartnerField(partners, label="De qui")


class DepositForm(forms.Form):
    number = forms.CharField(label="Numéro du bordereau", max_length=30)
    deposited_on = DateFieldFr(label="Remis le")

    def __init__(self, *args: Any, cheques: Choices, **more: Any):
        super().__init__(*args, **more)
        self.fields["cheques"] = forms.TypedMultipleChoiceField(
            label="Chèques", choices=cheques, coerce=int, widget=forms.CheckboxSelectMultiple
        )


class CollectionForm(forms.Form):
    due_on = DateFieldFr(label="Prélevé le")
    notified_on = DateFieldFr(
        label="Annoncé le",
        help_text="Le jour où chacun a lu le montant et la date\u202f: la facture envoyée peut suffire.",
    )


class DayForm(forms.Form):
    on = DateFieldFr(label="Le")


class WithdrawForm(forms.Form):
    ends_on = DateFieldFr(label="À partir du")
    reason = forms.CharField(label="Motif", max_length=200)


class MandateForm(forms.Form):
    """An account to be debited. Its IBAN is checked by its key."""

    holder = forms.CharField(label="Titulaire du compte", max_length=70)
    iban = forms.CharField(label="IBAN", max_length=42, help_text="Sur le RIB\u202f: FR et 25 caractères.")
    bic = forms.CharField(label="BIC", max_length=11, required=False)
    street = forms.CharField(label="Adresse", max_length=70, required=False)
    postcode = forms.CharField(label="Code postal", max_length=10)
    town = forms.CharField(label="Commune", max_length=35)

    def clean_iban(self) -> str:
        typed = self.cleaned_data["iban"]
        for problem in account_problems(typed):
            raise forms.ValidationError(problem)
        compact: str = iban.compact(typed)
        return compact

    def clean_bic(self) -> str:
        return checked(self.cleaned_data["bic"], bic, "un BIC")


class PaperMandateForm(MandateForm):
    """A mandate signed on paper, written down by who keeps it."""

    once = forms.BooleanField(label="Pour un seul prélèvement", required=False)
    signed_on = DateFieldFr(label="Signé le")

    def __init__(self, *args: Any, partners: Choices, **more: Any):
        super().__init__(*args, **more)
        self.fields["debtor"] = PartnerField(partners, label="De qui")
        self.order_fields(["debtor"])


class SignForm(MandateForm):
    """A mandate signed on the page, by the person who is debited."""

    agreed = forms.BooleanField(label="Je signe ce mandat aujourd’hui")
