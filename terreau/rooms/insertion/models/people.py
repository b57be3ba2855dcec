"""Who accompanies whom, and how a person came: referral, diagnosis, criteria and their proofs."""

from django.db import models

from terreau.rooms.insertion.models.facts import Fact, known
from terreau.territory.hand import Written
from terreau.territory.models import Agent, Ecopole, User
from terreau.territory.sealed import SealedDateField, SealedTextField


class Following(Fact):
    """The counsellor in charge of a person from a day on; the newest word wins, nobody if left empty."""

    counsellor = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="suivi par"
    )
    since = models.DateField("depuis le")

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "suivi"

    def __str__(self) -> str:
        return f"{self.participant} · {self.since:%d/%m/%Y}"


class Team(Written):
    """The people a supervisor works with, in a workshop: the garden, the platform, the kitchen…"""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    workshop = models.ForeignKey(Agent, models.PROTECT, related_name="+", verbose_name="atelier")
    name = models.CharField("nom", max_length=80)
    supervisor = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="encadrée par"
    )

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="team_key_once"),
            models.UniqueConstraint(fields=["ecopole", "name"], name="team_name_once"),
        ]
        verbose_name = "équipe"

    def __str__(self) -> str:
        return self.name


class Posting(Fact):
    """The team of a person from a day on; the newest word wins, no team if left empty."""

    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", verbose_name="équipe")
    since = models.DateField("depuis le")

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "affectation"

    def __str__(self) -> str:
        return f"{self.participant} · {self.since:%d/%m/%Y}"


class Referral(Fact):
    """Somebody spoke of the person to us, or they came by themselves (`prescriber` empty)."""

    # A code of rules/prescribers.csv, sealed: some names tell of health or of justice.
    prescriber = SealedTextField("nature de l’orienteur", default="", blank=True)
    organisation = SealedTextField("organisme", default="", blank=True)
    contact = SealedTextField("personne à joindre", default="", blank=True)
    referred_on = models.DateField("reçue le")
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "orientation"

    def __str__(self) -> str:
        return f"{self.participant} · {self.referred_on:%d/%m/%Y}"


class Answer(models.TextChoices):
    ACCEPTED = "accepted", "accueil décidé"
    WAITING = "waiting", "liste d’attente"
    REFUSED = "refused", "pas d’accueil"
    GIVEN_UP = "given_up", "la personne n’a pas donné suite"


class ReferralAnswer(Fact):
    """What was decided after the welcome interview; the newest word wins."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="answers", verbose_name="orientation")
    answer = models.CharField("décision", max_length=8, choices=Answer.choices)
    decided_on = models.DateField("décidé le")
    note = SealedTextField("motif", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [*Fact.Meta.constraints, known("answer", Answer, "referral_answer_known")]
        verbose_name = "réponse à une orientation"

    def __str__(self) -> str:
        return f"{self.participant} · {Answer(self.answer).label}"


class Author(models.TextChoices):
    PRESCRIBER = "prescriber", "prescripteur habilité"
    EMPLOYER = "employer", "nous-mêmes"


class Diagnosis(Fact):
    """Eligibility to insertion: who said so and when. The criteria kept are beside, sealed."""

    author = models.CharField("établi par", max_length=10, choices=Author.choices)
    prescriber = SealedTextField("nature du prescripteur", default="", blank=True)
    made_on = models.DateField("établi le")
    # A code of the ASP list: it is counted in the annual report.
    education = SealedTextField("niveau de formation", default="", blank=True)
    note = SealedTextField("précision", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            known("author", Author, "diagnosis_author_known"),
        ]
        verbose_name = "diagnostic d’éligibilité"

    def __str__(self) -> str:
        return f"{self.participant} · {self.made_on:%d/%m/%Y}"


class Criterion(Fact):
    """A criterion kept by a diagnosis: which, and where its proof lies. The proof itself is not here."""

    diagnosis = models.ForeignKey(
        Diagnosis, models.PROTECT, related_name="criteria", verbose_name="diagnostic"
    )
    code = SealedTextField("critère")
    # The day the proof bears; for a title or a decision, the last day it holds is `valid_until`.
    proof_date = SealedDateField("date de la preuve", null=True, blank=True)
    valid_until = SealedDateField("valable jusqu’au", null=True, blank=True)
    # A diploma has no age.
    lasting = models.BooleanField("preuve sans date", default=False)
    kept_at = SealedTextField("où est la preuve", default="", blank=True)

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "critère retenu"

    def __str__(self) -> str:
        return f"critère de {self.participant}"


class PaperKind(models.TextChoices):
    """What ends one day, and must be renewed in time; the newest row of a kind wins."""

    RESIDENCE_PERMIT = "residence_permit", "titre de séjour"
    RQTH = "rqth", "reconnaissance de travailleur handicapé"
    MEDICAL_VISIT = "medical_visit", "visite médicale"


class Paper(Fact):
    """Until when a paper holds. Which paper is sealed too: that it exists already tells."""

    kind = SealedTextField("papier")
    valid_until = SealedDateField("valable jusqu’au")

    class Meta(Fact.Meta):
        abstract = False
        verbose_name = "échéance d’un papier"

    def __str__(self) -> str:
        return f"papier de {self.participant}"
