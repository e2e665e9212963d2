"""A territory leaves as open files and lives on another host with the same checksums; what was altered is refused by name."""

import json
import shutil
import sqlite3
from pathlib import Path

import duckdb
import pytest

import postgres
from blank import blank, founded
from commands import beffroi, python
from reference_data import require_reference

pytestmark = pytest.mark.room("operations")
MAKE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.grants import consultation
from beffroi.web.catalogue.publication import workflow
from beffroi.web.studio import services as studio
from deliveries import FAMILIES, FEBRUARY, JANUARY, WITH_TOTAL, poured, received
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=1000, is_fictional=True))
person = admit(town, "agent@example.org", "Agent Zoé", ["data_officer", "administrator"], by=None, simulated=True)
with scope.inside(town):
    first = poured(town, person, "Cantines janvier 2025.csv", JANUARY)
    poured(town, person, "Cantines fevrier 2025.csv", FEBRUARY)
    poured(town, person, "Fréquentation 2024.csv", WITH_TOTAL.replace("Prix moyen", "Coût"))
    families = poured(town, person, "Familles 2025.csv", FAMILIES).dataset
    lifecycle.edit_card(families, person, licence="Licence Ouverte 2.0", producer="Ville", owner=person)
    workflow.request_publication(families, person, ground="consent", reason="Annuaire des familles.",
                                 evidence="Formulaires signés, au secrétariat.", columns=["nom"])
    received(town, person, "à lire.csv", JANUARY.replace("112", "113"))
    recipe = {"title": "Repas par école", "sources": {"jeu": first.dataset.slug}, "steps": [
        {"step": "source", "source": "jeu"},
        {"step": "group", "by": ["ecole"], "measures": [{"name": "repas", "operation": "sum", "column": "repas_servis"}]}]}
    studio.save_recipe(town, person, "repas", recipe, consultation(town))
    studio.save_board(town, person, "cantine", "La cantine", "Combien ?", ["repas"], public=True)
"""
TOLD = """
import json, sys
from pathlib import Path
from beffroi.cli.common import opened
from beffroi.home import Home
home = opened(Path(sys.argv[1]))
from beffroi.lake.store import Lake
from beffroi.web.catalogue.models import Dataset, Delivery
from beffroi.web.catalogue.lifecycle.file_storage import stored_file
from beffroi.web.studio import services as studio
from beffroi.web.studio.models import Board
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Territory
town = Territory.objects.get(code="99T01")
with scope.inside(town):
    sums = {}
    for kind in ("lasting", "personal"):
        with Lake(home.lake(town.slug, kind), read_only=True) as lake:
            sums[kind] = lake.checksums()
            aside = lake.quarantine("frequentation", 3) if kind == "lasting" else None
            if aside is not None:
                quarantined = len(aside)
    told = {
        "checksums": sums, "slug": town.slug, "verified": ledger.verify(town).ok,
        "acts": [line.act for line in ledger.lines_of(town)],
        "datasets": {d.slug: [d.title, d.sensitivity, [[s.number, s.state, s.rows_total] for s in d.snapshots.all()],
                              d.current.rows_total] for d in Dataset.objects.of(town)},
        "cut": [[s.dataset.slug, s.number] for d in Dataset.objects.of(town) for s in d.snapshots.all() if s.cut_at],
        "deliveries": sorted([d.file_name, d.sha256, stored_file(d).is_file()] for d in Delivery.objects.of(town)),
        "boards": {b.slug: [b.title, b.public, [f.recipe.slug for f in b.figures.all()]] for b in Board.objects.of(town)},
    }
print(json.dumps(told))
"""
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, object]]:
    """A town's home, its export, and what it holds."""
    require_reference()
    folder = tmp_path_factory.mktemp("depart")
    blank(folder / "home", demo=False)
    done = python(MAKE, folder / "home", TESTS, TESTS / "catalogue")
    assert done.returncode == 0, done.stderr
    out = beffroi("territory", "export", "valbruyere", folder / "export", "--json", "--home", folder / "home")
    assert out.returncode == 0, out.stderr
    held = told(folder / "home")
    assert json.loads(out.stdout) == held["checksums"]
    return folder / "home", folder / "export", held


def told(home: Path) -> dict[str, object]:
    done = python(TOLD, home)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another host, which already has a territory."""
    folder = tmp_path / "ailleurs"
    founded(folder, "--territory", "222900011", "--email", "a@example.org")
    return folder


@pytest.mark.requirement("R01")
@pytest.mark.requirement("R94")
def test_everything_is_there_in_files_that_any_software_reads(exported):
    _, export, held = exported
    names = {path.relative_to(export).as_posix() for path in export.rglob("*") if path.is_file()}
    for expected in (
        "LISEZ-MOI.md", "manifeste.json", "jeux/cantines/donnees.csv", "jeux/cantines/donnees.parquet",
        "jeux/cantines/schema.json", "jeux/cantines/fiche.json", "jeux/cantines/livraisons.json",
        "analyses/repas.json", "tableaux/cantine.json", "decisions.json", "traitements.json", "membres.json",
        "registre/registre.jsonl", "registre/empreinte.json", "registre/cle-publique.pem", "ecartees/lasting.parquet",
    ):  # fmt: skip
        assert expected in names
    (request,) = json.loads((export / "publications.json").read_text("utf-8"))
    assert (request["dataset"], request["requested_by"], request["columns"]) == (
        "familles",
        "Agent Zoé",
        ["nom"],
    )
    csv = export / "jeux/cantines/donnees.csv"
    head = csv.read_text("utf-8").splitlines()[0].split(",")
    schema = json.loads((export / "jeux/cantines/schema.json").read_text())
    assert head == [field["name"] for field in schema["fields"]]
    assert {field["type"] for field in schema["fields"]} <= {"string", "date", "integer", "number", "boolean"}
    with duckdb.connect() as other:
        file = export / "jeux/cantines/donnees.parquet"
        assert other.execute(f"SELECT count(*) FROM read_parquet('{file}')").fetchone() == (7,)
    assert held["acts"][-1] == "territory.export"
    assert export.stat().st_mode & 0o777 == 0o700


def test_the_ledger_copy_verifies_without_the_instance(exported):
    _, export, _ = exported
    place = export / "registre"
    done = beffroi(
        "ledger",
        "verify",
        place / "registre.jsonl",
        "--root",
        place / "empreinte.json",
        "--key",
        place / "cle-publique.pem",
    )
    assert done.returncode == 0, done.stderr
    assert "est bien le début de cette copie" in done.stdout


def key_of(export: Path) -> str:
    """The fingerprint of the exporting host's key, as that host tells it by other means."""
    return str(json.loads((export / "registre/empreinte.json").read_text())["key"])


def brought_in(export: Path, home: Path, *more: str, **environment: str):
    key = key_of(export)
    return beffroi(
        "territory",
        "import",
        export,
        "--email",
        "b@example.org",
        "--key",
        key,
        *more,
        "--home",
        home,
        **environment,
    )


@pytest.mark.requirement("R01")
def test_on_another_host_the_territory_is_the_same(exported, elsewhere: Path):
    _, export, held = exported
    done = brought_in(export, elsewhere, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "/entree/" in said["link"]
    there = told(elsewhere)
    assert there["checksums"] == said["checksums"] == held["checksums"]
    for same in ("datasets", "deliveries"):
        assert there[same] == held[same]
    # What the public saw there waits for somebody here to show it.
    assert held["boards"] == {"cantine": ["La cantine", True, ["repas"]]}
    assert there["boards"] == {"cantine": ["La cantine", False, ["repas"]]}
    assert there["cut"] == [["cantines", 1]]
    assert there["verified"]
    assert "territory.import" in there["acts"]
    # The old chain is kept beside, whole.
    kept = elsewhere / "territories" / str(there["slug"]) / "venu-d-un-autre-hebergeur"
    verified = beffroi("ledger", "verify", kept / "registre" / "registre.jsonl")
    assert verified.returncode == 0, verified.stderr
    assert (kept / "decisions.json").is_file()
    assert (kept / "publications.json").read_bytes() == (export / "publications.json").read_bytes()
    assert not list(elsewhere.glob(".reprise-*"))
    again = brought_in(export, elsewhere)
    assert again.returncode == 1
    assert "déjà hébergée ici" in again.stderr
    assert told(elsewhere) == there


def test_out_again_from_the_new_host_the_checksums_are_still_the_same(
    exported, elsewhere: Path, tmp_path: Path
):
    _, export, held = exported
    assert brought_in(export, elsewhere).returncode == 0
    out = beffroi("territory", "export", "valbruyere", tmp_path / "encore", "--json", "--home", elsewhere)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == held["checksums"]
    before = json.loads((export / "jeux/cantines/livraisons.json").read_text())
    after = json.loads((tmp_path / "encore/jeux/cantines/livraisons.json").read_text())
    assert [(s["number"], s["file_sha256"]) for s in before] == [
        (s["number"], s["file_sha256"]) for s in after
    ]


def changed(copy: Path, name: str) -> None:
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(bytes(raw))


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (changed, "jeux/cantines/donnees.parquet"),
        (changed, "registre/registre.jsonl"),
        (lambda copy, name: (copy / name).unlink(), "jeux/familles/fiche.json"),
        (lambda copy, name: (copy / name).write_text("{}"), "jeux/ajout.json"),
        (lambda copy, name: (copy / name).write_text("{"), "manifeste.json"),
    ],
)
def test_an_altered_or_incomplete_export_is_refused_with_the_name_of_the_file(
    exported, elsewhere: Path, tmp_path: Path, harm, name: str
):
    _, export, _ = exported
    shutil.copytree(export, tmp_path / "copie")
    harm(tmp_path / "copie", name)
    done = brought_in(tmp_path / "copie", elsewhere)
    assert done.returncode == 1
    assert name in done.stderr and "Rien n'a été repris" in done.stderr
    assert not list((elsewhere / "territories").glob("valbruyere*"))
    with sqlite3.connect(elsewhere / "db.sqlite3") as base:
        assert base.execute("SELECT count(*) FROM platform_territory").fetchone() == (1,)


def test_rows_changed_and_sealed_again_are_caught_by_the_line_of_the_ledger(
    exported, elsewhere: Path, tmp_path: Path
):
    """Whoever recomputes the manifest's sums has still to make its digest, and the tables', those that the line holds."""
    _, export, _ = exported
    copy = tmp_path / "copie"
    shutil.copytree(export, copy)
    file = copy / "jeux/cantines/donnees.parquet"
    with duckdb.connect() as other:
        other.execute(f"CREATE TABLE t AS FROM read_parquet('{file}')")
        other.execute("UPDATE t SET repas_servis = 1 WHERE repas_servis = 112")
        other.execute(f"COPY t TO '{file}' (FORMAT parquet)")
    assert refused(copy, elsewhere, {}) == "registre"
    # The checksum of the altered table written in its place: the old host's signed ledger does not know it.
    from beffroi.lake.store import Lake

    with Lake(tmp_path / "lac") as lake:
        lake.execute(f"CREATE TABLE lake.main.cantines AS FROM read_parquet('{file}')")
        forged = lake.checksums()["cantines"]
    assert refused(copy, elsewhere, {"cantines": forged}) == "registre"


def refused(copy: Path, elsewhere: Path, forged: dict[str, str]) -> str:
    """Seal the folder again with these checksums; which of the two told the fraud."""
    from beffroi.lake import portability

    said = json.loads((copy / "manifeste.json").read_text())
    for table, checksum in forged.items():
        said["tables"]["lasting"][table]["checksum"] = checksum
    portability.write_manifest(
        copy, {key: value for key, value in said.items() if key not in ("files", "format")}
    )
    done = brought_in(copy, elsewhere)
    assert done.returncode == 1
    assert not list((elsewhere / "territories").glob("valbruyere*"))
    return next(word for word in ("donnees.parquet", "registre") if word in done.stderr)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("jeux/familles/fiche.json", lambda told: {**told, "sensitivity": "ordinary"}),
        ("traitements.json", lambda told: [{**row, "covers_personal": True} for row in told]),
        ("analyses/repas.json", lambda told: {**told, "title": "Autre"}),
    ],
)
def test_a_card_changed_and_sealed_again_is_refused(exported, elsewhere: Path, tmp_path: Path, name, harm):
    _, export, _ = exported
    copy = tmp_path / "copie"
    shutil.copytree(export, copy)
    (copy / name).write_text(json.dumps(harm(json.loads((copy / name).read_text()))))
    assert refused(copy, elsewhere, {}) == "registre"


def test_a_detail_of_the_ledger_changed_and_sealed_again_is_refused(
    exported, elsewhere: Path, tmp_path: Path
):
    _, export, _ = exported
    copy = tmp_path / "copie"
    shutil.copytree(export, copy)
    details = copy / "registre/details.jsonl"
    first, *rest = details.read_text().splitlines(keepends=True)
    details.write_text(json.dumps({**json.loads(first), "payload": {"x": 1}}) + "\n" + "".join(rest))
    assert refused(copy, elsewhere, {}) == "registre"


def test_an_export_comes_in_with_the_key_of_who_made_it_only(exported, elsewhere: Path, tmp_path: Path):
    _, export, _ = exported
    asked = ("territory", "import", export, "--email", "b@example.org", "--home", elsewhere)
    alone = beffroi(*asked)
    assert alone.returncode == 1
    assert key_of(export) in alone.stderr and "--key" in alone.stderr
    other = beffroi(*asked, "--key", "0" * 64)
    assert other.returncode == 1 and "celle que vous attendez" in other.stderr
    unread = beffroi(*asked, "--key", "rien.pem")
    assert unread.returncode == 1 and "ni une empreinte" in unread.stderr
    assert not list((elsewhere / "territories").glob("valbruyere*"))
    shutil.copyfile(export / "registre/cle-publique.pem", tmp_path / "cle.pem")
    assert beffroi(*asked, "--key", tmp_path / "cle.pem").returncode == 0


def exported_again(home: Path, tmp_path: Path, *options: str | Path) -> Path:
    """An export made after the exchange of the host's key."""
    shutil.copytree(home, tmp_path / "apres")
    done = beffroi("key", "renew", "--which", "ledger", *options, "--home", tmp_path / "apres")
    assert done.returncode == 0, done.stderr
    out = beffroi("territory", "export", "valbruyere", tmp_path / "export", "--home", tmp_path / "apres")
    assert out.returncode == 0, out.stderr
    return tmp_path / "export"


def test_an_export_comes_in_with_a_former_key_when_that_one_endorsed_the_next(
    exported, elsewhere: Path, tmp_path: Path
):
    home, before, _ = exported
    export = exported_again(home, tmp_path)
    assert key_of(export) != key_of(before)
    asked = ("--email", "b@example.org", "--key", key_of(before), "--home", elsewhere)
    shutil.copytree(export, tmp_path / "copie")
    (tmp_path / "copie/registre/cles.jsonl").unlink()
    assert refused(tmp_path / "copie", elsewhere, {}) == "registre"
    done = beffroi("territory", "import", export, *asked)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_an_export_signed_after_a_theft_does_not_come_in_with_the_stolen_key(
    exported, elsewhere: Path, tmp_path: Path
):
    home, before, _ = exported
    export = exported_again(home, tmp_path, "--stolen", "--root", before / "registre/empreinte.json")
    done = beffroi(
        "territory",
        "import",
        export,
        "--email",
        "b@example.org",
        "--key",
        key_of(before),
        "--home",
        elsewhere,
    )
    assert done.returncode == 1 and "celle que vous attendez" in done.stderr
    assert brought_in(export, elsewhere).returncode == 0


def test_a_folder_that_is_not_empty_is_not_written_to(exported, tmp_path: Path):
    home, _, _ = exported
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "x").write_text("x")
    done = beffroi("territory", "export", "valbruyere", tmp_path / "plein", "--home", home)
    assert done.returncode == 1
    assert "n'est pas vide" in done.stderr
    assert [path.name for path in (tmp_path / "plein").iterdir()] == ["x"]


@pytest.mark.long
def test_a_host_in_postgresql_takes_it_too_its_catalogues_in_the_database(exported, tmp_path: Path):
    from beffroi.lake import catalogues
    from beffroi.lake.store import Lake

    _, export, held = exported
    try:
        cluster = postgres.shared()
    except postgres.NoPostgreSQL as absent:
        pytest.skip(str(absent))
    home, more = tmp_path / "ailleurs", cluster.environment(cluster.database())
    made = beffroi("init", "--territory", "222900011", "--email", "a@example.org", "--home", home, **more)
    assert made.returncode == 0, made.stderr
    done = brought_in(export, home, "--json", **more)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["checksums"] == held["checksums"]
    for kind, sums in held["checksums"].items():
        folder = home / "territories" / "valbruyere" / kind
        assert isinstance(catalogues.catalogue_of(folder), catalogues.PostgreSQL)
        with Lake(folder, read_only=True) as lake:
            assert lake.checksums() == sums
    kept = beffroi("lake", "upkeep", "--territory", "valbruyere", "--json", "--home", home, **more)
    assert kept.returncode == 0, kept.stderr
    assert json.loads(kept.stdout)["valbruyere"]["cut"] == 0
    assert beffroi("ledger", "verify", "--home", home, **more).returncode == 0
