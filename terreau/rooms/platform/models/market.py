"""Offers of farms, orders of customers, late ones and standing ones; what a farm proves of itself."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, Product, Quality


class Offer(models.Model):
    """What a partner farm can bring in a week, at its price."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="offers", verbose_name="ferme")
    week = models.CharField("semaine", max_length=8)
    product = models.ForeignKey(Product, models.PROTECT, verbose_name="produit")
    quality = models.PositiveSmallIntegerField("qualité", choices=Quality.choices, default=Quality.ORGANIC)
    quantity = QuantityField("quantité")
    price = MoneyField("prix à l’unité")
    first_day = models.DateField("à partir du")
    last_day = models.DateField("jusqu’au")
    # Fetched at the farm's gate by a vehicle of the platform, within its hours if it says some.
    collected = models.BooleanField("à prendre à la ferme", default=False)
    collect_after = models.TimeField("prendre après", null=True, blank=True)
    collect_before = models.TimeField("prendre avant", null=True, blank=True)

    class Meta:
        ordering = ["farm__name", "product__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["farm", "week", "product", "quality"], name="offer_once_per_week"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="offer_quantity_positive"),
            models.CheckConstraint(condition=Q(price__gte=Value(0)), name="offer_price_not_negative"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="offer_days_in_order"),
            models.CheckConstraint(
                condition=Q(collected=True) | Q(collect_after=None, collect_before=None),
                name="offer_hours_where_collected",
            ),
            models.CheckConstraint(
                condition=Q(collect_after=None)
                | Q(collect_before=None)
                | Q(collect_before__gt=F("collect_after")),
                name="offer_hours_in_order",
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "week"])]
        verbose_name = "offre"

    def __str__(self) -> str:
        return f"{self.farm} · {self.product} · {self.week}"


class Terms(models.Model):
    """What a customer asks for of a product, and on what terms: of a day, late, or of every week."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    customer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="client")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="produit")
    substitutes = models.ManyToManyField(
        Product, related_name="+", blank=True, verbose_name="accepté à la place"
    )
    quantity = QuantityField("quantité")
    # Said in pieces of a product sold by the kilo: the quantity is what they usually weigh.
    pieces = models.PositiveIntegerField("pièces", null=True, blank=True)
    # Under this, the customer prefers nothing: a canteen does not cook half a service.
    quantity_min = QuantityField("au moins", default=0)
    price = MoneyField("prix à l’unité")
    quality_min = models.PositiveSmallIntegerField(
        "qualité demandée", choices=Quality.choices, default=Quality.CONVENTIONAL
    )
    window_start = models.TimeField("livrer après", null=True, blank=True)
    window_end = models.TimeField("livrer avant", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def asked(self) -> str:
        """« 12 kg », or « 6 pièces, environ 7,2 kg »."""
        weight = format_quantity(Quantity(self.quantity, Unit(self.product.unit)))
        if not self.pieces:
            return weight
        return f"{format_quantity(Quantity(self.pieces, Unit.PIECE))}, environ {weight}"


POSITIVE = Q(quantity__gt=0)
WITHIN = Q(quantity_min__gte=0) & Q(quantity_min__lte=F("quantity"))
PRICED = Q(price__gte=Value(0))
COUNTED = Q(pieces=None) | Q(pieces__gt=0)


class OrderLine(Terms):
    """What a canteen, a shop or a social grocery asks for, on a day, within a time window."""

    day = models.DateField("jour de livraison")

    class Meta:
        ordering = ["day", "customer__name", "product__name"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "day", "product"], name="order_line_once_per_day"),
            models.CheckConstraint(condition=POSITIVE, name="order_line_quantity_positive"),
            models.CheckConstraint(condition=WITHIN, name="order_line_minimum_within_quantity"),
            models.CheckConstraint(condition=PRICED, name="order_line_price_not_negative"),
            models.CheckConstraint(condition=COUNTED, name="order_line_pieces_positive"),
        ]
        indexes = [models.Index(fields=["ecopole", "day"])]
        verbose_name = "ligne de commande"

    def __str__(self) -> str:
        return f"{self.customer} · {self.product} · {self.day}"


class LateOrder(Terms, Written):
    """A line said after its deadline: it waits for a yes, and until then the order stands as it was.

    Said again, it supersedes itself. A quantity of 0 asks to take the line back.
    """

    day = models.DateField("jour de livraison")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="remplace"
    )

    class Meta:
        ordering = ["day", "customer__name", "product__name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="late_order_key_once"),
            # The minimum, not negative and within the quantity, keeps the quantity from being so.
            models.CheckConstraint(condition=WITHIN, name="late_order_minimum_within_quantity"),
            models.CheckConstraint(condition=PRICED, name="late_order_price_not_negative"),
            models.CheckConstraint(condition=COUNTED, name="late_order_pieces_positive"),
        ]
        indexes = [models.Index(fields=["ecopole", "day"], name="late_order_by_day")]
        verbose_name = "commande hors délai"

    def __str__(self) -> str:
        return f"{self.customer} · {self.product} · {self.day}"


class LateReply(models.TextChoices):
    ACCEPTED = "accepted", "acceptée"
    DECLINED = "declined", "refusée"
    WITHDRAWN = "withdrawn", "reprise par le client"


class LateAnswer(Written):
    """What became of a late order, once."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    late = models.OneToOneField(LateOrder, models.PROTECT, related_name="answer", verbose_name="commande")
    reply = models.CharField("réponse", max_length=9, choices=LateReply.choices)
    reason = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="late_answer_key_once"),
            models.CheckConstraint(condition=Q(reply__in=LateReply.values), name="late_answer_known"),
            models.CheckConstraint(
                condition=Q(reply=LateReply.DECLINED) & ~Q(reason="")
                | ~Q(reply=LateReply.DECLINED) & Q(reason=""),
                name="late_answer_declined_with_reason",
            ),
        ]
        verbose_name = "réponse à une commande hors délai"

    def __str__(self) -> str:
        return self.get_reply_display()


class StandingOrder(Terms):
    """A line that comes back each week on the same day, until it ends; a canteen's, on school days only."""

    weekday = models.PositiveSmallIntegerField("jour de livraison (1 = lundi)")
    first_day = models.DateField("à partir du")
    last_day = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        ordering = ["customer__name", "weekday", "product__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "weekday", "product"], name="standing_order_once_per_weekday"
            ),
            models.CheckConstraint(condition=POSITIVE, name="standing_order_quantity_positive"),
            models.CheckConstraint(condition=WITHIN, name="standing_order_minimum_within_quantity"),
            models.CheckConstraint(condition=PRICED, name="standing_order_price_not_negative"),
            models.CheckConstraint(condition=COUNTED, name="standing_order_pieces_positive"),
            models.CheckConstraint(
                condition=Q(weekday__gte=1) & Q(weekday__lte=7), name="standing_order_weekday_known"
            ),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="standing_order_days_in_order",
            ),
        ]
        verbose_name = "commande régulière"

    def __str__(self) -> str:
        return f"{self.customer} · {self.product} · {self.weekday}"


class StandingWeek(models.Model):
    """A standing order is heard once a week: ordered, skipped or taken back, it does not come again."""

    standing = models.ForeignKey(StandingOrder, models.CASCADE, related_name="weeks", verbose_name="commande")
    week = models.CharField("semaine", max_length=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["standing", "week"], name="standing_week_once")]
        verbose_name = "semaine d’une commande régulière"

    def __str__(self) -> str:
        return f"{self.standing} · {self.week}"


class SolidarityPromise(models.Model):
    """The kilos promised each week to a social grocery, and the most it can hand out."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, verbose_name="écopôle")
    grocery = models.OneToOneField(Agent, models.PROTECT, related_name="+", verbose_name="épicerie sociale")
    weekday = models.PositiveSmallIntegerField("jour de livraison (1 = lundi)")
    kg_min = QuantityField("kilos promis par semaine")
    kg_max = QuantityField("kilos au plus par semaine")

    class Meta:
        ordering = ["grocery__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kg_min__gte=0) & Q(kg_max__gte=F("kg_min")), name="solidarity_min_below_max"
            ),
            models.CheckConstraint(
                condition=Q(weekday__gte=1) & Q(weekday__lte=7), name="solidarity_weekday_known"
            ),
        ]
        verbose_name = "promesse de solidarité"

    def __str__(self) -> str:
        return str(self.grocery)


class Certificate(Written):
    """A farm's organic certificate, as its paper says. A wrong one is withdrawn by a line of its own."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="certificates", verbose_name="ferme")
    # The control body: FR-BIO- and two digits.
    body = models.CharField("organisme de contrôle", max_length=9)
    reference = models.CharField("numéro du certificat", max_length=60)
    valid_from = models.DateField("valable du")
    valid_until = models.DateField("jusqu’au")
    withdraws = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by", verbose_name="retire"
    )
    reason = models.CharField("motif du retrait", max_length=200, blank=True)

    class Meta:
        ordering = ["farm__name", "-valid_from", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="certificate_key_once"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="certificate_days_in_order"
            ),
            models.CheckConstraint(condition=Q(body__startswith="FR-BIO-"), name="certificate_body_french"),
            models.CheckConstraint(condition=~Q(reference=""), name="certificate_reference_said"),
            models.CheckConstraint(
                condition=Q(withdraws=None, reason="") | Q(withdraws__isnull=False) & ~Q(reason=""),
                name="certificate_withdrawn_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "farm", "valid_from"], name="certificate_of_farm")]
        verbose_name = "certificat bio"

    def __str__(self) -> str:
        return f"{self.farm} · {self.body} · {self.reference}"
