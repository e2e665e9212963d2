"""The dial of a system: a person chooses a number after the run, and the quantities that wait follow it.

In come a use, a person and one of the manifest's options; out goes the job of a new forecast with that number, on the same
deliveries as any other. The number is kept for the forecasts to come.
"""

from django.db import transaction

from beffroi.text import format_number
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require

from .. import manifests
from ..errors import WorkshopError
from ..models import Run, SystemUse
from .runs import check, start


def turn(use: SystemUse, person: Person, option: float, *, reason: str = "", key: str | None = None) -> Job:
    """Choose this option and forecast anew. Raises `PermissionDenied`, NotAllowedToRun, WorkshopError."""
    require(person, "system.bind", use)
    dial = manifests.of(use).dial
    if dial is None:
        raise WorkshopError("Ce service n'a pas de réglage à choisir après le calcul. Rien n'a changé.")
    if option not in dial.options:
        options = ", ".join(format_number(value, "g") for value in dial.options)
        raise WorkshopError(
            f"Choisissez une valeur proposée pour « {dial.label} » : {options}. Rien n'a changé."
        )
    check(use, person, Run.Verb.RUN, reason)
    with transaction.atomic():
        locked = SystemUse.objects.of(use.territory).select_for_update(of=("self",)).get(pk=use.pk)
        use.settings = dict(locked.settings) | {dial.setting: option}
        use.save(update_fields=["settings"])
        ledger.append(
            use.territory,
            "system.dial",
            person,
            f"system:{use.system}",
            {"setting": dial.setting, "value": option},
        )
        return start(use, person, Run.Verb.RUN, settings={dial.setting: option}, reason=reason, key=key)
