"""What is typed of a pathway. The interview opens on what the last one left."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from terreau.rooms.insertion.access import SECTION_PARTS, Part
from terreau.rooms.insertion.forms import CHOOSE, WORDS, Entry, Spell, reasons
from terreau.rooms.insertion.models import (
    Family,
    InterviewKind,
    Obstacle,
    Origin,
    Progress,
    Reach,
    Section,
    SupportAction,
)
from terreau.rooms.insertion.pathway import LEVELS, Goal, families
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.forms import DateFieldFr, DecimalFieldFr

LEVEL_CHOICES = [("", "non dit"), *((str(level), f"{level} · {label}") for level, label in LEVELS.items())]
# What may be written of health and of justice: what it changes at work, and nothing more.
IMPACT_ONLY = {
    Family.HEALTH: "seulement ce que cela change au travail",
    Family.JUSTICE: "seulement la contrainte de temps ou de lieu, jamais les faits",
}
SECTION_HELP = {
    Section.HEALTH: IMPACT_ONLY[Family.HEALTH], Section.JUSTICE: IMPACT_ONLY[Family.JUSTICE]
}  # fmt: skip
ONE_LINE = 300


class InterviewForm(Entry):
    kind = forms.ChoiceField(label="Nature", choices=[CHOOSE, *InterviewKind.choices])
    held_on = DateFieldFr(label="Tenu le")
    next_on = DateFieldFr(
        label="Prochain rendez-vous", required=False, help_text="toujours, sauf au bilan de sortie"
    )
    professional = forms.BooleanField(label="Vaut entretien professionnel", required=False)

    MEETING = ("kind", "held_on", "next_on", "professional")

    def __init__(
        self, data: Any, *, on: date, parts: Iterable[Part], said: Iterable[Obstacle], goals: Iterable[Goal],
        actions: Iterable[SupportAction],
    ):  # fmt: skip
        self.parts, self.goals = frozenset(parts), [goal for goal in goals if goal.open]
        self.actions = [action for action in actions if not action.result]
        self.last = {row.family: row for row in said}
        super().__init__(data, on=on)

    def prepare(self) -> None:
        self.families, opened = families(self.parts), self.parts
        self.sections = [section for section, part in SECTION_PARTS.items() if part in opened]
        for section in self.sections:
            self.fields[f"note-{section.value}"] = forms.CharField(
                label=section.label.capitalize(), max_length=4000, required=False, widget=WORDS,
                help_text=SECTION_HELP.get(section, ""),
            )  # fmt: skip
        for family in self.families:
            last = self.last.get(family.value)
            self.fields[f"level-{family.value}"] = forms.ChoiceField(
                label=family.label.capitalize(), choices=LEVEL_CHOICES, required=False,
                initial=last.level if last else "",
            )  # fmt: skip
            self.fields[f"impact-{family.value}"] = forms.CharField(
                label="Ce que cela change", max_length=ONE_LINE, required=False,
                initial=last.note if last else "", help_text=IMPACT_ONLY.get(family, ""),
            )  # fmt: skip
        for goal in self.goals:
            self.fields[f"goal-{goal.objective.pk}"] = forms.ChoiceField(
                label=goal.objective.label, choices=Progress.choices, initial=Progress.OPEN
            )
        for action in self.actions:
            self.fields[f"action-{action.pk}"] = forms.CharField(
                label=action.label, max_length=ONE_LINE, required=False, help_text="résultat, s’il est connu"
            )

    def clean(self) -> None:
        said = self.cleaned_data
        held, following = said.get("held_on"), said.get("next_on")
        stays = said.get("kind") not in (None, InterviewKind.EXIT)
        if stays and held and not following and "next_on" not in self.errors:
            self.add_error("next_on", "Quand est le prochain rendez-vous\u202f?")
        if held and following and following <= held:
            self.add_error("next_on", "Le prochain rendez-vous est après celui-ci.")

    def _typed(self, name: str) -> str:
        return str(self.cleaned_data[name])

    def said(self) -> dict[str, Any]:
        notes = {s.value: self._typed(f"note-{s.value}") for s in self.sections}
        levels = {
            f.value: (self._typed(f"level-{f.value}"), self._typed(f"impact-{f.value}"))
            for f in self.families
        }
        moves = {goal.objective: self._typed(f"goal-{goal.objective.pk}") for goal in self.goals}
        results = {action: self._typed(f"action-{action.pk}") for action in self.actions}
        return {
            "meeting": {name: self.cleaned_data[name] for name in self.MEETING},
            "notes": {section: text for section, text in notes.items() if text},
            "levels": {family: said for family, said in levels.items() if said[0]},
            "progress": {goal: (state, "") for goal, state in moves.items() if state != Progress.OPEN},
            "results": {action: result for action, result in results.items() if result},
        }

    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields as the page shows them: the meeting, obstacles, objectives, actions, notes."""
        titles = {
            "level": "Freins", "impact": "Freins", "goal": "Objectifs en cours", "action": "Actions en cours",
            "note": "Ce qui a été dit",
        }  # fmt: skip
        found: dict[str, list[Any]] = {"Le rendez-vous": []}
        found |= {
            title: [] for title in ("Objectifs en cours", "Actions en cours", "Freins", "Ce qui a été dit")
        }
        for bound in self:
            found[titles.get(bound.name.partition("-")[0], "Le rendez-vous")].append(bound)
        return [(title, fields) for title, fields in found.items() if fields]


class ObjectiveForm(Entry):
    label = forms.CharField(label="Objectif", max_length=ONE_LINE)
    parent = forms.ChoiceField(label="Étape de", required=False)
    origin = forms.ChoiceField(label="Origine", choices=Origin.choices)
    professional = forms.BooleanField(
        label="Objectif professionnel", required=False, help_text="l’encadrement et la personne le lisent"
    )
    due_on = DateFieldFr(label="Pour le", required=False)


class ProgressForm(Entry):
    state = forms.ChoiceField(label="Où en est-on", choices=Progress.choices)
    said_on = DateFieldFr(label="Dit le")
    note = forms.CharField(label="Précision", max_length=ONE_LINE, required=False)


class ActionForm(Entry):
    label = forms.CharField(label="Action", max_length=ONE_LINE)
    family = forms.ChoiceField(label="Répond au frein", required=False)
    reach = forms.ChoiceField(label="Accompagnement", choices=Reach.choices)
    partner = forms.CharField(label="Partenaire", max_length=120, required=False)
    done_on = DateFieldFr(label="Fait le")
    need = forms.CharField(label="Besoin", max_length=ONE_LINE, required=False)
    result = forms.CharField(
        label="Résultat",
        max_length=ONE_LINE,
        required=False,
        help_text="vide\u202f: demandé au prochain entretien",
    )
    urgent = forms.BooleanField(label="Prioritaire", required=False)

    def clean(self) -> None:
        said = self.cleaned_data
        if said.get("reach") in (Reach.EXTERNAL, Reach.BOTH) and not said.get("partner"):
            self.add_error("partner", "Avec quel partenaire\u202f?")


class ResultForm(Entry):
    result = forms.CharField(label="Résultat", max_length=ONE_LINE)


class TrainingForm(Spell):
    title = forms.CharField(label="Intitulé", max_length=160)
    kind = forms.ChoiceField(
        label="Nature", required=False,
        choices=[
            CHOOSE, ("qualifying", "qualifiante"), ("prequalifying", "préqualifiante"),
            ("basics", "savoirs de base, français"), ("safety", "sécurité, habilitation"),
            ("licence", "permis, mobilité"), ("other", "autre"),
        ],
    )  # fmt: skip
    organisation = forms.CharField(label="Organisme", max_length=120, required=False)
    hours = DecimalFieldFr(label="Durée", unit="hour", min_value=1, max_value=2000)
    starts_on = DateFieldFr(label="Du")
    ends_on = DateFieldFr(label="Au")
    note = forms.CharField(label="Résultat", max_length=ONE_LINE, required=False)


class SkillsForm(Entry):
    marked_on = DateFieldFr(label="Observé le")
    note = forms.CharField(label="Précision", max_length=ONE_LINE, required=False)

    def __init__(self, data: Any, *, on: date, grid: str, known: dict[str, int | None]):
        self.grid, self.known = grid, known
        super().__init__(data, on=on)

    def prepare(self) -> None:
        choices = [
            ("", "non évalué"),
            *((c, f"{c} · {label}") for c, label in reasons("skill_levels", self.on)),
        ]
        self.codes = []
        for code, word in listed("skills", self.on).items():
            grid, _, skill = code.partition(".")
            if grid == self.grid:
                self.codes.append(skill)
                level = self.known.get(skill)
                self.fields[f"skill-{skill}"] = forms.ChoiceField(
                    label=word["label"], choices=choices, required=False,
                    initial="" if level is None else str(level),
                )  # fmt: skip

    def levels(self) -> dict[str, int | None]:
        """What was observed; a skill never assessed that stays so is not a line."""
        said = {skill: self.cleaned_data[f"skill-{skill}"] for skill in self.codes}
        return {
            skill: int(level) if level else None
            for skill, level in said.items()
            if level or self.known.get(skill) is not None
        }

    def said(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"grid": self.grid, "levels": self.levels(), "on": said["marked_on"], "note": said["note"]}


class EvaluationForm(Spell):
    starts_on = DateFieldFr(label="Du")
    ends_on = DateFieldFr(label="Au")
    by_supervisor = forms.CharField(
        label="Ce que dit l’encadrement", max_length=2000, widget=WORDS, help_text="le travail, rien d’autre"
    )
    by_person = forms.CharField(label="Ce que dit la personne", max_length=2000, required=False, widget=WORDS)


class ExitForm(Entry):
    left_on = DateFieldFr(label="Sortie le")
    # Not required here: the rule itself refuses an exit without its reason.
    reason = forms.ChoiceField(label="Motif", required=False)
    note = forms.CharField(label="Précision", max_length=ONE_LINE, required=False)

    def prepare(self) -> None:
        categories = dict(reasons("exit_categories", self.on))
        self.choose(
            "reason",
            [
                (code, f"{row['label']} ({categories[row['category']].lower()})")
                for code, row in listed("exit_reasons", self.on).items()
            ],
        )


class ExitCheckForm(Entry):
    item = forms.ChoiceField(label="Ce qui est fait")
    done_on = DateFieldFr(label="Fait le")


AGREE = {1: "pas du tout", 2: "plutôt non", 3: "plutôt oui", 4: "tout à fait"}


class SatisfactionForm(Entry):
    """As many questions as one wishes; none is required."""

    def prepare(self) -> None:
        self.codes = reasons("satisfaction", self.on)
        for code, label in self.codes:
            self.fields[code] = forms.TypedChoiceField(
                label=label, required=False, coerce=int, empty_value=None, choices=list(AGREE.items()),
                widget=forms.RadioSelect,
            )  # fmt: skip

    def clean(self) -> None:
        if not any(self.cleaned_data.values()):
            self.add_error(None, "Répondez à une question au moins, ou revenez en arrière.")

    def said(self) -> dict[str, Any]:
        return {"answers": {code: level for code, level in self.cleaned_data.items() if level}}


class FollowUpForm(Entry):
    month = forms.TypedChoiceField(label="Nouvelles", coerce=int, choices=[(3, "à 3 mois"), (6, "à 6 mois")])
    observed_on = DateFieldFr(label="Prises le")
    situation = forms.ChoiceField(label="Situation")
    note = forms.CharField(label="Précision", max_length=ONE_LINE, required=False)

    def prepare(self) -> None:
        self.choose("situation", reasons("situations", self.on))
