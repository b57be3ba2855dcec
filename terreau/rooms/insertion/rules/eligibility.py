"""Who may enter: an authorised prescriber says so, or the employer by criteria, each with its proof.

Here lies where the proof is kept, never the proof.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from terreau.measures.dated import Rule
from terreau.measures.french import format_date
from terreau.measures.periods import DAY, age, plus_months
from terreau.rooms.insertion.rules.law import Finding, listed, refusal, rule, warning


@dataclass(frozen=True, slots=True)
class Proof:
    """What justifies a criterion: its date, or until when it holds; where it is kept.

    `lasting`: a diploma, which has no age.
    """

    criterion: str
    dated: date | None = None
    valid_until: date | None = None
    kept_at: str = ""
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosis:
    made_on: date
    by_prescriber: bool
    proofs: tuple[Proof, ...] = ()

    @property
    def valid_until(self) -> date:
        """Six months by a prescriber, 92 days by the employer, the last day included."""
        known = rule("eligibility", "validity", self.made_on)
        if self.by_prescriber:
            return plus_months(self.made_on, known["prescriber_months"])
        return self.made_on + timedelta(days=known["employer_days"])

    def is_valid(self, on: date, *, pass_valid: bool = False) -> bool:
        """As long as the PASS is valid, so is the diagnosis it was issued on."""
        return self.made_on <= on and (pass_valid or on <= self.valid_until)


def in_use(diagnoses: Iterable[Diagnosis], on: date) -> Diagnosis | None:
    """The valid diagnosis that counts: a prescriber's before an employer's, then the latest."""
    valid = [known for known in diagnoses if known.is_valid(on)]
    return max(valid, key=lambda known: (known.by_prescriber, known.made_on), default=None)


def check(
    diagnosis: Diagnosis, *, born: date, pass_start: date, hired_on: date, kind: str = "ACI"
) -> list[Finding]:
    """Two doors: a prescriber's diagnosis suffices; the employer's needs 1 criterion of level 1 or N of 2.

    A criterion counts when its proof is good on the day the PASS is issued. Each bad proof is said.
    """
    found = []
    if not diagnosis.is_valid(pass_start):
        law = rule("eligibility", "validity", pass_start)
        shown = f"du {format_date(diagnosis.made_on)} au {format_date(diagnosis.valid_until)}"
        found.append(refusal(law, f"Le diagnostic vaut {shown}, pas le {format_date(pass_start)}."))
    good: list[Proof] = []
    for proof in {proof.criterion: proof for proof in diagnosis.proofs}.values():
        wrong = check_proof(proof, born=born, pass_start=pass_start, hired_on=hired_on)
        found += wrong
        if not any(finding.refused for finding in wrong):
            good.append(proof)
    if diagnosis.by_prescriber:
        return found + _check_prescriber(diagnosis, pass_start)
    return found + _check_count(good, pass_start, kind)


def _check_prescriber(diagnosis: Diagnosis, on: date) -> list[Finding]:
    law = rule("eligibility", "prescriber", on)
    if diagnosis.proofs:
        return []
    return [warning(law, "Diagnostic d’un prescripteur, sans critère\u202f: il suffit.")]


def _check_count(good: Sequence[Proof], on: date, kind: str) -> list[Finding]:
    law, criteria = rule("eligibility", "needed", on), listed("criteria", on)
    levels = [criteria[proof.criterion]["level"] for proof in good]
    first, second = levels.count("1"), levels.count("2")
    needed = law["level_2"].get(kind)
    if needed is None:
        return [refusal(law, f"Structure « {kind} »\u202f: le nombre de critères n’est pas connu.")]
    if first >= law["level_1"] or second >= needed:
        return []
    return [
        refusal(
            law,
            f"{first} critère de niveau 1 et {second} de niveau 2 justifiés\u202f: "
            f"il en faut {law['level_1']} de niveau 1, ou {needed} de niveau 2.",
        )
    ]


def check_proof(proof: Proof, *, born: date, pass_start: date, hired_on: date) -> list[Finding]:
    """A proof is young enough, or valid on the day, and its place known; too old, the date needed is said."""
    criterion = listed("criteria", pass_start).get(proof.criterion)
    if criterion is None:
        law = rule("eligibility", "needed", pass_start)
        return [refusal(law, f"« {proof.criterion} » n’est pas un critère\u202f: choisissez dans la liste.")]
    found = CHECKS[criterion["valid_on"]](proof, criterion, born, pass_start, hired_on)
    if not proof.kept_at:
        found.append(
            warning(
                rule("eligibility", "kept", pass_start),
                f"{criterion['label']}\u202f: écrivez où la preuve est rangée.",
            )
        )
    return found


def _dated(proof: Proof, criterion: Rule, born: date, pass_start: date, hired_on: date) -> list[Finding]:
    """« Less than three months before »: the very day three months before is too old."""
    if proof.lasting:
        return []
    oldest = plus_months(pass_start, -int(criterion["months"])) + DAY
    shown = f"{criterion['label']} ({criterion['proof']})"
    if proof.dated is None:
        return [refusal(criterion, f"{shown}\u202f: écrivez la date de la preuve.")]
    if proof.dated < oldest:
        return [
            refusal(
                criterion,
                f"{shown}\u202f: preuve du {format_date(proof.dated)}, "
                f"il la faut du {format_date(oldest)} ou d’après.",
            )
        ]
    if proof.dated > pass_start:
        return [refusal(criterion, f"{shown}\u202f: preuve datée après le PASS.")]
    return []


def _valid(proof: Proof, criterion: Rule, born: date, pass_start: date, hired_on: date) -> list[Finding]:
    """A title or a decision holds on the day of the PASS, or of the hire."""
    day = hired_on if criterion["valid_on"] == "hire" else pass_start
    if proof.lasting:
        return []
    if proof.valid_until is None:
        return [refusal(criterion, f"{criterion['label']}\u202f: écrivez jusqu’à quand la preuve vaut.")]
    if proof.valid_until < day:
        return [
            refusal(
                criterion,
                f"{criterion['label']}\u202f: preuve valable jusqu’au {format_date(proof.valid_until)}, "
                f"il la faut le {format_date(day)}.",
            )
        ]
    return []


def _aged(proof: Proof, criterion: Rule, born: date, pass_start: date, hired_on: date) -> list[Finding]:
    law, years = rule("eligibility", "ages", pass_start), age(born, pass_start)
    if criterion["code"] == "SENIOR" and years < law["senior_min"]:
        return [refusal(law, f"{years}\u00a0ans\u202f: ce critère demande {law['senior_min']}\u00a0ans.")]
    if criterion["code"] == "JEUNE" and years >= law["young_below"]:
        return [
            refusal(
                law, f"{years}\u00a0ans\u202f: ce critère demande moins de {law['young_below']}\u00a0ans."
            )
        ]
    return []


CHECKS = {"": _dated, "hire": _valid, "pass": _valid, "age": _aged}


def control_sample(hires: int, *, on: date) -> int:
    """How many self-prescribed hires a control draws: 20 %, at least 2, at most 20; none under 2."""
    known = rule("eligibility", "control", on)
    if hires < known["min"]:
        return 0
    drawn = int((hires * Decimal(known["share"])).to_integral_value(ROUND_HALF_UP))
    return min(max(drawn, known["min"]), known["max"])
