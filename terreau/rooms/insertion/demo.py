"""The demo's pathways: sixty invented people over two years, in four teams, followed by Maxence.

Written in bulk, table by table, for the demo must open in a minute: what an action would refuse is asked of
the same rules, and stops everything.
"""

from collections.abc import Sequence
from datetime import date
from random import Random

from terreau.measures.periods import DAY
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion import demo_hours
from terreau.rooms.insertion.actions import CODE_LENGTH, LETTERS, judge
from terreau.rooms.insertion.demo_people import CREWS, KNOWN, SEED, WAITING, Life, lives
from terreau.rooms.insertion.demo_story import Book, at, tell
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Criterion, Diagnosis, Exit, Following, Participant, Referral, Team
from terreau.rooms.insertion.rules import contracts, eligibility, exits, pass_iae, pmsmp
from terreau.rooms.insertion.rules.law import Finding
from terreau.territory.abilities import Role
from terreau.territory.demo import World
from terreau.territory.models import Agent, AgentKind, Membership

# A shorter demo has hours for so many weeks at least: a month can be closed.
WEEKS_SHOWN = 10


def settle_in(world: World, first: IsoWeek, today: date) -> None:
    """The pathways of the demo's weeks, with those that had begun before."""
    start = min(first, IsoWeek.of(today) - WEEKS_SHOWN)
    known = [life for life in lives(today) if not life.left or life.left >= start.monday]
    book = Book(world, today)
    teams = _teams(book)
    _people(book, known)
    for life in known:
        tell(book, life, teams[life.crew])
    book.write()
    files = Files([life.person for life in known], papers=True)
    for life in known:
        judge(_findings(files, life), accepted=True)
    paid = demo_hours.live(book, known, teams, files, start)
    demo_hours.agree(book, start, paid)
    yasmine = next(life for life in known if life.first == KNOWN[0][0])
    Membership.objects.create(
        user=world.users[Role.PARTICIPANT], ecopole=world.ecopole, agent=yasmine.person.agent,
        role=Role.PARTICIPANT,
    )  # fmt: skip


def _teams(book: Book) -> list[Team]:
    """The first has its supervisor's account; the others are led by people who have none."""
    workshops = {"garden": book.world.garden, "platform": book.world.platform}
    return Team.objects.bulk_create(
        Team(
            ecopole=book.world.ecopole, name=crew.name, workshop=workshops[crew.workshop],
            supervisor=None if rank else book.supervisor, key=f"insertion-demo-{rank}",
            recorded_by=book.counsellor, recorded_at=at(book.today),
        )
        for rank, crew in enumerate(CREWS)
    )  # fmt: skip


def _people(book: Book, known: Sequence[Life]) -> None:
    """Their pseudonyms, then who they are; and three who were referred, and wait."""
    dice, codes = Random(SEED), dict[str, None]()
    while len(codes) < len(known) + len(WAITING):
        codes["P-" + "".join(dice.choices(LETTERS, k=CODE_LENGTH))] = None
    ecopole = book.world.ecopole
    agents = Agent.objects.bulk_create(
        Agent(ecopole=ecopole, kind=AgentKind.PERSON, name=code) for code in codes
    )
    for rank, life in enumerate(known):
        life.person = Participant(
            agent=agents[rank], name=life.name, first_name=life.first, birth_date=life.born, sex=life.sex,
            phone="01 99 00 00 00", recorded_at=at(min(life.hired, book.today)),
        )  # fmt: skip
    waiting = [
        Participant(agent=agent, first_name=first, name=name, recorded_at=at(book.today))
        for agent, (first, name) in zip(agents[len(known) :], WAITING, strict=True)
    ]
    people = [*(life.person for life in known), *waiting]
    for rank, person in enumerate(people):
        person.ecopole, person.key, person.recorded_by = ecopole, f"insertion-demo-{rank}", book.counsellor
    Participant.objects.bulk_create(people)
    for rank, person in enumerate(waiting):
        heard = book.today - (5 + 12 * rank) * DAY
        common = {"participant": person, "recorded_by": book.counsellor, "recorded_at": at(heard)}
        Following.objects.create(counsellor=book.counsellor, since=heard, key="insertion-demo", **common)
        Referral.objects.create(
            prescriber="ML", organisation="Mission locale du Calaisis", referred_on=heard,
            key="insertion-demo", **common,
        )  # fmt: skip


def _findings(files: Files, life: Life) -> list[Finding]:
    """What the rules find in a file already written: all that each action would have asked of them."""
    person, signed = life.person, files.signed(life.person)
    [[row, known]] = files.passes(person)
    found = pass_iae.check_number(row.number, on=row.starts_on)
    for diagnosis in files.of(Diagnosis, person):
        proofs = tuple(
            eligibility.Proof(one.code, one.proof_date, one.valid_until, one.kept_at, one.lasting)
            for one in files.of(Criterion, person)
        )
        asked = eligibility.Diagnosis(diagnosis.made_on, diagnosis.author == "prescriber", proofs)
        found += eligibility.check(asked, born=life.born, pass_start=row.starts_on, hired_on=life.hired)
    holder = contracts.Holder(life.born)
    for rank, (_, contract) in enumerate(signed):
        others = [other for place, (_, other) in enumerate(signed) if place != rank]
        found += contracts.check(contract, holder=holder, others=others, pass_end=known.end)
        found += pass_iae.check_use(known, on=contract.start)
    for suspension in known.suspensions:
        alone = pass_iae.Pass(known.number, known.start)
        found += pass_iae.check_suspension(
            alone, suspension, on=suspension.period.end, hired_on=signed[0][1].start
        )
    if asked_for := files.pending(person):
        request = pass_iae.Request(asked_for.reason, known.end, asked_for.ends_on, opinion=True)
        found += pass_iae.check_prolongation(known, request, on=asked_for.requested_on, holder=holder)
    immersions = files.immersions(person)
    for rank, immersion in enumerate(immersions):
        found += pmsmp.check(immersion, others=immersions[:rank])
    for gone in files.of(Exit, person):
        found += exits.check(hired_on=life.hired, left_on=gone.left_on, reason=gone.reason)
    return found
