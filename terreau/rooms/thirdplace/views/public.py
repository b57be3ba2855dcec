"""Without an account: what is announced, signing up, giving a place back by a secret link, feeds, totals."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.formats.ical import Appointment, calendar
from terreau.ledger.dueforms import form_key
from terreau.rooms.thirdplace import actions, queries
from terreau.rooms.thirdplace.actions.signups import AlreadySignedUp
from terreau.rooms.thirdplace.forms import SignUpForm, written
from terreau.rooms.thirdplace.models import Benefit, Gathering, House, Member, SignUp
from terreau.rooms.thirdplace.post import SALT, secret, write_to
from terreau.rooms.thirdplace.queries.calendar import line
from terreau.territory.access import EcopoleRequest
from terreau.territory.links import private, read
from terreau.territory.models import Ecopole
from terreau.territory.papers import sent

FEED_SALT = "terreau.thirdplace.feed"
AHEAD, BEHIND = timedelta(days=365), timedelta(days=60)
SIGN_UP = "place_sign_up"  # the limit of settings.ACCOUNT_RATE_LIMITS


def _house(slug: str) -> House:
    """Only an écopôle that keeps a third place shows itself."""
    rows = House.objects.select_related("ecopole", "agent__commune")
    return get_object_or_404(rows, ecopole__slug=slug)


def agenda(request: Any, ecopole: str) -> HttpResponse:
    house = _house(ecopole)
    lines = queries.gatherings(house.ecopole, request.today, request.today + AHEAD, public=True)
    context = {"house": house, "lines": [one for one in lines if one.starts_at > request.now]}
    return render(request, "thirdplace/public/agenda.html", context)


def gathering(request: Any, ecopole: str, pk: int) -> HttpResponse:
    """What it is, and the form; a place, or a rank on the waiting list, said at once."""
    house = _house(ecopole)
    rows = Gathering.objects.select_related("ecopole", "fee__benefit").filter(announced_at__isnull=False)
    row = get_object_or_404(rows, ecopole=house.ecopole, pk=pk)
    form = SignUpForm(request.POST or None)
    if request.method == "POST":
        key = form_key(request.POST)
        if request.POST.get("website"):  # a machine: it is thanked, nothing is written
            return redirect("place_public", ecopole)
        if not ratelimit.consume(request, action=SIGN_UP):
            form.full_clean()
            form.add_error(None, "Beaucoup d’inscriptions viennent d’ici\u202f: attendez quelques minutes.")
        elif (found := _sign_up(request, row, form, key)) is not None:
            return redirect("place_sign_up", secret(found))
    context = {
        "house": house,
        "gathering": row,
        "line": line(row, list(row.sign_ups.filter(left_at=None)), []),
        "form": form,
        "open": row.starts_at > request.now,
    }
    return render(request, "thirdplace/public/gathering.html", context, status=422 if form.errors else 200)


def _sign_up(request: Any, row: Gathering, form: SignUpForm, key: str) -> SignUp | None:
    made: list[SignUp] = []
    origin = request.build_absolute_uri("/")

    def write() -> None:
        said = form.cleaned_data
        try:
            made.append(
                actions.sign_up(
                    gathering=row, name=said["name"], email=said["email"], adults=said["adults"],
                    children=said["children"] or 0, at=request.now, key=key,
                )
            )  # fmt: skip
        except AlreadySignedUp as twice:
            kind = "seated" if twice.sign_up.seated_at else "waiting"
            write_to.enqueue(sign_up_id=twice.sign_up.pk, kind=kind, origin=origin)
            raise

    if not written(form, write):
        return None
    write_to.enqueue(sign_up_id=made[0].pk, kind="seated" if made[0].seated_at else "waiting", origin=origin)
    return made[0]


def mine(request: Any, token: str) -> HttpResponse:
    """Behind the secret link: the place, or the rank; and a button that gives it back."""
    row = read(token, SALT, SignUp.objects.select_related("gathering__ecopole", "gathering__fee__benefit"))
    if request.method == "POST":
        form_key(request.POST)
        try:
            seated = actions.leave(sign_up=row, at=request.now)
        except actions.PlaceRefused as refusal:
            messages.error(request, str(refusal))
        else:
            for one in seated:
                write_to.enqueue(sign_up_id=one.pk, kind="promoted", origin=request.build_absolute_uri("/"))
        return private(redirect("place_sign_up", token))
    ahead = SignUp.objects.filter(
        gathering=row.gathering, left_at=None, seated_at=None, signed_at__lt=row.signed_at
    )
    context = {
        "sign_up": row, "gathering": row.gathering, "rank": ahead.count() + 1,
        "over": row.gathering.ends_at <= request.now,
    }  # fmt: skip
    return private(render(request, "thirdplace/public/sign_up.html", context))


def credits(request: Any, ecopole: str) -> HttpResponse:
    """Issued, spent, expired, in the books: visible to all, and no euro anywhere."""
    house = _house(ecopole)
    open_ = Benefit.objects.filter(ecopole=house.ecopole, closed_on=None, since__lte=request.today)
    context = {
        "house": house,
        "told": queries.statement(house.ecopole, request.today),
        "benefits": list(open_),
    }
    return render(request, "thirdplace/public/credits.html", context)


# --- feeds ----------------------------------------------------------------------------------------------


def feed(request: Any, ecopole: str) -> HttpResponse:
    """What is announced, for anybody's calendar; what is cancelled says so."""
    house = _house(ecopole)
    rows = _near(house.ecopole, request.today).filter(announced_at__isnull=False)
    return _ics(request, f"{house.agent}", rows)


def own_feed(request: Any, token: str) -> HttpResponse:
    """By a secret address: all of the house's calendar, or what a member signed up to."""
    try:
        who, pk = signing.loads(token, salt=FEED_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise Http404("agenda") from error
    if who == "house":
        house = get_object_or_404(House.objects.select_related("ecopole", "agent"), ecopole=pk)
        return _ics(request, f"{house.agent}, tout", _near(house.ecopole, request.today))
    member = get_object_or_404(
        Member.objects.select_related("ecopole").exclude(email=""), pk=pk, closed_on=None
    )
    signed = SignUp.objects.filter(email=member.email, left_at=None, seated_at__isnull=False)
    rows = _near(member.ecopole, request.today).filter(pk__in=signed.values("gathering"))
    return _ics(request, "Mes rendez-vous", rows)


def _near(ecopole: Ecopole, today: date) -> Any:
    rows = Gathering.objects.filter(ecopole=ecopole).select_related("ecopole")
    return rows.filter(starts_at__date__range=(today - BEHIND, today + AHEAD)).order_by("starts_at", "id")


def _ics(request: Any, name: str, rows: Iterable[Gathering]) -> HttpResponse:
    told = [_appointment(request, one) for one in rows]
    return sent(calendar(name, told), "text/calendar; charset=utf-8", "agenda.ics", how="inline")


def _appointment(request: Any, one: Gathering) -> Appointment:
    page = reverse("place_gathering", args=[one.ecopole.slug, one.pk]) if one.announced_at else ""
    return Appointment(
        uid=f"thirdplace-{one.pk}@{request.get_host().partition(':')[0]}",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        summary=one.title,
        revised_at=one.revised_at,
        description=one.about,
        location=one.where,
        revision=one.revision,
        url=request.build_absolute_uri(page) if page else "",
        cancelled=one.cancelled_at is not None,
    )


def house_feed(request: EcopoleRequest) -> str:
    token = signing.dumps(["house", request.ecopole.pk], salt=FEED_SALT)
    return request.build_absolute_uri(reverse("place_own_feed", args=[token]))


def member_feed(request: EcopoleRequest, member: Member) -> str:
    token = signing.dumps(["member", member.pk], salt=FEED_SALT)
    return request.build_absolute_uri(reverse("place_own_feed", args=[token]))
