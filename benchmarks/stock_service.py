"""Stock Rasa as its documentation serves it: `rasa run` and `rasa run actions`, two processes."""
from __future__ import annotations

from pathlib import Path

from benchmarks.dialects import RestChannel
from benchmarks.processes import free_port
from benchmarks.service import Command, Service
from benchmarks.stock_project import stock_environment


def stock_service(project: Path, model: Path) -> Service:
    """Over a project of `write_stock_project`. Conversations are kept in memory, Rasa's default."""

    def commands(port: int) -> list[Command]:
        actions = free_port()
        (project / "endpoints.yml").write_text(
            f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n", encoding="utf-8"
        )
        serve = ("run", "--interface", "127.0.0.1", "--port", str(port), "--model", str(model))
        return [
            Command(module="rasa", arguments=arguments, folder=project, environment=stock_environment())
            for arguments in (serve, ("run", "actions", "--port", str(actions)))
        ]

    return Service(name="stock", dialect=RestChannel(), commands=commands, model_files=(model,))
