"""One public function: `solve`, from a problem to a plan, proven goal after goal."""

from .search import solve

__all__ = ["solve"]
