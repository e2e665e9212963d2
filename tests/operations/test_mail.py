"""Mail through a real server: encrypted, under an account, tried by a command; what is wrong with it is said in French."""

import gc

import pytest
from click.testing import CliRunner
from django.test import override_settings

from beffroi.cli.main import beffroi
from beffroi.home import HomeError
from beffroi.web import mail_server
from beffroi.web.operations.health import network
from beffroi.web.operations.health.report import State
from own_home import home  # noqa: F401  fixture
from servers import certificates, free_port, smtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tmp_path, monkeypatch):
    """The operator's variables, with the password in a file."""
    password = tmp_path / "password"
    password.write_text(f"{smtp.ACCOUNT[1]}\n")
    monkeypatch.setenv("BEFFROI_MAIL_USER", smtp.ACCOUNT[0])
    monkeypatch.setenv("BEFFROI_MAIL_PASSWORD_FILE", str(password))
    return password


def configured(port: int) -> override_settings:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    mailers = {"default": {"BACKEND": backend, "OPTIONS": mail_server.options("localhost", port)}}
    return override_settings(
        MAIL_HOST="localhost", MAIL_PORT=port, MAILERS=mailers, DEFAULT_FROM_EMAIL="beffroi@example.org"
    )


def tried(home) -> tuple[int, str]:  # noqa: F811
    result = CliRunner().invoke(beffroi, ["mail", "test", "agent@example.org", "--home", str(home.path)])
    code, output = result.exit_code, result.output
    del result
    gc.collect()  # an exception keeps its connection open, for which the server would wait
    return code, output


def test_a_message_leaves_encrypted_under_an_account(home, account, tmp_path, monkeypatch):  # noqa: F811
    context, authority = certificates.certified(tmp_path / "tls", "localhost")
    port = free_port()
    with smtp.serving(context, port) as server:
        with configured(port):
            monkeypatch.setenv("SSL_CERT_FILE", authority)
            assert network.mail(home).state == State.GOOD
            assert tried(home)[0] == 0
        assert [message["To"] for message in server.messages] == ["agent@example.org"]
        account.write_text("autre")
        with configured(port):
            assert "compte ou mot de passe refusé" in network.mail(home).text
            code, output = tried(home)
            assert code == 1 and "compte ou mot de passe refusé" in output
    with configured(port):
        assert "connexion refusée" in network.mail(home).text


def test_a_password_in_clear_and_half_an_account_are_refused(monkeypatch, account):
    monkeypatch.setenv("BEFFROI_MAIL_SECURITY", "none")
    with pytest.raises(HomeError, match="en clair"):
        mail_server.options("relais.example.org", 25)
    assert mail_server.options("127.0.0.1", 25)["username"] == smtp.ACCOUNT[0]
    monkeypatch.setenv("BEFFROI_MAIL_SECURITY", "tls")
    assert mail_server.options("relais.example.org", 465)["use_ssl"]
    monkeypatch.delenv("BEFFROI_MAIL_USER")
    with pytest.raises(HomeError, match="vont ensemble"):
        mail_server.options("relais.example.org", 587)
    monkeypatch.setenv("BEFFROI_MAIL_SECURITY", "ssl")
    with pytest.raises(HomeError, match="starttls, tls, none"):
        mail_server.options("relais.example.org", 587)
