"""Without an account: what a basket is, where, joining; the keeper's link; feeds; the weekly sheet."""

from datetime import timedelta
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.formats.ical import Appointment, calendar
from terreau.ledger.dueforms import form_key
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.maps import depot_map
from terreau.rooms.baskets.member_forms import JoinForm, WishForm, serves
from terreau.rooms.baskets.models import Member, Sheet, Subscription, Waiting
from terreau.rooms.baskets.queries.deliveries import Rules, deliveries, sizes_sold
from terreau.rooms.baskets.queries.sheet import sheet_told
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.views.evenings import asked_day, evening_page, note
from terreau.territory.asked import week_named
from terreau.territory.links import private, read
from terreau.territory.models import Ecopole, Place
from terreau.territory.papers import sent

JOIN, KEEPER = "basket_join", "basket_keeper"  # the limits of settings.ACCOUNT_RATE_LIMITS
AHEAD, BEHIND = timedelta(days=120), timedelta(days=30)


def _garden(request: Any, slug: str) -> tuple[Ecopole, Rules]:
    """Only an écopôle that sells baskets shows itself."""
    ecopole = get_object_or_404(Ecopole.objects.select_related("commune"), slug=slug)
    rules = Rules(ecopole)
    if rules.terms(request.today) is None:
        raise Http404("paniers")
    return ecopole, rules


def home(request: Any, ecopole: str) -> HttpResponse:
    """What a basket is, what it costs, where it is taken."""
    garden, rules = _garden(request, ecopole)
    depots = rules.depots(request.today)
    terms = rules.terms(request.today)
    assert terms is not None
    context = {
        "garden": garden, "terms": terms, "depots": [(row, serves(row)) for row in depots],
        "sizes": [
            (size, price, price.times(terms.weeks_a_year).cents // 12)
            for size, price in sizes_sold(request.today, rules)
        ],
        "sheet": Sheet.objects.filter(ecopole=garden, published_at__isnull=False).first(),
        **depot_map(garden, depots),
    }  # fmt: skip
    return render(request, "baskets/public/home.html", context)


def join(request: Any, ecopole: str) -> HttpResponse:
    """The form; a subscription, or a rank on the waiting list, said at once."""
    garden, rules = _garden(request, ecopole)
    person = JoinForm(request.POST or None)
    wish = WishForm(request.POST or None, ecopole=garden, rules=rules, today=request.today)
    if request.method == "POST":
        key = form_key(request.POST)
        if request.POST.get("website"):  # a machine: it is thanked, nothing is written
            return redirect("basket_public", ecopole)
        if not ratelimit.consume(request, action=JOIN):
            person.add_error(None, "Beaucoup d’inscriptions viennent d’ici\u202f: attendez quelques minutes.")
        elif (made := _join(request, garden, person, wish, key)) is not None:
            return redirect("basket_joined", signing.dumps(made.pk, salt=post.JOINED))
    wrong = bool(person.errors or wish.errors)
    terms = rules.terms(request.today)
    context = {"garden": garden, "person": person, "wish": wish, "terms": terms}
    return render(request, "baskets/public/join.html", context, status=422 if wrong else 200)


def _join(request: Any, garden: Ecopole, person: JoinForm, wish: WishForm, key: str) -> Member | None:
    if not (person.is_valid() & wish.is_valid()):
        return None
    origin = request.build_absolute_uri("/")
    try:
        made = actions.join(ecopole=garden, person=person.person(), wish=wish.wish(), at=request.now, key=key)
    except actions.AlreadyMember as twice:
        post.write_to.enqueue(member_id=twice.member.pk, kind="joined", origin=origin)
        person.add_error("email", str(twice))
        return None
    except BasketsRefused as refusal:
        form: Any = person if refusal.field in person.fields else wish
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    kind = "joined" if Subscription.objects.filter(member=made).exists() else "waiting"
    post.write_to.enqueue(member_id=made.pk, kind=kind, origin=origin)
    post.count.enqueue(ecopole_id=garden.pk)
    return made


def joined(request: Any, token: str) -> HttpResponse:
    """Behind the link of who has just joined: what comes next, or the rank in the list."""
    member = read(token, post.JOINED, Member.objects.select_related("ecopole", "agent"))
    waiting = Waiting.objects.filter(member=member, closed_at=None).select_related("size__product", "depot")
    row = waiting.first()
    ahead = 0
    if row:
        queue = Waiting.objects.filter(depot=row.depot_id, closed_at=None, offered_at=None)
        ahead = queue.filter(asked_at__lt=row.asked_at).count()
    first = deliveries(member.ecopole, request.today, request.today + AHEAD, member=member)
    context = {"member": member, "waiting": row, "rank": ahead + 1, "first": first[0] if first else None}
    return private(render(request, "baskets/public/joined.html", context))


def feed(request: Any, token: str) -> HttpResponse:
    """A member's baskets in their calendar; one that is skipped says so."""
    member = read(token, post.FEED, Member.objects.select_related("ecopole").filter(left_on=None))
    told = [
        Appointment(
            uid=f"panier-{one.subscription_id}-{one.day}@{request.get_host().partition(':')[0]}",
            starts_at=one.starts_at, ends_at=one.ends_at, summary=f"{one.size}, {one.depot}",
            revised_at=request.now, location=one.depot, cancelled=not one.count,
        )
        for one in deliveries(member.ecopole, request.today - BEHIND, request.today + AHEAD, member=member)
    ]  # fmt: skip
    return sent(calendar("Mes paniers", told), "text/calendar; charset=utf-8", "paniers.ics", how="inline")


def keeper(request: Any, token: str) -> HttpResponse:
    """The evening of a depot, for who keeps it: names and baskets, and nothing else."""
    try:
        depot_id, link = signing.loads(token, salt=post.KEEPER)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Http404("lien") from error
    depot = get_object_or_404(Place.objects.select_related("ecopole"), pk=depot_id)
    terms = Rules(depot.ecopole).depot(depot.pk, request.today)
    if terms is None or terms.link != link:
        raise Http404("lien")
    day = asked_day(request, depot, terms)
    if request.method == "POST":
        form_key(request.POST)
        typed = None
        try:
            if ratelimit.consume(request, action=KEEPER):
                typed = note(request, depot, day, None)
            else:
                messages.error(
                    request, "Beaucoup de saisies viennent d’ici\u202f: attendez quelques minutes."
                )
        except BasketsRefused as refusal:
            messages.error(request, str(refusal))
        if typed:
            context = evening_page(request, depot, day, typed)
            return private(render(request, "baskets/public/keeper.html", context, status=422))
        return private(redirect(f"{reverse('basket_keeper', args=[token])}?jour={day}"))
    return private(render(request, "baskets/public/keeper.html", evening_page(request, depot, day)))


def sheet(request: Any, ecopole: str, week: str) -> HttpResponse:
    row = get_object_or_404(
        Sheet.objects.select_related("ecopole"), ecopole__slug=ecopole, week=week_named(week).monday,
        published_at__isnull=False,
    )  # fmt: skip
    return render(request, "baskets/public/sheet.html", {"sheet": row, "contents": sheet_told(row)})
