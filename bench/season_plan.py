"""A season planned: one garden of 120 beds, six farms, thirty, and the naive bed-by-bed model beside them.

Usage: python bench/season_plan.py [garden] [territory] [thirty] [naive]

Crops: windows, yields and most prices from INRAE Pépinière-Mesclun (DOI 10.57745/IQVM2I, Etalab 2.0),
calibrated on north-west France; spacing, labour and portions are expert estimates.
"""

import random
import sys
import time
from dataclasses import replace
from decimal import Decimal

from terreau.engines.season import (
    Barred,
    Baskets,
    BasketWeek,
    Block,
    Commitment,
    Crop,
    Farm,
    Hands,
    Labour,
    Option,
    Plan,
    Problem,
    Tolerances,
    Yield,
    solve,
    verify,
)
from terreau.engines.season.solve.model import build

WEEKS = tuple(f"2027-W{n:02}" for n in range(1, 53))
# id | name | family | field cycles | tunnel cycles (planted > harvested, weeks) | kilos a m²: low | likely |
# high | plants a m² | years before the family returns | weeks in cold store | hours to establish | to keep
# (100 m²) | to pick (100 kg) | price of a kilo | portion
CROPS = """
ail|Ail|Alliaceae|3-7>31-35;40-42>27-31;44-48>29-33|3-7>29-33;44-48>27-31|0.2|0.8|2.1|31.2|5|28|6|4|9|10|0.15
aubergine|Aubergine|Solanaceae||11-14>22-42;16-18>27-42;18-20>29-44|1|3.7|7.4|2.5|4|1|5|10|2.5|4|0.5
basilic|Basilic|Lamiaceae||16-18>22-31;20-22>27-33;24-27>31-40;29-31>35-44|0.4|0.8|1.5|25.0|2|1|5|3|20|20|0.06
betterave_conservation|Betterave|Amaranthaceae|20-24>35-52||2|3.05|5.4|46.9|3|8|2.5|4|2.5|3|0.4
betterave_botte|Betterave|Amaranthaceae|11-14>22-27;14-16>27-35|5-7>18-22;42-44>14-18|1.2|2.0|3.5|50.0|3|2|4|3|5|4|0.6
blette|Blette|Amaranthaceae|11-14>20-29|35-37>44-18|1.4|1.9|10|8.3|3|1.5|4|4|5|2.9|0.6
brocoli|Brocoli|Brassicaceae|11-20>22-33;20-31>33-46;20-31>33-48|5-7>16-20;9-11>20-24|0.3|0.625|1.2|5.6|4|2|4|3.5|6|3.9|0.5
carotte_conservation|Carotte|Apiaceae|20-27>35-52||2|2.775|7.5|166.7|6|20|2|6|2.5|2.7|0.8
carotte_botte|Carotte|Apiaceae|14-16>29-33;18-20>33-37|9-11>24-29;42-46>14-18;50-3>18-24|1.5|2.5|4.0|250.0|6|4|2|7|9|4|0.6
celeri_branche|Celeri branche|Apiaceae|20-24>31-48|5-7>18-27;40-42>5-16|1|2.613|8|12.5|5|3|5|3|3.5|2.9|0.5
celeri_rave|Celeri-rave|Apiaceae|16-24>33-48;18-24>33-48||1|2.313|5|7.1|5|20|4.5|4|3|3|0.7
chicoree|Chicoree frisee|Asteraceae|11-14>20-24;33-35>42-52|5-7>14-20;37-40>46-5;42-44>5-14|1.5|2.5|3.5|12.5|2|2.5|4|2|4|3.2|0.4
chou_cabus|Chou cabus|Brassicaceae|14-16>27-35;18-20>31-40;22-24>35-5;22-24>35-9;22-24>35-14;27-29>44-14||2.0|3.2|5.0|5.6|4|14|4|3|1.8|2.3|0.9
chou_pointu|Chou pointu|Brassicaceae||5-7>18-22;40-42>14-18|1.2|2.0|3.0|10.7|4|4|4|2.5|2.5|2.8|0.7
chou_milan|Chou de Milan|Brassicaceae|27-29>44-18||1.4|2.3|3.5|5.0|4|6|4|3|2.2|2.4|0.9
chou_chinois|Chou chinois|Brassicaceae|14-16>20-24;14-16>22-27;31-33>35-40;31-33>37-42;33-35>40-46;33-35>42-48|5-7>14-18;5-7>16-20;9-11>16-20;9-11>18-22;35-37>44-52;35-37>46-5|1.2|2.45|4.4|12.5|4|4|4|2|3|3|0.6
chou_bruxelles|Chou de Bruxelles|Brassicaceae|20-22>40-52;24-27>44-5;27-29>48-9;27-29>48-11||0.6|0.95|1.6|2.8|4|4|4|4|16|5.2|0.4
chou_kale|Chou kale|Brassicaceae|20-22>35-52;24-27>40-9;29-31>44-14||0.6|0.85|0.9|5.6|4|1.5|4|3|10|4|0.3
chou_rave|Chou-rave|Brassicaceae|9-11>20-24;14-16>22-27;18-20>27-31;22-24>31-35;27-29>35-40;31-33>40-44|1-3>14-18;5-7>16-20;35-37>44-48|1.2|2.9|6.7|25.0|4|4|4.5|2|3|3|0.6
chou_fleur|Chou-fleur|Brassicaceae|11-14>24-29;16-18>29-33;20-22>31-35;24-27>35-40;27-31>9-22;27-31>40-22;27-31>40-52||0.8|1.3|2.2|4.5|4|3|4|3.5|3.5|3|0.9
romanesco|Chou romanesco|Brassicaceae|20-22>35-40;24-27>40-44;29-31>44-48||0.6|1.1|1.8|4.5|4|3|4|3.5|3.5|3.5|0.8
concombre|Concombre|Cucurbitaceae|20-22>27-31;24-27>31-35|14-16>20-31;18-20>24-35;22-24>29-40;27-29>33-44|3.0|6.5|12.0|2.5|4|1.5|5|8|2.5|3.0|0.5
coriandre|Coriandre|Apiaceae|9-11>16-22;18-20>22-27;22-24>27-31;27-29>31-35;31-33>35-42|5-7>11-16;37-40>44-14;42-44>48-9|0.5|1.0|1.8|62.5|4|1.5|4|2.5|15|18|0.06
courge|Courge|Cucurbitaceae|14-18>31-40;18-22>31-40;18-27>35-44;20-22>31-44||1.8|2.65|4.7|1.8|4|16|3|2|1.0|2.7|1.0
courgette|Courgette|Cucurbitaceae|18-20>22-31;20-22>24-33;22-24>29-37;27-29>33-42|11-14>18-27;33-35>37-46|0.45|4|9|2.1|4|1|3.5|4|2.2|3.5|0.8
echalote|Echalote|Alliaceae|5-11>22-31||0.4|1.2|3.1|25.0|5|26|5|4|6|6|0.4
endive|Endive|Asteraceae|16-20>40-44;20-22>44-48;20-24>44-50||0.3|0.875|1.5|37.5|4|4|3|5|14|5.9|0.6
epinard|Epinard|Amaranthaceae|11-14>20-24;16-18>22-27;33-35>40-50|1-3>11-20;5-7>14-22;35-37>42-5;35-37>42-9;40-42>48-14;40-42>50-14|0.3|1.4|5|33.3|3|1.5|4|3|9|5.7|0.4
fenouil|Fenouil|Apiaceae|14-16>24-29;18-20>29-33;22-24>33-37;27-29>37-42;31-33>42-46|5-7>16-20;9-11>20-24;37-40>7-14|0.4|2.225|2.5|25.0|4|3|4.5|2.5|3.5|3.6|0.5
feve|Feve|Fabaceae|5-7>24-29;42-46>20-24|5-7>20-24;44-46>16-20|1|1.75|3|16.7|3|1.5|3|2|6|4.2|0.7
fraise|Fraise|Rosaceae|9-14>22-44;27-31>14-31;31-35>14-31|27-31>14-31;31-35>14-31;48-52>14-31|0.6|1.175|2|8.3|4|0.7|8|10|14|12.6|0.25
haricot_demi_sec|Haricot demi-sec|Fabaceae|18-20>31-35;18-20>33-37;20-22>33-37;20-22>35-40;22-24>35-40;22-24>37-42;24-27>37-42;24-27>40-44;27-29>40-44||0.5|1|1.5|31.2|3|40|2|3|8|6.9|0.4
haricot_vert|Haricot vert|Fabaceae|16-18>27-31;18-20>29-33;20-22>31-35;22-24>33-37;24-27>35-40;27-29>37-42;29-31>40-44|11-14>22-29;18-20>27-33;22-24>31-37;27-29>35-44|0.5|1.2|3|31.2|3|1|2.5|3|14|6.9|0.4
laitue|Laitue|Asteraceae|9-9>18-19;11-11>19-20;13-13>21-22;15-15>22-23;17-17>23-24;19-19>25-26;21-21>27-28;23-23>29-30;25-25>30-31;27-27>32-33;29-29>34-35;31-31>36-37;33-33>38-39;36-36>42-43|1-1>12-13;3-3>13-14;5-5>15-16;7-7>16-17;9-9>18-19;39-39>46-47;41-41>48-50;44-44>7-8;46-46>8-9;48-48>9-10;50-50>10-11;52-52>11-12|1.5|2.4|3.6|12.5|2|1.5|3.5|1.5|3|3.8|0.3
mache|Mache|Caprifoliaceae|33-35>37-42;35-37>40-44|1-3>11-16;3-5>14-18;37-40>42-44;40-42>44-46;42-44>46-50;44-46>50-3;46-48>3-7;48-50>5-9;50-52>9-14|0.5|1|2|93.8|2|1.5|5|2|14|11.7|0.15
mais_doux|Mais doux|Poaceae|16-18>31-35;18-20>33-37;20-22>35-40;22-24>37-42||1.1|1.5|2.1|10.0|2|0.7|2|2.5|2|2.9|0.5
melon|Melon|Cucurbitaceae|20-22>33-40;22-24>35-40;24-27>37-42|14-16>27-33;16-18>29-35;18-20>31-37;20-22>33-40;22-24>35-40;24-27>37-42|1.0|2.0|3.5|1.8|4|1.5|4|5|2.5|3.5|0.9
mesclun|Mesclun|Asteraceae|14-14>20-21;16-16>22-23;18-18>24-24;20-20>25-26;22-22>27-28;24-24>29-29;26-26>31-31;28-28>32-33;30-30>34-35;32-32>37-37;34-34>39-40;36-36>42-43|9-9>16-17;11-11>18-19;13-13>19-20;37-37>43-44;40-40>45-47|0.4|1|1.3|375.0|2|1|2.5|3|14|13|0.15
mesclun_asiatique|Moutardes|Brassicaceae|14-15>20-26;17-17>23-23;19-19>24-25;21-21>26-26;23-23>28-28;25-25>29-30;27-27>31-31;29-29>33-37;31-31>35-39;33-33>37-42;35-35>40-46|10-11>17-23;12-13>18-23;37-37>42-14;40-40>45-17|0.4|1|1.3|375.0|4|1|2.5|3|14|13|0.15
navet_botte|Navet|Brassicaceae|9-11>18-22;14-16>22-27|1-3>9-14;5-7>14-18;9-11>18-22|1.0|1.8|3.0|78.1|4|2|4|2.5|6|4|0.6
navet_conservation|Navet|Brassicaceae|31-35>40-52||1|2.225|5.3|50.0|4|16|2|3|2.5|2.8|0.6
oignon_conservation|Oignon|Alliaceae|9-14>31-35;14-18>33-40||1.1|2.5|5|41.7|5|26|5|5|2.5|3|0.5
oignon_botte|Oignon blanc|Alliaceae|9-11>22-29|5-7>20-24;5-7>20-27;37-40>14-18;42-44>16-20|1.5|2.5|4.0|50.0|5|1.5|5|3|6|4|0.5
cebette|Cebette|Alliaceae||37-40>7-11;42-44>11-16|1.0|1.8|2.8|78.1|5|1.5|5|2.5|9|7|0.2
panais|Panais|Apiaceae|20-24>40-52||1.5|2.9|7.4|46.9|5|20|2|6|3|3.8|0.7
patate_douce|Patate douce|Convolvulaceae|20-22>40-44;22-24>42-46|20-22>37-44|2|3|4|3.6|3|20|4|2.5|3|4.1|0.7
persil|Persil|Apiaceae|9-11>16-24;18-20>22-29;22-24>27-33;27-29>31-37;31-33>35-44|5-7>11-16;37-40>44-14;42-44>48-9|0.8|1.5|2.5|25.0|4|5|4|3|12|15|0.07
petit_pois|Petit pois|Fabaceae|9-11>20-24;9-11>22-27|5-7>16-20;5-7>18-22;42-44>14-18;42-44>16-20|0.5|0.6|0.8|62.5|5|1.5|3.5|3|16|8|0.4
poireau|Poireau|Alliaceae|11-14>27-33;16-18>31-40;22-24>37-48;27-29>46-16|5-7>20-27|1.3|1.9|3.1|25.0|6|8|5|4|5|3.2|0.6
poivron|Poivron|Solanaceae||14-16>24-40;18-20>26-42|1.5|3.35|6|3.1|4|2.5|5|6|2.5|4.5|0.4
pdt_conservation|Pomme de terre|Solanaceae|11-14>24-35;16-18>35-44||1.8|2|5|4.2|5|24|2|1.5|1.2|2|1.0
pdt_primeur|Pomme de terre primeur|Solanaceae||5-7>18-27;48-50>14-18|2|2|4|4.5|5|3|3|2|3|4.2|0.8
pourpier_hiver|Pourpier|Portulacaceae|14-15>20-26;16-16>22-26;18-18>23-24;20-20>25-25;22-22>27-27;24-24>28-29;26-26>30-31;28-28>32-32;30-30>34-38;32-32>36-41;34-34>39-45;36-36>41-42|10-11>17-23;12-13>18-23;37-37>42-14;40-40>45-17|0.5|0.75|2|250.0|2|1|2.5|2.5|14|8|0.15
radis|Radis rose|Brassicaceae|10-10>16-16;12-12>18-18;14-14>19-19;16-16>21-21;18-18>23-23;20-20>24-24;22-22>26-26;24-24>28-28;26-26>30-30;28-28>32-32;30-30>34-34;32-32>36-36;34-34>38-38;36-36>40-40;38-38>43-43|2-2>11-12;4-4>12-13;6-6>13-14;8-8>14-14;10-10>16-16;39-39>44-45;41-41>47-48;48-48>8-9;50-50>9-10;52-52>10-11|0.8|1.2|2.0|300.0|4|1.5|2|1.5|11|6|0.25
radis_noir|Radis noir|Brassicaceae|27-29>37-46;31-33>42-9||1.2|2.4|5.3|50.0|4|12|2|3|3|5|0.3
rhubarbe|Rhubarbe|Polygonaceae|9-18>18-40||1.5|2|3|1.4|8|1.5|4|3|2.5|5|0.6
roquette|Roquette|Brassicaceae|14-14>20-21;16-16>22-23;18-18>24-24;20-20>25-26;22-22>27-28;24-24>29-29;26-26>31-31;28-28>32-33;30-30>34-35;32-32>37-37;34-34>39-40;36-36>42-43|9-9>16-17;11-11>18-19;13-13>19-20;37-37>43-44;40-40>45-47|0.8|1.2|2.5|250.0|4|1|2.5|2.5|14|13|0.12
rutabaga|Rutabaga|Brassicaceae|24-27>42-52||1.1|2.9|5.3|25.0|4|14|2|3|2.5|3|0.6
tomate|Tomate|Solanaceae||11-14>24-37;14-16>27-40;18-20>29-42;22-24>35-44|5|8.15|15|2.8|4|1.5|5|16|2.0|3.5|1.0
tomate_ancienne|Tomate ancienne|Solanaceae||11-14>24-37;14-16>27-40;18-20>29-42;22-24>35-44|3.4|5.088|12|2.5|4|1|5|16|2.5|4.5|0.8
tomate_cerise|Tomate cerise|Solanaceae||11-14>24-37;14-16>27-40;18-20>29-42;22-24>35-44|2.7|6.125|12|2.8|4|1.5|5|16|8|7.8|0.3
topinambour|Topinambour|Asteraceae|7-18>42-14||1|2.5|4|3.6|4|10|2.5|1.5|4|4.8|0.6
"""  # noqa: E501


def crops() -> list[dict[str, str]]:
    names = "id name family field tunnel low likely high plants years store establish keep pick price portion"
    return [dict(zip(names.split(), line.split("|"), strict=True)) for line in CROPS.strip().splitlines()]


def _cycles(told: str, weeks_apart: int) -> list[tuple[int, int, int]]:
    """Planting week, weeks to the first harvest, weeks of harvest: one planting every other week."""
    found: dict[int, tuple[int, int]] = {}
    for cycle in filter(None, told.split(";")):
        planted, picked = ([int(n) for n in part.split("-")] for part in cycle.split(">"))
        window, harvest = (1 + (b - a) % 52 for a, b in (planted, picked))
        for n in range(0, window, weeks_apart):
            week = (planted[0] + n - 1) % 52 + 1
            late = min(n, harvest - 1)
            first = (picked[0] + late - week) % 52
            found.setdefault(week, (first, max(1, harvest - window + 1)))
    return [(week, first, length) for week, (first, length) in sorted(found.items())]


def _option(row: dict[str, str], shelter: str, cycle: tuple[int, int, int]) -> Option:
    week, first, length = cycle
    kilos = [Decimal(row[k]) * 100 / length for k in ("low", "likely", "high")]
    low, likely, high = (k.quantize(Decimal("0.01")) for k in kilos)
    weeks = min(52, first + length)
    keep = (Decimal(row["keep"]) / max(1, weeks - 1)).quantize(Decimal("0.001"))
    return Option(
        f"{row['id']}-{shelter}-{week:02}",
        row["id"],
        shelter,
        WEEKS[week - 1],
        weeks,
        tuple(Yield(n, low, likely, high) for n in range(first, min(52, first + length))),
        (Labour("culture", Decimal(row["establish"]), keep),),
        Decimal(row["plants"]) * 100,
        cost_cents=3000,
    )


def _crop(row: dict[str, str]) -> Crop:
    price, weeks = int(Decimal(row["price"]) * 100), Decimal(row["store"])
    return Crop(
        row["id"],
        row["name"],
        row["family"],
        Decimal(row["portion"]),
        price,
        store_loss=(Decimal("0.5") / weeks).quantize(Decimal("0.001")) if weeks >= 2 else None,
        harvest_hours_100kg=Decimal(row["pick"]),
        harvest_skill="récolte",
        kitchen_cents=price // 3,
        wholesale_cents=price // 4,
        wholesale_kg_max=Decimal(60),
    )


def instance(
    seed: int,
    *,
    partners: int = 0,
    garden: tuple[int, int] = (6, 2),
    beds: tuple[int, int] = (15, 15),
    baskets: int = 260,
    canteens: int = 0,
    weeks_apart: int = 2,
) -> Problem:
    """A typical year. `garden`: its blocks in the field and under tunnels, of so many `beds` each."""
    dice = random.Random(seed)
    rows = crops()
    options = tuple(
        _option(row, shelter, cycle)
        for row in rows
        for shelter in ("field", "tunnel")
        for cycle in _cycles(row[shelter], weeks_apart)
    )
    farms = [_farm("jardin", "Jardin", "garden", sum(n * b for n, b in zip(garden, beds, strict=True)))]
    blocks = _blocks(dice, rows, "jardin", garden, beds)
    for n in range(partners):
        shape = ((3, 0), (2, 1), (3, 1))[n % 3]
        size = (40 // sum(shape), 40 // sum(shape))
        farms.append(_farm(f"f{n:02}", f"Ferme {n + 1}", "partner", sum(shape) * size[0]))
        blocks += _blocks(dice, rows, f"f{n:02}", shape, size)
    count = baskets
    return Problem(
        WEEKS,
        True,
        tuple(farms),
        tuple(blocks),
        tuple(map(_crop, rows)),
        options,
        Baskets(tuple(BasketWeek(week, count, Decimal("3.5"), 1500) for week in WEEKS)),
        _canteens(dice, rows, canteens),
        cold_kg=(Decimal(20 * baskets),) * 52,
        kitchen_kg=(Decimal(baskets),) * 52,
    )


def _farm(farm: str, name: str, kind: str, beds: int) -> Farm:
    """Hands in proportion of the beds, fewer in winter; people in insertion at half a professional's pace."""
    hours = [Decimal(beds) * (Decimal("0.45") if 10 <= n < 44 else Decimal("0.25")) for n in range(52)]
    teams = (Hands("permanents", "Permanents", ("culture", "récolte"), tuple(hours)),)
    if kind == "garden":
        insertion = tuple(Decimal(beds) * Decimal("0.5") for _ in range(52))
        teams += (Hands("insertion", "Insertion", ("culture", "récolte"), insertion, Decimal("0.5")),)
    most = 46 if kind == "garden" else 14
    return Farm(farm, name, kind, teams, most, 3000, Decimal(beds) / 10, 1800)


def _blocks(
    dice: random.Random, rows: list[dict[str, str]], farm: str, shape: tuple[int, int], beds: tuple[int, int]
) -> list[Block]:
    """Each block grew three families in each of the last years: those of long return are not back yet."""
    years = {
        row["family"]: max(int(r["years"]) for r in rows if r["family"] == row["family"]) for row in rows
    }
    found = []
    for shelter, count, size in zip(("field", "tunnel"), shape, beds, strict=True):
        for n in range(count):
            back = [f for f, y in years.items() if shelter == "field" and y >= 4]
            barred = tuple(
                Barred(f, "trop récente sur ce bloc") for f in dice.sample(sorted(back), min(3, len(back)))
            )
            name = f"{farm}-{shelter}-{n + 1}"
            families = 3 if shelter == "field" else 5
            found.append(Block(name, name, farm, shelter, Decimal(size), Decimal(100), families, barred))
    return found


def _canteens(dice: random.Random, rows: list[dict[str, str]], canteens: int) -> tuple[Commitment, ...]:
    """Lines of common vegetables, in the 36 weeks of school, any of three vegetables for each."""
    kinds = {
        "racine": ("carotte_conservation", "betterave_conservation", "panais"),
        "feuille": ("poireau", "chou_cabus", "epinard"),
        "fruit": ("courgette", "tomate", "concombre"),
    }
    ids = {row["id"] for row in rows}
    found = []
    for n in range(canteens):
        for week in (w for w in range(1, 53) if w <= 26 or w >= 36):
            kind = dice.choice(sorted(kinds))
            crops = tuple(c for c in kinds[kind] if c in ids)
            kilos = Decimal(dice.choice((20, 30, 40)))
            found.append(
                Commitment(
                    f"c{n}-{week:02}", f"Cantine {n + 1}", "canteen", WEEKS[week - 1], crops, kilos, 200, 300
                )
            )
    return tuple(found)


def bed_by_bed(problem: Problem) -> Problem:
    """The naive model: every half-bed a block of its own, and as many choices."""
    halves = tuple(
        replace(block, id=f"{block.id}-{name}", beds=Decimal("0.5"))
        for block in problem.blocks
        for name in block.bed_names
    )
    return replace(problem, blocks=halves)


def _told(name: str, problem: Problem, plan: Plan, budget: float, processor: float) -> None:
    verdict = verify(problem, plan)
    print("\n".join(verdict.violations[:5]) or f"{name} : {plan.status}, accepté")
    whole = plan.goal("total")
    told = [f"valeur {whole.value / 100:,.0f} €", f"borne {(whole.bound or 0) / 100:,.0f} €"]
    gap = "–" if whole.gap is None else f"{whole.gap * 100:.2f} %"
    print(f"  {processor:.0f} s de processeur, {plan.seconds} s d’horloge au solveur, pour {budget:.0f} s")
    print(f"  écart prouvé {gap}   {'   '.join(told)}")
    for goal in plan.goals[1:]:
        print(
            f"  {goal.name:12} {goal.value:>16,.2f}" + (f"   borne {goal.bound:,.2f}" if goal.bound else "")
        )
    print(f"  {len(plan.lots)} lots, {sum(lot.beds for lot in plan.lots)} planches plantées")


def _size(name: str, problem: Problem) -> int:
    model = build(problem)
    print(f"  {name} : {len(model.row_names)} lignes, {len(model.column_names)} colonnes, ", end="")
    print(f"{sum(model.integer)} entières, {len(model.indices)} termes")
    return len(model.indices)


def _planned(name: str, problem: Problem, budget: float) -> None:
    before = time.process_time()
    plan = solve(problem, seconds_max=budget, seed=1)
    _told(name, problem, plan, budget, time.process_time() - before)


def garden() -> None:
    _planned("jardin, 120 planches", instance(1), 30)


def territory() -> None:
    problem = instance(1, partners=5, baskets=400, canteens=8)
    _planned("six fermes, 316 planches", _asked(problem, "0.02"), 120)


def thirty() -> None:
    problem = instance(1, partners=29, baskets=1600, canteens=30)
    _planned("trente fermes, 1 260 planches", _asked(problem, "0.02"), 300)


def _asked(problem: Problem, gap: str) -> Problem:
    return replace(problem, tolerances=Tolerances(gap=Decimal(gap)))


def naive() -> None:
    """One block of two beds, every family allowed: the same season, by areas and bed by bed."""
    problem = instance(1, garden=(1, 0), beds=(2, 0), baskets=4, weeks_apart=8)
    blocks = tuple(replace(b, families_max=99, barred=()) for b in problem.blocks)
    problem = replace(problem, blocks=blocks)
    sizes = [_size("par surfaces", problem), _size("planche par planche", bed_by_bed(problem))]
    plans = [solve(p, seconds_max=15, seed=1) for p in (problem, bed_by_bed(problem))]
    for name, plan in zip(("par surfaces", "planche par planche"), plans, strict=True):
        whole = plan.goal("total")
        print(
            f"  {name} : {plan.seconds} s, {whole.value / 100:,.0f} €, écart {(whole.gap or 0) * 100:.2f} %"
        )
    print(f"  rapport planche par planche ÷ surfaces : {sizes[1] / sizes[0]:.1f} en termes, ", end="")
    print(f"{plans[1].seconds / plans[0].seconds:.1f} en temps")


if __name__ == "__main__":
    for name in sys.argv[1:] or ("garden", "territory", "thirty", "naive"):
        {"garden": garden, "territory": territory, "thirty": thirty, "naive": naive}[name]()
