"""Two hundred domains as towns and their providers publish them, right and wrong, as zones of a DNS server.

`ZONES`: name → lines of its zone file. `BROKEN`: names on which the server fails. `SELECTORS`: DKIM selectors declared for a domain.
"""

import base64
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from servers.nsd import text

BROKEN: Final = ("muet.fr", "sourd.fr")

# What providers publish, that domains call.
_PROVIDERS: Final[dict[str, list[str]]] = {
    "presta.fr": [
        *(f"spf{n} TXT {text('v=spf1 ip4:192.0.2.0/24 -all')}" for n in range(24)),
        f"deep TXT {text('v=spf1 include:spf0.presta.fr include:spf1.presta.fr include:spf2.presta.fr ~all')}",
        f"deeper TXT {text('v=spf1 include:deep.presta.fr include:spf3.presta.fr a:mail.presta.fr ~all')}",
        f"bad TXT {text('v=spf1 ipv4:192.0.2.1 -all')}",
        f"twice TXT {text('v=spf1 -all')}",
        f"twice TXT {text('v=spf1 ~all')}",
        f"open TXT {text('v=spf1 +all')}",
        f"chain1 TXT {text('v=spf1 redirect=chain2.presta.fr')}",
        f"chain2 TXT {text('v=spf1 include:spf4.presta.fr -all')}",
        f"back TXT {text('v=spf1 include:spf-back.fr -all')}",
        f"voids TXT {text('v=spf1 a:none1.presta.fr a:none2.presta.fr -all')}",
        f"lost TXT {text('v=spf1 include:nowhere.presta.fr -all')}",
        f"caller TXT {text('v=spf1 include:muet.fr -all')}",
        *(f"h{n} A 192.0.2.{n + 1}" for n in range(24)),
        "mail A 192.0.2.9",
        "mail AAAA 2001:db8::9",
        "mx1 A 192.0.2.10",
        *(f"many MX {n} h{n}.presta.fr." for n in range(11)),
        *(f"ten MX {n} h{n}.presta.fr." for n in range(10)),
        f"*._report._dmarc TXT {text('v=DMARC1')}",
    ],
    "ici.fr": [  # whose servers are those of a test, on loopback
        "@ MX 10 mx.ici.fr.",
        "mx A 127.0.0.1",
        "mta-sts A 127.0.0.1",
        f"@ TXT {text('v=spf1 mx -all')}",
        f"_dmarc TXT {text('v=DMARC1; p=none')}",
        f"_mta-sts TXT {text('v=STSv1; id=1')}",
    ],
    "strict.fr": ["mail A 192.0.2.9"],  # takes no report of others
}

_GOOD_DMARC = "v=DMARC1; p=reject; rua=mailto:dmarc@presta.fr"


def _includes(count: int) -> str:
    return " ".join(f"include:spf{n}.presta.fr" for n in range(count))


_SPF: Final[list[list[str]]] = [
    # Right.
    *([record] for record in (
        "v=spf1 mx -all", "v=spf1 mx ~all", "v=spf1 a mx ~all", "v=spf1 -all", "V=SPF1 MX -ALL", "v=spf1  mx   ~all ",
        "v=spf1 ip4:192.0.2.1 -all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "v=spf1 ip6:2001:db8::1 ~all",
        "v=spf1 ip6:::1 -all", "v=spf1 ip6:::ffff:192.0.2.1 -all", "v=spf1 a:mail.presta.fr -all", "v=spf1 a/24 -all", "v=spf1 a//64 -all",
        "v=spf1 a:mail.presta.fr/24//64 -all", "v=spf1 mx/24//64 ~all", "v=spf1 mx:ten.presta.fr -all", "v=spf1 include:spf0.presta.fr ~all",
        "v=spf1 include:spf0.presta.fr include:spf0.presta.fr ~all", "v=spf1 include:deep.presta.fr ~all", "v=spf1 include:deeper.presta.fr -all",
        "v=spf1 -include:spf1.presta.fr ~all", "v=spf1 ~include:open.presta.fr -all", "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all",
        "v=spf1 include:%{d}.presta.fr ~all", "v=spf1 exists:%{l1r-}.lp._spf.presta.fr -all", "v=spf1 a:%{h}.presta.fr -all",
        "v=spf1 exists:%{S}.%{O}.presta.fr ~all", "v=spf1 a:%%x.%_y.%-z.presta.fr ~all", "v=spf1 redirect=spf0.presta.fr",
        "v=spf1 redirect=chain1.presta.fr", "v=spf1 mx redirect=spf0.presta.fr", "v=spf1 mx -all redirect=nowhere.presta.fr",
        "v=spf1 redirect=%{d}.presta.fr", "v=spf1 mx ~all exp=explain.presta.fr", "v=spf1 exp=%{c}.presta.fr mx ~all",
        "v=spf1 mx moo=bonjour -all", "v=spf1 mx moo=%{c}.x -all", "v=spf1 ptr -all", "v=spf1 ptr:presta.fr ~all", "v=spf1 a:MAIL.PRESTA.FR -all",
        "v=spf1 a:mail.presta.fr. -all", f"v=spf1 {_includes(9)} -all", f"v=spf1 {_includes(10)} -all", "v=spf1 a:none1.presta.fr -all",
        "v=spf1 a:none1.presta.fr a:none2.presta.fr -all", "v=spf1 mx:none1.presta.fr exists:none2.presta.fr ~all",
        "v=spf1 ip4:192.0.2.1 " + " ".join(f"ip4:198.51.100.{n}" for n in range(16)) + " -all",
        "v=spf1 " + " ".join(f"ip4:198.51.100.{n}" for n in range(40)) + " ~all",
    )),
    # Published, but of no use.
    *([record] for record in (
        "v=spf1 mx +all", "v=spf1 all", "v=spf1 mx ?all", "v=spf1 mx", "v=spf1", "v=spf1 ip4:0.0.0.0/0 +all", "v=spf1 redirect=open.presta.fr",
        "v=spf1 mx ip4:0.0.0.0/0 -all", "v=spf1 mx include:open.presta.fr -all",
    )),
    # Absent, or not one.
    *(records for records in (
        [], ["bonjour"], ["v=spf10 mx -all"], [" v=spf1 mx -all"], ["spf2.0/pra mx -all"], ["v=DMARC1; p=none"], ["v=spf1;mx -all"],
    )),
    *(records for records in (
        ["v=spf1 mx -all", "v=spf1 a -all"], ["v=spf1 mx -all", "v=spf1 include:spf0.presta.fr ~all", "v=spf1 +all"],
        ["v=spf1 mx -all", "autre=1"], ["v=spf1 mx -all", "v=spf1 include:nowhere.presta.fr -all"],
    )),
    # Written wrong.
    *([record] for record in (
        "v=spf1 mx-all", "v=spf1 ipv4:192.0.2.1 -all", "v=spf1 ip4:192.0.2 -all", "v=spf1 ip4:192.0.2.0/33 -all", "v=spf1 ip4:192.0.2.0/ -all",
        "v=spf1 ip4: -all", "v=spf1 ip4:2001:db8::1 -all", "v=spf1 ip6:192.0.2.1 -all", "v=spf1 ip6:2001:db8::/129 -all", "v=spf1 include -all",
        "v=spf1 include: -all", "v=spf1 include:spf0.presta.fr/24 -all", "v=spf1 exists -all", "v=spf1 a: -all", "v=spf1 a:/24 -all",
        "v=spf1 a/33 -all", "v=spf1 a//129 -all", "v=spf1 mx:presta -all", "v=spf1 a:192.0.2.1 -all", "v=spf1 mx, a -all", "v=spf1 -all:presta.fr",
        "v=spf1 exists:%{x}.presta.fr -all", "v=spf1 exists:%{d0}.presta.fr -all", "v=spf1 exists:%{d -all", "v=spf1 exists:%a.presta.fr -all",
        "v=spf1 a:%{c}.presta.fr -all", "v=spf1 redirect=spf0.presta.fr redirect=spf1.presta.fr", "v=spf1 redirect=", "v=spf1 exp=", "v=spf1 redirect=spf0.presta.fr exp=", "v=spf1 ptr/24 -all",
        "v=spf1 mx \u00e9 -all", "v=spf1 mx -all toto", "v=spf1 mx ++all", "v=spf1 =x -all", "v=spf1 a:mail.presta.fr/024 -all",
        "v=spf1 ip4:192.0.2.1\t-all",
    )),
    # Abandoned by who receives.
    *([record] for record in (
        f"v=spf1 {_includes(11)} -all", f"v=spf1 {_includes(12)} ~all", f"v=spf1 {_includes(20)} -all", "v=spf1 mx:many.presta.fr -all",
        "v=spf1 " + " ".join(f"a:h{n}.presta.fr" for n in range(11)) + " -all", "v=spf1 " + "include:deeper.presta.fr " * 3 + "-all",
        f"v=spf1 {_includes(10)} redirect=spf0.presta.fr", "v=spf1 a:none1.presta.fr a:none2.presta.fr a:none3.presta.fr -all",
        "v=spf1 include:voids.presta.fr mx:none3.presta.fr -all", "v=spf1 exists:none1.presta.fr exists:none2.presta.fr exists:none3.presta.fr ~all",
        "v=spf1 include:nowhere.presta.fr -all", "v=spf1 include:bad.presta.fr -all", "v=spf1 include:twice.presta.fr -all",
        "v=spf1 redirect=nowhere.presta.fr", "v=spf1 include:lost.presta.fr -all", "v=spf1 redirect=bad.presta.fr",
        "v=spf1 mx include:inconnu.invalid -all",
    )),
    # Where a name does not answer.
    *([record] for record in ("v=spf1 include:muet.fr -all", "v=spf1 include:caller.presta.fr -all", "v=spf1 redirect=sourd.fr")),
]  # fmt: skip

_DMARC: Final[list[list[str]]] = [
    *([record] for record in (
        "v=DMARC1; p=reject", _GOOD_DMARC, "v=DMARC1; p=quarantine; rua=mailto:dmarc@presta.fr", "v=DMARC1;p=reject;", "v=DMARC1; P=Reject",
        "v = DMARC1 ; p = reject ; rua = mailto:dmarc@presta.fr", "v=dmarc1; p=reject", "v=DMARC1; p=none", "v=DMARC1; p=none; rua=mailto:dmarc@presta.fr",
        "v=DMARC1; p=none; rua=mailto:a@presta.fr,mailto:b@presta.fr!10m", "v=DMARC1; rua=mailto:dmarc@presta.fr", "v=DMARC1",
        "v=DMARC1; p=reject; sp=none; adkim=s; aspf=r", "v=DMARC1; p=reject; adkim=x", "v=DMARC1; p=reject; t=y", "v=DMARC1; p=reject; pct=20",
        "v=DMARC1; p=quarantine; pct=100; ri=86400; rf=afrf", "v=DMARC1; p=reject; fo=1:d:s", "v=DMARC1; p=reject; x=y; zz=1",
        "v=DMARC1; sp=reject; p=quarantine", "v=DMARC1; p=reject; np=reject", "v=DMARC1; p=reject; psd=n",
        "v=DMARC1; p=reject; rua=mailto:dmarc@strict.fr", "v=DMARC1; p=none; rua=mailto:dmarc@strict.fr",
        "v=DMARC1; p=reject; rua=mailto:a@presta.fr,mailto:b@strict.fr", "v=DMARC1; p=reject; rua=https://rapports.presta.fr/x",
    )),
    *(records for records in (
        [], ["bonjour"], ["v=DMARC2; p=reject"], ["p=reject; v=DMARC1"], [_GOOD_DMARC, "v=DMARC1; p=none"], [" v=DMARC1; p=reject"],
        ["v=spf1 -all"], ["v=DMARC1; p=rejet"], ["v=DMARC1; p="], ["v=DMARC1; p=reject; p=none"], ["v=DMARC1; p=reject; rua=dmarc@presta.fr"],
        ["v=DMARC1; p=reject; rua=mailto:dmarc"], ["v=DMARC1; p=reject; sp=jamais"], ["v=DMARC1 p=reject"], ["v=DMARC1; p=reject; fo=2"],
        ["v=DMARC1; p=reject; t=oui"], ["v=DMARC1, p=reject"],
    )),
]  # fmt: skip

_STS: Final[list[list[str]]] = [
    ["v=STSv1; id=20261129"], ["v=STSv1;id=a1;"], [], ["v=STSv1"], ["v=STSv1; id="], ["v=STSv1; id=a-b"], ["v=STSv2; id=1"],
    ["v=STSv1; id=1", "v=STSv1; id=2"],
]  # fmt: skip
_REPORTS: Final[list[list[str]]] = [
    ["v=TLSRPTv1; rua=mailto:tls@presta.fr"], ["v=TLSRPTv1;rua=https://rapports.presta.fr/tls"], [], ["v=TLSRPTv1"], ["v=TLSRPTv1; rua="],
    ["v=TLSRPTv1; rua=tls@presta.fr"], ["v=TLSRPTv1; rua=mailto:a@presta.fr", "v=TLSRPTv1; rua=mailto:b@presta.fr"],
]  # fmt: skip


def _rsa(bits: int) -> str:
    """A public key of this size, from fixed numbers: what is published is only read, never used to sign."""
    numbers = rsa.RSAPublicNumbers(65537, (1 << bits - 1) + (1 << bits // 2) + 1)
    return base64.b64encode(
        numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


def _small_rsa() -> str:
    """A key of 512 bits, as old services still publish: made by hand, for libraries refuse to make one."""
    der = base64.b64decode(_OLD_KEY)
    assert load_der_public_key(der)
    return _OLD_KEY


_OLD_KEY = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
_ED25519 = base64.b64encode(
    ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    .public_key()
    .public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()

DKIM: Final[dict[str, tuple[str, ...]]] = {
    "dkim-fort.fr": (f"selector1 v=DKIM1; k=rsa; p={_rsa(2048)}",),
    "dkim-long.fr": (f"mairie v=DKIM1; p={_rsa(4096)}",),
    "dkim-1024.fr": (f"default v=DKIM1; k=rsa; p={_rsa(1024)}",),
    "dkim-512.fr": (f"default v=DKIM1; k=rsa; p={_small_rsa()}",),
    "dkim-ed.fr": (f"s1 v=DKIM1; k=ed25519; p={_ED25519}",),
    "dkim-revoque.fr": ("mail v=DKIM1; p=",),
    "dkim-change.fr": ("k1 v=DKIM1; p=", f"k2 v=DKIM1; p={_rsa(2048)}"),
    "dkim-abime.fr": ("mail v=DKIM1; p=pas-une-cle",),
    "dkim-essai.fr": (f"mail v=DKIM1; t=y; p={_rsa(2048)}",),
    "dkim-ailleurs.fr": (f"inconnu2026 v=DKIM1; p={_rsa(2048)}",),
    "dkim-perdu.fr": (f"autre v=DKIM1; p={_rsa(2048)}",),
    "dkim-rien.fr": (),
}
SELECTORS: Final = {"dkim-long.fr": ("mairie",), "dkim-perdu.fr": ("mairie",)}


def _zone(
    spf: list[str] | None = None,
    dmarc: list[str] | None = None,
    sts: list[str] | None = None,
    reports: list[str] | None = None,
) -> list[str]:
    """A town's zone: two mail servers and whatever it publishes."""
    return [
        "@ A 192.0.2.1", "@ MX 10 mx1.presta.fr.", "@ MX 20 mx2", "mx2 A 192.0.2.2",
        *(f"@ TXT {text(record)}" for record in spf or []),
        *(f"_dmarc TXT {text(record)}" for record in dmarc or []),
        *(f"_mta-sts TXT {text(record)}" for record in sts or []),
        *(f"_smtp._tls TXT {text(record)}" for record in reports or []),
    ]  # fmt: skip


def _odd() -> dict[str, list[str]]:
    """Those that are more than one record."""
    split = "v=spf1 include:spf0.presta.fr mx -all"
    return {
        "spf-self.fr": _zone(["v=spf1 include:spf-self.fr -all"]),
        "spf-back.fr": _zone(["v=spf1 include:back.presta.fr -all"]),
        "spf-turn.fr": _zone(["v=spf1 redirect=spf-turn.fr"]),
        "spf-pieces.fr": [*_zone(), f"@ TXT {text(split, 9)}"],
        "spf-cut.fr": [*_zone(), '@ TXT "v=spf1 include:spf0.presta.fr" "mx -all"'],  # no space between the pieces
        "spf-octets.fr": [*_zone(), f"@ TXT {text(b'v=spf1 mx \xff -all')}"],
        "xn--bonneville--kbb.fr": _zone(["v=spf1 mx -all"], [_GOOD_DMARC]),
        "sans-courrier.fr": ["@ A 192.0.2.1", "@ MX 0 .", f"@ TXT {text('v=spf1 -all')}"],
        "vide.fr": [],
        "mairie.parent-strict.fr": _zone(["v=spf1 mx -all"]),
        "parent-strict.fr": _zone(["v=spf1 mx -all"], ["v=DMARC1; p=reject; sp=quarantine; rua=mailto:dmarc@presta.fr"]),
        "mairie.parent-mou.fr": _zone(["v=spf1 mx -all"]),
        "parent-mou.fr": _zone(["v=spf1 mx -all"], ["v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@presta.fr"]),
        "un.deux.trois.parent-strict.fr": _zone(["v=spf1 mx -all"]),
        "mairie.parent-double.fr": _zone(["v=spf1 mx -all"]),
        "parent-double.fr": _zone(["v=spf1 mx -all"], [_GOOD_DMARC, _GOOD_DMARC]),
        "mairie.suffixe.fr": _zone(["v=spf1 mx -all"]),
        "suffixe.fr": _zone(["v=spf1 mx -all"], ["v=DMARC1; p=reject; psd=y"]),
        "parent-arret.fr": _zone(["v=spf1 mx -all"], ["v=DMARC1; p=none"]),
        "bas.parent-arret.fr": _zone(["v=spf1 mx -all"], ["v=DMARC1; p=quarantine; psd=n"]),
        "mairie.bas.parent-arret.fr": _zone(["v=spf1 mx -all"]),
    }  # fmt: skip


TOWNS: Final[dict[str, list[str]]] = {
    **{f"spf-{n:03d}.fr": _zone(records) for n, records in enumerate(_SPF)},
    **{f"dmarc-{n:02d}.fr": _zone(["v=spf1 mx -all"], records) for n, records in enumerate(_DMARC)},
    **{
        f"sts-{n}.fr": _zone(["v=spf1 mx -all"], [_GOOD_DMARC], sts=records) for n, records in enumerate(_STS)
    },
    **{
        f"tls-{n}.fr": _zone(["v=spf1 mx -all"], [_GOOD_DMARC], reports=records)
        for n, records in enumerate(_REPORTS)
    },
    **{
        name: [
            *_zone(["v=spf1 mx -all"]),
            *(f"{key.split()[0]}._domainkey TXT {text(key.partition(' ')[2])}" for key in keys),
        ]
        for name, keys in DKIM.items()
    },
    **_odd(),
}
"""The domains whose mail is read, besides `BROKEN` and names that do not exist."""
ABSENT: Final = ("nulle-part.fr", "mairie.nulle-part.fr")
NAMES: Final = (*TOWNS, *BROKEN, *ABSENT)
ZONES: Final = {**_PROVIDERS, **TOWNS}
