"""What the worksites room remembers: natural sites, orders and their dated steps, days, tools, photographs.

Hours and prices are in the ledger. Nobody who works is named here: crews are numbers of people and hours.
"""

from django.db import models
from django.db.models import Q, Value

from terreau.ledger.models import Agreement, Event, Process
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole, Place, Product


class SiteKind(models.TextChoices):
    MARSH = "marsh", "marais"
    POND = "pond", "mare"
    BANK = "bank", "berge"
    HEDGE = "hedge", "haie"
    WOOD = "wood", "bois"
    MEADOW = "meadow", "prairie"
    PATH = "path", "sentier"
    PARK = "park", "espace vert"


class Site(models.Model):
    """A natural site and the care it is given; whose it is and where are said by its place."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    place = models.OneToOneField(Place, models.PROTECT, related_name="+", verbose_name="lieu")
    kind = models.CharField("nature", max_length=8, choices=SiteKind.choices)
    area_m2 = models.PositiveIntegerField("surface (m²)", null=True, blank=True)
    length_m = models.PositiveIntegerField("longueur (m)", null=True, blank=True)
    care = models.CharField("entretien", max_length=500)
    passes_a_year = models.PositiveSmallIntegerField("passages par an")
    hazards = models.CharField("dangers", max_length=500, blank=True)
    access = models.CharField("accès", max_length=500, blank=True)
    closed_on = models.DateField("n’est plus entretenu depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["place__name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="site_key_once"),
            models.CheckConstraint(condition=Q(kind__in=SiteKind.values), name="site_kind_known"),
            # A comparison with nothing refuses nothing: nothing is named.
            models.CheckConstraint(
                condition=Q(area_m2__isnull=False, area_m2__gt=0) | Q(length_m__isnull=False, length_m__gt=0),
                name="site_has_a_size",
            ),
        ]
        verbose_name = "site"

    def __str__(self) -> str:
        return str(self.place)

    @property
    def owner(self) -> Agent:
        return self.place.agent


class Order(models.Model):
    """What an owner asks on a site, between two days. Where it stands is said by its last step."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    site = models.ForeignKey(Site, models.PROTECT, related_name="orders", verbose_name="site")
    client = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="client")
    provider = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="employeur")
    trade = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="travail")
    what = models.CharField("demande", max_length=500)
    from_on = models.DateField("à partir du")
    to_on = models.DateField("jusqu’au")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["from_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="worksite_order_key_once"),
            models.CheckConstraint(
                condition=Q(to_on__gte=models.F("from_on")), name="worksite_order_ends_after_start"
            ),
        ]
        verbose_name = "commande de chantier"

    def __str__(self) -> str:
        return f"{self.site} · {self.what}"


class StepKind(models.TextChoices):
    ASKED = "asked", "demandée"
    QUOTED = "quoted", "devis donné"
    ACCEPTED = "accepted", "acceptée"
    PLANNED = "planned", "planifiée"
    DONE = "done", "terminée"
    DROPPED = "dropped", "sans suite"


class Basis(models.TextChoices):
    HOUR = "hour", "à l’heure"
    DAY = "day", "à la journée"
    LUMP = "lump", "au forfait"


class OrderStep(Written):
    """A dated fact of an order. A quote may be given again until one is accepted: the last one counts."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="steps", verbose_name="commande")
    kind = models.CharField("étape", max_length=8, choices=StepKind.choices)
    on = models.DateField("le")
    basis = models.CharField("prix", max_length=4, choices=Basis.choices, blank=True)
    price = MoneyField("montant", null=True, blank=True)
    hours = QuantityField("heures prévues", null=True, blank=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+", null=True, blank=True)
    note = models.CharField("précision", max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="order_step_key_once"),
            models.UniqueConstraint(
                fields=["order", "kind"], condition=~Q(kind=StepKind.QUOTED), name="order_step_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="order_step_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.QUOTED)
                | Q(
                    basis__in=Basis.values,
                    price__isnull=False,
                    price__gt=Value(0),
                    hours__isnull=False,
                    hours__gt=Value(0),
                ),
                name="order_step_quote_has_terms",
            ),
            models.CheckConstraint(
                condition=~Q(kind=StepKind.ACCEPTED) | Q(agreement__isnull=False),
                name="order_step_accepted_is_agreed",
            ),
        ]
        verbose_name = "étape de commande"

    def __str__(self) -> str:
        return f"{self.order} · {StepKind(self.kind).label}"


class Day(models.Model):
    """A day planned on an order: an operation of the ledger, whose promises are its hours and its price."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="days", verbose_name="commande")
    process = models.OneToOneField(Process, models.PROTECT, related_name="+", verbose_name="opération")
    on = models.DateField("jour")
    people = models.PositiveSmallIntegerField("personnes")
    hours_each = QuantityField("heures par personne")

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(people__gte=1, hours_each__gt=Value(0)), name="worksite_day_has_a_crew"
            ),
        ]
        indexes = [models.Index(fields=["on"], name="worksite_day_on")]
        verbose_name = "journée de chantier"

    def __str__(self) -> str:
        return f"{self.order.site} · {self.on}"


class Done(models.Model):
    """What a day was, beside its hours: how many people, what surface. It stands as long as its event."""

    day = models.ForeignKey(Day, models.PROTECT, related_name="done", verbose_name="journée")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", verbose_name="heures")
    people = models.PositiveSmallIntegerField("personnes")
    supervisors = models.PositiveSmallIntegerField("encadrants")
    area_m2 = models.PositiveIntegerField("surface faite (m²)", default=0)
    length_m = models.PositiveIntegerField("longueur faite (m)", default=0)
    note = models.CharField("ce qui a été fait", max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(people__gte=1), name="worksite_done_by_somebody"),
        ]
        verbose_name = "journée faite"

    def __str__(self) -> str:
        return f"{self.day} · {self.people}"


class Tool(models.Model):
    """So many of a tool: they go out for a day on a site, and come back."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    name = models.CharField("nom", max_length=60)
    count = models.PositiveSmallIntegerField("combien")
    closed_on = models.DateField("ne sert plus depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="tool_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="tool_name_once"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="tool_count_positive"),
        ]
        verbose_name = "outil"

    def __str__(self) -> str:
        return self.name


class MoveKind(models.TextChoices):
    OUT = "out", "sorti"
    BACK = "back", "rentré"


class ToolMove(Written):
    """Tools that went out for a day, or came back from it; what is broken or missing is said in words."""

    tool = models.ForeignKey(Tool, models.PROTECT, related_name="moves", verbose_name="outil")
    day = models.ForeignKey(Day, models.PROTECT, related_name="tool_moves", verbose_name="journée")
    kind = models.CharField("sens", max_length=4, choices=MoveKind.choices)
    count = models.PositiveSmallIntegerField("combien")
    note = models.CharField("état", max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["day", "key"], name="tool_move_key_once"),
            models.CheckConstraint(condition=Q(kind__in=MoveKind.values), name="tool_move_kind_known"),
            models.CheckConstraint(condition=Q(count__gte=1), name="tool_move_count_positive"),
        ]
        verbose_name = "mouvement d’outil"

    def __str__(self) -> str:
        return f"{self.tool} · {MoveKind(self.kind).label}"


class Side(models.TextChoices):
    BEFORE = "before", "avant"
    AFTER = "after", "après"


class Picture(Written):
    """The site before or after the work. Withdrawn, its picture is erased: somebody may be seen on it."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="pictures", verbose_name="commande")
    side = models.CharField("avant ou après", max_length=6, choices=Side.choices)
    caption = models.CharField("légende", max_length=120, blank=True)
    taken_on = models.DateField("prise le")
    photo = models.BinaryField("photo", null=True, blank=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        ordering = ["taken_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="picture_key_once"),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="picture_side_known"),
            models.CheckConstraint(
                condition=Q(photo__isnull=False, withdrawn_at=None)
                | Q(photo=None, withdrawn_at__isnull=False),
                name="picture_kept_or_withdrawn",
            ),
        ]
        verbose_name = "photo de chantier"

    def __str__(self) -> str:
        return f"{self.order} · {Side(self.side).label}"
