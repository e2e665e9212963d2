"""Signing keys of a chain, one after another: which roots of a former key still count, and who vouches for a new one.

In: the key changes (`KeyChange`, one a line of JSON) and a public key that the verifier already has. Out: a `KeyHistory`
that accepts a root or explains why not. docs/registre.md says how anyone checks a key change.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from beffroi.ledger.chain import Checkpoint, Line, canonical
from beffroi.ledger.roots import SignedRoot, fingerprint, is_hex, parse_json_documents

FORMAT: Final = "beffroi key 1"
"""Prefix of every signed statement: a signature made for another purpose never counts as a key change."""
_DIGITS: Final = {"former": 64, "key": 64, "root": 64, "last": 64, "endorsement": 128, "signature": 128}


@dataclass(frozen=True)
class KeyChange:
    """Signed statement that from its `line` on, `at` (ISO 8601, UTC), a chain's roots are signed by `key` and no longer by `former`.

    `former` and `key` are the 32 bytes of each public key in hexadecimal. The roots of `former` count up to `size` lines,
    where the chain's `root` and `last` hash were these: the line before, or, for a `stolen` key, the last line that the
    operator trusts. `endorsement` is the signature of `signed_text` by the former key, empty when it was stolen (it would
    prove nothing); `signature` is the new key's, which vouches for what the former one signed until then.
    """

    chain: str
    former: str
    key: str
    line: int
    size: int
    root: str
    last: str
    at: str
    stolen: bool
    endorsement: str
    signature: str

    @property
    def signed_text(self) -> bytes:
        """Canonical JSON of the list of the format's name and of the nine fields before the signatures."""
        values = [
            self.chain,
            self.former,
            self.key,
            self.line,
            self.size,
            self.root,
            self.last,
            self.at,
            self.stolen,
        ]
        return canonical([FORMAT, *values])

    @property
    def former_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.former))

    @property
    def new_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))

    @cached_property
    def former_fingerprint(self) -> str:
        return fingerprint(self.former_key)

    @cached_property
    def new_fingerprint(self) -> str:
        return fingerprint(self.new_key)

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.root, self.last)

    @property
    def is_signed(self) -> bool:
        """Whether the new key signed it, and the former one too unless it was stolen."""
        try:
            self.new_key.verify(bytes.fromhex(self.signature), self.signed_text)
            if not self.stolen:
                self.former_key.verify(bytes.fromhex(self.endorsement), self.signed_text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def as_json(self) -> bytes:
        """One line of JSON, without its end of line."""
        return json.dumps(self.to_dict(), ensure_ascii=False).encode()


def sign_change(
    former: Ed25519PrivateKey,
    new: Ed25519PrivateKey,
    *,
    chain: str,
    line: int,
    size: int,
    checkpoint: Checkpoint,
    at: str,
    stolen: bool = False,
) -> KeyChange:
    """Signed key change; a stolen key does not sign it."""
    raw_former, raw_new = (key.public_key().public_bytes_raw().hex() for key in (former, new))
    change = KeyChange(
        chain, raw_former, raw_new, line, size, checkpoint.root, checkpoint.last, at, stolen, "", ""
    )
    text = change.signed_text
    return replace(
        change, endorsement="" if stolen else former.sign(text).hex(), signature=new.sign(text).hex()
    )


def parse_key_change(content: Any) -> KeyChange:
    """Key change of a JSON object. Raises ValueError, in French; the signatures are not verified."""
    kinds = {each.name: each.type for each in fields(KeyChange)}
    if not isinstance(content, dict) or content.keys() != kinds.keys():
        raise ValueError("ce n'est pas une déclaration de remplacement de clé de Beffroi")
    for name, kind in kinds.items():
        value = content[name]
        good = type(value) is kind and (kind is not int or 0 <= value < 1 << 53)
        unsigned = name == "endorsement" and content["stolen"] is True and value == ""
        if good and name in _DIGITS and not unsigned:
            good = is_hex(value, _DIGITS[name])
        if not good:
            raise ValueError(f"le champ « {name} » de la déclaration n'a pas la forme attendue")
    return KeyChange(**content)


def parse_key_changes(text: bytes) -> list[KeyChange]:
    """Key changes of a file, one a line; none in an empty one. Raises ValueError, in French."""
    return [parse_key_change(content) for content in parse_json_documents(text)] if text.strip() else []


def encode_key_changes(changes: Iterable[KeyChange]) -> bytes:
    """File of these key changes."""
    return b"".join(change.as_json() + b"\n" for change in changes)


def key_identifier(key: Ed25519PublicKey) -> str:
    """Identifier of the new key in the line of its change, whose act is `chain.RENEWAL`."""
    return f"key:{fingerprint(key)}"


class KeyHistory:
    """Keys of one chain that are trusted starting from one of them, each with the change that ended it.

    From the `anchor` forwards a key is trusted if the previous one, not stolen, endorsed it; backwards, if the next one
    vouches for it. Raises ValueError, in French, for changes that are false, contradict each other or mix chains.
    """

    def __init__(self, anchor: Ed25519PublicKey, changes: Sequence[KeyChange] = ()) -> None:
        self.changes = tuple(changes)
        for change in changes:
            if not change.is_signed:
                raise ValueError(
                    f"la déclaration de la ligne {change.line} n'est pas signée par les clés qu'elle nomme"
                )
        if len({change.chain for change in changes}) > 1:
            raise ValueError("ces déclarations sont celles de plusieurs registres")
        self._ends = {change.former_fingerprint: change for change in changes}
        self._starts = {change.new_fingerprint: change for change in changes}
        if not len(self._ends) == len(self._starts) == len(changes):
            raise ValueError("deux de ces déclarations remplacent la même clé, ou donnent la même")
        self.trusted = self._trusted_keys(anchor)

    def _trusted_keys(self, anchor: Ed25519PublicKey) -> dict[str, Ed25519PublicKey]:
        name = fingerprint(anchor)
        found = {name: anchor}
        while (change := self._ends.get(name)) and not change.stolen and change.new_fingerprint not in found:
            name = change.new_fingerprint
            found[name] = change.new_key
        name = fingerprint(anchor)
        while (change := self._starts.get(name)) and change.former_fingerprint not in found:
            end = self._ends.get(name)
            if end and end.stolen and end.size < change.line:
                break  # the key that vouches may already have been the thief's
            name = change.former_fingerprint
            found[name] = change.former_key
        return found

    def rejection_reason(self, root: SignedRoot) -> str:
        """Why the signature of this root does not count, in French; "" when it does."""
        key, end = self.trusted.get(root.key), self._ends.get(root.key)
        if key is None:
            return self._explain_unknown_key(root)
        if not root.is_signed_by(key):
            return "la signature est fausse : l'empreinte a été changée après sa signature"
        if self.changes and root.chain != self.changes[0].chain:
            return f"l'empreinte est celle du registre {root.chain}, et les déclarations de clés celles de {self.changes[0].chain}"
        if end is None:
            return ""
        since = "parce qu'elle a été volée" if end.stolen else f"le {end.at}"
        if root.size > end.size or root.at > end.at:
            return (
                f"l'empreinte ({root.size} lignes, {root.at}) est signée par une clé remplacée {since}, dont les empreintes ne "
                f"comptent que jusqu'à la ligne {end.size}"
            )
        if root.size == end.size and Checkpoint(root.root, root.last) != end.checkpoint:
            return "l'empreinte contredit celle que déclare le remplacement de la clé qui l'a signée"
        return ""

    def is_doubtful(self, root: SignedRoot) -> bool:
        """Whether this root is of a key stolen later, beyond the last line that the operator trusts."""
        end = self._ends.get(root.key)
        if end is None or not end.stolen:
            return False
        return end.size < root.size < end.line and root.is_signed_by(end.former_key)

    def _explain_unknown_key(self, root: SignedRoot) -> str:
        if any(name in self.trusted and end.stolen for name, end in self._ends.items()):
            return (
                f"l'empreinte est signée par la clé {root.key}, et la vôtre a été déclarée volée : une clé volée ne se porte "
                "garante d'aucune autre. Demandez à la collectivité, par un autre chemin, l'empreinte de sa clé d'aujourd'hui"
            )
        return f"l'empreinte a été signée par une autre clé ({root.key}) que celle que vous donnez ({', '.join(self.trusted)})"

    def find_mismatch(self, lines: Iterable[Line], checkpoints: Mapping[int, Checkpoint]) -> str:
        """How a chain and these key changes differ, in French; "" when they agree.

        `lines`: all those of the chain whose act is `chain.RENEWAL`; `checkpoints`: its state at the size of each change.
        """
        declared = {change.line: f"key:{change.new_fingerprint}" for change in self.changes}
        written = {line.seq: line.thing for line in lines}
        for seq in sorted(declared.keys() | written.keys()):
            if seq not in written:
                return f"le remplacement de clé déclaré à la ligne {seq} n'est pas dans le registre"
            if seq not in declared:
                return f"la ligne {seq} remplace la clé, et aucune déclaration ne le dit"
            if declared[seq] != written[seq]:
                return f"la ligne {seq} ne donne pas la clé que dit sa déclaration"
        for change in self.changes:
            if not change.size < change.line or checkpoints.get(change.size) != change.checkpoint:
                return f"le remplacement de clé de la ligne {change.line} ne déclare pas ce registre"
        return ""


def find_key(
    key_fingerprint: str, candidate: Ed25519PublicKey, changes: Iterable[KeyChange]
) -> Ed25519PublicKey | None:
    """Key of this fingerprint, among `candidate` and those of the changes."""
    known = [candidate, *(key for change in changes for key in (change.former_key, change.new_key))]
    return next((key for key in known if fingerprint(key) == key_fingerprint), None)
