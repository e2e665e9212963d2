"""A Debian 13 made from nothing in a folder, and commands run in it as root of a machine of its own: mounts, processes, network.

In: a release of `deploy/release`. Out: what its scripts say there. Needs root, mmdebstrap and apt's mirror; `reason_not` says what is missing.
"""

import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOUNTS = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ip link set lo up 2>/dev/null || true
"""
ENTER = """
mkdir -p old
pivot_root . old
umount -l /old
shift
exec env -i PATH="%s" HOME=/root "$@"
"""
RUN = MOUNTS + ENTER % PATH
BOOT = (
    'echo $$ >"$2/cgroup.procs"\nexec unshare --cgroup sh -c \''
    + (MOUNTS + "mount -t sysfs sysfs sys\nmount -t cgroup2 cgroup2 sys/fs/cgroup\nshift" + ENTER % PATH)
    + '\' sh "$1" "$2" env container=other /sbin/init'
)


@cache
def reason_not() -> str:
    """Why no Debian can be made here; empty when one can."""
    if os.geteuid() != 0:
        return "making a Debian needs root"
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is not installed"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], capture_output=True)
    return "" if tried.returncode == 0 else "this machine gives no namespaces"


@cache
def control_groups() -> Path | None:
    """Where the kernel's second hierarchy of groups is mounted: systemd needs one of its own."""
    found = re.search(r"^\S+ (\S+) cgroup2 ", Path("/proc/mounts").read_text("utf-8"), re.MULTILINE)
    return Path(found[1]) if found else None


def make_debian(archive: Path, *more: str) -> None:
    """A Debian 13 as small as it gets, in a tar, from the mirror that this machine's apt uses."""
    include = ",".join(("ca-certificates", *more))
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={include}", "trixie", str(archive)]
    subprocess.run(command, check=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


@dataclass
class Machine:
    """A Debian in `root`. Its network is a loopback of its own."""

    root: Path
    started: "subprocess.Popen[bytes] | None" = None
    group: Path | None = None

    @classmethod
    def make(cls, archive: Path, root: Path) -> "Machine":
        root.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", root, "--exclude=./dev/*"], check=True)
        return cls(root)

    def run(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """One command, with nothing running beside it, or in the system that `boot` started."""
        if self.started:
            inside = ["nsenter", "-t", str(self._init()), "-a", "env", "-i", f"PATH={PATH}", "HOME=/root"]
        else:
            spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
            inside = ["unshare", *spaces, "sh", "-c", RUN, "sh", str(self.root)]
        return subprocess.run([*inside, *command], input=given, capture_output=True, text=True, timeout=900)

    def boot(self) -> None:
        """Start its systemd."""
        groups = control_groups()
        assert groups
        self.group = groups / f"try-{os.getpid()}"
        self.group.mkdir(exist_ok=True)
        spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
        self.started = subprocess.Popen(
            ["unshare", *spaces, "sh", "-c", BOOT, "sh", str(self.root), str(self.group)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while self.run("systemctl", "is-system-running").stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < deadline, "its systemd does not start"
            time.sleep(0.5)

    def _init(self) -> int:
        """Its process 1, as this machine numbers it."""
        assert self.started
        children = Path(f"/proc/{self.started.pid}/task/{self.started.pid}/children")
        found = children.read_text("utf-8").split()
        return int(found[0]) if found else self.started.pid

    def stop(self) -> None:
        if self.started:
            with suppress(ProcessLookupError):
                os.kill(self._init(), signal.SIGKILL)
            self.started.wait(30)
            self.started = None
        if self.group:
            with suppress(OSError):
                self.group.rmdir()


def derived(bundle: Path, version: str, files: dict[str, str], target: Path) -> Path:
    """The same release under another version, with these files of the package replaced or added: what a later one would be."""
    work = target / f"make-{version}"
    work.mkdir(parents=True)
    with tarfile.open(bundle) as archive:
        archive.extractall(work, filter="fully_trusted")
    (folder,) = work.iterdir()
    (wheel,) = folder.glob("beffroi-*.whl")
    old = wheel.name.split("-")[1]
    with (
        zipfile.ZipFile(wheel) as before,
        zipfile.ZipFile(folder / wheel.name.replace(old, version), "w") as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("dist-info/METADATA"):
                content = content.replace(f"Version: {old}".encode(), f"Version: {version}".encode(), 1)
            content = files[name].encode() if name in files else content
            after.writestr(name.replace(f"beffroi-{old}.dist-info", f"beffroi-{version}.dist-info"), content)
        for name in files.keys() - set(before.namelist()):
            after.writestr(name, files[name])
    wheel.unlink()
    made = (folder / "VERSION").read_text("utf-8").split()
    (folder / "VERSION").write_text(" ".join([version, *made[1:]]) + "\n", "utf-8")
    return pack(folder, target / f"beffroi-{version}-offline.tar")


def pack(folder: Path, target: Path) -> Path:
    """Checksums written again, as `deploy/release` writes them."""
    sums = "find . -type f ! -name SHA256SUMS -printf '%P\\n' | xargs -d '\\n' sha256sum >../sums && mv ../sums SHA256SUMS"
    subprocess.run(["sh", "-c", sums], cwd=folder, check=True)
    subprocess.run(["tar", "-cf", target, "-C", folder.parent, folder.name], check=True)
    shutil.rmtree(folder.parent)
    return target
