"""What can be done with a scenario: ask what it would bring, computed in the background."""

from datetime import date, datetime
from typing import Any

from django_tasks import task

from terreau.impact import scenarios
from terreau.impact.actions import SECONDS_MAX
from terreau.impact.models import Reckoning
from terreau.impact.territories import EPCI
from terreau.planning.models import PlanState
from terreau.planning.running import Progress, ask, run
from terreau.territory.models import Ecopole, User


def request_scenario(
    *, ecopole: Ecopole, text: str, today: date, by: User | None, at: datetime, key: str
) -> Reckoning:
    """Keep the file and queue its answer. The same key asks once; one scenario at a time is computed.

    Raises `ScenarioRefused` with every reason, `Missing` when the territory has no data.
    """
    asked = scenarios.read(text)
    where = scenarios.place(asked)
    return ask(
        Reckoning,
        ecopole=ecopole,
        what="Un autre scénario",
        among={"measured": False},
        prepare=lambda: {
            "name": asked.scenario.name, "scale": EPCI, "year": asked.scenario.start,
            "problem": {"file": text, "where": where.name, "today": today.isoformat()},
            "seconds_max": SECONDS_MAX, "created_by": by,
        },
        start=lambda pk: project.enqueue(reckoning_id=pk),
        at=at,
        key=key,
    )  # fmt: skip


@task()
def project(reckoning_id: int) -> None:
    run(Reckoning, reckoning_id, _answer)


def _answer(row: Reckoning, progress: Progress) -> dict[str, Any]:
    progress(0.05, "Chaque année est simulée, avec et sans l’écopôle.")
    asked = scenarios.read(row.problem["file"])
    try:
        found = scenarios.answer(asked, scenarios.place(asked), date.fromisoformat(row.problem["today"]))
    except scenarios.ScenarioRefused as refusal:
        return {"state": PlanState.IMPOSSIBLE, "message": str(refusal)}
    return {"state": PlanState.READY, "plan": found.to_json()}
