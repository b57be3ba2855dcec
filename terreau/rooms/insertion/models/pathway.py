"""The pathway: interviews, objectives, obstacles, actions, trainings, skills and evaluations."""

from django.db import models
from django.db.models import F, Q

from terreau.rooms.insertion.models.facts import Fact, known
from terreau.territory.fields import QuantityField
from terreau.territory.models import User
from terreau.territory.sealed import SealedTextField


class InterviewKind(models.TextChoices):
    WELCOME = "welcome", "entretien d’accueil"
    ENTRY = "entry", "diagnostic d’entrée"
    REVIEW = "review", "point d’étape"
    EXIT = "exit", "bilan de sortie"
    OTHER = "other", "entretien"


class Interview(Fact):
    """A conversation that leaves a trace; what was said is in its notes, part by part."""

    kind = models.CharField("nature", max_length=8, choices=InterviewKind.choices)
    held_on = models.DateField("tenu le")
    next_on = models.DateField("prochain rendez-vous", null=True, blank=True)
    # The « entretien professionnel » of the Labour Code (L6315-1) may be held at the same time.
    professional = models.BooleanField("vaut entretien professionnel", default=False)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("kind", InterviewKind, "interview_kind_known"),
            models.CheckConstraint(
                condition=Q(next_on=None) | Q(next_on__gt=F("held_on")), name="interview_next_after"
            ),
        ]
        indexes = [models.Index(fields=["participant", "held_on"], name="interview_by_day")]
        verbose_name = "entretien"

    def __str__(self) -> str:
        return f"{self.participant} · {self.held_on:%d/%m/%Y}"


class Section(models.TextChoices):
    """What is spoken of; each section is read by those who may read its part (access.py)."""

    IDENTITY = "identity", "situation personnelle"
    HOUSING = "housing", "logement"
    RIGHTS = "rights", "droits et démarches"
    HEALTH = "health", "santé au travail"
    JUSTICE = "justice", "contraintes de justice"
    BUDGET = "budget", "budget"
    MOBILITY = "mobility", "mobilité"
    LANGUAGE = "language", "langue et numérique"
    WORK = "work", "situation de travail"
    PROJECT = "project", "projet professionnel"
    EXPECTATIONS = "expectations", "attentes, dans les mots de la personne"


class InterviewNote(Fact):
    interview = models.ForeignKey(Interview, models.PROTECT, related_name="notes", verbose_name="entretien")
    section = models.CharField("rubrique", max_length=12, choices=Section.choices)
    text = SealedTextField("ce qui a été dit")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("section", Section, "interview_note_section_known"),
        ]
        verbose_name = "note d’entretien"

    def __str__(self) -> str:
        return f"note de {self.participant}"


class Origin(models.TextChoices):
    EXPRESSED = "expressed", "exprimé par la personne"
    PROPOSED = "proposed", "proposé"


class Objective(Fact):
    """What the person wants to reach; a step of another one when it has a `parent`."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="steps", verbose_name="étape de"
    )
    interview = models.ForeignKey(
        Interview, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="dit lors de"
    )
    label = SealedTextField("objectif")
    origin = models.CharField("origine", max_length=10, choices=Origin.choices)
    # The supervisor reads those of the trade, and no other.
    professional = models.BooleanField("objectif professionnel", default=False)
    due_on = models.DateField("pour le", null=True, blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("origin", Origin, "objective_origin_known")]
        verbose_name = "objectif"

    def __str__(self) -> str:
        return f"objectif de {self.participant}"


class Progress(models.TextChoices):
    OPEN = "open", "en cours"
    REACHED = "reached", "atteint"
    GIVEN_UP = "given_up", "abandonné"


class ObjectiveProgress(Fact):
    """Where an objective stands on a day; the newest word wins."""

    objective = models.ForeignKey(Objective, models.PROTECT, related_name="progress", verbose_name="objectif")
    state = models.CharField("état", max_length=8, choices=Progress.choices)
    said_on = models.DateField("dit le")
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("state", Progress, "objective_progress_known")]
        verbose_name = "avancée d’un objectif"

    def __str__(self) -> str:
        return f"objectif de {self.participant} · {Progress(self.state).label}"


class Family(models.TextChoices):
    """The eight obstacles to employment counted by the ASP, with its codes."""

    LANGUAGE = "illetrisme", "lecture, écriture, français"
    RIGHTS = "demarch", "démarches et accès aux droits"
    HOUSING = "heberg", "logement"
    MOBILITY = "mobilite", "mobilité"
    HEALTH = "sante", "santé"
    JUSTICE = "justice", "justice"
    BUDGET = "surendet", "budget et dettes"
    AVAILABILITY = "manque_dispo", "disponibilité"


class Obstacle(Fact):
    """How much an obstacle weighs on a day, from 0 (none) to 3 (blocks employment).

    The eight families are said together, so that a row tells nothing; the level is sealed.
    """

    family = models.CharField("famille", max_length=12, choices=Family.choices)
    level = SealedTextField("niveau")
    note = SealedTextField("ce que cela change au travail", default="", blank=True)
    said_on = models.DateField("dit le")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("family", Family, "obstacle_family_known")]
        indexes = [models.Index(fields=["participant", "said_on"], name="obstacle_by_day")]
        verbose_name = "frein"

    def __str__(self) -> str:
        return f"frein de {self.participant}"


class Reach(models.TextChoices):
    """Who supports: the ASP counts the three apart."""

    INTERNAL = "internal", "en interne"
    EXTERNAL = "external", "par un partenaire"
    BOTH = "both", "les deux"


class SupportAction(Fact):
    """Something done with the person, in a minute's typing. Which obstacle it answers is sealed."""

    family = SealedTextField("frein", default="", blank=True)
    need = SealedTextField("besoin", default="", blank=True)
    label = SealedTextField("action")
    partner = SealedTextField("partenaire", default="", blank=True)
    result = SealedTextField("résultat", default="", blank=True)
    reach = models.CharField("accompagnement", max_length=8, choices=Reach.choices)
    done_on = models.DateField("fait le")
    urgent = models.BooleanField("prioritaire", default=False)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("reach", Reach, "support_reach_known")]
        indexes = [models.Index(fields=["participant", "done_on"], name="support_by_day")]
        verbose_name = "action d’accompagnement"

    def __str__(self) -> str:
        return f"{self.participant} · {self.done_on:%d/%m/%Y}"


class Training(Fact):
    title = models.CharField("intitulé", max_length=160)
    kind = models.CharField("nature", max_length=40, blank=True)
    organisation = models.CharField("organisme", max_length=120, blank=True)
    hours = QuantityField("heures")
    starts_on = models.DateField("commence le")
    ends_on = models.DateField("finit le")
    note = SealedTextField("résultat", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Q(hours__gt=0), name="training_hours_positive"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="training_days_in_order"),
        ]
        verbose_name = "formation"

    def __str__(self) -> str:
        return f"{self.participant} · formation du {self.starts_on:%d/%m/%Y}"


class SkillMark(Fact):
    """What a person can do in a trade, on a day; no level: not assessed, and out of every mean."""

    # Codes of the grid of a trade.
    grid = models.CharField("grille", max_length=40)
    skill = models.CharField("compétence", max_length=60)
    level = models.PositiveSmallIntegerField("niveau", null=True, blank=True)
    marked_on = models.DateField("observé le")
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Q(level=None) | Q(level__lte=4), name="skill_level_known"),
        ]
        indexes = [models.Index(fields=["participant", "marked_on"], name="skill_by_day")]
        verbose_name = "compétence observée"

    def __str__(self) -> str:
        return f"{self.participant} · {self.skill}"


class Evaluation(Fact):
    """What the supervisor and the person say of the work of a period."""

    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    by_supervisor = SealedTextField("ce que dit l’encadrement")
    by_person = SealedTextField("ce que dit la personne", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="evaluation_days_in_order"),
        ]
        verbose_name = "évaluation au poste"

    def __str__(self) -> str:
        return f"{self.participant} · évaluation du {self.ends_on:%d/%m/%Y}"


class Signature(Fact):
    """« I have read it »: the person's own account, at that hour. Inside evidence, no qualified one."""

    evaluation = models.OneToOneField(
        Evaluation, models.PROTECT, related_name="signature", verbose_name="évaluation"
    )
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="signée par")
    signed_at = models.DateTimeField("signée le")

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "signature"

    def __str__(self) -> str:
        return f"{self.participant} · {self.signed_at:%d/%m/%Y}"
