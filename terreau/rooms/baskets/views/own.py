"""A member's own pages, on a phone first: the next basket and what may be done of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key, pressed
from terreau.measures.french import format_day
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.member_forms import (
    AcceptForm,
    ChangeTermsForm,
    DeliveryForm,
    PauseForm,
    StopForm,
    WishForm,
    written,
)
from terreau.rooms.baskets.models import (
    Handover,
    Member,
    Pause,
    Subscription,
    Waiting,
)
from terreau.rooms.baskets.queries.deliveries import Delivery, Rules, books_of, next_delivery
from terreau.rooms.baskets.queries.packs import packs
from terreau.rooms.baskets.queries.solidarity import Ways
from terreau.rooms.baskets.queries.today import member_of
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.solidarity_forms import OwnPriceForm
from terreau.territory.access import EcopoleRequest, needs

PAST_SHOWN = 12
# So long, the page says that what was paid ahead is spent.
SPENT_SAID = timedelta(days=60)


def me(request: EcopoleRequest) -> Any:
    """The member who reads; a role given for an organisation opens no basket."""
    if (row := member_of(request)) is None:
        raise Http404("membre")
    return row


def _home(request: EcopoleRequest, anchor: str = "") -> HttpResponse:
    return redirect(reverse("baskets:own", args=[request.ecopole.slug]) + anchor)


def _subscription(row: Member, pk: int) -> Subscription:
    rows = Subscription.objects.select_related("member__ecopole", "member__agent", "size__product")
    return get_object_or_404(rows, member=row, pk=pk)


def _shown(request: EcopoleRequest, coming: list[Delivery]) -> Delivery | None:
    """The basket the page is about: the one asked for, or the next."""
    asked = request.GET.get("panier", "")
    return next((one for one in coming if f"{one.subscription_id}-{one.day}" == asked), None) or next(
        iter(coming), None
    )


def _page(request: EcopoleRequest, row: Any, name: str = "", bound: forms.Form | None = None) -> HttpResponse:
    rules, today = Rules(request.ecopole), request.today
    books, ways = books_of(row, today), Ways(request.ecopole, member=row)
    coming = next_delivery(request.ecopole, row, today, rules, books)
    shown = _shown(request, coming)
    terms = rules.terms(today)
    held = [one for one in books.subscriptions if one.ends_on is None or one.ends_on >= today]
    each = ways.owed(shown, rules.free) if shown else Money(0)
    ahead = _packs(row)
    prepaid, rest = _prepaid(shown, coming, ahead, ways, rules)
    past = Handover.objects.filter(subscription__member=row, withdrawn_at=None)
    context = {
        "member": row, "coming": coming, "shown": shown, "terms": terms,
        "open": shown is not None and not shown.paused and shown.until > request.now,
        # Of each basket, and of this delivery: what they pay of the price that everybody's has.
        "each": each,
        "due": each.times(shown.count - prepaid) + shown.charge.times(shown.count) if shown else each,
        # Of this delivery, how many baskets were paid ahead, and how many will then be left.
        "prepaid": prepaid, "rest": rest, "ahead": sum(one.left for one in ahead), "sells": rules.ahead,
        "spent": any(one.last and one.last > request.now - SPENT_SAID for one in ahead),
        "held": [(one, _free_price(one, ways, rules, today, name, bound)) for one in held],
        "pauses": [
            (pause, next(one for one in books.subscriptions if one.pk == pause.subscription_id))
            for pause in books.paused
            if pause.last_on >= today
        ],
        "waiting": list(
            Waiting.objects.filter(member=row, closed_at=None).select_related("size__product", "depot")
        ) if row.waits else [],
        "past": list(
            past.select_related("subscription__size__product", "depot").order_by("-day", "-id")[:PAST_SHOWN]
        ),
        "feed": request.build_absolute_uri(
            reverse("basket_feed", args=[signing.dumps(row.pk, salt=post.FEED)])
        ),
        "forms": {
            "delivery": DeliveryForm(depots=rules.depots(today)), "pause": PauseForm(today=today),
            "terms": ChangeTermsForm(rules=rules, today=today), "stop": StopForm(today=today),
            "wish": WishForm(rules=rules, today=today, prefix="wish"),
            "accept": AcceptForm(today=today),
        } | ({name: bound} if bound else {}),
        "name": name,
    }  # fmt: skip
    return render(request, "baskets/own.html", context, status=422 if bound else 200)


def _packs(row: Any) -> list[Any]:
    """What a member paid ahead, with the last time something became of it."""
    if not row.has_packs:
        return []
    return list(packs(row.ecopole).filter(member=row).annotate(last=Max("baskets__moves__recorded_at")))


def _prepaid(
    shown: Delivery | None, coming: list[Delivery], ahead: list[Any], ways: Ways, rules: Rules
) -> tuple[int, int]:
    """What the delivery shown draws of packs, after those before it, and what is then left of its size."""
    left: dict[int, int] = {}
    for one in coming:
        if one.size_id not in left:
            left[one.size_id] = sum(
                pack.left
                for pack in ahead
                if pack.offer.size_id == one.size_id and (pack.ends_on is None or one.on <= pack.ends_on)
            )
        drawn = min(one.count, left[one.size_id])
        if drawn and ways.coming(one, rules.free) is not None:
            drawn = 0
        left[one.size_id] -= drawn
        if one == shown:
            return drawn, left[one.size_id]
    return 0, 0


def _free_price(
    held: Subscription, ways: Ways, rules: Rules, today: date, name: str, bound: forms.Form | None
) -> OwnPriceForm | None:
    """Where the garden lets its members choose: the bounds, the mean it needs, one's own price."""
    if held.size_id not in rules.free:
        return None
    slide = in_force(ways.sliding.get(held.size_id, ()), today)
    if slide is None:
        return None
    chosen = in_force(ways.chosen.get(held.pk, ()), today + timedelta(days=1))
    form = bound if name == f"price-{held.pk}" and isinstance(bound, OwnPriceForm) else None
    form = form or OwnPriceForm(chosen=chosen)
    form.slide = slide
    return form


@needs("see_basket_own")
def own(request: EcopoleRequest) -> HttpResponse:
    return _page(request, me(request))


def recount(request: EcopoleRequest) -> None:
    """What a member changes is counted anew, behind the page."""
    post.count.enqueue(ecopole_id=request.ecopole.pk)


DONE = {
    "plain": "Votre panier du {} vous attend, comme prévu.",
    "skip": "Votre panier du {} est sauté.",
    "give": "Votre panier du {} est donné. Merci\u202f!",
    "move": "Votre panier du {} change de dépôt.",
    "extra": "C’est noté pour le {}.",
}


@needs("see_basket_own")
def change(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One delivery: skipped, given, moved, doubled, or as planned again."""
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key, held = form_key(request.POST), _subscription(row, pk)
    form = DeliveryForm(request.POST, depots=Rules(request.ecopole).depots(request.today))

    def write() -> None:
        said = form.cleaned_data
        actions.change_delivery(
            subscription=held, day=said["day"], kind=said["kind"],
            to_member=_named(row, said["code"]) if said["kind"] == "give" and said["code"] else None,
            to_depot=form.depots[said["depot"]] if said["kind"] == "move" else None,
            count=said["count"] if said["kind"] == "extra" else 1,
            by=request.user, at=request.now, key=key,
        )  # fmt: skip

    if not written(form, write):
        return _page(request, row, "delivery", form)
    recount(request)
    messages.success(request, DONE[form.cleaned_data["kind"]].format(format_day(form.cleaned_data["day"])))
    return _home(request)


def _named(row: Member, code: str) -> Member:
    """Another member, by the code at the top of their page: nobody reads the list of members."""
    found = Member.objects.filter(
        ecopole=row.ecopole_id, agent__name=code.strip().upper(), left_on=None
    ).select_related("agent")
    if (other := found.first()) is None:
        raise BasketsRefused(
            f"« {code} » n’est le code d’aucun membre. Il est en haut de sa page, comme M-7K3D.", "code"
        )
    return other


def _gesture(
    request: EcopoleRequest, row: Member, name: str, form: forms.Form, write: Callable[[], object], done: str
) -> HttpResponse:
    if not written(form, write):
        return _page(request, row, name, form)
    recount(request)
    messages.success(request, done)
    return _home(request)


@needs("see_basket_own")
def pause(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key, held, form = (
        form_key(request.POST),
        _subscription(row, pk),
        PauseForm(request.POST, today=request.today),
    )

    def write() -> None:
        first, last = (IsoWeek.parse(form.cleaned_data[name]) for name in ("first", "last"))
        actions.pause(subscription=held, first=first, last=last, at=request.now, key=key)

    return _gesture(request, row, "pause", form, write, "Vos paniers sont en pause.")


@needs("see_basket_own")
def end_pause(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = me(request)
    if request.method == "POST":
        rows = Pause.objects.select_related("subscription__member__ecopole")
        found = get_object_or_404(rows, subscription__member=row, pk=pk)
        if pressed(request, lambda: actions.end_pause(pause=found, at=request.now), "La pause est retirée."):
            recount(request)
    return _home(request)


@needs("see_basket_own")
def change_terms(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Another depot, another rhythm, from a week on."""
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key, held = form_key(request.POST), _subscription(row, pk)
    form = ChangeTermsForm(request.POST, rules=Rules(request.ecopole), today=request.today)

    def write() -> None:
        said = form.cleaned_data
        actions.change_terms(
            subscription=held, depot=form.place, rhythm=said["rhythm"], weeks=said["weeks"],
            week=IsoWeek.parse(said["week"]), at=request.now, key=key,
        )  # fmt: skip

    return _gesture(request, row, "terms", form, write, "Votre abonnement change, c’est noté.")


@needs("see_basket_own")
def stop(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = me(request)
    if request.method != "POST":
        return _home(request)
    form_key(request.POST)
    held, form = _subscription(row, pk), StopForm(request.POST, today=request.today)
    done = _gesture(
        request, row, "stop", form,
        lambda: actions.stop(subscription=held, on=form.cleaned_data["on"], at=request.now),
        "Votre abonnement a une fin, c’est noté.",
    )  # fmt: skip
    if done.status_code == 302:
        post.offer.enqueue(ecopole_id=request.ecopole.pk, origin=request.build_absolute_uri("/"))
    return done


@needs("see_basket_own")
def subscribe(request: EcopoleRequest) -> HttpResponse:
    """One more basket, of another size, or again after a pause of some months."""
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key = form_key(request.POST)
    form = WishForm(request.POST, rules=Rules(request.ecopole), today=request.today, prefix="wish")
    return _gesture(
        request, row, "wish", form,
        lambda: actions.take_or_wait(member=row, wish=form.wish(), at=request.now, key=key),
        "C’est noté\u202f: la suite est sur cette page.",
    )  # fmt: skip


@needs("see_basket_own")
def choose_price(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What a member pays for each basket that comes, within the bounds the garden gives."""
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key, held, form = form_key(request.POST), _subscription(row, pk), OwnPriceForm(request.POST)

    def write() -> None:
        actions.choose_price(
            subscription=held, price=form.cleaned_data["price"],
            starts_on=request.today + timedelta(days=1), at=request.now, key=key,
        )  # fmt: skip

    return _gesture(request, row, f"price-{pk}", form, write, "Votre prix est noté.")


@needs("see_basket_own")
def answer_offer(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A place offered: taken, or left to the next."""
    row = me(request)
    if request.method != "POST":
        return _home(request)
    key = form_key(request.POST)
    rows = Waiting.objects.select_related("member__ecopole", "member__agent", "size__product", "depot")
    waiting = get_object_or_404(rows, member=row, pk=pk)
    if request.POST.get("leave"):
        actions.leave_list(waiting=waiting, at=request.now)
        post.offer.enqueue(ecopole_id=request.ecopole.pk, origin=request.build_absolute_uri("/"))
        messages.success(request, "C’est noté\u202f: la place va à la personne suivante.")
        return _home(request)
    form = AcceptForm(request.POST, today=request.today)

    def write() -> None:
        starts = IsoWeek.parse(form.cleaned_data["starts"]).monday
        actions.accept_place(waiting=waiting, starts_on=starts, at=request.now, key=key)

    return _gesture(request, row, "accept", form, write, "La place est à vous\u202f: bienvenue\u202f!")
