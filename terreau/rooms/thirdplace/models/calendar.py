"""The calendar: gatherings, and the rooms and tools booked for them or for others."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.ledger.models import Event
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Agent, Ecopole, Place, User


class House(models.Model):
    """The third place of an écopôle: who keeps it, and how its credit is called there."""

    ecopole = models.OneToOneField(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="tenu par")
    # The ledger asks where a thing is kept: credits are kept here, whoever holds them.
    purse = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="carnet")
    unit = models.CharField("nom du crédit", max_length=30, default="manne")

    class Meta:
        verbose_name = "tiers-lieu"

    def __str__(self) -> str:
        return str(self.agent)


class ThingKind(models.TextChoices):
    ROOM = "room", "salle"
    TOOL = "tool", "outil ou machine"


class Thing(models.Model):
    """A room, a tool or a machine: one of it, booked for a time, by one at a time."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=4, choices=ThingKind.choices)
    name = models.CharField("nom", max_length=60)
    seats = models.PositiveSmallIntegerField("places", null=True, blank=True)
    closed_on = models.DateField("ne sert plus depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="thing_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="thing_name_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=ThingKind.values), name="thing_kind_known"),
        ]
        verbose_name = "salle ou outil"

    def __str__(self) -> str:
        return self.name


class Repair(models.Model):
    """A thing out of order, from a day on, until it is back: nobody books it meanwhile."""

    thing = models.ForeignKey(Thing, models.PROTECT, related_name="repairs", verbose_name="salle ou outil")
    since = models.DateField("depuis le")
    until = models.DateField("de nouveau en service le", null=True, blank=True)
    reason = models.CharField("panne", max_length=200)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["thing", "key"], name="repair_key_once"),
            models.UniqueConstraint(fields=["thing"], condition=Q(until=None), name="repair_open_once"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="repair_ends_after_start"
            ),
        ]
        verbose_name = "réparation"

    def __str__(self) -> str:
        return f"{self.thing} · {self.reason}"


class GatheringKind(models.TextChoices):
    WORKSHOP = "workshop", "atelier"
    WORKSITE = "worksite", "chantier ouvert"
    MEAL = "meal", "repas"
    VISIT = "visit", "visite"


class Gathering(models.Model):
    """Something people come to. Announced, it is public; cancelled, it stays, with its reason."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=8, choices=GatheringKind.choices)
    title = models.CharField("titre", max_length=80)
    about = models.CharField("annonce", max_length=1000)
    leader = models.CharField("animé par", max_length=80, blank=True)
    where = models.CharField("lieu", max_length=80)
    starts_at = models.DateTimeField("commence")
    ends_at = models.DateTimeField("finit")
    capacity = models.PositiveSmallIntegerField("places")
    # What repeats together: one of them may be changed or cancelled alone.
    series = models.CharField("série", max_length=KEY_LENGTH, blank=True)
    announced_at = models.DateTimeField("annoncé le", null=True, blank=True)
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)
    cancelled_why = models.CharField("pourquoi", max_length=200, blank=True)
    revised_at = models.DateTimeField("changé le")
    revision = models.PositiveSmallIntegerField("révision", default=0)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="gathering_key_once"),
            models.CheckConstraint(condition=Q(kind__in=GatheringKind.values), name="gathering_kind_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="gathering_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="gathering_has_a_seat"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | ~Q(cancelled_why=""), name="gathering_cancelled_with_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["ecopole", "starts_at"], name="gathering_by_time"),
            models.Index(fields=["series"], name="gathering_of_series", condition=~Q(series="")),
        ]
        verbose_name = "rendez-vous"

    def __str__(self) -> str:
        return self.title


class Use(models.TextChoices):
    """Free use is counted too: it is a contribution in kind of the place."""

    OWN = "own", "nous"
    PARTNER = "partner", "partenaire, gratuit"
    RENTED = "rented", "location"


class Booking(models.Model):
    """A thing taken from an hour to another. No two bookings of a thing overlap: checked under lock.

    No constraint of both databases says so: SQLite excludes no overlapping ranges.
    """

    thing = models.ForeignKey(Thing, models.PROTECT, related_name="bookings", verbose_name="salle ou outil")
    gathering = models.ForeignKey(
        Gathering, models.PROTECT, related_name="bookings", null=True, blank=True, verbose_name="rendez-vous"
    )
    who = models.CharField("pour qui", max_length=80)
    use = models.CharField("usage", max_length=7, choices=Use.choices, default=Use.OWN)
    starts_at = models.DateTimeField("de")
    ends_at = models.DateTimeField("à")
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["thing", "key"], name="booking_key_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"),
            models.CheckConstraint(condition=Q(use__in=Use.values), name="booking_use_known"),
        ]
        indexes = [models.Index(fields=["thing", "starts_at"], name="booking_by_time")]
        verbose_name = "réservation"

    def __str__(self) -> str:
        return f"{self.thing} · {self.who}"


class Tariff(models.Model):
    """What an hour of a room or a tool is let for, from a day on, as decided by the écopôle."""

    thing = models.ForeignKey(Thing, models.PROTECT, related_name="tariffs", verbose_name="salle ou outil")
    since = models.DateField("à partir du")
    per_hour = MoneyField("l’heure")
    source = models.CharField("décidé par", max_length=200)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["thing__name", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["thing", "key"], name="room_tariff_key_once"),
            models.UniqueConstraint(fields=["thing", "since"], name="room_tariff_since_once"),
            models.CheckConstraint(condition=Q(per_hour__gte=Value(0)), name="room_tariff_not_negative"),
            models.CheckConstraint(condition=~Q(source=""), name="room_tariff_is_decided_somewhere"),
        ]
        verbose_name = "tarif"

    def __str__(self) -> str:
        return f"{self.thing} · {self.since}"


class Charge(models.Model):
    """A use counted once it is over: its hours and its price are an event of the ledger."""

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="charge", verbose_name="réservation")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", verbose_name="heures comptées")

    class Meta:
        verbose_name = "location comptée"

    def __str__(self) -> str:
        return str(self.booking)
