"""Organic certificates: added, replaced by the next one, withdrawn when wrong; never edited."""

import re
from datetime import date, datetime

from django.db import transaction

from terreau.measures.french import format_date
from terreau.rooms.platform.models import Certificate
from terreau.territory.models import Agent, Ecopole, User
from terreau.territory.refusals import Refused

BODY = re.compile(r"FR-BIO-[0-9]{2}")


class CertificateRefused(Refused):
    """Nothing was written; the message says what to type instead, and `field` where."""


@transaction.atomic
def add_certificate(
    *,
    ecopole: Ecopole,
    farm: Agent,
    body: str,
    reference: str,
    valid_from: date,
    valid_until: date,
    by: User | None,
    at: datetime,
    key: str,
) -> Certificate:
    """A certificate as its paper says; from its first day it replaces the one before."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    known = Certificate.objects.filter(ecopole=ecopole, key=key).first()
    if known is not None:
        return known
    if not BODY.fullmatch(body):
        raise CertificateRefused(
            f"{body}\u202f: le code d’un organisme s’écrit FR-BIO- et deux chiffres, comme FR-BIO-01.", "body"
        )
    if valid_until < valid_from:
        raise CertificateRefused(
            f"Valable du {format_date(valid_from)} au {format_date(valid_until)}\u202f: la fin vient avant "
            "le début. Recopiez les deux dates du certificat.",
            "valid_until",
        )
    return Certificate.objects.create(
        ecopole=ecopole,
        farm=farm,
        body=body,
        reference=reference,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=by,
        recorded_at=at,
        key=key,
    )


@transaction.atomic
def withdraw_certificate(
    *, ecopole: Ecopole, wrong: Certificate, reason: str, by: User | None, at: datetime, key: str
) -> Certificate:
    """The contrary line of one that was wrong: both stay, with the reason."""
    ecopole.take_turns()
    known = Certificate.objects.filter(ecopole=ecopole, withdraws=wrong).first()
    if known is not None:
        return known
    if not reason.strip():
        raise CertificateRefused(f"{wrong}\u202f: dites pourquoi ce certificat est retiré.", "reason")
    return Certificate.objects.create(
        ecopole=ecopole,
        farm_id=wrong.farm_id,
        body=wrong.body,
        reference=wrong.reference,
        valid_from=wrong.valid_from,
        valid_until=wrong.valid_until,
        withdraws=wrong,
        reason=reason.strip(),
        recorded_by=by,
        recorded_at=at,
        key=key,
    )
