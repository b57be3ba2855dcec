"""What the background worker does: letters to who signed up, reminders, what expires and is forgotten.

`origin` is the address of the house as the person who set it off sees it: links in letters need it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django_tasks import task

from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import Gathering, SignUp
from terreau.rooms.thirdplace.rules import rule
from terreau.territory.clock import given_the_hour
from terreau.territory.models import Ecopole
from terreau.territory.nights import at_its_hour

SALT = "terreau.thirdplace.sign-up"
SUBJECTS = {
    "seated": "Votre place : {}",
    "waiting": "Sur la liste d’attente : {}",
    "promoted": "Une place s’est libérée : {}",
    "reminder": "C’est bientôt : {}",
    "changed": "L’horaire change : {}",
    "cancelled": "Annulé : {}",
}


def secret(sign_up: SignUp) -> str:
    """What opens a sign-up to who holds the letter; kept nowhere."""
    return signing.dumps(sign_up.pk, salt=SALT)


def reminder_due(gathering: Gathering) -> datetime:
    return gathering.starts_at - timedelta(hours=rule("reminder_hours", gathering.starts_at.date()))


@task()
@given_the_hour
def write_to(*, at: datetime, sign_up_id: int, kind: str, origin: str) -> None:
    """One letter, with the link that gives the place back."""
    rows = SignUp.objects.select_related("gathering__ecopole", "gathering__fee__benefit")
    sign_up = rows.filter(pk=sign_up_id).first()
    if sign_up is None or not sign_up.email:
        return
    gathering = sign_up.gathering
    link = origin.rstrip("/") + reverse("place_sign_up", args=[secret(sign_up)])
    send_mail(
        SUBJECTS[kind].format(" ".join(gathering.title.split())),
        render_to_string(
            "thirdplace/email/letter.txt",
            {"sign_up": sign_up, "gathering": gathering, "kind": kind, "link": link},
        ),
        settings.DEFAULT_FROM_EMAIL,
        [sign_up.email],
    )


@task()
@given_the_hour
def remind(*, at: datetime, gathering_id: int, origin: str) -> None:
    """Once to each who has a seat; put off with the gathering, dropped if it is over or cancelled."""
    gathering = Gathering.objects.filter(pk=gathering_id, cancelled_at=None, starts_at__gt=at).first()
    if gathering is None:
        return
    if (due := reminder_due(gathering)) > at:
        at_its_hour(remind, due).enqueue(gathering_id=gathering_id, origin=origin)
        return
    rows = SignUp.objects.filter(
        gathering=gathering, left_at=None, seated_at__isnull=False, reminded_at=None, signed_at__lt=due
    )
    for pk in rows.values_list("pk", flat=True):
        if SignUp.objects.filter(pk=pk, reminded_at=None).update(reminded_at=at):
            write_to.enqueue(sign_up_id=pk, kind="reminder", origin=origin)


@task()
@given_the_hour
def expire(*, at: datetime, ecopole_id: int) -> None:
    actions.expire(ecopole=Ecopole.objects.get(pk=ecopole_id), at=at)


@task()
@given_the_hour
def forget(*, at: datetime, ecopole_id: int) -> None:
    actions.forget(ecopole=Ecopole.objects.get(pk=ecopole_id), at=at)


def announced(gatherings: list[Gathering], at: datetime, origin: str) -> None:
    """What will be done of each in its time: a reminder before, names forgotten long after."""
    for one in gatherings:
        at_its_hour(remind, max(at, reminder_due(one))).enqueue(gathering_id=one.pk, origin=origin)
        days = rule("forget_days", one.ends_at.date()) + 1
        at_its_hour(forget, one.ends_at + timedelta(days=days)).enqueue(ecopole_id=one.ecopole_id)
