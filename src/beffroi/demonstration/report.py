"""What the main job did, as one JSON document; every figure is read back from the database, none is assumed."""

from typing import Any

from beffroi.web.catalogue.lifecycle import FolderReport
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Territory
from beffroi.web.studio.models import Board
from beffroi.web.workshop.models import Run, SystemUse

from .pages import Walk

type Report = dict[str, Any]


def report_of(
    territory: Territory,
    gathered: FolderReport,
    pages: list[str],
    walks: list[Walk],
    lived: list[Walk],
    seconds: dict[str, float],
) -> Report:
    verification = ledger.verify(territory)
    return {
        "territory": {
            "code": territory.code,
            "name": territory.name,
            "kind": territory.kind,
            "population": territory.population,
            "members": len(territory.members),
            "fictional": territory.is_fictional,
        },
        "datasets": [_snapshot_summary(snapshot) for snapshot in gathered.snapshots],
        "refused": [{"file": refused.file, "reason": refused.reason} for refused in gathered.refused],
        "boards": [
            {"name": board.title, "figures": board.figures.count()} for board in Board.objects.of(territory)
        ],
        "systems": [_system(use) for use in SystemUse.objects.of(territory) if not use.declared],
        "proposals": Proposal.objects.of(territory).count(),
        "decisions": Decision.objects.of(territory).count(),
        "ledger": {"size": verification.size, "root": verification.root, "verified": verification.ok},
        "pages": pages,
        "security": [vars(walk) for walk in walks],
        "continuity": [vars(walk) for walk in lived],
        "seconds": seconds,
    }


def _snapshot_summary(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.dataset.title,
        "file": snapshot.file,
        "rows_read": snapshot.rows_read,
        "rows_kept": snapshot.rows_stored,
        "rows_quarantined": snapshot.rows_quarantined,
        "snapshot": snapshot.number,
    }


def _system(use: SystemUse) -> dict[str, Any]:
    """The last measured result; a system that the data do not allow says why and has no figure."""
    runs = use.runs.filter(verb=Run.Verb.BACKTEST)
    run = runs.filter(state=Run.State.DONE).first()
    if run is None:
        failed = runs.first()
        reason = (
            failed.message
            if failed
            else "Les données rassemblées ne contiennent pas les colonnes nécessaires."
        )
        return {"id": use.system, "metric": None, "value": None, "baseline": None, "interval_coverage": None,
                "recommended": False, "energy_wh": None, "reason": reason}  # fmt: skip
    score = run.score
    return {
        "id": use.system,
        "metric": score["metric"],
        "value": score["value"],
        "baseline": score["baseline"],
        "interval_coverage": score["interval_coverage"],
        "recommended": score["recommended"],
        "energy_wh": run.footprint["energy"]["value"],
        "others": score.get("others", {}),
        "verdict": score.get("verdict", ""),
    }
