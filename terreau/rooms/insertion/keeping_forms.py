"""What is typed about a file itself: who the person is, why it is kept, who takes it over, their account."""

from typing import Any

from django import forms

from terreau.rooms.insertion.forms import CHOOSE, WORDS, Entry, WelcomeForm
from terreau.rooms.insertion.models import HoldReason
from terreau.rooms.insertion.rules.law import rule
from terreau.territory.forms import DateFieldFr


class IdentityForm(WelcomeForm):
    """The identity of the first contact, opened on what it is now."""

    # Django's own way to leave out a field of the form above.
    prescriber = organisation = contact = referred_on = note = None  # type: ignore[assignment]
    reason = forms.CharField(
        label="Pourquoi", max_length=200, help_text="une faute, un nom d’usage, un déménagement…"
    )

    def prepare(self) -> None:
        """Nothing depends on the day."""

    def said(self) -> dict[str, Any]:
        identity = {name: self.cleaned_data[name] for name in self.IDENTITY}
        return {"identity": identity, "reason": self.cleaned_data["reason"]}


class HoldForm(Entry):
    reason = forms.ChoiceField(label="Motif", choices=[CHOOSE, *HoldReason.choices])
    since = DateFieldFr(label="Compté à partir du")
    note = forms.CharField(label="Précision", max_length=500, required=False, widget=WORDS)

    def prepare(self) -> None:
        laws = {reason: rule("retention", f"hold_{reason}", self.on) for reason in HoldReason.values}
        told = ", ".join(f"{HoldReason(r).label}\u202f: {law['day']}" for r, law in laws.items())
        self.fields["since"].help_text = told


class AccountForm(Entry):
    email = forms.EmailField(
        label="Son adresse e-mail", help_text="la sienne, jamais celle d’un proche ou d’un collègue"
    )


class HandOverForm(Entry):
    counsellor = forms.ChoiceField(label="Les dossiers de")
    to = forms.ChoiceField(label="Passent à")
    since = DateFieldFr(label="Depuis le")

    def clean(self) -> None:
        if self.cleaned_data.get("counsellor") == self.cleaned_data.get("to"):
            self.add_error("to", "Choisissez quelqu’un d’autre.")
