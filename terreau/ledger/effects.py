"""What each action does to the two balances: rights (whose is it) and custody (who holds it)."""

from typing import NamedTuple

from django.db import models


class Action(models.TextChoices):
    PRODUCE = "produce", "production"
    CONSUME = "consume", "utilisation"
    WORK = "work", "travail"
    TRANSFER = "transfer", "cession"
    TRANSFER_CUSTODY = "transfer_custody", "dépôt"
    TRANSFER_RIGHTS = "transfer_rights", "changement de propriétaire"
    MOVE = "move", "déplacement"
    RAISE = "raise", "stock trouvé"
    LOWER = "lower", "perte"


class Effect(NamedTuple):
    """The sign given to the quantity in four places; a reversing event has the opposite signs."""

    rights_provider: int
    rights_receiver: int
    custody_provider: int
    custody_receiver: int


# After ValueFlows 1.0 (CC BY-SA 4.0): custody leaves `from_place` and arrives at `to_place`.
EFFECTS: dict[str, Effect] = {
    Action.PRODUCE: Effect(0, +1, 0, +1),
    Action.CONSUME: Effect(-1, 0, -1, 0),
    Action.WORK: Effect(0, 0, 0, 0),
    Action.TRANSFER: Effect(-1, +1, -1, +1),
    Action.TRANSFER_CUSTODY: Effect(0, 0, -1, +1),
    Action.TRANSFER_RIGHTS: Effect(-1, +1, 0, 0),
    Action.MOVE: Effect(0, 0, -1, +1),
    Action.RAISE: Effect(0, +1, 0, +1),
    Action.LOWER: Effect(-1, 0, -1, 0),
}

LEAVES_A_PLACE = [action for action, effect in EFFECTS.items() if effect.custody_provider]
REACHES_A_PLACE = [action for action, effect in EFFECTS.items() if effect.custody_receiver]
