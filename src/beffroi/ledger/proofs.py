"""Portable proofs: a line is under a signed root, or a signed root extends an earlier one.

Anyone who has the JSON verifies it without the chain. A proof is as good as its root: compare that one with a root
obtained separately, or check its signature.
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from beffroi.ledger import merkle
from beffroi.ledger.chain import Line, has_own_hash
from beffroi.ledger.roots import SignedRoot, is_hex, parse_signed_root

_MAX_PATH_LENGTH = 128  # hashes: no path of a tree of 2 ** 64 lines is longer


@dataclass(frozen=True)
class InclusionProof:
    """Proof that `line` is in the chain whose root is `root`; `path` is RFC 9162's audit path."""

    line: Line
    path: tuple[str, ...]
    root: SignedRoot

    def is_valid(self) -> bool:
        line = self.line
        return has_own_hash(line) and merkle.verify_inclusion(
            line.hash, line.seq - 1, self.root.size, self.path, self.root.root
        )

    def as_json(self) -> bytes:
        content = {
            "proof": "inclusion",
            "line": asdict(self.line),
            "path": self.path,
            "root": asdict(self.root),
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


@dataclass(frozen=True)
class ConsistencyProof:
    """Proof that the chain whose root is `root` begins with the `size` lines whose root was `earlier`."""

    size: int
    earlier: str
    path: tuple[str, ...]
    root: SignedRoot

    def is_valid(self) -> bool:
        return merkle.verify_consistency(self.size, self.root.size, self.earlier, self.root.root, self.path)

    def as_json(self) -> bytes:
        content = {
            "proof": "consistency",
            "size": self.size,
            "earlier": self.earlier,
            "path": self.path,
            "root": asdict(self.root),
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


type Proof = InclusionProof | ConsistencyProof


def read_proof(text: bytes) -> Proof:
    """Proof of a file. Raises ValueError, in French; its validity is that of `is_valid`."""
    try:
        content = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("ce n'est pas du JSON : le fichier est abîmé, ou ce n'est pas le bon") from None
    kind = content.get("proof") if isinstance(content, dict) else None
    if kind == "inclusion" and content.keys() == {"proof", "line", "path", "root"}:
        return InclusionProof(
            _line(content["line"]), _path(content["path"]), parse_signed_root(content["root"])
        )
    if kind == "consistency" and content.keys() == {"proof", "size", "earlier", "path", "root"}:
        if type(content["size"]) is not int or not is_hex(content["earlier"], 64):
            raise ValueError("le début que la preuve annonce n'a pas la forme attendue")
        path = _path(content["path"])
        return ConsistencyProof(content["size"], content["earlier"], path, parse_signed_root(content["root"]))
    raise ValueError("ce n'est pas une preuve de Beffroi")


def _line(content: Any) -> Line:
    names = [each.name for each in fields(Line)]
    good = (
        isinstance(content, dict)
        and set(content) == set(names)
        and type(content["seq"]) is int
        and all(isinstance(content[name], str) for name in names[1:])
    )
    if not good:
        raise ValueError("la ligne que la preuve contient n'a pas la forme attendue")
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("la ligne que la preuve contient n'a pas la forme attendue") from None
    return Line(**content)


def _path(content: Any) -> tuple[str, ...]:
    if (
        not isinstance(content, list)
        or len(content) > _MAX_PATH_LENGTH
        or not all(is_hex(each, 64) for each in content)
    ):
        raise ValueError("le chemin de la preuve n'a pas la forme attendue")
    return tuple(content)
