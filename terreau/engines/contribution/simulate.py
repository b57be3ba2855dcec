"""A planned or changed écopôle, told in a dozen numbers, as the flows it would have: with, and without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from terreau.measures.french import format_decimal

from . import food, public_finance
from .problem import (
    ELSEWHERE,
    Amount,
    Arms,
    Draws,
    Flow,
    Flows,
    Kind,
    Parameter,
    ProblemRefused,
    Source,
    Territory,
)

BASKET, SOLIDARITY, CANTEEN, OUTSIDE = "basket", "solidarity", "canteen", "outside"
WEEKS = 52


@dataclass(frozen=True)
class Scenario:
    """What is planned once running. Shares of tonnage: the rest goes to full-price baskets.

    `purchases`: euros a year by sector, `local_purchases` the share bought in the territory. `grants`: euros
    a year of public money, by source, beyond aide au poste and the département's part. `months`: shares of
    the year's kilos, from the crop plan; without it, the parameters'. What the plan knows better than a
    parameter replaces that parameter.
    """

    name: str
    start: int
    garden_ha: float
    insertion_people: float
    permanents: float
    horizon: int = 5
    solidarity_share: float = 0.10
    canteen_share: float = 0.25
    outside_share: float = 0.0
    purchases: Mapping[str, float] = field(default_factory=dict)
    local_purchases: float = 0.5
    carried_tonnes: float = 0.0
    grants: Mapping[str, float] = field(default_factory=dict)
    local_taxes: float = 0.0
    km_year: float = 0.0
    cold_kwh: float = 0.0
    incubator: bool = True
    months: tuple[float, ...] = ()
    relays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        amounts = {
            "surface du jardin": self.garden_ha,
            "personnes en insertion": self.insertion_people,
            "permanents": self.permanents,
            "tonnes portées": self.carried_tonnes,
            "impôts locaux": self.local_taxes,
            "kilomètres": self.km_year,
            "kWh de froid": self.cold_kwh,
            **{f"achats {sector}": euros for sector, euros in self.purchases.items()},
            **{f"aides {source}": euros for source, euros in self.grants.items()},
        }
        for what, amount in amounts.items():
            _refuse_if(amount < 0, f"{self.name}\u202f: {what} ne peut être négatif.")
        shares = (self.solidarity_share, self.canteen_share, self.outside_share)
        _refuse_if(
            min(shares) < 0 or sum(shares) > 1,
            f"{self.name}\u202f: les parts du tonnage vont de 0 à 1, et leur somme ne dépasse pas 1.",
        )
        _refuse_if(
            not 0 <= self.local_purchases <= 1, f"{self.name}\u202f: la part d’achats locaux va de 0 à 1."
        )
        _refuse_if(not 1 <= self.horizon <= 15, f"{self.name}\u202f: l’horizon va de 1 à 15 ans.")
        _refuse_if(
            bool(self.months)
            and (len(self.months) != 12 or min(self.months) < 0 or abs(sum(self.months) - 1) > 1e-6),
            f"{self.name}\u202f: il faut douze parts mensuelles, dont la somme est 1.",
        )


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


def plausible(scenario: Scenario, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """What a plan has that no known garden has: computed all the same, and said."""
    known = {p.id: p for p in parameters}
    if not scenario.insertion_people:
        return ()
    etp = (
        scenario.insertion_people
        * known["heures_hebdo_cddi"].value
        * WEEKS
        / known["etp_heures_payees"].value
    )
    asked = {
        "ratio_permanents": scenario.permanents / scenario.insertion_people,
        "ha_par_etp_insertion": scenario.garden_ha / etp,
    }
    return tuple(
        f"{known[id].label}\u202f: {_said(value)}, hors de {_said(known[id].low)} à {_said(known[id].high)}"
        " dans les jardins connus."
        for id, value in asked.items()
        if known[id].outside(value)
    )


def _said(value: float) -> str:
    return format_decimal(Decimal(str(round(value, 2))))


def source(
    scenario: Scenario,
    territory: Territory,
    without: Scenario | None = None,
    warnings: tuple[str, ...] = (),
) -> Source:
    """What `solve` asks: the flows of both arms, on the same draws. Without: no écopôle, or today's."""
    if without and (without.start, without.horizon) != (scenario.start, scenario.horizon):
        raise ProblemRefused("Avec et sans\u202f: mettez la même première année et le même horizon.")

    def arms(draws: Draws) -> Arms:
        return Arms(
            years=simulate(scenario, territory, draws),
            without=simulate(without, territory, draws) if without else (),
            warnings=warnings,
        )

    return arms


def simulate(scenario: Scenario, territory: Territory, draws: Draws) -> tuple[Flows, ...]:
    """One year of flows after the other; each amount is one number per draw."""
    return tuple(_year(scenario, territory, draws, t) for t in range(scenario.horizon))


def _year(scenario: Scenario, territory: Territory, p: Draws, t: int) -> Flows:
    year = scenario.start + t
    place = (scenario.relays or (territory.communes[0].code,))[0]
    ramp = 1 - np.exp(-(t + 1) / p["montee_en_charge_ans"])
    rows = (
        *_people(scenario, p, year, ramp, place),
        *_food(scenario, p, year, ramp, place),
        *_money(scenario, p, year, ramp, place),
        *_land(scenario, p, year),
    )
    return Flows(date(year, 1, 1), date(year, 12, 31), rows, scenario.name)


def _people(s: Scenario, p: Draws, year: int, ramp: Amount, place: str) -> list[Flow]:
    """Cohorts, not individuals. Insertion hours follow the ramp, permanents are there from the start."""
    day = date(year, 12, 31)
    people = s.insertion_people * ramp
    entered = people * 12 / p["duree_parcours_mois"]
    hours = people * p["heures_hebdo_cddi"] * WEEKS
    durable = np.minimum(p["taux_sortie_durable_objectif"], p["taux_sortie_dynamique"])
    exits = {
        "durable": durable,
        "transition": p["taux_sortie_dynamique"] - durable,
        "other": 1 - p["taux_sortie_dynamique"],
    }
    return [
        Flow(day, Kind.PEOPLE, count=people + entered, product="all"),
        Flow(day, Kind.ENTRY, count=entered),
        *(Flow(day, Kind.EXIT, count=entered * share, product=why) for why, share in exits.items()),
        Flow(day, Kind.INSERTION_WORK, hours=hours),
        Flow(day, Kind.PERMANENT_WORK, hours=s.permanents * p["heures_etp_permanent"]),
        *_wages(s, p, day, people, place),
    ]


def _wages(s: Scenario, p: Draws, day: date, people: Amount, place: str) -> list[Flow]:
    """Net pay, of those who live here and of the others."""
    year = max((r.year for r in p.tables.grid if r.year <= day.year), default=p.tables.grid[0].year)
    net = public_finance.change(p.tables.grid, year, "seul", p["heures_hebdo_cddi"], "net")
    resident = p["part_salaries_residents"]
    wages = {
        Kind.INSERTION_WAGE: people * net,
        Kind.PERMANENT_WAGE: s.permanents * p["salaire_net_permanent"],
    }
    return [
        Flow(day, kind, eur_ht=euros * share, place=where)
        for kind, euros in wages.items()
        for where, share in ((place, resident), (ELSEWHERE, 1 - resident))
    ]


def _food(s: Scenario, p: Draws, year: int, ramp: Amount, place: str) -> list[Flow]:
    grown = s.garden_ha * p["rendement_bio_t_ha"] * 1000 * ramp
    kilos = food.harvest(s.garden_ha, p["rendement_bio_t_ha"], ramp, p["perte_post_recolte"])
    basket = p["prix_panier_plein"] / p["kg_par_panier"]
    months: Sequence[Amount] = s.months or [p[f"mois_{month:02}"] for month in range(1, 13)]
    rest = 1 - s.solidarity_share - s.canteen_share - s.outside_share
    channels = (
        (BASKET, rest, basket, place),
        (SOLIDARITY, s.solidarity_share, p["prix_panier_solidaire"] / p["kg_par_panier"], place),
        (CANTEEN, s.canteen_share, p["prix_kg_demi_gros"], place),
        (OUTSIDE, s.outside_share, p["prix_kg_demi_gros"], ELSEWHERE),
    )
    rows = [
        Flow(
            date(year, month + 1, 15),
            Kind.SALE,
            channel=channel,
            place=where,
            kg=kilos * share * part,
            eur_ht=kilos * share * part * price,
        )
        for month, part in enumerate(months)
        for channel, share, price, where in channels
        if share > 0
    ]
    end = date(year, 12, 31)
    # Every relay is a place of a distribution, whatever it weighs.
    rows += [Flow(end, Kind.SALE, channel=BASKET, place=relay) for relay in s.relays]
    rows.append(Flow(end, Kind.LOSS, kg=grown - kilos))
    served = kilos * s.solidarity_share / p["kg_foyer_solidaire_an"]
    rows.append(Flow(end, Kind.HOUSEHOLD, count=served, place=place))
    if s.carried_tonnes:
        kg = s.carried_tonnes * 1000 * ramp
        sold = kg * p["prix_kg_demi_gros"]
        rows.append(Flow(end, Kind.SALE, kg=kg, eur_ht=sold, channel=CANTEEN, place=place, carried=True))
    return rows


def _money(s: Scenario, p: Draws, year: int, ramp: Amount, place: str) -> list[Flow]:
    day = date(year, 12, 31)
    etp = s.insertion_people * ramp * p["heures_hebdo_cddi"] * WEEKS / p["etp_heures_payees"]
    rows = post_grants(etp, day, p)
    rows += [Flow(day, Kind.GRANT, eur_ht=euros, funding_source=who) for who, euros in s.grants.items()]
    rows += [
        Flow(day, Kind.PURCHASE, eur_ht=euros * ramp * share, sector=sector, place=where)
        for sector, euros in s.purchases.items()
        for where, share in ((place, s.local_purchases), (ELSEWHERE, 1 - s.local_purchases))
    ]
    return [
        *rows,
        Flow(day, Kind.LOCAL_TAX, eur_ht=s.local_taxes),
        Flow(day, Kind.DRIVE, km=s.km_year * ramp),
        Flow(day, Kind.COLD, kwh=s.cold_kwh * ramp),
    ]


def post_grants(etp: Amount, day: date, p: Draws) -> list[Flow]:
    """What public accounts pay for so many insertion ETP of a year: aide au poste, the département's part."""
    state = public_finance.cost(p["aide_poste_aci_socle"], p["aide_poste_modulee"], 0.0)
    return [
        Flow(day, Kind.GRANT, eur_ht=etp * state, funding_source="etat"),
        Flow(day, Kind.GRANT, eur_ht=etp * p["cofinancement_departement"], funding_source="departement"),
    ]


def _land(s: Scenario, p: Draws, year: int) -> list[Flow]:
    day = date(year, 12, 31)
    farms: Amount = p["installations_an"] if s.incubator else 0.0
    return [
        Flow(day, Kind.LAND, ha=s.garden_ha, product="organic"),
        Flow(day, Kind.INSTALLATION, count=farms, ha=farms * p["surface_par_installation"]),
    ]
