"""What a gathering asks of who comes: euros of the public, or what members already took with credits."""

from django.db import models
from django.db.models import Q, Value

from terreau.ledger.models import Event
from terreau.rooms.thirdplace.models.calendar import Gathering
from terreau.rooms.thirdplace.models.credits import Benefit, Spending
from terreau.rooms.thirdplace.models.signups import Presence
from terreau.territory.fields import MoneyField


class Fee(models.Model):
    """The price of a person, said before signing up. Without a line, the gathering is free.

    `benefit`: what a member takes with credits instead. Neither is ever worth the other.
    """

    gathering = models.OneToOneField(
        Gathering, models.PROTECT, related_name="fee", verbose_name="rendez-vous"
    )
    since = models.DateField("dit le")
    price = MoneyField("prix par personne")
    benefit = models.ForeignKey(
        Benefit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="ou en crédits"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(price__gt=Value(0)), name="fee_positive")]
        verbose_name = "prix d’un rendez-vous"

    def __str__(self) -> str:
        return f"{self.gathering} · {self.price}"


class Admission(models.Model):
    """How a presence was paid: a line for its euros, one for each person who came with credits."""

    presence = models.ForeignKey(Presence, models.PROTECT, related_name="admissions", verbose_name="présence")
    event = models.OneToOneField(
        Event, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="euros reçus"
    )
    spending = models.OneToOneField(
        Spending, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="crédits utilisés"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event=None, spending__isnull=False) | Q(event__isnull=False, spending=None),
                name="admission_in_euros_or_credits",
            ),
            models.UniqueConstraint(
                fields=["presence"], condition=Q(event__isnull=False), name="admission_euros_once"
            ),
        ]
        verbose_name = "entrée"

    def __str__(self) -> str:
        return str(self.presence)
