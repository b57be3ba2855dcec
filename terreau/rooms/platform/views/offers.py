"""A farm's weekly offer: as last week in two taps, line by line, or from a spreadsheet."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.measures.week import IsoWeek
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.certificates import Validity, validities
from terreau.rooms.platform.forms import OfferForm, sold
from terreau.rooms.platform.models import Offer
from terreau.rooms.platform.offer_files import COLUMNS, read_offers
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import row_asked, week_named
from terreau.territory.models import Agent, AgentKind, Quality
from terreau.territory.sheets import SheetForm, SheetRefused, sheet_asked, text_of


def week_asked(request: EcopoleRequest) -> IsoWeek:
    """The week of the address; one offers and orders for the week that comes."""
    typed = request.GET.get("semaine", "")
    return week_named(typed) if typed else IsoWeek.of(request.today) + 1


def spoken_for(request: EcopoleRequest, ability: str, kinds: tuple[str, ...]) -> list[Agent]:
    """Coordination speaks for everybody, others for their own."""
    only = None if Role.COORDINATOR in request.roles else acting_for(request, ability)
    return asks.organisations(request.ecopole, kinds, only)


def chosen(request: EcopoleRequest, name: str, among: list[Agent]) -> Agent | None:
    """The organisation of the address, among those one may speak for; the first one otherwise."""
    typed = request.GET.get(name, "")
    if not typed:
        return among[0] if among else None
    for agent in among:
        if str(agent.pk) == typed:
            return agent
    raise Http404


def _farm(request: EcopoleRequest) -> tuple[Agent | None, list[Agent]]:
    farms = spoken_for(request, "offer_own", (AgentKind.FARM,))
    return chosen(request, "ferme", farms), farms


def _address(request: EcopoleRequest, week: IsoWeek, farm: Agent) -> str:
    return f"{reverse('platform:offer', args=[request.ecopole.slug])}?semaine={week}&ferme={farm.pk}"


def _page(request: EcopoleRequest, form: OfferForm | None = None, line: Offer | None = None) -> HttpResponse:
    week = week_asked(request)
    this_week = IsoWeek.of(request.today)
    farm, farms = _farm(request)
    if farm is None:
        return render(request, "platform/nobody.html", {"kind": "ferme"})
    promised = asks.promised_by(
        request.ecopole, farm, min(week, this_week).monday, max(week, this_week).sunday
    )
    of_week = [li for li in promised if li.commitment.due_on in week]
    rows = asks.offered(farm, week, asks.by_product(of_week))
    context = {
        "week": week,
        "former": week - 1,
        "next": week + 1,
        "open": week >= this_week,
        "farm": farm,
        "farms": farms,
        "rows": rows,
        "total": sum((row.value for row in rows[1:]), rows[0].value) if rows else None,
        "promised": of_week,
        "to_bring": [li for li in promised if li.remaining and li.commitment.due_on in this_week],
        "form": form or OfferForm(week, line, _usual(request, farm)),
        "line": line,
        "here": _address(request, week, farm),
        "certificate": _certificate_said(request, farm, rows),
    }
    return render(request, "platform/offers.html", context, status=422 if form else 200)


def _usual(request: EcopoleRequest, farm: Agent) -> actions.Fetching:
    return actions.fetchings(request.ecopole, {farm.pk}).get(farm.pk, actions.Fetching())


def _certificate_said(request: EcopoleRequest, farm: Agent, rows: list[asks.Offered]) -> Validity | None:
    """What the farm must know of its certificate: that it ends soon, or that it lacks what it offers."""
    found = validities(request.ecopole, [farm.pk], request.today)[farm.pk]
    organic = any(offered.row.quality > Quality.CONVENTIONAL for offered in rows)
    return found if found.warned and (organic or found.until) else None


def _asked_line(request: EcopoleRequest, farm: Agent | None) -> Offer | None:
    typed = request.GET.get("ligne", "")
    if not typed:
        return None
    return get_object_or_404(
        Offer, ecopole=request.ecopole, farm=farm, week=str(week_asked(request)), pk=row_asked(typed)
    )


@needs("offer_own")
def offer(request: EcopoleRequest) -> HttpResponse:
    """The week's offer of a farm; a POST adds a line, or changes the one of the address."""
    farm, _ = _farm(request)
    line = _asked_line(request, farm)
    if request.method != "POST" or farm is None:
        return _page(request, line=line)
    week = week_asked(request)
    form = OfferForm(week, line, actions.Fetching(), request.POST)
    if _refuse_past(request, week) or not form.is_valid():
        return _page(request, form, line)
    said = form.cleaned_data
    actions.offer(
        ecopole=request.ecopole,
        week=week,
        entries=[
            actions.OfferEntry(
                farm=farm,
                product=said["product"],
                quantity=said["amount"],
                price=said["price"],
                first_day=said["first_day"],
                last_day=said["last_day"],
                quality=said["quality"],
                fetching=said["fetching"],
            )
        ],
    )
    messages.success(request, f"{said['product']}\u202f: c’est dit pour la {week.label}.")
    return redirect(_address(request, week, farm))


def _refuse_past(request: EcopoleRequest, week: IsoWeek) -> bool:
    past = week < IsoWeek.of(request.today)
    if past:
        messages.error(
            request, f"La {week.label} est passée\u202f: elle ne change plus. Choisissez une autre semaine."
        )
    return past


@needs("offer_own")
@require_POST
def offer_again(request: EcopoleRequest) -> HttpResponse:
    """Last week's offer, said again."""
    week = week_asked(request)
    farm, _ = _farm(request)
    if farm is None:
        raise Http404
    if not _refuse_past(request, week):
        count = actions.copy_offers(ecopole=request.ecopole, farm=farm, week=week)
        if count:
            lines = "une ligne reprise" if count == 1 else f"{count} lignes reprises"
            messages.success(request, f"Comme la semaine dernière\u202f: {lines}. Corrigez ce qui a changé.")
        else:
            messages.info(
                request, f"Rien à reprendre de la {(week - 1).label}\u202f: ajoutez vos lignes ci-dessous."
            )
    return redirect(_address(request, week, farm))


@needs("offer_own")
@require_POST
def offer_withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    farm_ids = [farm.pk for farm in spoken_for(request, "offer_own", (AgentKind.FARM,))]
    line = get_object_or_404(
        Offer.objects.select_related("farm", "product"), ecopole=request.ecopole, farm__in=farm_ids, pk=pk
    )
    week = IsoWeek.parse(line.week)
    if not _refuse_past(request, week):
        actions.withdraw_offer(line=line)
        messages.success(request, f"{line.product} n’est plus dans l’offre de la {week.label}.")
    return redirect(_address(request, week, line.farm))


@needs("offer_own")
def offer_file(request: EcopoleRequest) -> HttpResponse:
    """A spreadsheet of offers: read, counted, then kept when one confirms."""
    farms = spoken_for(request, "offer_own", (AgentKind.FARM,))
    context = {"columns": COLUMNS, "farms": farms, "form": SheetForm()}
    if request.method != "POST":
        return render(request, "platform/offer_file.html", context)
    form, data = sheet_asked(request, "découpez-le par ferme ou par semaine.")
    if data is None:
        return render(request, "platform/offer_file.html", {**context, "form": form}, status=422)
    try:
        entries = read_offers(data, farms=farms, products=sold(), today=request.today)
    except SheetRefused as refusal:
        errors = {"errors": refusal.errors}
        return render(request, "platform/offer_file.html", {**context, **errors}, status=422)
    if request.POST.get("text"):
        actions.import_offers(ecopole=request.ecopole, entries=entries)
        count = sum(map(len, entries.values()))
        messages.success(request, "Une ligne importée." if count == 1 else f"{count} lignes importées.")
        return redirect(f"{reverse('platform:offer', args=[request.ecopole.slug])}?semaine={min(entries)}")
    return render(request, "platform/offer_file.html", {**context, **_preview(entries, data)})


def _preview(entries: dict[IsoWeek, list[actions.OfferEntry]], data: bytes) -> dict[str, object]:
    """What the file would change, before anything is written."""
    said = {
        (str(week), e.farm.pk, e.product.pk, e.quality): e for week, found in entries.items() for e in found
    }
    known = Offer.objects.filter(
        week__in={week for week, *_ in said}, farm__in={farm for _, farm, *_ in said}
    )
    replaced = set(known.values_list("week", "farm_id", "product_id", "quality")) & said.keys()
    return {
        "text": text_of(data),
        "lines": list(said.values()),
        "added": len(said) - len(replaced),
        "replaced": len(replaced),
        "speaking": len({farm for _, farm, *_ in said}),
        "weeks": sorted(entries),
    }
