"""The page that asks one thing of a file and writes it: said here once, declared in a few lines each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.rooms.insertion import actions
from terreau.rooms.insertion.access import Part, opens
from terreau.rooms.insertion.actions import Hand
from terreau.rooms.insertion.models import Participant
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs


def hand(request: EcopoleRequest) -> Hand:
    return Hand(request.user, request.now, form_key(request.POST), accepted="accepted" in request.POST)


def reply(
    request: Any,
    form: django_forms.Form,
    write: Callable[[], Any],
    page: dict[str, Any],
    back: str | Callable[[Any], str],
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
            return redirect(back if isinstance(back, str) else back(written))
    context = {"form": form, "findings": found, "warned": warned, **page}
    return render(request, "insertion/entry.html", context, status=422 if form.errors or found else 200)


def line_of(model: Any, person: Participant, pk: int) -> Any:
    """A standing line of this file, and of no other."""
    return get_object_or_404(model.objects.standing().filter(participant=person), pk=pk)


@dataclass(frozen=True)
class Setting:
    """What a page takes of the file before anything is typed."""

    # For the form: its own arguments, its lists; and those whose choices stand for something.
    form: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    offers: Mapping[str, Iterable[tuple[str, str, Any]]] = field(default_factory=dict)
    # For the action, for the template.
    write: Mapping[str, Any] = field(default_factory=dict)
    page: Mapping[str, Any] = field(default_factory=dict)


def asks(
    form: Callable[..., Any],
    write: Callable[..., Any],
    words: tuple[str, str, str],
    *parts: Part,
    also: Iterable[Part] = (),
    of: tuple[str, Any] = ("person", None),
    role: Role | None = None,
    up: str = "file",
    then: str = "",
    note: str = "",
    ready: Callable[[Any, Any], Setting] = lambda request, row: Setting(),
) -> Callable[..., HttpResponse]:
    """The view of such a page: title, button, what is told once written; the parts of the file it opens.

    The action is given what it speaks of under the name `of` says: the person, a standing line of a model, or
    what a function finds. It is asked of who accompanies, or of whoever holds `role`. Written, it goes back
    `up`, or to a page of the room.
    """
    named, where = of

    def row_of(person: Participant, asked: dict[str, Any]) -> Any:
        if where is None:
            return person
        return line_of(where, person, **asked) if isinstance(where, type) else where(person, **asked)

    def view(request: Any, person: Participant, **asked: Any) -> HttpResponse:
        row = row_of(person, asked)
        if role and role not in request.roles:
            raise Http404(role)
        set_up = ready(request, row)
        filled = form(request.POST or None, on=request.today, **set_up.form)
        for name, choices in set_up.choices.items():
            filled.choose(name, choices)
        for name, rows in set_up.offers.items():
            filled.offer(name, rows)
        title, button, told = words
        here = reverse(f"insertion:{up}", args=[request.ecopole.slug, person.code])
        page: dict[str, Any] = {
            "title": title, "button": button, "told": told, "lede": person.full_name, "up": here,
            "note": note, **set_up.page,
        }  # fmt: skip

        def done() -> Any:
            return write(**{named: row}, hand=hand(request), **filled.said(), **set_up.write)

        back = reverse(f"insertion:{then}", args=[request.ecopole.slug]) if then else here
        return reply(request, filled, done, page, back)

    return needs("see_insertion" if role else "accompany")(opens(*parts, also=also)(view))
