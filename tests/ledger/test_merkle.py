"""Merkle proofs against the recursive definitions of RFC 6962."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.ledger import merkle

hashes = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=70)


def naive_root(leaves: list[str]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + bytes.fromhex(leaves[0])).digest()
    k = naive_split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def naive_path(m: int, leaves: list[str]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = naive_split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[str], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = naive_split(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").hexdigest()


@given(hashes)
def test_the_root_is_the_rfc_s(leaves: list[str]) -> None:
    assert merkle.root(leaves) == naive_root(leaves).hex()


@given(hashes, st.data())
def test_an_inclusion_proof_is_the_rfc_s_and_verifies_for_its_leaf_only(
    leaves: list[str], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(index, leaves)
    assert proof == [step.hex() for step in naive_path(index, leaves)]
    top = merkle.root(leaves)
    assert merkle.verify_inclusion(leaves[index], index, len(leaves), proof, top)
    other = hashlib.sha256(leaves[index].encode()).hexdigest()
    assert not merkle.verify_inclusion(other, index, len(leaves), proof, top)
    assert not merkle.verify_inclusion(leaves[index], index, len(leaves), [*proof, other], top)
    assert not merkle.verify_inclusion(leaves[index], len(leaves), len(leaves), proof, top)
    if proof:
        assert not merkle.verify_inclusion(leaves[index], index, len(leaves), proof[:-1], top)
        wrong = [hashlib.sha256(proof[0].encode()).hexdigest(), *proof[1:]]
        assert not merkle.verify_inclusion(leaves[index], index, len(leaves), wrong, top)


@given(hashes, st.data())
def test_a_consistency_proof_is_the_rfc_s_and_fails_for_a_rewritten_past(
    leaves: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency_proof(first, leaves)
    assert proof == [step.hex() for step in naive_subproof(first, leaves, True)]
    old, new = merkle.root(leaves[:first]), merkle.root(leaves)
    assert merkle.verify_consistency(first, len(leaves), old, new, proof)
    forged = hashlib.sha256(b"forged").hexdigest()
    assert not merkle.verify_consistency(first, len(leaves), forged, new, proof)
    assert not merkle.verify_consistency(first, len(leaves), old, forged, proof)


def test_every_index_and_every_prefix_of_small_trees_verifies() -> None:
    leaves = [hashlib.sha256(bytes([n])).hexdigest() for n in range(40)]
    for size in range(1, 41):
        top = merkle.root(leaves[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, leaves[:size])
            assert merkle.verify_inclusion(leaves[index], index, size, proof, top)
            steps = merkle.consistency_proof(index + 1, leaves[:size])
            assert merkle.verify_consistency(index + 1, size, merkle.root(leaves[: index + 1]), top, steps)


def test_what_is_not_a_hash_proves_nothing() -> None:
    leaf = "ab" * 32
    top = merkle.root([leaf, leaf])
    assert not merkle.verify_inclusion(leaf, 0, 2, ["zz"], top)
    assert not merkle.verify_consistency(1, 2, top, top, ["zz"])


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(3, ["ab" * 32])
    with pytest.raises(IndexError):
        merkle.consistency_proof(2, ["ab" * 32])
