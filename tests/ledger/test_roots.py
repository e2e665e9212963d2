"""Signed roots and proofs as files: valid ones verify, changed, truncated or swapped ones do not."""

import json
import stat
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from beffroi.ledger import merkle
from beffroi.ledger.chain import Checkpoint, Entry, Line, seal_all
from beffroi.ledger.proofs import ConsistencyProof, InclusionProof, Proof, read_proof
from beffroi.ledger.roots import (
    SignedRoot,
    ensure_key,
    load_private_key,
    public_pem,
    read_public_key,
    read_root,
    read_roots,
    sign,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LINES = list(seal_all(Entry("2026-01-01T00:00:00Z", "x", "host", f"t:{n}", "ab" * 32) for n in range(40)))
HASHES = [line.hash for line in LINES]


def signed(size: int) -> SignedRoot:
    return sign(
        KEY,
        "territory/ville",
        size,
        Checkpoint(merkle.root(HASHES[:size]), HASHES[size - 1]),
        "2026-01-02T00:00:00+00:00",
    )


def test_a_root_is_signed_and_comes_back_from_its_json() -> None:
    made = signed(12)
    assert made.is_signed_by(KEY.public_key())
    assert read_root(made.as_json()) == made
    assert read_roots(made.as_json() + b"\n" + signed(13).as_json() + b"\n") == [made, signed(13)]
    assert read_root(b"\xef\xbb\xbf" + made.as_json()) == made  # as some editors save it


@given(st.data())
def test_whatever_is_changed_in_a_root_breaks_its_signature(data: st.DataObject) -> None:
    made = signed(12)
    name = data.draw(st.sampled_from(["chain", "size", "root", "last", "at", "key", "signature"]))
    old = getattr(made, name)
    if name == "size":
        new = data.draw(st.integers(0, 1 << 40))
    elif name in ("chain", "at"):
        new = data.draw(st.text(st.characters(exclude_categories=["Cs"])))
    else:
        new = data.draw(st.text("0123456789abcdef", min_size=len(old), max_size=len(old)))
    changed = replace(made, **{name: new})
    assert changed.is_signed_by(KEY.public_key()) == (new == old)


def test_another_key_did_not_sign_it() -> None:
    assert not signed(3).is_signed_by(Ed25519PrivateKey.generate().public_key())


def test_the_signature_is_one_that_openssl_verifies(tmp_path: Path) -> None:
    """As docs/registre.md says: no part of Beffroi is needed."""
    made = signed(12)
    (tmp_path / "cle.pem").write_bytes(public_pem(KEY.public_key()))
    fields = ["beffroi root 1", made.chain, made.size, made.root, made.last, made.at, made.key]
    (tmp_path / "texte").write_text(json.dumps(fields, separators=(",", ":"), ensure_ascii=False))
    (tmp_path / "signature").write_bytes(bytes.fromhex(made.signature))
    done = subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "cle.pem",
            "-rawin",
            "-in",
            "texte",
            "-sigfile",
            "signature",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"  \n", "vide"),
        (b"{", "pas du JSON"),
        (b"\xff", "pas un fichier de texte"),
        (b"{}", "pas une empreinte"),
        (b"null", "pas une empreinte"),
        (json.dumps(json.loads(signed(2).as_json()) | {"plus": 1}).encode(), "pas une empreinte"),
        (json.dumps(json.loads(signed(2).as_json()) | {"size": 2.0}).encode(), "« size »"),
        (json.dumps(json.loads(signed(2).as_json()) | {"size": -1}).encode(), "« size »"),
        (json.dumps(json.loads(signed(2).as_json()) | {"root": "é" * 64}).encode(), "« root »"),
    ],
)
def test_a_file_that_is_no_root_is_explained(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_root(content)


def test_a_file_that_is_no_public_key_is_explained(tmp_path: Path) -> None:
    assert read_public_key(public_pem(KEY.public_key())) == KEY.public_key()
    ensure_key(tmp_path / "cle")
    for content, words in (
        ((tmp_path / "cle").read_bytes(), "clé privée"),
        (b"bonjour", "pas une clé publique"),
        (b"", "pas une clé publique"),
    ):
        with pytest.raises(ValueError, match=words):
            read_public_key(content)


def test_the_instance_s_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    threads = [threading.Thread(target=ensure_key, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = path.read_bytes()
    ensure_key(path)
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.key"]
    assert isinstance(load_private_key(path), Ed25519PrivateKey)
    path.write_bytes(b"perdue")
    with pytest.raises(ValueError, match="illisible"):
        load_private_key(path)


def inclusion(seq: int, size: int) -> InclusionProof:
    return InclusionProof(LINES[seq - 1], tuple(merkle.inclusion_proof(seq - 1, HASHES[:size])), signed(size))


def consistency(first: int, size: int) -> ConsistencyProof:
    path = tuple(merkle.consistency_proof(first, HASHES[:size]))
    return ConsistencyProof(first, merkle.root(HASHES[:first]), path, signed(size))


PROOFS: list[Proof] = [
    inclusion(1, 1),
    inclusion(5, 12),
    inclusion(40, 40),
    consistency(1, 40),
    consistency(8, 9),
    consistency(7, 7),
]


@pytest.mark.parametrize("proof", PROOFS)
def test_a_serialized_proof_is_still_valid(proof: Proof) -> None:
    back = read_proof(proof.as_json())
    assert back == proof
    assert back.is_valid()


@given(st.sampled_from(PROOFS), st.data())
def test_whatever_byte_is_changed_in_a_proof_it_no_longer_shows_the_same(
    proof: Proof, data: st.DataObject
) -> None:
    text = proof.as_json()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != text[place]))
    try:
        back = read_proof(text[:place] + bytes([other]) + text[place + 1 :])
    except ValueError:
        return
    if back.is_valid() and back.root.is_signed_by(KEY.public_key()):
        assert back == proof  # a space, somewhere


def test_a_proof_of_another_line_or_another_past_does_not_hold() -> None:
    assert not replace(inclusion(5, 12), line=LINES[5]).is_valid()
    forged: Line = replace(LINES[4], thing="t:999")
    assert not replace(inclusion(5, 12), line=forged).is_valid()
    assert not replace(consistency(8, 20), earlier="ab" * 32).is_valid()
    assert not replace(consistency(8, 20), size=9).is_valid()
    assert not replace(consistency(8, 20), size=0).is_valid()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "pas du JSON"),
        (b"[]", "pas une preuve"),
        (b'{"proof": "autre"}', "pas une preuve"),
        (b'{"proof": "inclusion", "line": {}, "path": [], "root": {}}', "la ligne"),
        (b'{"proof": "consistency", "size": "1", "earlier": "", "path": [], "root": {}}', "le début"),
    ],
)
def test_a_file_that_is_no_proof_is_explained(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_proof(content)
