"""What planning remembers: each plan with its problem, to be checked, compared and solved again."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q, Value

from terreau.engines.season import Lock
from terreau.engines.shares import problem as sharing
from terreau.ledger.models import Process
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, User
from terreau.territory.travel import KM_MAX

# Shorter than the ledger's: a plan's promises carry its key and what tells them apart.
KEY_LENGTH = 60
# No tour drinks so many litres or kWh; nobody drove the same round so often in a month.
PUT_IN_MAX, TIMES_MAX = Decimal(500), Decimal(100)


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
# Nobody took the question in so many times its time, or that of a week: no worker is there.
PATIENCE, LEAST = 3, 30
# A worker says every few seconds that it lives (see `running`); silent so long, it has died.
SILENCE = timedelta(seconds=60)


class Calculation(models.Model):
    """One answer to one question, with its locks: solved in the background, read, then published."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    key = models.CharField(max_length=KEY_LENGTH)
    state = models.CharField("état", max_length=10, choices=PlanState.choices, default=PlanState.WAITING)
    problem = models.JSONField("problème")
    locks = models.JSONField("décisions verrouillées", default=list)
    plan = models.JSONField("plan", null=True)
    seconds_max = models.PositiveSmallIntegerField("temps de calcul (s)")
    progress = models.PositiveSmallIntegerField("avancement (%)", default=0)
    message = models.CharField("étape", max_length=200, blank=True)
    created_at = models.DateTimeField("demandé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    heard_at = models.DateTimeField("dernières nouvelles du calcul", null=True)
    published_at = models.DateTimeField("publié le", null=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="publié par"
    )

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    def interrupted(self, now: datetime) -> bool:
        """Neither finished nor alive any more: it may be asked again."""
        if self.state not in RUNNING:
            return self.state == PlanState.FAILED
        if self.heard_at is not None:
            return now - self.heard_at > SILENCE
        return now - self.created_at > timedelta(seconds=PATIENCE * max(LEAST, self.seconds_max))


class WeekPlan(Calculation):
    """A plan of one week, and the one made by hand to compare with."""

    week = models.CharField("semaine", max_length=8)
    by_hand = models.JSONField("plan à la main", null=True)

    class Meta(Calculation.Meta):
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


class SeasonPlan(Calculation):
    """A plan of a season, from its first week on, and what was asked of it on the page of needs."""

    first_week = models.CharField("première semaine", max_length=8)
    needs = models.JSONField("besoins retenus")
    # Sowings that rotation forbids on a block where others of their family may come, by block.
    apart = models.JSONField("semis écartés par la rotation", default=dict)
    # The plan from which this one was asked: the search starts from it.
    previous = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", verbose_name="à partir de"
    )
    # What the lowest income costs the whole: [weight, total in cents, lowest income per bed in cents].
    trade_off = models.JSONField("compromis", default=list)
    # Partner farms that the plan gives a part to, by number: their names, for pages that need no more.
    farms = models.JSONField("fermes partenaires", default=dict)

    class Meta(Calculation.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="season_plan_key_once"),
            models.UniqueConstraint(
                fields=["ecopole"], condition=Q(state="published"), name="season_plan_published_once"
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="season_plan_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="season_plan_progress_percent"),
        ]
        verbose_name = "plan de saison"

    def __str__(self) -> str:
        return f"saison {self.first_week} · {PlanState(self.state).label}"

    def every_lock(self) -> tuple[Lock, ...]:
        """The decisions taken by hand, and what rotation forbids sowing by sowing."""
        return (*(Lock.from_json(lock) for lock in self.locks), *rotation_locks(self.apart))

    @property
    def reference(self) -> str:
        """The name under which the ledger keeps the plantings of this plan."""
        return f"{SEASON}{self.key}"


class RoundsPlan(Calculation):
    """The rounds of a day; one of them moved by hand is a plan of its own, made from the one before."""

    day = models.DateField("jour")
    # Pairs of places whose travel time a person told.
    corrected = models.JSONField("trajets corrigés", default=list)
    # How the others were known: `origin` in a word, `said` in full. Of older plans nothing: estimated.
    basis = models.JSONField("autres trajets", default=dict)
    # Stops that somebody chose to leave out, by their number in the problem.
    left = models.JSONField("arrêts laissés de côté", default=list)
    previous = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", verbose_name="à partir de"
    )
    # Of what is left of a day: from which hour, of which published plan, and the vehicles that stopped.
    rest = models.JSONField("reste de la journée", null=True)

    class Meta(Calculation.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="rounds_plan_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "day"], condition=Q(state="published"), name="rounds_plan_published_once"
            ),
            models.CheckConstraint(condition=Q(state__in=PlanState.values), name="rounds_plan_state_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="rounds_plan_progress_percent"),
        ]
        verbose_name = "plan de tournées"

    def __str__(self) -> str:
        return f"tournées du {self.day} · {PlanState(self.state).label}"


def rotation_locks(apart: Mapping[str, Iterable[str]]) -> tuple[Lock, ...]:
    """No bed at all for the sowings that rotation forbids, block by block."""
    return tuple(
        Lock("area", block, option, "most") for block, options in apart.items() for option in options
    )


# How plans of a season call themselves in the ledger.
SEASON = "season:"


class AnswerKind(models.TextChoices):
    ACCEPTED = "accepted", "acceptée"
    DISCUSSED = "discussed", "à discuter"


class ShareAnswer(models.Model):
    """What a farm answers to its share of a published season. The last answer counts; none is erased."""

    plan = models.ForeignKey(SeasonPlan, models.CASCADE, related_name="answers", verbose_name="plan")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="ferme")
    kind = models.CharField("réponse", max_length=10, choices=AnswerKind.choices)
    message = models.CharField("message", max_length=500, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)
    answered_at = models.DateTimeField("répondu le")
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")

    class Meta:
        ordering = ["answered_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="share_answer_key_once"),
            models.UniqueConstraint(
                fields=["plan", "farm"], condition=Q(kind="accepted"), name="share_accepted_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=AnswerKind.values), name="share_answer_known"),
            models.CheckConstraint(
                condition=Q(kind="accepted") | ~Q(message=""), name="share_discussion_has_words"
            ),
        ]
        verbose_name = "réponse d’une ferme"

    def __str__(self) -> str:
        return f"{self.farm} · {AnswerKind(self.kind).label}"


class SharingRule(models.TextChoices):
    """How the cost of a tour is shared; each is told in a sentence where it is chosen."""

    SHAPLEY = sharing.SHAPLEY, "moyenne de ce que chacun ajoute"
    NUCLEOLUS = sharing.NUCLEOLUS, "le moins lésé possible"
    EPM = sharing.EPM, "même économie pour tous, sans léser"
    ACAM = sharing.ACAM, "ce qu’on ajoute, puis selon l’économie"
    PROPORTIONAL = sharing.PROPORTIONAL, "même pourcentage d’économie"
    CRATES = sharing.CRATES, "à la caisse"


class SharingStep(models.TextChoices):
    """What is voted: each step comes after the one before, is seen apart, and has its own date."""

    TOUR = "tour", "règle des tournées"
    COMMONS = "commons", "communs"
    SOLIDARITY = "solidarity", "solidarité"


class CommonsKey(models.TextChoices):
    """Who bears what belongs to all. Each counts alike on one tour and over a month."""

    CRATES = "crates", "selon les caisses"
    STOPS = "stops", "selon les arrêts où l’on a livré"
    PRESENCES = "presences", "à parts égales entre ceux à bord"
    NONE = "none", "rien en commun"


class SolidarityRule(models.TextChoices):
    CAP = "cap", "plafond à la caisse"
    NONE = "none", "pas de solidarité"


STEP_RULES: dict[str, type[models.TextChoices]] = {
    SharingStep.TOUR: SharingRule, SharingStep.COMMONS: CommonsKey, SharingStep.SOLIDARITY: SolidarityRule
}  # fmt: skip
_CAPPED = Q(step="solidarity", rule="cap")
_ITS_AMOUNTS = Q(cap__isnull=False, levy__isnull=False, cap__gte=Value(0), levy__gte=Value(0))


class SharingVote(Written):
    """What the assembly voted of one step, from a day on. A later vote is another line; none is edited."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    step = models.CharField("étape", max_length=10, choices=SharingStep.choices, default=SharingStep.TOUR)
    rule = models.CharField("règle", max_length=12)
    # Of the commons: the empty room of vehicles is one of them.
    empty_room = models.BooleanField("place vide en commun", default=False)
    # Of solidarity: nobody among `helped` pays more than `cap` a crate, the others `levy` a crate at most.
    cap = MoneyField("plafond à la caisse", null=True)
    levy = MoneyField("contribution à la caisse", null=True)
    # Numbers of the partners.
    helped = models.JSONField("partenaires aidés", default=list)
    starts_on = models.DateField("à partir du")
    minutes = models.CharField("où est écrit le vote", max_length=200)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="sharing_vote_key_once"),
            models.CheckConstraint(
                condition=Q(step="tour", rule__in=SharingRule.values)
                | Q(step="commons", rule__in=CommonsKey.values)
                | Q(step="solidarity", rule__in=SolidarityRule.values),
                name="sharing_vote_rule_known",
            ),
            models.CheckConstraint(
                condition=Q(step="commons") & ~Q(rule="none") | Q(empty_room=False),
                name="sharing_vote_empty_room_is_a_common",
            ),
            models.CheckConstraint(
                condition=_CAPPED & _ITS_AMOUNTS | ~_CAPPED & Q(cap=None, levy=None),
                name="sharing_vote_cap_of_solidarity",
            ),
            models.CheckConstraint(condition=~Q(minutes=""), name="sharing_vote_is_written_somewhere"),
        ]
        verbose_name = "vote d’une étape du partage"

    def __str__(self) -> str:
        return f"{self.label} · {self.starts_on}"

    @property
    def label(self) -> str:
        return str(STEP_RULES[self.step](self.rule).label)


class CommonAmount(Written):
    """What a month holds in common under a name. The last word of a name counts; none is erased.

    An amount of nothing takes back the one before.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    month = models.DateField("mois")
    name = models.CharField("commun", max_length=60)
    amount = MoneyField("montant du mois")
    reason = models.CharField("d’où vient ce montant", max_length=200)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="common_amount_key_once"),
            models.CheckConstraint(condition=Q(amount__gte=Value(0)), name="common_amount_not_negative"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(reason=""), name="common_amount_says_what_and_why"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "month"])]
        verbose_name = "montant commun d’un mois"

    def __str__(self) -> str:
        return f"{self.name} · {self.month}"


def no_terms() -> dict[str, list[Any]]:
    return {"commons": [], "solidarity": []}


class TourShares(models.Model):
    """A tour shared: its problem and its answer, to count every line again. The latest of a tour counts."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    tour = models.ForeignKey(Process, models.PROTECT, related_name="+", verbose_name="tournée")
    day = models.DateField("jour")
    vehicle = models.CharField("véhicule", max_length=60)
    # By which rule, and since when it is voted: another one makes the count stale.
    rule = models.CharField("règle", max_length=12, choices=SharingRule.choices)
    voted = models.DateField("votée à partir du", null=True)
    # At the meter, if somebody had said them when it was counted: other ones make the count stale.
    km = QuantityField("km au compteur", null=True)
    # Its commons and its solidarity, in figures: other ones make the count stale.
    terms = models.JSONField("communs et solidarité", default=no_terms)
    problem = models.JSONField("problème")
    shares = models.JSONField("parts")
    # Of the problem: counted again from the same facts, a tour is not written again.
    digest = models.CharField("empreinte du problème", max_length=64)
    counted_at = models.DateTimeField("compté le")

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tour", "digest"], name="tour_shares_problem_once"),
            models.CheckConstraint(condition=Q(rule__in=SharingRule.values), name="tour_shares_rule_known"),
        ]
        indexes = [models.Index(fields=["ecopole", "day"])]
        verbose_name = "partage d’une tournée"

    def __str__(self) -> str:
        return f"{self.day} · {self.vehicle}"


class TourSpent(Written):
    """What a tour really took, read at the meter and at the pump. The last word counts; none is erased.

    A word without any figure takes back the one before.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    tour = models.ForeignKey(Process, models.PROTECT, related_name="+", verbose_name="tournée")
    km = QuantityField("km au compteur", null=True)
    put_in = QuantityField("litres ou kWh mis", null=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="tour_spent_key_once"),
            models.CheckConstraint(
                condition=Q(km=None) | Q(km__gt=0) & Q(km__lte=KM_MAX), name="tour_spent_km_plausible"
            ),
            models.CheckConstraint(
                condition=Q(put_in=None) | Q(put_in__gt=0) & Q(put_in__lte=PUT_IN_MAX),
                name="tour_spent_put_in_plausible",
            ),
        ]
        verbose_name = "relevé d’une tournée"

    def __str__(self) -> str:
        return f"{self.tour} · {self.km} km · {self.put_in}"


class FormerVehicle(models.TextChoices):
    """With what a partner drove before: the kind, then the fuel."""

    VAN_DIESEL = "van_diesel", "utilitaire, gazole"
    CAR_DIESEL = "car_diesel", "voiture, gazole"
    CAR_PETROL = "car_petrol", "voiture, essence"
    CAR_ELECTRIC = "car_electric", "voiture électrique"


class FormerRound(models.Model):
    """A round that a partner drove by itself before the shared ones. Added or withdrawn, never edited."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    partner = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="partenaire")
    # Numbers of the customers served on one round.
    customers = models.JSONField("clients")
    times_month = QuantityField("fois par mois")
    vehicle = models.CharField("véhicule", max_length=12, choices=FormerVehicle.choices)
    litres_100km = QuantityField("litres aux 100 km", null=True)
    # Of one round, from home and back: said, or estimated the day it was declared.
    km = QuantityField("km d’une tournée")
    km_said = models.BooleanField("km dits")
    key = models.CharField(max_length=KEY_LENGTH)
    recorded_at = models.DateTimeField("déclaré le")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="former_round_key_once"),
            models.CheckConstraint(
                condition=Q(vehicle__in=FormerVehicle.values), name="former_round_vehicle_known"
            ),
            models.CheckConstraint(
                condition=Q(times_month__gt=0) & Q(times_month__lte=TIMES_MAX),
                name="former_round_times_plausible",
            ),
            models.CheckConstraint(
                condition=Q(km__gt=0) & Q(km__lte=KM_MAX), name="former_round_km_plausible"
            ),
            models.CheckConstraint(
                condition=Q(litres_100km=None)
                | ~Q(vehicle="car_electric") & Q(litres_100km__gt=0) & Q(litres_100km__lte=100),
                name="former_round_litres_of_its_vehicle",
            ),
        ]
        verbose_name = "tournée d’avant"

    def __str__(self) -> str:
        return f"{self.partner} · {self.km} km · {self.times_month} fois par mois"


class FormerRoundWithdrawn(models.Model):
    """A declared round that was wrong: taken back once, both stay."""

    round = models.ForeignKey(FormerRound, models.CASCADE, related_name="withdrawn", verbose_name="tournée")
    recorded_at = models.DateTimeField("retiré le")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round"], name="former_round_withdrawn_once")]
        verbose_name = "retrait d’une tournée d’avant"

    def __str__(self) -> str:
        return f"{self.round} · retirée"
