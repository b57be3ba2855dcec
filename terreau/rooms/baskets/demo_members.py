"""The members of the demo: 400 households for the baskets of its depots, and what they took since."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import product
from random import Random

from terreau.ledger.models import Agreement, AgreementKind, Per
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, demo_packs, demo_solidarity
from terreau.rooms.baskets.actions.evenings import DepotShelf, write
from terreau.rooms.baskets.models import (
    BasketSize,
    DepotCount,
    DepotTerms,
    Member,
    Outcome,
    Pause,
    PayBy,
    Price,
    RhythmKind,
    Sheet,
    Subscription,
    SubscriptionTerms,
)
from terreau.rooms.baskets.queries.deliveries import counted, deliveries
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, AgentKind, Membership, Place

# All invented; with each of the last names, four hundred households.
FIRST_NAMES = (
    "Aline", "Bruno", "Cécile", "Driss", "Élise", "Franck", "Gwenaëlle", "Hugo", "Iris", "Jules", "Katell",
    "Louis", "Maud", "Nils", "Odile", "Paco", "Rose", "Samir", "Thaïs", "Zélie",
)  # fmt: skip
LAST_NAMES = (
    "Bécuwe", "Carpentier", "Coubronne", "Delmotte", "Duvivier", "Fasquel", "Hennebelle", "Lheureux",
    "Leulier", "Poulain", "Vasseur", "Wadoux", "Delattre", "Hochart", "Mametz", "Quenu", "Ringot", "Sauvage",
    "Trollé", "Verove",
)  # fmt: skip
EDEN = "Eden Vasseur"
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
STREETS = ("rue du Canal", "rue des Saules", "impasse du Marais", "route de la Digue", "place du Marché")
PRICES = (1000, 1450, 1950)
HOUSEHOLDS, WEEKS_TOLD = 400, 13
HOLIDAYS = (31, 32, 33)
QUIET = (*HOLIDAYS, 52, 1)
# Two depots are full, and some wait for one of them.
FULL, WAITING = 2, 3
OPENS, CLOSES = time(16, 30), time(19)
NEWS = (
    "Premières gelées au jardin\u202f: les panais et le chou kale n’en sont que meilleurs. Samedi, chantier "
    "ouvert à la haie, café et bottes sur place."
)
RECIPE = (
    "Soupe de poireaux",
    "Fondre trois poireaux émincés avec un oignon, ajouter deux pommes de terre et un litre d’eau. Mixer.",
)


@dataclass(frozen=True)
class Slot:
    """A basket of each week, for a household or for two who take turns."""

    size: BasketSize
    depot: Place
    rhythms: tuple[str, ...]
    away: bool


def join(world: World, sizes: list[BasketSize], first: IsoWeek, today: date) -> None:
    """In bulk, with dice of their own: the rest of the demo stays as it is."""
    dice, this_week = Random(7), IsoWeek.of(today)
    told = max(first, this_week - WEEKS_TOLD)
    start = first.monday
    _decide(world, sizes, start)
    places = list(_places(sizes, told, this_week, dice))
    _serve(world, places, start)
    _settle(world, places, dice, start, told)
    _share_counts(world, told, this_week)
    demo_packs.live(world, sizes, PRICES, start, told.monday)
    _hand_over(world, sizes, told, today)
    demo_solidarity.live(world, sizes, start, told.monday, today)
    _of_the_moment(world, sizes, today)


def _decide(world: World, sizes: list[BasketSize], start: date) -> None:
    at = moment(start, 8)
    entry = actions.TermsEntry(
        start, seller=world.platform, solidarity=world.groceries[0], fee=Money(2000), weeks_a_year=48,
        cutoff_hours=48, skip_rule="credited", pause_rule="credited", pause_weeks_max=5, offer_days=7,
        source="assemblée générale du jardin",
    )  # fmt: skip
    actions.set_terms(ecopole=world.ecopole, entry=entry, at=at, key="demo-terms")
    Price.objects.bulk_create(
        Price(size=size, starts_on=start, price=Money(cents))
        for size, cents in zip(sizes, PRICES, strict=True)
    )


def _places(sizes: list[BasketSize], first: IsoWeek, last: IsoWeek, dice: Random) -> Iterator[Slot]:
    """As many as the quietest ordinary week counts at each depot; fewer in August."""
    by_rank = {size.pk: size for size in sizes}
    least: dict[tuple[int, int], int] = {}
    quiet: dict[tuple[int, int], int] = {}
    rows = DepotCount.objects.filter(
        size__in=sizes, day__range=(first.monday, (last + 1).sunday)
    ).select_related("depot")
    depots = {}
    for row in rows:
        found = quiet if IsoWeek.of(row.day).week in QUIET else least
        where = row.size_id, row.depot_id
        found[where] = min(row.count, found.get(where, row.count))
        depots[row.depot_id] = row.depot
    total = sum(least.values())
    turns = set(dice.sample(range(total), min(total, max(0, HOUSEHOLDS - total))))
    number = 0
    for (size_id, depot_id), count in sorted(least.items()):
        for rank in range(count):
            both = (RhythmKind.GROUP_A.value, RhythmKind.GROUP_B.value)
            rhythms = both if number in turns else (RhythmKind.WEEKLY.value,)
            away = rank >= quiet.get((size_id, depot_id), count)
            yield Slot(by_rank[size_id], depots[depot_id], rhythms, away)
            number += 1


def _serve(world: World, places: list[Slot], start: date) -> None:
    """How each depot serves, on the day of its baskets."""
    taken: dict[int, int] = defaultdict(int)
    for one in places:
        taken[one.depot.pk] += 1
    at = moment(start, 8)
    DepotTerms.objects.bulk_create(
        DepotTerms(
            depot=depot, starts_on=start, weekday=(2, 4)[n % 2], opens=OPENS, closes=CLOSES,
            capacity=taken[depot.pk] + (0 if n < FULL else 6), charge=Money(150 if n % 5 == 4 else 0),
            recorded_at=at, key="demo",
        )
        for n, depot in enumerate(world.depots)
    )  # fmt: skip


def _agents(world: World, count: int, dice: Random) -> list[Agent]:
    """Pseudonyms; the first is that of the demo's member."""
    named = Agent.objects.filter(ecopole=world.ecopole, name__startswith="M-")
    known = set(named.values_list("name", flat=True))
    codes: dict[str, None] = {}
    while len(codes) < count - 1:
        code = "M-" + "".join(dice.choices(LETTERS, k=4))
        if code not in known:
            codes[code] = None
    eden = Membership.objects.select_related("agent").get(ecopole=world.ecopole, role=Role.MEMBER).agent
    made = Agent.objects.bulk_create(
        Agent(ecopole=world.ecopole, kind=AgentKind.PERSON, name=code) for code in codes
    )
    return [eden, *made]


def _settle(world: World, places: list[Slot], dice: Random, start: date, told: IsoWeek) -> None:
    """A household for each turn of each place, with its subscription; in August, some are away."""
    homes = [(one, rhythm) for one in places for rhythm in one.rhythms]
    names = [f"{first} {last}" for first, last in product(FIRST_NAMES, LAST_NAMES)]
    dice.shuffle(names)
    agents = _agents(world, len(homes), dice)
    at, pays = moment(start, 9), list(PayBy.values)
    # Eden takes a basket every week.
    homes.sort(key=lambda home: home[1] != RhythmKind.WEEKLY)
    members = Member.objects.bulk_create(
        Member(
            ecopole=world.ecopole, agent=agent, name=names[n % len(names)] if n else EDEN,
            email=f"foyer{n}@exemple.invalid" if n else world.users[Role.MEMBER].email,
            phone=f"01 99 00 {n // 100:02} {n % 100:02}", street=f"{n % 60 + 1} {STREETS[n % 5]}",
            postcode="62370", town=str(one.depot.commune or ""), pay_by=pays[n % 7 % 3],
            joined_on=start, key=f"demo:{n}",
        )
        for n, (agent, (one, _)) in enumerate(zip(agents, homes, strict=True))
    )  # fmt: skip
    agreements = Agreement.objects.bulk_create(
        Agreement(
            ecopole=world.ecopole, kind=AgreementKind.SUBSCRIPTION, provider=world.platform,
            receiver=member.agent, product=one.size.product, per=Per.WEEK, starts_on=start,
            key=f"subscription:{member.pk}:demo",
        )
        for member, (one, _) in zip(members, homes, strict=True)
    )  # fmt: skip
    held = Subscription.objects.bulk_create(
        Subscription(member=member, size=one.size, agreement=agreement, starts_on=start, key="demo")
        for member, agreement, (one, _) in zip(members, agreements, homes, strict=True)
    )
    SubscriptionTerms.objects.bulk_create(
        SubscriptionTerms(
            subscription=row, starts_on=start, depot=one.depot, rhythm=rhythm, recorded_at=at, key="demo"
        )
        for row, (one, rhythm) in zip(held, homes, strict=True)
    )
    august = [IsoWeek(year, HOLIDAYS[0]) for year in (told.year, told.year + 1)]
    Pause.objects.bulk_create(
        Pause(
            subscription=row, first_on=first.monday, last_on=(first + len(HOLIDAYS) - 1).sunday,
            recorded_at=at, key=f"demo:{first}",
        )
        for row, (one, _) in zip(held, homes, strict=True)
        if one.away
        for first in august
    )  # fmt: skip


def _share_counts(world: World, first: IsoWeek, this_week: IsoWeek) -> None:
    """Of what the depots count, the part of the members."""
    last = (this_week + 1).sunday
    wanted = counted(deliveries(world.ecopole, first.monday, last))
    rows = list(DepotCount.objects.filter(size__ecopole=world.ecopole, day__range=(first.monday, last)))
    for row in rows:
        row.subscribed = min(row.count, wanted.get((row.size_id, row.depot_id, row.day), 0))
    DepotCount.objects.bulk_update(rows, ["subscribed"], batch_size=500)


def _hand_over(world: World, sizes: list[BasketSize], first: IsoWeek, today: date) -> None:
    """Week after week, what was brought was taken, or kept now and then; the last evening waits."""
    keepers = {depot.agent_id for depot in world.depots}
    shelf = DepotShelf(world.ecopole, keepers, {size.product_id for size in sizes})
    yesterday = today - timedelta(days=1)
    for week in IsoWeek.range(first, IsoWeek.of(today)):
        last = min(week.sunday, yesterday)
        if last < week.monday:
            return
        due = [one for one in deliveries(world.ecopole, week.monday, last) if one.count]
        if week == IsoWeek.of(yesterday) and due:
            due = [one for one in due if (one.on, one.depot_id) != (due[-1].on, due[-1].depot_id)]
        found = [(one, lot) for one in due if (lot := shelf.take(one))]
        for rank, outcome in enumerate((Outcome.TAKEN, Outcome.KEPT)):
            part = [pair for n, pair in enumerate(found) if (n % 40 == 0) == bool(rank)]
            write(
                ecopole=world.ecopole, taken=part, outcome=outcome, solidarity=world.groceries[0].pk, by=None,
                at=moment(last, 20), key=f"demo:{week}:{outcome.value}",
            )  # fmt: skip


def _of_the_moment(world: World, sizes: list[BasketSize], today: date) -> None:
    """A sheet for the week, some changes of the next one, and a full depot where some wait."""
    Sheet.objects.create(
        ecopole=world.ecopole, week=IsoWeek.of(today).monday, news=NEWS, recipe_title=RECIPE[0],
        recipe=RECIPE[1], published_at=moment(today, 6),
    )  # fmt: skip
    at, week = moment(today, 6), IsoWeek.of(today) + 1
    held = Subscription.objects.filter(member__ecopole=world.ecopole).select_related("member__ecopole")
    some = {row.pk: row for row in held.order_by("id")[40:60]}
    coming = deliveries(world.ecopole, week.monday, week.sunday)
    changed = [one for one in coming if one.subscription_id in some and one.until > at][:6]
    for n, one in enumerate(changed):
        actions.change_delivery(
            subscription=some[one.subscription_id], day=one.day, kind="give" if n % 3 else "skip", by=None,
            at=at, key="demo",
        )  # fmt: skip
    for n in range(WAITING):
        person = actions.Person(
            f"{FIRST_NAMES[n]} Tiers", f"attente{n}@exemple.invalid", "", "1 rue du Canal", "62370",
            "Audruicq", "transfer",
        )  # fmt: skip
        actions.join(
            ecopole=world.ecopole, person=person, at=at + timedelta(minutes=n), key=f"demo-wait:{n}",
            wish=actions.Wish(sizes[0], world.depots[0], RhythmKind.WEEKLY, week.monday),
        )  # fmt: skip
