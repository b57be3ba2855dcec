"""What planning remembers: each plan with its problem, to be checked, compared and solved again."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from terreau.territory.models import Ecopole, User

# Shorter than the ledger's: a plan's promises carry its key and what tells them apart.
KEY_LENGTH = 60


class PlanState(models.TextChoices):
    WAITING = "waiting", "en attente"
    SOLVING = "solving", "en calcul"
    READY = "ready", "prêt"
    IMPOSSIBLE = "impossible", "impossible"
    FAILED = "failed", "interrompu"
    PUBLISHED = "published", "publié"
    REPLACED = "replaced", "remplacé"
    CANCELLED = "cancelled", "abandonné"


RUNNING = (PlanState.WAITING, PlanState.SOLVING)
# A worker that has died says nothing: past so many times its time, a calculation is held to be interrupted.
PATIENCE = 3


class WeekPlan(models.Model):
    """One answer to one week, with its question, its locks and the plan made by hand to compare with."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    week = models.CharField("semaine", max_length=8)
    key = models.CharField(max_length=KEY_LENGTH)
    state = models.CharField("état", max_length=10, choices=PlanState.choices, default=PlanState.WAITING)
    problem = models.JSONField("problème")
    locks = models.JSONField("décisions verrouillées", default=list)
    plan = models.JSONField("plan", null=True)
    by_hand = models.JSONField("plan à la main", null=True)
    seconds_max = models.PositiveSmallIntegerField("temps de calcul (s)")
    progress = models.PositiveSmallIntegerField("avancement (%)", default=0)
    message = models.CharField("étape", max_length=200, blank=True)
    created_at = models.DateTimeField("demandé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    published_at = models.DateTimeField("publié le", null=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="publié par"
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="week_plan_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "week"], condition=Q(state="published"), name="week_plan_published_once"
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="week_plan_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="week_plan_progress_percent"),
        ]
        indexes = [models.Index(fields=["ecopole", "week"])]
        verbose_name = "plan de semaine"

    def __str__(self) -> str:
        return f"{self.week} · {PlanState(self.state).label}"

    @property
    def reference(self) -> str:
        """The name under which the ledger keeps the promises of this plan."""
        return f"week:{self.week}:{self.key}"

    def interrupted(self, now: datetime) -> bool:
        """Neither finished nor alive any more: the week may be planned again."""
        waited = now - self.created_at > timedelta(seconds=PATIENCE * self.seconds_max)
        return self.state == PlanState.FAILED or (self.state in RUNNING and waited)
