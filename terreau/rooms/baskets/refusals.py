"""Why a gesture on a subscription is refused."""


class BasketsRefused(Exception):
    """Nothing was written; the message says what to do instead, and `field` where."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field
