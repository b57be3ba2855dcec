"""Commons and solidarity after the fair share, worked by hand on the road of `test_shares`.

Les Aulnes have 2 crates aboard and pay 14.46 €, La Butte 3 crates and 43.36 €, of a road of 57.82 €.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.engines.shares import Problem, Shares, verify
from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.planning.models import CommonAmount, CommonsKey, SharingVote, SolidarityRule, TourShares
from terreau.planning.shares.actions import SharingRefused, close_month
from terreau.planning.shares.reading import month_read
from terreau.planning.shares.terms import Agreed
from terreau.planning.shares.tours import Driven, Halt, Road
from terreau.planning.shares.trials import resettled, try_vote
from terreau.planning.shares.votes import say_common, vote_commons, vote_solidarity
from terreau.planning.tests.factories import Village
from terreau.planning.tests.road import DAY, NOW, OCTOBER, TODAY, counted, drove, one_road, paid, url
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Ecopole
from terreau.territory.tests.factories import someone

WRITTEN = {"minutes": "PV du 12 mars", "by": None, "at": NOW}


@pytest.fixture
def road(here) -> Village:
    one_road(here)
    Agent.objects.filter(ecopole=here.ecopole).update(commune=None)
    return here


def keyed(
    v: Village, rule: str = "crates", since: date = OCTOBER, key: str = "vote-communs", empty: bool = False
) -> SharingVote:
    said = {"rule": rule, "empty_room": empty, "starts_on": since, "key": key}
    return vote_commons(ecopole=v.ecopole, **said, **WRITTEN)


def rent(v: Village, euros: str = "10", key: str = "loyer-1", name: str = "Loyer du quai") -> CommonAmount:
    said = {"name": name, "amount": Money.from_euros(euros), "reason": "Bail", "key": key}
    return say_common(ecopole=v.ecopole, month=OCTOBER, **said, by=None, at=NOW)


def helping(
    v: Village, cap: str = "10", levy: str = "2", helped: tuple[str, ...] = ("butte",), key: str = "vote-soli"
) -> SharingVote:
    amounts = {"cap": Money.from_euros(cap), "levy": Money.from_euros(levy)}
    who = [v.agents[name].pk for name in helped]
    said = {**amounts, "helped": who, "starts_on": OCTOBER, "key": key}
    return vote_solidarity(ecopole=v.ecopole, **said, **WRITTEN)


def accepted(row: TourShares) -> bool:
    return verify(
        Problem.from_json(TourShares.objects.get(pk=row.pk).problem), Shares.from_json(row.shares)
    ).accepted


def test_the_rent_goes_by_crates_and_is_a_line_of_its_own(road):
    """10 € for 5 crates: 4 € for two, 6 € for three."""
    counted(road)
    rent(road)
    keyed(road)
    assert month_read(road.ecopole, OCTOBER).stale == 1
    row = counted(road)
    assert accepted(row)
    month = month_read(road.ecopole, OCTOBER)
    assert {part.name: part.commons.cents for part in month.parts} == {"Aulnes": 400, "Butte": 600}
    assert paid(road) == {"Aulnes": Money(1846), "Butte": Money(4936)}
    assert (month.real, month.whole.total, month.stale) == (Money(5782), Money(6782), 0)
    assert "4,00\u00a0€ de commun" in month.tours[0].parts[1].sentence


@pytest.mark.parametrize(("rule", "aulnes"), [("stops", 500), ("presences", 500), ("none", 0)])
def test_other_keys(road, rule, aulnes):
    """One stop each, both aboard: halves. Nothing in common: nothing is paid."""
    rent(road)
    keyed(road, rule)
    counted(road)
    month = month_read(road.ecopole, OCTOBER)
    assert next(p for p in month.parts if p.name == "Aulnes").commons == Money(aulnes)


def test_the_last_word_of_an_amount_counts_and_zero_takes_it_back(road):
    assert rent(road).pk == rent(road).pk  # the same form twice
    rent(road, "12", "loyer-2")
    rent(road, "3", "heures-1", "Heures invendues")
    said = month_read(road.ecopole, OCTOBER).said
    assert [(row.name, row.amount.cents) for row in said] == [
        ("Loyer du quai", 1200),
        ("Heures invendues", 300),
    ]
    rent(road, "0", "loyer-3")
    assert [row.name for row in month_read(road.ecopole, OCTOBER).said] == ["Heures invendues"]
    assert CommonAmount.objects.count() == 4


def with_room(v: Village, day: str, crates: int) -> None:
    due = {name: Event.objects.get(key=f"d-{name}-{DAY}-0").fulfils_id for name in ("aulnes", "butte")}
    stops = [("école", [due["aulnes"]]), ("collège", [due["butte"]])]
    drove(v, stops, plan="plan-2", vehicle={"day": day, "crates": crates})


def test_empty_room_leaves_the_shares_and_comes_back_by_the_key(road):
    """A day of 20 € for ten crates, five of them filled: 10 € leave the shares."""
    with_room(road, "20", 10)
    keyed(road, "presences", empty=True)
    row = counted(road)
    assert accepted(row)
    month = month_read(road.ecopole, OCTOBER)
    assert month.empty_room == Money(1000)
    assert {part.name: part.commons.cents for part in month.parts} == {"Aulnes": 500, "Butte": 500}
    assert month.whole.total == month.real == Money(7782)


def test_a_vehicle_that_is_full_or_says_no_room_has_nothing_empty(road):
    keyed(road, empty=True)
    counted(road)
    assert month_read(road.ecopole, OCTOBER).empty_room == Money(0)
    with_room(road, "20", 4)
    counted(road)
    assert month_read(road.ecopole, OCTOBER).empty_room == Money(0)


def test_own_vehicles_that_cost_less_than_a_day_bound_the_empty_room(road):
    """At home beside its school, each would go by itself: the tour costs less than the vehicle's day."""
    commune = road.ecopole.commune
    type(commune).objects.filter(pk=commune.pk).update(latitude=50.15, longitude=2.0)
    Agent.objects.filter(ecopole=road.ecopole).update(commune=commune)
    with_room(road, "200", 1000)
    keyed(road, empty=True)
    row = counted(road)
    assert accepted(row)
    month = month_read(road.ecopole, OCTOBER)
    assert month.empty_room == month.real < Money(20000)


def test_solidarity_moves_what_the_levy_allows(road):
    """La Butte would pay 30 € at most for three crates; les Aulnes give 2 € for each of two crates."""
    helping(road)
    row = counted(road)
    assert accepted(row)
    month = month_read(road.ecopole, OCTOBER)
    moved = {part.name: part.solidarity.cents for part in month.parts}
    assert moved == {"Aulnes": 400, "Butte": -400}
    assert (month.moved, month.whole.solidarity) == (Money(400), Money(0))
    assert paid(road) == {"Aulnes": Money(1846), "Butte": Money(3936)}


def test_a_vote_with_nobody_to_help_ends_solidarity(road):
    helping(road)
    helping(road, helped=(), key="vote-fin")
    counted(road)
    assert paid(road) == {"Aulnes": Money(1446), "Butte": Money(4336)}
    assert SharingVote.objects.latest("pk").rule == SolidarityRule.NONE


def test_what_is_tried_is_what_counting_then_gives(road):
    counted(road)
    rent(road)
    keyed(road)
    counted(road)
    vote = SharingVote(
        step="solidarity", rule="cap", cap=Money(1000), levy=Money(200), starts_on=OCTOBER,
        helped=[road.agents["butte"].pk],
    )  # fmt: skip
    trial = try_vote(road.ecopole, OCTOBER, TODAY, vote)
    assert [(row.name, row.road.cents, row.before.cents, row.after.cents) for row in trial.rows] == [
        ("Butte", 4336, 4936, 4536),
        ("Aulnes", 1446, 1846, 2246),
    ]
    assert trial.whole.change == Money(0)
    assert not SharingVote.objects.filter(step="solidarity").exists()
    helping(road)
    counted(road)
    assert paid(road) == {row.name: row.after for row in trial.rows}
    halves = SharingVote(step="commons", rule="presences", starts_on=OCTOBER)
    tried = try_vote(road.ecopole, OCTOBER, TODAY, halves, Money(2000))
    assert tried.whole.after == Money(7782)


def test_a_closed_month_takes_no_vote_and_no_amount(road):
    rent(road)
    keyed(road)
    counted(road)
    done = close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    assert {a.provider.name: a.promised_value.cents for a in done} == {"Aulnes": 1846, "Butte": 4936}
    assert "communs" in done[0].note
    for refused in (
        lambda: rent(road, "12", "loyer-2"),
        lambda: keyed(road, key="vote-2"),
        lambda: helping(road),
    ):
        with pytest.raises(SharingRefused, match="arrêté"):
            refused()
    keyed(road, "presences", date(2026, 11, 1), "vote-3")
    assert month_read(road.ecopole, OCTOBER).stale == 0


def test_a_month_with_other_commons_is_counted_before_it_is_closed(road):
    keyed(road)
    counted(road)
    rent(road)
    with pytest.raises(SharingRefused, match="communs"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)


def test_votes_that_cannot_hold_are_refused(road):
    with pytest.raises(SharingRefused, match="premier du mois"):
        keyed(road, since=DAY)
    with pytest.raises(SharingRefused, match="Choisissez"):
        keyed(road, "au-hasard")
    with pytest.raises(SharingRefused, match="zéro au moins"):
        helping(road, levy="-1")
    assert not SharingVote.objects.exists()
    assert keyed(road).pk == keyed(road).pk
    assert helping(road).pk == helping(road).pk


KILOS = st.decimals("0.001", 400, places=3)
HALTS = st.lists(st.dictionaries(st.integers(1, 6), KILOS, min_size=1), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60)
@given(
    tours=st.lists(HALTS, min_size=1, max_size=6),
    rule=st.sampled_from(["crates", "stops", "presences"]),
    cents=st.integers(0, 10**7),
    caps=st.tuples(st.integers(0, 2000), st.integers(0, 500)),
    real=st.integers(0, 10**6),
)  # fmt: skip
def test_every_cent_of_the_commons_and_of_solidarity_is_found_again(tours, rule, cents, caps, real):
    votes = [
        SharingVote(step="commons", rule=rule, empty_room=True, starts_on=OCTOBER),
        SharingVote(step="solidarity", rule="cap", cap=Money(caps[0]), levy=Money(caps[1]), helped=[1, 2],
                    starts_on=OCTOBER),
    ]  # fmt: skip
    driven = [_driven(n, halts) for n, halts in enumerate(tours)]
    terms = Agreed(Ecopole(), OCTOBER, DAY, votes, Money(cents)).of(driven)
    rents = [c.amount.cents for found in terms.values() for c in found.commons if not c.out_of_tour]
    assert sum(rents) == cents
    for tour in driven:
        actors = sorted(tour.aboard)
        fair = [real // len(actors)] * len(actors)
        lines = [
            {"actor": str(a), "fair": {"cents": f}, "correction": {"cents": 0}}
            for a, f in zip(actors, fair, strict=True)
        ]
        own = terms[tour.process_id]
        after = resettled(tour, {"lines": lines, "real": {"cents": sum(fair)}}, own)
        added = sum(c.amount.cents for c in own.commons if not c.out_of_tour)
        assert sum(amount.cents for amount in after) == sum(fair) + added


def _driven(n: int, halts: list[dict[int, Decimal]]) -> Driven:
    road = Road(Decimal(10), None, None, "diesel", Decimal(8), False)
    stops = tuple(Halt(k, 1, k, 600, kilos) for k, kilos in enumerate(halts))
    return Driven(
        n, f"t{n}", DAY, "Fourgon", "plan", "1", 0, Money(4500), Decimal(1), Decimal(24), 40, road, stops
    )


@pytest.mark.parametrize(
    ("write", "name", "broken"),
    [
        (keyed, "sharing_vote_rule_known", {"rule": "cap"}),
        (helping, "sharing_vote_empty_room_is_a_common", {"empty_room": True}),
        (helping, "sharing_vote_cap_of_solidarity", {"cap": None}),
        (helping, "sharing_vote_cap_of_solidarity", {"levy": Money(-1)}),
        (keyed, "sharing_vote_cap_of_solidarity", {"cap": Money(1)}),
        (rent, "common_amount_not_negative", {"amount": Money(-1)}),
        (rent, "common_amount_says_what_and_why", {"name": ""}),
        (rent, "common_amount_says_what_and_why", {"reason": ""}),
    ],
)
def test_the_database_refuses(road, write, name, broken):
    row = write(road)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**broken)


def test_the_database_refuses_the_same_amount_twice(road):
    """common_amount_key_once"""
    row = rent(road)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# Pages.


def test_commons_are_tried_then_voted_from_their_page(road, alice):
    counted(road)
    page = alice.get(url(road, "communs/")).content.decode()
    assert "Aucune clé n’est votée" in page
    assert "Écrire ce vote" not in page  # nothing is voted that was not tried
    page = alice.get(url(road, "communs/?rule=crates&amount=10")).content.decode()
    assert "18,46" in page
    assert "Écrire ce vote" in page
    sent = {
        "key": "vote-page-1",
        "rule": "crates",
        "amount": "10",
        "starts_on": "02/10/2026",
        "minutes": "PV du 12",
    }
    refused = alice.post(url(road, "communs/voter"), sent)
    assert refused.status_code == 422
    assert "premier du mois" in refused.content.decode()
    assert "PV du 12" in refused.content.decode()
    assert alice.post(url(road, "communs/voter"), sent | {"starts_on": "01/10/2026"}).status_code == 302
    assert SharingVote.objects.get().rule == CommonsKey.CRATES
    assert "Selon les caisses" in alice.get(url(road, "communs/")).content.decode()


def test_solidarity_is_tried_then_voted_from_its_page(road, alice):
    counted(road)
    butte = road.agents["butte"].pk
    page = alice.get(url(road, f"solidarite/?helped={butte}&cap=10&levy=2")).content.decode()
    assert "39,36" in page
    wrong = alice.get(url(road, f"solidarite/?helped={butte}&cap=&levy=-2"))
    assert wrong.status_code == 422
    sent = {
        "key": "vote-page-1",
        "helped": [butte],
        "cap": "10",
        "levy": "2",
        "starts_on": "01/10/2026",
        "minutes": "",
    }
    refused = alice.post(url(road, "solidarite/voter"), sent)
    assert refused.status_code == 422
    assert alice.post(url(road, "solidarite/voter"), sent | {"minutes": "PV du 12"}).status_code == 302
    page = alice.get(url(road, "solidarite/")).content.decode()
    assert "Butte paie au plus 10,00\u00a0€ la caisse" in page


def test_an_amount_is_said_on_the_page_of_its_month(road, alice):
    counted(road)
    sent = {"key": "loyer-page-1", "name": "Loyer du quai", "amount": "x", "reason": "Bail"}
    refused = alice.post(url(road, "2026-10/commun"), sent)
    assert refused.status_code == 422
    assert "Loyer du quai" in refused.content.decode()
    assert alice.post(url(road, "2026-10/commun"), sent | {"amount": "10"}).status_code == 302
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "ces montants ne sont pas partagés" in page


def test_each_step_is_a_line_on_the_month_the_tour_and_the_sheet(road, client, django_assert_max_num_queries):
    rent(road)
    keyed(road)
    helping(road)
    row = counted(road)
    pages = {}
    for who, rests in (
        (road.users["alice"], ("?mois=2026-10", f"tournee/{row.pk}/")),
        (someone("b@hameau.example.org", road.agents["butte"], Role.FARMER), ("ma-fiche/?mois=2026-10",)),
    ):
        client.force_login(who)
        for rest in rests:
            client.get(url(road, rest))
            with django_assert_max_num_queries(12):
                pages[rest] = client.get(url(road, rest)).content.decode()
    for page in pages.values():
        assert "Communs" in page
        assert "6,00\u00a0€" in page  # La Butte's rent
        assert "−4,00\u00a0€" in page  # what it receives
        assert "45,36\u00a0€" in page


def test_pages_of_votes_ask_as_much_for_five_tours_as_for_one(road, alice, django_assert_max_num_queries):
    counted(road)
    rent(road)
    keyed(road)
    for rest in ("communs/?rule=stops", f"solidarite/?helped={road.agents['butte'].pk}&cap=1&levy=1"):
        alice.get(url(road, rest))
        with django_assert_max_num_queries(12):
            assert alice.get(url(road, rest)).status_code == 200
