"""`terreau open SLUG --name … --commune 62057 --coordinator ADRESSE`: an écopôle, without the demo."""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email, validate_slug
from django.urls import reverse

from terreau.measures.french import format_date
from terreau.territory.abilities import Role
from terreau.territory.actions import AlreadyMember, invite_first_coordinator, send_invitation
from terreau.territory.clock import now
from terreau.territory.models import (
    Agent,
    AgentKind,
    Commune,
    Ecopole,
    Invitation,
    Membership,
    Place,
    Product,
)
from terreau.territory.settling import open_ecopole

NAME_MAX = 120
SLUG_MAX = 50


class Command(BaseCommand):
    help = "Ouvre un écopôle\u202f: sa plateforme, ses réserves, et l’invitation de qui le coordonnera."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="son adresse\u202f: https://…/e/SLUG/")
        parser.add_argument("--name", default="", help="son nom")
        parser.add_argument("--commune", default="", help="code INSEE de sa commune, comme 62057")
        parser.add_argument("--coordinator", required=True, help="adresse e-mail de qui le coordonnera")
        parser.add_argument("--platform", default="", help="nom de sa plateforme (Plateforme de sa commune)")
        parser.add_argument("--host", default="http://localhost:8000", help="adresse du site, pour le lien")
        parser.add_argument(
            "--again",
            action="store_true",
            help="envoie une nouvelle invitation pour un écopôle que personne ne coordonne encore",
        )

    def handle(self, *, slug: str, coordinator: str, host: str, again: bool, **given: Any) -> None:
        errors = [*_wrong_address(coordinator), *_wrong_host(host)]
        if again:
            invitation, token = _again(slug, coordinator, errors)
        else:
            invitation, token = _open(slug, coordinator, errors, **given)
        link = host.rstrip("/") + reverse("invitation", args=[token])
        self._post(invitation, link)
        self.stdout.write(
            f"{invitation.ecopole} est ouvert\u202f: {invitation.agent}, {_stores(invitation.agent)}.\n"
            f"Invitation de {invitation.email}, jusqu’au {format_date(invitation.expires_at.date())}\u202f:\n"
            f"{link}"
        )
        if not Product.objects.exists():
            self.stdout.write("Il reste à charger les produits\u202f: terreau import products")

    def _post(self, invitation: Invitation, link: str) -> None:
        try:
            send_invitation(invitation, link)
        except OSError as error:
            self.stderr.write(
                f"Le courriel à {invitation.email} n’est pas parti ({error}). "
                "Donnez vous-même le lien ci-dessous."
            )


def _open(
    slug: str, coordinator: str, errors: list[str], *, name: str, commune: str, platform: str, **_: Any
) -> tuple[Invitation, str]:
    found = Commune.objects.filter(pk=commune).first()
    platform = platform.strip() or (f"Plateforme {found.of_name}" if found else "")
    _refuse([*_wrong_slug(slug), *_wrong_names(name, platform), *_wrong_commune(commune, found), *errors])
    assert found is not None  # refused above
    return open_ecopole(
        slug=slug,
        name=name.strip(),
        commune=found,
        platform_name=platform,
        coordinator=coordinator,
        at=now(),
    )


def _again(slug: str, coordinator: str, errors: list[str]) -> tuple[Invitation, str]:
    platform = Agent.objects.filter(ecopole__slug=slug, kind=AgentKind.PLATFORM).order_by("id").first()
    if platform is None:
        errors.insert(0, f"Aucun écopôle « {slug} » à coordonner\u202f: ouvrez-le, sans --again.")
    _refuse(errors)
    assert platform is not None  # refused above
    try:
        return invite_first_coordinator(platform=platform, email=coordinator, at=now())
    except AlreadyMember as refusal:
        raise CommandError(str(refusal))


def _refuse(errors: list[str]) -> None:
    """All that is wrong, at once: nobody likes to be sent back five times."""
    if errors:
        raise CommandError("Rien n’a été ouvert.\n" + "\n".join(f"· {error}" for error in errors))


def _wrong_slug(slug: str) -> list[str]:
    try:
        validate_slug(slug)
    except ValidationError:
        return [
            f"« {slug} » ne peut être une adresse\u202f: des lettres sans accent, des chiffres, des tirets."
        ]
    if len(slug) > SLUG_MAX:
        return [f"« {slug} » est trop long pour une adresse\u202f: {SLUG_MAX} caractères au plus."]
    standing = Ecopole.objects.filter(slug=slug).select_related("commune").first()
    if standing is None:
        return []
    held = Membership.objects.filter(ecopole=standing, role=Role.COORDINATOR).order_by("id")
    coordinators = ", ".join(held.values_list("user__email", flat=True))
    what_next = (
        f"coordonné par {coordinators}. Pour y entrer, demandez-lui une invitation"
        if coordinators
        else "que personne ne coordonne encore. Pour renvoyer l’invitation, lancez "
        f"« terreau open {slug} --coordinator ADRESSE --again »"
    )
    return [
        f"« {slug} » existe déjà\u202f: {standing}, commune {standing.commune.of_name}, {what_next}\u202f; "
        "pour ouvrir un autre écopôle, choisissez une autre adresse."
    ]


def _wrong_names(name: str, platform: str) -> list[str]:
    errors = [] if name.strip() else ['Le nom de l’écopôle manque\u202f: --name "Écopôle de …".']
    return errors + [
        f"« {long} » est trop long\u202f: {NAME_MAX} caractères au plus."
        for long in (name.strip(), platform)
        if len(long) > NAME_MAX
    ]


def _wrong_commune(code: str, found: Commune | None) -> list[str]:
    if found:
        return []
    if not code:
        return ["La commune manque\u202f: --commune et son code INSEE, comme 62057."]
    return [
        f"La commune « {code} » est inconnue, parmi {Commune.objects.count()} chargées\u202f: lancez "
        "« terreau import communes », ou vérifiez son code INSEE, comme 62057."
    ]


def _wrong_address(email: str) -> list[str]:
    try:
        validate_email(email.strip())
    except ValidationError:
        return [
            f"« {email} » n’est pas une adresse e-mail\u202f: écrivez par exemple coordination@exemple.fr."
        ]
    return []


def _wrong_host(host: str) -> list[str]:
    parts = urlsplit(host)
    if parts.scheme in ("http", "https") and parts.netloc:
        return []
    return [
        f"« {host} » n’est pas l’adresse d’un site\u202f: écrivez par exemple https://terreau.exemple.fr."
    ]


def _stores(platform: Agent) -> str:
    return ", ".join(place.name for place in Place.objects.filter(agent=platform).order_by("id"))
