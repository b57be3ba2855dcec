"""The annual report: who was there, hours and ETP, exits, support. Each figure knows whom it counts.

Beneficiaries worked an hour at least in the year; age is the year less the year of birth; what a person is
counted under (RSA, RQTH…) is what the diagnosis of their entry kept. Hours are those of closed weeks, in the
ledger: what is not closed is not here yet, and the report says provisional. Source: ASP, bilan de l’annexe.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from terreau.measures.french import format_decimal, format_percent
from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.insertion import leaving, steering
from terreau.rooms.insertion.access import Part, part_of
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.hours import ABSENT, WORKED
from terreau.rooms.insertion.models import (
    Annex,
    Author,
    Contract,
    Criterion,
    Diagnosis,
    Family,
    Interview,
    Paper,
    PaperKind,
    Participant,
    Pmsmp,
    PmsmpObject,
    Training,
)
from terreau.rooms.insertion.rules import eligibility, exits, hours, support
from terreau.rooms.insertion.rules.law import listed, rule
from terreau.territory.counts import FEW, PEOPLE_MIN
from terreau.territory.models import Ecopole

Cell = int | Decimal | Money | str | None
NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Row:
    """A line of a table; `people`: whom it counts, whose list opens for who may read `part`."""

    code: str
    label: str
    cells: tuple[Cell, ...]
    people: frozenset[int] = NOBODY
    part: Part = Part.CRITERIA

    @property
    def said(self) -> list[str]:
        return [say(cell) for cell in self.cells]

    @property
    def is_few(self) -> bool:
        return 0 < len(self.people) < PEOPLE_MIN


@dataclass(frozen=True)
class Table:
    """`whole`: each person is in one of these lines: hidden alone, one would be found from the others."""

    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    whole: frozenset[str] = frozenset()

    @property
    def lines(self) -> list[dict[str, object]]:
        """Each row with its cells under their heads, for a page."""
        return [{"row": row, "cells": list(zip(self.head, row.said, strict=True))} for row in self.rows]


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    tables: tuple[Table, ...]

    def row(self, code: str) -> Row | None:
        return next((row for table in self.tables for row in table.rows if row.code == code), None)


def codes_of(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row.code for row in rows)


def say(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, Decimal | int):
        return format_decimal(Decimal(cell))
    return str(cell)


def masked(section: Section) -> Section:
    """As it leaves the room: a line of fewer than five people is not said, nor the one that would tell it."""
    return replace(section, tables=tuple(_masked(table) for table in section.tables))


def _masked(table: Table) -> Table:
    few = {row.code for row in table.rows if row.is_few}
    if len(few & table.whole) == 1:
        others = [row for row in table.rows if row.people and row.code in table.whole - few]
        few |= {min(others, key=lambda row: len(row.people)).code} if others else set()
    rows = tuple(
        replace(row, cells=(FEW,) * len(row.cells)) if row.code in few else row for row in table.rows
    )
    return replace(table, rows=rows)


def ratio(value: Decimal | None) -> str:
    return "–" if value is None else format_percent(value, 1)


def is_open(ecopole: Ecopole, year: int, today: date) -> bool:
    """A year under way, or of which a sheet is still to be closed."""
    return year >= today.year or bool(steering.provisional(ecopole, whole(year)))


def whole(year: int) -> Period:
    return Period(date(year, 1, 1), date(year, 12, 31))


# --- who was there --------------------------------------------------------------------------------------


def people(ecopole: Ecopole, year: int) -> Section:
    """Beneficiaries and entries, by what the State counts."""
    worked: dict[int, Decimal] = defaultdict(Decimal)
    for _, product, agent, amount in steering.paid_by_person(ecopole, whole(year)):
        worked[agent] += amount if product == WORKED else 0
    rows = Participant.objects.filter(ecopole=ecopole).order_by("id")
    known = list(rows.only("id", "agent_id", "birth_date", "sex"))
    files = Files(known, papers=True)
    there = [p for p in known if worked.get(p.agent_id, 0) >= 1]
    hires = {p.pk: hired for p in known if (hired := _hired(files, p, year))}
    came = [p for p in known if (hired := hires.get(p.pk)) and hired.year == year]
    traits = {p.pk: _traits(files, p, year, hires.get(p.pk)) for p in {*there, *came}}
    return Section("personnes", "Personnes", (
        _typology("Salariés en parcours", "", there, traits),
        _typology("Entrées de l’année", "entree-", came, traits),
        _doors(files, came, hires),
    ))  # fmt: skip


def _hired(files: Files, person: Participant, year: int) -> date | None:
    """The last hire before the end of the year."""
    rows = [row for row in files.of(Contract, person) if row.starts_on.year <= year]
    last = max(rows, key=lambda row: row.starts_on, default=None)
    return leaving.hired_on(files, person, last) if last else None


def _diagnosed(files: Files, person: Participant, hired: date | None) -> Diagnosis | None:
    """The diagnosis in use on the day of the hire; else the last one."""
    rows = files.of(Diagnosis, person)
    told = {eligibility.Diagnosis(row.made_on, row.author == Author.PRESCRIBER): row for row in rows}
    found = eligibility.in_use(told, hired) if hired else None
    return told[found] if found else rows[-1] if rows else None


def _traits(files: Files, person: Participant, year: int, hired: date | None) -> set[str]:
    """The codes of the report under which a person is counted."""
    diagnosis = _diagnosed(files, person, hired)
    kept = [row.code for row in files.of(Criterion, person) if diagnosis and row.diagnosis_id == diagnosis.pk]
    found = {"total", person.sex or "sexe-non-dit", *kept}
    handicap = [row for row in files.of(Paper, person) if row.kind == PaperKind.RQTH]
    if any(row.valid_until >= date(year, 1, 1) for row in handicap):
        found.add("TH")
    if person.birth_date:
        years, ages = year - person.birth_date.year, rule("eligibility", "ages", date(year, 12, 31))
        found |= {"moins-26"} if years < ages["young_below"] else set()
        found |= {"50-et-plus"} if years >= ages["senior_min"] else set()
    level = listed("education", date(year, 12, 31)).get(diagnosis.education if diagnosis else "")
    return found | ({level["report"]} if level and level["report"] else set())


TYPOLOGY = (
    ("total", "Total"), ("F", "Femmes"), ("M", "Hommes"), ("sexe-non-dit", "Sexe non renseigné"),
    ("RSA", "Bénéficiaires du RSA"), ("ASS", "Allocataires de l’ASS"), ("AAH", "Allocataires de l’AAH"),
    ("TH", "Travailleurs handicapés reconnus (RQTH)"), ("ZRR", "Résidents en ZRR ou ZFRR"),
    ("QPV", "Résidents en QPV"), ("moins-26", "Moins de 26 ans"), ("50-et-plus", "50 ans et plus"),
    ("DELD", "Inscrits à France Travail depuis 12 à 23 mois"),
    ("DETLD", "Inscrits à France Travail depuis 24 mois et plus"), ("cap", "Niveau CAP ou BEP"),
    ("uncertified", "Qualification non certifiante"), ("below", "Niveau inférieur au CAP"),
)  # fmt: skip


def _typology(
    title: str, prefix: str, counted: Sequence[Participant], traits: Mapping[int, set[str]]
) -> Table:
    rows = []
    for code, label in TYPOLOGY:
        who = frozenset(person.pk for person in counted if code in traits[person.pk])
        rows.append(Row(f"{prefix}{code}", label, (len(who),), who))
    note = (
        ""
        if prefix
        else "Une heure travaillée au moins dans l’année. Âge\u202f: l’année moins celle de naissance."
    )
    sexes = frozenset(prefix + code for code in ("F", "M", "sexe-non-dit"))
    return Table(title, ("Personnes",), tuple(rows), note, whole=sexes)


def _doors(files: Files, came: Sequence[Participant], hires: Mapping[int, date]) -> Table:
    """By whom the entries of the year were found eligible."""
    by: dict[str, set[int]] = {"prescriber": set(), "employer": set(), "none": set()}
    for person in came:
        found = _diagnosed(files, person, hires[person.pk])
        by[found.author if found else "none"].add(person.pk)
    labels = ("Prescripteur habilité", "Nous-mêmes, sur critères", "Sans diagnostic noté")
    rows = [
        Row(f"porte-{code}", label, (len(who),), frozenset(who))
        for (code, who), label in zip(by.items(), labels, strict=True)
    ]
    return Table("Qui a établi l’éligibilité des entrées", ("Personnes",), tuple(rows), whole=codes_of(rows))


# --- hours and ETP --------------------------------------------------------------------------------------


def time(ecopole: Ecopole, year: int) -> Section:
    """Hours paid, ETP realised and contracted, and those who supervise and accompany."""
    told = steering.paid_by_person(ecopole, whole(year))
    numbers = dict(Participant.objects.filter(ecopole=ecopole).values_list("agent_id", "pk"))
    per_etp = Decimal(listed("etp_hours", date(year, 12, 31))["ACI"]["hours"])
    places = sorted({place for place, *_ in told})
    rows = [_worked(f"atelier-{rank}", place, told, numbers, per_etp) for rank, place in enumerate(places)]
    everything = _worked("heures", "Total", [("Total", *one[1:]) for one in told], numbers, per_etp)
    annexes = [
        steering.annex_rule(row)
        for row in steering.annexes(ecopole)
        if row.starts_on.year <= year <= row.ends_on.year
    ]
    contracted = sum((_in_year(annex, year) for annex in annexes if annex.is_counted), Decimal(0))
    realised = hours.annual_etp(_total(told), per_etp)
    status = hours.consumption(realised, contracted)
    compared = Table("ETP d’insertion", ("ETP",), (
        Row("etp-conventionnes", "Conventionnés", (steering.cut(contracted),)),
        Row("etp-realises", "Réalisés", (steering.cut(realised),)),
        Row("etp-etat", "Constat", (str(status) if annexes else None,)),
    ), REALISED)  # fmt: skip
    head = ("Travaillées", "Absences payées", "Payées", "ETP")
    return Section("heures", "Heures et ETP", (
        compared, Table("Heures par atelier", head, (*rows, everything)), *_said(ecopole, year),
    ))  # fmt: skip


REALISED = "Réalisés\u202f: heures payées des semaines closes ÷ 1\u202f820, coupés à deux décimales."


def _in_year(annex: hours.Annex, year: int) -> Decimal:
    """M × the months of the year ÷ 12."""
    return annex.monthly_etp * sum(month.year == year for month in annex.months) / 12


def _total(told: Iterable[tuple[str, str, int, Decimal]], *products: str) -> Decimal:
    return sum((amount for _, code, _, amount in told if not products or code in products), Decimal(0))


def _worked(
    code: str,
    place: str,
    told: Sequence[tuple[str, str, int, Decimal]],
    numbers: Mapping[int, int],
    per_etp: Decimal,
) -> Row:
    mine = [one for one in told if one[0] == place]
    worked, absent = _total(mine, WORKED), _total(mine, ABSENT)
    etp = steering.cut(hours.annual_etp(worked + absent, per_etp))
    who = frozenset(numbers[agent] for _, _, agent, _ in mine if agent in numbers)
    return Row(code, place, (worked, absent, worked + absent, etp), who, Part.HOURS)


STAFF = (
    ("supervisors_hours", "Encadrement technique permanent"),
    ("counsellors_hours", "Accompagnement socioprofessionnel permanent"),
    ("others_hours", "Personnes non salariées (hors bénévoles)"), ("providers_hours", "Prestataires"),
)  # fmt: skip


def _said(ecopole: Ecopole, year: int) -> list[Table]:
    """What is typed once a year: hours of the permanents, procurement; nothing until it is."""
    said = steering.year_said(ecopole, year)
    if said is None:
        return []
    rows = []
    for name, label in STAFF:
        value = getattr(said, name)
        etp = None if value is None else steering.cut(hours.staff_etp(value, said.until))
        rows.append(Row(name, label, (value, etp)))
    money = Row("procurement", "Chiffre d’affaires des marchés publics à clause", (said.procurement,))
    return [
        Table("Encadrement et accompagnement", ("Heures", "ETP"), tuple(rows)),
        Table("Marchés publics", ("Montant",), (money,)),
    ]


# --- exits ----------------------------------------------------------------------------------------------


def outcomes(
    ecopole: Ecopole, year: int, known: Sequence[Annex] | None = None, files: Files | None = None
) -> Section:
    """Counted exits, the rates beside what was negotiated, and those that do not count.

    `known`, `files`: the annexes, and the files of whoever left, when they are already read.
    """
    found = leaving.exits_of(ecopole, year, files)
    rates, labels = found.rates, listed("exit_categories", date(year, 12, 31))
    who: dict[str, set[int]] = defaultdict(set)
    for leaver in found.leavers:
        who["hors-compte" if leaver.left_out else leaver.known.category].add(leaver.person.pk)
    rows = [
        Row(code, labels[code]["label"], (count, ratio(rates.of(code))), frozenset(who[code]), Part.SOCIAL)
        for code, count in rates.counted.items()
    ]
    out = frozenset(who["hors-compte"])
    everybody = frozenset().union(*(who[code] for code in rates.counted))
    known = steering.annexes(ecopole) if known is None else known
    annex = next((row for row in known if row.starts_on.year <= year <= row.ends_on.year), None)
    return Section("sorties", "Sorties", (
        Table("Sorties comptées", ("Personnes", "Part"), tuple(rows), COUNTED, whole=codes_of(rows)),
        Table("Ensemble", ("Personnes",), (
            Row("comptees", "Sorties comptées", (rates.total,), everybody, Part.SOCIAL),
            Row("hors-compte", "Hors compte", (len(out),), out, Part.SOCIAL),
        )),
        Table("Objectifs négociés", ("Taux", "Objectif", "Constat", "Repère national"), tuple(
            _against(code, label, value, getattr(annex, f"target_{code}", None), year, everybody)
            for code, label, value in (
                ("dynamic", "Sorties dynamiques", rates.dynamic),
                ("durable", "Emploi durable", rates.of(exits.DURABLE)),
            )
        ), "Le repère national n’engage pas\u202f: seul l’objectif de l’annexe engage."),
    ))  # fmt: skip


COUNTED = (
    "Plus de trois mois dans la structure et une heure travaillée au moins dans l’année de sortie\u202f; "
    "une personne compte une fois, par sa dernière sortie."
)


def _against(
    code: str, label: str, rate: Decimal | None, target: int | None, year: int, who: frozenset[int]
) -> Row:
    wanted = None if target is None else Decimal(target) / 100
    national = Decimal(rule("exits", "reference", date(year, 12, 31))[code])
    cells = (ratio(rate), ratio(wanted), exits.against_target(rate, wanted), ratio(national))
    return Row(f"objectif-{code}", label, cells, who, Part.SOCIAL)


# --- support --------------------------------------------------------------------------------------------


def accompaniment(ecopole: Ecopole, year: int) -> Section:
    """By obstacle; then interviews, trainings and immersions of the year."""
    weighed, done = leaving.weighed_and_done(ecopole, year)
    found = support.by_obstacle(weighed, done, families=Family.values, year=year)
    concerned = support.people_of(weighed, done, year=year)
    rows = [
        Row(
            family, Family(family).label.capitalize(), (c.concerned, c.internal, c.external, c.both),
            frozenset(int(person) for person, of in concerned if of == family), part_of(family),
        )
        for family, c in found.items()
    ]  # fmt: skip
    head = ("Concernés", "En interne", "Par un partenaire", "Les deux")
    return Section("accompagnement", "Accompagnement", (
        Table("Accompagnement par frein", head, tuple(rows)),
        _meetings(ecopole, year), _trainings(ecopole, year), _immersions(ecopole, year),
    ))  # fmt: skip


def _meetings(ecopole: Ecopole, year: int) -> Table:
    held = Interview.objects.standing().filter(participant__ecopole=ecopole, held_on__year=year)
    met = list(held.values_list("participant", flat=True))
    row = Row("entretiens", "Entretiens tenus", (len(met), len(set(met))), frozenset(met), Part.SOCIAL)
    return Table("Entretiens", ("Entretiens", "Personnes"), (row,))


def _trainings(ecopole: Ecopole, year: int) -> Table:
    """Those begun in the year, by kind."""
    begun = Training.objects.standing().filter(participant__ecopole=ecopole, starts_on__year=year)
    told = list(begun.order_by("kind", "id").values_list("kind", "participant", "hours"))
    kinds = sorted({kind for kind, *_ in told})
    rows = [
        _learned(f"formation-{rank}", kind or "nature non dite", [one for one in told if one[0] == kind])
        for rank, kind in enumerate(kinds)
    ]
    total = _learned("formations", "Total", told)
    return Table("Formations", ("Formations", "Personnes", "Heures"), (*rows, total))


def _learned(code: str, label: str, told: Sequence[tuple[str, int, Decimal]]) -> Row:
    who = frozenset(person for _, person, _ in told)
    spent = sum((amount for *_, amount in told), Decimal(0))
    return Row(code, label.capitalize(), (len(told), len(who), spent), who, Part.SKILLS)


def _immersions(ecopole: Ecopole, year: int) -> Table:
    begun = Pmsmp.objects.standing().filter(participant__ecopole=ecopole, starts_on__year=year)
    told = list(begun.order_by("id").values_list("object", "participant", "starts_on", "ends_on"))
    rows = []
    for code, label in [*PmsmpObject.choices, ("", "total")]:
        mine = [one for one in told if not code or one[0] == code]
        who = frozenset(person for _, person, *_ in mine)
        days = sum(Period(start, end).days for *_, start, end in mine)
        rows.append(
            Row(
                f"pmsmp-{code or 'total'}",
                label.capitalize(),
                (len(mine), len(who), days),
                who,
                Part.CONTRACT,
            )
        )
    return Table("Immersions (PMSMP)", ("Conventions", "Personnes", "Jours"), tuple(rows))


SECTIONS: dict[str, Callable[[Ecopole, int], Section]] = {
    "personnes": people, "heures": time, "sorties": outcomes, "accompagnement": accompaniment,
}  # fmt: skip


def report(ecopole: Ecopole, year: int) -> list[Section]:
    return [section(ecopole, year) for section in SECTIONS.values()]
