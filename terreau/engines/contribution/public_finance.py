"""What public accounts save and pay when a person on a minimum income works some hours a week.

Read in a grid of household types made with OpenFisca: between two hours of the grid, a straight line; outside
20 to 35 hours, nothing: prime d'activité and housing benefit have kinks.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .problem import Amount, Array, Household, Missing, ProblemRefused

HOURS_MIN, HOURS_MAX, FULL_TIME = 20.0, 35.0, 35.0
# +1: public accounts gain when it rises; −1: when it falls.
LINES = {
    "rsa": -1, "housing": -1, "family_benefits": -1, "ppa": -1,
    "employer_contributions": 1, "employee_contributions": 1, "csg": 1, "income_tax": 1,
}  # fmt: skip
# Who bears each line; to be checked against the local convention (the State finances some départements' RSA).
BEARER = {
    "rsa": "Département", "housing": "État", "family_benefits": "Sécurité sociale", "ppa": "État",
    "employer_contributions": "Sécurité sociale", "employee_contributions": "Sécurité sociale",
    "csg": "Sécurité sociale", "income_tax": "État",
}  # fmt: skip

# Who pays a grant, by its `funding_source`; private money is not public accounts.
PAYER = {
    "etat": "État", "departement": "Département", "region": "Région", "epci": "Communes et intercommunalités",
    "commune": "Communes et intercommunalités", "fse": "Union européenne",
}  # fmt: skip


def change(grid: Sequence[Household], year: int, family: str, hours: Amount, of: str) -> Array:
    """Annual euros of one line of the grid, employed less not employed."""
    rows = sorted((r for r in grid if (r.year, r.family) == (year, family)), key=lambda r: r.hours)
    if not rows:
        raise Missing(f"Grille des finances publiques\u202f: pas de {family} en {year}. Refaites la grille.")
    asked = np.atleast_1d(np.asarray(hours, dtype=float))
    if asked.min() < HOURS_MIN or asked.max() > HOURS_MAX:
        raise ProblemRefused(
            f"{asked.min():g} à {asked.max():g} h par semaine\u202f: la grille va de 20 à 35 h, sans"
            " extrapolation."
        )
    working = [row for row in rows if row.hours > 0]
    values = np.interp(asked, [row.hours for row in working], [getattr(row, of) for row in working])
    return np.asarray(values - getattr(rows[0], of))


def mixed(grid: Sequence[Household], year: int, mix: Mapping[str, Amount], hours: Amount, of: str) -> Array:
    """The same, over household types in their shares (made to sum to 1)."""
    whole = sum(mix.values(), 0.0)
    parts = (share / whole * change(grid, year, family, hours, of) for family, share in mix.items())
    return np.asarray(sum(parts, 0.0))


def lines(grid: Sequence[Household], year: int, mix: Mapping[str, Amount], hours: Amount) -> dict[str, Array]:
    """What each line brings to public accounts, euros per person and year; they sum to the gain."""
    return {line: sign * mixed(grid, year, mix, hours, line) for line, sign in LINES.items()}


def gain(by_line: Mapping[str, Array], without_benefit: Amount = 0.0) -> Array:
    """−ΔRSA − ΔAL − Δfamily − ΔPPA + contributions + CSG + Δ income tax.

    `without_benefit`: share of people who received no minimum income; nothing is saved on it for them.
    ASS and ARE are counted as RSA is (convention): they are not less.
    """
    return np.asarray(sum(by_line.values(), 0.0) - without_benefit * by_line["rsa"])


def balance(
    by_line: Mapping[str, Array], people: Amount, grants: Mapping[str, Amount]
) -> dict[str, tuple[Amount, Amount]]:
    """What each public body pays and what it gets back in a year: one may gain while another pays."""
    bodies = dict.fromkeys((*BEARER.values(), *PAYER.values()))
    return {
        body: (
            sum((euros for source, euros in grants.items() if PAYER.get(source) == body), 0.0),
            sum((value * people for line, value in by_line.items() if BEARER[line] == body), 0.0),
        )
        for body in bodies
    }


def per_etp(per_person: Amount, hours: Amount) -> Amount:
    return per_person * FULL_TIME / hours


def cost(base: Amount, modulated: Amount, others: Amount) -> Amount:
    """Aide au poste and its modulated part, plus what other public bodies add, euros per ETP and year."""
    return base * (1 + modulated) + others


def net_present_value(
    yearly: Sequence[tuple[Amount, Amount, Amount]], opportunity: Amount, rate: Amount
) -> Amount:
    """Σ_t [benefits_t − cofp · (cost_t − gain_t)] / (1 + r)^t; `yearly`: benefits, cost, gain."""
    parts = ((b - opportunity * (c - g)) / (1 + rate) ** t for t, (b, c, g) in enumerate(yearly))
    return sum(parts, 0.0)


def break_even(
    net_cost: Amount, exit_gain: Amount, kept_a_year: Amount, rate: Amount, horizon: int
) -> Amount:
    """N* = (cost − gain) / Σ_{t=1..H} exit gain · retention^t / (1 + r)^t: exits that would pay for it."""
    worth = sum((exit_gain * kept_a_year**t / (1 + rate) ** t for t in range(1, horizon + 1)), 0.0)
    return net_cost / worth
