"""A project from its budget to its archive, and everything that must be refused on the way."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from terreau.engines.contribution import Kind
from terreau.funding import actions
from terreau.funding.measures import measured
from terreau.funding.models import Aid, Claim, ClaimKind, ClaimLine, Piece, Share, Step, StepKind
from terreau.funding.queries import (
    awaiting,
    cash,
    deadlines,
    dossier,
    plan_of,
    project_lines,
    standings,
    themes_by_year,
)
from terreau.funding.refusals import FundingRefused
from terreau.funding.tests.factories import NOW, TODAY, claim, euros, hand, make_house, pay_for, step
from terreau.impact.measured import flows as of_the_answer
from terreau.ledger.tests.world import World
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.models import Ecopole

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db):
    return make_house()


def refused(words: str, gesture, **given) -> None:
    with pytest.raises(FundingRefused) as refusal:
        gesture(**given)
    assert words in str(refusal.value).replace("\u202f", " ").replace("\u00a0", " "), str(refusal.value)


def test_vat_that_is_not_recovered_is_a_cost(house):
    """10 000 € without tax, 2 000 € of VAT: 12 000 € if it is lost, 10 000 € if it comes back."""
    assert plan_of(house.project("Perdue")).base == euros(12_000)
    assert plan_of(house.project("Rendue", recovers_vat=True)).base == euros(10_000)


def test_a_plan_balances_to_the_cent_before_anything_is_asked(house):
    row = house.balanced()
    step(row, StepKind.PREPARING, reference="Direction")
    terms = {"base": euros(12_000), "rate": Decimal(50)}
    with pytest.raises(FundingRefused, match="il manque 0,01"):
        step(row, StepKind.REQUESTED, amount=Money(599_999), **terms)
    step(row, StepKind.REQUESTED, amount=euros(6_000), **terms)
    assert not plan_of(row.project).gap


def test_a_rate_above_its_ceiling_is_refused_and_so_is_public_money_above_its_own(house):
    row = house.balanced()
    step(row, StepKind.PREPARING, reference="Direction")
    asked = {"amount": euros(6_000), "base": euros(12_000)}
    refused("Taux de 70 % : l’aide s’arrête à 60 %", step, row=row, kind=StepKind.REQUESTED,
            rate=Decimal(70), **asked)  # fmt: skip
    refused("plus que 40 % de 12 000,00 €, soit 4 800,00 €", step, row=row, kind=StepKind.REQUESTED,
            rate=Decimal(40), **asked)  # fmt: skip
    refused("les dépenses éligibles du projet ne font que 12 000,00 €", step, row=row,
            kind=StepKind.REQUESTED, amount=euros(6_000), base=euros(12_001), rate=Decimal(50))  # fmt: skip
    other = house.balanced("Plafond bas", public_ceiling=Decimal(40))
    step(other, StepKind.PREPARING, reference="Direction")
    refused("le plafond est de 40 % de 12 000,00 €, soit 4 800,00 € (règlement de l’appel)", step, row=other,
            kind=StepKind.REQUESTED, rate=Decimal(50), **asked)  # fmt: skip
    assert not Step.objects.filter(kind=StepKind.REQUESTED).exists()


def test_the_rate_of_an_aid_is_its_own(house):
    content = b'[{"id": 7, "name": "Aide", "subvention_rate_upper_bound": 30}]'
    actions.import_aids(ecopole=house.ecopole, content=content, file_name="a.json", at=NOW)
    aid = Aid.objects.get()
    assert house.funder(house.project(), 100, aid=aid, rate_max=Decimal(60)).rate_max == 30
    assert house.funder(house.project("Autre"), 100, aid=aid, rate_max=Decimal(20)).rate_max == 20


def test_one_hour_and_one_euro_are_paid_once(house):
    """60 % by the Region, then 60 % by a foundation of another project: 40 % was left."""
    region, foundation = house.obtained(), house.obtained("Autre projet")
    piece = house.invoice()
    pay_for(piece, region, 60)
    refused("il n’en reste que 40 %, le reste est payé par Région 60 % (Serres froides). Deux aides ne "
            "paient pas le même euro", pay_for, piece=piece, row=foundation, percent=60)  # fmt: skip
    pay_for(piece, foundation, 40)
    house.work("30", date(2026, 10, 6))
    hours = ledger_hours(house)
    assert (hours.hours, hours.cost) == (Decimal(30), euros(900))
    pay_for(hours, region, 100)
    refused("Deux aides ne paient pas la même heure", pay_for, piece=hours, row=foundation, percent=1)
    with pytest.raises(FundingRefused, match="déjà connue"):
        house.invoice("f-1 ", supplier="SERRES  du nord")
    with pytest.raises(FundingRefused, match="déjà connue"):
        ledger_hours(house)
    # Without the words, the database refuses it all the same.
    with pytest.raises(IntegrityError, match="piece_funded_at_most_whole"), transaction.atomic():
        Piece.objects.filter(pk=piece.pk).update(funded=Decimal("100.001"))


def ledger_hours(house, measure: str = "supervision", month: date = date(2026, 10, 1)) -> Piece:
    return actions.add_ledger_hours(
        ecopole=house.ecopole, measure=measure, month=month, hourly=euros(30), today=TODAY, hand=hand()
    )


def test_hours_that_something_pays_already_carry_no_cost(house):
    for measure, words in (
        ("insertion", "l’aide au poste les paie déjà"),
        ("volunteers", "elles sont données"),
    ):
        refused(words, ledger_hours, house=house, measure=measure)
    refused("pas fini", ledger_hours, house=house, month=date(2026, 11, 1))
    refused("n’en a aucune", ledger_hours, house=house)
    refused("pas dans le grand livre", ledger_hours, house=house, measure="harvest")


@given(
    st.lists(st.decimals(min_value="0.001", max_value="60", places=3), min_size=1, max_size=6),
    st.integers(1, 10_007),
)
def test_shares_add_up_to_the_cent(percents, cents):
    """Whatever the parts, what funders pay of a paper is its cost times their sum, never a cent more."""
    house, rows = Drawn.house()
    with transaction.atomic():
        piece = house.invoice(f"F-{cents}", net=Decimal(cents) / 100, vat=0)
        left = Decimal(100)
        for row, percent in zip(rows, percents, strict=False):
            if percent <= left:
                left -= percent
                pay_for(piece, row, percent)
        paid = sum(one.amount.cents for one in piece.shares.all())
        assert paid == Money(cents).times((100 - left) / 100).cents
        assert paid <= cents
        transaction.set_rollback(True)


class Drawn:
    """One house for all the draws of a property."""

    here, funders = None, []

    @classmethod
    def house(cls):
        if cls.here is None or not Ecopole.objects.filter(pk=cls.here.ecopole.pk).exists():
            cls.here = make_house("hasard")
            cls.funders = [cls.here.balanced(f"Projet {number}") for number in range(6)]
        return cls.here, cls.funders


def test_an_indicator_that_nothing_measures_is_not_promised(house):
    row = house.balanced()
    refused("rien ne le mesure ici", actions.promise_target, cofunding=row, measure="bonheur",
            promised=Decimal(1), hand=hand())  # fmt: skip
    actions.promise_target(cofunding=row, measure="supervision", promised=Decimal(40), hand=hand())
    refused("déjà promis", actions.promise_target, cofunding=row, measure="supervision", promised=Decimal(9),
            hand=hand())  # fmt: skip
    house.work("30.5", date(2026, 10, 6))
    house.work("7", date(2025, 10, 6))
    told = dossier(row, TODAY).targets
    assert [(one.measured, one.kept) for one in told] == [(Decimal("30.5"), False)]
    assert measured(house.ecopole, ["supervision"], date(2025, 1, 1), TODAY)["supervision"] == Decimal("37.5")


def test_kilos_promised_are_those_the_answer_counts_within_the_days_of_the_aid(house):
    """40 kg and 12 kg to a canteen, 5 kg to a social grocery, 7 kg the year before: no second formula."""
    world = World(house.ecopole)
    for name, kind in (("jardin", "garden"), ("cantine", "canteen"), ("épicerie", "grocery")):
        world.agent(name, kind)
    world.product("carotte", Unit.KG, "1")
    for kilos, to, at in (("40", "cantine", NOW), ("12", "cantine", NOW), ("5", "épicerie", NOW),
                          ("7", "cantine", NOW - timedelta(days=365))):  # fmt: skip
        lot = world.harvested("carotte", kilos, at=at - timedelta(days=9))
        world.add("transfer", kilos, lot, "jardin", to)
    asked = measured(house.ecopole, ["canteens", "groceries"], date(2026, 1, 1), TODAY)
    assert asked == {"canteens": Decimal(52), "groceries": Decimal(5)}
    flows = of_the_answer(house.ecopole, 2026)
    assert asked["canteens"] == sum(row.kg for row in flows.of(Kind.SALE) if row.channel == "canteen")
    assert asked["groceries"] == flows.total("kg", Kind.DONATION)


def test_a_claim_adds_up_and_is_frozen_once_sent(house):
    row = house.obtained()
    first, second = (pay_for(house.invoice(f"F-{n}"), row) for n in (1, 2))
    sent = claim(row)
    assert sent.total == euros(1_200) == sum((one.amount for one in sent.lines.all()), Money(0))
    refused("déjà dans une demande", actions.withdraw_share, row=first, hand=hand())
    for gesture in (
        lambda: Claim.objects.filter(pk=sent.pk).update(total=euros(1)),
        lambda: ClaimLine.objects.filter(claim=sent).delete(),
        lambda: Step.objects.filter(cofunding=row).update(on=TODAY),
    ):
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            gesture()
    refused("Aucune pièce", claim, row=row)
    third = pay_for(house.invoice("F-3"), row)
    actions.withdraw_share(row=third, hand=hand())
    third.piece.refresh_from_db()
    assert third.piece.funded == 0
    refused("Aucune pièce", claim, row=row)
    assert second.claimed.get().claim == sent


def test_a_claim_stays_within_what_was_notified_and_its_days(house):
    row = house.requested()
    early = pay_for(house.invoice("F-0", on=date(2025, 12, 31)), row)
    big = pay_for(house.invoice("F-9", net=20_000, vat=0), row, 30)
    step(row, StepKind.PARTLY, amount=euros(5_000), from_on=date(2026, 1, 1), to_on=date(2026, 12, 31),
         reference="2026-118")  # fmt: skip
    refused("paie les dépenses du 1er janv. 2026 au 31 déc. 2026", pay_for,
            piece=house.invoice("F-2", on=date(2027, 1, 2)), row=row)  # fmt: skip
    refused("c’est plus que les 5 000,00 € notifiés", claim, row=row)
    actions.withdraw_share(row=big, hand=hand())
    refused("Hors de la période payée", claim, row=row)
    actions.withdraw_share(row=early, hand=hand())
    refused("cette part en demanderait 6 000,00 €", pay_for, piece=big.piece, row=row, percent=30)
    refused("plus que les 5 000,00 € notifiés", claim, row=row, kind=ClaimKind.ADVANCE, advance=euros(5_001))


def test_a_file_from_its_first_day_to_its_archive(house):
    row = house.obtained()
    assert [d.what for d in deadlines(standings([row.project])[row.project_id])] == [
        "dernier jour des dépenses", "envoyer le bilan",
    ]  # fmt: skip
    advance = claim(row, ClaimKind.ADVANCE, euros(1_800))
    step(row, StepKind.PAID, amount=euros(1_800), claim=advance, on=date(2026, 3, 1))
    refused("déjà versé", step, row=row, kind=StepKind.PAID, amount=euros(1), claim=advance)
    step(row, StepKind.RUNNING, due_on=date(2026, 12, 15))
    pay_for(house.invoice("F-1", net=10_000, vat=2_000), row)
    balance = claim(row, ClaimKind.BALANCE)
    refused("le solde est déjà demandé", claim, row=row)
    refused("le montant notifié, versements compris", step, row=row, kind=StepKind.PAID, amount=euros(4_201),
            claim=balance)  # fmt: skip
    step(row, StepKind.PAID, amount=euros(4_200), claim=balance)
    refused("ne peut pas suivre", step, row=row, kind=StepKind.ARCHIVED, due_on=date(2032, 1, 1))
    step(row, StepKind.CLOSED, amount=euros(0), due_on=date(2032, 1, 1))
    told = dossier(row, TODAY)
    assert (told.justified, told.left, told.final) == (euros(6_000), Money(0), True)
    assert told.missing == ["Aucun indicateur n’est promis\u202f: rien ne montrera ce que l’aide a permis."]
    step(row, StepKind.ARCHIVED, due_on=date(2032, 1, 1))
    (line,) = project_lines(house.ecopole)
    assert (line.notified, line.paid, line.gap) == (euros(6_000), euros(6_000), Money(0))
    (year,) = themes_by_year(line.funders, {})
    assert (year.theme, year.names, year.paid) == ("Circuits courts alimentaires", ("Région",), euros(6_000))


def test_the_cash_calendar_tells_what_is_awaited_and_its_chance(house):
    row = house.obtained()
    pay_for(house.invoice("F-1", on=date(2026, 10, 3)), row)
    actions.expect(cofunding=row, on=date(2026, 12, 20), amount=euros(1_000), chance=Decimal(80), hand=hand())
    project = row.project
    months = cash(project, plan_of(project).funders, TODAY)
    assert [(m.month.month, m.spent, m.awaited, m.balance) for m in months] == [
        (10, euros(1_200), Money(0), euros(-1_200)), (11, Money(0), Money(0), euros(-1_200)),
        (12, Money(0), euros(1_000), euros(-400)),
    ]  # fmt: skip


def test_what_is_near_or_late_is_told_today(house):
    row = house.balanced()
    step(row, StepKind.SPOTTED, due_on=date(2026, 12, 27))
    (line,) = awaiting(house.ecopole, TODAY)
    assert (line.what, line.is_late(TODAY)) == ("déposer la demande", False)
    assert not awaiting(house.ecopole, date(2026, 11, 26))
    step(row, StepKind.DROPPED, note="trop court")
    assert not awaiting(house.ecopole, TODAY)


def test_a_budget_that_was_sent_does_not_change(house):
    row = house.requested()
    line = row.project.lines.get()
    refused("Le budget a été envoyé à Région", actions.withdraw_line, line=line, hand=hand())
    refused("Le budget a été envoyé", actions.add_line, project=row.project, label="Autre",
            destination="supply", net=euros(1), vat=Money(0), eligible=Decimal(100), hand=hand())  # fmt: skip
    step(row, StepKind.DENIED, note="enveloppe épuisée")
    assert plan_of(row.project).gap == euros(6_000)


def test_the_same_form_twice_writes_once(house):
    row = house.obtained()
    piece, line = house.invoice(), row.project.lines.get()
    same = hand("the-same-form")
    for _ in range(2):
        actions.share(piece=piece, cofunding=row, line=line, percent=Decimal(50), hand=same)
    for _ in range(2):
        actions.send_claim(cofunding=row, kind=ClaimKind.INSTALMENT, advance=None, on=TODAY, hand=same)
    assert (Share.objects.count(), Claim.objects.count()) == (1, 1)
    piece.refresh_from_db()
    assert piece.funded == 50
