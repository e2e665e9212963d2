"""The egress proxy of the programs: what it lets through, what it refuses, with real sockets; ssh and restic in the long ring."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from beffroi.lake.sandboxed_programs.egress_proxy import VARIABLE, EgressProxy, through_proxy
from beffroi.lake.sources.network import Network


class Server:
    """A machine of the loopback that answers what it is told, in capitals; it counts who calls."""

    def __init__(self, address: str, port: int = 0) -> None:
        self.socket = socket.create_server((address, port))
        self.address, self.port, self.calls = address, self.socket.getsockname()[1], 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            with client:
                while piece := client.recv(1 << 16):
                    client.sendall(piece.upper())


@contextmanager
def serving(address: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    server = Server(address, port)
    yield server
    server.socket.shutdown(socket.SHUT_RDWR)
    server.socket.close()


class Asked:
    """What a proxy answered: its code, 0 for a connection; `said`: what came through it."""

    def __init__(
        self, proxy: EgressProxy, host: str, port: int, *, password: str = "", command: int = 1
    ) -> None:
        known = proxy.environment[VARIABLE].partition(":")[2]
        secret = (password or known).encode()
        self.code, self.said = 255, b""
        with socket.create_connection(("127.0.0.1", proxy.port), 10) as made:
            made.sendall(b"\x05\x01\x02")
            assert made.recv(2) == b"\x05\x02"
            made.sendall(b"\x01\x07beffroi" + bytes((len(secret),)) + secret)
            if made.recv(2) != b"\x01\x00":
                return
            name = host.encode()
            made.sendall(bytes((5, command, 0, 3, len(name))) + name + struct.pack("!H", port))
            self.code = made.recv(10)[1]
            if self.code == 0:
                made.sendall(b"bonjour")
                self.said = made.recv(100)


@contextmanager
def proxy_of(
    network: Network, host: str, usual: int = 443, most: int = 1 << 20
) -> Iterator[tuple[EgressProxy, list[str]]]:
    told: list[str] = []
    with EgressProxy(
        network, own_host=host, usual=usual, seconds=30, most_bytes=most, on_refusal=told.append
    ) as made:
        yield made, told


def test_a_listed_host_is_reached_and_every_other_one_is_refused_and_told_once():
    with serving() as listed, serving() as other, proxy_of(Network([f"127.0.0.1:{listed.port}"]), "127.0.0.1") as (proxy, told):  # fmt: skip
        assert Asked(proxy, "127.0.0.1", listed.port).said == b"BONJOUR"
        assert Asked(proxy, "127.0.0.1.", listed.port).said == b"BONJOUR", "as programs in Go are given it"
        refused = [
            ("127.0.0.1", other.port), ("localhost", listed.port), ("127.1", listed.port), ("::1", listed.port),
            ("169.254.169.254", 80), ("exemple.fr", 443), ("0x7f.1", listed.port), ("", 1), ("a b", 2),
        ]  # fmt: skip
        assert [Asked(proxy, host, port).code for host, port in refused] == [2] * len(refused)
        assert (other.calls, proxy.refusals, len(told)) == (0, len(refused), 1)
        assert "n'a pas autorisé" in told[0]


def test_a_name_that_changes_its_address_is_judged_at_each_connection():
    """DNS rebinding: the first answer is the listed address, the next ones a machine inside."""
    with serving("127.0.0.2") as listed, serving("127.0.0.3", listed.port) as inside:
        port = listed.port
        answers = iter(["127.0.0.2", "127.0.0.3", "169.254.169.254", "127.0.0.2"])
        network = Network(
            [f"depot.exemple:{port}", f"127.0.0.2:{port}"], resolver=lambda host, port: [next(answers)]
        )
        with proxy_of(network, "depot.exemple") as (proxy, told):
            codes = [Asked(proxy, "depot.exemple", port).code for _ in range(4)]
        assert codes == [0, 2, 2, 0] and (listed.calls, inside.calls) == (2, 0)
        assert "adresse intérieure" in told[0]


def test_an_internal_service_that_is_listed_for_something_else_is_not_reached_by_the_server_of_a_copy():
    with serving("127.0.0.2") as copy, serving("127.0.0.3") as database:
        network = Network([f"127.0.0.2:{copy.port}", f"127.0.0.3:{database.port}"])
        with proxy_of(network, "127.0.0.2") as (proxy, _):
            assert Asked(proxy, "127.0.0.2", copy.port).said == b"BONJOUR"
            assert Asked(proxy, "127.0.0.3", database.port).code == 2
        assert database.calls == 0


def test_a_password_and_a_plain_connection_are_asked_for():
    with serving() as listed, proxy_of(Network([f"127.0.0.1:{listed.port}"]), "127.0.0.1") as (proxy, _):
        assert Asked(proxy, "127.0.0.1", listed.port, password="deviné").code == 255
        assert Asked(proxy, "127.0.0.1", listed.port, command=2).code == 7
        assert listed.calls == 0


def test_a_server_that_sends_without_end_is_cut():
    with serving() as listed, proxy_of(Network([f"127.0.0.1:{listed.port}"]), "127.0.0.1", most=10) as (proxy, told):  # fmt: skip
        assert Asked(proxy, "127.0.0.1", listed.port).said == b""  # 7 bytes there, 7 back
        assert "plus d'octets" in told[0]


def test_everything_is_closed_with_the_program():
    with serving() as listed:
        with proxy_of(Network([f"127.0.0.1:{listed.port}"]), "127.0.0.1") as (proxy, _):
            with socket.create_connection(("127.0.0.1", proxy.port), 10) as made:
                port = proxy.port
            made.close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), 5)


def test_programs_in_go_are_led_through_the_proxy_to_this_machine_too():
    assert through_proxy("127.0.0.1") == "127.0.0.1." and through_proxy("localhost") == "localhost."
    assert through_proxy("depot.exemple.fr") == "depot.exemple.fr" and through_proxy("10.0.0.1") == "10.0.0.1"
