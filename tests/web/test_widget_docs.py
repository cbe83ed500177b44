"""docs/widget.md names what the widget takes and tells, all of it and nothing else."""
from __future__ import annotations

import re

import pytest

from bot.settings import ROOT
from bot.web.widget_files import FOLDER

DOCS = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
SCRIPTS = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js")))
STYLES = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.css")))


def documented(kind):
    return set(re.findall(rf"^\| {kind} \| `([^`]+)` \|", DOCS, re.MULTILINE))


@pytest.mark.parametrize(("kind", "used"), [
    ("attribute", set(re.findall(r'(?:host|this)\.(?:get|has)Attribute\("([\w-]+)"', SCRIPTS))
     | set(re.findall(r":host\(\[(\w+)", STYLES)) - {"hidden"} | {"lang"}),
    ("event", {f"footnote:{name}" for name in re.findall(r'ell\("(\w+)"', SCRIPTS)}),
    ("property", set(re.findall(r"var\((--footnote-[\w-]+)", STYLES))),
    ("part", set(re.findall(r'part: "(\w+)"', SCRIPTS)) | {"launcher"}),
    ("method", {"open()", "close()"}),
])
def test_the_interface_is_documented(kind, used):
    assert documented(kind) == used
