"""A person, step by step: applied, met, accepted, registered, left. Each step is a dated fact."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from terreau.ledger.actions import Entry, record
from terreau.ledger.effects import Action
from terreau.ledger.loans import give_back
from terreau.ledger.queries import stock
from terreau.measures.french import format_date
from terreau.measures.quantity import Unit
from terreau.rooms.incubator.actions.flows import close_books
from terreau.rooms.incubator.models import Contract, Exit, Installation, Loan, Project, Step, StepKind, Tutor
from terreau.rooms.incubator.queries.people import state_of
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.territory import actions as territory
from terreau.territory.abilities import Role
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Invitation, User

# Before each step, where the project may stand.
BEFORE = {
    StepKind.MET: (StepKind.APPLIED, StepKind.MET),
    StepKind.ACCEPTED: (StepKind.APPLIED, StepKind.MET),
    StepKind.DECLINED: (StepKind.APPLIED, StepKind.MET),
    StepKind.REGISTERED: (StepKind.ACCEPTED,),
    StepKind.LEFT: (StepKind.ACCEPTED, StepKind.REGISTERED),
}


@dataclass(frozen=True)
class Application:
    name: str
    email: str
    phone: str
    born_on: date
    full_time: bool
    title: str
    what: str
    region: str


@transaction.atomic
def apply(*, ecopole: Ecopole, incubator: Agent, application: Application, on: date, hand: Hand) -> Project:
    """Somebody asks to try a farm."""
    ecopole.take_turns()
    if known := Project.objects.filter(ecopole=ecopole, key=hand.key).first():
        return known
    _refuse_title(ecopole, application.title)
    project = Project.objects.create(ecopole=ecopole, incubator=incubator, **vars(application), **hand.fact())
    _step(project, StepKind.APPLIED, on, hand)
    return project


def _refuse_title(ecopole: Ecopole, title: str) -> None:
    taken = Project.objects.filter(ecopole=ecopole, title=title)
    if taken.exists() or Agent.objects.filter(ecopole=ecopole, name=title).exists():
        raise IncubatorRefused(
            f"«\u202f{title}\u202f» est déjà le nom d’un acteur de l’écopôle. "
            "Choisissez un autre nom de projet.",
            "title",
        )


@transaction.atomic
def meet(*, project: Project, on: date, note: str, hand: Hand) -> Step:
    """An interview, and what was said of the project."""
    if known := _known(project, hand):
        return known
    _allow(project, StepKind.MET, on, hand)
    return _step(project, StepKind.MET, on, hand, note=note)


@transaction.atomic
def accept(*, project: Project, prefix: str, tutor: User, on: date, hand: Hand) -> Step:
    """The project becomes an actor of the house, under its own name, with a tutor and a mark on its lots."""
    if known := _known(project, hand):
        return known
    _allow(project, StepKind.ACCEPTED, on, hand)
    prefix = prefix.strip().upper()
    if not 2 <= len(prefix) <= 4 or not prefix.isalpha() or not prefix.isascii():
        raise IncubatorRefused(
            f"Préfixe «\u202f{prefix}\u202f»\u202f: de deux à quatre lettres sans accent, comme MEN.",
            "mark",
        )
    if Project.objects.filter(ecopole=project.ecopole_id, prefix=prefix).exists():
        raise IncubatorRefused(
            f"Le préfixe {prefix} marque déjà les lots d’un autre test. Choisissez-en un autre.", "mark"
        )
    if Agent.objects.filter(ecopole=project.ecopole_id, name=project.title).exists():
        raise IncubatorRefused(
            f"«\u202f{project}\u202f» est devenu le nom d’un autre acteur. "
            "Changez le nom de cet acteur d’abord."
        )
    project.agent = Agent.objects.create(
        ecopole_id=project.ecopole_id, kind=AgentKind.PERSON, name=project.title, email=project.email,
        phone=project.phone, commune=project.incubator.commune,
    )  # fmt: skip
    project.prefix = prefix
    project.save(update_fields=["agent", "prefix"])
    Tutor.objects.create(project=project, user=tutor, since=on, **hand.fact())
    return _step(project, StepKind.ACCEPTED, on, hand)


@transaction.atomic
def decline(*, project: Project, note: str, on: date, hand: Hand) -> Step:
    """Not taken, and why: the person may ask."""
    if known := _known(project, hand):
        return known
    _allow(project, StepKind.DECLINED, on, hand)
    if not note:
        raise IncubatorRefused(f"{project}\u202f: dites pourquoi, la personne peut le demander.", "note")
    return _step(project, StepKind.DECLINED, on, hand, note=note)


@transaction.atomic
def appoint(*, project: Project, user: User, since: date, hand: Hand) -> Tutor:
    """One more person accompanies the project, and reads its figures."""
    project.ecopole.take_turns()
    standing = Tutor.objects.filter(project=project, user=user, until=None).first()
    return standing or Tutor.objects.create(project=project, user=user, since=since, **hand.fact())


@transaction.atomic
def dismiss(*, tutor: Tutor, on: date) -> None:
    """They no longer accompany it; somebody always does."""
    tutor.project.ecopole.take_turns()
    others = Tutor.objects.filter(project=tutor.project_id, until=None).exclude(pk=tutor.pk)
    if not others.exists():
        raise IncubatorRefused(
            f"{tutor.project} n’aurait plus personne pour l’accompagner. Nommez d’abord quelqu’un d’autre."
        )
    Tutor.objects.filter(pk=tutor.pk, until=None).update(until=max(on, tutor.since))


def invite_tester(*, project: Project, by: User, hand: Hand) -> tuple[Invitation, str]:
    """The letter that opens their own pages to the person, and the word behind its link."""
    if project.agent is None:
        raise IncubatorRefused(f"{project} n’est pas encore accepté\u202f: acceptez-le d’abord.")
    return territory.invite(
        ecopole=project.ecopole, agent=project.agent, role=Role.TESTER, email=project.email, by=by, at=hand.at
    )


@transaction.atomic
def register(*, project: Project, siret: str, on: date, hand: Hand) -> Step:
    """The business exists: it sells in its own name from that day, and what is in store becomes its own."""
    if known := _known(project, hand):
        return known
    _allow(project, StepKind.REGISTERED, on, hand)
    agent = _agent(project)
    if Agent.objects.filter(ecopole=project.ecopole_id, siret=siret).exclude(pk=agent.pk).exists():
        raise IncubatorRefused(f"Le SIRET {siret} est celui d’un autre acteur. Vérifiez-le.", "siret")
    agent.siret = siret
    agent.save(update_fields=["siret"])
    _hand_stock_over(project, agent, hand)
    return _step(project, StepKind.REGISTERED, on, hand)


def _hand_stock_over(project: Project, agent: Agent, hand: Hand) -> None:
    lines = stock(project.ecopole, holder=project.incubator)
    own = [line for line in lines if line.lot.producer_id == agent.pk and line.own]
    record(
        ecopole=project.ecopole, recorded_by=hand.by, recorded_at=hand.at,
        entries=[
            Entry(
                Action.TRANSFER, project.incubator_id, agent.pk, line.product.pk, line.quantity,
                Unit(line.product.unit), f"{hand.key}:{n}", hand.at, lot=line.lot,
                from_place_id=line.place.pk, to_place_id=line.place.pk,
                note="immatriculation\u202f: le stock devient le sien",
            )
            for n, line in enumerate(own)
        ],
    )  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """Where and on what: hectares, full-time jobs, and those of them that cannot be moved away."""

    commune: Commune
    hectares: Decimal
    jobs: Decimal
    anchored: Decimal


@transaction.atomic
def leave(
    *, project: Project, exit: str, note: str, on: date, hand: Hand, settled: Settled | None = None
) -> Step:
    """The person leaves: contracts and loans end that day, the balance is settled; who settles says where."""
    if known := _known(project, hand):
        return known
    _allow(project, StepKind.LEFT, on, hand)
    if exit == Exit.SETTLED:
        if settled is None:
            raise IncubatorRefused(f"{project}\u202f: dites où, et sur combien d’hectares.", "commune")
        if settled.anchored > settled.jobs:
            raise IncubatorRefused(
                f"{project}\u202f: plus d’emplois non délocalisables que d’emplois. Corrigez l’un des deux.",
                "anchored",
            )
        Installation.objects.create(project=project, on=on, **vars(settled), **hand.fact())
    running = Q(signed_on__isnull=False, broken_on=None, ends_on__gt=on, starts_on__lte=on)
    Contract.objects.filter(running, project=project).update(
        broken_on=on, broken_why=f"sortie\u202f: {Exit(exit).label}"
    )
    _give_beds_back(project, on)
    close_books(project, on, hand)
    return _step(project, StepKind.LEFT, on, hand, exit=exit, note=note)


def _give_beds_back(project: Project, on: date) -> None:
    lent = list(Loan.objects.filter(project=project, starts_on__lte=on, ends_on__gt=on))
    give_back(
        ecopole=project.ecopole, loans=[f"test-loan:{project.pk}:{loan.key}" for loan in lent],
        on=on + timedelta(days=1),
    )  # fmt: skip
    Loan.objects.filter(pk__in=[loan.pk for loan in lent]).update(ends_on=on)


def _agent(project: Project) -> Agent:
    if project.agent is None:
        raise IncubatorRefused(f"{project} n’est pas encore accepté\u202f: acceptez-le d’abord.")
    return project.agent


def _known(project: Project, hand: Hand) -> Step | None:
    """The step already written by this form; two hands take turns here."""
    project.ecopole.take_turns()
    return Step.objects.filter(project=project, key=hand.key).first()


def _allow(project: Project, step: StepKind, on: date, hand: Hand) -> None:
    last = project.steps.order_by("-id")[0]
    if state_of(project) not in BEFORE[step]:
        raise IncubatorRefused(
            f"{project} est déjà «\u202f{StepKind(last.kind).label}\u202f». Rechargez la page."
        )
    if not last.on <= on <= hand.day:
        late = "n’est pas encore venu" if on > hand.day else f"précède le {format_date(last.on)}"
        raise IncubatorRefused(
            f"{project}\u202f: le {format_date(on)} {late}. "
            f"Choisissez un jour du {format_date(last.on)} au {format_date(hand.day)}.",
            "on",
        )


def _step(project: Project, kind: StepKind, on: date, hand: Hand, **more: Any) -> Step:
    return Step.objects.create(project=project, kind=kind, on=on, **more, **hand.fact())
