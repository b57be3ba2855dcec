"""What the pages share: whose project is asked, a page to type on, a gesture of one button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key, pressed
from terreau.rooms.incubator.access import asked, known, led, opened
from terreau.rooms.incubator.forms import written
from terreau.rooms.incubator.models import Project
from terreau.territory.access import EcopoleRequest


def project_led(request: EcopoleRequest, pk: int) -> Project:
    return asked(led(request), pk)


def project_known(request: EcopoleRequest, pk: int) -> Project:
    return asked(known(request), pk)


def project_opened(request: EcopoleRequest, pk: int) -> Project:
    return asked(opened(request), pk)


def url(request: EcopoleRequest, name: str, *args: Any) -> str:
    return reverse(f"incubator:{name}", args=[request.ecopole.slug, *args])


def page(request: EcopoleRequest, template: str, tab: str, project: Project, **context: Any) -> HttpResponse:
    """A page of a project, under its tabs."""
    mine = vars(project).get("opened", True)  # asked among those whose figures are read, they are
    runs = "run_incubator" in request.abilities
    return render(
        request, template,
        {"project": project, "here_tab": tab, "opened": mine, "runs": runs, **context},
    )  # fmt: skip


def entry(
    request: EcopoleRequest, form: forms.Form, write: Callable[[], Any], *, title: str, button: str,
    told: str, back: str, lede: str = "", undo: bool = False,
) -> HttpResponse:  # fmt: skip
    """A page to type on: written, then back; or shown again with what is wrong and all that was typed."""
    if request.method == "POST":
        key = form_key(request.POST)
        if written(form, write):
            messages.success(request, told, extra_tags=f"undo:{key}" if undo else "")
            return redirect(back)
    context = {"form": form, "title": title, "button": button, "back": back, "lede": lede}
    return render(request, "web/form.html", context, status=422 if form.errors else 200)


def gesture(request: EcopoleRequest, write: Callable[[], Any], *, told: str, back: str) -> HttpResponse:
    """One button: done, or said why not."""
    if request.method == "POST":
        pressed(request, write, told)
    return redirect(back)
