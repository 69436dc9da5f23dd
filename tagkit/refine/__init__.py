"""Refinement: composable steps on ranked tags, found by name."""

from tagkit.refine.base import Chain, Step

__all__ = ["Chain", "Step"]
