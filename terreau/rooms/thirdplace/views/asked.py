"""What an address asks for, in this écopôle or not at all."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_object_or_404

from terreau.rooms.thirdplace.models import Gathering, House, Member
from terreau.territory.access import EcopoleRequest
from terreau.territory.models import Ecopole

M = TypeVar("M", bound=Model)


def house_of(ecopole: Ecopole) -> House | None:
    return House.objects.filter(ecopole=ecopole).select_related("agent__commune").first()


def kept(request: EcopoleRequest) -> House:
    if (house := house_of(request.ecopole)) is None:
        raise Http404("tiers-lieu")
    return house


def gathering_asked(request: EcopoleRequest, pk: int) -> Gathering:
    rows = Gathering.objects.select_related("ecopole", "fee__benefit")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


def member_asked(request: EcopoleRequest, pk: int) -> Member:
    rows = Member.objects.select_related("agent", "ecopole")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


def one(model: type[M], request: EcopoleRequest, pk: int, through: str = "ecopole", *also: str) -> M:
    rows: Any = model._default_manager.select_related(*also) if also else model._default_manager
    found: M = get_object_or_404(rows, **{through: request.ecopole, "pk": pk})
    return found
