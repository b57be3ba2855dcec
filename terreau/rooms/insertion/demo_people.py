"""Who comes and goes in the demo: sixty invented people on twenty-eight posts, over two years."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from terreau.measures.periods import age
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion.models import Contract, Participant

WEEKS = 104
SEED = 57


@dataclass(frozen=True)
class Crew:
    """A team of the demo: its posts, the agent they work for, the grid of their trade."""

    name: str
    posts: int
    workshop: str
    grid: str
    job: str


# The worksites are the garden's own: their crew is six, as on the Wednesdays of the worksites' demo.
CREWS = (
    Crew("Plein champ", 12, "garden", "garden", "Ouvrier ou ouvrière en maraîchage"),
    Crew("Serres", 6, "garden", "garden", "Ouvrier ou ouvrière en maraîchage"),
    Crew("Plateforme", 4, "platform", "platform", "Préparation de commandes"),
    Crew("Chantiers nature", 6, "garden", "sites", "Entretien des espaces naturels"),
)
# The last hired in the field, whom the pages of the demo know: so many days ago.
KNOWN = (
    ("Yasmine", "Delattre", "F", date(1988, 3, 14), 150),
    ("Théo", "Lesage", "M", date(2003, 9, 2), 90),
    ("Martine", "Coquelle", "F", date(1970, 1, 28), 20),
)
# Spoken of, met, not hired yet.
WAITING = (("Sonia", "Lambrecourt"), ("Baptiste", "Merlenot"), ("Hawa", "Coulibalide"))


@dataclass
class Life:
    """One pathway: decided first, then written."""

    first: str
    name: str
    sex: str
    born: date
    crew: int
    hired: date
    left: date | None = None
    reason: str = ""
    person: Participant = field(default_factory=Participant)
    contract: Contract = field(default_factory=Contract)
    # What a day was, when it was not work.
    away: dict[date, str] = field(default_factory=dict)

    def until(self, today: date) -> date:
        """The last day there, or today."""
        return min(self.left or today, today)

    def age(self, on: date) -> int:
        return age(self.born, on)


# Weeks; sixteen months on average.
STAYS = (9, 36, 58, 72, 80, 88, 92, 96, 99)
REASONS = (
    "3",
    "9",
    "7",
    "10",
    "5",
    "8",
    "2",
    "9",
    "7",
    "4",
    "10",
    "12",
    "6",
    "5",
    "14",
    "7",
    "11",
    "1",
    "16",
)
SHORT = (22, 8, 21)
SHORT_WEEKS = 11
# Who is there at the beginning came up to so many weeks before.
BEFORE = 60


def lives(today: date) -> list[Life]:
    """Post by post, up to today; the same story whatever the day, moved with it."""
    dice, monday = Random(SEED), IsoWeek.of(today).monday
    names, reasons, short = _names(dice, today), iter(REASONS * 4), iter(SHORT * 9)
    found: list[Life] = []
    posts = [crew for crew, known in enumerate(CREWS) for _ in range(known.posts)]
    for post, crew in enumerate(posts):
        known = KNOWN[post] if post < len(KNOWN) else None
        end = -(known[4] // 7) - 2 if known else 0
        week = -WEEKS - dice.randint(0, BEFORE)
        while week < end:
            stay = dice.choice(STAYS)
            begins, week = week, week + stay
            leaves = week if week < end else end if known else None
            week += dice.randint(1, 3)
            if leaves is not None and leaves <= -WEEKS:
                continue
            life = Life(*next(names), crew, monday + timedelta(weeks=begins))
            if leaves is not None:
                # On a Friday, for a reason that a short stay has or has not.
                life.left = monday + timedelta(weeks=leaves, days=-3)
                life.reason = str(next(short if leaves - begins <= SHORT_WEEKS else reasons))
            found.append(life)
        if known:
            found.append(Life(*known[:4], crew, today - timedelta(days=known[4])))
    return found


def _names(dice: Random, today: date) -> Iterator[tuple[str, str, str, date]]:
    """First name, name, sex and birth date: a quarter are young, a quarter fifty and more."""
    text = Path(__file__).with_suffix(".csv").read_text(encoding="utf-8")
    people = [line.split(";") for line in text.splitlines()[1:]]
    dice.shuffle(people)
    for rank, (first, name, sex) in enumerate(people):
        years = dice.randint(*((20, 23), (28, 40), (31, 47), (52, 61))[rank % 4])
        yield first, name, sex, today - timedelta(days=years * 365 + dice.randint(20, 340))
