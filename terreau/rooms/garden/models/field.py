"""The field book: what was seen, and what was brought to the ground. Lines are added, never changed."""

from django.db import models
from django.db.models import F, Q

from terreau.ledger.models import Process
from terreau.territory.fields import QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, Place


class NoteKind(models.TextChoices):
    OBSERVATION = "observation", "observation"
    FAILED = "failed", "culture perdue"
    FINISHED = "finished", "culture terminée"


class FieldNote(Written):
    """What somebody saw on a bed, or decided of a planting; withdrawn by another note, never erased."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="planche")
    planting = models.ForeignKey(
        Process, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="culture"
    )
    kind = models.CharField("nature", max_length=12, choices=NoteKind.choices)
    text = models.CharField("ce qui a été vu", max_length=500, blank=True)
    photo = models.BinaryField("photo", null=True, blank=True)
    occurred_at = models.DateTimeField("vu le")
    withdraws = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by", verbose_name="retire"
    )

    class Meta:
        ordering = ["occurred_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="field_note_key_once"),
            models.CheckConstraint(condition=Q(kind__in=NoteKind.values), name="field_note_kind_known"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="field_note_not_in_future"
            ),
        ]
        indexes = [
            models.Index(fields=["place", "occurred_at"], name="field_note_of_bed"),
            models.Index(fields=["planting", "kind"], name="field_note_of_planting"),
        ]
        verbose_name = "note de terrain"

    def __str__(self) -> str:
        return f"{self.place} · {NoteKind(self.kind).label}"


class InputKind(models.TextChoices):
    SEED = "seed", "semence"
    PLANT = "plant", "plant"
    FERTILISER = "fertiliser", "amendement ou engrais"
    TREATMENT = "treatment", "produit de protection"
    OTHER = "other", "autre"


class InputStatus(models.TextChoices):
    """What the organic rules say of an input."""

    ORGANIC = "organic", "bio"
    ALLOWED = "allowed", "utilisable en bio"
    # Seed that does not exist as organic: the database of organic seed was asked, and the answer is kept.
    DEROGATION = "derogation", "non bio, avec dérogation"


class FieldInput(Written):
    """What was brought to a bed: seed, plants, compost, treatment; with its lot and its proof."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="planche")
    planting = models.ForeignKey(
        Process, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="culture"
    )
    kind = models.CharField("nature", max_length=12, choices=InputKind.choices)
    name = models.CharField("produit", max_length=120)
    supplier = models.CharField("fournisseur", max_length=120, blank=True)
    lot = models.CharField("lot", max_length=60, blank=True)
    quantity = QuantityField("quantité")
    unit = models.CharField("unité", max_length=12)
    status = models.CharField("statut", max_length=12, choices=InputStatus.choices)
    proof = models.CharField("justificatif", max_length=200, blank=True)
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="jardin")
    applied_on = models.DateField("apporté le")
    withdraws = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by", verbose_name="retire"
    )

    class Meta:
        ordering = ["applied_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="field_input_key_once"),
            models.CheckConstraint(condition=Q(kind__in=InputKind.values), name="field_input_kind_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="field_input_quantity_positive"),
            models.CheckConstraint(
                condition=Q(status__in=InputStatus.values), name="field_input_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=InputStatus.DEROGATION) | ~Q(proof=""),
                name="field_input_derogation_proved",
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "applied_on"], name="field_input_by_day")]
        verbose_name = "apport"

    def __str__(self) -> str:
        return f"{self.place} · {self.name}"
