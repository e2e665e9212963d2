"""Local Spark cluster: two executors of one core, their own processes, behind Spark Connect on 127.0.0.1."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 180.0


@contextmanager
def cluster(folder: Path, master: str = "local-cluster[2,1,1024]") -> Iterator[str]:
    """The address of Spark Connect. Skips when Spark is not there: `make test-spark` installs it."""
    home = os.environ.get("BEFFROI_SPARK_HOME")
    if not home or not (Path(home) / "bin" / "spark-submit").is_file():
        pytest.skip("no Spark in BEFFROI_SPARK_HOME (« make test-spark » installs one)")
    port = _free_port()
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    command = [str(Path(home) / "bin" / "spark-submit"), "--master", master, "--driver-memory", "1g"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    environment = {**os.environ, "SPARK_HOME": home, "SPARK_LOCAL_IP": "127.0.0.1"}
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [*command, "spark-internal"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        _wait(child, port, folder / "log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(30)
        child.kill()
        child.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.5)
    pytest.fail(f"Spark did not start:\n{log.read_text(errors='replace')[-3000:]}")
