"""The garden's members: who they are, what they take, who waits; what the garden decides."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.member_forms import DepotForm, PriceForm, SheetForm, TermsForm, serves, written
from terreau.rooms.baskets.models import DepotTerms, Handover, Member, Price, Sheet, Subscription, Waiting
from terreau.rooms.baskets.queries.deliveries import Rules, next_delivery
from terreau.rooms.baskets.queries.packs import packs
from terreau.rooms.baskets.queries.sheet import sheet_told
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import week_asked
from terreau.territory.models import PlaceKind
from terreau.territory.nights import at_its_hour
from terreau.territory.papers import printed
from terreau.territory.queries import places

SHOWN = 100


@needs("run_baskets")
def members(request: EcopoleRequest) -> HttpResponse:
    """By name, town, or code; a hundred at a time."""
    said = request.GET.get("q", "").strip()[:80]
    rows = Member.objects.filter(ecopole=request.ecopole, left_on=None).select_related("agent")
    total = rows.count()
    if said:
        rows = rows.filter(
            Q(name__icontains=said)
            | Q(town__icontains=said)
            | Q(email__icontains=said)
            | Q(agent__name__iexact=said)
        )
    found = list(rows.order_by("name", "id")[: SHOWN + 1])
    waiting = Waiting.objects.filter(member__ecopole=request.ecopole, closed_at=None)
    context = {
        "q": said, "members": found[:SHOWN], "more": len(found) > SHOWN, "total": total,
        "waiting": list(waiting.select_related("member", "size__product", "depot")),
    }  # fmt: skip
    return render(request, "baskets/members.html", context)


@needs("run_baskets")
def member(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What was paid ahead is read by who may sell it: it would tell who pays otherwise."""
    row = get_object_or_404(Member.objects.select_related("agent"), ecopole=request.ecopole, pk=pk)
    rules = Rules(request.ecopole)
    held = Subscription.objects.filter(member=row).select_related("size__product")
    taken = Handover.objects.filter(subscription__member=row, withdrawn_at=None)
    context: dict[str, Any] = {
        "member": row, "held": list(held),
        "coming": next_delivery(request.ecopole, row, request.today, rules), "sells": rules.ahead,
        "past": list(
            taken.select_related("subscription__size__product", "depot").order_by("-day", "-id")[:20]
        ),
    }  # fmt: skip
    if "sell_packs" in request.abilities:
        mine = packs(request.ecopole).filter(member=row)
        context["packs"] = list(mine.order_by("-bought_on", "-id"))
    return render(request, "baskets/member.html", context)


@needs("run_baskets")
def offer(request: EcopoleRequest) -> HttpResponse:
    """The places there are go to who waits, in the order of time."""
    if request.method == "POST":
        form_key(request.POST)
        offered = actions.offer_places(ecopole=request.ecopole, at=request.now)
        origin = request.build_absolute_uri("/")
        for one in offered:
            post.write_to.enqueue(member_id=one.member_id, kind="offered", origin=origin)
        if offered:
            at_its_hour(post.offer, min(one.expires_at for one in offered if one.expires_at)).enqueue(
                ecopole_id=request.ecopole.pk, origin=origin
            )
            messages.success(request, f"Places proposées\u202f: {len(offered)}. Un courriel part à chacun.")
        else:
            messages.info(request, "Aucune place libre pour qui attend.")
    return redirect("baskets:members", request.ecopole.slug)


@needs("run_baskets")
def fill(request: EcopoleRequest) -> HttpResponse:
    """The counts of a week, from the subscriptions."""
    week = week_asked(request)
    if request.method == "POST":
        count = actions.fill_counts(ecopole=request.ecopole, week=week, today=request.today)
        messages.success(request, f"{count} paniers d’abonnés comptés pour la {week.label}.")
    return redirect(f"{reverse('baskets:depots', args=[request.ecopole.slug])}?semaine={week}")


# --- what the garden decides ----------------------------------------------------------------------------


def _settings(request: EcopoleRequest, name: str = "", bound: forms.Form | None = None) -> HttpResponse:
    rules, today = Rules(request.ecopole), request.today
    terms = rules.terms(today)
    served = {row.depot_id: row for row in rules.depots(today)}
    shown: dict[str, Any] = {
        "rules": TermsForm(ecopole=request.ecopole, known=terms, today=today),
        "price": PriceForm(ecopole=request.ecopole, today=today),
    }
    context = {
        "terms": terms, "forms": shown | ({name: bound} if bound else {}), "name": name,
        "prices": list(Price.objects.filter(size__ecopole=request.ecopole).select_related("size__product")),
        "depots": [
            (depot, row, serves(row) if row else "")
            for depot in places(request.ecopole, [PlaceKind.DEPOT])
            for row in [served.get(depot.pk)]
        ],
    }  # fmt: skip
    return render(request, "baskets/settings.html", context, status=422 if bound else 200)


@needs("run_baskets")
def settings(request: EcopoleRequest) -> HttpResponse:
    return _settings(request)


@needs("run_baskets")
def set_terms(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, terms = form_key(request.POST), Rules(request.ecopole).terms(request.today)
        form = TermsForm(request.POST, ecopole=request.ecopole, known=terms, today=request.today)
        if not written(
            form,
            lambda: actions.set_terms(ecopole=request.ecopole, entry=form.entry(), at=request.now, key=key),
        ):
            return _settings(request, "rules", form)
        messages.success(request, "Les règles sont enregistrées.")
    return redirect("baskets:settings", request.ecopole.slug)


@needs("run_baskets")
def set_price(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        form_key(request.POST)
        form = PriceForm(request.POST, ecopole=request.ecopole, today=request.today)
        if not written(form, lambda: actions.set_price(today=request.today, **form.cleaned_data)):
            return _settings(request, "price", form)
        messages.success(request, "Le prix est enregistré.")
    return redirect("baskets:settings", request.ecopole.slug)


@needs("run_baskets")
def depot(request: EcopoleRequest, pk: int) -> HttpResponse:
    """How a depot serves, and its keeper's secret link."""
    row = get_object_or_404(places(request.ecopole, [PlaceKind.DEPOT]), pk=pk)
    known = Rules(request.ecopole).depot(row.pk, request.today)
    form = DepotForm(request.POST or None, known=known, today=request.today)
    if request.method == "POST":
        key = form_key(request.POST)
        if written(
            form,
            lambda: actions.set_depot(
                depot=row, entry=form.entry(), new_link=form.cleaned_data["new_link"], at=request.now, key=key
            ),
        ):
            messages.success(request, f"{row}\u202f: c’est enregistré.")
            return redirect("baskets:depot", request.ecopole.slug, pk)
    context = {"depot": row, "known": known, "form": form, "link": _link(request, known)}
    return render(request, "baskets/depot.html", context, status=422 if form.errors else 200)


def _link(request: EcopoleRequest, known: DepotTerms | None) -> str:
    if known is None:
        return ""
    return request.build_absolute_uri(reverse("basket_keeper", args=[post.keeper_secret(known)]))


# --- the weekly sheet -----------------------------------------------------------------------------------


@needs("run_baskets")
def weekly_sheet(request: EcopoleRequest) -> HttpResponse:
    """The « feuille de chou »: written, published, sent once."""
    week = week_asked(request)
    row = Sheet.objects.filter(ecopole=request.ecopole, week=week.monday).first()
    form = SheetForm(request.POST or None, known=row)
    if request.method == "POST":
        form_key(request.POST)
        if form.is_valid():
            row, _ = Sheet.objects.update_or_create(
                ecopole=request.ecopole, week=week.monday, defaults=form.cleaned_data
            )
            _published(request, row)
            return redirect(f"{reverse('baskets:weekly_sheet', args=[request.ecopole.slug])}?semaine={week}")
    told = sheet_told(row or Sheet(ecopole=request.ecopole, week=week.monday))
    context = {
        "week": week, "former": week - 1, "following": week + 1, "sheet": row, "form": form, "contents": told,
    }  # fmt: skip
    return render(request, "baskets/weekly_sheet.html", context, status=422 if form.errors else 200)


def _published(request: EcopoleRequest, row: Sheet) -> None:
    if request.POST.get("send"):
        Sheet.objects.filter(pk=row.pk, published_at=None).update(published_at=request.now)
        post.send_sheet.enqueue(sheet_id=row.pk, origin=request.build_absolute_uri("/"))
        messages.success(request, "La feuille est publiée, et part à chaque membre qui la reçoit.")
    else:
        messages.success(request, "La feuille est enregistrée.")


@needs("run_baskets")
def weekly_sheet_pdf(request: EcopoleRequest) -> HttpResponse:
    week = week_asked(request)
    row = get_object_or_404(Sheet, ecopole=request.ecopole, week=week.monday)
    data = {
        "week": week.label, "news": row.news, "recipe_title": row.recipe_title, "recipe": row.recipe,
        "contents": [{"size": one.size, "lines": one.lines} for one in sheet_told(row)],
        "footer": request.ecopole.name,
    }  # fmt: skip
    return printed("baskets/weekly_sheet.typ", data, f"feuille-de-chou-{week}")
