"""Baskets paid ahead: what the garden offers, the packs bought, what became of each of their baskets."""

from django.db import models
from django.db.models import F, Q, Value

from terreau.rooms.baskets.models.evenings import Handover
from terreau.rooms.baskets.models.members import Member
from terreau.rooms.baskets.models.sizes import BasketSize
from terreau.territory.fields import MoneyField
from terreau.territory.hand import KEY_LENGTH, Written


class Ending(models.TextChoices):
    """What becomes of the baskets that a member has not taken."""

    REPAID = "repaid", "rendus au bout de cette durée"
    CARRIED = "carried", "gardés sans limite de temps"


class PackOffer(models.Model):
    """So many baskets of a size for a price, VAT included, from a day on. Without a price: offered no more.

    A later row of the same size and number takes its place; packs bought before keep what was said.
    """

    size = models.ForeignKey(BasketSize, models.PROTECT, related_name="+", verbose_name="taille")
    starts_on = models.DateField("à partir du")
    number = models.PositiveSmallIntegerField("paniers")
    price = MoneyField("prix du tout", null=True, blank=True)
    months = models.PositiveSmallIntegerField("durée (mois)")
    ending = models.CharField("paniers qui restent", max_length=7, choices=Ending.choices)
    # The garden and the member are told when so few are left.
    remind = models.PositiveSmallIntegerField("rappel quand il en reste")
    source = models.CharField("décidé par", max_length=200)
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["size", "key"], name="pack_offer_key_once"),
            models.CheckConstraint(condition=Q(number__gte=2, number__lte=60), name="pack_offer_of_baskets"),
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__gt=Value(0)), name="pack_offer_price_positive"
            ),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=24), name="pack_offer_lasts"),
            models.CheckConstraint(condition=Q(ending__in=Ending.values), name="pack_offer_ending_known"),
            models.CheckConstraint(
                condition=Q(remind__gte=1, remind__lt=F("number")), name="pack_offer_reminds_before_the_end"
            ),
        ]
        verbose_name = "offre de paniers d’avance"

    def __str__(self) -> str:
        return f"{self.number} × {self.size}"


class Pack(Written):
    """What a member paid ahead, as it was offered that day; until `ends_on`, or without an end."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="packs", verbose_name="membre")
    offer = models.ForeignKey(PackOffer, models.PROTECT, related_name="+", verbose_name="offre")
    bought_on = models.DateField("acheté le")
    ends_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        ordering = ["bought_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="pack_key_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("bought_on")), name="pack_ends_after_bought"
            ),
        ]
        verbose_name = "paniers d’avance"

    def __str__(self) -> str:
        return f"{self.member} · {self.offer}"


class PackBasket(models.Model):
    """One basket of a pack, and its part of the price: they sum to it, to the cent. Invoiced by itself."""

    pack = models.ForeignKey(Pack, models.PROTECT, related_name="baskets", verbose_name="paniers d’avance")
    rank = models.PositiveSmallIntegerField("rang")
    amount = MoneyField("part du prix")

    class Meta:
        ordering = ["pack", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["pack", "rank"], name="pack_basket_once"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="pack_basket_rank_from_one"),
            models.CheckConstraint(condition=Q(amount__gte=Value(0)), name="pack_basket_not_negative"),
        ]
        verbose_name = "panier d’avance"

    def __str__(self) -> str:
        return f"{self.pack} · {self.rank}"


class MoveKind(models.TextChoices):
    DRAWN = "drawn", "remis"
    RESTORED = "restored", "revenu"
    RETURNED = "returned", "rendu au membre"


# An even number, its last bit set, is no longer itself.
ODD = Q(turn=F("turn").bitor(1))


class PackMove(models.Model):
    """What became of a basket of a pack, turn after turn: drawn or given back, then restored, then drawn…

    A basket whose last turn is odd is used: whoever writes at the same time writes the same turn, and the
    database keeps one. So no pack gives more baskets than it has.
    """

    basket = models.ForeignKey(
        PackBasket, models.PROTECT, related_name="moves", verbose_name="panier d’avance", db_index=False
    )
    turn = models.PositiveSmallIntegerField("tour")
    kind = models.CharField("ce qu’il devient", max_length=8, choices=MoveKind.choices)
    handover = models.ForeignKey(
        Handover, models.PROTECT, related_name="draws", null=True, blank=True, verbose_name="remise"
    )
    recorded_at = models.DateTimeField("écrit le")

    class Meta:
        ordering = ["basket", "turn"]
        constraints = [
            models.UniqueConstraint(fields=["basket", "turn"], name="pack_basket_used_once"),
            models.CheckConstraint(condition=Q(turn__gte=1), name="pack_move_turn_from_one"),
            models.CheckConstraint(
                condition=Q(kind__in=[MoveKind.DRAWN, MoveKind.RETURNED]) & ODD
                | Q(kind=MoveKind.RESTORED) & ~ODD,
                name="pack_move_uses_then_restores",
            ),
            models.CheckConstraint(
                condition=Q(kind=MoveKind.RETURNED, handover=None)
                | Q(kind__in=[MoveKind.DRAWN, MoveKind.RESTORED], handover__isnull=False),
                name="pack_move_drawn_by_a_handover",
            ),
        ]
        verbose_name = "suite d’un panier d’avance"

    def __str__(self) -> str:
        return f"{self.basket} · {MoveKind(self.kind).label}"
