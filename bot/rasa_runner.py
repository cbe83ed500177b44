"""Runs Rasa's prediction graph node after node.

Rasa's own runner plans the graph anew through dask on every run, three times a message; for a graph that is
a line of six cheap nodes the planning costs more than most nodes. Here the order is found once a target.
"""
from __future__ import annotations

from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner


class SequentialGraphRunner(DaskGraphRunner):
    """Same nodes, same inputs and outputs as Rasa's runner."""

    def __init__(self, graph_schema: GraphSchema, *args: Any, **kwargs: Any) -> None:
        super().__init__(graph_schema, *args, **kwargs)
        self._plans: dict[tuple[str, ...], list[tuple[GraphNode, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted, frozenset(inputs or ()))
        results = dict(inputs or {})
        try:
            for node, needs in self._plans[wanted]:
                name, output = node(*((need, results[need]) for need in needs))
                results[name] = output
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return {name: results[name] for name in wanted}

    def _plan(self, targets: tuple[str, ...], given: frozenset[str]) -> list[tuple[GraphNode, tuple[str, ...]]]:
        """The nodes that the targets need, each after all that it needs itself."""
        schema = self._graph_schema.minimal_graph_schema(list(targets))
        plan: list[tuple[GraphNode, tuple[str, ...]]] = []
        done = set(given)

        def visit(name: str) -> None:
            if name in done:
                return
            done.add(name)
            needs = tuple(schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            plan.append((self._instantiated_nodes[name], needs))

        for target in targets:
            visit(target)
        return plan
