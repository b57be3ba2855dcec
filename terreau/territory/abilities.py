"""Who may do what: the one table of roles and abilities.

A role is held by a person, in an écopôle, for one of its organisations. An ability is what a view asks for.
Abilities ending in `_own` reach only what concerns the organisations for which the person holds the role.
"""

from enum import StrEnum


class Role(StrEnum):
    """The hats people wear; one person may wear several, for several organisations."""

    COORDINATOR = "coordinator"
    DIRECTOR = "director"
    GROWER = "grower"
    PLATFORM = "platform"
    BASKETS = "baskets"
    FARMER = "farmer"
    BUYER = "buyer"
    COUNSELLOR = "counsellor"
    SUPERVISOR = "supervisor"
    PARTICIPANT = "participant"
    COOK = "cook"
    HOST = "host"
    TUTOR = "tutor"
    TESTER = "tester"
    MEMBER = "member"
    ACCOUNTANT = "accountant"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.COORDINATOR: "Coordination",
    Role.DIRECTOR: "Direction",
    Role.GROWER: "Maraîchage",
    Role.PLATFORM: "Plateforme",
    Role.BASKETS: "Paniers",
    Role.FARMER: "Ferme partenaire",
    Role.BUYER: "Cuisine ou magasin",
    Role.COUNSELLOR: "Accompagnement",
    Role.SUPERVISOR: "Encadrement technique",
    Role.PARTICIPANT: "Salarié·e en parcours",
    Role.COOK: "Transformation",
    Role.HOST: "Tiers-lieu",
    Role.TUTOR: "Couveuse",
    Role.TESTER: "En test d’activité",
    Role.MEMBER: "Membre",
    Role.ACCOUNTANT: "Comptabilité",
}

C, D, G, P, B, F, A, K, S, E, R, H, U, T, M, X = Role

ABILITIES: dict[str, frozenset[Role]] = {
    # every role has its own "today"
    "see_today": frozenset(Role),
    # the week
    "see_week": frozenset({C, D, G, P, B}),
    "plan_week": frozenset({C}),
    # the season
    "see_season": frozenset({C, D, G}),
    "plan_season": frozenset({C}),
    "answer_season_own": frozenset({F}),
    # the rounds
    "see_rounds": frozenset({C, D, P}),
    "plan_rounds": frozenset({C, P}),
    # the garden
    "see_garden": frozenset({C, D, G}),
    "run_garden": frozenset({C, G}),
    # the platform
    "see_platform": frozenset({C, D, P}),
    "run_platform": frozenset({C, P}),
    "offer_own": frozenset({C, F}),
    "order_own": frozenset({C, A}),
    "answer_late_orders": frozenset({C}),
    "certify_own": frozenset({C, P, F}),
    # what farms bring, leave, and are owed
    "see_goods_own": frozenset({C, D, P, F}),
    "take_back_own": frozenset({C, P, F}),
    "agree_commission": frozenset({C, D}),
    # the shares of pooled rounds
    "see_sharing": frozenset({C, D, P}),
    "run_sharing": frozenset({C, D}),
    "see_sharing_own": frozenset({F}),
    "declare_former_own": frozenset({C, P, F}),
    # the baskets
    "see_baskets": frozenset({C, D, B}),
    "run_baskets": frozenset({C, B}),
    "see_basket_own": frozenset({M}),
    # what is paid ahead: a sale refused would tell who pays otherwise, so only who reads of both
    "sell_packs": frozenset({B}),
    # who is in a solidarity scheme: whoever enrols households, and who answers to payers; nobody else
    "keep_solidarity": frozenset({D, B}),
    # insertion: who is reached and what is read is narrowed again, in rooms/insertion/access.py
    "see_insertion": frozenset({D, K, S}),
    "accompany": frozenset({D, K}),
    "see_own_pathway": frozenset({E}),
    # the worksites
    "see_worksites": frozenset({C, D, G, S}),
    "run_worksites": frozenset({C, G, S}),
    # the incubator: a test's figures are narrowed again, in rooms/incubator/access.py
    "see_incubator": frozenset({C, D, U}),
    "run_incubator": frozenset({U}),
    "see_own_test": frozenset({U, T}),
    "keep_own_test": frozenset({U, T}),
    # the third place; the credits of a member are seen by that member alone
    "see_place": frozenset({C, D, H}),
    "run_place": frozenset({C, H}),
    "see_credits_own": frozenset({M}),
    # the kitchen
    "see_kitchen": frozenset({C, D, R}),
    "run_kitchen": frozenset({C, R}),
    "see_processed_own": frozenset({C, D, F, R}),
    # invoices; customers, farms and members read their own
    "see_billing": frozenset({C, D, X}),
    "run_billing": frozenset({D, X}),
    "see_invoices_own": frozenset({A, F, M}),
    # funding: public schemes, projects and their files
    "see_funding": frozenset({C, D}),
    "run_funding": frozenset({D}),
    # the answer
    "see_impact": frozenset({C, D}),
    "run_impact": frozenset({C, D}),
    # the ledger
    "see_lots": frozenset({C, D, G, P, B, R}),
    "recall_lot": frozenset({C, D, P, R}),
    "reverse_own": frozenset({C, G, P, B, R, U, T}),
    # the territory
    "see_territory": frozenset(Role) - {E, M},
    "manage_people": frozenset({C, D}),
}


def abilities_of(roles: frozenset[Role]) -> frozenset[str]:
    """All that the wearer of these hats may do."""
    return frozenset(name for name, allowed in ABILITIES.items() if allowed & roles)
