"""The catalogue: one file per indicator, in the order of the eight families of the answer.

An indicator reads flows, a territory and draws of the parameters, and knows not whether the flows were
measured or simulated. To add one: a file with `INDICATOR`, a line here, its words in `docs/glossary.md`.
"""

from terreau.engines.contribution.indicator import Family, Indicator

from . import (
    break_even,
    carbon,
    carried,
    centralisation,
    coverage,
    coverage_worst,
    credits_spent,
    effort,
    exits_dynamic,
    exits_gross,
    exits_net,
    farmland,
    farms_installed,
    food_km,
    indirect_jobs,
    induced_jobs,
    insertion_jobs,
    installed_land,
    links,
    lm3,
    near_relay,
    net_local_income,
    organic_land,
    people,
    people_fed,
    permanent_jobs,
    producers_jobs,
    public_gain,
    public_money,
    public_net_cost,
    public_return,
    public_value,
    reach,
    reciprocity,
    resilience,
    retained,
    shared_lots,
    shared_roads,
    shared_savings,
    tonnage,
    volunteer_hours,
    volunteers,
)

CATALOGUE: tuple[Indicator, ...] = tuple(
    file.INDICATOR
    for file in (
        insertion_jobs, permanent_jobs, people, exits_dynamic, exits_gross, exits_net,
        producers_jobs, indirect_jobs, induced_jobs,
        lm3, retained, net_local_income, public_money,
        public_gain, public_return, public_net_cost, public_value, break_even,
        tonnage, carried, coverage, coverage_worst, people_fed,
        reach, effort, near_relay,
        organic_land, farms_installed, installed_land, farmland,
        carbon, food_km,
        links, reciprocity, centralisation, resilience, shared_lots,
        volunteer_hours, volunteers, credits_spent, shared_savings, shared_roads,
    )
)  # fmt: skip
BY_ID = {indicator.id: indicator for indicator in CATALOGUE}


def of_family(family: Family) -> tuple[Indicator, ...]:
    return tuple(indicator for indicator in CATALOGUE if indicator.family == family)
