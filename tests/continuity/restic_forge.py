"""Writer of restic repositories that restic would never make: real keys and real encryption, any content.

Source of the format: https://restic.readthedocs.io/en/stable/100_references.html (version 2).
"""

import base64
import hashlib
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from .backup_repositories import Made

BLOCK = 128 << 10
WHEN = "2026-11-30T02:00:00Z"


def zstd_bomb(before: bytes, filler: bytes, times: int, after: bytes) -> bytes:
    """A frame of zstd that unpacks to `before`, one byte `times` blocks of 128 KiB long, `after`: four bytes a block."""

    def block(kind: int, size: int, content: bytes, *, last: bool = False) -> bytes:
        return struct.pack("<I", last | kind << 1 | size << 3)[:3] + content

    head = b"\x28\xb5\x2f\xfd\x00\x68" + block(0, len(before), before)
    return head + block(1, BLOCK, filler) * times + block(0, len(after), after, last=True)


class Forge:
    """Writes in the folder of a repository that exists, with its master key. What was in it is forgotten."""

    def __init__(self, made: Made) -> None:
        self.folder = made.folder
        key = json.loads(made.call("cat", "masterkey"))
        self._encrypt = base64.b64decode(key["encrypt"])
        self._k, self._r = (base64.b64decode(key["mac"][name]) for name in "kr")
        for name in ("snapshots", "index"):
            for path in (self.folder / name).iterdir():
                path.unlink()
        self._packs: list[dict[str, Any]] = []

    def seal(self, content: bytes) -> bytes:
        nonce = os.urandom(16)
        stream = Cipher(algorithms.AES(self._encrypt), modes.CTR(nonce)).encryptor()
        ciphered = stream.update(content) + stream.finalize()
        block = Cipher(algorithms.AES(self._k), modes.ECB()).encryptor()
        return nonce + ciphered + Poly1305.generate_tag(self._r + block.update(nonce), ciphered)

    def file(self, kind: str, content: bytes) -> str:
        """An encrypted file of the repository, under its sum."""
        sealed = self.seal(content)
        name = hashlib.sha256(sealed).hexdigest()
        place = self.folder / kind / (name[:2] if kind == "data" else "")
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(sealed)
        return name

    def replace_config(self, content: bytes) -> None:
        path = self.folder / "config"
        path.chmod(0o600)
        path.write_bytes(self.seal(content))

    def blob(self, kind: str, plain: bytes, packed: bytes | None = None, size: int | None = None) -> str:
        """One blob in a pack of its own; `packed`: its compressed form, whatever it unpacks to."""
        if packed is None:
            packed = pa.Codec("zstd").compress(plain, asbytes=True)
        name = hashlib.sha256(plain).hexdigest()
        body, size = self.seal(packed), len(plain) if size is None else size
        entry = struct.pack("<BII", 3 if kind == "tree" else 2, len(body), size & 0xFFFFFFFF) + bytes.fromhex(
            name
        )
        header = self.seal(entry)
        pack = body + header + struct.pack("<I", len(header))
        pack_name = hashlib.sha256(pack).hexdigest()
        place = self.folder / "data" / pack_name[:2]
        place.mkdir(exist_ok=True)
        (place / pack_name).write_bytes(pack)
        described = {"id": name, "type": kind, "offset": 0, "length": len(body), "uncompressed_length": size}
        self._packs.append({"id": pack_name, "blobs": [described]})
        return name

    def tree(self, nodes: Sequence[dict[str, Any]]) -> str:
        ordered = sorted(nodes, key=lambda node: str(node["name"]).encode("utf-8", "surrogatepass"))
        return self.blob("tree", json.dumps({"nodes": ordered}, separators=(",", ":")).encode() + b"\n")

    def finish(self, tree: str, **more: Any) -> None:
        """Index and snapshot of what was written."""
        self.file("index", json.dumps({"packs": self._packs}).encode())
        snapshot = {
            "time": WHEN,
            "tree": tree,
            "paths": ["/"],
            "hostname": "serveur",
            "username": "root",
            **more,
        }
        self.file("snapshots", json.dumps(snapshot).encode())


def quoted(name: str) -> str:
    """A name as restic writes it: signs that do not show are escaped, as in Go."""
    return "".join(
        each
        if each.isprintable() and each not in '\\"'
        else f"\\x{ord(each):02x}"
        if ord(each) < 128
        else f"\\u{ord(each):04x}"
        for each in name
    )


def node(name: str, content: Sequence[str] = (), size: int = 0, **more: Any) -> dict[str, Any]:
    times = dict.fromkeys(("mtime", "atime", "ctime"), WHEN)
    return {"name": quoted(name), "type": "file", "mode": 0o644, **times, "uid": 0, "gid": 0, "inode": 1, "links": 1,
            "size": size, "content": list(content), **more}  # fmt: skip


def folder(name: str, subtree: str, **more: Any) -> dict[str, Any]:
    made = node(name, type="dir", mode=0o20000000755, subtree=subtree, **more)
    del made["content"]
    return made


def small(path: Path) -> int:
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
