"""Baskets at 5,000 members: our pages, and lists beside juntagrico's: `python bench/baskets.py [members]`.

The same people, at the same depots, with the same baskets of two sizes, each house in its own SQLite and its
own process. Juntagrico is a platform of the same trade (LGPL), asked as its coordinator asks it.
"""

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from random import Random
from typing import Any, NamedTuple

from ledger import ROOT

MEMBERS, AT_A_DEPOT, ASKED = 5_000, 20, 20
TODAY, START = date.today(), date(2026, 1, 5)  # noqa: DTZ011 — the peer reads the clock
MS_MAX, SHOWN = 100, 100
OWN, ALL = "a member’s own page", "members, on a page"
EVENING, LISTS = "a depot’s list, on a page", "lists of every depot, PDF"
SIZES = ("petit", "grand")
FIRST = ("Anna", "Bilal", "Chloé", "Driss", "Eden", "Fanny")
LAST = ("Bécuwe", "Delattre", "Hochart", "Vasseur")


class Household(NamedTuple):
    number: int
    first: str
    last: str
    depot: int
    size: int

    @property
    def email(self) -> str:
        return f"foyer{self.number}@exemple.invalid"


def households(count: int) -> list[Household]:
    dice = Random(1)
    return [
        Household(
            n, dice.choice(FIRST), f"{dice.choice(LAST)}-{n}", n // AT_A_DEPOT, dice.randrange(len(SIZES))
        )
        for n in range(count)
    ]  # fmt: skip


class Measured(NamedTuple):
    """Processor time at the median and at the 95th percentile, the clock at the 95th, in ms."""

    cpu: float
    cpu95: float
    p95: float
    queries: int
    size: int


def measured(call: Callable[[], bytes], asked: int = ASKED) -> Measured:
    """Asked once for what takes long, with what it must read first; else once more than is measured."""
    from django.db import connection

    queries = [0]

    def counted(execute: Any, *more: Any) -> Any:
        queries[0] += 1
        return execute(*more)

    worked, times, told = [], [], b""
    with connection.execute_wrapper(counted):
        for _ in range(asked if asked == 1 else asked + 1):
            queries[0] = 0
            work, start = time.process_time(), time.perf_counter()
            told = call()
            worked.append((time.process_time() - work) * 1000)
            times.append((time.perf_counter() - start) * 1000)
    worked, times = worked[-asked:], times[-asked:]
    most = -(asked // 20) - 1
    told95 = (sorted(worked)[most], sorted(times)[most])
    return Measured(statistics.median(worked), *told95, queries[0], len(told))


def got(client: Any, url: str) -> Callable[[], bytes]:
    def call() -> bytes:
        response = client.get(url, follow=True)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        return bytes(response.content)

    return call


# --- ours -----------------------------------------------------------------------------------------------


def ours(count: int) -> None:
    from django.core.management import call_command
    from django.test import Client

    from terreau.measures.week import IsoWeek
    from terreau.rooms.baskets.actions import fill_counts
    from terreau.rooms.baskets.models import DepotTerms, Member
    from terreau.rooms.baskets.post import keeper_secret

    call_command("migrate", verbosity=0)
    made = _our_house(households(count))
    garden = made.client()
    row = Member.objects.order_by("pk")[count // 2]
    week = IsoWeek.of(TODAY)
    fill_counts(ecopole=made.house.ecopole, week=week, today=week.monday)
    made.known = {"Anna": row}
    member = made.as_member("Anna")
    depot = made.house.depots[0]
    keeper = keeper_secret(DepotTerms.objects.filter(depot=depot).latest("pk"))
    on = f"?jour={week.days[2]}"
    url = made.house.url
    pages = [
        (OWN, member, url("moi/")),
        ("a member’s own data", member, url("moi/donnees/")),
        ("a member’s file", member, url("moi/donnees/fichier")),
        (ALL, garden, url("membres/")),
        ("members, sought", garden, url("membres/?q=hochart-42")),
        ("a member, read by the garden", garden, url(f"membres/{row.pk}/")),
        (EVENING, garden, url(f"soirees/{depot.pk}/{on}")),
        ("the same by the keeper’s link", Client(), f"/paniers/depot/{keeper}/{on}"),
        ("evenings of the week", garden, url("soirees/")),
        ("counts of the depots", garden, url("depots/")),
        ("the public page", Client(), f"/paniers/{made.house.ecopole.slug}/"),
        ("joining", Client(), f"/paniers/{made.house.ecopole.slug}/rejoindre/"),
    ]
    for name, client, address in pages:
        client.defaults["HTTP_HOST"] = "localhost"
        _tell(name, measured(got(client, address)))
    _tell(LISTS, measured(got(garden, url(f"listes.pdf{on}")), 3))


def _our_house(people: list[Household]) -> Any:
    """Written in bulk, as the demo does."""
    from datetime import time as clock_time

    from django.utils import timezone

    from terreau.ledger.models import Agreement
    from terreau.measures.money import Money
    from terreau.rooms.baskets.models import DepotTerms, Member, Subscription, SubscriptionTerms
    from terreau.rooms.baskets.tests.members import make_members
    from terreau.territory.models import Agent, Place, PlaceKind

    made = make_members(capacity=200)
    house, ecopole, at = made.house, made.house.ecopole, timezone.now()
    number = people[-1].depot + 1
    keepers = Agent.objects.bulk_create(
        Agent(ecopole=ecopole, kind="depot", name=f"Dépôt {n:03}") for n in range(number)
    )
    house.depots = Place.objects.bulk_create(
        Place(
            ecopole=ecopole, agent=keeper, kind=PlaceKind.DEPOT, name=keeper.name, latitude=50.8,
            longitude=2.1,
        )
        for keeper in keepers
    )  # fmt: skip
    DepotTerms.objects.bulk_create(
        DepotTerms(
            depot=depot, starts_on=START, weekday=2, opens=clock_time(16), closes=clock_time(19),
            capacity=200, charge=Money(0), recorded_at=at, key="bench",
        )
        for depot in house.depots
    )  # fmt: skip
    agents = Agent.objects.bulk_create(
        Agent(ecopole=ecopole, kind="person", name=f"M-{one.number:05}") for one in people
    )
    members = Member.objects.bulk_create(
        Member(
            ecopole=ecopole, agent=agent, name=f"{one.first} {one.last}", email=one.email,
            joined_on=START, street="1 rue du Saule", postcode="62370", town="Audruicq", pay_by="transfer",
            key=f"{one.number}",
        )
        for one, agent in zip(people, agents, strict=True)
    )  # fmt: skip
    sizes = [house.sizes[size] for size in SIZES]
    agreements = Agreement.objects.bulk_create(
        Agreement(
            ecopole=ecopole, kind="subscription", provider=house.platform, receiver=agent, per="week",
            product=sizes[one.size].product, starts_on=START, key=f"subscription:{agent.pk}",
        )
        for one, agent in zip(people, agents, strict=True)
    )  # fmt: skip
    held = Subscription.objects.bulk_create(
        Subscription(member=member, size=sizes[one.size], agreement=agreement, starts_on=START, key="bench")
        for one, member, agreement in zip(people, members, agreements, strict=True)
    )
    SubscriptionTerms.objects.bulk_create(
        SubscriptionTerms(
            subscription=row, starts_on=START, depot=house.depots[one.depot], rhythm="weekly", recorded_at=at,
            key="bench",
        )
        for one, row in zip(people, held, strict=True)
    )  # fmt: skip
    return made


# --- the peer -------------------------------------------------------------------------------------------


def peer(count: int) -> None:
    import juntagrico_site  # noqa: F401 — its settings, before any import of its models
    from django.contrib.auth.models import Permission, User
    from django.core.management import call_command
    from django.template.loader import get_template
    from django.test import Client
    from juntagrico.entity.depot import Depot, DepotCoordinator
    from juntagrico.entity.member import Member
    from juntagrico.util.depot_list import depot_list_data
    from xhtml2pdf import pisa

    call_command("migrate", verbosity=0)
    _their_house(households(count))
    coordinator = Member.objects.order_by("pk")[0]
    User.objects.filter(pk=coordinator.user_id).update(is_staff=True)
    coordinator.user.user_permissions.set(Permission.objects.all())
    DepotCoordinator.objects.create(depot=Depot.objects.order_by("pk")[0], member=coordinator)
    garden, member = Client(), Client()
    garden.force_login(User.objects.get(pk=coordinator.user_id))
    member.force_login(Member.objects.order_by("pk")[count // 2].user)
    first = Depot.objects.order_by("pk")[0].pk
    _tell(OWN, measured(got(member, "/my/subscription/"), 5))
    _tell(EVENING, measured(got(garden, f"/manage/depot/{first}/subscription"), 3))
    _tell(ALL, measured(got(garden, "/manage/member/active"), 1))

    html = [b""]

    def lists() -> bytes:
        html[0] = get_template("exports/depotlist.html").render(depot_list_data()).encode()
        return html[0]

    def paper() -> bytes:
        made = io.BytesIO()
        pisa.CreatePDF(io.BytesIO(html[0]), dest=made)
        return made.getvalue()

    words, pdf = measured(lists, 1), measured(paper, 1)
    times = (words.cpu + pdf.cpu, words.cpu95 + pdf.cpu95, words.p95 + pdf.p95)
    _tell(LISTS, Measured(*times, words.queries, pdf.size))


def _their_house(people: list[Household]) -> None:
    from django.contrib.auth.models import User
    from juntagrico.entity.depot import Depot, Tour
    from juntagrico.entity.location import Location
    from juntagrico.entity.member import Member, SubscriptionMembership
    from juntagrico.entity.subs import Subscription, SubscriptionPart
    from juntagrico.entity.subtypes import (
        ProductSize,
        SubscriptionBundle,
        SubscriptionBundleProductSize,
        SubscriptionCategory,
        SubscriptionProduct,
        SubscriptionType,
    )

    where = Location.objects.create(name="Audruicq", latitude=50.8, longitude=2.1)
    tour = Tour.objects.create(name="mercredi", weekday=3)
    depots = Depot.objects.bulk_create(
        Depot(name=f"Dépôt {n:03}", weekday=3, location=where, capacity=200, tour=tour, sort_order=n)
        for n in range(people[-1].depot + 1)
    )
    product = SubscriptionProduct.objects.create(name="Panier")
    category = SubscriptionCategory.objects.create(name="Paniers")
    types = []
    for name in SIZES:
        size = ProductSize.objects.create(name=name, product=product)
        bundle = SubscriptionBundle.objects.create(long_name=name, category=category)
        SubscriptionBundleProductSize.objects.create(bundle=bundle, product_size=size)
        types.append(
            SubscriptionType.objects.create(
                name=name, long_name=name, bundle=bundle, shares=0, required_assignments=0, price=520
            )
        )
    users = User.objects.bulk_create(
        User(username=one.email, email=one.email, password="!") for one in people
    )
    members = Member.objects.bulk_create(
        Member(
            user=user, first_name=one.first, last_name=one.last, email=one.email,
            addr_street="1 rue du Saule", addr_zipcode="62370", addr_location="Audruicq",
            phone="01 99 00 00 01", confirmed=True,
        )
        for one, user in zip(people, users, strict=True)
    )  # fmt: skip
    held = [
        Subscription.objects.create(depot=depots[one.depot], activation_date=START, start_date=START)
        for one in people
    ]
    SubscriptionMembership.objects.bulk_create(
        SubscriptionMembership(member=member, subscription=row, join_date=START)
        for member, row in zip(members, held, strict=True)
    )
    SubscriptionPart.objects.bulk_create(
        SubscriptionPart(subscription=row, type=types[one.size], activation_date=START)
        for one, row in zip(people, held, strict=True)
    )
    for row, member in zip(held, members, strict=True):
        row.primary_member = member
    Subscription.objects.bulk_update(held, ["primary_member"])


# --- both -----------------------------------------------------------------------------------------------


def _tell(name: str, told: Measured) -> None:
    print(f"{name}\t{told.cpu}\t{told.cpu95}\t{told.p95}\t{told.queries}\t{told.size}", flush=True)


def _asked(which: str, count: int, folder: str) -> Iterator[tuple[str, Measured]]:
    environment = {
        **os.environ, "TERREAU_BENCH": which, "DATABASE_URL": f"sqlite:///{folder}/ours.sqlite3",
        "TERREAU_CLOCK": f"{TODAY}T09:00", "TERREAU_VAR": folder, "PEER_DB": f"{folder}/peer.sqlite3",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, __file__, str(count)], env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    for line in done.stdout.splitlines():
        name, *numbers = line.split("\t")
        yield name, Measured(*map(float, numbers[:3]), *map(int, numbers[3:]))


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {which: dict(_asked(which, count, folder)) for which in ("ours", "peer")}
    for which, rows in found.items():
        print(f"\n{which}, {count:,} members, {count // AT_A_DEPOT} depots")
        print(f"{'':<32}{'cpu':>9}{'cpu p95':>9}{'/100 ms':>9}{'clock':>9}{'queries':>9}{'size':>9}")
        for name, told in rows.items():
            print(
                f"{name:<32}{told.cpu:>9.1f}{told.cpu95:>9.1f}{told.cpu95 / MS_MAX:>9.2f}{told.p95:>9.1f}"
                f"{told.queries:>9}{told.size // 1024:>6} kB"
            )
    print(f"\n{'processor, ours ÷ theirs':<32}{'ratio':>9}")
    for name in (OWN, ALL, EVENING, LISTS):
        ratio = found["ours"][name].cpu / found["peer"][name].cpu
        # Ours shows the first hundred and seeks the others; theirs shows them all.
        each = f"{ratio * count / min(count, SHOWN):>9.3f} a row" if name is ALL else ""
        print(f"{name:<32}{ratio:>9.3f}{each}")


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS
    match os.environ.get("TERREAU_BENCH"):
        case "ours":
            import terreau.web.wsgi  # noqa: F401 — set up as the server is

            ours(asked)
        case "peer":
            peer(asked)
        case _:
            main(asked)
