"""The organic register: what the facts say, inputs that are added and never erased, a balance that closes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.answers import Answer
from terreau.ledger.queries import commitments
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions
from terreau.rooms.garden.models import FieldInput, InputKind, InputStatus
from terreau.rooms.garden.queries import NewPlanting, register
from terreau.rooms.garden.tests.factories import NOW, TODAY, make_garden, make_land
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Place, PlaceKind
from terreau.territory.tests.pages import cost, same_alone, text

KEY = "11111111-aaaa"


def compost(**more):
    given = {
        "kind": InputKind.FERTILISER, "name": "Compost végétal", "quantity": Decimal(100), "unit": "kg",
        "status": InputStatus.ALLOWED, "applied_on": TODAY,
    } | more  # fmt: skip
    return actions.NewInput(**given)


def bring(land, *beds, key=KEY, **more):
    return actions.add_input(
        ecopole=land.ecopole, garden=land.agent, new=compost(**more), beds=[land.bed(bed) for bed in beds],
        by=None, at=NOW, key=key,
    )  # fmt: skip


# What is brought -------------------------------------------------------------------------------------------


def test_what_is_brought_to_three_beds_is_shared_to_the_gram(land):
    rows = bring(land, "A1", "A2", "A3")
    assert sorted(row.quantity for row in rows) == [Decimal("33.333"), Decimal("33.333"), Decimal("33.334")]
    assert sum(row.quantity for row in rows) == 100


def test_the_same_form_twice_is_one_input(land):
    assert bring(land, "A1", "A2") == bring(land, "A1", "A2")
    assert FieldInput.objects.count() == 2


@pytest.mark.parametrize(
    ("beds", "wrong", "words"),
    [
        ((), {}, "au moins une planche"),
        (("A1",), {"quantity": Decimal(0)}, "doit dépasser 0"),
        (("A1",), {"applied_on": TODAY + timedelta(1)}, "n’est pas encore passé"),
        (("A1",), {"kind": InputKind.SEED, "status": InputStatus.DEROGATION, "proof": " "}, "son numéro"),
        (("A1",), {"status": InputStatus.DEROGATION, "proof": "n° 3"}, "semences et les plants"),
        (("A1", "A2"), {"quantity": Decimal("0.001")}, "trop peu pour 2 planches"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(land, beds, wrong, words):
    with pytest.raises(actions.InputRefused, match=words):
        bring(land, *beds, **wrong)
    assert not FieldInput.objects.exists()


def test_a_wrong_line_is_withdrawn_by_its_contrary_with_a_reason_and_stays(land):
    (wrong,) = bring(land, "A1")

    def withdraw(reason, key=KEY):
        return actions.withdraw_input(
            ecopole=land.ecopole, wrong=wrong, reason=reason, by=None, at=NOW, key=key
        )

    with pytest.raises(actions.InputRefused, match="dites pourquoi"):
        withdraw(" ")
    contrary = withdraw("noté sur la mauvaise planche")
    assert (contrary.withdraws, contrary.proof) == (wrong, "noté sur la mauvaise planche")
    assert withdraw("encore", key="22222222") == contrary
    assert FieldInput.objects.count() == 2
    with pytest.raises(actions.InputRefused, match="en retire déjà une autre"):
        actions.withdraw_input(
            ecopole=land.ecopole, wrong=contrary, reason="non", by=None, at=NOW, key="33333333"
        )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("field_input_kind_known", {"kind": "magie"}),
        ("field_input_quantity_positive", {"quantity": Decimal(0)}),
        ("field_input_status_known", {"status": "peut-être"}),
        ("field_input_derogation_proved", {"status": "derogation", "proof": ""}),
    ],
)
def test_an_input_that_cannot_be_is_refused_by_the_database(land, name, wrong):
    (row,) = bring(land, "A1")
    row.pk, row.key = None, "autre"
    for field, value in wrong.items():
        setattr(row, field, value)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save()


def test_a_key_is_one_input(land):
    """`field_input_key_once`; SQLite names the columns of a unique constraint, PostgreSQL the constraint."""
    (row,) = bring(land, "A1")
    row.pk = None
    named = "field_input_key_once" if connection.vendor == "postgresql" else "UNIQUE.*garden_fieldinput.key"
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        row.save()


# The year --------------------------------------------------------------------------------------------------


def platform_of(garden):
    agent = Agent.objects.create(ecopole=garden.ecopole, kind="platform", name="Plateforme du Polder")
    place = Place.objects.create(ecopole=garden.ecopole, agent=agent, kind=PlaceKind.COLD, name="Froid")
    return agent, place


def moved(garden, lot, action, quantity, key, to=None, on=NOW):
    receiver, place = to or (garden.agent, None)
    entry = Entry(
        action=action,
        provider_id=garden.agent.pk,
        receiver_id=receiver.pk,
        product_id=lot.product_id,
        quantity=Decimal(quantity),
        unit=Unit.KG,
        lot=lot,
        from_place_id=garden.beds["A2"].pk,
        to_place_id=place and place.pk,
        occurred_at=on,
        price=Money(0) if to else None,
        key=key,
    )
    return record(ecopole=garden.ecopole, entries=[entry], recorded_by=None, recorded_at=NOW)


def test_the_balance_of_a_year_is_worked_by_hand(garden):
    """100 kg in 2025, 60 of them ceded then; in 2026 50 kg more, 30 ceded, 5 lost, 10 used: 45 are left."""
    then = NOW.replace(year=2025)
    platform = platform_of(garden)
    (old,) = garden.harvest(garden.line("carotte", "A2", "100"), on=then)
    moved(garden, old.lot, "transfer", "60", "cede-1", to=platform, on=then)
    (new,) = garden.harvest(garden.line("carotte", "A2", "50"))
    moved(garden, new.lot, "transfer", "30", "cede-2", to=platform)
    moved(garden, old.lot, "lower", "5", "perdu")
    moved(garden, old.lot, "consume", "10", "utilise")
    (line,) = register.mass_balance(garden.agent, 2026)
    assert (line.start, line.harvested, line.received) == (40, 50, 0)
    assert (line.transferred, line.used, line.lost, line.end) == (30, 10, 5, 45)
    assert line.difference == 0
    (line,) = register.mass_balance(garden.agent, 2025)
    assert (line.start, line.harvested, line.transferred, line.end, line.difference) == (0, 100, 60, 40, 0)
    assert register.mass_balance(garden.agent, 2024) == []


def test_a_lot_gone_before_the_year_is_told_in_its_own_years_only(garden):
    then = NOW.replace(year=2024)
    (old,) = garden.harvest(garden.line("carotte", "A2", "100"), on=then)
    moved(garden, old.lot, "transfer", "100", "cede", to=platform_of(garden), on=then.replace(year=2025))
    assert register.mass_balance(garden.agent, 2026) == []
    (line,) = register.mass_balance(garden.agent, 2025)
    assert (line.start, line.transferred, line.end, line.difference) == (100, 100, 0, 0)
    (line,) = register.mass_balance(garden.agent, 2024)
    assert (line.harvested, line.transferred, line.end, line.difference) == (100, 0, 100, 0)


def test_a_lot_that_lay_still_all_the_year_is_there_at_both_ends(garden):
    then = NOW.replace(year=2024)
    (old,) = garden.harvest(garden.line("carotte", "A2", "100"), on=then)
    moved(garden, old.lot, "transfer", "70", "cede", to=platform_of(garden), on=NOW)
    (line,) = register.mass_balance(garden.agent, 2025)
    assert (line.start, line.transferred, line.end, line.difference) == (100, 0, 100, 0)
    moved(garden, old.lot, "lower", "30", "perdu")
    (line,) = register.mass_balance(garden.agent, 2025)
    assert (line.start, line.end, line.difference) == (100, 100, 0)


def test_a_harvest_undone_counts_for_nothing(garden):
    events = garden.harvest(garden.line("carotte", "A2", "100"))
    reverse(ecopole=garden.ecopole, events=events, by=None, at=NOW, key="annule")
    assert register.mass_balance(garden.agent, 2026) == []
    assert register.harvested(garden.agent, 2026) == register.harvested_lots(garden.agent, 2026) == []


def test_a_balance_that_lost_its_ledger_shows_its_difference(garden):
    garden.harvest(garden.line("carotte", "A2", "100"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_custody SET quantity = quantity - 1")
    (line,) = register.mass_balance(garden.agent, 2026)
    assert line.difference == Decimal("0.001")


def test_what_was_set_up_is_told_once_it_is_done(land):
    new = NewPlanting(land.crops["blette"], land.bed("A1"), IsoWeek(2026, 12), Decimal(30), variety="Verte")
    process = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key="culture-1")
    assert register.settings_up(land.agent, 2026) == []
    land.work(Answer(commitments(land.ecopole, process=process.pk)[0].commitment, Decimal(1)))
    (line,) = register.settings_up(land.agent, 2026)
    assert (line.crop, line.variety, line.place, line.day) == ("Blette", "Verte", "Planche A1", TODAY)


def test_a_harvest_is_told_by_lot_with_its_status(garden):
    (event,) = garden.harvest(garden.line("carotte", "A2", "100", quality=1))
    (line,) = register.harvested_lots(garden.agent, 2026, "carotte")
    assert (line.lot, line.quality, line.quantity) == (event.lot.code, 1, 100)
    assert register.harvested_lots(garden.agent, 2026, "poireau") == []
    (total,) = register.harvested(garden.agent, 2026)
    assert (total.lots, total.quantity, total.first) == (1, 100, TODAY)


# The pages -------------------------------------------------------------------------------------------------

PARTS = ("bilan", "parcelles", "semences", "apports", "cultures", "pertes", "recoltes")


def lived(garden, land, rank):
    bring(land, "A1", "B1", key=f"apport-{rank}")
    seed = {"kind": InputKind.SEED, "status": InputStatus.DEROGATION, "proof": f"n° {rank}"}
    bring(land, "A2", key=f"graine-{rank}", **seed)
    garden.harvest(garden.line("carotte", "A2", "100"), garden.line("poireau", "A2", "10"))
    new = NewPlanting(
        land.crops["laitue"], land.bed("A3"), IsoWeek(2026, 11), Decimal(1), reason="pour le test"
    )
    process = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=f"culture-{rank}")
    land.work(Answer(commitments(land.ecopole, process=process.pk)[0].commitment, Decimal(1)))


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_read_in_a_constant_number_of_queries(garden, land, part):
    client = garden.client(Role.DIRECTOR)

    def count():
        return cost(client, garden.url(f"registre/?partie={part}"))

    lived(garden, land, 1)
    few = count()
    lived(garden, land, 2)
    lived(garden, land, 3)
    assert count() == few <= 12


@pytest.mark.parametrize("end", [*(f"registre/?partie={part}" for part in PARTS), "apports/"])
def test_the_fragment_is_the_middle_of_the_whole_page(garden, land, end):
    lived(garden, land, 1)
    client = garden.client()
    same_alone(client, garden.url(end))


@pytest.mark.parametrize("asked", ["?annee=1999", "?annee=hier", "?partie=magie", "?annee=²"])
def test_a_year_or_a_part_that_is_not_there_is_not_found(garden, asked):
    assert garden.client().get(garden.url(f"registre/{asked}")).status_code == 404


def test_the_register_is_a_pdf_with_every_fact(garden, land):
    lived(garden, land, 1)
    client = garden.client()
    response = client.get(garden.url("registre.pdf?annee=2026"))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert client.get(garden.url("registre.pdf?annee=1999")).status_code == 404


def test_an_empty_year_is_told_on_paper_too(garden):
    assert garden.client().get(garden.url("registre.pdf")).content.startswith(b"%PDF")


def typed(land, **more):
    return {
        "key": KEY, "kind": "seed", "name": "Carotte Robila", "supplier": "Semences du Marais",
        "lot": "CAR26", "quantity": "12,5", "unit": "g", "status": "organic", "proof": "",
        "applied_on": "23/11/2026",
        "block": "", "beds": [land.bed("A1").place_id], "planting": "",
    } | more  # fmt: skip


def test_an_input_is_noted_on_a_bed_or_on_a_whole_block(garden, land):
    client, url = garden.client(), garden.url("apports/noter/")
    page = text(client.post(url, typed(land), follow=True))
    assert "Carotte Robila, Planche A1\u202f: c’est noté." in page
    block = typed(land, key="22222222-b", beds=[], block=land.bed("B1").block_id, quantity="3")
    assert client.post(url, block).status_code == 302
    assert client.post(url, block).status_code == 302
    assert FieldInput.objects.filter(place__name__startswith="Planche B").count() == 3
    assert FieldInput.objects.count() == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"status": "derogation"}, "son numéro"),
        ({"beds": []}, "au moins une planche"),
        ({"quantity": "beaucoup"}, "beaucoup"),
        ({"applied_on": "24/11/2026"}, "pas encore passé"),
        ({"beds": ["999999"]}, "999999"),
    ],
)
def test_a_refused_input_keeps_what_was_typed(garden, land, wrong, words):
    response = garden.client().post(garden.url("apports/noter/"), typed(land) | wrong)
    assert response.status_code == 422
    assert words in text(response)
    assert 'value="Carotte Robila"' in text(response)
    if "beds" not in wrong:
        assert f'value="{land.bed("A1").place_id}" checked' in text(response)
    assert not FieldInput.objects.exists()


def test_an_input_may_be_for_one_planting_on_its_bed(garden, land):
    new = NewPlanting(land.crops["carotte-conservation"], land.bed("A1"), IsoWeek(2026, 22), Decimal(30))
    process = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key="culture-1")
    client, url = garden.client(), garden.url("apports/noter/")
    elsewhere = client.post(url, typed(land, planting=process.pk, beds=[land.bed("B2").place_id]))
    assert elsewhere.status_code == 422
    assert "une seule planche" in text(elsewhere)
    assert client.post(url, typed(land, planting=process.pk, beds=[])).status_code == 302
    row = FieldInput.objects.get()
    assert (row.planting_id, row.place.name) == (process.pk, "Planche A1")


def test_a_line_is_withdrawn_on_its_page(garden, land):
    (row,) = bring(land, "A1")
    client, url = garden.client(), garden.url("apports/retirer/")
    assert "Compost végétal" in text(client.get(f"{url}?line={row.pk}"))
    refused = client.post(url, {"key": KEY, "line": row.pk, "reason": ""})
    assert refused.status_code == 422
    page = text(client.post(url, {"key": KEY, "line": row.pk, "reason": "erreur de lot"}, follow=True))
    assert "erreur de lot" in page
    assert FieldInput.objects.count() == 2


def test_direction_reads_and_does_not_write(garden, land):
    bring(land, "A1")
    client = garden.client(Role.DIRECTOR)
    assert "Noter l’apport" not in text(client.get(garden.url("apports/")))
    assert client.post(garden.url("apports/noter/"), typed(land)).status_code == 403
    assert client.post(garden.url("apports/retirer/"), {"key": KEY}).status_code == 403
    assert make_garden("ailleurs").client().get(garden.url("registre/")).status_code == 404


def test_the_inputs_of_another_garden_are_not_reached(garden, land):
    (row,) = bring(land, "A1")
    stranger = make_garden("ailleurs")
    make_land(stranger)
    client = stranger.client()
    assert client.get(stranger.url(f"apports/retirer/?line={row.pk}")).status_code == 404
    assert client.post(stranger.url("apports/noter/"), typed(land)).status_code == 422


def test_the_register_begins_with_the_first_fact(garden):
    assert register.years(garden.agent, date(2026, 11, 23)) == [2026]
    garden.harvest(garden.line("carotte", "A2", "1"), on=NOW.replace(year=2024))
    assert register.years(garden.agent, date(2026, 11, 23)) == [2026, 2025, 2024]
