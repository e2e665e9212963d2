"""The wheel's build hook: quick when nothing changed, silent about hosts, clear when the registry is away."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.web.ui.help import help_pages
from beffroi.web.ui.help.markdown_pages import pictures

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_names_no_registry_and_keeps_every_hash():
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not [name for name, entry in packages.items() if "resolved" in entry]


def test_every_direct_dependency_is_pinned_to_one_version():
    package = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))
    wanted = package["dependencies"] | package["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values()), wanted


def test_the_builder_of_the_reference_runs_before_anything_is_installed():
    """A first set-up builds the package that it would import: the builder has the standard library only."""
    builder = ROOT / "src/beffroi/lake/reference/build.py"
    load = "import runpy, sys; runpy.run_path(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", load, builder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_fingerprint_follows_names_and_contents(hook, tmp_path):
    source = tmp_path / "src"
    source.mkdir()
    (source / "a.js").write_text("1")
    first = hook.fingerprint(tmp_path, [source])
    (source / "a.js").write_text("2")
    second = hook.fingerprint(tmp_path, [source])
    (source / "a.js").rename(source / "b.js")
    assert len({first, second, hook.fingerprint(tmp_path, [source])}) == 3


def test_nothing_is_done_again_when_nothing_changed(hook, tmp_path):
    stamp = hook.Stamp(tmp_path, "abc")
    assert not stamp.fresh()
    stamp.write()
    assert stamp.fresh()
    assert not hook.Stamp(tmp_path, "abd").fresh()


def test_without_the_registry_the_message_states_what_to_check(tmp_path):
    for name in ("package.json", "package-lock.json", "build.mjs", ".npmrc"):
        target = tmp_path / "frontend" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "frontend" / name, target)
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    away = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "hatch_build.py"],
        cwd=tmp_path,
        env=os.environ | away,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    for word in ("HTTPS_PROXY", "miroir", "NODE_EXTRA_CA_CERTS"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "src/beffroi/web/ui/static/ui/dist").exists()


def test_the_bundle_carries_the_licences_of_what_it_contains():
    notices = ROOT / "src/beffroi/web/ui/static/ui/dist/LICENCES.txt"
    if not notices.is_file():
        pytest.skip("the browser's part is not built: python hatch_build.py")
    text = notices.read_text("utf-8")
    for name in ("maplibre-gl", "vega", "vega-lite", "@fontsource-variable/newsreader"):
        assert f"{name} " in text


def test_the_wheel_carries_each_guide_and_each_picture_where_the_site_reads_them(hook):
    carried = hook.guides(ROOT)
    assert all(Path(source).is_file() for source in carried)
    here = "beffroi/web/ui/help/guides/"
    wanted = {guide.file for guide in help_pages()} | {f"pictures/{name}" for name in pictures()}
    assert {place.removeprefix(here) for place in carried.values()} == wanted
