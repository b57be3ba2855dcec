"""Sign-in by e-mail and password, second factor for who wants one. Nobody signs up: one is invited."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    """Accounts are opened by an invitation (territory), never by a stranger."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SignIn(LoginForm):
    """From the address straight to the password, by keyboard too: who forgot it asks below."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.fields["login"].label = "Adresse e-mail"
        self.fields["password"].help_text = ""


class Forgotten(ResetPasswordForm):
    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.fields["email"].label = "Adresse e-mail"
