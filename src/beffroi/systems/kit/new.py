"""A new system, written from an archetype: a folder that passes bronze as it is, whose TODOs are the questions of the field, in order.

Archetypes are folders of `archetypes/`, one file a file of the system, « .txt » after its name; `$id` in them is the system's id.
"""

import re
from pathlib import Path
from string import Template

ARCHETYPES = Path(__file__).parent / "archetypes"
_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")


class NotWritten(ValueError):
    """Nothing was written; the message is French."""


def archetypes() -> list[str]:
    return sorted(folder.name for folder in ARCHETYPES.iterdir() if folder.is_dir())


def write_system(identifier: str, archetype: str, into: Path) -> list[Path]:
    """Write the folder `into`/`identifier`; the files written. Raises `NotWritten` where the name or the place will not do."""
    if not _ID.fullmatch(identifier):
        raise NotWritten(
            f"« {identifier} » ne peut pas nommer un système : des lettres minuscules sans accent, des chiffres et des « _ », en "
            "commençant par une lettre. Exemple : fill_levels."
        )
    folder = into / identifier
    if folder.exists():
        raise NotWritten(f"« {folder} » existe déjà. Rien n’a été écrit : choisissez un autre nom.")
    if not into.is_dir():
        raise NotWritten(
            f"Le dossier « {into} » n’existe pas. Créez-le, ou donnez-en un autre avec « --into »."
        )
    texts = {
        file.name.removesuffix(".txt"): Template(file.read_text("utf-8")).substitute(id=identifier)
        for file in sorted((ARCHETYPES / archetype).glob("*.txt"))
    }
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in texts]
