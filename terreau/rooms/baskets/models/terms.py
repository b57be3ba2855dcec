"""What the garden decided, from a day on: never edited, a later decision is another row."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.rooms.baskets.models.sizes import BasketSize
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Agent, Ecopole, Place


class MoneyRule(models.TextChoices):
    """What a basket that its member does not take costs them."""

    CREDITED = "credited", "rien n’est dû"
    KEPT = "kept", "le panier reste dû, et part à la solidarité"


class Terms(models.Model):
    """The rules of the écopôle: of those that have begun, the last one written holds."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    starts_on = models.DateField("à partir du")
    seller = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="vendu par")
    # To whom go the baskets that are given, or due and not taken.
    solidarity = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", verbose_name="paniers donnés, remis à"
    )
    fee = MoneyField("adhésion à l’association, par an")
    weeks_a_year = models.PositiveSmallIntegerField("semaines livrées par an")
    cutoff_hours = models.PositiveSmallIntegerField("délai avant la remise (heures)")
    skip_rule = models.CharField("panier sauté", max_length=8, choices=MoneyRule.choices)
    pause_rule = models.CharField("pause", max_length=8, choices=MoneyRule.choices)
    pause_weeks_max = models.PositiveSmallIntegerField("semaines de pause par an, au plus")
    # A place offered to who waits is held so long.
    offer_days = models.PositiveSmallIntegerField("une place proposée tient (jours)")
    source = models.CharField("décidé par", max_length=200)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="basket_terms_key_once"),
            models.CheckConstraint(condition=Q(fee__gte=Value(0)), name="basket_terms_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(weeks_a_year__gte=1, weeks_a_year__lte=53), name="basket_terms_weeks_of_a_year"
            ),
            models.CheckConstraint(
                condition=Q(cutoff_hours__lte=336, pause_weeks_max__lte=53), name="basket_terms_plausible"
            ),
            models.CheckConstraint(
                condition=Q(skip_rule__in=MoneyRule.values, pause_rule__in=MoneyRule.values),
                name="basket_terms_rules_known",
            ),
            models.CheckConstraint(
                condition=Q(offer_days__gte=1, offer_days__lte=60), name="basket_terms_offer_holds"
            ),
        ]
        verbose_name = "règles des abonnements"

    def __str__(self) -> str:
        return f"{self.ecopole} · {self.starts_on}"


class Price(models.Model):
    """The full price of a basket of a size, VAT included, from a day on: the same for everybody."""

    size = models.ForeignKey(BasketSize, models.PROTECT, related_name="prices", verbose_name="taille")
    starts_on = models.DateField("à partir du")
    price = MoneyField("prix du panier")

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["size", "starts_on"], name="basket_price_once_a_day"),
            models.CheckConstraint(condition=Q(price__gt=Value(0)), name="basket_price_positive"),
        ]
        verbose_name = "prix d’un panier"

    def __str__(self) -> str:
        return f"{self.size} · {self.price} · {self.starts_on}"


class DepotTerms(models.Model):
    """How a depot serves: its day and hours, how many baskets it takes, what coming there adds."""

    depot = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="dépôt")
    starts_on = models.DateField("à partir du")
    # Monday is 0, as in Python.
    weekday = models.PositiveSmallIntegerField("jour")
    opens = models.TimeField("de")
    closes = models.TimeField("à")
    capacity = models.PositiveSmallIntegerField("paniers au plus")
    charge = MoneyField("frais de livraison par panier")
    # Its keeper's secret link changes with it: the former one opens nothing any more.
    link = models.PositiveSmallIntegerField("lien du dépôt, n°", default=1)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["depot", "key"], name="depot_terms_key_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="depot_terms_weekday_known"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="depot_terms_hours_in_order"),
            models.CheckConstraint(condition=Q(charge__gte=Value(0)), name="depot_terms_charge_not_negative"),
        ]
        verbose_name = "règles d’un dépôt"

    def __str__(self) -> str:
        return f"{self.depot} · {self.starts_on}"
