"""Members: who gives hours and learns, known by a pseudonym to the ledger; and what they learned."""

from django.db import models

from terreau.territory.hand import KEY_LENGTH
from terreau.territory.models import Agent, Ecopole, User


class Member(models.Model):
    """A person who takes part. Their name stays here: the rest of the house knows « M-7K3D »."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    agent = models.OneToOneField(Agent, models.PROTECT, related_name="+", verbose_name="pseudonyme")
    name = models.CharField("nom", max_length=80)
    email = models.EmailField("adresse e-mail", blank=True)
    # Volunteers sign a charter before their first hour.
    charter_on = models.DateField("charte signée le", null=True, blank=True)
    closed_on = models.DateField("n’est plus membre depuis", null=True, blank=True)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["ecopole", "key"], name="member_key_once")]
        verbose_name = "membre"

    def __str__(self) -> str:
        return self.name


class Path(models.Model):
    """A learning path: skills, acquired one by one; all of them make a certificate."""

    ecopole = models.ForeignKey(Ecopole, models.CASCADE, related_name="+", verbose_name="écopôle")
    name = models.CharField("nom", max_length=80)
    about = models.CharField("pour apprendre à", max_length=300)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["ecopole", "key"], name="path_key_once"),
            models.UniqueConstraint(fields=["ecopole", "name"], name="path_name_once"),
        ]
        verbose_name = "parcours"

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    path = models.ForeignKey(Path, models.PROTECT, related_name="skills", verbose_name="parcours")
    rank = models.PositiveSmallIntegerField("rang")
    name = models.CharField("compétence", max_length=120)

    class Meta:
        ordering = ["path", "rank"]
        constraints = [models.UniqueConstraint(fields=["path", "name"], name="skill_name_once")]
        verbose_name = "compétence"

    def __str__(self) -> str:
        return self.name


class Mark(models.Model):
    """A skill seen at work in a member, on a day, by somebody."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="marks", verbose_name="membre")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="marks", verbose_name="compétence")
    on = models.DateField("vue le")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")

    class Meta:
        ordering = ["skill", "on"]
        constraints = [
            # A skill is acquired once.
            models.UniqueConstraint(fields=["member", "skill"], name="mark_once"),
        ]
        verbose_name = "compétence acquise"

    def __str__(self) -> str:
        return f"{self.member} · {self.skill}"
