"""Read-only scripts that list a machine for the register `devices`: their text, their SHA-256, who tried them. Nothing runs here."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from beffroi.guides import CONTENT, Register
from beffroi.hashing import text_sha256
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission

FOLDER: Final = CONTENT / "cyber" / "scripts"
TRIALS: Final = "script_trials"
NAMES: Final = {"windows": "inventaire-windows.ps1", "linux": "inventaire-linux.sh"}
TITLES: Final = {"windows": "Windows (PowerShell)", "linux": "Linux (shell)"}


@dataclass(frozen=True)
class Script:
    """A script as it is delivered. `tested`: whether it runs in the tests of Beffroi."""

    key: str
    name: str
    title: str
    text: str
    sha256: str
    tested: bool

    def is_of(self, trial: dict[str, Any]) -> bool:
        """Whether a trial was of this script as it is today."""
        return trial["script"] == self.key and self.sha256.startswith(trial["sha256"].strip().lower())


@lru_cache(maxsize=1)
def scripts() -> tuple[Script, ...]:
    found = []
    for key, name in NAMES.items():
        text = (FOLDER / name).read_text("utf-8")
        found.append(Script(key, name, TITLES[key], text, text_sha256(text), key == "linux"))
    return tuple(found)


@requires("cyber.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Each script with its text, its hash, and its last trial in this territory."""
    trials = registers.entries_of(request.territory, guide(Register, TRIALS))
    trials.sort(key=lambda row: row.values["tried_on"])
    last = {each.key: row.values for each in scripts() for row in trials if each.is_of(row.values)}
    context = {
        "lines": [(each, last.get(each.key)) for each in scripts()],
        "trials": TRIALS,
        "may_answer": Permission(request.user, "cyber.answer", request.territory),
    }
    return render(request, "cyber/scripts.html", context)


@requires("cyber.read")
def download(request: HttpRequest, name: str) -> HttpResponse:
    """One script, to be read before it is run."""
    script = next((each for each in scripts() if each.name == name), None)
    if script is None:
        raise Http404
    # Windows PowerShell 5.1 reads accents only after a mark of order of bytes.
    content = script.text.encode("utf-8-sig" if script.key == "windows" else "utf-8")
    return HttpResponse(
        content,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{script.name}"'},
    )


urlpatterns = [
    path("scripts/", list_page, name="cyber-scripts"),
    path("scripts/<str:name>", download, name="cyber-script"),
]
