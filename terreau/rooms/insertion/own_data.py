"""Everything held on a person, part by part, with who read it: what the right of access answers.

Read from the tables themselves: a column that is added is in the answer.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models as columns
from django.db.models import Max, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_date, format_decimal
from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.access import PART_LABELS, SECTION_PARTS, Part, part_of
from terreau.rooms.insertion.models import Participant
from terreau.rooms.insertion.models.facts import Fact
from terreau.rooms.insertion.rules.law import rows, written
from terreau.territory.models import Invitation, Membership

# The part each table belongs to; notes, obstacles and actions say theirs line by line.
PARTS: Mapping[type[columns.Model], Part] = {
    m.Participant: Part.IDENTITY, m.Identity: Part.IDENTITY,
    m.Referral: Part.CRITERIA, m.ReferralAnswer: Part.CRITERIA, m.Diagnosis: Part.CRITERIA,
    m.Criterion: Part.CRITERIA, m.Paper: Part.HEALTH,
    m.PassIae: Part.PASS, m.PassSuspension: Part.PASS, m.PassProlongation: Part.PASS,
    m.ProlongationAnswer: Part.PASS,
    m.Contract: Part.CONTRACT, m.Amendment: Part.CONTRACT, m.LowHours: Part.CONTRACT,
    m.Extension: Part.CONTRACT, m.Renewal: Part.CONTRACT, m.RenewalOpinion: Part.CONTRACT,
    m.Pmsmp: Part.CONTRACT, m.Exit: Part.CONTRACT, m.ExitCheck: Part.CONTRACT,
    m.SheetLine: Part.HOURS,
    m.Interview: Part.SOCIAL, m.InterviewNote: Part.SOCIAL, m.Obstacle: Part.SOCIAL,
    m.SupportAction: Part.SOCIAL, m.FollowUp: Part.SOCIAL,
    m.Objective: Part.OBJECTIVES, m.ObjectiveProgress: Part.OBJECTIVES, m.Training: Part.OBJECTIVES,
    m.SkillMark: Part.SKILLS, m.Evaluation: Part.SKILLS, m.Signature: Part.SKILLS,
    m.Following: Part.NAME, m.Posting: Part.NAME, m.Withdrawal: Part.NAME, m.Hold: Part.NAME,
    m.Erasure: Part.NAME,
}  # fmt: skip
# Said beside each line, or nothing of the person.
ASIDE = {"id", "participant", "key", "recorded_by", "recorded_at", "ecopole", "anonymised_at"}
# Codes that are read with their label: of this room's choices, or of a dated list of the rules.
LISTS = {
    "supportaction.family": dict(m.Family.choices), "interviewnote.section": dict(m.Section.choices),
    "obstacle.level": {"0": "aucun", "1": "un peu", "2": "beaucoup", "3": "empêche l’emploi"},
    "paper.kind": dict(m.PaperKind.choices),
}  # fmt: skip
DATED = {
    "referral.prescriber": "prescribers",
    "diagnosis.prescriber": "prescribers",
    "diagnosis.education": "education",
    "criterion.code": "criteria",
    "exit.reason": "exit_reasons",
    "exit.category": "exit_categories",
    "exitcheck.item": "exit_checks",
    "followup.situation": "situations",
    "passsuspension.reason": "suspension_reasons",
    "passprolongation.reason": "prolongation_reasons",
}


def told(person: Participant, on: date) -> dict[str, Any]:
    """The answer, as its sheet reads it. A fixed number of queries, however long the file."""
    sections: dict[Part, dict[str, list[dict[str, Any]]]] = {part: {} for part in Part}
    gone = set(m.Withdrawal.objects.filter(participant=person).values_list("model", "fact"))
    for model, part in PARTS.items():
        title = _title(model._meta.verbose_name)
        for row in _rows(model, person) if model is not m.SheetLine else ():
            where = sections[_part(row, part)].setdefault(title, [])
            where.append(_line(row, (model._meta.model_name, getattr(row, "key", "")) in gone))
    law = written("retention")["active"][-1]
    return {
        "name": person.full_name,
        "code": person.code,
        "day": format_date(on),
        "kept": f"{law['value']} {law['unit']}",
        "parts": [
            {"label": _title(PART_LABELS[part]), "tables": [
                {"title": title, "lines": lines} for title, lines in tables.items()
            ]}
            for part, tables in sections.items()
            if tables
        ],
        "days": _days(person),
        "account": _account(person),
        "ledger": _ledger(person),
        "readings": _readings(person),
        "exports": [
            [format_date(timezone.localtime(row.exported_at).date()), str(row.by), row.what]
            for row in m.Export.objects.filter(participant=person).select_related("by")
        ],
    }  # fmt: skip


def _rows(model: type[Any], person: Participant) -> list[Any]:
    near = [f.name for f in model._meta.fields if f.is_relation and f.name not in ("participant", "ecopole")]
    rows = model._base_manager.select_related(*near)
    rows = rows.filter(pk=person.pk) if model is Participant else rows.filter(participant=person)
    return list(rows.order_by("id"))


def _part(row: Any, part: Part) -> Part:
    if isinstance(row, m.InterviewNote):
        return SECTION_PARTS[m.Section(row.section)]
    if isinstance(row, m.Obstacle | m.SupportAction):
        known = row.family in m.Family.values
        return part_of(row.family) if known else Part.SOCIAL
    return part


def _line(row: Any, withdrawn: bool) -> dict[str, Any]:
    """What a line says, column by column; what is empty is left out."""
    said = []
    for field in row._meta.fields:
        if field.name in ASIDE:
            continue
        if (value := _value(row, field)) != "":
            said.append([_title(field.verbose_name), value])
    by = row.recorded_by
    at = f"écrit le {format_date(timezone.localtime(row.recorded_at).date())}"
    return {"said": said, "written": f"{at} par {by}" if by else at, "withdrawn": withdrawn}


def _value(row: Any, field: Any) -> str:
    value = getattr(row, field.name)
    if value in (None, "", []):
        return ""
    if labels := _labels(row, field.name):
        return labels.get(value, str(value))
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, m.Objective):
        return str(value.label)
    if isinstance(value, Fact):
        # Another line of this file: told by its day.
        days = (getattr(value, f.name) for f in value._meta.fields if type(f) is columns.DateField)
        return next((_plain(day) for day in days if day), "oui")
    return _plain(value)


def _labels(row: Any, name: str) -> Mapping[str, str]:
    """What the codes of a column mean."""
    where = f"{row._meta.model_name}.{name}"
    if where in DATED:
        return {known["code"]: known["label"] for known in rows(DATED[where])}
    if where == "skillmark.skill":
        return {known["code"].removeprefix(f"{row.grid}."): known["label"] for known in rows("skills")}
    if where == "skillmark.grid":
        return {known["grid"]: known["grid_label"] for known in rows("skills")}
    return LISTS.get(where, {})


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return f"{format_date(timezone.localtime(value).date())} à {timezone.localtime(value):%H:%M}"
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, Decimal):
        return format_decimal(value)
    return str(value)


def _title(words: object) -> str:
    """A capital first, and the acronyms kept."""
    text = str(words)
    return text[:1].upper() + text[1:]


def _days(person: Participant) -> list[list[str]]:
    """The sheets, a day a line; one that another replaced says so."""
    lines = m.SheetLine.objects.filter(participant=person).select_related("workshop", "recorded_by")
    replaced = set(lines.exclude(replaces=None).values_list("replaces", flat=True))
    return [
        [
            format_date(line.day), str(line.workshop),
            str(m.HoursKind(line.kind).label) + (", corrigé" if line.pk in replaced else ""),
            f"{format_decimal(line.hours)}\u00a0h", str(line.recorded_by or ""),
        ]
        for line in lines.order_by("day", "id")
    ]  # fmt: skip


def _account(person: Participant) -> list[list[str]]:
    held = Membership.objects.filter(agent=person.agent_id).select_related("user")
    letters = Invitation.objects.filter(agent=person.agent_id, accepted_at=None)
    return [
        *([str(row.user), row.user.email, "accès ouvert"] for row in held),
        *(["", row.email, f"invitation du {format_date(row.sent_at.date())}"] for row in letters),
    ]


def _ledger(person: Participant) -> list[list[str]]:
    """What the rest of the house holds, under the pseudonym alone."""
    rows = Event.objects.filter(STANDING, provider=person.agent_id).order_by("product__name")
    summed = rows.values_list("product__name").annotate(
        Sum("quantity"), Min("occurred_at"), Max("occurred_at")
    )
    return [
        [name, f"{format_decimal(total)} h", _plain(first.date()), _plain(last.date())]
        for name, total, first, last in summed
    ]


def _readings(person: Participant) -> list[list[str]]:
    """Who read what and when: a line for each reader and day, and each reason typed."""
    rows = m.Reading.objects.filter(participant=person).annotate(day=TruncDate("read_at"))
    seen: dict[tuple[date, str], dict[str, str]] = defaultdict(dict)
    asked = rows.order_by("day", "reader__name", "part").values_list("day", "reader__name", "part", "reason")
    for day, reader, part, reason in asked.iterator():
        label = PART_LABELS[Part(part)]
        seen[day, reader][f"{label} ({reason})" if reason else label] = ""
    return [[format_date(day), reader, ", ".join(parts)] for (day, reader), parts in seen.items()]


def tables() -> set[type[columns.Model]]:
    """Those of this room that hold something of a person: all must be in `PARTS`."""
    found = apps.get_app_config("insertion").get_models()
    return {model for model in found if issubclass(model, Fact) or model is Participant}
