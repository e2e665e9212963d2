"""Key changes of a chain: each root counts under the key of its time, and under no other."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beffroi.ledger import chain, merkle
from beffroi.ledger.chain import GENESIS, Checkpoint
from beffroi.ledger.keys import (
    KeyChange,
    KeyHistory,
    encode_key_changes,
    key_identifier,
    parse_key_change,
    parse_key_changes,
    sign_change,
)
from beffroi.ledger.roots import SignedRoot, fingerprint, sign

FIRST, SECOND, THIRD, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(4))
LINES = list(
    chain.seal_all(
        chain.Entry(
            f"2026-01-{day:02}T00:00:00+00:00",
            chain.RENEWAL if day in (5, 9) else "dataset.deposit",
            "host",
            {5: key_identifier(SECOND.public_key()), 9: key_identifier(THIRD.public_key())}.get(
                day, "delivery:1"
            ),
            "00" * 32,
        )
        for day in range(1, 12)
    )
)


def mark(size: int) -> Checkpoint:
    hashes = [line.hash for line in LINES[:size]]
    return Checkpoint(merkle.root(hashes), hashes[-1] if hashes else GENESIS)


def root(key: Ed25519PrivateKey, size: int, at: str = "") -> SignedRoot:
    return sign(key, "host", size, mark(size), at or LINES[size - 1].at)


def change(former, new, line: int, *, size: int = 0, stolen: bool = False) -> KeyChange:
    upto = size if stolen else line - 1
    return sign_change(
        former,
        new,
        chain="host",
        line=line,
        size=upto,
        checkpoint=mark(upto),
        at=LINES[line - 1].at,
        stolen=stolen,
    )


TWO = [change(FIRST, SECOND, 5), change(SECOND, THIRD, 9)]


@pytest.mark.parametrize("anchor", [FIRST, SECOND, THIRD])
def test_each_root_counts_by_the_key_of_its_time_from_whichever_key_one_trusts(anchor):
    history = KeyHistory(anchor.public_key(), TWO)
    for key, size in ((FIRST, 1), (FIRST, 4), (SECOND, 5), (SECOND, 8), (THIRD, 9), (THIRD, 11)):
        assert history.rejection_reason(root(key, size)) == "", (key, size)
    assert "autre clé" in history.rejection_reason(root(STRANGER, 3))


@pytest.mark.parametrize("anchor", [FIRST, THIRD])
def test_a_root_of_a_former_key_after_its_exchange_is_refused(anchor):
    history = KeyHistory(anchor.public_key(), TWO)
    for late in (root(FIRST, 5), root(FIRST, 11), root(SECOND, 9), root(FIRST, 4, at=LINES[5].at)):
        assert "clé remplacée" in history.rejection_reason(late)
    rewritten = sign(FIRST, "host", 4, Checkpoint("ab" * 32, "cd" * 32), LINES[3].at)
    assert "contredit" in history.rejection_reason(rewritten)
    assert "signature est fausse" in history.rejection_reason(replace(root(FIRST, 3), size=2))


def test_a_stolen_key_vouches_for_nobody_and_counts_up_to_the_last_trusted_line():
    stolen = [change(FIRST, SECOND, 5, size=2, stolen=True)]
    assert stolen[0].endorsement == ""
    old = KeyHistory(FIRST.public_key(), stolen)
    assert "déclarée volée" in old.rejection_reason(root(SECOND, 6))
    assert "volée" in old.rejection_reason(root(FIRST, 3)) and old.rejection_reason(root(FIRST, 2)) == ""
    new = KeyHistory(SECOND.public_key(), stolen)
    assert new.rejection_reason(root(FIRST, 2)) == new.rejection_reason(root(SECOND, 6)) == ""
    assert "volée" in new.rejection_reason(root(FIRST, 3))
    assert new.is_doubtful(root(FIRST, 3))
    assert not new.is_doubtful(root(FIRST, 5)) and not new.is_doubtful(root(FIRST, 2))


def test_what_a_key_vouched_for_after_it_was_stolen_does_not_count():
    stolen = change(SECOND, THIRD, 9, size=3, stolen=True)
    history = KeyHistory(THIRD.public_key(), [TWO[0], stolen])
    assert history.rejection_reason(root(FIRST, 2)) != "" != history.rejection_reason(root(SECOND, 5))
    later = change(SECOND, THIRD, 9, size=6, stolen=True)
    assert KeyHistory(THIRD.public_key(), [TWO[0], later]).rejection_reason(root(FIRST, 2)) == ""


def test_a_statement_that_was_changed_or_that_a_key_did_not_sign_is_refused():
    good = TWO[0]
    forged = sign_change(
        STRANGER, SECOND, chain="host", line=5, size=4, checkpoint=mark(4), at=good.at
    )  # signed by a stranger, in the first key's name
    for false in (
        replace(good, size=3),
        replace(good, at="2027"),
        replace(good, stolen=True),
        replace(good, endorsement="00" * 64),
        replace(good, endorsement=""),
        replace(forged, former=good.former),
        replace(good, key=TWO[1].key),
    ):
        with pytest.raises(ValueError, match="n'est pas signée"):
            KeyHistory(FIRST.public_key(), [false])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([TWO[0], change(FIRST, THIRD, 9)], "la même clé"),
        ([TWO[0], change(STRANGER, SECOND, 9)], "la même"),
        (
            [
                TWO[0],
                sign_change(SECOND, THIRD, chain="autre", line=9, size=8, checkpoint=mark(8), at="2026"),
            ],
            "plusieurs registres",
        ),
    ],
)
def test_statements_that_contradict_each_other_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        KeyHistory(FIRST.public_key(), changes)


def test_statements_are_compared_with_the_chain_they_speak_of():
    renewals = [line for line in LINES if line.act == chain.RENEWAL]
    marks = {size: mark(size) for size in (4, 8)}
    history = KeyHistory(THIRD.public_key(), TWO)
    assert history.find_mismatch(renewals, marks) == ""
    assert "n'est pas dans le registre" in history.find_mismatch(renewals[:1], marks)
    assert "aucune déclaration" in KeyHistory(SECOND.public_key(), TWO[:1]).find_mismatch(renewals, marks)
    assert "ne déclare pas ce registre" in history.find_mismatch(renewals, marks | {8: mark(7)})
    # Whoever stole the first key unseen can endorse a key of theirs: the chain does not hold its line.
    thief = KeyHistory(FIRST.public_key(), [change(FIRST, STRANGER, 5)])
    assert "ne donne pas la clé" in thief.find_mismatch(renewals[:1], marks)


def test_a_file_of_statements_is_parsed_and_a_wrong_one_is_explained():
    assert parse_key_changes(encode_key_changes(TWO)) == TWO
    assert parse_key_changes(b"") == []
    content = TWO[0].to_dict()
    for wrong, words in (
        ([], "pas une déclaration"),
        ({**content, "more": 1}, "pas une déclaration"),
        ({**content, "line": "5"}, "« line »"),
        ({**content, "stolen": 1}, "« stolen »"),
        ({**content, "former": "AB" * 32}, "« former »"),
        ({**content, "endorsement": ""}, "« endorsement »"),
        ({**content, "size": -1}, "« size »"),
    ):
        with pytest.raises(ValueError, match=words):
            parse_key_change(wrong)
    assert TWO[0].new_fingerprint == fingerprint(SECOND.public_key())
