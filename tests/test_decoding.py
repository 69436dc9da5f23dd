"""Decoding: against brute force, within grammars, sampled whatever the batch, with early exit, merged by votes."""

from __future__ import annotations

import itertools
import math
import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

from tagkit.errors import BadInput  # noqa: E402
from tagkit.generation import PrefixTree, Search, SpecialTokens, TagList, TypedList, decode  # noqa: E402
from tagkit.generation.causal import CausalStepper  # noqa: E402
from tagkit.generation.hypothesis import Hypothesis, choices  # noqa: E402
from tagkit.generation.prefix_tree import Used  # noqa: E402
from tagkit.generation.sampling import sample  # noqa: E402
from tagkit.generation.spans import text_spans  # noqa: E402
from tagkit.generation.votes import Confidence, Vote, count_votes, pieces  # noqa: E402

END, SEPARATOR, COLON = 0, 1, 2
MARKS = SpecialTokens(SEPARATOR, END, COLON)
SIZE = 12
TAGS = [(3,), (3, 4), (3, 4, 5), (6, 7), (6, 8), (9,)]


class Table:
    """A model whose logits depend on prompt and tokens alone, at random; counts the rows it computes."""

    def __init__(self, size: int = SIZE, sharp: float = 2.0) -> None:
        self.size, self.sharp = size, sharp
        self.computed = 0
        self.longest = 0

    def logits(self, text: tuple[int, ...]) -> torch.Tensor:
        seed = zlib.crc32(np.asarray(text, dtype=np.int64).tobytes())
        return torch.from_numpy(self.sharp * np.random.default_rng(seed).normal(size=self.size)).float()

    def start(self, prompts):
        self.texts = [tuple(prompt) for prompt in prompts]
        return self._all()

    def feed(self, tokens):
        self.texts = [(*text, token) for text, token in zip(self.texts, tokens.tolist(), strict=True)]
        return self._all()

    def select(self, rows):
        self.texts = [self.texts[row] for row in rows.tolist()]

    def _all(self):
        self.computed += len(self.texts)
        self.longest = max(self.longest, len(self.texts))
        return torch.stack([self.logits(text) for text in self.texts])

    def log(self, prompt, tokens) -> float:
        """Return the log-probability of tokens behind a prompt."""
        text, total = tuple(prompt), 0.0
        for token in tokens:
            total += float(self.logits(text).log_softmax(-1)[token])
            text = (*text, token)
        return total


@pytest.fixture(scope="module")
def llama():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14], [3, 4], [30], [5, 6, 7]]
KEYS = [str(prompt) for prompt in PROMPTS]


def written(found):
    return [[text.tokens for text in row] for row in found]


def parse(text: Hypothesis) -> list[tuple[int, ...]]:
    return [piece.tokens for piece in pieces(text, MARKS)]


# ---------------------------------------------------------------- search


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_beam_search_wide_enough_finds_what_brute_force_finds(power):
    table, longest = Table(4), 4
    every = [(*body, END) for length in range(longest) for body in itertools.product(range(1, 4), repeat=length)]
    assert len(every) == 40
    for prompt in ([5], [6, 7]):
        best = sorted(every, key=lambda text: -table.log(prompt, text) / len(text) ** power)
        search = Search("beam", returns=5, beams=40, tokens=longest, length_power=power)
        (found,) = decode(table, [prompt], search, END)
        assert [text.tokens for text in found] == best[:5]
        for text in found:
            assert sum(text.logs) == pytest.approx(table.log(prompt, text.tokens), abs=1e-5)
            assert text.whole


def test_one_beam_is_greedy():
    prompts = [[n] for n in range(20)]
    greedy = decode(Table(), prompts, Search("greedy", tokens=8), END)
    beam = decode(Table(), prompts, Search("beam", tokens=8), END)
    assert written(greedy) == written(beam)
    table = Table()
    for prompt, (text,) in zip(prompts, greedy, strict=True):
        at = tuple(prompt)
        for token in text.tokens:
            assert token == int(table.logits(at).argmax())
            at = (*at, token)


def test_more_beams_find_better_texts():
    prompts = [[n] for n in range(30)]

    def mean(width):
        search = Search("beam", beams=width, tokens=6, length_power=0.0)
        return np.mean([row[0].score(0.0) for row in decode(Table(sharp=1.0), prompts, search, END)])

    assert mean(1) < mean(4) < mean(40) + 1e-9


def test_a_group_avoids_what_earlier_groups_took():
    table = Table(sharp=0.5)
    prompts = [[n] for n in range(20)]

    def firsts(penalty):
        search = Search("diverse", returns=4, tokens=3, penalty=penalty)
        return [{text.tokens[0] for text in row} for row in decode(table, prompts, search, END)]

    assert all(len(row) == 1 for row in firsts(0.0)), "without a penalty all groups are the same greedy search"
    assert all(len(row) == 4 for row in firsts(100.0))
    some = [len(row) for row in firsts(0.3)]
    assert 1 < np.mean(some) < 4
    # The second group takes the best token after the penalty, and the scores stay the model's own.
    (row,) = decode(table, [[3]], Search("diverse", returns=2, tokens=1, penalty=0.2), 99)
    logs = table.logits((3,)).log_softmax(-1)
    first = int(logs.argmax())
    logs[first] -= 0.2
    assert {text.tokens[0] for text in row} == {first, int(logs.argmax())}
    for text in row:
        assert sum(text.logs) == pytest.approx(table.log((3,), text.tokens), abs=1e-5)


def test_groups_of_several_beams():
    search = Search("diverse", returns=6, groups=3, tokens=4, penalty=1.0)
    found = decode(Table(), [[1], [2]], search, END)
    assert all(len(row) == 6 for row in found)
    own = decode(Table(), [[1]], Search("beam", returns=2, tokens=4), END)
    assert set(written(own)[0]) <= set(written(found)[0]), "the first group pays nothing"


def test_sampling_follows_the_distribution():
    logs = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    random = (np.arange(1000) + 0.5) / 1000

    def shares(**params):
        found = sample(logs.expand(1000, 4), random, **params)[:, 0]
        return (np.bincount(found.numpy(), minlength=4) / 1000).round(3).tolist()

    assert shares() == [0.5, 0.3, 0.15, 0.05]
    assert shares(top_p=0.7) == [0.625, 0.375, 0, 0]
    assert shares(top_p=0.81) == pytest.approx([0.526, 0.316, 0.158, 0], abs=2e-3)
    assert shares(min_p=0.5) == [0.625, 0.375, 0, 0]
    assert shares(temperature=0.5) == pytest.approx([0.685, 0.247, 0.062, 0.007], abs=2e-3)
    assert shares(temperature=1e-3) == [1, 0, 0, 0]
    wide = torch.zeros(2, 2000).log_softmax(-1)
    found = sample(wide, np.array([0.0, 0.99925]), top_p=0.9)[:, 0]
    assert found.tolist() == [0, 1998], "equal tokens at the border are all kept"
    # Over more columns than one block: the inverse of the cumulative distribution.
    many = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0)).mul(2).log_softmax(-1)
    total = many[0].exp().double().cumsum(0)
    points = np.linspace(0, 0.9999, 500)
    expected = torch.searchsorted(total, torch.from_numpy(points) * total[-1], right=True)
    found = sample(many.expand(500, -1), points)[:, 0]
    assert (found == expected).float().mean() > 0.99 and (found - expected).abs().max() <= 1


@pytest.mark.parametrize("grammar", [False, True])
def test_sampling_is_repeatable_whatever_the_batch(llama, grammar):
    search = Search("sample", returns=4, tokens=12, temperature=1.5, top_p=0.95, min_p=0.01, seed=3)
    rules = [TagList(PrefixTree(TAGS), MARKS)] * len(PROMPTS) if grammar else None

    def drawn(order):
        stepper = CausalStepper(llama, 0)
        picked = None if rules is None else [rules[i] for i in order]
        return decode(stepper, [PROMPTS[i] for i in order], search, END, grammars=picked, keys=[KEYS[i] for i in order])

    batch = drawn(range(len(PROMPTS)))
    assert written(batch) == [written(drawn([i]))[0] for i in range(len(PROMPTS))]
    order = [3, 0, 5, 1, 4, 2]
    assert written(drawn(order)) == [written(batch)[i] for i in order]
    assert written(batch)[0] == written(batch)[5], "equal texts are drawn alike"
    assert len({text for row in written(batch) for text in row}) > 6
    other = Search("sample", returns=4, tokens=12, temperature=1.5, seed=4)
    assert written(decode(CausalStepper(llama, 0), PROMPTS, other, END, keys=KEYS)) != written(batch)


SEARCHES = [
    Search("greedy", tokens=10),
    Search("beam", returns=3, tokens=10),
    Search("diverse", returns=4, groups=2, tokens=10),
    Search("sample", returns=3, tokens=10, temperature=1.5),
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
def test_early_exit_gives_the_same_for_less(search):
    prompts = [[n] for n in range(24)]
    keys = list(map(str, prompts))
    search = Search(**{**vars(search), "tokens": 40, "length_power": 0.0})
    found, costs = [], []
    for drop in (0.125, 2.0):
        table = Table()
        found.append(written(decode(table, prompts, search, END, keys=keys, drop=drop)))
        costs.append(table.computed)
    assert found[0] == found[1]
    assert costs[0] < 0.8 * costs[1]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
@pytest.mark.parametrize("prefix", [[], [20, 21]])
def test_one_item_and_a_batch_agree(llama, search, prefix):
    stepper = CausalStepper(llama, 0, prefix)
    batch = decode(stepper, PROMPTS, search, END, keys=KEYS)
    alone = [decode(stepper, [p], search, END, keys=[k])[0] for p, k in zip(PROMPTS, KEYS, strict=True)]
    assert written(batch) == written(alone)
    for one, other in zip(itertools.chain(*batch), itertools.chain(*alone), strict=True):
        assert one.logs == pytest.approx(other.logs, abs=1e-4)


def test_wrong_settings_are_named():
    for bad, message in [
        ({"method": "guess"}, "greedy, beam, diverse, sample, not 'guess'"),
        ({"returns": 0}, "returns"),
        ({"tokens": 0}, "tokens"),
        ({"returns": 2}, "greedy"),
        ({"method": "beam", "returns": 4, "beams": 2}, "2 beams cannot return 4"),
        ({"method": "diverse", "returns": 4, "groups": 3}, "groups"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"min_p": 2.0}, "min_p"),
        ({"penalty": -1.0}, "penalty"),
    ]:
        with pytest.raises(BadInput, match=message):
            Search(**bad)
    with pytest.raises(BadInput, match="keys"):
        decode(Table(), [[1]], Search("sample"), END)
    assert decode(Table(), [], Search(), END) == []


# ---------------------------------------------------------------- the stepper


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=32, n_layer=2, n_head=4, n_positions=64))


def gemma():
    """Every other layer sees four tokens back and no more."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": 4}
    kinds = ["sliding_attention", "full_attention"] * 2
    return Gemma3ForCausalLM(Gemma3TextConfig(vocab_size=40, layer_types=kinds, pad_token_id=0, **sizes, **heads))


@pytest.mark.parametrize("kind", [None, gpt2, gemma])
@pytest.mark.parametrize("room", [None, 8])
@pytest.mark.parametrize("prefix", [[], [1, 2]])
def test_the_stepper_computes_what_the_model_computes(llama, kind, room, prefix):
    torch.manual_seed(0)
    llama = llama if kind is None else kind().eval()
    stepper = CausalStepper(llama, 0, prefix, room=room)
    with torch.inference_mode():
        for _ in range(2):  # the second time the prefix is there already
            texts = [[*prefix, *prompt] for prompt in PROMPTS]
            steps = [stepper.start(PROMPTS)]
            expected = [texts]
            for rows, tokens in ([2, 0, 0, 5], [7, 8, 9, 10]), ([3, 1], [11, 12]), ([0, 1], [1, 2]):
                stepper.select(torch.tensor(rows))
                texts = [[*texts[row], token] for row, token in zip(rows, tokens, strict=True)]
                steps.append(stepper.feed(torch.tensor(tokens)))
                expected.append(texts)
            for logits, texts in zip(steps, expected, strict=True):
                for row, text in zip(logits, texts, strict=True):
                    assert torch.allclose(row, llama(torch.tensor([text])).logits[0, -1], atol=1e-5)


def test_the_prefix_is_computed_once(llama):
    prefix = list(range(3, 23))
    stepper = CausalStepper(llama, 0, prefix)
    with torch.inference_mode():
        stepper.start([[1], [2]])
        assert stepper.fed == 20 + 2
        stepper.start([[1], [2], [3]])
        assert stepper.fed == 20 + 2 + 3


def test_a_long_text_outgrows_the_first_room(llama):
    text, stepper = [3], CausalStepper(llama, 0)
    with torch.inference_mode():
        logits = stepper.start([text])
        for step in range(90):
            text.append(step % 40)
            logits = stepper.feed(torch.tensor(text[-1:]))
        assert torch.allclose(logits[0], llama(torch.tensor([text])).logits[0, -1], atol=1e-4)


# ---------------------------------------------------------------- grammars


def test_the_tree_knows_what_follows():
    tree = PrefixTree([*TAGS, (3, 4), ()])
    assert len(tree) == 6
    assert tree.following(0).tolist() == [3, 6, 9]
    node = tree.child(tree.child(0, 3), 4)
    assert tree.following(node).tolist() == [5]
    assert tree.ends[node] == 1 == tree.find((3, 4))
    assert tree.find((6,)) == tree.find((4,)) == -1
    assert [tree.ends[n] for n in tree.path(2)] == [-1, 0, 1, 2] and [tree.counts[n] for n in tree.path(2)] == [
        6,
        3,
        2,
        1,
    ]
    used = Used().add(tree, 3)
    assert used.following(tree, 0).tolist() == [3, 6, 9]
    assert used.following(tree, tree.child(0, 6)).tolist() == [8]
    assert used.add(tree, 4).following(tree, 0).tolist() == [3, 9]
    assert used.add(tree, 3) is used
    assert used.add(tree, 4).left(tree) == 4


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.method)
def test_a_constrained_list_is_well_formed_known_and_without_repeats(search):
    prompts = [[n] for n in range(40)]
    rule = TagList(PrefixTree(TAGS), MARKS)
    settings = {**vars(search), "tokens": 40}
    found = decode(
        Table(sharp=1.0), prompts, Search(**settings), END, grammars=[rule] * 40, keys=list(map(str, prompts))
    )
    lengths = set()
    for text in itertools.chain(*found):
        assert text.whole and text.tokens[-1] == END and text.tokens.count(END) == 1
        tags = parse(text)
        assert len(tags) == text.tokens.count(SEPARATOR) + 1 >= 1, "no separator without a tag on both sides"
        assert set(tags) <= set(TAGS) and len(set(tags)) == len(tags)
        lengths.add(len(tags))
    assert len(lengths) > 2


def test_a_constrained_list_of_all_tags_comes_to_its_end():
    class Chatty(Table):
        def logits(self, text):
            out = super().logits(text)
            out[END] -= 1000
            return out

    rule = TagList(PrefixTree(TAGS), MARKS)
    (found,) = decode(Chatty(), [[1]], Search(tokens=50), END, grammars=[rule])
    assert set(parse(found[0])) == set(TAGS) and found[0].whole
    (short,) = decode(Chatty(), [[1]], Search(tokens=50), END, grammars=[TagList(PrefixTree(TAGS), MARKS, most=2)])
    assert len(parse(short[0])) == 2 and short[0].whole


def test_what_the_tokens_do_not_suffice_for_is_left_out():
    rule = TagList(PrefixTree(TAGS), MARKS)
    for tokens in range(1, 8):
        for (text,) in decode(Table(), [[n] for n in range(20)], Search(tokens=tokens), END, grammars=[rule] * 20):
            assert len(text.tokens) <= tokens
            assert set(parse(text)) <= set(TAGS)


def test_constrained_beam_search_finds_what_brute_force_finds():
    table, tags = Table(sharp=1.0), [(3,), (3, 4), (6,)]
    rule = TagList(PrefixTree(tags), MARKS)
    every = []
    for length in (1, 2, 3):
        for order in itertools.permutations(tags, length):
            text = [token for tag in order for token in (*tag, SEPARATOR)]
            every.append((*text[:-1], END))
    best = sorted(every, key=lambda text: -table.log([7], text))
    search = Search("beam", returns=6, beams=30, tokens=12, length_power=0.0)
    (found,) = decode(table, [[7]], search, END, grammars=[rule])
    assert [text.tokens for text in found] == best[:6]


TYPES = [(3,), (3, 4), (5,)]


def triples(text: Hypothesis) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    out = []
    for piece in parse(text):
        at = piece.index(COLON)
        out.append((piece[:at], piece[at + 1 :]))
    return out


@pytest.mark.parametrize("repeated", [frozenset(), frozenset({0, 2})])
@pytest.mark.parametrize("own", [{}, {1: PrefixTree([(6, 7), (11,)]), 2: PrefixTree([(11, 3)])}])
@pytest.mark.parametrize("copied", [[(6,), (6, 7), (8, 9)], []])
def test_typed_lists(repeated, own, copied):
    if not own and not copied:
        assert (
            not TypedList(PrefixTree(TYPES), [PrefixTree(copied)], own, MARKS)
            .allowed(TypedList(PrefixTree(TYPES), [PrefixTree(copied)], own, MARKS).start())
            .size
        )
        return
    rule = TypedList(PrefixTree(TYPES), [PrefixTree(copied)], own, MARKS, repeated)
    prompts = [[n] for n in range(40)]
    search = Search("sample", returns=2, tokens=60)
    found = decode(Table(sharp=1.0), prompts, search, END, grammars=[rule] * 40, keys=list(map(str, prompts)))
    several = 0
    for text in itertools.chain(*found):
        assert text.whole
        given = triples(text)
        assert given and len(set(given)) == len(given)
        for kind, value in given:
            number = TYPES.index(kind)
            assert value in copied or (number in own and own[number].find(value) >= 0)
        for number in {0, 1, 2} - repeated:
            assert sum(kind == TYPES[number] for kind, _ in given) <= 1
        several += any(sum(kind == TYPES[n] for kind, _ in given) > 1 for n in repeated)
    assert (several > 0) == bool(repeated and (copied or 0 in own))


def test_choices_look_at_nothing_else():
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 2.0, 1.0]])
    found = choices(logits, [np.array([0, 2]), np.array([1])])
    expected = logits.log_softmax(-1)
    assert torch.allclose(found.logs[0], expected[0, [0, 2]])
    assert found.logs[1, 0] == expected[1, 1] and found.logs[1, 1] == -math.inf
    assert found.tokens(torch.tensor([[1], [0]])).tolist() == [[2], [1]]


# ---------------------------------------------------------------- spans of a text


@pytest.fixture(scope="module")
def bytes_tokenizer():
    tokenizer = Tokenizer(
        models.BPE({char: n for n, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, [])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def test_stretches_begin_and_end_at_words_and_whole_characters(bytes_tokenizer):
    text = "Red\t蓝色 500ml; x"
    stops = bytes_tokenizer.encode(";").ids
    (found,) = text_spans(bytes_tokenizer, [text], stops, longest=100)
    texts = {text[start:end] for start, end in found.places}
    assert {"Red", "Red\t蓝", "Red\t蓝色 500ml", "蓝", "色", "蓝色", "500", "ml", "500ml", "x"} <= texts
    assert not {"ed", "00", "Re", "5"} & texts and not any(";" in span for span in texts)
    for tokens, (start, end) in zip(found.sequences, found.places, strict=True):
        assert bytes_tokenizer.decode(tokens) == f" {text[start:end]}".replace("\t", " ")
        assert tokens == bytes_tokenizer.encode(f" {text[start:end]}".replace("\t", " ")).ids
    short = text_spans(bytes_tokenizer, [text, "", "👠"], stops, longest=4)
    assert max(map(len, short[0].sequences)) <= 4 and short[1].sequences == []


# ---------------------------------------------------------------- votes and confidence


def test_votes_count_texts_and_probabilities():
    texts = [
        Hypothesis((3, SEPARATOR, 6, 7, END), (-0.1, -0.2, -0.3, -0.5, -0.1), True),
        Hypothesis((3, SEPARATOR, 3, SEPARATOR, SEPARATOR, 9), (-0.4, -0.1, -0.2, -0.1, -0.1, -0.1), False),
    ]
    assert [parse(text) for text in texts] == [[(3,), (6, 7)], [(3,), (3,)]], "what was only begun is left out"
    found = count_votes(texts, MARKS, lambda tokens: tokens)
    weights = np.exp([text.score() for text in texts])
    first = float(weights[0] / weights.sum())
    assert set(found) == {(3,), (6, 7)}
    assert found[(3,)] == Vote(-0.1, -0.1, 1.0, pytest.approx(1.0), (0, 0))
    assert found[(6, 7)] == Vote(-0.4, -0.8, 0.5, pytest.approx(first), (0, 1))
    assert found[(6, 7)].score == pytest.approx(first * math.exp(-0.4))
    assert count_votes(texts, MARKS, lambda tokens: None) == {} == count_votes([], MARKS, lambda tokens: tokens)


def test_confidence_is_calibrated_where_dev_says_enough():
    random = np.random.default_rng(0)
    votes = [Vote(-m, -2 * m, s, s, (0, 0)) for m, s in random.uniform(0.01, 1, (4000, 2))]
    chance = [math.exp(3 * vote.mean) * vote.share for vote in votes]
    right = [bool(random.random() < value) for value in chance]
    confidence = Confidence()
    assert confidence(votes[:3]) == [round(vote.score, 6) for vote in votes[:3]]
    confidence.fit(votes[:10], right[:10])
    assert not len(confidence.weights)
    confidence.fit(votes, right)
    scores = np.array(confidence(votes))
    assert np.abs(scores - chance).mean() < 0.5 * np.abs(np.array([vote.score for vote in votes]) - chance).mean()
    for low in (0.0, 0.2, 0.4):
        inside = (scores >= low) & (scores < low + 0.2)
        assert abs(scores[inside].mean() - np.array(right)[inside].mean()) < 0.08
    again = Confidence.restore(confidence.state())
    assert again(votes[:5]) == confidence(votes[:5]) and again([]) == []
