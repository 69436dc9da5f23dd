"""Decoding, shared by every model that writes token by token: search, grammars, votes, confidence."""

from tagkit.decoding.grammar import Grammar, Marks, TagList, TypedList
from tagkit.decoding.search import Hypothesis, Search, Stepper, decode
from tagkit.decoding.tree import PrefixTree

__all__ = ["Grammar", "Hypothesis", "Marks", "PrefixTree", "Search", "Stepper", "TagList", "TypedList", "decode"]
