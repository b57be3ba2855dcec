"""What a test gives and receives beside its crops, as products of the ledger."""

from terreau.rooms.incubator.models import EquipmentKind

HOURS = "test-heures"
ADVICE, TRAINING = "couveuse-accompagnement", "couveuse-formation"
FEE = "couveuse-redevance"
COMMITMENT = "couveuse-engagement"
CLOSING = "couveuse-solde"
WATER, MACHINE = "couveuse-eau", "couveuse-machine"

METERED = {EquipmentKind.WATER: WATER, EquipmentKind.MACHINE: MACHINE}
# What is counted and priced: a cubic metre is a thousand of the product's litres.
COUNTED_IN = {EquipmentKind.WATER: ("m³", 1000), EquipmentKind.MACHINE: ("h", 1)}
