"""Outgoing proxy of the operator: a tunnel (CONNECT, RFC 9110) to an allowed host.

In: a socket to the proxy. Out: the same socket, connected to the host. The proxy is trusted to resolve names.
"""

import base64
import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from beffroi.lake.sources.errors import SourceDown

_LONGEST = 1 << 14  # bytes of an answer's head


@dataclass(frozen=True)
class Proxy:
    host: str
    port: int
    authorization: str


def parse_proxy(text: str) -> Proxy | None:
    """Proxy of a URL (`http://proxy:3128`, with `name:password@` if it requires them); None when it is not one."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or 3128
    except ValueError:
        return None
    if parts.scheme != "http" or not parts.hostname:
        return None
    words = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}".encode()
    basic = f"Basic {base64.b64encode(words).decode()}" if parts.username else ""
    return Proxy(parts.hostname, port, basic)


def tunnel(through: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Open a tunnel to the host. Raises SourceDown when the proxy refuses."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    through.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    # One byte at a time: what follows the head belongs to the host.
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST:
        byte = through.recv(1)
        if not byte:
            break
        head += byte
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[1].startswith(b"2"):
        status = words[1].decode("ascii", "replace")[:3] if len(words) > 1 else "aucune réponse"
        raise SourceDown(
            f"Le mandataire (proxy) de votre réseau n'ouvre pas de passage vers {where} ({status}). Ce que vous avez déjà est gardé. "
            "Demandez à l'exploitant de l'y autoriser."
        )
