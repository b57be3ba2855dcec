"""The door of every page: `@needs("run_garden")`.

Outside the écopôle: 404, for its very existence is nobody else's business. Inside, without the ability: 403.
The view receives the request with `ecopole`, `roles`, `abilities`; the middleware adds `now` and `today`.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import wraps
from typing import Any, Concatenate

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from terreau.territory.abilities import ABILITIES, Role, abilities_of
from terreau.territory.models import Ecopole, Membership
from terreau.territory.sealed import SealRefused


class SignIn(AuthenticationBackend):
    """The person of a session and their roles, in one query: every page asks for both."""

    def get_user(self, user_id: int) -> Any:
        rows = Membership.objects.filter(user=user_id).select_related("user", "ecopole", "agent")
        held = list(rows.order_by("id"))
        if not held:
            return super().get_user(user_id)
        user = held[0].user
        user.roles_held = held
        return user if self.user_can_authenticate(user) else None


class EcopoleRequest(HttpRequest):
    """A request that has passed the door."""

    user: Any  # always a User: the door lets no stranger in
    ecopole: Ecopole
    memberships: list[Membership]
    roles: frozenset[Role]
    abilities: frozenset[str]
    now: datetime
    today: date


View = Callable[Concatenate[Any, ...], HttpResponse]


def acting_for(request: EcopoleRequest, ability: str) -> set[int]:
    """The organisations for which this person's roles give the ability."""
    return {m.agent_id for m in request.memberships if Role(m.role) in ABILITIES[ability]}


def _refuse_nul(request: HttpRequest, parts: Iterable[Any]) -> None:
    """Nobody types a NUL, and PostgreSQL keeps none."""
    fields = [field for data in (request.GET, request.POST) for field in data.lists()]
    sent = [text for name, values in fields for text in (name, *values)]
    if any("\0" in str(text) for text in (*parts, *sent)):
        raise BadRequest("NUL")


def needs(ability: str) -> Callable[[View], View]:
    """Open the view to those who hold the ability in the écopôle of the URL, and to nobody else."""
    if ability not in ABILITIES:
        raise KeyError(f"{ability} n’est pas dans la table des droits (territory/abilities.py)")

    def door(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, ecopole: str, **kwargs: Any) -> HttpResponse:
            _refuse_nul(request, kwargs.values())
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            memberships = [m for m in request.user.roles_held if m.ecopole.slug == ecopole]
            if not memberships:
                raise Http404
            request.memberships = memberships
            request.ecopole = memberships[0].ecopole
            request.roles = frozenset(Role(m.role) for m in memberships)
            request.abilities = abilities_of(request.roles)
            if ability not in request.abilities:
                raise PermissionDenied(ability)
            answer = view(request, **kwargs)
            if not answer.has_header("Cache-Control"):  # theirs alone: nothing on the way keeps it
                patch_cache_control(answer, private=True)
            return answer

        # Read by the test that walks every URL with every role.
        vars(guarded)["ability"] = ability
        return guarded

    return door


class SealMiddleware:
    """Sealed words that no key opens: said in full, on whatever page; never an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, SealRefused):
            return None
        return render(request, "territory/sealed.html", {"refusal": str(exception)}, status=503)
