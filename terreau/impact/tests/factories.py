"""Some communes of three intercommunalities, an écopôle in one of them, a scenario that reads."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from django.test import Client

from terreau.engines.contribution import Answer, solve
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Membership, User

CASES = tomllib.loads(Path(__file__).with_name("scenario_files.toml").read_text(encoding="utf-8"))
GOOD = CASES["good"]
NOW, TODAY = datetime(2026, 11, 27, 9, tzinfo=UTC), date(2026, 11, 27)
LENS, AUDRUICQ = ("246200364", "CA de Lens - Liévin"), ("246200844", "CC de la Région d’Audruicq")
NEAR = ("246200729", "CC de la Haute Plaine")
# Two have their jobs in our tables, the third has none.
PLACES = [
    ("62057", "Audruicq", 5_400, AUDRUICQ), ("62852", "Vieille-Église", 1_500, AUDRUICQ),
    ("62645", "Oye-Plage", 5_300, AUDRUICQ), ("62621", "Nortkerque", 1_600, AUDRUICQ),
    ("62748", "Ruminghem", 1_600, AUDRUICQ),
    ("62498", "Lens", 31_000, LENS), ("62510", "Liévin", 30_000, LENS), ("62528", "Loos", 7_000, LENS),
    ("62001", "Ablain", 1_900, NEAR), ("62002", "Ablainzevelle", 200, NEAR),
]  # fmt: skip


def make_here(settings) -> SimpleNamespace:
    for code, name, population, (epci, epci_name) in PLACES:
        Commune.objects.create(
            code=code, name=name, departement="62", epci_code=epci, epci_name=epci_name,
            population=population, latitude=50.5, longitude=2.5,
        )  # fmt: skip
    ecopole = Ecopole.objects.create(slug="test", name="Test", commune_id="62852")
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.PLATFORM, name="La maison")
    clients = {}
    for role in ("coordinator", "grower"):
        user = User.objects.create_user(f"{role}@exemple.invalid", None, name=role)
        Membership.objects.create(user=user, ecopole=ecopole, agent=agent, role=role)
        clients[role] = Client()
        clients[role].force_login(user)
    return SimpleNamespace(
        settings=settings, ecopole=ecopole, client=clients["coordinator"], grower=clients["grower"]
    )


def lying(*args, **options) -> Answer:
    """The engine's answer, the first median of it moved to its 95th percentile."""
    found = solve(*args, **options)
    one = next(effect for effect in found.effects if effect.gross.mid is not None)
    lie = replace(one, gross=replace(one.gross, mid=one.gross.high))
    return replace(found, effects=tuple(lie if effect is one else effect for effect in found.effects))
