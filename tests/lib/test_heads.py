import copy

import pytest
import torch
import torchvision
from torch import nn

from lib.backbones import load_backbone, remove_head, replace_head
from lib.freezing import freeze, trainable_fraction
from lib.stages import output_layers
from tests.lib.classifiers import build, for_every_classifier, outputs_of

TINY = "squeezenet1_1"


def test_replace_head_of_a_frozen_resnet50_leaves_527114_of_24035146_trainable():
    with torch.device("meta"):
        model = freeze(torchvision.models.resnet50())
        replace_head(model, 10, hidden=256, dropout=0.3)
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    assert sum(count for count, trainable in counts if trainable) == 527_114 == 2048 * 256 + 256 + 256 * 10 + 10
    assert sum(count for count, _ in counts) == 24_035_146
    assert f"{trainable_fraction(model):.2%}" == "2.19%"


@for_every_classifier
def test_replace_head_of_each_of_all_80_frozen_classifiers_alone_learns(name):
    model = replace_head(freeze(build(name)), 7, hidden=5, dropout=0.25).train()
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad}
    parts = [f"{layer}.{part}" for layer in outputs_of(name) for part in ("0.weight", "0.bias", "3.weight", "3.bias")]
    assert sorted(learning) == sorted(parts)
    assert all(learning[f"{layer}.3.bias"].shape == (7,) for layer in outputs_of(name))
    inside = {n for n, layer in model.named_modules() if layer.training}
    assert inside == {f"{layer}{part}" for layer in outputs_of(name) for part in ("", ".0", ".1", ".2", ".3")}


def words(module):
    return [str(layer) for layer in module] if isinstance(module, nn.Sequential) else str(module)


def test_replace_head_makes_the_head_that_is_asked_for():
    def head(**options):
        return words(replace_head(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 9)), 3, **options)[-1])

    def linear(inputs, outputs):
        return f"Linear(in_features={inputs}, out_features={outputs}, bias=True)"

    assert head() == linear(6, 3)
    assert head(dropout=0.2) == ["Dropout(p=0.2, inplace=False)", linear(6, 3)]
    assert head(hidden=5) == [linear(6, 5), "ReLU()", "Dropout(p=0.0, inplace=False)", linear(5, 3)]
    assert head(hidden=5, dropout=0.2) == [linear(6, 5), "ReLU()", "Dropout(p=0.2, inplace=False)", linear(5, 3)]


def test_replace_head_makes_convolutions_where_the_output_layer_is_one():
    model = load_backbone(TINY, weights=None)
    replace_head(model, 3, hidden=5)
    head = model.classifier[1]
    assert [tuple(layer.weight.shape) for layer in (head[0], head[3])] == [(5, 512, 1, 1), (3, 5, 1, 1)]


def test_replace_head_changes_nothing_else_and_returns_the_model():
    model = load_backbone("resnet10", weights=None)
    before, values = dict(model.named_parameters()), copy.deepcopy(model.state_dict())
    layers = dict(model.named_modules())
    assert replace_head(model, 4) is model
    rest = {name: p for name, p in model.named_parameters() if not name.startswith("fc.")}
    assert all(rest[name] is before[name] for name in rest)
    assert len(rest) == len(before) - 2
    assert all(model.get_submodule(name) is layer for name, layer in layers.items() if name not in ("", "fc"))
    assert all(torch.equal(v, values[k]) for k, v in model.state_dict().items() if not k.startswith("fc."))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("training", [True, False])
def test_replace_head_is_trainable_in_a_frozen_model_of_its_type_and_mode(dtype, training):
    model = load_backbone("resnet10", weights=None).to(dtype).requires_grad_(False).train(training)
    replace_head(model, 3, hidden=4, dropout=0.1)
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert list(trainable) == ["fc.0.weight", "fc.0.bias", "fc.3.weight", "fc.3.bias"]
    assert {p.dtype for p in trainable.values()} == {dtype}
    assert {layer.training for layer in model.fc.modules()} == {training}


def test_replace_head_stays_on_the_device():
    with torch.device("meta"):
        model = torchvision.models.resnet18()
    assert {p.device.type for p in replace_head(model, 3, hidden=4).parameters()} == {"meta"}


def test_replace_head_draws_from_the_global_generator():
    model = nn.Sequential(nn.Linear(4, 9))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = replace_head(model, 3)[0]
        torch.manual_seed(0)
        expected = nn.Linear(4, 3)
    assert torch.equal(first.weight, expected.weight)


@pytest.mark.parametrize("name", ["resnet10", "resnet18", "squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small"])
def test_replace_head_gives_one_score_per_class(name):
    model = replace_head(load_backbone(name, weights=None), 3, hidden=4, dropout=0.5)
    assert model(torch.rand(2, 3, 64, 64)).shape == (2, 3)


def test_replace_head_gives_auxiliary_heads_as_many_classes():
    model = replace_head(torchvision.models.googlenet(init_weights=False), 3)
    scores = model.train()(torch.rand(2, 3, 64, 64))
    assert [part.shape for part in scores] == [(2, 3)] * 3
    assert model.eval()(torch.rand(1, 3, 64, 64)).shape == (1, 3)


def test_replace_head_gives_a_small_vision_transformer_one_score_per_class():
    model = torchvision.models.VisionTransformer(32, 8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32)
    assert replace_head(model, 3)(torch.rand(2, 3, 32, 32)).shape == (2, 3)


def test_replace_head_can_be_done_again():
    model = replace_head(replace_head(nn.Sequential(nn.Linear(4, 9)), 3), 5)
    assert words(model[0]) == "Linear(in_features=4, out_features=5, bias=True)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 0}, "classes: expected an integer of at least 1, got 0"),
        ({"classes": 2.0}, "classes: expected an integer of at least 1, got 2.0"),
        ({"classes": 2, "hidden": 0}, "hidden: expected None or an integer of at least 1, got 0"),
        ({"classes": 2, "hidden": 1.5}, "hidden: expected None or an integer of at least 1, got 1.5"),
        ({"classes": 2, "dropout": 1.0}, r"dropout: expected a probability in \[0, 1\), got 1.0"),
        ({"classes": 2, "dropout": -0.1}, r"dropout: expected a probability in \[0, 1\), got -0.1"),
        ({"classes": 2, "dropout": float("nan")}, r"dropout: expected a probability in \[0, 1\), got nan"),
    ],
)
def test_replace_head_refuses_arguments_and_leaves_the_model_alone(arguments, message):
    model = nn.Sequential(nn.Linear(4, 9))
    layer = model[0]
    with pytest.raises(ValueError, match=message):
        replace_head(model, **arguments)
    assert model[0] is layer


@pytest.mark.parametrize(("name", "width"), [("resnet10", 512), (TINY, 512), ("mobilenet_v3_small", 1024)])
def test_remove_head_leaves_the_features_that_the_head_saw(name, width):
    model = load_backbone(name, weights=None)
    images = torch.rand(2, 3, 64, 64)
    seen = []
    *_, output = output_layers(model).values()
    hook = output.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(images)
    hook.remove()
    assert remove_head(model) == width
    features = model(images)
    assert features.shape == (2, width)
    expected = seen[0] if seen[0].ndim == 2 else seen[0].mean((2, 3))  # a convolution's are averaged after it
    torch.testing.assert_close(features, expected)


def test_replace_head_refuses_a_model_whose_head_has_been_removed():
    model = load_backbone("resnet10", weights=None)
    remove_head(model)
    with pytest.raises(ValueError, match="its head has been removed"):
        replace_head(model, 3)
