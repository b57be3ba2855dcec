"""What is kept here for farms, at which temperature, and how much of it was counted."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from terreau.ledger.models import Lot
from terreau.territory.fields import QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, Place


class Purpose(models.TextChoices):
    KEPT = "kept", "à garder"
    SALE = "sale", "à vendre pour la ferme"
    PROCESSING = "processing", "à transformer pour la ferme"


class Deposit(Written):
    """What a farm left and still owns: a lot of its own, and what for. Where it is, and whose: ledger."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    lot = models.OneToOneField(Lot, models.PROTECT, related_name="deposit", verbose_name="lot")
    purpose = models.CharField("laissé", max_length=10, choices=Purpose.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="deposit_key_once"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="deposit_purpose_known"),
        ]
        verbose_name = "dépôt d’une ferme"

    def __str__(self) -> str:
        return f"{self.lot} · {Purpose(self.purpose).label}"


class Commission(Written):
    """What the platform keeps of a sale made for a farm, from a day on. A later line replaces it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="ferme")
    percent = QuantityField("commission (%)")
    starts_on = models.DateField("à partir du")
    agreed = models.CharField("où c’est écrit", max_length=200)

    class Meta:
        ordering = ["farm__name", "starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="commission_key_once"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=Decimal(100)), name="commission_percent_plausible"
            ),
            models.CheckConstraint(condition=~Q(agreed=""), name="commission_is_written_somewhere"),
        ]
        indexes = [models.Index(fields=["ecopole", "farm", "starts_on"], name="commission_of_farm")]
        verbose_name = "commission convenue"

    def __str__(self) -> str:
        return f"{self.farm} · {self.percent} % · {self.starts_on}"


COLDEST, HOTTEST = Decimal(-60), Decimal(150)


class Reading(Written):
    """A temperature, of a store, of a farm's load or of a vehicle's. A wrong one is superseded."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lieu"
    )
    farm = models.ForeignKey(
        Agent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="charge de"
    )
    vehicle = models.ForeignKey(
        "Vehicle", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="à bord de"
    )
    # A class of temperatures.toml.
    kind = models.CharField("classe de produits", max_length=20)
    celsius = QuantityField("°C")
    # Judged once, by the limit of its day: a later rule does not reopen the past.
    out_of_limit = models.BooleanField("hors limite")
    read_at = models.DateTimeField("lu à")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="corrige"
    )
    reason = models.CharField("motif de la correction", max_length=200, blank=True)

    class Meta:
        ordering = ["-read_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="reading_key_once"),
            models.CheckConstraint(
                condition=Q(place__isnull=False, farm=None, vehicle=None)
                | Q(place=None, farm__isnull=False, vehicle=None)
                | Q(place=None, farm=None, vehicle__isnull=False),
                name="reading_of_a_place_or_a_load",
            ),
            models.CheckConstraint(
                condition=Q(celsius__gte=COLDEST, celsius__lte=HOTTEST), name="reading_plausible"
            ),
            models.CheckConstraint(condition=Q(read_at__lte=F("recorded_at")), name="reading_not_in_future"),
            models.CheckConstraint(
                condition=Q(supersedes=None, reason="") | Q(supersedes__isnull=False) & ~Q(reason=""),
                name="reading_superseded_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["ecopole", "read_at"], name="reading_by_time"),
            models.Index(fields=["ecopole", "out_of_limit"], name="reading_out_of_limit"),
        ]
        verbose_name = "relevé de température"

    def __str__(self) -> str:
        return f"{self.where} · {self.celsius} °C · {self.read_at:%d/%m/%Y %H:%M}"

    @property
    def where(self) -> str:
        return self.place.name if self.place else f"Charge\u202f: {self.farm or self.vehicle}"


class Remedy(Written):
    """What was done about a reading out of limit; until then, its alert stays."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    reading = models.OneToOneField(Reading, models.PROTECT, related_name="remedy", verbose_name="relevé")
    done = models.CharField("ce qui a été fait", max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="remedy_key_once"),
            models.CheckConstraint(condition=~Q(done=""), name="remedy_said"),
        ]
        verbose_name = "action corrective"

    def __str__(self) -> str:
        return self.done


class StockCount(Written):
    """A store counted lot by lot, once: how many lots, how many that differed; what differed is events."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="lieu")
    lines = models.PositiveIntegerField("lots comptés")
    differences = models.PositiveIntegerField("écarts")

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="stock_count_key_once"),
            models.CheckConstraint(condition=Q(lines__gte=1), name="stock_count_of_something"),
            models.CheckConstraint(
                condition=Q(differences__lte=F("lines")), name="stock_count_differences_within_lines"
            ),
        ]
        indexes = [models.Index(fields=["place", "recorded_at"], name="stock_count_of_place")]
        verbose_name = "inventaire"

    def __str__(self) -> str:
        return f"{self.place} · {self.recorded_at:%d/%m/%Y}"
