"""Crops and the figures they are grown by: the catalogue's, with their sources, and each écopôle's own."""

from django.db import models
from django.db.models import Q

from terreau.rooms.garden.cycles import check_cycles
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.models import Ecopole, Product, User


class Figures(models.Model):
    """What a crop needs and gives. Nothing written is unknown, or left to the catalogue; never zero."""

    field_cycles = models.CharField(
        "plein champ, semaines de mise en place > de récolte", max_length=700, blank=True,
        validators=[check_cycles],
    )  # fmt: skip
    tunnel_cycles = models.CharField(
        "tunnel, semaines de mise en place > de récolte",
        max_length=700,
        blank=True,
        validators=[check_cycles],
    )
    field_harvest_weeks = models.PositiveSmallIntegerField("récolte en plein champ (semaines)", null=True)
    tunnel_harvest_weeks = models.PositiveSmallIntegerField("récolte en tunnel (semaines)", null=True)
    yield_low = QuantityField("rendement bas (kg/m²)", null=True)
    yield_likely = QuantityField("rendement probable (kg/m²)", null=True)
    yield_high = QuantityField("rendement haut (kg/m²)", null=True)
    rows = models.PositiveSmallIntegerField("rangs par planche", null=True)
    spacing_cm = QuantityField("écart sur le rang (cm)", null=True)
    plants_m2 = QuantityField("plants ou graines au m²", null=True)
    return_years = models.PositiveSmallIntegerField("délai de retour (ans)", null=True)
    storage_weeks = QuantityField("garde au froid (semaines)", null=True)
    establish_hours = QuantityField("mise en place (h pour 100 m²)", null=True)
    upkeep_hours = QuantityField("entretien (h pour 100 m²)", null=True)
    harvest_hours = QuantityField("récolte et lavage (h pour 100 kg)", null=True)
    price_low = MoneyField("prix bas (€/kg)", null=True)
    price = MoneyField("prix (€/kg)", null=True)
    price_high = MoneyField("prix haut (€/kg)", null=True)
    portion_kg = QuantityField("portion d’un panier (kg)", null=True)

    class Meta:
        abstract = True


class Crop(Figures):
    """A crop of the catalogue, or one of an écopôle's own. What it gives is harvested as its product."""

    ecopole = models.ForeignKey(
        Ecopole, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="propre à"
    )
    code = models.SlugField("code", max_length=40)
    name = models.CharField("nom", max_length=80)
    family = models.CharField("famille botanique", max_length=40)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="produit récolté")
    # What was read where, by group of figures: « windows », « yield », « labour »…
    sources = models.JSONField("sources", default=dict)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(ecopole=None), name="crop_code_once"),
            models.UniqueConstraint(
                fields=["ecopole", "code"],
                condition=Q(ecopole__isnull=False),
                name="crop_code_once_per_ecopole",
            ),
        ]
        verbose_name = "culture du catalogue"

    def __str__(self) -> str:
        return self.name


class CropChoice(Figures):
    """What an écopôle measured or chose in place of the catalogue's figures; the rest follows it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    crop = models.ForeignKey(Crop, models.CASCADE, related_name="choices", verbose_name="culture")
    reason = models.CharField("d’où vient ce choix", max_length=200, blank=True)
    changed_at = models.DateTimeField("changé le")
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "crop"], name="crop_choice_once_per_ecopole")
        ]
        verbose_name = "choix de l’écopôle"

    def __str__(self) -> str:
        return f"{self.crop} · {self.ecopole}"
