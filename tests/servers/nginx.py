"""The distribution's nginx on loopback, one folder a site: each site is an address of the loopback network, on one port.

A site's folder holds its pages. A file `moved` beside them makes it redirect elsewhere, `down` makes it answer 503.
"""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from . import NotHere, answers, free_port, running

_CONF = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log; default_type text/html; charset utf-8;
  types {{ text/html html htm; text/plain txt; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server_tokens on; open_file_cache off;
  {servers}
}}
"""
_SERVER = """
  server {{
    listen {address}:{port}{tls}; root {root}; index index.html; {certificate} {more}
    if (-f {root}/moved) {{ return 302 https://ailleurs.example/promo; }}
    if (-f {root}/down) {{ return 503; }}
    location / {{ try_files $uri $uri/index.html =404; }}
    location = /loin {{ return 302 http://127.0.0.1:1/secret; }}
    location = /ici {{ return 302 /; }}
    location = /boucle {{ return 302 /boucle; }}
  }}
"""


@dataclass(frozen=True)
class Site:
    """One site of the server: its address as a person declares it, and the folder of its pages."""

    address: str
    host: str
    folder: Path

    def write(self, page: str, name: str = "index.html") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, "utf-8")

    def set(self, mark: str, *, on: bool) -> None:
        """Put or remove the file `moved` or `down`."""
        path = self.folder / mark
        path.write_text("") if on else path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Nginx:
    sites: tuple[Site, ...]
    access_log: Path

    def requests(self) -> list[str]:
        """Lines of the access log."""
        return self.access_log.read_text().splitlines() if self.access_log.exists() else []


@contextlib.contextmanager
def serving(
    folder: Path, count: int, *, encrypted: tuple[Path, Path] | None = None, more: Sequence[str] = ()
) -> Iterator[Nginx]:
    """A server of `count` sites; `encrypted`: certificate and key, for sites in HTTPS; `more`: settings of each. Raises NotHere."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        raise NotHere("nginx")
    folder.mkdir(parents=True, exist_ok=True)
    port, sites = free_port(), []
    for n in range(count):
        address, root = f"127.0.0.{n + 1}", folder / f"site-{n}"
        root.mkdir()
        sites.append(
            Site(f"{'https' if encrypted else 'http'}://{address}:{port}", f"{address}:{port}", root)
        )
    tls = " ssl" if encrypted else ""
    certificate = f"ssl_certificate {encrypted[0]}; ssl_certificate_key {encrypted[1]};" if encrypted else ""
    servers = "".join(
        _SERVER.format(address=site.host.partition(":")[0], port=port, root=site.folder, tls=tls, certificate=certificate, more=own)
        for site, own in zip_longest(sites, more, fillvalue="")
    )  # fmt: skip
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, servers=servers))
    command = [program, "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log")]
    with running(command, folder / "nginx.log", lambda: answers(port)):
        yield Nginx(tuple(sites), folder / "access.log")
