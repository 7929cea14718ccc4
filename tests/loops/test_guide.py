"""The examples of docs/loops.md."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parent.parent.parent / "docs" / "loops.md"


def test_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```\n", text, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {"__name__": "__main__"}, "loops", str(GUIDE), 0)
    assert len(test.examples) > 25
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
