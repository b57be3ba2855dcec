"""What a person means to do: crops, years, plots, checklists, land; and what became of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.rooms.incubator.models import CropPlan, FollowUp, Mark, Plot, Project, Search, YearPlan
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.territory.hand import Hand
from terreau.territory.models import Product


@transaction.atomic
def plan_crop(*, project: Project, year: int, product: Product, entry: dict[str, Any]) -> CropPlan:
    """What a crop should give in a year; said again, it is corrected."""
    project.ecopole.take_turns()
    if entry["last_month"] < entry["first_month"]:
        raise IncubatorRefused(
            f"{product}\u202f: la fin des ventes est avant leur début. Échangez les mois, ou comptez l’année "
            "suivante à part.",
            "last_month",
        )
    row, _ = CropPlan.objects.update_or_create(project=project, year=year, product=product, defaults=entry)
    return row


@transaction.atomic
def unplan_crop(*, crop: CropPlan) -> None:
    crop.delete()


@transaction.atomic
def plan_year(*, project: Project, year: int, opening: Money, fixed: Money) -> YearPlan:
    project.ecopole.take_turns()
    row, _ = YearPlan.objects.update_or_create(
        project=project, year=year, defaults={"opening": opening, "fixed": fixed}
    )
    return row


@transaction.atomic
def mark(*, project: Project, code: str, on: date, hand: Hand, partner: str = "", note: str = "") -> Mark:
    """A line of a checklist is done, with whom."""
    project.ecopole.take_turns()
    if on > hand.day:
        raise IncubatorRefused(f"Le {format_date(on)} n’est pas encore venu. Cochez quand c’est fait.", "on")
    row, _ = Mark.objects.get_or_create(
        project=project, code=code, defaults={"on": on, "partner": partner, "note": note, **hand.fact()}
    )
    return row


@transaction.atomic
def unmark(*, project: Project, code: str) -> None:
    """It was not done after all."""
    Mark.objects.filter(project=project, code=code).delete()


@transaction.atomic
def save_plot(*, project: Project, name: str, entry: dict[str, Any]) -> Plot:
    """A plot to convert; said again under its name, it is corrected."""
    project.ecopole.take_turns()
    row, _ = Plot.objects.update_or_create(project=project, name=name, defaults=entry)
    return row


@transaction.atomic
def unplan_plot(*, plot: Plot) -> None:
    plot.delete()


@transaction.atomic
def seek_land(*, project: Project, area_ha: Decimal, where: str, tenure: str, needs: str) -> Search:
    project.ecopole.take_turns()
    row, _ = Search.objects.update_or_create(
        project=project, defaults={"area_ha": area_ha, "where": where, "tenure": tenure, "needs": needs}
    )
    return row


@transaction.atomic
def hear(
    *, project: Project, years: int, state: str, hectares: Decimal, jobs: Decimal, anchored: Decimal,
    on: date, hand: Hand,
) -> FollowUp:  # fmt: skip
    """News of a settled farm, one, three or five years later: heard once each."""
    project.ecopole.take_turns()
    if known := FollowUp.objects.filter(project=project, years=years).first():
        return known
    settled = project.installation
    due = plus_months(settled.on, 12 * years)
    if not due <= on <= hand.day:
        raise IncubatorRefused(
            f"{project}\u202f: les nouvelles des {years} ans sont attendues à partir du {format_date(due)}, "
            f"et au plus tard aujourd’hui, le {format_date(hand.day)}.",
            "on",
        )
    if anchored > jobs:
        raise IncubatorRefused(
            f"{project}\u202f: plus d’emplois non délocalisables que d’emplois. Corrigez l’un des deux.",
            "anchored",
        )
    return FollowUp.objects.create(
        project=project, years=years, state=state, hectares=hectares, jobs=jobs, anchored=anchored, on=on,
        **hand.fact(),
    )  # fmt: skip
