"""Pages of the end of a pathway, and what a year counts of them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from terreau.rooms.insertion import pathway_actions as actions
from terreau.rooms.insertion import pathway_forms as forms
from terreau.rooms.insertion.access import Part, log_list, opens, reached
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.forms import reasons
from terreau.rooms.insertion.leaving import exits_of, support_of
from terreau.rooms.insertion.models import Exit, ExitCheck, Family, FollowUp, Participant
from terreau.rooms.insertion.rules import exits
from terreau.rooms.insertion.views import hand, page_of, reply
from terreau.territory.access import EcopoleRequest, needs

YEARS = range(2000, 2101)


def _here(request: EcopoleRequest, person: Participant) -> str:
    return reverse("insertion:leaving", args=[request.ecopole.slug, person.code])


def _gone(person: Participant) -> Exit:
    """The last exit of the file, if the person has left."""
    rows = Exit.objects.standing().filter(participant=person).order_by("-left_on", "-id")
    if not (last := rows.first()):
        raise Http404("exit")
    return last


@needs("accompany")
@opens(Part.CONTRACT, Part.SOCIAL)
def leaving(request: Any, person: Participant) -> HttpResponse:
    """How the person left, what was handed over, and the news since."""
    files = Files([person])
    gone = files.gone(person)
    context: dict[str, Any] = {"person": person, "gone": gone, "here": bool(files.signed(person))}
    if gone:
        done = {row.item: row for row in ExitCheck.objects.standing().filter(exit=gone)}
        news = {row.month: row for row in FollowUp.objects.standing().filter(exit=gone)}
        labels = dict(reasons("situations", gone.left_on))
        due = exits.follow_ups(gone.reason, gone.category, gone.left_on)
        context |= {
            "reason": dict(reasons("exit_reasons", gone.left_on)).get(gone.reason, gone.reason),
            "category": dict(reasons("exit_categories", gone.left_on)).get(gone.category, gone.category),
            "checks": [(label, done.get(code)) for code, label in reasons("exit_checks", gone.left_on)],
            "news": [
                (month, due.get(month), row, labels.get(row.situation, row.situation) if row else "")
                for month in sorted({*due, *news})
                for row in [news.get(month)]
            ],
        }
    return render(request, "insertion/leaving.html", context)


@needs("accompany")
@opens(Part.CONTRACT, Part.SOCIAL)
def leave(request: Any, person: Participant) -> HttpResponse:
    form = forms.ExitForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Noter la sortie", "Enregistrer la sortie", "La sortie est notée.")
    here = _here(request, person)
    return reply(
        request,
        form,
        lambda: actions.leave(person=person, hand=hand(request), **form.cleaned_data),
        page | {"up": here},
        here,
    )


@needs("accompany")
@opens(Part.CONTRACT, Part.SOCIAL)
def check(request: Any, person: Participant) -> HttpResponse:
    gone = _gone(person)
    form = forms.ExitCheckForm(request.POST or None, on=request.today)
    done = set(ExitCheck.objects.standing().filter(exit=gone).values_list("item", flat=True))
    known = reasons("exit_checks", gone.left_on)
    form.choose("item", [(code, label) for code, label in known if code not in done])
    page = page_of(request, person, "Avant de partir", "C’est fait", "C’est noté.")
    here = _here(request, person)
    return reply(
        request,
        form,
        lambda: actions.check_exit(gone=gone, hand=hand(request), **form.cleaned_data),
        page | {"up": here},
        here,
    )


@needs("accompany")
@opens(Part.CONTRACT, Part.SOCIAL)
def news(request: Any, person: Participant) -> HttpResponse:
    gone = _gone(person)
    form = forms.FollowUpForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Nouvelles après la sortie", "Enregistrer", "Les nouvelles sont notées.")
    here = _here(request, person)
    return reply(
        request,
        form,
        lambda: actions.follow_up(gone=gone, hand=hand(request), **form.cleaned_data),
        page | {"up": here},
        here,
    )


@needs("accompany")
def outcomes(request: EcopoleRequest) -> HttpResponse:
    """A year's exits and support by obstacle: counts for all, names for those one accompanies."""
    asked = request.GET.get("annee", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else request.today.year
    year = year if year in YEARS else request.today.year
    found = exits_of(request.ecopole, year)
    mine = {person.pk: person for person in reached(request)}
    shown = [leaver for leaver in found.leavers if leaver.person.pk in mine]
    for part in (Part.NAME, Part.SOCIAL):
        log_list(request, [leaver.person for leaver in shown], part)
    labels, support = dict(Family.choices), support_of(request.ecopole, year)
    rates = found.rates
    categories = reasons("exit_categories", request.today)
    names = dict(reasons("exit_reasons", request.today))
    context = {
        "year": year,
        "provisional": year >= request.today.year,
        "rates": rates,
        "rows": [(label, rates.counted[c], rates.of(c)) for c, label in categories if c in rates.counted],
        "leavers": [(leaver, names.get(leaver.row.reason, leaver.row.reason)) for leaver in shown],
        "others": len(found.leavers) - len(shown),
        "support": [(labels[family], counts) for family, counts in support.items()],
    }  # fmt: skip
    return render(request, "insertion/outcomes.html", context)
