"""People of the tests: Alice coordinates, Daniel directs, Fanny farms."""

from datetime import UTC, datetime

from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Membership, User

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "trois mots étonnants"


def someone(email: str, agent: Agent, *roles: Role) -> User:
    """An account holding these roles for this organisation."""
    user = User.objects.filter(email=email).first()
    user = user or User.objects.create_user(email, PASSWORD, name=email.partition("@")[0].capitalize())
    for role in roles:
        Membership.objects.create(user=user, ecopole=agent.ecopole, agent=agent, role=role)
    return user
