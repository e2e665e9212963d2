"""Models of the reference data: a place, and the provenance of the list of places."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """French local authority, or the area that it governs.

    `kind` is commune, CC, CA, CU, METRO, EPT, département or région. `population` is the legal municipal count (for
    a group, the sum of its communes). `department` of an EPCI is where most of its people live. `members` are the
    INSEE codes of a group's communes; a commune has none.
    """

    code: str
    name: str
    kind: str
    population: int | None
    siren: str | None
    department: str | None
    region: str | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """Provenance of the list of places, displayed with every figure taken from it."""

    source: str
    version: str
    licence: str
    year: str

    def __str__(self) -> str:
        year = f", découpage {self.year}" if self.year else ""
        return f"Découpage administratif (INSEE, DGCL), paquet {self.source} {self.version}{year}, licence {self.licence}"
