"""A small garden on Monday 23 November 2026: Maxence accompanies Ana, Morgan supervises her, Daniel directs.

Bob is followed by Imane and works in another team: nobody of the former may read him, but Daniel.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

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

    def add(self, model: type[Fact], **fields: Any) -> Any:
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
