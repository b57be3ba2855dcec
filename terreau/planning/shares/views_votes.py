"""Pages of the votes: the rule of tours, then the commons and solidarity, each tried before it is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.engines.shares.problem import NOTHING
from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.planning.models import CommonsKey, SharingRule, SharingStep, SharingVote, SolidarityRule
from terreau.planning.shares import reading, trials
from terreau.planning.shares.actions import SharingRefused
from terreau.planning.shares.terms import agreed
from terreau.planning.shares.votes import MINUTES_MAX, vote, vote_commons, vote_solidarity
from terreau.planning.views import plan_key
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.forms import DateFieldFr, MoneyFieldFr
from terreau.territory.models import Agent, AgentKind

MONTHS_TRIED = 3


def _since(request: EcopoleRequest) -> date:
    """The first day of the last months, on which a vote is tried."""
    return plus_months(request.today.replace(day=1), 1 - MONTHS_TRIED)


class WrittenForm(forms.Form):
    """From when a vote holds, and where it is written."""

    starts_on = DateFieldFr(label="À partir du")
    minutes = forms.CharField(
        label="Où est écrit le vote", max_length=MINUTES_MAX,
        help_text="Par exemple «\u202fPV de l’assemblée du 12 mars\u202f».",
    )  # fmt: skip


class RuleForm(WrittenForm):
    rule = forms.ChoiceField(label="Règle", choices=SharingRule.choices)
    field_order = ("rule", "starts_on", "minutes")


@needs("see_sharing")
def rules(request: EcopoleRequest) -> HttpResponse:
    return _rules_page(request, RuleForm())


def _rules_page(request: EcopoleRequest, form: RuleForm) -> HttpResponse:
    """Every rule on the last months, before the assembly votes."""
    first = _since(request)
    held = agreed(request.ecopole, first, request.today)
    context: dict[str, Any] = {
        "simulation": trials.simulate(request.ecopole, first, request.today),
        "since": first,
        "votes": [(vote, vote.label) for vote in held.history(SharingStep.TOUR)],
        "form": form,
    }
    return render(request, "planning/shares/rules.html", context, status=422 if form.errors else 200)


@require_POST
@needs("run_sharing")
def keep_vote(request: EcopoleRequest) -> HttpResponse:
    """Keep what was voted; what was typed stays when it is refused."""
    form = RuleForm(request.POST)
    key = plan_key(request)
    if form.is_valid() and _kept(request, vote, key, form, form):
        messages.success(request, "Règle votée\u202f: elle vaut pour les tournées à partir de sa date.")
        return redirect("shares:rules", request.ecopole.slug)
    return _rules_page(request, form)


def _kept(
    request: EcopoleRequest, keep: Callable[..., SharingVote], key: str, *told: forms.Form
) -> SharingVote | None:
    """The vote, unless it is refused: the field to correct then says why."""
    said = {name: value for form in told for name, value in form.cleaned_data.items() if name != "amount"}
    try:
        return keep(ecopole=request.ecopole, **said, by=request.user, at=request.now, key=key)
    except SharingRefused as refusal:
        form = next((form for form in told if refusal.field in form.fields), told[-1])
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def _not_negative(amount: Money) -> None:
    if amount < NOTHING:
        raise ValidationError(f"{amount}\u202f: il faut zéro au moins.")


class CommonsForm(forms.Form):
    rule = forms.ChoiceField(label="Clé des communs", choices=CommonsKey.choices)
    amount = MoneyFieldFr(
        label="Montant du mois, pour essayer", required=False, validators=[_not_negative],
        help_text="Vide\u202f: les montants dits à la page de chaque mois.",
    )  # fmt: skip
    empty_room = forms.BooleanField(
        label="La place vide des véhicules va aux communs", required=False,
        help_text="La journée du véhicule, pour la place qu’il n’a pas remplie, quitte les parts et suit la "
        "clé.",
    )  # fmt: skip

    def __init__(self, farms: list[tuple[int, str]], data: Any = None, standing: SharingVote | None = None):
        initial = {"rule": standing.rule, "empty_room": standing.empty_room} if standing else {}
        super().__init__(data, initial=initial)

    def tried(self) -> tuple[SharingVote, Money | None]:
        said = self.cleaned_data
        empty = said["empty_room"] and said["rule"] != CommonsKey.NONE
        return SharingVote(rule=said["rule"], empty_room=empty), said["amount"]


class SolidarityForm(forms.Form):
    helped = forms.TypedMultipleChoiceField(
        label="Partenaires aidés", coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Aucun\u202f: il n’y a pas, ou plus, de solidarité.",
    )  # fmt: skip
    cap = MoneyFieldFr(
        label="Plafond à la caisse", required=False, validators=[_not_negative],
        help_text="Ce qu’un partenaire aidé paie au plus d’une tournée, par caisse.",
    )  # fmt: skip
    levy = MoneyFieldFr(
        label="Contribution à la caisse", required=False, validators=[_not_negative],
        help_text="Ce que les autres versent au plus, par caisse à bord.",
    )  # fmt: skip

    def __init__(self, farms: list[tuple[int, str]], data: Any = None, standing: SharingVote | None = None):
        initial = {"cap": standing.cap, "levy": standing.levy, "helped": standing.helped} if standing else {}
        super().__init__(data, initial=initial)
        fields: dict[str, Any] = self.fields
        fields["helped"].choices = farms

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("helped"):
            for name in ("cap", "levy"):
                if name not in self.errors and said.get(name) is None:
                    self.add_error(name, "Saisissez un montant à la caisse, zéro au moins.")
        return said

    def tried(self) -> tuple[SharingVote, Money | None]:
        said = self.cleaned_data
        if not said["helped"]:
            return SharingVote(rule=SolidarityRule.NONE), None
        return SharingVote(rule=SolidarityRule.CAP, **said), None


@dataclass(frozen=True)
class Step:
    """A step voted after the fair share, and its page."""

    step: SharingStep
    title: str
    lede: str
    none: str
    form: type[CommonsForm | SolidarityForm]
    keep: Callable[..., SharingVote]
    page: str
    post: str


STEPS = {
    step.step: step
    for step in (
        Step(
            SharingStep.COMMONS, "Communs",
            "Ce qui est à tous, loyer du quai, heures invendues, place vide\u202f: une ligne à part, par une "
            "clé votée.",
            "Aucune clé n’est votée\u202f: rien n’est partagé en commun.",
            CommonsForm, vote_commons, "shares:commons", "shares:vote_commons",
        ),
        Step(
            SharingStep.SOLIDARITY, "Solidarité",
            "Après la part juste et les communs\u202f: ce que les uns versent, les autres le reçoivent, au "
            "centime.",
            "Aucune solidarité n’est votée.",
            SolidarityForm, vote_solidarity, "shares:solidarity", "shares:vote_solidarity",
        ),
    )
}  # fmt: skip


@needs("see_sharing")
def step(request: EcopoleRequest, step: str) -> HttpResponse:
    """One step: what was voted of it, and what another vote would make of the last months."""
    asked = STEPS[SharingStep(step)]
    data = request.GET if asked.form.base_fields.keys() & request.GET.keys() else None
    return _step_page(request, asked, data)


@require_POST
@needs("run_sharing")
def vote_step(request: EcopoleRequest, step: str) -> HttpResponse:
    """Keep the vote that was tried; what was typed stays when it is refused."""
    asked = STEPS[SharingStep(step)]
    form, written = asked.form(_farms(request), request.POST), WrittenForm(request.POST)
    key = plan_key(request)
    if all([form.is_valid(), written.is_valid()]) and _kept(request, asked.keep, key, form, written):
        messages.success(request, "Vote gardé\u202f: il vaut pour les tournées à partir de sa date.")
        return redirect(asked.page, request.ecopole.slug)
    return _step_page(request, asked, request.POST, form, written)


def _farms(request: EcopoleRequest) -> list[tuple[int, str]]:
    rows = Agent.objects.filter(ecopole=request.ecopole, kind=AgentKind.FARM, anonymised_at=None)
    return list(rows.order_by("name", "pk").values_list("pk", "name"))


def _step_page(
    request: EcopoleRequest,
    asked: Step,
    data: Any,
    form: CommonsForm | SolidarityForm | None = None,
    written: WrittenForm | None = None,
) -> HttpResponse:
    first, farms = _since(request), _farms(request)
    held = agreed(request.ecopole, first, request.today)
    form = form or asked.form(farms, data, held.standing(asked.step, request.today))
    trial = None
    if form.is_bound and form.is_valid():
        tried, amount = form.tried()
        tried.step, tried.starts_on = asked.step, first
        trial = trials.try_vote(request.ecopole, first, request.today, tried, amount)
    context = {
        "step": asked,
        "votes": [(vote, _told(vote, dict(farms))) for vote in held.history(asked.step)],
        "form": form,
        "written": written or WrittenForm(),
        "trial": trial,
        "since": first,
        "post": reverse(asked.post, args=[request.ecopole.slug]),
    }
    wrong = form.errors or (written and written.errors)
    return render(request, "planning/shares/step.html", context, status=422 if wrong else 200)


def _told(vote: SharingVote, names: dict[int, str]) -> str:
    if vote.cap is not None and vote.levy is not None:
        return reading.solidarity_told(vote.cap, vote.levy, (names.get(pk, "?") for pk in vote.helped))
    return f"{vote.label}, place vide comprise" if vote.empty_room else vote.label
