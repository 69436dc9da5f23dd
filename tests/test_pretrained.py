"""Texts as windows of tokens, trimmed tokenizers, vectors and their index, BIO labels and chains."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone, TextReader, bio  # noqa: E402
from tagkit.neural.crf import CRF  # noqa: E402
from tagkit.neural.index import VectorIndex  # noqa: E402
from tagkit.neural.inference import run  # noqa: E402
from tagkit.neural.tokens import Window  # noqa: E402
from tagkit.neural.vectors import embed  # noqa: E402


@pytest.fixture(scope="module")
def backbone(tiny_model):
    return Backbone.load(str(tiny_model)).eval()


class Doubled(torch.nn.Module):
    """Doubles the ids; says on how many threads, and refuses an id."""

    def __init__(self, refused: int = -1) -> None:
        super().__init__()
        self.refused = refused
        self.threads: list[int] = []

    def forward(self, ids, mask):
        self.threads.append(torch.get_num_threads())
        if (ids == self.refused).any():
            raise BadInput(f"no {self.refused}")
        return 2 * ids * mask


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def many_windows(count: int = 300) -> list[Window]:
    places = np.zeros(9, dtype=np.int64)
    return [
        Window(row, np.full(1 + row % 9, row), places[: 1 + row % 9], places[: 1 + row % 9]) for row in range(count)
    ]


class TestRun:
    @pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU there is one batch at a time")
    def test_batches_side_by_side_come_in_order_and_complete(self, two_threads):
        windows, model = many_windows(), Doubled()
        found = list(run(model, windows, padding=0))
        assert len(found) > 2 and set(model.threads) == {1}
        assert sorted(i for batch, _ in found for i in batch) == list(range(len(windows)))
        assert [len(windows[batch[0]]) for batch, _ in found] == sorted(len(windows[batch[0]]) for batch, _ in found)
        for batch, output in found:
            assert all((output[place, : len(windows[i])] == 2 * i).all() for place, i in enumerate(batch))

    def test_one_batch_gets_all_threads(self, two_threads):
        model = Doubled()
        assert len(list(run(model, many_windows(3), padding=0))) == 1 and model.threads == [2]

    def test_an_error_in_a_batch_arrives_and_an_abandoned_run_leaves_the_threads_alone(self, two_threads):
        with pytest.raises(BadInput, match="no 123"):
            list(run(Doubled(123), many_windows(), padding=0))
        some = run(Doubled(), many_windows(), padding=0)
        next(some)
        some.close()


class TestReader:
    def test_places_lead_back_to_the_text(self, backbone):
        text = "Blue 蓝色帆布鞋500ml"
        (window,) = TextReader(backbone.tokenizer, "word").read([text])
        found = [text[s:e] for s, e in zip(window.starts, window.ends, strict=True) if s >= 0]
        assert "".join(found) == text.replace(" ", "")
        assert window.starts[0] == window.starts[-1] == -1

    def test_numbers_and_letters_are_parted_at_word_level(self, backbone):
        (window,) = TextReader(backbone.tokenizer, "word").read(["500ml"])
        places = set(zip(window.starts.tolist(), window.ends.tolist(), strict=True))
        assert all(not (start < 3 < end) for start, end in places)

    def test_every_character_is_a_token_at_char_level(self, backbone):
        text = "蓝色 帆布鞋👠x"
        (window,) = TextReader(backbone.tokenizer, "char").read([text])
        assert window.starts[1:-1].tolist() == list(range(len(text)))

    @pytest.mark.parametrize("level", ["text", "word", "char"])
    def test_long_texts_are_windowed_and_nothing_is_cut(self, backbone, level):
        text = "蓝色帆布鞋" * 200
        windows = TextReader(backbone.tokenizer, level, 64).read([text, "蓝"])
        assert max(map(len, windows)) <= 64
        covered = set()
        for window in windows:
            if window.row == 0:
                covered.update(window.starts[window.starts >= 0].tolist())
        assert covered == set(range(len(text)))
        assert sum(window.row == 1 for window in windows) == 1

    def test_a_prefix_stands_before_the_text_without_places(self, backbone):
        reader = TextReader(backbone.tokenizer, "text")
        (plain,) = reader.read(["蓝色"], [""])
        (led,) = reader.read(["蓝色"], ["鞋子"])
        assert len(led) == len(plain) + 3
        assert (led.starts[:4] == -1).all()

    def test_unknown_level_and_tiny_window(self, backbone):
        with pytest.raises(BadInput, match="level"):
            TextReader(backbone.tokenizer, "syllable")
        with pytest.raises(BadInput, match="window"):
            TextReader(backbone.tokenizer, "text", 4)


def test_trimming_keeps_how_a_corpus_is_read(tiny_model):
    texts = ["蓝色帆布鞋", "blue shoes"]
    whole, small = Backbone.load(str(tiny_model)).eval(), Backbone.load(str(tiny_model)).eval()
    used = {i for w in TextReader(small.tokenizer, "text").read(texts) for i in w.ids.tolist()}
    small.trim(used)
    assert small.model.config.vocab_size == small.tokenizer.get_vocab_size() <= whole.tokenizer.get_vocab_size()
    for text in texts:
        assert small.tokenizer.encode(text).tokens == whole.tokenizer.encode(text).tokens
    assert np.allclose(embed(small, texts, prefix=""), embed(whole, texts, prefix=""), atol=1e-6)


def test_a_backbone_survives_its_state(backbone):
    again = Backbone.from_state(backbone.state())
    texts = ["蓝色帆布鞋", "纯牛奶"]
    assert np.allclose(embed(again, texts), embed(backbone, texts), atol=1e-7)


def test_what_is_no_encoder_is_one_clear_error(tmp_path, tiny_model):
    with pytest.raises(BadInput, match="not a model"):
        Backbone.load(str(tmp_path))
    (tmp_path / "config.json").write_text((tiny_model / "config.json").read_text())
    (tmp_path / "tokenizer.json").write_text((tiny_model / "tokenizer.json").read_text())
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(BadInput, match=str(tmp_path)):
        Backbone.load(str(tmp_path))


class TestIndex:
    VECTORS = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)

    def test_exact_search_is_brute_force(self):
        keys, cosines = VectorIndex(self.VECTORS).search(self.VECTORS[:5], 3)
        assert keys[:, 0].tolist() == [0, 1, 2, 3, 4]
        assert np.allclose(cosines[:, 0], 1, atol=1e-5)
        truth = np.sort(self.VECTORS[0] @ self.VECTORS.T)[::-1][:3]
        assert np.allclose(cosines[0], truth, atol=1e-5)

    def test_the_graph_finds_nearly_all_of_them_and_always_the_same(self):
        exact, _ = VectorIndex(self.VECTORS, exact=True).search(self.VECTORS[:200], 10)
        graph, _ = VectorIndex(self.VECTORS, exact=False).search(self.VECTORS[:200], 10)
        again, _ = VectorIndex(self.VECTORS, exact=False).search(self.VECTORS[:200], 10)
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, graph, strict=True)])
        assert recall > 0.95
        assert np.array_equal(graph, again)

    def test_fewer_vectors_than_asked_for(self):
        keys, _ = VectorIndex(self.VECTORS[:2]).search(self.VECTORS[:1], 9)
        assert keys.shape == (1, 2)


class TestBio:
    TYPES = ("a", "b")

    def test_labels_there_and_back(self):
        starts, ends = np.array([-1, 0, 2, 3, 6, -1]), np.array([-1, 2, 3, 5, 8, -1])
        labels = bio.token_labels([(0, 3, "b"), (6, 8, "a")], self.TYPES, starts, ends)
        assert labels.tolist() == [-100, 3, 4, 0, 1, -100]
        inner = labels[1:-1]
        probabilities = np.full((4, 5), 0.01, dtype=np.float32)
        probabilities[np.arange(4), inner] = 0.96
        chars = np.zeros((8, 5), dtype=np.float32)
        bio.to_characters(probabilities, starts[1:-1], ends[1:-1], chars)
        spans = bio.best_spans([chars], self.TYPES)[0]
        assert [span[:3] for span in spans] == [(0, 3, "b"), (6, 8, "a")]
        assert all(0.5 < span[3] <= 1 for span in spans)

    def test_blanks_inside_a_span_belong_to_it(self):
        probabilities = np.array([[0.02, 0.96, 0.02], [0.02, 0.02, 0.96]], dtype=np.float32)
        chars = np.zeros((5, 3), dtype=np.float32)
        bio.to_characters(probabilities, np.array([0, 3]), np.array([2, 5]), chars)
        assert [span[:2] for span in bio.best_spans([chars], ("a",))[0]] == [(0, 5)]

    def test_best_labels_are_those_of_an_exhaustive_search(self):
        random = np.random.default_rng(1)
        for _ in range(20):
            chars = random.dirichlet(np.ones(5), size=5).astype(np.float32)
            best = max(
                (path for path in itertools.product(range(5), repeat=5) if self._well_formed(path)),
                key=lambda path: sum(np.log(chars[i, label]) for i, label in enumerate(path)),
            )
            wanted = []
            for i, label in enumerate(best):
                if label % 2:
                    wanted.append([i, i + 1, self.TYPES[(label - 1) // 2]])
                elif label:
                    wanted[-1][1] = i + 1
            assert [list(span[:3]) for span in bio.best_spans([chars], self.TYPES)[0]] == wanted

    @staticmethod
    def _well_formed(path):
        pairs = zip((0, *path), path, strict=False)
        return all(label in (0, 1, 3) or before in (label, label - 1) for before, label in pairs)

    def test_overlapping_spans_leave_the_longest(self):
        assert bio.without_overlaps([(0, 2, ""), (1, 5, ""), (5, 6, "")]) == [(1, 5, ""), (5, 6, "")]


class TestCRF:
    def test_loss_and_marginals_agree_with_an_exhaustive_sum(self):
        torch.manual_seed(0)
        crf = CRF(5)
        torch.nn.init.normal_(crf.moves)
        scores = torch.randn(2, 4, 5)
        labels = torch.tensor([[-100, 1, 2, 0], [3, 4, -100, -100]])
        paths = [p for p in itertools.product(range(5), repeat=3) if TestBio._well_formed(p)]

        def weight(path, row):
            moved = sum(crf.moves[a, b].item() for a, b in itertools.pairwise(path))
            return moved + sum(float(row[i, label]) for i, label in enumerate(path))

        weights = torch.tensor([weight(path, scores[0, 1:]) for path in paths])
        short = [p for p in itertools.product(range(5), repeat=2) if TestBio._well_formed(p)]
        short_weights = torch.tensor([weight(path, scores[1, :2]) for path in short])
        wanted = weights.logsumexp(0) - weight((1, 2, 0), scores[0, 1:])
        wanted = wanted + short_weights.logsumexp(0) - weight((3, 4), scores[1, :2])
        assert float(crf.loss(scores, labels).detach()) == pytest.approx(float(wanted) / 5, abs=1e-4)
        found = crf.marginals(scores, labels >= 0).detach()
        chances = weights.softmax(0)
        for at, label in itertools.product(range(3), range(5)):
            truth = sum(float(c) for c, path in zip(chances, paths, strict=True) if path[at] == label)
            assert float(found[0, at + 1, label]) == pytest.approx(truth, abs=1e-4)
        assert float(found[0, 0].sum()) == 0
