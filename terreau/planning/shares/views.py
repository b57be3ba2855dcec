"""Pages of the shares: a month of tours, a tour, a partner's sheet, the rules before a vote."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.measures.french import format_decimal, format_month
from terreau.measures.money import Money
from terreau.measures.periods import month_end, plus_months
from terreau.planning.models import PUT_IN_MAX, TIMES_MAX, FormerRound, FormerVehicle, TourShares
from terreau.planning.shares import reading
from terreau.planning.shares.actions import (
    SharingRefused,
    close_month,
    closed_months,
    count_soon,
    say_spent,
)
from terreau.planning.shares.carbon import ELECTRIC
from terreau.planning.shares.former import (
    Former,
    FormerRefused,
    customers,
    declare,
    former,
    withdraw,
)
from terreau.planning.shares.tours import Road, last_words, road_of
from terreau.planning.shares.votes import MINUTES_MAX, say_common
from terreau.planning.views import plan_key
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import month_asked, month_named
from terreau.territory.forms import DecimalFieldFr, MoneyFieldFr
from terreau.territory.models import Agent
from terreau.territory.travel import KM_MAX


@needs("see_sharing")
def home(request: EcopoleRequest) -> HttpResponse:
    """The tours of a month, this one by default, and what each partner pays of them."""
    return _month_page(request, month_asked(request))


class CommonForm(forms.Form):
    """What a month holds in common."""

    name = forms.CharField(
        label="Commun", max_length=60, help_text="Loyer du quai, heures invendues… Redit, il est remplacé."
    )
    amount = MoneyFieldFr(label="Montant du mois", help_text="Zéro\u202f: retiré.")
    reason = forms.CharField(label="D’où vient ce montant", max_length=MINUTES_MAX)


def _month_page(
    request: EcopoleRequest, first: date, *, refused: str = "", form: CommonForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    month = reading.month_read(request.ecopole, first)
    context = {
        "month": month,
        "name": format_month(first),
        "before": f"{plus_months(first, -1):%Y-%m}",
        "after": f"{plus_months(first, 1):%Y-%m}" if plus_months(first, 1) <= request.today else "",
        "counting": bool(month.stale and not month.agreed)
        and count_soon(request.ecopole, first, at=request.now),
        "closable": month_end(first) < request.today and not month.stale and not month.agreed,
        "refused": refused,
        "form": form or CommonForm(),
        "steps": month.empty_room or month.moved or any(part.commons for part in month.parts),
    }
    return render(request, "planning/shares/home.html", context, status=status)


@require_POST
@needs("run_sharing")
def count(request: EcopoleRequest, month: str) -> HttpResponse:
    """Have the tours of the month counted, in the background."""
    first = month_named(month)
    count_soon(request.ecopole, first, at=request.now, by_hand=True)
    return redirect(_address(request, first))


def _address(request: EcopoleRequest, first: date) -> str:
    return f"{reverse('shares:home', args=[request.ecopole.slug])}?mois={first:%Y-%m}"


@require_POST
@needs("run_sharing")
def close(request: EcopoleRequest, month: str) -> HttpResponse:
    first = month_named(month)
    try:
        done = close_month(ecopole=request.ecopole, month=first, today=request.today)
    except SharingRefused as refusal:
        return _month_page(request, first, refused=str(refusal), status=422)
    messages.success(request, f"Mois arrêté\u202f: {len(done)} partenaires ont leur fiche.")
    return redirect(_address(request, first))


@require_POST
@needs("run_sharing")
def common(request: EcopoleRequest, month: str) -> HttpResponse:
    """What the month holds in common; what was typed stays when it is refused."""
    first, form = month_named(month), CommonForm(request.POST)
    key = plan_key(request)
    if form.is_valid():
        try:
            said = say_common(
                ecopole=request.ecopole, month=first, **form.cleaned_data, by=request.user, at=request.now,
                key=key,
            )  # fmt: skip
        except SharingRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"{said.name}\u202f: {said.amount} notés pour {format_month(first)}.")
            return redirect(_address(request, first))
    return _month_page(request, first, form=form, status=422)


class SpentForm(forms.Form):
    km = DecimalFieldFr(
        label="Kilomètres au compteur", required=False, min_value=Decimal("0.001"), max_value=KM_MAX,
        help_text="Du départ au retour. Vide\u202f: ceux du plan comptent.",
    )  # fmt: skip
    put_in = DecimalFieldFr(
        label="Mis dans le véhicule", required=False, min_value=Decimal("0.001"), max_value=PUT_IN_MAX,
        help_text="Ce que le plein fait au retour a demandé, froid compris.",
    )  # fmt: skip

    def __init__(self, road: Road, data: Any = None):
        super().__init__(data, initial={"km": road.said_km, "put_in": road.put_in})
        fields: dict[str, Any] = self.fields
        fields["km"].unit_symbol = "km"
        fields["put_in"].unit_symbol = "kWh" if road.fuel == ELECTRIC else "L"


def _tour_row(request: EcopoleRequest, pk: int) -> TourShares:
    rows = TourShares.objects.filter(ecopole=request.ecopole).select_related("tour").defer("problem")
    return get_object_or_404(rows, pk=pk)


@needs("see_sharing")
def tour(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One tour: who pays what, every rule side by side, whether a group would do better alone, its road."""
    return _tour_page(request, _tour_row(request, pk))


def _tour_page(request: EcopoleRequest, row: TourShares, form: SpentForm | None = None) -> HttpResponse:
    road = road_of(row.tour.detail, last_words([row.tour_id]).get(row.tour_id))
    context = {
        "tour": reading.TourReading(row, reading.names(request.ecopole), road),
        "form": form or SpentForm(road),
        "closed": row.day.replace(day=1) in closed_months(request.ecopole),
    }
    return render(request, "planning/shares/tour.html", context, status=422 if form else 200)


@require_POST
@needs("run_sharing")
def spent(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What a tour took, at the meter and at the pump; what was typed stays when it is refused."""
    row = _tour_row(request, pk)
    form = SpentForm(road_of(row.tour.detail, None), request.POST)
    key = plan_key(request)
    if not form.is_valid():
        return _tour_page(request, row, form)
    try:
        say_spent(
            ecopole=request.ecopole, tour=row.tour, **form.cleaned_data, by=request.user, at=request.now,
            key=key,
        )  # fmt: skip
    except SharingRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _tour_page(request, row, form)
    messages.success(request, "Relevé noté. Si les kilomètres ont changé, comptez les tournées de nouveau.")
    return redirect("shares:tour", request.ecopole.slug, row.pk)


@needs("see_sharing")
def sheet(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What a partner reads of its month."""
    partner = get_object_or_404(Agent, ecopole=request.ecopole, pk=pk)
    return _sheet_page(request, [partner])


@needs("see_sharing_own")
def own_sheet(request: EcopoleRequest) -> HttpResponse:
    own = acting_for(request, "see_sharing_own")
    return _sheet_page(request, list(Agent.objects.filter(ecopole=request.ecopole, pk__in=own)))


class FormerForm(forms.Form):
    """A round that the partner drove by itself."""

    served = forms.TypedMultipleChoiceField(
        label="Clients livrés dans la même tournée", coerce=int, widget=forms.CheckboxSelectMultiple
    )
    times_month = DecimalFieldFr(
        label="Fois par mois", places_max=1, min_value=Decimal("0.1"), max_value=TIMES_MAX,
        help_text="Une fois par semaine\u202f: 4,3.",
    )  # fmt: skip
    vehicle = forms.ChoiceField(label="Véhicule", choices=FormerVehicle.choices)
    litres_100km = DecimalFieldFr(
        label="Litres aux 100 km", places_max=1, required=False, min_value=Decimal("0.1"), max_value=100,
        help_text="Vide\u202f: une valeur basse pour ce véhicule.",
    )  # fmt: skip
    km = DecimalFieldFr(
        label="Kilomètres d’une tournée", required=False, min_value=Decimal("0.001"), max_value=KM_MAX,
        help_text="De chez vous et retour. Vide\u202f: ils sont estimés.",
    )  # fmt: skip

    def __init__(self, partner: int, customers: list[tuple[int, str]], data: Any = None):
        super().__init__(data, auto_id=f"id_{partner}_%s")
        fields: dict[str, Any] = self.fields
        fields["served"].choices = [(pk, name) for pk, name in customers if pk != partner]


@dataclass(frozen=True)
class Sheet:
    """What a partner reads of its month. `form`: only for whoever may declare what it drove before."""

    partner: Agent
    whole: reading.Part | None
    lines: list[tuple[reading.TourReading, reading.Part]]
    drive: reading.Driving
    paid: Money | None
    former: Former | None
    form: FormerForm | None


def _sheet_page(
    request: EcopoleRequest, partners: list[Agent], wrong: dict[int, FormerForm] | None = None
) -> HttpResponse:
    first, wrong = month_asked(request), wrong or {}
    month = reading.month_read(request.ecopole, first)
    before = former(partners, month.names, first)
    offered = customers(request.ecopole) if "declare_former_own" in request.abilities else []
    paid = {agreement.provider_id: agreement.promised_value for agreement in month.agreed}
    sheets = [
        Sheet(
            partner,
            next((p for p in month.parts if p.actor == partner.pk), None),
            month.sheet(partner.pk),
            month.drive(partner.pk),
            paid.get(partner.pk),
            before.get(partner.pk),
            wrong.get(partner.pk) or (FormerForm(partner.pk, offered) if offered else None),
        )
        for partner in partners
    ]
    context = {
        "sheets": sheets,
        "month": month,
        "name": format_month(first),
        "before": f"{plus_months(first, -1):%Y-%m}",
        "after": f"{plus_months(first, 1):%Y-%m}" if plus_months(first, 1) <= request.today else "",
    }
    return render(request, "planning/shares/sheet.html", context, status=422 if wrong else 200)


def _declaring(request: EcopoleRequest, pk: int) -> Agent:
    """The partner: any for those who run the platform, for a farm itself."""
    partners = Agent.objects.filter(ecopole=request.ecopole)
    if "run_platform" not in request.abilities:
        partners = partners.filter(pk__in=acting_for(request, "declare_former_own"))
    return get_object_or_404(partners, pk=pk)


def _sheet_of(request: EcopoleRequest, partner: Agent) -> HttpResponse:
    if "see_sharing" in request.abilities:
        return redirect("shares:sheet", request.ecopole.slug, partner.pk)
    return redirect("shares:own_sheet", request.ecopole.slug)


@require_POST
@needs("declare_former_own")
def declare_former(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One more round driven before; what was typed stays when it is refused."""
    partner = _declaring(request, pk)
    form = FormerForm(pk, customers(request.ecopole), request.POST)
    key = plan_key(request)
    if not form.is_valid():
        return _sheet_page(request, [partner], {pk: form})
    try:
        row = declare(
            ecopole=request.ecopole, partner=partner, **form.cleaned_data, by=request.user, at=request.now,
            key=key,
        )  # fmt: skip
    except FormerRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _sheet_page(request, [partner], {pk: form})
    how = "" if row.km_said else " estimés"
    messages.success(request, f"Tournée d’avant notée\u202f: {format_decimal(row.km)}\u00a0km{how}.")
    return _sheet_of(request, partner)


@require_POST
@needs("declare_former_own")
def withdraw_former(request: EcopoleRequest, pk: int, row: int) -> HttpResponse:
    partner = _declaring(request, pk)
    wrong = get_object_or_404(FormerRound, ecopole=request.ecopole, partner=partner, pk=row)
    withdraw(row=wrong, by=request.user, at=request.now)
    messages.success(request, "Tournée d’avant retirée.")
    return _sheet_of(request, partner)
