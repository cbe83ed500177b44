"""How much of what is installed a serving process loads, and how much memory it holds."""
from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

import psutil

MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Megabytes over all processes. `rss` counts shared pages in each of them, `pss` shares them out."""

    rss: float
    pss: float | None  # Linux only


def memory_of(pids: Iterable[int]) -> Memory:
    """Of these processes and all that they started."""
    processes = []
    for pid in pids:
        process = psutil.Process(pid)
        processes += [process, *process.children(recursive=True)]
    rss = sum(process.memory_info().rss for process in processes) / MB
    if not psutil.LINUX:
        return Memory(rss=rss, pss=None)
    return Memory(rss=rss, pss=sum(process.memory_full_info().pss for process in processes) / MB)


def distributions_behind(files: Iterable[str], also: Iterable[str] = ()) -> dict[str, int]:
    """Bytes of each installed distribution that one of the module files belongs to, as pip installed it.

    Args:
        also: distributions that are read as data and not imported.
    """
    wanted, names = {os.path.normpath(file) for file in files}, {name.lower() for name in also}
    sizes = {}
    for distribution in metadata.distributions():
        paths = [os.path.normpath(str(distribution.locate_file(path))) for path in distribution.files or ()]
        name = distribution.metadata["Name"]
        if name.lower() in names or any(path in wanted for path in paths):
            sizes[name] = sum(os.path.getsize(path) for path in set(paths) if os.path.isfile(path))
    return sizes


def cpu_percent_of_others(seconds: float = 2.0) -> float:
    """How busy the machine is while nothing of this benchmark runs, in percent of all its cores."""
    return float(psutil.cpu_percent(interval=seconds))
