"""Benchmark of a map of every commune of France: first picture in a headless Chromium, and tiles: `python -m benchmarks.map FILE`.

In: a file of contours (`beffroi contours` imports it; `--reference` takes the folder of a home where that was done before).
Out: Markdown: the import, the first picture with an empty and a full browser cache, the tiles of each zoom. The site is the
real `beffroi serve`; nothing leaves the machine.
"""

import argparse
import http.client
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, BrowserContext, Page, Request

from browser import launch
from support.load import come_in
from support.served import Instance, prepare

_FILL = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.lake.reference import tiles
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import services
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
codes = sorted(tiles.layer(Path(sys.argv[1]), "communes").places)
lines = "".join(f"{code};{(n * 7919) % 10007 / 10}\\n".replace(".", ",") for n, code in enumerate(codes))
with scope.inside(town):
    delivery = catalogue.stage(catalogue.receive(town, person, "Communes.csv", [f"commune;valeur\\n{lines}".encode()]))
    (poured,) = catalogue.pour(delivery, person)
    steps = [{"step": "source", "source": "c"}, {"step": "choose", "columns": ["commune", "valeur"]}]
    figure = {"kind": "map", "title": "Carte", "unit": "points", "base": "{lignes} communes", "year": "2026",
              "source": "nombres inventés", "encodings": {"place": "commune", "value": "valeur"}, "simulated": True}
    definition = {"title": "Carte", "sources": {"c": poured.dataset.slug}, "steps": steps, "figure": figure}
    services.save_recipe(town, person, "carte", definition, services.steering(town))
    services.save_board(town, person, "carte", "Carte", "", ["carte"])
print(len(codes))
"""


def first_picture(context: BrowserContext, address: str) -> tuple[float, Page, list[Request]]:
    """Milliseconds from the navigation to a fully drawn map, and the tiles that it received."""
    page, received = context.new_page(), []
    page.on("requestfinished", lambda one: received.append(one) if "/cartes/" in one.url else None)
    page.on(
        "console", lambda message: print(message.text, file=sys.stderr) if message.type == "error" else None
    )
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".island-view.map[data-idle=yes]", timeout=120_000)
    return (time.perf_counter() - start) * 1000, page, received


def pictures(browser: Browser, instance: Instance, loads: int) -> None:
    address = f"{instance.url}/t/{instance.towns[0]}/analyses/tableaux/carte/"
    session = come_in(instance.link("steward0@example.org"))
    cookies = session.for_browser()
    session.get(f"/t/{instance.towns[0]}/analyses/tableaux/carte/")  # computed once, for whoever comes first
    cold, warm, sent, count = [], [], 0, 0
    for _ in range(loads):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR")
        context.add_cookies(cookies)  # type: ignore[arg-type]
        took, page, received = first_picture(context, address)
        cold.append(took)
        count = len(received)
        sent = round(sum(one.sizes()["responseBodySize"] for one in received) / 1024)
        page.close()
        took, page, _ = first_picture(context, address)
        warm.append(took)
        context.close()
    print("| première image, de la navigation à la carte dessinée | médiane | la plus longue |")
    print("|---|---:|---:|")
    print(
        f"| cache du navigateur vide ({count} tuiles, {sent} Ko) | {median(cold):.0f} ms | {max(cold):.0f} ms |"
    )
    print(f"| cache plein | {median(warm):.0f} ms | {max(warm):.0f} ms |\n")


def tiles(instance: Instance, most: int) -> None:
    """Each tile (or `most` of a zoom, evenly), fetched twice over one connection."""
    with sqlite3.connect(instance.home / "reference" / "tiles.sqlite") as database:
        (version,) = database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        rows = database.execute("SELECT layer, z, x, y FROM tiles ORDER BY layer, z, x, y").fetchall()
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60)

    def fetch_tile(row: tuple[str, int, int, int]) -> tuple[float, int]:
        layer, z, x, y = row
        start = time.perf_counter()
        connection.request(
            "GET", f"/cartes/{version}/{layer}/{z}/{x}/{y}.mvt", headers={"Accept-Encoding": "gzip"}
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{row}: {answer.status}")
        return (time.perf_counter() - start) * 1000, len(body)

    print("| zoom | tuiles | médiane | 95e centile | la plus longue | relues, médiane | la plus lourde |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for zoom in sorted({row[1] for row in rows}):
        own = [row for row in rows if row[1] == zoom]
        own = own[:: -(-len(own) // most)]
        once, again = [fetch_tile(row) for row in own], [fetch_tile(row)[0] for row in own]
        times = [took for took, _ in once]
        print(
            f"| {zoom} | {len(own)} | {median(times):.1f} ms | {quantiles(times, n=20)[-1]:.1f} ms | {max(times):.1f} ms "
            f"| {median(again):.1f} ms | {max(size for _, size in once) / 1024:.0f} Ko |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.map")
    parser.add_argument(
        "file", nargs="?", type=Path, help="a file of contours; without it, nothing is measured"
    )
    parser.add_argument("--reference", type=Path, help="the folder `reference` of a home that imported it")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--tiles", type=int, default=150, help="of each zoom, at most")
    args = parser.parse_args()
    if (args.file is None and args.reference is None) or (args.file is not None and not args.file.is_file()):
        print(f"Carte : non mesuré ici (pas de fichier de contours : {args.file}).")
        return
    print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.map`.\n")
    with tempfile.TemporaryDirectory(prefix="beffroi-map-") as made:
        instance = prepare(Path(made) / "home", towns=1)
        if args.reference is not None:
            shutil.copytree(args.reference, instance.home / "reference", dirs_exist_ok=True)
        else:
            start = time.perf_counter()
            done = instance.command("contours", str(args.file), seconds=1800)
            if done.returncode:
                raise RuntimeError(done.stderr)
            print(f"Import et tuiles : {time.perf_counter() - start:.0f} s, une fois.\n")
        count = instance.run(_FILL, instance.towns[0]).strip()
        print(f"{count} communes.\n")
        instance.start()
        try:
            with launch() as browser:
                pictures(browser, instance, args.loads)
            tiles(instance, args.tiles)
        finally:
            instance.stop()
    print(f"\nCharge de la machine à la fin : {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs.")


if __name__ == "__main__":
    main()
