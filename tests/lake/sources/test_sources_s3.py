"""S3-compatible storage, on moto's server: new objects are fetched, errors are reported without any secret."""

from pathlib import Path
from typing import Any

import pytest

from beffroi.lake import sources
from beffroi.lake.sources import AddressRefused, Network, NotThere, Secret, SourceDown, TooMuch
from servers import free_port, web
from servers.s3 import S3

SECRET = Secret(user="cle", key="secret-de-la-cle")


@pytest.fixture
def bucket(s3_server: S3, request: pytest.FixtureRequest) -> str:
    name = f"depot-{abs(hash(request.node.name)) % 10**8}"
    s3_server.client.create_bucket(Bucket=name)
    return name


def spec(server: S3, bucket: str, **more: Any) -> sources.Spec:
    return sources.parse({"kind": "s3", "url": f"http://{server.host}", "bucket": bucket, **more})


def test_new_and_changed_objects_come(s3_server: S3, bucket: str, tmp_path: Path) -> None:
    s3_server.put(bucket, "export/a.csv", b"a\n1\n")
    s3_server.put(bucket, "export/2024/b.csv", b"b\n" + b"1\n" * 100_000)
    s3_server.put(bucket, "autre/c.csv", b"c\n")
    s3_server.put(bucket, "export/notes.txt", b"rien")
    source = spec(s3_server, bucket, path="export/", pattern="*.csv")
    network = Network((s3_server.host,))
    assert [offer.name for offer in sources.list_offers(source, SECRET, network)] == [
        "export/2024/b.csv",
        "export/a.csv",
    ]
    first = sources.fetch(source, SECRET, network, tmp_path / "1")
    assert sorted(file.name for file in first.files) == ["a.csv", "b.csv"] and first.size == 200_006
    s3_server.put(bucket, "export/a.csv", b"a\n2\n")
    second = sources.fetch(source, SECRET, network, tmp_path / "2", since=first.cursor)
    assert [file.read_bytes() for file in second.files] == [b"a\n2\n"]
    assert sources.fetch(source, SECRET, network, tmp_path / "3", since=second.cursor).unchanged


def test_names_of_objects_do_not_lead_out(s3_server: S3, bucket: str, tmp_path: Path) -> None:
    for name in ("a/../../../evasion.csv", "/racine.csv", "b/é à.csv", "c//d.csv"):
        s3_server.put(bucket, name, b"a\n1\n")
    found = sources.fetch(spec(s3_server, bucket), SECRET, Network((s3_server.host,)), tmp_path / "out")
    assert sorted(file.name for file in found.files) == ["d.csv", "racine.csv", "é à.csv"]
    assert all(tmp_path / "out" in file.resolve().parents for file in found.files)


def test_errors_are_reported_and_leave_no_file(s3_server: S3, bucket: str, tmp_path: Path) -> None:
    s3_server.put(bucket, "gros.csv", b"0" * (2 << 20))
    network = Network((s3_server.host,))
    with pytest.raises(NotThere, match="compartiment"):
        sources.fetch(spec(s3_server, "absent-ici"), SECRET, network, tmp_path)
    with pytest.raises(TooMuch, match="limite"):
        sources.fetch(
            spec(s3_server, bucket), SECRET, Network((s3_server.host,), max_bytes=1 << 20), tmp_path
        )
    with pytest.raises(AddressRefused, match="pas autorisé"):
        sources.fetch(spec(s3_server, bucket), SECRET, Network(("s3.fr",)), tmp_path)
    port = free_port()
    down = sources.parse({"kind": "s3", "url": f"http://127.0.0.1:{port}", "bucket": bucket})
    with pytest.raises(SourceDown) as caught:
        sources.fetch(down, SECRET, Network((f"127.0.0.1:{port}",)), tmp_path)
    assert "secret-de-la-cle" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_floods_or_answers_nonsense_is_stopped(tmp_path: Path) -> None:
    for body, message in ((b"<a>" * (1 << 20), TooMuch), (b"<html>", SourceDown)):
        with web.serving(
            lambda source, body=body: web.Reply(body, headers={"Content-Type": "application/xml"})
        ) as served:
            source = sources.parse({"kind": "s3", "url": served.url(""), "bucket": "depot"})
            with pytest.raises(message):
                sources.fetch(source, SECRET, Network((served.host,), max_bytes=1 << 20), tmp_path)
    assert list(tmp_path.iterdir()) == []
