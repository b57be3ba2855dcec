"""One public function: `solve`, from a problem to the best rounds found in the time given."""

from .search import solve

__all__ = ["solve"]
