"""Tools: how many there are, out for a day, back from it."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from terreau.rooms.worksites.models import Day, MoveKind, Tool, ToolMove
from terreau.rooms.worksites.queries.tools import out_by_tool
from terreau.rooms.worksites.refusals import WorksiteRefused
from terreau.territory.models import Ecopole, User


@transaction.atomic
def save_tool(*, ecopole: Ecopole, name: str, count: int, key: str) -> Tool:
    """A new tool; said again under the name of one we have, it is how many there are now."""
    ecopole.take_turns()
    if known := Tool.objects.filter(ecopole=ecopole, key=key).first():
        return known
    alike = Tool.objects.filter(ecopole=ecopole, closed_on=None, name=name).first()
    if alike is None:
        return Tool.objects.create(ecopole=ecopole, name=name, count=count, key=key)
    out = out_by_tool(ecopole).get(alike.pk, 0)
    if count < out:
        raise WorksiteRefused(
            f"{name}\u202f: {out} sont sortis. Saisissez {out} ou plus, ou rentrez-les d’abord.", "count"
        )
    alike.count = count
    alike.save()
    return alike


@transaction.atomic
def close_tool(*, tool: Tool, on: date) -> None:
    """It serves no more from that day on."""
    if out_by_tool(tool.ecopole).get(tool.pk, 0):
        raise WorksiteRefused(f"{tool} est encore sorti\u202f: rentrez-le d’abord.")
    Tool.objects.filter(pk=tool.pk, closed_on=None).update(closed_on=on)


@transaction.atomic
def take_out(
    *, day: Day, counts: Mapping[int, int], by: User | None, at: datetime, key: str
) -> list[ToolMove]:
    """So many of each tool go with the crew; never more than there are at the shed."""
    ecopole = day.order.ecopole
    if known := _known(day, key):
        return known
    tools = {tool.pk: tool for tool in Tool.objects.filter(ecopole=ecopole, closed_on=None)}
    out = out_by_tool(ecopole)
    for pk, count in counts.items():
        left = tools[pk].count - out.get(pk, 0)
        if count > left:
            raise WorksiteRefused(
                f"{tools[pk]}\u202f: {count} demandés, {left} à l’atelier. Prenez-en {left} au plus."
            )
    if not counts:
        raise WorksiteRefused("Aucun outil choisi. Dites combien de chacun partent.")
    return _move(day, MoveKind.OUT, counts, "", by, at, key)


@transaction.atomic
def bring_back(
    *, day: Day, counts: Mapping[int, int], note: str, by: User | None, at: datetime, key: str
) -> list[ToolMove]:
    """What comes back; what does not stays out, in sight, until it does."""
    if known := _known(day, key):
        return known
    out = out_by_tool(day.order.ecopole, day=day)
    for pk, count in counts.items():
        if count > out.get(pk, 0):
            raise WorksiteRefused(f"{out.get(pk, 0)} sortis pour {count} rentrés. Corrigez le nombre.")
    if not counts:
        raise WorksiteRefused("Rien n’est rentré. Dites combien de chaque outil sont revenus.")
    return _move(day, MoveKind.BACK, counts, note, by, at, key)


def _known(day: Day, key: str) -> list[ToolMove]:
    day.order.ecopole.take_turns()
    return list(day.tool_moves.filter(key__startswith=f"{key}:"))


def _move(
    day: Day, kind: MoveKind, counts: Mapping[int, int], note: str, by: User | None, at: datetime, key: str
) -> list[ToolMove]:
    return ToolMove.objects.bulk_create(
        ToolMove(
            tool_id=pk, day=day, kind=kind, count=count, note=note, recorded_by=by, recorded_at=at,
            key=f"{key}:{pk}",
        )
        for pk, count in counts.items()
    )  # fmt: skip
