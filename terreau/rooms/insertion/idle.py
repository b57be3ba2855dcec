"""A screen left alone closes: whoever may read a file signs in again, and no browser keeps its pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.signing import BadSignature
from django.http import HttpResponse

from terreau.rooms.insertion.access import TABLE
from terreau.territory.clock import since

COOKIE = "seen"
SALT = "insertion.idle"


class IdleMiddleware:
    """The hour of the last page is a signed word of the browser: no question to the database.

    Without it, the hour of the sign-in holds: whoever throws it away wins nothing.
    """

    def __init__(self, get_response: Callable[[Any], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        awake = _reads_files(request.user)
        if awake and _asleep(request):
            logout(request)
            minutes = settings.IDLE_MINUTES
            messages.info(request, f"Écran resté {minutes}\u00a0minutes sans geste\u202f: reconnectez-vous.")
            awake = False
        response = self.get_response(request)
        if awake and request.user.is_authenticated:
            response.set_signed_cookie(
                COOKIE, str(request.user.pk), salt=SALT, httponly=True, samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
        if request.resolver_match and request.resolver_match.namespace == "insertion":
            response["Cache-Control"] = "no-store"
        return response


def _reads_files(user: Any) -> bool:
    return any(held.role in TABLE for held in getattr(user, "roles_held", ()))


def _asleep(request: Any) -> bool:
    wait = timedelta(minutes=settings.IDLE_MINUTES)
    try:
        if request.get_signed_cookie(COOKIE, salt=SALT, max_age=wait) == str(request.user.pk):
            return False
    except (KeyError, BadSignature):
        pass
    signed_in = request.user.last_login
    return signed_in is None or since(signed_in) > wait
