"""What is decided of land and hands: plots and their status, blocks of beds, crews counted in hours."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError

from terreau.measures.french import format_decimal
from terreau.rooms.garden.models import Bed, Block, Crew, Plot, PlotStatus
from terreau.territory.models import Agent, Commune, Ecopole, Place, PlaceKind
from terreau.territory.refusals import Refused

BEDS_MAX = 200


class LandRefused(Refused):
    """Nothing was written; the message says what to type instead, `field` where."""


@contextmanager
def _once(message: str, field: str) -> Iterator[None]:
    """What the database holds once is refused in words, even where two hands write it at the same moment."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise LandRefused(message, field) from None


@transaction.atomic
def keep_plot(
    *,
    ecopole: Ecopole,
    agent: Agent,
    name: str,
    commune: Commune | None,
    reference: str,
    area_m2: Decimal | None,
    plot: Plot | None = None,
) -> Plot:
    """A new plot of this holder, or what changes of one; two plots of one holder have two names."""
    row = plot or Plot(ecopole=ecopole, agent=agent)
    row.name, row.commune, row.reference, row.area_m2 = name, commune, reference, area_m2
    with _once(f"«\u202f{name}\u202f» existe déjà\u202f: choisissez un autre nom.", "name"):
        row.save()
    return row


@transaction.atomic
def say_status(*, plot: Plot, status: str, since: date, proof: str) -> PlotStatus:
    """From a day on, a plot has this status; said twice the same, it is one line."""
    row, new = PlotStatus.objects.get_or_create(
        plot=plot, since=since, defaults={"status": status, "proof": proof}
    )
    if not new and (row.status, row.proof) != (status, proof):
        raise LandRefused(
            f"Un statut commence déjà ce jour-là\u202f: {row.get_status_display()}. "
            "Retirez-le d’abord, ou choisissez un autre jour.",
            "since",
        )
    return row


def withdraw_status(*, plot: Plot, status_id: int) -> None:
    """A status written by mistake; those of the other days stay."""
    PlotStatus.objects.filter(plot=plot, pk=status_id).delete()


@transaction.atomic
def keep_block(*, plot: Plot, name: str, shelter: str, block: Block | None = None) -> Block:
    """A new block of this plot, or what changes of one."""
    row = block or Block(plot=plot)
    row.name, row.shelter = name, shelter
    with _once(f"Le bloc «\u202f{name}\u202f» existe déjà dans {plot}. Choisissez un autre nom.", "name"):
        row.save()
    return row


@transaction.atomic
def add_block(
    *, plot: Plot, name: str, shelter: str, count: int, length_m: Decimal, width_m: Decimal
) -> Block:
    """A block and its beds at once."""
    block = keep_block(plot=plot, name=name, shelter=shelter)
    add_beds(block=block, count=count, length_m=length_m, width_m=width_m)
    return block


@transaction.atomic
def add_beds(
    *, block: Block, count: int, length_m: Decimal, width_m: Decimal, after: int | None = None
) -> list[Bed]:
    """Beds after the last one, « Planche A7 » in block A; a free place of that name becomes one.

    `after`: the last one its author saw. Asked twice, the same beds are added once; others came: refused.
    """
    last = _last_number(block)
    if after is not None and last != after:
        size = {"length_m": length_m, "width_m": width_m}
        same = list(Bed.objects.filter(block=block, number__gt=after, **size))
        if len(same) == count == last - after:
            return same
        raise LandRefused(
            f"Le bloc {block} a changé entre-temps\u202f: regardez ses planches, puis envoyez de nouveau."
        )
    first = last + 1
    wanted = {number: f"Planche {block.name}{number}" for number in range(first, first + count)}
    known = {
        place.name: place
        for place in Place.objects.filter(
            ecopole=block.plot.ecopole_id, agent=block.plot.agent_id, name__in=wanted.values()
        )
    }
    taken = set(Bed.objects.filter(place__in=known.values()).values_list("place__name", flat=True))
    taken |= {name for name, place in known.items() if place.kind != PlaceKind.BED}
    if taken:
        raise LandRefused(
            f"{', '.join(sorted(taken))}\u202f: déjà pris ailleurs. Choisissez un autre nom de bloc.", "name"
        )
    places = [
        known.get(name) or Place.objects.create(
            ecopole_id=block.plot.ecopole_id, agent_id=block.plot.agent_id, kind=PlaceKind.BED, name=name,
            commune_id=block.plot.commune_id,
        )
        for name in wanted.values()
    ]  # fmt: skip
    return _make_beds(block, places, length_m, width_m)


@transaction.atomic
def adopt_beds(*, block: Block, places: Sequence[Place], length_m: Decimal, width_m: Decimal) -> list[Bed]:
    """Beds the territory already knows take their rank and their size in a block."""
    if Bed.objects.filter(place__in=places).exists():
        raise LandRefused("Une de ces planches est déjà dans un bloc. Rechargez la page.", "places")
    return _make_beds(block, places, length_m, width_m)


def _last_number(block: Block) -> int:
    """The rank of the last bed; two hands adding beds to one block take turns here."""
    Block.objects.select_for_update(no_key=True).get(pk=block.pk)
    return Bed.objects.filter(block=block).aggregate(last=Max("number"))["last"] or 0


def _make_beds(block: Block, places: Iterable[Place], length_m: Decimal, width_m: Decimal) -> list[Bed]:
    first = _last_number(block) + 1
    return Bed.objects.bulk_create(
        Bed(place=place, block=block, number=number, length_m=length_m, width_m=width_m)
        for number, place in enumerate(places, first)
    )


@transaction.atomic
def resize_bed(*, bed: Bed, length_m: Decimal, width_m: Decimal, longest: Decimal) -> None:
    """Another size; never shorter than the `longest` of what stands on it."""
    if length_m < longest:
        raise LandRefused(
            f"Une culture y occupe {format_decimal(longest)}\u00a0m. Raccourcissez-la d’abord.", "length_m"
        )
    bed.length_m, bed.width_m = length_m, width_m
    bed.save(update_fields=["length_m", "width_m"])


def close_bed(*, bed: Bed, on: date | None) -> None:
    """Nothing is planted any more from that day; its history stays. No day opens it again."""
    bed.closed_on = on
    bed.save(update_fields=["closed_on"])


def remove_bed(*, bed: Bed) -> None:
    """A bed added by mistake; one with a history is closed, never removed."""
    try:
        with transaction.atomic():
            place = bed.place
            bed.delete()
            place.delete()
    except ProtectedError:
        raise LandRefused(
            f"{bed.place} a une histoire\u202f: elle ne s’efface pas. Fermez-la plutôt."
        ) from None


@transaction.atomic
def keep_crew(
    *,
    ecopole: Ecopole,
    agent: Agent,
    kind: str,
    hours: Decimal,
    productivity: Decimal,
    establishes: bool,
    keeps: bool,
    harvests: bool,
    starts_on: date,
    ends_on: date | None,
    crew: Crew | None = None,
) -> Crew:
    """So many hours a week between two days, or what changes of them."""
    row = crew or Crew(ecopole=ecopole, agent=agent)
    row.kind, row.hours, row.productivity = kind, hours, productivity
    row.establishes, row.keeps, row.harvests = establishes, keeps, harvests
    row.starts_on, row.ends_on = starts_on, ends_on
    row.save()
    return row


def remove_crew(*, crew: Crew) -> None:
    """A crew written by mistake; one that ends has its last day instead."""
    crew.delete()
