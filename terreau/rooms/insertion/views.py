"""Pages of the insertion room. Each says which parts of a file it shows (`access.py`)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.rooms.insertion import actions, forms
from terreau.rooms.insertion.access import (
    FAMILY_PARTS,
    SECTION_PARTS,
    Part,
    log_reading,
    opens,
    parts_open,
    reached,
)
from terreau.rooms.insertion.actions import Hand
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.keeping import notices
from terreau.rooms.insertion.models import (
    Amendment,
    Contract,
    Criterion,
    Diagnosis,
    Exit,
    Following,
    Hold,
    Interview,
    InterviewNote,
    Objective,
    Obstacle,
    Participant,
    PassIae,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    Posting,
    Reading,
    Referral,
    Renewal,
    RenewalOpinion,
    Step,
    SupportAction,
    Team,
    Training,
)
from terreau.rooms.insertion.pathway import own_pathway
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.timeline import LIVED, timeline
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import User


def hand(request: EcopoleRequest) -> Hand:
    return Hand(request.user, request.now, form_key(request.POST), accepted="accepted" in request.POST)


def reply(
    request: Any, form: django_forms.Form, write: Callable[[], Any], page: dict[str, Any], back: str = ""
) -> HttpResponse:
    """Write what was typed; or show it again with what the rules say, and the button that reads warnings."""
    found: tuple[Any, ...] | list[Any] = ()
    warned = False
    if form.is_bound and form.is_valid():
        try:
            written = write()
        except actions.Judged as judged:
            found, warned = list(judged.findings), isinstance(judged, actions.Warned)
        except actions.NotYourTurn as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, page["told"])
            code = written.code if isinstance(written, Participant) else page.get("person")
            url = reverse("insertion:file", args=[request.ecopole.slug, code]) if code else back
            return redirect(back or url)
    context = {"form": form, "findings": found, "warned": warned, "back": back, **page}
    return render(request, "insertion/entry.html", context, status=422 if form.errors or found else 200)


# --- everybody ------------------------------------------------------------------------------------------


@needs("see_insertion")
def home(request: EcopoleRequest) -> HttpResponse:
    """The people this person accompanies, the most urgent first."""
    people = reached(request)
    files = Files(people, papers=True)
    by = {vars(person)["followed_by"] for person in people}
    follows = dict(User.objects.filter(pk__in=by).values_list("pk", "name"))
    teams = dict(Team.objects.filter(ecopole=request.ecopole).values_list("pk", "name"))
    rows: list[dict[str, Any]] = []
    for person in people:
        found = files.alerts(person, request.today, vars(person)["open_parts"])
        signed = files.signed(person)
        rows.append(
            {
                "person": person,
                "alerts": found,
                "late": bool(found) and found[0].is_late(request.today),
                "contract": signed[-1][1] if signed else None,
                "follows": follows.get(vars(person)["followed_by"], ""),
                "team": teams.get(vars(person)["in_team"], ""),
            }
        )
    never = date.max
    rows.sort(key=lambda row: (row["alerts"][0].due if row["alerts"] else never, row["person"].full_name))
    runs = "accompany" in request.abilities
    context = {"rows": rows, "runs": runs} | (notices(people, files, request.today) if runs else {})
    return render(request, "insertion/home.html", context)


@needs("accompany")
def new(request: EcopoleRequest) -> HttpResponse:
    form = forms.WelcomeForm(request.POST or None, on=request.today)

    def write() -> Participant:
        identity, referral = form.parts()
        return actions.welcome(
            ecopole=request.ecopole, hand=hand(request), identity=identity, referral=referral
        )

    return reply(
        request, form, write,
        {
            "title": "Nouvelle orientation", "button": "Créer le dossier", "told": "Le dossier est créé.",
            "lede": "Une personne nous est adressée, ou vient d’elle-même. Ne notez que l’utile.",
            "up": reverse("insertion:home", args=[request.ecopole.slug]),
        },
    )  # fmt: skip


@needs("accompany")
def teams(request: EcopoleRequest) -> HttpResponse:
    """The teams, and their supervisors."""
    form = forms.TeamForm(request.POST or None, on=request.today)
    held = forms.holders(request.ecopole, Role.SUPERVISOR)
    form.choose("supervisor", [(str(m.pk), f"{m.user.name} · {m.agent.name}") for m in held])
    here = reverse("insertion:teams", args=[request.ecopole.slug])

    def write() -> Team:
        chosen = next(m for m in held if str(m.pk) == form.cleaned_data["supervisor"])
        return actions.add_team(
            ecopole=request.ecopole, hand=hand(request), name=form.cleaned_data["name"],
            workshop=chosen.agent, supervisor=chosen.user,
        )  # fmt: skip

    if form.is_bound and Team.objects.filter(ecopole=request.ecopole, name=request.POST.get("name")).exists():
        form.add_error("name", "Une équipe porte déjà ce nom.")
    known = Team.objects.filter(ecopole=request.ecopole).select_related("supervisor", "workshop")
    page = {
        "title": "Équipes", "lede": "Qui encadre quoi\u202f: chacun ne lit que les dossiers de son équipe.",
        "button": "Ajouter cette équipe", "told": "L’équipe est créée.", "teams": known,
        "up": reverse("insertion:home", args=[request.ecopole.slug]),
    }  # fmt: skip
    return reply(request, form, write, page, here)


SHOWN = (
    Part.IDENTITY, Part.CONTRACT, Part.PASS, Part.SKILLS, Part.OBJECTIVES, Part.SOCIAL, Part.HEALTH,
)  # fmt: skip


# --- a file ---------------------------------------------------------------------------------------------


@needs("see_insertion")
@opens(Part.NAME, also=SHOWN)
def file(request: Any, person: Participant) -> HttpResponse:
    """The file at a glance: what awaits, where the pathway stands, and its contracts."""
    parts = request.parts
    files = Files([person], papers=Part.HEALTH in parts, more=LIVED)
    asked = Renewal.objects.standing().filter(participant=person).order_by("-id")
    renewals = [(row, actions.next_step(row)) for row in asked.prefetch_related("opinions")]
    opened = set(parts_open(request, person))
    context: dict[str, Any] = {
        "person": person,
        "parts": {part.value for part in parts},
        "opened": {part.value for part in opened},
        "alerts": files.alerts(person, request.today, parts),
        "timeline": timeline(files, person, request.today, parts),
        "contracts": files.signed(person) if Part.CONTRACT in parts else [],
        "immersions": files.of(Pmsmp, person) if Part.CONTRACT in parts else [],
        "renewals": renewals if Part.CONTRACT in parts else [],
        "pass": files.latest_pass(person) if Part.PASS in parts else None,
        "pending": files.pending(person) if Part.PASS in parts else None,
        "runs": "accompany" in request.abilities and Part.CRITERIA in opened,
        "answers": _steps(request, opened),
    }
    if known := context["pass"]:
        context["pass_state"] = known[1].state(request.today).value
    return render(request, "insertion/file.html", context)


STEPS = {
    Role.SUPERVISOR: Step.SUPERVISOR,
    Role.COUNSELLOR: Step.COUNSELLOR,
    Role.DIRECTOR: Step.DIRECTION,
}


def _steps(request: EcopoleRequest, opened: set[Part]) -> set[int]:
    """The opinions on a renewal that this person may give."""
    if Part.CONTRACT not in opened:
        return set()
    return {int(step) for role, step in STEPS.items() if role in request.roles}


@needs("see_own_pathway")
def own(request: EcopoleRequest) -> HttpResponse:
    """The person's own page: their contract, their PASS, what comes next."""
    mine = reached(request)
    if not mine:
        return render(request, "insertion/own.html", {"person": None})
    person, parts = mine[0], vars(mine[0])["open_parts"]
    shown = (Part.CONTRACT, Part.PASS, Part.HOURS, Part.SKILLS, Part.OBJECTIVES)
    log_reading(request, person, shown)
    files = Files([person], more=LIVED)
    signed, known = files.signed(person), files.latest_pass(person)
    context = {
        "person": person,
        "contract": signed[-1] if signed else None,
        "pass": known[1] if known else None,
        "timeline": timeline(files, person, request.today, parts),
        **own_pathway(person, request.today, parts),
    }
    return render(request, "insertion/own.html", context)


@needs("accompany")
@opens(Part.CRITERIA)
def entry(request: Any, person: Participant) -> HttpResponse:
    """How the person came: referral, decision, diagnosis, criteria and where their proofs are."""
    labels = {code: row["label"] for code, row in listed("criteria", request.today).items()}
    diagnoses = Diagnosis.objects.standing().filter(participant=person).order_by("-made_on", "-id")
    criteria: dict[int, list[Any]] = {}
    for row in Criterion.objects.standing().filter(participant=person).order_by("id"):
        criteria.setdefault(row.diagnosis_id, []).append((row, labels.get(row.code, row.code)))
    referrals = Referral.objects.standing().filter(participant=person).prefetch_related("answers")
    prescribers = dict(forms.reasons("prescribers", request.today))
    context = {
        "person": person,
        "referrals": [(r, prescribers.get(r.prescriber, "venue d’elle-même")) for r in referrals],
        "diagnoses": [(d, prescribers.get(d.prescriber, ""), criteria.get(d.pk, [])) for d in diagnoses],
    }
    return render(request, "insertion/came.html", context)


@needs("accompany")
@opens(Part.JUSTICE)
def justice(request: Any, person: Participant) -> HttpResponse:
    """What a judicial obligation changes to the organisation of work; never the facts nor the sentence."""
    sections = [section for section, part in SECTION_PARTS.items() if part is Part.JUSTICE]
    families = [family for family, part in FAMILY_PARTS.items() if part is Part.JUSTICE]
    context = {
        "person": person,
        "notes": InterviewNote.objects.standing()
        .filter(participant=person, section__in=sections)
        .select_related("interview"),
        "obstacles": Obstacle.objects.standing().filter(participant=person, family__in=families),
    }
    return render(request, "insertion/justice.html", context)


@needs("accompany")
@opens(Part.NAME)
def readings(request: Any, person: Participant) -> HttpResponse:
    """Who read what of this file, and when: the person may ask."""
    rows = Reading.objects.filter(participant=person).select_related("reader")[:200]
    shown = [(row, Part(row.part).label) for row in rows]
    return render(request, "insertion/readings.html", {"person": person, "rows": shown})


# --- entries --------------------------------------------------------------------------------------------


def page_of(
    request: EcopoleRequest, person: Participant, title: str, button: str, told: str
) -> dict[str, Any]:
    return {
        "title": title, "button": button, "told": told, "lede": person.full_name, "person": person.code,
        "up": reverse("insertion:file", args=[request.ecopole.slug, person.code]),
    }  # fmt: skip


def line_of(model: Any, person: Participant, pk: int) -> Any:
    """A standing line of this file, and of no other."""
    return get_object_or_404(model.objects.standing().filter(participant=person), pk=pk)


@needs("accompany")
@opens(Part.CRITERIA)
def answer(request: Any, person: Participant, pk: int) -> HttpResponse:
    referral = line_of(Referral, person, pk)
    form = forms.AnswerForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Réponse à l’orientation", "Enregistrer", "La réponse est notée.")
    return reply(
        request,
        form,
        lambda: actions.answer_referral(referral=referral, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.CRITERIA)
def diagnose(request: Any, person: Participant) -> HttpResponse:
    form = forms.DiagnosisForm(request.POST or None, on=request.today)
    page = page_of(
        request, person, "Éligibilité", "Enregistrer le diagnostic", "Le diagnostic est enregistré."
    )
    return reply(
        request,
        form,
        lambda: actions.diagnose(person=person, hand=hand(request), proofs=form.proofs(), **form.said()),
        page,
    )


@needs("accompany")
@opens(Part.PASS)
def pass_iae(request: Any, person: Participant) -> HttpResponse:
    form = forms.PassForm(request.POST or None, on=request.today)
    page = page_of(request, person, "PASS IAE", "Enregistrer le PASS", "Le PASS IAE est enregistré.")
    page["note"] = "Le PASS est délivré sur les emplois de l’inclusion\u202f: recopiez son numéro et sa date."
    return reply(
        request,
        form,
        lambda: actions.open_pass(person=person, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.PASS)
def suspend(request: Any, person: Participant, pk: int) -> HttpResponse:
    row = line_of(PassIae, person, pk)
    form = forms.SuspensionForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Suspendre le PASS", "Suspendre", "La suspension est enregistrée.")
    return reply(
        request,
        form,
        lambda: actions.suspend_pass(row=row, hand=hand(request), on=request.today, **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.PASS)
def prolong(request: Any, person: Participant, pk: int) -> HttpResponse:
    row = line_of(PassIae, person, pk)
    form = forms.ProlongationForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Prolonger le PASS", "Enregistrer", "La demande est enregistrée.")
    return reply(
        request,
        form,
        lambda: actions.prolong_pass(row=row, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.PASS)
def prolonged(request: Any, person: Participant, pk: int) -> HttpResponse:
    asked = line_of(PassProlongation, person, pk)
    if hasattr(asked, "answer"):
        raise Http404(str(pk))
    form = forms.ProlongationAnswerForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Réponse à la prolongation", "Enregistrer", "La réponse est enregistrée.")

    def write() -> Any:
        said = form.cleaned_data
        return actions.answer_prolongation(
            asked=asked, hand=hand(request), **said | {"granted": said["granted"] == "oui"}
        )

    return reply(request, form, write, page)


@needs("accompany")
@opens(Part.CONTRACT)
def sign(request: Any, person: Participant) -> HttpResponse:
    form = forms.ContractForm(request.POST or None, on=request.today)
    employer = next(m.agent for m in request.memberships if m.role in {Role.COUNSELLOR, Role.DIRECTOR})
    page = page_of(request, person, "Nouveau contrat", "Enregistrer le contrat", "Le contrat est enregistré.")
    page["note"] = f"Employeur\u202f: {employer}."
    return reply(
        request,
        form,
        lambda: actions.sign_contract(person=person, hand=hand(request), employer=employer, **form.said()),
        page,
    )


@needs("accompany")
@opens(Part.CONTRACT)
def amend(request: Any, person: Participant, pk: int) -> HttpResponse:
    contract = line_of(Contract, person, pk)
    form = forms.AmendmentForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Avenant", "Enregistrer l’avenant", "L’avenant est enregistré.")
    return reply(
        request,
        form,
        lambda: actions.amend_contract(contract=contract, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.CONTRACT)
def extend(request: Any, person: Participant) -> HttpResponse:
    form = forms.ExtensionForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Au-delà de 24 mois", "Enregistrer la décision", "La décision est notée.")
    return reply(
        request,
        form,
        lambda: actions.allow_extension(person=person, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("see_insertion")
@opens(Part.CONTRACT)
def renew(request: Any, person: Participant, pk: int) -> HttpResponse:
    """The supervisor proposes; the two others answer in turn."""
    contract = line_of(Contract, person, pk)
    if Role.SUPERVISOR not in request.roles:
        raise Http404("supervisor")
    form = forms.RenewalForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Renouveler le contrat", "Donner mon avis", "Votre avis est transmis.")
    return reply(
        request,
        form,
        lambda: actions.ask_renewal(contract=contract, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.CONTRACT)
def opinion(request: Any, person: Participant, pk: int) -> HttpResponse:
    renewal = line_of(Renewal, person, pk)
    step = actions.next_step(renewal)
    if step not in _steps(request, {Part.CONTRACT}):
        raise Http404(str(step))
    form = forms.OpinionForm(request.POST or None, on=request.today)
    page = page_of(
        request, person, "Avis sur le renouvellement", "Donner mon avis", "Votre avis est transmis."
    )
    page["opinions"] = RenewalOpinion.objects.filter(renewal=renewal).order_by("step")
    return reply(
        request,
        form,
        lambda: actions.give_opinion(renewal=renewal, hand=hand(request), step=step, **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.CONTRACT)
def immersion(request: Any, person: Participant) -> HttpResponse:
    form = forms.PmsmpForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Immersion (PMSMP)", "Enregistrer l’immersion", "L’immersion est notée.")
    page["note"] = "La convention se signe sur le service en ligne de l’immersion\u202f: recopiez son numéro."
    return reply(
        request,
        form,
        lambda: actions.add_pmsmp(person=person, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.HEALTH)
def paper(request: Any, person: Participant) -> HttpResponse:
    form = forms.PaperForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Échéance d’un papier", "Enregistrer", "L’échéance est notée.")
    return reply(
        request,
        form,
        lambda: actions.add_paper(person=person, hand=hand(request), **form.cleaned_data),
        page,
    )


@needs("accompany")
@opens(Part.NAME, Part.CRITERIA)
def team(request: Any, person: Participant) -> HttpResponse:
    """In which team the person works."""
    form = forms.PostingForm(request.POST or None, on=request.today)
    known = {str(t.pk): t for t in Team.objects.filter(ecopole=request.ecopole)}
    form.choose("team", [(pk, str(t)) for pk, t in known.items()])
    page = page_of(request, person, "Équipe", "Enregistrer", "L’équipe est à jour.")

    def write() -> Posting:
        said = form.cleaned_data
        return actions.post(
            person=person, hand=hand(request), team=known.get(said["team"]), since=said["since"]
        )

    return reply(request, form, write, page)


@needs("accompany")
@opens(Part.NAME, Part.CRITERIA)
def follow(request: Any, person: Participant) -> HttpResponse:
    """Who accompanies the person; whoever hands a file over no longer reads it."""
    form = forms.FollowForm(request.POST or None, on=request.today)
    known = {str(m.user_id): m.user for m in forms.holders(request.ecopole, Role.COUNSELLOR)}
    form.choose("counsellor", [(pk, str(user)) for pk, user in known.items()])
    page = page_of(request, person, "Suivi", "Enregistrer", "Le suivi est à jour.")

    def write() -> Following:
        said = form.cleaned_data
        return actions.follow(
            person=person, hand=hand(request), counsellor=known.get(said["counsellor"]), since=said["since"]
        )

    return reply(request, form, write, page, reverse("insertion:home", args=[request.ecopole.slug]))


WITHDRAWN = {
    "contract": (Contract, Part.CONTRACT),
    "amendment": (Amendment, Part.CONTRACT),
    "pmsmp": (Pmsmp, Part.CONTRACT),
    "passiae": (PassIae, Part.PASS),
    "passsuspension": (PassSuspension, Part.PASS),
    "passprolongation": (PassProlongation, Part.PASS),
    "diagnosis": (Diagnosis, Part.CRITERIA),
    "interview": (Interview, Part.SOCIAL),
    "objective": (Objective, Part.SOCIAL),
    "supportaction": (SupportAction, Part.SOCIAL),
    "training": (Training, Part.SOCIAL),
    "exit": (Exit, Part.SOCIAL),
    "hold": (Hold, Part.CRITERIA),
}


@needs("accompany")
@opens(Part.CONTRACT, Part.PASS, Part.CRITERIA)
def withdraw(request: Any, person: Participant, kind: str, pk: int) -> HttpResponse:
    if kind not in WITHDRAWN:
        raise Http404(kind)
    fact = line_of(WITHDRAWN[kind][0], person, pk)
    form = forms.WithdrawForm(request.POST or None, on=request.today)
    page = page_of(request, person, "Retirer une ligne", "Retirer", "La ligne ne compte plus.")
    page["note"] = (
        f"{fact._meta.verbose_name.capitalize()}\u202f: la ligne reste dans l’historique du dossier."
    )
    return reply(
        request,
        form,
        lambda: actions.withdraw(fact=fact, hand=hand(request), reason=form.cleaned_data["reason"]),
        page,
    )
