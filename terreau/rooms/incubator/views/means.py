"""What is lent: beds, water, machines; their rates, who has what when, and what was counted."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import hand_of
from terreau.rooms.incubator import actions, forms
from terreau.rooms.incubator.models import Booking, Equipment, EquipmentKind
from terreau.rooms.incubator.products import COUNTED_IN
from terreau.rooms.incubator.queries.means import bookings, equipment_lines
from terreau.rooms.incubator.views.frame import (
    entry,
    gesture,
    page,
    project_known,
    project_led,
    project_opened,
    url,
)
from terreau.territory.access import EcopoleRequest, needs


@needs("see_own_test")
def means(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_known(request, pk)
    loans = list(row.loans.select_related("place__agent").order_by("-ends_on", "place__name"))
    return page(
        request, "incubator/means.html", "means", row,
        loans=[(loan, loan.starts_on <= request.today <= loan.ends_on) for loan in loans],
        bookings=bookings(row, request.now),
    )  # fmt: skip


@needs("run_incubator")
def lend(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    contract = row.contracts.order_by("-starts_on").first()
    first = {
        "starts_on": contract.starts_on if contract else request.today,
        "ends_on": contract.ends_on if contract else request.today,
    }
    form = forms.LoanForm(request.POST or None, ecopole=request.ecopole, first=first)
    return entry(
        request, form, lambda: actions.lend(project=row, hand=hand_of(request), **form.cleaned_data),
        title=f"Prêter une planche à {row}", button="Prêter", told="L’accord de prêt est écrit.",
        back=url(request, "means", pk),
        lede="Un accord entre qui tient la planche et la personne. Son statut est celui de ses récoltes.",
    )  # fmt: skip


@needs("keep_own_test")
def book(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    form = forms.BookForm(request.POST or None, ecopole=request.ecopole, today=request.today)
    return entry(
        request, form, lambda: actions.book(project=row, hand=hand_of(request), **form.booking()),
        title="Réserver", button="Réserver", told="C’est réservé. Comptez après usage.",
        back=url(request, "means", pk), lede="Une heure déjà prise, ou un matériel en panne, est refusée.",
    )  # fmt: skip


def _booking(request: EcopoleRequest, pk: int, line: int) -> Booking:
    rows = Booking.objects.select_related("equipment__owner", "project__ecopole", "project__agent")
    return get_object_or_404(rows, project=project_opened(request, pk), pk=line)


@needs("keep_own_test")
def cancel(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    booking = _booking(request, pk, line)
    return gesture(
        request, lambda: actions.cancel_booking(booking=booking, hand=hand_of(request)),
        told=f"{booking.equipment}\u202f: la réservation est annulée.", back=url(request, "means", pk),
    )  # fmt: skip


@needs("keep_own_test")
def count(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    booking = _booking(request, pk, line)
    symbol, _ = COUNTED_IN[EquipmentKind(booking.equipment.kind)]
    form = forms.CountForm(request.POST or None, symbol=symbol)
    return entry(
        request, form,
        lambda: actions.count(booking=booking, quantity=form.cleaned_data["quantity"], hand=hand_of(request)),
        title=f"Compter · {booking.equipment}", button="Enregistrer le compte", undo=True,
        told=f"{booking.equipment}\u202f: compté, au tarif du jour.", back=url(request, "means", pk),
    )  # fmt: skip


@needs("run_incubator")
def equipment(request: EcopoleRequest) -> HttpResponse:
    rows = equipment_lines(request.ecopole, request.today, request.now)
    return render(request, "incubator/equipment.html", {"rows": rows})


@needs("run_incubator")
def add_equipment(request: EcopoleRequest) -> HttpResponse:
    form = forms.EquipmentForm(request.POST or None, ecopole=request.ecopole, today=request.today)

    def write() -> None:
        actions.save_equipment(ecopole=request.ecopole, hand=hand_of(request), **form.cleaned_data)

    return entry(
        request, form, write, title="Ajouter un matériel", button="Ajouter", told="C’est noté.",
        back=url(request, "equipment"), lede="Ce que les tests réservent, et ce que cela leur coûte.",
    )  # fmt: skip


def _equipment(request: EcopoleRequest, pk: int) -> Equipment:
    return get_object_or_404(Equipment.objects.select_related("ecopole"), ecopole=request.ecopole, pk=pk)


@needs("run_incubator")
def rate(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _equipment(request, pk)
    form = forms.RateForm(request.POST or None, initial={"since": request.today})
    return entry(
        request, form, lambda: actions.set_rate(equipment=row, hand=hand_of(request), **form.cleaned_data),
        title=f"Tarif · {row}", button="Enregistrer le tarif", told=f"{row}\u202f: le tarif est noté.",
        back=url(request, "equipment"), lede="Ce qui est déjà compté garde son tarif.",
    )  # fmt: skip


@needs("run_incubator")
def mend(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Broken from today, or working again."""
    if request.method != "POST":
        return redirect(url(request, "equipment"))
    row = _equipment(request, pk)
    broken = None if row.broken_since else request.today
    told = f"{row} est en panne\u202f: on ne le réserve plus." if broken else f"{row} marche à nouveau."
    return gesture(
        request, lambda: actions.mend(equipment=row, broken_since=broken), told=told,
        back=url(request, "equipment"),
    )  # fmt: skip
