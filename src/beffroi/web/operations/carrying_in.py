"""A territory that comes from another host: its folder checked to the byte, its lakes made again, then all at once its rows.

In: the folder of an export and the first administrator's address. Out: the territory, with the checksums it had; or
nothing. The old ledger is not continued: it is kept beside, verified, and the first lines of the new one name its root.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from beffroi.hashing import file_sha256
from beffroi.home import Home
from beffroi.lake import portability as lake
from beffroi.lake.portability import InvalidExport
from beffroi.ledger import chain, copies
from beffroi.ledger.keys import KeyHistory, find_key, parse_key_changes
from beffroi.ledger.roots import fingerprint, read_public_key, read_roots
from beffroi.web.catalogue.models import Dataset, Delivery, Processing, Snapshot
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import lakes
from beffroi.web.studio.answers import StudioError, read_definition
from beffroi.web.studio.models import Board, BoardFigure, RecipeVersion, StoredRecipe
from beffroi.web.tenancy import host_founding, hosting
from beffroi.web.tenancy.models import Hosting
from beffroi.web.tenancy.services import NewTerritory

from . import carrying, carrying_guides
from .carrying import Progress, from_export, read

_NOT_EVIDENCE = (carrying.DATASETS, carrying.QUARANTINED, carrying.RECEIVED)


@dataclass(frozen=True)
class Imported:
    """The territory, the link to hand to its administrator, the checksum of each table (lake, then table)."""

    territory: Territory
    link: str
    checksums: dict[str, dict[str, str]]


def bring_in(
    home: Home, folder: Path, *, key: str, email: str, name: str = "", progress: Progress = lambda _: None
) -> Imported:
    """Make the territory of an export. Raises CarryError naming the file at fault, HostingError; then nothing is made.

    `key`: the fingerprint of the exporting host's key (`ledger.roots`), told by other means than the folder itself: today's, or
    a former one if those that followed were endorsed.
    """
    progress("Vérification de chaque fichier…")
    exported = lake.verify_manifest(folder)
    _check_ledger(folder, exported, key)
    new = _new(read(folder / carrying.TERRITORY))
    host_founding.refuse_twin(new)
    with tempfile.TemporaryDirectory(prefix=".reprise-", dir=home.path) as made:
        progress("Données…")
        versions = _lakes(folder, Path(made), exported["tables"])
        territory: Territory | None = None
        try:
            with transaction.atomic():
                progress("Fiches, analyses, registre…")
                role = Hosting.Role.OWN if new.is_fictional else Hosting.Role.PROCESSOR
                founded = host_founding.found(
                    new, hosting.HostingContract(role), email=email, name=name, by=None
                )
                territory = founded.territory
                place = home.territory(territory.slug)
                if place.exists() and any(place.iterdir()):
                    existing, territory = place, None  # not ours to remove
                    raise InvalidExport(
                        f"« {existing} » existe déjà et n'est pas vide. Rien n'a été repris. Déplacez-le, puis recommencez."
                    )
                with scope.nowhere(), scope.inside(territory):
                    _rows(territory, folder, versions)
                    _files(home, territory, folder, Path(made))
                with scope.host():
                    _write_down(territory, exported, file_sha256(folder / lake.MANIFEST))
        except BaseException:
            if territory is not None:
                shutil.rmtree(home.territory(territory.slug), ignore_errors=True)
            raise
    if connection.vendor == "postgresql":
        lakes.adopt(home)
    return Imported(founded.territory, founded.link, checksums_of(exported))


def _new(record: dict[str, Any]) -> NewTerritory:
    try:
        return NewTerritory(
            code=str(record["code"]),
            name=str(record["name"]),
            kind=str(record["kind"]),
            population=record["population"],
            siren=str(record["siren"]),
            members=tuple(map(str, record["members"])),
            is_fictional=bool(record["is_fictional"]),
            contact=str(record["contact"]),
            seat=str(record["seat"]),
        )
    except (KeyError, TypeError) as error:
        raise InvalidExport(
            f"« {carrying.TERRITORY} » ne dit pas tout d'un territoire ({error}). Rien n'a été repris."
        ) from error


def key_of(folder: Path) -> str:
    """The fingerprint of the key that signed an export. Raises CarryError."""
    try:
        return fingerprint(read_public_key((folder / carrying.LEDGER / carrying.KEY).read_bytes()))
    except (OSError, ValueError) as error:
        raise InvalidExport(f"La clé de cet export est illisible ({error}). Rien n'a été repris.") from error


def _check_ledger(folder: Path, exported: dict[str, Any], trusted: str) -> None:
    """The old chain is whole, is the one that the old host signed with the key that is `trusted`, and seals all the rest."""
    place = folder / carrying.LEDGER
    try:
        (root,) = read_roots((place / "empreinte.json").read_bytes())
        key = read_public_key((place / carrying.KEY).read_bytes())
        changes_file = place / carrying.KEY_CHANGES  # absent from an export of a ledger that had one key
        changes = parse_key_changes(changes_file.read_bytes()) if changes_file.is_file() else []
        history = KeyHistory(find_key(trusted, key, changes) or key, changes)
        reading = copies.verify_file(
            place / "registre.jsonl", checkpoint_sizes={root.size, *(c.size for c in changes)}
        )
    except (OSError, ValueError) as error:
        raise InvalidExport(
            f"Le registre de cet export est illisible ({error}). Rien n'a été repris."
        ) from error
    if trusted not in history.trusted or fingerprint(key) not in history.trusted:
        raise InvalidExport(
            f"Cet export est signé par la clé {fingerprint(key)}, et non par celle que vous attendez ({trusted}). Rien n'a été "
            "repris. Demandez à l'hébergeur d'où il vient l'empreinte de sa clé, et un nouvel export."
        )
    found = reading.verification
    if not found.ok:
        raise InvalidExport(
            f"« {carrying.LEDGER}/registre.jsonl », ligne {found.first_bad} : {reading.reason}. Rien n'a été repris."
        )
    same = (
        (found.size, found.root)
        == (root.size, root.root)
        == (exported["ledger"]["size"], exported["ledger"]["root"])
    )
    if not same or root.key != fingerprint(key) or history.rejection_reason(root):
        raise InvalidExport(
            f"« {carrying.LEDGER}/empreinte.json » n'est pas l'empreinte signée de ce registre. Rien n'a été repris."
        )
    renewals = copies.lines_of_act(place / "registre.jsonl", chain.RENEWAL)
    if why := history.find_mismatch(renewals, found.checkpoints):
        raise InvalidExport(f"« {carrying.LEDGER}/{carrying.KEY_CHANGES} » : {why}. Rien n'a été repris.")
    sealed = _sealed(place)
    if sealed.get("checksums") != checksums_of(exported):
        raise InvalidExport(
            "Les empreintes des tables ne sont pas celles que le registre de cet export a scellées. Rien n'a été repris. "
            "Demandez un nouvel export à l'hébergeur d'où il vient."
        )
    if sealed.get("manifest") != lake.manifest_digest(exported, ledger_folder=carrying.LEDGER):
        raise InvalidExport(
            "Les fichiers de cet export ne sont pas ceux que son registre a scellés : l'un d'eux a été changé, ou l'export vient "
            "d'une version de Beffroi qui ne les scellait pas. Rien n'a été repris. Demandez un nouvel export à l'hébergeur "
            "d'où il vient."
        )


def _sealed(place: Path) -> dict[str, Any]:
    """What the last line of the old chain, the export's own, commits to; nothing when it is not such a line.

    Raises CarryError when a detail is not what its line commits to.
    """
    commitments: dict[int, str] = {}
    with (place / "registre.jsonl").open("rb") as stream:
        for text in stream:
            line = copies.parse_line(text)
            commitments[line.seq] = line.commitment
    last: dict[str, Any] = {}
    try:
        with (place / "details.jsonl").open("rb") as stream:
            for text in stream:
                last = json.loads(text)
                if chain.commit(last["payload"], bytes.fromhex(last["salt"])) != commitments[last["seq"]]:
                    raise ValueError(last["seq"])
        ended = bool(commitments) and last["seq"] == line.seq and line.act == "territory.export"
        return dict(last["payload"]) if ended else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidExport(
            f"« {carrying.LEDGER}/details.jsonl » ne dit pas ce que le registre a scellé ({error}). Rien n'a été repris."
        ) from error


def checksums_of(exported: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The checksum of each table (lake, then table) in a manifest."""
    return {
        kind: {t: record["checksum"] for t, record in members.items()}
        for kind, members in exported["tables"].items()
    }


def _lakes(folder: Path, made: Path, tables: dict[str, Any]) -> dict[str, int]:
    """The lakes made again and compared; the version of each."""
    versions = {}
    for kind, members in tables.items():
        if kind in lakes.KINDS and members:
            files = {
                table: (lake.member_path(folder, record["file"]), record) for table, record in members.items()
            }
            versions[kind] = lake.import_tables(made / kind, files, "import")
    return versions


def _rows(territory: Territory, folder: Path, versions: dict[str, int]) -> None:
    for record in read(folder / carrying.PURPOSES):
        from_export(Processing, record, territory=territory).save()
    deliveries: dict[int, Delivery] = {}
    for record in read(folder / carrying.FILES):
        unread = record["state"] in (Delivery.State.RECEIVED, Delivery.State.STAGED)
        more = {"state": Delivery.State.RECEIVED} if unread else {}
        delivery = from_export(Delivery, record, territory=territory, tables=[], **more)
        lake.member_path(folder, delivery.stored_as)
        delivery.save()
        deliveries[record["number"]] = delivery
    for place in sorted((folder / carrying.DATASETS).glob("*/")):
        _dataset(territory, place, versions, deliveries)
    _bind_purposes(territory, folder)
    _analyses(territory, folder)
    carrying_guides.take_in(territory, folder)


def _bind_purposes(territory: Territory, folder: Path) -> None:
    """What each purpose opens, as there: an export of before said nothing of it, and then it opens none."""
    datasets = {row.slug: row for row in Dataset.objects.of(territory)}
    rows = {row.key: row for row in Processing.objects.of(territory)}
    for record in read(folder / carrying.PURPOSES):
        slugs = record.get("datasets", ())
        if absent := sorted(set(slugs) - datasets.keys()):
            raise InvalidExport(
                f"« {carrying.PURPOSES} » rattache à un usage un jeu absent de l'export ({absent[0]}). Rien n'a été repris."
            )
        rows[record["key"]].datasets.add(*(datasets[slug] for slug in slugs))


def _dataset(
    territory: Territory, place: Path, versions: dict[str, int], deliveries: dict[int, Delivery]
) -> None:
    """The card, unpublished; the delivery in force; those before, whose state did not travel."""
    dataset = from_export(
        Dataset,
        read(place / carrying.CARD),
        territory=territory,
        owner=None,
        published_at=None,
        computed=False,  # the analysis may come too, the wish to keep its result stays behind
    )
    dataset.save()
    records = read(place / carrying.SNAPSHOTS)
    done = [record["number"] for record in records if record["state"] == Snapshot.State.DONE]
    for record in records:
        in_force = bool(done) and record["number"] == max(done)
        number = record.get("lake_delivery") or record["delivery"]
        from_export(
            Snapshot,
            record,
            territory=territory,
            dataset=dataset,
            delivery=deliveries.get(record["delivery"]),
            act=f"import:{territory.pk}:{dataset.pk}:{record['number']}",
            lake_version=versions[dataset.lake_kind] if in_force else None,
            lake_delivery=number,
            cut_at=None if in_force else record["cut_at"] or timezone.now(),
        ).save()


def _analyses(territory: Territory, folder: Path) -> None:
    """Nothing is shown to the public before somebody here publishes it."""
    purposes = {row.key: row for row in Processing.objects.of(territory)}
    recipes: dict[str, StoredRecipe] = {}
    for file in sorted((folder / carrying.RECIPES).glob("*.json")):
        record = read(file)
        try:
            read_definition(record["definition"])
        except (StudioError, KeyError, TypeError) as error:
            raise InvalidExport(
                f"« {file.name} » n'est pas une analyse lisible ({error}). Rien n'a été repris."
            ) from error
        if record["processing"] not in purposes:
            raise InvalidExport(
                f"« {file.name} » lit pour une finalité absente de l'export. Rien n'a été repris."
            )
        recipe = from_export(
            StoredRecipe, record, territory=territory, author=None, processing=purposes[record["processing"]]
        )
        recipe.save()
        RecipeVersion.objects.create(
            recipe=recipe, number=recipe.version, definition=recipe.definition, at=recipe.updated_at
        )
        recipes[recipe.slug] = recipe
    for file in sorted((folder / carrying.BOARDS).glob("*.json")):
        record = read(file)
        board = from_export(Board, record, territory=territory, public=False)
        board.save()
        for figure in record["figures"]:
            if figure["recipe"] not in recipes:
                raise InvalidExport(
                    f"« {file.name} » montre une analyse absente de l'export. Rien n'a été repris."
                )
            BoardFigure.objects.create(
                board=board,
                recipe=recipes[figure["recipe"]],
                rank=int(figure["rank"]),
                width=_width(figure),
            )


def _width(figure: dict[str, Any]) -> int:
    """Width of a figure; exports of 0.1 say whether it is wide."""
    width = int(figure.get("width", 6 if figure.get("wide") else 3))
    return width if width in BoardFigure.Width.values else BoardFigure.Width.HALF


def _files(home: Home, territory: Territory, folder: Path, made: Path) -> None:
    """The lakes go to their place; the delivered files and the evidence are copied."""
    place = home.territory(territory.slug)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for kind in lakes.KINDS:
        if (made / kind).is_dir():
            (made / kind).rename(home.lake(territory.slug, kind))
    if (folder / carrying.RECEIVED).is_dir():
        shutil.copytree(folder / carrying.RECEIVED, home.incoming(territory.slug))
    shutil.copytree(folder, place / carrying.EVIDENCE, ignore=_evidence_only(folder))


def _evidence_only(folder: Path) -> Any:
    return lambda where, names: [n for n in names if Path(where) == folder and n in _NOT_EVIDENCE]


def _write_down(territory: Territory, exported: dict[str, Any], manifest: str) -> None:
    """On both chains: where the territory comes from, and the root of its old ledger."""
    detail = {
        "from": exported["territory"],
        "exported_at": exported["made_at"],
        "manifest": manifest,
        "ledger": exported["ledger"],
        "checksums": checksums_of(exported),
    }
    with scope.nowhere(), scope.host():
        hosting.both_chains(territory, "territory.import", None, f"territory:{territory.pk}", detail)
    with scope.nowhere(), scope.inside(territory):
        if not ledger.verify(territory).ok:
            raise InvalidExport("Le nouveau registre ne se vérifie pas. Rien n'a été repris.")
