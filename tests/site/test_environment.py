"""What the operator's variables say: a value that cannot be is refused in French, before anything starts."""

import pytest

from beffroi.home import HomeError
from beffroi.web import environment

NAME = "BEFFROI_OF_A_TEST"


def said(monkeypatch, text):
    monkeypatch.setenv(NAME, text)
    return NAME


@pytest.mark.parametrize("text", ["deux", "-1", "0", "1.5", "²"])
def test_a_number_that_cannot_be_is_refused_by_its_name_and_value(monkeypatch, text):
    with pytest.raises(
        HomeError, match=f"{NAME} vaut « {text} » .*nombre entier, 1 au moins.*Rien n'a été démarré"
    ):
        environment.number(said(monkeypatch, text), 120, least=1)


def test_a_number_is_read_and_one_left_empty_is_absent(monkeypatch):
    assert environment.number(said(monkeypatch, " 45 "), 120) == 45
    assert environment.number(said(monkeypatch, ""), 120) == 120


@pytest.mark.parametrize("text", ["20", "*=x", "*=-5", "=3", "*=20,valbruyere"])
def test_a_share_that_cannot_be_is_refused(monkeypatch, text):
    with pytest.raises(HomeError, match="en Go entiers"):
        environment.shares(said(monkeypatch, text))


def test_shares_are_read(monkeypatch):
    assert environment.shares(said(monkeypatch, "*=20, valbruyere = 50,")) == {
        "*": 20 << 30,
        "valbruyere": 50 << 30,
    }
    assert environment.shares(said(monkeypatch, "")) == {}


@pytest.mark.parametrize(
    "text", ["beffroi.exemple.fr", "https://", "ftp://beffroi.exemple.fr", "http://[::1", "http://a:b"]
)
def test_half_an_address_is_refused(monkeypatch, text):
    with pytest.raises(HomeError, match="l'adresse entière"):
        environment.address(said(monkeypatch, text), "http://127.0.0.1:8000")


def test_an_address_loses_its_last_slash(monkeypatch):
    assert environment.address(said(monkeypatch, "https://a.fr/"), "") == "https://a.fr"


def test_a_level_that_is_none_is_refused(monkeypatch):
    assert environment.level(said(monkeypatch, "INFO"), "WARNING") == "INFO"
    with pytest.raises(HomeError, match="DEBUG, INFO"):
        environment.level(said(monkeypatch, "bavard"), "WARNING")
