"""Why a gesture of the kitchen is refused."""


class KitchenRefused(Exception):
    """Nothing was written; the message says what to do instead, and `field` where."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field
