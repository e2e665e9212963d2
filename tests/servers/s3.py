"""moto's S3 server on loopback. Out: its address, and a client of another kit than ours to fill it."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from servers import NotHere


@dataclass(frozen=True)
class S3:
    host: str
    client: Any

    def put(self, bucket: str, name: str, body: bytes) -> None:
        self.client.put_object(Bucket=bucket, Key=name, Body=body)


@contextmanager
def serving() -> Iterator[S3]:
    if importlib.util.find_spec("moto") is None:
        raise NotHere("pip install 'moto[s3]' flask flask-cors")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        host = f"127.0.0.1:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{host}",
            aws_access_key_id="autre",
            aws_secret_access_key="autre",
            region_name="us-east-1",
        )
        yield S3(host, client)
    finally:
        server.stop()
