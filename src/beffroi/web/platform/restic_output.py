"""What restic writes and how it ends, and the hosts of its addresses: for who runs it, on our own repository or on others'."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from beffroi.lake.sandboxed_programs.egress_proxy import through_proxy

NO_REPOSITORY, LOCKED, WRONG_KEY = 10, 11, 12
"""Exit codes of restic."""
LONGEST_DETAIL: Final = 300
_RETRIED: Final = re.compile(r"(?:(\w+)\(.*\) )?returned error, retrying after [^:]+: (.+)")


def documents(out: bytes) -> Iterator[dict[str, Any]]:
    """The JSON documents that restic wrote, a line each."""
    for line in out.splitlines():
        if (found := document(line)) is not None:
            yield found


def document(line: bytes) -> dict[str, Any] | None:
    """The JSON document of a line; None where it is not one."""
    with suppress(ValueError, RecursionError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return None


def detail(text: str) -> str:
    """The end of a program's own message, from a whole word on."""
    end = text if len(text) <= LONGEST_DETAIL else f"… {text[-LONGEST_DETAIL:].partition(' ')[2]}"
    return f"Détail technique : {end}"


def message_of(output: bytes) -> str:
    """What restic said last, out of its documents, on one line; why it tried again and again, where it did."""
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    if retried := retried_call(output):
        return retried[1]
    texts = [str(each.get("message") or each.get("error") or "") for each in documents(output)]
    texts = [text for text in texts if text] + [line for line in lines if not line.startswith("{")]
    return " ".join(" ".join(texts).split())


def retried_call(output: bytes) -> tuple[str, str] | None:
    """What restic was trying again last (`Load`, `List`, `Stat`…) and why; None where it tried nothing again."""
    found = [
        each for line in output.splitlines() if (each := _RETRIED.search(line.decode("utf-8", "replace")))
    ]
    return (found[-1][1] or "", " ".join(found[-1][2].split())) if found else None


def host_of(address: str) -> str | None:
    """The host of an address of restic; None for a folder of this machine."""
    if address.startswith("s3:"):
        rest = address.removeprefix("s3:")
        return urlsplit(rest if "//" in rest else f"//{rest}").hostname or ""
    if address.startswith("sftp://"):
        return urlsplit(address).hostname or ""
    if address.startswith("sftp:"):
        return address.removeprefix("sftp:").rpartition("@")[2].partition(":")[0]
    return None


def as_called(address: str, host: str) -> str:
    """The address in restic's own words, so that the egress proxy is asked for this machine's own services too."""
    scheme, mark, rest = address.partition("://")
    called = through_proxy(host)
    if not scheme.startswith(("rest:", "s3:")) or called == host:
        return address
    return f"{scheme}{mark}{called}{rest[len(host) :]}"


def has_password(address: str) -> bool:
    return bool(re.search(r"//[^/@]*:[^/@]*@", address))
