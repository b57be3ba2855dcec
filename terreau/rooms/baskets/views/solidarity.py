"""Solidarity, for who runs it: schemes, households, the pot, statements. Nobody else reads who is in one."""

from datetime import date, timedelta
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.core import signing
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.measures.french import FrenchEntryError, format_date, format_money, parse_date
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.member_forms import written
from terreau.rooms.baskets.models import Enrolment, Referral, Referrer, Scheme
from terreau.rooms.baskets.queries.schemes import Statement, break_even, pot_state, scheme_states, statement
from terreau.rooms.baskets.queries.solidarity import Walk, Ways
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.shares import format_part
from terreau.rooms.baskets.solidarity_forms import (
    CloseForm,
    EndForm,
    EnrolForm,
    GiftForm,
    LinkForm,
    ReferralForm,
    RenewForm,
    SchemeForm,
    SlidingForm,
    SolidarityForm,
)
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.links import private
from terreau.territory.papers import printed, spreadsheet

# Over which the mean price is told.
PRICED = timedelta(weeks=8)
REFER = "basket_join"  # the limit of settings.ACCOUNT_RATE_LIMITS


def _go(request: EcopoleRequest, name: str = "solidarity", *args: object) -> HttpResponse:
    return redirect(f"baskets:{name}", request.ecopole.slug, *args)


@needs("keep_solidarity")
def home(request: EcopoleRequest) -> HttpResponse:
    """Schemes with what is left of them, households by the day their decision ends, requests."""
    today = request.today
    walk = Walk(request.ecopole, date.min, today)
    rule = in_force(walk.ways.rules, today)
    rows = [row for told in walk.ways.enrolments.values() for row in told]
    renewed = {row.renews_id for row in rows}
    rows = [row for row in rows if row.pk not in renewed and not (row.ended_on and row.ended_on <= today)]
    rows.sort(key=lambda row: (row.ends_on, row.pk))
    prefetch_related_objects(rows, "member")
    households = [(row, _state(row, today, rule.remind_days if rule else 30)) for row in rows]
    asked = Referral.objects.filter(referrer__ecopole=request.ecopole, answered_at=None)
    context = {
        "rule": rule, "states": scheme_states(request.ecopole, today, walk), "households": households,
        "asked": list(asked.select_related("scheme", "referrer__agent")),
        "pot": walk, "prices": break_even(request.ecopole, today - PRICED, today, walk),
    }  # fmt: skip
    return render(request, "baskets/solidarity.html", context)


def _state(row: Enrolment, today: date, remind_days: int) -> str:
    """« over », « soon » or nothing to say."""
    left = (min(row.ends_on, row.scheme.last) - today).days
    return "over" if left < 0 else "soon" if left <= remind_days else ""


# --- what the garden decides ----------------------------------------------------------------------------


def _settings(request: EcopoleRequest, name: str = "", bound: forms.Form | None = None) -> HttpResponse:
    today, ways = request.today, Ways(request.ecopole)
    given: dict[str, Any] = {"ecopole": request.ecopole, "today": today}
    links = Referrer.objects.filter(ecopole=request.ecopole, until__gte=today).select_related("agent")
    last: dict[int, Referrer] = {}
    for row in links:
        last.setdefault(row.agent_id, row)
    context = {
        "rule": in_force(ways.rules, today),
        "forms": {
            "rules": SolidarityForm(known=in_force(ways.rules, today), **given),
            "sliding": SlidingForm(**given), "link": LinkForm(**given),
        } | ({name: bound} if bound else {}),
        "sliding": [slide for rows in ways.sliding.values() for _, slide in rows],
        "links": [(row, _link(request, row)) for row in last.values()],
    }  # fmt: skip
    return render(request, "baskets/solidarity_settings.html", context, status=422 if bound else 200)


def _link(request: EcopoleRequest, row: Referrer) -> str:
    return request.build_absolute_uri(reverse("basket_refer", args=[post.referrer_secret(row)]))


@needs("keep_solidarity")
def settings(request: EcopoleRequest) -> HttpResponse:
    return _settings(request)


@needs("keep_solidarity")
def set_terms(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, known = form_key(request.POST), None
        form = SolidarityForm(request.POST, ecopole=request.ecopole, known=known, today=request.today)
        given: dict[str, Any] = {"ecopole": request.ecopole, "at": request.now, "key": key}
        if not written(form, lambda: actions.set_solidarity(**given, **form.cleaned_data)):
            return _settings(request, "rules", form)
        messages.success(request, "Les règles de la solidarité sont enregistrées.")
    return _go(request, "solidarity_settings")


@needs("keep_solidarity")
def set_sliding(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        form_key(request.POST)
        form = SlidingForm(request.POST, ecopole=request.ecopole, today=request.today)
        if not written(form, lambda: actions.set_sliding(today=request.today, **form.cleaned_data)):
            return _settings(request, "sliding", form)
        messages.success(request, "Le prix libre est enregistré.")
    return _go(request, "solidarity_settings")


@needs("keep_solidarity")
def open_link(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        given: dict[str, Any] = {"ecopole": request.ecopole, "at": request.now, "key": form_key(request.POST)}
        form = LinkForm(request.POST, ecopole=request.ecopole, today=request.today)
        if not written(form, lambda: actions.open_link(**given, **form.cleaned_data)):
            return _settings(request, "link", form)
        messages.success(request, "Le lien est prêt\u202f: donnez-le à l’organisme.")
    return _go(request, "solidarity_settings")


# --- schemes --------------------------------------------------------------------------------------------


@needs("keep_solidarity")
def add_scheme(request: EcopoleRequest) -> HttpResponse:
    form = SchemeForm(request.POST or None, ecopole=request.ecopole, today=request.today)
    if request.method == "POST":
        given: dict[str, Any] = {"ecopole": request.ecopole, "at": request.now, "key": form_key(request.POST)}
        if written(form, lambda: actions.add_scheme(entry=form.entry(), **given)):
            messages.success(request, f"{form.cleaned_data['name']}\u202f: le dispositif est écrit.")
            return _go(request)
    return render(request, "baskets/solidarity_add.html", {"form": form}, status=422 if form.errors else 200)


def _scheme(request: EcopoleRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.select_related("ecopole"), ecopole=request.ecopole, pk=pk)


@needs("keep_solidarity")
def scheme(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Its payers with what they paid; closed after a day to come."""
    row, form = _scheme(request, pk), CloseForm(request.POST or None, today=request.today)
    if request.method == "POST":
        form_key(request.POST)
        if written(form, lambda: actions.close_scheme(scheme=row, today=request.today, **form.cleaned_data)):
            messages.success(request, f"{row}\u202f: clos après le {format_date(form.cleaned_data['on'])}.")
            return _go(request, "solidarity_scheme", pk)
    state = next(one for one in scheme_states(request.ecopole, request.today) if one.scheme.pk == pk)
    month = request.today.replace(day=1)
    context = {
        "state": state, "form": form, "household": format_part(row.part), "month": month,
        "payers": [(one, format_part(one.payer.part)) for one in state.payers],
    }  # fmt: skip
    return render(request, "baskets/solidarity_scheme.html", context, status=422 if form.errors else 200)


def _asked(request: EcopoleRequest, name: str, otherwise: date) -> date:
    said = request.GET.get(name, "")
    try:
        return parse_date(said) if said else otherwise
    except FrenchEntryError as error:
        raise Http404(name) from error


def _statement(request: EcopoleRequest, pk: int, payer: int) -> Statement:
    row = _scheme(request, pk)
    named = get_object_or_404(row.payers.select_related("agent").order_by("rank"), agent=payer)
    first = _asked(request, "du", max(row.starts_on, request.today.replace(month=1, day=1)))
    last = min(_asked(request, "au", request.today), request.today)
    return statement(row, named.agent, first, last)


@needs("keep_solidarity")
def payer_statement(request: EcopoleRequest, pk: int, payer: int) -> HttpResponse:
    """Baskets × share, no name: on screen, in PDF, as a table."""
    told = _statement(request, pk, payer)
    kind = request.GET.get("format", "")
    if kind == "pdf":
        return printed(
            "baskets/solidarity_statement.typ", _on_paper(told), f"releve-{told.first}-{told.last}"
        )
    if kind == "csv":
        return _table(told)
    return render(request, "baskets/solidarity_statement.html", {"told": told})


def _rows(told: Statement) -> list[list[str]]:
    return [
        [line.size, str(line.count), format_money(line.share) if line.share else "plafond atteint",
         format_money(line.amount)]
        for line in told.lines
    ]  # fmt: skip


def _on_paper(told: Statement) -> dict[str, Any]:
    return {
        "scheme": told.scheme.name, "payer": told.payer.name, "footer": told.scheme.ecopole.name,
        "period": f"du {format_date(told.first)} au {format_date(told.last)}", "rows": _rows(told),
        "count": str(told.count), "amount": format_money(told.amount),
    }  # fmt: skip


def _table(told: Statement) -> HttpResponse:
    heads = ["dispositif", "payeur", "du", "au", "panier", "nombre", "part", "montant"]
    head = [told.scheme.name, told.payer.name, told.first.isoformat(), told.last.isoformat()]
    rows = (
        [*head, line.size, line.count, line.share.euros if line.share else "", line.amount.euros]
        for line in told.lines
    )
    return spreadsheet([heads, *rows], f"releve-{told.first}-{told.last}")


# --- households -----------------------------------------------------------------------------------------


@needs("keep_solidarity")
def enrol(request: EcopoleRequest) -> HttpResponse:
    """A member enters a scheme; of a request, with what it says."""
    asked = None
    if said := request.GET.get("demande", ""):
        rows = Referral.objects.filter(referrer__ecopole=request.ecopole, answered_at=None)
        asked = get_object_or_404(rows.select_related("scheme", "referrer__agent"), pk=row_asked(said))
    form = EnrolForm(request.POST or None, ecopole=request.ecopole, today=request.today, asked=asked)
    if request.method == "POST":
        key = form_key(request.POST)

        def write() -> None:
            made = actions.enrol(
                member=form.cleaned_data["member"], decision=form.decision(), by=request.user, at=request.now,
                key=key,
            )  # fmt: skip
            if asked:
                actions.answer_referral(referral=asked, enrolment=made, at=request.now)

        if written(form, write):
            messages.success(
                request, f"{form.cleaned_data['member']} est dans {form.cleaned_data['scheme']}."
            )
            return _go(request)
    return render(
        request, "baskets/solidarity_enrol.html", {"form": form, "asked": asked},
        status=422 if form.errors else 200,
    )  # fmt: skip


@needs("keep_solidarity")
def decline(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A request without a follow-up: its words are erased."""
    if request.method == "POST":
        form_key(request.POST)
        rows = Referral.objects.filter(referrer__ecopole=request.ecopole)
        actions.answer_referral(referral=get_object_or_404(rows, pk=pk), enrolment=None, at=request.now)
        messages.success(request, "La demande est close\u202f: ce qu’elle disait du foyer est effacé.")
    return _go(request)


@needs("keep_solidarity")
def enrolment(request: EcopoleRequest, pk: int) -> HttpResponse:
    """The decision of a household: renewed, or ended."""
    rows = Enrolment.objects.select_related("member__ecopole", "scheme", "referrer")
    row = get_object_or_404(rows, member__ecopole=request.ecopole, pk=pk)
    ends = request.POST.get("gesture") == "end"
    renew = RenewForm(None if ends else request.POST or None, row=row, today=request.today)
    end = EndForm(request.POST if ends else None, today=request.today)
    if request.method == "POST":
        key, today = form_key(request.POST), request.today

        def write() -> None:
            if ends:
                actions.end_enrolment(enrolment=row, today=today, **end.cleaned_data)
            else:
                actions.enrol(
                    member=row.member, decision=renew.decision(), renews=row, by=request.user,
                    at=request.now, key=key,
                )  # fmt: skip

        if written(end if ends else renew, write):
            messages.success(request, "La sortie est notée." if ends else "La décision est renouvelée.")
            return _go(request)
    wrong = bool(renew.errors or end.errors)
    context = {
        "row": row,
        "renew": renew,
        "end": end,
        "rule": in_force(Ways(request.ecopole).rules, request.today),
    }
    return render(request, "baskets/solidarity_enrolment.html", context, status=422 if wrong else 200)


@needs("keep_solidarity")
def pot(request: EcopoleRequest) -> HttpResponse:
    """What entered the pot, what it paid for, what is left and until when."""
    form = GiftForm(request.POST or None, ecopole=request.ecopole)
    if request.method == "POST":
        given: dict[str, Any] = {
            "ecopole": request.ecopole,
            "by": request.user,
            "at": request.now,
            "key": form_key(request.POST),
        }
        if written(form, lambda: actions.give_to_pot(**given, **form.cleaned_data)):
            messages.success(request, "C’est dans la cagnotte.")
            return _go(request, "solidarity_pot")
    context = {"pot": pot_state(request.ecopole, request.today), "form": form}
    return render(request, "baskets/solidarity_pot.html", context, status=422 if form.errors else 200)


# --- without an account ---------------------------------------------------------------------------------


def refer(request: Any, token: str) -> HttpResponse:
    """A social worker's secret link: one form, few words, nothing to read of anybody."""
    try:
        pk = signing.loads(token, salt=post.REFERRER)
    except signing.BadSignature as error:
        raise Http404("lien") from error
    row = get_object_or_404(Referrer.objects.select_related("agent", "ecopole"), pk=pk)
    newer = Referrer.objects.filter(agent=row.agent_id, number__gt=row.number)
    if row.until < request.today or newer.exists():
        raise Http404("lien")
    form = ReferralForm(request.POST or None, ecopole=row.ecopole, today=request.today)
    sent = request.method == "POST" and _referred(request, row, form)
    status = 422 if form.errors and not sent else 200
    context = {"referrer": row, "form": form, "sent": sent}
    return private(render(request, "baskets/public/refer.html", context, status=status))


def _referred(request: Any, row: Referrer, form: ReferralForm) -> bool:
    key = form_key(request.POST)
    if request.POST.get("website"):  # a machine: it is thanked, nothing is written
        return True
    if not ratelimit.consume(request, action=REFER):
        form.add_error(None, "Beaucoup de demandes viennent d’ici\u202f: attendez quelques minutes.")
        return False

    def write() -> None:
        names = ("scheme", "name", "contact", "band", "regime", "months")
        given = {name: form.cleaned_data[name] for name in names}
        actions.refer(referrer=row, at=request.now, key=key, **given)

    return written(form, write)
