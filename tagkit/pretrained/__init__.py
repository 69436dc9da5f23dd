"""Pre-trained encoders as the strategies use them: weights and tokenizer, texts as windows of tokens, vectors."""

from tagkit.pretrained.backbone import Backbone
from tagkit.pretrained.tokens import TextReader, Window

__all__ = ["Backbone", "TextReader", "Window"]
