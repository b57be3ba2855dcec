"""Pages of the pathway: what was said, aimed at, done, learned; and the person's own signature."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.rooms.insertion import pathway_actions as actions
from terreau.rooms.insertion import pathway_forms as forms
from terreau.rooms.insertion.access import Part, log_export, log_reading, opens, reached
from terreau.rooms.insertion.asks import Setting, asks, hand, line_of
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Evaluation, Objective, Participant, SkillMark, SupportAction
from terreau.rooms.insertion.pathway import certificate, families, flat, goals, obstacles, supports
from terreau.rooms.insertion.pathway import pathway as read_pathway
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed

# What an interview reads and writes, of what the reader may.
SPOKEN = (Part.HEALTH, Part.JUSTICE, Part.BUDGET)


@needs("see_insertion")
@opens(Part.OBJECTIVES, also=(Part.SKILLS, Part.SOCIAL, *SPOKEN))
def pathway(request: Any, person: Participant) -> HttpResponse:
    """Interviews, objectives, obstacles, actions, trainings, skills: the parts the reader may see."""
    parts = request.parts
    context = {
        "person": person,
        "parts": {part.value for part in parts},
        "runs": "accompany" in request.abilities and Part.SOCIAL in parts,
        "supervises": Role.SUPERVISOR in request.roles and Part.SKILLS in parts,
        "asks_reason": request.opened.get(Part.JUSTICE, False),
        **read_pathway(person, request.today, parts),
    }
    return render(request, "insertion/pathway.html", context)


def _before(request: Any, person: Participant) -> Setting:
    """What the last interview left."""
    parts = request.parts
    return Setting(
        form={
            "parts": parts, "said": obstacles(person, parts), "goals": flat(goals(person, parts)),
            "actions": [action for action, _ in supports(person, parts)],
        }
    )  # fmt: skip


interview = asks(
    forms.InterviewForm, actions.hold_interview,
    ("Entretien", "Enregistrer l’entretien", "L’entretien est noté."),
    Part.SOCIAL, Part.OBJECTIVES, also=SPOKEN, up="pathway", ready=_before,
)  # fmt: skip


def _aims(request: Any, person: Participant) -> Setting:
    """Steps are of an objective, never of another step."""
    known = [goal.objective for goal in goals(person, request.parts) if goal.open]
    return Setting(offers={"parent": [(str(row.pk), row.label, row) for row in known]})


objective = asks(
    forms.ObjectiveForm, actions.add_objective, ("Objectif", "Ajouter l’objectif", "L’objectif est noté."),
    Part.SOCIAL, Part.OBJECTIVES, up="pathway", ready=_aims,
)  # fmt: skip


def _named(_request: Any, row: Any) -> Setting:
    return Setting(page={"note": row.label})


progress = asks(
    forms.ProgressForm, actions.say_progress, ("Avancée", "Enregistrer", "L’avancée est notée."),
    Part.SOCIAL, Part.OBJECTIVES, of=("objective", Objective), up="pathway", ready=_named,
)  # fmt: skip


def _families(request: Any, _person: Participant) -> Setting:
    return Setting(choices={"family": [(f.value, str(f.label)) for f in families(request.parts)]})


action = asks(
    forms.ActionForm, actions.add_action, ("Action", "Ajouter l’action", "L’action est notée."),
    Part.SOCIAL, also=SPOKEN, up="pathway", ready=_families,
)  # fmt: skip


def _readable(request: Any, row: SupportAction) -> Setting:
    if row not in [known for known, _ in supports(row.participant, request.parts)]:
        raise Http404(str(row.pk))
    return _named(request, row)


result = asks(
    forms.ResultForm, actions.close_action, ("Résultat", "Enregistrer", "Le résultat est noté."),
    Part.SOCIAL, also=SPOKEN, of=("action", SupportAction), up="pathway", ready=_readable,
)  # fmt: skip

training = asks(
    forms.TrainingForm, actions.add_training,
    ("Formation", "Ajouter la formation", "La formation est notée."),
    Part.SOCIAL, up="pathway",
)  # fmt: skip


# --- at work, seen by who supervises it -----------------------------------------------------------------


def _grid(request: Any, person: Participant) -> Setting:
    """The grid of a trade (`?grille=`), opened on the last levels."""
    grids = {
        code.partition(".")[0]: row["grid_label"] for code, row in listed("skills", request.today).items()
    }
    asked = request.GET.get("grille", "")
    grid = asked if asked in grids else next(iter(grids))
    rows = SkillMark.objects.standing().filter(participant=person, grid=grid).order_by("marked_on", "id")
    known = {row.skill: row.level for row in rows}
    return Setting(form={"grid": grid, "known": known}, page={"grids": grids, "grid": grid})


marks = asks(
    forms.SkillsForm, actions.mark_skills,
    ("Compétences", "Enregistrer ces niveaux", "Les compétences sont à jour."),
    Part.SKILLS, role=Role.SUPERVISOR, up="pathway", ready=_grid,
)  # fmt: skip

evaluation = asks(
    forms.EvaluationForm, actions.evaluate,
    ("Évaluation au poste", "Enregistrer l’évaluation", "L’évaluation attend la signature de la personne."),
    Part.SKILLS, role=Role.SUPERVISOR, up="pathway",
    note="La personne la lit sur sa page et la signe avec son compte.",
)  # fmt: skip


@needs("see_insertion")
@opens(Part.NAME, Part.CONTRACT, Part.SKILLS, Part.OBJECTIVES)
def skills_sheet(request: Any, person: Participant) -> HttpResponse:
    return _certificate(request, person)


def _certificate(request: EcopoleRequest, person: Participant) -> HttpResponse:
    """The certificate of skills, as a sheet to print; it names a person: the exports' log keeps it."""
    log_export(request, "attestation de compétences", people=1, nominative=True)
    words = certificate(person, Files([person]).signed(person), request.today)
    data = {**words, "house": request.ecopole.name, "footer": request.ecopole.name}
    return printed("insertion/attestation.typ", data, f"attestation-{person.code}")


# --- the person's own -----------------------------------------------------------------------------------


def _self(request: EcopoleRequest, *parts: Part) -> Participant:
    mine = reached(request)
    if not mine:
        raise Http404("own")
    log_reading(request, mine[0], parts)
    return mine[0]


@needs("see_own_pathway")
def own_sheet(request: EcopoleRequest) -> HttpResponse:
    return _certificate(request, _self(request, Part.NAME, Part.CONTRACT, Part.SKILLS, Part.OBJECTIVES))


@needs("see_own_pathway")
def sign(request: EcopoleRequest, pk: int) -> HttpResponse:
    """« J’ai lu »: the person's own account, at that hour."""
    person = _self(request, Part.SKILLS)
    row = line_of(Evaluation, person, pk)
    if request.method == "POST":
        actions.sign_evaluation(evaluation=row, hand=hand(request))
        return redirect(reverse("insertion:own", args=[request.ecopole.slug]))
    return render(request, "insertion/sign.html", {"person": person, "evaluation": row})
