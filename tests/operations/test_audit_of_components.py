"""What pip-audit and npm answer: an advisory is told, and what was not compared is never taken for sound."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# As the tools answer: pip-audit 2.10, npm 11.
KNOWN = {
    "dependencies": [
        {"name": "django", "version": "6.1.3", "vulns": []},
        {
            "name": "urllib3",
            "version": "1.26.4",
            "vulns": [
                {
                    "id": "PYSEC-2021-108",
                    "fix_versions": ["1.26.5"],
                    "aliases": ["CVE-2021-33503"],
                    "description": "…",
                }
            ],
        },
    ],
    "fixes": [],
}
SKIPPED = {"dependencies": [{"name": "urllib3", "skip_reason": "Dependency not found"}], "fixes": []}
SOUND = {"dependencies": [{"name": "django", "version": "6.1.3", "vulns": []}], "fixes": []}
REFUSED = {"message": "405 Method Not Allowed", "statusCode": 405, "error": {"summary": "", "detail": ""}}
OF_BROWSER = {
    "vulnerabilities": {
        "minimist": {
            "severity": "critical",
            "via": [{"title": "Prototype Pollution in minimist"}],
            "fixAvailable": True,
        },
        "mkdirp": {"severity": "critical", "via": ["minimist"], "fixAvailable": True},
    },
    "metadata": {},
}
NOTHING = {"vulnerabilities": {}, "metadata": {}}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deploy_audit", ROOT / "deploy/audit.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["deploy_audit"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("python", "browser", "code"),
    [
        (json.dumps(SOUND), json.dumps(NOTHING), 0),
        (json.dumps(KNOWN), json.dumps(NOTHING), 1),
        (json.dumps(SOUND), json.dumps(OF_BROWSER), 1),
        (json.dumps(SKIPPED), json.dumps(NOTHING), 2),
        (json.dumps(SOUND), json.dumps(REFUSED), 2),
        ("", json.dumps(NOTHING), 2),
        (json.dumps(SOUND), "", 2),
        (json.dumps(KNOWN), json.dumps(REFUSED), 1),
    ],
)
def test_only_what_was_compared_and_has_no_advisory_is_sound(audit, python, browser, code):
    report = audit.Report()
    audit.read_python(python, report)
    audit.read_browser(browser, report)
    assert report.code == code


def test_an_advisory_is_told_with_what_mends_it(audit):
    report = audit.Report()
    audit.read_python(json.dumps(KNOWN), report)
    audit.read_browser(json.dumps(OF_BROWSER), report)
    assert report.known == [
        "urllib3 1.26.4: PYSEC-2021-108 CVE-2021-33503; mended by 1.26.5",
        "minimist (critical): Prototype Pollution in minimist",
        "mkdirp (critical): by minimist",
    ]
