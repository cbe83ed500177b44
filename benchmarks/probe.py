"""`python probe.py REPORT.json MODULE ARGUMENT...`: runs a module as `python -m` does, and tells what it loaded.

When the file REPORT.json.ask appears, the files of `sys.modules` are written to REPORT.json. Used for the
unmeasured first start of each service only.
"""
from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path


def main() -> None:
    report, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    sys.path[0] = os.getcwd()  # instead of this script's folder
    threading.Thread(target=_tell_when_asked, args=(Path(report),), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _tell_when_asked(report: Path) -> None:
    while not report.with_name(report.name + ".ask").exists():
        time.sleep(0.2)
    # Out of the module's dictionary: asking a lazy module for an attribute would load it.
    files = {vars(module).get("__file__") for module in list(sys.modules.values()) if hasattr(module, "__dict__")}
    part = report.with_name(report.name + ".part")
    part.write_text(json.dumps(sorted(file for file in files if isinstance(file, str))), encoding="utf-8")
    part.rename(report)


if __name__ == "__main__":
    main()
