"""What every line of a file has in common: added once, by somebody, and withdrawn by another line."""

from typing import Any

from django.db import models
from django.db.models import BooleanField, F, Func, Q

from terreau.territory.hand import KEY_LENGTH, Written
from terreau.territory.models import Agent, Ecopole
from terreau.territory.sealed import SealedDateField, SealedTextField


def known(field: str, choices: type[models.Choices], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class Participant(Written):
    """A person in a pathway. The rest of the house knows their agent alone, which goes by a pseudonym."""

    ecopole = models.ForeignKey(Ecopole, models.PROTECT, related_name="+", verbose_name="écopôle")
    agent = models.OneToOneField(Agent, models.PROTECT, related_name="+", verbose_name="pseudonyme")
    name = SealedTextField("nom")
    first_name = SealedTextField("prénom")
    birth_date = SealedDateField("date de naissance", null=True, blank=True)
    # Women and men are counted each year; « F », « M » or nothing.
    sex = SealedTextField("sexe", default="", blank=True)
    phone = SealedTextField("téléphone", default="", blank=True)
    email = SealedTextField("adresse e-mail", default="", blank=True)
    address = SealedTextField("adresse", default="", blank=True)
    # Once kept long enough: the words are gone, the counts stay.
    anonymised_at = models.DateTimeField("anonymisé le", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ecopole", "key"], name="participant_key_once")]
        verbose_name = "personne accompagnée"

    def __str__(self) -> str:
        """The pseudonym: what a log, an error or a list made in haste may show."""
        return self.code

    @property
    def code(self) -> str:
        return self.agent.name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.name}".strip() or self.code


class Stands(Func):
    """No later line withdraws this one. Said in SQL: a page asks it of a dozen kinds of lines at once."""

    template = (
        "NOT EXISTS (SELECT 1 FROM insertion_withdrawal said"
        " WHERE said.model = '%(kind)s' AND said.participant_id = %(expressions)s)"
    )
    arg_joiner = " AND said.fact = "
    output_field = BooleanField()

    def __init__(self, kind: str):
        super().__init__(F("participant"), F("key"), kind=kind)

    @classmethod
    def sql(cls, model: type[models.Model], alias: str) -> str:
        """The same, for a query written by hand."""
        columns = cls.arg_joiner.join((f"{alias}.participant_id", f"{alias}.key"))
        return cls.template % {"kind": model._meta.model_name, "expressions": columns}


class FactQuerySet(models.QuerySet[Any]):
    def standing(self) -> "FactQuerySet":
        """Those that no later line withdraws."""
        return self.filter(Stands(self.model._meta.model_name))


class Fact(Written):
    """A line of a person's file: never edited; a mistake is withdrawn, and the right line added."""

    participant = models.ForeignKey(
        Participant, models.PROTECT, related_name="+", db_index=False, verbose_name="personne"
    )

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        # Its index also finds all the lines of a person.
        constraints = [models.UniqueConstraint(fields=["participant", "key"], name="%(class)s_key_once")]


class Withdrawal(Fact):
    """« That line was wrong, because… » The line stays readable to who reads the file's history."""

    model = models.CharField("nature de la ligne", max_length=40)
    fact = models.CharField("ligne retirée", max_length=KEY_LENGTH)
    reason = SealedTextField("motif")

    class Meta(Fact.Meta):
        abstract = False
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["participant", "model", "fact"], name="withdrawal_once"),
        ]
        verbose_name = "ligne retirée"

    def __str__(self) -> str:
        return f"{self.participant} · {self.model}"
