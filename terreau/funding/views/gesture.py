"""A gesture of funding: a page with its form, written once, or shown again with what is wrong."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.funding.forms import written
from terreau.ledger.dueforms import hand_of
from terreau.territory.access import EcopoleRequest
from terreau.territory.hand import Hand

Form = Callable[[Any], forms.Form]
Write = Callable[[Any, Hand], object]


def ask(
    request: EcopoleRequest,
    make: Form,
    write: Write,
    *,
    title: str,
    button: str,
    back: str,
    told: str,
    lede: str = "",
) -> HttpResponse:
    """Asked, the form; sent and right, back where it was opened; refused, the form and the reason."""
    form = make(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        hand = hand_of(request)
        if written(form, lambda: write(form.cleaned_data, hand)):
            messages.success(request, told)
            return redirect(back)
    context = {"form": form, "title": title, "lede": lede, "button": button, "back": back}
    return render(request, "web/form.html", context, status=422 if form.errors else 200)


def do(request: EcopoleRequest, write: Callable[[Hand], object], *, back: str, told: str) -> HttpResponse:
    """A gesture of one tap: nothing is typed."""
    if request.method == "POST":
        hand = hand_of(request)
        form = forms.Form({})
        if written(form, lambda: write(hand)):
            messages.success(request, told)
        else:
            messages.error(request, " ".join(map(str, form.non_field_errors())))
    return redirect(back)
