"""Publication to CKAN and data.gouv.fr: created once, then updated; other datasets untouched, tokens undisclosed."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.sources import AccessRefused, AddressRefused, Network, Secret, SourceDown, SourceError
from beffroi.lake.sources.push import Publication, Pushed, parse, push
from servers import web
from servers.portals import TOKEN, Ckan, Udata

SECRET = Secret(token=TOKEN)
WHAT = Publication("jeu-1", "menus-2024", "Menus 2024", "Les menus des écoles.", tags=("école", "repas"))


class Portal:
    """A portal that runs, whichever it is."""

    def __init__(self, kind: str, server: Any, served: web.Web) -> None:
        self.kind, self.server, self.web = kind, server, served
        self.spec = parse({"kind": kind, "url": served.url("").rstrip("/"), "organization": "ville"})

    def push(self, file: Path, what: Publication = WHAT, secret: Secret = SECRET) -> Pushed:
        return push(self.spec, secret, Network((self.web.host,)), what, file, title="menus.csv")

    @property
    def datasets(self) -> list[dict[str, Any]]:
        return list((self.server.packages if self.kind == "ckan" else self.server.datasets).values())


@pytest.fixture(params=["ckan", "datagouv"])
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    server = Ckan() if request.param == "ckan" else Udata()
    with web.serving(server) as served:
        yield Portal(request.param, server, served)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes("jour;plat\n2024-01-01;Bœuf\n".encode() + b"x;y\r\n--" * 50_000)
    return path


def test_a_dataset_is_made_once_then_changed_in_place(portal: Portal, file: Path) -> None:
    first = portal.push(file)
    file.write_bytes(b"jour;plat\n2024-01-02;Riz\n")
    second = portal.push(file, replace(WHAT, title="Menus de 2024"))
    assert (first.created, second.created) == (True, False)
    assert (first.dataset, first.resource) == (second.dataset, second.resource)
    assert len(portal.datasets) == 1 and portal.datasets[0]["title"] == "Menus de 2024"
    assert list(portal.server.files.values()) == [b"jour;plat\n2024-01-02;Riz\n"]
    assert len(portal.datasets[0]["resources"]) == 1
    assert TOKEN not in f"{first!r}{SECRET!r}"


def test_a_file_arrives_byte_for_byte(portal: Portal, file: Path) -> None:
    pushed = portal.push(file)
    assert portal.server.files[pushed.resource] == file.read_bytes()


def test_the_same_file_is_not_sent_twice(portal: Portal, file: Path) -> None:
    portal.push(file)
    again = portal.push(file)
    assert again.unchanged and portal.server.uploads == 1


def test_own_dataset_is_found_among_many(portal: Portal, file: Path) -> None:
    for number in range(5):
        portal.push(file, replace(WHAT, key=f"autre-{number}", name=f"autre-{number}"))
    first = portal.push(file)
    assert portal.push(file).dataset == first.dataset and len(portal.datasets) == 6


def test_wrong_token_is_reported_and_never_disclosed(
    portal: Portal, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AccessRefused, match="jeton") as caught:
        portal.push(file, secret=Secret(token="faux-jeton-secret"))
    portal.push(file)
    disclosed = f"{caught.value!r}{caught.value.__cause__!r}{caplog.text}"
    assert "faux-jeton-secret" not in disclosed and TOKEN not in disclosed
    with pytest.raises(SourceError, match="jeton d'accès"):
        portal.push(file, secret=Secret())


def test_a_portal_that_is_not_allowed_receives_nothing(portal: Portal, file: Path) -> None:
    with pytest.raises(AddressRefused):
        push(portal.spec, SECRET, Network(("autre.fr",)), WHAT, file)
    assert portal.web.asked == []


def test_dataset_of_someone_else_is_not_modified(file: Path) -> None:
    server = Ckan(
        packages={"menus-2024": {"id": "p0", "name": "menus-2024", "title": "À eux", "resources": []}}
    )
    with web.serving(server) as served, pytest.raises(SourceError, match="ne vient pas d'ici"):
        Portal("ckan", server, served).push(file)
    assert server.packages["menus-2024"]["title"] == "À eux" and server.uploads == 0


def test_a_portal_that_fails_in_the_middle_is_taken_up_again(file: Path) -> None:
    server = Ckan(fails=True)
    with web.serving(server) as served:
        portal = Portal("ckan", server, served)
        with pytest.raises(SourceDown, match="Recommencez plus tard"):
            portal.push(file)
        server.fails = False
        pushed = portal.push(file)
    assert (
        not pushed.created
        and len(server.packages) == 1
        and server.files[pushed.resource] == file.read_bytes()
    )
