"""Systems that must be backed up: entries of the register `backed_up_systems`, with what is expected of their backups."""

from dataclasses import dataclass
from typing import Final

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Territory

REGISTER: Final = "backed_up_systems"
LIMIT_HOURS: Final = 48.0
PROOF_DAYS: Final = 90


@dataclass(frozen=True)
class System:
    """`limit_hours`: the age that its last backup may have; `proof_days`: how long a proven restore counts."""

    entry: RegisterEntry
    name: str
    what: str
    limit_hours: float
    proof_days: int
    keeper: str

    @classmethod
    def of(cls, entry: RegisterEntry) -> "System":
        values = entry.values
        return cls(
            entry,
            str(values["name"]),
            str(values.get("what") or ""),
            float(values.get("limit_hours") or LIMIT_HOURS),
            int(values.get("proof_days") or PROOF_DAYS),
            str(values.get("keeper") or ""),
        )


def register_guide() -> Register:
    return guide(Register, REGISTER)


def systems_of(territory: Territory) -> list[System]:
    return [System.of(entry) for entry in registers.entries_of(territory, register_guide())]
