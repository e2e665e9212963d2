"""Certificate authorities trusted for outgoing TLS connections: databases read as sources, the syslog."""

import os
import ssl
from pathlib import Path


def certificate_authorities_file() -> str:
    """Path of the file of certificate authorities: the operator's (`SSL_CERT_FILE`), otherwise the system's."""
    paths = ssl.get_default_verify_paths()
    for path in (os.environ.get("SSL_CERT_FILE"), paths.cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if path and Path(path).is_file():
            return path
    return paths.openssl_cafile
