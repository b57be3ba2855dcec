"""What no form would send: the database refuses it, by name, on both engines."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from terreau.funding import actions
from terreau.funding.models import Aid, Claim, ClaimKind, ClaimLine, Step, StepKind
from terreau.funding.tests.factories import NOW, TODAY, claim, euros, hand, make_house, pay_for, step
from terreau.measures.money import Money
from terreau.territory.tests.rows import changed, copied

FACT = {"recorded_at": NOW, "key": "another"}


def test_the_database_refuses_what_no_form_would_send(db):
    house = make_house()
    row = house.obtained()
    project, line, own = row.project, row.project.lines.get(), row.project.cofundings.get(nature="own")
    piece = house.invoice()
    share = pay_for(piece, row)
    sent = claim(row, ClaimKind.BALANCE)
    paid = step(row, StepKind.PAID, amount=euros(1), claim=sent)
    actions.promise_target(cofunding=row, measure="harvest", promised=Decimal(1), hand=hand())
    actions.expect(cofunding=row, on=TODAY, amount=euros(1), chance=Decimal(50), hand=hand())
    target, expected = row.targets.get(), row.expected.get()
    aid = Aid.objects.create(ecopole=house.ecopole, source_id="7", name="Aide", data={}, imported_at=NOW)

    def said(kind: str, **more) -> Step:
        return Step(cofunding=own, kind=kind, on=TODAY, **FACT | more)

    for name, broken in {
        "aid_source_id_once": copied(aid),
        "aid_has_a_name": copied(aid, source_id="8", name=""),
        "project_key_once": copied(project, title="Autre"),
        "project_title_once": copied(project, key="another"),
        "project_ends_after_start": changed(project, ends_on=date(2025, 1, 1)),
        "project_ceiling_is_a_share": changed(project, public_ceiling=Decimal("100.001")),
        "budget_line_key_once": copied(line),
        "budget_line_destination_known": changed(line, destination="rêve"),
        "budget_line_costs": changed(line, net=Money(0)),
        "budget_line_eligible_is_a_share": changed(line, eligible=Decimal(101)),
        "cofunding_key_once": copied(row),
        "cofunding_nature_known": changed(row, nature="or"),
        "cofunding_of_one_aid": changed(row, scheme="pat", aid=aid),
        "cofunding_brings_something": changed(row, planned=Money(0)),
        "cofunding_rate_is_a_share": changed(row, rate_max=Decimal(0)),
        "claim_key_once": copied(sent, kind="advance"),
        "claim_kind_known": Claim(cofunding=own, kind="don", sent_on=TODAY, total=euros(1), **FACT),
        "claim_asks_something": Claim(cofunding=own, kind="advance", sent_on=TODAY, total=Money(0), **FACT),
        "claim_balance_once": copied(sent, key="another"),
        "funding_step_key_once": copied(paid, claim=None, kind="running"),
        "funding_step_kind_known": said("perdu"),
        "funding_step_requested_has_terms": said("requested", amount=euros(1), base=euros(1)),
        "funding_step_obtained_has_terms": said("partly", amount=euros(1), from_on=TODAY),
        "funding_step_period_in_order": said("running", from_on=TODAY, to_on=date(2020, 1, 1)),
        "funding_step_paid_answers_a_claim": said("paid", amount=euros(1)),
        "funding_step_claim_paid_once": copied(paid, key="another"),
        "funding_step_closed_says_what_is_due": said("closed"),
        "funding_step_archived_says_until_when": said("archived"),
        "piece_key_once": copied(piece, reference="autre"),
        "piece_once": copied(piece, key="another"),
        "piece_kind_known": changed(piece, kind="ticket", hours=Decimal(1)),
        "piece_costs": changed(piece, vat=Money(-1)),
        "piece_hours_of_work": changed(piece, hours=Decimal(1)),
        "piece_funded_at_most_whole": changed(piece, funded=Decimal("100.001")),
        "share_key_once": copied(share, piece=house.invoice("F-2")),
        "share_once": copied(share, key="another"),
        "share_is_a_share": changed(share, percent=Decimal(0)),
        "claim_line_share_once": ClaimLine(claim=sent, share=share, amount=euros(1)),
        "target_key_once": copied(target, measure="garden"),
        "target_once": copied(target, key="another"),
        "target_promises_something": changed(target, promised=Decimal(0)),
        "expected_key_once": copied(expected),
        "expected_amount_positive": changed(expected, amount=Money(0)),
        "expected_chance_is_a_share": changed(expected, chance=Decimal(101)),
    }.items():
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            broken.save()
        # SQLite names a check, and only the columns of what must be unique.
        assert name in str(refusal.value) or (name.endswith("_once") and "UNIQUE" in str(refusal.value)), name
