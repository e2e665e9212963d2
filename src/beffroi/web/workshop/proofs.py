"""What the workshop adds to an auditor's evidence pack: the cards of the systems in use and their last measured results."""

import json
from collections.abc import Iterator

from beffroi.web.platform.evidence import Paper
from beffroi.web.platform.models import Territory

from . import cards
from .models import Run, SystemUse


def systems(territory: Territory) -> Iterator[Paper]:
    """One file a system: what it is for, its limits, its legal answers, how it fared on the territory's own data."""
    for use in SystemUse.objects.of(territory).select_related("supervisor").order_by("system"):
        found = cards.card(territory, use.system)
        last = use.runs.filter(state=Run.State.DONE).first()
        content = {
            "carte": found.to_dict() if found else {"id": use.system, "installé": False},
            "superviseur": str(use.supervisor or ""),
            "étape": use.get_state_display(),
            "étapes franchies": [
                {"le": step.at.isoformat(), "de": step.get_start_display(), "à": step.get_state_display(),
                 "par": str(step.person), "motif": step.reason, "conditions": step.gates, "chiffres": step.figures}
                for step in use.steps.select_related("person")
            ],
            "questionnaires": [
                {"le": sheet.at.isoformat(), "par": str(sheet.by), "questionnaire": sheet.kind, "réponses": sheet.answers}
                for sheet in use.sheets.select_related("by")
            ],
            "options comparées": [
                {"le": one.at.isoformat(), "façon de faire": one.name, "avec IA": one.with_ai, "résultat": one.value,
                 "cas": one.sample, "période": one.period, "origine": one.get_how_display(), "méthode": one.method}
                for one in use.options.all()
            ],
            "examens de qualité": [
                {"le": one.at.isoformat(), "version": one.version, "niveau": one.tier, "points": one.report.get("points", [])}
                for one in use.examinations.all()
            ],
            "dernière exécution": last
            and {"nature": last.get_verb_display(), "le": last.at.isoformat(), "version": last.version,
                 "résultat": last.score, "empreinte": last.footprint},
        }  # fmt: skip
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
        yield Paper(f"services-ia/{use.system}.json", f"Service d'IA {use.system}", text.encode())
