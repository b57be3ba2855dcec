"""The file of the management dialogue: what the convention asks beside what was done, in counts alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.insertion import report, steering
from terreau.rooms.insertion.leaving import left_in
from terreau.rooms.insertion.models import Annex, Author, Diagnosis, PassIae, Team, YearSaid
from terreau.rooms.insertion.report import Row, Section, Table
from terreau.rooms.insertion.rules import contracts, eligibility, hours, receipts
from terreau.rooms.insertion.rules.alerts import check_consumption
from terreau.rooms.insertion.rules.law import Finding
from terreau.rooms.insertion.steering import Steering, cut
from terreau.territory.models import Agent, Ecopole

PERCENT = Decimal(100)


@dataclass(frozen=True)
class Sales:
    """What each workshop sold, and the ratio of the whole ACI."""

    by_workshop: tuple[tuple[str, Money], ...]
    year: receipts.Year


def sales(ecopole: Ecopole, holder_id: int, said: YearSaid) -> Sales:
    """All that the ACI and its workshops sold, goods and services, up to the day of the accounts."""
    workshops = Team.objects.filter(ecopole=ecopole).values("workshop_id")
    since, until = steering.instants(Period(date(said.year, 1, 1), said.until))
    # All that was sold, less the little that was undone: nothing is asked of each sale.
    sold = Event.objects.filter(
        provider=OuterRef("pk"), ecopole=ecopole, price__isnull=False, reverses=None,
        occurred_at__gte=since, occurred_at__lt=until,
    ).order_by()  # fmt: skip
    undone = sold.filter(pk__in=Event.objects.filter(reverses__isnull=False).order_by().values("reverses"))
    added, taken = (
        Subquery(rows.values("provider").annotate(total=Sum("price")).values("total"))
        for rows in (sold, undone)
    )
    sellers = Agent.objects.filter(Q(pk=holder_id) | Q(pk__in=workshops)).order_by("name")
    nothing = Money(0)
    told = tuple(
        (name, total - (less or nothing))
        for name, total, less in sellers.values_list("name", added, taken)
        if total is not None and total != less
    )
    whole = sum((price for _, price in told), said.receipts_apart)
    cap = None if said.cap is None else said.cap / PERCENT
    return Sales(told, receipts.Year(whole, said.charges, said.receipts_to_come, said.charges_to_come, cap))


def dialogue(
    ecopole: Ecopole, row: Annex, today: date, known: Sequence[Annex]
) -> tuple[list[Section], list[Finding]]:
    """The tables and what the rules have to say of them. The files are read once for all."""
    year, annex = row.starts_on.year, steering.annex_rule(row)
    hired = Q(pk__in=by_us(ecopole, year))
    people, files = steering.files_of(steering.people_of(
        ecopole, steering.span_of(row), also=hired | Q(pk__in=left_in(ecopole, year).values("participant")),
        by_us=ExpressionWrapper(hired, BooleanField()),
    ))  # fmt: skip
    told = steering.steering(ecopole, row, today, known, (people, files))
    said = steering.year_said(ecopole, year)
    if said and said.modulated is not None:
        annex = steering.annex_rule(row, modulated=said.modulated / PERCENT)
    closed = {line.month: line.paid for line in told.lines if line.settled}
    found = [*check_consumption(annex, closed, on=today), *hours.check_modulated(annex), *_cdi(row)]
    money = [_aid(told, annex, said), _payers(annex)]
    if said:
        sold = sales(ecopole, row.holder_id, said)
        found += receipts.check(sold.year, on=said.until)
        money.append(_receipts(sold, said))
    posts = Section("postes", "Postes et moyens", (_occupation(told, row), _staff(row, said)))
    outcomes = report.outcomes(ecopole, year, known, files)
    drawn = control(frozenset(person.pk for person in people if vars(person)["by_us"]), year)
    return [posts, Section("aide", "Aide et recettes", tuple(money)), outcomes, drawn], found


def _occupation(told: Steering, row: Annex) -> Table:
    mean = None if told.mean is None else cut(told.mean)
    return Table("Occupation des postes", ("Conventionnés", "Faits", "Constat"), (
        Row("annuel", "ETP de l’annexe, heures closes", (cut(told.contracted), cut(told.realised), None)),
        Row("moyenne", "ETP par mois, mois clos", (row.monthly_etp, mean, told.status and str(told.status))),
        Row("prevision", "ETP prévus à la fin de l’annexe (provisoire)",
            (cut(told.contracted), cut(told.forecast), str(told.forecast_status))),
    ))  # fmt: skip


def _staff(row: Annex, said: YearSaid | None) -> Table:
    """What was agreed of the permanents, and their hours of the year."""
    agreed = (("supervisors", "Encadrement technique"), ("counsellors", "Accompagnement"))
    rows = []
    for code, label in agreed:
        done = getattr(said, f"{code}_hours") if said else None
        etp = None if done is None or said is None else cut(hours.staff_etp(done, said.until))
        rows.append(Row(code, label, (getattr(row, f"{code}_etp"), done, etp)))
    return Table("Permanents", ("ETP convenus", "Heures", "ETP"), tuple(rows))


def _aid(told: Steering, annex: hours.Annex, said: YearSaid | None) -> Table:
    fixed = hours.modulated_aid(annex) if said and said.modulated is not None else "non renseignée"
    amounts = (
        ("total", "Aide de l’annexe (socle)", told.total), ("modulee", "Part modulée", fixed),
        ("due", "Due pour les heures closes", told.due), ("recue", "Reçue", told.received),
        ("regularisee", "Régularisée", told.regularised), ("attendue", "Reste attendue", told.awaited),
    )  # fmt: skip
    return Table(
        "Aide au poste", ("Montant",), tuple(Row(code, label, (what,)) for code, label, what in amounts)
    )


def _payers(annex: hours.Annex) -> Table:
    """The département's posts and the State's; how many recipients of the RSA the former pays for."""
    rsa = hours.monthly_rsa(annex.start)
    asked = cut(hours.rsa_recipients(annex, rsa))
    return Table("Qui finance", ("Valeur",), (
        Row("etat", "ETP de l’État", (cut(hours.state_etp(annex)),)),
        Row("departement", "ETP du département", (cut(hours.department_etp(annex)),)),
        Row("rsa", "Bénéficiaires du RSA financés par mois", (asked,)),
    ), f"Bénéficiaires\u202f: part du département ÷ durée ÷ 88\u202f% du RSA mensuel ({rsa}).")  # fmt: skip


def _receipts(sold: Sales, said: YearSaid) -> Table:
    """Workshop by workshop, then the ACI beside its charges."""
    year, head = sold.year, (f"Au {said.until:%d/%m/%Y}", "Fin d’année (prévision)")
    shops = [
        Row(f"recettes-{rank}", f"Recettes\u202f: {name}", (price, None))
        for rank, (name, price) in enumerate([*sold.by_workshop, ("hors grand livre", said.receipts_apart)])
    ]
    return Table("Recettes commerciales et charges", head, (
        *shops, Row("recettes", "Recettes", (year.receipts, year.receipts + year.receipts_to_come)),
        Row("charges", "Charges", (year.charges, year.charges + year.charges_to_come)),
        Row("rapport", "Rapport", (report.ratio(year.ratio), report.ratio(year.projected))),
    ), "Une vente à une autre entité du site est une recette de qui vend (à confirmer).")  # fmt: skip


def _cdi(row: Annex) -> list[Finding]:
    return contracts.check_cdi_share(
        cdi_posts=Decimal(row.cdi_inclusion), full_time_posts=row.monthly_etp,
        derogation=row.cdi_derogation, on=row.starts_on,
    )  # fmt: skip


def by_us(ecopole: Ecopole, year: int) -> QuerySet[Any, int]:
    """Those hired in the year on our own criteria."""
    entered = PassIae.objects.standing().filter(participant__ecopole=ecopole, starts_on__year=year)
    found = Diagnosis.objects.standing().filter(
        author=Author.EMPLOYER, participant__in=entered.values("participant")
    )
    return found.order_by().values_list("participant", flat=True)


def control(who: frozenset[int], year: int) -> Section:
    """Those hired in the year on our own criteria, and how many a control would draw."""
    drawn = eligibility.control_sample(len(who), on=date(year, 12, 31))
    table = Table("Embauches en auto-prescription", ("Personnes",), (
        Row("auto", "Embauches de l’année sur nos critères", (len(who),), who),
        Row("tirees", "Tirées en cas de contrôle", (drawn,)),
    ), "La liste dit où la preuve est rangée\u202f; la preuve n’est jamais ici.")  # fmt: skip
    return Section("controle", "Contrôle a posteriori", (table,))
