"""A file is whole or it is not: everything that is wrong with it is said at once."""


class _Refused(Exception):
    def __init__(self, problems: list[str]):
        super().__init__(" ".join(problems))
        self.problems = problems


class NotWritten(_Refused):
    """It would be refused where it is going: everything that is wrong, and where. Nothing is written."""


class NotRead(_Refused):
    """It is refused whole: every line that cannot be read, and why."""
