"""The demo territory: real communes around Audruicq, invented organisations and people.

Every room's `demo.py` receives this world and makes it live, through the same actions as users.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import connection

from terreau.measures.french import FrenchEntryError, parse_siret
from terreau.territory.abilities import ROLE_LABELS, Role
from terreau.territory.communes import load_communes
from terreau.territory.models import (
    Agent,
    AgentKind,
    Commune,
    Ecopole,
    Membership,
    Place,
    PlaceKind,
    Product,
    User,
)
from terreau.territory.products import load_products

SLUG = "audruicq"
PASSWORD = "terreau-demo"
# Beds of each block of the garden: A to H in the field, I to K under tunnels; 120 in all.
BLOCKS = dict.fromkeys("ABCDEFGH", 12) | dict.fromkeys("IJK", 8)

# name, commune: all invented, in the manner of the marsh and of its birds.
FARMS = (
    ("Ferme du Héron cendré", "Guemps"),
    ("Ferme des Trois Wateringues", "Offekerque"),
    ("Gaec du Marais bleu", "Nouvelle-Église"),
    ("Ferme de la Bécassine", "Oye-Plage"),
    ("Les Serres du Vlierhof", "Saint-Folquin"),
    ("Ferme du Long Fossé", "Sainte-Marie-Kerque"),
    ("Vergers de la Hem", "Recques-sur-Hem"),
    ("Ferme de l’Aubépine", "Zutkerque"),
    ("Ferme des Saules têtards", "Ruminghem"),
    ("Le Champ du Vanneau", "Polincove"),
    ("Ferme de la Grande Digue", "Saint-Omer-Capelle"),
    ("Chèvrerie du Petit Bois", "Muncq-Nieurlet"),
    ("Poulailler des Quatre Vents", "Nortkerque"),
    ("Fournil du Moulin rouge-gorge", "Audruicq"),
    ("Ferme de la Sarcelle", "Vieille-Église"),
)
CANTEENS = (
    ("Cantine de l’école des Roseaux", "Oye-Plage"),
    ("Cantine de l’école du Grand Saule", "Audruicq"),
    ("Cantine de l’école des Martins-pêcheurs", "Guemps"),
    ("Cantine de l’école de la Digue", "Saint-Folquin"),
    ("Cantine de l’école du Vieux Moulin", "Zutkerque"),
    ("Cantine de l’école des Nénuphars", "Nortkerque"),
    ("Cantine de l’école des Libellules", "Vieille-Église"),
    ("Cantine de l’école du Clair Matin", "Ruminghem"),
    ("Cantine du collège des Wateringues", "Audruicq"),
    ("Cantine du collège de l’Estran", "Oye-Plage"),
    ("Cuisine de la résidence des Tilleuls", "Audruicq"),
    ("Cuisine de la crèche des Grenouilles", "Sainte-Marie-Kerque"),
)
SHOPS = (
    ("Épicerie du Bout du Pont", "Audruicq"),
    ("Magasin de la Sarcelle", "Oye-Plage"),
    ("Halle du Canal", "Sainte-Marie-Kerque"),
    ("La Musette vrac", "Guînes"),
)
GROCERIES = (("Épicerie solidaire du Pays", "Audruicq"), ("Le Panier partagé", "Oye-Plage"))
OTHERS = (
    (AgentKind.KITCHEN, "Conserverie des Alouettes", "Vieille-Église"),
    (AgentKind.ASSOCIATION, "Tiers-lieu La Bourrine", "Vieille-Église"),
    (AgentKind.ASSOCIATION, "Couveuse La Levée", "Vieille-Église"),
    (AgentKind.AUTHORITY, "CC de la Région d’Audruicq", "Audruicq"),
)
DEPOT_NAMES = (
    "mairie", "école", "bibliothèque", "salle des fêtes", "gare", "boulangerie", "pharmacie", "médiathèque",
    "foyer rural", "maison de santé", "café du canal", "fleuriste", "stade",
)  # fmt: skip


@dataclass
class World:
    """What the rooms' demos share: the actors, the places, the products and the dice."""

    ecopole: Ecopole
    dice: Random
    garden: Agent
    platform: Agent
    kitchen: Agent
    third_place: Agent
    incubator: Agent
    farms: list[Agent]
    canteens: list[Agent]
    shops: list[Agent]
    groceries: list[Agent]
    depots: list[Place]
    beds: list[Place]
    products: dict[str, Product]
    users: dict[Role, User] = field(default_factory=dict)
    # What the garden's plantings have left to give: by product, bed and Monday of the week, in its unit.
    ripe: dict[tuple[int, int, date], float] = field(default_factory=dict)


def build(seed: int) -> World:
    """Communes, organisations, places, products and one sign-in per role."""
    load_communes()
    load_products()
    dice = Random(seed)
    communes = {c.name: c for c in Commune.objects.all()}
    ecopole = Ecopole.objects.create(slug=SLUG, name="Écopôle d’Audruicq", commune=communes["Vieille-Église"])
    actors = _Actors(ecopole, communes, dice)
    garden = actors.one(AgentKind.GARDEN, "Jardin des Alouettes", "Vieille-Église")
    platform = actors.one(AgentKind.PLATFORM, "Plateforme des Wateringues", "Vieille-Église")
    others = {name: actors.one(kind, name, commune) for kind, name, commune in OTHERS}
    world = World(
        ecopole=ecopole,
        dice=dice,
        garden=garden,
        platform=platform,
        kitchen=others["Conserverie des Alouettes"],
        third_place=others["Tiers-lieu La Bourrine"],
        incubator=others["Couveuse La Levée"],
        farms=[actors.one(AgentKind.FARM, *farm) for farm in FARMS],
        canteens=[actors.one(AgentKind.CANTEEN, *canteen) for canteen in CANTEENS],
        shops=[actors.one(AgentKind.SHOP, *shop) for shop in SHOPS],
        groceries=[actors.one(AgentKind.GROCERY, *grocery) for grocery in GROCERIES],
        depots=[],
        beds=actors.beds(garden),
        products={p.code: p for p in Product.objects.all()},
    )
    actors.stores(platform)
    actors.doors(world.farms, PlaceKind.DOOR, "Cour")
    actors.doors([*world.canteens, *world.shops, *world.groceries], PlaceKind.DOOR, "Réception")
    world.depots = actors.depots(25)
    actors.doors([world.kitchen, world.third_place, world.incubator], PlaceKind.DOOR, "Entrée")
    world.users = _users(world)
    return world


def invented_siret(number: int) -> str:
    """Of nobody: no establishment's number begins with so many zeros."""
    for last in range(10):
        with suppress(FrenchEntryError):
            return parse_siret(f"{number:013}{last}")
    raise AssertionError("one last digit out of ten checks the others")


class _Actors:
    """Puts organisations and places on the map, near the town hall of their commune."""

    def __init__(self, ecopole: Ecopole, communes: dict[str, Commune], dice: Random):
        self.ecopole, self.communes, self.dice = ecopole, communes, dice
        self.contacts = iter(range(1, 1000))

    def one(self, kind: str, name: str, commune: str) -> Agent:
        number = next(self.contacts)
        return Agent.objects.create(
            ecopole=self.ecopole,
            kind=kind,
            name=name,
            commune=self.communes[commune],
            # 01 99 00 xx xx: kept by the regulator for fiction.
            phone=f"01 99 00 {number // 100:02} {number % 100:02}",
            email=f"contact{number}@exemple.invalid",
            siret=invented_siret(number) if kind == AgentKind.CANTEEN else "",
        )

    def near(self, commune: Commune) -> dict[str, float]:
        return {
            "latitude": round((commune.latitude or 0) + self.dice.uniform(-0.012, 0.012), 5),
            "longitude": round((commune.longitude or 0) + self.dice.uniform(-0.018, 0.018), 5),
        }

    def doors(self, agents: Sequence[Agent], kind: str, name: str) -> None:
        for agent in agents:
            commune = agent.commune or self.ecopole.commune
            Place.objects.create(
                ecopole=self.ecopole,
                agent=agent,
                kind=kind,
                name=name,
                commune=commune,
                **self.near(commune),
            )

    def stores(self, platform: Agent) -> None:
        where = self.near(platform.commune or self.ecopole.commune)
        for kind, name, capacity in (
            (PlaceKind.COLD, "Chambre froide", 9000),
            (PlaceKind.AMBIENT, "Réserve sèche", 6000),
            (PlaceKind.DOCK, "Quai", None),
        ):
            Place.objects.create(
                ecopole=self.ecopole, agent=platform, kind=kind, name=name, commune=platform.commune,
                capacity_kg=capacity, **where,
            )  # fmt: skip

    def beds(self, garden: Agent) -> list[Place]:
        return Place.objects.bulk_create(
            Place(
                ecopole=self.ecopole,
                agent=garden,
                kind=PlaceKind.BED,
                name=f"Planche {block}{number}",
                commune=garden.commune,
            )
            for block, count in BLOCKS.items()
            for number in range(1, count + 1)
        )

    def depots(self, count: int) -> list[Place]:
        homes = [c for c in self.communes.values() if c.epci_code == self.ecopole.commune.epci_code]
        homes += [self.communes[name] for name in ("Guînes", "Ardres", "Calais", "Marck")]
        made = []
        for number in range(count):
            commune = homes[number % len(homes)]
            label = DEPOT_NAMES[number * 5 % len(DEPOT_NAMES)]
            agent = self.one(AgentKind.DEPOT, f"Dépôt {commune.name} · {label}", commune.name)
            made.append(
                Place.objects.create(
                    ecopole=self.ecopole,
                    agent=agent,
                    kind=PlaceKind.DEPOT,
                    name=agent.name.removeprefix("Dépôt "),
                    commune=commune,
                    **self.near(commune),
                )
            )
        return made


def _users(world: World) -> dict[Role, User]:
    """One sign-in per role, named after what they do: nobody is real here."""
    wearers = {
        Role.COORDINATOR: ("Camille", "coordination", world.platform),
        Role.DIRECTOR: ("Dominique", "direction", world.garden),
        Role.GROWER: ("Sacha", "jardin", world.garden),
        Role.PLATFORM: ("Lou", "plateforme", world.platform),
        Role.BASKETS: ("Noa", "paniers", world.platform),
        Role.FARMER: ("Alix", "ferme", world.farms[0]),
        Role.BUYER: ("Charlie", "cantine", world.canteens[0]),
        Role.COUNSELLOR: ("Maxence", "accompagnement", world.garden),
        Role.SUPERVISOR: ("Morgan", "encadrement", world.garden),
        Role.COOK: ("Robin", "cuisine", world.kitchen),
        Role.HOST: ("Andrea", "tierslieu", world.third_place),
        Role.TUTOR: ("Claude", "couveuse", world.incubator),
        Role.MEMBER: ("Eden", "membre", world.third_place),
        Role.ACCOUNTANT: ("Lilou", "comptabilite", world.platform),
    }
    users = {}
    password = make_password(PASSWORD)  # slow on purpose, and the same for all
    for role, (name, address, agent) in wearers.items():
        users[role] = User.objects.create(email=f"{address}@exemple.invalid", password=password, name=name)
        Membership.objects.create(user=users[role], ecopole=world.ecopole, agent=agent, role=role)
    # Their role is for an actor that their room makes: a pseudonym, a project.
    for role, address, name in (
        (Role.PARTICIPANT, "parcours", "Yasmine"),
        (Role.TESTER, "test", "Ariel"),
    ):
        users[role] = User.objects.create(email=f"{address}@exemple.invalid", password=password, name=name)
    return users


def sign_ins() -> list[tuple[str, str]]:
    """What the sign-in page of the demo shows: the role and its address."""
    rows = Membership.objects.filter(ecopole__slug=SLUG, user__email__endswith="@exemple.invalid")
    return [(ROLE_LABELS[Role(m.role)], m.user.email) for m in rows.select_related("user").order_by("id")]


def count_rows() -> None:
    """A database plans by the sizes it has counted, and nobody counts for it within a transaction.

    Only our tables: PostgreSQL would hold those all its databases share until the end, and others would wait.
    """
    ours = sorted(connection.introspection.django_table_names(only_existing=True))
    with connection.cursor() as cursor:
        for table in ours:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
