"""The demo's pathways: invented people, followed by Maxence in Morgan's team."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion import actions, contract_actions, hours, pathway_actions
from terreau.rooms.insertion.actions import Hand
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Annex, Contract, Participant, Team
from terreau.territory.abilities import Role
from terreau.territory.demo import World
from terreau.territory.models import Membership, User

WEEKS_CLOSED = 9
PEOPLE = (
    ("Yasmine", "Delattre", date(1988, 3, 14), 150),
    ("Théo", "Lesage", date(2003, 9, 2), 90),
    ("Martine", "Coquelle", date(1970, 1, 28), 20),
)


def settle_in(world: World, today: date) -> None:
    """A team, and three people hired so many days ago."""
    counsellor, supervisor = world.users[Role.COUNSELLOR], world.users[Role.SUPERVISOR]
    at = timezone.make_aware(datetime.combine(today, time(8)))
    team = actions.add_team(
        ecopole=world.ecopole, hand=Hand(counsellor, at, "insertion-demo-equipe"), name="Plein champ",
        workshop=world.garden, supervisor=supervisor,
    )  # fmt: skip
    for number, (first, name, born, days) in enumerate(PEOPLE):
        person = _hire(world, f"insertion-demo-{number}", first, name, born, today - timedelta(days=days), at)
        hand = Hand(counsellor, at, f"insertion-demo-{number}-equipe")
        actions.post(person=person, hand=hand, team=team, since=today - timedelta(days=days))
        _live(person, counsellor, supervisor, today, at)
        if not number:
            contract = Contract.objects.get(participant=person)
            contract_actions.ask_renewal(
                contract=contract, hand=Hand(supervisor, at, "insertion-demo-avis"), months=4, opinion="yes",
                note="À l’aise à la récolte, ponctuelle.",
            )  # fmt: skip
            Membership.objects.create(
                user=world.users[Role.PARTICIPANT], ecopole=world.ecopole, agent=person.agent,
                role=Role.PARTICIPANT,
            )  # fmt: skip
    _sheets(world, team, today, at)


def _sheets(world: World, team: Team, today: date, at: datetime) -> None:
    """The last weeks closed, but the very last, validated; and the convention they are counted in."""
    by, supervisor = world.users[Role.COUNSELLOR], world.users[Role.SUPERVISOR]
    people = list(Participant.objects.filter(ecopole=world.ecopole).select_related("agent"))
    files, last = Files(people), IsoWeek.of(today) - 1
    for week in IsoWeek.range(last - WEEKS_CLOSED, last):
        key = f"insertion-demo-{week}"
        asked = {slot: done for p in people for slot, done in hours.planned(files, p, week).items()}
        hand = Hand(supervisor, at, key, accepted=True)
        sheet = hours.save(team=team, week=week, people=people, asked=asked, hand=hand)
        hours.validate(sheet=sheet, hand=hand)
        if week != last:
            hours.close(sheet=sheet, hand=Hand(by, at, f"{key}-close"))
    amount = Money.from_euros(23_921)
    Annex.objects.create(
        ecopole=world.ecopole, holder=world.garden, number=f"ACI062{today:%y}0001A0M0", state="VALIDE",
        starts_on=date(today.year, 1, 1), ends_on=date(today.year, 12, 31), monthly_etp=Decimal(2),
        unit_amount=amount, total_amount=amount.times(2), departement_amount=Money(0),
        hours_per_etp=Decimal(1820), key="insertion-demo-annexe", recorded_by=by, recorded_at=at,
    )  # fmt: skip


def _live(person: Participant, counsellor: User, supervisor: User, today: date, at: datetime) -> None:
    """An entry interview, an objective and its step, an action awaiting its result, work seen."""
    held, key = today - timedelta(days=15), f"insertion-demo-vie-{person.pk}"
    pathway_actions.hold_interview(
        person=person,
        hand=Hand(counsellor, at, key),
        meeting={
            "kind": "entry", "held_on": held, "next_on": today + timedelta(days=20), "professional": False,
        },
        notes={"expectations": "Travailler dehors, et passer le permis."},
        levels={"mobilite": ("2", "pas de bus avant 8 h"), "demarch": ("1", "")},
        progress={},
        results={},
    )  # fmt: skip
    aim = pathway_actions.add_objective(
        person=person, hand=Hand(counsellor, at, f"{key}-permis"), label="Passer le permis", parent=None,
        origin="expressed", professional=True, due_on=today + timedelta(days=180),
    )  # fmt: skip
    pathway_actions.add_objective(
        person=person, hand=Hand(counsellor, at, f"{key}-code"), label="S’inscrire au code", parent=aim,
        origin="proposed", professional=True, due_on=today + timedelta(days=40),
    )  # fmt: skip
    pathway_actions.add_action(
        person=person, hand=Hand(counsellor, at, f"{key}-action"), family="mobilite", reach="external",
        label="Demande d’aide au permis", partner="Département", done_on=held,
    )  # fmt: skip
    pathway_actions.mark_skills(
        person=person, hand=Hand(supervisor, at, f"{key}-grille"), grid="garden", on=held,
        levels={"harvest": 3, "weed": 2},
    )  # fmt: skip
    pathway_actions.evaluate(
        person=person, hand=Hand(supervisor, at, f"{key}-evaluation"), starts_on=held - timedelta(days=5),
        ends_on=held, by_supervisor="Récolte soignée, bon rythme.", by_person="Bien dans l’équipe.",
    )  # fmt: skip


def _hire(
    world: World, key: str, first: str, name: str, born: date, hired: date, at: datetime
) -> Participant:
    by = world.users[Role.COUNSELLOR]
    person = actions.welcome(
        ecopole=world.ecopole,
        hand=Hand(by, at, key),
        identity={"first_name": first, "name": name, "birth_date": born, "phone": "01 99 00 00 00"},
        referral={"prescriber": "FT", "organisation": "Agence d’Audruicq", "referred_on": hired},
    )
    hand = Hand(by, at, f"{key}-contrat", accepted=True)
    number = f"99999{7_000_000 + person.pk:07}"
    actions.open_pass(
        person=person, hand=Hand(by, at, f"{key}-pass"), number=number, starts_on=hired, by_prescriber=True
    )
    contract_actions.sign_contract(
        person=person, hand=hand, employer=world.garden, kind="cddi", job="Ouvrier ou ouvrière en maraîchage",
        starts_on=hired, ends_on=hired + timedelta(days=182), weekly_hours=Decimal(26),
    )  # fmt: skip
    contract_actions.add_pmsmp(
        person=person, hand=Hand(by, at, f"{key}-immersion"), host=world.farms[1].name, object="discover",
        starts_on=hired + timedelta(days=30), ends_on=hired + timedelta(days=40), job="Maraîchage",
    )  # fmt: skip
    return person
