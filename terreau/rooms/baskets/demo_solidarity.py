"""Solidarity in the demo: sixty households in two schemes, a pot, a request, prices to choose."""

from datetime import date, timedelta

from terreau.measures.money import Money
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.models import BasketSize, Enrolment, Regime, Scheme, Subscription
from terreau.rooms.baskets.shares import Part
from terreau.territory.clock import moment
from terreau.territory.demo import World, invented_siret
from terreau.territory.models import Agent, AgentKind

PAYERS = (
    (AgentKind.AUTHORITY, "CCAS d’Audruicq"), (AgentKind.AUTHORITY, "CAF"), (AgentKind.AUTHORITY, "MSA"),
    (AgentKind.ASSOCIATION, "Fonds des paniers solidaires"),
)  # fmt: skip
THIRDS, ONE_EURO = 45, 15
# Of who is in a scheme: one decision in ten has expired, one in three soon will.
QUOTIENTS = ("moins de 400 €", "de 400 à 599 €", "de 600 à 799 €")
LEFT = ("moins de 3 € par jour", "de 3 à 6 € par jour")


def live(world: World, sizes: list[BasketSize], start: date, since: date, today: date) -> None:
    """`start`: the first prices; `since`: the first basket noted."""
    at = moment(start, 8)
    ccas, caf, msa, fund = (_payer(world, number, *who) for number, who in enumerate(PAYERS))
    third, rest = Part(1, 3), Part(amount=Money(900))
    thirds = _scheme(
        world, "Paniers solidaires", None, third, "quotient", QUOTIENTS, start, today,
        actions.PayerEntry(ccas, third, Money(400000)), actions.PayerEntry(fund, third, remainder=True),
    )  # fmt: skip
    one_euro = _scheme(
        world, "Panier à un euro", sizes[0], Part(amount=Money(100)), "left", LEFT, start, today,
        actions.PayerEntry(caf, rest, None, Regime.CAF, True),
        actions.PayerEntry(msa, rest, None, Regime.MSA, True),
    )  # fmt: skip
    relay = _scheme(
        world, "Relais, moitié prix", None, Part(1, 2), "quotient", QUOTIENTS, start, today,
        actions.PayerEntry(ccas, Part(1, 2), Money(100000), remainder=True),
    )  # fmt: skip
    actions.set_solidarity(
        ecopole=world.ecopole, starts_on=start, holder=fund, after="scheme", fallback=relay, remind_days=30,
        source="conseil d’administration", at=at, key="demo",
    )  # fmt: skip
    actions.set_sliding(
        size=sizes[-1], starts_on=start, lowest=Money(1500), highest=Money(3000), needed=Money(1900),
        source="calcul du jardin, assemblée générale", today=today,
    )  # fmt: skip
    _enrol(world, thirds, one_euro, ccas, since, today)
    early = moment(since, 8)
    actions.give_to_pot(
        ecopole=world.ecopole, giver=world.groceries[0], euros=Money(60000),
        until=date(today.year + 1, 12, 31), by=None, at=early, key="demo",
    )  # fmt: skip
    now = moment(today, 6)
    actions.settle_pot(ecopole=world.ecopole, at=now)
    link = actions.open_link(
        ecopole=world.ecopole, agent=ccas, until=today + timedelta(days=180), at=now, key="demo"
    )
    actions.refer(
        referrer=link, scheme=thirds, name="Foyer Wallart", contact="01 99 00 77 77", band=QUOTIENTS[0],
        regime="", months=6, at=now, key="demo",
    )  # fmt: skip


def _payer(world: World, number: int, kind: str, name: str) -> Agent:
    return Agent.objects.create(
        ecopole=world.ecopole, kind=kind, name=name, commune=world.groceries[0].commune,
        siret=invented_siret(9000 + number), email=f"payeur{number}@exemple.invalid",
    )  # fmt: skip


def _scheme(
    world: World, name: str, size: BasketSize | None, household: Part, criterion: str,
    bands: tuple[str, ...], start: date, today: date, *payers: actions.PayerEntry,
) -> Scheme:  # fmt: skip
    entry = actions.SchemeEntry(
        name, start, date(today.year + 1, 12, 31), size, criterion, bands, household, payers
    )
    at = moment(start, 8)
    return actions.add_scheme(ecopole=world.ecopole, entry=entry, at=at, key=f"demo:{name}")


def _enrol(world: World, thirds: Scheme, one_euro: Scheme, ccas: Agent, since: date, today: date) -> None:
    """In bulk: small baskets for one euro, all sizes by thirds; the first member is in none."""
    held = Subscription.objects.filter(member__ecopole=world.ecopole).order_by("id")
    small = list(held.filter(size=one_euro.size).values_list("member_id", flat=True)[1 : ONE_EURO + 1])
    others = held.exclude(member__in=small).values_list("member_id", flat=True)[30 : 30 + THIRDS]
    at = moment(since, 8)
    regimes = list(Regime.values)
    told: list[tuple[Scheme, int, tuple[str, ...], str]] = []
    told += [(one_euro, pk, LEFT, regimes[n % 3 == 0]) for n, pk in enumerate(small)]
    told += [(thirds, pk, QUOTIENTS, "") for pk in others]
    Enrolment.objects.bulk_create(
        Enrolment(
            scheme=scheme, member_id=pk, referrer=ccas, band=bands[n % len(bands)], regime=regime,
            starts_on=since, ends_on=max(since, today + timedelta(days=_left(n))), recorded_at=at, key="demo",
        )
        for n, (scheme, pk, bands, regime) in enumerate(told)
    )  # fmt: skip


def _left(rank: int) -> int:
    """Days until a decision ends."""
    if rank % 10 == 9:
        return -10
    return 20 if rank % 3 == 0 else 120
