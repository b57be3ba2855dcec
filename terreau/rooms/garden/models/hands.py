"""Hands: the crews of the garden and of partner farms, counted in hours a week, never by name."""

from django.db import models
from django.db.models import F, Q

from terreau.territory.fields import QuantityField
from terreau.territory.models import Agent, Ecopole


class CrewKind(models.TextChoices):
    PERMANENT = "permanent", "permanents"
    # Their hours count at the measured productivity of people who learn a trade while working.
    INSERTION = "insertion", "salariés en insertion"
    SEASONAL = "seasonal", "saisonniers"


class Crew(models.Model):
    """So many hours a week between two days, and the gestures this crew knows."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="de")
    kind = models.CharField("équipe", max_length=10, choices=CrewKind.choices)
    hours = QuantityField("heures par semaine")
    # Of a professional's work, how much an hour of this crew does.
    productivity = QuantityField("productivité")
    establishes = models.BooleanField("sème et plante", default=True)
    keeps = models.BooleanField("entretient", default=True)
    harvests = models.BooleanField("récolte", default=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)

    class Meta:
        ordering = ["agent", "kind", "starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CrewKind.values), name="crew_kind_known"),
            models.CheckConstraint(condition=Q(hours__gt=0), name="crew_has_hours"),
            models.CheckConstraint(
                condition=Q(productivity__gt=0) & Q(productivity__lte=1), name="crew_productivity_share"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="crew_ends_after_start"
            ),
        ]
        verbose_name = "équipe"

    def __str__(self) -> str:
        return f"{self.agent} · {CrewKind(self.kind).label}"
