# %% [markdown]
# # 2 · Pre-trained networks
#
# Ten handwritten digits on photographs, ten labelled images of each, two cores, an evening. From scratch that was not
# enough. So you begin with a network that someone else has trained on something else. There are hundreds to choose
# from. Which one do you take, and what is in it?
#
# **At the end of this lesson you can**
#
# 1. say what a published accuracy is the accuracy *of*, and what a network costs in numbers, operations and seconds;
# 2. write the two parts that changed networks most, the residual connection and the squeeze-and-excitation gate, and
#    measure what they do;
# 3. choose a pre-trained network under a budget, and defend the choice.
#
# About two hours, one of them at the keyboard. You need a little PyTorch (`nn.Module`, a forward pass, `.backward()`).

# %% setup=true
from collections.abc import Callable, Iterable, Sequence

import torch
import torch.nn.functional as F
from IPython.display import display
from torch import Tensor, nn
from torchvision import models

from autograder.check import check
from autograder.progress import progress, reveal
from lib import (
    architectures,
    backbones,
    comparison,
    depth,
    features,
    milestones,
    network_costs,
    plots,
    settings,
    training,
)
from lib.architecture_picture import depth_picture, error_rates_picture, stage_costs_picture
from lib.architectures import Classifier, classifier_table
from lib.bundled import ARCHITECTURES
from lib.choice_picture import budget_picture, seconds_picture
from lib.datasets import glyphnet, load_task
from lib.datasets.glyph_bank import glyph_bank
from lib.downloads import DownloadError
from lib.gates import gates_changed
from lib.results import mean_and_interval, recorded
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# A hundred images to learn from, six hundred to be tested on, and a small network that begins with random weights:

# %%
torch.set_num_threads(1)  # as the times below were recorded; networks this small gain little from more
by_images = recorded("images_per_class")
scratch = mean_and_interval(by_images.values("accuracy", technique="scratch", images_per_class=10))
plots.where_we_are(
    {"scratch": scratch, "frozen": None}, "Where we are: ten images a class", new=["scratch"], chance=0.1
)

# %% [markdown]
# The empty bar is this lesson's: a network that has learnt something else, kept as it is, with a new output layer. A
# network that has been trained before is called **pre-trained**; what it hands on, everything before its output layer,
# is its **backbone**.
#
# ### Before you go on: predict
#
# ResNet-50 is the network that most tutorials load. Torchvision offers 80 classifiers. Take the ResNet-50 of 2015 with
# the weights of its time, and each of the others with its best:

# %%
guess_beaten = predict(
    "How many of the other 79 are more accurate on ImageNet for no more operations?", low=0, high=79, key="2 beaten"
)
guess_beaten

# %% [markdown]
# ## 1 Four networks and their famous numbers
#
# **ImageNet** is what they learnt: 1.28 million photographs of 1,000 classes, the data of a yearly contest that ended
# in 2017. The **top-5 error** is the share of test images whose class is not among a network's five first guesses.
#
# | network | year | layers | size | what was new |
# |---|---|--:|--:|---|
# | AlexNet | 2012 | 8 | 61.1 | it was deep at all, and trained on graphics cards |
# | VGG-16 | 2014 | 16 | 138.4 | nothing but 3×3 windows |
# | ResNet-50 | 2015 | 50 | 25.6 | residual connections, and batch norm after every convolution |
# | EfficientNet-B7 | 2019 | hundreds | 66.3 | narrow blocks turned inside out, gates, one rule for growing |
#
# (Layers are those with weights; the size is in million parameters.)
#
# Each of them is quoted with one number. The figure holds *several* numbers for each: those of the contest and of the
# papers, and those of the weights that torchvision offers today, which come with it as metadata and need no download.

# %%
every_weights, table = classifier_table(every_weights=True), classifier_table()
rates = milestones.error_rates(every_weights)
error_rates_picture({milestones.TITLES[name]: kinds for name, kinds in rates.items()}, "One name, several numbers")

# %%
for row in every_weights:
    if row.name == "resnet50":
        print(f"{row.weights}: {100 * row.accuracy:.2f} % top-1, {row.parameters:,} parameters, {row.gflops} GFLOP")
        print(f"   {row.image_size} px, trained as in {row.recipe}")

# %% [markdown]
# What wins a contest is a group of networks whose outputs are averaged, an **ensemble**. What you load is one. And one
# name can stand for several sets of weights. So a number belongs to a network, *and* to its weights, the images that
# it was tested on, and the number of networks that were asked.

# %% [markdown] about="published_numbers"
# ### Exercise: `published_numbers`
#
# **Find the mistake.** Three claims in the form in which they are passed on.

# %% exercise="published_numbers"

# %% check="published_numbers"

# %% [markdown]
# ## 2 What a network holds, and what it does
#
# Two costs come with every network. **Parameters** are the numbers that it has learnt: they fill the file and the
# memory. **Operations** are the multiplications (each with its addition) that one image takes; a billion of them is
# one GFLOP. (Some texts count the addition apart and get twice as many. Torchvision and this course do not.)
#
# One might think that both grow together. Move through the networks and look where each keeps its numbers, and where
# it does its work. Nothing is computed for this: the networks are built on torch's *meta* device, which knows shapes
# and no values.

# %%
bundled = [name for name in ARCHITECTURES if backbones.weight_file(name).exists()]
SIZES = {"alexnet": 224, "vgg16": 224, "resnet50": 224, "efficientnet_b0": 224, "convnext_tiny": 224}
SIZES |= dict.fromkeys(bundled, 48)  # the course's own networks are small, and so are their pictures


def built(name):
    """The network without any values."""
    with torch.device("meta"):
        return ARCHITECTURES[name](1000) if name in ARCHITECTURES else models.get_model(name)


stage_costs = {name: network_costs.stage_costs(built(name), size) for name, size in SIZES.items()}
explore(
    {name: stage_costs_picture(costs, f"{name}: where are its numbers?") for name, costs in stage_costs.items()},
    "network",
    start="vgg16",
)

# %% [markdown]
# Early stages see large pictures with few channels: few numbers, each used at every place. Late stages see small
# pictures with many channels: many numbers, each used at few places. In VGG-16 the extreme is a layer that is no
# convolution at all: it uses each of its numbers once. ResNet-50 leaves such layers out and takes the mean over space
# instead. It is deeper, more accurate, and less than a fifth as large.

# %% [markdown] about="count_parameters"
# ### Exercise: `count_parameters`
#
# The number that every table begins with.

# %% exercise="count_parameters"

# %% check="count_parameters"

# %% [markdown]
# ## 3 Why not simply deeper?
#
# From AlexNet's 8 layers to VGG's 16 the error was halved. So take 40? Below are three kinds of stacks of 3×3
# convolutions, all equally wide, from 2 layers to 40, with weights as torch draws them:
#
# - **plain**: convolution, ReLU, convolution, ReLU, …;
# - with **batch norm** (Ioffe and Szegedy, 2015) after each convolution, which brings every channel to mean 0 and
#   variance 1 over the batch;
# - with batch norm and **residual connections**: every two layers compute what is to be *added* to their input
#   (He et al., 2016).
#
# A gradient step can only do its work if a gradient arrives. Send one batch through, go backward, and compare the
# gradient at the first of the 40 layers with the one at the last.

# %%
guess_gradient = predict(
    "In the plain stack with batch norm, the gradient at the first of 40 layers is, compared with the last,",
    ["a hundred times smaller or more", "about as large", "a hundred times larger or more"],
    key="2 gradient",
)
guess_gradient

# %%
task = load_task("digits-on-photographs")
few = task.train.few(10, seed=0)
images, labels = F.avg_pool2d(comparison.prepared(few), 2), few.labels.to(settings.device())
live = {}
for kind in depth.KINDS:
    stack = depth.deep_stack(kind, 40, seed=0).to(settings.device())
    reach = depth.gradient_reach(stack, images, labels)
    order = settings.generator(0)
    losses = training.train(stack, images, labels, epochs=20, rate=3e-3, batch_size=50, generator=order)
    live[kind] = (40, reach, losses[-1])
    print(f"{depth.KINDS[kind]}:\n    gradient {reach:.2g} times, loss at the end {losses[-1]:.2f}")

# %%
_, normed, _ = live["normed"]
guess_gradient.beside("a hundred times larger or more" if normed >= 100 else f"{normed:.0f} times larger")

# %%
depth_picture(recorded("lesson02_depth"), "What does depth do to a stack of layers?", live=live)

# %% [markdown]
# The loss of guessing is $\log 10 = 2.30$. Read the figure from its right edge. Forty plain layers learn nothing, for
# hardly a gradient arrives at the first of them: it **vanishes**. Batch norm turns the fault round: the first layer's
# gradient is hundreds of times the last one's, it **explodes**, and no single learning rate suits both. With residual
# connections the two stay within a factor of ten, and forty layers learn more than two (in four seeds of five; the
# shaded band shows the fifth). With batch norm alone forty layers end worse than ten. That is not overfitting, since
# this is the loss on the very images that they learn from. He et al. (2016) call it **degradation**.
#
# ### The mathematics
#
# | symbol | what it is |
# |---|---|
# | $x_k$ | what block $k$ puts out; $x_0$ goes into the first |
# | $F_k$ | the branch of block $k$: two convolutions |
# | $J_k$ | its Jacobian $\partial F_k / \partial x_{k-1}$: how the output answers to each input |
# | $L$ | the loss |
#
# A plain stack is $x_k = F_k(x_{k-1})$ (take the ReLU as part of $F$), a residual one $x_k = F_k(x_{k-1}) + x_{k-1}$.
# By the chain rule the gradient at the beginning is the one at the end times a product,
#
# $$\frac{\partial L}{\partial x_0} = \frac{\partial L}{\partial x_n}\,J_n J_{n-1} \cdots J_1
# \qquad\text{or}\qquad \frac{\partial L}{\partial x_n}\,(J_n + I)(J_{n-1} + I) \cdots (J_1 + I).$$
#
# A product of forty factors that are a little too small is nothing, and of forty a little too large it is enormous.
# In the second product each factor holds an $I$: one way through all of them leaves the gradient as it is. Symbol for
# symbol, with a small $F$:

# %%
weight = torch.randn(3, 3, generator=settings.generator(0)) / 2
x = torch.randn(3, generator=settings.generator(1))
J = torch.autograd.functional.jacobian(lambda x: torch.tanh(weight @ x), x)
J_of_the_block = torch.autograd.functional.jacobian(lambda x: torch.tanh(weight @ x) + x, x)
print("largest difference from J + I:", f"{float((J_of_the_block - (J + torch.eye(3))).abs().max()):.0e}")

# %% [markdown] about="residual_block"
# ### Exercise: `residual_block`
#
# One plus sign; but it has to stand in the right place.

# %% exercise="residual_block"

# %% check="residual_block"

# %% [markdown]
# > **At full scale.** On ImageNet, He et al. (2016) made a plain network deeper, from 18 to 34 layers: its top-1 error
# > *rose*, from 27.9 to 28.5 %. With residual connections it fell, from 27.9 to 25.0 %.
#
# ## 4 Gates that see the whole picture
#
# A convolution looks at a small window. Whether the picture is dark, or is all sky, it cannot know.
# **Squeeze-and-excitation** (Hu et al., 2018) tells it: take the mean of every channel, and let a small network turn
# these means into one factor a channel, a **gate**.
#
# $$z = \frac{1}{HW}\sum_{h,w} x_{hw}, \qquad
# s = \sigma\bigl(W_2\,\mathrm{relu}(W_1 z + b_1) + b_2\bigr), \qquad y_{hw} = s \odot x_{hw}$$
#
# | symbol | what it is | shape |
# |---|---|---|
# | $x$ | feature maps of one image | C × H × W |
# | $z$ | the squeeze: each channel's mean over the picture | C |
# | $W_1, b_1$; $W_2, b_2$ | `reduce` and `expand`, two linear layers | R × C; C × R |
# | $\sigma$ | the sigmoid, $1 / (1 + e^{-t})$, so that a gate lies between 0 and 1 | |
# | $s$, $\odot$ | the gates; product channel by channel | C |

# %% [markdown] about="squeeze_excitation"
# ### Exercise: `squeeze_excitation`
#
# Three lines of arithmetic, and one trap: which axes belong together.

# %% exercise="squeeze_excitation"

# %% check="squeeze_excitation"

# %% [markdown]
# ### What do gates do?
#
# EfficientNet has one in every block. What if you put one behind a network that has none? Take our pre-trained
# backbone, kept as it is. Its last stage gives 512 maps of 2 × 2 numbers, whose means a linear head turns into ten
# scores. Put a gate between the two, and train gate and head together on the hundred images.

# %%
guess_gates = predict("Test accuracy with the gates, minus without:", low=-10, high=10, unit="points", key="2 gates")
guess_gates


# %%
class GatedHead(nn.Module):
    """Gates on 512 maps, their mean over space, ten scores."""

    def __init__(self):
        super().__init__()
        self.reduce, self.expand, self.head = nn.Linear(512, 32), nn.Linear(32, 512), nn.Linear(512, 10)

    def forward(self, maps):
        return self.head(architectures.squeeze_excitation(maps, self.reduce, self.expand).mean((2, 3)))

    def gates(self, maps):
        return torch.sigmoid(self.expand(F.relu(self.reduce(maps.mean((2, 3))))))


def trained(head, maps, seed):
    head.to(settings.device())
    training.train(head, maps, labels, epochs=60, rate=3e-3, generator=settings.generator(seed))
    return head.eval()


network = backbones.load_backbone("resnet10").to(settings.device())
trunk = nn.Sequential(*list(network.children())[:-2])  # without the mean over space, and without the head
test_labels = task.test.labels.to(settings.device())
with torch.no_grad():
    maps, test_maps = trunk(comparison.prepared(few)), trunk(comparison.prepared(task.test))

# %%
scores = {"head alone": [], "gates and head": [], "each image with another's gates": [], "the mean gates for all": []}
for seed in range(5):
    torch.manual_seed(seed)
    alone = trained(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)), maps, seed)
    gated = trained(GatedHead(), maps, seed)
    with torch.no_grad():
        gates, means = gated.gates(test_maps), test_maps.mean((2, 3))
        others = gates[torch.randperm(len(gates), generator=settings.generator(seed))]
        outputs = [alone(test_maps), *(gated.head(s * means) for s in (gates, others, gates.mean(0, keepdim=True)))]
    for name, output in zip(scores, outputs, strict=True):
        scores[name].append(float((output.argmax(1) == test_labels).float().mean()))
print(f"gates of the last seed: {gates.min():.2f} to {gates.max():.2f}")
print(f"spread over channels {gates.mean(0).std():.2f}, over images {gates.std(0).mean():.2f}")
intervals = {name: mean_and_interval(values) for name, values in scores.items()}
plots.where_we_are(intervals, "Does a gate help behind a finished network?", new=["gates and head"], chance=0.1)

# %%
difference = 100 * (intervals["gates and head"][0] - intervals["head alone"][0])
guess_gates.beside(round(difference, 1), "points")

# %% [markdown]
# The gates do open and shut: they spread over nearly all that a sigmoid allows, and differ from channel to channel.
# Yet what is won lies within what seeds do, and an image loses next to nothing when it gets another image's gates. A
# linear head can weigh channels by itself, and these maps were made without gates in mind.
#
# Now a network that was trained with gates from its first step: a small EfficientNet of the course's own. It is asked
# for what it has learnt, printed characters it has not seen before, once with its gates and once with others in their
# place.

# %%
if "efficientnet_mini" in bundled:
    grown = backbones.load_backbone("efficientnet_mini").to(settings.device())
    count = 256 if settings.budget() == "quick" else 2048
    drawings, characters = glyphnet.draw_glyphs(count, generator=settings.generator(9))
    inputs = backbones.preprocessing("efficientnet_mini")(drawings).to(settings.device())
    order = torch.randperm(count, generator=settings.generator(0))
    changes = {
        "its own gates": lambda gates: gates,
        "the mean gates for all": lambda gates: gates.mean(0, keepdim=True),
        "each image with another's gates": lambda gates: gates[order],
        "all gates wide open": torch.ones_like,
    }
    right = {}
    for name, change in changes.items():
        with gates_changed(grown, change), torch.no_grad():
            right[name] = 100 * float((grown(inputs).argmax(1).cpu() == characters).float().mean())
    display(plots.bars(right, "Gates that a network grew up with", x="right of 1,000 characters (%)", form=".1f"))
else:
    print("The weights of efficientnet_mini are not here: git checkout -- lib/weights")

# %% [markdown]
# Here the gates carry much of what the network knows: with another image's gates most of its accuracy is gone. What a
# gate does it does *for this picture*. The same part is worth nothing in the one place and is indispensable in the
# other. It is no ornament to be added afterwards.
#
# > **At full scale.** Trained with gates from the first step, ResNet-50 goes from 7.48 to 6.62 % top-5 error on
# > ImageNet, for a tenth more parameters and hardly an operation more (Hu et al., 2018, table 2).
#
# ## 5 The same for less
#
# Two ideas make networks cheap. One takes the convolution apart. An ordinary 3×3 convolution does two things at once:
# it looks around, and it mixes channels. A **depthwise** convolution only looks around, each channel by itself; a 1×1
# convolution only mixes. The **inverted bottleneck** (Sandler et al., 2018) is built of them: a 1×1 convolution to
# several times as many channels, a depthwise one there, a 1×1 back to few, and a residual connection between the
# narrow ends.
#
# The other is a rule for growing. A network can be deeper, wider, or look at larger pictures. **Compound scaling** (Tan
# and Le, 2019) does all three together, by one number $\varphi$:
#
# $$\text{depth} \times \alpha^{\varphi}, \quad \text{width} \times \beta^{\varphi}, \quad
# \text{resolution} \times \gamma^{\varphi}, \qquad \alpha\,\beta^2\gamma^2 \approx 2.$$
#
# Twice the depth is twice the work. Twice the width is four times the work, since channels go in and come out. So is
# twice the resolution, in height and in width. Hence the squares, and hence about $2^{\varphi}$ times the operations.

# %% [markdown] about="scaling_arithmetic"
# ### Exercise: `scaling_arithmetic`
#
# Pencil and paper will do.

# %% exercise="scaling_arithmetic"

# %% check="scaling_arithmetic"

# %% [markdown]
# ### Are operations time?
#
# Eight times fewer operations, eight times faster? Measure it, on one layer first:

# %%
ordinary = nn.Conv2d(64, 64, 3, padding=1, bias=False)
pair = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), nn.Conv2d(64, 64, 1, bias=False))
picture = torch.randn(1, 64, 56, 56, generator=settings.generator(0))
numbers = [sum(p.numel() for p in layer.parameters()) for layer in (ordinary, pair)]
times = [network_costs.processor_seconds(layer, picture, repeats=25) for layer in (ordinary, pair)]
print(f"numbers, and operations: {numbers[0] / numbers[1]:.1f} times fewer")
print(f"processor time:          {times[0] / times[1]:.1f} times less")

# %% [markdown]
# And on whole networks. The marks below were recorded by `python -m benchmarks.lesson02` on one processor thread, one
# image at a time; the stars are this machine, now. A network on the line is as fast as its operations promise.

# %%
timed = ["mobilenet_v3_large", "efficientnet_b0", "resnet18", "resnet50"]
if settings.budget() == "full":
    timed += ["shufflenet_v2_x1_0", "densenet121", "convnext_tiny", "vit_b_16"]
seconds = {}
for row in table:
    if row.name in timed:
        network_now, size = backbones.load_backbone(row.name, weights=None), row.image_size
        seconds[row.name] = row.gflops, network_costs.processor_seconds(network_now, torch.rand(1, 3, size, size))
seconds_picture(recorded("lesson02_seconds"), "Do operations tell the time?", live=seconds)

# %% [markdown]
# Over the whole range they do. Between neighbours they do not. Take three that need about as many operations:

# %%
clock = recorded("lesson02_seconds")
for name in ("resnet50", "convnext_tiny", "efficientnet_b4"):
    [operations], [time] = clock.values("gflops", name=name), clock.values("seconds", name=name)
    print(f"{name:15} {operations:.1f} GFLOP, {time:.2f} s: {operations / time:.0f} a second")

# %% [markdown]
# A depthwise convolution uses each number that it fetches from memory for few multiplications, and the processor
# waits. Where depthwise layers are wide, as in EfficientNet, that shows; where most of the work is done by 1×1
# convolutions, as in ConvNeXt, it does not. Small networks lie above the line as well: every layer costs a little
# time before it begins. When seconds matter, measure seconds, on the machine that will run it.
#
# ## 6 Which one?
#
# Now choose. Torchvision's 80 classifiers, each with its best weights, lie in the figure below: cost to the right,
# accuracy upwards. A network is worth considering only if no other is at least as cheap *and* at least as accurate,
# and better in one of the two. Those that remain are the **Pareto front**. Everything below the line has a better
# alternative.
#
# Move both limits and watch the front and the best network follow.

# %%
millions, gflops = [3, 12, 30, "any"], [0.3, 1, 5, "any"]
limit = {"any": float("inf")}
clouds = {
    (m, g): budget_picture(table, 1e6 * limit.get(m, m), limit.get(g, g)) for m in millions for g in gflops
}  # fmt: skip
explore(clouds, "million parameters at most", "GFLOP at most", start=(12, 5))

# %% [markdown] about="pareto_front"
# ### Exercise: `pareto_front`
#
# Decide first what shall happen to equals. The docstring has decided it for you.

# %% exercise="pareto_front"

# %% check="pareto_front"

# %% [markdown]
# And what of your first guess? Count the networks that beat the ResNet-50 of 2015, by its weights of then:

# %%
[old] = [row for row in every_weights if (row.name, row.weights) == ("resnet50", "IMAGENET1K_V1")]
better = [row for row in table if row.accuracy > old.accuracy and row.gflops <= old.gflops and row.name != "resnet50"]
least = min(better, key=lambda row: row.gflops)
print(f"resnet50, V1: {old.accuracy:.1%}, {old.gflops:.1f} GFLOP. The cheapest that\nbeats it is {least.name}:")
print(f"{least.accuracy:.1%}, {least.gflops:.1f} GFLOP, {least.parameters / 1e6:.1f} million parameters")
guess_beaten.beside(len(better), "networks")

# %% [markdown] about="choose_backbone"
# ### Exercise: `choose_backbone`
#
# The front shows what there is to choose from. A budget makes the choice.

# %% exercise="choose_backbone"

# %% check="choose_backbone"

# %% [markdown]
# ### Break it: take accuracy for architecture
#
# "ConvNeXt is better than ResNet." Perhaps. For some of its networks torchvision has two sets of weights for the *same*
# layers. This is what the second training alone brought:

# %%
first = {row.name: row for row in every_weights if row.weights == "IMAGENET1K_V1"}
gains = {
    row.name: 100 * (row.accuracy - first[row.name].accuracy)
    for row in every_weights
    if row.weights == "IMAGENET1K_V2" and row.name in first
}
gains = dict(sorted(gains.items(), key=lambda item: -item[1]))
middle = sorted(gains.values())[len(gains) // 2]
title = f"The same layers, trained again: {len(gains)} networks, half of them gain {middle:.1f} points or more"
plots.bars(gains, title, x="accuracy of V2 minus V1 (percentage points)", form="+.1f")

# %% [markdown]
# Longer training, stronger augmentation, averaged weights: so much lies in the **recipe**. Whoever compares a new
# architecture under a new recipe with an old one under an old recipe measures both at once. Two rows of the table
# compare *what you can load*. That is what you need for a choice, and no verdict on architectures. (The same holds for
# data: weights with SWAG in their name first saw billions of pictures with hashtags.)
#
# > **At full scale.** Is the accuracy on ImageNet the right thing to rank by? Kornblith, Shlens and Le (2019) took
# > sixteen networks to twelve other data sets. The better on ImageNet, the better there: the correlation was 0.99 with
# > fixed features and 0.96 with fine-tuning. A guide, then, for photographs of things. How near your task is to that,
# > only a measurement says.
#
# ## 7 Load one, and look inside
#
# The course brings its own pre-trained networks, small ones, which learnt to tell a thousand printed characters
# apart and need no download. Torchvision's are one word away: `load_backbone("resnet50", "IMAGENET1K_V2")`. Each has a
# card:

# %%
for name in bundled:
    card, size = backbones.model_card(name), sum(p.numel() for p in built(name).parameters())
    operations = sum(cost.gflops for cost in network_costs.stage_costs(built(name), 48))
    print(f"{name}: {size / 1e6:.1f} million parameters, {operations:.3f} GFLOP at 48 px. Learnt {card['source']};")
    print(f"   {card['images']:,} drawings in {card['minutes']} minutes, top-1 {card['source_top1']:.1%} on new ones.")

# %% [markdown]
# No digit is among its thousand characters. So ask it anyway: which characters does it see in handwritten digits?

# %%
ten = task.train.few(1, seed=0)
rows = ten.labels.argsort()
with torch.no_grad():
    guesses = network(comparison.prepared(ten)[rows]).topk(2).indices.cpu()


def drawn(classes):
    ink = glyph_bank().of(classes, torch.zeros_like(classes)).unsqueeze(1).float()
    return (255 - F.interpolate(ink, size=48)).byte().expand(-1, 3, -1, -1)


seen = {"ten digits": ten.images[rows], "its first guess": drawn(guesses[:, 0]), "its second": drawn(guesses[:, 1])}
plots.image_rows(seen, "Which characters does it take the digits for?")

# %% [markdown]
# It has to be wrong every time, and is wrong with reason: a 2 is taken for a Z, a 5 for a letter that looks like one.
# Strokes, bows and corners were seen. The last layer then forces them into a thousand names that you have no use for.
# What was seen is in the layer before.
#
# So take the output layer off, keep the rest as it is, and put a linear head on the features. The same head, on every
# network that is there: trained, and never trained, by the recipe that lesson 3 takes apart.


# %%
def head_on(name, weights, few, seed):
    """Test accuracy of a linear head on the features of one network, kept as it is."""
    prepare = backbones.preprocessing(name, weights)
    network = backbones.load_backbone(name, weights, seed=seed).to(settings.device())
    backbones.remove_head(network)
    inputs = [prepare(split.images.to(settings.device())) for split in (few, task.test)]
    found, tested = (features.extract_features(network, batch, 64) for batch in inputs)
    head = features.fit_linear_head(found, few.labels.to(settings.device()), 10, penalty=0.01)
    return float((head(tested).argmax(1) == test_labels).float().mean())


candidates = [(name, weights) for name in bundled for weights in (None, "bundled")]
if settings.budget() == "full":
    candidates += [("resnet18", None), ("resnet18", "DEFAULT")]
for name, weights in candidates:
    try:
        score = head_on(name, weights, few, seed=0)
        print(f"{name:18} {'never trained' if weights is None else weights:16} {score:.1%}")
    except DownloadError as error:
        print(error)

# %% [markdown]
# One seed says little. Five were recorded, by the command named above:

# %%
heads = recorded("lesson02_backbones")
found = {
    f"{name}{', never trained' if technique == 'random' else ''}": mean_and_interval(
        heads.values("accuracy", backbone=name, technique=technique)
    )
    for name in heads.distinct("backbone")
    for technique in ("random", "frozen")
}
trained_ones = [name for name in found if "never" not in name]
plots.where_we_are(
    {"scratch": scratch} | found, "The same head on what each network sees", new=trained_ones, chance=0.1
)

# %% [markdown]
# A head on layers that have learnt nothing is hardly better than guessing. On the same layers, after their time with
# *printed characters*, it leaves behind all that a hundred images can teach from scratch. And look at the cards again:
# the three differ in their parts, in how long they learnt and in how well they know their thousand characters. On the
# digits they are level, as far as five seeds can tell. Kornblith's sixteen networks lie further apart, and are told
# apart by tests with many more classes. What you load is not an architecture. It is what was learnt in it.
#
# ## Keep
#
# 1. A published number belongs to a network, its weights, its test and the number of networks that were averaged.
# 2. Parameters, operations and seconds are three costs. Early layers work, late layers store; and operations are not
#    time.
# 3. A residual connection adds a branch to its input. It keeps the gradient's way open, and depth pays at last.
# 4. A gate weighs channels by the whole picture. It is worth something to a network that has grown up with it.
# 5. Choose from the Pareto front under a budget, then measure on your own task. The recipe alone moves a network by
#    points.

# %%
known = mean_and_interval(by_images.values("accuracy", technique="frozen", images_per_class=10))
plots.where_we_are(
    {"scratch": scratch, "frozen": known}, "Where we are: ten images a class", new=["frozen"], chance=0.1
)

# %% [markdown]
# **To sleep on.** (1) A residual block whose branch puts out zeros hands on, unchanged, what the ReLU before it let
# through. What does that say of a stack of a hundred blocks at the beginning of training, and why might one set a
# branch's last scale to zero at first? (2) The front is drawn for one machine's operations and somebody else's
# photographs. Which of the two would you replace first for your own work, and how?
#
# **Next.** You have a backbone. Keep it as it is, or move it? Lesson 3 measures both.
#
# **Words.** *Pre-trained*: trained before, on something else. *Ensemble*: several networks whose outputs are averaged.
# *GFLOP*: here, a billion multiplications, each with its addition. *Residual connection*: the sum of a branch and its
# input. *Gate*: a factor between 0 and 1, by which a channel is multiplied. *Depthwise convolution*: one window a
# channel, no mixing. *Pareto front*: what nothing else beats in everything.
#
# **Sources**
#
# - K. He, X. Zhang, S. Ren and J. Sun, Deep residual learning for image recognition, CVPR 2016.
# - J. Hu, L. Shen and G. Sun, Squeeze-and-excitation networks, CVPR 2018.
# - S. Ioffe and C. Szegedy, Batch normalization, ICML 2015.
# - S. Kornblith, J. Shlens and Q. V. Le, Do better ImageNet models transfer better?, CVPR 2019.
# - A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet classification with deep convolutional neural networks,
#   NeurIPS 2012.
# - M. Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018.
# - K. Simonyan and A. Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015.
# - M. Tan and Q. V. Le, EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019.
# - Torchvision's weights and their metadata: `torchvision.models.get_model_weights(name)`.
