"""The right to a pathway (PASS IAE), the convention's annexes, contracts, renewals and immersions."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from terreau.rooms.insertion.models.facts import Fact, known
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole
from terreau.territory.sealed import SealedTextField


class PassIae(Fact):
    """Two years of right to a pathway; suspensions and prolongations move its end (rules/pass_iae.py)."""

    number = models.CharField("numéro", max_length=12)
    starts_on = models.DateField("commence le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Exact(Length("number"), 12), name="pass_iae_number_complete"),
        ]
        verbose_name = "PASS IAE"

    def __str__(self) -> str:
        return f"{self.participant} · PASS IAE"


class PassSuspension(Fact):
    """Days when the PASS does not run; the reason is a code of rules/pass_iae.toml."""

    pass_iae = models.ForeignKey(PassIae, models.PROTECT, related_name="suspensions", verbose_name="PASS IAE")
    reason = models.CharField("motif", max_length=40)
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="pass_suspension_days_in_order"
            ),
        ]
        verbose_name = "suspension de PASS IAE"

    def __str__(self) -> str:
        return f"{self.participant} · {self.starts_on:%d/%m/%Y}"


class PassProlongation(Fact):
    """More days asked for the PASS, from its end on; pending until it is answered."""

    pass_iae = models.ForeignKey(
        PassIae, models.PROTECT, related_name="prolongations", verbose_name="PASS IAE"
    )
    reason = models.CharField("motif", max_length=40)
    requested_on = models.DateField("demandée le")
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="pass_prolongation_days_in_order"
            ),
        ]
        verbose_name = "prolongation de PASS IAE"

    def __str__(self) -> str:
        return f"{self.participant} · {self.starts_on:%d/%m/%Y}"


class ProlongationAnswer(Fact):
    """Granted or denied, by an authorised prescriber; said once."""

    prolongation = models.OneToOneField(
        PassProlongation, models.PROTECT, related_name="answer", verbose_name="prolongation"
    )
    granted = models.BooleanField("accordée")
    answered_on = models.DateField("répondu le")
    reason = models.CharField("motif du refus", max_length=40, blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(granted=True) | ~Q(reason=""), name="prolongation_denied_with_reason"
            ),
        ]
        verbose_name = "réponse à une prolongation"

    def __str__(self) -> str:
        return f"{self.participant} · {'accordée' if self.granted else 'refusée'}"


class AnnexState(models.TextChoices):
    """The ASP's words; rules/hours.toml says which may hire and which are counted."""

    PROVISIONAL = "PROVISOIRE", "provisoire"
    VALID = "VALIDE", "validée"
    CLOSED = "CLOTURE", "clôturée"
    CANCELLED = "ANNULE", "annulée"


class Annex(Written):
    """A year of the convention (annexe financière): posts agreed, their amount, and what was negotiated.

    Typed again when an amendment changes it: the newest row of a number wins.
    """

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    holder = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="structure")
    number = models.CharField("numéro", max_length=17)
    measure = models.CharField("mesure", max_length=12, default="ACI_DC")
    state = models.CharField("état", max_length=10, choices=AnnexState.choices)
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")
    monthly_etp = QuantityField("ETP mensuels conventionnés")
    unit_amount = MoneyField("montant annuel par ETP")
    total_amount = MoneyField("montant total")
    departement_amount = MoneyField("part du département")
    hours_per_etp = QuantityField("heures payées par ETP et par an")
    supervisors_etp = QuantityField("ETP d’encadrement technique", null=True, blank=True)
    counsellors_etp = QuantityField("ETP d’accompagnement", null=True, blank=True)
    cdi_inclusion = models.PositiveSmallIntegerField("postes de CDI inclusion", default=0)
    cdi_derogation = models.BooleanField("dérogation du préfet au plafond de CDI inclusion", default=False)
    # Negotiated rates, in percent; absent: « objectif non paramétré », never a default.
    target_dynamic = models.PositiveSmallIntegerField("objectif de sorties dynamiques", null=True, blank=True)
    target_durable = models.PositiveSmallIntegerField("objectif d’emploi durable", null=True, blank=True)
    # Months of the annexe after which the paid twelfths are set right.
    regularised_after = models.JSONField("mois de régularisation", default=list, blank=True)

    class Meta:
        ordering = ["-starts_on", "-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="annex_key_once"),
            known("state", AnnexState, "annex_state_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="annex_days_in_order"),
            models.CheckConstraint(condition=Q(monthly_etp__gt=0), name="annex_etp_positive"),
            models.CheckConstraint(condition=Q(hours_per_etp__gt=0), name="annex_hours_positive"),
            models.CheckConstraint(
                condition=Q(target_dynamic=None) | Q(target_dynamic__lte=100), name="annex_dynamic_percent"
            ),
            models.CheckConstraint(
                condition=Q(target_durable=None) | Q(target_durable__lte=100), name="annex_durable_percent"
            ),
        ]
        verbose_name = "annexe financière"

    def __str__(self) -> str:
        return self.number


class ContractKind(models.TextChoices):
    """The kinds of rules/contracts.py."""

    CDDI = "cddi", "CDD d’insertion"
    CDDI_PHC = "cddi_phc", "CDD d’insertion, premières heures en chantier"
    CDDI_CVG = "cddi_cvg", "CDD d’insertion, Convergence"
    CDI_INCLUSION = "cdi_inclusion", "CDI inclusion"


class Contract(Fact):
    """A contract as signed; amendments change its end or its hours from a day on."""

    kind = models.CharField("nature", max_length=16, choices=ContractKind.choices)
    employer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="employeur")
    annex = models.ForeignKey(
        Annex, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="annexe financière"
    )
    job = models.CharField("poste", max_length=120)
    starts_on = models.DateField("commence le")
    # None for a CDI.
    ends_on = models.DateField("finit le", null=True, blank=True)
    weekly_hours = QuantityField("heures par semaine")
    # « oui »: fewer than four months, because a sentence is adjusted. Justice's matter: sealed.
    shortened = SealedTextField("aménagement de peine", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("kind", ContractKind, "contract_kind_known"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="contract_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(kind=ContractKind.CDI_INCLUSION) | Q(ends_on__isnull=False),
                name="contract_ends_unless_cdi",
            ),
            models.CheckConstraint(condition=Q(weekly_hours__gt=0), name="contract_hours_positive"),
        ]
        verbose_name = "contrat"

    def __str__(self) -> str:
        return f"{self.participant} · contrat du {self.starts_on:%d/%m/%Y}"


class AmendmentKind(models.TextChoices):
    RENEWAL = "renewal", "renouvellement"
    HOURS = "hours", "horaire"
    END = "end", "fin anticipée"


class Amendment(Fact):
    """From a day on, another end or other hours; what is not said does not change."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="amendments", verbose_name="contrat")
    kind = models.CharField("nature", max_length=8, choices=AmendmentKind.choices)
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("nouvelle fin", null=True, blank=True)
    weekly_hours = QuantityField("heures par semaine", null=True, blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("kind", AmendmentKind, "amendment_kind_known"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=False) | Q(weekly_hours__isnull=False),
                name="amendment_changes_something",
            ),
            models.CheckConstraint(
                condition=Q(weekly_hours=None) | Q(weekly_hours__gt=0), name="amendment_hours_positive"
            ),
        ]
        verbose_name = "avenant"

    def __str__(self) -> str:
        return f"{self.participant} · avenant du {self.starts_on:%d/%m/%Y}"


class LowHours(Fact):
    """Leave to work less than 20 h a week, for a risk of great exclusion."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="low_hours", verbose_name="contrat")
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au")
    diagnosed_on = models.DateField("diagnostic de France Travail du", null=True, blank=True)
    reviewed_on = models.DateField("réexaminé par nous le", null=True, blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="low_hours_days_in_order"),
        ]
        verbose_name = "dérogation d’horaire"

    def __str__(self) -> str:
        return f"{self.participant} · moins de 20 h du {self.starts_on:%d/%m/%Y}"


class ExtensionReason(models.TextChoices):
    TRAINING = "training", "terminer une formation en cours"
    SENIOR = "senior", "50 ans et plus, ou travailleur handicapé, en difficulté particulière"
    DIFFICULTY = "difficulty", "difficultés particulièrement importantes"


class Extension(Fact):
    """A decision to go beyond 24 months of CDDI, for a listed reason, from a day to a day."""

    reason = models.CharField("motif", max_length=10, choices=ExtensionReason.choices)
    decided_on = models.DateField("décision du")
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au")
    by_prescriber = models.BooleanField("décidée par un prescripteur habilité", default=False)
    training_end = models.DateField("fin de la formation", null=True, blank=True)
    direct_hire = models.BooleanField("recrutement direct", default=False)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("reason", ExtensionReason, "extension_reason_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="extension_days_in_order"),
        ]
        verbose_name = "décision au-delà de 24 mois"

    def __str__(self) -> str:
        return f"{self.participant} · décision du {self.decided_on:%d/%m/%Y}"


class Renewal(Fact):
    """« Shall the contract go on, for how long? » : three opinions in turn, then an amendment or nothing."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="renewals", verbose_name="contrat")
    months = models.PositiveSmallIntegerField("durée proposée (mois)")
    requested_on = models.DateField("demandé le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(months__gte=1, months__lte=24), name="renewal_months_plausible"
            ),
        ]
        verbose_name = "demande de renouvellement"

    def __str__(self) -> str:
        return f"{self.participant} · {self.months} mois"


class Step(models.IntegerChoices):
    """The way of a renewal: each gives an opinion after the one before."""

    SUPERVISOR = 1, "encadrement technique"
    COUNSELLOR = 2, "accompagnement"
    DIRECTION = 3, "direction"


class Opinion(models.TextChoices):
    FAVOURABLE = "yes", "favorable"
    RESERVED = "reserved", "favorable avec réserves"
    UNFAVOURABLE = "no", "défavorable"


class RenewalOpinion(Fact):
    renewal = models.ForeignKey(Renewal, models.PROTECT, related_name="opinions", verbose_name="demande")
    step = models.PositiveSmallIntegerField("étape", choices=Step.choices)
    opinion = models.CharField("avis", max_length=8, choices=Opinion.choices)
    note = SealedTextField("ce qui le motive", default="", blank=True)
    given_on = models.DateField("donné le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("step", Step, "renewal_step_known"),
            known("opinion", Opinion, "renewal_opinion_known"),
            models.UniqueConstraint(fields=["renewal", "step"], name="renewal_opinion_once"),
        ]
        verbose_name = "avis sur un renouvellement"

    def __str__(self) -> str:
        return f"{self.participant} · {Step(self.step).label}"


class PmsmpObject(models.TextChoices):
    DISCOVER = "discover", "découvrir un métier ou un secteur"
    CONFIRM = "confirm", "confirmer un projet professionnel"
    RECRUIT = "recruit", "initier un recrutement"


class Pmsmp(Fact):
    """A short immersion in another workplace; its convention is signed on the immersion service."""

    host = models.CharField("structure d’accueil", max_length=120)
    job = models.CharField("métier", max_length=120, blank=True)
    object = models.CharField("objet", max_length=8, choices=PmsmpObject.choices)
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")
    # Present days, when the immersion is not continuous.
    days = models.PositiveSmallIntegerField("jours de présence", null=True, blank=True)
    convention = models.CharField("numéro de convention", max_length=40, blank=True)
    note = SealedTextField("bilan", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("object", PmsmpObject, "pmsmp_object_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="pmsmp_days_in_order"),
            models.CheckConstraint(condition=~Q(host=""), name="pmsmp_host_said"),
        ]
        verbose_name = "immersion (PMSMP)"

    def __str__(self) -> str:
        return f"{self.participant} · {self.starts_on:%d/%m/%Y}"
