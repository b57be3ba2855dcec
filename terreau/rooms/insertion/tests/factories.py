"""A small garden on Monday 23 November 2026: Maxence accompanies Ana, Morgan supervises her, Daniel directs.

Bob is followed by Imane and works in another team: nobody of the former may read him, but Daniel.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.access import SECTION_PARTS, Part
from terreau.rooms.insertion.models import Contract, Following, Participant, PassIae, Posting, Team
from terreau.rooms.insertion.models.facts import Fact
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Membership, User

TODAY = date(2026, 11, 23)
NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
NUMBERS = count(1)


def written(**more: Any) -> dict[str, Any]:
    """What every line has in common."""
    return {"key": f"cle-{next(NUMBERS):06}", "recorded_by": None, "recorded_at": NOW} | more


@dataclass
class Small:
    ecopole: Ecopole
    garden: Agent
    team: Team
    other_team: Team
    people: dict[str, User]
    ana: Participant
    bob: Participant
    facts: dict[str, Any] = field(default_factory=dict)

    def url(self, path: str = "") -> str:
        return f"/e/{self.ecopole.slug}/insertion/{path}"

    def add(self, model: type[Fact], /, **fields: Any) -> Any:
        """A line of Ana's file."""
        return model.objects.create(**written(participant=self.ana) | fields)

    def contract(self, **fields: Any) -> Contract:
        plain = {
            "kind": "cddi", "employer": self.garden, "job": "Ouvrière maraîchère",
            "starts_on": date(2026, 6, 1), "ends_on": date(2027, 1, 31), "weekly_hours": Decimal(26),
        }  # fmt: skip
        return self.add(Contract, **plain | fields)

    def pass_iae(self, **fields: Any) -> PassIae:
        return self.add(PassIae, **{"number": "999991234567", "starts_on": date(2026, 6, 1)} | fields)


ROLES = {
    "maxence": Role.COUNSELLOR, "imane": Role.COUNSELLOR, "morgan": Role.SUPERVISOR,
    "salome": Role.SUPERVISOR, "daniel": Role.DIRECTOR, "alice": Role.COORDINATOR,
    "gael": Role.GROWER, "lou": Role.PLATFORM, "noa": Role.BASKETS, "fanny": Role.FARMER,
    "charlie": Role.BUYER,
}  # fmt: skip


def small(slug: str = "essai") -> Small:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Vieille-Église", "departement": "62"}
    )
    ecopole = Ecopole.objects.create(slug=slug, name="Écopôle d’essai", commune=commune)
    garden = Agent.objects.create(ecopole=ecopole, kind=AgentKind.GARDEN, name="Jardin d’essai")
    people = {}
    for name, role in ROLES.items():
        people[name] = User.objects.create_user(f"{name}.{slug}@exemple.invalid", None, name=name.title())
        Membership.objects.create(user=people[name], ecopole=ecopole, agent=garden, role=role)
    team, other_team = (
        Team.objects.create(
            **written(ecopole=ecopole, workshop=garden, name=name, supervisor=people[supervisor])
        )
        for name, supervisor in (("Plein champ", "morgan"), ("Serres", "salome"))
    )
    ana = _person(ecopole, "P-ANA2", "Martin", "Ana", people["maxence"], team)
    bob = _person(ecopole, "P-BOB3", "Durand", "Bob", people["imane"], other_team)
    people["ana"] = User.objects.create_user(f"ana.{slug}@exemple.invalid", None, name="Ana")
    Membership.objects.create(user=people["ana"], ecopole=ecopole, agent=ana.agent, role=Role.PARTICIPANT)
    return Small(ecopole, garden, team, other_team, people, ana, bob)


def _person(ecopole: Ecopole, code: str, name: str, first: str, by: User, team: Team) -> Participant:
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.PERSON, name=code)
    person = Participant.objects.create(
        **written(ecopole=ecopole, agent=agent, name=name, first_name=first, birth_date=date(1990, 5, 17))
    )
    Following.objects.create(**written(participant=person, counsellor=by, since=date(2026, 5, 1)))
    Posting.objects.create(**written(participant=person, team=team, since=date(2026, 6, 1)))
    return person


# --- canaries -------------------------------------------------------------------------------------------

# Every sealed text and the part it belongs to: a word of it may be read by who opens that part alone.
SEALED_PARTS: dict[str, Part] = {
    "participant.name": Part.NAME, "participant.first_name": Part.NAME,
    "participant.sex": Part.IDENTITY, "participant.phone": Part.IDENTITY,
    "participant.email": Part.IDENTITY, "participant.address": Part.IDENTITY,
    "referral.prescriber": Part.CRITERIA, "referral.organisation": Part.CRITERIA,
    "referral.contact": Part.CRITERIA, "referral.note": Part.CRITERIA,
    "referralanswer.note": Part.CRITERIA,
    "diagnosis.prescriber": Part.CRITERIA, "diagnosis.education": Part.CRITERIA,
    "diagnosis.note": Part.CRITERIA,
    "criterion.code": Part.CRITERIA, "criterion.kept_at": Part.CRITERIA,
    "paper.kind": Part.HEALTH,
    "contract.shortened": Part.JUSTICE,
    "renewalopinion.note": Part.CONTRACT,
    "pmsmp.note": Part.OBJECTIVES,
    "objective.label": Part.SOCIAL, "objectiveprogress.note": Part.SOCIAL,
    "obstacle.level": Part.JUSTICE, "obstacle.note": Part.JUSTICE,
    "supportaction.family": Part.JUSTICE, "supportaction.need": Part.JUSTICE,
    "supportaction.label": Part.JUSTICE, "supportaction.partner": Part.JUSTICE,
    "supportaction.result": Part.JUSTICE,
    "training.note": Part.SOCIAL, "skillmark.note": Part.SKILLS,
    "evaluation.by_supervisor": Part.SKILLS, "evaluation.by_person": Part.SKILLS,
    "exit.note": Part.SOCIAL, "followup.note": Part.SOCIAL,
    "identity.name": Part.IDENTITY, "identity.first_name": Part.IDENTITY, "identity.sex": Part.IDENTITY,
    "identity.phone": Part.IDENTITY, "identity.email": Part.IDENTITY, "identity.address": Part.IDENTITY,
    "identity.reason": Part.IDENTITY, "hold.note": Part.CRITERIA,
    "reading.reason": Part.CRITERIA, "withdrawal.reason": Part.SOCIAL,
} | {f"interviewnote.text:{section.value}": part for section, part in SECTION_PARTS.items()}  # fmt: skip


def canary(where: str) -> str:
    """A word found nowhere else."""
    return f"canari-{where.replace('.', '-').replace(':', '-').replace('_', '-')}-canari"


def plant(person: Participant, by: User) -> None:
    """A canary in every sealed text of a file; obstacles and actions speak of justice."""
    day, add = date(2026, 9, 1), _planter(person)
    for name in ("name", "first_name", "sex", "phone", "email", "address"):
        setattr(person, name, canary(f"participant.{name}"))
    person.save()
    referral = add(m.Referral, referred_on=day)
    add(m.ReferralAnswer, referral=referral, answer="accepted", decided_on=day)
    add(m.Criterion, diagnosis=add(m.Diagnosis, author="prescriber", made_on=day))
    add(m.Paper, valid_until=date(2026, 12, 1))
    contract = add(
        Contract, kind="cddi", employer=person.agent, job="Ouvrier", starts_on=day,
        ends_on=date(2027, 2, 28), weekly_hours=Decimal(26),
    )  # fmt: skip
    renewal = add(m.Renewal, contract=contract, months=4, requested_on=day)
    add(m.RenewalOpinion, renewal=renewal, step=1, opinion="yes", given_on=day)
    add(m.Pmsmp, host="Ferme voisine", object="discover", starts_on=day, ends_on=day)
    interview = add(m.Interview, kind="entry", held_on=day, next_on=date(2026, 11, 1))
    for section in SECTION_PARTS:
        word = canary(f"interviewnote.text:{section.value}")
        add(m.InterviewNote, interview=interview, section=section, text=word)
    objective = add(m.Objective, origin="proposed")
    add(m.ObjectiveProgress, objective=objective, state="open", said_on=day)
    add(m.Obstacle, family="justice", said_on=day)
    add(m.SupportAction, reach="internal", done_on=day)
    add(m.Training, title="Permis", hours=Decimal(7), starts_on=day, ends_on=day)
    add(m.SkillMark, grid="garden", skill="harvest", marked_on=day)
    add(m.Evaluation, starts_on=day, ends_on=day)
    gone = add(m.Exit, contract=contract, left_on=date(2027, 2, 28), reason="2", category="durable")
    add(m.FollowUp, exit=gone, month=3, observed_on=day, situation="employed")
    add(m.Withdrawal, model="training", fact="aucune")
    add(m.Identity)
    add(m.Hold, reason="control", since=date(2020, 1, 1))
    add(PassIae, number="999990000001", starts_on=day)
    m.Reading.objects.create(
        participant=person, reader=by, part="justice", reason=canary("reading.reason"), read_at=NOW
    )


def _planter(person: Participant) -> Any:
    def add(model: type[Fact], /, **fields: Any) -> Any:
        name = model._meta.model_name
        sealed = {where.partition(".")[2] for where in SEALED_PARTS if where.startswith(f"{name}.")}
        words = {column: canary(f"{name}.{column}") for column in sealed if ":" not in column}
        return model.objects.create(**written(participant=person) | words | fields)

    return add


def as_(world, name: str) -> Client:
    client = Client()
    client.force_login(world.people[name])
    return client
