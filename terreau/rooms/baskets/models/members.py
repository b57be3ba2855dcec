"""Members, what they subscribe to, what they change of it, who waits.

A member is known to the rest of the house by a pseudonym; who pays is nowhere here.
"""

from django.db import models
from django.db.models import F, Q

from terreau.ledger.models import Agreement
from terreau.rooms.baskets.models.sizes import BasketSize
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole, Place


class PayBy(models.TextChoices):
    DEBIT = "debit", "prélèvement"
    TRANSFER = "transfer", "virement"
    CHEQUE = "cheque", "chèque"


class Member(models.Model):
    """A household. Name and address stay here, and can be erased; the ledger knows the pseudonym."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    agent = models.OneToOneField(Agent, models.PROTECT, related_name="+", verbose_name="pseudonyme")
    name = models.CharField("nom", max_length=80)
    email = models.EmailField("adresse e-mail", blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    street = models.CharField("adresse", max_length=120, blank=True)
    postcode = models.CharField("code postal", max_length=5, blank=True)
    town = models.CharField("commune", max_length=80, blank=True)
    pay_by = models.CharField("paie par", max_length=8, choices=PayBy.choices)
    # A letter that the member does not ask for is a nuisance.
    newsletter = models.BooleanField("reçoit la feuille de chou", default=True)
    joined_on = models.DateField("membre depuis")
    left_on = models.DateField("parti le", null=True, blank=True)
    erased_at = models.DateTimeField("données effacées le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="basket_member_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "email"], condition=~Q(email=""), name="basket_member_address_once"
            ),
            models.CheckConstraint(condition=Q(pay_by__in=PayBy.values), name="basket_member_pays_somehow"),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(email="", phone="", street="", postcode="", town="", left_on__isnull=False),
                name="basket_member_erased_whole",
            ),
        ]
        verbose_name = "membre des paniers"

    def __str__(self) -> str:
        return self.name


class RhythmKind(models.TextChoices):
    WEEKLY = "weekly", "chaque semaine"
    GROUP_A = "a", "une semaine sur deux, groupe A"
    GROUP_B = "b", "une semaine sur deux, groupe B"
    CHOSEN = "chosen", "semaines choisies"


class Subscription(models.Model):
    """Baskets of one size for a member, until an end or without end. Its money goes by its agreement."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="subscriptions", verbose_name="membre")
    size = models.ForeignKey(BasketSize, models.PROTECT, related_name="+", verbose_name="taille")
    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="+", verbose_name="accord")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="subscription_key_once"),
            # Two of one size at the same time would be one basket taken twice: an extra says it better.
            models.UniqueConstraint(
                fields=["member", "size"], condition=Q(ends_on=None), name="subscription_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="subscription_ends_after_start",
            ),
        ]
        verbose_name = "abonnement"

    def __str__(self) -> str:
        return f"{self.member} · {self.size}"


class SubscriptionTerms(models.Model):
    """Where and how often, from a day on: a change is another row, the last one begun holds."""

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="terms", verbose_name="abonnement"
    )
    starts_on = models.DateField("à partir du")
    depot = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="dépôt")
    rhythm = models.CharField("rythme", max_length=8, choices=RhythmKind.choices)
    # « 2026-W49 »; of a rhythm of chosen weeks only.
    weeks = models.JSONField("semaines", default=list, blank=True)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "key"], name="subscription_terms_key_once"),
            models.CheckConstraint(
                condition=Q(rhythm__in=RhythmKind.values), name="subscription_terms_rhythm_known"
            ),
            models.CheckConstraint(
                condition=Q(rhythm=RhythmKind.CHOSEN) | Q(weeks=[]), name="subscription_terms_weeks_chosen"
            ),
        ]
        indexes = [models.Index(fields=["depot"], name="subscription_terms_at_depot")]
        verbose_name = "règles d’un abonnement"

    def __str__(self) -> str:
        return f"{self.subscription} · {self.depot} · {self.rhythm}"


class ChangeKind(models.TextChoices):
    PLAIN = "plain", "comme prévu"
    SKIP = "skip", "sauté"
    GIVE = "give", "donné"
    MOVE = "move", "déplacé"
    EXTRA = "extra", "paniers en plus"


class Change(Written):
    """What a member changes of one delivery. The last word on it holds: « comme prévu » takes it back."""

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="changes", verbose_name="abonnement"
    )
    # The day it would be handed over, were nothing changed.
    day = models.DateField("remise du")
    kind = models.CharField("changement", max_length=5, choices=ChangeKind.choices)
    # Given to nobody by name, a basket goes to the solidarity.
    to_member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="donné à"
    )
    to_depot = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="au dépôt"
    )
    count = models.PositiveSmallIntegerField("paniers", default=1)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "key"], name="basket_change_key_once"),
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="basket_change_kind_known"),
            models.CheckConstraint(
                condition=(Q(kind=ChangeKind.MOVE) & Q(to_depot__isnull=False))
                | (~Q(kind=ChangeKind.MOVE) & Q(to_depot=None)),
                name="basket_change_moved_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(kind=ChangeKind.GIVE) | Q(to_member=None), name="basket_change_given_to_a_member"
            ),
            models.CheckConstraint(
                condition=(Q(kind=ChangeKind.EXTRA) & Q(count__gte=2))
                | (~Q(kind=ChangeKind.EXTRA) & Q(count=1)),
                name="basket_change_extra_counts",
            ),
        ]
        indexes = [models.Index(fields=["day"], name="basket_change_by_day")]
        verbose_name = "changement d’une remise"

    def __str__(self) -> str:
        return f"{self.subscription} · {self.day} · {ChangeKind(self.kind).label}"


class Pause(models.Model):
    """Whole weeks without baskets, from a Monday to a Sunday; taken back as long as it has not begun."""

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="pauses", verbose_name="abonnement"
    )
    first_on = models.DateField("du")
    last_on = models.DateField("au")
    recorded_at = models.DateTimeField("écrit le")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["first_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "key"], name="basket_pause_key_once"),
            models.CheckConstraint(condition=Q(last_on__gt=F("first_on")), name="basket_pause_in_order"),
        ]
        verbose_name = "pause"

    def __str__(self) -> str:
        return f"{self.subscription} · {self.first_on} – {self.last_on}"


class Waiting(models.Model):
    """A member waits for a place at a depot, in the order of time. Offered, the place is really held."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="waitings", verbose_name="membre")
    size = models.ForeignKey(BasketSize, models.PROTECT, related_name="+", verbose_name="taille")
    depot = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="dépôt")
    rhythm = models.CharField("rythme", max_length=8, choices=RhythmKind.choices)
    weeks = models.JSONField("semaines", default=list, blank=True)
    asked_at = models.DateTimeField("demandé le")
    offered_at = models.DateTimeField("place proposée le", null=True, blank=True)
    expires_at = models.DateTimeField("tenue jusqu’au", null=True, blank=True)
    # Taken, declined, or let go by: in each case it waits no more.
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    subscription = models.OneToOneField(
        Subscription, models.PROTECT, related_name="waiting", null=True, blank=True,
        verbose_name="abonnement pris",
    )  # fmt: skip
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="waiting_key_once"),
            models.UniqueConstraint(
                fields=["member", "size"], condition=Q(closed_at=None), name="waiting_open_once"
            ),
            models.CheckConstraint(condition=Q(rhythm__in=RhythmKind.values), name="waiting_rhythm_known"),
            models.CheckConstraint(
                condition=Q(offered_at=None, expires_at=None)
                | Q(offered_at__isnull=False, expires_at__isnull=False, expires_at__gt=F("offered_at")),
                name="waiting_offer_expires",
            ),
            models.CheckConstraint(
                condition=Q(subscription=None) | Q(closed_at__isnull=False, offered_at__isnull=False),
                name="waiting_taken_once_offered",
            ),
        ]
        verbose_name = "liste d’attente"

    def __str__(self) -> str:
        return f"{self.member} · {self.size} · {self.depot}"
