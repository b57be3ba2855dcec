"""The week of a team: who worked when, and why not. Closed, its hours are written in the ledger."""

from django.db import models
from django.db.models import Q, Value

from terreau.rooms.insertion.models.facts import Fact, known
from terreau.rooms.insertion.models.people import Team
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole


class WeekSheet(Written):
    """A team, a week. Where it stands is its last step."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name="équipe")
    week = models.CharField("semaine", max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="week_sheet_key_once"),
            models.UniqueConstraint(fields=["team", "week"], name="week_sheet_once"),
        ]
        verbose_name = "feuille de semaine"

    def __str__(self) -> str:
        return f"{self.team} · {self.week}"


class SheetState(models.TextChoices):
    VALIDATED = "validated", "validée"
    CLOSED = "closed", "clôturée"
    REOPENED = "reopened", "rouverte"


class SheetStep(Written):
    """Validated by the supervisor, closed by the counsellor or direction, reopened with a reason."""

    sheet = models.ForeignKey(WeekSheet, models.PROTECT, related_name="steps", verbose_name="feuille")
    state = models.CharField("état", max_length=10, choices=SheetState.choices)
    reason = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "key"], name="sheet_step_key_once"),
            known("state", SheetState, "sheet_state_known"),
            models.CheckConstraint(
                condition=~Q(state=SheetState.REOPENED) | ~Q(reason=""), name="sheet_reopened_with_reason"
            ),
        ]
        verbose_name = "étape d’une feuille"

    def __str__(self) -> str:
        return f"{self.sheet} · {SheetState(self.state).label}"


class HoursKind(models.TextChoices):
    """What a day was; the list, and which are paid, is rules/hour_kinds.csv."""

    WORKED = "worked", "travail"
    LEAVE = "leave", "congé payé"
    HOLIDAY = "holiday", "jour férié chômé"
    TRAINING = "training", "formation"
    PMSMP = "pmsmp", "immersion"
    SICK_PAID = "sick_paid", "arrêt, salaire maintenu"
    SICK = "sick", "arrêt, salaire non maintenu"
    UNPAID = "unpaid", "absence non payée"


class SheetLine(Fact):
    """Hours of a person, a day, in a workshop, of one kind. Corrected by another line that replaces it."""

    sheet = models.ForeignKey(WeekSheet, models.PROTECT, related_name="lines", verbose_name="feuille")
    day = models.DateField("jour")
    workshop = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="atelier")
    kind = models.CharField("nature", max_length=12, choices=HoursKind.choices)
    hours = QuantityField("heures")
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name="remplace"
    )

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("kind", HoursKind, "sheet_line_kind_known"),
            # Nothing, for the line that takes another back.
            models.CheckConstraint(condition=Q(hours__gte=0, hours__lte=24), name="sheet_line_of_a_day"),
        ]
        indexes = [models.Index(fields=["participant", "day"], name="sheet_line_by_day")]
        verbose_name = "heures d’un jour"

    def __str__(self) -> str:
        return f"{self.participant} · {self.day:%d/%m/%Y}"


class AidReceived(Written):
    """What the ASP paid for an annexe, and the day. A wrong line is answered by its opposite."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    annex = models.CharField("annexe", max_length=17)
    regularisation = models.BooleanField("régularisation", default=False)
    amount = MoneyField("montant")
    received_on = models.DateField("reçu le")

    class Meta:
        ordering = ["received_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="aid_received_key_once"),
            models.CheckConstraint(condition=~Q(amount=Value(0)), name="aid_received_not_nil"),
        ]
        verbose_name = "aide au poste reçue"

    def __str__(self) -> str:
        return f"{self.annex} · {self.received_on:%d/%m/%Y}"


def _percent(field: str, name: str) -> models.CheckConstraint:
    condition = Q(**{field: None}) | Q(**{f"{field}__lte": 100})
    return models.CheckConstraint(condition=condition, name=name)


class YearSaid(Written):
    """What the accounts, the payroll and the préfet say of a year, up to a day; the newest word wins."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    year = models.PositiveSmallIntegerField("année")
    until = models.DateField("arrêté au")
    charges = MoneyField("charges de l’activité")
    charges_to_come = MoneyField("charges à venir d’ici la fin de l’année")
    receipts_apart = MoneyField("recettes commerciales hors du grand livre")
    receipts_to_come = MoneyField("recettes à venir d’ici la fin de l’année")
    # Leave of the préfet, and the part that is fixed each year: in percent.
    cap = models.PositiveSmallIntegerField("plafond par dérogation", null=True, blank=True)
    modulated = models.PositiveSmallIntegerField("part modulée de l’aide", null=True, blank=True)
    procurement = MoneyField("chiffre d’affaires des marchés publics à clause")
    # Hours of who supervises and accompanies; volunteers are not counted.
    supervisors_hours = QuantityField("heures d’encadrement technique", null=True, blank=True)
    counsellors_hours = QuantityField("heures d’accompagnement", null=True, blank=True)
    others_hours = QuantityField("heures de personnes non salariées", null=True, blank=True)
    providers_hours = QuantityField("heures de prestataires", null=True, blank=True)

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="year_said_key_once"),
            models.CheckConstraint(
                condition=Q(charges__gte=Value(0), charges_to_come__gte=Value(0)),
                name="year_said_charges_not_negative",
            ),
            _percent("cap", "year_said_cap_percent"),
            _percent("modulated", "year_said_modulated_percent"),
        ]
        verbose_name = "chiffres d’une année"

    def __str__(self) -> str:
        return f"{self.year} au {self.until:%d/%m/%Y}"
