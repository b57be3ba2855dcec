"""A test from application to settling: what it writes in the ledger, what it refuses, the same form twice."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from terreau.ledger.actions import NewProcess, Promise, open_processes, promise, reverse
from terreau.ledger.audit import differences
from terreau.ledger.models import Agreement, Commitment, Event, Lot, ProcessKind
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import Booking, Contract, Exit, Installation, Project, StepKind
from terreau.rooms.incubator.queries.books import book, stock_left
from terreau.rooms.incubator.queries.contracts import ceiling, mentions, supported
from terreau.rooms.incubator.queries.people import state_of
from terreau.rooms.incubator.tests.factories import (
    ALL_CLAUSES,
    NOW,
    OWN_SIRET,
    START,
    TODAY,
    draft,
    hand,
    make_couveuse,
    sign,
    terms,
)
from terreau.territory.models import Commune, Quality

JULY = date(2026, 7, 6)


@pytest.fixture
def house(db):
    return make_couveuse()


def refused(words: str):
    """Said in these words, whatever the width of their spaces."""
    return pytest.raises(actions.IncubatorRefused, match=words.replace(" ", r"\s"))


def test_steps_are_dated_facts_written_once(house):
    project = house.candidate()
    once = hand("met-once")
    for _ in range(2):
        actions.meet(project=project, on=TODAY, note="projet mûr", hand=once)
    actions.meet(project=project, on=TODAY, note="budget relu", hand=hand())
    with refused("de deux à quatre lettres"):
        actions.accept(project=project, prefix="M1", tutor=house.tutor, on=TODAY, hand=hand())
    actions.accept(project=project, prefix="men", tutor=house.tutor, on=TODAY, hand=hand())
    assert [step.kind for step in project.steps.order_by("id")] == ["applied", "met", "met", "accepted"]
    assert (project.agent.name, project.prefix) == ("La Menthe", "MEN")
    with refused("déjà « accepté »"):
        actions.decline(project=project, note="trop loin", on=TODAY, hand=hand())
    with refused("autre nom de projet"):
        house.candidate("La Menthe")
    with refused("marque déjà les lots"):
        house.accepted("Le Radis", "MEN")
    other = Project.objects.get(title="Le Radis")
    with refused("dites pourquoi"):
        actions.decline(project=other, note="", on=TODAY, hand=hand())
    with refused("n’est pas encore venu"):
        actions.meet(project=other, on=TODAY + timedelta(days=1), note="", hand=hand())
    with refused("précède le"):
        actions.meet(project=other, on=START - timedelta(days=90), note="", hand=hand())


def test_a_contract_is_signed_once_it_says_all_it_must_then_is_fixed(house):
    project = house.accepted()
    short = {code: text for code, text in ALL_CLAUSES.items() if code not in ("termination", "social")}
    contract = draft(project, clauses=short, ceiling=None)
    with refused("(?s)Rupture anticipée.*cotisations sociales.*montant maximal"):
        sign(contract)
    with refused("attend déjà d’être signé"):
        draft(project)
    actions.draft(project=project, contract=contract, terms=terms(), hand=hand())
    signed = sign(contract)
    assert sign(contract) == signed
    agreement = Agreement.objects.get()
    assert (agreement.kind, agreement.promised_value) == ("support", Money(100_000))
    assert (agreement.provider, agreement.receiver) == (house.agent, project.agent)
    with refused("ne change plus"):
        actions.draft(project=project, contract=contract, terms=terms(), hand=hand())
    assert mentions(signed)[1].endswith("SIRET 00000000000018")


def test_a_contract_that_invoices_must_say_is_told_to_who_invoices(house):
    contract = house.under_contract().contracts.get()
    told = supported([contract.agreement_id, 0])
    assert list(told) == [contract.agreement_id]
    found = told[contract.agreement_id]
    assert (found.holder, found.incubator) == (contract.project.title, contract.project.incubator)
    assert (found.starts_on, found.ends_on) == (contract.starts_on, contract.ends_on)


def test_two_renewals_and_no_third(house):
    project = house.under_contract()
    for start, end in ((date(2027, 3, 1), date(2028, 2, 29)), (date(2028, 3, 1), date(2029, 2, 28))):
        sign(draft(project, starts_on=start, ends_on=end))
    with refused("déjà renouvelé 2 fois"):
        draft(project, starts_on=date(2029, 3, 1), ends_on=date(2029, 6, 30))
    ranks = Contract.objects.filter(project=project).values_list("rank", flat=True)
    assert list(ranks) == [0, 1, 2]
    # Another status has no such limit, but its own first period.
    other = draft(
        project,
        status="cotisant_solidaire",
        starts_on=date(2029, 3, 1),
        ends_on=date(2030, 2, 28),
        clauses={},
    )
    assert other.rank == 0


def test_a_contract_broken_frees_its_days_and_closes_its_facts(house):
    project = house.under_contract()
    contract = project.contracts.get()
    with refused("dites pourquoi|Dites pourquoi"):
        actions.break_off(contract=contract, on=JULY, why="", hand=hand())
    for _ in range(2):
        actions.break_off(contract=contract, on=JULY, why="emploi trouvé", hand=hand())
    with refused("n’a pas de contrat signé en cours le 7 juil. 2026"):
        actions.work(
            project=project, lines=[actions.HourLine(Decimal(2), JULY + timedelta(days=1))], hand=hand()
        )
    sign(draft(project, starts_on=date(2026, 8, 1), ends_on=date(2027, 7, 31)))


def test_what_is_grown_is_the_couveuses_until_registration_then_the_person_s(house):
    project = house.under_contract()
    loan = house.lend(project)
    house.lived(project, loan)
    lot = Lot.objects.get()
    assert (lot.code, lot.producer, lot.origin, lot.quality) == (
        "MEN-26187-CAR-01", project.agent, house.beds[0], Quality.ORGANIC,
    )  # fmt: skip
    grown, sold, fee = Event.objects.order_by("id")[:3]
    assert (grown.provider, grown.receiver) == (project.agent, house.agent)
    assert (sold.provider, sold.receiver, sold.price) == (house.agent, house.shop, Money(2_400))
    assert (fee.receiver, fee.price) == (project.agent, Money(240))
    for _ in range(2):
        actions.register(project=project, siret=OWN_SIRET, on=TODAY, hand=hand("registered"))
    sale = actions.SaleLine(house.shop, house.carrot, Decimal(18), Money(3_600), TODAY)
    alone = actions.sell(project=project, lines=[sale], hand=hand())[0]
    assert alone.provider == project.agent
    with refused("il ne reste rien"):
        actions.sell(project=project, lines=[sale], hand=hand())
    lines = book(project, START, TODAY).lines
    assert stock_left(lines) == {}
    assert list(differences(house.ecopole)) == []


def test_the_books_add_up_by_hand(house):
    """24 € sold, 2,40 € to the couveuse, 15 € of seeds, 5,5 m³ at 0,45 €: 4,12 € are left, for 7 hours."""
    project = house.under_contract()
    house.lived(project, house.lend(project))
    at = timezone.make_aware(datetime(2026, 7, 6, 8))
    booking = actions.book(
        project=project, equipment=house.tap(), starts_at=at, ends_at=at + timedelta(hours=2), hand=hand()
    )
    for _ in range(2):
        actions.count(booking=booking, quantity=Decimal("5.5"), hand=hand("count"))
    actions.support(
        project=project, training=True, topic="lire un bilan", hours=Decimal(3), on=TODAY, hand=hand()
    )
    told = book(project, START, TODAY)
    assert (told.sales, told.charges, told.balance) == (Money(2_400), Money(240 + 1_500 + 248), Money(412))
    assert (told.hours, told.support) == (Decimal(7), Decimal(3))
    crops = told.crops()
    assert (crops[house.carrot.pk].margin, crops[None].margin) == (Money(660), Money(-248))
    assert crops[house.carrot.pk].per_hour == Money(110)
    assert told.by_month() == {7: Money(412), 11: Money(0)}
    water = Event.objects.get(product__code="couveuse-eau")
    assert (water.quantity, water.provider) == (Decimal(5500), house.garden)
    # Undone, the meter may be read again.
    booking.refresh_from_db()
    reverse(ecopole=house.ecopole, events=[booking.event], by=None, at=NOW, key="undo")
    actions.count(booking=booking, quantity=Decimal(6), hand=hand())
    assert book(project, START, TODAY).charges == Money(240 + 1_500 + 270)


def test_commitments_stop_at_the_ceiling(house):
    project = house.under_contract()

    def commit(cents: int) -> None:
        actions.commit(
            project=project, supplier="Serres", what="bâche", amount=Money(cents), on=JULY, hand=hand()
        )

    commit(79_999)
    assert not ceiling(project.contracts.get()).near
    commit(20_000)
    assert ceiling(project.contracts.get()).near
    with refused("il reste 0,01 € sous le plafond"):
        commit(2)
    last = Event.objects.latest("id")
    reverse(ecopole=house.ecopole, events=[last], by=None, at=NOW, key="undo")
    commit(2)


def test_a_bed_is_lent_once_at_a_time(house):
    mint, radish = house.under_contract(), house.under_contract("Le Radis", "RAD")
    house.lend(mint)
    with refused("déjà en prêt à La Menthe"):
        house.lend(radish, starts_on=date(2026, 12, 31), ends_on=date(2027, 6, 30))
    house.lend(radish, starts_on=date(2027, 1, 1), ends_on=date(2027, 6, 30))
    assert Agreement.objects.filter(kind="loan", provider=house.garden).count() == 2
    house.lend(radish, 1)
    line = actions.HarvestLine(mint.loans.get(), house.carrot, Decimal(1), JULY)
    with refused("aucun prêt à Le Radis"):
        actions.harvest(project=radish, lines=[line], hand=hand())


def test_a_bed_where_the_garden_still_grows_is_not_lent(house):
    planting = NewProcess(ProcessKind.PLANTING, "leeks", place_id=house.beds[0].pk, agent_id=house.garden.pk)
    process = open_processes(ecopole=house.ecopole, processes=[planting])[0]
    due = Promise(
        "produce", house.garden.pk, house.garden.pk, house.carrot.pk, Decimal(9), Unit.KG, date(2026, 12, 1),
        "leeks", process_id=process.pk,
    )  # fmt: skip
    promise(ecopole=house.ecopole, promises=[due])
    project = house.accepted()
    with refused("y a encore une culture, jusqu’au 1er déc. 2026"):
        house.lend(project)
    assert Commitment.objects.count() == 1
    house.lend(project, starts_on=date(2026, 12, 2))


def test_water_and_machines_are_booked_without_clash(house):
    mint, radish = house.under_contract(), house.under_contract("Le Radis", "RAD")
    tap, eight = house.tap(), timezone.make_aware(datetime(2026, 11, 27, 8))

    def book_(project, start: int, hours: int) -> Booking:
        start_ = eight + timedelta(hours=start)
        return actions.book(
            project=project, equipment=tap, starts_at=start_, ends_at=start_ + timedelta(hours=hours),
            hand=hand(),
        )  # fmt: skip

    first = book_(mint, 0, 2)
    with refused("déjà réservé le 27 nov. 2026 de 08"):
        book_(radish, 1, 2)
    book_(radish, 2, 1)
    actions.cancel_booking(booking=first, hand=hand())
    book_(radish, 0, 1)
    with refused("est annulée"):
        actions.count(booking=first, quantity=Decimal(1), hand=hand())
    with refused("avant le début"):
        book_(mint, 5, 0)
    with refused("n’est pas encore venue"):
        actions.count(booking=book_(mint, 24, 1), quantity=Decimal(1), hand=hand())
    actions.mend(equipment=tap, broken_since=TODAY)
    with refused("en panne depuis"):
        book_(mint, 8, 1)
    with refused("est passé"):
        actions.set_rate(equipment=tap, since=START, price=Money(50), hand=hand())
    actions.set_rate(equipment=tap, since=TODAY, price=Money(50), hand=hand())
    with refused("a déjà un tarif"):
        actions.set_rate(equipment=tap, since=TODAY, price=Money(60), hand=hand())


def test_who_settles_says_where_and_news_are_heard_in_time(house):
    project = house.under_contract()
    house.lend(project)
    settled = actions.Settled(Commune.objects.get(), Decimal(2), Decimal("1.5"), Decimal(2))
    leave = {"project": project, "exit": Exit.SETTLED, "note": "", "on": date(2026, 10, 31)}
    with refused("sur combien d’hectares"):
        actions.leave(**leave, hand=hand())
    with refused("plus d’emplois non délocalisables"):
        actions.leave(**leave, hand=hand(), settled=settled)
    settled = actions.Settled(Commune.objects.get(), Decimal(2), Decimal("1.5"), Decimal(1))
    actions.leave(**leave, hand=hand(), settled=settled)
    assert state_of(project) == StepKind.LEFT
    assert project.contracts.get().last_day == project.loans.get().ends_on == date(2026, 10, 31)
    assert Installation.objects.get().anchored == 1
    news = {
        "project": project, "years": 1, "state": "active", "hectares": Decimal(3), "jobs": Decimal(2),
        "anchored": Decimal(2),
    }  # fmt: skip
    later = timezone.make_aware(datetime(2027, 11, 1, 9))
    with refused("attendues à partir du 31 oct. 2027"):
        actions.hear(**news, on=TODAY, hand=hand())
    for _ in range(2):
        actions.hear(**news, on=date(2027, 10, 31), hand=hand(at=later))
    assert project.follow_ups.count() == 1
