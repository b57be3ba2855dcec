"""A scenario typed number by number: each with its unit, a line that explains it, a plausible first value."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django import forms

from terreau.engines.contribution import Scenario
from terreau.engines.contribution.simulate import WEEKS
from terreau.impact import scenarios
from terreau.impact.learning import Learnt
from terreau.impact.parameters import DATA, parameters
from terreau.impact.territories import Known
from terreau.territory.forms import DecimalFieldFr

EXAMPLES = DATA / "scenarios"
# What has no parameter is taken from this file, in proportion to the people.
LIKE = "lens-lievin"
PEOPLE, PEOPLE_MAX = 20, 1000
PERCENT = 100


@dataclass(frozen=True)
class Question:
    """A number of the form; `part`: the part of the file it is a line of."""

    name: str
    label: str
    unit: str
    help: str
    part: str = ""

    @property
    def field(self) -> str:
        return f"{self.part}_{self.name}" if self.part else self.name

    @property
    def share(self) -> bool:
        return self.unit == "%"


# In the order they are thought of: people, land, food, money, road.
GROUPS = (
    ("Les gens et la terre", (
        Question("insertion_people", "Personnes en insertion", "pers.", "présentes en même temps"),
        Question("permanents", "Permanents", "ETP", "encadrants, accompagnement, direction"),
        Question("garden_ha", "Surface cultivée", "ha", "en maraîchage, plein champ et serres ensemble"),
    )),
    ("La nourriture", (
        Question("solidarity_share", "Paniers solidaires", "%", "part des kilos vendue à petit prix"),
        Question("canteen_share", "Cantines et boutiques", "%", "part des kilos vendue en demi-gros"),
        Question("outside_share", "Vendu hors du territoire", "%", "part des kilos, hors paniers"),
        Question("carried_tonnes", "Portées pour les fermes", "t/an", "des fermes voisines"),
    )),
    ("L’argent", (
        Question("AZ", "Achats agricoles", "€/an", "plants, semences, produits des fermes", "purchases"),
        Question("IND", "Fournitures et matériel", "€/an", "emballages, outils, réparations", "purchases"),
        Question("SPR", "Services et commerce", "€/an", "comptable, formation, carburant", "purchases"),
        Question("local_purchases", "Achetés sur place", "%", "part de ces achats faite dans le territoire"),
        Question("epci", "Aide de l’intercommunalité", "€/an", "hors aide au poste, comptée", "grants"),
        Question("region", "Aide de la région", "€/an", "fonctionnement, par an", "grants"),
    )),
    ("La route et le froid", (
        Question("km_year", "Kilomètres de livraison", "km/an", "tous véhicules ensemble"),
        Question("cold_kwh", "Électricité du froid", "kWh/an", "au compteur des chambres froides"),
    )),
)  # fmt: skip
QUESTIONS = tuple(question for _, questions in GROUPS for question in questions)
TODAY = ("insertion_people", "permanents", "garden_ha")


@cache
def example(name: str) -> dict[str, Any]:
    return scenarios.parsed((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))


def examples() -> list[tuple[str, str]]:
    """The scenarios carried with the software: their file and their name."""
    return [(path.stem, example(path.stem)["name"]) for path in sorted(Path(EXAMPLES).glob("*.toml"))]


def plausible_numbers(people: int, on: date) -> dict[str, Any]:
    """What so many people in insertion would have elsewhere: by the parameters, else by the example."""
    known = {p.id: p.value for p in parameters(on)}
    like, defaults = example(LIKE), {f.name: f.default for f in fields(Scenario)}
    scale = people / like["insertion_people"]
    posts = people * known["heures_hebdo_cddi"] * WEEKS / known["etp_heures_payees"]
    found: dict[str, Any] = {
        "insertion_people": people,
        "permanents": _round(people * known["ratio_permanents"]),
        "garden_ha": _round(posts * known["ha_par_etp_insertion"]),
        "incubator": True,
    }
    for question in QUESTIONS:
        if question.field not in found:
            said = like.get(question.part, {}) if question.part else like
            default = said.get(question.name, defaults.get(question.name, 0))
            found[question.field] = default if question.share else _round(default * scale)
    return found


def _round(value: float) -> float:
    """Two figures: a guess has no more."""
    return float(f"{value:.2g}")


class ProjectForm(forms.Form):
    """`base`: the scenario one starts from, whose lines this form does not ask are kept.

    `learnt`: what the years of the écopôle taught, taken only if it is asked.
    """

    name = forms.CharField(label="Nom du projet", max_length=scenarios.NAME_MAX)
    incubator = forms.BooleanField(
        label="Il installe aussi des fermes", required=False, help_text="une couveuse\u202f: 0,7 ferme par an"
    )

    learned = forms.BooleanField(label="Avec ce que nos années ont appris", required=False)

    def __init__(
        self, *args: Any, where: Known, base: dict[str, Any], learnt: Sequence[Learnt] = (), **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.where, self.base, self.learnt = where, base, learnt
        if not learnt:
            del self.fields["learned"]
        low, high = scenarios.WHOLE["start"]
        self.fields["start"] = forms.IntegerField(
            label="Première année", min_value=low, max_value=high,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        )  # fmt: skip
        for question in QUESTIONS:
            self.fields[question.field] = _number(
                question.label, question.unit, scenarios.LEAST.get(question.name, 0),
                PERCENT if question.share else None, question.help,
            )  # fmt: skip
        for name in TODAY:
            question = next(q for q in QUESTIONS if q.name == name)
            self.fields[f"today_{name}"] = _number(
                question.label, question.unit, scenarios.LEAST.get(name, 0), None, "", needed=False
            )
        if where.jobs_total is None:
            self.fields["jobs_total"] = _number(
                "Emplois du territoire", "emplois", 1, None,
                "au lieu de travail\u202f: recensement de l’Insee, « dossier complet » de "
                "l’intercommunalité, tableau EMP T5", needed=True, places=0,
            )  # fmt: skip
        self.fields["relays"] = forms.MultipleChoiceField(
            label="Dépôts", required=False, choices=where.communes,
            widget=forms.CheckboxSelectMultiple,
            help_text="le premier est le siège\u202f; ils disent qui vit à moins de 5 km",
        )  # fmt: skip

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[q.field] for q in questions]) for title, questions in GROUPS]

    def already(self) -> list[forms.BoundField]:
        return [self[f"today_{name}"] for name in TODAY]

    @property
    def extends(self) -> bool:
        return any(bound.value() not in (None, "") for bound in self.already())

    def told(self) -> dict[str, Any]:
        """The file this form would be. Parts come after plain numbers."""
        typed = self.cleaned_data
        said: dict[str, Any] = {"name": typed["name"].strip(), "epci": self.where.code}
        said["start"] = typed["start"]
        said["horizon"] = self.base.get("horizon", 5)
        parts: dict[str, dict[str, Any]] = {
            part: dict(self.base.get(part, {})) for part in ("purchases", "grants")
        }
        for question in QUESTIONS:
            value = typed[question.field]
            number = round(float(value) / PERCENT, 6) if question.share else float(value)
            if question.part:
                parts[question.part][question.name] = number
            else:
                said[question.name] = number
        said["incubator"] = typed["incubator"]
        if typed.get("jobs_total"):
            said["jobs_total"] = float(typed["jobs_total"])
        said["relays"] = typed["relays"]
        said |= {name: self.base[name] for name in ("months", "local_taxes") if name in self.base}
        today = {name: float(v) for name in TODAY if (v := typed[f"today_{name}"]) is not None}
        if today:
            said["without"] = self.base.get("without", {}) | today
        own = self._own()
        return said | parts | ({"parameters": own} if own else {})

    def _own(self) -> dict[str, Any]:
        """Those of the file one starts from, but what years taught is that of today, or is left out."""
        own: dict[str, Any] = self.base.get("parameters", {})
        if not self.learnt:
            return own
        kept = {id: line for id, line in own.items() if not line.get("years")}
        taught = self.learnt if self.cleaned_data["learned"] else ()
        return {one.lesson.parameter: one.line for one in taught} | kept


def typed(said: dict[str, Any]) -> dict[str, Any]:
    """What the form of a scenario shows first."""
    found: dict[str, Any] = {"incubator": True} | {
        name: said[name] for name in ("name", "incubator", "relays", "start", "jobs_total") if name in said
    }
    defaults = {f.name: f.default for f in fields(Scenario)}
    for question in QUESTIONS:
        part = said.get(question.part, {}) if question.part else said
        found[question.field] = part.get(question.name, 0 if question.part else defaults[question.name])
    if own := said.get("parameters"):
        found["learned"] = any(line.get("years") for line in own.values())
    found |= {f"today_{name}": value for name, value in said.get("without", {}).items() if name in TODAY}
    return found


def shown(numbers: dict[str, Any]) -> dict[str, Any]:
    """In the units of the form: shares in per cent, decimals written the French way."""
    shares = {question.field for question in QUESTIONS if question.share}
    return {
        name: _decimal(value * PERCENT if name in shares else value)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value
        for name, value in numbers.items()
    }


def _decimal(value: float) -> Decimal:
    """As one types it: neither an exponent nor a tail of zeros."""
    exact = Decimal(str(round(value, 3)))
    return exact.quantize(Decimal(1)) if exact == exact.to_integral() else exact.normalize()


def _number(
    label: str, unit: str, low: float, high: float | None, help: str = "", needed: bool = True,
    places: int = 3,
) -> DecimalFieldFr:  # fmt: skip
    field = DecimalFieldFr(
        label=label, help_text=help, required=needed, places_max=places, min_value=Decimal(str(low)),
        max_value=None if high is None else Decimal(str(high)),
    )  # fmt: skip
    field.unit_symbol = unit
    return field
