"""`python -m benchmarks.stock_intents MODEL.tar.gz`: what stock Rasa takes messages for.

Reads a JSON list of texts from standard input and writes the list of their intents, in a process of its own: it loads
TensorFlow, which the process that measures Footnote leaves out.
"""
from __future__ import annotations

import asyncio
import json
import sys


async def intents(model: str, texts: list[str]) -> list[str]:
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    return [(await agent.parse_message(text))["intent"]["name"] or "nlu_fallback" for text in texts]


if __name__ == "__main__":
    found = asyncio.run(intents(sys.argv[1], json.load(sys.stdin)))
    json.dump(found, sys.stdout)
