"""Greenhouse gases that the local chain does not emit, compared with the reference chain."""

from terreau.engines.contribution import climate
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total

from .coverage import vegetables


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    foods = p.tables.foods
    unnamed = climate.median_food(foods)
    rows = vegetables(flows, p)
    kilos = [(r.kg, foods.get(r.product or "", unnamed)) for r in rows if r.kg is not None]
    drives = flows.of(Kind.DRIVE)
    guessed = total([row for row in drives if row.litres is None], "km")
    litres = total(drives, "litres") + climate.litres(guessed, p["conso_vul"])
    emitted = climate.emitted(litres, p["ef_gazole"], flows.total("kwh", Kind.COLD), p["ef_electricite"])
    return (climate.avoided(kilos, p["facteur_bio_agri"]) - emitted) / 1000 / flows.years


INDICATOR = Indicator(
    id="co2e_evite",
    family=Family.CLIMATE,
    label="Gaz à effet de serre évités",
    question="Ces légumes émettent-ils moins que ceux qu’ils remplacent\u202f?",
    equation="Σ kg × [transport + magasin + agriculture × (1 − f_bio)] − litres × 3,07 − kWh × facteur",
    unit="tCO2e/an",
    read=read,
    parameters=("conso_vul", "ef_gazole", "ef_electricite", "facteur_bio_agri"),
    applies=frozenset({Correction.DISPLACEMENT}),
    why="Un légume local qui en remplace un autre local n’évite rien.",
    headline=True,
    limits="Aucun gain compté pour le bio (f_bio = 1, 0,7 à 1,4)\u202f: il domine l’incertitude. Agribalyse"
    " compte à l’assiette,"
    " nos kilos à la livraison. Trajets des clients non comptés.",
    comparator="4 à 35 tCO2e par an dans l’illustration de la méthode.",
    sources=("Ventes par produit", "Litres mis", "Agribalyse 3.1.1 (Ademe)", "Base Carbone"),
    sdg=("13", "12.3"),
)
