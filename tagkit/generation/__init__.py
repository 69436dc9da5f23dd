"""Writing tags token by token: search, grammars, votes, language models, prompts and fine-tuning."""

from tagkit.generation.grammar import Grammar, Marks, TagList, TypedList
from tagkit.generation.search import Hypothesis, Search, Stepper, decode
from tagkit.generation.tree import PrefixTree

__all__ = ["Grammar", "Hypothesis", "Marks", "PrefixTree", "Search", "Stepper", "TagList", "TypedList", "decode"]
