"""The gestures of the day: receive, pick, deliver, put back, compost. One tap when all went as planned."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.dueforms import DueLine, asked, due_lines, errors_of, form_key, read_answers
from terreau.ledger.labels import EACH_MAX
from terreau.ledger.models import Event
from terreau.ledger.queries import CommitmentLine, State, stock
from terreau.ledger.refusals import LedgerRefusal
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform import actions, day
from terreau.rooms.platform.behind import Orders
from terreau.rooms.platform.certificates import received
from terreau.rooms.platform.crates import pool
from terreau.rooms.platform.dock import left_on_dock
from terreau.rooms.platform.notices import notices
from terreau.rooms.platform.road import noted
from terreau.rooms.platform.stores import fillings, kilos, platform_of, stores_of, totals
from terreau.rooms.platform.views.crates import lines
from terreau.rooms.platform.views.passing import link
from terreau.territory.access import EcopoleRequest, needs

# What arrives damaged is refused for one of a few reasons, which need not be typed.
REFUSALS = ("trop abîmé", "température trop haute à l’arrivée", "lot non étiqueté", "calibre non conforme")

# Why a weight is far from what was planned.
GAPS = ("pièces plus grosses que d’habitude", "pièces plus petites que d’habitude", "il en manque",
        "convenu avec le client")  # fmt: skip

Errors = Mapping[int, str]
NONE: Errors = {}
Page = Callable[..., HttpResponse]
Act = Callable[..., list[Event]]


@dataclass(frozen=True)
class Card:
    """A group of lines as its form shows it."""

    title: str
    day: date
    lines: list[DueLine]
    about: Any = None

    @property
    def opened(self) -> bool:
        return any(due.opened for due in self.lines)


def _answer(
    request: EcopoleRequest,
    act: Act,
    page: Page,
    back: str,
    say: Callable[[list[Answer]], str],
    **expected: Any,
) -> HttpResponse:
    """Record what a form of due lines says, or show it again with what was typed."""
    key = form_key(request.POST)
    platform = platform_of(request.ecopole)
    lines = asked(request.ecopole, request.POST, **expected)
    answers, errors = read_answers(request.POST, lines)
    if errors:
        return page(request, status=422, errors=errors)
    try:
        events = act(
            ecopole=request.ecopole, platform=platform, done=answers, by=request.user, at=request.now, key=key
        )
    except (AnswerRefused, LedgerRefusal) as refusal:
        return page(request, status=422, errors=errors_of(answers, refusal))
    # What wrote no event, such as a line set to zero, has nothing that could be undone.
    messages.success(request, say(answers), extra_tags=f"undo:{key}" if events else "")
    return redirect(back, request.ecopole.slug)


def _cards(
    groups: Iterable[tuple[str, date, list[CommitmentLine], Any]],
    request: EcopoleRequest,
    errors: Mapping[int, str],
    filled: Mapping[int, Decimal] | None = None,
    notes: Mapping[int, str] | None = None,
    weigh: Collection[int] = (),
) -> list[Card]:
    post = request.POST if errors else None
    return [
        Card(title, when, due_lines(lines, post, errors, filled, notes, weigh), about)
        for title, when, lines, about in groups
    ]


def _problems(cards: Iterable[Card], errors: Mapping[int, str]) -> list[str]:
    """Errors of no line that is shown: said at the head of the page."""
    shown = {due.commitment.pk for card in cards for due in card.lines}
    return [message for pk, message in errors.items() if pk not in shown]


def _said(count: int, one: str, many: str) -> str:
    return f"{one}." if count == 1 else f"{count} {many}."


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _shown(line: CommitmentLine, amount: Decimal) -> str:
    return format_quantity(Quantity(amount, Unit(line.commitment.product.unit)))


def _joined(*words: str | None) -> str:
    return " · ".join(filter(None, words))


def _of_day(lines: Iterable[CommitmentLine], today: date) -> tuple[int, int]:
    """Lines of today that are done, and all of them."""
    of_day = [line for line in lines if line.commitment.due_on == today]
    return sum(line.state is State.MET for line in of_day), len(of_day)


@needs("see_platform")
def home(request: EcopoleRequest) -> HttpResponse:
    """The day at a glance."""
    today = request.today
    platform, places = stores_of(request.ecopole)
    promised = day.promises(request.ecopole, platform, today, until=today)
    stocked = stock(request.ecopole, holder=platform)
    waiting = {
        name: [line for line in day.still_due(lines) if line.commitment.due_on <= today]
        for name, lines in (
            ("arrivals", promised.arrivals), ("picks", promised.picks),
            ("deliveries", promised.deliveries), ("compost", promised.compost),
        )
    }  # fmt: skip
    dock = left_on_dock(promised.awaited, stocked)
    context = {
        **waiting,
        # What comes first in the day is the main gesture.
        "main": {next((name for name, lines in waiting.items() if lines), "dock"): True},
        "farms": sorted({line.commitment.provider.name for line in waiting["arrivals"]}),
        "stops": {line.commitment.to_place_id for line in waiting["deliveries"]},
        "customers": sorted({line.commitment.receiver.name for line in waiting["deliveries"]}),
        "received": _of_day(promised.arrivals, today),
        "prepared": _of_day(promised.picks, today),
        "delivered": _of_day(promised.deliveries, today),
        "dock": dock,
        "stores": fillings(places, stocked),
        "in_stock": kilos(stocked).quantize(Decimal(1)),
        "short_lived": [
            line for line in stocked if line.keeps_until and (line.keeps_until - today).days <= 2
        ],
        "totals": totals(stocked)[:12],
        "notices": notices(request),
        "noted": noted(request.ecopole, today),
    }
    return render(request, "platform/home.html", context)


@needs("see_platform")
def arrivals(request: EcopoleRequest) -> HttpResponse:
    return _arrivals(request)


@needs("run_platform")
def receive(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:arrivals", request.ecopole.slug)

    def say(answers: list[Answer]) -> str:
        taken = [answer.commitment for answer in answers if not answer.refused and answer.quantity]
        loads = received(request.ecopole, taken, request.today, arrived=True)
        lowered = [c.product.name for c in taken if c.pk in loads and loads[c.pk].lowered]
        refused = sum(bool(answer.refused) for answer in answers)
        said = (
            _said(len(answers) - refused, "Une ligne reçue", "lignes reçues")
            if len(answers) > refused
            else ""
        )
        if refused:
            said = f"{said} {_said(refused, 'Une ligne refusée', 'lignes refusées')}".strip()
        if lowered:
            said = (
                f"{said} Sans certificat bio valable, en conventionnel\u202f: {', '.join(sorted(lowered))}."
            )
        return said

    return _answer(
        request, actions.receive, _arrivals, "platform:arrivals", say,
        action="transfer", receiver__kind="platform",
    )  # fmt: skip


def _arrivals(request: EcopoleRequest, status: int = 200, errors: Errors = NONE) -> HttpResponse:
    platform = platform_of(request.ecopole)
    lines = day.promises(request.ecopole, platform, request.today, "transfer").arrivals
    loads = received(request.ecopole, [line.commitment for line in lines], request.today)
    notes = {pk: _sentence(load.lowering) for pk, load in loads.items() if load.lowered}
    now, coming = (
        _cards([(g.name, g.day, g.lines, None) for g in groups], request, errors, notes=notes)
        for groups in day.arrivals(lines, request.today)
    )
    context = {
        "now": now,
        "coming": coming,
        "progress": _of_day(lines, request.today),
        "problems": _problems([*now, *coming], errors),
        "reasons": REFUSALS,
        "labels_max": EACH_MAX,
    }
    return render(request, "platform/arrivals.html", context, status=status)


@needs("see_platform")
def picking(request: EcopoleRequest) -> HttpResponse:
    return _picking(request)


@needs("run_platform")
def pick(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:picking", request.ecopole.slug)
    return _answer(
        request, actions.pick, _picking, "platform:picking",
        lambda answers: _said(len(answers), "Une ligne préparée", "lignes préparées"),
        action="move", provider__kind="platform",
    )  # fmt: skip


def _picking(request: EcopoleRequest, status: int = 200, errors: Errors = NONE) -> HttpResponse:
    platform = platform_of(request.ecopole)
    lines = day.promises(request.ecopole, platform, request.today, "move").picks
    orders = Orders(request.ecopole, [line.commitment for line in day.still_due(lines)])
    grouped = day.picking(lines, orders, request.today)
    in_turn = [line for groups in grouped for group in groups for line in group.lines]
    found = day.suggestions(stock(request.ecopole, holder=platform), in_turn)
    pieces = {c.pk: said for line in in_turn for c in (line.commitment,) if (said := orders.pieces(c))}
    notes = {
        c.pk: _joined(pieces.get(c.pk), found[c.pk].said(Unit(c.product.unit)), orders.instead(c))
        for line in in_turn
        for c in (line.commitment,)
    }
    now, coming = (
        _cards([(g.name, g.day, g.lines, None) for g in groups], request, errors, notes=notes, weigh=pieces)
        for groups in grouped
    )
    context = {
        "now": now,
        "coming": coming,
        "progress": _of_day(lines, request.today),
        "problems": _problems([*now, *coming], errors),
        "reasons": GAPS,
    }
    return render(request, "platform/picking.html", context, status=status)


@needs("see_platform")
def deliveries(request: EcopoleRequest) -> HttpResponse:
    return _deliveries(request)


@needs("run_platform")
def deliver(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:deliveries", request.ecopole.slug)

    def say(answers: list[Answer]) -> str:
        return f"Livré\u202f: {', '.join(sorted({a.commitment.receiver.name for a in answers}))}."

    return _answer(
        request, actions.deliver, _deliveries, "platform:deliveries", say,
        action="transfer", provider__kind="platform", lot=None,
    )  # fmt: skip


@needs("run_platform")
def put_back(request: EcopoleRequest) -> HttpResponse:
    """What stands on the dock for nobody goes back to its store."""
    if request.method != "POST":
        return redirect("platform:deliveries", request.ecopole.slug)
    key = form_key(request.POST)
    events = actions.put_back(
        ecopole=request.ecopole,
        platform=platform_of(request.ecopole),
        by=request.user,
        at=request.now,
        key=key,
    )
    said = _said(len(events), "Un lot rangé", "lots rangés") if events else "Le quai était déjà rangé."
    messages.success(request, said, extra_tags=f"undo:{key}" if events else "")
    return redirect("platform:deliveries", request.ecopole.slug)


def _deliveries(request: EcopoleRequest, status: int = 200, errors: Errors = NONE) -> HttpResponse:
    platform = platform_of(request.ecopole)
    promised = day.promises(request.ecopole, platform, request.today, "transfer", "move")
    stocked = stock(request.ecopole, holder=platform)
    now, coming = day.stops(request.ecopole, promised, request.today)
    filled = {pk: amount for stop in now for pk, amount in stop.filled.items()}
    notes = {
        pk: _joined(stop.pieces[pk], f"Préparé\u202f: {_shown(line, filled[pk])}" if pk in filled else "")
        for stop in now
        for line in stop.lines
        for pk in (line.commitment.pk,)
    }
    cards = _cards([(s.customer.name, s.day, s.lines, s) for s in now], request, errors, filled, notes)
    crates = lines([stop.customer for stop in now], pool(request.ecopole))
    context = {
        "now": [
            (
                card,
                crates[card.about.customer.pk],
                link(request, card.about.customer) if card.about.visit else "",
            )
            for card in cards
        ],
        "coming": coming,
        "km": sum(stop.km or 0 for stop in now),
        "travel": next((stop.visit.travel for stop in now if stop.visit), ""),
        "progress": _of_day(promised.deliveries, request.today),
        "dock": left_on_dock(promised.awaited, stocked),
        "problems": _problems(cards, errors),
    }
    return render(request, "platform/deliveries.html", context, status=status)


@needs("see_platform")
def compost(request: EcopoleRequest) -> HttpResponse:
    return _compost(request)


@needs("run_platform")
def set_aside(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:compost", request.ecopole.slug)
    return _answer(
        request, actions.set_aside, _compost, "platform:compost",
        lambda answers: _said(len(answers), "Une ligne compostée", "lignes compostées"),
        action="lower", provider__kind="platform", lot__isnull=False,
    )  # fmt: skip


def _compost(request: EcopoleRequest, status: int = 200, errors: Errors = NONE) -> HttpResponse:
    platform = platform_of(request.ecopole)
    lines = day.still_due(day.promises(request.ecopole, platform, request.today, "lower").compost)
    now = [line for line in lines if line.commitment.due_on <= request.today]
    notes = {line.commitment.pk: f"lot {line.commitment.lot} · {line.commitment.from_place}" for line in now}
    cards = _cards([("À composter", request.today, now, None)] if now else [], request, errors, notes=notes)
    context = {
        "now": cards,
        "coming": [line for line in lines if line.commitment.due_on > request.today],
        "problems": _problems(cards, errors),
    }
    return render(request, "platform/compost.html", context, status=status)
