"""What every room answers when it cannot write what was asked."""


class Refused(Exception):
    """Nothing was written; the message says what to do instead, and `field` on which answer of a form."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field
