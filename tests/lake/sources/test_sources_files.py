"""A file at an address and a watched folder: what is new, what still grows, links that lead out, names that mislead."""

import os
import time
from pathlib import Path

import pytest

from beffroi.lake import sources
from beffroi.lake.readers import stage
from beffroi.lake.sources import AddressRefused, Network, NotThere, Secret
from servers import web
from servers.web import Asked, Reply
from support.clock import date_file

NOBODY = Secret()


def watched(folder: Path, **more: object) -> sources.Spec:
    return sources.parse({"kind": "folder", "path": str(folder), "quiet": 0, **more})


def test_unchanged_file_is_detected_by_its_etag(tmp_path: Path) -> None:
    def answer(request: Asked) -> Reply:
        if request.headers.get("if-none-match") == '"v1"':
            return Reply(status=304)
        return Reply("a;b\n1;2\n", headers={"ETag": '"v1"'})

    with web.serving(answer) as served:
        spec = sources.parse({"kind": "http_file", "url": served.url("/export.csv")})
        first = sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path / "1")
        second = sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path / "2", since=first.cursor)
    assert [file.name for file in first.files] == ["export.csv"] and not first.unchanged
    assert second.unchanged and second.files == () and second.cursor == first.cursor


def test_unchanged_file_is_detected_without_etag(tmp_path: Path) -> None:
    bodies = ["a\n1\n", "a\n1\n", "a\n2\n"]
    with web.serving(lambda request: Reply(bodies.pop(0))) as served:
        spec = sources.parse({"kind": "http_file", "url": served.url("/x.csv")})
        network = Network((served.host,))
        first = sources.fetch(spec, NOBODY, network, tmp_path / "1")
        second = sources.fetch(spec, NOBODY, network, tmp_path / "2", since=first.cursor)
        third = sources.fetch(spec, NOBODY, network, tmp_path / "3", since=second.cursor)
    assert (first.unchanged, second.unchanged, third.unchanged) == (False, True, False)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''d%C3%A9chets%202024.csv", "déchets 2024.csv"),
        ('attachment; filename=".bashrc"', "bashrc"),
        ('attachment; filename="a;b.csv"', "a_b.csv"),
        (None, "téléchargement.csv"),
    ],
)
def test_a_server_does_not_choose_where_its_file_goes(
    disposition: str | None, name: str, tmp_path: Path
) -> None:
    headers = {"Content-Disposition": disposition} if disposition else {}
    with web.serving(lambda request: Reply("a\n1\n", headers=headers)) as served:
        spec = sources.parse({"kind": "http_file", "url": served.url("/t%C3%A9l%C3%A9chargement.csv")})
        found = sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path)
    assert [file.parent for file in found.files] == [tmp_path] and found.files[0].name == name


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with web.serving(lambda request: Reply(status=404)) as served, pytest.raises(NotThere, match="404"):
        spec = sources.parse({"kind": "http_file", "url": served.url("/x.csv")})
        sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path)


def test_a_watched_folder_gives_what_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    (folder / "2024").mkdir(parents=True)
    (folder / "a.csv").write_text("x;y\n1;01004\n")
    (folder / "2024" / "b.csv").write_text("x;y\n1;2\n")
    (folder / "notes.txt").write_text("rien")
    network = Network(folders=(folder,))
    spec = watched(folder, pattern="*.CSV")
    first = sources.fetch(spec, NOBODY, network, tmp_path / "1")
    assert sorted(str(file.relative_to(tmp_path / "1")) for file in first.files) == ["2024/b.csv", "a.csv"]
    (folder / "a.csv").write_text("x;y\n1;2\n3;4\n")
    second = sources.fetch(spec, NOBODY, network, tmp_path / "2", since=first.cursor)
    assert [file.name for file in second.files] == ["a.csv"]
    third = sources.fetch(spec, NOBODY, network, tmp_path / "3", since=second.cursor)
    assert third.unchanged and third.files == ()
    assert stage(first.files[0], tmp_path / "staging")[0][0].rows_kept == 1


def test_a_file_that_may_still_grow_is_left_for_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "vieux.csv").write_text("a\n1\n")
    os.utime(folder / "vieux.csv", (time.time() - 600,) * 2)
    (folder / "neuf.csv").write_text("a\n1\n")
    date_file(folder / "neuf.csv")
    network = Network(folders=(folder,))
    first = sources.fetch(watched(folder, quiet=60), NOBODY, network, tmp_path / "1")
    assert [file.name for file in first.files] == ["vieux.csv"]
    assert any("neuf.csv" in note and "prochaine fois" in note for note in first.notes)
    os.utime(folder / "neuf.csv", (time.time() - 600,) * 2)
    second = sources.fetch(watched(folder, quiet=60), NOBODY, network, tmp_path / "2", since=first.cursor)
    assert [file.name for file in second.files] == ["neuf.csv"]


def test_links_that_lead_out_of_a_watched_folder_are_left(tmp_path: Path) -> None:
    folder, outside = tmp_path / "depot", tmp_path / "dehors"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n1\n")
    (folder / "lien.csv").symlink_to(outside / "secret.csv")
    (folder / "dossier").symlink_to(outside)
    (folder / "vrai.csv").write_text("a\n1\n")
    (folder / "interne.csv").symlink_to(folder / "vrai.csv")
    os.mkfifo(folder / "tuyau.csv")
    found = sources.fetch(watched(folder), NOBODY, Network(folders=(folder,)), tmp_path / "out")
    assert sorted(file.name for file in found.files) == ["interne.csv", "vrai.csv"]


@pytest.mark.parametrize(
    "path", ["/etc", "/etc/passwd", "../dehors", "relatif", "{open}/../dehors", "{open}/lien"]
)
def test_a_folder_that_was_not_opened_is_refused(path: str, tmp_path: Path) -> None:
    opened = tmp_path / "depot"
    opened.mkdir()
    (tmp_path / "dehors").mkdir()
    (opened / "lien").symlink_to(tmp_path / "dehors")
    spec = watched(Path(path.format(open=opened)))
    with pytest.raises(AddressRefused, match="ouvert"):
        sources.list_offers(spec, NOBODY, Network(folders=(opened,)))
    with pytest.raises(AddressRefused, match="ouvert"):
        sources.list_offers(spec, NOBODY, Network())


def test_missing_watched_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="n'existe pas ou plus"):
        sources.check(watched(tmp_path / "parti"), NOBODY, Network(folders=(tmp_path,)))
