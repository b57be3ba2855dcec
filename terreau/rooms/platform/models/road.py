"""Vehicles, and what was noted at each stop of a round."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.ledger.models import Process
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole


class Fuel(models.TextChoices):
    DIESEL = "diesel", "gazole"
    PETROL = "petrol", "essence"
    E85 = "e85", "superéthanol E85"
    ELECTRIC = "electric", "électricité"


class Vehicle(models.Model):
    """A vehicle and its driver's day. One that has served is closed, never deleted: past rounds name it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    name = models.CharField("nom", max_length=60)
    crates = models.PositiveSmallIntegerField("caisses")
    kilos = QuantityField("charge utile (kg)")
    cold = models.BooleanField("froid à bord", default=False)
    per_day = MoneyField("prix du jour")
    per_km = MoneyField("prix du kilomètre")
    per_hour = MoneyField("prix de l’heure")
    fuel = models.CharField("carburant", max_length=8, choices=Fuel.choices, default=Fuel.DIESEL)
    litres_100km = QuantityField("litres aux 100 km", default=0)
    shift_hours = QuantityField("journée au plus (h)")
    available_from = models.TimeField("disponible à partir de")
    available_until = models.TimeField("jusqu’à")
    closed_on = models.DateField("ne roule plus depuis le", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="vehicle_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="vehicle_name_once_while_open"
            ),
            models.CheckConstraint(condition=Q(crates__gte=1) & Q(kilos__gt=0), name="vehicle_carries"),
            models.CheckConstraint(
                condition=Q(per_day__gte=Value(0)) & Q(per_km__gte=Value(0)) & Q(per_hour__gte=Value(0)),
                name="vehicle_prices_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(shift_hours__gt=0) & Q(shift_hours__lte=24), name="vehicle_shift_plausible"
            ),
            models.CheckConstraint(
                condition=Q(available_until__gt=F("available_from")), name="vehicle_hours_in_order"
            ),
            models.CheckConstraint(condition=Q(fuel__in=Fuel.values), name="vehicle_fuel_known"),
            models.CheckConstraint(
                condition=Q(fuel="electric", litres_100km=0) | ~Q(fuel="electric") & Q(litres_100km__gt=0),
                name="vehicle_litres_of_its_fuel",
            ),
        ]
        verbose_name = "véhicule"

    def __str__(self) -> str:
        return self.name


class StopKind(models.TextChoices):
    DELIVERED = "delivered", "livré"
    COLLECTED = "collected", "ramassé"
    # A visit of an order larger than a van: what was handed over is written at the last one.
    PASSED = "passed", "passage"
    PROBLEM = "problem", "problème"


class StopNote(Written):
    """What was noted on the road at a stop of a round: who signed, what went wrong. Never changed."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    round = models.ForeignKey(Process, models.PROTECT, related_name="+", verbose_name="tournée")
    # Of the stop in its round, from 1.
    rank = models.PositiveSmallIntegerField("arrêt")
    customer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="client")
    kind = models.CharField("nature", max_length=12, choices=StopKind.choices)
    signed_by = models.CharField("signé par", max_length=80, blank=True)
    signature = models.BinaryField("signature", null=True, blank=True)
    text = models.CharField("ce qui s’est passé", max_length=500, blank=True)
    photo = models.BinaryField("photo", null=True, blank=True)
    occurred_at = models.DateTimeField("noté à")

    class Meta:
        ordering = ["occurred_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="stop_note_key_once"),
            models.CheckConstraint(condition=Q(kind__in=StopKind.values), name="stop_note_kind_known"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="stop_note_of_a_stop"),
            models.CheckConstraint(
                condition=~Q(kind=StopKind.PROBLEM) | ~Q(text="") | Q(photo__isnull=False),
                name="stop_note_problem_said",
            ),
            models.CheckConstraint(
                condition=Q(signature=None) | ~Q(signed_by=""), name="stop_note_signature_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="stop_note_not_in_future"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "occurred_at"], name="stop_note_by_time")]
        verbose_name = "note d’arrêt"

    def __str__(self) -> str:
        return f"{self.customer} · {StopKind(self.kind).label}"
