"""Hours given and what they are worth in credits: the terms, what credits give right to, what was used.

Credits themselves are lots of the ledger: issued by `produce`, given by `transfer`, spent by `consume`,
expired by `lower`. Nothing here has a price.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Q, Value

from terreau.ledger.models import Event
from terreau.rooms.thirdplace.models.calendar import Gathering
from terreau.rooms.thirdplace.models.members import Member
from terreau.territory.fields import QuantityField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole, Product


class Terms(models.Model):
    """What an hour given is worth from a day on, as voted. Never edited: a later word is another line."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    since = models.DateField("à partir du")
    per_hour = QuantityField("crédits par heure")
    cap = QuantityField("plafond d’un carnet")
    months = models.PositiveSmallIntegerField("validité (mois)")
    source = models.CharField("décidé par", max_length=200)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="credit_terms_key_once"),
            models.UniqueConstraint(fields=["ecopole", "since"], name="credit_terms_since_once"),
            models.CheckConstraint(
                condition=Q(per_hour__gt=Value(0), cap__gt=Value(0), months__gte=1, months__lte=60),
                name="credit_terms_plausible",
            ),
        ]
        verbose_name = "règle des crédits"

    def __str__(self) -> str:
        return f"{self.since}"


class BenefitKind(models.TextChoices):
    WORKSHOP = "workshop", "atelier"
    BASKET = "basket", "panier"
    MEAL = "meal", "repas"
    ROOM = "room", "salle"


class Benefit(models.Model):
    """What credits give right to. With a product, handing it over takes one from the giver's stock."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=8, choices=BenefitKind.choices)
    name = models.CharField("nom", max_length=80)
    cost = QuantityField("crédits")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="produit"
    )
    giver = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="donné par"
    )
    since = models.DateField("à partir du")
    closed_on = models.DateField("jusqu’au", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["cost", "name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="benefit_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="benefit_name_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=BenefitKind.values), name="benefit_kind_known"),
            models.CheckConstraint(condition=Q(cost__gt=Value(0)), name="benefit_cost_positive"),
            models.CheckConstraint(
                condition=Q(product=None, giver=None) | Q(product__isnull=False, giver__isnull=False),
                name="benefit_product_has_a_giver",
            ),
        ]
        verbose_name = "ce que donnent les crédits"

    def __str__(self) -> str:
        return self.name


class Contribution(Written):
    """Hours given, declared then validated by a referent: only then are they in the ledger."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="contributions", verbose_name="membre")
    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="contributions", null=True, blank=True,
        verbose_name="rendez-vous",
    )  # fmt: skip
    on = models.DateField("jour")
    trade = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="activité")
    hours = QuantityField("heures")
    event = models.OneToOneField(
        Event, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="heures validées"
    )
    refused_at = models.DateTimeField("refusé le", null=True, blank=True)
    refused_why = models.CharField("pourquoi", max_length=200, blank=True)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="contribution_key_once"),
            models.CheckConstraint(
                condition=Q(hours__gt=Value(0), hours__lte=Decimal(24)), name="contribution_fits_a_day"
            ),
            models.CheckConstraint(
                condition=Q(event=None) | Q(refused_at=None), name="contribution_decided_once"
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) | ~Q(refused_why=""), name="contribution_refused_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["on"], name="contribution_by_day")]
        verbose_name = "contribution"

    def __str__(self) -> str:
        return f"{self.member} · {self.on}"


class Spending(models.Model):
    """Credits used for a benefit: handed over, or given back before it is."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="spendings", verbose_name="membre")
    benefit = models.ForeignKey(Benefit, models.PROTECT, related_name="spendings", verbose_name="pour")
    at = models.DateTimeField("le")
    handed_at = models.DateTimeField("remis le", null=True, blank=True)
    given_back_at = models.DateTimeField("rendu le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="spending_key_once"),
            models.CheckConstraint(
                condition=Q(handed_at=None) | Q(given_back_at=None), name="spending_settled_once"
            ),
        ]
        verbose_name = "crédits utilisés"

    def __str__(self) -> str:
        return f"{self.member} · {self.benefit}"
