"""Signing up, waiting, leaving one's seat; coming; saying who one is and what one thinks; being forgotten."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from terreau.measures.french import format_date
from terreau.rooms.thirdplace.actions.fees import admit, dismiss
from terreau.rooms.thirdplace.models import Comer, Gathering, Presence, SignUp, Testimony
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.rooms.thirdplace.rules import rule
from terreau.territory.models import Commune, Ecopole, User


class AlreadySignedUp(PlaceRefused):
    """This address has its seat, or waits for it."""

    def __init__(self, sign_up: SignUp):
        super().__init__(
            "Cette adresse est déjà inscrite\u202f: son lien vient de lui être renvoyé par courriel.", "email"
        )
        self.sign_up = sign_up


def seats_taken(gathering: Gathering) -> int:
    seated = SignUp.objects.filter(gathering=gathering, left_at=None, seated_at__isnull=False)
    return seated.aggregate(n=Sum(F("adults") + F("children")))["n"] or 0


def seat_waiting(gathering: Gathering, at: datetime) -> list[SignUp]:
    """Freed seats go to those who wait, in the order of time: the first whose whole group fits."""
    if gathering.cancelled_at or gathering.starts_at <= at:
        return []
    free = gathering.capacity - seats_taken(gathering)
    seated = []
    if free > 0:
        waiting = SignUp.objects.filter(gathering=gathering, left_at=None, seated_at=None)
        for one in waiting.order_by("signed_at", "id"):
            if one.people <= free:
                free -= one.people
                one.seated_at = at
                one.save(update_fields=["seated_at"])
                seated.append(one)
    return seated


@transaction.atomic
def sign_up(
    *, gathering: Gathering, name: str, email: str, adults: int, children: int, at: datetime, key: str
) -> SignUp:
    """A seat, or a rank on the waiting list; `seated_at` says which."""
    gathering.ecopole.take_turns()
    if known := SignUp.objects.filter(gathering=gathering, key=key).first():
        return known
    email = email.strip().lower()
    gathering.refresh_from_db()
    _refuse_closed(gathering, at)
    _refuse_party(adults, children, timezone.localtime(at).date())
    if twice := SignUp.objects.filter(gathering=gathering, email=email, left_at=None).first():
        raise AlreadySignedUp(twice)
    _refuse_flood(gathering.ecopole, email, at)
    fits = gathering.capacity - seats_taken(gathering) >= adults + children
    return SignUp.objects.create(
        gathering=gathering, name=name, email=email, adults=adults, children=children, signed_at=at,
        seated_at=at if fits else None, key=key,
    )  # fmt: skip


def _refuse_closed(gathering: Gathering, at: datetime) -> None:
    if gathering.cancelled_at:
        raise PlaceRefused(
            f"{gathering} est annulé\u202f: {gathering.cancelled_why}. Choisissez une autre date."
        )
    if gathering.announced_at is None or gathering.starts_at <= at:
        raise PlaceRefused(f"Les inscriptions à {gathering} sont closes. Choisissez une autre date.")


def _refuse_party(adults: int, children: int, on: date) -> None:
    if adults < 1:
        raise PlaceRefused(
            "Un enfant vient avec un adulte qui en répond\u202f: inscrivez au moins un adulte.", "adults"
        )
    most = rule("party_max", on)
    if adults + children > most:
        raise PlaceRefused(
            f"{adults + children} personnes\u202f: {most} au plus par inscription. "
            "Pour un groupe, appelez-nous.",
            "adults",
        )


def _refuse_flood(ecopole: Ecopole, email: str, at: datetime) -> None:
    """One address fills no list by itself, and nobody floods the box of another."""
    recent = SignUp.objects.filter(
        gathering__ecopole=ecopole, email=email, signed_at__gt=at - timedelta(days=1)
    )
    if recent.count() >= rule("address_a_day_max", timezone.localtime(at).date()):
        raise PlaceRefused(
            "Cette adresse s’est inscrite beaucoup de fois aujourd’hui. Revenez demain, ou appelez-nous.",
            "email",
        )


@transaction.atomic
def leave(*, sign_up: SignUp, at: datetime) -> list[SignUp]:
    """The seat is given up; returns who takes it."""
    sign_up.gathering.ecopole.take_turns()
    sign_up.refresh_from_db()
    if sign_up.left_at:
        return []
    if sign_up.gathering.ends_at <= at:
        raise PlaceRefused("Ce rendez-vous est passé\u202f: il n’y a plus rien à annuler.")
    sign_up.left_at = at
    sign_up.save(update_fields=["left_at"])
    return seat_waiting(sign_up.gathering, at) if sign_up.seated_at else []


# --- coming ---------------------------------------------------------------------------------------------


def _refuse_early(gathering: Gathering, at: datetime) -> None:
    day = timezone.localtime(gathering.starts_at).date()
    if gathering.cancelled_at:
        raise PlaceRefused(f"{gathering} est annulé\u202f: personne n’y est attendu.")
    if day > timezone.localtime(at).date():
        raise PlaceRefused(f"{gathering}\u202f: la présence se note le jour même, le {format_date(day)}.")


@transaction.atomic
def check_in(*, sign_up: SignUp, by: User | None, at: datetime, key: str) -> Presence:
    """Who signed up is there, with those they announced; a price is paid at once."""
    gathering = sign_up.gathering
    gathering.ecopole.take_turns()
    standing = Presence.objects.filter(sign_up=sign_up, withdrawn_at=None).first()
    if known := Presence.objects.filter(gathering=gathering, key=key).first() or standing:
        return known
    _refuse_early(gathering, at)
    made = Presence.objects.create(
        gathering=gathering, sign_up=sign_up, people=sign_up.people, at=at, recorded_by=by, key=key
    )
    admit(made, by, at)
    return made


@transaction.atomic
def walk_in(*, gathering: Gathering, people: int, by: User | None, at: datetime, key: str) -> Presence:
    """So many came who had not signed up."""
    gathering.ecopole.take_turns()
    if known := Presence.objects.filter(gathering=gathering, key=key).first():
        return known
    _refuse_early(gathering, at)
    if people < 1:
        raise PlaceRefused("Saisissez combien de personnes sont venues.", "people")
    made = Presence.objects.create(gathering=gathering, people=people, at=at, recorded_by=by, key=key)
    admit(made, by, at)
    return made


@transaction.atomic
def check_out(*, presence: Presence, by: User | None, at: datetime) -> None:
    """Noted by mistake: nothing is paid for it."""
    presence.gathering.ecopole.take_turns()
    if Presence.objects.filter(pk=presence.pk, withdrawn_at=None).update(withdrawn_at=at):
        dismiss(presence, by, at)


@transaction.atomic
def note_comer(
    *, gathering: Gathering, commune: Commune | None, age: str, first_time_here: bool | None, at: datetime,
    key: str,
) -> Comer:  # fmt: skip
    """What somebody chose to say, kept apart from their name and in no order of theirs."""
    gathering.ecopole.take_turns()
    if known := Comer.objects.filter(gathering=gathering, key=key).first():
        return known
    _refuse_early(gathering, at)
    if commune is None and not age and first_time_here is None:
        raise PlaceRefused("Rien n’est dit\u202f: notez au moins une réponse, ou passez.", "age")
    return Comer.objects.create(
        gathering=gathering, commune=commune, age=age, first_time=first_time_here, key=key
    )


@transaction.atomic
def testify(
    *, ecopole: Ecopole, gathering: Gathering | None, words: str, signed: str, consents: bool, on: date,
    by: User | None, key: str,
) -> Testimony:  # fmt: skip
    """Kept only with the consent of who speaks; dated, and taken back at any time."""
    ecopole.take_turns()
    if known := Testimony.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if not consents:
        raise PlaceRefused("Sans l’accord de la personne, ses mots ne se gardent pas.", "consents")
    return Testimony.objects.create(
        ecopole=ecopole,
        gathering=gathering,
        words=words,
        signed=signed,
        consent_on=on,
        recorded_by=by,
        key=key,
    )


def withdraw_testimony(*, testimony: Testimony, at: datetime) -> None:
    """The words go for good; that there were some stays."""
    Testimony.objects.filter(pk=testimony.pk, withdrawn_at=None).update(words="", signed="", withdrawn_at=at)


def forget(*, ecopole: Ecopole, at: datetime) -> int:
    """Names and addresses of gatherings over for long go; numbers stay."""
    before = at - timedelta(days=rule("forget_days", timezone.localtime(at).date()))
    old = SignUp.objects.filter(gathering__ecopole=ecopole, gathering__ends_at__lt=before, forgotten_at=None)
    return old.update(name="", email="", forgotten_at=at)
