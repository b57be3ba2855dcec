"""What is owed is paid by facts that are added: money in, its tie to an invoice, debits, the bank’s words.

`creditor` sells and `debtor` owes, as on their invoices. What was tied is untied by a row that says so, and
money that came back by a `Return`: neither is edited.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q, Value

from terreau.billing.models.invoices import Invoice
from terreau.formats.address import Address
from terreau.formats.sepa.statement import RETURNS, masked
from terreau.territory.fields import MoneyField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, User
from terreau.territory.sealed import SealedBinaryField, SealedTextField

# SEPA Core: the notice that a debtor is given unless they agreed to another (EPC016-06, 4.1).
NOTICE_DAYS = 14
UNPAID_CHEQUE, MISTAKE = "CHQ", "ERR"
# Why money goes back: the bank’s codes, and ours.
REASONS = RETURNS | {UNPAID_CHEQUE: "chèque impayé", MISTAKE: "erreur de saisie"}


class Means(models.TextChoices):
    DEBIT = "debit", "prélèvement"
    TRANSFER = "transfer", "virement"
    CHEQUE = "cheque", "chèque"
    CASH = "cash", "espèces"


class Said(Written):
    """A line of the accounts: these columns have no index of their own."""

    ecopole = models.ForeignKey(
        Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle", db_index=False
    )
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="par", db_index=False
    )

    class Meta:
        abstract = True


class Between(Said):
    """A fact between who sells and who owes."""

    creditor = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="créancier", db_index=False
    )
    debtor = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="débiteur", db_index=False
    )

    class Meta(Said.Meta):
        abstract = True


class Mandate(Between):
    """A debtor allows a creditor to debit their account: SEPA Core, from its signature on.

    Not guarded as the other facts are: once ended for long enough, holder and account are forgotten
    (`forgetting`). `rum` is the unique reference; `once`: for a single debit.
    """

    rum = models.CharField("référence unique du mandat (RUM)", max_length=35)
    holder = models.CharField("titulaire du compte", max_length=70)
    iban = SealedTextField("IBAN")
    bic = models.CharField("BIC", max_length=11, blank=True)
    street = models.CharField("adresse", max_length=70, blank=True)
    postcode = models.CharField("code postal", max_length=10)
    town = models.CharField("commune", max_length=35)
    once = models.BooleanField("pour un seul prélèvement", default=False)
    notice_days = models.PositiveSmallIntegerField("prévenu combien de jours avant", default=NOTICE_DAYS)
    signed_on = models.DateField("signé le")
    forgotten_at = models.DateTimeField("oublié le", null=True)

    class Meta(Between.Meta):
        ordering = ["-signed_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="mandate_key_once"),
            models.UniqueConstraint(fields=["creditor", "rum"], name="mandate_rum_once"),
            models.CheckConstraint(
                condition=Q(forgotten_at=None) & ~Q(rum="") & ~Q(holder="") & ~Q(iban="") & ~Q(town="")
                | Q(forgotten_at__isnull=False) & ~Q(rum="") & Q(holder="", iban="", bic="", town=""),
                name="mandate_is_whole",
            ),
            models.CheckConstraint(condition=~Q(creditor=F("debtor")), name="mandate_between_two"),
            models.CheckConstraint(
                condition=Q(notice_days__range=(1, NOTICE_DAYS)), name="mandate_notice_within_the_rule"
            ),
        ]
        indexes = [models.Index(fields=["creditor", "debtor"], name="mandate_of_debtor")]
        verbose_name = "mandat de prélèvement"

    def __str__(self) -> str:
        return self.rum

    @property
    def masked(self) -> str:
        """What a page shows of the account."""
        return masked(self.iban)

    @property
    def address(self) -> Address:
        return Address(self.street, self.postcode, self.town)


class MandateEnd(Said):
    """From a day on, a mandate is no longer used."""

    mandate = models.OneToOneField(Mandate, models.PROTECT, related_name="end", verbose_name="mandat")
    ends_on = models.DateField("retiré le")
    reason = models.CharField("motif", max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="mandate_end_key_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="mandate_end_says_why"),
        ]
        verbose_name = "retrait d’un mandat"

    def __str__(self) -> str:
        return f"{self.mandate} · {self.ends_on}"


class Collection(Said):
    """A file of direct debits, as the bank was given it. `notified_on`: when debtors were told."""

    creditor = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="créancier")
    message = models.CharField("référence du fichier", max_length=30)
    due_on = models.DateField("prélevé le")
    notified_on = models.DateField("annoncé le")
    count = models.PositiveIntegerField("prélèvements")
    total = MoneyField("montant")
    file = SealedBinaryField("pain.008")

    class Meta:
        ordering = ["-due_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="collection_key_once"),
            models.UniqueConstraint(fields=["creditor", "message"], name="collection_message_once"),
            models.CheckConstraint(
                condition=Q(count__gte=1, total__gt=Value(0)), name="collection_of_something"
            ),
            models.CheckConstraint(
                condition=Q(due_on__gt=F("notified_on")), name="collection_told_before_due"
            ),
        ]
        verbose_name = "fichier de prélèvements"

    def __str__(self) -> str:
        return self.message


class Debit(models.Model):
    """What a file debits for an invoice; a debtor’s invoices go together under one `end_to_end`."""

    collection = models.ForeignKey(
        Collection, models.PROTECT, related_name="debits", verbose_name="fichier", db_index=False
    )
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="debits", verbose_name="mandat")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="debits", verbose_name="facture")
    amount = MoneyField("montant")
    end_to_end = models.CharField("référence de bout en bout", max_length=35)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "invoice"], name="debit_invoice_once_a_file"),
            models.CheckConstraint(condition=Q(amount__gt=Value(0)), name="debit_of_something"),
        ]
        indexes = [models.Index(fields=["end_to_end"], name="debit_by_reference")]
        verbose_name = "prélèvement"

    def __str__(self) -> str:
        return f"{self.end_to_end} · {self.amount}"


class CollectionEnd(Said):
    """What became of a file: the bank collected it on a day, or it was never sent."""

    collection = models.OneToOneField(Collection, models.PROTECT, related_name="end", verbose_name="fichier")
    ended_on = models.DateField("le")
    collected = models.BooleanField("encaissé")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ecopole", "key"], name="collection_end_key_once")]
        verbose_name = "suite d’un fichier de prélèvements"

    def __str__(self) -> str:
        return f"{self.collection} · {'encaissé' if self.collected else 'abandonné'}"


class Statement(Said):
    """A bank statement, read whole. The same bytes twice are one."""

    creditor = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="titulaire")
    iban = SealedTextField("IBAN", blank=True)
    digest = models.CharField("empreinte du fichier", max_length=64)
    name = models.CharField("fichier", max_length=120)
    first = models.DateField("du")
    last = models.DateField("au")
    closing = MoneyField("solde à la fin", null=True)

    class Meta:
        ordering = ["-last", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="statement_key_once"),
            models.UniqueConstraint(fields=["creditor", "digest"], name="statement_read_once"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="statement_in_order"),
        ]
        verbose_name = "relevé de banque"

    def __str__(self) -> str:
        return f"{self.name} · {self.last}"


class StatementEntry(models.Model):
    """A line of the bank, known by its fingerprint: two statements that overlap bring it once."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="entries", verbose_name="relevé")
    creditor = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="titulaire", db_index=False
    )
    day = models.DateField("date")
    amount = MoneyField("montant")
    label = models.CharField("libellé", max_length=500)
    end_to_end = models.CharField("référence de bout en bout", max_length=35, blank=True)
    counterparty = models.CharField("tiers", max_length=140, blank=True)
    counterparty_iban = SealedTextField("IBAN du tiers", blank=True)
    returned = models.CharField("motif de rejet", max_length=4, blank=True)
    fingerprint = models.CharField("empreinte", max_length=64)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["creditor", "fingerprint"], name="statement_entry_once"),
            models.CheckConstraint(condition=~Q(amount=Value(0)), name="statement_entry_of_something"),
        ]
        indexes = [models.Index(fields=["creditor", "day"], name="statement_entry_by_day")]
        verbose_name = "ligne de relevé"

    def __str__(self) -> str:
        return f"{self.day} · {self.label}"


class EntryAside(Said):
    """A line of the bank that pays no invoice: fees, wages, a subsidy. The accountant books it elsewhere."""

    entry = models.OneToOneField(
        StatementEntry, models.PROTECT, related_name="aside", verbose_name="ligne de relevé"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ecopole", "key"], name="entry_aside_key_once")]
        verbose_name = "ligne mise de côté"

    def __str__(self) -> str:
        return str(self.entry)


class Payment(Between):
    """Money from who owes to who sells; `back`: from who sells, a refund. `entry`: the bank’s line."""

    amount = MoneyField("montant")
    back = models.BooleanField("remboursement", default=False)
    paid_on = models.DateField("le")
    means = models.CharField("moyen", max_length=10, choices=Means)
    reference = models.CharField("référence", max_length=60, blank=True)
    end_to_end = models.CharField("référence de bout en bout", max_length=35, blank=True)
    entry = models.ForeignKey(
        StatementEntry, models.PROTECT, null=True, related_name="payments", verbose_name="ligne de relevé"
    )
    collection = models.ForeignKey(
        Collection, models.PROTECT, null=True, related_name="payments", verbose_name="fichier"
    )

    class Meta(Between.Meta):
        ordering = ["-paid_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="payment_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=Value(0)), name="payment_of_something"),
            models.CheckConstraint(condition=~Q(creditor=F("debtor")), name="payment_between_two"),
            models.CheckConstraint(condition=Q(means__in=Means.values), name="payment_means_known"),
            models.CheckConstraint(
                condition=Q(collection=None) | Q(means=Means.DEBIT, back=False) & ~Q(end_to_end=""),
                name="payment_collected_is_a_debit",
            ),
        ]
        indexes = [
            models.Index(fields=["creditor", "paid_on"], name="payment_to_creditor"),
            models.Index(fields=["debtor", "paid_on"], name="payment_of_debtor"),
            models.Index(fields=["end_to_end"], name="payment_by_reference"),
        ]
        verbose_name = "règlement"

    def __str__(self) -> str:
        return f"{self.paid_on} · {self.amount}"

    @property
    def signed(self) -> Any:
        """What it adds to what the debtor owes."""
        return self.amount if self.back else -self.amount


class Return(Said):
    """The money of a payment went back: a debit refused, a cheque unpaid, a line typed wrong.

    `reason`: the bank’s code (EPC173-14), or `CHQ`, `ERR`.
    """

    payment = models.OneToOneField(
        Payment, models.PROTECT, related_name="came_back", verbose_name="règlement"
    )
    returned_on = models.DateField("rejeté le")
    reason = models.CharField("motif", max_length=4)
    entry = models.ForeignKey(
        StatementEntry, models.PROTECT, null=True, related_name="returns", verbose_name="ligne de relevé"
    )

    class Meta:
        ordering = ["-returned_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="return_key_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="return_says_why"),
        ]
        verbose_name = "règlement rejeté"

    def __str__(self) -> str:
        return f"{self.returned_on} · {self.reason}"

    @property
    def why(self) -> str:
        return REASONS.get(self.reason, f"motif {self.reason}")


class Settlement(Said):
    """« Lettrage »: what takes from an account is tied to what gives.

    It takes: an invoice, or a refund. It gives: a payment, or a credit note. `undoes`: the tie that this row
    unties; both have the same sides and amount.
    """

    settled_on = models.DateField("le")
    amount = MoneyField("montant")
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="settled_by", verbose_name="facture"
    )
    refund = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="settled_by", verbose_name="remboursement"
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="settles", verbose_name="règlement"
    )
    credit = models.ForeignKey(
        Invoice, models.PROTECT, null=True, related_name="settles", verbose_name="avoir"
    )
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="undone_by", verbose_name="défait"
    )

    class Meta:
        ordering = ["settled_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="settlement_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=Value(0)), name="settlement_of_something"),
            models.CheckConstraint(
                condition=Q(invoice=None, refund__isnull=False) | Q(invoice__isnull=False, refund=None),
                name="settlement_takes_once",
            ),
            models.CheckConstraint(
                condition=Q(payment=None, credit__isnull=False) | Q(payment__isnull=False, credit=None),
                name="settlement_gives_once",
            ),
        ]
        verbose_name = "lettrage"

    def __str__(self) -> str:
        return f"{self.settled_on} · {self.amount}"


class ChequeDeposit(Said):
    """Cheques taken to the bank together."""

    creditor = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="bénéficiaire")
    deposited_on = models.DateField("remis le")
    number = models.CharField("bordereau", max_length=30)

    class Meta:
        ordering = ["-deposited_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="cheque_deposit_key_once"),
            models.CheckConstraint(condition=~Q(number=""), name="cheque_deposit_has_a_slip"),
        ]
        verbose_name = "remise de chèques"

    def __str__(self) -> str:
        return f"{self.number} · {self.deposited_on}"


class DepositedCheque(models.Model):
    deposit = models.ForeignKey(ChequeDeposit, models.PROTECT, related_name="cheques", verbose_name="remise")
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="deposited", verbose_name="chèque")

    class Meta:
        verbose_name = "chèque remis"

    def __str__(self) -> str:
        return f"{self.deposit} · {self.payment}"
