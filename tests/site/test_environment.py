"""What the operator's variables say: a value that cannot be is refused in French, before anything starts."""

import pytest

from beffroi.home import HomeError
from beffroi.web import environment, syslog
from beffroi.web.platform.storage import disk_space
from places import a_territory

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


@pytest.mark.parametrize(
    "text",
    [
        "dns.exemple.fr",
        "192.0.2",
        "192.0.2.1:x",
        "192.0.2.1:0",
        "udp://192.0.2.1",
        "[2001:db8::1",
        "1@192.0.2.1",
    ],
)
def test_an_endpoint_that_is_no_address_is_refused(monkeypatch, text):
    with pytest.raises(HomeError, match="en chiffres"):
        environment.ip_endpoint(said(monkeypatch, text), 53)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("192.0.2.1", ("192.0.2.1", 53)),
        (" 127.0.0.1:5353 ", ("127.0.0.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
    ],
)
def test_an_endpoint_is_read(monkeypatch, text, expected):
    assert environment.ip_endpoint(said(monkeypatch, text), 53) == expected


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


@pytest.mark.parametrize(
    "text",
    ["https://identite.exemple.fr/", "http://a.fr/x", "a.fr/x", "a.fr:port", "a.fr:0", "a b", "a.fr,b/"],
)
def test_what_is_no_host_is_refused(monkeypatch, text):
    with pytest.raises(HomeError, match=r"écrivez l.hôte seul"):
        environment.hosts(said(monkeypatch, text))


def test_hosts_are_read_as_they_are(monkeypatch):
    listed = ["identite.exemple.fr", "127.0.0.1:4000", "http://capteurs.exemple.fr", "[::1]:80"]
    assert environment.hosts(said(monkeypatch, ", ".join(listed) + ",")) == listed
    assert environment.hosts(said(monkeypatch, "")) == []
    with pytest.raises(HomeError, match=r"écrivez l.hôte seul"):
        environment.hosts(said(monkeypatch, "base:5432"), ports=False)


@pytest.mark.parametrize("text", ["relais.exemple.fr:25", "smtp://relais.exemple.fr"])
def test_a_mail_relay_is_a_name_alone(monkeypatch, text):
    with pytest.raises(HomeError, match="port 587"):
        environment.host(said(monkeypatch, text), 587)
    assert environment.host(said(monkeypatch, "relais.exemple.fr"), 587) == "relais.exemple.fr"


def test_a_file_that_is_not_there_is_refused(monkeypatch, tmp_path):
    with pytest.raises(HomeError, match="n'existe pas"):
        environment.check_file(said(monkeypatch, str(tmp_path / "autorites.pem")))
    (tmp_path / "autorites.pem").touch()
    environment.check_file(NAME)


@pytest.mark.parametrize("text", ["Atlantide", "FR", "XXX"])
def test_a_country_that_nobody_knows_is_refused(monkeypatch, text):
    with pytest.raises(HomeError, match="trois lettres"):
        environment.check_country(said(monkeypatch, text))
    environment.check_country(said(monkeypatch, "bel"))


@pytest.mark.parametrize(
    "text", ["tls://journal.exemple.fr:6514/chemin", "tls://moi@journal.exemple.fr:6514"]
)
def test_a_syslog_is_a_host_and_a_port_alone(text):
    with pytest.raises(HomeError, match="tls://hôte:6514"):
        syslog.handler(text)


@pytest.mark.django_db
def test_a_quota_of_a_territory_that_is_not_here_is_found(settings):
    settings.QUOTAS = {"*": 1, a_territory().slug: 2, "inconnu": 3}
    assert disk_space.quotas_of_nobody() == ["inconnu"]
