"""Failures of an execution: a French message for the person, the detail for the operator's log.

In comes how the child ended and what it answered; `SystemFailed` is raised, or nothing when all went well.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.lake.processes import Limits
from beffroi.systems import footprint as cost
from beffroi.systems.answer_limits import ANSWER_LIMITS, AnswerTooLarge
from beffroi.systems.replies import ContractViolation
from beffroi.systems.settings import SettingBounds
from beffroi.traces import quoted

NOTHING_STORED = "Rien n’a été enregistré de ce calcul."


class SystemFailed(Exception):
    """A failed execution; the message is French, for the person. `detail` is for the operator's log only.

    `setting_bounds`: what the data allow, where a setting was beyond it.
    """

    def __init__(
        self, message: str, *, kind: str, detail: str = "", footprint: cost.Footprint | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind  # données | isolement | limite | panne | réponse | inconnu
        self.detail = detail
        self.footprint = footprint
        self.setting_bounds: SettingBounds = {}


@dataclass(frozen=True)
class ChildResult:
    code: int
    timed_out: bool
    isolation: str
    reply: dict[str, Any]
    stderr: str
    footprint: cost.Footprint


def raise_on_failure(ended: ChildResult, title: str, limits: Limits) -> None:
    """Raise `SystemFailed` unless the execution went through."""

    def fail(kind: str, message: str) -> SystemFailed:
        return SystemFailed(
            f"{message} {NOTHING_STORED}",
            kind=kind,
            detail=str(ended.reply.get("detail", "")) or quoted(ended.stderr),
            footprint=ended.footprint,
        )

    if ended.timed_out:
        raise fail(
            "limite",
            f"« {title} » n’avait pas fini au bout de {limits.wall_seconds:.0f} secondes : le calcul a été arrêté. "
            "Réduisez la période ou le nombre de lieux, ou demandez à l’exploitant d’augmenter la limite de durée.",
        )
    match ended.reply.get("status"):
        case "ok":
            return
        case "bad_input":
            raise fail("données", _sentence(str(ended.reply.get("message", ""))[: ANSWER_LIMITS.text]))
        case "isolation":
            raise fail(
                "isolement",
                f"« {title} » n’a pas été lancé : cette machine ne sait pas l’isoler ({str(ended.reply.get('message'))[: ANSWER_LIMITS.text]}). "
                "Demandez à l’exploitant d’autoriser les espaces de noms utilisateur, ou d’accepter un isolement partiel.",
            )
        case "memory":
            raise fail(
                "limite", f"« {title} » a demandé plus que {limits.memory_mb} Mo de mémoire et a été arrêté."
            )
        case "cpu":
            raise fail(
                "limite",
                f"« {title} » a dépassé {limits.cpu_seconds} secondes de processeur et a été arrêté.",
            )
        case "processes":
            raise fail("limite", f"« {title} » a lancé trop de processus à la fois et a été arrêté.")
        case "too_much":
            raise fail("limite", str(ended.reply.get("message", ""))[: ANSWER_LIMITS.text])
        case "invalid":
            raise fail(
                "réponse",
                f"« {title} » a rendu une réponse hors contrat : {str(ended.reply.get('message'))[: ANSWER_LIMITS.text]}.",
            )
        case "library":
            raise fail(
                "panne",
                f"« {title} » a besoin de la bibliothèque « {str(ended.reply.get('message'))[: ANSWER_LIMITS.text]} », qui n’est pas "
                "installée ici. Vos données ne sont pas en cause ; demandez à l’exploitant de l’installer avec Beffroi.",
            )
        case "crash":
            raise fail(
                "panne",
                f"« {title} » s’est arrêté sur une erreur de programmation. Vos données ne sont pas en cause ; "
                "prévenez l’exploitant, qui trouvera le détail dans son journal.",
            )
    if ended.footprint.cpu_s >= limits.cpu_seconds - 1:
        raise fail(
            "limite", f"« {title} » a dépassé {limits.cpu_seconds} secondes de processeur et a été arrêté."
        )
    raise fail(
        "panne", f"« {title} » s’est interrompu sans répondre (code {ended.code}). Prévenez l’exploitant."
    )


def unreadable_answer(error: ContractViolation | AnswerTooLarge, ended: ChildResult) -> SystemFailed:
    too_much = isinstance(error, AnswerTooLarge)
    return SystemFailed(
        f"{error if too_much else 'Le système a rendu une réponse hors contrat.'} {NOTHING_STORED}",
        kind="limite" if too_much else "réponse",
        detail=str(error),
        footprint=ended.footprint,
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
