"""First step of the catalogue: a file poured."""

from django.urls import reverse

from beffroi.web.platform.first_steps import FirstStep
from beffroi.web.platform.models import Territory

from .models import Snapshot


def first_file_step(territory: Territory) -> FirstStep:
    return FirstStep(
        "Un premier fichier",
        "Un tableur ou un export, tel que votre logiciel le donne. Vous vérifiez avant de verser.",
        reverse("upload", args=[territory.slug]),
        done=Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE).exists(),
        order=30,
    )
