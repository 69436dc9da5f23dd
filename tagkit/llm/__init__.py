"""Hosted language models behind an OpenAI-compatible address: questions, answers, budgets, a cache of answers."""
