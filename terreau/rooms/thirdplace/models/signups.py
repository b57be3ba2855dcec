"""Who signs up, who comes, what they say of it; names are forgotten, numbers stay."""

from django.db import models
from django.db.models import Q

from terreau.rooms.thirdplace.models.calendar import Gathering
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Commune, Ecopole, User


class SignUp(models.Model):
    """A person, and those they bring. Seated, or waiting in the order of time.

    How many are seated never exceeds the gathering's capacity: checked under lock.
    """

    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="sign_ups", verbose_name="rendez-vous"
    )
    name = models.CharField("nom", max_length=80, blank=True)
    email = models.EmailField("adresse e-mail", blank=True)
    adults = models.PositiveSmallIntegerField("adultes", default=1)
    children = models.PositiveSmallIntegerField("enfants", default=0)
    signed_at = models.DateTimeField("inscription")
    seated_at = models.DateTimeField("a sa place depuis", null=True, blank=True)
    left_at = models.DateTimeField("désistement", null=True, blank=True)
    reminded_at = models.DateTimeField("rappel envoyé le", null=True, blank=True)
    forgotten_at = models.DateTimeField("nom effacé le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["gathering", "key"], name="sign_up_key_once"),
            models.UniqueConstraint(
                fields=["gathering", "email"], condition=Q(left_at=None) & ~Q(email=""),
                name="sign_up_address_once",
            ),
            # A child comes with an adult who answers for them.
            models.CheckConstraint(condition=Q(adults__gte=1), name="sign_up_has_an_adult"),
            models.CheckConstraint(
                condition=Q(forgotten_at=None) | Q(name="", email=""), name="sign_up_forgotten_whole"
            ),
        ]  # fmt: skip
        verbose_name = "inscription"

    def __str__(self) -> str:
        return self.name or "nom effacé"

    @property
    def people(self) -> int:
        return self.adults + self.children


class Presence(models.Model):
    """Somebody came: who signed up, or so many who had not. A tap more takes it back."""

    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="presences", verbose_name="rendez-vous"
    )
    sign_up = models.ForeignKey(SignUp, models.PROTECT, related_name="presences", null=True, blank=True)
    people = models.PositiveSmallIntegerField("personnes")
    at = models.DateTimeField("noté le")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gathering", "key"], name="presence_key_once"),
            models.UniqueConstraint(
                fields=["sign_up"], condition=Q(withdrawn_at=None), name="presence_of_sign_up_once"
            ),
            models.CheckConstraint(condition=Q(people__gte=1), name="presence_of_somebody"),
        ]
        verbose_name = "présence"

    def __str__(self) -> str:
        return f"{self.gathering} · {self.people}"


class AgeBand(models.TextChoices):
    CHILD = "0-14", "moins de 15 ans"
    YOUNG = "15-24", "15 à 24 ans"
    ADULT = "25-44", "25 à 44 ans"
    MIDDLE = "45-64", "45 à 64 ans"
    OLDER = "65+", "65 ans et plus"


class Comer(models.Model):
    """What one person chose to say of themselves, tied to no name: where from, what age, the first time?"""

    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="comers", verbose_name="rendez-vous"
    )
    commune = models.ForeignKey(
        Commune, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="commune"
    )
    age = models.CharField("âge", max_length=5, choices=AgeBand.choices, blank=True)
    first_time = models.BooleanField("première fois", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gathering", "key"], name="comer_key_once"),
            models.CheckConstraint(condition=Q(age__in=["", *AgeBand.values]), name="comer_age_known"),
            models.CheckConstraint(
                condition=Q(commune__isnull=False) | ~Q(age="") | Q(first_time__isnull=False),
                name="comer_says_something",
            ),
        ]
        verbose_name = "réponse anonyme"

    def __str__(self) -> str:
        return f"{self.gathering} · {self.get_age_display()}"


class Testimony(models.Model):
    """What somebody says of it, and agrees to see told. Withdrawn, its words are erased."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="rendez-vous"
    )
    words = models.CharField("témoignage", max_length=1000, blank=True)
    signed = models.CharField("signé", max_length=60, blank=True)
    consent_on = models.DateField("accord donné le")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-consent_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="testimony_key_once"),
            models.CheckConstraint(
                condition=(Q(withdrawn_at=None) & ~Q(words=""))
                | Q(withdrawn_at__isnull=False, words="", signed=""),
                name="testimony_kept_or_withdrawn",
            ),
        ]
        verbose_name = "témoignage"

    def __str__(self) -> str:
        return f"{self.consent_on} · {self.signed}"
