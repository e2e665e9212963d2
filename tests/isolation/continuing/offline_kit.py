"""What the continuity room holds of the offline kit, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.web.catalogue.grants import consultation
from beffroi.web.continuity.models import KitBuild, KitPhrase
from beffroi.web.continuity.offline_kit import lists, services, stored_kits
from beffroi.web.platform import sealing

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("kit-list-add", "pk"): lambda side: side.sheet.pk,
    ("kit-list-remove", "pk"): lambda side: side.kit_list.pk,
}
SHARED: dict[tuple[str, str], Any] = {}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"kit-zip"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {"continuity.kit": lambda side: []}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory. The file of its kit is written as the builder writes it, without its layout."""
    person, word = side.people["everything"], side.words.private
    for n in range(1 + side.words.more):
        side.facts["kit_list"] = lists.add(
            side.sheet,
            person,
            f"Liste {word} {n}",
            dataset=side.meals,
            processing=consultation(side.territory),
        )
        code = f"{side.words.private_word[:3].upper()}22{n}"
        stored_kits.write(side.territory, code, f"kit {word} {n}".encode())
        KitBuild.objects.create(
            territory=side.territory,
            code=code,
            sha256="0" * 64,
            size=1,
            pages=1,
            missing=[f"Il manque {word}"],
            by=person,
        )
    services.note_opening(side.territory, person, code)
    for build in KitBuild.objects.of(side.territory):
        services.download(build, person)
        KitPhrase.objects.create(territory=side.territory, sealed=sealing.seal(f"phrase {word}"), by=person)
