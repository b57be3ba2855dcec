"""What the baskets room remembers of its week: the sizes, and how many go to each depot on each day."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.territory.fields import MoneyField
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality


class BasketSize(models.Model):
    """A kind of basket: what it should be worth, and how varied. Its product is what depots receive."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="basket_sizes", verbose_name="écopôle")
    maker = models.ForeignKey(Agent, models.PROTECT, verbose_name="composé par")
    product = models.ForeignKey(Product, models.PROTECT, verbose_name="panier")
    rank = models.PositiveSmallIntegerField("rang")
    target_value = MoneyField("valeur visée")
    tolerance_percent = models.PositiveSmallIntegerField("écart admis (%)", default=5)
    varieties_min = models.PositiveSmallIntegerField("légumes différents, au moins")
    varieties_max = models.PositiveSmallIntegerField("légumes différents, au plus")
    quality_min = models.PositiveSmallIntegerField(
        "qualité demandée", choices=Quality.choices, default=Quality.ORGANIC
    )

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "product"], name="basket_size_once"),
            models.CheckConstraint(condition=Q(target_value__gt=Value(0)), name="basket_size_value_positive"),
            models.CheckConstraint(
                condition=Q(varieties_min__gte=1) & Q(varieties_max__gte=F("varieties_min")),
                name="basket_size_varieties_in_order",
            ),
        ]
        verbose_name = "taille de panier"

    def __str__(self) -> str:
        return str(self.product)


class DepotCount(models.Model):
    """How many baskets of a size go to a depot on a day.

    Solidarity baskets are counted here, unseen: same content.
    """

    size = models.ForeignKey(BasketSize, models.CASCADE, related_name="counts", verbose_name="taille")
    depot = models.ForeignKey(Place, models.PROTECT, verbose_name="dépôt")
    day = models.DateField("jour")
    count = models.PositiveIntegerField("paniers")
    # Of these, those of members, written from their subscriptions; the others are typed: groups, visitors.
    subscribed = models.PositiveIntegerField("dont abonnements", default=0)

    class Meta:
        ordering = ["day", "depot__name", "size__rank"]
        constraints = [
            models.CheckConstraint(condition=Q(subscribed__lte=F("count")), name="depot_count_holds_members"),
            models.UniqueConstraint(fields=["size", "depot", "day"], name="depot_count_once_per_day"),
            models.CheckConstraint(condition=Q(count__gt=0), name="depot_count_positive"),
        ]
        indexes = [models.Index(fields=["day"])]
        verbose_name = "paniers par dépôt"

    def __str__(self) -> str:
        return f"{self.count} {self.size} · {self.depot} · {self.day}"
