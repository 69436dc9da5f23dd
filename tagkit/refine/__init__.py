"""Post-processing: composable steps on ranked tags, one file each, found by name."""

from tagkit.refine.base import Chain, Step

__all__ = ["Chain", "Step"]
