"""A model over many windows: batches side by side, threads, errors; vectors of texts."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone, Window  # noqa: E402
from tagkit.neural.inference import embed, run  # noqa: E402


class Doubled(torch.nn.Module):
    """Doubles the ids, records the number of threads, and refuses an id."""

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


def test_the_vector_of_a_text_has_length_1_and_does_not_depend_on_the_others(tiny_model):
    backbone = Backbone.load(str(tiny_model)).eval()
    texts = ["蓝色帆布鞋", "纯牛奶", "高跟鞋" * 100]
    vectors = embed(backbone, texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(embed(backbone, [text])[0], vector, atol=1e-5)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-2)
