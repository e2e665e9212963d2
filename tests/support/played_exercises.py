"""An invented exercise that was played on the page of a laptop, as the file that the page saves."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from beffroi.guides import Runbook
from beffroi.web.continuity.exercises import playable_page, services
from beffroi.web.platform.models import Territory

TOWN = "exercise_ransomware_town"
BEGAN = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
ANY_TOWN: Any = SimpleNamespace(code="99001", name="Ville d'Essai", is_fictional=True)


def scenario(key: str = TOWN) -> Runbook:
    found = services.scenario(key)
    assert found is not None
    return found


def page(key: str = TOWN) -> str:
    """The page of a scenario, for a town that is in no database."""
    return playable_page.document(scenario(key), ANY_TOWN)


def moment(minutes: float) -> str:
    return (
        f"{(BEGAN + timedelta(minutes=minutes)).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
    )


def event(minutes: float, act: str, **data: Any) -> dict[str, Any]:
    return {"at": moment(minutes), "act": act, "data": data}


def played(territory: Territory | Any = ANY_TOWN, **changes: Any) -> dict[str, Any]:
    """An hour of the town's scenario: a reaction, what was seen, a message of the facilitator's own, the end."""
    return {
        "format": 1,
        "nature": "EXERCICE",
        "exercise": str(uuid.uuid4()),
        "label": "Mairie, automne",
        "territory": {"code": territory.code, "name": territory.name},
        "scenario": scenario().model_dump(mode="json", by_alias=True),
        "saved_at": moment(70),
        "events": [
            event(0, "start"),
            event(2, "reaction", inject="m01", role="secretary", text="On débranche le réseau."),
            event(3, "observation", inject="m01", verdict="done", text="tout de suite"),
            event(10, "improvise", role="", medium="call", sender="Le facteur", title="Le facteur",
                  text="Il dit que le bourg est au courant.", expected="Une seule voix"),
            event(11, "reaction", inject="improvised_1", role="", text="Le maire parlera à midi."),
            event(20, "pause"),
            event(25, "resume"),
            event(65, "end"),
            event(66, "observation", inject="m05", verdict="partly", text=""),
        ],
        "corrections": [{"title": "Afficher la liste d'appel", "owner": "Mme Petit", "due_on": "2026-12-15"}],
        **changes,
    }  # fmt: skip


def raw(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
