"""What the platform remembers: offers, orders, papers, deposits, temperatures, counts. The rest: ledger."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Value

from terreau.ledger.models import KEY_LENGTH, Lot, Process
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality, User


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


class LateOrder(Terms):
    """A line said after its deadline: it waits for a yes, and until then the order stands as it was.

    Said again, it supersedes itself. A quantity of 0 asks to take the line back.
    """

    day = models.DateField("jour de livraison")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="remplace"
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

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


class LateAnswer(models.Model):
    """What became of a late order, once."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    late = models.OneToOneField(LateOrder, models.PROTECT, related_name="answer", verbose_name="commande")
    reply = models.CharField("réponse", max_length=9, choices=LateReply.choices)
    reason = models.CharField("motif", max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

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


class Certificate(models.Model):
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
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

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


class Purpose(models.TextChoices):
    KEPT = "kept", "à garder"
    SALE = "sale", "à vendre pour la ferme"
    PROCESSING = "processing", "à transformer pour la ferme"


class Deposit(models.Model):
    """What a farm left and still owns: a lot of its own, and what for. Where it is, and whose: ledger."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    lot = models.OneToOneField(Lot, models.PROTECT, related_name="deposit", verbose_name="lot")
    purpose = models.CharField("laissé", max_length=10, choices=Purpose.choices)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="deposit_key_once"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="deposit_purpose_known"),
        ]
        verbose_name = "dépôt d’une ferme"

    def __str__(self) -> str:
        return f"{self.lot} · {Purpose(self.purpose).label}"


class Commission(models.Model):
    """What the platform keeps of a sale made for a farm, from a day on. A later line replaces it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="ferme")
    percent = QuantityField("commission (%)")
    starts_on = models.DateField("à partir du")
    agreed = models.CharField("où c’est écrit", max_length=200)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["farm__name", "starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="commission_key_once"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=Decimal(100)), name="commission_percent_plausible"
            ),
            models.CheckConstraint(condition=~Q(agreed=""), name="commission_is_written_somewhere"),
        ]
        indexes = [models.Index(fields=["ecopole", "farm", "starts_on"], name="commission_of_farm")]
        verbose_name = "commission convenue"

    def __str__(self) -> str:
        return f"{self.farm} · {self.percent} % · {self.starts_on}"


COLDEST, HOTTEST = Decimal(-60), Decimal(150)


class Reading(models.Model):
    """A temperature, of a store, of a farm's load or of a vehicle's. A wrong one is superseded."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lieu"
    )
    farm = models.ForeignKey(
        Agent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="charge de"
    )
    vehicle = models.ForeignKey(
        "Vehicle", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="à bord de"
    )
    # A class of temperatures.toml.
    kind = models.CharField("classe de produits", max_length=20)
    celsius = QuantityField("°C")
    # Judged once, by the limit of its day: a later rule does not reopen the past.
    out_of_limit = models.BooleanField("hors limite")
    read_at = models.DateTimeField("lu à")
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name="corrige"
    )
    reason = models.CharField("motif de la correction", max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-read_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="reading_key_once"),
            models.CheckConstraint(
                condition=Q(place__isnull=False, farm=None, vehicle=None)
                | Q(place=None, farm__isnull=False, vehicle=None)
                | Q(place=None, farm=None, vehicle__isnull=False),
                name="reading_of_a_place_or_a_load",
            ),
            models.CheckConstraint(
                condition=Q(celsius__gte=COLDEST, celsius__lte=HOTTEST), name="reading_plausible"
            ),
            models.CheckConstraint(condition=Q(read_at__lte=F("recorded_at")), name="reading_not_in_future"),
            models.CheckConstraint(
                condition=Q(supersedes=None, reason="") | Q(supersedes__isnull=False) & ~Q(reason=""),
                name="reading_superseded_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["ecopole", "read_at"], name="reading_by_time"),
            models.Index(fields=["ecopole", "out_of_limit"], name="reading_out_of_limit"),
        ]
        verbose_name = "relevé de température"

    def __str__(self) -> str:
        return f"{self.where} · {self.celsius} °C · {self.read_at:%d/%m/%Y %H:%M}"

    @property
    def where(self) -> str:
        return self.place.name if self.place else f"Charge\u202f: {self.farm or self.vehicle}"


class Remedy(models.Model):
    """What was done about a reading out of limit; until then, its alert stays."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    reading = models.OneToOneField(Reading, models.PROTECT, related_name="remedy", verbose_name="relevé")
    done = models.CharField("ce qui a été fait", max_length=300)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="remedy_key_once"),
            models.CheckConstraint(condition=~Q(done=""), name="remedy_said"),
        ]
        verbose_name = "action corrective"

    def __str__(self) -> str:
        return self.done


class StockCount(models.Model):
    """A store counted lot by lot, once: how many lots, how many that differed; what differed is events."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="lieu")
    lines = models.PositiveIntegerField("lots comptés")
    differences = models.PositiveIntegerField("écarts")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="stock_count_key_once"),
            models.CheckConstraint(condition=Q(lines__gte=1), name="stock_count_of_something"),
            models.CheckConstraint(
                condition=Q(differences__lte=F("lines")), name="stock_count_differences_within_lines"
            ),
        ]
        indexes = [models.Index(fields=["place", "recorded_at"], name="stock_count_of_place")]
        verbose_name = "inventaire"

    def __str__(self) -> str:
        return f"{self.place} · {self.recorded_at:%d/%m/%Y}"


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


class StopNote(models.Model):
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
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

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
