"""An order from its demand to its end: what it writes in the ledger, what it refuses, the same form twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from terreau.formats.photo import PhotoRefused
from terreau.ledger.actions import reverse
from terreau.ledger.models import Agreement, Commitment, Event, Process
from terreau.ledger.queries import State, commitments
from terreau.measures.money import Money
from terreau.rooms.worksites import actions
from terreau.rooms.worksites.models import (
    Basis,
    Day,
    Done,
    Order,
    OrderStep,
    Picture,
    Side,
    Site,
    StepKind,
    Tool,
    ToolMove,
)
from terreau.rooms.worksites.queries import client_year, tools
from terreau.rooms.worksites.queries.orders import days_of, state_of
from terreau.rooms.worksites.tests.factories import DATED, NOW, TODAY, make_worksites, plan, png, work
from terreau.rooms.worksites.trades import SUPERVISION
from terreau.territory.tests.rows import changed

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def house(db):
    return make_worksites()


def told(event: Event) -> tuple[str, Decimal, int | None]:
    return event.product.code, event.quantity, event.price.cents if event.price else None


# 21,50 € an hour, 650 € a day, 3 100 € for all: 6 people of 5 h promised, 7 people of 4,5 h worked.
CASES = [
    (Basis.HOUR, 2_150, [("chantier-fauche", Decimal("31.5"), 67_725)], []),
    (
        Basis.DAY,
        65_000,
        [("chantier-fauche", Decimal("31.5"), None), ("chantier-jour", Decimal(1), 65_000)],
        [],
    ),
    (
        Basis.LUMP,
        310_000,
        [("chantier-fauche", Decimal("31.5"), None)],
        [("chantier-forfait", Decimal(1), 310_000)],
    ),
]


@pytest.mark.parametrize(("basis", "cents", "of_day", "of_end"), CASES, ids=[case[0] for case in CASES])
def test_a_price_is_written_when_it_is_due(house, basis, cents, of_day, of_end):
    order = house.accepted(basis, cents)
    (day,) = plan(order)
    events = work(day, people=7, hours_each="4.5", area_m2=1500)
    assert [told(event) for event in events] == [*of_day, (SUPERVISION, Decimal(5), None)]
    assert {(e.provider_id, e.receiver_id) for e in events} == {(house.garden.pk, house.owner.pk)}
    actions.finish(order=order, key="finish", **DATED)
    assert [told(event) for event in Event.objects.exclude(pk__in=[e.pk for e in events])] == of_end
    # All that was promised under the agreement is met.
    agreement = Agreement.objects.get()
    assert {e.agreement_id for e in Event.objects.all()} == {agreement.pk}
    assert {line.state for line in commitments(house.ecopole)} == {State.MET}
    assert state_of(order) == StepKind.DONE


def test_the_steps_are_dated_facts_written_once(house):
    order = house.quoted(Basis.HOUR, 2_150)
    for _ in range(2):
        actions.quote(
            order=order, terms=actions.Quote(Basis.HOUR, Money(2_200), Decimal(50)), key="again", **DATED
        )
        actions.accept(order=order, key="accept", **DATED)
        plan(order, key="plan-once")
        work(Day.objects.get(), key="work-once")
        actions.finish(order=order, key="finish", **DATED)
    kinds = list(order.steps.order_by("id").values_list("kind", flat=True))
    assert kinds == ["asked", "quoted", "quoted", "accepted", "planned", "done"]
    agreement = Agreement.objects.get()
    assert (agreement.promised, agreement.promised_value) == (Decimal(50), Money(110_000))
    assert (Process.objects.count(), Commitment.objects.count(), Event.objects.count()) == (1, 1, 2)
    assert house.ask(key=order.key) == order


def test_a_day_undone_is_open_again_and_counts_for_nothing(house):
    order = house.accepted(Basis.DAY, 65_000)
    (day,) = plan(order)
    events = work(day, people=3)
    assert days_of(order)[0].done
    reverse(ecopole=house.ecopole, events=events, by=None, at=NOW, key="undo")
    assert days_of(order)[0].open
    assert client_year(house.ecopole, house.owner, 2026).lines == ()
    assert {line.state for line in commitments(house.ecopole)} == {State.OPEN}
    work(day)
    assert client_year(house.ecopole, house.owner, 2026).hours == 30


def test_a_day_given_up_closes_its_promises_and_frees_the_day(house):
    order = house.accepted(Basis.DAY, 65_000)
    (day,) = plan(order)
    for _ in range(2):
        actions.cancel_day(day=day, reason="terrain gorgé d’eau", by=None, at=NOW, key="rain")
    assert {line.state for line in commitments(house.ecopole)} == {State.CANCELLED}
    assert days_of(order)[0].cancelled
    with pytest.raises(actions.WorksiteRefused, match="déjà annulée"):
        work(day)
    plan(order)
    assert [line.open for line in days_of(order)] == [False, True]


def refused(words: str):
    return pytest.raises(actions.WorksiteRefused, match=words)


def test_an_order_does_not_skip_a_step(house):
    order = house.ask()
    with refused("déjà demandée"):
        actions.accept(order=order, key="accept", **DATED)
    with refused("déjà demandée"):
        plan(order)
    with refused("dites pourquoi"):
        actions.drop(order=order, note="", key="drop", **DATED)
    actions.drop(order=order, note="budget reporté", key="drop", **DATED)
    with refused("déjà sans suite"):
        actions.quote(
            order=order, terms=actions.Quote(Basis.HOUR, Money(1), Decimal(1)), key="quote", **DATED
        )


def test_what_is_refused_says_what_to_do(house):
    with refused("Échangez les dates"):
        house.ask(from_on=TODAY, to_on=YESTERDAY)
    order = house.accepted(Basis.HOUR, 2_150)
    with refused("hors de la commande"):
        plan(order, TODAY + timedelta(days=61))
    (late, coming) = plan(order, YESTERDAY, TODAY + timedelta(days=1))
    with refused("a déjà sa feuille"):
        plan(order, YESTERDAY)
    with refused("n’est pas encore passé"):
        work(coming)
    with refused("Encore prévu"):
        actions.finish(order=order, key="finish", **DATED)
    for day in (late, coming):
        with refused("dites pourquoi"):
            actions.cancel_day(day=day, reason="", by=None, at=NOW, key=f"no-reason-{day.pk}")
    work(late)
    with refused("déjà faite"):
        actions.cancel_day(day=late, reason="pluie", by=None, at=NOW, key="too-late")
    actions.close_site(site=house.sites[1], on=TODAY)
    house.sites[1].refresh_from_db()
    with refused("n’est plus entretenu"):
        house.ask(1)


def test_tools_go_out_no_more_than_there_are_and_what_lacks_stays_in_sight(house):
    scythe = actions.save_tool(ecopole=house.ecopole, name="Faux", count=4, key="tool-1")
    assert actions.save_tool(ecopole=house.ecopole, name="Faux", count=5, key="tool-2") == scythe
    one, two = plan(house.accepted(Basis.HOUR, 2_150), YESTERDAY, TODAY)

    def out(day: Day, count: int, key: str) -> None:
        actions.take_out(day=day, counts={scythe.pk: count}, by=None, at=NOW, key=key)

    for _ in range(2):
        out(one, 3, "out-1")
    with refused("3 demandés, 2 à l’atelier"):
        out(two, 3, "out-2")
    actions.bring_back(day=one, counts={scythe.pk: 2}, note="manche cassé", by=None, at=NOW, key="back-1")
    with refused("1 sortis pour 2 rentrés"):
        actions.bring_back(day=one, counts={scythe.pk: 2}, note="", by=None, at=NOW, key="back-2")
    (line,) = tools(house.ecopole)
    assert (line.count, line.left, line.out_on(one.pk)) == (5, 4, 1)
    with refused("encore sorti"):
        actions.close_tool(tool=scythe, on=TODAY)
    with refused("1 sont sortis|1 ou plus"):
        actions.save_tool(ecopole=house.ecopole, name="Faux", count=0, key="tool-3")


def test_a_picture_is_kept_bare_once_and_erased_when_withdrawn(house):
    order = house.ask()
    common = {
        "order": order,
        "side": Side.BEFORE,
        "caption": "",
        "taken_on": TODAY,
        "by": None,
        "at": NOW,
        "key": "p",
    }
    for _ in range(2):
        actions.add_picture(photo=png(b"GPS\0 50.88 2.08"), **common)
    picture = Picture.objects.get()
    assert bytes(picture.photo) == png()
    with pytest.raises(PhotoRefused):
        actions.add_picture(photo=b"GIF89a", **common)
    actions.withdraw_picture(picture=picture, at=NOW)
    picture.refresh_from_db()
    assert picture.photo is None
    assert picture.withdrawn_at == NOW


def test_the_database_refuses_what_no_form_would_send(house):
    order = house.accepted(Basis.HOUR, 2_150)
    (day,) = plan(order)
    hours = work(day)[0]
    tool = actions.save_tool(ecopole=house.ecopole, name="Faux", count=4, key="tool-1")
    actions.take_out(day=day, counts={tool.pk: 1}, by=None, at=NOW, key="out")
    picture = actions.add_picture(
        order=order, side="before", photo=png(), caption="", taken_on=TODAY, by=None, at=NOW, key="p"
    )
    site, move, asked = house.sites[0], ToolMove.objects.get(), order.steps.get(kind="asked")
    at = {"recorded_at": NOW}
    place = house.sites[1].place
    Site.objects.filter(pk=house.sites[1].pk).delete()
    for name, broken in {
        "site_key_once": Site(
            ecopole=house.ecopole, place=place, kind="marsh", area_m2=1, passes_a_year=1, key=site.key
        ),
        "site_kind_known": changed(site, kind="mer"),
        "site_has_a_size": changed(site, area_m2=None),
        "worksite_order_key_once": Order(
            ecopole=house.ecopole, site=site, client=house.owner, provider=house.garden, trade=order.trade,
            what="", from_on=TODAY, to_on=TODAY, key=order.key,
        ),
        "worksite_order_ends_after_start": changed(order, to_on=date(2020, 1, 1)),
        "order_step_key_once": OrderStep(order=order, kind="done", on=TODAY, key=asked.key, **at),
        "order_step_once": OrderStep(order=order, kind="asked", on=TODAY, key="other", **at),
        "order_step_kind_known": OrderStep(order=order, kind="lost", on=TODAY, key="other", **at),
        "order_step_quote_has_terms": OrderStep(order=order, kind="quoted", on=TODAY, key="other", **at),
        "order_step_accepted_is_agreed": changed(order.steps.get(kind="accepted"), agreement=None),
        "worksite_day_has_a_crew": changed(day, people=0),
        "worksite_done_by_somebody": changed(Done.objects.get(event=hours), people=0),
        "tool_key_once": Tool(ecopole=house.ecopole, name="Râteau", count=1, key=tool.key),
        "tool_name_once": Tool(ecopole=house.ecopole, name=tool.name, count=1, key="other"),
        "tool_count_positive": changed(tool, count=0),
        "tool_move_key_once": ToolMove(tool=tool, day=day, kind="back", count=1, key=move.key, **at),
        "tool_move_kind_known": changed(move, kind="lost"),
        "tool_move_count_positive": changed(move, count=0),
        "picture_key_once": Picture(
            order=order, side="after", photo=b"x", taken_on=TODAY, key=picture.key, **at
        ),
        "picture_side_known": changed(picture, side="during"),
        "picture_kept_or_withdrawn": changed(picture, photo=None),
    }.items():  # fmt: skip
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            broken.save()
        # SQLite names a check, and only the columns of what must be unique.
        assert name in str(refusal.value) or (name.endswith("_once") and "UNIQUE" in str(refusal.value))
