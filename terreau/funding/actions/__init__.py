"""What can be done: projects, steps of funders, papers and their shares, claims, the catalogue."""

from terreau.funding.actions.catalogue import Imported, annotate, import_aids
from terreau.funding.actions.papers import (
    add_invoice,
    add_ledger_hours,
    add_pay,
    send_claim,
    share,
    withdraw_share,
)
from terreau.funding.actions.projects import (
    add_cofunding,
    add_line,
    change_project,
    expect,
    open_project,
    promise_target,
    withdraw_expected,
    withdraw_line,
    withdraw_target,
)
from terreau.funding.actions.steps import Terms, note_step

__all__ = [
    "Imported", "Terms", "add_cofunding", "add_invoice", "add_ledger_hours", "add_line", "add_pay",
    "annotate", "change_project", "expect", "import_aids", "note_step", "open_project", "promise_target",
    "send_claim", "share", "withdraw_expected", "withdraw_line", "withdraw_share", "withdraw_target",
]  # fmt: skip
