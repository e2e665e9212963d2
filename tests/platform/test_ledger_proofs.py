"""Signed roots and proofs of a chain in the database: right at every size, and a kept root says what became of the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection
from django.db.models.sql import compiler

from beffroi.home import Home
from beffroi.ledger import chain, merkle
from beffroi.ledger.chain import Checkpoint
from beffroi.ledger.roots import read_roots, sign
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.ledger import LedgerError, NewLine, keys, proofs
from beffroi.web.platform.models import LedgerBlock, Territory
from places import a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = Home(tmp_path / "home")
    settings.HOME.create(demo=True)
    return settings.HOME


def lengthen(town: Territory, lines: int) -> None:
    ledger.append_many(
        town, [NewLine("dataset.deposit", None, f"delivery:{n}", {"n": n}) for n in range(lines)]
    )


def hashes(town: Territory) -> list[str]:
    return [line.hash for line in ledger.sealed_lines(town)]


@pytest.mark.parametrize("size", [1, 2, 1023, 1024, 1025, 2048, 2500])
def test_roots_and_proofs_from_blocks_are_those_of_all_the_lines(size):
    town = a_territory()
    lengthen(town, size - 1)
    every = hashes(town)
    assert proofs.signed_now(town).root == merkle.root(every)
    assert LedgerBlock.objects.count() == size // 1024
    for seq in {1, 2, 1023, 1024, 1025, 2048, size - 1, size} & set(range(1, size + 1)):
        included = proofs.inclusion(town, ledger.lines_of(town).get(seq=seq))
        assert list(included.path) == merkle.inclusion_proof(seq - 1, every)
        assert included.is_valid()
        extended = proofs.consistency(town, seq)
        assert list(extended.path) == merkle.consistency_proof(seq, every)
        assert extended.earlier == merkle.root(every[:seq])
        assert extended.is_valid()


def test_a_proof_of_a_long_chain_reads_few_rows(django_assert_max_num_queries):
    town = a_territory()
    lengthen(town, 9 * 1024 + 100)
    line = ledger.lines_of(town).get(seq=5000)
    with django_assert_max_num_queries(40), _counted_rows() as rows:
        assert proofs.inclusion(town, line).is_valid()
    assert 0 < sum(rows) < 3 * 1024


@contextmanager
def _counted_rows() -> Iterator[list[int]]:
    """How many rows each fetch of the statements inside brought."""
    counts: list[int] = []
    fetch = compiler.cursor_iter

    def counting(*arguments):
        for rows in fetch(*arguments):
            counts.append(len(rows))
            yield rows

    compiler.cursor_iter = counting
    try:
        yield counts
    finally:
        compiler.cursor_iter = fetch


def test_blocks_that_are_missing_are_read_from_the_lines():
    town = a_territory()
    lengthen(town, 3000)
    before = proofs.signed_now(town).root
    with connection.cursor() as cursor:
        cursor.execute(_without_rule("platform_ledgerblock_no_delete"))
        cursor.execute("DELETE FROM platform_ledgerblock")
    assert proofs.signed_now(town).root == before
    assert ledger.verify(town).ok


def _without_rule(name: str) -> str:
    if connection.vendor == "postgresql":
        pytest.skip("the application's role cannot remove the rules of PostgreSQL")
    return f"DROP TRIGGER {name}"


def test_a_saved_root_is_the_beginning_of_a_chain_that_only_grew():
    town = a_territory()
    saved = proofs.signed_now(town)
    lengthen(town, 1500)
    found = proofs.compare(town, saved)
    assert (found.why, found.proof.size, found.proof.earlier) == ("", 1, saved.root)
    assert found.proof.is_valid()
    assert found.proof.root.size == 1501


def test_a_saved_root_proves_a_past_that_was_rewritten_even_when_the_chain_verifies():
    town = a_territory()
    lengthen(town, 10)
    saved = proofs.signed_now(town)
    lines = list(ledger.sealed_lines(town))
    forged = list(
        chain.seal_all(
            chain.Entry(x.at, x.act, x.actor, "delivery:999" if x.seq == 5 else x.thing, x.commitment)
            for x in lines
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(_without_rule("platform_ledgerline_no_update"))
        for line in forged:
            cursor.execute(
                "UPDATE platform_ledgerline SET thing = %s, previous = %s, hash = %s WHERE seq = %s AND territory_id = %s",
                [line.thing, line.previous, line.hash, line.seq, town.pk],
            )
    assert ledger.verify(town).ok
    found = proofs.compare(town, saved)
    assert found.proof is None
    assert "le passé a été changé" in found.why


def test_a_saved_root_longer_than_the_chain_another_s_and_a_false_one_are_each_named():
    town, other = a_territory(), a_territory("Ailleurs", code="99T02")
    saved = proofs.signed_now(town)
    with scope.nowhere():
        assert "autre registre" in proofs.compare(other, saved).why
    assert "pas été signée par la clé" in proofs.compare(town, replace(saved, size=2)).why
    key = keys.signing_key()
    longer = sign(key, saved.chain, 40, Checkpoint(saved.root, saved.last), saved.at)
    assert "plus autant" in proofs.compare(town, longer).why


def test_each_chain_s_root_is_stored_once_a_day_and_the_file_is_only_added_to(home):
    town = a_territory()
    assert proofs.save_all_today() == 2
    assert proofs.save_all_today() == 0
    file = home.roots / "territory" / f"{town.slug}.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    (saved,) = read_roots(file.read_bytes())
    assert saved.is_signed_by(keys.signing_key().public_key())
    assert saved.size == 1
    # Yesterday's file, cut in the middle of its line by a full disk: today's line stands apart.
    first = file.read_bytes()
    file.write_bytes(first[:-20])
    assert proofs.save_today(town)
    assert file.read_bytes().startswith(first[:-20] + b"\n{")
    with pytest.raises(LedgerError, match="abîmé"):
        proofs.saved_roots(town)


def test_an_unreadable_key_is_reported_and_never_replaced(home):
    town = a_territory()
    home.ledger_key.write_bytes(b"perdu")
    with pytest.raises(LedgerError, match="illisible"):
        proofs.signed_now(town)
    assert home.ledger_key.read_bytes() == b"perdu"
