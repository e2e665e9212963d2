"""SFTP on the distribution's OpenSSH: the server's key is pinned, files that are new come, links and traps are left."""

from pathlib import Path
from typing import Any

import pytest

from beffroi.lake import sources
from beffroi.lake.sources import AccessRefused, Network, NotThere, Secret, SourceDown, SourceError, TooMuch
from servers import free_port, sftp, sftp_by_password
from servers.sftp import Sftp


@pytest.fixture
def depot(sftp_server: Sftp, tmp_path: Path) -> Path:
    folder = tmp_path / "depot"
    folder.mkdir()
    return folder


def spec(server: Sftp, folder: Path, **more: Any) -> sources.Spec:
    return sources.parse(
        {"kind": "sftp", "host": "127.0.0.1", "port": server.port, "path": str(folder), **more}
    )


def learnt(server: Sftp, folder: Path, **more: Any) -> sources.Spec:
    return sources.pin_host_key(spec(server, folder, **more), secret(server), network(server))


def secret(server: Sftp) -> Secret:
    return Secret(user=server.user, key=server.key)


def network(server: Sftp, **more: Any) -> Network:
    return Network((f"127.0.0.1:{server.port}",), **more)


def test_host_key_is_pinned_at_first_use_and_checked_again(sftp_server: Sftp, depot: Path) -> None:
    (depot / "a.csv").write_text("a\n1\n")
    with pytest.raises(SourceError, match="pas encore été retenue"):
        sources.check(spec(sftp_server, depot), secret(sftp_server), network(sftp_server))
    known = learnt(sftp_server, depot)
    assert known.host_key.startswith("ssh-ed25519 SHA256:")  # type: ignore[union-attr]
    assert "1 fichier" in sources.check(known, secret(sftp_server), network(sftp_server))
    assert sources.pin_host_key(known, secret(sftp_server), network(sftp_server)) == known


def test_another_key_is_refused_before_anyone_is_named(sftp_server: Sftp, depot: Path) -> None:
    known = learnt(sftp_server, depot)
    with sftp.serving() as impostor:
        moved = known.model_copy(update={"port": impostor.port})
        with pytest.raises(AccessRefused, match="pris sa place"):
            sources.check(moved, secret(impostor), network(impostor))
        assert "Accepted" not in (impostor.folder / "log").read_text()
    other_kind = known.model_copy(update={"host_key": "ssh-rsa SHA256:autre"})
    with pytest.raises(AccessRefused, match="pris sa place"):
        sources.check(other_kind, secret(sftp_server), network(sftp_server))


def test_new_and_changed_files_come_folders_below_included(
    sftp_server: Sftp, depot: Path, tmp_path: Path
) -> None:
    (depot / "2024").mkdir()
    (depot / "a.csv").write_text("a\n1\n")
    (depot / "2024" / "b.csv").write_bytes(b"b\n" + b"1\n" * 200_000)
    (depot / "notes.txt").write_text("rien")
    (depot / "lien.csv").symlink_to("/etc/passwd")
    known = learnt(sftp_server, depot, pattern="*.csv")
    first = sources.fetch(known, secret(sftp_server), network(sftp_server), tmp_path / "1")
    assert sorted(str(file.relative_to(tmp_path / "1")) for file in first.files) == ["2024/b.csv", "a.csv"]
    assert (tmp_path / "1" / "2024" / "b.csv").read_bytes() == (depot / "2024" / "b.csv").read_bytes()
    (depot / "a.csv").write_text("a\n1\n2\n")
    second = sources.fetch(
        known, secret(sftp_server), network(sftp_server), tmp_path / "2", since=first.cursor
    )
    assert [file.name for file in second.files] == ["a.csv"]
    third = sources.fetch(
        known, secret(sftp_server), network(sftp_server), tmp_path / "3", since=second.cursor
    )
    assert third.unchanged


def test_errors_are_reported_and_leave_no_file(sftp_server: Sftp, depot: Path, tmp_path: Path) -> None:
    (depot / "gros.csv").write_bytes(b"0" * (4 << 20))
    known = learnt(sftp_server, depot)
    out = tmp_path / "out"
    with pytest.raises(AccessRefused, match="refuse ce nom"):
        sources.fetch(known, Secret(user=sftp_server.user, password="faux-mot"), network(sftp_server), out)
    with pytest.raises(AccessRefused, match="clé privée"):
        sources.fetch(known, Secret(user=sftp_server.user, key="pas une clé"), network(sftp_server), out)
    with pytest.raises(NotThere, match="n'existe pas"):
        missing = known.model_copy(update={"path": str(depot / "parti")})
        sources.fetch(missing, secret(sftp_server), network(sftp_server), out)
    with pytest.raises(TooMuch, match="limite"):
        sources.fetch(known, secret(sftp_server), network(sftp_server, max_bytes=1 << 20), out)
    down = known.model_copy(update={"port": free_port()})
    with pytest.raises(SourceDown):
        sources.fetch(down, secret(sftp_server), Network((f"127.0.0.1:{down.port}",)), out)  # type: ignore[union-attr]
    assert list(out.iterdir()) == []


def test_a_server_that_is_not_allowed_is_not_reached(sftp_server: Sftp, depot: Path) -> None:
    with pytest.raises(sources.AddressRefused):
        sources.pin_host_key(spec(sftp_server, depot), secret(sftp_server), Network(("autre.fr",)))


def test_password_opens_a_server_and_a_wrong_one_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "a.csv").write_text("a\n1\n")
    caplog.set_level("DEBUG")
    with sftp_by_password.serving(folder) as port:
        network = Network((f"127.0.0.1:{port}",))
        known = sources.parse({"kind": "sftp", "host": "127.0.0.1", "port": port})
        known = sources.pin_host_key(known, Secret(), network)
        right = Secret(sftp_by_password.USER, sftp_by_password.PASSWORD)
        fetched = sources.fetch(known, right, network, tmp_path / "1")
        assert [file.read_text() for file in fetched.files] == ["a\n1\n"]
        with pytest.raises(AccessRefused, match="mot de passe"):
            sources.fetch(known, Secret(sftp_by_password.USER, "faux-mot"), network, tmp_path / "2")
    assert "faux-mot" not in caplog.text and sftp_by_password.PASSWORD not in caplog.text
