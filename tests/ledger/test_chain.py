"""Hash chain: what was sealed verifies, and any change, move or removal is detected."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.ledger.chain import Entry, Line, clock_warnings, commit, seal, seal_all, verify
from beffroi.ledger.merkle import root

entries = st.builds(
    Entry,
    at=st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    act=st.text(min_size=1),
    actor=st.text(),
    thing=st.text(),
    commitment=st.text(string.hexdigits, min_size=64, max_size=64),
)


def chain(size: int) -> list[Line]:
    acts = (Entry(f"2026-01-01T00:00:{i % 60:02}Z", "note", f"p{i}", f"t{i}", "ab" * 32) for i in range(size))
    return list(seal_all(acts))


@given(st.lists(entries, max_size=20))
def test_a_sealed_chain_verifies_and_its_root_is_the_merkle_root_of_its_hashes(acts: list[Entry]) -> None:
    lines = list(seal_all(acts))
    found = verify(lines)
    assert found.ok
    assert found.first_bad is None
    assert found.size == len(acts)
    assert found.root == root([line.hash for line in lines])


@given(st.lists(entries, min_size=1, max_size=10), st.data())
def test_any_changed_byte_is_found_at_its_line(acts: list[Entry], data: st.DataObject) -> None:
    lines = list(seal_all(acts))
    where = data.draw(st.integers(0, len(lines) - 1))
    name = data.draw(st.sampled_from(["at", "act", "actor", "thing", "commitment", "previous", "hash"]))
    text = getattr(lines[where], name)
    at = data.draw(st.integers(0, len(text)))
    changed = data.draw(
        st.characters()
        .map(lambda letter: text[:at] + letter + text[at + 1 :])
        .filter(lambda new: new != text)
    )
    lines[where] = replace(lines[where], **{name: changed})
    found = verify(lines)
    assert not found.ok
    assert found.first_bad == where + 1
    assert found.size == where


def test_text_moved_from_one_field_to_the_next_is_found() -> None:
    lines = chain(3)
    lines[1] = replace(lines[1], act="notep", actor="1")
    assert verify(lines).first_bad == 2


def test_a_removed_a_repeated_and_a_swapped_line_are_found() -> None:
    lines = chain(5)
    assert verify(lines[:2] + lines[3:]).first_bad == 3
    assert verify([*lines[:3], lines[2], *lines[3:]]).first_bad == 4
    assert verify([lines[1], lines[0], *lines[2:]]).first_bad == 1


def test_a_past_line_rewritten_and_sealed_anew_is_found_by_the_line_that_follows() -> None:
    lines = chain(5)
    was = lines[1]
    lines[1] = seal(was.seq, was.at, "forged", was.actor, was.thing, was.commitment, was.previous)
    assert verify(lines).first_bad == 3


def test_a_batch_continues_the_chain_of_an_earlier_one() -> None:
    first = chain(4)
    more = list(seal_all([Entry("2026-01-02T00:00:00Z", "x", "y", "z", "cd" * 32)], after=first[-1]))
    assert more[0].seq == 5
    assert verify(first + more).ok


def test_twenty_thousand_lines_seal_and_verify() -> None:
    lines = chain(20_000)
    found = verify(lines)
    assert (found.ok, found.size) == (True, 20_000)


def test_a_commitment_depends_on_the_payload_and_on_the_salt_but_not_on_the_order_of_keys() -> None:
    salt = b"s" * 16
    assert commit({"a": 1, "b": "é"}, salt) == commit({"b": "é", "a": 1}, salt)
    assert commit({"a": 1}, salt) != commit({"a": 2}, salt)
    assert commit({"a": 1}, salt) != commit({"a": 1}, b"t" * 16)


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        commit({"a": 1}, b"short")


def test_a_line_dated_before_the_one_above_it_is_remarked_and_the_chain_still_verifies() -> None:
    days = ["2026-01-02", "2026-01-03", "2026-01-01", "2026-01-04"]
    found = verify(seal_all([Entry(f"{day}T08:00:00+00:00", "act", "host", "t", "ab" * 32) for day in days]))
    assert found.ok and found.out_of_order == (3,)
    (remark,) = clock_warnings(found)
    assert "ligne 3 " in remark and "d'avant la ligne du dessus" in remark
    assert clock_warnings(verify([])) == []
