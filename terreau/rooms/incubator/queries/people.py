"""Where a project is: its last step, since when it sells in its own name."""

from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery

from terreau.rooms.incubator.models import Project, Step, StepKind


@dataclass(frozen=True)
class ProjectLine:
    """A project in a list: where it is and since when, the end of its contract."""

    id: int
    title: str
    name: str
    what: str
    state: StepKind
    since: date
    contract_ends: date | None
    tutors: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.state.label


def state_of(project: Project) -> StepKind:
    """The last step; an interview does not undo what came before it."""
    return StepKind(project.steps.order_by("-id").values_list("kind", flat=True)[0])


def sells_alone(project: Project) -> date | None:
    """The day of its registration."""
    rows = project.steps.filter(kind=StepKind.REGISTERED)
    return rows.values_list("on", flat=True).first()


def lines(projects: QuerySet[Project]) -> list[ProjectLine]:
    """By title, with their state, contract and tutors. Two queries."""
    last = Step.objects.filter(project=OuterRef("pk")).order_by("-id")
    rows = list(
        projects.annotate(state=Subquery(last.values("kind")[:1]), since=Subquery(last.values("on")[:1]))
        .order_by("title")
        .prefetch_related("contracts", "tutors__user")
    )
    return [_line(row) for row in rows]


def _line(row: Project) -> ProjectLine:
    signed = [c.last_day for c in row.contracts.all() if c.signed_on]
    return ProjectLine(
        row.pk, row.title, row.name, row.what, StepKind(vars(row)["state"]), vars(row)["since"],
        max(signed, default=None), tuple(str(t.user) for t in row.tutors.all() if t.until is None),
    )  # fmt: skip
