"""Figures as they are read: French, with their unit and no more digits than they are worth."""

from decimal import Decimal

from terreau.engines.contribution import Figure, Kind
from terreau.measures.french import NO_BREAK, format_decimal, format_percent

# A share is written in per cent; the rest keeps its unit.
SHARE = "part"
DIGITS = 3
COUNTED = ("personnes", "fermes", "liens", "lots", "crédits")
# Kinds of flows, and where the measured ones are read.
KINDS = {
    Kind.INSERTION_WORK: ("Heures payées en insertion", "registre des heures, sans nom"),
    Kind.PERMANENT_WORK: ("Heures des permanents", "déclaré"),
    Kind.INSERTION_WAGE: ("Salaires nets en insertion", "déclaré"),
    Kind.PERMANENT_WAGE: ("Salaires nets des permanents", "déclaré"),
    Kind.ENTRY: ("Entrées en parcours", "parcours d’insertion, en nombres"),
    Kind.EXIT: ("Sorties de parcours", "parcours d’insertion, en nombres"),
    Kind.PEOPLE: ("Personnes employées", "parcours d’insertion, en nombres"),
    Kind.SALE: ("Ventes", "grand livre"),
    Kind.DONATION: ("Dons", "grand livre"),
    Kind.LOSS: ("Pertes", "grand livre"),
    Kind.PURCHASE: ("Achats", "grand livre, et déclaré"),
    Kind.GRANT: ("Aides reçues", "déclaré"),
    Kind.LOCAL_TAX: ("Impôts locaux", "déclaré"),
    Kind.DRIVE: ("Tournées", "tournées faites"),
    Kind.COLD: ("Électricité", "déclaré, et tournées électriques"),
    Kind.HOUSEHOLD: ("Foyers servis", "aucune page ne le note encore"),
    Kind.LAND: ("Terres", "parcelles du jardin, et déclaré"),
    Kind.INSTALLATION: ("Installations", "couveuse, en nombres"),
    Kind.LINK: ("Coopérations", "aucune page ne le note encore"),
    Kind.VOLUNTEER_WORK: ("Heures données", "grand livre"),
    Kind.VOLUNTEERS: ("Bénévoles", "grand livre, en nombre"),
    Kind.CREDIT: ("Crédits", "grand livre"),
    Kind.SHARED_COST: ("Parts des tournées partagées", "mois arrêtés du partage"),
    Kind.SHARED_SAVING: ("Économies sur la route", "mois arrêtés du partage"),
}
CODES = {
    "": "non précisé", "canteen": "cantines", "shop": "magasins", "solidarity": "épiceries sociales",
    "basket": "paniers", "service": "services rendus", "ledger": "aux fermes", "declared": "aux autres",
    "organic": "biologiques", "conversion": "en conversion", "protected": "protégées",
    "all": "toutes", "women": "femmes", "rsa": "au RSA", "deld": "chômage de longue durée", "qpv": "en QPV",
    "durable": "emploi durable", "transition": "emploi de transition", "positive": "sortie positive",
    "dynamic": "dynamiques", "other": "autres", "etat": "État", "departement": "département",
    "region": "région", "epci": "intercommunalité", "commune": "commune", "fse": "FSE+",
    "fondation": "fondations", "staff": "salaires", "suppliers": "fournisseurs", "taxes": "impôts locaux",
    "benevolat-chantier": "chantiers ouverts", "benevolat-atelier": "ateliers animés",
    "benevolat-accueil": "accueil et service", "benevolat-entraide": "entraide et réparation",
    "benevolat-depot": "dépôts tenus",
    "issued": "reçus pour des heures", "spent": "utilisés",
    "garden": "Le jardin", "farms": "Les fermes partenaires",
    "housing": "aide au logement", "family_benefits": "prestations familiales",
    "ppa": "prime d’activité", "employer_contributions": "cotisations patronales",
    "employee_contributions": "cotisations salariales", "csg": "CSG", "income_tax": "impôt sur le revenu",
}  # fmt: skip
UNITS = {
    "kg": "kg", "eur_ht": "€", "hours": "h", "litres": "l", "km": "km", "kwh": "kWh", "ha": "ha", "count": ""
}  # fmt: skip


def rounded(value: float) -> Decimal:
    """Three significant figures, never less than a whole number above a thousand."""
    exact = Decimal(repr(value))
    if not exact:
        return Decimal(0)
    places = DIGITS - 1 - exact.adjusted()
    return (
        exact.quantize(Decimal(1).scaleb(-places)).quantize(Decimal(1))
        if places <= 0
        else exact.quantize(Decimal(1).scaleb(-places)).normalize()
    )


def number_and_unit(value: float, unit: str, *, exact: bool = False) -> tuple[str, str]:
    """« 69 000 » and « €/an »; a share is all in the number. `exact`: a count, whose every digit is true."""
    if unit == SHARE:
        return format_percent(Decimal(repr(value)), 1), ""
    said = Decimal(int(value)) if exact and value == int(value) else rounded(value)
    first = unit.partition("/")[0]
    if abs(value) < 2 and first in COUNTED:
        unit = first[:-1] + unit[len(first) :]
    return format_decimal(said), unit


def amount(value: float, unit: str, *, exact: bool = False) -> str:
    return NO_BREAK.join(part for part in number_and_unit(value, unit, exact=exact) if part)


def counted(value: float, unit: str) -> str:
    """A sum of what was counted: whole, or to the tenth below a hundred; euros to the cent."""
    places = 0 if value == int(value) else 2 if unit == "€" else int(abs(value) < 100)
    return NO_BREAK.join(part for part in (format_decimal(Decimal(repr(value)), places=places), unit) if part)


def between(low: float, high: float, unit: str) -> str:
    """« de 38 300 à 97 600 €/an »."""
    start = amount(low, unit) if unit == SHARE else number_and_unit(low, unit)[0]
    return f"de {start} à {amount(high, unit)}"


def said(figure: Figure) -> str:
    """« 12,5 t/an » when it was counted; « 12,5 t/an (de 10 à 15 t/an) » when it was reckoned."""
    if figure.value is None:
        return figure.missing
    if figure.low is None or figure.high is None:
        return amount(figure.value, figure.unit, exact=True)
    return f"{amount(figure.value, figure.unit)} ({between(figure.low, figure.high, figure.unit)})"
