"""The address of the site's PostgreSQL: another machine proves who it is, or nothing starts."""

import pytest

from beffroi.home import HomeError
from beffroi.web import databases

pytest.importorskip("psycopg")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:mot@base.exemple.fr/beffroi",
        "postgresql://app:mot@192.0.2.5:5433/beffroi?sslmode=require",
        "postgresql://app:mot@10.0.0.5/beffroi?sslmode=prefer",
        "postgresql://app:mot@localhost,base.exemple.fr/beffroi",
        "host=localhost hostaddr=10.0.0.5 dbname=beffroi user=app password=mot",
    ],
)
def test_another_machine_that_proves_nothing_is_refused_without_a_password_told(address):
    with pytest.raises(HomeError, match="sslmode=verify-full") as refused:
        databases.postgresql(address)
    assert "mot@" not in str(refused.value) and "password" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:mot@base.exemple.fr/beffroi?sslmode=verify-full&sslrootcert=system",
        "postgresql://app:mot@base.exemple.fr/beffroi?sslmode=verify-ca",
        "postgresql://app:mot@localhost/beffroi",
        "postgresql://app:mot@127.0.0.1:5433/beffroi",
        "postgresql://app:mot@[::1]/beffroi",
        "postgresql://app:mot@/beffroi?host=/run/postgresql",
        "postgresql:///beffroi",
    ],
)
def test_a_server_of_this_machine_or_one_that_proves_its_name_is_taken(address, monkeypatch):
    monkeypatch.delenv("PGHOST", raising=False)
    assert databases.postgresql(address)["NAME"] == "beffroi"
