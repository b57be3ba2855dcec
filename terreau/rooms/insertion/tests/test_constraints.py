"""What the database itself refuses, by name."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from terreau.measures.money import Money
from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.models.facts import Fact
from terreau.rooms.insertion.tests.factories import NOW, TODAY, written

EARLIER = TODAY - timedelta(days=1)
DAYS = {"starts_on": TODAY, "ends_on": TODAY}


def annex(world, **changes):
    fields = {
        "ecopole": world.ecopole, "holder": world.garden, "number": "ACI062260001A0M0", "state": "VALIDE",
        "monthly_etp": Decimal("24.76"), "unit_amount": Money(2_392_100), "total_amount": Money(59_228_396),
        "departement_amount": Money(0), "hours_per_etp": Decimal(1820), **DAYS,
    }  # fmt: skip
    return m.Annex.objects.create(**written(**fields) | changes)


def received(world, **changes):
    fields = {
        "ecopole": world.ecopole,
        "annex": "ACI062260001A0M0",
        "amount": Money(100),
        "received_on": TODAY,
    }
    return m.AidReceived.objects.create(**written(**fields) | changes)


def year_said(world, **changes):
    fields = {"ecopole": world.ecopole, "year": 2026, "until": TODAY} | dict.fromkeys(
        ("charges", "charges_to_come", "receipts_apart", "receipts_to_come", "procurement"), Money(0)
    )
    return m.YearSaid.objects.create(**written(**fields) | changes)


def sheet(world, **changes):
    return m.WeekSheet.objects.create(
        **written(ecopole=world.ecopole, team=world.team, week="2026-W48") | changes
    )


def step(world, **changes):
    made = changes.pop("sheet", None) or sheet(world)
    return m.SheetStep.objects.create(**written(sheet=made, state="validated") | changes)


def team(world, **changes):
    return m.Team.objects.create(
        **written(ecopole=world.ecopole, workshop=world.garden, name="Tri", supervisor=None) | changes
    )


def fact(model, /, **plain):
    """A maker of lines of Ana's file; what they belong to is made with them."""

    def make(world, **changes):
        fields = {name: value(world) if callable(value) else value for name, value in plain.items()}
        return world.add(model, **fields | changes)

    return make


def contract(world, **changes):
    return world.contract(**changes)


referral = fact(m.Referral, referred_on=TODAY)
answer = fact(m.ReferralAnswer, referral=referral, answer="accepted", decided_on=TODAY)
diagnosis = fact(m.Diagnosis, author="employer", made_on=TODAY)
prolongation = fact(
    m.PassProlongation, pass_iae=lambda w: w.pass_iae(), reason="SENIOR", requested_on=TODAY, **DAYS
)
said = fact(m.ProlongationAnswer, prolongation=prolongation, granted=True, answered_on=TODAY)
suspension = fact(m.PassSuspension, pass_iae=lambda w: w.pass_iae(), reason="CONTRACT_SUSPENDED", **DAYS)
amendment = fact(m.Amendment, contract=contract, kind="renewal", **DAYS)
low_hours = fact(m.LowHours, contract=contract, **DAYS)
extension = fact(m.Extension, reason="training", decided_on=TODAY, **DAYS)
renewal = fact(m.Renewal, contract=contract, months=4, requested_on=TODAY)
opinion = fact(m.RenewalOpinion, renewal=renewal, step=1, opinion="yes", given_on=TODAY)
pmsmp = fact(m.Pmsmp, host="Ferme voisine", object="discover", **DAYS)
line = fact(m.SheetLine, sheet=sheet, day=TODAY, workshop=lambda w: w.garden, kind="worked", hours=Decimal(7))
interview = fact(m.Interview, kind="review", held_on=TODAY)
note = fact(m.InterviewNote, interview=interview, section="work", text="Tout va bien.")
objective = fact(m.Objective, label="Passer le permis", origin="expressed")
progress = fact(m.ObjectiveProgress, objective=objective, state="open", said_on=TODAY)
obstacle = fact(m.Obstacle, family="mobilite", level="2", said_on=TODAY)
support = fact(m.SupportAction, label="Dossier de permis", reach="internal", done_on=TODAY)
training = fact(m.Training, title="Permis", hours=Decimal(35), **DAYS)
skill = fact(m.SkillMark, grid="garden", skill="harvest", level=2, marked_on=TODAY)
evaluation = fact(m.Evaluation, by_supervisor="Régulière", **DAYS)
gone = fact(m.Exit, contract=contract, left_on=TODAY, reason="2", category="durable")
follow_up = fact(m.FollowUp, exit=gone, month=3, observed_on=TODAY, situation="employed")
withdrawal = fact(m.Withdrawal, model="contract", fact="cle-1", reason="saisi deux fois")


def hold(world, **changes):
    return world.add(m.Hold, **{"reason": "dispute", "since": TODAY} | changes)


def erasure(world, **changes):
    return world.add(m.Erasure, **{"last_contact": TODAY, "lines": 1} | changes)


def reading(world, **changes):
    fields = {"participant": world.ana, "reader": world.people["maxence"], "part": "name", "read_at": NOW}
    return m.Reading.objects.create(**fields | changes)


def export(world, **changes):
    fields = {
        "ecopole": world.ecopole, "by": world.people["daniel"], "what": "état mensuel", "people": 2,
        "nominative": True, "exported_at": NOW,
    }  # fmt: skip
    return m.Export.objects.create(**fields | changes)


def voice(world, **changes):
    fields = {"ecopole": world.ecopole, "key": "avis-1", "year": 2026, "answers": {"work": 4}}
    return m.Satisfaction.objects.create(**fields | changes)


BEFORE = {"ends_on": EARLIER}


@pytest.mark.parametrize(
    ("make", "changes", "name"),
    [
        (answer, {"answer": "bof"}, "referral_answer_known"),
        (diagnosis, {"author": "voisin"}, "diagnosis_author_known"),
        (lambda w, **c: w.pass_iae(**c), {"number": "99999123456"}, "pass_iae_number_complete"),
        (suspension, BEFORE, "pass_suspension_days_in_order"),
        (prolongation, BEFORE, "pass_prolongation_days_in_order"),
        (said, {"granted": False}, "prolongation_denied_with_reason"),
        (annex, {"state": "RÊVE"}, "annex_state_known"),
        (annex, BEFORE, "annex_days_in_order"),
        (annex, {"monthly_etp": Decimal(0)}, "annex_etp_positive"),
        (annex, {"hours_per_etp": Decimal(0)}, "annex_hours_positive"),
        (annex, {"target_dynamic": 101}, "annex_dynamic_percent"),
        (annex, {"target_durable": 101}, "annex_durable_percent"),
        (contract, {"kind": "oral"}, "contract_kind_known"),
        (contract, {"ends_on": date(2026, 5, 31)}, "contract_days_in_order"),
        (contract, {"ends_on": None}, "contract_ends_unless_cdi"),
        (contract, {"weekly_hours": Decimal(0)}, "contract_hours_positive"),
        (amendment, {"kind": "oral"}, "amendment_kind_known"),
        (amendment, {"ends_on": None}, "amendment_changes_something"),
        (amendment, {"weekly_hours": Decimal(0)}, "amendment_hours_positive"),
        (low_hours, BEFORE, "low_hours_days_in_order"),
        (extension, {"reason": "envie"}, "extension_reason_known"),
        (extension, BEFORE, "extension_days_in_order"),
        (renewal, {"months": 0}, "renewal_months_plausible"),
        (renewal, {"months": 25}, "renewal_months_plausible"),
        (opinion, {"step": 4}, "renewal_step_known"),
        (opinion, {"opinion": "bof"}, "renewal_opinion_known"),
        (pmsmp, {"object": "aider"}, "pmsmp_object_known"),
        (pmsmp, BEFORE, "pmsmp_days_in_order"),
        (pmsmp, {"host": ""}, "pmsmp_host_said"),
        (received, {"amount": Money(0)}, "aid_received_not_nil"),
        (step, {"state": "perdue"}, "sheet_state_known"),
        (step, {"state": "reopened"}, "sheet_reopened_with_reason"),
        (line, {"kind": "sieste"}, "sheet_line_kind_known"),
        (line, {"hours": Decimal("24.5")}, "sheet_line_of_a_day"),
        (line, {"hours": Decimal(-1)}, "sheet_line_of_a_day"),
        (interview, {"kind": "café"}, "interview_kind_known"),
        (interview, {"next_on": TODAY}, "interview_next_after"),
        (note, {"section": "météo"}, "interview_note_section_known"),
        (objective, {"origin": "imposé"}, "objective_origin_known"),
        (progress, {"state": "flou"}, "objective_progress_known"),
        (obstacle, {"family": "autre"}, "obstacle_family_known"),
        (support, {"reach": "nulle"}, "support_reach_known"),
        (training, {"hours": Decimal(0)}, "training_hours_positive"),
        (training, BEFORE, "training_days_in_order"),
        (skill, {"level": 5}, "skill_level_known"),
        (evaluation, BEFORE, "evaluation_days_in_order"),
        (gone, {"reason": ""}, "exit_reason_and_category_said"),
        (gone, {"category": ""}, "exit_reason_and_category_said"),
        (follow_up, {"month": 4}, "follow_up_month_known"),
        (hold, {"reason": "ailleurs"}, "hold_reason_known"),
        (voice, {"year": 1999}, "satisfaction_year_known"),
        (year_said, {"charges": Money(-1)}, "year_said_charges_not_negative"),
        (year_said, {"cap": 101}, "year_said_cap_percent"),
        (year_said, {"modulated": 101}, "year_said_modulated_percent"),
        (reading, {"part": ""}, "reading_part_said"),
        (export, {"what": ""}, "export_said"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(world, make, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(world, **changes)


ONCE = {
    "team_name_once": (team, {"name": "Tri"}, "name"),
    "week_sheet_once": (sheet, {}, "week"),
    "withdrawal_once": (withdrawal, {}, "fact"),
    "erasure_once": (erasure, {}, "participant"),
    "annex_key_once": (annex, {"key": "deux-fois"}, "key"),
    "aid_received_key_once": (received, {"key": "deux-fois"}, "key"),
    "satisfaction_key_once": (voice, {}, "key"),
    "year_said_key_once": (year_said, {"key": "deux-fois"}, "key"),
    "team_key_once": (team, {"key": "deux-fois"}, "key"),
}


@pytest.mark.parametrize("name", ONCE)
def test_the_same_is_not_said_twice(world, name):
    make, fields, column = ONCE[name]
    make(world, **fields)
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    expected = column if connection.vendor == "sqlite" else name
    other = {"name": "Autre"} if name == "team_key_once" else {}
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        make(world, **fields | other)


def test_an_opinion_is_given_once_a_step(world):
    given = opinion(world)
    expected = "step" if connection.vendor == "sqlite" else "renewal_opinion_once"
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        opinion(world, renewal=given.renewal)


def test_a_form_sent_twice_to_a_sheet_is_one(world):
    first = sheet(world)
    expected = "key" if connection.vendor == "sqlite" else "week_sheet_key_once"
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        sheet(world, key=first.key, week="2026-W49")
    step(world, sheet=first, key="pas-1")
    expected = "key" if connection.vendor == "sqlite" else "sheet_step_key_once"
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        step(world, sheet=first, key="pas-1")


def test_a_person_is_welcomed_once_by_a_form(world):
    again = {f: getattr(world.ana, f) for f in ("ecopole", "key", "name", "first_name", "recorded_at")}
    expected = "key" if connection.vendor == "sqlite" else "participant_key_once"
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        m.Participant.objects.create(**again, agent=world.garden)


# Each line of a file is written once by a form: one constraint per table, made in one place.
KEYS_ONCE = {
    "hold_key_once", "identity_key_once", "erasure_key_once",
    "following_key_once", "posting_key_once", "referral_key_once", "referralanswer_key_once",
    "diagnosis_key_once", "criterion_key_once", "paper_key_once", "passiae_key_once",
    "passsuspension_key_once", "passprolongation_key_once", "prolongationanswer_key_once",
    "contract_key_once", "amendment_key_once", "lowhours_key_once", "extension_key_once",
    "renewal_key_once", "renewalopinion_key_once", "pmsmp_key_once", "sheetline_key_once",
    "interview_key_once", "interviewnote_key_once", "objective_key_once", "objectiveprogress_key_once",
    "obstacle_key_once", "supportaction_key_once", "training_key_once", "skillmark_key_once",
    "evaluation_key_once", "signature_key_once", "exit_key_once", "exitcheck_key_once",
    "followup_key_once", "withdrawal_key_once",
}  # fmt: skip


def test_every_line_of_a_file_has_its_key_once_in_the_database(world):
    tables = [model for model in apps.get_app_config("insertion").get_models() if issubclass(model, Fact)]
    named = {
        constraint.name
        for model in tables
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint) and constraint.fields == ("participant", "key")
    }
    assert len(named) == len(tables)
    assert named == KEYS_ONCE
    asked = (
        "SELECT sql FROM sqlite_master WHERE type = 'table'"
        if connection.vendor == "sqlite"
        else "SELECT conname FROM pg_constraint WHERE contype = 'u'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        kept = repr(cursor.fetchall())
    assert {name for name in KEYS_ONCE if name in kept} == KEYS_ONCE


def test_the_same_key_twice_in_a_file_is_refused(world):
    known = world.contract()
    expected = "key" if connection.vendor == "sqlite" else "contract_key_once"
    with pytest.raises(IntegrityError, match=expected), transaction.atomic():
        world.contract(key=known.key)
