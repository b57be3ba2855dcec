"""What is written in a file: eligibility, PASS IAE, contracts, immersions, team, a line taken back."""

from typing import Any

from django.http import Http404

from terreau.rooms.insertion import actions, contract_actions, forms
from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.asks import Setting, asks, line_of
from terreau.rooms.insertion.models import (
    Amendment,
    Contract,
    Diagnosis,
    Exit,
    Hold,
    Interview,
    Objective,
    Participant,
    PassIae,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    Referral,
    Renewal,
    Step,
    SupportAction,
    Team,
    Training,
)
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest

# --- entry and PASS IAE ---------------------------------------------------------------------------------

answer = asks(
    forms.AnswerForm, actions.answer_referral,
    ("Réponse à l’orientation", "Enregistrer", "La réponse est notée."),
    Part.CRITERIA, of=("referral", Referral),
)  # fmt: skip

diagnose = asks(
    forms.DiagnosisForm, actions.diagnose,
    ("Éligibilité", "Enregistrer le diagnostic", "Le diagnostic est enregistré."),
    Part.CRITERIA,
)  # fmt: skip

pass_iae = asks(
    forms.PassForm, actions.open_pass, ("PASS IAE", "Enregistrer le PASS", "Le PASS IAE est enregistré."),
    Part.PASS,
    note="Le PASS est délivré sur les emplois de l’inclusion\u202f: recopiez son numéro et sa date.",
)  # fmt: skip

suspend = asks(
    forms.SuspensionForm, actions.suspend_pass,
    ("Suspendre le PASS", "Suspendre", "La suspension est enregistrée."),
    Part.PASS, of=("row", PassIae),
)  # fmt: skip

prolong = asks(
    forms.ProlongationForm, actions.prolong_pass,
    ("Prolonger le PASS", "Enregistrer", "La demande est enregistrée."),
    Part.PASS, of=("row", PassIae),
)  # fmt: skip


def _pending(person: Participant, pk: int) -> PassProlongation:
    asked: PassProlongation = line_of(PassProlongation, person, pk)
    if hasattr(asked, "answer"):
        raise Http404(str(pk))
    return asked


prolonged = asks(
    forms.ProlongationAnswerForm, actions.answer_prolongation,
    ("Réponse à la prolongation", "Enregistrer", "La réponse est enregistrée."),
    Part.PASS, of=("asked", _pending),
)  # fmt: skip


# --- contracts ------------------------------------------------------------------------------------------


def _employer(request: EcopoleRequest, _person: Participant) -> Setting:
    employer = next(m.agent for m in request.memberships if m.role in {Role.COUNSELLOR, Role.DIRECTOR})
    return Setting(write={"employer": employer}, page={"note": f"Employeur\u202f: {employer}."})


sign = asks(
    forms.ContractForm, contract_actions.sign_contract,
    ("Nouveau contrat", "Enregistrer le contrat", "Le contrat est enregistré."),
    Part.CONTRACT, ready=_employer,
)  # fmt: skip

amend = asks(
    forms.AmendmentForm, contract_actions.amend_contract,
    ("Avenant", "Enregistrer l’avenant", "L’avenant est enregistré."),
    Part.CONTRACT, of=("contract", Contract),
)  # fmt: skip

extend = asks(
    forms.ExtensionForm, contract_actions.allow_extension,
    ("Au-delà de 24 mois", "Enregistrer la décision", "La décision est notée."),
    Part.CONTRACT,
)  # fmt: skip

# The supervisor proposes; the two others answer in turn.
renew = asks(
    forms.RenewalForm, contract_actions.ask_renewal,
    ("Renouveler le contrat", "Donner mon avis", "Votre avis est transmis."),
    Part.CONTRACT, of=("contract", Contract), role=Role.SUPERVISOR,
)  # fmt: skip

STEPS = {
    Role.SUPERVISOR: Step.SUPERVISOR,
    Role.COUNSELLOR: Step.COUNSELLOR,
    Role.DIRECTOR: Step.DIRECTION,
}


def opinions_of(request: EcopoleRequest) -> set[int]:
    """The opinions on a renewal that this person may give."""
    return {int(step) for role, step in STEPS.items() if role in request.roles}


def _turn(request: EcopoleRequest, renewal: Any) -> Setting:
    step = contract_actions.next_step(renewal)
    if step not in opinions_of(request):
        raise Http404(str(step))
    return Setting(write={"step": step}, page={"opinions": renewal.opinions.order_by("step")})


opinion = asks(
    forms.OpinionForm, contract_actions.give_opinion,
    ("Avis sur le renouvellement", "Donner mon avis", "Votre avis est transmis."),
    Part.CONTRACT, of=("renewal", Renewal), ready=_turn,
)  # fmt: skip

immersion = asks(
    forms.PmsmpForm, contract_actions.add_pmsmp,
    ("Immersion (PMSMP)", "Enregistrer l’immersion", "L’immersion est notée."),
    Part.CONTRACT,
    note="La convention se signe sur le service en ligne de l’immersion\u202f: recopiez son numéro.",
)  # fmt: skip

paper = asks(
    forms.PaperForm, actions.add_paper, ("Échéance d’un papier", "Enregistrer", "L’échéance est notée."),
    Part.HEALTH,
)  # fmt: skip


# --- with whom ------------------------------------------------------------------------------------------


def _teams(request: EcopoleRequest, _person: Participant) -> Setting:
    known = Team.objects.filter(ecopole=request.ecopole)
    return Setting(offers={"team": [(str(team.pk), team.name, team) for team in known]})


team = asks(
    forms.PostingForm, actions.post, ("Équipe", "Enregistrer", "L’équipe est à jour."),
    Part.NAME, Part.CRITERIA, ready=_teams,
)  # fmt: skip


def _counsellors(request: EcopoleRequest, _person: Participant) -> Setting:
    held = forms.holders(request.ecopole, Role.COUNSELLOR)
    return Setting(offers={"counsellor": [(str(m.user_id), str(m.user), m.user) for m in held]})


# Whoever hands a file over no longer reads it.
follow = asks(
    forms.FollowForm, actions.follow, ("Suivi", "Enregistrer", "Le suivi est à jour."),
    Part.NAME, Part.CRITERIA, ready=_counsellors, then="home",
)  # fmt: skip


# --- taken back -----------------------------------------------------------------------------------------

WITHDRAWN: dict[str, type[Any]] = {
    model.__name__.lower(): model
    for model in (
        Contract, Amendment, Pmsmp, PassIae, PassSuspension, PassProlongation, Diagnosis, Interview,
        Objective, SupportAction, Training, Exit, Hold,
    )
}  # fmt: skip


def _wrong(person: Participant, kind: str, pk: int) -> Any:
    if kind not in WITHDRAWN:
        raise Http404(kind)
    return line_of(WITHDRAWN[kind], person, pk)


def _kept(_request: EcopoleRequest, fact: Any) -> Setting:
    nature = fact._meta.verbose_name.capitalize()
    return Setting(page={"note": f"{nature}\u202f: la ligne reste dans l’historique du dossier."})


withdraw = asks(
    forms.WithdrawForm, actions.withdraw, ("Retirer une ligne", "Retirer", "La ligne ne compte plus."),
    Part.CONTRACT, Part.PASS, Part.CRITERIA, of=("fact", _wrong), ready=_kept,
)  # fmt: skip
