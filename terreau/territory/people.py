"""Who works here: members, roles, invitations; and the door an invited person comes through."""

from typing import Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from terreau.territory import queries
from terreau.territory.abilities import ROLE_LABELS, Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.actions import (
    PeopleRefusal,
    accept_invitation,
    invite,
    open_invitation,
    roles_to_give,
    send_invitation,
    withdraw_role,
)
from terreau.territory.models import Agent, Invitation, Membership, User
from terreau.territory.views import MAPPED

INVITATION = "invitation"  # the limit of settings.ACCOUNT_RATE_LIMITS


class InviteForm(forms.Form):
    email = forms.EmailField(label="Adresse e-mail", error_messages={"required": "À qui écrire ?"})
    agent = forms.ModelChoiceField(
        Agent.objects.none(), label="Pour quelle organisation ?", empty_label="Choisir…"
    )
    role = forms.ChoiceField(label="Avec quel rôle ?")
    fields: dict[str, Any]

    def __init__(self, request: EcopoleRequest, data: Any = None):
        super().__init__(data)
        self.fields["agent"].queryset = queries.agents(request.ecopole, kinds=MAPPED)
        roles = [(role.value, ROLE_LABELS[role]) for role in roles_to_give(request.roles)]
        self.fields["role"].choices = [("", "Choisir…"), *roles]


class WelcomeForm(forms.Form):
    """A name and a password; the address is the one that received the letter."""

    name = forms.CharField(
        label="Votre nom", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Choisissez un mot de passe",
        help_text="Dix caractères au moins : trois mots qui ne vont pas ensemble font un bon mot de passe.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password)
        return password


@needs("manage_people")
def people(request: EcopoleRequest) -> HttpResponse:
    """Members, letters waiting, and the form that sends one."""
    form = InviteForm(request, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            invitation, token = invite(
                ecopole=request.ecopole,
                agent=form.cleaned_data["agent"],
                role=Role(form.cleaned_data["role"]),
                email=form.cleaned_data["email"],
                by=request.user,
                at=request.now,
            )
        except PeopleRefusal as refusal:
            form.add_error(None, str(refusal))
        else:
            post_letter(request, invitation, token)
            return redirect("territory:people", request.ecopole.slug)
    context = {
        "form": form,
        "members": queries.members(request.ecopole),
        "invitations": queries.invitations(request.ecopole),
    }
    return render(request, "territory/people.html", context, status=422 if form.errors else 200)


def post_letter(request: EcopoleRequest, invitation: Invitation, token: str) -> None:
    """Send the letter; when the post office is closed, say so: the invitation can be sent again."""
    try:
        send_invitation(invitation, request.build_absolute_uri(reverse("invitation", args=[token])))
    except OSError:
        messages.error(
            request,
            f"Le courriel à {invitation.email} n’est pas parti : le serveur d’envoi ne répond pas. "
            "Renvoyez l’invitation plus tard.",
        )
    else:
        messages.success(request, f"Invitation envoyée à {invitation.email}.")


@needs("manage_people")
@require_POST
def withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership, pk=pk, ecopole=request.ecopole)
    try:
        withdraw_role(membership=membership, by=request.user)
    except PeopleRefusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{membership.user} n’a plus ce rôle pour {membership.agent}.")
    if not Membership.objects.filter(user=request.user, ecopole=request.ecopole).exists():
        return redirect("home")
    return redirect("territory:people", request.ecopole.slug)


@needs("manage_people")
@require_POST
def cancel(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Take back a letter nobody has answered."""
    get_object_or_404(Invitation, pk=pk, ecopole=request.ecopole, accepted_at=None).delete()
    messages.success(request, "Invitation retirée : son lien n’ouvre plus rien.")
    return redirect("territory:people", request.ecopole.slug)


@never_cache
def accept(request: Any, token: str) -> HttpResponse:
    """The page behind the letter: a newcomer opens an account, a known person takes the role."""
    now = request.now
    try:
        invitation = open_invitation(token=token, at=now)
        known = User.objects.filter(email=invitation.email).first()
        newcomer = known is None or not known.has_usable_password()
        form = WelcomeForm(request.POST or None) if newcomer else None
        often = request.method == "POST" and not ratelimit.consume(request, action=INVITATION)
        if often:
            messages.error(request, "Beaucoup d’essais viennent d’ici\u202f: attendez quelques minutes.")
        elif request.method == "POST" and (form is None or form.is_valid()):
            given = form.cleaned_data if form else {"name": "", "password": ""}
            user = accept_invitation(token=token, at=now, **given)
            messages.success(request, f"Bienvenue à {invitation.ecopole} !")
            if newcomer:
                login(request, user)
            # Who has an account signs in as usual, second factor included.
            return redirect("home")
    except PeopleRefusal as refusal:
        return render(request, "territory/invitation_closed.html", {"reason": str(refusal)}, status=410)
    context = {"invitation": invitation, "role": Role(invitation.role).label, "form": form}
    return render(
        request, "territory/accept.html", context, status=422 if often or (form and form.errors) else 200
    )
