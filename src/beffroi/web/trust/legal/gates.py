"""The gates of the law in a system's life: what is prohibited or refused, whether the questions are answered, the papers.

In comes a use; out goes a `Judgement` with what is missing and the page where to act, or the evidence frozen with the step.
No parameter opens the first one for a prohibited use: there is none.
"""

from django.urls import reverse
from django.utils import timezone

from beffroi.systems import law
from beffroi.text import long_date
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.workshop.life.gates import REQUIRED, Gate, Judgement
from beffroi.web.workshop.models import SystemUse

from ..models import LegalAnswer
from . import reading


def gates() -> list[Gate]:
    """The gates of the law, before the states that the workshop says."""
    judges = {"prohibited": _prohibited, "legal": _legal, "papers": _papers}
    # What the second one forbids, the first one does, in the same words.
    return [Gate(key, *REQUIRED[key], judge, forbids=key == "prohibited") for key, judge in judges.items()]


def _prohibited(use: SystemUse) -> Judgement:
    """Shut on a prohibited or refused use, on a purpose that says one, and until these questions are answered."""
    latest, result, url = _today(use)
    evidence = _evidence(latest, result)
    if reading.manifest(use) is None:
        return _not_installed(evidence, url)
    if result.closed:
        return Judgement(False, _closed(result), evidence, url, forbidden=True)
    open_ones = _open_on_what_is_forbidden(result)
    if open_ones:
        return Judgement(False, _to_answer(open_ones), evidence, url)
    return Judgement(
        True,
        f"Aucun usage interdit ni refusé d'après les réponses données. {result.disclaimer}",
        evidence,
        url,
    )


def _legal(use: SystemUse) -> Judgement:
    """Shut until everything is answered by today's rules, less than a year ago."""
    latest, result, url = _today(use)
    evidence = _evidence(latest, result)
    if reading.manifest(use) is None:
        return _not_installed(evidence, url)
    if latest is None:
        return Judgement(
            False, "Personne n'a encore répondu aux questions de droit sur ce système.", evidence, url
        )
    if again := reading.stale(latest, timezone.localdate()):
        return Judgement(False, again, evidence, url)
    if result.closed:
        return Judgement(False, _closed(result), evidence, url, forbidden=True)
    if not result.settled:
        return Judgement(False, _to_answer(list(result.open_questions)), evidence, url)
    return Judgement(True, f"Classe : {result.label}. {result.disclaimer}", evidence, url)


def _papers(use: SystemUse) -> Judgement:
    """Shut on a high-risk system without its impact assessment or its certificate."""
    _, result, url = _today(use)
    if not result.needs_file:
        return Judgement(True, f"Pas de dossier à tenir : {result.label}.", {"class": result.risk}, url)
    papers = reading.papers(use)
    if papers.assessment is None or papers.certificate is None:
        message = f"Ce système est à haut risque. Il manque {' et '.join(papers.missing)}."
        return Judgement(False, message, {"class": result.risk}, url)
    papers_evidence = {"assessment": papers.assessment.pk, "certificate": papers.certificate.pk}
    return Judgement(
        True, "L'analyse d'impact et le certificat sont là.", {"class": result.risk} | papers_evidence, url
    )


@cached_read
def _today(use: SystemUse) -> tuple[LegalAnswer | None, law.LegalResult, str]:
    latest = reading.last_answer(use)
    url = reverse("trust-law", kwargs={"slug": use.territory.slug, "system": use.system})
    return latest, reading.as_of(use, timezone.localdate(), latest), url


def _evidence(latest: LegalAnswer | None, result: law.LegalResult) -> dict[str, object]:
    return {
        "class": result.risk,
        "at_least": result.at_least,
        "refused": result.refused,
        "rules_version": result.rules_version,
        "as_of": result.as_of.isoformat(),
        "answer": latest.pk if latest else None,
        "answered_at": latest.at.isoformat() if latest else None,
        "reasons": [reason.told for reason in result.reasons],
    }


def _closed(result: law.LegalResult) -> str:
    """Which uses close the gate, each with its article, source and date."""
    lines = []
    for reason in result.reasons:
        if reason.effect in ("prohibited", "refused"):
            cited = " ; ".join(
                f"{c.article}, {c.when}, relevé le {long_date(c.read_on)}" for c in reason.cited
            )
            lines.append(f"{reason.told} {f'({cited}).' if cited else ''}".strip())
    return " ".join(["Cet usage n'est pas permis, et personne ne peut passer outre.", *lines, "(Indicatif.)"])


def _open_on_what_is_forbidden(result: law.LegalResult) -> list[str]:
    """The open questions of the themes where forbidden uses are asked."""
    rules = law.load_rules()
    themes = {fact.theme for fact in rules.facts if fact.brings in ("prohibited", "refused")}
    in_themes = {fact.key for fact in rules.facts if fact.theme in themes}
    return [key for key in result.open_questions if key in in_themes]


def _to_answer(keys: list[str]) -> str:
    rules, today = law.load_rules(), timezone.localdate()
    first = rules.fact(keys[0])
    question_text = rules.worded(first.label, today) if first else keys[0]
    more = f" et {len(keys) - 1} autre{'s' if len(keys) > 2 else ''}" if len(keys) > 1 else ""
    return f"Il reste à répondre à « {question_text} »{more}. « Ne sait pas » ne suffit pas : demandez, puis répondez."


def _not_installed(evidence: dict[str, object], url: str) -> Judgement:
    return Judgement(
        False,
        "Ce système n'est plus installé : sa fiche ne peut pas être lue. Prévenez la personne qui gère l'installation.",
        evidence,
        url,
    )
