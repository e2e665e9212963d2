"""The certificate that nothing that a system was given is kept after its run: what was handed over, and that it is gone.

In come a run and the tables that it was given; out goes signed JSON. The key is the ledger's, named by its fingerprint, so that
whoever holds the public key checks it without Beffroi. A model learned during a run lives in the child process and dies with it.
"""

import base64
import json
import logging
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone

from beffroi.ledger.roots import fingerprint
from beffroi.systems.runner import Execution
from beffroi.web.platform.ledger import keys

from .models import Run

logger = logging.getLogger(__name__)

STATEMENT = (
    "Les tables remises au système étaient dans un dossier privé, pour ce seul calcul. Le processus qui avait appris de ces lignes "
    "est terminé ; le dossier a été cherché ensuite, et n'existe plus. Seul le résultat est gardé."
)


def certificate(run: Run, tables: dict[str, pa.Table], execution: Execution) -> dict[str, Any] | None:
    """What was given to this run and is gone, signed; None where the folder could not be removed: nothing is then claimed."""
    if not execution.wiped:
        logger.error("the private folder of run %s could not be removed: no certificate", run.key)
        return None
    key = keys.signing_key()
    content = {
        "run": run.key,
        "system": run.use.system,
        "version": run.version,
        "tables": [
            {"input": name, "rows": table.num_rows, "columns": sorted(table.column_names)}
            for name, table in sorted(tables.items())
        ],
        "erased_at": timezone.now().isoformat(),
        "says": STATEMENT,
        "key": fingerprint(key.public_key()),
    }
    signature = key.sign(_bytes(content))
    return content | {"signature": base64.b64encode(signature).decode()}


def verify(certificate: dict[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether this is what was signed, by this key."""
    content = {name: value for name, value in certificate.items() if name != "signature"}
    try:
        key.verify(base64.b64decode(certificate["signature"]), _bytes(content))
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
