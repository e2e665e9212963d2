"""Exported copy: verified as a stream, with the verdict of the chain itself; any changed byte, line or end is detected."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.ledger import copies
from beffroi.ledger.chain import GENESIS, Checkpoint, Entry, Line, Verification, seal, seal_all, verify
from beffroi.ledger.merkle import root

# Half a character (a lone surrogate) is no text: no line can hold it.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
entries = st.builds(
    Entry,
    at=texts,
    act=texts,
    actor=texts,
    thing=texts,
    commitment=st.text("0123456789abcdef", min_size=64, max_size=64),
)


def file_of(folder: Path, content: bytes) -> Path:
    file = folder / "registre.jsonl"
    file.write_bytes(content)
    return file


def a_chain(size: int) -> list[Line]:
    acts = (
        Entry(
            f"2026-01-01T00:00:{n % 60:02}Z", "dataset.pour", f"person:{n % 7}", f"dataset:{n} été", "ab" * 32
        )
        for n in range(size)
    )
    return list(seal_all(acts))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("copies")


@given(st.lists(entries, max_size=12))
def test_a_copy_reads_back_as_the_chain_that_was_written(folder: Path, acts: list[Entry]) -> None:
    lines = list(seal_all(acts))
    written = [copies.encode_line(line) for line in lines]
    assert [copies.parse_line(text) for text in written] == lines
    found = copies.verify_file(file_of(folder, b"".join(written)))
    assert found.verification == verify(lines)
    assert found.verification.ok
    assert found.reason == ""


@given(st.lists(entries, min_size=1, max_size=5), st.data())
def test_any_byte_changed_is_found_at_its_line(folder: Path, acts: list[Entry], data: st.DataObject) -> None:
    written = b"".join(copies.encode_line(line) for line in seal_all(acts))
    place = data.draw(st.integers(0, len(written) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != written[place]))
    harmed = written[:place] + bytes([other]) + written[place + 1 :]
    found = copies.verify_file(file_of(folder, harmed))
    assert not found.verification.ok
    assert found.reason
    assert found.verification.first_bad == written[:place].count(b"\n") + 1


def test_every_byte_of_a_copy_changed_in_every_bit_is_found(folder: Path) -> None:
    written = b"".join(copies.encode_line(line) for line in a_chain(3))
    for place in range(len(written)):
        for bit in range(8):
            harmed = bytearray(written)
            harmed[place] ^= 1 << bit
            found = copies.verify_file(file_of(folder, bytes(harmed))).verification
            assert not found.ok, (place, bit)


@given(st.integers(2, 30), st.data())
def test_a_line_removed_doubled_or_swapped_is_found(folder: Path, size: int, data: st.DataObject) -> None:
    written = [copies.encode_line(line) for line in a_chain(size)]
    place = data.draw(st.integers(0, size - 2))
    removed = written[:place] + written[place + 1 :]
    doubled = [*written[: place + 1], *written[place:]]
    swapped = [*written[:place], written[place + 1], written[place], *written[place + 2 :]]
    for harmed, bad in ((removed, place + 1), (doubled, place + 2), (swapped, place + 1)):
        assert copies.verify_file(file_of(folder, b"".join(harmed))).verification.first_bad == bad


def test_a_copy_cut_at_its_end_is_known_by_the_marks_that_it_never_reaches(folder: Path) -> None:
    lines = a_chain(20)
    written = [copies.encode_line(line) for line in lines]
    whole = copies.verify_file(file_of(folder, b"".join(written)), checkpoint_sizes={7, 20}).verification
    hashes = [line.hash for line in lines]
    assert whole.checkpoints == {
        7: Checkpoint(root(hashes[:7]), hashes[6]),
        20: Checkpoint(root(hashes), hashes[19]),
    }
    cut = copies.verify_file(file_of(folder, b"".join(written[:15])), checkpoint_sizes={7, 20}).verification
    assert cut.ok
    assert cut.checkpoints.keys() == {7}
    in_a_line = copies.verify_file(file_of(folder, b"".join(written)[:-9]))
    assert in_a_line.verification.first_bad == 20
    assert "coupée" in in_a_line.reason


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 9000])
def test_marks_are_right_whatever_the_size_of_what_is_read_at_once(folder: Path, size: int) -> None:
    lines = a_chain(size)
    hashes = [line.hash for line in lines]
    marks = {0, 1, size // 2, size - 1, size, size + 1}
    copy = file_of(folder, b"".join(map(copies.encode_line, lines)))
    for found in (
        copies.verify_file(copy, checkpoint_sizes=marks).verification,
        verify(lines, checkpoint_sizes=marks),
    ):
        assert found.checkpoints == {
            n: Checkpoint(root(hashes[:n]), hashes[n - 1] if n else GENESIS) for n in marks if n <= size
        }


def both(folder: Path, lines: list[Line]) -> tuple[Verification, Verification]:
    copy = file_of(folder, b"".join(map(copies.encode_line, lines)))
    return copies.verify_file(copy).verification, verify(lines)


@given(st.lists(entries, min_size=2, max_size=8), st.data())
def test_a_copy_gets_the_verdict_of_the_chain_whatever_line_was_forged(
    folder: Path, acts: list[Entry], data: st.DataObject
) -> None:
    lines = list(seal_all(acts))
    place = data.draw(st.integers(0, len(lines) - 1))
    name = data.draw(
        st.sampled_from(["seq", "at", "act", "actor", "thing", "commitment", "previous", "hash"])
    )
    value = data.draw(st.integers(-3, 12)) if name == "seq" else data.draw(texts)
    lines[place] = replace(lines[place], **{name: value})
    copy, chain = both(folder, lines)
    assert copy == chain


def test_a_hash_of_something_written_otherwise_is_refused_as_the_chain_refuses_it(folder: Path) -> None:
    """A forger who hashes what the file holds rather than what it means gets nowhere."""
    from hashlib import sha256

    honest = copies.encode_line(seal(1, "2026", "x", "y", "A", "c"))
    for escaped in (rb"\u0041", b"A\tB", "é".encode("latin-1"), rb"\/"):
        hashed = b'[1,"2026","x","y","' + escaped + b'","c","' + GENESIS.encode() + b'"]'
        forged = honest.replace(b'"thing": "A"', b'"thing": "' + escaped + b'"')
        forged = re.sub(rb'"hash": "\w+"', b'"hash": "' + sha256(hashed).hexdigest().encode() + b'"', forged)
        assert not copies.verify_file(file_of(folder, forged)).verification.ok, escaped


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"bonjour\n", "pas une ligne de registre"),
        (b"[1, 2]\n", "pas une ligne de registre"),
        (b'{"seq": 1}\n', "pas une ligne de registre"),
        (b"\xff\xfe\n", "pas une ligne de registre"),
        (b"\n", "pas une ligne de registre"),
        (b"[" * 20_000 + b"\n", "pas une ligne de registre"),
        (b"x" * 200_000, "coupée"),
    ],
)
def test_a_file_that_is_no_ledger_is_reported(folder: Path, content: bytes, words: str) -> None:
    found = copies.verify_file(file_of(folder, content))
    assert found.verification.first_bad == 1
    assert words in found.reason


def test_a_file_resaved_by_another_program_is_reported(folder: Path) -> None:
    written = b"".join(copies.encode_line(line) for line in a_chain(2))
    assert "fins de ligne" in copies.verify_file(file_of(folder, written.replace(b"\n", b"\r\n"))).reason
    assert "dernier caractère" in copies.verify_file(file_of(folder, written[:-1])).reason
    tight = json.dumps(json.loads(written.splitlines()[0]), separators=(",", ":")).encode() + b"\n"
    assert "n'est pas écrite comme" in copies.verify_file(file_of(folder, tight)).reason
