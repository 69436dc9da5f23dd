"""What the processes of all runs share; it is loaded once, in the process that starts them (see `worker`).

Only what many strategies need and what stays small: neither torch nor a model.
"""

from __future__ import annotations

import gc
import importlib
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the one that started them ends them
for module in ("tagkit.experiment.worker", "tagkit.taggers.hybrid", "tagkit.taggers.knn", "tagkit.taggers.linear"):
    importlib.import_module(module)
importlib.import_module("tagkit.refine.thresholds")
importlib.import_module("tagkit.text.segment").Segmenter().tokens("预热", "zh", pos=True)  # loads jieba's dictionary
gc.freeze()  # what is shared stays shared: the garbage collector of a run does not touch it
