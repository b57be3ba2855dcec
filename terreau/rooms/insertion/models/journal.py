"""Who read what, and what was taken out. Written with the page itself, never edited."""

from django.db import models
from django.db.models import Q

from terreau.rooms.insertion.models.facts import Participant
from terreau.territory.models import Ecopole, User
from terreau.territory.sealed import SealedTextField


class Reading(models.Model):
    """One part of one file, shown to one person, at that hour; with the reason typed, when one is asked."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+", verbose_name="dossier")
    reader = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="lu par")
    part = models.CharField("partie", max_length=12)
    reason = SealedTextField("raison", default="", blank=True)
    read_at = models.DateTimeField("lu le")

    class Meta:
        ordering = ["-read_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(part=""), name="reading_part_said")]
        indexes = [models.Index(fields=["participant", "read_at"], name="reading_of_file")]
        verbose_name = "lecture"

    def __str__(self) -> str:
        return f"{self.reader} · {self.participant} · {self.part}"


class Export(models.Model):
    """A file that left the screen: what, how many people, whether it names them."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="par")
    # When the file is of one person alone.
    participant = models.ForeignKey(
        Participant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="dossier"
    )
    what = models.CharField("contenu", max_length=120)
    people = models.PositiveIntegerField("personnes")
    nominative = models.BooleanField("nominatif")
    exported_at = models.DateTimeField("exporté le")

    class Meta:
        ordering = ["-exported_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(what=""), name="export_said")]
        verbose_name = "export"

    def __str__(self) -> str:
        return f"{self.what} · {self.exported_at:%d/%m/%Y}"
