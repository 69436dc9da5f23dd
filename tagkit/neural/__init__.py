"""Pre-trained encoders and their training: weights and tokens, inference, the training loop, CRF and BIO labels."""

from tagkit.neural.backbone import Backbone
from tagkit.neural.hardware import device
from tagkit.neural.options import TrainOptions
from tagkit.neural.tokens import TextReader, Window
from tagkit.neural.training import train

__all__ = ["Backbone", "TextReader", "TrainOptions", "Window", "device", "train"]
