"""The distribution's vsftpd on loopback, for one account of its own, with TLS asked from everyone. Out: its port and its folder."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import NotHere, answers, free_port, running

_CONF = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password=NO
anon_root={root}
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
ftp_username={user}
write_enable=YES
local_enable=NO
nopriv_user={user}
secure_chroot_dir={empty}
pasv_enable=YES
pasv_min_port={low}
pasv_max_port={high}
ssl_enable={tls}
allow_anon_ssl=YES
force_anon_data_ssl=YES
force_anon_logins_ssl=YES
require_ssl_reuse={reuse}
rsa_cert_file={certificate}
rsa_private_key_file={key}
ssl_ciphers=HIGH
seccomp_sandbox=NO
allow_writeable_chroot=YES
log_ftp_protocol=YES
xferlog_enable=YES
vsftpd_log_file={log}
"""
USER, PASSWORD = "anonymous", "page@example.org"


@dataclass(frozen=True)
class Ftp:
    port: int
    root: Path
    log: Path


@contextlib.contextmanager
def serving(
    folder: Path, root: Path, *, certificate: tuple[Path, Path] | None, user: str = "", reuse: bool = True
) -> Iterator[Ftp]:
    """A server of the folder `root`; without `certificate`, in clear. `user`: account of the machine that writes. Raises NotHere."""
    program = shutil.which("vsftpd", path="/usr/sbin:/usr/bin")
    if program is None or os.getuid() != 0:
        raise NotHere("vsftpd (apt install vsftpd), started as root")
    folder.mkdir(parents=True, exist_ok=True)
    empty = folder / "empty"
    empty.mkdir()
    port = free_port()
    low = free_port()
    paths = certificate or (Path("/nowhere"), Path("/nowhere"))
    conf, log = folder / "vsftpd.conf", folder / "vsftpd.log"
    conf.write_text(
        _CONF.format(
            port=port, root=root, user=user or "ftp", empty=empty, low=low, high=low + 20, log=log,
            tls="YES" if certificate else "NO", reuse="YES" if reuse else "NO",
            certificate=paths[0], key=paths[1],
        )
    )  # fmt: skip
    with running([program, str(conf)], folder / "out.log", lambda: answers(port)):
        yield Ftp(port, root, log)
