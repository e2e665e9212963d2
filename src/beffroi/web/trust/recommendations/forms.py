"""Forms of citizens' recommendations, sections of their guide: one more, and what becomes of it."""

from typing import Any

from beffroi.web.guides.forms import SectionForm

from ..models import Recommendation, RecommendationStep
from .services import PATHS


class RecommendationForm(SectionForm):
    questionnaire, section = "recommendations", "recommendation"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"origin": Recommendation.Origin.choices}, **kwargs)


class StepForm(SectionForm):
    questionnaire, section = "recommendations", "step"

    def __init__(self, state: str, *args: Any, **kwargs: Any) -> None:
        labels = dict(RecommendationStep.State.choices)
        super().__init__(*args, choices={"state": [(key, labels[key]) for key in PATHS[state]]}, **kwargs)
