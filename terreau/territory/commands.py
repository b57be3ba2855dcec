"""What commands about one écopôle share: which one."""

from django.core.management.base import CommandError

from terreau.territory.models import Ecopole


def the_ecopole(slug: str | None) -> Ecopole:
    """The one named by `--ecopole`, or the only one there is."""
    rows = Ecopole.objects.filter(slug=slug) if slug else Ecopole.objects.all()
    if rows.count() != 1:
        known = ", ".join(Ecopole.objects.values_list("slug", flat=True)) or "aucun, lancez terreau open"
        raise CommandError(f"Précisez --ecopole. Écopôles connus : {known}.")
    return rows.get()
