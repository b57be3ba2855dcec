"""What a funder is told: its money used line by line, the hours, indicators, papers, what is missing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from terreau.funding.measures import Amount, Measure, measured, measures
from terreau.funding.models import BudgetLine, ClaimKind, ClaimLine, Cofunding, Share, StepKind, Target
from terreau.funding.queries.projects import GAVE, NOTHING, Plan, Standing, plan_of
from terreau.measures.french import format_date
from terreau.measures.money import Money, added


@dataclass(frozen=True)
class LineUse:
    """A line of the budget: what was foreseen, what papers prove of it, what this funder pays of it."""

    line: BudgetLine
    proved: Money
    funded: Money


@dataclass(frozen=True)
class Told:
    """An indicator promised, and what is measured until today; None while the period has not begun."""

    target: Target
    measure: Measure
    measured: Amount
    begun: bool

    @property
    def promised_words(self) -> str:
        return self.measure.words(self.target.promised)

    @property
    def measured_words(self) -> str:
        return self.measure.words(self.measured) if self.begun else "pas encore commencé"

    @property
    def kept(self) -> bool | None:
        return None if self.measured is None or not self.begun else self.measured >= self.target.promised


@dataclass(frozen=True)
class Dossier:
    standing: Standing
    plan: Plan
    first: date
    last: date
    shares: tuple[Share, ...]
    claimed: frozenset[int]
    targets: tuple[Told, ...]
    today: date

    @property
    def row(self) -> Cofunding:
        return self.standing.row

    @property
    def justified(self) -> Money:
        return added(share.amount for share in self.shares)

    @property
    def hours(self) -> Decimal:
        return sum((share.hours for share in self.shares if share.hours), Decimal(0))

    @property
    def to_claim(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.pk not in self.claimed)

    @property
    def ready(self) -> Money:
        """What the next claim would ask."""
        return added(share.amount for share in self.to_claim)

    @property
    def left(self) -> Money:
        """Of what was notified, what no paper proves yet."""
        return self.standing.notified - self.justified

    @property
    def final(self) -> bool:
        """The balance is asked, or the last day of expenses is over: the report is the final one."""
        asked = any(claim.kind == ClaimKind.BALANCE for claim in self.standing.claims)
        return asked or (self.standing.period is not None and self.today > self.standing.period[1])

    @property
    def uses(self) -> list[LineUse]:
        proved: dict[int, dict[int, Money]] = defaultdict(dict)
        funded: dict[int, Money] = defaultdict(lambda: NOTHING)
        for share in self.shares:
            proved[share.line_id][share.piece_id] = share.piece.cost
            funded[share.line_id] += share.amount
        return [LineUse(line, added(proved[line.pk].values()), funded[line.pk]) for line in self.plan.lines]

    @property
    def missing(self) -> list[str]:
        """What this file still lacks, in the order it is needed."""
        return [*_of_the_plan(self), *_of_the_papers(self), *_of_the_indicators(self)]


def dossier(row: Cofunding, today: date) -> Dossier:
    """Four queries, and those of the measures promised, whatever the rows."""
    plan = plan_of(row.project)
    standing = next(one for one in plan.funders if one.row.pk == row.pk)
    first, last = standing.period or (row.project.starts_on, row.project.ends_on)
    until = min(last, today)
    sent = Exists(ClaimLine.objects.filter(share=OuterRef("pk")))
    shares = Share.objects.filter(cofunding=row, withdrawn_at=None).select_related("piece", "line")
    told = tuple(shares.annotate(sent=sent).order_by("piece__on", "id"))
    claimed = frozenset(share.pk for share in told if vars(share)["sent"])
    promised = [
        one for one in Target.objects.filter(cofunding=row, withdrawn_at=None) if one.measure in measures()
    ]
    begun = first <= until
    found = (
        measured(row.project.ecopole, [one.measure for one in promised], first, until)
        if promised and begun
        else {}
    )
    targets = tuple(Told(one, measures()[one.measure], found.get(one.measure), begun) for one in promised)
    return Dossier(standing, plan, first, last, told, claimed, targets, today)


def _of_the_plan(file: Dossier) -> Iterator[str]:
    if not file.plan.lines:
        yield "Le budget du projet n’a aucune ligne."
    elif file.plan.gap.cents > 0:
        yield f"Le plan de financement n’est pas équilibré\u202f: il manque {file.plan.gap}."
    elif file.plan.gap.cents < 0:
        yield f"Le plan de financement apporte {-file.plan.gap} de trop."
    if file.plan.beyond:
        yield f"L’aide publique dépasse son plafond de {file.plan.beyond}."
    if file.plan.project.public_ceiling is None:
        yield "Le plafond d’aide publique du projet n’est pas connu\u202f: demandez-le au financeur."
    if not file.standing.last(StepKind.PREPARING):
        yield "Personne n’est encore responsable de ce dossier."


def _of_the_papers(file: Dossier) -> Iterator[str]:
    standing = file.standing
    if standing.state not in (*GAVE, StepKind.RUNNING, StepKind.CLOSED):
        return
    if file.left.cents > 0:
        yield f"Aucune pièce ne justifie encore {file.left} sur {standing.notified} notifiés."
    for share in file.shares:
        if not file.first <= share.piece.on <= file.last:
            yield (
                f"{share.piece}, du {format_date(share.piece.on)}\u202f: hors de la période, du "
                f"{format_date(file.first)} au {format_date(file.last)}."
            )
    if standing.last(*GAVE) and not standing.due_on and standing.state != StepKind.CLOSED:
        yield "Aucune échéance de bilan n’est notée."
    paid = {step.claim_id for step in standing.steps}
    for claim in standing.claims:
        if claim.pk not in paid:
            told = f"{claim.get_kind_display().capitalize()} du {format_date(claim.sent_on)}"
            yield f"{told}\u202f: {claim.total} non versés."


def _of_the_indicators(file: Dossier) -> Iterator[str]:
    if not file.targets:
        yield "Aucun indicateur n’est promis\u202f: rien ne montrera ce que l’aide a permis."
    for one in file.targets:
        if one.begun and one.measured is not None and not one.measured:
            yield f"{one.measure.label}\u202f: rien n’est mesuré depuis le {format_date(file.first)}."
