"""What funding remembers: the aids known, projects with their budget and funders, papers and who pays them.

A step, a claim and its lines are facts: the database refuses to change them. A paper is paid once: its shares
are added up in `Piece.funded`, which a constraint keeps at 100 % at most.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Value

from terreau.measures.money import Money
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole

WHOLE = Decimal(100)


class Aid(models.Model):
    """An aid of the public catalogue, as its source tells it; note and themes are the écopôle’s own."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    source_id = models.CharField("numéro chez la source", max_length=40)
    name = models.CharField("nom", max_length=300)
    # The fields of the catalogue (data/vocabulary.toml), codes in place of words.
    data = models.JSONField("fiche")
    updated_on = models.DateField("mise à jour à la source", null=True)
    imported_at = models.DateTimeField("importée le")
    note = models.CharField("note", max_length=1000, blank=True)
    themes = models.JSONField("thèmes", default=list)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "source_id"], name="aid_source_id_once"),
            models.CheckConstraint(condition=~Q(name=""), name="aid_has_a_name"),
        ]
        verbose_name = "aide"

    def __str__(self) -> str:
        return self.name


class AidChange(models.Model):
    """What a later file said differently of an aid, field by field: [before, after]."""

    aid = models.ForeignKey(Aid, models.CASCADE, related_name="changes", verbose_name="aide")
    file_name = models.CharField("fichier", max_length=120)
    fields = models.JSONField("différences")
    seen_at = models.DateTimeField("lue le")

    class Meta:
        ordering = ["-id"]
        verbose_name = "différence"

    def __str__(self) -> str:
        return f"{self.aid} · {', '.join(self.fields)}"


class Project(Written):
    """What is to be done, by whom, between two days; and the most that public money may pay of it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    holder = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="porté par")
    title = models.CharField("titre", max_length=120)
    what = models.CharField("ce qui sera fait", max_length=1000)
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")
    recovers_vat = models.BooleanField("récupère la TVA", default=False)
    # Of the eligible base, in percent; unknown, it is said so. Where it was read goes with it.
    public_ceiling = QuantityField("plafond d’aide publique (%)", null=True, blank=True)
    ceiling_source = models.CharField("où ce plafond est écrit", max_length=200, blank=True)

    class Meta:
        ordering = ["-starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="project_key_once"),
            models.UniqueConstraint(fields=["ecopole", "title"], name="project_title_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="project_ends_after_start"),
            models.CheckConstraint(
                condition=Q(public_ceiling=None)
                | Q(
                    public_ceiling__gt=0,
                    public_ceiling__lte=100,
                ),
                name="project_ceiling_is_a_share",
            ),
        ]
        verbose_name = "projet"

    def __str__(self) -> str:
        return self.title


class Destination(models.TextChoices):
    SUPPLY = "supply", "fonctionnement"
    INVESTMENT = "investment", "investissement"


class BudgetLine(Written):
    """An expense foreseen: VAT counts as a cost where it is not recovered; a part of it is eligible."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="lines", verbose_name="projet")
    label = models.CharField("dépense", max_length=120)
    destination = models.CharField("nature", max_length=10, choices=Destination.choices)
    net = MoneyField("hors taxe")
    vat = MoneyField("TVA")
    eligible = QuantityField("part éligible (%)", default=WHOLE)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="budget_line_key_once"),
            models.CheckConstraint(
                condition=Q(destination__in=Destination.values), name="budget_line_destination_known"
            ),
            models.CheckConstraint(
                condition=Q(net__gt=Value(0), vat__gte=Value(0)),
                name="budget_line_costs",
            ),
            models.CheckConstraint(
                condition=Q(eligible__gte=0, eligible__lte=100),
                name="budget_line_eligible_is_a_share",
            ),
        ]
        verbose_name = "ligne de budget"

    def __str__(self) -> str:
        return self.label

    @property
    def cost(self) -> Money:
        return self.net if self.project.recovers_vat else self.net + self.vat

    @property
    def base(self) -> Money:
        """The eligible base."""
        return self.cost.times(self.eligible / 100)


class Nature(models.TextChoices):
    PUBLIC = "public", "aide publique"
    PRIVATE = "private", "don, fondation"
    LOAN = "loan", "prêt, avance"
    OWN = "own", "fonds propres"


class Cofunding(Written):
    """A funder of a project, by a scheme or an aid if there is one; where it stands is said by its steps."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="cofundings", verbose_name="projet")
    funder = models.CharField("financeur", max_length=120)
    nature = models.CharField("nature", max_length=8, choices=Nature.choices)
    scheme = models.CharField("dispositif", max_length=40, blank=True)
    aid = models.ForeignKey(Aid, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="aide")
    theme = models.CharField("thème", max_length=20, blank=True)
    planned = MoneyField("montant prévu")
    # In percent of the eligible base, as the aid's rules or its notice say.
    rate_max = QuantityField("taux plafond (%)", null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="cofunding_key_once"),
            models.CheckConstraint(condition=Q(nature__in=Nature.values), name="cofunding_nature_known"),
            models.CheckConstraint(condition=Q(scheme="") | Q(aid=None), name="cofunding_of_one_aid"),
            models.CheckConstraint(condition=Q(planned__gt=Value(0)), name="cofunding_brings_something"),
            models.CheckConstraint(
                condition=Q(rate_max=None) | Q(rate_max__gt=0, rate_max__lte=100),
                name="cofunding_rate_is_a_share",
            ),
        ]
        verbose_name = "cofinancement"

    def __str__(self) -> str:
        return self.funder


class StepKind(models.TextChoices):
    SPOTTED = "spotted", "repéré"
    PREPARING = "preparing", "en préparation"
    REQUESTED = "requested", "demandé"
    OBTAINED = "obtained", "obtenu"
    PARTLY = "partly", "obtenu en partie"
    DENIED = "denied", "refusé"
    RUNNING = "running", "en cours"
    PAID = "paid", "versé"
    CLOSED = "closed", "soldé"
    ARCHIVED = "archived", "archivé"
    DROPPED = "dropped", "sans suite"


class ClaimKind(models.TextChoices):
    ADVANCE = "advance", "avance"
    INSTALMENT = "instalment", "acompte"
    BALANCE = "balance", "solde"


class Claim(Written):
    """What was asked to be paid, as it was sent. An advance has no lines; the others add up to theirs."""

    cofunding = models.ForeignKey(Cofunding, models.PROTECT, related_name="claims", verbose_name="financeur")
    kind = models.CharField("demande", max_length=10, choices=ClaimKind.choices)
    sent_on = models.DateField("envoyée le")
    total = MoneyField("total")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cofunding", "key"], name="claim_key_once"),
            models.CheckConstraint(condition=Q(kind__in=ClaimKind.values), name="claim_kind_known"),
            models.CheckConstraint(condition=Q(total__gt=Value(0)), name="claim_asks_something"),
            models.UniqueConstraint(
                fields=["cofunding"], condition=Q(kind=ClaimKind.BALANCE), name="claim_balance_once"
            ),
        ]
        verbose_name = "demande de paiement"

    def __str__(self) -> str:
        return f"{ClaimKind(self.kind).label} · {self.cofunding}"


class Step(Written):
    """A dated fact of a cofunding. Said again, the last one counts; both stay."""

    cofunding = models.ForeignKey(Cofunding, models.PROTECT, related_name="steps", verbose_name="financeur")
    kind = models.CharField("étape", max_length=10, choices=StepKind.choices)
    on = models.DateField("le")
    amount = MoneyField("montant", null=True, blank=True)
    base = MoneyField("assiette éligible", null=True, blank=True)
    rate = QuantityField("taux (%)", null=True, blank=True)
    from_on = models.DateField("dépenses à partir du", null=True, blank=True)
    to_on = models.DateField("dépenses jusqu’au", null=True, blank=True)
    # A deposit to make, a report to send, papers to keep until then.
    due_on = models.DateField("échéance", null=True, blank=True)
    reference = models.CharField("dossier, convention, responsable", max_length=120, blank=True)
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="paid", null=True, blank=True, verbose_name="demande payée"
    )
    note = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cofunding", "key"], name="funding_step_key_once"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="funding_step_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.REQUESTED)
                | Q(amount__isnull=False, base__isnull=False, rate__isnull=False),
                name="funding_step_requested_has_terms",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[StepKind.OBTAINED, StepKind.PARTLY])
                | Q(amount__isnull=False, from_on__isnull=False, to_on__isnull=False),
                name="funding_step_obtained_has_terms",
            ),
            models.CheckConstraint(
                condition=Q(from_on=None) | Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="funding_step_period_in_order",
            ),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.PAID) | Q(amount__isnull=False, claim__isnull=False),
                name="funding_step_paid_answers_a_claim",
            ),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(claim__isnull=False), name="funding_step_claim_paid_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.CLOSED) | Q(amount__isnull=False),
                name="funding_step_closed_says_what_is_due",
            ),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.ARCHIVED) | Q(due_on__isnull=False),
                name="funding_step_archived_says_until_when",
            ),
        ]
        verbose_name = "étape de financement"

    def __str__(self) -> str:
        return f"{self.cofunding} · {StepKind(self.kind).label}"


class PieceKind(models.TextChoices):
    INVOICE = "invoice", "facture"
    STAFF = "staff", "mois de salaire"
    HOURS = "hours", "heures du grand livre"


class Piece(Written):
    """A paper that proves an expense, told once for all projects; `funded`: what its shares add up to.

    Its identity: the supplier and the number of an invoice, a function and a month of pay, or the hours of a
    kind in a month of the ledger. So the same euro and the same hour are one row, and are paid once.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=8, choices=PieceKind.choices)
    reference = models.CharField("identité", max_length=200)
    label = models.CharField("libellé", max_length=200)
    on = models.DateField("date")
    net = MoneyField("hors taxe")
    vat = MoneyField("TVA")
    recovers_vat = models.BooleanField("TVA récupérée", default=False)
    hours = QuantityField("heures", null=True, blank=True)
    funded = QuantityField("part financée (%)", default=Decimal(0))

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="piece_key_once"),
            models.UniqueConstraint(fields=["ecopole", "kind", "reference"], name="piece_once"),
            models.CheckConstraint(condition=Q(kind__in=PieceKind.values), name="piece_kind_known"),
            models.CheckConstraint(
                condition=Q(net__gt=Value(0), vat__gte=Value(0)),
                name="piece_costs",
            ),
            models.CheckConstraint(
                condition=Q(kind=PieceKind.INVOICE, hours=None)
                | (~Q(kind=PieceKind.INVOICE) & Q(hours__isnull=False, hours__gt=0)),
                name="piece_hours_of_work",
            ),
            # Two aids on one euro or one hour: their shares never add up to more than the whole.
            models.CheckConstraint(
                condition=Q(funded__gte=0, funded__lte=100),
                name="piece_funded_at_most_whole",
            ),
        ]
        verbose_name = "pièce"

    def __str__(self) -> str:
        return self.label

    @property
    def cost(self) -> Money:
        return self.net if self.recovers_vat else self.net + self.vat


class Share(Written):
    """The part of a paper that a funder pays, on a line of its project's budget."""

    piece = models.ForeignKey(Piece, models.PROTECT, related_name="shares", verbose_name="pièce")
    cofunding = models.ForeignKey(Cofunding, models.PROTECT, related_name="shares", verbose_name="financeur")
    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="shares", verbose_name="ligne")
    percent = QuantityField("part (%)")
    amount = MoneyField("montant")
    hours = QuantityField("heures", null=True, blank=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cofunding", "key"], name="share_key_once"),
            models.UniqueConstraint(
                fields=["piece", "cofunding"], condition=Q(withdrawn_at=None), name="share_once"
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100),
                name="share_is_a_share",
            ),
        ]
        verbose_name = "part financée"

    def __str__(self) -> str:
        return f"{self.piece} · {self.cofunding}"


class ClaimLine(models.Model):
    """A share as it was claimed: claimed once."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="lines", verbose_name="demande")
    share = models.ForeignKey(Share, models.PROTECT, related_name="claimed", verbose_name="part")
    amount = MoneyField("montant")
    hours = QuantityField("heures", null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["share"], name="claim_line_share_once")]
        verbose_name = "ligne de demande"

    def __str__(self) -> str:
        return f"{self.share}"


class Target(Written):
    """An indicator promised to a funder: only what a measure of the house tells may be promised."""

    cofunding = models.ForeignKey(Cofunding, models.PROTECT, related_name="targets", verbose_name="financeur")
    measure = models.CharField("mesure", max_length=20)
    promised = QuantityField("promis")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cofunding", "key"], name="target_key_once"),
            models.UniqueConstraint(
                fields=["cofunding", "measure"], condition=Q(withdrawn_at=None), name="target_once"
            ),
            models.CheckConstraint(condition=Q(promised__gt=0), name="target_promises_something"),
        ]
        verbose_name = "indicateur promis"

    def __str__(self) -> str:
        return self.measure


class Expected(Written):
    """Money awaited, with the chance that somebody gives it: chosen by a person, and shown as such."""

    cofunding = models.ForeignKey(
        Cofunding, models.PROTECT, related_name="expected", verbose_name="financeur"
    )
    on = models.DateField("attendu le")
    amount = MoneyField("montant")
    chance = QuantityField("chance (%)")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cofunding", "key"], name="expected_key_once"),
            models.CheckConstraint(condition=Q(amount__gt=Value(0)), name="expected_amount_positive"),
            models.CheckConstraint(
                condition=Q(chance__gte=0, chance__lte=100),
                name="expected_chance_is_a_share",
            ),
        ]
        verbose_name = "versement attendu"

    def __str__(self) -> str:
        return f"{self.cofunding} · {self.on}"
