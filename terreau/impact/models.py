"""What impact remembers: what the ledger cannot know, said with its source, and the answers computed."""

from typing import Any

from django.db import models
from django.db.models import Q

from terreau.planning.models import Calculation, PlanState
from terreau.territory.fields import QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Commune, Ecopole


class Said(models.TextChoices):
    """A yearly figure that no gesture records. Beside each: its unit."""

    PERMANENT_HOURS = "permanent_hours", "heures travaillées des permanents"  # h
    INSERTION_WAGE = "insertion_wage", "salaires nets versés en insertion"  # €
    PERMANENT_WAGE = "permanent_wage", "salaires nets versés aux permanents"  # €
    PURCHASE = "purchase", "achats hors produits des fermes"  # € HT
    BASKET_SALES = "basket_sales", "ventes de paniers sans remise notée"  # € HT: those noted have a price
    GRANT = "grant", "aide ou subvention reçue"  # €
    LOCAL_TAX = "local_tax", "impôts locaux payés"  # €
    COLD = "cold", "électricité du froid"  # kWh
    PROTECTED_LAND = "protected_land", "terres protégées"  # ha


UNITS = {
    Said.PERMANENT_HOURS: "h", Said.INSERTION_WAGE: "€", Said.PERMANENT_WAGE: "€", Said.PURCHASE: "€",
    Said.BASKET_SALES: "€", Said.GRANT: "€", Said.LOCAL_TAX: "€", Said.COLD: "kWh", Said.PROTECTED_LAND: "ha",
}  # fmt: skip


class Funder(models.TextChoices):
    STATE = "etat", "État"
    DEPARTEMENT = "departement", "département"
    REGION = "region", "région"
    EPCI = "epci", "intercommunalité"
    COMMUNE = "commune", "commune"
    FSE = "fse", "FSE+"
    FOUNDATION = "fondation", "fondation ou mécène"


# Where money goes or comes from is part of what is said: pay to a home, purchases to a supplier.
PLACED = (Said.INSERTION_WAGE, Said.PERMANENT_WAGE, Said.PURCHASE, Said.BASKET_SALES)


class Declaration(Written):
    """A figure of a year and the paper it comes from. A mistake is withdrawn by a later line, never edited.

    `elsewhere`: outside the communes we know; without it nor a commune, nobody said where.
    """

    ecopole = models.ForeignKey(
        Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle", db_index=False
    )
    year = models.PositiveSmallIntegerField("année")
    kind = models.CharField("nature", max_length=16, choices=Said.choices)
    amount = QuantityField("montant")
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune"
    )
    elsewhere = models.BooleanField("hors du territoire", default=False)
    supplier = models.CharField("fournisseur", max_length=120, blank=True)
    ape = models.CharField("code APE du fournisseur", max_length=6, blank=True)
    funder = models.CharField("financeur", max_length=12, choices=Funder.choices, blank=True)
    source = models.CharField("d’où vient le chiffre", max_length=200)
    withdraws = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="withdrawn_by", verbose_name="retire"
    )

    class Meta:
        ordering = ["-year", "kind", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="declaration_key_once"),
            models.CheckConstraint(condition=Q(kind__in=Said.values), name="declaration_kind_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="declaration_amount_positive"),
            models.CheckConstraint(condition=~Q(source=""), name="declaration_says_its_source"),
            models.CheckConstraint(
                condition=Q(kind=Said.GRANT, funder__in=Funder.values) | ~Q(kind=Said.GRANT) & Q(funder=""),
                name="declaration_grant_has_a_funder",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Said.PURCHASE) | ~Q(ape=""), name="declaration_purchase_has_an_activity"
            ),
            models.CheckConstraint(
                condition=Q(commune=None) | Q(elsewhere=False), name="declaration_somewhere_or_elsewhere"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "year"], name="declaration_of_year")]
        verbose_name = "chiffre déclaré"

    def __str__(self) -> str:
        return f"{self.year} · {Said(self.kind).label}"

    @property
    def unit(self) -> str:
        return UNITS[Said(self.kind)]


class Reckoning(Calculation):
    """An answer computed in the background: `problem` is what was asked, `plan` the answer.

    One measured answer at most is public for a year and a perimeter.

    Measured: years of the ledger over a perimeter. Projected: a scenario, with and without.
    """

    name = models.CharField("nom", max_length=120)
    measured = models.BooleanField("mesuré")
    scale = models.CharField("périmètre", max_length=12)
    year = models.PositiveSmallIntegerField("année")
    # Of a measured answer: the sums of flows it was made of, and the tables shown beside its figures.
    beside = models.JSONField("à côté des chiffres", default=dict)

    class Meta(Calculation.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="reckoning_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "scale", "year"],
                condition=Q(state="published", measured=True),
                name="reckoning_published_once",
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="reckoning_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="reckoning_progress_percent"),
        ]
        indexes = [models.Index(fields=["ecopole", "measured", "year"], name="reckoning_of_year")]
        verbose_name = "réponse"

    def __str__(self) -> str:
        return f"{self.name} · {self.year}"

    @property
    def said(self) -> Any:
        return self.plan


class Sweep(models.Model):
    """One scenario asked of every intercommunality known, a given day: in batches that workers take."""

    key = models.CharField(max_length=64)
    file = models.TextField("scénario")
    asked_on = models.DateField("demandé le")
    draws = models.PositiveIntegerField("tirages")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="sweep_key_once")]
        verbose_name = "scénario posé partout"

    def __str__(self) -> str:
        return f"{self.asked_on} · {self.draws} tirages"


class SweepBatch(models.Model):
    """Some intercommunalities, and a line for each once computed; `heard_at`: who has it was alive then."""

    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="batches", db_index=False)
    number = models.PositiveIntegerField("rang")
    codes = models.JSONField("intercommunalités")
    lines = models.JSONField("lignes", null=True)
    heard_at = models.DateTimeField("dernières nouvelles du calcul", null=True)
    trouble = models.CharField("interruption", max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sweep", "number"], name="sweep_batch_once")]
        verbose_name = "lot d’intercommunalités"

    def __str__(self) -> str:
        return f"lot {self.number + 1}"
