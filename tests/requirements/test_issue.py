"""Each requirement that the workshop and the trust room answer for has a test that bears its name."""

import re
from pathlib import Path

NAMED = [10, 11, 12, 13, *range(29, 52), *range(58, 72), 98, *range(102, 107), 113, 114]


def test_each_requirement_has_a_test_of_its_name() -> None:
    found = {
        int(number)
        for file in Path(__file__).parent.glob("test_r*.py")
        for name in re.findall(r"^def (test_r\w+)\(", file.read_text("utf-8"), re.MULTILINE)
        for number in re.findall(r"_?r(\d+)(?=_)", name)
    }
    assert set(NAMED) <= found, sorted(set(NAMED) - found)
