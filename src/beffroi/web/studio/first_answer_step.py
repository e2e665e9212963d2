"""First step of the studio: an answer on a board."""

from django.urls import reverse

from beffroi.web.platform.first_steps import FirstStep
from beffroi.web.platform.models import Territory

from .models import BoardFigure


def first_answer_step(territory: Territory) -> FirstStep:
    return FirstStep(
        "Une première réponse sur un tableau",
        "Une question posée à vos données, gardée sur un tableau que vous pouvez partager.",
        reverse("new-analysis", args=[territory.slug]),
        done=BoardFigure.objects.filter(board__territory=territory).exists(),
        order=40,
    )
