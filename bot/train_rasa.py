"""`python -m bot.train_rasa MODEL.tar.gz`: trains the Rasa project without loading TensorFlow.

The same as `rasa train`, whose command line imports TensorFlow for components that the pipeline does not use.
"""
from __future__ import annotations

import sys
from pathlib import Path

from bot.settings import ROOT


def main() -> int:
    target = Path(sys.argv[1])
    from bot.lean_imports import leave_out_heavy_modules, quieten_rasa

    quieten_rasa()
    leave_out_heavy_modules(serving=False)
    from rasa.model_training import train

    result = train(
        domain=str(ROOT / "domain.yml"), config=str(ROOT / "config.yml"), training_files=str(ROOT / "data"),
        output=str(target.parent), fixed_model_name=target.name.removesuffix(".tar.gz"), force_training=True,
    )
    return 0 if result.model else 1


if __name__ == "__main__":
    sys.exit(main())
