"""One hand at a time."""

from terreau.territory.models import Ecopole


def alone(ecopole: Ecopole) -> None:
    """Two people changing the same thing take turns; what carries a form's key asks `first_time` instead."""
    Ecopole.objects.select_for_update(no_key=True).get(pk=ecopole.pk)
