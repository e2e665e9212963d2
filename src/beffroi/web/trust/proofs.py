"""What the trust room adds to an auditor's evidence pack: the answers of law and the papers of high risk, the ethics committee."""

import json
from collections.abc import Iterator

from beffroi.systems import law
from beffroi.web.platform.evidence import Paper
from beffroi.web.platform.models import Territory
from beffroi.web.workshop.models import SystemUse

from .legal import reading
from .models import BodyDecision, Interest, Opinion, Seat, Session


def legal_papers(territory: Territory) -> Iterator[Paper]:
    """Papers of law, one file a system: its answers with their justifications, what the rules of each day made of them, its papers."""
    for use in SystemUse.objects.of(territory).order_by("system"):
        content = {
            "système": reading.title(use),
            "indicatif": "Classes données par les règles de Beffroi ; une personne compétente confirme.",
            "règles d'aujourd'hui": law.load_rules().version,
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
        text = json.dumps(content, ensure_ascii=False, indent=1)
        yield Paper(f"droit/{use.system}.json", f"Droit du service d'IA {use.system}", text.encode())


def committee(territory: Territory) -> Iterator[Paper]:
    """Who sits, what was declared, the sessions, the opinions and what was decided against them."""
    content = {
        "membres": [
            {"nom": seat.name, "fonction": seat.function, "qualité": seat.get_quality_display(), "choisi": seat.chosen,
             "intérêts": seat.interests, "depuis": seat.since.isoformat(), "jusqu'au": seat.until and seat.until.isoformat()}
            for seat in Seat.objects.of(territory)
        ],
        "intérêts déclarés": [
            {"le": one.at.isoformat(), "membre": str(one.seat), "système": one.use.system, "conflit": one.conflict,
             "déclaré": one.words}
            for one in Interest.objects.of(territory).select_related("seat", "use")
        ],
        "séances": [
            {"le": one.session_date.isoformat(), "lieu": one.place, "présents": one.present, "compte rendu": one.minutes}
            for one in Session.objects.of(territory)
        ],
        "avis": [
            {"le": one.at.isoformat(), "système": one.use.system, "version": one.version, "avis": one.get_verdict_display(),
             "motifs": one.text, "réserves": one.reserves, "pour": one.votes_for, "contre": one.votes_against,
             "abstentions": one.votes_none, "publié le": one.published_at and one.published_at.isoformat()}
            for one in Opinion.objects.of(territory).select_related("use")
        ],
        "délibérations contraires": [
            {"assemblée": one.body, "référence": one.reference, "le": one.day.isoformat(), "motifs": one.reason}
            for one in BodyDecision.objects.of(territory)
        ],
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, indent=1)
    yield Paper("comite-ethique.json", "Comité d'éthique : membres, intérêts, séances, avis", text.encode())
