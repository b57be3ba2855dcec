"""Pages of the pathway: what was said, aimed at, done, learned; and the person's own signature."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse

from terreau.formats.paper import sheet
from terreau.rooms.insertion import pathway_actions as actions
from terreau.rooms.insertion import pathway_forms as forms
from terreau.rooms.insertion.access import Part, log_export, log_reading, opens, parts_open, reached
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Evaluation,
    Objective,
    Participant,
    SkillMark,
    SupportAction,
)
from terreau.rooms.insertion.pathway import (
    certificate,
    families,
    flat,
    goals,
    obstacles,
    supports,
)
from terreau.rooms.insertion.pathway import pathway as read_pathway
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.views import hand, line_of, page_of, reply
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs

# What an interview reads and writes, of what the reader may.
SPOKEN = (Part.HEALTH, Part.JUSTICE, Part.BUDGET)


def _here(request: EcopoleRequest, person: Participant) -> str:
    return reverse("insertion:pathway", args=[request.ecopole.slug, person.code])


def _entry(
    request: Any, person: Participant, form: Any, write: Any, *words: str, note: str = ""
) -> HttpResponse:
    """A page of the pathway that asks one thing, and comes back to it."""
    title, button, told = words
    here = _here(request, person)
    page = page_of(request, person, title, button, told) | {"up": here, "note": note}
    return reply(request, form, write, page, here)


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
        "asks_reason": parts_open(request, person).get(Part.JUSTICE, False),
        **read_pathway(person, request.today, parts),
    }
    return render(request, "insertion/pathway.html", context)


@needs("accompany")
@opens(Part.SOCIAL, Part.OBJECTIVES, also=SPOKEN)
def interview(request: Any, person: Participant) -> HttpResponse:
    parts = request.parts
    known = goals(person, parts)
    form = forms.InterviewForm(
        request.POST or None, on=request.today, parts=parts, said=obstacles(person, parts),
        goals=flat(known), actions=[action for action, _ in supports(person, parts)],
    )  # fmt: skip
    here = _here(request, person)
    page = page_of(request, person, "Entretien", "Enregistrer l’entretien", "L’entretien est noté.")
    return reply(
        request,
        form,
        lambda: actions.hold_interview(person=person, hand=hand(request), **form.said()),
        page | {"up": here},
        here,
    )


@needs("accompany")
@opens(Part.SOCIAL, Part.OBJECTIVES)
def objective(request: Any, person: Participant) -> HttpResponse:
    form = forms.ObjectiveForm(request.POST or None, on=request.today)
    known = forms.parents(goals(person, request.parts))
    form.choose("parent", [(pk, row.label) for pk, row in known.items()])

    def write() -> Any:
        said = form.cleaned_data
        aim = said | {"parent": known.get(said["parent"])}
        return actions.add_objective(person=person, hand=hand(request), **aim)

    return _entry(request, person, form, write, "Objectif", "Ajouter l’objectif", "L’objectif est noté.")


@needs("accompany")
@opens(Part.SOCIAL, Part.OBJECTIVES)
def progress(request: Any, person: Participant, pk: int) -> HttpResponse:
    row = line_of(Objective, person, pk)
    form = forms.ProgressForm(request.POST or None, on=request.today)
    return _entry(
        request, person, form,
        lambda: actions.say_progress(objective=row, hand=hand(request), **form.cleaned_data),
        "Avancée", "Enregistrer", "L’avancée est notée.", note=row.label,
    )  # fmt: skip


@needs("accompany")
@opens(Part.SOCIAL, also=SPOKEN)
def action(request: Any, person: Participant) -> HttpResponse:
    form = forms.ActionForm(request.POST or None, on=request.today)
    form.choose("family", [(f.value, str(f.label)) for f in families(request.parts)])
    return _entry(
        request, person, form,
        lambda: actions.add_action(person=person, hand=hand(request), **form.cleaned_data),
        "Action", "Ajouter l’action", "L’action est notée.",
    )  # fmt: skip


@needs("accompany")
@opens(Part.SOCIAL, also=SPOKEN)
def result(request: Any, person: Participant, pk: int) -> HttpResponse:
    row = line_of(SupportAction, person, pk)
    if row not in [known for known, _ in supports(person, request.parts)]:
        raise Http404(str(pk))
    form = forms.ResultForm(request.POST or None, on=request.today)
    return _entry(
        request, person, form,
        lambda: actions.close_action(action=row, hand=hand(request), **form.cleaned_data),
        "Résultat", "Enregistrer", "Le résultat est noté.", note=row.label,
    )  # fmt: skip


@needs("accompany")
@opens(Part.SOCIAL)
def training(request: Any, person: Participant) -> HttpResponse:
    form = forms.TrainingForm(request.POST or None, on=request.today)
    return _entry(
        request, person, form,
        lambda: actions.add_training(person=person, hand=hand(request), **form.cleaned_data),
        "Formation", "Ajouter la formation", "La formation est notée.",
    )  # fmt: skip


# --- at work --------------------------------------------------------------------------------------------


def _supervising(request: EcopoleRequest) -> None:
    """Skills are seen at work, by who supervises it."""
    if Role.SUPERVISOR not in request.roles:
        raise Http404("supervisor")


@needs("see_insertion")
@opens(Part.SKILLS)
def marks(request: Any, person: Participant) -> HttpResponse:
    """The grid of a trade (`?grille=`), opened on the last levels."""
    _supervising(request)
    grids = {
        code.partition(".")[0]: row["grid_label"] for code, row in listed("skills", request.today).items()
    }
    asked = request.GET.get("grille", "")
    grid = asked if asked in grids else next(iter(grids))
    rows = SkillMark.objects.standing().filter(participant=person, grid=grid).order_by("marked_on", "id")
    form = forms.SkillsForm(
        request.POST or None, on=request.today, grid=grid, known={row.skill: row.level for row in rows}
    )
    here = _here(request, person)
    page = page_of(request, person, "Compétences", "Enregistrer ces niveaux", "Les compétences sont à jour.")

    def write() -> None:
        said = form.cleaned_data
        actions.mark_skills(
            person=person, hand=hand(request), grid=grid, levels=form.levels(), on=said["marked_on"],
            note=said["note"],
        )  # fmt: skip

    return reply(request, form, write, page | {"up": here, "grids": grids, "grid": grid}, here)


@needs("see_insertion")
@opens(Part.SKILLS)
def evaluation(request: Any, person: Participant) -> HttpResponse:
    _supervising(request)
    form = forms.EvaluationForm(request.POST or None, on=request.today)
    return _entry(
        request, person, form,
        lambda: actions.evaluate(person=person, hand=hand(request), **form.cleaned_data),
        "Évaluation au poste", "Enregistrer l’évaluation", "L’évaluation attend la signature de la personne.",
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
    template: Any = get_template("insertion/attestation.typ")
    answer = HttpResponse(sheet(template.template.source, data), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="attestation-{person.code}.pdf"'
    return answer


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
