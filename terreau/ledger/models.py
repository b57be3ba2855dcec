"""What flows between actors: lots, events, promises. Facts are added, never edited nor deleted.

Triggers of the database refuse UPDATE and DELETE on every table listed in `append_only.py`.
Custody and Rights are projections of the events, written with them and recomputed by `terreau verify`.
"""

from django.db import models
from django.db.models import F, Q

from terreau.ledger.effects import LEAVES_A_PLACE, REACHES_A_PLACE, Action
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality, User


class Lot(models.Model):
    """A homogeneous set of one product, made once. Every output of a process is a new lot."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    code = models.CharField("lot", max_length=40)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="produit")
    producer = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="producteur")
    quality = models.PositiveSmallIntegerField("qualité", choices=Quality.choices)
    origin = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="provenance"
    )
    born_at = models.DateTimeField("obtenu le")
    keeps_until = models.DateField("se garde jusqu’au", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "code"], name="lot_code_once"),
            models.UniqueConstraint(fields=["ecopole", "key"], name="lot_key_once"),
            models.CheckConstraint(condition=Q(quality__in=Quality.values), name="lot_quality_known"),
        ]
        indexes = [models.Index(fields=["producer", "born_at"], name="lot_of_producer")]
        verbose_name = "lot"

    def __str__(self) -> str:
        return self.code


class VerdictKind(models.TextChoices):
    HELD = "held", "en attente"
    RELEASED = "released", "libéré"
    REFUSED = "refused", "refusé"


class Verdict(models.Model):
    """What was decided of a lot. A lot whose last verdict is held or refused is not used."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="verdicts", db_index=False)
    kind = models.CharField("décision", max_length=8, choices=VerdictKind.choices)
    reason = models.CharField("motif", max_length=200, blank=True)
    occurred_at = models.DateTimeField("décidé le")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="verdict_key_once"),
            models.CheckConstraint(condition=Q(kind__in=VerdictKind.values), name="verdict_kind_known"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="verdict_not_in_future"
            ),
        ]
        indexes = [models.Index(fields=["lot", "occurred_at"], name="verdict_of_lot")]
        verbose_name = "décision sur un lot"

    def __str__(self) -> str:
        return f"{self.lot} · {VerdictKind(self.kind).label}"


class ProcessKind(models.TextChoices):
    PLANTING = "planting", "culture"
    HARVEST = "harvest", "récolte"
    ARRIVAL = "arrival", "arrivée"
    PACKING = "packing", "préparation"
    DELIVERY = "delivery", "livraison"
    BATCH = "batch", "fabrication"
    ROUND = "round", "tournée"
    WORKSHOP = "workshop", "atelier"
    WORKSITE = "worksite", "chantier"
    OTHER = "other", "autre"


class Process(models.Model):
    """What groups inputs and outputs: tracing a lot is walking over processes."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField("nature", max_length=12, choices=ProcessKind.choices)
    label = models.CharField("libellé", max_length=120, blank=True)
    agent = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="acteur"
    )
    place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="lieu"
    )
    planned_for = models.DateField("prévu le", null=True, blank=True)
    # What its room needs to read it again: a planting's crop and weeks, a batch's recipe.
    detail = models.JSONField("détail", default=dict, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="process_key_once"),
            models.CheckConstraint(condition=Q(kind__in=ProcessKind.values), name="process_kind_known"),
        ]
        indexes = [models.Index(fields=["ecopole", "kind", "planned_for"], name="process_by_day")]
        verbose_name = "opération"

    def __str__(self) -> str:
        return self.label or ProcessKind(self.kind).label


# A place lent is an operation under the key of its terms; given back early, another under this end of it.
GIVEN_BACK = ":back"


class AgreementKind(models.TextChoices):
    SUPPLY = "supply", "contrat d’apport"
    SOLIDARITY = "solidarity", "solidarité"
    ORDER = "order", "commande"
    SUBSCRIPTION = "subscription", "abonnement"
    SHARING = "sharing", "partage de frais"
    SERVICE = "service", "prestation"
    SUPPORT = "support", "contrat d’appui"
    LOAN = "loan", "mise à disposition"


class Per(models.TextChoices):
    WEEK = "week", "par semaine"
    SEASON = "season", "par saison"
    MONTH = "month", "par mois"
    ORDER = "order", "par commande"


class Agreement(models.Model):
    """Terms between two actors, under which promises are made."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField("nature", max_length=12, choices=AgreementKind.choices)
    provider = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="qui donne")
    receiver = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="qui reçoit")
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="produit"
    )
    promised = QuantityField("quantité convenue", null=True, blank=True)
    promised_value = MoneyField("valeur convenue", null=True, blank=True)
    per = models.CharField("rythme", max_length=6, choices=Per.choices)
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le", null=True, blank=True)
    note = models.CharField("précision", max_length=500, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="agreement_key_once"),
            models.CheckConstraint(condition=Q(kind__in=AgreementKind.values), name="agreement_kind_known"),
            models.CheckConstraint(condition=Q(per__in=Per.values), name="agreement_per_known"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="agreement_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "kind", "starts_on"], name="agreement_by_start")]
        verbose_name = "accord"

    def __str__(self) -> str:
        return f"{AgreementKind(self.kind).label} · {self.provider} → {self.receiver}"


class Commitment(models.Model):
    """A promised event. Open, partly met, met or cancelled: computed from events, never stored."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    action = models.CharField("action", max_length=16, choices=Action.choices)
    provider = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    quantity = QuantityField("quantité")
    from_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    to_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    due_on = models.DateField("attendu le")
    process = models.ForeignKey(Process, models.PROTECT, related_name="+", null=True, blank=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="+", null=True, blank=True)
    price = MoneyField("prix de la ligne", null=True, blank=True)
    plan = models.CharField("plan", max_length=80, blank=True)
    note = models.CharField("précision", max_length=500, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="commitment_key_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="commitment_quantity_positive"),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="commitment_action_known"),
        ]
        indexes = [
            models.Index(fields=["ecopole", "due_on"], name="commitment_due"),
            models.Index(fields=["provider", "due_on"], name="commitment_by_provider"),
            models.Index(fields=["receiver", "due_on"], name="commitment_by_receiver"),
            models.Index(fields=["ecopole", "plan"], name="commitment_of_plan"),
        ]
        verbose_name = "engagement"

    def __str__(self) -> str:
        return f"{Action(self.action).label} · {self.product} · {self.due_on}"


class Event(models.Model):
    """An immutable fact. A mistake is answered by an event that reverses it, and a right one beside it."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    action = models.CharField("action", max_length=16, choices=Action.choices)
    provider = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="events", null=True, blank=True, db_index=False)
    quantity = QuantityField("quantité")
    from_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    to_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    occurred_at = models.DateTimeField("survenu le")
    process = models.ForeignKey(
        Process, models.PROTECT, related_name="events", null=True, blank=True, db_index=False
    )
    fulfils = models.ForeignKey(
        Commitment, models.PROTECT, related_name="events", null=True, blank=True, db_index=False
    )
    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="events", null=True, blank=True, db_index=False
    )
    price = MoneyField("prix de la ligne", null=True, blank=True)
    reverses = models.ForeignKey(
        "self", models.PROTECT, related_name="reversed_by", null=True, blank=True, db_index=False
    )
    note = models.CharField("précision", max_length=500, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    recorded_at = models.DateTimeField("écrit le")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="event_key_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="event_reversed_once"
            ),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="event_action_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="event_quantity_positive"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="event_not_in_future"
            ),
            models.CheckConstraint(
                condition=Q(action=Action.WORK) | Q(lot__isnull=False), name="event_lot_unless_work"
            ),
            models.CheckConstraint(
                condition=~Q(action__in=LEAVES_A_PLACE) | Q(from_place__isnull=False),
                name="event_leaves_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(action__in=REACHES_A_PLACE) | Q(to_place__isnull=False),
                name="event_reaches_a_place",
            ),
            models.CheckConstraint(
                condition=~Q(action=Action.MOVE) | Q(provider=F("receiver")), name="event_move_keeps_holder"
            ),
        ]
        # Every index is paid at each write: one per question asked, partial wherever most rows stay out.
        indexes = [
            models.Index(fields=["ecopole", "occurred_at"], name="event_by_time"),
            models.Index(fields=["provider", "action", "occurred_at"], name="event_by_provider"),
            models.Index(fields=["receiver", "action", "occurred_at"], name="event_by_receiver"),
            models.Index(
                fields=["lot", "action", "process", "occurred_at"],
                condition=Q(lot__isnull=False),
                name="event_of_lot",
            ),
            models.Index(
                fields=["process", "action", "lot"],
                condition=Q(process__isnull=False),
                name="event_of_process",
            ),
            models.Index(fields=["fulfils"], condition=Q(fulfils__isnull=False), name="event_fulfils"),
            # All that is asked of hours: a year of them is added up without opening its events.
            models.Index(
                fields=["ecopole", "action", "occurred_at", "provider", "product", "quantity", "reverses"],
                condition=Q(action="work"),
                name="event_of_work",
            ),
            # All that is asked of a seller's sales, in the same way.
            models.Index(
                fields=["provider", "occurred_at", "price", "reverses", "ecopole"],
                condition=Q(price__isnull=False),
                name="event_priced",
            ),
            models.Index(
                fields=["to_place", "action"], condition=Q(to_place__isnull=False), name="event_into_place"
            ),
            models.Index(
                fields=["agreement", "occurred_at"],
                condition=Q(agreement__isnull=False),
                name="event_of_agreement",
            ),
        ]
        verbose_name = "mouvement"

    def __str__(self) -> str:
        return f"{Action(self.action).label} · {self.occurred_at:%d/%m/%Y} · {self.key}"


class Cancellation(models.Model):
    """A promise given up, wholly or for what remained. With an event, it falls if that event is reversed."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="cancellations")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField("motif", max_length=200, blank=True)
    occurred_at = models.DateTimeField("décidé le")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="cancellation_key_once"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=F("recorded_at")), name="cancellation_not_in_future"
            ),
        ]
        verbose_name = "annulation"

    def __str__(self) -> str:
        return f"{self.commitment} · {self.reason}"


class Custody(models.Model):
    """Who holds how much of a lot, and where. It never goes below zero: a crate is sold once."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    holder = models.ForeignKey(Agent, models.PROTECT, related_name="+", db_index=False)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", db_index=False)
    # Repeated from the lot, so that a stock is one indexed read.
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    quantity = QuantityField("quantité")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "holder", "place"], name="custody_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="custody_not_negative"),
        ]
        # What has left stays at zero, at one end of these. Not partial: SQLite ignores a partial index
        # when the bound is a parameter. Each begins with the écopôle, so that the narrowest is chosen.
        indexes = [
            models.Index(fields=["ecopole", "place", "quantity"], name="custody_at_place"),
            models.Index(fields=["ecopole", "holder", "quantity"], name="custody_of_holder"),
            models.Index(fields=["ecopole", "quantity"], name="custody_of_ecopole"),
        ]
        verbose_name = "garde"

    def __str__(self) -> str:
        return f"{self.lot} · {self.holder} · {self.place}"


class Rights(models.Model):
    """Whose a lot is. Below zero, somebody used what was not theirs: reported, never refused."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(Agent, models.PROTECT, related_name="+")
    quantity = QuantityField("quantité")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "owner"], name="rights_once")]
        indexes = [models.Index(fields=["ecopole", "quantity"], name="rights_negative")]
        verbose_name = "droits"
        verbose_name_plural = "droits"

    def __str__(self) -> str:
        return f"{self.lot} · {self.owner}"
