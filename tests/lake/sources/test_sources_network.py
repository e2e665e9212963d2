"""Egress control: no host beyond the allow list is reached, by any name, redirect or trick; limits apply."""

# ruff: noqa: SIM117 - servers first, then what must not pass

import ipaddress
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake import sources
from beffroi.lake.sources import AddressRefused, Network, Secret, SourceDown, SourceError, TooMuch
from beffroi.lake.sources.addresses import is_inside
from beffroi.lake.sources.databases import sessions
from servers import dns, free_port, proxy, web
from servers.web import Asked, Reply

NOBODY = Secret()
A_FILE = Reply("a;b\n1;2\n")


def file_at(url: str) -> sources.Spec:
    return sources.parse({"kind": "http_file", "url": url})


def public(host: str, port: int) -> list[str]:
    return ["93.184.215.14"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "0.0.0.0",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]",
        "[fec0::1]", "224.0.0.1", "[ff02::1]", "240.0.0.1", "255.255.255.255", "168.63.129.16", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "①②⑦.⓪.⓪.①",
        "127。0。0。1", "127.0.0.1.", "LOCALHOST",
    ],
)  # fmt: skip
def test_no_spelling_of_an_inside_address_is_reached_unless_it_is_listed(host: str) -> None:
    port = free_port()
    with pytest.raises(AddressRefused):
        sources.check(
            file_at(f"https://{host}:{port}/"), NOBODY, Network((f"service.fr:{port}", "service.fr"))
        )


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:10.0.0.1", "0.0.0.0"],
)
def test_a_listed_name_that_leads_inside_is_refused(inside: str) -> None:
    network = Network(("service.fr",), resolver=lambda host, port: [inside])
    with pytest.raises(AddressRefused, match="intérieure"):
        sources.check(file_at("https://service.fr/"), NOBODY, network)


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    network = Network(("service.fr",), resolver=lambda host, port: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(AddressRefused, match="intérieure"):
        sources.check(file_at("https://service.fr/"), NOBODY, network)


@given(st.ip_addresses(v=4))
def test_an_address_hidden_in_another_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    hidden = ipaddress.ip_address(f"::ffff:{address}")
    assert is_inside(hidden) or not is_inside(address)
    assert is_inside(address) or address.is_global


def test_everything_is_refused_when_nothing_is_listed() -> None:
    with pytest.raises(AddressRefused, match="pas autorisé"):
        sources.check(file_at("https://service.fr/"), NOBODY, Network(resolver=public))


def test_allowed_host_without_port_opens_its_default_port_and_tls_only() -> None:
    with Network(("service.fr",), resolver=public).egress() as egress:
        assert egress.target("SERVICE.fr.", 443).address == "93.184.215.14"
        with pytest.raises(AddressRefused, match="pas autorisé"):
            egress.target("service.fr", 8443)
        with pytest.raises(AddressRefused, match="pas autorisé"):
            egress.target("sous.service.fr", 443)
        with pytest.raises(AddressRefused, match="https"):
            egress.target("service.fr", 80, usual=80, plain=True)
    with Network(("http://service.fr",), resolver=public).egress() as egress:
        assert egress.target("service.fr", 80, usual=80, plain=True).port == 80


def test_a_name_that_changes_its_mind_leads_where_it_was_judged(tmp_path: Path) -> None:
    """The first address is allowed, the second is this machine's own service: only the first is reached."""
    with web.serving(lambda request: Reply("a\n1\n")) as inner:
        with (
            web.serving(lambda request: A_FILE, "127.0.0.2", inner.port) as outer,
            dns.serving(["127.0.0.2", "127.0.0.1"]) as names,
        ):
            listed = (f"http://change.test:{inner.port}", f"127.0.0.2:{inner.port}")
            network = Network(listed, resolver=names.resolver())
            fetched = sources.fetch(
                file_at(f"http://change.test:{inner.port}/f.csv"), NOBODY, network, tmp_path
            )
            assert fetched.files[0].read_bytes() == b"a;b\n1;2\n"
            assert len(names.questions) == 1 and len(outer.asked) == 1 and inner.asked == []
            assert outer.asked[0].headers["host"] == f"change.test:{inner.port}"
            # Asked again, the name now leads inside: refused before anything is sent.
            with pytest.raises(AddressRefused, match="intérieure"):
                sources.fetch(file_at(f"http://change.test:{inner.port}/f.csv"), NOBODY, network, tmp_path)
            assert inner.asked == []


@pytest.mark.parametrize(
    "where",
    ["http://127.0.0.1:{port}/secret", "http://localhost:{port}/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
     "http://2130706433:{port}/", "ftp://service.fr/", "file:///etc/passwd", "https://u:p@service.fr/"],
)  # fmt: skip
def test_a_redirect_is_judged_like_a_first_address(where: str, tmp_path: Path) -> None:
    with web.serving(lambda request: A_FILE) as inner:
        target = where.format(port=inner.port)
        with web.serving(lambda request: Reply(status=302, headers={"Location": target})) as outer:
            with pytest.raises(SourceError):
                sources.fetch(file_at(outer.url("/f.csv")), NOBODY, Network((outer.host,)), tmp_path)
            assert inner.asked == [] and len(outer.asked) == 1


def test_redirects_without_end_are_stopped(tmp_path: Path) -> None:
    with web.serving(lambda request: Reply(status=302, headers={"Location": request.path + "x"})) as loop:
        with pytest.raises(SourceError, match="sans fin"):
            sources.fetch(file_at(loop.url("/f")), NOBODY, Network((loop.host,)), tmp_path)
        assert len(loop.asked) == 6


def test_a_secret_is_not_sent_to_another_service(tmp_path: Path) -> None:
    with web.serving(lambda request: A_FILE) as other:
        with web.serving(
            lambda request: Reply(status=302, headers={"Location": other.url("/f.csv")})
        ) as first:
            network = Network((first.host, other.host))
            sources.fetch(file_at(first.url()), Secret(token="jeton-secret"), network, tmp_path)
            assert first.asked[0].headers["authorization"] == "Bearer jeton-secret"
            assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize("packed", [False, True])
def test_more_bytes_than_the_limit_are_refused_even_compressed(packed: bool, tmp_path: Path) -> None:
    with web.serving(lambda request: Reply(b"0" * (4 << 20), packed=packed)) as large:
        with pytest.raises(TooMuch, match="limite"):
            sources.fetch(file_at(large.url()), NOBODY, Network((large.host,), max_bytes=1 << 20), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_drips_is_cut_at_the_hour(tmp_path: Path) -> None:
    with web.serving(lambda request: Reply(b"0" * 10_000, drip=0.05)) as slow:
        with pytest.raises(TooMuch, match="temps permis"):
            sources.fetch(file_at(slow.url()), NOBODY, Network((slow.host,), seconds=1.5), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_silent_server_is_cut_at_the_time_limit(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(TooMuch, match="temps permis"):
            sources.fetch(
                file_at(f"http://127.0.0.1:{port}/"),
                NOBODY,
                Network((f"127.0.0.1:{port}",), seconds=1),
                tmp_path,
            )


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_silent_database_is_cut_at_the_time_limit(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        spec = sources.parse(
            {"kind": kind, "host": "127.0.0.1", "port": port, "database": "d", "tls": "none", "table": "t"}
        )
        with pytest.raises((TooMuch, SourceDown)):
            sources.check(spec, Secret("u", "p"), Network((f"127.0.0.1:{port}",), seconds=1))


def test_a_body_cut_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    with web.serving(lambda request: Reply(b"0" * 100_000, cut=True)) as broken:
        with pytest.raises(SourceDown, match="interrompue"):
            sources.fetch(file_at(broken.url()), NOBODY, Network((broken.host,)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    certified: Callable[[str], tuple[ssl.SSLContext, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certified("service.test")
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    with web.serving(lambda request: A_FILE, encrypted=context) as served:
        listed = (f"service.test:{served.port}", f"autre.test:{served.port}", served.host)
        network = Network(listed, resolver=lambda host, port: ["127.0.0.1"])
        fetched = sources.fetch(
            file_at(f"https://service.test:{served.port}/f.csv"), NOBODY, network, tmp_path
        )
        assert fetched.size == 8
        with pytest.raises(SourceDown, match="certificat"):
            sources.check(file_at(f"https://autre.test:{served.port}/f.csv"), NOBODY, network)


def test_a_database_in_clear_is_only_for_addresses_inside() -> None:
    spec = sources.parse({"kind": "mariadb", "host": "base.fr", "database": "d", "tls": "none", "table": "t"})
    with pytest.raises(AddressRefused, match="chiffrée"):
        sources.check(spec, Secret("u", "p"), Network(("base.fr",), resolver=public))


@pytest.mark.parametrize("tls", ["require", "none"])
def test_another_machine_proves_its_name_unless_the_operator_listed_it(tls: str) -> None:
    spec = sources.parse({"kind": "mariadb", "host": "10.0.0.9", "database": "d", "tls": tls, "table": "t"})
    with pytest.raises(AddressRefused, match="BEFFROI_UNVERIFIED_SERVERS"):
        sources.check(spec, Secret("u", "p"), Network(("10.0.0.9",)))
    with Network(("10.0.0.9",), unverified=("10.0.0.9",)).egress() as egress:
        assert sessions.checked_target(spec, egress).address == "10.0.0.9"  # type: ignore[arg-type]


def test_the_environment_gives_no_proxy_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    seen: list[Asked] = []
    with web.serving(lambda request: A_FILE) as served, web.serving(lambda request: A_FILE) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url())
        sources.check(file_at(served.url()), NOBODY, Network((served.host,)))
        seen += served.asked
        assert proxy.asked == []
    assert "authorization" not in seen[0].headers


def unknown(host: str, port: int) -> list[str]:
    """Inside many networks only the proxy knows the names of outside."""
    raise socket.gaierror


def test_the_operators_proxy_leads_outside_to_listed_names_only(
    certified: Callable[[str], tuple[ssl.SSLContext, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certified("service.test")
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    with web.serving(lambda request: A_FILE, encrypted=context) as served:
        with proxy.serving({"service.test": served.port}) as way:
            network = Network(("service.test", "autre.test"), proxy=way.url, resolver=unknown)
            fetched = sources.fetch(file_at("https://service.test/f.csv"), NOBODY, network, tmp_path)
            assert fetched.size == 8 and way.asked[0].startswith("CONNECT service.test:443 HTTP/1.1\r\n")
            with pytest.raises(SourceDown, match="mandataire"):
                sources.check(file_at("https://autre.test/"), NOBODY, network)
            with pytest.raises(AddressRefused, match="pas autorisé"):
                sources.check(file_at("https://pas-liste.test/"), NOBODY, network)
            assert len(way.asked) == 2


def test_what_is_inside_is_reached_without_the_proxy_and_still_judged(tmp_path: Path) -> None:
    with web.serving(lambda request: A_FILE) as inner, proxy.serving({"127.0.0.1": inner.port}) as way:
        network = Network((inner.host,), proxy=way.url)
        assert sources.fetch(file_at(inner.url("/f.csv")), NOBODY, network, tmp_path).size == 8
        trick = Network(("service.test",), proxy=way.url, resolver=lambda host, port: ["127.0.0.1"])
        with pytest.raises(AddressRefused, match="intérieure"):
            sources.check(file_at("https://service.test/"), NOBODY, trick)
        assert way.asked == []


def test_driver_that_opens_its_own_socket_reports_that_it_takes_no_proxy() -> None:
    spec = sources.parse({"kind": "postgresql", "host": "base.test", "database": "d", "table": "t"})
    network = Network(("base.test",), proxy="http://127.0.0.1:9", resolver=unknown)
    with pytest.raises(SourceDown, match="mandataire"):
        sources.check(spec, Secret("u", "p"), network)
