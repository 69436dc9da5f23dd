"""Training in minutes on two cores or a GPU: one loop, its recipe, length buckets, checkpoints, curves."""

from tagkit.training.engine import train
from tagkit.training.recipe import Recipe

__all__ = ["Recipe", "train"]
