"""The menus of the central kitchen, and how much each main dish draws or keeps away.

In: a seed and a school year. Out: a menu a day; the CSV that the kitchen publishes, known some weeks ahead.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.model import Town, WrittenFile, stream
from beffroi.demonstration.town.schooldays import holidays, school_days, school_year_of

MENUS = Path("cantine/Menus (données simulées).csv")
KNOWN_AHEAD = timedelta(days=35)

# The share of usual eaters that the dish brings (or keeps away) in an école élémentaire.
_MAINS = {
    "Hachis parmentier": 0.030,
    "Pizza au fromage*": 0.055,
    "Spaghettis à la bolognaise": 0.050,
    "Lasagnes de légumes*": -0.010,
    "Couscous de poulet": 0.025,
    "Poulet rôti et frites": 0.060,
    "Steak haché et purée": 0.035,
    "Nuggets de blé et haricots verts*": 0.015,
    "Saucisse de volaille et lentilles": 0.000,
    "Filet de colin et riz": -0.035,
    "Brandade de morue": -0.055,
    "Poisson pané et épinards": -0.030,
    "Quenelles sauce tomate": -0.020,
    "Blanquette de veau et riz": -0.015,
    "Bœuf bourguignon et carottes": -0.020,
    "Sauté de porc à la moutarde": -0.015,
    "Dhal de lentilles corail*": -0.045,
    "Omelette et ratatouille*": -0.035,
    "Gratin de chou-fleur et jambon": -0.040,
    "Chili végétarien*": -0.025,
    "Tartiflette": 0.030,
    "Paella": 0.010,
    "Galette de sarrasin complète": 0.020,
    "Rôti de dinde et petits pois": 0.000,
    "Tajine de légumes et semoule*": -0.035,
}
_FEAST = "Repas de fin d'année : pintade et pommes dauphine"
_STARTERS = ("Carottes râpées", "Betteraves vinaigrette", "Céleri rémoulade", "Salade de tomates", "Potage de légumes",
             "Concombre à la crème", "Œuf dur mayonnaise", "Taboulé", "Pamplemousse", "Salade verte et maïs",
             "Radis beurre", "Macédoine", "Melon", "Friand au fromage")  # fmt: skip
_CHEESES = ("Yaourt nature", "Camembert", "Emmental", "Petit suisse", "Tomme", "Fromage blanc", "Brie")
_DESSERTS = ("Pomme", "Banane", "Compote de poires", "Orange", "Crème au chocolat", "Kiwi", "Riz au lait", "Poire",
             "Gâteau au yaourt", "Raisin", "Flan vanille", "Clémentines", "Tarte aux pommes", "Île flottante")  # fmt: skip


@dataclass(frozen=True)
class Menu:
    dishes: tuple[str, ...]  # starter, main, cheese, dessert; * after a meatless dish
    draw: float  # share of usual eaters brought (or kept away) by the main dish


@cache
def menus(seed: int, year: int) -> dict[date, Menu]:
    """One menu a school day; a dish does not come back within two weeks."""
    chance = stream(seed, "menus", year)
    mains = list(_MAINS)
    recent: list[str] = []
    feast = max(day for day in school_days(year) if day < holidays(year)[1].first and day.weekday() == 3)
    made = {}
    for day in school_days(year):
        free = [dish for dish in mains if dish not in recent]
        main = free[int(chance.integers(len(free)))]
        recent = [*recent[-7:], main]
        others = [str(chance.choice(dishes)) for dishes in (_STARTERS, _CHEESES, _DESSERTS)]
        draw = _MAINS[main]
        if day == feast:
            main, draw = _FEAST, 0.070
        made[day] = Menu((others[0], main, others[1], others[2]), draw)
    return made


def write_menus(folder: Path, town: Town) -> WrittenFile:
    """Menus of the years known, and those that the kitchen has already planned."""
    last = school_year_of(town.last_day)
    rows = [
        [day.strftime("%d/%m/%Y"), str(rank), dish]
        for year in range(last - 3, last + 2)
        for day, menu in menus(town.seed, year).items()
        if day <= town.last_day + KNOWN_AHEAD
        for rank, dish in enumerate(menu.dishes, start=1)
    ]
    lines = files.csv_bytes(["date", "rang", "plat"], rows, separator=",", quoted=True).decode().split("\r\n")
    # Someone added a dish by hand, without quotation marks around its comma.
    broken = len(lines) // 2
    day = lines[broken].split(",")[0]
    lines.insert(broken, f"{day},5,Pain, beurre et confiture")
    files.write(folder, MENUS, "\r\n".join(lines).encode())
    return WrittenFile(
        MENUS, len(rows) + 1, ("une ligne avec une virgule de trop (plat saisi sans guillemets)",)
    )
