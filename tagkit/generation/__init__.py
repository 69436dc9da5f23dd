"""Writing tags token by token: search, grammars, votes, language models, prompts and fine-tuning."""

from tagkit.generation.grammar import Grammar, SpecialTokens, TagListGrammar, TypedList
from tagkit.generation.hypothesis import Hypothesis, Search, Stepper
from tagkit.generation.prefix_tree import PrefixTree
from tagkit.generation.search import decode

__all__ = [
    "Grammar",
    "Hypothesis",
    "PrefixTree",
    "Search",
    "SpecialTokens",
    "Stepper",
    "TagListGrammar",
    "TypedList",
    "decode",
]
