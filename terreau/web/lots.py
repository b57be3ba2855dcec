"""A lot from soil to plate: finding it, following it, calling it back; and undoing what was just written."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from terreau.ledger import actions, trace
from terreau.ledger.dueforms import form_key
from terreau.ledger.effects import Action
from terreau.ledger.labels import EACH_MAX, SHEET
from terreau.ledger.models import Custody, Event, Lot, Verdict
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.baskets.queries import addressee
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Agent, AgentKind, Ecopole, Product, ProductFamily

SHOWN = 40
# What is delivered is no longer in stock: customers and depots hold it.
HOLDERS = (AgentKind.GARDEN, AgentKind.FARM, AgentKind.PLATFORM, AgentKind.KITCHEN)
CHART_NODES = 8
LOST = "Perdu"


def shown(ecopole: Ecopole) -> QuerySet[Lot]:
    """All but credits: whose are whose is nobody else's business."""
    return Lot.objects.filter(ecopole=ecopole).exclude(product__family=ProductFamily.CREDIT)


def found(ecopole: Ecopole, words: str) -> QuerySet[Lot]:
    """Lots whose code, product or producer holds every word, the latest first; no words: those in stock."""
    custody = Custody.objects.filter(lot=OuterRef("pk"), holder__kind__in=HOLDERS).order_by().values("lot")
    verdicts = Verdict.objects.filter(lot=OuterRef("pk")).order_by("-occurred_at", "-pk")
    rows = (
        shown(ecopole)
        .select_related("product", "producer")
        .annotate(
            left=Subquery(custody.annotate(total=Sum("quantity")).values("total")),
            verdict=Subquery(verdicts.values("kind")[:1]),
        )
        .order_by("-born_at", "-pk")
    )
    for word in words.split():
        # Named first, among the few: comparing names on every lot would cost twice as much.
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(product__in=Product.objects.filter(name__icontains=word))
            | Q(producer__in=Agent.objects.filter(name__icontains=word))
        )
    if words.strip():
        return rows
    in_stock = Custody.objects.filter(ecopole=ecopole, quantity__gt=0, holder__kind__in=HOLDERS)
    return rows.filter(pk__in=in_stock.values("lot"))


@needs("see_lots")
def search(request: EcopoleRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    if exact := shown(request.ecopole).filter(code__in=(words, words.upper())).first():
        return redirect("lots:lot", request.ecopole.slug, exact.code)
    lots = list(found(request.ecopole, words)[: SHOWN + 1])
    context = {"words": words, "lots": lots[:SHOWN], "more": len(lots) > SHOWN, "shown": SHOWN}
    return render(request, "lots/list.html", context)


DONE = {
    Action.PRODUCE: "Obtenu",
    Action.CONSUME: "Utilisé",
    Action.WORK: "Travaillé",
    Action.TRANSFER: "Remis",
    Action.TRANSFER_CUSTODY: "Déposé",
    Action.TRANSFER_RIGHTS: "Cédé",
    Action.MOVE: "Déplacé",
    Action.RAISE: "Retrouvé",
    Action.LOWER: "Perdu",
}


@dataclass(frozen=True)
class Passage:
    """What happened to a product, on a day, by one actor's hands: many like lines told once."""

    first: datetime
    done: str
    side: str
    process: str
    product: str
    quantity: Decimal
    unit: str
    provider: str
    receivers: tuple[str, ...]
    lots: tuple[str, ...]


def passages(steps: Iterable[trace.Step]) -> list[Passage]:
    """Steps in the order of time; those of the same day, gesture, product and hands are added up."""
    groups: dict[tuple[object, ...], list[trace.Step]] = defaultdict(list)
    for step in steps:
        event = step.event
        day: date = timezone.localtime(event.occurred_at).date()
        kind = event.process.kind if event.process else ""
        groups[day, event.action, step.side, event.product_id, event.provider_id, kind].append(step)
    told = []
    for group in groups.values():
        events = [step.event for step in group]
        first = events[0]
        receivers = dict.fromkeys(e.receiver.name for e in events if e.receiver_id != e.provider_id)
        told.append(
            Passage(
                first.occurred_at,
                DONE[Action(first.action)],
                group[0].side,
                first.process.get_kind_display() if first.process else "",
                first.product.name,
                sum((e.quantity for e in events), Decimal(0)),
                first.product.unit,
                first.provider.name,
                tuple(receivers),
                tuple(dict.fromkeys(e.lot.code for e in events if e.lot)),
            )
        )
    return told


def whereabouts(journey: trace.Journey) -> list[tuple[str, str, Decimal]]:
    """From where the lot was born, through the products that hold it, to where it now is, in the lot's unit.

    What somebody passed on is no longer theirs to show: only what stayed, or was lost, is drawn.
    """
    lot = journey.lot
    origin = lot.origin.name if lot.origin else lot.producer.name
    stayed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for step in journey.steps:
        event = step.event
        if event.lot_id != lot.pk:
            continue
        if event.action in (Action.PRODUCE, Action.RAISE):
            stayed[lot.product.name, event.receiver.name] += event.quantity
        elif event.action in (Action.CONSUME, Action.LOWER):
            stayed[lot.product.name, event.provider.name] -= event.quantity
            if event.action == Action.LOWER:
                stayed[lot.product.name, LOST] += event.quantity
    had = {(line.lot.pk, line.receiver.pk) for line in journey.received}
    for line in journey.received:
        stayed[line.product.name, line.receiver.name] += line.content
        if line.lot.pk == lot.pk or (line.lot.pk, line.provider.pk) in had:
            stayed[line.product.name, line.provider.name] -= line.content
    kept = {pair: amount for pair, amount in stayed.items() if amount > 0}
    through: dict[str, Decimal] = defaultdict(Decimal)
    for (product, _), amount in kept.items():
        through[product] += amount
    # A place, a product and an actor may be called alike, and are not the same node.
    start = f"Origine\u202f: {origin}"
    return [(start, product, amount) for product, amount in through.items()] + [
        (product, f"Chez {end}" if end in through else end, amount)
        for (product, end), amount in _few(kept).items()
    ]


def _few(kept: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    """The greatest ends by name, the many small ones together: a chart holds on a telephone."""
    ranked = sorted(kept, key=lambda pair: -kept[pair])
    if len(ranked) <= CHART_NODES:
        return kept
    few = {pair: kept[pair] for pair in ranked[: CHART_NODES - 1]}
    for product, end in ranked[CHART_NODES - 1 :]:
        rest = (product, "Autres destinataires")
        few[rest] = few.get(rest, Decimal(0)) + kept[product, end]
    return few


def lot_named(request: EcopoleRequest, code: str) -> Lot:
    return get_object_or_404(
        shown(request.ecopole).select_related("product", "producer", "origin"), code=code
    )


@needs("see_lots")
def journey(request: EcopoleRequest, code: str) -> HttpResponse:
    lot = lot_named(request, code)
    walk = trace.journey(lot)
    context = {
        "lot": lot,
        "walk": walk,
        "passages": passages(walk.steps),
        "links": whereabouts(walk),
        "labels": SHEET,
        "labels_max": EACH_MAX,
        "verdict": lot.verdicts.order_by("-occurred_at", "-pk").first(),
        "left": Custody.objects.filter(lot=lot, quantity__gt=0, holder__kind__in=HOLDERS).select_related(
            "place", "holder"
        ),
    }
    return render(request, "lots/lot.html", context)


@dataclass(frozen=True)
class Call:
    """Somebody to call, and what to tell them."""

    receiver: Agent
    content: Decimal
    received: tuple[str, ...]
    last: datetime
    lines: tuple[trace.RecallLine, ...]


def calls(lines: Iterable[trace.RecallLine]) -> list[Call]:
    """One call per receiver, those who hold most of it first."""
    by_receiver: dict[int, list[trace.RecallLine]] = defaultdict(list)
    for line in lines:
        by_receiver[line.receiver.pk].append(line)
    _name_households(group[0].receiver for group in by_receiver.values())
    made = []
    for group in by_receiver.values():
        amounts: dict[tuple[str, Unit], Decimal] = defaultdict(Decimal)
        for line in group:
            amounts[f"{line.product.name} ({line.lot.code})", Unit(line.product.unit)] += line.quantity
        received = tuple(
            f"{name}\u202f: {format_quantity(Quantity(a, unit))}" for (name, unit), a in amounts.items()
        )
        content = sum((line.content for line in group), Decimal(0))
        made.append(Call(group[0].receiver, content, received, group[-1].when, tuple(group)))
    return sorted(made, key=lambda call: (-call.content, call.receiver.name))


def _name_households(receivers: Iterable[Agent]) -> None:
    """Who takes baskets is known by a pseudonym: to be warned, they are called by their name."""
    people = {agent.pk: agent for agent in receivers if agent.kind == AgentKind.PERSON}
    if people:
        for pk, told in addressee(people).items():
            agent = people[pk]  # never saved: only this page names them
            agent.name, agent.email, agent.phone = told.name, told.email, told.phone


@needs("recall_lot")
def recall(request: EcopoleRequest, code: str) -> HttpResponse:
    lot = lot_named(request, code)
    return render(request, "lots/recall.html", {"lot": lot, "calls": calls(trace.recall(lot))})


def _written_by_form(ecopole: Ecopole, key: str) -> list[Event]:
    """A form writes its events under its key, or its key and what follows a colon."""
    one_form = Q(key=key) | Q(key__gte=f"{key}:", key__lt=f"{key};")
    rows = Event.objects.filter(one_form, ecopole=ecopole, reverses=None)
    return list(rows.select_related("product").order_by("pk"))


def _own_of_today(event: Event, request: EcopoleRequest) -> bool:
    written_on = timezone.localtime(event.recorded_at).date()
    return event.recorded_by_id == request.user.pk and written_on == request.today


@require_POST
@needs("reverse_own")
def undo(request: EcopoleRequest, key: str) -> HttpResponse:
    """Undo what a form wrote: coordination undoes anything, others what they wrote themselves today."""
    events = _written_by_form(request.ecopole, key)
    if not events:
        raise Http404
    if Role.COORDINATOR not in request.roles and not all(_own_of_today(event, request) for event in events):
        raise PermissionDenied("reverse_own")
    try:
        actions.reverse(
            ecopole=request.ecopole,
            events=events,
            by=request.user,
            at=request.now,
            key=form_key(request.POST),
        )
    except actions.LedgerRefusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "C’est annulé\u202f: tout est revenu comme avant.")
    return redirect(_back(request))


def _back(request: EcopoleRequest) -> str:
    """The page the form was on, if it is one of ours."""
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    if ours and back.startswith("/"):
        return back
    return reverse("today", args=[request.ecopole.slug])
