"""What the background worker does for members: letters, places offered in their turn, counts, forgetting.

`origin` is the address of the house as the person who set it off sees it: links in letters need it.
"""

from collections import Counter
from datetime import datetime, time

from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.models import DepotTerms, Member, Referrer, Sheet, Subscription, Waiting
from terreau.rooms.baskets.queries.packs import left_of
from terreau.rooms.baskets.queries.sheet import sheet_told
from terreau.territory.abilities import Role
from terreau.territory.actions import AlreadyMember, invite_person
from terreau.territory.clock import given_the_hour
from terreau.territory.models import Ecopole, Membership
from terreau.territory.nights import ask_next, at_its_hour

JOINED, KEEPER, FEED = "terreau.baskets.joined", "terreau.baskets.keeper", "terreau.baskets.feed"
REFERRER = "terreau.baskets.referrer"
WEEKS_COUNTED = 4
AT_NIGHT = time(3, 30)
SUBJECTS = {
    "joined": "Bienvenue aux paniers de {}",
    "waiting": "Sur la liste d’attente des paniers de {}",
    "offered": "Une place de panier vous est proposée : {}",
}


def keeper_secret(terms: DepotTerms) -> str:
    """What opens a depot's evenings to its keeper; a new number makes the former one worth nothing."""
    return signing.dumps([terms.depot_id, terms.link], salt=KEEPER)


def referrer_secret(referrer: Referrer) -> str:
    """What lets an organisation send households, until its day or its next link."""
    return signing.dumps(referrer.pk, salt=REFERRER)


@task()
@given_the_hour
def write_to(*, at: datetime, member_id: int, kind: str, origin: str) -> None:
    """One letter, with the link that opens the member's page: a first time by choosing a password."""
    member = Member.objects.select_related("ecopole", "agent").filter(pk=member_id).first()
    if member is None or not member.email:
        return
    host = origin.rstrip("/")
    if Membership.objects.filter(agent=member.agent_id, role=Role.MEMBER).exists():
        link, new = host + reverse("baskets:own", args=[member.ecopole.slug]), False
    else:
        try:
            _, token = invite_person(agent=member.agent, role=Role.MEMBER, email=member.email, by=None, at=at)
        except AlreadyMember:  # of another pseudonym: the garden joins both by hand
            return
        link, new = host + reverse("invitation", args=[token]), True
    context = {
        "member": member, "kind": kind, "link": link, "new": new,
        "held": Subscription.objects.filter(member=member).select_related("size__product").last(),
        "waiting": Waiting.objects.filter(member=member, closed_at=None).select_related("depot").last(),
    }  # fmt: skip
    send_mail(
        SUBJECTS[kind].format(member.ecopole), render_to_string("baskets/email/letter.txt", context),
        settings.DEFAULT_FROM_EMAIL, [member.email],
    )  # fmt: skip


@task()
@given_the_hour
def offer(*, at: datetime, ecopole_id: int, origin: str) -> None:
    """Places left go to who waits; asked again when an offer expires."""
    ecopole = Ecopole.objects.get(pk=ecopole_id)
    for one in actions.offer_places(ecopole=ecopole, at=at):
        write_to.enqueue(member_id=one.member_id, kind="offered", origin=origin)
        assert one.expires_at is not None
        at_its_hour(offer, one.expires_at).enqueue(ecopole_id=ecopole_id, origin=origin)


@task()
@given_the_hour
def count(*, at: datetime, ecopole_id: int) -> None:
    """The counts of the weeks that come, from the subscriptions as they now are."""
    ecopole, today = Ecopole.objects.get(pk=ecopole_id), timezone.localtime(at).date()
    for ahead in range(WEEKS_COUNTED):
        actions.fill_counts(ecopole=ecopole, week=IsoWeek.of(today) + ahead, today=today)


@task()
def keep_tonight(at: str) -> None:
    """The night's run, which first asks for the next; a night that was missed is made up for."""
    night = datetime.fromisoformat(at)
    keep_on(at=night)
    for ecopole in Ecopole.objects.order_by("pk"):
        actions.forget(ecopole=ecopole, at=night)
        actions.settle_pot(ecopole=ecopole, at=night)
        actions.end_packs(ecopole=ecopole, at=night)
        remind(ecopole=ecopole, at=night)


def keep_on(*, at: datetime) -> None:
    ask_next(keep_tonight, hour=AT_NIGHT, at=at)


def remind(*, ecopole: Ecopole, at: datetime) -> int:
    """To who runs the baskets, once for each decision that ends soon: how many, and no name."""
    ending = actions.to_remind(ecopole=ecopole, at=at)
    people = Membership.objects.filter(ecopole=ecopole, role=Role.BASKETS).exclude(user__email="")
    addresses = list(people.order_by("pk").values_list("user__email", flat=True).distinct())
    if ending and addresses:
        words = render_to_string("baskets/email/ending.txt", {"count": ending, "ecopole": ecopole})
        send_mail(f"Décisions à renouveler, {ecopole}", words, settings.DEFAULT_FROM_EMAIL, addresses)
    return ending


@task()
@given_the_hour
def send_sheet(*, at: datetime, sheet_id: int, origin: str) -> None:
    """The « feuille de chou » to each member who wants it, once; with what is left of theirs paid ahead."""
    sheet = Sheet.objects.select_related("ecopole").get(pk=sheet_id)
    if not Sheet.objects.filter(pk=sheet_id, sent_at=None, published_at__isnull=False).update(sent_at=at):
        return
    link = origin.rstrip("/") + reverse(
        "basket_sheet", args=[sheet.ecopole.slug, str(IsoWeek.of(sheet.week))]
    )
    context = {"sheet": sheet, "contents": sheet_told(sheet), "link": link}
    words, left = render_to_string("baskets/email/sheet.txt", context), Counter[int]()
    for one in left_of(sheet.ecopole, timezone.localtime(at).date()):
        left[one.member_id] += one.left
    rows = Member.objects.filter(ecopole=sheet.ecopole, left_on=None, newsletter=True).exclude(email="")
    for pk, address in rows.order_by("id").values_list("pk", "email"):
        told = words
        if left[pk]:
            told = render_to_string("baskets/email/sheet.txt", context | {"left": left[pk]})
        send_mail(f"Feuille de chou, {sheet.ecopole}", told, settings.DEFAULT_FROM_EMAIL, [address])
