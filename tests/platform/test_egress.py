"""The house's own calls to the outside go through the guard of the sources: a name that changes its mind gains nothing."""

import socket
from typing import Any

import pytest
import requests

from beffroi.web.platform.http.egress import MAX_RESPONSE_SIZE, EgressDenied, GuardedSession, check
from servers import web
from servers.web import Reply


def names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """The system's resolver gives these addresses, one a question, the last for ever."""
    left, real = list(answers), socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "identite.example":
            return real(host, port, *args, **kwargs)
        answer = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return left


def test_a_name_that_leads_to_this_machine_once_it_was_judged_is_refused(settings, monkeypatch):
    with web.serving(lambda request: Reply("secret")) as inner:
        settings.ALLOWED_HOSTS_OUT = [f"identite.example:{inner.port}"]
        names(monkeypatch, "10.1.2.3", "127.0.0.1")
        check(f"https://identite.example:{inner.port}/")
        with pytest.raises(EgressDenied, match="intérieure"):
            GuardedSession().get(f"https://identite.example:{inner.port}/")
        assert inner.asked == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"])
def test_a_name_may_lead_to_a_private_network_but_not_to_the_machine_or_its_link(
    inside, settings, monkeypatch
):
    settings.ALLOWED_HOSTS_OUT = ["identite.example"]
    names(monkeypatch, "192.168.1.10")
    check("https://identite.example/")
    names(monkeypatch, inside)
    with pytest.raises(EgressDenied, match="BEFFROI_ALLOWED_HOSTS_OUT"):
        check("https://identite.example/")


def test_a_long_answer_is_not_read_to_its_end(settings):
    with web.serving(lambda request: Reply(b"0" * (MAX_RESPONSE_SIZE + 10), packed=True)) as served:
        settings.ALLOWED_HOSTS_OUT = [served.host]
        with pytest.raises(requests.exceptions.ContentDecodingError):
            GuardedSession().get(served.url())


def test_a_redirection_is_not_followed(settings):
    with web.serving(lambda request: Reply(status=302, headers={"Location": "http://127.0.0.1/"})) as served:
        settings.ALLOWED_HOSTS_OUT = [served.host]
        assert GuardedSession().get(served.url()).status_code == 302
        assert len(served.asked) == 1
