"""The supervisor's board: what the week asks, trade by trade or block by block, and what was done of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.dueforms import FORM, DueLine, asked, due_lines, errors_of, form_key, read_answers
from terreau.ledger.effects import Action
from terreau.ledger.models import ProcessKind
from terreau.measures.french import format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.split import split
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.queries import Task
from terreau.rooms.garden.queries.plantings import ESTABLISH, GESTURES
from terreau.rooms.garden.queries.tasks import tasks_among
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import row_asked, week_asked
from terreau.territory.models import Agent
from terreau.territory.papers import printed
from terreau.territory.queries import bed_order

BY_TRADE, BY_BLOCK = "metier", "bloc"
# How many gestures of a group are shown with the others, and when it is shown alone.
FEW, MANY = 6, 50
OLD_WEEKS = 2
THOUSAND = 1000
OLD = f"En retard de plus de {OLD_WEEKS} semaines"


def garden_asked(request: EcopoleRequest) -> Agent:
    garden = queries.garden_of(request.ecopole, acting_for(request, "run_garden"))
    if garden is None:
        raise Http404("Cet écopôle n’a pas de jardin.")
    return garden


@dataclass(frozen=True)
class TaskLine:
    """A gesture as it is shown: what is planned, and what was typed if the form comes back."""

    task: Task
    due: DueLine
    ticked: bool
    may_refuse: bool


@dataclass(frozen=True)
class Column:
    """The gestures of one trade or of one block, as one form: the first ones in full, the others counted."""

    name: str
    tasks: list[Task]
    lines: list[TaskLine]

    @property
    def said(self) -> str:
        """Its hours, to the tenth."""
        hours = sum((task.line.remaining for task in self.tasks), Decimal(0))
        return f"{format_decimal(hours, places=1)}\u00a0h"

    @property
    def others(self) -> list[int]:
        """What is not shown and belongs to the form: « tout comme prévu » is all the group."""
        shown = {line.due.commitment.pk for line in self.lines}
        hidden = [task for task in self.tasks if task.line.commitment.pk not in shown]
        return [part.commitment.pk for task in hidden for part in task.parts]

    @property
    def others_due(self) -> SafeString:
        return format_html_join(
            "", '<input type="hidden" name="due" value="{}">', ([pk] for pk in self.others)
        )


def grouped(found: Iterable[Task], by: str, old_before: IsoWeek | None = None) -> dict[str, list[Task]]:
    """Trades in the order of the season, blocks in the order of the land; in each, late gestures first.

    What is late from before `old_before` comes last, together: it does not hide what the week asks.
    """
    groups: dict[str, list[Task]] = {name: [] for name in GESTURES.values()} if by == BY_TRADE else {}
    old = []
    for task in found:
        if old_before is not None and task.late and task.week < old_before:
            old.append(task)
        else:
            groups.setdefault(task.gesture if by == BY_TRADE else task.block, []).append(task)
    names = list(groups) if by == BY_TRADE else sorted(groups, key=bed_order)
    kept = [*((name, groups[name]) for name in names), (OLD, old)]
    return {name: queries.together(tasks) for name, tasks in kept if tasks}


def _column(
    name: str, tasks: list[Task], shown: slice, post: QueryDict | None, errors: Mapping[int, str] | None
) -> Column:
    """A form that comes back also shows what was typed or ticked further in the group."""
    ticked = set(post.getlist("tick")) if post else set()
    first = tasks[shown]
    kept = {task.line.commitment.pk for task in first}
    asked_for = tasks if post else first
    lines = [
        TaskLine(task, due, str(due.commitment.pk) in ticked, task.trade != ESTABLISH)
        for task, due in zip(
            asked_for, due_lines([task.line for task in asked_for], post, errors), strict=True
        )
    ]
    return Column(
        name,
        tasks,
        [line for line in lines if line.due.commitment.pk in kept or line.ticked or line.due.opened],
    )


def _by(request: EcopoleRequest) -> str:
    return BY_BLOCK if request.GET.get("par") == BY_BLOCK else BY_TRADE


def _board(
    request: EcopoleRequest, post: QueryDict | None = None, errors: dict[int, str] | None = None
) -> HttpResponse:
    garden, week, by = garden_asked(request), week_asked(request), _by(request)
    found = queries.tasks(request.ecopole, garden, week, request.today)
    hours = queries.week_hours(request.ecopole, garden, week, found)
    groups = grouped(found, by, IsoWeek.of(request.today) - OLD_WEEKS)
    alone = request.GET.get("groupe", "")
    if alone not in groups:
        alone = ""  # done, or of another week: the whole board
    pages = range(-(-len(groups[alone]) // MANY)) if alone else range(1)
    page = min(row_asked(request.GET.get("page", "0")), pages[-1])
    shown = slice(page * MANY, (page + 1) * MANY) if alone else slice(FEW)
    context: dict[str, Any] = {
        "garden": garden,
        "week": week,
        "alone": alone,
        "pages": pages,
        "page": page,
        "old": OLD,
        "former": week - 1,
        "following": week + 1,
        "by": by,
        "columns": [
            _column(name, tasks, shown, post, errors) for name, tasks in groups.items() if alone in ("", name)
        ],
        "late": sum(task.late for task in found),
        "hours": hours,
        "trades": _by_trade(hours),
        "done": queries.work_done(request.ecopole, garden, week),
        "error": (errors or {}).get(FORM, ""),
        "wrong": next((pk for pk in errors or {} if pk != FORM), None),
    }
    return render(request, "garden/tasks.html", context, status=422 if errors else 200)


@dataclass(frozen=True)
class TradeHours:
    """The week of a trade: what is asked and done, and the hands that know it."""

    gesture: str
    todo: Decimal
    done: Decimal
    able: Decimal | None
    short: bool


def _by_trade(hours: queries.BoardHours) -> list[TradeHours]:
    hands = hours.hands
    return [
        TradeHours(
            gesture,
            round(hours.todo.get(trade, Decimal(0)), 2),
            round(hours.done.get(trade, Decimal(0)), 2),
            hands.able[trade] if hands else None,
            bool(hands and trade in hands.short),
        )
        for trade, gesture in GESTURES.items()
    ]


@needs("see_garden")
def tasks(request: EcopoleRequest) -> HttpResponse:
    return _board(request)


@needs("run_garden")
def work(request: EcopoleRequest) -> HttpResponse:
    """Gestures done as planned, or in the hours typed, or not done and why: one, some, or a column."""
    if request.method != "POST":
        return redirect("garden:tasks", request.ecopole.slug)
    key = form_key(request.POST)
    lines = asked(request.ecopole, request.POST, action=Action.WORK, process__kind=ProcessKind.PLANTING)
    land, now = queries.beds(request.ecopole), IsoWeek.of(request.today)
    answers, errors = _read(request.POST, queries.together(tasks_among(lines, land, now)))
    if not errors:
        try:
            actions.do_work(
                ecopole=request.ecopole,
                answers=[part for _, parts in answers for part in parts],
                on=request.now,
                by=request.user,
                at=request.now,
                key=key,
            )
        except (AnswerRefused, LedgerRefusal) as refusal:
            errors = _errors_of(answers, refusal)
    if errors:
        return _board(request, request.POST, errors)
    messages.success(request, _told(answers), extra_tags=f"undo:{key}" if _done(answers) else "")
    here = reverse("garden:tasks", args=[request.ecopole.slug])
    back = {"semaine": week_asked(request), "par": _by(request), "groupe": request.GET.get("groupe", "")}
    return redirect(f"{here}?{urlencode({name: said for name, said in back.items() if said})}")


# A gesture of the board, and what is answered to each of its promises.
Answered = list[tuple[Task, list[Answer]]]


def _read(post: QueryDict, found: list[Task]) -> tuple[Answered, dict[int, str]]:
    said = post
    if post.get("only") == "ticked":
        ticked = set(post.getlist("tick"))
        found = [task for task in found if str(task.line.commitment.pk) in ticked]
        if not found:
            return [], {FORM: "Aucune ligne n’est cochée. Cochez ce qui est fait, puis recommencez."}
        said = post.copy()
        said["only"] = ""
    answers, errors = read_answers(said, [task.line for task in found])
    tasks = {task.line.commitment.pk: task for task in found}
    shared = [(tasks[answer.commitment.pk], answer) for answer in answers]
    return [(task, _shared(task, answer)) for task, answer in shared], errors


def _shared(task: Task, answer: Answer) -> list[Answer]:
    """Each promise of gestures told together takes what it asked, or its share of the hours typed."""
    if answer.refused or answer.quantity == task.line.remaining:
        return [Answer(part.commitment, part.remaining, answer.refused) for part in task.parts]
    shares = split(int(answer.quantity * THOUSAND), [part.quantity for part in task.parts])
    return [
        Answer(part.commitment, Decimal(share) / THOUSAND)
        for part, share in zip(task.parts, shares, strict=True)
    ]


def _errors_of(answers: Answered, refusal: AnswerRefused | LedgerRefusal) -> dict[int, str]:
    """Each reason at the line of the board that holds the promise."""
    lines = {part.commitment.pk: task.line.commitment.pk for task, parts in answers for part in parts}
    found = errors_of([part for _, parts in answers for part in parts], refusal)
    return {lines.get(pk, FORM): message for pk, message in found.items()}


def _done(answers: Answered) -> list[Answer]:
    return [part for _, parts in answers for part in parts if not part.refused]


def _told(answers: Answered) -> str:
    first, done = answers[0][0], _done(answers)
    about = f"{first.gesture}, {first.where}"
    if not done:
        return f"{about}\u202f: pas fait, c’est noté."
    hours = format_quantity(Quantity(sum((a.quantity for a in done), Decimal(0)), Unit.HOUR))
    if len(answers) > 1:
        return f"{len(done)} gestes faits, {hours}."
    return f"{about}\u202f: {hours}, c’est noté."


@needs("see_garden")
def task_sheet(request: EcopoleRequest) -> HttpResponse:
    """The week on paper, trade by trade: boxes to tick, hours to write."""
    garden, week = garden_asked(request), week_asked(request)
    found = queries.tasks(request.ecopole, garden, week, request.today)
    data = {
        "garden": garden.name,
        "week": week.label.capitalize(),
        "footer": request.ecopole.name,
        "trades": [
            {
                "name": name,
                "hours": Column(name, tasks, []).said,
                "lines": [
                    [
                        task.where,
                        task.crop + (f" (semaine {task.week.week})" if task.late else ""),
                        format_quantity(Quantity(task.hours, Unit.HOUR)),
                    ]
                    for task in tasks
                ],
            }
            for name, tasks in grouped(found, BY_TRADE).items()
        ],
    }
    return printed("garden/taches.typ", data, f"travaux-{week}")
