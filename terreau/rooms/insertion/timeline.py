"""A pathway at a glance: what runs, as bars on months; what happened, as dots. Drawn by the server."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

from terreau.measures.french import format_date
from terreau.measures.periods import plus_months
from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.files import AWAITING, Files, Kind
from terreau.rooms.insertion.models import (
    Evaluation,
    Exit,
    FollowUp,
    Interview,
    Participant,
    Pmsmp,
    SupportAction,
    Training,
)

WIDTH, LINE, LABEL = 720, 34, 110
AHEAD_MONTHS = 3
# A month is written to the right of its line.
MONTH_WIDTH = 52


@dataclass(frozen=True)
class Bar:
    """From a day to a day; `tone` is a colour of the charts."""

    start: date
    end: date
    said: str
    tone: str
    x: float = 0
    width: float = 0

    @property
    def dates(self) -> str:
        return f"{format_date(self.start)} – {format_date(self.end)}"


@dataclass(frozen=True)
class Line:
    label: str
    bars: tuple[Bar, ...]
    y: int


@dataclass(frozen=True)
class Timeline:
    lines: tuple[Line, ...]
    months: tuple[tuple[float, str], ...]
    today: float

    @property
    def height(self) -> int:
        return LINE * len(self.lines) + LINE

    width, label = WIDTH, LABEL

    @property
    def bars(self) -> list[tuple[str, Bar]]:
        """The same, for who reads a table."""
        return [(line.label, bar) for line in self.lines for bar in line.bars]


def glance(parts: Collection[Part]) -> list[Kind]:
    """What the first page of a file reads, of the parts open to the reader."""
    kinds = {
        Part.CONTRACT: (Pmsmp,), Part.SOCIAL: (Interview, SupportAction), Part.OBJECTIVES: (Training,),
        Part.SKILLS: (Evaluation,),
    }  # fmt: skip
    return [*AWAITING, *(kind for part, asked in kinds.items() if part in parts for kind in asked)]


def timeline(files: Files, person: Participant, on: date, parts: frozenset[Part]) -> Timeline | None:
    """What the reader may see of the pathway; None before anything began."""
    rows = [(label, bars) for label, bars in _rows(files, person, on, parts) if bars]
    if not rows:
        return None
    first = min(bar.start for _, bars in rows for bar in bars).replace(day=1)
    last = max([plus_months(on, AHEAD_MONTHS), *(bar.end for _, bars in rows for bar in bars)])
    scale = (WIDTH - LABEL) / max(1, (last - first).days)

    def at(day: date) -> float:
        return round(LABEL + (day - first).days * scale, 1)

    lines = tuple(
        Line(label, tuple(_placed(bar, at) for bar in bars), LINE * number)
        for number, (label, bars) in enumerate(rows)
    )
    step = max(1, round((last - first).days / 30 / 6))
    months, day = [], first
    while day <= last and at(day) <= WIDTH - MONTH_WIDTH:
        months.append((at(day), f"{day:%m/%Y}"))
        day = plus_months(day, step)
    return Timeline(lines, tuple(months), at(on))


def _placed(bar: Bar, at: Callable[[date], float]) -> Bar:
    x = at(bar.start)
    return Bar(bar.start, bar.end, bar.said, bar.tone, x, round(max(4.0, at(bar.end) - x), 1))


def _rows(files: Files, person: Participant, on: date, parts: frozenset[Part]) -> list[tuple[str, list[Bar]]]:
    rows = []
    if Part.PASS in parts:
        bars = []
        for _, known in files.passes(person):
            bars.append(Bar(known.start, known.end, "PASS IAE", "k1"))
            bars += [Bar(s.period.start, s.period.end, "PASS suspendu", "k5") for s in known.suspensions]
        rows.append(("PASS IAE", bars))
    if Part.CONTRACT in parts:
        signed = files.signed(person)
        rows.append(
            ("Contrats", [Bar(c.start, c.last_day or on, row.get_kind_display(), "k6") for row, c in signed])
        )
        rows.append(
            ("Immersions", [Bar(r.starts_on, r.ends_on, r.host, "k3") for r in files.of(Pmsmp, person)])
        )
    if Part.SOCIAL in parts:
        rows.append(
            ("Entretiens", [_dot(r.held_on, r.get_kind_display(), "k2") for r in files.of(Interview, person)])
        )
        # What an action answers may be of a closed part: its day and who supports, no more.
        done = files.of(SupportAction, person)
        rows.append(("Actions", [_dot(r.done_on, r.get_reach_display(), "k5") for r in done]))
    if Part.OBJECTIVES in parts:
        learned = files.of(Training, person)
        rows.append(("Formations", [Bar(r.starts_on, r.ends_on, r.title, "k3") for r in learned]))
    if Part.SKILLS in parts:
        seen = files.of(Evaluation, person)
        rows.append(("Évaluations", [_dot(r.ends_on, "évaluation au poste", "k1") for r in seen]))
    if Part.CONTRACT in parts:
        gone = [_dot(r.left_on, "sortie", "k6") for r in files.of(Exit, person)]
        news = [_dot(r.observed_on, "nouvelles", "k2") for r in files.of(FollowUp, person)]
        rows.append(("Sortie", [*gone, *news]))
    return rows


def _dot(day: date, said: str, tone: str) -> Bar:
    return Bar(day, day + timedelta(days=1), said, tone)
