"""Which room may know which: dependencies as a test; and importing opens nothing."""
from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.settings import ROOT

SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "actions").rglob("*.py")])
NAMES = [path.relative_to(ROOT).as_posix() for path in SOURCES]
RASA = ("bot/nlu/", "bot/rasa_agent.py", "bot/rasa_runner.py", "bot/tracker_store.py", "bot/engine.py", "bot/train_rasa.py",
        "bot/rasa_model.py")
WEB = ("bot/web/",)
CORE = ("bot/content.py", "bot/reply.py", "bot/compose.py", "bot/turn.py", "bot/red_flags.py", "bot/red_flag_rules.py",
        "bot/red_flag_lexicon.py", "bot/red_flag_patterns.py",
        "bot/text.py", "bot/settings.py", "bot/errors.py", "bot/hours.py", "bot/opening.py", "bot/clinic_profile.py",
        "bot/labelled_messages.py", "bot/intents.py",
        *(f"bot/clinics/{name}.py" for name in ("__init__", "check", "clinic", "clinic_file", "colours", "folder", "hours_file", "origins")),
         "bot/yaml_files.py", "bot/conversations.py",
         *(f"bot/counts/{name}.py" for name in ("__init__", "counting", "measures", "rows", "store", "week")),
         *(f"bot/inbox/{name}.py" for name in ("__init__", "addresses", "dates", "earlier", "keeping", "masking", "name_cues", "names", "numbers",
                                               "reasons", "store")))
FRAMEWORKS = {"fastapi", "starlette", "uvicorn", "pydantic", "itsdangerous", "sanic", "aiohttp", "httpx", "jinja2"}
MOST_LINES = 300
# The writer of the ONNX file is one graph written out in full.
LONGER = {"bot/nlu/encoder_file.py": 550}


def imports(name: str) -> set[str]:
    """Dotted names of all modules that a file imports, also late within a function."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def tops(name: str) -> set[str]:
    return {module.partition(".")[0] for module in imports(name)}


def test_the_sources_are_found() -> None:
    assert len(NAMES) > 30 and set(CORE) <= set(NAMES)
    assert {name for name in RASA if not name.endswith("/")} <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(RASA)])
def test_rasa_is_imported_behind_the_engine_only(name: str) -> None:
    assert "rasa" not in tops(name)


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("actions/") and n != "bot/rasa_agent.py"])
def test_rasa_sdk_is_imported_by_actions_only(name: str) -> None:
    assert "rasa_sdk" not in tops(name)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(WEB)])
def test_web_framework_is_imported_by_the_web_room_only(name: str) -> None:
    assert not FRAMEWORKS & tops(name)


@pytest.mark.parametrize("name", CORE)
def test_core_knows_none_of_the_rooms_around_it(name: str) -> None:
    outside = ("actions", "bot.nlu", "bot.web", "bot.engine", "bot.rasa", "bot.tracker_store", "bot.train", "bot.terminal",
               "bot.command_line", "bot.desk", "evaluation", "benchmarks", "tests")
    assert [module for module in imports(name) if module.startswith(outside)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("bot/desk/")])
def test_desk_knows_the_core_and_the_parts_of_the_model_only(name: str) -> None:
    outside = ("actions", "bot.web", "bot.engine", "bot.rasa", "bot.terminal", "bot.command_line")
    assert [module for module in imports(name) if module.startswith(outside)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("actions/")])
def test_action_knows_the_core_only(name: str) -> None:
    ours = {module for module in imports(name) if module.startswith(("bot", "actions"))}
    assert {module for module in ours if not module.startswith(("bot.turn", "actions.adapter"))} == set()


@pytest.mark.parametrize("name", NAMES)
def test_product_knows_neither_tests_nor_measurements(name: str) -> None:
    assert not {"tests", "evaluation", "benchmarks", "pytest"} & tops(name)


@pytest.mark.parametrize("name", NAMES)
def test_module_is_short(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= LONGER.get(name, MOST_LINES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bot/__init__.py"])
def test_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_no_module_edits_the_import_path(name: str) -> None:
    assert "sys.path" not in (ROOT / name).read_text(encoding="utf-8").replace("sys.path_", "")


PROGRAM = """
import importlib, json, os, sys, threading, warnings
DATA = (".tar.gz", ".onnx", ".safetensors", ".sqlite3")
opened, said = [], []
def watch(event, arguments):
    if event in ("socket.__new__", "socket.connect", "socket.bind", "sqlite3.connect"):  # Rasa's channels run git
        raise RuntimeError(f"{event} while importing")
    if event == "open" and not isinstance(arguments[0], int):
        path, flags = os.fsdecode(arguments[0]), arguments[2]
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ours = path.startswith(os.getcwd()) and not path.startswith(sys.prefix)
        if writes or path.endswith(DATA) or (ours and not path.endswith((".py", ".pyc"))):
            opened.append(path)
sys.dont_write_bytecode = True
from bot.lean_imports import leave_out_heavy_modules, quieten_rasa
quieten_rasa()
leave_out_heavy_modules()
warnings.showwarning = lambda message, category, filename, *more: said.append(f"{filename}: {message}")
sys.addaudithook(watch)
for name in json.loads(sys.argv[1]):
    warnings.resetwarnings()
    warnings.simplefilter("always")
    importlib.import_module(name)
print(json.dumps({
    "opened": opened, "threads": [t.name for t in threading.enumerate() if t.name.startswith("footnote")],
    "said": [line for line in said if line.startswith((os.getcwd() + "/bot", os.getcwd() + "/actions"))],
}))
"""


@pytest.fixture(scope="module")
def after_importing_everything() -> dict:
    modules = [name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in NAMES]
    run = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(modules)], cwd=ROOT, capture_output=True, text=True,
                         timeout=300, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_importing_opens_no_socket_no_database_no_model_and_writes_no_file(after_importing_everything: dict) -> None:
    # Some libraries try at import whether they may write a temporary file.
    passing = ("/dev/", "/proc/", tempfile.gettempdir())
    opened = after_importing_everything["opened"]
    assert [path for path in opened if path.startswith(str(ROOT)) or not path.startswith(passing)] == []


def test_importing_starts_no_thread_and_warns_of_nothing_of_ours(after_importing_everything: dict) -> None:
    assert after_importing_everything["threads"] == after_importing_everything["said"] == []


def test_every_test_file_stands_in_the_room_that_it_tests() -> None:
    rooms = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    assert rooms <= {".", "actions", "desk", "desk/shipping", "inbox", "nlu", "web", "web/desk", "browser", "widget"}
    assert not [path for path in (ROOT / "tests").rglob("*.py") if Path(path).read_text().find("sys.path" + ".") >= 0]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("bot/desk/", "bot/web/desk/"))
                                  and name != "bot/command_line.py"])
def test_visitors_are_answered_without_the_desk(name: str) -> None:
    assert [module for module in imports(name) if module.startswith(("bot.desk", "bot.web.desk"))] == []
