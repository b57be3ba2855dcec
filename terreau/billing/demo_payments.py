"""What came in during the demo’s year: by transfer, by cheque, by debit; one late, one debit returned."""

from datetime import date, timedelta
from itertools import groupby

from terreau.billing import debits, owed, settling, statements
from terreau.billing.debits import issuer_on
from terreau.billing.models import (
    ChequeDeposit,
    DepositedCheque,
    Invoice,
    Mandate,
    Means,
    Payment,
    Settlement,
)
from terreau.billing.models.payments import NOTICE_DAYS
from terreau.billing.settling import Writer
from terreau.measures.money import Money
from terreau.rooms.baskets.queries import addressee
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, AgentKind

# Published as an example of the standard, of no account.
IBAN = "FR1420041010050500013M02606"
WEEK, RETURNED = timedelta(days=7), timedelta(days=2)


def _writer(day: date, key: str) -> Writer:
    return Writer(None, moment(day, 9), f"demo:{key}")


def sign(world: World, today: date) -> None:
    """Shops, and the members who said they pay so, allow the platform to debit them."""
    seller = issuer_on(world.platform, today)
    assert seller is not None  # `demo.settle_in`
    rows = [
        (shop, shop.name, "", seller.postcode, shop.commune.name if shop.commune else seller.town)
        for shop in world.shops
    ]
    people = Agent.objects.filter(ecopole=world.ecopole, kind=AgentKind.PERSON).in_bulk()
    for pk, one in addressee(people).items():
        if one.pay_by == Means.DEBIT:
            rows.append((people[pk], one.name, one.street, one.postcode, one.town[:35]))
    at = _writer(seller.since, "").at
    Mandate.objects.bulk_create(
        Mandate(
            ecopole=world.ecopole, creditor=world.platform, debtor=debtor,
            rum=f"{seller.prefix}-{debtor.pk:06}-1", holder=holder[:70], iban=IBAN, street=street,
            postcode=postcode, town=town, signed_on=seller.since, recorded_at=at,
            key=f"demo:mandate-{debtor.pk}",
        )
        for debtor, holder, street, postcode, town in rows
    )  # fmt: skip


def live(world: World, today: date) -> None:
    """What was due was paid; the last debits collected but one; a statement read this week."""
    if not Invoice.objects.filter(issuer=world.platform).exists():
        return
    told = _last_file(world, today)
    _paid_when_due(world, today - 6 * WEEK, told or today)
    if told:
        _debited(world, told)
    _read(world, today)


def _last_file(world: World, today: date) -> date | None:
    """The last day of billing whose debits have been collected and the first ones returned."""
    rows = Invoice.objects.filter(issuer=world.platform).order_by("-issued_on")
    for day in rows.values_list("issued_on", flat=True).distinct():
        if debits.first_day(day, NOTICE_DAYS) + RETURNED < today:
            return day
    return None


def _paid_when_due(world: World, until: date, file: date) -> None:
    """Transfers and cheques due by a day, and debits before the last file."""
    debited = {row.debtor_id for row in Mandate.objects.filter(creditor=world.platform)}
    rows = [
        row for row in owed.unpaid(issuer=world.platform).defer("values")
        if (row.issued_on < file if row.customer_id in debited else row.due_on <= until)
    ]  # fmt: skip
    # The last canteen has been late since its last two invoices.
    late = [row.pk for row in rows if row.customer_id == world.canteens[-1].pk][-2:]
    rows = [row for row in rows if row.pk not in late]
    means = {pk: one.pay_by for pk, one in addressee({row.customer_id for row in rows}).items()}
    payments = Payment.objects.bulk_create(
        Payment(
            ecopole=world.ecopole, creditor=world.platform, debtor_id=row.customer_id, amount=row.left,
            paid_on=row.due_on, reference=row.number, recorded_at=_writer(row.due_on, "").at,
            means=Means.DEBIT if row.customer_id in debited else means.get(row.customer_id, Means.TRANSFER),
            key=f"demo:paid-{row.pk}",
        )
        for row in rows
    )  # fmt: skip
    Settlement.objects.bulk_create(
        Settlement(
            ecopole=world.ecopole, invoice=row, payment=payment, amount=row.left, settled_on=row.due_on,
            recorded_at=payment.recorded_at, key=f"demo:tie-{row.pk}",
        )
        for row, payment in zip(rows, payments, strict=True)
    )  # fmt: skip
    _deposited(world, [row for row in payments if row.means == Means.CHEQUE])


def _deposited(world: World, cheques: list[Payment]) -> None:
    """Those of a day go to the bank together."""
    for day, rows in groupby(sorted(cheques, key=lambda row: row.paid_on), key=lambda row: row.paid_on):
        slip = ChequeDeposit.objects.create(
            ecopole=world.ecopole, creditor=world.platform, number=f"{day:%Y%m%d}", deposited_on=day,
            recorded_at=_writer(day, "").at, key=f"demo:deposit-{day}",
        )  # fmt: skip
        DepositedCheque.objects.bulk_create(DepositedCheque(deposit=slip, payment=row) for row in rows)


def _debited(world: World, told: date) -> None:
    """What the invoices of a day announced; one debit came back."""
    due_on = debits.first_day(told, NOTICE_DAYS)
    seller = issuer_on(world.platform, told)
    if seller is None or not debits.to_debit(world.platform.pk, due_on, told):
        return
    collection = debits.prepare(
        issuer=seller, due_on=due_on, notified_on=told, writer=_writer(told, "collection")
    )
    made = debits.collected(collection=collection, on=due_on, writer=_writer(due_on, "collected"))
    settling.give_back(
        ecopole=world.ecopole, payment=made[-1], returned_on=due_on + RETURNED, reason="AM04",
        writer=_writer(due_on + RETURNED, "returned"),
    )  # fmt: skip


def _read(world: World, today: date) -> None:
    """Two canteens that paid, one saying the number, the other its name; and the bank’s fees."""
    seller, day = issuer_on(world.platform, today), today - timedelta(days=1)
    due = list(owed.unpaid(issuer=world.platform, customer__in=world.canteens[:2]).defer("values"))
    if seller is None or len(due) < 2:
        return
    first, second = due[0], next((row for row in due if row.customer_id != due[0].customer_id), due[1])
    payer = next(one for one in world.canteens if one.pk == second.customer_id)
    name = statements.plain(payer.name)
    rows = [
        ("Date", "Libellé", "Montant"),
        (f"{day:%d/%m/%Y}", f"VIR SEPA {first.number}", _said(first.left)),
        (f"{day:%d/%m/%Y}", f"VIR {name}", _said(second.left)),
        (f"{day:%d/%m/%Y}", "FRAIS TENUE DE COMPTE", "-12,40"),
    ]
    data = "\n".join(";".join(row) for row in rows).encode()
    statements.import_statement(
        issuer=seller, name="releve.csv", data=data, writer=_writer(today, "statement")
    )


def _said(amount: Money) -> str:
    return f"{amount.euros:.2f}".replace(".", ",")
