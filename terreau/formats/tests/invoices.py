"""The invoices of the tests: an invented garden, its canteen, a member, a farm."""

from datetime import UTC, date, datetime
from decimal import Decimal

from terreau.formats.address import Address
from terreau.formats.invoice.values import Invoice, Line, Means, Party, Payment, Vat
from terreau.measures.quantity import Quantity, Unit

FOOD, STANDARD = Vat.at(Decimal("0.055")), Vat.at(Decimal("0.2"))
MADE_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
GARDEN = Party(
    name="Jardin du Polder (exemple)",
    address=Address("1 rue du Jardin", "62370", "Bourg-Exemple"),
    siren="732829320",
    siret="73282932000074",
    vat_number="FR44732829320",
    email="compta@example.org",
    phone="+33300000000",
)
TOWN = Party(
    "Commune de Bourg-Exemple", Address("Place de la Mairie", "62370", "Bourg-Exemple"), siren="217500016"
)
MEMBER = Party("Alice Exemple", Address("3 rue du Four", "62370", "Bourg-Exemple"), email="alice@example.org")
CARROTS = Line(
    "Carottes",
    Quantity(30, Unit.KG),
    Decimal("2.10"),
    FOOD,
    lot="26-324-CAR",
    organic="FR-BIO-01",
    code="CAR",
    origin="FR",
    delivered=date(2026, 11, 18),
)
LEEKS = Line("Poireaux", Quantity(10, Unit.KG), Decimal("2.70"), FOOD)
DELIVERY = Line("Livraison", Quantity(1, Unit.PIECE), Decimal(10), STANDARD)
TO_THE_CANTEEN = Invoice(
    number="F2026-00042",
    issued=date(2026, 11, 30),
    due=date(2026, 12, 30),
    seller=GARDEN,
    buyer=TOWN,
    lines=(CARROTS, LEEKS, DELIVERY),
    payment=Payment(iban="FR7630006000011234567890189", bic="AGRIFRPP"),
    period=(date(2026, 11, 1), date(2026, 11, 30)),
    delivered_to=Party("Cuisine centrale", Address("2 rue de la Cantine", "62370", "Bourg-Exemple")),
    service="SERVICE-RESTAURATION",
    commitment="BC-2026-118",
    terms="Paiement à 30 jours",
)
DEBIT = Payment(
    Means.DIRECT_DEBIT,
    mandate="MND-2026-0001",
    creditor_id="FR72ZZZ123456",
    debited_iban="FR1420041010050500013M02606",
)
