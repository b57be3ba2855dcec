"""What came in during the demo’s year: canteens by transfer, shops by debit; one late, one returned."""

from datetime import date, datetime, time, timedelta

from django.utils.timezone import make_aware

from terreau.billing import debits, owed, settling, statements
from terreau.billing.debits import issuer_on
from terreau.billing.models import Invoice, Mandate, Means, Payment, Settlement
from terreau.billing.settling import Writer
from terreau.measures.money import Money
from terreau.territory.demo import World

# Published as an example of the standard, of no account.
IBAN = "FR1420041010050500013M02606"
WEEK = timedelta(days=7)


def _writer(day: date, key: str) -> Writer:
    return Writer(None, make_aware(datetime.combine(day, time(9))), f"demo:{key}")


def live(world: World, today: date) -> None:
    """The older invoices paid when due; the shops’ last month debited; a statement read this week."""
    platform = world.platform
    seller = issuer_on(platform, today)
    if seller is None or not Invoice.objects.filter(issuer=platform).exists():
        return
    Mandate.objects.bulk_create(
        Mandate(
            ecopole=world.ecopole, creditor=platform, debtor=shop, rum=debits.next_rum(seller, shop.pk),
            holder=shop.name, iban=IBAN, street="", postcode=seller.postcode,
            town=shop.commune.name if shop.commune else seller.town, signed_on=seller.since,
            recorded_at=_writer(seller.since, "").at, key=f"demo:mandate-{shop.pk}",
        )
        for shop in world.shops
    )  # fmt: skip
    _paid_when_due(world, today - 6 * WEEK)
    _debited(world, today)
    _read(world, today)


def _paid_when_due(world: World, until: date) -> None:
    rows = list(owed.unpaid(issuer=world.platform, due_on__lte=until).defer("values"))
    # The last canteen has been late since its last two invoices.
    late = [row.pk for row in rows if row.customer_id == world.canteens[-1].pk][-2:]
    rows = [row for row in rows if row.pk not in late]
    shops = {shop.pk for shop in world.shops}
    payments = Payment.objects.bulk_create(
        Payment(
            ecopole=world.ecopole, creditor=world.platform, debtor_id=row.customer_id, amount=row.left,
            paid_on=row.due_on, means=Means.DEBIT if row.customer_id in shops else Means.TRANSFER,
            reference=row.number, recorded_at=_writer(row.due_on, "").at, key=f"demo:paid-{row.pk}",
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


def _debited(world: World, today: date) -> None:
    """A file of three weeks ago, one of whose debits came back."""
    told = today - 5 * WEEK
    due_on = debits.first_day(told, 14)
    seller = issuer_on(world.platform, told)
    if seller is None or not debits.to_debit(world.platform.pk, due_on, told):
        return
    collection = debits.prepare(
        issuer=seller, due_on=due_on, notified_on=told, writer=_writer(told, "collection")
    )
    made = debits.collected(collection=collection, on=due_on, writer=_writer(due_on, "collected"))
    settling.give_back(
        ecopole=world.ecopole, payment=made[-1], returned_on=due_on + timedelta(days=2), reason="AM04",
        writer=_writer(due_on + timedelta(days=2), "returned"),
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
