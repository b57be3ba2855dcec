"""Solidarity: schemes and who pays in them, who is in one until when, the price one chooses.

Only the pages of solidarity read these tables, the money, and the file of one's own data (0016); no list,
label, letter or export does.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q, Value

from terreau.rooms.baskets.models.members import Member, Subscription
from terreau.rooms.baskets.models.sizes import BasketSize
from terreau.rooms.baskets.shares import Part
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole


class Regime(models.TextChoices):
    """Who pays a household its benefits: chosen as a word, where a payer asks for it."""

    CAF = "caf", "CAF"
    MSA = "msa", "MSA"


class Criterion(models.TextChoices):
    QUOTIENT = "quotient", "quotient familial"
    LEFT_TO_LIVE = "left", "reste à vivre"
    MINIMUM = "minimum", "minima sociaux ou aide alimentaire"


class After(models.TextChoices):
    """What a household pays whose decision has expired: decided by the garden, never by default."""

    FULL = "full", "le plein prix"
    SLIDING = "sliding", "le prix libre"
    SCHEME = "scheme", "un autre dispositif"


PART = Q(num__isnull=False, den__gte=1, amount=None, num__lte=F("den")) | Q(
    num=None, den=None, amount__gte=Value(0)
)


class Shared(models.Model):
    """A part of each basket: a fraction of its price, or an amount."""

    num = models.PositiveIntegerField(null=True, blank=True)
    den = models.PositiveIntegerField(null=True, blank=True)
    amount = MoneyField("par panier", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def part(self) -> Part:
        return Part(self.num or 0, self.den or 1, self.amount)


class Scheme(Shared):
    """A solidarity price over a period: what the household pays, who pays the rest. Closed, never edited."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    name = models.CharField("nom", max_length=80)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    # Of one size, or of all.
    size = models.ForeignKey(
        BasketSize, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="taille"
    )
    criterion = models.CharField("critère", max_length=8, choices=Criterion.choices)
    # In words: « moins de 400 € ». The income of nobody is written.
    bands = models.JSONField("tranches", default=list)
    closed_on = models.DateField("clos après le", null=True, blank=True)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="scheme_key_once"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="scheme_period_in_order"),
            models.CheckConstraint(
                condition=Q(criterion__in=Criterion.values), name="scheme_criterion_known"
            ),
            models.CheckConstraint(condition=PART, name="scheme_household_part"),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__lte=F("ends_on")), name="scheme_closed_before_end"
            ),
        ]
        verbose_name = "dispositif solidaire"

    def __str__(self) -> str:
        return self.name

    @property
    def last(self) -> Any:
        return self.closed_on or self.ends_on


class SchemePayer(Shared):
    """Who pays a part of the baskets of a scheme, up to a ceiling, for every household or for a regime."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="payers", verbose_name="dispositif")
    rank = models.PositiveSmallIntegerField("rang")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="payeur")
    ceiling = MoneyField("plafond sur la période", null=True, blank=True)
    regime = models.CharField("régime", max_length=3, choices=Regime.choices, blank=True)
    # The cents of rounding are theirs.
    remainder = models.BooleanField("prend l’arrondi", default=False)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "rank"], name="scheme_payer_rank_once"),
            models.UniqueConstraint(
                fields=["scheme", "regime"], condition=Q(remainder=True), name="scheme_remainder_once"
            ),
            models.CheckConstraint(condition=PART, name="scheme_payer_part"),
            models.CheckConstraint(
                condition=Q(regime="") | Q(regime__in=Regime.values), name="scheme_payer_regime_known"
            ),
            models.CheckConstraint(
                condition=Q(ceiling=None) | Q(ceiling__gt=Value(0)), name="scheme_payer_ceiling_positive"
            ),
        ]
        verbose_name = "payeur d’un dispositif"

    def __str__(self) -> str:
        return f"{self.scheme} · {self.agent}"


class SolidarityTerms(models.Model):
    """What the garden decided of solidarity, from a day on."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    starts_on = models.DateField("à partir du")
    holder = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="cagnotte tenue par")
    after = models.CharField("décision échue", max_length=7, choices=After.choices)
    fallback = models.ForeignKey(
        Scheme, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="dispositif de repli"
    )
    remind_days = models.PositiveSmallIntegerField("rappel avant l’échéance (jours)")
    source = models.CharField("décidé par", max_length=200)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="solidarity_terms_key_once"),
            models.CheckConstraint(
                condition=(Q(after=After.SCHEME) & Q(fallback__isnull=False))
                | (Q(after__in=[After.FULL, After.SLIDING]) & Q(fallback=None)),
                name="solidarity_terms_after_known",
            ),
            models.CheckConstraint(
                condition=Q(remind_days__gte=1, remind_days__lte=90), name="solidarity_terms_reminds"
            ),
        ]
        verbose_name = "règles de la solidarité"

    def __str__(self) -> str:
        return f"{self.ecopole} · {self.starts_on}"


class Referrer(models.Model):
    """An organisation that may send households, by a secret link, until a day; a later link closes it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="organisme")
    number = models.PositiveSmallIntegerField("lien n°", default=1)
    until = models.DateField("jusqu’au")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["agent__name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="referrer_key_once"),
            models.UniqueConstraint(fields=["agent", "number"], name="referrer_link_once"),
        ]
        verbose_name = "organisme qui oriente"

    def __str__(self) -> str:
        return str(self.agent)


class Enrolment(Written):
    """A household is in a scheme: the decision, by whom, until when; never what it was made from."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="enrolments", verbose_name="dispositif")
    member = models.ForeignKey(Member, models.PROTECT, related_name="enrolments", verbose_name="foyer")
    referrer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="orienté par")
    band = models.CharField("tranche", max_length=60)
    regime = models.CharField("régime", max_length=3, choices=Regime.choices, blank=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    # Left before, or after having expired: from then on, like anybody.
    ended_on = models.DateField("sorti le", null=True, blank=True)
    renews = models.OneToOneField(
        "self", models.PROTECT, related_name="renewed", null=True, blank=True, verbose_name="renouvelle"
    )
    reminded_at = models.DateTimeField("rappel parti le", null=True, blank=True)

    class Meta:
        ordering = ["ends_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="enrolment_key_once"),
            models.UniqueConstraint(fields=["member", "starts_on"], name="enrolment_once_from_a_day"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"))
                & (Q(ended_on=None) | Q(ended_on__gte=F("starts_on"))),
                name="enrolment_in_order",
            ),
            models.CheckConstraint(
                condition=Q(regime="") | Q(regime__in=Regime.values), name="enrolment_regime_known"
            ),
        ]
        verbose_name = "foyer dans un dispositif"

    def __str__(self) -> str:
        return f"{self.member} · {self.scheme}"


class Referral(models.Model):
    """A household sent by a social worker; once answered, its words are erased."""

    referrer = models.ForeignKey(Referrer, models.PROTECT, related_name="+", verbose_name="organisme")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", verbose_name="dispositif")
    name = models.CharField("nom", max_length=80, blank=True)
    contact = models.CharField("téléphone ou adresse e-mail", max_length=120, blank=True)
    band = models.CharField("tranche", max_length=60)
    regime = models.CharField("régime", max_length=3, choices=Regime.choices, blank=True)
    months = models.PositiveSmallIntegerField("durée (mois)")
    made_at = models.DateTimeField("envoyée le")
    answered_at = models.DateTimeField("répondue le", null=True, blank=True)
    enrolment = models.OneToOneField(
        Enrolment, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="inscription"
    )
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["referrer", "key"], name="basket_referral_key_once"),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=12), name="basket_referral_months"),
            models.CheckConstraint(
                condition=Q(regime="") | Q(regime__in=Regime.values), name="basket_referral_regime_known"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, enrolment=None)
                | Q(answered_at__isnull=False, name="", contact=""),
                name="basket_referral_answered_forgets",
            ),
        ]
        verbose_name = "demande d’un travailleur social"

    def __str__(self) -> str:
        return f"{self.scheme} · {self.made_at}"


class Sliding(models.Model):
    """Within which bounds every member chooses a price, and the mean that the garden needs."""

    size = models.ForeignKey(BasketSize, models.PROTECT, related_name="+", verbose_name="taille")
    starts_on = models.DateField("à partir du")
    lowest = MoneyField("au moins")
    highest = MoneyField("au plus")
    needed = MoneyField("prix moyen nécessaire")
    source = models.CharField("d’après", max_length=200)

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["size", "starts_on"], name="sliding_once_a_day"),
            models.CheckConstraint(
                condition=Q(lowest__gte=Value(0), needed__gt=Value(0), highest__gte=F("lowest")),
                name="sliding_in_order",
            ),
        ]
        verbose_name = "prix libre"

    def __str__(self) -> str:
        return f"{self.size} · {self.starts_on}"


class ChosenPrice(models.Model):
    """What a member chose to pay for each basket, from a day on."""

    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", verbose_name="abonnement"
    )
    starts_on = models.DateField("à partir du")
    price = MoneyField("prix choisi")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "key"], name="chosen_price_key_once"),
            models.CheckConstraint(condition=Q(price__gte=Value(0)), name="chosen_price_not_negative"),
        ]
        verbose_name = "prix choisi"

    def __str__(self) -> str:
        return f"{self.subscription} · {self.price}"
