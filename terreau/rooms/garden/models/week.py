"""What the garden remembers of its week: what it expects to harvest. What was harvested is in the ledger."""

from django.db import models
from django.db.models import F, Q

from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality


class Forecast(models.Model):
    """What a bed should give in a week: a likely quantity, and the low one that the weather may leave."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    garden = models.ForeignKey(Agent, models.PROTECT, verbose_name="jardin")
    week = models.CharField("semaine", max_length=8)
    product = models.ForeignKey(Product, models.PROTECT, verbose_name="produit")
    place = models.ForeignKey(Place, models.PROTECT, verbose_name="planche")
    quality = models.PositiveSmallIntegerField("qualité", choices=Quality.choices, default=Quality.ORGANIC)
    low = QuantityField("au moins")
    likely = QuantityField("probable")
    price = MoneyField("prix de cession à l’unité")
    first_day = models.DateField("à partir du")
    last_day = models.DateField("jusqu’au")

    class Meta:
        ordering = ["product__name", "place__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["ecopole", "garden", "week", "product", "place"], name="forecast_once_per_bed"
            ),
            models.CheckConstraint(
                condition=Q(low__gte=0) & Q(likely__gte=F("low")), name="forecast_low_below_likely"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="forecast_days_in_order"),
        ]
        verbose_name = "prévision de récolte"

    def __str__(self) -> str:
        return f"{self.product} · {self.place} · {self.week}"
