"""Photographs before and after: without place nor device, of a bounded size; erased when withdrawn."""

from datetime import date, datetime

from django.db import transaction

from terreau.formats.photo import bare
from terreau.rooms.worksites.models import Order, Picture
from terreau.territory.models import User


@transaction.atomic
def add_picture(
    *, order: Order, side: str, photo: bytes, caption: str, taken_on: date, by: User | None, at: datetime,
    key: str,
) -> Picture:  # fmt: skip
    """The site as it was, or as it became. Raises `PhotoRefused` in words."""
    kept = bare(photo)
    order.ecopole.take_turns()
    picture, _ = Picture.objects.get_or_create(
        order=order,
        key=key,
        defaults={
            "side": side, "photo": kept, "caption": caption, "taken_on": taken_on, "recorded_by": by,
            "recorded_at": at,
        },
    )  # fmt: skip
    return picture


def withdraw_picture(*, picture: Picture, at: datetime) -> None:
    """The picture is erased for good: somebody may be seen on it. That there was one stays."""
    Picture.objects.filter(pk=picture.pk, withdrawn_at=None).update(photo=None, withdrawn_at=at)
