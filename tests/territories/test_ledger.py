"""The ledger in the database: one chain a territory, append-only, verified whole, no personal data in its lines."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from beffroi.ledger import chain
from beffroi.web.territories import ledger, scope
from beffroi.web.territories.models import LedgerDetail, LedgerLine
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
        "UPDATE territories_ledgerline SET act = 'rien'",
        "DELETE FROM territories_ledgerline",
        "UPDATE territories_ledgerdetail SET payload = '{}'",
        "INSERT OR REPLACE INTO territories_ledgerline SELECT * FROM territories_ledgerline",
        "INSERT OR REPLACE INTO territories_ledgerdetail SELECT * FROM territories_ledgerdetail",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_ledger(sql):
    a_territory()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_line_changed_behind_the_triggers_is_found():
    town = a_territory()
    a_person(town, "agent")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER territories_ledgerline_no_update")
        cursor.execute("UPDATE territories_ledgerline SET thing = 'person:999' WHERE act = 'member.admit'")
    result = ledger.verify(town)
    assert (result.ok, result.first_bad) == (False, 2)


def test_a_detail_changed_behind_the_triggers_is_found():
    town = a_territory()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER territories_ledgerdetail_no_update")
        cursor.execute('UPDATE territories_ledgerdetail SET payload = \'{"name": "autre"}\'')
    assert not ledger.verify(town).ok


def test_an_erased_detail_leaves_a_chain_that_verifies():
    town = a_territory()
    LedgerDetail.objects.filter(line__territory=town).delete()
    assert ledger.verify(town).ok


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
    body = client.get(f"/t/{town.slug}/registre/export.jsonl").content.decode()
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
