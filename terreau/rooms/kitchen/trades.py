"""What the kitchen works and is paid for, as products of the ledger."""

WORK, SERVICE = "transformation-travail", "transformation-facon"
