"""One public function: `solve`, from a problem to a plan, proven and explained."""

from .search import solve

__all__ = ["solve"]
