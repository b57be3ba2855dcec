"""What is decided of the catalogue: the écopôle's own figures in place of the reference, its own crops."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction

from terreau.measures.french import format_decimal
from terreau.measures.money import Money
from terreau.rooms.garden.crops import GROUPS, READERS, load_crops
from terreau.rooms.garden.models import Crop, CropChoice
from terreau.rooms.garden.queries.catalogue import CropLine
from terreau.territory.models import Ecopole, Product, User
from terreau.territory.products import load_products
from terreau.territory.sheets import Changes, SheetRefused

BLANK = (None, "")
# Figures that go from the lowest to the highest.
ORDERED = (("yield_low", "yield_likely", "yield_high"), ("price_low", "price", "price_high"))
OWN_SOURCE = "écopôle"


class FiguresRefused(Exception):
    """Nothing was written; `errors` says why, by figure."""

    def __init__(self, errors: Mapping[str, str]):
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def load_reference() -> Changes:
    """The shipped catalogue, and the products it is harvested as where they are not known yet."""
    try:
        return load_crops()
    except SheetRefused:
        load_products()
        return load_crops()


def refuse_disorder(figures: Mapping[str, Any]) -> None:
    """What is low is not above what is likely, nor that above what is high."""
    errors = {}
    for names in ORDERED:
        said = [(name, figures[name]) for name in names if figures.get(name) not in BLANK]
        for (_, lower), (name, higher) in pairwise(said):
            if higher < lower:
                errors[name] = (
                    f"{_shown(higher)}\u202f: c’est moins que {_shown(lower)}, qui vient avant. "
                    "Du bas au haut, les chiffres montent."
                )
    if errors:
        raise FiguresRefused(errors)


def _shown(figure: Any) -> str:
    return str(figure) if isinstance(figure, Money) else format_decimal(figure)


def chosen_among(crop: CropLine, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Of these figures, those that differ from the reference: what is the same goes on following it."""
    return {
        name: value for name, value in figures.items() if value not in BLANK and value != crop.reference[name]
    }


@transaction.atomic
def choose_figures(
    *,
    ecopole: Ecopole,
    crop: CropLine,
    figures: Mapping[str, Any],
    reason: str,
    by: User | None,
    at: datetime,
) -> None:
    """The écopôle's own figures for a crop, all at once: those not given, or equal, follow the reference."""
    own = chosen_among(crop, figures)
    refuse_disorder({**crop.reference, **own})
    row = CropChoice.objects.filter(ecopole=ecopole, crop=crop.id)
    if not own:
        row.delete()
        return
    blank = {name: "" if name.endswith("cycles") else None for name in READERS}
    row.update_or_create(
        ecopole=ecopole,
        crop_id=crop.id,
        defaults={**blank, **own, "reason": reason, "changed_at": at, "changed_by": by},
    )


@transaction.atomic
def add_crop(
    *,
    ecopole: Ecopole,
    code: str,
    name: str,
    family: str,
    product: Product,
    figures: Mapping[str, Any],
    reason: str,
) -> Crop:
    """A crop the catalogue does not have; the same code sent twice is one crop."""
    refuse_disorder(figures)
    given = {key: value for key, value in figures.items() if value not in BLANK}
    crop, _ = Crop.objects.get_or_create(
        ecopole=ecopole,
        code=code,
        defaults={
            **given, "name": name, "family": family, "product": product,
            "sources": dict.fromkeys(GROUPS, reason or OWN_SOURCE),
        },
    )  # fmt: skip
    return crop


@transaction.atomic
def import_catalogue(
    *,
    ecopole: Ecopole,
    choices: Mapping[str, tuple[Mapping[str, Any], str]],
    crops: Mapping[str, CropLine],
    by: User | None,
    at: datetime,
) -> int:
    """A whole sheet of figures and reasons by crop code, already read; says how many crops change."""
    changed = [code for code, (figures, reason) in choices.items() if differs(crops[code], figures, reason)]
    for code in changed:
        figures, reason = choices[code]
        choose_figures(ecopole=ecopole, crop=crops[code], figures=figures, reason=reason, by=by, at=at)
    return len(changed)


def differs(crop: CropLine, figures: Mapping[str, Any], reason: str) -> bool:
    """Whether these figures would change what the écopôle grows this crop by."""
    own = chosen_among(crop, figures)
    former = {name: getattr(crop, name) for name in crop.chosen}
    return own != former or (bool(own) and reason != crop.reason)
