"""The projects of a couveuse, and one of them from its application to its exit."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import hand_of
from terreau.measures.dated import cited
from terreau.rooms.incubator import actions, forms
from terreau.rooms.incubator.access import known, led
from terreau.rooms.incubator.models import StepKind, Tutor
from terreau.rooms.incubator.queries.alerts import alerts
from terreau.rooms.incubator.queries.contracts import Contracts, ceiling
from terreau.rooms.incubator.queries.people import lines
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.rooms.incubator.rules.contracts import status
from terreau.rooms.incubator.views.frame import entry, gesture, page, project_known, project_led, url
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.actions import PeopleRefusal, send_invitation
from terreau.territory.models import Agent
from terreau.territory.queries import communes_around

OPEN = (StepKind.APPLIED, StepKind.MET)
INSIDE = (StepKind.ACCEPTED, StepKind.REGISTERED)


@needs("see_own_test")
def home(request: EcopoleRequest) -> HttpResponse:
    """What is coming, then the tests, the candidates, and those who left; or one’s own project."""
    if "run_incubator" not in request.abilities:
        return _own(request)
    rows = lines(led(request))
    groups = [
        (title, [row for row in rows if row.state in states])
        for title, states in (
            ("En test", INSIDE), ("Candidatures", OPEN), ("Sortis", (StepKind.LEFT, StepKind.DECLINED)),
        )
    ]  # fmt: skip
    coming = alerts([row.id for row in rows], request.today, request.now)
    context = {"groups": groups, "alerts": coming, "any": bool(rows)}
    return render(request, "incubator/home.html", context)


def _own(request: EcopoleRequest) -> HttpResponse:
    """The only project of the person, or theirs in a list."""
    rows = lines(known(request))
    if len(rows) == 1:
        return redirect(url(request, "project", rows[0].id))
    return render(request, "incubator/own.html", {"rows": rows})


@needs("run_incubator")
def apply(request: EcopoleRequest) -> HttpResponse:
    form = forms.ApplicationForm(request.POST or None, today=request.today)
    incubator = Agent.objects.filter(pk__in=acting_for(request, "run_incubator")).order_by("pk")[0]

    def write() -> None:
        actions.apply(
            ecopole=request.ecopole, incubator=incubator, application=form.application(),
            on=form.cleaned_data["on"], hand=hand_of(request),
        )  # fmt: skip

    return entry(
        request, form, write, title="Nouvelle candidature", button="Noter la candidature",
        told="La candidature est notée.", back=url(request, "home"),
        lede="La personne, et ce qu’elle veut essayer.",
    )  # fmt: skip


@needs("see_own_test")
def project(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_known(request, pk)
    steps = list(row.steps.select_related("recorded_by").order_by("id"))
    contracts = list(row.contracts.select_related("agreement").order_by("-starts_on"))
    current = Contracts(row, contracts).find(request.today)
    context: dict[str, Any] = {
        "steps": steps, "state": StepKind(steps[-1].kind), "contracts": [_told(c) for c in contracts],
        "draft": next((c for c in contracts if not c.signed_on), None),
        "standing": ceiling(current) if current else None,
        "tutors": list(row.tutors.filter(until=None).select_related("user")),
        "alerts": alerts([row.pk], request.today, request.now),
        "invited": vars(row)["invited"],
    }  # fmt: skip
    return page(request, "incubator/project.html", "project", row, **context)


def _told(contract: Any) -> dict[str, Any]:
    said = status(contract.status, contract.starts_on)
    return {"row": contract, "label": said["label"], "article": cited(said)}


@needs("run_incubator")
def meet(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    form = forms.StepForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form, lambda: actions.meet(project=row, hand=hand_of(request), **form.cleaned_data),
        title=f"Entretien · {row}", button="Noter l’entretien", told="L’entretien est noté.",
        back=url(request, "project", pk),
    )  # fmt: skip


@needs("run_incubator")
def accept(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    first = "".join(letter for letter in row.title.upper() if letter.isascii() and letter.isalpha())[:3]
    form = forms.AcceptForm(request.POST or None, initial={"on": request.today, "mark": first})

    def write() -> None:
        said = form.cleaned_data
        actions.accept(
            project=row, prefix=said["mark"], tutor=request.user, on=said["on"], hand=hand_of(request)
        )  # fmt: skip

    return entry(
        request, form, write, title=f"Accepter {row}", button="Accepter le projet",
        told=f"{row} est accepté\u202f: écrivez maintenant son contrat.", back=url(request, "project", pk),
        lede="Le projet devient un acteur de l’écopôle, sous son nom\u202f; vous l’accompagnez.",
    )  # fmt: skip


@needs("run_incubator")
def decline(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    form = forms.StepForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form, lambda: actions.decline(project=row, hand=hand_of(request), **form.cleaned_data),
        title=f"Ne pas retenir {row}", button="Ne pas retenir", told="La décision est notée.",
        back=url(request, "project", pk), lede="Dites pourquoi\u202f: la personne peut le demander.",
    )  # fmt: skip


@needs("run_incubator")
def register(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    form = forms.RegisterForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form, lambda: actions.register(project=row, hand=hand_of(request), **form.cleaned_data),
        title=f"Immatriculer {row}", button="Immatriculer", told=f"{row} vend désormais en son nom.",
        back=url(request, "project", pk),
        lede="À partir de ce jour, la personne vend elle-même\u202f; ce qui est en réserve devient le sien.",
    )  # fmt: skip


@needs("run_incubator")
def leave(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    form = forms.LeaveForm(request.POST or None, around=communes_around(request.ecopole), today=request.today)

    def write() -> None:
        said = {name: form.cleaned_data[name] for name in ("exit", "on", "note")}
        actions.leave(project=row, settled=form.settled(), hand=hand_of(request), **said)

    return entry(
        request, form, write, title=f"Sortie de {row}", button="Noter la sortie", told="La sortie est notée.",
        back=url(request, "project", pk),
        lede="Contrats et prêts se terminent ce jour-là. Une installation dit où, et sur combien d’hectares.",
    )  # fmt: skip


@needs("run_incubator")
def appoint(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_led(request, pk)
    form = forms.TutorForm(request.POST or None, project=row)

    def write() -> None:
        user = form.cleaned_data["user"]
        actions.appoint(project=row, user=user, since=request.today, hand=hand_of(request))

    return entry(
        request, form, write, title=f"Accompagner {row}", button="Nommer", told="C’est noté.",
        back=url(request, "project", pk), lede="Qui accompagne lit les chiffres de la personne.",
    )  # fmt: skip


@needs("run_incubator")
def dismiss(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    row = project_led(request, pk)
    tutor = get_object_or_404(Tutor.objects.select_related("project__ecopole"), project=row, pk=line)
    return gesture(
        request, lambda: actions.dismiss(tutor=tutor, on=request.today),
        told=f"{tutor.user} n’accompagne plus {row}.", back=url(request, "project", pk),
    )  # fmt: skip


@needs("run_incubator")
def invite(request: EcopoleRequest, pk: int) -> HttpResponse:
    """The letter that opens their pages to the person."""
    row = project_led(request, pk)
    if request.method != "POST":
        return redirect(url(request, "project", pk))
    try:
        letter, token = actions.invite_tester(project=row, by=request.user, hand=hand_of(request))
        send_invitation(letter, request.build_absolute_uri(reverse("invitation", args=[token])))
    except (PeopleRefusal, IncubatorRefused) as refusal:
        messages.error(request, str(refusal))
    except OSError:
        messages.error(
            request,
            f"Le courriel à {row.email} n’est pas parti\u202f: le serveur d’envoi ne répond pas. Réessayez.",
        )
    else:
        messages.success(request, f"Invitation envoyée à {row.email}.")
    return redirect(url(request, "project", pk))
