"""Files that are not what a stick saved are refused whole, with a sentence that says why; nothing here changes."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.models import RestorationSite, SiteImport, SiteUpdate
from beffroi.web.continuity.restoration_site import document_signing, reading, stick_files, stick_history
from beffroi.web.continuity.restoration_site.document import DocumentError, canonical, from_data
from beffroi.web.continuity.restoration_site.errors import RestorationError
from beffroi.web.platform.models import Person
from places import strongly
from zips import flagged, renamed, with_wrong_checksum

from .restoration import on_the_stick, publish, stick_zip, taken_back, uid, write

Files = dict[str, bytes]


def files_of(archive: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(
    files: Files, *more: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in [*files.items(), *more]:
            archive.writestr(name, content)
    return out.getvalue()


def of_kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def a_link() -> zipfile.ZipInfo:
    return of_kind("cle.pem.lnk", 0o120777)


def with_false_size(archive: bytes) -> bytes:
    """It announces a small « etat.json » where it holds a large one."""
    entry = next(
        each for each in zipfile.ZipFile(io.BytesIO(archive)).infolist() if each.filename == "etat.json"
    )
    return archive.replace(entry.file_size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


BOMB = b"0" * 7_000_000
SHAPES: dict[str, tuple[Callable[[Files], bytes], str]] = {
    "a path that leaves": (lambda files: zipped(files, ("../../etat.json", b"{}")), "hors de son dossier"),
    "an absolute path": (lambda files: zipped(files, ("/etc/passwd", b"x")), "hors de son dossier"),
    "a Windows path": (lambda files: zipped(files, ("C:\\etat.json", b"x")), "hors de son dossier"),
    "a link": (lambda files: zipped(files, (a_link(), b"/etc/passwd")), "un lien"),
    "a name « . »": (lambda files: zipped(files, (".", b"x")), "hors de son dossier"),
    "an empty name": (lambda files: zipped(files, (zipfile.ZipInfo(""), b"x")), "hors de son dossier"),
    "a name cut by a NUL": (lambda files: renamed(zipped(files, ("etat.json_", b"x")), b"etat.json_", b"etat.json\0"), "hors de son dossier"),
    "a file twice": (lambda files: zipped(files, ("./etat.json", b"{}")), "deux fois"),
    "a pipe": (lambda files: zipped(files, (of_kind("tube", 0o010644), b"")), "un lien"),
    "a password": (lambda files: flagged(zipped(files), 1), "protégé"),
    "a wrong checksum": (lambda files: with_wrong_checksum(zipped(files)), "abîmé"),
    "another compression": (lambda files: zipped(files, compression=zipfile.ZIP_LZMA), "d'une façon"),
    "a bomb": (lambda files: zipped(files | {"etat.json": BOMB}), "trop gros"),
    "a bomb that lies": (lambda files: with_false_size(zipped(files | {"etat.json": BOMB})), "abîmé|trop gros"),
    "a large page": (lambda files: zipped(files | {"index.html": BOMB}), "trop gros"),
    "a large key": (lambda files: zipped(files | {"cle.pem": BOMB}), "trop gros"),
    "thousands of files": (lambda files: zipped(files, *((f"{n}.txt", b"") for n in range(1_001))), "plus de 1000"),
    "two folders": (lambda files: zipped(files, ("autre/etat.html", b"x")), "plusieurs dossiers"),
    "no document": (lambda files: zipped({"index.html": files["index.html"]}), "ne contient pas"),
    "cut short": (lambda files: zipped(files)[:-40], "abîmé"),
    "not a ZIP": (lambda files: b"PK\x03\x04 rien", "abîmé"),
    "a huge file": (lambda files: b"0" * (stick_files.MOST_FILE_BYTES + 1), "dépasse 20 Mo"),
    "another page": (lambda files: files["index.html"], "ne porte pas l'histoire"),
}  # fmt: skip


@pytest.fixture
def archive(site: RestorationSite, agent: Person, mayor: Person) -> bytes:
    first = write(site, agent)
    publish(site, mayor)
    return stick_zip(site, on_the_stick(site, {"after": [str(first.uid)]}))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_another_shape_is_refused(shape: str):
    """Pure: no town. The files are those of a page without announcement."""
    make, reason = SHAPES[shape]
    document = {
        "format": 1, "territory": {"code": "99T01", "name": "Essai", "simulated": True}, "document": uid("d"),
        "title": "Page", "languages": ["fr"], "services": [], "updates": [],
    }  # fmt: skip
    content = canonical(from_data(document))
    files = {"etat.json": content, "index.html": b"<!doctype html><title>Page</title>"}
    with pytest.raises(DocumentError, match=reason) as refusal:
        stick_files.read(make(files))
    assert "Rien n'a été repris" in str(refusal.value)


def test_a_folder_around_the_files_is_no_fault(site: RestorationSite, archive: bytes, mayor: Person):
    """As systems make it when somebody compresses the folder again."""
    inside = {f"site-99001/{name}": content for name, content in files_of(archive).items()}
    again = zipped(inside, ("__MACOSX/site-99001/._etat.json", b"x"), ("site-99001/", b""))
    assert taken_back(site, mayor, again).added == 1


def changed(files: Files, change: Callable[[dict[str, Any]], Any]) -> bytes:
    data = json.loads(files["etat.json"])
    change(data)
    return canonical(from_data(data))


def test_changed_pages_other_towns_and_false_signatures_are_refused_whole(
    site: RestorationSite, archive: bytes, mayor: Person
):
    files = files_of(archive)
    forged = changed(files, lambda data: data["updates"][-1].update(text={"fr": "Tout va bien."}))
    rewritten = changed(files, lambda data: data["updates"][0].update(text={"fr": "Tout va bien."}))
    elsewhere = changed(files, lambda data: data["territory"].update(code="99T99"))
    other_page = changed(files, lambda data: data.update(document=uid("other")))
    drill = changed(files, lambda data: data.update(exercise=True))
    unsigned = lambda content: stick_zip(site, content, is_signed=False)  # noqa: E731
    wrong = {
        "« index.html » ne dit pas": zipped(
            files | {"index.html": files["index.html"].replace(b"Cantine", b"Piscine")}
        ),
        "« plan.html » ne dit pas": zipped(files | {"plan.html": b"<p>Bonjour"}),
        "n'est pas celle de votre collectivité": zipped(
            {"etat.json": rewritten, "etat.json.sig": files["etat.json.sig"]}
        ),
        "numéro d'une autre": unsigned(forged),
        "autre collectivité": unsigned(elsewhere),
        "autre document": unsigned(other_page),
        "ou exercice": unsigned(drill),
        "n'est pas une clé": zipped(files | {"cle.pem": b"rien"}),
        "ne se lit pas": zipped({"etat.json": b"[" * 5_000}),
    }
    before = canonical(reading.draft(site))
    for reason, file in wrong.items():
        with pytest.raises(RestorationError, match=reason):
            taken_back(site, mayor, file, trusted=True)
    assert canonical(reading.draft(site)) == before
    assert (
        not SiteImport.objects.of(site.territory).exists()
        and SiteUpdate.objects.of(site.territory).count() == 1
    )


def test_a_history_that_was_not_read_is_not_written(site: RestorationSite, archive: bytes, mayor: Person):
    with pytest.raises(RestorationError, match="pas le fichier que vous avez relu"):
        stick_history.take_back(site, mayor, stick_files.read(archive), expected="0" * 64)


def test_what_is_no_key_signed_nothing():
    for key in ("", "rien", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "é"):
        assert not document_signing.verify(b"x", b"y", key)


def test_a_refusal_is_said_by_the_page_and_the_next_file_is_taken(
    client: Client, site: RestorationSite, archive: bytes, mayor: Person
):
    strongly(client, mayor)
    address = reverse("restoration-import", args=[site.territory.slug])
    for file in (zlib.compress(BOMB), zipped({"../etat.json": b"{}"}), b"", b"{}"):
        refused = client.post(address, {"file": io.BytesIO(file)})
        assert refused.status_code == 422 and "Rien n" in refused.content.decode()
    assert client.post(address, {"expected": "0", "raw": "%%%"}).status_code == 422
    assert client.post(address, {"file": io.BytesIO(archive)}).status_code == 200
