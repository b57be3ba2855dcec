"""Sign-in by e-mail and password, second factor for who wants one. Nobody signs up: one is invited."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    """Accounts are opened by an invitation (territory), never by a stranger."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
