"""Projects: the list with what is near, then one of them, its budget and its plan of financing."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from terreau.funding import actions, queries
from terreau.funding.forms import FunderForm, LineForm, ProjectForm
from terreau.funding.models import Aid, BudgetLine, Nature, Project
from terreau.funding.schemes import names, scheme, schemes
from terreau.funding.views.gesture import ask, do
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked


@needs("see_funding")
def projects(request: EcopoleRequest) -> HttpResponse:
    lines = queries.project_lines(request.ecopole)
    funders = [one for line in lines for one in line.funders]
    context = {
        "lines": lines,
        "near": [(line, line.is_late(request.today)) for line in queries.deadlines(funders)],
        "by_theme": queries.themes_by_year(funders, {one.slug: one.name for one in schemes(request.today)}),
    }
    return render(request, "funding/projects.html", context)


def project_asked(request: EcopoleRequest, pk: int) -> Project:
    rows = Project.objects.select_related("ecopole", "holder")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


def _back(project: Project) -> str:
    return reverse("funding:project", args=[project.ecopole.slug, project.pk])


@needs("see_funding")
def project(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_asked(request, pk)
    plan = queries.plan_of(row)
    months = queries.cash(row, plan.funders, request.today)
    near = queries.deadlines(plan.funders)
    context = {
        "project": row, "plan": plan, "months": months,
        "curve": [(f"{month.month:%m/%Y}", month.balance.euros) for month in months],
        "near": [(line, line.is_late(request.today)) for line in near],
        "own": Nature.OWN,
    }  # fmt: skip
    return render(request, "funding/project.html", context)


@needs("run_funding")
def add_project(request: EcopoleRequest) -> HttpResponse:
    made: list[Project] = []
    held = {m.agent_id for m in request.memberships}
    response = ask(
        request,
        lambda data: ProjectForm(data, ecopole=request.ecopole, initial={"holder": min(held, default=None)}),
        lambda said, hand: made.append(actions.open_project(ecopole=request.ecopole, hand=hand, **said)),
        title="Nouveau projet", button="Créer le projet", told="Le projet est créé. Écrivez son budget.",
        lede="Ce qui sera fait, par qui, et entre quels jours.",
        back=reverse("funding:projects", args=[request.ecopole.slug]),
    )  # fmt: skip
    if made:
        response["Location"] = _back(made[0])
    return response


@needs("run_funding")
def change_project(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_asked(request, pk)
    return ask(
        request,
        lambda data: ProjectForm(
            data, ecopole=request.ecopole, initial=vars(row) | {"holder": row.holder_id}
        ),
        lambda said, hand: actions.change_project(project=row, hand=hand, **said),
        title=f"Modifier {row}", button="Enregistrer", told="Le projet est modifié.", back=_back(row),
    )  # fmt: skip


@needs("run_funding")
def add_line(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_asked(request, pk)
    return ask(
        request,
        LineForm,
        lambda said, hand: actions.add_line(project=row, hand=hand, **said),
        title="Une dépense du budget", button="Ajouter la dépense", told="La dépense est au budget.",
        lede=str(row), back=_back(row),
    )  # fmt: skip


@needs("run_funding")
def withdraw_line(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = BudgetLine.objects.select_related("project__ecopole")
    row = get_object_or_404(rows, project__ecopole=request.ecopole, pk=pk)
    return do(
        request, lambda hand: actions.withdraw_line(line=row, hand=hand),
        back=_back(row.project), told=f"{row}\u202f: retiré du budget.",
    )  # fmt: skip


@needs("run_funding")
def add_funder(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_asked(request, pk)
    first = _proposed(request)
    return ask(
        request,
        lambda data: FunderForm(data, ecopole=request.ecopole, on=request.today, initial=first),
        lambda said, hand: actions.add_cofunding(project=row, hand=hand, **said),
        title="Un financeur", button="Ajouter le financeur", told="Le financeur est au plan.",
        lede=f"{row}\u202f: qui apporterait combien. Ce qui se passe ensuite se note étape par étape.",
        back=_back(row),
    )  # fmt: skip


def _proposed(request: EcopoleRequest) -> dict[str, Any]:
    """What the aid of the address already says of its funder."""
    slug = request.GET.get("dispositif", "")
    if slug in names():
        told = scheme(slug, request.today)
        return {"scheme": slug, "funder": told.payer[:120], "nature": Nature.PUBLIC, "theme": told.themes[0]}
    if asked := request.GET.get("aide"):
        aid = get_object_or_404(Aid, ecopole=request.ecopole, pk=row_asked(asked))
        financers = ", ".join(aid.data.get("financers", []))
        return {"aid": aid.pk, "funder": financers[:120], "theme": next(iter(aid.themes), "")}
    return {}
