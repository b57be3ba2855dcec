"""Pages about a file itself: who the person is, until when it is kept, all that it holds."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.rooms.insertion import keeping, keeping_forms, own_data, retention
from terreau.rooms.insertion.access import Part, log_export, name, opens, reached
from terreau.rooms.insertion.asks import Setting, asks
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Export, Identity, Participant
from terreau.rooms.insertion.rules.law import rule
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Invitation, Membership
from terreau.territory.papers import printed
from terreau.territory.together import together

# A file that is handed over holds everything.
EVERYTHING = tuple(Part)


@needs("accompany")
def ending(request: EcopoleRequest) -> HttpResponse:
    """The files that are soon erased, and those kept as a proof."""
    people = reached(request, named=False)
    files = retention.coming(people, Files(people, retention.READ), request.today)
    name([file.person for file in files])
    context = {
        "rows": [(file, file.kept.is_archive(request.today)) for file in files],
        "law": rule("retention", "active", request.today),
        "notice": rule("retention", "notice", request.today),
    }
    return render(request, "insertion/ending.html", context)


def _here(request: EcopoleRequest, person: Participant) -> str:
    return reverse("insertion:data", args=[request.ecopole.slug, person.code])


@needs("accompany")
@opens(Part.NAME, Part.IDENTITY)
def data(request: Any, person: Participant) -> HttpResponse:
    """Identity, account, requests, how long: what the file says of itself."""
    files = Files([person])
    identities, accounts, letters, exports = together(
        Identity.objects.filter(participant=person).select_related("recorded_by").order_by("-id"),
        Membership.objects.filter(agent=person.agent_id).select_related("user").order_by("pk"),
        Invitation.objects.filter(agent=person.agent_id, accepted_at=None, expires_at__gt=request.now),
        Export.objects.filter(participant=person).select_related("by"),
    )
    context = {
        "person": person,
        "before": identities[1:],
        "account": next(iter(accounts), None),
        "letter": next(iter(letters), None),
        "request_": keeping.requests([person]).get(person.pk),
        "kept": next(iter(retention.kept([person], files)), None),
        "exports": exports,
    }
    return render(request, "insertion/data.html", context)


@needs("accompany")
@opens(*EVERYTHING)
def data_sheet(request: Any, person: Participant) -> HttpResponse:
    """All that is held, given to the person: the log says when, and by whom."""
    log_export(request, keeping.GIVEN, people=1, nominative=True, of=person)
    words = {**own_data.told(person, request.today), "footer": request.ecopole.name}
    return printed("insertion/own_data.typ", words, f"donnees-{person.code}", how="attachment")


def _ask(request: EcopoleRequest, person: Participant) -> None:
    """Once, as long as the answer has not been given."""
    known = keeping.requests([person]).get(person.pk)
    if known is None or known.given_at:
        log_export(request, keeping.ASKED, people=1, nominative=True, of=person)


@needs("accompany")
@opens(Part.NAME)
def ask(request: Any, person: Participant) -> HttpResponse:
    """The person asked, aloud or by letter."""
    if request.method == "POST":
        _ask(request, person)
        messages.success(request, "La demande est notée.")
    return redirect(_here(request, person))


@needs("see_own_pathway")
def ask_own(request: EcopoleRequest) -> HttpResponse:
    """The person asks from their own page; who accompanies them answers."""
    for person in reached(request)[:1] if request.method == "POST" else []:
        _ask(request, person)
        messages.success(request, "Votre demande est notée\u202f: la réponse vous sera remise.")
    return redirect(reverse("insertion:own", args=[request.ecopole.slug]))


def _known(_request: EcopoleRequest, person: Participant) -> Setting:
    return Setting(
        form={"initial": {name: getattr(person, name) for name in keeping_forms.IdentityForm.IDENTITY}}
    )


correct = asks(
    keeping_forms.IdentityForm, keeping.correct,
    ("Corriger l’identité", "Corriger", "L’identité est corrigée."),
    Part.NAME, Part.IDENTITY, up="data", ready=_known,
    note="Ce qui était écrit reste dans l’historique du dossier.",
)  # fmt: skip


def _since(request: EcopoleRequest, person: Participant) -> Setting:
    """Counted from the end of the last contract, unless said."""
    signed = Files([person]).signed(person)
    last = signed[-1][1].last_day if signed else None
    return Setting(form={"initial": {"since": last or request.today}})


hold = asks(
    keeping_forms.HoldForm, keeping.hold,
    ("Garder plus longtemps", "Garder", "La conservation est notée."),
    Part.NAME, Part.CRITERIA, up="data", ready=_since,
    note="Passé deux ans, le dossier gardé n’est plus lu que par la direction.",
)  # fmt: skip
