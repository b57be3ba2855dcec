"""What the incubator remembers: candidates, tests, contracts, what is lent, plans, what became of each.

Harvests, sales, hours and debts are in the ledger, under the agreement of the contract in force.
"""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Value

from terreau.ledger.models import Agreement, Event
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Commune, Ecopole, Place, Product, Quality, User


class Project(Written):
    """A person and the farm they want to try, from application to settling. Its last step says where it is.

    The house knows it by its title: `agent` is the actor of the ledger, given when it is accepted.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    incubator = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="couveuse")
    agent = models.OneToOneField(Agent, models.PROTECT, related_name="+", null=True, verbose_name="acteur")
    name = models.CharField("nom de la personne", max_length=120)
    email = models.EmailField("adresse e-mail")
    phone = models.CharField("téléphone", max_length=20, blank=True)
    born_on = models.DateField("date de naissance")
    full_time = models.BooleanField("salarié·e à temps plein", default=False)
    title = models.CharField("nom du projet", max_length=80)
    what = models.CharField("ce qui sera produit", max_length=500)
    region = models.CharField("Région", max_length=40)
    # The first letters of its lots.
    prefix = models.CharField("préfixe des lots", max_length=4, blank=True)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="test_project_key_once"),
            models.UniqueConstraint(fields=["ecopole", "title"], name="test_project_title_once"),
            models.UniqueConstraint(
                fields=["ecopole", "prefix"], condition=~Q(prefix=""), name="test_project_prefix_once"
            ),
            models.CheckConstraint(
                condition=Q(agent=None, prefix="") | (Q(agent__isnull=False) & ~Q(prefix="")),
                name="test_project_accepted_has_a_prefix",
            ),
        ]
        verbose_name = "projet"

    def __str__(self) -> str:
        return self.title


class StepKind(models.TextChoices):
    APPLIED = "applied", "candidature reçue"
    MET = "met", "entretien"
    ACCEPTED = "accepted", "accepté"
    DECLINED = "declined", "non retenu"
    REGISTERED = "registered", "immatriculé"
    LEFT = "left", "sorti de la couveuse"


class Exit(models.TextChoices):
    SETTLED = "settled", "installation"
    EMPLOYED = "employed", "emploi"
    TRAINING = "training", "formation"
    OTHER = "other", "autre"


class Step(Written):
    """A dated fact of a project. A candidate may be met more than once; the rest happens once."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="steps", verbose_name="projet")
    kind = models.CharField("étape", max_length=10, choices=StepKind.choices)
    on = models.DateField("le")
    exit = models.CharField("pour", max_length=8, choices=Exit.choices, blank=True)
    note = models.CharField("précision", max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="test_step_key_once"),
            models.UniqueConstraint(
                fields=["project", "kind"], condition=~Q(kind=StepKind.MET), name="test_step_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="test_step_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=StepKind.LEFT, exit__in=Exit.values) | (~Q(kind=StepKind.LEFT) & Q(exit="")),
                name="test_step_left_says_for_what",
            ),
        ]
        verbose_name = "étape d’un projet"

    def __str__(self) -> str:
        return f"{self.project} · {StepKind(self.kind).label}"


class Tutor(Written):
    """Who accompanies a project, and reads its figures."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="tutors", verbose_name="projet")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="tuteur ou tutrice")
    since = models.DateField("depuis le")
    until = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], condition=Q(until=None), name="test_tutor_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="test_tutor_days_in_order"
            ),
        ]
        verbose_name = "tutorat"

    def __str__(self) -> str:
        return f"{self.user} · {self.project}"


class Contract(Written):
    """A period of a test, under a status (`rules/statuses.toml`). A draft until it is signed, then fixed."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="contracts", verbose_name="projet")
    status = models.CharField("statut", max_length=24)
    # 0 is the first one; then the number of its renewal.
    rank = models.PositiveSmallIntegerField("renouvellement")
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")
    # What is written under each clause, by its code in `rules/clauses.toml`.
    clauses = models.JSONField("clauses", default=dict)
    ceiling = MoneyField("plafond des engagements", null=True, blank=True)
    fee_percent = QuantityField("part des ventes due à la couveuse (%)")
    accounting_months = models.PositiveSmallIntegerField("relevé tous les (mois)")
    signed_on = models.DateField("signé le", null=True, blank=True)
    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="+", null=True, blank=True)
    broken_on = models.DateField("rompu le", null=True, blank=True)
    broken_why = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="test_contract_key_once"),
            models.UniqueConstraint(fields=["project", "status", "rank"], name="test_contract_rank_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="test_contract_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(signed_on=None, agreement=None)
                | Q(signed_on__isnull=False, agreement__isnull=False),
                name="test_contract_signed_is_agreed",
            ),
            models.CheckConstraint(
                condition=Q(ceiling=None) | Q(ceiling__gte=Value(0)),
                name="test_contract_ceiling_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(fee_percent__gte=Decimal(0), fee_percent__lte=Decimal(100)),
                name="test_contract_fee_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(accounting_months__gte=1), name="test_contract_tells_its_accounts"
            ),
            models.CheckConstraint(
                condition=Q(broken_on=None)
                | Q(signed_on__isnull=False, broken_on__gte=F("starts_on"), broken_on__lte=F("ends_on")),
                name="test_contract_broken_within",
            ),
        ]
        verbose_name = "contrat de test"

    def __str__(self) -> str:
        return f"{self.project} · {self.status} {self.rank}"

    @property
    def last_day(self) -> date:
        """Its end, or the day it was broken."""
        return self.broken_on or self.ends_on


class Loan(Written):
    """A bed lent between two days: an agreement between whoever holds it and the test."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="loans", verbose_name="projet")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="planche")
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au")
    area_m2 = models.PositiveIntegerField("surface (m²)")
    quality = models.PositiveSmallIntegerField("statut du sol", choices=Quality.choices)
    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="+", verbose_name="accord")

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="test_loan_key_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="test_loan_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(area_m2__gt=0), name="test_loan_has_an_area"),
            models.CheckConstraint(condition=Q(quality__in=Quality.values), name="test_loan_quality_known"),
        ]
        indexes = [models.Index(fields=["place", "starts_on"], name="test_loan_of_place")]
        verbose_name = "prêt de planche"

    def __str__(self) -> str:
        return f"{self.place} · {self.project}"


class EquipmentKind(models.TextChoices):
    WATER = "water", "eau"
    MACHINE = "machine", "machine"


class Equipment(Written):
    """A water outlet or a machine, booked by the tests and charged by what is counted."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    owner = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="à qui")
    kind = models.CharField("nature", max_length=8, choices=EquipmentKind.choices)
    name = models.CharField("nom", max_length=60)
    broken_since = models.DateField("en panne depuis", null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="test_equipment_key_once"),
            models.UniqueConstraint(fields=["ecopole", "name"], name="test_equipment_name_once"),
            models.CheckConstraint(
                condition=Q(kind__in=EquipmentKind.values), name="test_equipment_kind_known"
            ),
        ]
        verbose_name = "matériel"

    def __str__(self) -> str:
        return self.name


class Rate(Written):
    """The price of an hour, or of a cubic metre, from a day on; never edited: a later one follows."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="rates", verbose_name="matériel")
    since = models.DateField("à partir du")
    price = MoneyField("prix")

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["equipment", "since"], name="test_rate_once_a_day"),
            models.CheckConstraint(condition=Q(price__gte=Value(0)), name="test_rate_not_negative"),
        ]
        verbose_name = "tarif"

    def __str__(self) -> str:
        return f"{self.equipment} · {self.since}"


class Booking(Written):
    """Equipment kept for a test between two hours; counted once used, and then charged in the ledger."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="bookings", verbose_name="matériel")
    project = models.ForeignKey(Project, models.PROTECT, related_name="bookings", verbose_name="projet")
    starts_at = models.DateTimeField("de")
    ends_at = models.DateTimeField("à")
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="test_booking_key_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="test_booking_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["equipment", "starts_at"], name="test_booking_by_hour")]
        verbose_name = "réservation"

    def __str__(self) -> str:
        return f"{self.equipment} · {self.starts_at:%d/%m/%Y}"


class CropPlan(models.Model):
    """What a crop should give in a year: area, harvest, price, hours, costs, and when it is sold."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="crops", verbose_name="projet")
    year = models.PositiveSmallIntegerField("année")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="culture")
    area_m2 = models.PositiveIntegerField("surface (m²)")
    quantity = QuantityField("récolte vendue")
    price = MoneyField("prix à l’unité")
    hours = QuantityField("heures")
    costs = MoneyField("charges")
    first_month = models.PositiveSmallIntegerField("vendue de")
    last_month = models.PositiveSmallIntegerField("à")

    class Meta:
        ordering = ["product__name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "year", "product"], name="test_crop_plan_once"),
            models.CheckConstraint(
                condition=Q(first_month__gte=1, last_month__gte=F("first_month"), last_month__lte=12),
                name="test_crop_plan_months_in_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=Value(0), price__gte=Value(0), hours__gte=Value(0), costs__gte=Value(0)
                ),
                name="test_crop_plan_not_negative",
            ),
        ]
        verbose_name = "culture prévue"

    def __str__(self) -> str:
        return f"{self.product} · {self.year}"


class YearPlan(models.Model):
    """What a year holds beside its crops: money at its start, costs of every month."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="years", verbose_name="projet")
    year = models.PositiveSmallIntegerField("année")
    opening = MoneyField("trésorerie au 1er janvier")
    fixed = MoneyField("charges fixes par mois")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "year"], name="test_year_plan_once"),
            models.CheckConstraint(
                condition=Q(fixed__gte=Value(0)), name="test_year_plan_fixed_not_negative"
            ),
        ]
        verbose_name = "année prévue"

    def __str__(self) -> str:
        return f"{self.project} · {self.year}"


class Mark(Written):
    """A line of a checklist that is done: of the DJA, or of the way to settling (`rules/*.toml`)."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="marks", verbose_name="projet")
    code = models.CharField("ligne", max_length=40)
    on = models.DateField("fait le")
    partner = models.CharField("avec", max_length=120, blank=True)
    note = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "code"], name="test_mark_once")]
        verbose_name = "ligne faite"

    def __str__(self) -> str:
        return f"{self.project} · {self.code}"


class Cycle(models.TextChoices):
    ANNUAL = "annual", "annuelle ou semi-pérenne"
    PERENNIAL = "perennial", "pérenne"


class Plot(models.Model):
    """A plot to convert to organic farming, and what it should give each year."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="plots", verbose_name="projet")
    name = models.CharField("parcelle", max_length=60)
    area_ha = QuantityField("surface (ha)")
    cycle = models.CharField("culture", max_length=10, choices=Cycle.choices)
    started_on = models.DateField("engagée le")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="produit")
    sown_month = models.PositiveSmallIntegerField("semée en")
    harvest_month = models.PositiveSmallIntegerField("récoltée en")
    per_ha = QuantityField("récolte par hectare")
    price_conventional = MoneyField("prix conventionnel")
    price_conversion = MoneyField("prix en conversion")
    price_organic = MoneyField("prix bio")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="test_plot_name_once"),
            models.CheckConstraint(condition=Q(area_ha__gt=Value(0)), name="test_plot_has_an_area"),
            models.CheckConstraint(condition=Q(cycle__in=Cycle.values), name="test_plot_cycle_known"),
            models.CheckConstraint(
                condition=Q(sown_month__range=(1, 12), harvest_month__range=(1, 12)), name="test_plot_months"
            ),
        ]
        verbose_name = "parcelle à convertir"

    def __str__(self) -> str:
        return self.name


class Search(models.Model):
    """The land that is sought."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="search", verbose_name="projet")
    area_ha = QuantityField("surface cherchée (ha)")
    where = models.CharField("communes", max_length=200)
    tenure = models.CharField("en location ou en propriété", max_length=120, blank=True)
    needs = models.CharField("eau, bâtiments, accès", max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(area_ha__gt=Value(0)), name="test_search_has_an_area")
        ]
        verbose_name = "recherche de terrain"

    def __str__(self) -> str:
        return f"{self.project} · {self.area_ha} ha"


class Outcome(models.Model):
    """How a farm stands: hectares, full-time jobs, and those that cannot be moved away."""

    hectares = QuantityField("hectares")
    jobs = QuantityField("emplois (ETP)")
    anchored = QuantityField("dont non délocalisables (ETP)")

    class Meta:
        abstract = True


SOUND = Q(hectares__gte=Value(0), jobs__gte=Value(0), anchored__gte=Value(0), anchored__lte=F("jobs"))


class Installation(Written, Outcome):
    """Where and on what a person settled."""

    project = models.OneToOneField(
        Project, models.PROTECT, related_name="installation", verbose_name="projet"
    )
    on = models.DateField("installé le")
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+", verbose_name="commune")

    class Meta:
        constraints = [models.CheckConstraint(condition=SOUND, name="test_installation_adds_up")]
        verbose_name = "installation"

    def __str__(self) -> str:
        return f"{self.project} · {self.commune}"


class Becoming(models.TextChoices):
    ACTIVE = "active", "en activité"
    MOVED = "moved", "ailleurs, en activité"
    STOPPED = "stopped", "arrêtée"


class FollowUp(Written, Outcome):
    """What became of a settled farm, so many years later."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="follow_ups", verbose_name="projet")
    years = models.PositiveSmallIntegerField("ans après")
    on = models.DateField("nouvelles du")
    state = models.CharField("situation", max_length=8, choices=Becoming.choices)

    class Meta:
        ordering = ["years"]
        constraints = [
            models.UniqueConstraint(fields=["project", "years"], name="test_follow_up_once"),
            models.CheckConstraint(condition=Q(state__in=Becoming.values), name="test_follow_up_state_known"),
            models.CheckConstraint(condition=SOUND, name="test_follow_up_adds_up"),
        ]
        verbose_name = "nouvelles"

    def __str__(self) -> str:
        return f"{self.project} · {self.years} ans"
