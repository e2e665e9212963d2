"""The report made readable: its figures in French, its table of contents, what it says in brief.

In comes the report as plain data (a preview or what was frozen); out goes what the templates show. Nothing is counted anew
but lines of lists.
"""

import json
from typing import Any

from beffroi.web.ui.formats import NOTHING, counted, number
from beffroi.web.workshop.presenting import amount

from .content import AnnualReport


def plain(report: AnnualReport) -> dict[str, Any]:
    """As it would be read back from its JSON."""
    content: dict[str, Any] = json.loads(json.dumps(report.to_dict()))
    return content


def how(line: dict[str, Any]) -> str:
    """How a figure of the footprint was had, between which bounds, and what it leaves out."""
    parts = [line["how"]]
    if line["low"] is not None and line["high"] is not None and line["low"] != line["high"]:
        parts.append(f"de {amount(line['low'], line['unit'])} à {amount(line['high'], line['unit'])}")
    if line["unknown"]:
        parts.append(f"inconnu pour {number(line['unknown'])} des {number(line['executions'])} exécutions")
    return ", ".join(parts)


def contents(report: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Table of contents: anchor, title, and what is under it."""
    return [
        ("en-bref", "En bref", []),
        ("services", "Chaque service d'IA", [(f"service-{s['id']}", s["title"]) for s in report["systems"]]),
        ("empreinte", "L'empreinte de l'année", []),
        ("comite", "Le comité d'éthique", []),
        *((f"partie-{s['key']}", s["title"], []) for s in report["sections"]),
        ("recommandations", "Les recommandations des citoyens", []),
        ("methode", "Comment lire ce rapport", []),
    ]


def brief(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The year in figures: label, value, and the base under it."""
    systems, recommendations = report["systems"], report["recommendations"]
    tried = [s for s in systems if s["result"]]
    better = sum(s["result"]["recommended"] for s in tried)
    answered = sum(bool(row["answered"]) for row in recommendations)
    opinions = report["committee"]["opinions"]
    return [
        (
            "Services d'IA suivis",
            number(len(systems)),
            f"dont {sum(s['serving'] for s in systems)} en essai ou en production à la fin de la période",
        ),
        (
            "Arrêtés ou abandonnés dans l'année",
            number(sum(s["stopped_in_year"] for s in systems)),
            f"et {sum(bool(s['stop_reasons']) for s in systems)} dont l'arrêt est proposé",
        ),
        (
            "Font mieux que la façon sans IA",
            f"{number(better)} sur {number(len(tried))}" if tried else NOTHING,
            f"services mesurés sur les données de la collectivité ; {counted(len(systems) - len(tried), 'non mesuré', 'non mesurés')}",
        ),
        (
            "Exécutions malgré un avis défavorable",
            number(sum(s["usage"]["against_advice"] for s in systems)),
            "prévisions lancées, avec leur motif inscrit, alors que la mesure ne le conseillait pas",
        ),
        ("Avis du comité d'éthique publiés", number(len(opinions)), "dans l'année"),
        (
            "Recommandations de citoyens avec une réponse",
            f"{number(answered)} sur {number(len(recommendations))}" if recommendations else NOTHING,
            "reçues avant la fin de la période",
        ),
    ]


def context(report: dict[str, Any]) -> dict[str, Any]:
    """What the templates of the report need."""
    return {"report": report, "contents": contents(report), "brief": brief(report)}
