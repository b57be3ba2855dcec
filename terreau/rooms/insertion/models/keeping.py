"""How long a file is kept: the last contact, what keeps it longer, and the day its words went."""

from django.db import models

from terreau.rooms.insertion.models.facts import Fact, known
from terreau.territory.sealed import SealedDateField, SealedTextField


class Identity(Fact):
    """Who the person is, as said that day: their row carries the newest, the others are its history."""

    name = SealedTextField("nom")
    first_name = SealedTextField("prénom")
    birth_date = SealedDateField("date de naissance", null=True, blank=True)
    sex = SealedTextField("sexe", default="", blank=True)
    phone = SealedTextField("téléphone", default="", blank=True)
    email = SealedTextField("adresse e-mail", default="", blank=True)
    address = SealedTextField("adresse", default="", blank=True)
    reason = SealedTextField("pourquoi", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "identité"

    def __str__(self) -> str:
        return f"identité de {self.participant}"


class HoldReason(models.TextChoices):
    """Why a file outlives its two years; how long, and from when, is rules/retention.toml."""

    DISPUTE = "dispute", "litige en cours ou possible"
    CONTROL = "control", "contrôle en cours ou possible"
    FSE = "fse", "dépense cofinancée par le FSE+"


class Hold(Fact):
    """A proof to keep: nobody accompanies the person any more, the direction alone reads the file."""

    reason = models.CharField("motif", max_length=8, choices=HoldReason.choices)
    since = models.DateField("compté à partir du")
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("reason", HoldReason, "hold_reason_known")]
        verbose_name = "conservation plus longue"

    def __str__(self) -> str:
        return f"{self.participant} · {HoldReason(self.reason).label}"


class Erasure(Fact):
    """The words of a file are gone; what stays is what the State counts, under no name."""

    last_contact = models.DateField("dernier contact")
    lines = models.PositiveIntegerField("lignes effacées")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["participant"], name="erasure_once"),
        ]
        verbose_name = "effacement"

    def __str__(self) -> str:
        return f"{self.participant} · effacé le {self.recorded_at:%d/%m/%Y}"
