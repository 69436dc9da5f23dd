"""Texts as windows of tokens that lead back to the characters."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone, TextReader  # noqa: E402


@pytest.fixture(scope="module")
def backbone(tiny_model):
    return Backbone.load(str(tiny_model)).eval()


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
