"""What is said to each actor, and of each group, in whole sentences."""

from collections.abc import Sequence

from terreau.measures.french import format_decimal
from terreau.measures.money import Money

from .problem import NOTHING

# A rounding is not a grievance.
CENT = Money(1)

_NUMBERS = (
    "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize",
)  # fmt: skip


def line_sentence(
    *,
    aboard: bool,
    alone: Money,
    separable: Money,
    fair: Money,
    stops: Money,
    correction: Money,
    spare: Money,
    commons: Money,
    solidarity: Money,
    total: Money,
) -> str:
    """The parts named always add up to what is paid."""
    road = fair - stops + spare
    named = (
        (stops, "pour vos arrêts"),
        (road, "de route partagée"),
        (commons, "de commun"),
        (correction, "d’écart entre la route prévue et la route faite"),
        (solidarity, "de solidarité donnée" if solidarity > NOTHING else "de solidarité reçue"),
    )
    parts = [f"{amount} {what}" for amount, what in named if amount]
    said = f"Seul, cette tournée vous coûterait {alone}\u202f; ensemble vous payez {total}"
    if not aboard:
        said = f"Rien de vous n’était à bord\u202f; vous payez {total}"
    said += f", dont {', '.join(parts)}." if len(parts) > 1 else "."
    if not aboard:
        return said
    if total > alone + CENT:
        said += f" C’est {total - alone} de plus que seul."
    if fair + CENT < separable:
        said += f" Votre part est moindre que ce que vous ajoutez en venant le dernier, {separable}."
    return said


def stability_sentence(
    *, wronged: int, tested: int, complete: bool, names: Sequence[str], together: Money, apart: Money
) -> str:
    count = format_decimal(tested)
    if not tested:
        return "Personne d’autre n’est à bord\u202f: il n’y a pas de groupe à comparer."
    if not wronged:
        if complete:
            return f"Aucun groupe ne ferait mieux seul\u202f: tous ont été vérifiés ({count})."
        return f"Aucun groupe lésé parmi les {count} essayés\u202f; les autres n’ont pas été vérifiés."
    if len(names) == 1:
        said = f"{names[0]} paie {together}\u202f; seul, ce serait {apart}."
    else:
        said = (
            f"{', '.join(names[:-1])} et {names[-1]} paient ensemble {together}\u202f; "
            f"à {_number(len(names))}, seuls, ils paieraient {apart}."
        )
    if together == apart:
        said += " L’écart est inférieur au centime."
    if wronged > 1:
        said += f" C’est le plus lésé de {format_decimal(wronged)} groupes qui paieraient moins seuls."
    if not complete:
        said += f" {count} groupes ont été essayés, pas tous."
    return said


def _number(count: int) -> str:
    return _NUMBERS[count - 2] if count - 2 < len(_NUMBERS) else format_decimal(count)
