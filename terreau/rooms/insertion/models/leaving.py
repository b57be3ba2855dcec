"""Leaving: the official reason, what must be handed over, and where the person is later."""

import uuid

from django.db import models
from django.db.models import Q

from terreau.rooms.insertion.models.contracts import Contract
from terreau.rooms.insertion.models.facts import Fact
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Ecopole
from terreau.territory.sealed import SealedTextField


class Exit(Fact):
    """The day a person has no more contract here; reason and category are codes of rules/exits.csv."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="exits", verbose_name="contrat")
    left_on = models.DateField("sortie le")
    reason = models.CharField("motif", max_length=12)
    category = models.CharField("catégorie", max_length=24)
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(category=""), name="exit_reason_and_category_said"
            ),
        ]
        verbose_name = "sortie"

    def __str__(self) -> str:
        return f"{self.participant} · sortie du {self.left_on:%d/%m/%Y}"


class ExitCheck(Fact):
    """One thing of the leaving list, done: certificate, settlement, France Travail's form, last interview…"""

    exit = models.ForeignKey(Exit, models.PROTECT, related_name="checks", verbose_name="sortie")
    item = models.CharField("point", max_length=40)
    done_on = models.DateField("fait le")

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "point de sortie"

    def __str__(self) -> str:
        return f"{self.participant} · {self.item}"


class FollowUp(Fact):
    """Where the person is three and six months later, when they wish to say so."""

    exit = models.ForeignKey(Exit, models.PROTECT, related_name="follow_ups", verbose_name="sortie")
    month = models.PositiveSmallIntegerField("mois après la sortie")
    observed_on = models.DateField("observé le")
    situation = models.CharField("situation", max_length=40)
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Q(month__in=[3, 6]), name="follow_up_month_known"),
        ]
        verbose_name = "nouvelles après la sortie"

    def __str__(self) -> str:
        return f"{self.participant} · +{self.month} mois"


class Satisfaction(models.Model):
    """What somebody who leaves thinks of their time here. Not who, nor who typed it, nor the day."""

    # Drawn, so that the order of answers tells nothing either.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    key = models.CharField(max_length=KEY_LENGTH)
    year = models.PositiveSmallIntegerField("année de sortie")
    # A question's code (rules/satisfaction.csv) to an answer of 1 to 4; a question left out is not there.
    answers = models.JSONField("réponses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="satisfaction_key_once"),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2100), name="satisfaction_year_known"
            ),
        ]
        verbose_name = "avis à la sortie"

    def __str__(self) -> str:
        return f"avis de {self.year}"
