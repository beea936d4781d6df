"""The cut where learning begins: two parts that are the network, and none where there is nothing to cut off."""

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models import get_model

from lib.batchnorm import keep_batchnorm_frozen
from lib.freezing import freeze, freeze_until
from lib.prefix import cut_where_learning_begins
from lib.stages import stages


def images(size=64):
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))


def built(name):
    torch.manual_seed(0)
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    return get_model(name, weights=None, **options)


# one of each family; the vision transformer and MaxViT are made for 224 pixels
FAMILIES = {
    "alexnet": 64,
    "convnext_tiny": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "mnasnet0_5": 64,
    "maxvit_t": 224,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_1": 64,
    "swin_t": 64,
    "vgg11_bn": 64,
    "vit_b_32": 224,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_cut_parts_in_turn_are_the_network_for_every_family(name):
    model = built(name).eval()
    batch = images(FAMILIES[name])
    with torch.no_grad():
        expected = model(batch)
    for stage in list(stages(model))[1:]:
        cut = cut_where_learning_begins(freeze_until(model, stage))
        with torch.no_grad():
            torch.testing.assert_close(cut.rest(cut.cache(batch)), expected, rtol=1e-4, atol=1e-5)
    learning = {name for name, _ in cut.rest.named_parameters()}
    assert learning == {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def small_transformer():
    torch.manual_seed(0)
    model = models.VisionTransformer(32, 8, num_layers=4, num_heads=2, hidden_dim=16, mlp_dim=32).eval()
    nn.init.normal_(model.heads.head.weight)  # it begins at zero, and every score would be zero
    return model


def test_cut_takes_along_the_token_and_positions_that_the_network_holds_itself():
    model = small_transformer()
    expected = model(images(32)).detach()
    for stage in list(stages(model))[1:]:
        cut = cut_where_learning_begins(freeze_until(model, stage))
        with torch.no_grad():
            torch.testing.assert_close(cut.rest(cut.cache(images(32))), expected)
        held = {id(parameter) for parameter in cut.rest.parameters()}
        assert held == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}


def test_cut_never_takes_a_parameter_that_learns_for_fixed():
    model = freeze_until(small_transformer(), "head")
    model.encoder.pos_embedding.requires_grad_(True)
    cut = cut_where_learning_begins(model)
    assert cut.cache(images(32)).shape == (2, 17, 16)  # the class token and 16 patches, their positions not yet added
    cut.rest(cut.cache(images(32))).sum().backward()
    assert model.encoder.pos_embedding.grad.abs().max() > 0
    model.class_token.requires_grad_(True)
    assert cut_where_learning_begins(model) is None


def test_cut_rest_holds_the_model_s_own_layers_and_follows_training_mode():
    model = freeze_until(built("resnet18"), "layer4").train()
    cut = cut_where_learning_begins(model)
    assert cut.rest.get_submodule("layer4") is model.layer4
    assert cut.rest.training and cut.rest.get_submodule("fc").training
    cut.rest.eval()
    assert not model.layer4[0].bn1.training
    cut.rest.train()
    assert model.layer4[0].bn1.training and not model.layer1[0].bn1.training


def test_cut_comes_as_late_as_the_frozen_part_goes():
    model = freeze_until(built("resnet18"), "head")
    features = cut_where_learning_begins(model).cache(images())
    assert features.shape == (2, 512)
    assert not features.requires_grad


def test_cut_finds_nothing_where_the_first_layer_learns_or_its_statistics_move():
    model = built("resnet18")
    assert cut_where_learning_begins(model) is None
    model.requires_grad_(False)  # the norms are not pinned
    model.fc.requires_grad_(True)
    cut = cut_where_learning_begins(model)
    assert cut is None or "bn1" in {name for name, _ in cut.rest.named_modules()}


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.first(x)) if x.sum() > 0 else self.last(x)


class Skipping(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(x)
        return self.last(self.second(x) + x.relu())


def test_cut_gives_up_where_the_forward_branches_on_values():
    model = Branching()
    freeze(model.first)
    assert cut_where_learning_begins(model) is None


def test_cut_gives_up_where_more_than_one_value_crosses_and_takes_a_later_join():
    model = Skipping()
    freeze(model.first)
    cut = cut_where_learning_begins(model)
    assert cut is None  # first(x) and its relu both cross
    freeze(model.second)
    cut = cut_where_learning_begins(model)
    batch = torch.rand(3, 4)
    torch.testing.assert_close(cut.rest(cut.prefix(batch)), model(batch))


@pytest.mark.parametrize("noise", [nn.Dropout(0.5), nn.RReLU(), nn.BatchNorm1d(4, affine=False)])
def test_cut_never_takes_what_is_random_or_moves_for_fixed(noise):
    model = nn.Sequential(nn.Linear(4, 4), noise, nn.Linear(4, 2))
    freeze(model[0])
    cut = cut_where_learning_begins(model)
    assert "1" in dict(cut.rest.named_modules())
    freeze(model[1])
    assert "1" not in dict(cut_where_learning_begins(model).rest.named_modules())


def test_cut_never_takes_a_norm_for_fixed_whose_statistics_stay_but_whose_scale_learns():
    model = keep_batchnorm_frozen(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)))
    freeze(model[0])
    cut = cut_where_learning_begins(model)
    cut.rest(cut.cache(torch.rand(3, 4))).square().sum().backward()
    assert model[1].weight.grad.abs().max() > 0


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_cut_below_auxiliary_heads_only(name):
    with torch.device("meta"):
        model = get_model(name, weights=None, init_weights=False)
    assert cut_where_learning_begins(freeze_until(model, "stage2" if name == "googlenet" else "stage1")) is not None
    assert cut_where_learning_begins(freeze_until(model, "head")) is None
    assert isinstance(model, models.GoogLeNet | models.Inception3)
