"""What the workshop adds to an auditor's evidence pack: the cards of the systems in use and their last measured results."""

import json
from collections.abc import Iterator

from beffroi.web.territories.evidence import Paper
from beffroi.web.territories.models import Territory

from . import cards
from .models import Run, SystemUse


def systems(territory: Territory) -> Iterator[Paper]:
    """One file a system: what it is for, its limits, its legal answers, how it fared on the territory's own data."""
    for use in SystemUse.objects.of(territory).select_related("supervisor").order_by("system"):
        found = cards.card(territory, use.system)
        last = use.runs.filter(state=Run.State.DONE).first()
        told = {
            "carte": found.to_dict() if found else {"id": use.system, "installé": False},
            "superviseur": str(use.supervisor or ""),
            "dernière exécution": last
            and {"nature": last.get_verb_display(), "le": last.at.isoformat(), "version": last.version,
                 "résultat": last.score, "empreinte": last.footprint},
        }  # fmt: skip
        text = json.dumps(told, ensure_ascii=False, indent=1, default=str)
        yield Paper(f"services-ia/{use.system}.json", f"Service d'IA {use.system}", text.encode())
