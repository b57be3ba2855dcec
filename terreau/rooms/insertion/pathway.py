"""The pathway as pages read it: each line with the part of the file it belongs to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from terreau.measures.french import format_date, format_decimal
from terreau.measures.periods import plus_months
from terreau.rooms.insertion.access import SECTION_PARTS, Part, part_of
from terreau.rooms.insertion.lines import lines
from terreau.rooms.insertion.models import (
    Evaluation,
    Family,
    HoursKind,
    Interview,
    InterviewNote,
    Objective,
    ObjectiveProgress,
    Obstacle,
    Participant,
    Progress,
    Section,
    SheetLine,
    Signature,
    SkillMark,
    SupportAction,
    Training,
)
from terreau.rooms.insertion.rules.law import listed

SHADES = {None: "h-none", 0: "h0", 1: "h2", 2: "h3", 3: "h5"}
LEVELS = {0: "aucun", 1: "un peu", 2: "beaucoup", 3: "empêche l’emploi"}
# The heat map shows the last days on which obstacles were said.
DAYS_MAX = 8
HOURS_MONTHS = 3


def _lines(model: Any, person: Participant, *order: str) -> Any:
    return model.objects.standing().filter(participant=person).order_by(*order)


class Told:
    """The lines of a file that its reader may see, of these kinds, read in one query."""

    def __init__(self, person: Participant, parts: Iterable[Part], *kinds: type[Any]):
        opened = set(parts)
        seen = {
            InterviewNote: Q(section__in=[s for s, part in SECTION_PARTS.items() if part in opened]),
            Obstacle: Q(family__in=families(opened)),
            # Without the social part, those of the trade alone.
            Objective: Q() if Part.SOCIAL in opened else Q(professional=True),
        }
        asked = {kind: _lines(kind, person).filter(seen.get(kind, Q())) for kind in kinds}
        self.person, self.lines = person, lines(asked, [person.pk], {})

    def of(self, kind: type[Any], day: str = "", *, newest: bool = False) -> list[Any]:
        """In the order of a day of theirs; without it, as they were written."""
        rows = self.lines[kind][self.person.pk]
        key = (lambda row: (getattr(row, day) or date.max, row.pk)) if day else (lambda row: row.pk)
        return sorted(rows, key=key, reverse=newest)


# --- obstacles ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    day: date
    level: int | None
    x: int

    @property
    def shade(self) -> str:
        return SHADES[self.level]

    @property
    def said(self) -> str:
        return "non dit" if self.level is None else LEVELS[self.level]


@dataclass(frozen=True)
class HeatLine:
    label: str
    cells: tuple[Cell, ...]
    note: str
    y: int


@dataclass(frozen=True)
class Heat:
    """The families the reader may see, by the days they were said."""

    lines: tuple[HeatLine, ...]
    days: tuple[Cell, ...]

    @property
    def height(self) -> int:
        return 26 * len(self.lines) + 22

    label, step, width = 230, 66, 230 + 66 * DAYS_MAX


def level_of(said: str) -> int | None:
    return int(said) if said in {"0", "1", "2", "3"} else None


def families(parts: Iterable[Part]) -> list[Family]:
    """The obstacles whose part is open to the reader."""
    opened = set(parts)
    return [family for family in Family if part_of(family) in opened]


def obstacles(person: Participant, parts: Iterable[Part], told: Told | None = None) -> list[Obstacle]:
    return (told or Told(person, parts, Obstacle)).of(Obstacle, "said_on")


def heat(rows: list[Obstacle], parts: Iterable[Part]) -> Heat | None:
    """How much each obstacle weighed, day by day; None before anything was said."""
    days = sorted({row.said_on for row in rows})[-DAYS_MAX:]
    if not days:
        return None
    said = {(row.family, row.said_on): row for row in rows}
    newest = {row.family: row for row in rows}
    at = {day: Heat.label + Heat.step * number for number, day in enumerate(days)}
    lines = []
    for number, family in enumerate(families(parts)):
        known = [said.get((family.value, day)) for day in days]
        cells = [
            Cell(day, level_of(r.level) if r else None, at[day]) for day, r in zip(days, known, strict=True)
        ]
        note = newest[family.value].note if family.value in newest else ""
        lines.append(HeatLine(str(family.label), tuple(cells), note, 26 * number))
    return Heat(tuple(lines), tuple(Cell(day, None, at[day]) for day in days))


# --- interviews and objectives --------------------------------------------------------------------------


@dataclass(frozen=True)
class Meeting:
    interview: Interview
    notes: tuple[tuple[str, str], ...]


def meetings(told: Told) -> list[Meeting]:
    """The interviews, the newest first, with the notes the reader may see."""
    notes: dict[int, list[tuple[str, str]]] = {}
    for row in told.of(InterviewNote):
        notes.setdefault(row.interview_id, []).append((Section(row.section).label, row.text))
    held = told.of(Interview, "held_on", newest=True)
    return [Meeting(row, tuple(notes.get(row.pk, ()))) for row in held]


@dataclass(frozen=True)
class Goal:
    objective: Objective
    state: Progress
    said_on: date | None
    note: str
    steps: tuple["Goal", ...] = ()

    @property
    def open(self) -> bool:
        return self.state is Progress.OPEN


GOALS = (Objective, ObjectiveProgress)


def goals(person: Participant, parts: Iterable[Part], told: Told | None = None) -> list[Goal]:
    """Objectives and their steps, where each stands; only those of the trade without the social part."""
    told = told or Told(person, parts, *GOALS)
    rows = told.of(Objective, "due_on")
    newest = {said.objective_id: said for said in told.of(ObjectiveProgress, "said_on")}
    shown = {row.pk for row in rows}
    steps: dict[int | None, list[Objective]] = {}
    for row in rows:
        steps.setdefault(row.parent_id if row.parent_id in shown else None, []).append(row)

    def goal(row: Objective, deep: bool) -> Goal:
        said = newest.get(row.pk)
        under = tuple(goal(step, False) for step in steps.get(row.pk, ())) if deep else ()
        state = Progress(said.state) if said else Progress.OPEN
        return Goal(row, state, said.said_on if said else None, said.note if said else "", under)

    return [goal(row, True) for row in steps.get(None, ())]


def flat(known: Iterable[Goal]) -> list[Goal]:
    return [one for goal in known for one in (goal, *goal.steps)]


# --- actions, trainings, work ---------------------------------------------------------------------------


def supports(
    person: Participant, parts: Iterable[Part], told: Told | None = None
) -> list[tuple[SupportAction, str]]:
    """The actions the reader may see, with the obstacle each answers."""
    opened, labels = set(parts), dict(Family.choices)
    if Part.SOCIAL not in opened:
        return []
    rows = (told or Told(person, parts, SupportAction)).of(SupportAction, "done_on", newest=True)
    # A family that is not of the list could be any: it is read as the most discreet.
    read = [(row, part_of(row.family) if row.family in {"", *labels} else Part.JUSTICE) for row in rows]
    return [(row, labels.get(row.family, "")) for row, part in read if part in opened]


def skills(person: Participant, on: date, told: Told | None = None) -> list[dict[str, Any]]:
    """By trade, the newest level of each skill; what was never assessed has none and is out of the mean."""
    words, levels = listed("skills", on), listed("skill_levels", on)
    newest: dict[tuple[str, str], SkillMark] = {}
    for mark in (told or Told(person, (), SkillMark)).of(SkillMark, "marked_on"):
        newest[mark.grid, mark.skill] = mark
    grids: dict[str, dict[str, Any]] = {}
    for (grid, skill), mark in sorted(newest.items()):
        word = words.get(f"{grid}.{skill}", {"label": skill, "grid_label": grid})
        entry = grids.setdefault(grid, {"label": word["grid_label"], "marks": []})
        said = "non évalué" if mark.level is None else levels[str(mark.level)]["label"]
        entry["marks"].append({"label": word["label"], "level": mark.level, "said": said, "mark": mark})
    for entry in grids.values():
        known = [Decimal(m["level"]) for m in entry["marks"] if m["level"] is not None]
        entry["mean"] = sum(known) / len(known) if known else None
    return list(grids.values())


def evaluations(person: Participant, told: Told | None = None) -> list[tuple[Evaluation, Signature | None]]:
    signed = {row.evaluation_id: row for row in _lines(Signature, person, "id").select_related("signed_by")}
    rows = (told or Told(person, (), Evaluation)).of(Evaluation, "ends_on", newest=True)
    return [(row, signed.get(row.pk)) for row in rows]


def trainings(person: Participant, told: Told | None = None) -> list[Training]:
    return (told or Told(person, (), Training)).of(Training, "starts_on", newest=True)


# --- pages ----------------------------------------------------------------------------------------------


def pathway(person: Participant, on: date, parts: frozenset[Part]) -> dict[str, Any]:
    """All that the tab shows, and nothing of a closed part."""
    social = (Interview, InterviewNote, SupportAction) if Part.SOCIAL in parts else ()
    skilled = (SkillMark, Evaluation) if Part.SKILLS in parts else ()
    told = Told(person, parts, *GOALS, Obstacle, Training, *social, *skilled)
    return {
        "meetings": meetings(told) if social else [],
        "goals": goals(person, parts, told),
        "heat": heat(obstacles(person, parts, told), parts),
        "supports": supports(person, parts, told),
        "trainings": trainings(person, told),
        "skills": skills(person, on, told) if skilled else [],
        "evaluations": evaluations(person, told) if skilled else [],
    }


def own_pathway(person: Participant, on: date, parts: frozenset[Part]) -> dict[str, Any]:
    """What a person reads of theirs: next meeting, professional objectives, hours, skills, what to sign."""
    told = Told(person, parts, *GOALS, Interview, SkillMark, Training, Evaluation)
    held = told.of(Interview, "held_on")
    next_on = held[-1].next_on if held else None
    return {
        "next_on": next_on if next_on and next_on >= on else None,
        "goals": goals(person, parts, told),
        "hours": hours(person, on),
        "skills": skills(person, on, told),
        "trainings": trainings(person, told),
        "evaluations": evaluations(person, told),
    }


def hours(person: Participant, on: date) -> list[tuple[date, Decimal]]:
    """Worked, in each of the last months, as the closed or current sheets say."""
    since = plus_months(on.replace(day=1), 1 - HOURS_MONTHS)
    lines = _lines(SheetLine, person, "day").filter(
        kind=HoursKind.WORKED, replaced_by=None, day__range=(since, on)
    )
    months: dict[date, Decimal] = {}
    for day, worked in lines.values_list("day", "hours"):
        first = day.replace(day=1)
        months[first] = months.get(first, Decimal(0)) + worked
    return sorted(months.items(), reverse=True)


def certificate(person: Participant, contracts: Iterable[Any], on: date) -> Mapping[str, Any]:
    """The words of the certificate of skills: what was held, learned, observed; nothing social."""
    return {
        "name": person.full_name,
        "day": format_date(on),
        "jobs": [
            [row.job, format_date(known.start), format_date(known.last_day) if known.last_day else "ce jour"]
            for row, known in contracts
        ],
        "grids": [
            {
                "label": grid["label"],
                "rows": [
                    [mark["label"], mark["said"], format_date(mark["mark"].marked_on)]
                    for mark in grid["marks"]
                    if mark["level"]
                ],
            }
            for grid in skills(person, on)
            if any(mark["level"] for mark in grid["marks"])
        ],
        "trainings": [
            [row.title, row.organisation, f"{format_decimal(row.hours)}\u00a0h", format_date(row.ends_on)]
            for row in trainings(person)
            if row.ends_on <= on
        ],
    }  # fmt: skip
