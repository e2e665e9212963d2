"""DKIM (RFC 6376, 8301, 8463): public keys of a domain, at the selectors that it declared and at common ones.

In: a domain, its selectors, its lookups. Out: `Dkim`. No list of selectors exists: a key that is not found may be elsewhere, unless
nothing at all is below « _domainkey » (RFC 8020).
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .dns_lookup import Lookup, NoReply

COMMON: Final = (
    "default", "dkim", "mail", "selector1", "selector2", "google", "k1", "k2", "k3", "s1", "s2", "key1", "key2", "gm1", "gm2",
    "gm3", "smtp", "mailjet", "brevo1", "brevo2", "sib", "ovhmo-selector-1", "20230601", "protonmail",
)  # fmt: skip
STRONG: Final = 2048  # bits of RSA that signers should use (RFC 8301, 3.2)
WEAK: Final = 1024  # bits below which a signature is refused


@dataclass(frozen=True)
class Key:
    """One published key. `bits`: of RSA; `fault`: « revoked », « unreadable », « test », "" when it serves."""

    selector: str
    kind: str = "rsa"
    bits: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Dkim:
    """`missing`: declared selectors without a key. `empty`: nothing is published at all. `silent`: names that did not answer."""

    keys: tuple[Key, ...] = ()
    missing: tuple[str, ...] = ()
    empty: bool = False
    silent: tuple[str, ...] = ()


def read(domain: str, declared: tuple[str, ...], lookup: Lookup) -> Dkim:
    try:
        if not lookup.txt(f"_domainkey.{domain}").exists:
            return Dkim(missing=declared, empty=True)
    except NoReply as error:
        return Dkim(silent=(error.name,))
    keys, missing, silent = [], [], []
    for selector in dict.fromkeys((*declared, *COMMON)):
        name = f"{selector}._domainkey.{domain}"
        try:
            texts = lookup.txt(name).records
        except NoReply:
            silent.append(name)
            if selector not in declared:
                break  # the server is in trouble: twenty more questions would wait as long
            continue
        record = next((text for text in texts if "p=" in text.replace(" ", "").lower()), "")
        if record:
            keys.append(parse(selector, record))
        elif selector in declared:
            missing.append(selector)
    return Dkim(tuple(keys), tuple(missing), silent=tuple(silent))


def parse(selector: str, record: str) -> Key:
    """A key as its record writes it."""
    tags = {}
    for part in record.split(";"):
        name, _, value = part.partition("=")
        tags[name.strip().lower()] = "".join(value.split())
    kind = tags.get("k", "rsa").lower()
    if tags.get("v", "DKIM1") != "DKIM1" or kind not in ("rsa", "ed25519"):
        return Key(selector, kind, fault="unreadable")
    if not tags.get("p"):
        return Key(selector, kind, fault="revoked")
    fault = "test" if "y" in tags.get("t", "").lower().split(":") else ""
    try:
        der = base64.b64decode(tags["p"], validate=True)
        if kind == "ed25519":
            return Key(selector, kind, 256, fault if len(der) == 32 else "unreadable")
        key = load_der_public_key(der)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return Key(selector, kind, fault="unreadable")
    return (
        Key(selector, kind, key.key_size, fault)
        if isinstance(key, RSAPublicKey)
        else Key(selector, kind, fault="unreadable")
    )
