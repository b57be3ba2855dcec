"""What the kitchen remembers: recipes and their versions, batches, what was checked, equipment, hygiene.

What is used, made, worked and paid is in the ledger; so is whether a lot may leave.
"""

from django.db import models
from django.db.models import F, Q, Value

from terreau.ledger.models import Agreement, Event, Lot, Process
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole, Product, User


class Schedule(models.TextChoices):
    """How what is cooked is made safe; what each asks is in `points.toml`."""

    PASTEURISED = "pasteurised", "pasteurisé"
    STERILISED = "sterilised", "stérilisé à l’autoclave"
    CHILLED = "chilled", "refroidi, gardé au froid"


class Recipe(models.Model):
    """What is made. How, and how much comes out, is in its last version."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="produit obtenu")
    name = models.CharField("dénomination", max_length=80)
    closed_on = models.DateField("ne se fait plus depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="recipe_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="recipe_name_once"
            ),
        ]
        verbose_name = "recette"

    def __str__(self) -> str:
        return self.name


class EquipmentKind(models.TextChoices):
    AUTOCLAVE = "autoclave", "autoclave"
    KETTLE = "kettle", "marmite"
    CHILLER = "chiller", "cellule de refroidissement"
    THERMOMETER = "thermometer", "thermomètre"
    PH_METER = "ph_meter", "pH-mètre"
    OTHER = "other", "autre"


class Equipment(models.Model):
    """A machine or an instrument; what befell it is dated."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=12, choices=EquipmentKind.choices)
    name = models.CharField("nom", max_length=60)
    since = models.DateField("en service depuis")
    closed_on = models.DateField("ne sert plus depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="equipment_key_once"),
            models.UniqueConstraint(
                fields=["ecopole", "name"], condition=Q(closed_on=None), name="equipment_name_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=EquipmentKind.values), name="equipment_kind_known"),
        ]
        verbose_name = "matériel"

    def __str__(self) -> str:
        return self.name


class FactKind(models.TextChoices):
    INSPECTED = "inspected", "inspection"
    REQUALIFIED = "requalified", "requalification"
    CALIBRATED = "calibrated", "étalonnage"
    BROKEN = "broken", "en panne"
    REPAIRED = "repaired", "réparé"


class EquipmentFact(Written):
    """A check made, a breakdown, a repair: dated, never edited."""

    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="facts", verbose_name="matériel")
    kind = models.CharField("fait", max_length=12, choices=FactKind.choices)
    on = models.DateField("le")
    note = models.CharField("par qui, rapport, écart", max_length=200, blank=True)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["equipment", "key"], name="equipment_fact_key_once"),
            models.CheckConstraint(condition=Q(kind__in=FactKind.values), name="equipment_fact_kind_known"),
        ]
        verbose_name = "suivi de matériel"

    def __str__(self) -> str:
        return f"{self.equipment} · {FactKind(self.kind).label} · {self.on}"


class RecipeVersion(models.Model):
    """One batch of a recipe, from a day on. A change is another version: batches keep theirs."""

    recipe = models.ForeignKey(Recipe, models.PROTECT, related_name="versions", verbose_name="recette")
    number = models.PositiveSmallIntegerField("version")
    schedule = models.CharField("barème", max_length=12, choices=Schedule.choices)
    yield_low = QuantityField("rendement bas")
    yield_likely = QuantityField("rendement habituel")
    yield_high = QuantityField("rendement haut")
    water_kg = QuantityField("eau ajoutée (kg)", default=0)
    hours = QuantityField("heures de travail")
    packaging = MoneyField("emballage d’une unité")
    core_celsius = QuantityField("à cœur (°C)", null=True, blank=True)
    core_minutes = QuantityField("pendant (min)", null=True, blank=True)
    life_days = models.PositiveSmallIntegerField("se garde (jours)")
    study_days = models.PositiveSmallIntegerField("étude validée (jours)", null=True, blank=True)
    study = models.CharField("étude de durée de vie", max_length=200, blank=True)
    steps = models.TextField("étapes", max_length=3000)
    storage = models.CharField("conservation", max_length=120)
    equipment = models.ManyToManyField(Equipment, related_name="+", verbose_name="matériel")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrite le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["recipe", "number"]
        constraints = [
            models.UniqueConstraint(fields=["recipe", "number"], name="recipe_version_number_once"),
            models.UniqueConstraint(fields=["recipe", "key"], name="recipe_version_key_once"),
            models.CheckConstraint(condition=Q(schedule__in=Schedule.values), name="recipe_schedule_known"),
            models.CheckConstraint(
                condition=Q(
                    yield_low__gt=Value(0),
                    yield_likely__gte=F("yield_low"),
                    yield_high__gte=F("yield_likely"),
                ),
                name="recipe_yields_ordered",
            ),
            models.CheckConstraint(condition=Q(life_days__gte=1), name="recipe_keeps_a_day"),
            models.CheckConstraint(
                condition=Q(study_days=None) | ~Q(study=""), name="recipe_study_is_written_somewhere"
            ),
        ]
        verbose_name = "version de recette"

    def __str__(self) -> str:
        return f"{self.recipe} · v{self.number}"


class Ingredient(models.Model):
    """So much of a product in one batch; `named`: the name of the food promises it, its share is printed."""

    version = models.ForeignKey(
        RecipeVersion, models.CASCADE, related_name="ingredients", verbose_name="version"
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name="ingrédient")
    quantity = QuantityField("quantité")
    named = models.BooleanField("dans la dénomination", default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "product"], name="ingredient_once"),
            models.CheckConstraint(condition=Q(quantity__gt=Value(0)), name="ingredient_quantity_positive"),
        ]
        verbose_name = "ingrédient"

    def __str__(self) -> str:
        return f"{self.product} · {self.quantity}"


class Fee(Written):
    """What the kitchen asks a farm for processing its goods, from a day on; a later line replaces it."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    farm = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="ferme")
    agreement = models.OneToOneField(Agreement, models.PROTECT, related_name="+", verbose_name="accord")
    per_batch = MoneyField("par fournée")
    per_unit = MoneyField("par unité obtenue")
    starts_on = models.DateField("à partir du")
    agreed = models.CharField("où c’est écrit", max_length=200)

    class Meta:
        ordering = ["farm__name", "starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="processing_fee_key_once"),
            models.CheckConstraint(
                condition=Q(per_batch__gte=Value(0), per_unit__gte=Value(0)),
                name="processing_fee_not_negative",
            ),
            models.CheckConstraint(condition=~Q(agreed=""), name="processing_fee_is_written_somewhere"),
        ]
        verbose_name = "prix à façon"

    def __str__(self) -> str:
        return f"{self.farm} · {self.starts_on}"


class Batch(models.Model):
    """A recipe made on a day: an operation of the ledger. With `owner`, all that comes out is that farm's."""

    process = models.OneToOneField(Process, models.PROTECT, related_name="+", verbose_name="opération")
    version = models.ForeignKey(RecipeVersion, models.PROTECT, related_name="+", verbose_name="recette")
    kitchen = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="conserverie")
    owner = models.ForeignKey(
        Agent, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="à façon pour"
    )
    planned = QuantityField("quantité prévue")
    on = models.DateField("jour")

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(planned__gt=Value(0)), name="kitchen_batch_planned_positive"),
        ]
        indexes = [models.Index(fields=["on"], name="kitchen_batch_on")]
        verbose_name = "fournée"

    def __str__(self) -> str:
        return f"{self.version.recipe} · {self.on}"


class Point(models.TextChoices):
    CORE = "core", "température à cœur"
    PH = "ph", "pH"
    F0 = "f0", "cycle d’autoclave (F0)"
    COOLING = "cooling", "refroidissement"
    INCUBATION = "incubation", "étuvage"


class Control(Written):
    """A critical point as it was read, judged by the limit of its day; never edited, the last one counts."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="controls", verbose_name="fournée")
    point = models.CharField("point", max_length=10, choices=Point.choices)
    # °C, pH, minutes at 121,1 °C, minutes of cooling, or 1 if the jars held.
    value = QuantityField("valeur")
    minutes = QuantityField("pendant (min)", null=True, blank=True)
    # [[minute, °C], …] of a cycle or of a cooling, in text as it was read.
    curve = models.JSONField("courbe", default=list, blank=True)
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="appareil"
    )
    out = models.BooleanField("hors limite")
    limit = models.CharField("limite", max_length=80)
    note = models.CharField("numéro de cycle, précision", max_length=120, blank=True)
    read_at = models.DateTimeField("relevé le")

    class Meta:
        ordering = ["read_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "key"], name="control_key_once"),
            models.CheckConstraint(condition=Q(point__in=Point.values), name="control_point_known"),
            models.CheckConstraint(
                condition=~Q(point=Point.F0) | Q(equipment__isnull=False),
                name="control_cycle_names_autoclave",
            ),
        ]
        verbose_name = "point critique"

    def __str__(self) -> str:
        return f"{self.batch} · {Point(self.point).label}"

    @property
    def silent(self) -> bool:
        """Out of its limit, and nobody has said what was done."""
        return self.out and not hasattr(self, "reply")


class RecordKind(models.TextChoices):
    CLEANING = "cleaning", "nettoyage"
    NONCONFORMITY = "nonconformity", "non-conformité"
    TRAINING = "training", "formation"


class Record(Written):
    """A line of the hygiene file: what was cleaned, what went wrong, who was trained and until when."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=13, choices=RecordKind.choices)
    what = models.CharField("quoi", max_length=120)
    on = models.DateField("le")
    until = models.DateField("valable jusqu’au", null=True, blank=True)
    person = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="personne formée"
    )
    note = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="hygiene_record_key_once"),
            models.CheckConstraint(condition=Q(kind__in=RecordKind.values), name="hygiene_record_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=RecordKind.TRAINING) | Q(person__isnull=False), name="training_of_somebody"
            ),
        ]
        indexes = [models.Index(fields=["ecopole", "kind", "on"], name="hygiene_record_by_day")]
        verbose_name = "ligne d’hygiène"

    def __str__(self) -> str:
        return f"{RecordKind(self.kind).label} · {self.what}"


class Reply(models.Model):
    """What was done about a point out of its limit, or a non-conformity; the first answer stays."""

    control = models.OneToOneField(
        Control, models.PROTECT, related_name="reply", null=True, blank=True, verbose_name="point critique"
    )
    record = models.OneToOneField(
        Record, models.PROTECT, related_name="reply", null=True, blank=True, verbose_name="non-conformité"
    )
    done = models.CharField("ce qui a été fait", max_length=300)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(control__isnull=False, record=None) | Q(control=None, record__isnull=False),
                name="reply_to_one_thing",
            ),
            models.CheckConstraint(condition=~Q(done=""), name="reply_says_something"),
        ]
        verbose_name = "action corrective"

    def __str__(self) -> str:
        return self.done


class Ending(models.Model):
    """What came out of a batch, beside the ledger: it stands as long as its event."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="endings", verbose_name="fournée")
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", verbose_name="production")
    water_kg = QuantityField("eau ajoutée (kg)", default=0)
    trimmings_kg = QuantityField("épluchures et parures (kg)", default=0)
    steam_kg = QuantityField("évaporé (kg)", default=0)
    samples = models.PositiveSmallIntegerField("gardés pour l’étuve ou témoins", default=0)
    gap_kg = QuantityField("écart du bilan (kg)")
    reason = models.CharField("pourquoi l’écart", max_length=200, blank=True)

    class Meta:
        verbose_name = "fin de fournée"

    def __str__(self) -> str:
        return f"{self.batch} · {self.event}"


class Zone(models.TextChoices):
    FRANCE = "france", "Agriculture France"
    EU = "eu", "Agriculture UE"
    ELSEWHERE = "elsewhere", "Agriculture non UE"


class Intake(models.Model):
    """What was bought for the kitchen: the supplier's own lot, one step back, and where it grew."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    lot = models.OneToOneField(Lot, models.PROTECT, related_name="kitchen_intake", verbose_name="lot")
    supplier_lot = models.CharField("lot du fournisseur", max_length=60)
    zone = models.CharField("origine", max_length=9, choices=Zone.choices)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="intake_key_once"),
            models.CheckConstraint(condition=Q(zone__in=Zone.values), name="intake_zone_known"),
            models.CheckConstraint(condition=~Q(supplier_lot=""), name="intake_names_the_supplier_lot"),
        ]
        verbose_name = "achat de la conserverie"

    def __str__(self) -> str:
        return f"{self.lot} · {self.supplier_lot}"


class Operator(Written):
    """Who answers for what is on the label, from a day on; the last line counts."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    kitchen = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="conserverie")
    name = models.CharField("exploitant", max_length=120)
    address = models.CharField("adresse", max_length=200)
    organic_body = models.CharField("organisme certificateur", max_length=12, blank=True)
    organic_until = models.DateField("certificat bio valable jusqu’au", null=True, blank=True)
    starts_on = models.DateField("à partir du")

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="operator_key_once"),
            models.CheckConstraint(
                condition=Q(organic_until=None) | ~Q(organic_body=""), name="operator_certificate_has_a_body"
            ),
        ]
        verbose_name = "exploitant"

    def __str__(self) -> str:
        return self.name
