"""What the trust room adds to an auditor's evidence pack: every answer of law as it was given, and the papers of high risk."""

import json
from collections.abc import Iterator

from beffroi.systems import law
from beffroi.web.territories.evidence import Paper
from beffroi.web.territories.models import Territory
from beffroi.web.workshop.models import SystemUse

from .legal import reading


def legal_papers(territory: Territory) -> Iterator[Paper]:
    """One file a system: its answers with their justifications, what the rules of each day made of them, its papers."""
    for use in SystemUse.objects.of(territory).order_by("system"):
        told = {
            "système": reading.title(use),
            "indicatif": "Classes données par les règles de Beffroi ; une personne compétente confirme.",
            "règles d'aujourd'hui": law.read().version,
            "réponses": [
                {"le": row.at.isoformat(), "par": str(row.person), "en qualité de": row.signed_role,
                 "règles": row.rules_version, "classe": row.get_risk_class_display(), "refusé": row.refused,
                 "réponses": row.answers, "résultat": row.result}
                for row in use.legal_answers.select_related("person")
            ],
            "analyses d'impact": [
                {"le": row.at.isoformat(), "par": str(row.person), "points": row.answers}
                for row in use.impact_assessments.select_related("person")
            ],
            "certificats": [
                {"référence": row.text, "délivré par": row.body, "le": row.date.isoformat(), "adresse": row.url}
                for row in use.certificates.all()
            ],
        }  # fmt: skip
        text = json.dumps(told, ensure_ascii=False, indent=1)
        yield Paper(f"droit/{use.system}.json", f"Droit du service d'IA {use.system}", text.encode())
