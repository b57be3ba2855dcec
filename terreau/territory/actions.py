"""Inviting, welcoming, taking leave: what changes who may do what."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from terreau.measures.french import format_date
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.models import Agent, AgentKind, Ecopole, Invitation, Membership, User

INVITATION_LIFE = timedelta(days=14)


class PeopleRefusal(Exception):
    """Something about people could not be done; the message says why and what to do."""


class NotYoursToInvite(PeopleRefusal):
    """The inviter lacks the ability, or the role is above theirs, or the organisation is elsewhere."""


class AlreadyMember(PeopleRefusal):
    """This person already holds this role for this organisation."""


class InvitationUnknown(PeopleRefusal):
    """No letter bears this token."""


class InvitationUsed(PeopleRefusal):
    """The letter has already opened the door."""


class InvitationExpired(PeopleRefusal):
    """The letter waited more than fourteen days."""


class AccountClosed(PeopleRefusal):
    """The account of this address was closed."""


class LastCoordinator(PeopleRefusal):
    """Without a coordinator, nobody could invite anyone any more."""


def roles_to_give(roles: Iterable[Role]) -> list[Role]:
    """Coordinators invite anyone; directors anyone but a coordinator. Who runs the incubator, those who test.

    Nobody here as in a pathway or as a member: their room does, for their pseudonym.
    """
    held = frozenset(roles)
    if not held & ABILITIES["manage_people"]:
        return [Role.TESTER] if Role.TUTOR in held else []
    kept = {Role.PARTICIPANT, Role.MEMBER} | ({Role.COORDINATOR} - held)
    return [role for role in Role if role not in kept]


@transaction.atomic
def invite(
    *, ecopole: Ecopole, agent: Agent, role: Role, email: str, by: User, at: datetime
) -> tuple[Invitation, str]:
    """Write the letter and give its token, kept nowhere else; an earlier unanswered one is replaced."""
    held = (Role(m.role) for m in Membership.objects.filter(user=by, ecopole=ecopole))
    if role not in roles_to_give(held):
        raise NotYoursToInvite(
            f"Invitation non envoyée : votre rôle ne permet pas de donner « {role.label} ». "
            "Demandez à la coordination."
        )
    if agent.ecopole_id != ecopole.pk:
        raise NotYoursToInvite(f"Invitation non envoyée : {agent} n’est pas une organisation de {ecopole}.")
    email = email.strip().lower()
    if Membership.objects.filter(user__email=email, agent=agent, role=role).exists():
        raise AlreadyMember(f"{email} a déjà le rôle « {role.label} » pour {agent}.")
    return _write_letter(agent=agent, role=role, email=email, by=by, at=at)


# Nothing that is read for something else.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 4


def new_person(*, ecopole: Ecopole) -> Agent:
    """Somebody whom the house knows as « M-7K3D »; their name stays in the room that asks for it."""
    while True:
        code = "M-" + "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not Agent.objects.filter(ecopole=ecopole, name=code).exists():
            return Agent.objects.create(ecopole=ecopole, kind=AgentKind.PERSON, name=code)


@transaction.atomic
def invite_person(
    *, agent: Agent, role: Role, email: str, by: User | None, at: datetime
) -> tuple[Invitation, str]:
    """The letter by which somebody known by a pseudonym opens their own page, and nothing else.

    Nobody invites who joins by themselves.
    """
    email = email.strip().lower()
    held = Membership.objects.filter(ecopole=agent.ecopole, role=role)
    if held.filter(agent=agent).exists():
        raise AlreadyMember("Invitation non envoyée\u202f: cette personne a déjà un accès.")
    if held.filter(user__email=email).exists():
        raise AlreadyMember(f"Invitation non envoyée\u202f: {email} ouvre déjà la page d’une autre personne.")
    Invitation.objects.filter(agent=agent, role=role, accepted_at=None).delete()
    return _write_letter(agent=agent, role=role, email=email, by=by, at=at)


@transaction.atomic
def close_person_access(*, agent: Agent) -> None:
    """The page of somebody in a pathway closes at once; their account with it, if it opens nothing else."""
    accounts = list(User.objects.filter(memberships__agent=agent, memberships__role=Role.PARTICIPANT))
    Membership.objects.filter(agent=agent, role=Role.PARTICIPANT).delete()
    Invitation.objects.filter(agent=agent, role=Role.PARTICIPANT).delete()
    for user in accounts:
        if not user.memberships.exists():
            _close_account(user)


@transaction.atomic
def invite_first_coordinator(*, platform: Agent, email: str, at: datetime) -> tuple[Invitation, str]:
    """The letter that starts an écopôle, or starts it again while nobody coordinates it."""
    held = Membership.objects.filter(ecopole=platform.ecopole, role=Role.COORDINATOR).select_related("user")
    if coordinators := ", ".join(m.user.email for m in held.order_by("id")):
        raise AlreadyMember(
            f"{platform.ecopole} est déjà coordonné par {coordinators}\u202f: "
            "demandez une invitation, depuis la page « Personnes et rôles »."
        )
    # The first address may have been mistyped: whoever reads that letter must not come in with it.
    Invitation.objects.filter(agent=platform, invited_by=None, accepted_at=None).delete()
    return _write_letter(agent=platform, role=Role.COORDINATOR, email=email.strip().lower(), by=None, at=at)


def _write_letter(
    *, agent: Agent, role: Role, email: str, by: User | None, at: datetime
) -> tuple[Invitation, str]:
    Invitation.objects.filter(email=email, agent=agent, role=role, accepted_at=None).delete()
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        ecopole=agent.ecopole,
        agent=agent,
        role=role,
        email=email,
        token_hash=_hashed(token),
        invited_by=by,
        sent_at=at,
        expires_at=at + INVITATION_LIFE,
    )
    return invitation, token


def send_invitation(invitation: Invitation, link: str) -> None:
    """Post the letter; an unreachable mail server is an OSError; the invitation stays, to be sent again."""
    send_mail(
        f"Invitation à rejoindre {invitation.ecopole}",
        render_to_string(
            "territory/email/invitation.txt",
            {"invitation": invitation, "role": Role(invitation.role).label, "link": link},
        ),
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )


def open_invitation(*, token: str, at: datetime) -> Invitation:
    """The letter of this token, if it can still be answered."""
    found = Invitation.objects.select_related("ecopole", "agent").filter(token_hash=_hashed(token)).first()
    if found is None:
        raise InvitationUnknown(
            "Cette invitation n’existe pas ou a été remplacée : ouvrez le dernier courriel reçu, "
            "ou demandez une nouvelle invitation."
        )
    if found.accepted_at:
        raise InvitationUsed("Cette invitation a déjà servi : connectez-vous avec votre adresse e-mail.")
    if at >= found.expires_at:
        raise InvitationExpired(
            f"Cette invitation a expiré le {format_date(found.expires_at.date())} : demandez-en une nouvelle "
            f"à {found.invited_by or 'la personne qui a ouvert l’écopôle'}."
        )
    return found


@transaction.atomic
def accept_invitation(*, token: str, name: str, password: str, at: datetime) -> User:
    """Open the account, or reuse the one of this address, and give it the role. Once.

    An account that already has a password keeps it: a letter gives a role, it never changes a key.
    """
    invitation = open_invitation(token=token, at=at)
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=at)
    if not taken:
        raise InvitationUsed("Cette invitation vient de servir : connectez-vous avec votre adresse e-mail.")
    user = User.objects.filter(email=invitation.email).first()
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=name)
    elif not user.is_active:
        raise AccountClosed(f"Le compte {invitation.email} est fermé : voyez la coordination de l’écopôle.")
    elif not user.has_usable_password():
        user.name = name or user.name
        user.set_password(password)
        user.save(update_fields=["name", "password"])
    # The letter came through this mailbox: the address is proved.
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    Membership.objects.get_or_create(
        user=user, ecopole=invitation.ecopole, agent=invitation.agent, role=invitation.role
    )
    return user


@transaction.atomic
def withdraw_role(*, membership: Membership, by: User) -> None:
    """Take a role back; the account stays, with its other roles."""
    ecopole = membership.ecopole
    held = (Role(m.role) for m in Membership.objects.filter(user=by, ecopole=ecopole))
    if Role(membership.role) not in roles_to_give(held):
        raise NotYoursToInvite("Rôle non retiré : demandez à la coordination.")
    coordinators = Membership.objects.select_for_update().filter(ecopole=ecopole, role=Role.COORDINATOR)
    if membership.role == Role.COORDINATOR and len(coordinators) == 1:
        raise LastCoordinator(
            f"{membership.user} coordonne {ecopole} sans personne d’autre : donnez d’abord ce rôle ailleurs."
        )
    membership.delete()


@transaction.atomic
def anonymise(*, agent: Agent, at: datetime) -> None:
    """The right to erasure: name and contact go; the key stays, and with it every total of the ledger.

    A person's own accounts are closed and lose their name too, unless they still work for an organisation.
    """
    accounts = list(User.objects.filter(memberships__agent=agent).distinct())
    emails = (
        [agent.email, *(user.email for user in accounts)] if agent.kind == AgentKind.PERSON else [agent.email]
    )
    agent.name = f"Acteur effacé n° {agent.pk}"
    agent.contact = agent.phone = agent.email = agent.siret = ""
    agent.anonymised_at = at
    agent.save(update_fields=["name", "contact", "phone", "email", "siret", "anonymised_at"])
    Membership.objects.filter(agent=agent).delete()
    Invitation.objects.filter(agent=agent).delete()
    if agent.kind == AgentKind.PERSON:
        for user in accounts:
            if not user.memberships.exists():
                _close_account(user)
        Invitation.objects.filter(
            ecopole=agent.ecopole, email__in=[email for email in emails if email]
        ).delete()


def _close_account(user: User) -> None:
    """The row stays, for the ledger remembers who wrote; nobody signs in with it again."""
    user.name = f"Compte effacé n° {user.pk}"
    user.email = f"efface-{user.pk}@invalid"
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["name", "email", "is_active", "password"])
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
