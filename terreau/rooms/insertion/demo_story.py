"""What the demo writes of a pathway: entry, contracts, support, work, leaving. Whole tables at a time."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from terreau.measures.periods import DAY, last_day, plus_months
from terreau.rooms.insertion.demo_people import CREWS, KNOWN, SEED, Life
from terreau.rooms.insertion.models import (
    Amendment,
    Contract,
    Criterion,
    Diagnosis,
    Evaluation,
    Exit,
    ExitCheck,
    Family,
    Following,
    FollowUp,
    HoursKind,
    Interview,
    InterviewNote,
    Objective,
    ObjectiveProgress,
    Obstacle,
    Paper,
    PassIae,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    Posting,
    Reach,
    Referral,
    ReferralAnswer,
    Renewal,
    RenewalOpinion,
    Section,
    SkillMark,
    SupportAction,
    Team,
    Training,
)
from terreau.rooms.insertion.models.facts import Fact
from terreau.rooms.insertion.rules import exits, pass_iae
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World

# A row is written after those it names.
ORDER: tuple[type[Fact], ...] = (
    Following, Posting, Referral, ReferralAnswer, Diagnosis, Criterion, Paper, PassIae, PassSuspension,
    PassProlongation, Contract, Amendment, Renewal, RenewalOpinion, Pmsmp, Training, Interview, InterviewNote,
    Obstacle, Objective, ObjectiveProgress, SupportAction, SkillMark, Evaluation, Exit, ExitCheck, FollowUp,
)  # fmt: skip
CDI_AGE, CDI_AFTER = 57, 12


def at(day: date, hour: int = 9) -> datetime:
    return moment(day, hour)


class Book:
    """The lines of every file, kept until all are said; those of a day still to come are not."""

    def __init__(self, world: World, today: date):
        self.world, self.today, self.dice = world, today, Random(SEED)
        self.counsellor, self.supervisor = world.users[Role.COUNSELLOR], world.users[Role.SUPERVISOR]
        self.director = world.users[Role.DIRECTOR]
        self.rows: dict[type[Fact], list[Any]] = {model: [] for model in ORDER}

    def add(self, model: type[Fact], life: Life, on: date, by: Any = None, /, **said: Any) -> Any:
        row = model(
            participant=life.person, key=f"insertion-demo-{len(self.rows[model])}",
            recorded_by=by or self.counsellor, recorded_at=at(min(on, self.today)), **said,
        )  # fmt: skip
        self.rows[model].append(row)
        return row

    def write(self) -> None:
        for model, rows in self.rows.items():
            steps = [row for row in rows if getattr(row, "parent", None)]
            for some in (row for row in rows if row not in steps) if steps else rows, steps:
                model.objects.bulk_create(some)


def tell(book: Book, life: Life, team: Team) -> None:
    """A pathway from its first contact to its last news."""
    _enter(book, life, team)
    _sign(book, life)
    _go_elsewhere(book, life)
    _accompany(book, life)
    _see_work(book, life)
    if life.left:
        _leave(book, life, life.left, life.reason)


# --- entry and contracts --------------------------------------------------------------------------------

PRESCRIBERS = (
    ("FT", "France Travail d’Audruicq"), ("ML", "Mission locale du Calaisis"), ("CAP_EMPLOI", "Cap emploi"),
    ("DEPT", "Maison du département"), ("PLIE", "PLIE du Calaisis"), ("CCAS", "CCAS d’Audruicq"), ("", ""),
)  # fmt: skip
KEPT_AT = "les emplois de l’inclusion"
EDUCATION = ("70", "00", "51", "50", "01", "60", "40")
HOURS = (35, 26, 35, 30)


def _criteria(book: Book, life: Life) -> list[str]:
    """One of level 1, or three of level 2; and what the age says."""
    dice, years = book.dice, life.age(life.hired)
    found = [dice.choice(("RSA", "RSA", "RSA", "DETLD", "ASS", "AAH"))] if dice.random() < 0.75 else []
    second = ["CAP_BEP", "PM", "ZRR", "PI", "DELD", "TH", "QPV", "FLE", "PSH_PR"]
    if "DETLD" in found:
        second.remove("DELD")
    found += dice.sample(second, 2 if found else 3)
    if years < 26 or years >= 50:
        found.append("JEUNE" if years < 26 else "SENIOR")
    return found


def _enter(book: Book, life: Life, team: Team) -> None:
    """Referred, met, accepted; a diagnosis and a PASS; one in three hired on our own criteria."""
    dice, hired = book.dice, life.hired
    code, organisation = dice.choice(PRESCRIBERS)
    came = hired - timedelta(days=dice.randint(15, 45))
    book.add(Following, life, came, counsellor=book.counsellor, since=came)
    book.add(Posting, life, hired, team=team, since=hired)
    referral = book.add(
        Referral, life, came, prescriber=code, organisation=organisation, referred_on=came,
    )  # fmt: skip
    book.add(
        ReferralAnswer, life, hired - 10 * DAY, referral=referral, answer="accepted",
        decided_on=hired - 10 * DAY, note="Envie de travailler dehors, disponible de suite.",
    )  # fmt: skip
    outside = bool(code) and dice.random() < 0.8
    made = hired - 7 * DAY
    diagnosis = book.add(
        Diagnosis, life, made, author="prescriber" if outside else "employer", made_on=made,
        prescriber=code if outside else "", education=dice.choice(EDUCATION),
    )  # fmt: skip
    known = listed("criteria", hired)
    for criterion in _criteria(book, life):
        valid_on = known[criterion]["valid_on"]
        until = hired + timedelta(days=dice.randint(400, 1500)) if valid_on == "hire" else None
        dated = None if valid_on else hired - timedelta(days=dice.randint(10, 60))
        book.add(
            Criterion, life, made, diagnosis=diagnosis, code=criterion, proof_date=dated, valid_until=until,
            kept_at=KEPT_AT,
        )  # fmt: skip
        if criterion == "TH":
            book.add(Paper, life, hired, kind="rqth", valid_until=until)
    book.add(Paper, life, hired, kind="medical_visit", valid_until=plus_months(hired, 24))
    number = f"99999{7_100_000 + len(book.rows[PassIae]):07}"
    known_pass = book.add(PassIae, life, hired, number=number, starts_on=hired)
    _prolong(book, life, known_pass)


def _prolong(book: Book, life: Life, row: PassIae) -> None:
    """Of fifty and more, in the last months of the PASS: a prolongation asked, not answered yet."""
    ends = pass_iae.Pass(row.number, row.starts_on, (), ()).end
    asked = plus_months(ends, -11)
    if not life.left and life.age(asked) >= 50 and asked <= book.today:
        book.add(
            PassProlongation, life, asked, pass_iae=row, reason="SENIOR", requested_on=asked, starts_on=ends,
            ends_on=ends + 365 * DAY,
        )  # fmt: skip


def _sign(book: Book, life: Life) -> None:
    """Six months, then six more, each time by three opinions; who is about to end awaits theirs."""
    world, hired = book.world, life.hired
    crew, known = CREWS[life.crew], [one[0] for one in KNOWN]
    weekly = 26 if life.first in known else HOURS[len(book.rows[Contract]) % len(HOURS)]
    life.contract = book.add(
        Contract, life, hired, kind="cddi", employer=world.garden, job=crew.job, starts_on=hired,
        ends_on=last_day(hired, 6), weekly_hours=Decimal(weekly),
    )  # fmt: skip
    for months in (6, 12, 18):
        end = last_day(hired, months)
        if not life.left and months == CDI_AFTER and life.age(end) >= CDI_AGE and end < book.today:
            _stay(book, life, end)
            return
        asked, until = end - 35 * DAY, life.until(book.today)
        if asked > until or (life.left and end >= life.left):
            return
        renewal = book.add(
            Renewal, life, asked, book.supervisor, contract=life.contract, months=6, requested_on=asked
        )
        decided = end - 14 * DAY <= book.today and life.first not in known
        _opine(book, life, renewal, asked, 3 if decided else 1)
        if not decided:
            return
        book.add(
            Amendment, life, end - 14 * DAY, contract=life.contract, kind="renewal", starts_on=end + DAY,
            ends_on=last_day(hired, months + 6),
        )  # fmt: skip


def _stay(book: Book, life: Life, end: date) -> None:
    """From a CDDI to a CDI inclusion, at 57 and more: not an exit for the employment follow-up."""
    before = life.contract
    book.add(
        Exit, life, end, contract=before, left_on=end, reason="96",
        category=listed("exit_reasons", end)["96"]["category"],
    )  # fmt: skip
    life.contract = book.add(
        Contract, life, end, kind="cdi_inclusion", employer=before.employer, job=before.job,
        starts_on=end + DAY, ends_on=None, weekly_hours=before.weekly_hours,
    )  # fmt: skip


def _opine(book: Book, life: Life, renewal: Renewal, asked: date, count: int) -> None:
    said = (
        (book.supervisor, "À l’aise à la récolte, ponctuelle." if life.sex == "F" else "Régulier, attentif."),
        (book.counsellor, "Des démarches en cours, le projet se précise."), (book.director, ""),
    )  # fmt: skip
    for step, (by, note) in enumerate(said[:count], 1):
        given = asked + (step - 1) * 7 * DAY
        book.add(
            RenewalOpinion,
            life,
            given,
            by,
            renewal=renewal,
            step=step,
            opinion="yes",
            note=note,
            given_on=given,
        )


# --- days that are not of work --------------------------------------------------------------------------

HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
TRAININGS = (
    ("Sauveteur secouriste du travail", "sécurité", "Croix des Wateringues", 14),
    ("CACES R489, chariot élévateur", "qualifiante", "Centre de formation du Port", 35),
    ("Remise à niveau en français", "savoirs de base", "Atelier des Mots", 21),
    ("Hygiène alimentaire", "métier", "Chambre des métiers du Marais", 14),
    ("Taille et entretien des haies", "métier", "Lycée horticole des Polders", 21),
)
HOSTS = ("discover", "confirm", "recruit")


def _spread(life: Life, start: date, days: int, kind: str) -> date:
    """So many working days from a day on; answers the last."""
    day = start
    while days:
        if day.isoweekday() <= 5:
            life.away[day] = kind
            days -= 1
        last, day = day, day + DAY
    return last


def _go_elsewhere(book: Book, life: Life) -> None:
    """Leave, illness, trainings, immersions: what the week's sheets will say of those days."""
    dice, until = book.dice, life.until(book.today)
    day = life.hired - timedelta(days=life.hired.weekday())
    while day <= until:
        drawn = dice.random()
        summer = day.month == 8 and 8 <= day.day <= 21
        if summer or (day.month == 12 and day.day > 23) or drawn > 0.96:
            _spread(life, day, 5, HoursKind.LEAVE)
        elif drawn < 0.035:
            _spread(life, day, dice.randint(1, 5), HoursKind.SICK)
        elif drawn < 0.045:
            _spread(life, day, dice.randint(1, 3), HoursKind.SICK_PAID)
        day += 7 * DAY
    if dice.random() < 0.45 or life.first == KNOWN[0][0]:
        _learn(book, life, life.hired + timedelta(days=dice.randint(80, 130)), until)
    if dice.random() < 0.55 or life.first == KNOWN[0][0]:
        _immerse(book, life, life.hired + timedelta(days=dice.randint(60, 300)), until)
    stretch = (until - life.hired).days
    if len(book.rows[PassSuspension]) < 2 and life.left and stretch > 400:
        start = life.hired + 200 * DAY
        end = _spread(life, start, 25, HoursKind.SICK)
        book.add(
            PassSuspension, life, end, pass_iae=book.rows[PassIae][-1], reason="CONTRACT_SUSPENDED",
            starts_on=start, ends_on=end,
        )  # fmt: skip
    for month, number in HOLIDAYS:
        for year in range(life.hired.year, until.year + 1):
            life.away[date(year, month, number)] = HoursKind.HOLIDAY


def _learn(book: Book, life: Life, start: date, until: date) -> None:
    title, kind, organisation, hours = book.dice.choice(TRAININGS)
    start -= timedelta(days=start.weekday())
    end = start + timedelta(days=hours // 7 - 1)
    if life.hired <= start and end <= until:
        for rank in range((end - start).days + 1):
            life.away[start + rank * DAY] = HoursKind.TRAINING
        book.add(
            Training, life, start, title=title, kind=kind, organisation=organisation, hours=Decimal(hours),
            starts_on=start, ends_on=end, note="Attestation remise.",
        )  # fmt: skip


def _immerse(book: Book, life: Life, start: date, until: date) -> None:
    start -= timedelta(days=start.weekday())
    end = start + 11 * DAY
    if life.hired <= start and end <= until:
        for rank in range(12):
            life.away[start + rank * DAY] = HoursKind.PMSMP
        book.add(
            Pmsmp, life, start - 7 * DAY, host=book.dice.choice(book.world.farms).name, job="Maraîchage",
            object=book.dice.choice(HOSTS), starts_on=start, ends_on=end, note="Accueil content.",
        )  # fmt: skip


# --- support --------------------------------------------------------------------------------------------

ACTIONS = {
    Family.LANGUAGE: ("Atelier de français, deux heures par semaine", "Atelier des Mots"),
    Family.RIGHTS: ("Dossier de droits complété ensemble", "CAF"),
    Family.HOUSING: ("Demande de logement déposée", "Bailleur du Calaisis"),
    Family.MOBILITY: ("Demande d’aide au permis", "Département"),
    Family.HEALTH: ("Rendez-vous pris, horaires aménagés", "Maison de santé"),
    Family.JUSTICE: ("Horaires accordés avec le pointage", "SPIP"),
    Family.BUDGET: ("Plan de remboursement suivi", "Point conseil budget"),
    Family.AVAILABILITY: ("Solution de garde trouvée", "Relais petite enfance"),
}
WEIGHS = {
    Family.LANGUAGE: 0.3, Family.RIGHTS: 0.55, Family.HOUSING: 0.3, Family.MOBILITY: 0.65,
    Family.HEALTH: 0.35, Family.JUSTICE: 0.12, Family.BUDGET: 0.4, Family.AVAILABILITY: 0.25,
}  # fmt: skip
CHANGES = {
    Family.MOBILITY: "pas de bus avant 8 h", Family.JUSTICE: "pointage le mardi à 9 h",
    Family.HEALTH: "pas de port de charges lourdes", Family.AVAILABILITY: "repart à 16 h",
}  # fmt: skip
NOTES = (
    (Section.EXPECTATIONS, "Travailler dehors, et passer le permis."),
    (Section.PROJECT, "Hésite entre la logistique et les espaces verts."),
    (Section.WORK, "Se sent bien dans l’équipe."), (Section.MOBILITY, "Vient à vélo quand il fait sec."),
    (Section.RIGHTS, "Carte de santé à renouveler."), (Section.HOUSING, "Cherche à se rapprocher du bourg."),
    (Section.LANGUAGE, "À l’aise à l’oral, moins à l’écrit."),
)  # fmt: skip
AIMS = (
    ("Passer le permis", "S’inscrire au code"), ("Trouver un logement", "Constituer le dossier"),
    ("Entrer en formation", "Choisir un métier"), ("Reprendre confiance au travail", "Animer une récolte"),
)  # fmt: skip


def _meetings(book: Book, life: Life) -> list[date]:
    """The days held, then the next one."""
    dice, until = book.dice, life.until(book.today)
    days = [life.hired + timedelta(days=dice.randint(4, 24))]
    while days[-1] <= until:
        days.append(days[-1] + timedelta(days=dice.randint(60, 100)))
    return days


def _accompany(book: Book, life: Life) -> None:
    dice = book.dice
    levels = {f: dice.choice((1, 2, 2, 3)) if dice.random() < part else 0 for f, part in WEIGHS.items()}
    if life.first == KNOWN[0][0]:
        levels[Family.MOBILITY] = 2
    *held, coming = _meetings(book, life)
    for rank, day in enumerate(held):
        last = rank == len(held) - 1
        interview = book.add(
            Interview, life, day, kind="review" if rank else "entry", held_on=day,
            next_on=None if last and life.left else coming if last else held[rank + 1],
            professional=(day - life.hired).days > 600,
        )  # fmt: skip
        for section, text in dice.sample(NOTES, 2):
            book.add(InterviewNote, life, day, interview=interview, section=section, text=text)
        for family, level in levels.items():
            book.add(
                Obstacle, life, day, family=family, level=str(level), said_on=day,
                note=CHANGES.get(family, "") if level else "",
            )  # fmt: skip
        levels = _answer(book, life, levels, day, open_too=last)
        if not rank:
            _aim(book, life, interview, day)


def _answer(
    book: Book, life: Life, levels: dict[Family, int], day: date, *, open_too: bool
) -> dict[Family, int]:
    """An action for some obstacles; what was done lightens some of them."""
    dice, after = book.dice, dict(levels)
    for family, level in levels.items():
        if level and dice.random() < 0.6:
            label, partner = ACTIONS[family]
            reach = dice.choice((Reach.INTERNAL, Reach.EXTERNAL, Reach.EXTERNAL, Reach.BOTH))
            book.add(
                SupportAction, life, day, family=family, label=label, reach=reach, done_on=day,
                urgent=level > 2, result="" if open_too else "Fait.",
                partner="" if reach == Reach.INTERNAL else partner,
            )  # fmt: skip
            after[family] = level - (dice.random() < 0.5)
    if open_too and life.first == KNOWN[0][0]:
        book.add(
            SupportAction, life, day, family=Family.MOBILITY, label="Chercher une auto-école", done_on=day,
            reach=Reach.EXTERNAL, partner="Département",
        )  # fmt: skip
    return after


def _aim(book: Book, life: Life, interview: Interview, day: date) -> None:
    label, step = AIMS[0] if life.first == KNOWN[0][0] else book.dice.choice(AIMS)
    common: dict[str, Any] = {"interview": interview, "professional": True}
    aim = book.add(Objective, life, day, label=label, origin="expressed", due_on=day + 200 * DAY, **common)
    under = book.add(
        Objective, life, day, label=step, origin="proposed", due_on=day + 60 * DAY, parent=aim, **common
    )
    for row, wait in ((under, 75), (aim, 240)):
        if day + wait * DAY <= life.until(book.today) and book.dice.random() < 0.7:
            said = day + wait * DAY
            book.add(ObjectiveProgress, life, said, objective=row, state="reached", said_on=said)


def _see_work(book: Book, life: Life) -> None:
    """Every six months, from the third on: skills seen, and an evaluation."""
    dice, day, level = book.dice, life.hired + 75 * DAY, 1
    grid = CREWS[life.crew].grid
    skills = [
        code.split(".") for code, row in listed("skills", life.hired).items() if row["grid"] in (grid, "work")
    ]
    while day <= life.until(book.today):
        for trade, skill in skills:
            seen = None if dice.random() < 0.15 else min(4, level + dice.randint(0, 1))
            book.add(
                SkillMark, life, day, book.supervisor, grid=trade, skill=skill, level=seen, marked_on=day
            )
        book.add(
            Evaluation, life, day, book.supervisor, starts_on=max(life.hired, day - 180 * DAY), ends_on=day,
            by_supervisor="Travail soigné, bon rythme.", by_person="Bien dans l’équipe.",
        )  # fmt: skip
        day, level = day + 182 * DAY, level + 1


# --- leaving --------------------------------------------------------------------------------------------

NEWS = {"durable": ("durable",), "transition": ("employed", "durable"), "positive": ("training", "employed")}


def _leave(book: Book, life: Life, left: date, reason: str) -> None:
    """The reason, what was handed over, and the news; the last ones are still to be taken."""
    dice = book.dice
    category = listed("exit_reasons", left)[reason]["category"]
    gone = book.add(Exit, life, left, contract=life.contract, left_on=left, reason=reason, category=category)
    if category != "withdrawn":
        book.add(Interview, life, left, kind="exit", held_on=left, next_on=None)
    for item in listed("exit_checks", left):
        book.add(ExitCheck, life, left, exit=gone, item=item, done_on=left)
    for month, due in exits.follow_ups(reason, category, left).items():
        if due + 20 * DAY <= book.today and dice.random() < 0.9:
            found = dice.choice(NEWS.get(category, ("seeking", "seeking", "employed", "unknown")))
            book.add(
                FollowUp, life, due, exit=gone, month=month, observed_on=due, situation=found,
            )  # fmt: skip
