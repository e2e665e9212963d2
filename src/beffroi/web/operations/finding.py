"""One finding: something missing or wrong in a home, in a sentence, and what to do about it."""

from dataclasses import asdict, dataclass
from typing import Any, Final

DATABASE: Final = "db.sqlite3"


@dataclass(frozen=True)
class Finding:
    """Something missing or wrong. `key` names it for ever, `file` stands in the home, `sha256` is what it must have.

    `stops`: nothing is served while it stands. `territory`: whose it is, "" for the whole instance. `action`: what to do, ""
    where a backup must bring back what is lost. `is_of_the_machine`: nothing is lost, and nobody can accept it.
    """

    key: str
    what: str
    file: str = ""
    sha256: str = ""
    stops: bool = False
    territory: str = ""
    action: str = ""

    @property
    def is_of_the_machine(self) -> bool:
        return self.key.startswith("machine:")

    @property
    def kind(self) -> str:
        """What sort of thing is wrong: the same for every file, table or territory."""
        return self.key.partition(":")[0]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def database_finding(what: str) -> Finding:
    return Finding("database", what, DATABASE, stops=True)
