"""A member's own data: read, corrected, taken away, forgotten."""

import json
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.actions.subscriptions import last_sold
from terreau.rooms.baskets.member_forms import (
    OwnForm,
    written,
)
from terreau.rooms.baskets.models import (
    Change,
    ChosenPrice,
    Enrolment,
    Handover,
    Member,
    Subscription,
)
from terreau.rooms.baskets.queries.packs import packs
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.retention import keeps_papers_until
from terreau.rooms.baskets.shares import format_part
from terreau.rooms.baskets.views.own import me, recount
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import sent, spreadsheet

PERSONAL = ("name", "email", "phone", "street", "postcode", "town", "pay_by", "newsletter")
HEADS = ("remise", "depot", "devenu", "prix")


def _data_page(request: EcopoleRequest, row: Member, form: forms.Form | None = None) -> HttpResponse:
    last = last_sold(row)
    context = {
        "member": row, "until": keeps_papers_until(last) if last else None,
        "form": form or OwnForm(initial={name: getattr(row, name) for name in PERSONAL}),
    }  # fmt: skip
    return render(request, "baskets/own_data.html", context, status=422 if form else 200)


@needs("see_basket_own")
def data(request: EcopoleRequest) -> HttpResponse:
    """What is kept of a member: seen, corrected."""
    row = me(request)
    if request.method == "POST":
        form_key(request.POST)
        form = OwnForm(request.POST)
        if not written(
            form,
            lambda: actions.correct(
                member=row, person=form.person(), newsletter=form.cleaned_data["newsletter"]
            ),
        ):
            return _data_page(request, row, form)
        messages.success(request, "C’est corrigé.")
        return redirect("baskets:own_data", request.ecopole.slug)
    return _data_page(request, row)


def _told(row: Member) -> dict[str, Any]:
    """All that is kept of a member, in words and numbers anybody reads."""
    held = Subscription.objects.filter(member=row).select_related("size__product").order_by("id")
    changes = Change.objects.filter(subscription__member=row).order_by("id")
    taken = Handover.objects.filter(subscription__member=row).select_related("event", "depot").order_by("id")
    chosen = ChosenPrice.objects.filter(subscription__member=row).select_related(
        "subscription__size__product"
    )
    return {
        "membre": {name: getattr(row, name) for name in PERSONAL}
        | {"code": row.agent.name, "depuis": str(row.joined_on)},
        "abonnements": [
            {"panier": str(one.size), "du": str(one.starts_on), "au": str(one.ends_on or "")} for one in held
        ],
        "changements": [
            {"remise": str(one.day), "geste": one.get_kind_display(), "le": one.recorded_at.isoformat()}
            for one in changes
        ],
        "paniers d’avance": [
            {
                "panier": str(one.offer.size), "nombre": one.offer.number, "le": str(one.bought_on),
                "prix": str(one.offer.price.euros), "reste": one.left,
            }
            for one in packs(row.ecopole).filter(member=row).order_by("id")
        ],
        "paniers": [
            {
                "remise": str(one.day), "depot": str(one.depot), "devenu": one.get_outcome_display(),
                "prix": str(one.event.price.euros) if one.event and one.event.price else "0",
            }
            for one in taken
        ],
        "solidarite": _schemes(row),
        "prix_choisis": [
            {"panier": str(one.subscription.size), "des_le": str(one.starts_on), "prix": str(one.price.euros)}
            for one in chosen
        ],
    }  # fmt: skip


def _schemes(row: Member) -> list[dict[str, Any]]:
    """The decisions on one's household, and who pays beside it (RGPD, art. 15): in this file alone (0016)."""
    return [
        {
            "dispositif": str(one.scheme), "du": str(one.starts_on), "au": str(one.ends_on),
            "sorti_le": str(one.ended_on or ""), "oriente_par": str(one.referrer), "tranche": one.band,
            "regime": one.get_regime_display(), "part_du_foyer": format_part(one.scheme.part),
            "payeurs": [
                {"nom": str(payer.agent), "part": format_part(payer.part)}
                for payer in one.scheme.payers.all()
                if payer.regime in ("", one.regime)
            ],
        }
        for one in Enrolment.objects.filter(member=row).select_related("scheme", "referrer")
        .prefetch_related("scheme__payers__agent").order_by("starts_on")
    ]  # fmt: skip


@needs("see_basket_own")
def export(request: EcopoleRequest) -> HttpResponse:
    """One's own data, as JSON or as a table of what one received."""
    told = _told(me(request))
    if request.GET.get("format") == "csv":
        lines = ([one[head] for head in HEADS] for one in told["paniers"])
        response = spreadsheet([HEADS, *lines], "mes-paniers")
    else:
        text = json.dumps(told, ensure_ascii=False, indent=1)
        response = sent(text, "application/json; charset=utf-8", "mes-donnees.json")
    response["Cache-Control"] = "private, no-store"
    return response


@needs("see_basket_own")
def leave(request: EcopoleRequest) -> HttpResponse:
    row = me(request)
    if request.method != "POST":
        return redirect("baskets:own_data", request.ecopole.slug)
    form_key(request.POST)
    try:
        kept: date | None = actions.leave(member=row, at=request.now)
    except BasketsRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("baskets:own_data", request.ecopole.slug)
    recount(request)
    post.offer.enqueue(ecopole_id=request.ecopole.pk, origin=request.build_absolute_uri("/"))
    messages.success(
        request,
        f"Vous quittez les paniers. Vos factures vous nomment jusqu’au {format_date(kept)}, comme la loi le "
        "demande\u202f; le reste est effacé."
        if kept
        else "Vous quittez les paniers\u202f: tout ce qui vous nommait est effacé.",
    )
    return redirect("today", request.ecopole.slug)
