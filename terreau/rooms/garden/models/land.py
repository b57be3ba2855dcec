"""Land: plots, whose organic status is dated; blocks of beds that rotate together; beds."""

from django.db import models
from django.db.models import Q

from terreau.territory.fields import QuantityField
from terreau.territory.models import Agent, Commune, Ecopole, Place


class Status(models.TextChoices):
    """Where a plot stands on its way to organic farming (Reg. (EU) 2018/848)."""

    CONVENTIONAL = "conventional", "conventionnel"
    # From the notified start: a year sold as conventional (C1), then sold « en conversion » (C2).
    CONVERSION = "conversion", "en conversion"
    ORGANIC = "organic", "bio"


class Plot(models.Model):
    """A piece of land of one holder, as the control body knows it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, verbose_name="tenue par", related_name="+")
    name = models.CharField("nom", max_length=80)
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, verbose_name="commune", related_name="+"
    )
    reference = models.CharField("référence cadastrale", max_length=60, blank=True)
    area_m2 = QuantityField("surface (m²)", null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["agent", "name"], name="plot_name_once_per_agent")]
        verbose_name = "parcelle"

    def __str__(self) -> str:
        return self.name


class PlotStatus(models.Model):
    """The organic status of a plot from a day on, and the paper that says so. A new one is added."""

    plot = models.ForeignKey(Plot, models.CASCADE, related_name="statuses", verbose_name="parcelle")
    status = models.CharField("statut", max_length=12, choices=Status.choices)
    since = models.DateField("depuis le")
    proof = models.CharField("justificatif", max_length=200, blank=True)

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(fields=["plot", "since"], name="plot_status_once_a_day"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="plot_status_known"),
        ]
        verbose_name = "statut de parcelle"

    def __str__(self) -> str:
        return f"{self.plot} · {Status(self.status).label} · {self.since:%d/%m/%Y}"


class Shelter(models.TextChoices):
    FIELD = "field", "plein champ"
    TUNNEL = "tunnel", "tunnel"


class Block(models.Model):
    """Beds that rotate together, under one kind of shelter."""

    plot = models.ForeignKey(Plot, models.PROTECT, related_name="blocks", verbose_name="parcelle")
    name = models.CharField("nom", max_length=40)
    shelter = models.CharField("abri", max_length=6, choices=Shelter.choices, default=Shelter.FIELD)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["plot", "name"], name="block_name_once_per_plot"),
            models.CheckConstraint(condition=Q(shelter__in=Shelter.values), name="block_shelter_known"),
        ]
        verbose_name = "bloc"

    def __str__(self) -> str:
        return self.name


class Bed(models.Model):
    """A bed is a place of the territory, with its size and its rank in its block. Closed, never deleted."""

    place = models.OneToOneField(Place, models.PROTECT, related_name="+", verbose_name="lieu")
    block = models.ForeignKey(Block, models.PROTECT, related_name="beds", verbose_name="bloc")
    number = models.PositiveSmallIntegerField("rang dans le bloc")
    length_m = QuantityField("longueur (m)")
    width_m = QuantityField("largeur (m)")
    closed_on = models.DateField("fermée le", null=True, blank=True)

    class Meta:
        ordering = ["block", "number"]
        constraints = [
            models.UniqueConstraint(fields=["block", "number"], name="bed_number_once_per_block"),
            models.CheckConstraint(condition=Q(length_m__gt=0) & Q(width_m__gt=0), name="bed_has_a_size"),
        ]
        verbose_name = "planche"

    def __str__(self) -> str:
        return str(self.place)
