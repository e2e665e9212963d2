"""Networks of EPANET files, as the system of leaks reads them."""

from pathlib import Path

import pyarrow as pa


def network_table(path: Path) -> pa.Table:
    """The lines of the file, each with its section."""
    sections, lines, current = [], [], ""
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("["):
            current = line.strip("[] ")
        elif line.strip():
            sections.append(current)
            lines.append(line)
    return pa.table({"section": sections, "line": lines})
