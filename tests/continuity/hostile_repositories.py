"""Forty repositories, and servers of repositories, that mean harm to who reads them.

A case builds its harm in the folder of the test and says where it is; `says` is a word of what a person is then told.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from beffroi.web.continuity.backups.reading.secrets import CopyAccess
from servers import sftp

from . import backup_repositories, hostile_servers
from .backup_repositories import PASSWORD, Made
from .hostile_servers import Listener
from .restic_forge import WHEN, Forge, folder, node, zstd_bomb

MIB: Final = 1 << 20
REFUSED_SECRET: Final = "secret-du-compte-77"
PYTHON: Final = "/usr/bin/python3"


@dataclass
class World:
    """What a case builds with. `outside`: what must stay as it is; `refused`: a machine that nobody allowed."""

    root: Path
    healthy: dict[str, Made]
    refused: Listener
    outside: Path
    stack: ExitStack
    ssh: sftp.Sftp | None = None

    def copy(self, kind: str) -> Made:
        return backup_repositories.duplicate(self.healthy[kind], self.root / "depot")

    def served(self, answer: hostile_servers.Answer, made: Made | None = None) -> "Harm":
        """A restic repository behind a server of the loopback, which is the one that the operator allowed."""
        port = self.stack.enter_context(hostile_servers.rest((made or self.copy("restic")).folder, answer))
        where = f"127.0.0.1:{port}"
        access = CopyAccess(PASSWORD, "compte", REFUSED_SECRET)
        return Harm("restic", f"rest:http://{where}/", [f"http://{where}"], access)

    def by_ssh(self, command: str) -> "Harm":
        """A server of borg that runs this in the place of `borg serve`."""
        assert self.ssh is not None
        authorized = self.ssh.folder / "authorized"
        key = (self.ssh.folder / "own.pub").read_text()
        authorized.write_text(f'command="{command}" {key}')
        known = f"[127.0.0.1]:{self.ssh.port} {(self.ssh.folder / 'host.pub').read_text()}"
        where = f"127.0.0.1:{self.ssh.port}"
        access = CopyAccess(PASSWORD, ssh_key=self.ssh.key, known_hosts=known)
        return Harm("borg", f"ssh://{self.ssh.user}@{where}/depot", [where], access)


@dataclass(frozen=True)
class Harm:
    kind: str
    address: str
    allowed: list[str] = field(default_factory=list)
    access: CopyAccess = field(default_factory=lambda: CopyAccess(PASSWORD))


type Case = Callable[[World], Harm]
CASES: Final[dict[str, tuple[Case, str]]] = {}


def case(says: str) -> Callable[[Case], Case]:
    def kept(built: Case) -> Case:
        CASES[built.__name__] = built, says
        return built

    return kept


def at(made: Made) -> Harm:
    return Harm(made.kind, str(made.folder))


def forged(world: World) -> tuple[Made, Forge]:
    made = world.copy("restic")
    return made, Forge(made)


# Sizes and bombs of restic, by who holds its key.


@case("plus que ce qu'il annonce")
def files_that_are_larger_than_listed(world: World) -> Harm:
    made, forge = forged(world)
    zeros = forge.blob("data", bytes(8 * MIB))
    nodes = [node(f"f{n}", [zeros] * 80, 10) for n in range(8)]  # 5 GB, listed as 80 bytes
    forge.finish(forge.tree(nodes))
    return at(made)


@case("")
def one_file_that_is_larger_than_listed(world: World) -> Harm:
    made, forge = forged(world)
    noise = forge.blob("data", os.urandom(MIB))
    forge.finish(forge.tree([node("f", [noise] * 3000, 1000)]))
    return at(made)


@case("")
def a_size_that_nothing_has(world: World) -> Harm:
    made, forge = forged(world)
    zeros = forge.blob("data", bytes(1000))
    forge.finish(forge.tree([node("f", [zeros], (1 << 64) - 1), node("g", [zeros], 1 << 62)]))
    return at(made)


@case("mémoire")
def a_snapshot_that_unpacks_to_gigabytes(world: World) -> Harm:
    made, forge = forged(world)
    forge.finish(forge.tree([]))
    start = json.dumps({"time": WHEN, "tree": "0" * 64, "paths": ["/"], "hostname": "a"})[:-2].encode()
    forge.file("snapshots", b"\x02" + zstd_bomb(start, b"a", 16_000, b'"}'))
    return at(made)


@case("mémoire")
def an_index_that_unpacks_to_gigabytes(world: World) -> Harm:
    made, forge = forged(world)
    forge.finish(forge.tree([]))
    forge.file("index", b"\x02" + zstd_bomb(b'{"packs":[', b" ", 16_000, b"]}"))
    return at(made)


@case("")
def a_folder_that_unpacks_to_gigabytes(world: World) -> Harm:
    made, forge = forged(world)
    bomb = zstd_bomb(b'{"nodes":[', b" ", 16_000, b"]}")
    forge.finish(forge.blob("tree", b"folder", bomb, 16_000 << 17))
    return at(made)


@case("")
def a_file_that_unpacks_to_gigabytes(world: World) -> Harm:
    made, forge = forged(world)
    bomb = forge.blob("data", b"file", zstd_bomb(b"", b"x", 32_000, b""), 4000)
    forge.finish(forge.tree([node("f", [bomb], 4000)]))
    return at(made)


@case("")
def a_configuration_without_end(world: World) -> Harm:
    made, forge = forged(world)
    forge.replace_config(b'{"version":2,"id":"' + b"a" * (64 * MIB) + b'"}')
    return at(made)


@case("")
def a_snapshot_of_brackets(world: World) -> Harm:
    made, forge = forged(world)
    forge.finish(forge.tree([]), tags=[json.loads("[" * 500 + "]" * 500)])
    return at(made)


@case("2099")
def a_backup_of_the_future(world: World) -> Harm:
    made, forge = forged(world)
    forge.finish(forge.tree([node("f", [forge.blob("data", b"x")], 1)]), time="2099-01-01T00:00:00Z")
    return at(made)


# Keys and files of restic, by who holds the server alone.


@case("")
def a_key_that_asks_for_four_gigabytes(world: World) -> Harm:
    made = world.copy("restic")
    (key,) = (made.folder / "keys").iterdir()
    changed = {**json.loads(key.read_text()), "N": 1 << 22, "r": 8}
    key.unlink()
    content = json.dumps(changed).encode()
    (made.folder / "keys" / hashlib.sha256(content).hexdigest()).write_bytes(content)
    return at(made)


@case("mémoire")
def a_key_of_a_gigabyte(world: World) -> Harm:
    made = world.copy("restic")
    (key,) = (made.folder / "keys").iterdir()
    key.chmod(0o600)
    os.truncate(key, 1 << 30)
    return at(made)


@case("")
def a_configuration_that_is_a_device(world: World) -> Harm:
    made = world.copy("restic")
    (made.folder / "config").unlink()
    (made.folder / "config").symlink_to("/dev/zero")
    return at(made)


@case("")
def a_configuration_that_is_a_pipe(world: World) -> Harm:
    made = world.copy("restic")
    (made.folder / "config").unlink()
    os.mkfifo(made.folder / "config")
    return at(made)


@case("droit de lire")
def data_that_lead_to_the_keys_of_the_instance(world: World) -> Harm:
    made = world.copy("restic")
    snapshot = next((made.folder / "snapshots").iterdir())
    snapshot.unlink()
    snapshot.symlink_to(world.outside)
    return at(made)


@case("taille impossible")
def a_pack_of_an_exbibyte(world: World) -> Harm:
    made = world.copy("restic")
    place = made.folder / "data" / "00"
    place.mkdir(exist_ok=True)
    for n in range(200):
        (place / f"{n:064x}").touch()
        os.truncate(place / f"{n:064x}", 15 << 40)
    return at(made)


@case("")
def fifty_thousand_empty_files(world: World) -> Harm:
    made = world.copy("restic")
    place = made.folder / "data" / "00"
    place.mkdir(exist_ok=True)
    for n in range(50_000):
        (place / f"{n:064x}").touch()
    return at(made)


# Names and kinds of files.


@case("puissent être repris")
def a_deep_tree(world: World) -> Harm:
    made, forge = forged(world)
    tree = forge.tree([node("f", [forge.blob("data", b"x")], 1)])
    for _ in range(3000):
        tree = forge.tree([folder("d", tree)])
    forge.finish(tree)
    return at(made)


@case("")
def names_that_climb(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x")
    up = "../" * 12 + str(world.outside).lstrip("/")
    forge.finish(forge.tree([node("..", [blob], 1), node(up, [blob], 1), node("/etc/passwd", [blob], 1)]))
    return at(made)


@case("")
def a_link_and_a_folder_of_the_same_name(world: World) -> Harm:
    made, forge = forged(world)
    inner = forge.tree([node(world.outside.name, [forge.blob("data", b"x")], 1)])
    link = node("d", type="symlink", linktarget=str(world.outside.parent), mode=0o1000000777)
    forge.finish(forge.tree([link, folder("d", inner)]))
    return at(made)


@case("")
def devices_pipes_and_set_user_id(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x")
    forge.finish(
        forge.tree(
            [
                node("disk", type="dev", device=0x0800, mode=0o600),
                node("mem", type="chardev", device=0x0101, mode=0o666),
                node("pipe", type="fifo"),
                node("root", [blob], 1, mode=0o40000755, uid=0),
                node("socket", type="socket"),
            ]
        )
    )
    return at(made)


@case("")
def hard_links(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x" * 100)
    nodes = [node(f"f{n}", [blob], 100, links=900, inode=7, device_id=1) for n in range(900)]
    forge.finish(forge.tree(nodes))
    return at(made)


@case("")
def two_hundred_thousand_files(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x")
    forge.finish(forge.tree([node(f"{'n' * 200}{n}", [blob], 1) for n in range(200_000)]))
    return at(made)


@case("puissent être repris")
def paths_longer_than_a_command_line(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x")
    nodes = [folder(f"{n}{'d' * 200}", forge.tree([node("f" * 250, [blob], 1)])) for n in range(900)]
    tree = forge.tree(nodes)
    for n in range(12):
        tree = forge.tree([folder(f"{n}{'e' * 240}", tree)])
    forge.finish(tree)
    return at(made)


@case("n'a pas pu être restauré")
def names_with_signs_of_control(world: World) -> Harm:
    made, forge = forged(world)
    blob = forge.blob("data", b"x", b"neither compressed nor x")
    names = ["\x1b[31mrouge", "a\u202eexe.txt", "ligne\nDEUX", "<script>alert(1)", "nul\x00", "\x07" * 50]
    forge.finish(forge.tree([node(name, [blob], 1) for name in names]))
    return at(made)


# Servers of restic.


@case("mener ailleurs")
def a_server_that_redirects_inside(world: World) -> Harm:
    """To the same port of another machine: a rule of the kernel on ports alone would let it through."""
    where: list[str] = []
    harm = world.served(lambda handler: hostile_servers.redirect(where[0])(handler))
    port = int(harm.address.rpartition(":")[2].strip("/"))
    world.refused = world.stack.enter_context(hostile_servers.listening("127.0.0.9", port))
    where.append(f"http://127.0.0.9:{port}/config")
    return harm


@case("mener ailleurs")
def a_server_that_redirects_to_the_metadata_of_a_cloud(world: World) -> Harm:
    return world.served(hostile_servers.redirect("http://169.254.169.254/latest/", 302, "/data/"))


@case("mener ailleurs. Il mène à 127.0.0.1:")
def a_server_that_redirects_to_this_machine_by_another_name(world: World) -> Harm:
    return world.served(
        hostile_servers.redirect(f"http://localhost:{world.refused.port}/", 308, "/snapshots/")
    )


@case("mener ailleurs")
def a_server_that_redirects_to_a_name(world: World) -> Harm:
    return world.served(hostile_servers.redirect("https://secrets.attaquant.example/x", 301, "/keys/"))


@case("comme un dépôt")
def a_server_that_redirects_to_itself(world: World) -> Harm:
    return world.served(hostile_servers.redirect("/config", 307))


@case("")
def a_configuration_that_never_ends(world: World) -> Harm:
    return world.served(hostile_servers.endless(b"", bytes(MIB), "/config"))


@case("")
def a_list_of_snapshots_that_never_ends(world: World) -> Harm:
    one = b'{"name":"' + b"0" * 64 + b'","size":1},'
    return world.served(hostile_servers.endless(b"[", one * 1000, "/snapshots/"))


@case("comme un dépôt")
def a_server_that_answers_by_a_page(world: World) -> Harm:
    return world.served(hostile_servers.page)


@case("comme un dépôt")
def a_server_that_is_out_of_order(world: World) -> Harm:
    return world.served(hostile_servers.out_of_order)


@case("comme un dépôt")
def a_server_that_drips(world: World) -> Harm:
    return world.served(hostile_servers.dripping)


@case("")
def a_server_that_gives_less_than_it_says(world: World) -> Harm:
    return world.served(hostile_servers.short)


@case("le droit de lire")
def a_server_that_repeats_secrets(world: World) -> Harm:
    return world.served(hostile_servers.repeating(PASSWORD, REFUSED_SECRET))


# Borg.


def _borg_changed(world: World, code: str) -> Made:
    """A repository of borg changed through borg's own code: plain, so that it says what it likes."""
    made = world.copy("borg")
    subprocess.run(
        [PYTHON, "-c", code, str(made.folder)],
        env=made.environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return made


@case("plus que ce qu'il annonce")
def borg_items_that_lie_about_their_size(world: World) -> Harm:
    code = """
import sys, datetime
from borg.logger import setup_logging
setup_logging()
from borg.repository import Repository
from borg.helpers import Manifest
from borg.archive import Archive
from borg.item import Item
from borg.cache import Cache
with Repository(sys.argv[1], exclusive=True, lock_wait=5) as repository:
    manifest, key = Manifest.load(repository, Manifest.NO_OPERATION_CHECK)
    with Cache(repository, key, manifest, lock_wait=5) as cache:
        archive = Archive(repository, key, manifest, 'zz', cache=cache, create=True)
        zeros = bytes(8 << 20)
        chunk = cache.add_chunk(key.id_hash(zeros), zeros, archive.stats)
        for n in range(8):
            archive.add_item(Item(path='f%d' % n, mode=0o100644, mtime=0, uid=0, gid=0, user='', group='', size=10, chunks=[chunk] * 80))
        archive.save(timestamp=datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=5))
"""
    return at(_borg_changed(world, code))


@case("")
def borg_an_index_that_asks_for_gigabytes(world: World) -> Harm:
    made = world.copy("borg")
    index = next(made.folder.glob("index.*"))
    content = bytearray(index.read_bytes())
    content[8:16] = (10).to_bytes(4, "little") + (1 << 30).to_bytes(4, "little")
    index.write_bytes(content)
    os.truncate(index, (1 << 30) * 40)
    return at(made)


@case("")
def borg_hints_of_a_gigabyte(world: World) -> Harm:
    made = world.copy("borg")
    os.truncate(next(made.folder.glob("hints.*")), 2 << 30)
    return at(made)


@case("")
def borg_a_configuration_with_commands(world: World) -> Harm:
    made = world.copy("borg")
    config = made.folder / "config"
    touched = f"touch {world.outside.parent}/touched"
    config.write_text(config.read_text() + f"additional_free_space = $({touched})\nrsh = {touched}\npasscommand = {touched}\n" + "x = y\n" * 10 + "k = " + "z" * (64 * MIB) + "\n")  # fmt: skip
    return at(made)


@case("comme un dépôt")
def borg_a_server_that_never_ends(world: World) -> Harm:
    return world.by_ssh("cat /dev/zero")


@case("comme un dépôt")
def borg_a_server_that_announces_gigabytes(world: World) -> Harm:
    return world.by_ssh("printf '\\\\306\\\\377\\\\377\\\\377\\\\377'; cat /dev/zero")


@case("ne répond pas")
def borg_a_server_that_runs_something_else(world: World) -> Harm:
    return world.by_ssh(f"printf '\\\\033[31m{PASSWORD}' >&2; exit 3")


@case("ne répond pas")
def borg_a_server_whose_key_has_changed(world: World) -> Harm:
    harm = world.by_ssh("borg serve")
    known = harm.access.known_hosts.replace("AAAAC3", "AAAAB3")
    return Harm(
        "borg",
        harm.address,
        harm.allowed,
        CopyAccess(PASSWORD, ssh_key=harm.access.ssh_key, known_hosts=known),
    )


@case("ne répond pas")
def borg_a_server_that_greets_without_end(world: World) -> Harm:
    def talk(client) -> None:
        while True:
            client.sendall(b"bienvenue \x1b[31m\r\n" * 1000)

    server = world.stack.enter_context(hostile_servers.listening(talk=talk))
    harm = world.by_ssh("borg serve")
    where = f"127.0.0.1:{server.port}"
    return Harm("borg", f"ssh://compte@{where}/depot", [where], harm.access)
