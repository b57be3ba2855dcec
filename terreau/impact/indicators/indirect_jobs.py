"""Jobs at local suppliers, and at the suppliers of these."""

import numpy as np

from terreau.engines.contribution import jobs, leontief
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import (
    Amount,
    Array,
    Draws,
    Flow,
    Flows,
    InputOutput,
    Kind,
    Missing,
    Territory,
)


def by_sector(rows: list[Flow], io: InputOutput) -> Array:
    """Euros a draw and sector, (N, n)."""
    unsorted = [row for row in rows if row.sector not in io.sectors]
    if unsorted:
        raise Missing(
            f"Branche de {len(unsorted)} achats\u202f: inconnue. Saisissez le code APE de ces fournisseurs."
        )
    sums = [
        np.atleast_1d(sum((row.eur_ht for row in rows if row.sector == s and row.eur_ht is not None), 0.0))
        for s in io.sectors
    ]
    return np.stack(np.broadcast_arrays(*sums), axis=-1)


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    """A supplier who gave turnover and staff: its own ratio, then the table for its suppliers."""
    bought = territory.here(flows.of(Kind.PURCHASE))
    if not bought:
        return 0.0
    io, region = p.tables.io, leontief.of(territory, p)
    found = jobs.indirect(region, io.jobs_per_meur, by_sector(bought, io), p["io_deflateur_emplois"])
    known = [row for row in bought if (row.to_actor or "") in flows.suppliers and row.eur_ht is not None]
    for row in known:
        supplier = flows.suppliers[row.to_actor or ""]
        by_table = row.eur_ht * io.jobs_per_meur[io.sectors.index(row.sector or "")] / 1e6
        found = found + jobs.producers(row.eur_ht or 0.0, supplier.turnover, supplier.staff)
        found = found - by_table * p["io_deflateur_emplois"]
    return found / flows.years


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    """What the scale of the territory takes from the figure: of the indirect and of the induced."""
    said = []
    if territory.employment < float(p["flq_emplois_fiables"][0]):
        said.append(
            f"{territory.name} a moins de 100 000 emplois\u202f: la table régionale y est incertaine (δ de"
            " 0,1 à 0,3)."
            " Le LM3, mesuré, porte les deux premiers tours."
        )
    if not territory.jobs:
        said.append(
            f"Emplois par branche de {territory.name}\u202f: absents\u202f; la structure de la France est"
            " prise à la place."
        )
    return tuple(said)


INDICATOR = Indicator(
    id="emplois_indirects",
    family=Family.JOBS,
    label="Emplois chez les fournisseurs d’ici",
    question="Combien d’emplois les achats locaux font-ils vivre, de fournisseur en fournisseur\u202f?",
    equation="e · (I − A_r)⁻¹ · achats locaux par branche",
    unit="ETP",
    read=read,
    parameters=("io_deflateur_emplois", "emplois_france", "flq_delta"),
    guard=guard,
    applies=frozenset({Correction.DEADWEIGHT, Correction.DISPLACEMENT, Correction.ATTRIBUTION}),
    why="Sans l’écopôle, une part de ces achats se serait faite quand même.",
    limits="Table de 2010 déflatée, ramenée au territoire (FLQ)\u202f: incertaine sous 100 000 emplois.",
    comparator="Multiplicateurs d’emploi honnêtes\u202f: 1,03 à 1,3 selon le périmètre, pas 2.",
    sources=("Achats", "Comptes de l’Insee 2010", "Flegg & Webber 1997"),
    sdg=("8.3",),
)
