"""Vehicles: what each carries, costs and may drive; closed when it drives no more."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key
from terreau.rooms.platform import actions
from terreau.rooms.platform.models import Vehicle
from terreau.rooms.platform.store_forms import VehicleForm
from terreau.territory.access import EcopoleRequest, needs


def _page(request: EcopoleRequest, form: VehicleForm | None = None) -> HttpResponse:
    rows = list(Vehicle.objects.filter(ecopole=request.ecopole))
    context = {
        "driving": [row for row in rows if row.closed_on is None],
        "closed": [row for row in rows if row.closed_on],
        "form": form or VehicleForm(),
    }
    return render(request, "platform/vehicles.html", context, status=422 if form else 200)


@needs("see_platform")
def vehicles(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


def _saved(request: EcopoleRequest, form: VehicleForm, key: str) -> bool:
    if not form.is_valid():
        return False
    try:
        row = actions.save_vehicle(
            ecopole=request.ecopole, vehicle=form.vehicle, key=key, **form.cleaned_data
        )
    except actions.VehicleRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    messages.success(request, f"{row.name}\u202f: c’est noté, les prochaines tournées en tiennent compte.")
    return True


@needs("run_platform")
def add(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:vehicles", request.ecopole.slug)
    form = VehicleForm(None, request.POST)
    if not _saved(request, form, form_key(request.POST)):
        return _page(request, form)
    return redirect("platform:vehicles", request.ecopole.slug)


def _driving(request: EcopoleRequest, pk: int) -> Vehicle:
    return get_object_or_404(Vehicle, ecopole=request.ecopole, closed_on=None, pk=pk)


@needs("run_platform")
def change(request: EcopoleRequest, pk: int) -> HttpResponse:
    vehicle = _driving(request, pk)
    form = VehicleForm(vehicle, request.POST if request.method == "POST" else None)
    if form.is_bound and _saved(request, form, form_key(request.POST)):
        return redirect("platform:vehicles", request.ecopole.slug)
    context = {"vehicle": vehicle, "form": form}
    return render(request, "platform/vehicle.html", context, status=422 if form.errors else 200)


@needs("run_platform")
def close(request: EcopoleRequest, pk: int) -> HttpResponse:
    """It drives no more from today on."""
    if request.method == "POST":
        form_key(request.POST)
        vehicle = _driving(request, pk)
        actions.close_vehicle(vehicle=vehicle, on=request.today)
        messages.success(request, f"{vehicle.name} ne roule plus. Ses tournées passées restent.")
    return redirect("platform:vehicles", request.ecopole.slug)
