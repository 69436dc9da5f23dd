import torch
from torch import nn
from torch.nn import functional

from tagkit.images.efficientnet import Conv, EfficientNetLite


def test_padding_is_that_of_tensorflow():
    conv = Conv(1, 1, 3, 2)
    nn.init.ones_(conv.weight), nn.init.zeros_(conv.bias)
    x = torch.ones(1, 1, 4, 4)
    # Without padding at the left and top, with one column and row at the right and bottom.
    expected = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), conv.weight, stride=2)
    assert torch.equal(conv(x), expected)
    assert conv(torch.ones(1, 1, 5, 5)).shape == (1, 1, 3, 3)


def test_size_of_vectors_and_their_order_of_photos():
    network = EfficientNetLite(0.25, 0.5).eval()
    x = torch.rand(3, 3, 40, 33)
    with torch.inference_mode():
        batch = network(x)
        alone = torch.cat([network(one[None]) for one in x])
    assert batch.shape == (3, network.size) and torch.allclose(batch, alone, atol=1e-5)


def test_depth_and_width_of_the_variants():
    assert len(EfficientNetLite(1.0, 1.0).blocks) == 16
    second = EfficientNetLite(1.1, 1.2)
    assert len(second.blocks) == 21 and second.head.in_channels == 352 and second.stem.out_channels == 32
