"""pygeoapi, the reference implementation of OGC API Features, on loopback over a GeoJSON file of the tests."""

import contextlib
import importlib.util
import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import NotHere, free_port, running

_CONFIG = """
server:
    bind: {{host: 127.0.0.1, port: {port}}}
    url: http://127.0.0.1:{port}
    mimetype: application/json; charset=UTF-8
    encoding: utf-8
    languages: [fr-FR]
    limits: {{default_items: 10, max_items: {most}}}
    map: {{url: 'http://127.0.0.1/', attribution: ''}}
logging: {{level: ERROR}}
metadata:
    identification: {{title: Essai, description: Essai, keywords: [essai], keywords_type: theme, terms_of_service: '', url: 'http://127.0.0.1'}}
    license: {{name: essai, url: 'http://127.0.0.1'}}
    provider: {{name: essai, url: 'http://127.0.0.1'}}
    contact: {{name: essai}}
resources:
    ecoles:
        type: collection
        title: Les écoles
        description: Les écoles de l'essai
        keywords: [écoles]
        extents: {{spatial: {{bbox: [-180, -90, 180, 90], crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84'}}}}
        providers:
            - {{type: feature, name: GeoJSON, data: {data}, id_field: id}}
"""


@contextmanager
def serving(features: list[dict[str, object]], most: int = 100) -> Iterator[int]:
    """The port of a server that holds these features as « ecoles »."""
    if importlib.util.find_spec("pygeoapi") is None:
        raise NotHere("pip install pygeoapi")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="beffroi-geo-") as name:
        folder = Path(name)
        data = folder / "ecoles.geojson"
        data.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        (folder / "config.yml").write_text(_CONFIG.format(port=port, data=data, most=most))
        described = {"openapi": "3.0.2", "info": {"title": "x", "version": "1"}, "paths": {}}
        (folder / "openapi.yml").write_text(json.dumps(described))
        environment = {
            "PYGEOAPI_CONFIG": str(folder / "config.yml"),
            "PYGEOAPI_OPENAPI": str(folder / "openapi.yml"),
        }
        code = f"from pygeoapi.flask_app import APP; APP.run(host='127.0.0.1', port={port}, threaded=True)"
        command = [
            "env",
            *(f"{key}={value}" for key, value in environment.items()),
            sys.executable,
            "-c",
            code,
        ]

        def ready() -> bool:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/?f=json", timeout=2) as said,
            ):
                return bool(said.status == 200)
            return False

        with running(command, folder / "log", ready):
            yield port
