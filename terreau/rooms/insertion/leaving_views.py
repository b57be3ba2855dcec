"""Pages of the end of a pathway, and what a year counts of them."""

from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from terreau.rooms.insertion import pathway_actions as actions
from terreau.rooms.insertion import pathway_forms as forms
from terreau.rooms.insertion.access import Part, log_list, log_reading, opens, reached
from terreau.rooms.insertion.asks import Setting, asks, hand, reply
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.forms import reasons
from terreau.rooms.insertion.leaving import answered, exits_of, support_of, voices_of
from terreau.rooms.insertion.models import Exit, ExitCheck, Family, FollowUp, Participant
from terreau.rooms.insertion.rules import exits
from terreau.territory.access import EcopoleRequest, needs

YEARS = range(2000, 2101)


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
            "checks": [(code, label, done.get(code)) for code, label in reasons("exit_checks", gone.left_on)],
            "today": request.today,
            "news": [
                (month, due.get(month), row, labels.get(row.situation, row.situation) if row else "")
                for month in sorted({*due, *news})
                for row in [news.get(month)]
            ],
        }
    return render(request, "insertion/leaving.html", context)


leave = asks(
    forms.ExitForm, actions.leave, ("Noter la sortie", "Enregistrer la sortie", "La sortie est notée."),
    Part.CONTRACT, Part.SOCIAL, up="leaving",
)  # fmt: skip


def _to_do(_request: Any, gone: Exit) -> Setting:
    done = set(ExitCheck.objects.standing().filter(exit=gone).values_list("item", flat=True))
    known = reasons("exit_checks", gone.left_on)
    return Setting(choices={"item": [(code, label) for code, label in known if code not in done]})


check = asks(
    forms.ExitCheckForm, actions.check_exit, ("Avant de partir", "C’est fait", "C’est noté."),
    Part.CONTRACT, Part.SOCIAL, of=("gone", _gone), up="leaving", ready=_to_do,
)  # fmt: skip

news = asks(
    forms.FollowUpForm, actions.follow_up,
    ("Nouvelles après la sortie", "Enregistrer", "Les nouvelles sont notées."),
    Part.CONTRACT, Part.SOCIAL, of=("gone", _gone), up="leaving",
)  # fmt: skip


WORDS = {
    "title": "Votre avis", "button": "Donner mon avis",
    "told": "Merci\u202f! Votre avis compte, sans votre nom.",
    "lede": "Personne n’est obligé de répondre.",
    "note": "Ni votre nom ni la date ne sont gardés. On ne lit que des totaux, à partir de cinq avis.",
}  # fmt: skip


@needs("see_own_pathway")
def own_voice(request: EcopoleRequest) -> HttpResponse:
    """The person's own, once they have left; asked once."""
    mine = reached(request)
    gone = _gone(mine[0]) if mine else None
    if not gone or (request.method != "POST" and answered(gone)):
        raise Http404("own")
    log_reading(request, mine[0], (Part.CONTRACT,))
    form = forms.SatisfactionForm(request.POST or None, on=request.today)
    back = reverse("insertion:own", args=[request.ecopole.slug])

    def write() -> None:
        actions.say_own_satisfaction(gone=gone, hand=hand(request), **form.said())

    return reply(request, form, write, WORDS | {"up": back}, back)


@needs("accompany")
def voice(request: EcopoleRequest) -> HttpResponse:
    """A paper form, put without a name in the box, typed by who accompanies."""
    form = forms.SatisfactionForm(request.POST or None, on=request.today)
    back = reverse("insertion:outcomes", args=[request.ecopole.slug])
    page = WORDS | {
        "title": "Un avis reçu sur papier", "button": "Ajouter cet avis", "told": "L’avis est compté.",
        "lede": f"Compté dans l’année {request.today.year}, sans nom.", "up": back,
    }  # fmt: skip

    def write() -> None:
        actions.say_satisfaction(
            ecopole=request.ecopole, key=hand(request).key, year=request.today.year, **form.said()
        )

    return reply(request, form, write, page, back)


@needs("accompany")
def outcomes(request: EcopoleRequest) -> HttpResponse:
    """A year's exits and support by obstacle: counts for all, names for those one accompanies."""
    asked = request.GET.get("annee", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else request.today.year
    year = year if year in YEARS else request.today.year
    found = exits_of(request.ecopole, year)
    left = Q(pk__in=[leaver.person.pk for leaver in found.leavers])
    mine = {person.pk: person for person in reached(request, left)}
    shown = [replace(one, person=mine[one.person.pk]) for one in found.leavers if one.person.pk in mine]
    log_list(request, [leaver.person for leaver in shown], Part.NAME, Part.SOCIAL)
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
        "voices": voices_of(request.ecopole, year),
        "support": [(labels[family], counts) for family, counts in support.items()],
    }  # fmt: skip
    return render(request, "insertion/outcomes.html", context)
