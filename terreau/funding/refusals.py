"""Why a gesture of funding is refused."""


class FundingRefused(Exception):
    """Nothing was written; the message says what to do instead, and `field` where."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field
