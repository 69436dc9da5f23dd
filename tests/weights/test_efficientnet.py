import json

import torch
from safetensors.torch import load_file
from torch import nn

from tagkit.images.efficientnet import EfficientNetLite
from tagkit.weights import efficientnet


def published(network):
    """Return random weights under the names of the published files, batch normalisation and classifier included."""
    torch.manual_seed(0)
    stored = {"_fc.weight": torch.rand(10, 1280), "_fc.bias": torch.rand(10)}
    short = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
    short |= {"project": ("_project_conv", "_bn2"), "stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for name, weight in network.state_dict().items():
        place, _, kind = name.rpartition(".")
        if kind == "weight":
            before, _, layer = place.rpartition(".")
            prefix = f"_{before}." if before else ""
            conv, norm = (prefix + part for part in short[layer])
            stored[f"{conv}.weight"] = torch.rand_like(weight)
            for part in ("weight", "bias", "running_mean", "running_var"):
                stored[f"{norm}.{part}"] = torch.rand(weight.shape[0]) + 0.5
            stored[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    return stored


def test_conversion_holds_all_layers_and_no_classifier(tmp_path):
    network = EfficientNetLite()
    torch.save(published(network), tmp_path / "efficientnet-lite0-57934424.pth")
    (tmp_path / "model").mkdir()
    efficientnet.convert(tmp_path / "efficientnet-lite0-57934424.pth", tmp_path / "model")
    network.load_state_dict(load_file(tmp_path / "model" / "model.safetensors"))
    normal = json.loads((tmp_path / "model" / "preprocessor_config.json").read_text())
    assert normal["size"] == {"height": 224, "width": 224} and abs(normal["image_mean"][0] * 255 - 127) < 1e-9


def test_normalisation_is_part_of_the_convolution():
    torch.manual_seed(1)
    conv, norm = nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5, eps=1e-3).eval()
    for tensor in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
        tensor.uniform_(0.5, 1.5)
    stored = {"_conv_stem.weight": conv.weight.data} | {f"_bn0.{name}": t for name, t in norm.state_dict().items()}
    made = efficientnet.folded(stored)
    x = torch.rand(2, 3, 8, 8)
    with torch.inference_mode():
        found = nn.functional.conv2d(x, made["stem.weight"], made["stem.bias"])
        assert torch.allclose(found, norm(conv(x)), atol=1e-5)
