"""Why the ledger refuses an entry: one class per reason, each with its data and a kind French sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from terreau.ledger.models import VerdictKind
from terreau.measures.french import format_date
from terreau.measures.quantity import Quantity, Unit


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, for one entry of the list given to `record`, counted from zero."""

    entry_index: int


@dataclass(frozen=True, slots=True)
class NotPositive(Refusal):
    product: str
    quantity: Decimal

    def __str__(self) -> str:
        return (
            f"Mouvement de « {self.product} » non enregistré : la quantité saisie est {self.quantity}. "
            "Saisissez une quantité au-dessus de zéro, au millième près au plus."
        )


@dataclass(frozen=True, slots=True)
class WrongUnit(Refusal):
    product: str
    given: Unit
    expected: Unit

    def __str__(self) -> str:
        return (
            f"« {self.product} » se compte en {self.expected.symbol}, pas en {self.given.symbol}. "
            f"Saisissez la quantité en {self.expected.symbol}."
        )


@dataclass(frozen=True, slots=True)
class CreditHasNoPrice(Refusal):
    product: str

    def __str__(self) -> str:
        return (
            f"« {self.product} » ne se vend ni ne s’achète en euros. Enregistrez ce mouvement sans prix, "
            "et ce qui est payé à part."
        )


@dataclass(frozen=True, slots=True)
class NotEnough(Refusal):
    product: str
    lot: str
    place: str
    wanted: Quantity
    left: Quantity

    def __str__(self) -> str:
        left = f"il y reste {self.left}" if self.left else "il n’y reste rien"
        return (
            f"« {self.product} », lot {self.lot}, {self.place} : {left}, pour {self.wanted} demandés. "
            "Réduisez la quantité, ou prenez dans un autre lot."
        )


@dataclass(frozen=True, slots=True)
class NotBornYet(Refusal):
    product: str
    lot: str
    born_at: datetime

    def __str__(self) -> str:
        return (
            f"Le lot {self.lot} de « {self.product} » date du {_moment(self.born_at)} : "
            "rien ne peut lui arriver avant. Vérifiez la date du mouvement."
        )


@dataclass(frozen=True, slots=True)
class LotRefused(Refusal):
    product: str
    lot: str
    verdict: str
    reason: str

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        state = "refusé" if self.verdict == VerdictKind.REFUSED else "en attente de décision"
        return (
            f"Le lot {self.lot} de « {self.product} » est {state}{why} : il ne s’utilise pas. "
            "Prenez un autre lot, rendez celui-ci à son producteur, ou déclarez-le perdu."
        )


@dataclass(frozen=True, slots=True)
class InTheFuture(Refusal):
    product: str
    occurred_at: datetime

    def __str__(self) -> str:
        return (
            f"Le mouvement de « {self.product} » est daté du {_moment(self.occurred_at)}, qui n’est pas "
            "encore venu. Corrigez la date, ou attendez qu’il ait eu lieu."
        )


@dataclass(frozen=True, slots=True)
class KeyReused(Refusal):
    key: str

    def __str__(self) -> str:
        return (
            f"La clé « {self.key} » désigne déjà un mouvement différent, qui reste inchangé. "
            "Pour corriger ce mouvement, annulez-le puis saisissez-le à nouveau."
        )


@dataclass(frozen=True, slots=True)
class MissingPlace(Refusal):
    product: str
    leaving: bool

    def __str__(self) -> str:
        which = "de départ" if self.leaving else "d’arrivée"
        return f"Il manque le lieu {which} du mouvement de « {self.product} ». Choisissez un lieu."


@dataclass(frozen=True, slots=True)
class MissingLot(Refusal):
    product: str

    def __str__(self) -> str:
        return f"Il manque le lot du mouvement de « {self.product} ». Choisissez ou créez un lot."


@dataclass(frozen=True, slots=True)
class WrongProduct(Refusal):
    """The lot, or the promise, is of another product than the entry."""

    product: str
    expected: str
    of: str

    def __str__(self) -> str:
        return (
            f"{self.of} porte sur « {self.expected} », pas sur « {self.product} ». "
            "Choisissez ce qui correspond au produit."
        )


@dataclass(frozen=True, slots=True)
class ForeignEcopole(Refusal):
    what: str

    def __str__(self) -> str:
        return f"{self.what} n’appartient pas à cet écopôle. Choisissez dans les listes de votre écopôle."


@dataclass(frozen=True, slots=True)
class AlreadyReversed(Refusal):
    key: str

    def __str__(self) -> str:
        return (
            f"Le mouvement « {self.key} » est déjà annulé, ou est lui-même une annulation. "
            "Saisissez un nouveau mouvement."
        )


@dataclass(frozen=True, slots=True)
class NotTheReverse(Refusal):
    key: str

    def __str__(self) -> str:
        return (
            f"L’annulation diffère du mouvement « {self.key} » qu’elle annule. Annulez-le en entier, "
            "puis saisissez le bon mouvement."
        )


@dataclass(frozen=True, slots=True)
class HolderChanged(Refusal):
    product: str

    def __str__(self) -> str:
        return (
            f"Déplacer « {self.product} » ne change pas qui le détient. "
            "Pour le remettre à quelqu’un, enregistrez un dépôt ou une cession."
        )


@dataclass(frozen=True, slots=True)
class MadeFromYounger(Refusal):
    """A lot is made from older lots only, so that tracing it always ends."""

    product: str
    lot: str
    younger: str

    def __str__(self) -> str:
        return (
            f"Le lot {self.lot} de « {self.product} » ne peut pas venir du lot {self.younger}, obtenu après "
            "lui. Créez un nouveau lot pour ce qui sort de l’opération."
        )


@dataclass(frozen=True, slots=True)
class LotCodeTaken(Refusal):
    code: str

    def __str__(self) -> str:
        return f"Le lot {self.code} existe déjà. Choisissez un autre code, ou laissez-le vide."


@dataclass(frozen=True, slots=True)
class UnknownAction(Refusal):
    action: str

    def __str__(self) -> str:
        return (
            f"L’action « {self.action} » n’existe pas dans le grand livre. Choisissez une action de la liste."
        )


class LedgerRefusal(Exception):
    """Nothing was written; `errors` holds every reason, in the order of the entries."""

    def __init__(self, errors: Iterable[Refusal]):
        self.errors: tuple[Refusal, ...] = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{format_date(local.date())} à {local:%H} h {local:%M}"
