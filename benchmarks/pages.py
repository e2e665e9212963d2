"""Cost of every page of a territory: `python -m benchmarks.pages --home HOME --person ADDRESS`.

In: a home that exists (a demonstration, say) and who reads. Follows links from the home page, two pages a name of address.
Out: a Markdown table: CPU milliseconds of the web process (median of `--loads`, warm; query processes are other processes and
are not in it), database queries, words read, bytes sent; the heaviest first.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from beffroi.cli.common import opened

A_NAME = 2
_LINK = re.compile(r'href="(/[^"#]*)')
_HIDDEN = re.compile(r"<(script|style|template|head)\b.*?</\1>", re.DOTALL)
_INNERMOST_FOLD = re.compile(r"<details\b([^>]*)>((?:(?!<details\b).)*?)</details>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--person", default="guide@demonstration.example")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--only", default="", help="names of addresses that hold this text")
    args = parser.parse_args()
    home = opened(args.home)
    code = "import sys; from pathlib import Path; from beffroi.recipes import pool; pool.serve(Path(sys.argv[1]))"
    queries = subprocess.Popen([sys.executable, "-c", code, str(home.query_socket)])
    try:
        while not home.query_socket.exists():
            time.sleep(0.1)
        for line in measure(args.person, args.loads, args.only):
            print(line)
    finally:
        queries.terminate()
        queries.wait()


def measure(address: str, loads: int, only: str) -> list[str]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment
    from django.urls import Resolver404, resolve, reverse

    from beffroi.web.platform.models import Person
    from beffroi.web.tenancy.signin import make_link

    setup_test_environment()
    client = Client()
    link = urlsplit(make_link(Person.objects.get(email=address), "signin")).path
    client.post(link)
    queue, met = [str(reverse("home"))], defaultdict[str, list[str]](list)
    rows = []
    while queue:
        path = queue.pop(0)
        try:
            name = resolve(path.split("?")[0]).view_name
        except Resolver404:
            continue
        if path in met[name] or len(met[name]) >= A_NAME or "deconnexion" in path or "logout" in path:
            continue
        met[name].append(path)
        answer = client.get(path)
        if answer.status_code in {301, 302}:
            queue.append(answer["Location"])
            continue
        if answer.status_code != 200 or answer.streaming or "text/html" not in answer["Content-Type"]:
            continue
        html = answer.content.decode()
        queue += _LINK.findall(html)
        if only not in name:
            continue
        spent = []
        for _ in range(loads):
            begun = time.process_time()
            client.get(path)
            spent.append(time.process_time() - begun)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        rows.append(
            (statistics.median(spent) * 1000, len(queries), *words(html), len(answer.content), name, path)
        )
    rows.sort(reverse=True)
    medians = statistics.median(row[0] for row in rows)
    return [
        "| page | CPU ms | queries | words | folded | kB |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {name} `{path}` | {cpu:.0f} | {queries} | {seen} | {folded} | {size / 1000:.0f} |"
            for cpu, queries, seen, folded, size, name, path in rows
        ),
        f"\n{len(rows)} pages, median {medians:.0f} ms, {sum(r[0] > 100 for r in rows)} above 100 ms, "
        f"{sum(r[1] > 20 for r in rows)} above 20 queries",
    ]


def words(html: str) -> tuple[int, int]:
    """Words displayed before anything is unfolded, and words inside folds."""
    folded = 0

    def unfold(fold: re.Match[str]) -> str:
        nonlocal folded
        if re.search(r"\bopen\b", fold[1]):
            return fold[2]
        folded += _count(fold[2])
        return ""

    text, found = _HIDDEN.sub(" ", html), 1
    while found:
        text, found = _INNERMOST_FOLD.subn(unfold, text)
    return _count(text), folded


def _count(html: str) -> int:
    return len(_TAG.sub(" ", html).split())


if __name__ == "__main__":
    main()
