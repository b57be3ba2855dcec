"""The demo's couveuse: four invented people over two years, one of them settled, and a candidate."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from terreau.measures.money import Money
from terreau.measures.periods import last_day, plus_months
from terreau.measures.week import IsoWeek
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import Cycle, Equipment, EquipmentKind, Exit, Loan, Project
from terreau.rooms.incubator.rules.contracts import clauses
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Membership, Place, PlaceKind, Product

# An invented SIRET begins with zeros: the couveuse’s, and that of the farm that settled.
SIRETS = ("00000000099994", "00000000098889")


@dataclass(frozen=True)
class Person:
    """An invented person: their project, the crops they try, the months since they began."""

    name: str
    title: str
    what: str
    prefix: str
    born_on: date
    crops: tuple[str, ...]
    months: int
    beds: int


PEOPLE = (
    Person("Ariel Tassart", "Le Carré d’Ariel", "Légumes primeurs et aromates", "ARI", date(1993, 4, 12),
           ("radis", "laitue", "tomate", "persil"), 22, 3),
    Person("Swann Delory", "La Planche à Soupe", "Légumes de conservation", "SOU", date(1988, 9, 30),
           ("carotte", "poireau", "pomme-de-terre"), 14, 3),
    Person("Maëlle Cordonnier", "Les Fleurs du Watergang", "Jeunes pousses et courgettes", "FLE",
           date(1998, 1, 5), ("courgette", "epinard", "radis"), 9, 2),
    Person("Gabin Lheureux", "Le Champ du Merle", "Maraîchage diversifié", "MER", date(1985, 6, 18),
           ("carotte", "tomate", "courgette"), 24, 3),
)  # fmt: skip
WORDS = {
    "programme": "Douze mois de production et de vente ; un bilan tous les trois mois ; "
    "formation à la gestion.",
    "means": "Les planches, l’eau et les machines prêtées par accord ; "
    "deux heures d’accompagnement par mois.",
    "remuneration": "Dix pour cent des ventes hors taxe, retenus à chaque relevé.",
    "commitments": "Plants, graines et petit matériel. La couveuse en répond jusqu’à l’immatriculation, "
    "puis solidairement jusqu’à la fin du contrat.",
    "accounting": "La personne note ses ventes, ses achats et ses heures chaque semaine ; "
    "la couveuse remet un relevé tous les trois mois.",
    "termination": "Chacun peut rompre par écrit, avec un mois de préavis ; le solde est réglé dans le mois.",
    "pay": "Aucune. Le solde des ventes est versé à la sortie, ou à chaque relevé s’il est positif.",
    "social": "La couveuse verse les cotisations et les retient sur le solde.",
}
SEASON = range(4, 12)
# A form may carry many lines: so many months of them at once.
TOGETHER = 2
LEFT_DAYS = 120


def live(world: World, first: IsoWeek, today: date) -> None:
    """From the first week to today: each person's seasons, month after month."""
    settler = _Settler(world, today)
    begins = max(first.monday, plus_months(today, -24))
    for number, person in enumerate(PEOPLE):
        start = max(begins, plus_months(today, -person.months).replace(day=1))
        _Life(settler, person, number, start, today).live()
    settler.candidate()
    first_tester = Agent.objects.get(ecopole=world.ecopole, name=PEOPLE[0].title)
    Membership.objects.create(
        user=world.users[Role.TESTER], ecopole=world.ecopole, role=Role.TESTER, agent=first_tester
    )


class _Settler:
    """What the tests share: the couveuse and its tutor, the fields, the water, the machine, the customers."""

    def __init__(self, world: World, today: date):
        self.world, self.today, self.tutor = world, today, world.users[Role.TUTOR]
        self.incubator: Agent = world.incubator
        self.incubator.siret = SIRETS[0]
        self.incubator.save(update_fields=["siret"])
        self.fields = Place.objects.bulk_create(
            Place(
                ecopole=world.ecopole, agent=world.garden, kind=PlaceKind.FIELD, commune=world.garden.commune,
                name=f"Espace-test {number}",
            )
            for number in range(1, 15)
        )  # fmt: skip
        since = plus_months(today, -25)
        self.water, self.tiller = (
            actions.save_equipment(
                ecopole=world.ecopole, owner=world.garden, kind=kind, name=name, price=Money(cents),
                since=since, hand=self.hand(f"equipment:{name}", since),
            )
            for kind, name, cents in (
                (EquipmentKind.WATER, "Borne de l’espace-test", 42),
                (EquipmentKind.MACHINE, "Motoculteur", 900),
            )
        )  # fmt: skip

    def hand(self, key: str, day: date, hour: int = 18) -> Hand:
        return Hand(self.tutor, moment(day, hour), f"couveuse-demo:{key}"[:110])

    def apply(self, person: Person, on: date) -> Project:
        application = actions.Application(
            name=person.name, email=f"{person.prefix.lower()}@exemple.invalid", phone="01 99 00 95 00",
            born_on=person.born_on, full_time=False, title=person.title, what=person.what,
            region="hauts-de-france",
        )  # fmt: skip
        return actions.apply(
            ecopole=self.world.ecopole, incubator=self.incubator, application=application, on=on,
            hand=self.hand(f"{person.prefix}:apply", on),
        )  # fmt: skip

    def candidate(self) -> None:
        on = self.today - timedelta(days=12)
        person = Person(
            "Lison Bécue", "Le Fil d’Ortie", "Plantes aromatiques séchées", "ORT", date(1996, 11, 2), (), 0, 0
        )
        project = self.apply(person, on)
        met = self.today - timedelta(days=4)
        actions.meet(
            project=project,
            on=met,
            note="Budget à revoir, terrain à visiter.",
            hand=self.hand("ORT:met", met),
        )


class _Life:
    """One person's test, from application to today, or to the farm they settled on."""

    def __init__(self, settler: _Settler, person: Person, number: int, start: date, today: date):
        self.settler, self.person, self.start, self.today = settler, person, start, today
        self.dice, self.number = Random(f"couveuse {person.prefix}"), number
        leaves = today - timedelta(days=LEFT_DAYS)
        # In a demo of a few weeks, nobody has had the time to settle.
        self.leaves = leaves if number == len(PEOPLE) - 1 and plus_months(start, 12) < leaves else None
        self.end = self.leaves or today
        found = settler.world.products
        self.crops: list[Product] = [found[code] for code in person.crops]
        self.customers = [*settler.world.shops[:2], settler.world.groceries[0]]

    def hand(self, key: str, day: date) -> Hand:
        return self.settler.hand(f"{self.person.prefix}:{key}", day)

    def live(self) -> None:
        applied = self.start - timedelta(days=45)
        self.project = self.settler.apply(self.person, applied)
        actions.accept(
            project=self.project, prefix=self.person.prefix, tutor=self.settler.tutor, on=self.start,
            hand=self.hand("accept", self.start),
        )  # fmt: skip
        self._contracts()
        self.loans = self._loans()
        self._plan()
        month = self.start
        while month <= self.end:
            self._written(month, min(last_day(month, TOGETHER), self.end))
            month = plus_months(month, TOGETHER)
        if self.leaves:
            self._settle(self.leaves)

    def _contracts(self) -> None:
        starts, rank = self.start, 0
        assert set(WORDS) == set(clauses(starts))
        while starts <= self.end and rank < 3:
            ends = last_day(starts, 12)
            terms = actions.Terms("cape", starts, ends, dict(WORDS), Money(300_000), Decimal(10), 3)
            hand = self.hand(f"contract:{rank}", starts)
            contract = actions.draft(project=self.project, terms=terms, hand=hand)
            actions.sign(contract=contract, on=starts, hand=self.hand(f"sign:{rank}", starts))
            starts, rank = ends + timedelta(days=1), rank + 1

    def _loans(self) -> list[Loan]:
        mine = self.settler.fields[self.number * 3 : self.number * 3 + self.person.beds]
        ends = last_day(self.start, 36)
        return [
            actions.lend(
                project=self.project, place=place, starts_on=self.start, ends_on=ends, area_m2=120, quality=2,
                hand=self.hand(f"loan:{n}", self.start),
            )
            for n, place in enumerate(mine)
        ]  # fmt: skip

    def _plan(self) -> None:
        for year in range(self.start.year, self.today.year + 2):
            for crop in self.crops:
                entry = {
                    "area_m2": 120, "quantity": Decimal(240), "price": self._price(crop),
                    "hours": Decimal(150), "costs": Money(9_000),
                    "first_month": SEASON[0], "last_month": SEASON[-1],
                }  # fmt: skip
                actions.plan_crop(project=self.project, year=year, product=crop, entry=entry)
            actions.plan_year(project=self.project, year=year, opening=Money(80_000), fixed=Money(2_500))
        if self.number == 0:
            self._first_person()

    def _first_person(self) -> None:
        """Whose pages the demo opens: a plot to convert, a checklist begun, land sought."""
        hand = self.hand("papers", self.start)
        for code in ("dja-first", "dja-qualification", "step-advice"):
            actions.mark(
                project=self.project, code=code, on=self.start, hand=hand, partner="Chambre d’agriculture"
            )
        entry = {
            "area_ha": Decimal("1.2"), "cycle": Cycle.ANNUAL, "started_on": self.start,
            "product": self.crops[0], "sown_month": 4, "harvest_month": 8,
            "per_ha": Decimal(9_000), "price_conventional": Money(110),
            "price_conversion": Money(125), "price_organic": Money(170),
        }  # fmt: skip
        actions.save_plot(project=self.project, name="Le Clos du Vanneau", entry=entry)
        actions.seek_land(
            project=self.project, area_ha=Decimal("2.5"), where="Nortkerque, Zutkerque, Ruminghem",
            tenure="location, neuf ans au moins", needs="un point d’eau, un hangar de 80 m²",
        )  # fmt: skip

    def _price(self, crop: Product) -> Money:
        return crop.reference_price or Money(250)

    def _written(self, first: date, last: date) -> None:
        """A harvest, a sale and hours a week; water, seeds and a visit every two months."""
        weeks = [first + timedelta(days=7 * n + 2) for n in range((last - first).days // 7 + 1)]
        days = [day for day in weeks if day <= last and day < self.today and day.month in SEASON]
        if not days:
            self._hours(weeks[::3])
            return
        hand = self.hand(f"harvest:{first}", days[-1])
        picked = [(self.dice.choice(self.loans), self.dice.choice(self.crops), day) for day in days]
        weights = [Decimal(self.dice.randint(120, 480)) / 10 for _ in picked]
        lines = [
            actions.HarvestLine(loan, crop, self._whole(crop, weight), day)
            for (loan, crop, day), weight in zip(picked, weights, strict=True)
        ]
        actions.harvest(project=self.project, lines=lines, hand=hand)
        sold = [
            actions.SaleLine(
                self.dice.choice(self.customers), line.product, line.quantity,
                self._price(line.product).times(line.quantity), line.on,
            )
            for line in lines
        ]  # fmt: skip
        actions.sell(project=self.project, lines=sold, hand=self.hand(f"sell:{first}", days[-1]))
        self._hours(days)
        self._means(days[-1])

    def _whole(self, crop: Product, weight: Decimal) -> Decimal:
        return weight if crop.unit == "kg" else Decimal(int(weight))

    def _hours(self, days: list[date]) -> None:
        lines = [
            actions.HourLine(Decimal(self.dice.randint(10, 28)), day, self.dice.choice(self.crops))
            for day in days
            if day < self.today
        ]
        if lines:
            actions.work(project=self.project, lines=lines, hand=self.hand(f"work:{days[0]}", lines[-1].on))

    def _means(self, day: date) -> None:
        """A booking counted, seeds bought, an hour of advice."""
        equipment: Equipment = self.dice.choice((self.settler.water, self.settler.tiller))
        start = moment(day, 7 + 2 * self.number)
        booking = actions.book(
            project=self.project, equipment=equipment, starts_at=start, ends_at=start + timedelta(hours=2),
            hand=self.hand(f"book:{day}", day),
        )  # fmt: skip
        counted = Decimal(self.dice.randint(8, 30)) if equipment == self.settler.water else Decimal("1.5")
        actions.count(booking=booking, quantity=counted, hand=self.hand(f"count:{day}", day))
        actions.commit(
            project=self.project, supplier="Semences des Digues", what="plants et graines",
            amount=Money(self.dice.randint(2_000, 9_000)), on=day, crop=self.dice.choice(self.crops),
            hand=self.hand(f"commit:{day}", day),
        )  # fmt: skip
        actions.support(
            project=self.project, training=day.month in (4, 9), topic="point du mois", hours=Decimal(2),
            on=day, hand=self.hand(f"support:{day}", day),
        )  # fmt: skip

    def _settle(self, on: date) -> None:
        registered = on - timedelta(days=10)
        actions.register(
            project=self.project, siret=SIRETS[1], on=registered, hand=self.hand("register", registered)
        )
        settled = actions.Settled(
            self.settler.world.ecopole.commune, Decimal("2.4"), Decimal("1.5"), Decimal("1.5")
        )
        actions.leave(
            project=self.project, exit=Exit.SETTLED, note="terrain de la commune, bail rural", on=on,
            settled=settled, hand=self.hand("leave", on),
        )  # fmt: skip
