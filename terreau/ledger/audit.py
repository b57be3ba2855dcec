"""Everything recomputed from the events, and compared with what is kept: nothing may differ."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, F, OuterRef

from terreau.ledger.effects import EFFECTS, Action
from terreau.ledger.models import Custody, Event, Lot
from terreau.ledger.queries import STANDING
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.models import Agent, Ecopole, Place


def differences(ecopole: Ecopole) -> Iterator[str]:
    """One French sentence per difference."""
    yield from _custody_differences(ecopole)
    yield from _rights_differences(ecopole)
    yield from _broken_rules(ecopole)
    yield from _broken_lineage(ecopole)


def _sign(side: str) -> str:
    """The sign of an event's quantity on one side, from the table of effects."""
    signs = {action: getattr(effect, side) for action, effect in EFFECTS.items()}
    cases = " ".join(f"WHEN '{action}' THEN {sign}" for action, sign in signs.items() if sign)
    return f"(CASE action {cases} ELSE 0 END) * (CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END)"


_CUSTODY = f"""
SELECT lot_id, agent_id, place_id, SUM(told), SUM(kept) FROM (
    SELECT lot_id, provider_id AS agent_id, from_place_id AS place_id,
        {_sign("custody_provider")} * quantity AS told, 0 AS kept
    FROM ledger_event WHERE ecopole_id = %s AND lot_id IS NOT NULL
    UNION ALL
    SELECT lot_id, receiver_id, to_place_id, {_sign("custody_receiver")} * quantity, 0
    FROM ledger_event WHERE ecopole_id = %s AND lot_id IS NOT NULL
    UNION ALL
    SELECT lot_id, holder_id, place_id, 0, quantity FROM ledger_custody WHERE ecopole_id = %s
) sides GROUP BY lot_id, agent_id, place_id HAVING SUM(told) <> SUM(kept) ORDER BY 1, 2, 3
"""

_RIGHTS = f"""
SELECT lot_id, agent_id, SUM(told), SUM(kept) FROM (
    SELECT lot_id, provider_id AS agent_id, {_sign("rights_provider")} * quantity AS told, 0 AS kept
    FROM ledger_event WHERE ecopole_id = %s AND lot_id IS NOT NULL
    UNION ALL
    SELECT lot_id, receiver_id, {_sign("rights_receiver")} * quantity, 0
    FROM ledger_event WHERE ecopole_id = %s AND lot_id IS NOT NULL
    UNION ALL
    SELECT lot_id, owner_id, 0, quantity FROM ledger_rights WHERE ecopole_id = %s
) sides GROUP BY lot_id, agent_id HAVING SUM(told) <> SUM(kept) ORDER BY 1, 2
"""


def _rows(sql: str, ecopole: Ecopole) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [ecopole.pk] * 3)
        rows: list[tuple[int, ...]] = cursor.fetchall()
    return rows


def _custody_differences(ecopole: Ecopole) -> Iterator[str]:
    for lot_id, agent_id, place_id, told, kept in _rows(_CUSTODY, ecopole):
        lot, agent = Lot.objects.get(pk=lot_id), Agent.objects.get(pk=agent_id)
        place = Place.objects.get(pk=place_id)
        yield (
            f"Garde du lot {lot.code} par {agent.name}, {place.name} : {_amount(lot, kept)} en compte, "
            f"{_amount(lot, told)} d’après les mouvements."
        )


def _rights_differences(ecopole: Ecopole) -> Iterator[str]:
    for lot_id, agent_id, told, kept in _rows(_RIGHTS, ecopole):
        lot, agent = Lot.objects.get(pk=lot_id), Agent.objects.get(pk=agent_id)
        yield (
            f"Droits de {agent.name} sur le lot {lot.code} : {_amount(lot, kept)} en compte, "
            f"{_amount(lot, told)} d’après les mouvements."
        )


def _amount(lot: Lot, milli: int) -> Quantity:
    return Quantity.from_milli(int(milli), Unit(lot.product.unit))


def _broken_rules(ecopole: Ecopole) -> Iterator[str]:
    """What `record` refuses, looked for again in what is written."""
    for row in Custody.objects.filter(ecopole=ecopole, quantity__lt=0).select_related("lot"):
        yield f"Garde négative du lot {row.lot.code}."
    for row in Custody.objects.filter(ecopole=ecopole).exclude(product=F("lot__product")):
        yield f"Garde du lot {row.lot.code} : son produit n’est pas celui du lot."
    events = Event.objects.filter(ecopole=ecopole)
    for event in events.exclude(lot=None).exclude(product=F("lot__product"), ecopole=F("lot__ecopole")):
        yield f"{event} : son lot est d’un autre produit ou d’un autre écopôle."
    for event in events.exclude(fulfils=None).exclude(product=F("fulfils__product")):
        yield f"{event} : l’engagement qu’il remplit porte sur un autre produit."
    same = {
        name: F(f"reverses__{name}") for name in ("action", "provider", "receiver", "product", "quantity")
    }
    for event in events.exclude(reverses=None).exclude(**same):
        yield f"{event} : il diffère du mouvement qu’il annule."


def _broken_lineage(ecopole: Ecopole) -> Iterator[str]:
    """A lot made from a younger one would send tracing round in circles."""
    into = Event.objects.filter(
        STANDING,
        process=OuterRef("process"),
        action=Action.CONSUME,
        lot__born_at__gt=OuterRef("lot__born_at"),
    )
    made = Event.objects.filter(STANDING, Exists(into), ecopole=ecopole, action=Action.PRODUCE)
    for event in made.exclude(process=None).select_related("lot"):
        yield f"{event} : le lot vient d’un lot plus jeune que lui."
