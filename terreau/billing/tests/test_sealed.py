"""An IBAN is read by whom the ability allows, and nowhere else; it goes once no debit may be contested."""

import logging
from datetime import date, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils.timezone import make_aware
from django_tasks_db.models import DBTaskResult

from terreau.billing import debits, forgetting, statements
from terreau.billing.models import Collection, Debit, Issuer, Mandate, MandateEnd, Statement, StatementEntry
from terreau.billing.tests.factories import IBAN, make_house
from terreau.billing.tests.paying import ICS, MEMBER_IBAN, billed, mandated, writer
from terreau.formats.sepa.debits import schema_errors
from terreau.formats.sepa.statement import without_accounts
from terreau.territory import sealed
from terreau.territory.abilities import Role
from terreau.territory.models import Membership, User

# Of nobody: its key is right.
PAYER = "FR2212345678901234567890106"
TOLD, DEBITED = date(2026, 11, 2), date(2026, 11, 23)
BINARY = bytes | memoryview


@pytest.fixture
def house(db, settings, tmp_path):
    """One who is debited, and one who paid by transfer, as the bank says it."""
    settings.CLOCK, settings.INSERTION_KEYS = "2026-11-24T10:00", tmp_path / "insertion_keys"
    house = make_house()
    Issuer.objects.filter(pk=house.issuers["plateforme"].pk).update(creditor_id=ICS)
    house.issuers["plateforme"].refresh_from_db()
    billed(house, "25")
    mandated(house, key="m", rum="PB-1")
    debits.prepare(
        issuer=house.issuers["plateforme"], due_on=DEBITED, notified_on=TOLD, writer=writer(TOLD, "c")
    )
    said = statements.Movement(
        DEBITED, debits.Money(3700), f"VIR DE {PAYER} MERCI", counterparty="Bo", counterparty_iban=PAYER,
        fingerprint="f",
    )  # fmt: skip
    platform = house.agents["plateforme"]
    statement = Statement.objects.create(
        ecopole=house.ecopole, creditor=platform, iban=IBAN, digest="d", name="novembre.xml", first=DEBITED,
        last=DEBITED, recorded_at=writer(DEBITED).at, key="s",
    )  # fmt: skip
    statements._entry(statement, said).save()
    return house


@pytest.fixture
def sign_in(house):
    def signed(role: Role, agent: str = "plateforme") -> Client:
        user = User.objects.create_user(f"{role}@exemple.invalid", None, name="Lou")
        Membership.objects.create(user=user, ecopole=house.ecopole, agent=house.agents[agent], role=role)
        client = Client()
        client.force_login(user)
        return client

    return signed


def written() -> str:
    """All that the database holds, but for the invoices, which tell every customer where to pay."""
    told = ""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(("billing_invoice", "billing_paper")):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                told += "".join(
                    bytes(cell).decode(errors="replace") if isinstance(cell, BINARY) else str(cell)
                    for row in cursor.fetchall() for cell in row
                )  # fmt: skip
    return told


def test_a_thief_of_the_database_reads_no_account(house):
    told = written()
    assert "Ana Martin" in told, "the test reads"
    for iban in (IBAN, MEMBER_IBAN, PAYER):
        assert iban not in told
        assert iban[4:] not in told
    if connection.vendor == "sqlite":
        stolen = bytes(connection.connection.serialize())
        assert not [one for one in (MEMBER_IBAN, PAYER) if one.encode() in stolen]


def test_whoever_may_reads_them_and_the_file_for_the_bank_is_right(house):
    assert Mandate.objects.get().iban == MEMBER_IBAN
    assert {row.iban for row in Issuer.objects.all()} == {IBAN}
    assert StatementEntry.objects.get().counterparty_iban == PAYER
    xml = Collection.objects.get().file
    assert schema_errors(xml) == []
    assert (MEMBER_IBAN.encode() in xml, IBAN.encode() in xml) == (True, True)


def test_who_paid_is_still_known_by_the_account(house):
    platform, today = house.issuers["plateforme"], date(2026, 11, 30)
    mandated(house, debtor=house.agents["ferme"], iban=PAYER, holder="Bo")
    billed(house, "37", customer=house.agents["ferme"])
    entry = StatementEntry.objects.get()
    found = statements.propose(entry, statements.known_of(platform, [entry], today))
    assert (found.kind, found.partner) == ("payer", house.agents["ferme"].pk)


def test_an_account_is_in_no_page_and_no_log_but_in_the_file_for_the_bank(house, sign_in, caplog):
    caplog.set_level(logging.DEBUG)
    seen = {}
    people = (sign_in(Role.ACCOUNTANT), sign_in(Role.COORDINATOR), sign_in(Role.BUYER, "cantine"))
    for client in people:
        for page in ("prelevements/", "reglements/", "reglages/", "comptes/", "comment-payer/", "liste/"):
            answer = client.get(f"/e/{house.ecopole.slug}/factures/{page}")
            seen[page] = min(answer.status_code, seen.get(page, 999))
            body = answer.content.decode()
            assert not [one for one in (MEMBER_IBAN, PAYER, MEMBER_IBAN[4:]) if one in body.replace(" ", "")]
    assert set(seen.values()) == {200}
    said = [record.getMessage() + str(record.args) for record in caplog.records]
    file = people[0].get(
        f"/e/{house.ecopole.slug}/factures/prelevements/{Collection.objects.get().pk}/fichier"
    )
    coordinator = people[1].get(file.request["PATH_INFO"])
    assert (file.status_code, coordinator.status_code) == (200, 403)
    assert MEMBER_IBAN.encode() in file.content
    assert not [text for text in said for one in (IBAN, MEMBER_IBAN, PAYER) if one in text]


def test_a_new_key_seals_guarded_facts_again_and_nothing_else_of_them_moves(house, settings):
    said = StringIO()
    call_command("insertion", "rotate-keys", stdout=said)
    new, *_ = settings.INSERTION_KEYS.read_text().split()
    settings.INSERTION_KEYS.write_text(new)
    assert Mandate.objects.get().iban == MEMBER_IBAN
    assert StatementEntry.objects.get().counterparty_iban == PAYER
    assert MEMBER_IBAN.encode() in Collection.objects.get().file


def test_a_missing_key_is_said_and_no_other_is_made(house, settings, sign_in):
    settings.INSERTION_KEYS.unlink()
    answer = sign_in(Role.ACCOUNTANT).get(f"/e/{house.ecopole.slug}/factures/prelevements/")
    assert answer.status_code == 503
    assert "insertion_keys est introuvable" in answer.content.decode()
    with pytest.raises(sealed.SealRefused):
        mandated(house)
    assert not settings.INSERTION_KEYS.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("VIR FR1420041010050500013M02606 MERCI", "VIR FR14 •••• 2606 MERCI"),
        ("FR14 2004 1010 0505 0001 3M02 606, fr2212345678901234567890106", "FR14 •••• 2606, FR22 •••• 0106"),
        ("PB-F2026-00012 AB12 34", "PB-F2026-00012 AB12 34"),
    ],
    ids=["glued", "spaced", "number"],
)  # fmt: skip
def test_words_of_the_bank_that_quote_an_account_are_masked(words, told):
    assert without_accounts(words) == told


# --- forgotten


def night(day: date) -> forgetting.Forgotten:
    return forgetting.forget(at=make_aware(datetime(day.year, day.month, day.day, 3)))


def test_fourteen_months_after_the_last_debit_an_ended_mandate_is_forgotten(house):
    """Debited on 23/11/2026, withdrawn in December: kept until 23/01/2028, gone the night after."""
    mandate = Mandate.objects.get()
    assert night(date(2028, 1, 24)) == forgetting.Forgotten(0, 0, 1, 1), "in force, it keeps its account"
    debits.withdraw_mandate(
        mandate=mandate, ends_on=date(2026, 12, 1), reason="parti", writer=writer(DEBITED, "w")
    )
    assert forgetting.account_kept_until(mandate, date(2026, 12, 1)) == date(2028, 1, 23)
    assert night(date(2028, 1, 23)).mandates == 0
    assert night(date(2028, 1, 24)).mandates == 1
    assert night(date(2028, 1, 25)).mandates == 0
    mandate.refresh_from_db()
    assert (mandate.iban, mandate.holder, mandate.rum) == ("", "", "PB-1")
    assert Debit.objects.get().mandate == mandate, "what was debited stays"
    assert "Ana Martin" not in written()


def test_unused_for_thirty_six_months_a_mandate_lapses_and_is_forgotten(house):
    unused = mandated(house, debtor=house.agents["ferme"], signed_on=date(2025, 1, 31), key="u", rum="PB-2")
    assert night(date(2028, 1, 31)).lapsed == 0
    done = night(date(2028, 2, 1))
    assert (done.lapsed, MandateEnd.objects.get(mandate=unused).reason) == (
        1,
        "Aucun prélèvement depuis 36 mois",
    )
    unused.refresh_from_db()
    assert unused.iban == MEMBER_IBAN, "kept fourteen months more: nothing is lost by mistake"


def test_each_night_asks_for_the_next(house, settings):
    settings.CLOCK = ""
    forgetting.keep_on(at=make_aware(datetime(2026, 11, 27, 12)))
    asked = DBTaskResult.objects.get()
    assert asked.run_after == make_aware(datetime(2026, 11, 28, 3, 45))
    forgetting.forget_tonight.func(**asked.args_kwargs["kwargs"])
    assert DBTaskResult.objects.count() == 2
