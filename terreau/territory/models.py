"""Who, where, what: people, organisations, places, products. What flows between them is in the ledger."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

from terreau.measures.quantity import Unit
from terreau.territory.abilities import ROLE_LABELS, Role
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.figures import check_portions, check_weeks, parse_portions, parse_weeks

VOWELS = "aâàeéèêiîïoôuyœ"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. What they may do is said by their memberships, écopôle by écopôle."""

    email = models.EmailField("adresse e-mail", unique=True)
    name = models.CharField("nom", max_length=120)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accès technique", default=False)
    date_joined = models.DateTimeField("inscription", default=timezone.now)

    objects = UserManager()

    roles_held: Sequence["Membership"] = ()  # read with a session (see access.SignIn)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "compte"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)


class Commune(models.Model):
    """A French commune, with the figures of its open-data row; `contour` is a list of rings of [lon, lat]."""

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=80)
    departement = models.CharField("département", max_length=3)
    epci_code = models.CharField("code EPCI", max_length=9, blank=True)
    epci_name = models.CharField("intercommunalité", max_length=120, blank=True)
    postcodes = models.CharField("codes postaux", max_length=200, blank=True)
    population = models.PositiveIntegerField("population", null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    area_km2 = models.FloatField("surface (km²)", null=True)
    contour = models.JSONField("contour simplifié", default=list, blank=True)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["epci_code"])]

    def __str__(self) -> str:
        return self.name

    @property
    def of_name(self) -> str:
        """« d’Audruicq », « de Guemps », « du Portel », « des Attaques »."""
        for article, contracted in (("Le ", "du "), ("Les ", "des ")):
            if self.name.startswith(article):
                return contracted + self.name.removeprefix(article)
        return ("d’" if self.name[:1].lower() in VOWELS else "de ") + self.name


class CommuneFigures(models.Model):
    """What INSEE publishes of a commune in files of their own, whether its list was imported or not."""

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    zone = models.CharField("zone d’emploi", max_length=4, blank=True)
    zone_name = models.CharField("nom de la zone d’emploi", max_length=120, blank=True)
    # At the place of work, by the census: the sample of a year, hence not a whole number.
    jobs = models.FloatField("emplois au lieu de travail", null=True)
    jobs_year = models.PositiveSmallIntegerField("recensement", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(jobs=None) | Q(jobs__gte=0), name="figures_jobs_not_negative"),
            models.CheckConstraint(
                condition=Q(jobs=None, jobs_year=None) | Q(jobs__isnull=False, jobs_year__isnull=False),
                name="figures_jobs_have_their_year",
            ),
        ]
        indexes = [models.Index(fields=["zone"], name="figures_of_zone")]
        verbose_name = "chiffres d’une commune"

    def __str__(self) -> str:
        return self.code


class Ecopole(models.Model):
    """One site, in one territory, with its organisations; an instance may hold several strangers."""

    slug = models.SlugField("adresse", unique=True)
    name = models.CharField("nom", max_length=120)
    commune = models.ForeignKey(Commune, models.PROTECT, verbose_name="commune")

    class Meta:
        ordering = ["name"]
        verbose_name = "écopôle"

    def __str__(self) -> str:
        return self.name

    def take_turns(self) -> None:
        """Two hands about to write the same thing: the second waits until the first has finished."""
        if connection.features.has_select_for_update:  # SQLite has one writer at a time
            Ecopole.objects.select_for_update(no_key=True).get(pk=self.pk)


class AgentKind(models.TextChoices):
    """What an actor is to the week: where goods come from and where they go."""

    GARDEN = "garden", "jardin"
    FARM = "farm", "ferme"
    PLATFORM = "platform", "plateforme"
    KITCHEN = "kitchen", "cuisine"
    CANTEEN = "canteen", "cantine"
    SHOP = "shop", "magasin"
    GROCERY = "grocery", "épicerie sociale"
    DEPOT = "depot", "dépôt"
    ASSOCIATION = "association", "association"
    AUTHORITY = "authority", "collectivité"
    LANDLORD = "landlord", "bailleur"
    PERSON = "person", "personne"


class Agent(models.Model):
    """An organisation or a person who provides or receives something. The ledger knows only its key."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="agents", verbose_name="écopôle")
    kind = models.CharField("nature", max_length=12, choices=AgentKind.choices)
    name = models.CharField("nom", max_length=120)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, verbose_name="commune")
    contact = models.CharField("personne à joindre", max_length=120, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("adresse e-mail", blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    # Erasure: the row loses name and contact, its key stays, and every total with it.
    anonymised_at = models.DateTimeField("anonymisé le", null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "name"], name="agent_name_once_per_ecopole"),
            models.UniqueConstraint(
                fields=["ecopole", "siret"], condition=~Q(siret=""), name="agent_siret_once_per_ecopole"
            ),
            models.CheckConstraint(condition=Q(kind__in=AgentKind.values), name="agent_kind_known"),
        ]
        verbose_name = "acteur"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role, for an organisation, in an écopôle."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name="compte")
    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="memberships", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="memberships", verbose_name="organisation")
    role = models.CharField("rôle", max_length=12, choices=[(r.value, ROLE_LABELS[r]) for r in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "agent", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="membership_role_known"
            ),
        ]
        verbose_name = "rôle"

    def __str__(self) -> str:
        return f"{self.user} · {ROLE_LABELS[Role(self.role)]} · {self.agent}"


class PlaceKind(models.TextChoices):
    BED = "bed", "planche"
    FIELD = "field", "parcelle"
    COLD = "cold", "chambre froide"
    AMBIENT = "ambient", "réserve"
    DOCK = "dock", "quai"
    DOOR = "door", "porte"
    DEPOT = "depot", "dépôt"
    # A natural site, cared for on behalf of its owner.
    SITE = "site", "site naturel"
    # Of the third place: where people meet.
    ROOM = "room", "salle"


class Place(models.Model):
    """Where something grows, waits or is handed over. `agent` is who holds the place."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="places", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, related_name="places", verbose_name="tenu par")
    kind = models.CharField("nature", max_length=8, choices=PlaceKind.choices)
    name = models.CharField("nom", max_length=80)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, verbose_name="commune")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    capacity_kg = QuantityField("capacité (kg)", null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "agent", "name"], name="place_name_once_per_agent"),
            models.CheckConstraint(condition=Q(kind__in=PlaceKind.values), name="place_kind_known"),
        ]
        verbose_name = "lieu"

    def __str__(self) -> str:
        return self.name


class TravelTime(models.Model):
    """How long a trip takes, as a person who drives it says. Never edited: the newest word on a pair wins."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    from_place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="de")
    to_place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name="à")
    minutes = models.PositiveSmallIntegerField("minutes")
    km = QuantityField("kilomètres", null=True, blank=True)
    both_ways = models.BooleanField("dans les deux sens", default=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=120)

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="travel_time_key_once"),
            models.CheckConstraint(
                condition=~Q(from_place=F("to_place")), name="travel_time_between_two_places"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=600), name="travel_time_minutes_plausible"
            ),
            models.CheckConstraint(condition=Q(km=None) | Q(km__gt=0), name="travel_time_km_positive"),
        ]
        verbose_name = "trajet corrigé"

    def __str__(self) -> str:
        return f"{self.from_place} → {self.to_place} · {self.minutes} min"


class RoadGraph(models.Model):
    """The roads around an écopôle, as read from an OpenStreetMap extract. The one imported last is used.

    In the database and not beside it: every host that plans has it.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    # Of the file, of what was kept of it and of the speeds: the same again is the same graph.
    version = models.CharField("version", max_length=64)
    file_name = models.CharField("fichier", max_length=120)
    of = models.DateField("date des données", null=True)
    # Of the speeds: those of `travel.toml` from that day.
    rule = models.DateField("vitesses du")
    nodes = models.PositiveIntegerField("nœuds")
    data = models.BinaryField("graphe")
    imported_at = models.DateTimeField("importé le")

    class Meta:
        ordering = ["-imported_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "version"], name="road_graph_version_once"),
            models.CheckConstraint(condition=Q(nodes__gt=0), name="road_graph_has_nodes"),
        ]
        verbose_name = "carte des routes"

    def __str__(self) -> str:
        return f"{self.file_name} · {self.of}"


class RoadLeg(models.Model):
    """A way already computed, between two places where they then were: one that moved makes it stale."""

    graph = models.ForeignKey(RoadGraph, models.CASCADE, related_name="+", verbose_name="carte")
    from_place = models.ForeignKey(Place, models.CASCADE, related_name="+", verbose_name="de")
    to_place = models.ForeignKey(Place, models.CASCADE, related_name="+", verbose_name="à")
    # Latitude and longitude of both ends.
    ends = models.CharField("positions", max_length=120)
    seconds = models.PositiveIntegerField("secondes")
    metres = models.PositiveIntegerField("mètres")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["graph", "from_place", "to_place"], name="road_leg_once"),
            models.CheckConstraint(
                condition=~Q(from_place=F("to_place")), name="road_leg_between_two_places"
            ),
        ]
        verbose_name = "trajet calculé"

    def __str__(self) -> str:
        return f"{self.from_place} → {self.to_place} · {self.seconds} s"


class TravelFactor(models.Model):
    """By how much trips last longer than said, on the tours driven; accepted by a person, from a day on.

    Never edited: a later word is another line, and a factor of 1 takes it back.
    """

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    # What it corrects: the estimate or the roads, by the date of their rule.
    base = models.CharField("temps calés", max_length=20)
    season = models.CharField("saison", max_length=12)
    factor = QuantityField("coefficient")
    legs = models.PositiveIntegerField("trajets faits")
    starts_on = models.DateField("à partir du")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("accepté le")
    key = models.CharField(max_length=120)

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="travel_factor_key_once"),
            models.CheckConstraint(
                condition=Q(factor__gte=Decimal("0.5"), factor__lte=Decimal(2)),
                name="travel_factor_plausible",
            ),
            models.CheckConstraint(condition=Q(legs__gt=0) | Q(factor=1), name="travel_factor_from_legs"),
        ]
        verbose_name = "coefficient des trajets"

    def __str__(self) -> str:
        return f"{self.season} · × {self.factor}"


class Quality(models.IntegerChoices):
    """How a lot may be sold. First-year conversion (C1) is sold as conventional: three steps, not four."""

    CONVENTIONAL = 0, "conventionnel"
    CONVERSION = 1, "en conversion (2ᵉ année)"
    ORGANIC = 2, "bio"


class ProductFamily(models.TextChoices):
    VEGETABLE = "vegetable", "légumes"
    FRUIT = "fruit", "fruits"
    HERB = "herb", "aromates"
    EGG = "egg", "œufs"
    DAIRY = "dairy", "produits laitiers"
    BREAD = "bread", "pain"
    GROCERY = "grocery", "épicerie"
    PRESERVE = "preserve", "conserves"
    BASKET = "basket", "paniers"
    CRATE = "crate", "caisses"
    # An hour of a trade flows too: what is worked is written as hours of one of these.
    WORK = "work", "travail"
    # Taking part, counted: earned by hours given, spent on benefits, never into euros.
    CREDIT = "credit", "crédits de participation"


class Product(models.Model):
    """What flows. One product has one unit; its reference figures come from a sheet, with sources."""

    code = models.SlugField("code", max_length=40, unique=True)
    name = models.CharField("nom", max_length=80, unique=True)
    unit = models.CharField("unité", max_length=6, choices=[(u.value, u.symbol) for u in Unit])
    family = models.CharField("famille", max_length=10, choices=ProductFamily.choices)
    # A kilo weighs 1; a lettuce 0,35: what carries, stores and wastes counts in kilos.
    unit_kg = QuantityField("poids d’une unité (kg)")
    # At most one product of a group in a basket: two cabbages are one too many.
    basket_group = models.CharField("groupe de panier", max_length=20, blank=True)
    storage = models.CharField(
        "conservation", max_length=8, choices=[("cold", "au froid"), ("ambient", "au sec")], default="cold"
    )
    keeps_days = models.PositiveSmallIntegerField("se garde (jours)", null=True, blank=True)
    vat_class = models.CharField("classe de TVA", max_length=20, default="food")
    macantine_family = models.CharField("famille ma-cantine", max_length=30, blank=True)
    reference_price = MoneyField("prix de repère à l’unité", null=True, blank=True)
    portions = models.CharField(
        "portions d’un panier", max_length=60, blank=True, validators=[check_portions]
    )
    weeks = models.CharField("semaines de récolte", max_length=60, blank=True, validators=[check_weeks])
    source = models.CharField("source des repères", max_length=250, blank=True)
    expert = models.BooleanField("repères estimés par le métier", default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(unit__in=[u.value for u in Unit]), name="product_unit_known"),
            models.CheckConstraint(condition=Q(unit_kg__gte=0), name="product_unit_kg_not_negative"),
        ]
        verbose_name = "produit"

    def __str__(self) -> str:
        return self.name

    def keeps_until(self, born: date) -> date | None:
        """The last day a lot harvested or made on a day may leave the store; none for what never spoils."""
        return None if self.keeps_days is None else born + timedelta(days=self.keeps_days)

    @property
    def portion_sizes(self) -> tuple[Decimal, ...]:
        """What a basket may hold of it, smallest first, in the product's unit; none if it never goes in."""
        return parse_portions(self.portions)

    @property
    def harvest_weeks(self) -> frozenset[int]:
        """The ISO weeks when it comes out of the fields of Hauts-de-France, storage aside."""
        return parse_weeks(self.weeks)


class Invitation(models.Model):
    """A letter that opens one role to one address, once, until it expires."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="invitations", verbose_name="écopôle")
    agent = models.ForeignKey(Agent, models.PROTECT, verbose_name="organisation")
    role = models.CharField("rôle", max_length=12, choices=[(r.value, ROLE_LABELS[r]) for r in Role])
    email = models.EmailField("adresse e-mail")
    # Only its SHA-256: a stolen copy of the database opens no door.
    token_hash = models.CharField(max_length=64, unique=True)
    # Nobody: the first letter of an écopôle, written by `terreau open`.
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, verbose_name="invité par")
    sent_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("expire le")
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"{self.email} · {ROLE_LABELS[Role(self.role)]}"
