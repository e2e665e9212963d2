"""The ledger in the database: one chain a territory, append-only, verified whole, no personal data in its lines."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client

from beffroi.ledger import chain
from beffroi.ledger.proofs import read_proof
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.ledger import LedgerError, NewLine, keys, proofs, verification_job
from beffroi.web.platform.models import Job, LedgerDetail, LedgerLine, Territory
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


def test_each_territory_has_its_own_chain_and_the_host_one():
    town, other = a_territory(), a_territory("Ailleurs", code="99T02")
    a_person(town, "agent")
    assert [line.seq for line in ledger.lines_of(town)] == [1, 2]
    with elsewhere(other):
        assert [line.seq for line in ledger.lines_of(other)] == [1]
    with scope.nowhere():
        with scope.host():
            assert [line.seq for line in ledger.lines_of(None)] == [1, 2]
        assert all(ledger.verify(t).ok for t in (town, other, None))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE platform_ledgerline SET act = 'rien'",
        "DELETE FROM platform_ledgerline",
        "UPDATE platform_ledgerdetail SET payload = '{}'",
        "INSERT OR REPLACE INTO platform_ledgerline SELECT * FROM platform_ledgerline",
        "INSERT OR REPLACE INTO platform_ledgerdetail SELECT * FROM platform_ledgerdetail",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_ledger(sql):
    if "REPLACE" in sql and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    a_territory()
    with (
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.requirement("R81")
def test_a_line_changed_behind_the_triggers_is_found():
    town = a_territory()
    a_person(town, "agent")
    harm("platform_ledgerline", "no_update", "thing = 'person:999' WHERE act = 'member.admit'")
    result = ledger.verify(town)
    assert (result.ok, result.first_bad) == (False, 2)


def test_a_detail_changed_behind_the_triggers_is_found():
    town = a_territory()
    harm("platform_ledgerdetail", "no_update", """payload = '{"name": "autre"}'""")
    assert not ledger.verify(town).ok


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL keeps types and JSON well-formed")
@pytest.mark.parametrize("change", ["salt = ''", "salt = x'00'", "payload = 'pas du JSON'", "payload = '[]'"])
def test_a_detail_of_another_form_is_found_and_its_page_still_answers(change):
    town = a_territory()
    add(town, 5)
    last = "WHERE line_id = (SELECT max(line_id) FROM platform_ledgerdetail)"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            harm("platform_ledgerdetail", "no_update", f"{change} {last}")
        finally:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    assert ledger.verify(town).first_bad == 6
    client = Client()
    client.force_login(a_person(town, "auditor"))
    assert client.get(f"/t/{town.slug}/registre/6/").status_code == 200
    assert (
        "à partir de la ligne 6"
        in client.post(f"/t/{town.slug}/registre/verifier/", follow=True).content.decode()
    )


def test_a_hash_that_is_no_hash_is_found_and_work_goes_on():
    town = a_territory()
    harm("platform_ledgerline", "no_update", "hash = 'rien'")
    assert ledger.verify(town).first_bad == 1
    with pytest.raises(LedgerError, match="illisible"):
        proofs.signed_now(town)
    add(town, 1500)
    assert ledger.verify(town).first_bad == 1


def test_a_root_of_a_block_changed_behind_the_triggers_is_found():
    town = a_territory()
    add(town, 1100)
    harm("platform_ledgerblock", "no_update", f"root = '{'ab' * 32}'")
    assert not ledger.verify(town).ok


def harm(table: str, rule: str, change: str) -> None:
    """Change every row of the open chain's table, as someone who has the database would."""
    if connection.vendor == "postgresql":
        pytest.skip("the application's role cannot remove the rules of PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_{rule}")
        cursor.execute(f"UPDATE {table} SET {change}")


def add(town: Territory, count: int) -> list[chain.Line]:
    return ledger.append_many(
        town, [NewLine("dataset.deposit", None, f"delivery:{n}", {"n": n}) for n in range(count)]
    )


def test_lines_written_together_are_those_written_one_by_one():
    town = a_territory()
    person = a_person(town, "agent")
    made = ledger.append_many(
        town,
        [
            NewLine("dataset.deposit", person, "delivery:1", {"name": "été.csv"}),
            NewLine("dataset.pour", None, "dataset:2", {}),
        ],
    )
    after = ledger.append(town, "dataset.undo", person, "dataset:2", {"n": 1})
    assert [line.seq for line in made] == [3, 4]
    assert after.previous == made[-1].hash
    saved = list(ledger.sealed_lines(town))
    assert saved[2:] == [*made, after]
    assert [line.actor for line in saved[2:]] == [f"person:{person.pk}", "host", f"person:{person.pk}"]
    assert LedgerDetail.objects.get(line__seq=3, line__territory=town).payload == {"name": "été.csv"}
    assert ledger.verify(town).ok
    assert len({bytes(salt) for salt in LedgerDetail.objects.values_list("salt", flat=True)}) >= 5


def test_a_batch_is_written_whole_or_not_at_all():
    town = a_territory()
    good = NewLine("dataset.deposit", None, "delivery:1", {})
    with pytest.raises(KeyError):
        ledger.append_many(town, [good, NewLine("acte.inconnu", None, "x", {})])
    with pytest.raises(ValueError), transaction.atomic():
        ledger.append_many(town, [good, NewLine("dataset.deposit", None, "delivery:2", {"n": float("nan")})])
    assert ledger.append_many(town, []) == []
    assert [line.seq for line in ledger.lines_of(town)] == [1]


def test_the_host_s_chain_takes_a_batch_too():
    a_territory()
    with scope.nowhere():
        made = ledger.append_many(
            None, [NewLine("dataset.deposit", None, f"delivery:{n}", {}) for n in range(3)]
        )
        assert [line.seq for line in made] == [2, 3, 4]
        assert ledger.verify(None).ok


def test_a_detail_is_erased_by_an_act_that_is_a_line_and_the_chain_verifies():
    town = a_territory()
    officer = a_person(town, "data_officer")
    add(town, 1)
    line = ledger.erase_detail(town, officer, 3, "demande n° 12")
    assert (line.act, line.thing, line.actor) == ("ledger.erase_detail", "line:3", f"person:{officer.pk}")
    assert not LedgerDetail.objects.filter(line__seq=3, line__territory=town).exists()
    assert ledger.verify(town).ok
    with pytest.raises(LedgerError, match="plus, de détail"):
        ledger.erase_detail(town, officer, 3, "encore")
    with pytest.raises(LedgerError, match="Dites pourquoi"):
        ledger.erase_detail(town, officer, 2, "  ")


def test_only_those_who_may_erase_a_detail():
    town = a_territory()
    for role in ("agent", "administrator", "decider", "auditor", "dpo"):
        with pytest.raises(PermissionDenied):
            ledger.erase_detail(town, a_person(town, role), 1, "parce que")
    assert LedgerDetail.objects.filter(line__seq=1, line__territory=town).exists()


def test_the_database_refuses_a_detail_erased_without_a_line_that_states_so():
    town = a_territory()
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        LedgerDetail.objects.filter(line__territory=town).delete()


def test_a_detail_that_vanished_behind_the_triggers_is_found():
    town = a_territory()
    add(town, 3)
    if connection.vendor == "postgresql":
        pytest.skip("the application's role cannot remove the rules of PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER platform_ledgerdetail_no_silent_delete")
    LedgerDetail.objects.filter(line__territory=town, line__seq=2).delete()
    assert ledger.verify(town).first_bad == 2


def test_the_page_of_a_line_erases_its_detail_and_states_when():
    town = a_territory()
    client = Client()
    client.force_login(a_person(town, "data_officer"))
    address = f"/t/{town.slug}/registre/1/"
    assert "Effacer le détail" in client.get(address).content.decode()
    refused = client.post(f"{address}effacer/", {"reason": "demande n° 12"}).content.decode()
    assert "définitif" in refused
    assert LedgerDetail.objects.filter(line__seq=1, line__territory=town).exists()
    done = client.post(f"{address}effacer/", {"reason": "demande n° 12", "sure": "on"}, follow=True)
    assert "Détail effacé le" in done.content.decode()
    assert "Effacer ce détail" not in done.content.decode()
    other = Client()
    other.force_login(a_person(town, "agent"))
    assert "Effacer ce détail" not in other.get(f"/t/{town.slug}/registre/2/").content.decode()
    assert other.post(f"/t/{town.slug}/registre/2/effacer/", {"reason": "x", "sure": "on"}).status_code == 404


def test_a_long_chain_is_verified_in_the_background(monkeypatch):
    monkeypatch.setattr(verification_job, "SHORT", 3)
    town = a_territory()
    auditor = a_person(town, "auditor")
    add(town, 3)
    client = Client()
    client.force_login(auditor)
    answer = client.post(f"/t/{town.slug}/registre/verifier/")
    job = Job.objects.get(kind="ledger.verify")
    assert answer["Location"].endswith(f"/travaux/{job.pk}/")
    jobs.run(job)
    assert "5 lignes, aucune n&#x27;a été changée" in client.get(job.location).content.decode()
    harm("platform_ledgerline", "no_update", "thing = 'autre'")
    other = Job.objects.create(
        territory=town, kind="ledger.verify", key="autre", label="x", started_by=auditor
    )
    assert "modifié à partir de la ligne 1" in jobs.run(other).message


def test_a_proof_taken_away_verifies_without_the_database():
    town = a_territory()
    client = Client()
    client.force_login(a_person(town, "auditor"))
    taken = read_proof(client.get(f"/t/{town.slug}/registre/1/preuve.json").content)
    assert taken.is_valid()
    assert taken.root.is_signed_by(keys.signing_key().public_key())


def test_lines_hold_no_name_and_no_address():
    town = a_territory()
    person = a_person(town, "agent", email="awa.diallo@example.org")
    written = json.dumps(list(LedgerLine.objects.values()), default=str)
    assert person.email not in written
    assert person.name not in written


def test_the_exported_copy_verifies_without_the_database():
    town = a_territory()
    client = Client()
    client.force_login(a_person(town, "auditor"))
    body = b"".join(client.get(f"/t/{town.slug}/registre/export.jsonl").streaming_content).decode()
    lines = [chain.Line(**json.loads(text)) for text in body.splitlines()]
    assert chain.verify(lines).root == ledger.verify(town).root


def test_the_pages_of_the_ledger_answer_and_verify():
    town = a_territory()
    client = Client()
    client.force_login(a_person(town, "auditor"))
    assert "création du territoire" in client.get(f"/t/{town.slug}/registre/").content.decode()
    assert client.get(f"/t/{town.slug}/registre/1/").status_code == 200
    verified = client.post(f"/t/{town.slug}/registre/verifier/", follow=True).content.decode()
    assert "aucune n&#x27;a été changée" in verified
