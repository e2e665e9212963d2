"""The document of the restoration page: what is refused, what is merged, what is signed."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from beffroi.web.continuity.restoration_site import document_signing
from beffroi.web.continuity.restoration_site.document import (
    Document,
    DocumentError,
    canonical,
    conflicts,
    current,
    from_data,
    merge,
    parse,
)

from .restoration import a_document, an_update, uid


def sent(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def test_a_document_comes_back_the_same_from_its_canonical_bytes():
    document = parse(sent(a_document(an_update("one"), an_update("two", after=[uid("one")]))))
    assert parse(canonical(document)) == document
    assert canonical(parse(canonical(document))) == canonical(document)
    assert b" :" not in canonical(document) and b'"exercise"' not in canonical(document)


HOSTILE = {
    "not json": b"<html>",
    "not utf-8": b'{"format": 1, "title": "\xff"}',
    "a list": b"[]",
    "too deep": b"[" * 200_000,
    "10 MB": sent(a_document()) + b" " * 10_000_000,
    "10,000 updates": sent(a_document(*(an_update(str(n)) for n in range(10_000)))),
    "a key twice": b'{"format":1,"format":1}',
    "a number without end": b'{"format": NaN}',
    "another format": sent(a_document(format=2)),
    "an identifier that is none": sent(a_document(an_update("one", id="../../etc/passwd"))),
    "an identifier in capitals": sent(a_document(an_update("one", id=uid("one").upper()))),
    "an identifier twice": sent(a_document(an_update("one"), an_update("one"))),
    "an unknown service": sent(a_document(an_update("one", "pool"))),
    "a service that is a path": sent(a_document(services=[{"key": "../x", "name": {"fr": "X"}}])),
    "an unknown state": sent(a_document(an_update("one", state="on fire"))),
    "a language that is a path": sent(a_document(languages=["fr", "../en"])),
    "no French": sent(a_document(languages=["en"])),
    "a follower of nothing": sent(a_document(an_update("one", after=[uid("nothing")]))),
    "a follower of another service": sent(
        a_document(an_update("one", "civil"), an_update("two", after=[uid("one")]))
    ),
    "a circle": sent(
        a_document(an_update("one", after=[uid("two")]), an_update("two", after=[uid("one")]))
    ),
    "a text without end": sent(a_document(an_update("one", text={"fr": "a" * 1_501}))),
    "a control character": sent(a_document(an_update("one", text={"fr": "a\x00b"}))),
    "a line turned round": sent(a_document(an_update("one", text={"fr": "a\u202eb"}))),
    "half a character": b'{"format":1,"title":"\\ud800"}',
    "a day without its hour": sent(a_document(an_update("one", at="2026-11-29"))),
    "the year 9999": sent(a_document(an_update("one", at="9999-12-31T23:59:59-12:00"))),
    "a number for a text": sent(a_document(title=12)),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_refused_in_french(content: bytes):
    with pytest.raises(DocumentError, match=r"Rien n'a été repris\.$"):
        parse(content)


def test_the_state_of_a_service_is_its_last_update_and_two_followers_are_a_conflict():
    first = an_update("first")
    here = an_update("here", after=[uid("first")], at="2026-11-29T09:00:00+01:00", state="degraded")
    there = an_update("there", after=[uid("first")], at="2026-11-29T08:30:00Z", state="works")
    document = from_data(a_document(first, here, there))
    assert current(document)["canteen"].id == uid("there")  # 9.30 here
    assert [each.id for each in conflicts(document)["canteen"]] == [uid("here"), uid("there")]
    choice = an_update("choice", after=[uid("here"), uid("there")], at="2026-11-29T11:00:00+01:00")
    chosen = from_data(a_document(first, here, there, choice))
    assert conflicts(chosen) == {} and current(chosen)["canteen"].id == uid("choice")


def test_histories_of_other_pages_and_changed_updates_are_not_merged():
    one = from_data(a_document(an_update("one")))
    for other in (
        a_document(document=uid("another")),
        a_document(territory={"code": "99T02", "name": "Brumelande", "simulated": True}),
        a_document(exercise=True),
        a_document(an_update("one", state="works")),
    ):
        with pytest.raises(DocumentError):
            merge(one, from_data(other))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Document, Document, Document]:
    """Three documents that share a beginning: the platform's and two sticks'."""
    count = draw(st.integers(0, 12))
    made: list[dict[str, Any]] = []
    for n in range(count):
        service = draw(st.sampled_from(["canteen", "civil"]))
        before = [each["id"] for each in made if each["service"] == service]
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        minute = draw(st.integers(0, 59))
        made.append(
            an_update(str(n), service, after=after, at=f"2026-11-29T08:{minute:02}:00+01:00",
                      state=draw(st.sampled_from(["stopped", "degraded", "works"])))
        )  # fmt: skip
    documents = []
    for _ in range(3):
        chosen: set[str] = set()
        for each in made:  # a document that has an update has those that it follows
            if draw(st.booleans()) and set(each["after"]) <= chosen:
                chosen.add(each["id"])
        more = draw(st.sampled_from(([], [{"key": "pool", "name": {"fr": "Piscine"}}])))
        title = draw(st.sampled_from(["Vos services", "La panne"]))
        data = a_document(*(each for each in made if each["id"] in chosen), title=title)
        documents.append(from_data(data | {"services": [*data["services"], *more]}))
    return documents[0], documents[1], documents[2]


@given(histories())
def test_merging_loses_nothing_whatever_the_order_and_the_repetition(three: tuple[Document, ...]):
    one, two, third = three
    both = merge(one, two)
    assert canonical(both) == canonical(merge(two, one))
    assert canonical(merge(both, two)) == canonical(both) == canonical(merge(both, both))
    assert canonical(merge(both, third)) == canonical(merge(one, merge(two, third)))
    for source in (one, two):
        assert all(each in both.updates for each in source.updates)
        assert {each.key for each in source.services} <= {each.key for each in both.services}
    assert len(both.updates) == len({each.id for each in (*one.updates, *two.updates)})


def test_a_signature_is_read_by_openssl_and_that_of_a_browser_by_us(tmp_path: Path):
    private, public = document_signing.new_key()
    content = canonical(from_data(a_document(an_update("one"))))
    signature = document_signing.sign(content, private)
    for name, data in (("etat.json", content), ("etat.json.sig", signature), ("cle.pem", public.encode())):
        (tmp_path / name).write_bytes(data)
    assert shutil.which("openssl")
    command = ["openssl", "dgst", "-sha256", "-verify", "cle.pem", "-signature", "etat.json.sig", "etat.json"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b"Verified OK\n"
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signature))
    assert document_signing.verify(content, raw, public)
    assert document_signing.verify(content, base64.b64encode(raw) + b"\n", public)
    assert not document_signing.verify(content + b" ", signature, public)
    assert not document_signing.verify(content, b"", public) and not document_signing.verify(
        content, b"\0" * 64, public
    )
    assert not document_signing.verify(content, signature, document_signing.new_key()[1])
    assert len(document_signing.fingerprint(public).split()) == 16
