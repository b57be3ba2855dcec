"""Who issues, to whom, what was billed of what, and the papers."""

from typing import Any

from django.db import models
from django.db.models import F, Q, Value

from terreau.formats.address import Address
from terreau.formats.invoice.values import Invoice as Said
from terreau.formats.invoice.values import Kind, Party
from terreau.ledger.models import Agreement, Event
from terreau.planning.models import Calculation, PlanState
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole, User
from terreau.territory.sealed import SealedTextField

# C. com., art. L441-10: what two professionals may agree on at most, in days.
TERMS_MAX = 60
KINDS = [
    (Kind.INVOICE.value, "facture"),
    (Kind.CREDIT_NOTE.value, "avoir"),
    (Kind.SELF_BILLED.value, "autofacture"),
    (Kind.SELF_BILLED_CREDIT.value, "avoir d’autofacture"),
]
CREDITS = [Kind.CREDIT_NOTE.value, Kind.SELF_BILLED_CREDIT.value]
SELF_BILLED = [Kind.SELF_BILLED.value, Kind.SELF_BILLED_CREDIT.value]


class Identity(Written):
    """A word of somebody, from a day on; the last one counts, none is edited."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    since = models.DateField("à partir du")
    name = models.CharField("raison sociale", max_length=120)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    street = models.CharField("adresse", max_length=120, blank=True)
    postcode = models.CharField("code postal", max_length=10)
    town = models.CharField("commune", max_length=80)
    email = models.EmailField("adresse e-mail", blank=True)

    class Meta:
        abstract = True
        ordering = ["since", "id"]

    def __str__(self) -> str:
        return f"{self.name} · {self.since}"

    @property
    def party(self) -> Party:
        address = Address(self.street, self.postcode, self.town)
        return Party(self.name, address, siren=self.siret[:9], siret=self.siret, email=self.email)


class Issuer(Identity):
    """An organisation that sells, as it says so from a day on.

    `exemption`: under which text it adds no VAT, by its name in `vat.toml`; none, it is liable for VAT.
    `self_billed_by`: who writes its invoices in its name, under a mandate (CGI, art. 289, I-2).
    """

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="organisation")
    legal = models.CharField("forme et immatriculation", max_length=200, blank=True)
    vat_number = models.CharField("numéro de TVA", max_length=20, blank=True)
    exemption = models.CharField("régime de TVA", max_length=20, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    iban = SealedTextField("IBAN", blank=True)
    bic = models.CharField("BIC", max_length=11, blank=True)
    # SEPA: without it, nobody is debited.
    creditor_id = models.CharField("identifiant de créancier (ICS)", max_length=35, blank=True)
    prefix = models.CharField("préfixe des numéros", max_length=8)
    terms_days = models.PositiveSmallIntegerField("délai de paiement (jours)", default=30)
    self_billed_by = models.ForeignKey(
        Agent, models.PROTECT, null=True, related_name="+", verbose_name="facturée par"
    )
    mandate_on = models.DateField("mandat de facturation signé le", null=True)

    class Meta(Identity.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="issuer_key_once"),
            models.CheckConstraint(
                condition=~Q(vat_number="") | ~Q(exemption=""), name="issuer_vat_number_unless_exempt"
            ),
            models.CheckConstraint(condition=~Q(siret="") & ~Q(prefix=""), name="issuer_is_known"),
            models.CheckConstraint(condition=Q(terms_days__lte=TERMS_MAX), name="issuer_terms_within_law"),
            models.CheckConstraint(
                condition=Q(self_billed_by=None) | Q(mandate_on__isnull=False),
                name="issuer_self_billed_under_mandate",
            ),
            models.CheckConstraint(
                condition=Q(self_billed_by=None) | ~Q(self_billed_by=F("agent")),
                name="issuer_self_billed_by_another",
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "agent", "since"], name="issuer_of_agent")]
        verbose_name = "émetteur"


class Customer(Identity):
    """Where and how an organisation is billed. `public`: through Chorus Pro, with what its service asks."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="client")
    public = models.BooleanField("acheteur public", default=False)
    service = models.CharField("code service", max_length=100, blank=True)
    commitment = models.CharField("numéro d’engagement", max_length=50, blank=True)

    class Meta(Identity.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="customer_key_once"),
            models.CheckConstraint(
                condition=Q(public=False) | ~Q(siret=""), name="customer_public_has_a_siret"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "agent", "since"], name="customer_of_agent")]
        verbose_name = "client facturé"


class Series(models.Model):
    """Numbers that follow one another without a gap; its row is the lock of whoever takes the next one."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    issuer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="émetteur")
    prefix = models.CharField("préfixe", max_length=12)
    year = models.PositiveSmallIntegerField("année")

    class Meta:
        ordering = ["prefix", "year"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "issuer", "prefix", "year"], name="series_once"),
            models.CheckConstraint(condition=~Q(prefix=""), name="series_has_a_prefix"),
        ]
        verbose_name = "série"

    def __str__(self) -> str:
        return f"{self.prefix}{self.year}"

    def number(self, rank: int) -> str:
        return f"{self.prefix}{self.year}-{rank:05}"


class Invoice(models.Model):
    """An invoice or a credit note, as it was issued. `values` says it whole (`formats.invoice`).

    Amounts are positive on a credit note too: its kind says they go back. `with_vat`: prices were said with
    VAT, and `gross` is what was announced. `issuer` sells; `customer` owes, a payer in a member's place too.
    """

    ecopole = models.ForeignKey(
        Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle", db_index=False
    )
    kind = models.CharField("nature", max_length=3, choices=KINDS)
    series = models.ForeignKey(Series, models.PROTECT, related_name="+", verbose_name="série", db_index=False)
    rank = models.PositiveIntegerField("rang")
    number = models.CharField("numéro", max_length=35)
    issuer = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="vendeur", db_index=False
    )
    customer = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="client", db_index=False
    )
    issued_on = models.DateField("émise le")
    due_on = models.DateField("échéance")
    first = models.DateField("du")
    last = models.DateField("au")
    with_vat = models.BooleanField("prix dits TVA comprise", default=False)
    net = MoneyField("hors taxe")
    vat = MoneyField("TVA")
    rounding = MoneyField("arrondi")
    gross = MoneyField("à payer")
    values = models.JSONField("facture")
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="credits", verbose_name="corrige"
    )
    reason = models.CharField("motif", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="par", db_index=False
    )
    recorded_at = models.DateTimeField("écrite le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-issued_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="invoice_key_once"),
            models.UniqueConstraint(fields=["series", "rank"], name="invoice_rank_once"),
            models.UniqueConstraint(fields=["ecopole", "issuer", "number"], name="invoice_number_once"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="invoice_rank_from_one"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _ in KINDS]), name="invoice_kind_known"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("issued_on")), name="invoice_due_once_issued"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="invoice_period_in_order"),
            models.CheckConstraint(condition=~Q(issuer=F("customer")), name="invoice_between_two"),
            models.CheckConstraint(condition=Q(gross__gte=Value(0)), name="invoice_not_negative"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("vat") + F("rounding")), name="invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CREDITS, corrects__isnull=False) & ~Q(reason="")
                | ~Q(kind__in=CREDITS) & Q(corrects=None, reason=""),
                name="invoice_credit_says_what_and_why",
            ),
        ]
        indexes = [
            models.Index(fields=["ecopole", "issued_on"], name="invoice_by_day"),
            models.Index(fields=["customer", "issued_on"], name="invoice_of_customer"),
            models.Index(fields=["issuer", "issued_on"], name="invoice_of_issuer"),
        ]
        verbose_name = "facture"

    def __str__(self) -> str:
        return self.number

    @property
    def said(self) -> Said:
        """Exactly what was issued."""
        return Said.from_json(self.values)

    @property
    def is_credit(self) -> bool:
        return self.kind in CREDITS

    @property
    def reader_id(self) -> int:
        """Who receives it: the customer, or the seller in whose name it is written."""
        return self.issuer_id if self.kind in SELF_BILLED else self.customer_id

    @property
    def signed(self) -> Any:
        """What it adds to what the customer owes."""
        return -self.gross if self.is_credit else self.gross


class InvoiceLine(models.Model):
    """What was billed of an event, or of a share agreed, to one payer: once, or again once credited.

    `reference`: of what no event says, a yearly fee, by the name its room gives it. `amount` is said as the
    invoice says its prices. `undoes`: the line a credit note takes back; `after`: the taking back that let
    the same be billed again.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", verbose_name="facture")
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, related_name="+", verbose_name="mouvement", db_index=False
    )
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, null=True, related_name="+", verbose_name="accord", db_index=False
    )
    reference = models.CharField("référence", max_length=60, blank=True)
    payer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="payeur", db_index=False)
    amount = MoneyField("montant")
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="undone_by", verbose_name="annule", db_index=False
    )
    after = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name="après l’avoir", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "payer"],
                condition=Q(event__isnull=False, undoes=None, after=None),
                name="invoice_line_event_billed_once",
            ),
            models.UniqueConstraint(
                fields=["agreement", "payer"],
                condition=Q(agreement__isnull=False, undoes=None, after=None),
                name="invoice_line_agreement_billed_once",
            ),
            models.UniqueConstraint(
                fields=["reference", "payer"],
                condition=~Q(reference="") & Q(undoes=None, after=None),
                name="invoice_line_reference_billed_once",
            ),
            models.UniqueConstraint(
                fields=["undoes"], condition=Q(undoes__isnull=False), name="invoice_line_undone_once"
            ),
            models.UniqueConstraint(
                fields=["after"], condition=Q(after__isnull=False), name="invoice_line_billed_again_once"
            ),
            models.CheckConstraint(
                condition=Q(undoes=None) | Q(after=None), name="invoice_line_bills_or_undoes"
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=False, agreement=None, reference="")
                | Q(event=None, agreement__isnull=False, reference="")
                | Q(event=None, agreement=None) & ~Q(reference=""),
                name="invoice_line_of_one_thing",
            ),
        ]
        verbose_name = "ligne facturée"

    def __str__(self) -> str:
        return f"{self.invoice} · {self.amount}"


class Paper(models.Model):
    """The XML that the official rules accepted, and the page that holds it. `rules`: in which version."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="paper", verbose_name="facture")
    xml = models.BinaryField("XML")
    pdf = models.BinaryField("PDF")
    rules = models.CharField("règles", max_length=120)
    validated_at = models.DateTimeField("vérifiée le")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(rules=""), name="paper_says_its_rules")]
        verbose_name = "papier"

    def __str__(self) -> str:
        return str(self.invoice)


class Letter(models.Model):
    """An invoice sent by e-mail, once: who asked, when, to which address; `sent_at`: it has left.

    `problem`: why it could not leave; it may be asked again.
    """

    ecopole = models.ForeignKey(
        Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle", db_index=False
    )
    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="letter", verbose_name="facture")
    address = models.EmailField("adresse e-mail")
    sent_at = models.DateTimeField("partie le", null=True)
    problem = models.CharField("empêchement", max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="par", db_index=False
    )
    recorded_at = models.DateTimeField("demandée le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="letter_key_once"),
            models.CheckConstraint(condition=~Q(address=""), name="letter_has_an_address"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(problem=""), name="letter_sent_without_problem"
            ),
        ]
        verbose_name = "envoi d’une facture"

    def __str__(self) -> str:
        return f"{self.invoice} · {self.address}"


class Closing(Calculation):
    """A month being billed, in the background: `problem` is what was asked, `plan` what came of it."""

    month = models.DateField("mois")

    class Meta(Calculation.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="closing_key_once"),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="closing_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="closing_progress_percent"),
        ]
        indexes = [models.Index(fields=["ecopole", "month"], name="closing_of_month")]
        verbose_name = "clôture d’un mois"

    def __str__(self) -> str:
        return f"{self.month} · {PlanState(self.state).label}"
