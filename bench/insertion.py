"""The pages of insertion at 300 people × 5 years: `python bench/insertion.py` (or within `pages.py`).

Three hundred files, one counsellor for all: pathways of 24 months, begun all along five years, in ten teams;
each with its PASS, two contracts, a monthly interview with its notes and obstacles, actions, objectives,
marks, weekly sheets closed in the ledger; who left has left with a reason and its follow-ups.
"""

import io
import os
import subprocess
import sys
import tempfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from ledger import ROOT

PEOPLE, TEAMS, YEARS = 300, 10, 5
MONTHS_EACH = 24
DAY_HOURS = Decimal("5.2")
KEYS = count(1)


def fill(today: date) -> None:
    """Written in bulk: what the pages read, not how it was typed."""
    from django.utils import timezone

    from terreau.measures.week import IsoWeek
    from terreau.rooms.insertion import models as m
    from terreau.territory.demo import SLUG
    from terreau.territory.models import Agent, Ecopole, User

    ecopole = Ecopole.objects.get(slug=SLUG)
    garden = Agent.objects.get(ecopole=ecopole, kind="garden")
    by, over = (
        User.objects.get(email=f"{name}@exemple.invalid") for name in ("accompagnement", "encadrement")
    )
    at = timezone.make_aware(datetime.combine(today, time(8)))

    def row(model: Any, **fields: Any) -> Any:
        return model(key=f"bench-{next(KEYS)}", recorded_by=by, recorded_at=at, **fields)

    def add(model: Any, rows: list[Any]) -> list[Any]:
        return list(model.objects.bulk_create(rows, batch_size=2000))

    team_rows = [
        row(m.Team, ecopole=ecopole, workshop=garden, name=f"Équipe {number}", supervisor=over)
        for number in range(TEAMS)
    ]
    teams = add(m.Team, team_rows)
    agents = Agent.objects.bulk_create(
        Agent(ecopole=ecopole, kind="person", name=f"P-B{number:03}") for number in range(PEOPLE)
    )
    people = add(
        m.Participant,
        [
            row(
                m.Participant, ecopole=ecopole, agent=agent, name=f"Nom{number}",
                first_name=f"Prénom{number}", birth_date=date(1980, 1, 1), phone="0600000000",
                email=f"p{number}@exemple.invalid", address="1 rue du Jardin",
            )
            for number, agent in enumerate(agents)
        ],
    )  # fmt: skip
    first = today - timedelta(days=365 * YEARS)
    begun = {
        person: first + timedelta(days=365 * YEARS * number // PEOPLE) for number, person in enumerate(people)
    }
    over_on = {person: start + timedelta(days=30 * MONTHS_EACH) for person, start in begun.items()}
    team_of = {person: teams[number % TEAMS] for number, person in enumerate(people)}
    add(m.Following, [row(m.Following, participant=p, counsellor=by, since=begun[p]) for p in people])
    add(m.Posting, [row(m.Posting, participant=p, team=team_of[p], since=begun[p]) for p in people])
    pass_rows = [row(m.PassIae, participant=p, number=f"99999{p.pk:07}", starts_on=begun[p]) for p in people]
    add(m.PassIae, pass_rows)
    half = timedelta(days=15 * MONTHS_EACH)
    signed = add(
        m.Contract,
        [
            row(
                m.Contract, participant=p, employer=garden, kind="cddi", job="Maraîchage", starts_on=start,
                ends_on=start + half - timedelta(days=1), weekly_hours=Decimal(26),
            )
            for p in people
            for start in (begun[p], begun[p] + half)
        ],
    )  # fmt: skip
    last = {contract.participant_id: contract for contract in signed}
    left = [person for person in people if over_on[person] <= today]
    gone = add(
        m.Exit,
        [
            row(
                m.Exit, participant=p, contract=last[p.pk], left_on=over_on[p], reason="1", category="durable"
            )
            for p in left
        ],
    )
    add(
        m.FollowUp,
        [
            row(
                m.FollowUp, participant=g.participant, exit=g, month=month, situation="emploi",
                observed_on=g.left_on + timedelta(days=30 * month),
            )
            for g in gone
            for month in (3, 6)
        ],
    )  # fmt: skip
    _lived(m, add, row, begun, today)
    _worked(m, add, row, begun, team_of, today, IsoWeek, at)


def _lived(m: Any, add: Any, row: Any, begun: dict[Any, date], today: date) -> None:
    """A meeting a month, and all it leaves."""
    held = add(
        m.Interview,
        [
            row(
                m.Interview, participant=person, kind="review" if month else "entry", held_on=day,
                next_on=day + timedelta(days=30),
            )
            for person, start in begun.items()
            for month in range(MONTHS_EACH)
            if (day := start + timedelta(days=30 * month)) <= today
        ],
    )  # fmt: skip
    notes = [
        row(m.InterviewNote, participant=i.participant, interview=i, section=section, text="Point fait.")
        for i in held
        for section in ("work", "project", "housing")
    ]
    add(m.InterviewNote, notes)
    said = [i for number, i in enumerate(held) if number % 6 == 0]
    levels = [
        row(m.Obstacle, participant=i.participant, family=family, level="1", note="", said_on=i.held_on)
        for i in said
        for family in m.Family.values
    ]
    add(m.Obstacle, levels)
    acted = [
        row(
            m.SupportAction, participant=i.participant, label="Dossier", reach="internal", family="heberg",
            done_on=i.held_on, result="fait",
        )
        for i in held
    ]  # fmt: skip
    add(m.SupportAction, acted)
    aims = [row(m.Objective, participant=p, label="Permis", origin="expressed") for p in begun]
    add(m.Objective, aims)


def _worked(
    m: Any, add: Any, row: Any, begun: dict[Any, date], team_of: Any, today: date, weeks: Any, at: datetime
) -> None:
    """Closed sheets, and their hours in the ledger; the week of today is still to be filled."""
    from terreau.ledger.actions import Entry, record
    from terreau.ledger.effects import Action
    from terreau.measures.quantity import Unit
    from terreau.rooms.insertion.hours import WORKED, event_key
    from terreau.territory.models import Product

    ecopole = next(iter(begun)).ecopole
    this = weeks.of(today)
    kept = weeks.range(weeks.of(min(begun.values())), this - 1)
    sheets = add(
        m.WeekSheet,
        [
            row(m.WeekSheet, ecopole=ecopole, team=team, week=str(week))
            for team in dict.fromkeys(team_of.values())
            for week in kept
        ],
    )
    steps = [row(m.SheetStep, sheet=s, state=state) for s in sheets for state in ("validated", "closed")]
    add(m.SheetStep, steps)
    at_sheet = {(sheet.team_id, sheet.week): sheet for sheet in sheets}
    typed = []
    for person, start in begun.items():
        end = min(start + timedelta(days=30 * MONTHS_EACH - 1), this.monday - timedelta(days=1))
        for day in (start + timedelta(days=n) for n in range((end - start).days + 1)):
            if day.isoweekday() <= 5:
                sheet = at_sheet[team_of[person].pk, str(weeks.of(day))]
                line = row(
                    m.SheetLine, participant=person, sheet=sheet, day=day,
                    workshop_id=team_of[person].workshop_id, kind="worked", hours=DAY_HOURS,
                )  # fmt: skip
                typed.append(line)
    lines = add(m.SheetLine, typed)
    product = Product.objects.get(code=WORKED)
    for start in range(0, len(lines), 5000):
        entries = [
            Entry(
                Action.WORK, line.participant.agent_id, line.workshop_id, product.pk, line.hours,
                Unit(product.unit), key=event_key(line),
                occurred_at=at.replace(year=line.day.year, month=line.day.month, day=line.day.day),
            )
            for line in lines[start : start + 5000]
        ]  # fmt: skip
        record(ecopole=ecopole, entries=entries, recorded_by=None, recorded_at=at)


def pages(today: date) -> list[tuple[str, str, str]]:
    """Name, whose sign-in, address. The dialogue is that of the year whose accounts are typed."""
    from terreau.measures.week import IsoWeek
    from terreau.rooms.insertion.models import Annex, Team, YearSaid

    accounts = YearSaid.objects.latest("recorded_at")
    annex = Annex.objects.filter(starts_on__year=accounts.year).latest("recorded_at").pk
    team, week = Team.objects.get(name="Équipe 0").pk, IsoWeek.of(today)
    here = f"P-B{PEOPLE - PEOPLE // YEARS:03}"
    return [
        ("today, counsellor", "accompagnement", ""),
        ("insertion, the people", "accompagnement", "insertion/"),
        ("insertion, the direction’s", "direction", "insertion/"),
        ("insertion, a file", "accompagnement", f"insertion/{here}/"),
        ("insertion, a pathway", "accompagnement", f"insertion/{here}/parcours/"),
        ("insertion, an interview", "accompagnement", f"insertion/{here}/parcours/entretien/"),
        ("insertion, weeks", "encadrement", "insertion/heures/"),
        ("insertion, a week to fill", "encadrement", f"insertion/heures/{team}/{week}/"),
        ("insertion, a closed week", "encadrement", f"insertion/heures/{team}/{week - 1}/"),
        ("insertion, steering", "direction", "insertion/pilotage/"),
        ("insertion, its dialogue", "direction", f"insertion/pilotage/annexe/{annex}/dialogue/"),
        ("insertion, a month", "direction", f"insertion/pilotage/mois/{today.replace(day=1):%Y-%m}/"),
        ("insertion, exits", "direction", "insertion/sorties/"),
    ]


def main() -> None:
    from pages import TODAY

    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3", "TERREAU_BENCH": "insertion",
            "TERREAU_CLOCK": f"{TODAY}T09:00", "TERREAU_VAR": folder,
        }  # fmt: skip
        subprocess.run([sys.executable, __file__], env=environment, cwd=ROOT, check=True)


def bench() -> None:
    from django.core.management import call_command
    from pages import TODAY, _print, measure

    call_command("migrate", verbosity=0)
    call_command("demo", weeks=1, stdout=io.StringIO())
    fill(TODAY)
    for name, role, address in pages(TODAY):
        _print(name, *measure(role, address))


if __name__ == "__main__":
    if os.environ.get("TERREAU_BENCH"):
        import terreau.web.wsgi  # noqa: F401 — set up as the server is

        bench()
    else:
        main()
