"""What happened at the depots, basket after basket; and the weekly sheet that goes with them."""

from django.db import models
from django.db.models import Q, Value

from terreau.ledger.models import Event
from terreau.rooms.baskets.models.members import Subscription
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Ecopole, Place, User


class Outcome(models.TextChoices):
    """What became of a basket brought for a member."""

    TAKEN = "taken", "pris"
    KEPT = "kept", "gardé au dépôt"
    GIVEN = "given", "laissé, donné"
    BACK = "back", "rapporté"


class Handover(models.Model):
    """A basket and whom it was for. All are due but those brought back, which no event says.

    Noted by mistake, it is withdrawn, and noted again beside.
    """

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="handovers", verbose_name="abonnement"
    )
    day = models.DateField("remise du")
    depot = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="dépôt")
    outcome = models.CharField("ce qu’il est devenu", max_length=5, choices=Outcome.choices)
    count = models.PositiveSmallIntegerField("paniers", default=1)
    # What the depot adds, as it was that day.
    charge = MoneyField("frais de livraison")
    event = models.OneToOneField(
        Event, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="mouvement"
    )
    at = models.DateTimeField("noté le")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "key"], name="handover_key_once"),
            models.UniqueConstraint(
                fields=["subscription", "day"], condition=Q(withdrawn_at=None), name="handover_once_a_day"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="handover_outcome_known"),
            models.CheckConstraint(condition=Q(count__gte=1), name="handover_of_a_basket"),
            models.CheckConstraint(condition=Q(charge__gte=Value(0)), name="handover_charge_not_negative"),
            models.CheckConstraint(
                condition=(~Q(outcome=Outcome.BACK) | Q(event=None))
                & (~Q(outcome__in=[Outcome.TAKEN, Outcome.KEPT, Outcome.GIVEN]) | Q(event__isnull=False)),
                name="handover_event_unless_back",
            ),
        ]
        indexes = [models.Index(fields=["day", "depot"], name="handover_of_evening")]
        verbose_name = "remise d’un panier"

    def __str__(self) -> str:
        return f"{self.subscription} · {self.day} · {Outcome(self.outcome).label}"


class Sheet(models.Model):
    """The « feuille de chou » of a week: news and a recipe, beside what is in the baskets."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    # Its Monday.
    week = models.DateField("semaine du")
    news = models.TextField("nouvelles", max_length=4000)
    recipe_title = models.CharField("recette", max_length=120, blank=True)
    recipe = models.TextField("sa préparation", max_length=4000, blank=True)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)

    class Meta:
        ordering = ["-week"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "week"], name="sheet_once_a_week"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(published_at__isnull=False), name="sheet_sent_once_published"
            ),
        ]
        verbose_name = "feuille de chou"

    def __str__(self) -> str:
        return f"feuille de chou · {self.week}"
