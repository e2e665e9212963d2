"""The DTPR signs of a system: what it is for, what it does, reads and keeps, who answers, computed from what is declared.

In come a use and its manifest; out go signs with French words and the name of a packaged icon. What nobody declared has no
sign: nothing is guessed. Icons and taxonomy: DTPR, CC BY 4.0 (`icons/LICENCE.txt`).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from beffroi.systems.manifest import Manifest
from beffroi.web.workshop.models import Origin, SystemUse

from ..legal import reading

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Sign:
    """One sign: its DTPR id, its category and words in French, its icon."""

    id: str
    category: str
    title: str
    icon: str


@cache
def taxonomy() -> dict[str, Any]:
    return tomllib.loads((_HERE / "dtpr.toml").read_text("utf-8"))


@cache
def drawing(icon: str) -> str:
    """The SVG of a packaged icon, as it is drawn in a page. KeyError for one that is not packaged."""
    if icon not in {element["icon"] for element in taxonomy()["elements"].values()}:
        raise KeyError(icon)
    return (_HERE / "icons" / f"{icon}.svg").read_text("utf-8").strip()


def of(use: SystemUse, manifest: Manifest) -> tuple[Sign, ...]:
    """The signs of a system, in the order of the categories."""
    keys = [
        _purpose(manifest),
        "institution",
        *_modes(use),
        *_technique(use),
        *_reads(use, manifest),
        *_gives(use, manifest),
        "available_to_the_accountable_organization",
        *(["available_to_vendor"] if use.origin == Origin.HOSTED else []),
        "data_retained" if manifest.legal.personal_data else "no_personal_data_retained",
        "stored_on_3rd_party_cloud" if use.origin == Origin.HOSTED else "stored_locally",
        "right_contest",
        "right_to_human_review",
        *(["right_algorithmic_transparency"] if manifest.legal.individual_decision else []),
    ]
    return tuple(_sign(key) for key in dict.fromkeys(keys))


def _sign(key: str) -> Sign:
    element = taxonomy()["elements"][key]
    return Sign(key, taxonomy()["categories"][element["category"]], element["title"], element["icon"])


def _purpose(manifest: Manifest) -> str:
    purposes = taxonomy()["purposes"]
    found = next((purposes[key] for key in manifest.competences if key in purposes), None)
    return found or ("inform" if manifest.level == "informs" else "planning_decision_making")


def _answered_yes(use: SystemUse, *questions: str) -> bool:
    """Whether a person answered yes to one of these questions of law."""
    answers = reading.saved_answers(reading.last_answer(use))
    return any(key in answers and answers[key].answer == "yes" for key in questions)


def _sees(use: SystemUse) -> bool:
    return _answered_yes(use, "street_vision", "biometrics", "live_identification", "emotions")


def _creates(use: SystemUse) -> bool:
    return _answered_yes(use, "generates", "deep_fake", "public_text")


def _modes(use: SystemUse) -> list[str]:
    found = ["generative_mode"] if _creates(use) else []
    found += ["perceptive_mode"] if _sees(use) else []
    # What runs here is measured against a figure: it analyses. What a supplier sells may be anything.
    return found or ([] if use.declared else ["analytical_mode"])


def _technique(use: SystemUse) -> list[str]:
    if _sees(use):
        return ["computer_vision"]
    return [] if use.declared or _creates(use) else ["classification_prediction"]


def _reads(use: SystemUse, manifest: Manifest) -> list[str]:
    found = ["input_biometric"] if _answered_yes(use, "biometrics", "live_identification") else []
    return [*found, "input_personal" if manifest.legal.personal_data else "input_operational_data"]


def _gives(use: SystemUse, manifest: Manifest) -> list[str]:
    found = ["output_generated_content"] if _creates(use) else []
    if manifest.level == "informs":
        return found or ["output_about_a_measurement"]
    return [*found, "output_recommendation"]
