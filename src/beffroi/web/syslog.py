"""The journal of access sent to another machine as it comes: syslog over TLS (RFC 5425), or by UDP to a relay on this machine.

In: `BEFFROI_SYSLOG` and records of `logging`. Out: RFC 5424 messages, the server's certificate verified. A request never waits
for it: lines stand in a bounded queue that one thread sends; those that do not fit are counted, and the count is sent too.
"""

import json
import logging
import os
import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from typing import Any
from urllib.parse import urlsplit

from beffroi.home import HomeError
from beffroi.tls import certificate_authorities_file
from beffroi.web.loopback import is_loopback

MOST_WAITING = 10_000  # lines, some 3 MB
TIMEOUT = 10.0  # seconds, to connect or to send
LONGEST_REST = 60.0  # seconds between two tries
AT_THE_END = 5.0  # seconds that a process which stops leaves to its last lines
PRIORITY = 10 * 8 + 6  # facility authpriv, severity info

_logger = logging.getLogger(__name__)


def handler(address: str) -> dict[str, Any]:
    """The description, for `logging`, of what sends to this address. Raises HomeError."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
        if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            name = ""  # nothing would be done with it
    except ValueError:
        name, port = "", None
    if name and port and parts.scheme == "tls":
        return {"class": "beffroi.web.syslog.TlsHandler", "host": name, "port": port}
    if name and port and parts.scheme == "udp" and is_loopback(name):
        return {
            "class": "logging.handlers.SysLogHandler",
            "address": (name, port),
            "facility": "authpriv",
            "formatter": "syslog",
        }
    raise HomeError(
        f"BEFFROI_SYSLOG vaut « {address} » : il faut un hôte et son port, et le journal des accès ne part pas en clair vers une "
        "autre machine. Écrivez tls://hôte:6514, ou udp://127.0.0.1:514 pour un relais sur cette machine."
    )


class TlsHandler(logging.Handler):
    """One thread a process, begun with the first line: a process that was forked has its own."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._host, self._port = host, port
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lines: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._lost, self._in_hand = 0, 0
        # Not the handler's own lock: `logging.shutdown` holds it while it waits for the thread to end.
        self._counting = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._stream: ssl.SSLSocket | None = None

    def emit(self, record: logging.LogRecord) -> None:
        # `logging` holds the handler's lock here.
        if self._thread is None:
            # The server's processes, forked by `multiprocessing`, end without `atexit`, hence without `logging.shutdown`.
            Finalize(None, self.close, exitpriority=1)
            self._thread = threading.Thread(target=self._send_all, name="syslog", daemon=True)
            self._thread.start()
        try:
            self._lines.put_nowait(framed(self.format(record), record.created))
        except queue.Full:
            self._count_lost(1)

    def _count_lost(self, lines: int) -> None:
        with self._counting:
            self._lost += lines

    def close(self) -> None:
        if self._thread is not None and not self._ended.is_set():
            self._ended.set()
            with suppress(queue.Full):
                self._lines.put_nowait(None)
            self._thread.join(AT_THE_END)
            waiting = sum(line is not None for line in self._lines.queue)
            if unsent := self._lost + self._in_hand + waiting:
                _logger.warning(
                    "%d lines of the journal of access were not sent: the database has them", unsent
                )
        self._hang_up()
        super().close()

    def _send_all(self) -> None:
        while (line := self._lines.get()) is not None:
            self._in_hand = 1
            if not self._send_for_sure(line):
                return
            self._in_hand = 0
            if (lost := self._lost) and self._send_for_sure(_counting(lost)):
                self._count_lost(-lost)

    def _send_for_sure(self, line: bytes) -> bool:
        """Try until it is sent, or the process ends."""
        rest = 1.0
        while True:
            try:
                self._send(line)
                return True
            except OSError as error:
                self._hang_up()
                _logger.warning(
                    "the journal of access waits for %s:%d: %s; lost so far: %d",
                    self._host,
                    self._port,
                    error,
                    self._lost,
                )
            if self._ended.wait(rest):
                return False
            rest = min(2 * rest, LONGEST_REST)

    def _send(self, line: bytes) -> None:
        if self._stream is not None and _is_closed(self._stream):
            self._hang_up()
        if self._stream is None:
            context = ssl.create_default_context(cafile=certificate_authorities_file())
            plain = socket.create_connection((self._host, self._port), TIMEOUT)
            try:
                self._stream = context.wrap_socket(plain, server_hostname=self._host)
            except OSError:
                plain.close()
                raise
        self._stream.sendall(line)

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _is_closed(stream: ssl.SSLSocket) -> bool:
    """Whether the other side ended: this protocol answers nothing else."""
    stream.settimeout(0)
    try:
        return not stream.recv(1)
    except ssl.SSLWantReadError:
        return False
    finally:
        stream.settimeout(TIMEOUT)


def _counting(lost: int) -> bytes:
    return framed(json.dumps({"event": "lost_lines", "count": lost}))


def framed(text: str, at: float | None = None) -> bytes:
    """One message of RFC 5424, its length before it (RFC 5425)."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC).isoformat(timespec="milliseconds")
    message = (
        f"<{PRIORITY}>1 {moment} {socket.gethostname() or '-'} beffroi {os.getpid()} access - {text}".encode()
    )
    return b"%d %s" % (len(message), message)
