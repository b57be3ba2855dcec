"""What a canteen bought here in a year: its EGalim shares, and the file it hands to ma-cantine."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.formats.macantine import purchases_csv
from terreau.formats.refusals import NotWritten
from terreau.rooms.platform import egalim
from terreau.rooms.platform.views.offers import chosen, spoken_for
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Agent, AgentKind
from terreau.territory.papers import CSV, sent

DEFINITIONS = {
    "DEPARTEMENT": "Du même département",
    "COMMUNE": "De la commune ou de son intercommunalité",
    "KM": "À moins de tant de kilomètres",
}
YEARS, KM = 5, 50


class AskedForm(forms.Form):
    """Which year, and what the canteen calls local: no law defines it."""

    annee = forms.TypedChoiceField(label="Année", coerce=int)
    local = forms.ChoiceField(label="« Local »", choices=list(DEFINITIONS.items()))
    km = forms.IntegerField(label="Kilomètres", min_value=1, max_value=999, required=False)

    def __init__(self, data: Any, *, this_year: int):
        first = {"annee": this_year, "local": "DEPARTEMENT", "km": KM}
        asked = {name: data.get(name) or value for name, value in first.items()}
        super().__init__(asked)
        years = self.fields["annee"]
        assert isinstance(years, forms.ChoiceField)
        years.choices = [(year, str(year)) for year in range(this_year, this_year - YEARS, -1)]

    def local_asked(self) -> egalim.Local:
        definition = self.cleaned_data["local"]
        return egalim.Local(definition, (self.cleaned_data["km"] or KM) if definition == "KM" else None)


def _canteen(request: EcopoleRequest) -> tuple[Agent | None, list[Agent]]:
    canteens = spoken_for(request, "order_own", (AgentKind.CANTEEN,))
    return chosen(request, "client", canteens), canteens


def _page(request: EcopoleRequest) -> HttpResponse:
    canteen, canteens = _canteen(request)
    if canteen is None:
        return render(request, "platform/nobody.html", {"kind": "cantine"})
    form = AskedForm(request.GET, this_year=request.today.year)
    context: dict[str, Any] = {"customer": canteen, "customers": canteens, "form": form}
    if not form.is_valid():
        return render(request, "platform/purchases.html", context, status=422)
    year = form.cleaned_data["annee"]
    bought = egalim.purchases(canteen, year, form.local_asked())
    shares = egalim.shares(bought, year)
    context |= {
        "year": year,
        "count": len(bought),
        "shares": shares,
        "campaign": egalim.campaign(year),
        "asked": "&".join(f"{name}={form[name].value()}" for name in form.fields),
        "drawn": [(share.label, share.percent, share.target) for share in shares.objectives],
    }
    return render(request, "platform/purchases.html", context)


@needs("order_own")
def purchases(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("order_own")
def purchases_file(request: EcopoleRequest) -> HttpResponse:
    """The year's file, whole; or back to the page, with what must be said first."""
    canteen, _ = _canteen(request)
    form = AskedForm(request.GET, this_year=request.today.year)
    if canteen is None or not form.is_valid():
        return _page(request)
    year = form.cleaned_data["annee"]
    try:
        written = purchases_csv(egalim.purchases(canteen, year, form.local_asked()))
    except NotWritten as refusal:
        told = "Le SIRET de la cantine manque. " if not canteen.siret else " ".join(refusal.problems[:3])
        messages.error(request, f"{told}Le fichier n’a pas été écrit\u202f: ma-cantine l’aurait refusé.")
        page = reverse("platform:purchases", args=[request.ecopole.slug])
        return redirect(f"{page}?{request.GET.urlencode()}")
    return sent(written, CSV, f"achats-{year}-{canteen.siret}.csv")
