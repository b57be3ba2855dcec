"""One small écopôle worked by hand: a year of measured flows whose every figure fits in the head."""

from datetime import date

from terreau.engines.contribution import Arms, Commune, Flow, Flows, Kind, Supplier, Territory, Unknown

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
# Two communes, the second under statistical secrecy.
BOURG = Commune("99001", "Le Bourg", 9_000, 50.0, 2.0, 8_800, 4_000, 0.2, 500.0)
HAMEAU = Commune("99002", "Le Hameau", 1_000, 50.1, 2.0, 980, 400, Unknown.SECRET, Unknown.SECRET)
TERRITORY = Territory("epci", "CC de l’Exemple", (BOURG, HAMEAU), 2026, poverty_rate=0.15, jobs_total=6_000.0)


def day(month: int, number: int = 15) -> date:
    return date(2026, month, number)


def flows() -> Flows:
    sold = [
        Flow(
            day(m),
            Kind.SALE,
            "jardin",
            "adherents",
            BOURG.code,
            channel="basket",
            kg=1_000.0,
            eur_ht=3_000.0,
            km=5.0,
        )
        for m in range(1, 13)
    ]
    rows = (
        *sold,
        Flow(
            day(6),
            Kind.SALE,
            "jardin",
            "grossiste",
            "99999",
            kg=1_000.0,
            eur_ht=2_000.0,
            km=70.0,
            channel="outside",
        ),
        Flow(day(6), Kind.INSERTION_WORK, hours=18_200.0),
        Flow(day(6), Kind.PERMANENT_WORK, hours=3_214.0),
        Flow(day(6), Kind.INSERTION_WAGE, place=BOURG.code, eur_ht=100_000.0),
        Flow(day(6), Kind.PERMANENT_WAGE, place="99999", eur_ht=40_000.0),
        Flow(day(1), Kind.ENTRY, count=10.0),
        Flow(day(12), Kind.EXIT, count=6.0, product="durable"),
        Flow(day(12), Kind.EXIT, count=4.0, product="other"),
        Flow(day(12), Kind.PEOPLE, count=20.0, product="all"),
        Flow(day(3), Kind.PURCHASE, "jardin", "ferme", BOURG.code, sector="AZ", eur_ht=20_000.0, lot="L1"),
        Flow(day(4), Kind.DONATION, "jardin", "epicerie", BOURG.code, kg=500.0, lot="L1"),
        Flow(day(5), Kind.PURCHASE, "jardin", "garage", "99999", sector="SPR", eur_ht=10_000.0),
        Flow(day(6), Kind.GRANT, funding_source="etat", eur_ht=240_000.0),
        Flow(day(6), Kind.GRANT, funding_source="epci", eur_ht=10_000.0),
        Flow(day(6), Kind.GRANT, funding_source="fondation", eur_ht=12_000.0),
        Flow(day(6), Kind.DRIVE, litres=1_000.0),
        Flow(day(6), Kind.COLD, kwh=5_000.0),
        Flow(day(12), Kind.HOUSEHOLD, count=43.0, place=BOURG.code),
        Flow(day(1), Kind.LAND, ha=3.0, product="organic"),
        Flow(day(12, 31), Kind.LAND, ha=4.0, product="organic"),
        Flow(day(12, 31), Kind.LAND, ha=1.0, product="conversion"),
        Flow(day(9), Kind.INSTALLATION, count=1.0, ha=2.5),
        Flow(day(3), Kind.VOLUNTEER_WORK, hours=30.0, product="benevolat-chantier"),
        Flow(day(5), Kind.VOLUNTEER_WORK, hours=12.5, product="benevolat-atelier"),
        Flow(day(12), Kind.VOLUNTEERS, count=7.0),
        Flow(day(5), Kind.CREDIT, count=42.5, product="issued"),
        Flow(day(6), Kind.CREDIT, count=20.0, product="spent"),
        Flow(day(10), Kind.SHARED_COST, "aulnes", eur_ht=14.46),
        Flow(day(10), Kind.SHARED_COST, "butte", eur_ht=43.36),
        Flow(day(10), Kind.SHARED_SAVING, "aulnes", eur_ht=14.45),
        Flow(day(10), Kind.SHARED_SAVING, "butte", eur_ht=14.46),
    )
    return Flows(*YEAR, rows, "jardin", {"ferme": Supplier(100_000.0, 2.0)})


def measured() -> Arms:
    return Arms((flows(),), measured=True)
