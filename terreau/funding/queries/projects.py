"""Where projects stand: plans of financing, steps of each funder, deadlines, money awaited."""

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from terreau.funding.measures import months_between
from terreau.funding.models import (
    BudgetLine,
    Claim,
    ClaimKind,
    Cofunding,
    Expected,
    Nature,
    Piece,
    Project,
    Step,
    StepKind,
)
from terreau.funding.vocabulary import themes
from terreau.measures.money import Money, added
from terreau.territory.models import Ecopole
from terreau.territory.together import together

GAVE = (StepKind.OBTAINED, StepKind.PARTLY)
ENDED = (StepKind.DENIED, StepKind.DROPPED, StepKind.ARCHIVED)
NOTHING = Money(0)


@cache
def reminder_days() -> int:
    """How long before a deadline « Aujourd’hui » tells of it."""
    rules = Path(__file__).parents[1] / "data" / "reminders.toml"
    days: int = tomllib.loads(rules.read_text(encoding="utf-8"))["days"]
    return days


@dataclass
class Standing:
    """A funder of a project, as its steps tell it; what is said again counts the last time."""

    row: Cofunding
    steps: list[Step] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    @property
    def state(self) -> StepKind | None:
        """The last step; a payment is not one. None: own funds, which nobody is asked for."""
        kinds = [StepKind(step.kind) for step in self.steps if step.kind != StepKind.PAID]
        return kinds[-1] if kinds else None

    def last(self, *kinds: StepKind) -> Step | None:
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)

    @property
    def requested(self) -> Money:
        step = self.last(StepKind.REQUESTED)
        return step.amount if step and step.amount else NOTHING

    @property
    def notified(self) -> Money:
        step = self.last(*GAVE)
        return step.amount if step and step.amount else NOTHING

    @property
    def amount(self) -> Money:
        """What counts in the plan: notified, else requested, else foreseen; nothing once refused."""
        if self.state in (StepKind.DENIED, StepKind.DROPPED):
            return NOTHING
        return self.notified or self.requested or self.row.planned

    @property
    def paid(self) -> Money:
        return added(step.amount for step in self.steps if step.kind == StepKind.PAID and step.amount)

    @property
    def claimed(self) -> Money:
        """On papers; an advance is on none."""
        return added(claim.total for claim in self.claims if claim.kind != ClaimKind.ADVANCE)

    @property
    def advanced(self) -> Money:
        return added(claim.total for claim in self.claims if claim.kind == ClaimKind.ADVANCE)

    @property
    def period(self) -> tuple[date, date] | None:
        """The days whose expenses the funder pays."""
        step = self.last(*GAVE)
        return (step.from_on, step.to_on) if step and step.from_on and step.to_on else None

    @property
    def due_on(self) -> date | None:
        """The deadline of where it stands."""
        step = next((step for step in reversed(self.steps) if step.kind != StepKind.PAID), None)
        return step.due_on if step and step.kind not in ENDED else None


def standings(projects: Collection[Project] | QuerySet[Project]) -> dict[int, list[Standing]]:
    """The funders of projects, by project. One query, whatever the rows."""
    rows, steps, claims = together(
        Cofunding.objects.filter(project__in=projects).select_related("project", "aid").order_by("id"),
        Step.objects.filter(cofunding__project__in=projects).select_related("recorded_by").order_by("id"),
        Claim.objects.filter(cofunding__project__in=projects).order_by("id"),
    )
    found = {row.pk: Standing(row) for row in rows}
    for step in steps:
        found[step.cofunding_id].steps.append(step)
    for claim in claims:
        found[claim.cofunding_id].claims.append(claim)
    by_project: dict[int, list[Standing]] = defaultdict(list)
    for one in found.values():
        by_project[one.row.project_id].append(one)
    return by_project


@dataclass(frozen=True)
class Plan:
    """The plan of financing: what it costs, who pays, what is not balanced and what no rule allows."""

    project: Project
    lines: tuple[BudgetLine, ...]
    funders: tuple[Standing, ...]

    @property
    def cost(self) -> Money:
        return added(line.cost for line in self.lines)

    @property
    def base(self) -> Money:
        return added(line.base for line in self.lines)

    @property
    def brought(self) -> Money:
        return added(one.amount for one in self.funders)

    @property
    def gap(self) -> Money:
        """What is still to be found; below zero, more is foreseen than it costs."""
        return self.cost - self.brought

    @property
    def public(self) -> Money:
        return added(one.amount for one in self.funders if one.row.nature == Nature.PUBLIC)

    @property
    def public_max(self) -> Money | None:
        """The most that public money may pay; None while the ceiling is not known."""
        ceiling = self.project.public_ceiling
        return None if ceiling is None else self.base.times(ceiling / 100)

    @property
    def beyond(self) -> Money:
        """Public money above the ceiling."""
        most = self.public_max
        return NOTHING if most is None or self.public <= most else self.public - most


def plan_of(project: Project) -> Plan:
    """Two queries, whatever the rows."""
    lines = project.lines.filter(withdrawn_at=None).select_related("project").order_by("id")
    return Plan(project, tuple(lines), tuple(standings([project]).get(project.pk, ())))


@dataclass(frozen=True)
class ProjectLine:
    """A project in the list: its cost, and how much of it is asked, given and paid."""

    project: Project
    cost: Money
    funders: tuple[Standing, ...]

    @property
    def notified(self) -> Money:
        return added(one.notified for one in self.funders)

    @property
    def paid(self) -> Money:
        return added(one.paid for one in self.funders)

    @property
    def gap(self) -> Money:
        return self.cost - added(one.amount for one in self.funders)


def project_lines(ecopole: Ecopole) -> list[ProjectLine]:
    """The latest first. Three queries, whatever the rows."""
    projects = list(Project.objects.filter(ecopole=ecopole).select_related("holder"))
    costs: dict[int, Money] = defaultdict(lambda: NOTHING)
    for line in BudgetLine.objects.filter(project__in=projects, withdrawn_at=None).select_related("project"):
        costs[line.project_id] += line.cost
    funders = standings(projects)
    return [ProjectLine(row, costs[row.pk], tuple(funders.get(row.pk, ()))) for row in projects]


@dataclass(frozen=True)
class Deadline:
    on: date
    project: Project
    cofunding: Cofunding
    what: str

    def is_late(self, today: date) -> bool:
        return self.on < today


DUE = {
    StepKind.SPOTTED: "déposer la demande", StepKind.PREPARING: "déposer la demande",
    StepKind.REQUESTED: "réponse attendue", StepKind.OBTAINED: "envoyer le bilan",
    StepKind.PARTLY: "envoyer le bilan", StepKind.RUNNING: "envoyer le bilan",
    StepKind.CLOSED: "garder les pièces",
}  # fmt: skip


def deadlines(funders: Iterable[Standing]) -> list[Deadline]:
    """What is awaited of each funder where it stands, and the last day its expenses are paid."""
    found = []
    for one in funders:
        project, state = one.row.project, one.state
        if one.due_on and state in DUE:
            found.append(Deadline(one.due_on, project, one.row, DUE[state]))
        if one.period and state in (*GAVE, StepKind.RUNNING):
            found.append(Deadline(one.period[1], project, one.row, "dernier jour des dépenses"))
    return sorted(found, key=lambda line: (line.on, line.cofunding.pk))


def awaiting(ecopole: Ecopole, today: date) -> list[Deadline]:
    """The deadlines passed or near. One query."""
    every = standings(Project.objects.filter(ecopole=ecopole))
    near = today + timedelta(days=reminder_days())
    return [line for line in deadlines(one for rows in every.values() for one in rows) if line.on <= near]


@dataclass(frozen=True)
class CashMonth:
    """A month: spent, paid, awaited as said, and awaited weighed by its chance; balance since the start."""

    month: date
    spent: Money
    paid: Money
    awaited: Money
    weighed: Money
    balance: Money


def cash(project: Project, funders: Sequence[Standing], today: date) -> list[CashMonth]:
    """What really went out and came in, then what is awaited from now on. Two queries."""
    spent, paid = _by_month(), _by_month()
    awaited, weighed = _by_month(), _by_month()
    shares = Piece.objects.filter(shares__cofunding__project=project, shares__withdrawn_at=None).distinct()
    for piece in shares:
        spent[piece.on.replace(day=1)] += piece.cost
    for one in funders:
        for step in one.steps:
            if step.kind == StepKind.PAID and step.amount:
                paid[step.on.replace(day=1)] += step.amount
    rows = Expected.objects.filter(cofunding__project=project, withdrawn_at=None, on__gte=today)
    for row in rows:
        awaited[row.on.replace(day=1)] += row.amount
        weighed[row.on.replace(day=1)] += row.amount.times(row.chance / 100)
    months = [*spent, *paid, *awaited]
    if not months:
        return []
    told, balance = [], NOTHING
    for month in months_between(min(months), max(months)):
        balance += paid[month] + weighed[month] - spent[month]
        told.append(CashMonth(month, spent[month], paid[month], awaited[month], weighed[month], balance))
    return told


def _by_month() -> dict[date, Money]:
    return defaultdict(lambda: NOTHING)


@dataclass(frozen=True)
class ThemeYear:
    """Of a theme in a year: what was asked, given and paid, and the real names behind it."""

    year: int
    theme: str
    names: tuple[str, ...]
    requested: Money
    obtained: Money
    paid: Money


def themes_by_year(funders: Iterable[Standing], names: dict[str, str]) -> list[ThemeYear]:
    """`names`: the real name of each scheme. Each amount counts in the year of its last step."""
    sums: dict[tuple[int, str], dict[str, Any]] = {}
    for one in funders:
        label = themes().get(one.row.theme, "sans thème")
        real = names.get(one.row.scheme) or (one.row.aid.name if one.row.aid else one.row.funder)
        asked, given = one.last(StepKind.REQUESTED), one.last(*GAVE)
        told = [("requested", asked), ("obtained", given)]
        told += [("paid", step) for step in one.steps if step.kind == StepKind.PAID]
        for column, step in told:
            if step and step.amount:
                slot = sums.setdefault((step.on.year, label), {"names": set()})
                slot[column] = slot.get(column, NOTHING) + step.amount
                slot["names"].add(real)
    ranked = sorted(sums.items(), key=lambda item: (-item[0][0], item[0][1]))
    columns = ("requested", "obtained", "paid")
    return [
        ThemeYear(year, label, tuple(sorted(slot["names"])), *(slot.get(name, NOTHING) for name in columns))
        for (year, label), slot in ranked
    ]
