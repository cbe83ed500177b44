"""Long work: one at a time, goes on alone, says how it ended, and ends with the desk."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.desk.jobs import LONGEST_LINE, MOST_LINES, Job, JobRefused, Jobs, cli_command
from bot.settings import ROOT

PYTHON = sys.executable
# Starts a process of its own, says both numbers, and waits; each notes that it is there, and when it is interrupted.
FAMILY = """
import os, subprocess, sys, time
def note(word):
    with open(sys.argv[1], "a") as log:
        log.write(word + "\\n")
if len(sys.argv) == 2:
    child = subprocess.Popen([sys.executable, __file__, sys.argv[1], "child"])
    print(os.getpid(), child.pid, flush=True)
try:
    note("here")
    time.sleep(60)
except KeyboardInterrupt:
    note("left")
"""
STUBBORN = "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nprint('here', flush=True)\ntime.sleep(60)"


@pytest.fixture
def jobs(desk) -> Jobs:
    return desk.jobs


def until(true, seconds: float = 15.0):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def ended(jobs: Jobs, number: int) -> Job:
    return until(lambda: (job := jobs.job(number)).ended and not jobs.running() and job)


def alive(number: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except FileNotFoundError:
        return False


def run(jobs: Jobs, program: str, kind: str = "train") -> Job:
    return ended(jobs, jobs.start(kind, [PYTHON, "-c", program], by="ann").number)


def test_job_keeps_what_it_said_and_how_it_ended(jobs, noted) -> None:
    job = run(jobs, "import sys; print('one'); print('two', file=sys.stderr); print('ä')")
    assert (job.state, job.code, job.by) == ("done", 0, "ann") and set(job.lines) == {"one", "two", "ä"}
    failed = run(jobs, "print('footnote: no'); raise SystemExit(1)")
    assert (failed.state, failed.code, failed.lines) == ("failed", 1, ("footnote: no",))
    assert [job.number for job in jobs.latest(5)] == [failed.number, job.number]
    assert noted() == [("ann", "trained", "done"), ("ann", "trained", "failed")]


@pytest.mark.parametrize(("kind", "says", "code", "state"), [
    ("compare", "written: results/comparison.json", 0, "done"), ("compare", "written: results/comparison.json", 1, "objections"),
    ("compare", "footnote: nothing trained", 1, "failed"), ("ship", "written: x", 1, "failed"),
])
def test_objections_are_told_from_a_failure(jobs, kind: str, says: str, code: int, state: str) -> None:
    job = run(jobs, f"print({says!r}); raise SystemExit({code})", kind)
    assert job.state == jobs.latest(1)[0].state == state


def test_lines_are_seen_while_it_runs_and_there_is_one_at_a_time(jobs) -> None:
    number = jobs.start("train", [PYTHON, "-c", "print('begun'); import time; time.sleep(60)"], by="ann").number
    until(lambda: jobs.job(number).lines == ("begun",))
    assert jobs.job(number).state == "running"
    with pytest.raises(JobRefused, match="one at a time: ann has started “Train a model”"):
        jobs.start("ship", [PYTHON, "-c", ""], by="bob")
    jobs.stop()
    assert jobs.job(number).state == "failed" and jobs.running() is None
    run(jobs, "")


def test_of_many_lines_the_last_are_kept(jobs) -> None:
    job = run(jobs, f"for n in range({MOST_LINES + 5}): print(n)\nprint('x' * 9999)")
    assert len(job.lines) == MOST_LINES and job.lines[-2] == str(MOST_LINES + 4) and len(job.lines[-1]) == LONGEST_LINE


def test_command_that_is_not_there_is_told(jobs) -> None:
    job = ended(jobs, jobs.start("train", ["/nowhere/at/all"], by="ann").number)
    assert job.state == "failed" and "FileNotFoundError" in job.lines[-1]


@pytest.fixture
def family(tmp_path) -> list[str]:
    (tmp_path / "family.py").write_text(FAMILY)
    (tmp_path / "log").touch()
    return [PYTHON, str(tmp_path / "family.py"), str(tmp_path / "log")]


def noted_by(family: list[str], word: str) -> int:
    return Path(family[-1]).read_text().split().count(word)


def test_stopping_ends_all_that_the_job_started_in_good_order(jobs, family) -> None:
    number = jobs.start("train", family, by="ann").number
    numbers = [int(n) for n in until(lambda: jobs.job(number).lines)[0].split()]
    until(lambda: noted_by(family, "here") == 2)
    assert all(map(alive, numbers))
    jobs.stop()
    assert not any(map(alive, numbers)) and noted_by(family, "left") == 2


def test_job_can_be_ended_in_good_order_where_interrupts_are_ignored(jobs, family) -> None:
    """As where a shell has started the desk in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        jobs.start("train", family, by="ann")
        until(lambda: noted_by(family, "here") == 2)
        jobs.stop()
    finally:
        signal.signal(signal.SIGINT, before)
    assert noted_by(family, "left") == 2


def test_who_does_not_listen_is_killed(jobs) -> None:
    number = jobs.start("train", [PYTHON, "-c", STUBBORN], by="ann").number
    until(lambda: jobs.job(number).lines)
    began = time.monotonic()
    jobs.stop()
    assert time.monotonic() - began < 10 and jobs.job(number).code == 128 + signal.SIGKILL


def test_what_a_job_leaves_behind_ends_with_it(jobs) -> None:
    job = run(jobs, "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)")
    assert job.state == "done" and job.ended - job.began < 30
    until(lambda: not alive(int(job.lines[0])))


def test_killed_desk_takes_its_job_along(desk, family) -> None:
    """Killed with SIGKILL, as by a machine that runs out of memory: nobody is left to tidy up but the tie."""
    starter = (
        "import sys, time\nfrom pathlib import Path\nfrom bot.desk.audit import Audit\nfrom bot.desk.jobs import Jobs\n"
        "from bot.desk.store import DeskStore\nstore = DeskStore(Path(sys.argv[1]))\njobs = Jobs(store, Audit(store))\n"
        "number = jobs.start('train', sys.argv[2:], by='ann').number\n"
        "while not jobs.job(number).lines: time.sleep(0.02)\nprint(jobs.job(number).lines[0], flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen([PYTHON, "-c", starter, str(desk.settings.desk_database), *family], cwd=ROOT,
                               stdout=subprocess.PIPE, text=True)
    with process:
        numbers = [int(n) for n in process.stdout.readline().split()]
        until(lambda: noted_by(family, "here") == 2)
        assert len(numbers) == 2 and all(map(alive, numbers))
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not any(map(alive, numbers)))
    assert noted_by(family, "left") == 2
    desk.jobs.clear()  # the desk starts anew
    assert [job.state for job in desk.jobs.latest(1)] == ["cut off"]


def test_of_old_jobs_some_are_kept(jobs, desk) -> None:
    with desk.store.writing() as connection:
        connection.executemany(
            "INSERT INTO jobs (kind, model, by, began, ended, code) VALUES ('train', '', 'ann', 1, 2, 0)", [()] * 70)
    jobs.clear()
    assert len(jobs.latest(100)) == 50


@pytest.mark.parametrize(("kind", "how", "said"), [
    ("train", {}, ["train"]),
    ("compare", {"model": "b.tar.gz", "against": "a.tar.gz"}, ["desk", "compare", "a.tar.gz", "b.tar.gz"]),
    ("compare", {"model": "b.tar.gz"}, ["desk", "compare", "b.tar.gz", "b.tar.gz"]),
    ("ship", {"model": "b.tar.gz"}, ["desk", "ship", "b.tar.gz", "--by=ann"]),
    ("ship", {"model": "b.tar.gz", "reason": "--by=eve", "force": True},
     ["desk", "ship", "b.tar.gz", "--by=ann", "--reason=--by=eve", "--force"]),
    ("rollback", {"reason": "bad"}, ["desk", "rollback", "--by=ann", "--reason=bad"]),
])
def test_job_is_a_verb_of_the_command_line(kind: str, how: dict, said: list[str]) -> None:
    command = cli_command(kind, by="ann", **how)
    assert command == [PYTHON, "-m", "bot", *said]
    import argparse

    from bot.desk.command_line import add_verbs

    if said[0] == "desk":
        parser = argparse.ArgumentParser()
        add_verbs(parser)
        options = parser.parse_args(said[1:])
        assert getattr(options, "by", "ann") == "ann" and getattr(options, "reason", None) == how.get("reason")
