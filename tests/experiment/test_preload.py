"""What the processes of all runs share."""

from __future__ import annotations

import subprocess
import sys


def test_it_loads_what_most_strategies_need_and_neither_torch_nor_a_model():
    code = (
        "import gc, sys, tagkit.experiment.preload\n"
        "loaded = [name in sys.modules for name in ('jieba', 'sklearn', 'torch', 'transformers')]\n"
        "print(*loaded, gc.get_freeze_count() > 0)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False", "False", "True"]
