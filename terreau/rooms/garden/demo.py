"""The garden's part of the demo: its land and hands, its plantings, what is done and weighed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db.models import prefetch_related_objects

from terreau.ledger.actions import Entry, cancel, open_processes, promise, record
from terreau.ledger.answers import Answer, close_short
from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment, ProcessKind
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.actions import HarvestLine, harvest
from terreau.rooms.garden.actions.tasks import LESS_TIME
from terreau.rooms.garden.crops import load_crops
from terreau.rooms.garden.demo_season import Land, Sowing, sowings
from terreau.rooms.garden.models import (
    Bed,
    Block,
    Crew,
    CrewKind,
    Crop,
    CropChoice,
    FieldInput,
    FieldNote,
    InputKind,
    InputStatus,
    NoteKind,
    Plot,
    PlotStatus,
    Shelter,
    Status,
)
from terreau.rooms.garden.queries import (
    CropLine,
    NewPlanting,
    beds,
    catalogue,
    planting_process,
    planting_promises,
    trades,
)
from terreau.rooms.garden.queries.plantings import ESTABLISH, UPKEEP
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind, Product

# What the garden grows and the units a full week gives: 11 ha, for 300 baskets and part of the canteens.
WEEKLY = {
    "carotte": 260, "poireau": 190, "pomme-de-terre": 380, "oignon": 120, "betterave": 110,
    "potimarron": 160, "butternut": 110, "chou-cabus": 130, "chou-milan": 120, "chou-kale": 50,
    "chou-fleur": 110, "brocoli": 70, "celeri-rave": 110, "navet": 80, "panais": 60, "radis-noir": 30,
    "epinard": 60, "blette": 80, "laitue": 320, "mache": 22, "mesclun": 20, "chicoree": 130, "endive": 60,
    "fenouil": 60, "courgette": 220, "tomate": 300, "tomate-ancienne": 120, "concombre": 200,
    "aubergine": 70, "poivron": 70, "haricot-vert": 60, "petit-pois": 40, "feve": 50, "radis": 220,
    "carotte-botte": 200, "navet-botte": 120, "oignon-botte": 140, "chou-pointu": 120, "chou-rave": 60,
    "pomme-de-terre-primeur": 160, "persil": 120, "basilic": 80, "coriandre": 60, "fraise": 45,
    "rhubarbe": 60, "topinambour": 50, "rutabaga": 50,
}  # fmt: skip
# Tractor-worked beds in the field, and wide multi-span tunnels: metres long, all 1,5 m wide.
LENGTH_M = {Shelter.FIELD: 300, Shelter.TUNNEL: 150}
WIDTH_M = Decimal("1.5")
TUNNELS = "IJK"
IN_CONVERSION = "GH"
YEARS_BEFORE = 2
FARMS_WITH_BEDS, FARM_BLOCKS, FARM_BEDS = 6, "ABCD", 8
# Of what the catalogue says, what a crop gives in a year, and what the weather makes of a week.
NATURE, WEATHER = (0.75, 1.2), (0.85, 1.12)
# One pass of upkeep in so many finds a planting lost, or in need of a treatment.
LOST_SHARE, TREATED_SHARE = 0.004, 0.03
HUNGRY = frozenset(["Cucurbitaceae", "Solanaceae", "Brassicaceae"])
COMPOST_KG_M2 = Decimal("2.5")
SUPPLIERS = ("Semences du Marais", "Graines de la Digue", "Pépinière du Courlis")
SOWN = frozenset(
    ["Apiaceae", "Fabaceae", "Caprifoliaceae", "Amaranthaceae", "radis", "navet", "mesclun", "rutabaga"]
)
TREATMENTS = {
    "Brassicaceae": ("Bacillus thuringiensis (piéride)", "0.5"),
    "Solanaceae": ("Bouillie bordelaise (mildiou)", "1.2"),
    "Cucurbitaceae": ("Soufre mouillable (oïdium)", "0.8"),
    "Fabaceae": ("Savon noir (pucerons)", "1"),
}
SEEN = (
    "levée régulière", "pucerons sous les feuilles du bas", "quelques feuilles jaunes",
    "limaces après la pluie", "terre sèche en surface, arroser", "liserons à reprendre",
)  # fmt: skip
LOST = ("levée manquée", "mangée par les limaces", "grêle", "pourriture du collet")


def settle_in(world: World, first: IsoWeek, last_year: int) -> None:
    """Land, hands, catalogue, and every planting from two years before the first week to the last season."""
    load_crops()
    _own_crops(world, first)
    _garden_land(world, first)
    _farms_land(world)
    _crews(world, first)
    season = list(_season(world))
    land = Land(beds(world.ecopole, world.garden), first.year - YEARS_BEFORE)
    for year in range(first.year - YEARS_BEFORE, last_year + 1):
        _plant(world, first, list(land.lay(year, season)))


def _own_crops(world: World, first: IsoWeek) -> None:
    """Two things the catalogue does not say: the garden's butternuts, and early potatoes under a cover."""
    squash = Crop.objects.get(ecopole=None, code="courge")
    squash.pk, squash.ecopole, squash.code, squash.name = None, world.ecopole, "butternut", "Butternut"
    squash.product = world.products["butternut"]
    squash.sources = dict.fromkeys(squash.sources, "comme le potimarron, relevé au jardin")
    squash.save(force_insert=True)
    CropChoice.objects.create(
        ecopole=world.ecopole,
        crop=Crop.objects.get(ecopole=None, code="pomme-de-terre-primeur"),
        field_cycles="9-13>20-29",
        field_harvest_weeks=8,
        reason="plein champ sous voile, relevé au jardin depuis 2019",
        changed_at=moment(first.monday, 8),
    )


def _garden_land(world: World, first: IsoWeek) -> None:
    """Two plots: the old one, organic since 2014, and one that ends its conversion during the history."""
    old = _plot(world.ecopole, world.garden, "Les Alouettes", 84_000, [(Status.ORGANIC, date(2014, 3, 1))])
    engaged = (first - 50).monday
    certified = engaged.replace(year=engaged.year + 2, day=min(engaged.day, 28))
    new = _plot(
        world.ecopole,
        world.garden,
        "Le Courtil",
        26_000,
        [(Status.CONVERSION, engaged), (Status.ORGANIC, certified)],
    )
    blocks: dict[str, Block] = {}
    rows = []
    for place in world.beds:
        letter, number = place.name.removeprefix("Planche ")[0], int(place.name.removeprefix("Planche ")[1:])
        shelter = Shelter.TUNNEL if letter in TUNNELS else Shelter.FIELD
        if letter not in blocks:
            plot = new if letter in IN_CONVERSION else old
            blocks[letter] = Block.objects.create(plot=plot, name=letter, shelter=shelter)
        length = Decimal(LENGTH_M[shelter])
        rows.append(Bed(place=place, block=blocks[letter], number=number, length_m=length, width_m=WIDTH_M))
    Bed.objects.bulk_create(rows)


def _plot(ecopole: Ecopole, agent: Agent, name: str, area: int, statuses: Sequence[tuple[str, date]]) -> Plot:
    plot = Plot.objects.create(
        ecopole=ecopole, agent=agent, name=name, commune=agent.commune, area_m2=Decimal(area)
    )
    for status, since in statuses:
        proof = f"certificat FR-BIO-00 du {since:%d/%m/%Y}"
        PlotStatus.objects.create(plot=plot, status=status, since=since, proof=proof)
    return plot


def _farms_land(world: World) -> None:
    """Six partner farms lend beds of 50 m to what is planned together."""
    places, sized = [], []
    for farm in world.farms[:FARMS_WITH_BEDS]:
        plot = _plot(world.ecopole, farm, "Les planches", 4_500, [(Status.ORGANIC, date(2016, 9, 1))])
        for letter in FARM_BLOCKS:
            block = Block.objects.create(plot=plot, name=letter, shelter=Shelter.FIELD)
            for number in range(1, FARM_BEDS + 1):
                place = Place(
                    ecopole=world.ecopole, agent=farm, kind=PlaceKind.BED, commune=farm.commune,
                    name=f"Planche {letter}{number}",
                )  # fmt: skip
                places.append(place)
                sized.append((block, number))
    Bed.objects.bulk_create(
        Bed(place=place, block=block, number=number, length_m=Decimal(50), width_m=Decimal("1.2"))
        for place, (block, number) in zip(Place.objects.bulk_create(places), sized, strict=True)
    )


def _crews(world: World, first: IsoWeek) -> None:
    """The garden's hands all year, more from April to October; two people on each partner farm."""
    start = date(first.year - YEARS_BEFORE, 1, 1)
    crews: list[tuple[Agent, CrewKind, int, str, date, date | None]] = [
        (world.garden, CrewKind.PERMANENT, 420, "1", start, None),
        (world.garden, CrewKind.INSERTION, 1560, "0.5", start, None),
        *(
            (world.garden, CrewKind.SEASONAL, 105, "0.8", date(year, 4, 1), date(year, 10, 31))
            for year in range(first.year, first.year + 4)
        ),
        *((farm, CrewKind.PERMANENT, 70, "1", start, None) for farm in world.farms[:FARMS_WITH_BEDS]),
    ]
    Crew.objects.bulk_create(
        Crew(
            ecopole=world.ecopole, agent=agent, kind=kind, hours=Decimal(hours),
            productivity=Decimal(productivity), starts_on=starts_on, ends_on=ends_on,
        )
        for agent, kind, hours, productivity, starts_on, ends_on in crews
    )  # fmt: skip


def _season(world: World) -> Iterator[Sowing]:
    """Each crop in successions that give a bell over its window; the same every year."""
    by_product: dict[str, CropLine] = {}
    for crop in catalogue(world.ecopole).values():
        by_product.setdefault(crop.product_code, crop)
    for code, full in WEEKLY.items():
        product = world.products[code]
        kilos = {week: full * bell(product, week) * float(product.unit_kg) for week in range(1, 53)}
        yield from sowings(by_product[code], {week: kg for week, kg in kilos.items() if kg})


def bell(product: Product, week: int) -> float:
    """How much of a full week comes out this week: less at both ends of the season."""
    season = product.harvest_weeks
    if week not in season:
        return 0.0
    if len(season) >= 50:
        return 0.7
    ends = sum(1 for step in (-2, -1, 1, 2) if (week + step - 1) % 52 + 1 not in season)
    return 1 - 0.2 * ends


def _plant(world: World, first: IsoWeek, season: Sequence[NewPlanting]) -> None:
    """Write a season: what stood before the house kept books is known as set up, and no more."""
    ecopole, hours = world.ecopole, trades()
    processes = open_processes(
        ecopole=ecopole,
        processes=[
            planting_process(new, key=f"demo:planting:{new.week.year}:{n}") for n, new in enumerate(season)
        ],
    )
    promises = promise(
        ecopole=ecopole,
        promises=[
            promised
            for new, process in zip(season, processes, strict=True)
            for promised in planting_promises(new, process, hours)
            if promised.due_on >= first.monday or promised.product_id == hours[ESTABLISH].pk
        ],
    )
    _ripen(world, season)
    before = [row for row in promises if row.due_on < first.monday]
    record(
        ecopole=ecopole,
        entries=[_work(row, row.quantity, row.due_on) for row in before],
        recorded_by=None,
        recorded_at=moment(first.monday, 8),
    )


def _ripen(world: World, season: Iterable[NewPlanting]) -> None:
    """What each bed will really give, week after week: some crops do better here than their catalogue says,
    some worse, and no two weeks are alike."""
    for new in season:
        good = Random(f"{new.crop.code}:{new.week.year}").uniform(*NATURE)
        units = float(new.kg_week[1]) / float(new.crop.unit_kg)
        for week in IsoWeek.range(*new.harvest):
            about = new.crop.product_id, new.bed.place_id, week.monday
            world.ripe[about] = world.ripe.get(about, 0.0) + units * good * world.dice.uniform(*WEATHER)


def _work(row: Commitment, hours: Decimal, day: date) -> Entry:
    return Entry(
        action=Action.WORK,
        provider_id=row.provider_id,
        receiver_id=row.receiver_id,
        product_id=row.product_id,
        quantity=hours,
        unit=Unit.HOUR,
        occurred_at=moment(day, 17),
        process_id=row.process_id,
        fulfils_id=row.pk,
        key=f"{row.key}:done",
    )


def live_week(world: World, week: IsoWeek) -> None:
    """The week's gestures, a little off what was foreseen; what was sown, brought, seen and lost."""
    due = list(
        Commitment.objects.filter(
            ecopole=world.ecopole,
            action=Action.WORK,
            process__kind=ProcessKind.PLANTING,
            due_on__range=(week.monday, week.sunday),
        )
        .exclude(pk__in=Cancellation.objects.filter(ecopole=world.ecopole).values("commitment"))
        .select_related("product", "process", "to_place")
    )
    friday = week.days[4]
    answers = [
        Answer(
            row, max(Decimal("0.001"), round(row.quantity * Decimal(world.dice.randint(85, 120)) / 100, 3))
        )
        for row in due
    ]
    events = record(
        ecopole=world.ecopole,
        entries=[
            _work(answer.commitment, answer.quantity, week.days[world.dice.randrange(5)])
            for answer in answers
        ],
        recorded_by=None,
        recorded_at=moment(friday, 18),
    )
    close_short(
        ecopole=world.ecopole,
        answers=answers,
        events=events,
        reason=LESS_TIME,
        by=None,
        at=moment(friday, 18),
        key=f"demo:{week}:work",
    )
    FieldInput.objects.bulk_create(_inputs(world, week, due))
    growing = [row for row in due if row.product.code == UPKEEP]
    _see(world, week, growing)
    for row in growing:
        if world.dice.random() < LOST_SHARE:
            _lose(world, row, friday)


def _inputs(world: World, week: IsoWeek, due: Iterable[Commitment]) -> Iterator[FieldInput]:
    """Seed or plants for each sowing, compost where hungry crops go, a treatment when it is needed."""
    treated: set[str] = set()
    for row in due:
        assert row.process is not None
        detail = row.process.detail
        if row.product.code == ESTABLISH:
            yield _seed(world, week, row)
            if detail["family"] in HUNGRY and row.to_place is not None:
                kilos = COMPOST_KG_M2 * Decimal(detail["length_m"]) * WIDTH_M
                yield _brought(
                    world, week, row, kind=InputKind.FERTILISER, name="Compost végétal", unit="kg",
                    quantity=kilos, supplier="Compostière de la Levée", lot=f"C{week.year % 100}",
                    status=InputStatus.ALLOWED,
                )  # fmt: skip
        elif _needs_a_treatment(world, row) and detail["family"] not in treated:
            treated.add(detail["family"])
            name, litres = TREATMENTS[detail["family"]]
            yield _brought(
                    world, week, row, kind=InputKind.TREATMENT, name=name, unit="l", quantity=Decimal(litres),
                    supplier="Coopérative des Wateringues", lot=f"T{week.year % 100}{week.week:02}",
                    status=InputStatus.ALLOWED,
                )  # fmt: skip


def _needs_a_treatment(world: World, row: Commitment) -> bool:
    assert row.process is not None
    family = row.process.detail["family"]
    return family in TREATMENTS and row.product.code == UPKEEP and world.dice.random() < TREATED_SHARE


def _seed(world: World, week: IsoWeek, row: Commitment) -> FieldInput:
    """One lot in forty does not exist as organic: the derogation is asked, and its number kept."""
    assert row.process is not None
    detail = row.process.detail
    lot = f"{detail['crop'][:3].upper()}{week.year % 100}{week.week:02}"
    derogation = Random(lot).random() < 1 / 40
    sown = detail["family"] in SOWN or detail["crop"].split("-")[0] in SOWN
    square_metres = Decimal(detail["length_m"]) * WIDTH_M
    return _brought(
        world, week, row, kind=InputKind.SEED if sown else InputKind.PLANT, name=detail["name"],
        unit="g" if sown else "plants",
        quantity=Decimal(max(1, round(square_metres * (Decimal("1.5") if sown else 6)))),
        supplier=SUPPLIERS[len(detail["crop"]) % len(SUPPLIERS)],
        lot=lot,
        status=InputStatus.DEROGATION if derogation else InputStatus.ORGANIC,
        proof=f"dérogation n° {week.year}-{lot}" if derogation else "certificat du fournisseur",
    )  # fmt: skip


def _brought(
    world: World,
    week: IsoWeek,
    row: Commitment,
    *,
    kind: InputKind,
    name: str,
    unit: str,
    quantity: Decimal,
    supplier: str,
    lot: str,
    status: InputStatus,
    proof: str = "facture",
) -> FieldInput:
    return FieldInput(
        ecopole=world.ecopole, agent=world.garden, place=row.to_place, planting_id=row.process_id,
        kind=kind, name=name, unit=unit, quantity=quantity, supplier=supplier, lot=lot, status=status,
        proof=proof, applied_on=week.monday, recorded_at=moment(week.days[4], 18), key=f"{row.key}:{kind}",
    )  # fmt: skip


def _see(world: World, week: IsoWeek, growing: Sequence[Commitment]) -> None:
    """Two looks a week that are worth a note."""
    at = moment(week.days[2], 11)
    FieldNote.objects.bulk_create(
        FieldNote(
            ecopole=world.ecopole, place=row.to_place, planting_id=row.process_id,
            kind=NoteKind.OBSERVATION, text=world.dice.choice(SEEN), occurred_at=at, recorded_at=at,
            key=f"{row.key}:seen",
        )
        for row in world.dice.sample(growing, min(2, len(growing)))
    )  # fmt: skip


def _lose(world: World, row: Commitment, day: date) -> None:
    """A planting is lost, and what it still promised is given up."""
    assert row.to_place is not None
    at = moment(day, 18)
    FieldNote.objects.create(
        ecopole=world.ecopole, place=row.to_place, planting_id=row.process_id, kind=NoteKind.FAILED,
        text=world.dice.choice(LOST), occurred_at=at, recorded_at=at, key=f"{row.key}:lost",
    )  # fmt: skip
    left = Commitment.objects.filter(process=row.process_id, due_on__gt=day)
    cancel(commitments=list(left), reason="culture perdue", by=None, at=at, key=f"{row.key}:lost")


def live(world: World, due: list[Commitment], day: date) -> None:
    """Harvest what is due, as far as the bed gives it: the scales say what that is."""
    if not due:
        return
    prefetch_related_objects(due, "to_place")
    monday = day - timedelta(days=day.weekday())
    lines = []
    for commitment in due:
        if commitment.to_place is None:
            continue
        about = commitment.product_id, commitment.to_place.pk, monday
        asked = float(commitment.quantity)
        given = Decimal(str(round(min(asked, world.ripe.get(about, asked)), 3)))
        step = Decimal("0.1") if commitment.product.unit == "kg" else Decimal(1)
        quantity = given // step * step
        if quantity > 0:
            world.ripe[about] = world.ripe.get(about, asked) - float(quantity)
            lines.append(
                HarvestLine(commitment.product, commitment.to_place, quantity, commitment=commitment)
            )
    at = moment(day, 9, 30)
    harvest(
        ecopole=world.ecopole,
        garden=world.garden,
        lines=lines,
        on=at,
        by=None,
        at=at,
        key=f"demo:{day}:harvest",
    )
