"""The first page of everybody: what is promised for today, gesture by gesture, and where the week stands."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.billing.queries import awaiting as billing_awaiting
from terreau.billing.queries import money_today
from terreau.funding.queries import Deadline
from terreau.funding.queries import awaiting as funding_awaiting
from terreau.impact.answering import year_unanswered
from terreau.ledger.effects import Action
from terreau.ledger.models import ProcessKind
from terreau.ledger.proposals import declined
from terreau.ledger.queries import Promised, State, promised
from terreau.measures.week import IsoWeek
from terreau.planning.models import PlanState, WeekPlan
from terreau.planning.season.queries import SeasonToday, season_today, shares_awaiting
from terreau.rooms.baskets.queries import awaiting as baskets_awaiting
from terreau.rooms.incubator.queries import awaiting as incubator_awaiting
from terreau.rooms.insertion.queries import MonthHours, hours_of_month, own_today
from terreau.rooms.insertion.queries import awaiting as insertion_awaiting
from terreau.rooms.kitchen.queries import waiting as kitchen_waiting
from terreau.rooms.platform.notices import notices
from terreau.rooms.platform.queries import late_orders
from terreau.rooms.thirdplace.queries import awaiting as place_awaiting
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.models import AgentKind, Ecopole

DUE = (State.OPEN, State.PARTLY_MET)


@dataclass(frozen=True)
class Gesture:
    """A kind of promise, and the page where it is kept.

    `side` says whose promises: those the person's organisations give or receive; empty, everybody's.
    """

    verb: str
    icon: str
    tone: str
    page: str
    ability: str
    kind: str
    action: str
    side: str = ""
    counts: str = "lines"
    # Promised for a week, not for a day: nothing of it is late as long as the week lasts.
    weekly: bool = False
    # For how many days its page goes on showing what was not done.
    behind: int = 0

    def among(self, lines: Iterable[Promised], own: set[int], today: date) -> list[Promised]:
        """Its own promises: of this week, and late ones from as far back as its page shows them."""
        since = min(IsoWeek.of(today).monday, today - timedelta(days=self.behind))
        return [
            line
            for line in lines
            if (line.kind, line.action) == (self.kind, self.action) and line.due_on >= since
            if not self.side or getattr(line, f"{self.side}_id") in own
        ]


GESTURES = (
    Gesture(
        "Récolter", "carrot", "", "garden:home", "run_garden",
        ProcessKind.HARVEST, Action.PRODUCE, side="provider", behind=14,
    ),
    Gesture(
        "Travailler", "shovel", "3", "garden:tasks", "run_garden",
        ProcessKind.PLANTING, Action.WORK, side="provider", weekly=True, behind=56,
    ),
    Gesture(
        "Réceptionner", "package-open", "3", "platform:arrivals", "run_platform",
        ProcessKind.ARRIVAL, Action.TRANSFER, behind=14,
    ),
    Gesture(
        "Préparer", "package-check", "4", "platform:picking", "run_platform",
        ProcessKind.DELIVERY, Action.MOVE, behind=14,
    ),
    Gesture(
        "Livrer", "truck", "2", "platform:deliveries", "run_platform",
        ProcessKind.DELIVERY, Action.TRANSFER, counts="stops", behind=14,
    ),
    Gesture(
        "Composer les paniers", "shopping-basket", "5", "baskets:home", "run_baskets",
        ProcessKind.PACKING, Action.PRODUCE, counts="pieces",
    ),
    Gesture(
        "Aller au chantier", "trees", "4", "worksites:home", "run_worksites",
        ProcessKind.WORKSITE, Action.WORK, side="provider", counts="sites", behind=56,
    ),
    Gesture(
        "Cuisiner", "soup", "5", "kitchen:home", "run_kitchen",
        ProcessKind.BATCH, Action.PRODUCE, side="provider", behind=56,
    ),
    Gesture(
        "Apporter à la plateforme", "tractor", "3", "platform:offer", "offer_own",
        ProcessKind.ARRIVAL, Action.TRANSFER, side="provider",
    ),
    Gesture(
        "Recevoir", "inbox", "2", "platform:order", "order_own",
        ProcessKind.DELIVERY, Action.TRANSFER, side="receiver",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Awaiting:
    """A gesture with something to do: how much, on what, and what is late."""

    verb: str
    icon: str
    tone: str
    page: str
    count: int
    unit: str
    names: list[str]
    late: int
    done: int
    lines: int


UNITS = {"lines": "ligne", "stops": "arrêt", "pieces": "panier", "sites": "chantier"}


def awaiting(gesture: Gesture, lines: Iterable[Promised], today: date) -> Awaiting | None:
    """What is left of a gesture today; None where nothing was ever promised."""
    monday = IsoWeek.of(today).monday
    all_lines = [line for line in lines if line.state is not State.CANCELLED]
    if not all_lines:
        return None
    left = [line for line in all_lines if line.state in DUE]
    # A stop or a worksite may have several lines: it is told by who receives, and counts once.
    by_visit = gesture.counts in ("stops", "sites")
    names = list(dict.fromkeys(line.receiver if by_visit else line.product for line in left))
    visits = len({line.process_id for line in left})
    counted = {
        "lines": len(left),
        "stops": visits,
        "sites": visits,
        "pieces": int(sum((line.remaining for line in left), Decimal(0))),
    }[gesture.counts]
    return Awaiting(
        gesture.verb,
        gesture.icon,
        gesture.tone,
        gesture.page,
        counted,
        UNITS[gesture.counts],
        names,
        sum(line.due_on < (monday if gesture.weekly else today) for line in left),
        len(all_lines) - len(left),
        len(all_lines),
    )


@dataclass(frozen=True)
class WeekState:
    """Where a week stands: planned, published, and the share of its promises that are kept."""

    week: IsoWeek
    url: str
    plan: WeekPlan | None
    published: bool
    met: int
    promised: int


def week_state(ecopole: Ecopole, week: IsoWeek, lines: list[Promised]) -> WeekState:
    """The published plan, or the latest; what it holds, which is heavy, is not read."""
    rows = WeekPlan.objects.filter(ecopole=ecopole, week=str(week)).exclude(state=PlanState.REPLACED)
    plans = list(rows.order_by("-created_at", "-id").defer("problem", "plan", "by_hand"))
    plan = next((p for p in plans if p.state == PlanState.PUBLISHED), plans[0] if plans else None)
    of_plan = [
        line for line in lines if plan and line.plan == plan.reference and line.state is not State.CANCELLED
    ]
    return WeekState(
        week,
        f"{reverse('planning:home', args=[ecopole.slug])}?semaine={week}",
        plan,
        plan is not None and plan.state == PlanState.PUBLISHED,
        sum(line.state is State.MET for line in of_plan),
        len(of_plan),
    )


def _own(request: EcopoleRequest, gesture: Gesture) -> set[int]:
    return acting_for(request, gesture.ability)


def _gestures(request: EcopoleRequest) -> list[Gesture]:
    """Coordination watches the whole écopôle, and leaves to farms and customers what is theirs alone."""
    open_ = [gesture for gesture in GESTURES if gesture.ability in request.abilities]
    if Role.COORDINATOR in request.roles:
        return [replace(g, side="") for g in open_ if not g.ability.endswith("_own")]
    return open_


def _lines(request: EcopoleRequest, gestures: list[Gesture], week: IsoWeek) -> list[Promised]:
    """The week's promises and those still due of before: one's own, or everybody's for who sees the week."""
    due = (week.monday, week.sunday)
    behind = timedelta(days=max((gesture.behind for gesture in gestures), default=0))
    if "see_week" in request.abilities:
        return promised(request.ecopole, due=due, behind=behind)
    sides: list[dict[str, Any]] = [
        {gesture.side: agent}
        for gesture in gestures
        if gesture.side
        for agent in sorted(_own(request, gesture))
    ]
    found = [line for side in sides for line in promised(request.ecopole, due=due, behind=behind, **side)]
    return list({line.id: line for line in found}.values())


@needs("see_today")
def today(request: EcopoleRequest) -> HttpResponse:
    ecopole, week = request.ecopole, IsoWeek.of(request.today)
    gestures = _gestures(request)
    lines = _lines(request, gestures, week)
    due = [line for line in lines if line.due_on <= request.today]
    boards = [
        awaiting(gesture, gesture.among(due, _own(request, gesture), request.today), request.today)
        for gesture in gestures
    ]
    found = [board for board in boards if board]
    context = {
        "todo": [board for board in found if board.count],
        "done": [board for board in found if not board.count],
        "week": week_state(ecopole, week, lines) if "see_week" in request.abilities else None,
        "season": _season(request),
        "shares": _shares(request),
        "insertion": insertion_awaiting(request),
        "pathway": own_today(request),
        "paid": _paid(request),
        "incubator": incubator_awaiting(request),
        "notices": notices(request) if request.roles & {Role.PLATFORM, Role.FARMER} else None,
        "place": place_awaiting(request),
        "billing": billing_awaiting(ecopole, request.today) if Role.ACCOUNTANT in request.roles else None,
        "money": money_today(request),
        "baskets": baskets_awaiting(request),
        "funding": _funding(request),
        "kitchen": kitchen_waiting(ecopole, request.today) if Role.COOK in request.roles else None,
        "declined": declined(ecopole, AgentKind.KITCHEN, request.today)
        if Role.PLATFORM in request.roles
        else [],
        "unanswered": year_unanswered(ecopole, request.today) if "run_impact" in request.abilities else None,
        "late_orders": late_orders(ecopole, request.today)
        if "answer_late_orders" in request.abilities
        else 0,
        "next_week": week_state(ecopole, week + 1, []) if "plan_week" in request.abilities else None,
    }
    return render(request, "web/today.html", context)


def _season(request: EcopoleRequest) -> SeasonToday | None:
    """Where the season stands, for who plans it."""
    return season_today(request.ecopole, request.now) if "plan_season" in request.abilities else None


def _funding(request: EcopoleRequest) -> list[Deadline]:
    """The deadlines of funders, near or passed, for who writes to them."""
    return funding_awaiting(request.ecopole, request.today) if "run_funding" in request.abilities else []


def _paid(request: EcopoleRequest) -> MonthHours | None:
    """The hours paid in insertion last month, for who answers for the whole house: a count, no person."""
    if not request.roles & {Role.COORDINATOR, Role.DIRECTOR}:
        return None
    last = request.today.replace(day=1) - timedelta(days=1)
    return hours_of_month(request.ecopole, last.replace(day=1))


def _shares(request: EcopoleRequest) -> list[str]:
    """The person's farms whose share of the season awaits their answer."""
    if "answer_season_own" not in request.abilities:
        return []
    return shares_awaiting(request.ecopole, acting_for(request, "answer_season_own"))


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The only écopôle of the person, or the list of theirs."""
    ecopoles = list(Ecopole.objects.filter(memberships__user=request.user.pk).distinct())
    if len(ecopoles) == 1:
        return redirect("today", ecopoles[0].slug)
    return render(request, "web/home.html", {"ecopoles": ecopoles})


def health(request: HttpRequest) -> HttpResponse:
    """Answers when the server and its database do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
