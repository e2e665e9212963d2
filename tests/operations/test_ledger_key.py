"""The ledger's key is exchanged: former roots still count, later ones of the former key do not, and a cut leaves one key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beffroi.home import Home, HomeError, write_safely
from beffroi.ledger.chain import RENEWAL, Checkpoint
from beffroi.ledger.keys import KeyChange
from beffroi.ledger.roots import SignedRoot, load_private_key, sign
from beffroi.web.operations import findings, integrity, keys, ledger_key
from beffroi.web.operations.locks import exclusive
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import LedgerError, NewLine, audit, proofs
from beffroi.web.platform.ledger import keys as ledger_keys
from beffroi.web.platform.models import Territory
from beffroi.web.platform.scope import host, nowhere
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(home: Home) -> Territory:
    """A territory with a few lines, in a home that has recorded its keys."""
    made = a_territory(fictional=False)
    lengthen(made)
    with nowhere():
        integrity.record(home)
    return made


def lengthen(town: Territory) -> None:
    with nowhere():
        ledger.append_many(town, [NewLine("dataset.deposit", None, f"delivery:{n}", {}) for n in range(3)])


def keep(town: Territory, roots: list[SignedRoot]) -> None:
    """As if each had been kept on its day."""
    file = proofs.file_of(town)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(root.as_json() + b"\n" for root in roots))


def renew(home: Home, **more) -> list[KeyChange]:
    return ledger_key.renew_ledger(home, **more)


def confirmed(town: Territory, root) -> bool:
    with nowhere():
        return proofs.compare(town, root).proof is not None


def test_what_the_former_key_signed_still_counts_and_what_it_signs_later_does_not(home, town):
    former, kept = load_private_key(home.ledger_key), proofs.signed_now(town)
    changes = renew(home)
    assert [change.chain for change in changes] == ["host", f"territory/{town.slug}"]
    assert all(change.is_signed and not change.stolen for change in changes)
    assert home.ledger_key.stat().st_mode & 0o077 == 0 and not home.next_ledger_key.exists()
    lengthen(town)
    today = proofs.signed_now(town)
    assert today.key != kept.key and confirmed(town, kept) and confirmed(town, today)
    late = sign(former, today.chain, today.size, Checkpoint(today.root, today.last), today.at)
    assert not confirmed(town, late)
    with nowhere():
        assert "clé remplacée" in proofs.compare(town, late).why


def test_the_exchange_is_a_line_of_every_chain_and_its_detail_cannot_be_erased(home, town):
    (_, change) = renew(home)
    with ledger.opened(town):
        line = ledger.lines_of(town).get(seq=change.line)
    assert (line.act, line.thing) == (RENEWAL, f"key:{change.new_fingerprint}")
    assert (change.size, change.line) == (line.seq - 1, line.seq)
    officer = a_person(town, "data_officer")
    with pytest.raises(LedgerError, match="aucune donnée personnelle"):
        ledger.erase_detail(town, officer, change.line, "par erreur")


def test_two_exchanges_in_a_row_leave_a_ledger_that_verifies_with_its_daily_roots(home, town):
    kept = [proofs.signed_now(town)]
    for _ in range(2):
        renew(home)
        lengthen(town)
        kept.append(proofs.signed_now(town))
    keep(town, kept)
    assert len({root.key for root in kept}) == 3
    assert all(confirmed(town, root) for root in kept)
    with nowhere():
        assert audit.audit(town).faults == ()
        assert findings.of_files(home) == []


def test_a_daily_root_that_the_former_key_signed_after_the_exchange_is_a_fault(home, town):
    former = load_private_key(home.ledger_key)
    renew(home)
    today = proofs.signed_now(town)
    keep(town, [sign(former, today.chain, today.size, Checkpoint(today.root, today.last), today.at)])
    with nowhere():
        (fault,) = audit.audit(town).faults
    assert "clé remplacée" in fault


def test_a_stolen_key_counts_up_to_the_roots_that_the_operator_trusts(home, town):
    before = proofs.signed_now(town)
    lengthen(town)
    doubtful = proofs.signed_now(town)
    proofs.save_today(town)
    hosts, towns = renew(home, trusted=[before])
    assert hosts.stolen and towns.stolen and hosts.endorsement == towns.endorsement == ""
    assert (hosts.size, towns.size, towns.root) == (0, before.size, before.root)
    assert confirmed(town, before) and not confirmed(town, doubtful)
    with nowhere():
        found = audit.audit(town)
    assert found.faults == ()
    (remark,) = found.remarks
    assert (
        remark.startswith("1 empreinte, gardée le ")
        and "volée ensuite : elle ne prouve rien à elle seule" in remark
    )


def test_a_root_that_is_not_of_this_instance_s_ledger_is_not_trusted_and_nothing_changes(home, town):
    key, kept = home.ledger_key.read_bytes(), proofs.signed_now(town)
    signing = load_private_key(home.ledger_key)
    for root, words in (
        (
            sign(signing, "territory/ailleurs", 1, Checkpoint("ab" * 32, "cd" * 32), kept.at),
            "n'a pas de registre",
        ),
        (
            sign(signing, kept.chain, kept.size, Checkpoint("ab" * 32, "cd" * 32), kept.at),
            "le passé a été changé",
        ),
    ):
        with pytest.raises(HomeError, match=words):
            renew(home, trusted=[root])
    assert home.ledger_key.read_bytes() == key
    assert ledger_keys.changes_of(town) == []


def test_an_instance_that_serves_keeps_its_keys(home, town):
    key = home.ledger_key.read_bytes()
    for exchange in (renew, keys.renew_grants):
        with exclusive(home, "serve", "busy"), pytest.raises(HomeError, match="arrêtez-la"):
            exchange(home)
    assert home.ledger_key.read_bytes() == key


class Cut(Exception):
    pass


def cut_at(count: int, work: Callable) -> Callable:
    """The same function, stopped before its call of this rank."""
    calls = []

    def stopped(*given, **named):
        calls.append(given)
        if len(calls) == count:
            raise Cut
        return work(*given, **named)

    return stopped


@pytest.mark.parametrize(
    ("module", "name", "count", "recorded"),
    [
        (ledger_key, "write_safely", 1, False),  # before the new key is written
        (ledger, "append", 1, False),  # between the two
        (ledger, "append", 2, False),  # after the line of the first chain
        (ledger_key, "_change_to", 1, True),  # once the lines are written
        (ledger_key, "write_safely", 2, True),  # before the new key takes its place
        (integrity, "declare_key", 1, True),  # before the home says that it is its own
        (Path, "unlink", 4, True),  # before the draft is removed (three files were written safely)
    ],
)
def test_an_exchange_cut_short_leaves_one_key_and_is_finished_by_the_same_call(
    home, town, monkeypatch, module, name, count, recorded
):
    kept = proofs.signed_now(town)
    with monkeypatch.context() as cut:
        cut.setattr(module, name, cut_at(count, getattr(module, name)))
        with pytest.raises(Cut):
            renew(home)
    # Whatever runs meanwhile signs with the one key that the chain names, and the home holds what it must.
    meanwhile = proofs.signed_now(town)
    assert (meanwhile.key != kept.key) == recorded
    assert confirmed(town, meanwhile) and confirmed(town, kept)
    with nowhere():
        assert findings.of_files(home) == []
    renew(home)
    assert not home.next_ledger_key.exists()
    assert len(ledger_keys.changes_of(town)) == 1
    signing = proofs.signed_now(town)
    assert signing.key == ledger_keys.changes_of(town)[0].new_fingerprint
    assert confirmed(town, kept) and confirmed(town, signing) and confirmed(town, meanwhile)
    with nowhere():
        assert findings.of_files(home) == []
        assert audit.audit(town).faults == ()


def test_a_key_put_in_the_other_s_place_is_still_told_while_an_exchange_is_cut_short(home, town, monkeypatch):
    monkeypatch.setattr(ledger_key, "_record", cut_at(1, ledger_key._record))
    with pytest.raises(Cut):
        renew(home)
    write_safely(home.ledger_key, b"another's")
    with nowhere():
        assert [found.key for found in findings.of_files(home)] == ["key:ledger.key"]


def test_the_keys_are_listed_with_the_day_of_their_exchange(home, town):
    renew(home)
    with nowhere():
        keys.renew_grants(home)
        secret, signing, grants = keys.states_of(home)
        with host():
            assert ledger.lines_of(None).latest("seq").act == "host.renew_grants_key"
    assert secret.renewed_at == "" and signing.renewed_at and grants.renewed_at
    assert signing.fingerprint == proofs.signed_now(town).key
    assert grants.fingerprint and not any(state.unfinished for state in (secret, signing, grants))
