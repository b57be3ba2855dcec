"""Pages of the insertion room. Each says which parts of a file it shows (`access.py`)."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from terreau.rooms.insertion import actions, forms
from terreau.rooms.insertion.access import (
    FAMILY_PARTS,
    SECTION_PARTS,
    Part,
    log_reading,
    name,
    opens,
    reached,
)
from terreau.rooms.insertion.asks import hand, reply
from terreau.rooms.insertion.contract_actions import next_step
from terreau.rooms.insertion.file_views import opinions_of
from terreau.rooms.insertion.files import AWAITING, Files
from terreau.rooms.insertion.keeping import notices
from terreau.rooms.insertion.leaving import answered
from terreau.rooms.insertion.models import (
    Criterion,
    Diagnosis,
    InterviewNote,
    Obstacle,
    Participant,
    Pmsmp,
    Reading,
    Referral,
    Renewal,
    Team,
)
from terreau.rooms.insertion.pathway import own_pathway
from terreau.rooms.insertion.rules.alerts import Alert
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.timeline import glance, timeline
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs

# --- everybody ------------------------------------------------------------------------------------------


# Past so many people, those whom nothing awaits are counted, and shown if asked.
LIST_MAX = 50


@needs("see_insertion")
def home(request: EcopoleRequest) -> HttpResponse:
    """The people this person accompanies, the most urgent first; who has left, and owes no news, if asked."""
    people = reached(request, named=False)
    files = Files(people, AWAITING, papers=True)
    found = {p: files.alerts(p, request.today, vars(p)["open_parts"]) for p in people}
    here = [person for person in people if found[person] or not files.gone(person)]
    shown = here if len(here) <= LIST_MAX else [person for person in here if found[person]]
    if "tous" in request.GET:
        shown = here = people
    runs = "accompany" in request.abilities
    told = notices(people, files, request.today) if runs else {}
    name(shown + [person for person, _ in told.get("asked", ())])
    rows = [_row(person, files, found[person], request.today) for person in shown]
    never = date.max
    rows.sort(key=lambda row: (row["alert"].due if row["alert"] else never, row["person"].full_name))
    counts = {"calm": len(here) - len(shown), "left": len(people) - len(here)}
    return render(request, "insertion/home.html", {"rows": rows, "runs": runs, **counts, **told})


def _row(person: Participant, files: Files, found: list[Alert], on: date) -> dict[str, Any]:
    signed, alert = files.signed(person), next(iter(found), None)
    return {
        "person": person, "alert": alert, "late": alert and alert.is_late(on),
        "contract": signed[-1][1] if signed else None,
        "follows": vars(person)["follower"], "team": vars(person)["team_name"],
    }  # fmt: skip


@needs("accompany")
def new(request: EcopoleRequest) -> HttpResponse:
    form = forms.WelcomeForm(request.POST or None, on=request.today)
    page = {
        "title": "Nouvelle orientation", "button": "Créer le dossier", "told": "Le dossier est créé.",
        "lede": "Une personne nous est adressée, ou vient d’elle-même. Ne notez que l’utile.",
        "up": reverse("insertion:home", args=[request.ecopole.slug]),
    }  # fmt: skip
    return reply(
        request, form,
        lambda: actions.welcome(ecopole=request.ecopole, hand=hand(request), **form.said()),
        page,
        lambda person: reverse("insertion:file", args=[request.ecopole.slug, person.code]),
    )  # fmt: skip


@needs("accompany")
def teams(request: EcopoleRequest) -> HttpResponse:
    """The teams, and their supervisors."""
    form = forms.TeamForm(request.POST or None, on=request.today)
    held = forms.holders(request.ecopole, Role.SUPERVISOR)
    form.offer("supervisor", [(str(m.pk), f"{m.user.name} · {m.agent.name}", m) for m in held])
    if form.is_bound and Team.objects.filter(ecopole=request.ecopole, name=request.POST.get("name")).exists():
        form.add_error("name", "Une équipe porte déjà ce nom.")
    known = Team.objects.filter(ecopole=request.ecopole).select_related("supervisor", "workshop")
    page = {
        "title": "Équipes", "lede": "Qui encadre quoi\u202f: chacun ne lit que les dossiers de son équipe.",
        "button": "Ajouter cette équipe", "told": "L’équipe est créée.", "teams": known, "tab": "teams",
        "up": reverse("insertion:home", args=[request.ecopole.slug]),
    }  # fmt: skip
    return reply(
        request, form,
        lambda: actions.add_team(ecopole=request.ecopole, hand=hand(request), **form.said()),
        page, reverse("insertion:teams", args=[request.ecopole.slug]),
    )  # fmt: skip


SHOWN = (
    Part.IDENTITY, Part.CONTRACT, Part.PASS, Part.SKILLS, Part.OBJECTIVES, Part.SOCIAL, Part.HEALTH,
)  # fmt: skip


# --- a file ---------------------------------------------------------------------------------------------


@needs("see_insertion")
@opens(Part.NAME, also=SHOWN)
def file(request: Any, person: Participant) -> HttpResponse:
    """The file at a glance: what awaits, where the pathway stands, and its contracts."""
    parts = request.parts
    files = Files([person], glance(parts), papers=Part.HEALTH in parts)
    asked = Renewal.objects.standing().filter(participant=person).order_by("-id")
    renewals = [(row, next_step(row)) for row in asked.prefetch_related("opinions")]
    opened = set(request.opened)
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
        "answers": opinions_of(request) if Part.CONTRACT in opened else set(),
    }
    if known := context["pass"]:
        context["pass_state"] = known[1].state(request.today).value
    return render(request, "insertion/file.html", context)


@needs("see_own_pathway")
def own(request: EcopoleRequest) -> HttpResponse:
    """The person's own page: their contract, their PASS, what comes next."""
    mine = reached(request)
    if not mine:
        return render(request, "insertion/own.html", {"person": None})
    person, parts = mine[0], vars(mine[0])["open_parts"]
    shown = (Part.CONTRACT, Part.PASS, Part.HOURS, Part.SKILLS, Part.OBJECTIVES)
    log_reading(request, person, shown)
    files = Files([person], glance(parts))
    signed, known, gone = files.signed(person), files.latest_pass(person), files.gone(person)
    context = {
        "person": person,
        "contract": signed[-1] if signed else None,
        "pass": known[1] if known else None,
        "timeline": timeline(files, person, request.today, parts),
        "asked_voice": bool(gone and not answered(gone)),
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
