"""The annual report and the management dialogue: pages, sheets, files; and the list behind a figure."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from terreau.measures.french import format_date
from terreau.rooms.insertion import dialogue as talks
from terreau.rooms.insertion import report as reports
from terreau.rooms.insertion import steering
from terreau.rooms.insertion.access import REASONED, Part, log_export, log_list, reached
from terreau.rooms.insertion.models import Annex, Author, Criterion, Diagnosis, Participant, YearSaid
from terreau.rooms.insertion.report import SECTIONS, Section, masked
from terreau.rooms.insertion.report_forms import TargetsForm, YearSaidForm
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.views import hand, reply
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed, spreadsheet

YEARS_AROUND = 10


def _year(request: EcopoleRequest, text: str) -> int:
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    if abs(year - request.today.year) > YEARS_AROUND:
        raise Http404(text)
    return year


def _section(request: EcopoleRequest, year: int, code: str) -> Section:
    if code == "controle":
        return talks.control(frozenset(talks.by_us(request.ecopole, year)), year)
    if code not in SECTIONS:
        raise Http404(code)
    return SECTIONS[code](request.ecopole, year)


@needs("accompany")
def report(request: EcopoleRequest, year: str, section: str) -> HttpResponse:
    """A chapter of the year: each figure opens its list."""
    number = _year(request, year)
    shown = _section(request, number, section)
    context = {
        "year": number, "section": shown, "sections": [(code, SECTION_WORDS[code]) for code in SECTIONS],
        "provisional": reports.is_open(request.ecopole, number, request.today),
    }  # fmt: skip
    return render(request, "insertion/report.html", context)


SECTION_WORDS = {
    "personnes": "Personnes", "heures": "Heures et ETP", "sorties": "Sorties",
    "accompagnement": "Accompagnement",
}  # fmt: skip


def _may_read(person: Participant, part: Part) -> bool:
    """As the file itself opens: what asks for a written reason is not read in a list."""
    if part not in vars(person)["open_parts"]:
        return False
    follows: bool = vars(person).get(f"as_{Role.COUNSELLOR}", False)
    return follows or (Role.DIRECTOR, part) not in REASONED


@needs("accompany")
@transaction.atomic
def counted(request: EcopoleRequest, year: str, section: str, code: str) -> HttpResponse:
    """Whom a figure counts: names for who may read that part of their file, a number for the others."""
    number = _year(request, year)
    shown = _section(request, number, section)
    row = shown.row(code)
    if row is None:
        raise Http404(code)
    named = [p for p in reached(request, Q(pk__in=row.people)) if _may_read(p, row.part)]
    log_list(request, named, row.part)
    proofs = _proofs(named) if section == "controle" else {}
    context = {
        "year": number, "section": shown, "row": row, "others": len(row.people) - len(named),
        "named": [(person, proofs.get(person.pk, [])) for person in named],
        "up": SECTION_WORDS.get(section),
    }  # fmt: skip
    return render(request, "insertion/counted.html", context)


def _proofs(people: Sequence[Participant]) -> dict[int, list[tuple[str, str]]]:
    """Of who entered on our own criteria: each one kept, and where its proof lies."""
    found: dict[int, list[tuple[str, str]]] = {}
    ours = Diagnosis.objects.standing().filter(author=Author.EMPLOYER, participant__in=people)
    for row in Criterion.objects.standing().filter(diagnosis__in=ours).order_by("id"):
        label = listed("criteria", row.recorded_at.date()).get(row.code, {"label": row.code})["label"]
        found.setdefault(row.participant_id, []).append((label, row.kept_at))
    return found


# --- files ----------------------------------------------------------------------------------------------


def _for_whom(request: EcopoleRequest, sections: Sequence[Section]) -> list[Section]:
    """Whole for the ASP, to whom the law gives every count; else as it leaves the room."""
    return list(sections) if "asp" in request.GET else [masked(section) for section in sections]


def _log(request: EcopoleRequest, what: str) -> None:
    log_export(request, what if "asp" in request.GET else f"{what}, masqué", people=0, nominative=False)


def _pdf(
    request: EcopoleRequest, title: str, lede: str, name: str, sections: Sequence[Section], said: Any
) -> HttpResponse:
    data = {
        "title": title, "lede": lede, "footer": f"{request.ecopole.name} · {format_date(request.today)}",
        "said": [finding.sentence for finding in said], "masked": "asp" not in request.GET,
        "sections": [
            {
                "title": section.title,
                "tables": [
                    {
                        "title": table.title, "head": list(table.head), "note": table.note,
                        "rows": [[row.label, *row.said] for row in table.rows],
                    }
                    for table in section.tables
                ],
            }
            for section in _for_whom(request, sections)
        ],
    }  # fmt: skip
    return printed("insertion/tables.typ", data, name)


def _lede(request: EcopoleRequest, year: int) -> str:
    if reports.is_open(request.ecopole, year, request.today):
        return f"Année {year} · chiffres provisoires au {format_date(request.today)}"
    return f"Année {year}"


@needs("accompany")
@transaction.atomic
def report_pdf(request: EcopoleRequest, year: str) -> HttpResponse:
    number = _year(request, year)
    _log(request, f"bilan annuel {number} (PDF)")
    sections = reports.report(request.ecopole, number)
    return _pdf(
        request, "Bilan annuel de l’insertion", _lede(request, number), f"bilan-{number}", sections, ()
    )


@needs("accompany")
@transaction.atomic
def report_csv(request: EcopoleRequest, year: str) -> HttpResponse:
    """A line per figure: our own columns, to be copied in the extranet."""
    number = _year(request, year)
    _log(request, f"bilan annuel {number} (CSV)")
    state = "provisoire" if reports.is_open(request.ecopole, number, request.today) else "clos"
    heads = ("Année", "État", "Chapitre", "Tableau", "Ligne", "Colonne", "Valeur")
    rows = (
        (number, state, section.title, table.title, row.label, column, plain)
        for section in _for_whom(request, reports.report(request.ecopole, number))
        for table in section.tables
        for row in table.rows
        for column, cell in zip(table.head, row.said, strict=True)
        for plain in (cell.replace("\u202f", "").replace("\u00a0", " "),)
    )
    return spreadsheet([heads, *rows], f"bilan-{number}")


# --- the dialogue ---------------------------------------------------------------------------------------


def _annex(request: EcopoleRequest, pk: int) -> tuple[Annex, list[Annex]]:
    """The annexe asked, and all of them; what it said before it was typed again can be asked too."""
    known = steering.annexes(request.ecopole)
    row = next((row for row in known if row.pk == pk), None)
    return row or get_object_or_404(Annex, ecopole=request.ecopole, pk=pk), known


@needs("accompany")
def dialogue(request: EcopoleRequest, pk: int) -> HttpResponse:
    """An annexe side by side with what was done."""
    row, known = _annex(request, pk)
    sections, said = talks.dialogue(request.ecopole, row, request.today, known)
    context = {
        "row": row, "sections": sections, "said": said, "year": row.starts_on.year,
        "provisional": row.ends_on >= request.today,
    }  # fmt: skip
    return render(request, "insertion/dialogue.html", context)


@needs("accompany")
@transaction.atomic
def dialogue_pdf(request: EcopoleRequest, pk: int) -> HttpResponse:
    row, known = _annex(request, pk)
    _log(request, f"dialogue de gestion, annexe {row.number}")
    sections, said = talks.dialogue(request.ecopole, row, request.today, known)
    lede = f"Annexe {row.number} · {_lede(request, row.starts_on.year)}"
    return _pdf(request, "Dialogue de gestion", lede, f"dialogue-{row.number}", sections, said)


# --- what is typed --------------------------------------------------------------------------------------


@needs("accompany")
def targets(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What was negotiated: the same annexe, said again with it."""
    row = get_object_or_404(Annex, ecopole=request.ecopole, pk=pk)
    known = {name: getattr(row, name) for name in TargetsForm.base_fields}
    form = TargetsForm(request.POST or None, on=request.today, initial=known)

    def write() -> Annex:
        return steering.say_again(row, {**form.cleaned_data, **hand(request).fact()})

    back = reverse("insertion:steer", args=[request.ecopole.slug])
    page = {
        "title": "Objectifs négociés", "button": "Enregistrer", "told": "Les objectifs sont enregistrés.",
        "lede": f"Annexe {row.number}. Un objectif laissé vide n’a pas été négocié.", "up": back,
    }  # fmt: skip
    return reply(request, form, write, page, back)


@needs("accompany")
def said(request: EcopoleRequest, year: str) -> HttpResponse:
    """What the accounts and the payroll say of the year; the last word counts."""
    number = _year(request, year)
    before = steering.year_said(request.ecopole, number)
    known = {name: getattr(before, name) for name in YearSaidForm.base_fields} if before else {}
    form = YearSaidForm(request.POST or None, on=request.today, initial=known, year=number)

    def write() -> YearSaid:
        written = hand(request).fact()
        row, _ = YearSaid.objects.get_or_create(
            ecopole=request.ecopole, key=written.pop("key"),
            defaults=written | form.cleaned_data | {"year": number},
        )  # fmt: skip
        return row

    back = reverse("insertion:report", args=[request.ecopole.slug, number, "heures"])
    page = {
        "title": f"Chiffres de l’année {number}", "button": "Enregistrer", "up": back,
        "told": "Les chiffres de l’année sont enregistrés.",
        "lede": "Ce que disent la comptabilité et la paie\u202f; la dernière saisie compte.",
    }  # fmt: skip
    return reply(request, form, write, page, back)
