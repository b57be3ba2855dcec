"""Two years of the third place in the demo: gatherings, who signs up and comes, hours given, credits used."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.effects import Action
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import (
    AgeBand,
    Benefit,
    Contribution,
    Gathering,
    GatheringKind,
    Member,
    SignUp,
    Skill,
    Terms,
    Thing,
)
from terreau.rooms.thirdplace.trades import TRADES
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Commune, Membership, PlaceKind, Quality, User

# All invented; the first is whom the demo's member account is.
MEMBERS = (
    "Eden Vasseur", "Mireille Coubronne", "Ousmane Lheureux", "Gisèle Poulain", "Titouan Hennebelle",
    "Fatou Delmotte", "Roland Carpentier", "Inès Wadoux", "Bastien Leulier", "Marguerite Fasquel",
    "Karim Duvivier", "Solène Bécuwe",
)  # fmt: skip
PUBLIC = ("Aline", "Bruno", "Cécile", "Driss", "Élise", "Franck", "Gwenaëlle", "Hugo", "Iris", "Jules",
          "Katell", "Louis", "Maud", "Nils", "Odile", "Paco", "Rose", "Samir", "Thaïs", "Zélie")  # fmt: skip
COMMUNES = ("Vieille-Église", "Audruicq", "Oye-Plage", "Nortkerque")
THINGS = (
    ("room", "Grande salle", 40), ("room", "Cuisine partagée", 12), ("room", "Atelier bois", 10),
    ("tool", "Four à pain", None), ("tool", "Scie à ruban", None), ("tool", "Vidéoprojecteur", None),
)  # fmt: skip
BENEFITS = (
    ("meal", "Un repas partagé", 3), ("workshop", "Un atelier de cuisine", 4),
    ("room", "Une soirée en salle", 8),
)  # fmt: skip
BASKET = ("Un petit panier", "panier-petit", 6)
PATHS = (
    ("Cuisine de saison", "cuisiner ce que donne le jardin",
     ("Choisir ce qui est de saison", "Conserver sans gaspiller", "Cuisiner pour quarante",
      "Respecter l’hygiène")),
    ("Petit potager", "tenir quelques planches toute l’année",
     ("Préparer un sol vivant", "Semer et repiquer", "Arroser juste", "Récolter et garder")),
)  # fmt: skip
WORDS = (
    "J’étais venue pour une soupe, je suis restée pour le chantier.",
    "Ici on ne demande pas ce que vous faites dans la vie, on vous tend une bêche.",
    "Mon fils a goûté des panais sans faire la tête.",
)
RULE = Decimal(2), Decimal(40), 12
WEDNESDAY, SATURDAY, SUNDAY = 2, 5, 6
YEAR_WEEKS, AHEAD = 52, 5
# The others save, until their credits expire.
SPENDERS = 9


@dataclass(frozen=True)
class Kind:
    """What comes back every four weeks: the weeks of the four, the day, the hours, the things taken."""

    kind: GatheringKind
    titles: tuple[str, ...]
    about: str
    where: str
    weeks: tuple[int, ...]
    day: int
    hours: tuple[int, int]
    capacity: int
    things: tuple[str, ...]
    # By title: the price of a person; the others are free.
    prices: Mapping[str, Money] = field(default_factory=dict)


KINDS = (
    Kind(GatheringKind.WORKSITE, ("Chantier coopératif au potager", "Chantier de la haie vive"),
         "On bêche, on plante, on papote ; outils et café sur place. Venez comme vous êtes.",
         "Jardin du tiers-lieu", (0, 2), SATURDAY, (9, 12), 30, ()),
    Kind(GatheringKind.WORKSHOP, ("Soupes d’hiver", "Pain au levain", "Bocaux et lactofermentation",
                                  "Réparer son vélo"),
         "Deux heures en petit groupe, on repart avec ce qu’on a fait.",
         "Cuisine partagée", (0, 2), WEDNESDAY, (14, 16), 8, ("Cuisine partagée",),
         {"Pain au levain": Money(800), "Bocaux et lactofermentation": Money(600)}),
    Kind(GatheringKind.MEAL, ("Tablée du dimanche",), "Un repas préparé ensemble, partagé ensemble.",
         "Grande salle", (1,), SUNDAY, (12, 15), 40, ("Grande salle", "Four à pain")),
    Kind(GatheringKind.VISIT, ("Visite du jardin et de la plateforme",),
         "D’où viennent les légumes, qui les porte, qui les cuisine.", "Cour d’entrée", (3,), WEDNESDAY,
         (10, 12), 20, ()),
)  # fmt: skip


def live(world: World, first: IsoWeek, today: date) -> None:
    """Each year's calendar at once, then what is lived of it; what is of today waits for its host."""
    place = _Place(world, first, Random(48))
    calendar = place.plan(first, today)
    for number, week in enumerate(IsoWeek.range(first, IsoWeek.of(today) + AHEAD)):
        for kind, held in calendar.get(week, ()):
            place.hold(kind, held, today)
        if number % 4 == 3 and week.sunday < today:
            place.settle(week.sunday)
    place.settle(IsoWeek.of(today).monday - timedelta(days=1))
    place.of_the_moment(today)


class _Place:
    def __init__(self, world: World, first: IsoWeek, dice: Random):
        self.world, self.ecopole, self.dice = world, world.ecopole, dice
        self.host: User = world.users[Role.HOST]
        self.gave: list[Contribution] = []
        start = first.monday
        actions.settle(ecopole=self.ecopole, agent=world.third_place, unit="manne")
        self.things = {
            name: actions.save_thing(
                ecopole=self.ecopole, kind=kind, name=name, seats=seats, key=f"demo:{name}"
            )
            for kind, name, seats in THINGS
        }
        per_hour, cap, months = RULE
        self.terms: Terms = actions.set_terms(
            ecopole=self.ecopole, since=start, per_hour=per_hour, cap=cap, months=months,
            source="assemblée générale du tiers-lieu", key="demo-terms",
        )  # fmt: skip
        self.benefits = [
            actions.save_benefit(
                ecopole=self.ecopole, kind=kind, name=name, cost=Decimal(cost), product=None, giver=None,
                since=start, key=f"demo:{name}",
            )
            for kind, name, cost in BENEFITS
        ]  # fmt: skip
        self.workshop = next(one for one in self.benefits if one.kind == "workshop")
        name, code, cost = BASKET
        self.basket: Benefit = actions.save_benefit(
            ecopole=self.ecopole, kind="basket", name=name, cost=Decimal(cost), product=world.products[code],
            giver=world.third_place, since=start, key=f"demo:{name}",
        )  # fmt: skip
        self.members = [self._member(name, start) for name in MEMBERS]
        Membership.objects.filter(user=world.users[Role.MEMBER], role=Role.MEMBER).update(
            agent=self.members[0].agent
        )
        self.skills = [skill for path in PATHS for skill in self._path(path)]
        self.commune = {c.name: c for c in Commune.objects.filter(name__in=COMMUNES)}
        self.trades = [world.products[code] for code in TRADES]

    def _member(self, name: str, since: date) -> Member:
        own = name == MEMBERS[0]
        email = (
            self.world.users[Role.MEMBER].email
            if own
            else f"{name.split(maxsplit=1)[0].lower()}@exemple.invalid"
        )
        return actions.join(
            ecopole=self.ecopole, member=None, name=name, email=email, charter_on=since, key=f"demo:{name}"
        )

    def _path(self, told: tuple[str, str, tuple[str, ...]]) -> list[Skill]:
        name, about, skills = told
        path = actions.save_path(
            ecopole=self.ecopole, name=name, about=about, skills=skills, key=f"demo:{name}"
        )
        return list(path.skills.all())

    # --- two years --------------------------------------------------------------------------------------

    def plan(self, first: IsoWeek, today: date) -> dict[IsoWeek, list[tuple[Kind, Gathering]]]:
        """A series for each title and year, announced whole."""
        found: dict[IsoWeek, list[tuple[Kind, Gathering]]] = defaultdict(list)
        this_week = IsoWeek.of(today)
        last = this_week + AHEAD
        for start in range(0, last - first + 1, YEAR_WEEKS):
            weeks = IsoWeek.range(first + start, min(first + start + YEAR_WEEKS - 1, last))
            for kind in KINDS:
                days = [week.days[kind.day] for week in weeks if (week - this_week) % 4 in kind.weeks]
                for rank, title in enumerate(kind.titles):
                    for held in self._series(kind, title, days[rank :: len(kind.titles)], today):
                        found[IsoWeek.of(timezone.localtime(held.starts_at).date())].append((kind, held))
        return found

    def _series(self, kind: Kind, title: str, days: list[date], today: date) -> list[Gathering]:
        if not days:
            return []
        at = moment(min(days[0], today) - timedelta(days=14), 9)
        start, end = (time(hour) for hour in kind.hours)
        entry = actions.GatheringEntry(
            kind.kind, title, kind.about, kind.where, kind.capacity, start, end,
            leader=self.dice.choice(MEMBERS).split()[0], price=kind.prices.get(title),
            benefit=self.workshop if title in kind.prices else None,
        )  # fmt: skip
        things: list[Thing] = [self.things[name] for name in kind.things]
        made = actions.plan(
            ecopole=self.ecopole, entry=entry, days=days, things=things, by=self.host, at=at,
            key=f"demo:{title}:{days[0]}",
        )  # fmt: skip
        actions.announce(gathering=made[0], at=at)
        return made

    def hold(self, kind: Kind, held: Gathering, today: date) -> None:
        """Some sign up for workshops, most come; elsewhere one counts who is there."""
        day = timezone.localtime(held.starts_at).date()
        if day >= today:
            self._sign_up(held, today - timedelta(days=self.dice.randint(1, 7)), self.dice.randint(2, 4))
            return
        evening = moment(day, 20)
        if kind.kind == GatheringKind.WORKSHOP:
            for one in self._sign_up(held, day - timedelta(days=6), self.dice.randint(2, 3)):
                if self.dice.random() < 0.85:
                    actions.check_in(sign_up=one, by=self.host, at=evening, key=f"demo:{one.pk}")
        people = self.dice.randint(3, kind.capacity // 2)
        actions.walk_in(gathering=held, people=people, by=self.host, at=evening, key="demo-walk-in")
        if kind.kind == GatheringKind.WORKSITE:
            for member in self.dice.sample(self.members, self.dice.randint(3, 5)):
                self.gave.append(
                    actions.contribute(
                        member=member, gathering=held, trade=self.trades[0], on=day, by=self.host, at=evening,
                        hours=Decimal(self.dice.choice(("2", "2.5", "3"))), key=f"demo:{held.pk}",
                    )
                )  # fmt: skip
            return
        actions.note_comer(
            gathering=held, commune=self.commune[self.dice.choice(COMMUNES)],
            age=self.dice.choice(AgeBand.values), first_time_here=self.dice.random() < 0.3, at=evening,
            key="demo-comer",
        )  # fmt: skip

    def _sign_up(self, held: Gathering, day: date, count: int) -> list[SignUp]:
        return [
            actions.sign_up(
                gathering=held, name=name, email=f"{name.lower()}@exemple.invalid",
                adults=1, children=self.dice.choice((0, 0, 1)), at=moment(day, 10, rank), key=f"demo:{name}",
            )
            for rank, name in enumerate(self.dice.sample(PUBLIC, count))
        ]  # fmt: skip

    def settle(self, sunday: date) -> None:
        """Once a month a referent validates, members use what they have, the oldest expires."""
        evening = moment(sunday, 21)
        actions.validate(
            ecopole=self.ecopole,
            contributions=self.gave,
            by=self.host,
            at=evening,
            key=f"demo-validate:{sunday}",
        )
        self.gave = []
        for member in self.dice.sample(self.members[:SPENDERS], 4):
            try:
                used = actions.spend(
                    member=member, benefit=self.dice.choice(self.benefits), at=evening, key=f"demo:{sunday}"
                )
            except actions.PlaceRefused:
                continue  # not enough yet
            actions.hand_over(spending=used, by=self.host, at=evening)
        actions.expire(ecopole=self.ecopole, at=evening)
        member, skill = self.dice.choice(self.members), self.dice.choice(self.skills)
        actions.mark(member=member, skill=skill, on=sunday, by=self.host)

    # --- today ------------------------------------------------------------------------------------------

    def of_the_moment(self, today: date) -> None:
        """A machine out of order, a full workshop, hours that wait, a basket to hand over."""
        yesterday = today - timedelta(days=1)
        at = moment(yesterday, 18)
        actions.out_of_order(
            thing=self.things["Scie à ruban"],
            since=yesterday,
            reason="lame voilée, pièce commandée",
            key="demo-saw",
        )
        actions.book(
            thing=self.things["Grande salle"], who="École de musique du marais", use="partner",
            day=today + timedelta(days=2), start=time(18), end=time(20), by=self.host, key="demo-book",
        )  # fmt: skip
        actions.set_tariff(
            thing=self.things["Grande salle"], since=date(today.year - 1, 1, 1), per_hour=Money(1_200),
            source="assemblée de l’écopôle", key="demo-tariff",
        )  # fmt: skip
        actions.book(
            thing=self.things["Grande salle"], who="Assemblée de quartier", use="rented", day=yesterday,
            start=time(20, 30), end=time(22, 30), by=self.host, key="demo-rented",
        )  # fmt: skip
        eden, friend = self.members[:2]
        for skill in self.skills[:4]:
            actions.mark(member=eden, skill=skill, on=yesterday, by=self.host)
        help_ = actions.contribute(
            member=eden, gathering=None, trade=self.trades[2], hours=Decimal(4), on=yesterday,
            by=self.host, at=at, key="demo-help",
        )  # fmt: skip
        actions.validate(ecopole=self.ecopole, contributions=[help_], by=self.host, at=at, key="demo-help")
        actions.spend(member=eden, benefit=self.basket, at=at, key="demo-basket")
        self._baskets(yesterday)
        for member, hours in ((eden, "1.5"), (friend, "3")):
            actions.contribute(
                member=member, gathering=None, trade=self.trades[3], hours=Decimal(hours), on=yesterday,
                by=None, at=at, key="demo-waiting",
            )  # fmt: skip
        for rank, words in enumerate(WORDS):
            actions.testify(
                ecopole=self.ecopole, gathering=None, words=words, signed=PUBLIC[rank], consents=True,
                on=yesterday, by=self.host, key=f"demo-words-{rank}",
            )  # fmt: skip
        self._full(today, at)

    def _baskets(self, day: date) -> None:
        """What the third place’s own plot gave, already in small baskets."""
        at, product, agent = moment(day, 12), self.world.products[BASKET[1]], self.world.third_place
        door = agent.places.get(kind=PlaceKind.DOOR)
        (lot,) = new_lots(
            ecopole=self.ecopole,
            lots=[
                NewLot(
                    product, agent.pk, Quality.CONVENTIONAL, at, "demo-place-baskets",
                    keeps_until=product.keeps_until(day),
                )
            ],
        )  # fmt: skip
        made = Entry(
            Action.PRODUCE, agent.pk, agent.pk, product.pk, Decimal(6), Unit(product.unit),
            key="demo-place-baskets", occurred_at=at, lot=lot, to_place_id=door.pk,
        )  # fmt: skip
        record(ecopole=self.ecopole, entries=[made], recorded_by=self.host, recorded_at=at)

    def _full(self, today: date, at: datetime) -> None:
        """A small workshop, full, with people who wait for it."""
        entry = actions.GatheringEntry(
            GatheringKind.WORKSHOP, "Brioches de Saint-Nicolas",
            "Pâte levée, façonnage, cuisson au four à pain. Les enfants viennent avec leur adulte.",
            "Cuisine partagée", 4, time(14), time(17), leader="Gisèle",
        )  # fmt: skip
        day = today + timedelta(days=(SATURDAY - today.weekday()) % 7 + 7)
        (held,) = actions.plan(
            ecopole=self.ecopole, entry=entry, days=[day], things=[self.things["Four à pain"]],
            by=self.host, at=at, key="demo-full",
        )  # fmt: skip
        actions.announce(gathering=held, at=at)
        held.refresh_from_db()
        for rank, name in enumerate(PUBLIC[:5]):
            actions.sign_up(
                gathering=held, name=name, email=f"{name.lower()}@exemple.invalid", adults=1,
                children=rank % 2, at=at + timedelta(minutes=rank), key=f"demo:{name}",
            )  # fmt: skip
