"""Language models behind an OpenAI-compatible address: asking, keeping answers, prompts, budgets.

Each file does one thing: `address` and `secret` say where to and with which key, `http` sends, `client` asks and asks
again, `cache` keeps answers, `budget` counts tokens and money, `asking` asks for many products at once, `vocabulary`,
`shape` and `prompt` make the question, `answer` reads what came back.
"""
