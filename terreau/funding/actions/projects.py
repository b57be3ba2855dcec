"""A project and its plan: what it costs, who is asked, what is promised and awaited."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.funding.measures import measures
from terreau.funding.models import Aid, BudgetLine, Cofunding, Expected, Project, Step, StepKind, Target
from terreau.funding.refusals import FundingRefused
from terreau.funding.schemes import names
from terreau.funding.vocabulary import themes
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Ecopole

# Once one of these is written, the budget is what the funder read.
SENT = (StepKind.REQUESTED, StepKind.OBTAINED, StepKind.PARTLY, StepKind.RUNNING, StepKind.CLOSED)


@transaction.atomic
def open_project(
    *, ecopole: Ecopole, holder: Agent, title: str, what: str, starts_on: date, ends_on: date,
    recovers_vat: bool, public_ceiling: Decimal | None, ceiling_source: str, hand: Hand,
) -> Project:  # fmt: skip
    """A project is named once in an écopôle."""
    ecopole.take_turns()
    if known := Project.objects.filter(ecopole=ecopole, key=hand.key).first():
        return known
    if Project.objects.filter(ecopole=ecopole, title=title).exists():
        raise FundingRefused(f"«\u202f{title}\u202f» existe déjà. Choisissez un autre titre.", "title")
    _in_order(starts_on, ends_on)
    _with_its_source(public_ceiling, ceiling_source)
    return Project.objects.create(
        ecopole=ecopole, holder=holder, title=title, what=what, starts_on=starts_on, ends_on=ends_on,
        recovers_vat=recovers_vat, public_ceiling=public_ceiling, ceiling_source=ceiling_source,
        **hand.fact(),
    )  # fmt: skip


@transaction.atomic
def change_project(*, project: Project, hand: Hand, **said: Any) -> Project:
    """Until it is asked for, everything of a project may be said again."""
    project.ecopole.take_turns()
    _not_sent(project)
    same = Project.objects.filter(ecopole=project.ecopole, title=said["title"]).exclude(pk=project.pk)
    if same.exists():
        raise FundingRefused(
            f"«\u202f{said['title']}\u202f» existe déjà. Choisissez un autre titre.", "title"
        )
    _in_order(said["starts_on"], said["ends_on"])
    _with_its_source(said["public_ceiling"], said["ceiling_source"])
    for name, value in said.items():
        setattr(project, name, value)
    project.save(update_fields=list(said))
    return project


def _in_order(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise FundingRefused(
            f"Jusqu’au {format_date(ends_on)}\u202f: c’est avant le {format_date(starts_on)}. "
            "Échangez les dates.",
            "ends_on",
        )


def _with_its_source(ceiling: Decimal | None, source: str) -> None:
    if ceiling is not None and not source:
        raise FundingRefused(
            "Dites où ce plafond est écrit\u202f: règlement, convention, courrier du financeur.",
            "ceiling_source",
        )


def _not_sent(project: Project) -> None:
    sent = Step.objects.filter(cofunding__project=project, kind__in=SENT).select_related("cofunding").first()
    if sent:
        raise FundingRefused(
            f"Le budget a été envoyé à {sent.cofunding} le {format_date(sent.on)}\u202f: il ne change plus. "
            "Demandez un avenant au financeur, et notez ce qu’il accorde."
        )


@transaction.atomic
def add_line(
    *, project: Project, label: str, destination: str, net: Money, vat: Money, eligible: Decimal, hand: Hand
) -> BudgetLine:
    project.ecopole.take_turns()
    if known := project.lines.filter(key=hand.key).first():
        return known
    _not_sent(project)
    if net.cents <= 0:
        raise FundingRefused(f"{net}\u202f: saisissez un montant au-dessus de 0\u00a0€.", "net")
    return BudgetLine.objects.create(
        project=project,
        label=label,
        destination=destination,
        net=net,
        vat=vat,
        eligible=eligible,
        **hand.fact(),
    )


@transaction.atomic
def withdraw_line(*, line: BudgetLine, hand: Hand) -> None:
    line.project.ecopole.take_turns()
    _not_sent(line.project)
    if line.shares.filter(withdrawn_at=None).exists():
        raise FundingRefused(f"{line}\u202f: des pièces y sont rattachées. Retirez-les d’abord.")
    BudgetLine.objects.filter(pk=line.pk, withdrawn_at=None).update(withdrawn_at=hand.at)


@transaction.atomic
def add_cofunding(
    *, project: Project, funder: str, nature: str, scheme: str, aid: Aid | None, theme: str, planned: Money,
    rate_max: Decimal | None, hand: Hand,
) -> Cofunding:  # fmt: skip
    """A funder foreseen. Of a catalogue aid, the rate's ceiling is the aid's own unless a lower is said."""
    project.ecopole.take_turns()
    if known := project.cofundings.filter(key=hand.key).first():
        return known
    if planned.cents <= 0:
        raise FundingRefused(f"{planned}\u202f: saisissez un montant au-dessus de 0\u00a0€.", "planned")
    if (scheme and scheme not in names()) or (theme and theme not in themes()):
        raise FundingRefused("Ce dispositif ou ce thème n’existe pas. Choisissez-le dans la liste.")
    written = Decimal(str(aid.data.get("subvention_rate_upper_bound") or 0)) if aid else Decimal(0)
    if written and (rate_max is None or rate_max > written):
        rate_max = written
    return Cofunding.objects.create(
        project=project, funder=funder, nature=nature, scheme=scheme, aid=aid, theme=theme, planned=planned,
        rate_max=rate_max, **hand.fact(),
    )  # fmt: skip


@transaction.atomic
def promise_target(*, cofunding: Cofunding, measure: str, promised: Decimal, hand: Hand) -> Target:
    """Only what the house measures may be promised."""
    cofunding.project.ecopole.take_turns()
    if known := cofunding.targets.filter(key=hand.key).first():
        return known
    if measure not in measures():
        raise FundingRefused(
            f"«\u202f{measure}\u202f»\u202f: rien ne le mesure ici, on ne peut pas le promettre. "
            "Choisissez un indicateur de la liste.",
            "measure",
        )
    if cofunding.targets.filter(measure=measure, withdrawn_at=None).exists():
        raise FundingRefused(
            f"{measures()[measure].label}\u202f: déjà promis. Retirez l’ancien d’abord.", "measure"
        )
    if promised <= 0:
        raise FundingRefused("Promettez plus que zéro.", "promised")
    return Target.objects.create(cofunding=cofunding, measure=measure, promised=promised, **hand.fact())


def withdraw_target(*, target: Target, hand: Hand) -> None:
    Target.objects.filter(pk=target.pk, withdrawn_at=None).update(withdrawn_at=hand.at)


@transaction.atomic
def expect(*, cofunding: Cofunding, on: date, amount: Money, chance: Decimal, hand: Hand) -> Expected:
    """Money awaited: the day, the amount and the chance are somebody's opinion."""
    cofunding.project.ecopole.take_turns()
    if known := cofunding.expected.filter(key=hand.key).first():
        return known
    if amount.cents <= 0:
        raise FundingRefused(f"{amount}\u202f: saisissez un montant au-dessus de 0\u00a0€.", "amount")
    return Expected.objects.create(cofunding=cofunding, on=on, amount=amount, chance=chance, **hand.fact())


def withdraw_expected(*, row: Expected, hand: Hand) -> None:
    Expected.objects.filter(pk=row.pk, withdrawn_at=None).update(withdrawn_at=hand.at)
