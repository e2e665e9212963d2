"""A whole territory in one folder of open files: what it holds, what was done with it, its ledger, and a manifest.

In: a territory. Out: a folder that any software reads, and that another host makes a territory of, with the same checksums.
Nothing can be poured meanwhile. The act is a line of the ledger, which the copy holds.
"""

import json
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

import beffroi
from beffroi.home import Home, HomeError
from beffroi.lake import files
from beffroi.lake import portability as lake
from beffroi.lake.store import QUARANTINE
from beffroi.ledger import copies, keys
from beffroi.ledger.roots import public_pem
from beffroi.web.catalogue.lake_access import one_writer
from beffroi.web.catalogue.lifecycle.lake_commits import recover_interrupted
from beffroi.web.catalogue.models import Dataset, Delivery, Processing, PublicationRequest
from beffroi.web.decisions.models import (
    CaseCorrection,
    Contestation,
    Correction,
    Decision,
    Proposal,
    RegressionCase,
)
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.ledger import keys as ledger_keys
from beffroi.web.platform.ledger import proofs
from beffroi.web.platform.models import LedgerDetail, Membership, Territory
from beffroi.web.platform.postgresql.lakes import KINDS
from beffroi.web.studio.models import Board, StoredRecipe
from beffroi.web.workshop.models import Run, SystemUse

from . import carrying, carrying_ai, carrying_continuity, carrying_cyber, carrying_guides, findings, integrity
from .carrying import Progress, listed, write
from .vanishing_folder import vanishing_folder

_TERRITORY = (
    "code",
    "name",
    "kind",
    "siren",
    "population",
    "members",
    "is_fictional",
    "contact",
    "seat",
    "slug",
)


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, the checksum of each table (lake, then table), the SHA-256 of the manifest; `key`: the
    fingerprint of the key that signed it, by which who takes it in knows whose it is."""

    folder: Path
    files: int
    checksums: dict[str, dict[str, str]]
    manifest: str
    key: str


def export(territory: Territory, target: Path, *, progress: Progress = lambda _: None) -> Exported:
    """Write the territory to `target`, a folder absent or empty, whole or not at all. Raises HomeError, LakeError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise HomeError(
            f"{target} existe déjà et n'est pas vide. Rien n'a été écrit. Choisissez un autre dossier."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with vanishing_folder(".export-", target.parent) as made:
            folder = made / "territoire"
            folder.mkdir(mode=0o700)
            with scope.inside(territory), one_writer(territory):
                recover_interrupted(territory)
                progress("Vérification de ce qui part…")
                _refuse_incomplete(territory)
                done = _write_all(territory, folder, progress)
            if target.exists():
                target.rmdir()
            folder.rename(target)
    except OSError as error:
        why = "le disque est plein" if files.disk_full(error) else error.strerror or error
        raise HomeError(
            f"L'export n'a pas pu être écrit : {why}. L'instance n'a pas été modifiée. "
            "Vérifiez la place libre et vos droits, ou indiquez un autre dossier."
        ) from error
    return replace(done, folder=target)


def _refuse_incomplete(territory: Territory) -> None:
    """Raise HomeError when something of the territory is missing or damaged, each byte read."""
    home: Home = settings.HOME
    found = findings.of_territory(home, findings.expected(territory), full=True)
    found += findings.of_chains(full=True, territories=[territory])
    if missing := integrity.unaccepted(home, found):
        raise integrity.Incomplete(
            f"L'export de {territory.name} n'est pas fait : il ne serait pas entier. Rien n'a été écrit.\n"
            f"{integrity.listed(home, missing)}\n"
            "Remettez à leur place les fichiers d'une sauvegarde. Si cette perte est connue et sans retour : « beffroi doctor "
            "--accept ».",
            missing,
        )


def _write_all(territory: Territory, folder: Path, progress: Progress) -> Exported:
    write(folder / carrying.TERRITORY, {name: getattr(territory, name) for name in _TERRITORY})
    progress("Jeux de données…")
    tables = _datasets(territory, folder, progress)
    progress("Fichiers reçus…")
    _received(territory, folder)
    progress("Analyses, décisions, registres…")
    _papers(territory, folder)
    checksums = {
        kind: {name: record["checksum"] for name, record in members.items()}
        for kind, members in tables.items()
    }
    (folder / "LISEZ-MOI.md").write_text(_read_me(territory), "utf-8")
    facts = {
        "beffroi": beffroi.__version__,
        "territory": {"slug": territory.slug, "code": territory.code, "name": territory.name},
        "made_at": timezone.now().isoformat(),
        "tables": tables,
    }
    # The line seals every file but the ledger, which it ends; the signed root seals the ledger, this line included.
    sealed = lake.manifest_digest(
        {**facts, lake.FILES: lake.file_checksums(folder)}, ledger_folder=carrying.LEDGER
    )
    detail = {"checksums": checksums, "manifest": sealed}
    ledger.append(territory, "territory.export", None, f"territory:{territory.pk}", detail)
    signed = _ledger(territory, folder / carrying.LEDGER)
    manifest = lake.write_manifest(folder, {**facts, lake.LEDGER: signed})
    files = sum(path.is_file() for path in folder.rglob("*"))
    return Exported(folder, files, checksums, manifest, signed["key"])


def _datasets(territory: Territory, folder: Path, progress: Progress) -> dict[str, dict[str, Any]]:
    """Each dataset's state, card and past; what the manifest says of each table of each lake."""
    home: Home = settings.HOME
    tables: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    present = {kind: set(lake.table_names(home.lake(territory.slug, kind))) for kind in KINDS}
    for dataset in Dataset.objects.of(territory).select_related("owner").order_by("slug"):
        place = folder / carrying.DATASETS / dataset.slug
        progress(f"  {dataset.slug}")
        write(place / carrying.CARD, {**carrying.fields_of(dataset), "owner": _email(dataset.owner)})
        snapshots = dataset.snapshots.select_related("by").order_by("number")
        write(place / carrying.SNAPSHOTS, listed(snapshots, by=_by, delivery=lambda s: s.delivery_id))
        if dataset.table in present[dataset.lake_kind]:
            source = home.lake(territory.slug, dataset.lake_kind)
            carried = lake.export_table(source, dataset.table, place / carrying.ROWS, place / "donnees.csv")
            current = dataset.current
            write(place / "schema.json", lake.table_schema(current.columns if current else [], carried.types))
            tables[dataset.lake_kind][dataset.table] = _describe_table(place / carrying.ROWS, folder, carried)
    for kind in KINDS:
        if QUARANTINE in present[kind]:
            file = folder / carrying.QUARANTINED / f"{kind}.parquet"
            tables[kind][QUARANTINE] = _describe_table(
                file, folder, lake.export_table(home.lake(territory.slug, kind), QUARANTINE, file)
            )
    return tables


def _describe_table(file: Path, folder: Path, carried: lake.ExportedTable) -> dict[str, Any]:
    return {
        "file": file.relative_to(folder).as_posix(),
        "checksum": carried.checksum,
        "rows": carried.rows,
        "comment": carried.comment,
        "types": carried.types,
    }


def _received(territory: Territory, folder: Path) -> None:
    home: Home = settings.HOME
    deliveries = Delivery.objects.of(territory).select_related("by").order_by("pk")
    write(folder / carrying.FILES, listed(deliveries, number=lambda d: d.pk, by=_by))
    for delivery in deliveries:
        source = home.incoming(territory.slug) / Path(delivery.stored_as).parts[0]
        if delivery.file_erased_at is None and source.is_dir():
            shutil.copytree(source, folder / carrying.RECEIVED / source.name)


def _papers(territory: Territory, folder: Path) -> None:
    purposes = Processing.objects.of(territory).order_by("key").prefetch_related("datasets")
    opened = listed(purposes, datasets=lambda p: sorted(one.slug for one in p.datasets.all()))
    write(folder / carrying.PURPOSES, opened)
    for recipe in StoredRecipe.objects.of(territory).select_related("processing", "author"):
        record = {
            **carrying.fields_of(recipe),
            "processing": recipe.processing.key,
            "author": _email(recipe.author),
        }
        write(folder / carrying.RECIPES / f"{recipe.slug}.json", record)
    for board in Board.objects.of(territory):
        figures = [
            {"recipe": figure.recipe.slug, "rank": figure.rank, "width": figure.width}
            for figure in board.figures.select_related("recipe")
        ]
        write(
            folder / carrying.BOARDS / f"{board.slug}.json", {**carrying.fields_of(board), "figures": figures}
        )
    _write_publications(territory, folder)
    proposals = Proposal.objects.of(territory).order_by("pk")
    write(folder / "propositions.json", listed(proposals, number=lambda p: p.pk))
    decisions = Decision.objects.of(territory).select_related("person", "second_reader").order_by("pk")
    write(
        folder / "decisions.json",
        listed(
            decisions,
            number=lambda d: d.pk,
            proposal=lambda d: d.proposal_id,
            person=lambda d: d.person.name,
            second_reader=lambda d: d.second_reader.name if d.second_reader else None,
        ),
    )
    _write_contestations(territory, folder)
    uses = SystemUse.objects.of(territory).select_related("supervisor", "processing").order_by("system")
    write(
        folder / "services-ia.json",
        listed(uses, supervisor=lambda u: _email(u.supervisor), processing=lambda u: u.processing.key),
    )
    write(folder / "executions-ia.json", listed(Run.objects.of(territory).order_by("pk")))
    carrying_ai.write_all(territory, folder)
    carrying_guides.write_all(territory, folder)
    carrying_cyber.write_all(territory, folder)
    carrying_continuity.write_all(territory, folder)
    members = Membership.objects.of(territory).select_related("person").order_by("person__email", "pk")
    write(
        folder / "membres.json",
        listed(members, person=lambda m: m.person.name, email=lambda m: m.person.email),
    )


def _write_publications(territory: Territory, folder: Path) -> None:
    """Requests to publish, with the opinion and the decision of each: evidence, which reopens nothing elsewhere."""
    people = ("requested_by", "advised_by", "decided_by", "ended_by")
    requests = PublicationRequest.objects.of(territory).select_related("dataset", *people).order_by("pk")
    ties = {name: partial(_name, name) for name in people}
    write(folder / "publications.json", listed(requests, dataset=lambda r: r.dataset.slug, **ties))


def _write_contestations(territory: Territory, folder: Path) -> None:
    """What was contested, and what was put right: the cases, then the systems."""
    contested = Contestation.objects.of(territory).select_related("answered_by").order_by("pk")
    contested = contested.prefetch_related("former_ties")
    write(
        folder / "contestations.json",
        listed(
            contested,
            number=lambda c: c.pk,
            proposal=lambda c: c.proposal_id,
            former_ties=lambda c: [tie.proposal_id for tie in c.former_ties.all()],
            answered_by=lambda c: c.answered_by.name if c.answered_by else None,
        ),
    )
    cases = CaseCorrection.objects.of(territory).select_related("person").order_by("pk")
    systems = Correction.objects.of(territory).select_related("by", "withdraws").order_by("system", "number")
    tests = RegressionCase.objects.of(territory).order_by("pk")
    write(
        folder / "corrections.json",
        {
            "cas": listed(cases, decision=lambda c: c.decision_id, person=lambda c: c.person.name),
            "systemes": listed(
                systems,
                by=lambda c: c.by.name,
                contestation=lambda c: c.contestation_id,
                withdraws=lambda c: c.withdraws.number if c.withdraws else None,
            ),
            "essais": listed(
                tests,
                number=lambda c: c.pk,
                contestation=lambda c: c.contestation_id,
                withdraws=lambda c: c.withdraws_id,
            ),
        },
    )


def _ledger(territory: Territory, folder: Path) -> dict[str, Any]:
    """The copy, the details that its lines commit to, where it stands, signed, the key and the statements of those before;
    what the manifest says of it."""
    folder.mkdir()
    with (folder / "registre.jsonl").open("wb") as stream:
        stream.writelines(map(copies.encode_line, ledger.sealed_lines(territory)))
    details = LedgerDetail.objects.filter(line__territory=territory).order_by("line__seq")
    with (folder / "details.jsonl").open("w", encoding="utf-8") as out:
        for seq, salt, payload in details.values_list("line__seq", "salt", "payload").iterator():
            record = {"seq": seq, "salt": bytes(salt).hex(), "payload": payload}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    signed = proofs.signed_now(territory)
    (folder / "empreinte.json").write_bytes(signed.as_json() + b"\n")
    (folder / carrying.KEY).write_bytes(public_pem(ledger_keys.signing_key().public_key()))
    if changes := ledger_keys.changes_of(territory):
        (folder / carrying.KEY_CHANGES).write_bytes(keys.encode_key_changes(changes))
    return {"size": signed.size, "root": signed.root, "last": signed.last, "key": signed.key}


def _email(person: Any) -> str | None:
    return person.email if person is not None else None


def _by(row: Any) -> str | None:
    return _email(row.by)


def _name(field: str, row: Any) -> str | None:
    person = getattr(row, field)
    return person.name if person is not None else None


def _read_me(territory: Territory) -> str:
    invented = "\n**VILLE FICTIVE : données simulées.**\n" if territory.is_fictional else ""
    return f"""# Les données de {territory.name}
{invented}
Export complet, fait par Beffroi {beffroi.__version__} le {timezone.localtime():%d/%m/%Y à %H h %M}. Il peut contenir des
données personnelles : gardez-le chiffré, et effacez-le quand il ne sert plus.

| ce que c'est | où | format |
| --- | --- | --- |
| les lignes de chaque jeu, telles qu'elles sont aujourd'hui | `jeux/*/donnees.csv` | CSV, UTF-8, virgule, point décimal |
| les mêmes, avec l'origine de chaque ligne | `jeux/*/donnees.parquet` | Apache Parquet |
| les colonnes | `jeux/*/schema.json` | Table Schema |
| la fiche, et la liste des livraisons passées | `jeux/*/fiche.json`, `jeux/*/livraisons.json` | JSON |
| les lignes écartées à la lecture | `ecartees/` | Apache Parquet |
| les fichiers tels qu'ils ont été déposés | `fichiers-recus/`, `fichiers-recus.json` | ceux d'origine |
| le registre des traitements | `traitements.json` | JSON |
| les analyses et les tableaux | `analyses/`, `tableaux/` | JSON |
| les propositions des services d'IA et les décisions des personnes | `propositions.json`, `decisions.json` | JSON |
| les demandes de publication de données personnelles, leurs avis et leurs décisions | `publications.json` | JSON |
| les contestations, les cas et les systèmes corrigés | `contestations.json`, `corrections.json` | JSON |
| les services d'IA et leurs exécutions | `services-ia.json`, `executions-ia.json` | JSON |
| la vie de chaque service d'IA, ce que dit le droit | `vies-ia.json`, `droit-ia.json` | JSON |
| le comité d'éthique, les recommandations, les rapports publiés | `comite.json`, `recommandations.json`, `rapports-ia.json` | JSON |
| les brouillons, les décisions préparées, la consultation du personnel | `brouillons.json`, `preparations.json`, `usage.json` | JSON |
| les questionnaires remplis, les registres, les plans | `reponses.json`, `registres.json`, `plans.json` | JSON |
| ce que proposait l'accompagnant, ce que remplissaient des tiers | `accompagnant.json`, `tiers.json` | JSON |
| la sécurité : incidents confiés, messagerie, sites, postes | `incidents.json`, `messagerie.json`, `sites.json`, `postes.json` | JSON |
| les pièces jointes, chacune sous son empreinte | `pieces/`, `pieces.json` | ceux d'origine |
| qui a, ou a eu, quel rôle | `membres.json` | JSON |
| le registre des actes, son détail, son empreinte signée, la clé et les déclarations de celles d'avant | `registre/` | JSON, PEM |
| l'empreinte SHA-256 de chaque fichier, celle du contenu de chaque table | `{lake.MANIFEST}` | JSON |

Reprendre ce territoire chez un autre hébergeur : `beffroi territory import DOSSIER --email ADRESSE --key EMPREINTE`, où EMPREINTE
est celle de la clé de l'hébergeur d'où il vient (ou d'une clé d'avant, si `registre/cles.jsonl` la relie à celle-ci). Demandez-la-lui par un autre chemin que ce dossier (`beffroi ledger root`).
Vérifier le registre sans Beffroi en service : `beffroi ledger verify registre/registre.jsonl --root registre/empreinte.json --key registre/cle-publique.pem` (et `--keys registre/cles.jsonl`, si ce fichier y est).
"""
