# %% [markdown]
# # 7 · Data augmentation
#
# A hundred labelled images is what we have. Each could be photographed from a little to the left, in another light,
# with a thumb on the lens, and would still show the same digit. **Augmentation** makes such pictures out of the ones
# there are. How much do they bring, and which of them lie?
#
# **At the end of this lesson you can**
#
# 1. build the transforms of training, in the right order, and say which of them your task allows;
# 2. write Mixup, CutMix and their loss, so that image and label always say the same;
# 3. measure whether any of it helps, and find four mistakes that common listings make.
#
# About two hours, one of them at the keyboard. You need tensors and slices in PyTorch, what fine-tuning is
# ([lesson 3](../03_feature_extraction_vs_fine_tuning/03_feature_extraction_vs_fine_tuning.ipynb)), and nothing that
# you solved there.

# %% setup=true
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms import v2

from autograder.check import check
from autograder.progress import progress, reveal
from lib import backbones, comparison, mixing, plots, settings, training
from lib.augmentation import blur_width
from lib.augmentation_picture import gains_picture, mixed_picture
from lib.augmentation_trials import augmentation_trial, kinds, only
from lib.datasets import load_task
from lib.features import extract_features, fit_linear_head
from lib.full_scale import at_full_scale
from lib.mixing import cutmix_box, symmetric_beta
from lib.results import mean_and_interval, recorded
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each. So far:

# %%
curve, measured = recorded("images_per_class"), recorded("lesson07_augmentations")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(known | {"RandAugment": None}, "Where we are: ten images a class", chance=0.1)

# %% [markdown]
# ### Before you go on: predict
#
# We fine-tune the whole network, once on the images as they are, and once with half of them mirrored left to right,
# anew in every epoch. Mirroring is the first line of nearly every augmentation that you find.

# %%
guess_mirror = predict(
    "Mirrored digits: what does the test accuracy do?",
    ["it gains more than 2 points", "it stays within 2 points", "it loses more than 2 points"],
    key="7 mirror",
)
guess_mirror

# %%
task = load_task("digits-on-photographs")
live = {kind: augmentation_trial(task, 10, 0, kind).accuracy for kind in ("plain", "mirror")}
for kind, score in live.items():
    print(f"{kind:<6} {score:.1%}")

# %%
change = 100 * (live["mirror"] - live["plain"])
sizes = {"it gains more than 2 points": change > 2, "it loses more than 2 points": change < -2}
guess_mirror.beside(next((words for words, holds in sizes.items() if holds), "it stays within 2 points"))

# %% [markdown]
# ## 1 A view that means the same
#
# An augmentation is a promise: *whatever I do to this image, its label still holds*. A mirrored flower is a flower.
# A mirrored 2 is no digit. The network believes the promise, and learns what you told it.
#
# Move the slider. From which strength on could you no longer say which digit it is? Put a picture of your own in the
# place of `pictures` if you like: uint8, shape (N, 3, height, width).

# %%
pictures = task.train.few(1, seed=1).images[:6]


def views(strength):
    """Each kind at `strength`, 1 being what this lesson trains with."""
    images = pictures.float() / 255
    made = {
        "rotation and crop": only(degrees=15.0 * strength, crop_area=(1 - 0.2 * strength, 1.0)),
        "colour": only(jitter=0.2 * strength, hue=0.05 * strength),
        "blur": only(blur=1.0, sigma=(0.1, 0.1 + 1.0 * strength)),
        "erasing": only(erase=1.0, erased_area=(0.05 * strength, 0.15 * strength)),
        "mirror": only(flip=1.0),
    }
    rows = {name: augment(images, settings.generator(3)) for name, augment in made.items()}
    return plots.image_rows({"as they are": images} | rows, f"Which digit is it, at {strength:g} times the strength?")


explore({strength: views(strength) for strength in (0.5, 1.0, 2.0, 4.0)}, "strength", start=1.0)

# %% [markdown]
# | kind | what it changes | what it promises |
# |---|---|---|
# | crop, shift | place and size | the digit is not cut off |
# | rotation | the angle | a 6 does not become a 9: 15°, not 180° |
# | mirror | left and right | it is all one which is which: wrong for digits, letters, a chest X-ray |
# | colour, grey | light and hue | colour says nothing about the class |
# | blur | fine detail | the class is not in it |
# | erasing | a box of the image | the rest is enough |
#
# Two things about the order. Brightness and contrast are made for values from 0 to 1, so they come *before* the
# images are normalised. Erasing comes *after*: there 0 is the source's mean, which says nothing, and not black. In
# five lines:

# %%
mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.25, 0.2, 0.2])
x = torch.full((3, 4, 4), 0.6)
x = (1.2 * x).clamp(0, 1)
x = (x - mean.view(3, 1, 1)) / std.view(3, 1, 1)
x[:, :2, :2] = 0
print("erased:", (x[:, 0, 0] * std + mean).tolist(), "the mean;  beside it:", (x[:, 3, 3] * std + mean).tolist())

# %% [markdown] about="train_transform"
# ### Exercise: `train_transform`
#
# Nine steps, each one transform of `torchvision.transforms.v2`. The idea is in the order and in the numbers. (The
# contracts in this lesson also say what is refused with an error. That is good manners, and not graded.)

# %% exercise="train_transform"

# %% check="train_transform"

# %% [markdown]
# **Find the mistake.** *Whose* mean and standard deviation? Many a listing computes them from its own training images,
# the target's, "so that the data is normalised". The weights, though, were fitted to numbers on the source's scale.
# What does it cost a frozen backbone?

# %%
few = task.train.few(10, seed=0)
own = few.images.float() / 255
target_mean, target_std = own.mean((0, 2, 3)), own.std((0, 2, 3))
backbone = backbones.load_backbone("resnet10").to(settings.device())
backbones.remove_head(backbone)


def probe_accuracy(prepare):
    """Test accuracy of a linear head on frozen features of images that were prepared so."""
    features = extract_features(backbone, prepare(few.images.to(settings.device())))
    head = fit_linear_head(features, few.labels.to(settings.device()), 10, 1e-2)
    model = torch.nn.Sequential(backbone, head)
    test = prepare(task.test.images.to(settings.device()))
    return training.accuracy(model, test, task.test.labels.to(settings.device()))


def by_target(images):
    stats = (statistic.view(3, 1, 1).to(images.device) for statistic in (target_mean, target_std))
    centre, spread = stats
    return (images.float() / 255 - centre) / spread


print("the target's mean:", [f"{m:.3f}" for m in target_mean], " and std:", [f"{s:.3f}" for s in target_std])
print(f"by the source's statistics {probe_accuracy(backbones.preprocessing('resnet10')):.1%}")
print(f"by the target's            {probe_accuracy(by_target):.1%}")

# %% [markdown]
# How large the difference is depends on how far apart the two are. If it is small here, take it as luck and not as a
# licence: the source's statistics are part of the weights.
#
# ## 2 Mixup: two images, two labels
#
# All views so far keep the label. **Mixup** (Zhang et al., 2018) changes it, in step with the image:
#
# $$\tilde{x} = \lambda x_i + (1 - \lambda) x_j, \qquad \tilde{y} = \lambda y_i + (1 - \lambda) y_j, \qquad
# \lambda \sim \mathrm{Beta}(\alpha, \alpha).$$
#
# | symbol | what it is |
# |---|---|
# | $x_i, x_j$ | an image, and its partner from the same batch |
# | $y_i, y_j$ | their labels, one-hot |
# | $\lambda$ | the share that the image keeps, from 0 to 1 |
# | $\alpha$ | how often λ is near one half: with 0.2 seldom, with 1 all shares are equally likely |
#
# Move λ, and change from Mixup to CutMix, of which more below. At which λ would *you* no longer name the first digit?

# %%
pair = task.train.few(1, seed=4)
first, second = pair.images[:2].float() / 255
hot = F.one_hot(pair.labels[:2], 10).float()


def mixture(lam, method):
    """The first image mixed with the second, the box in the middle, and the target."""
    if method == "Mixup":
        kept, image = lam, lam * first + (1 - lam) * second
    else:
        boxes, share = cutmix_box(48, 48, torch.tensor([lam]), torch.tensor([[24, 24]]))
        kept, image = share.item(), torch.where(mixing.box_mask(boxes, 48, 48)[0], second, first)
    target = kept * hot[0] + (1 - kept) * hot[1]
    return mixed_picture([first, second, image], target, task.classes, f"{method}, λ = {lam:g}: what is to be learnt?")


shares = (0.1, 0.3, 0.5, 0.7, 0.9)
explore({(s, m): mixture(s, m) for s in shares for m in ("Mixup", "CutMix")}, "λ", "method", start=(0.7, "Mixup"))

# %%
lam, i, j = 0.7, 0, 1
x, y = pair.images.float() / 255, F.one_hot(pair.labels, 10).float()
x_mixed = lam * x[i] + (1 - lam) * x[j]
y_mixed = lam * y[i] + (1 - lam) * y[j]
print("target:", [f"{share:.1f}" for share in y_mixed])

# %% [markdown] about="mixup"
# ### Exercise: `mixup`
#
# One permutation gives every image its partner, and the same λ serves image and label. λ comes from
# `symmetric_beta`, which the setup cell has imported: torch's own Beta takes no generator.

# %% exercise="mixup"

# %% check="mixup"

# %% [markdown]
# ## 3 A loss for soft targets
#
# A target is now a row of shares. Cross-entropy weighs the logarithm of each class's probability by its share:
#
# $$L = -\frac{1}{N}\sum_i \sum_c t'_{ic} \log \mathrm{softmax}(z_i)_c, \qquad
# t' = (1 - \varepsilon)\,t + \frac{\varepsilon}{C}.$$
#
# | symbol | what it is |
# |---|---|
# | $z_i$ | the logits of image $i$ |
# | $t_i$ | its target: shares that sum to 1 |
# | $\varepsilon$ | label smoothing: the share that is spread over all classes (Szegedy et al., 2016) |
# | $C$ | the number of classes |
#
# **Mixup softens too, and the two add up.** What is left of a target of 1 after each, and after a smoothing that a
# listing does twice, once in the loader and once in the loss?

# %%
epsilon, C = 0.1, 10
once = (1 - epsilon) * 1.0 + epsilon / C
left = {
    "hard label": 1.0,
    "smoothed once": once,
    "smoothed twice": (1 - epsilon) * once + epsilon / C,
    "Mixup, λ = 0.7": 0.7,
    "Mixup and smoothed": (1 - epsilon) * 0.7 + epsilon / C,
}
plots.bars(left, "How high is the highest target?", x="highest target", form=".3f")

# %% [markdown] about="soft_target_cross_entropy"
# ### Exercise: `soft_target_cross_entropy`
#
# `F.cross_entropy` does it by now, but write the formula out once: then you know what it does to your targets.

# %% exercise="soft_target_cross_entropy"

# %% check="soft_target_cross_entropy"

# %% [markdown]
# ## 4 CutMix: a box, and an honest label
#
# A blend of two digits looks like nothing that a camera takes. **CutMix** (Yun et al., 2019) pastes a box of the
# partner instead. λ is the share that is to be kept, so the box has $1 - \lambda$ of the area, and each side
# $\sqrt{1 - \lambda}$ of the image's. Its centre is a random pixel. So part of it may lie outside.
#
# ### Break it: the λ that was drawn
#
# Many listings draw λ, clip the box to the image, and label by the λ that they drew. What does the image really keep?

# %%
count, side, draws = 100_000, 48, settings.generator(0)
lam = symmetric_beta(1.0, count, draws)
centre = torch.stack([torch.randint(side, (count,), generator=draws) for _ in range(2)], dim=1)
_, kept = cutmix_box(side, side, lam, centre)
print(f"the label is off by {(kept - lam).mean():.2f} on average")
tenths = (10 * lam).long().clamp(max=9)
xs = [lam[tenths == n].mean().item() for n in range(10)]
ys = [kept[tenths == n].mean().item() for n in range(10)]
plots.lines(
    {"really kept": (xs, ys), "as drawn": (xs, xs)}, "How much does the image keep?", x="λ as drawn", y="share kept"
)

# %% [markdown]
# The smaller λ, the larger the box, the more of it is lost at the edge: at the left, the label says that hardly
# anything of the image is there, and the picture says otherwise. The remedy is a line: compute λ' from the box that was
# pasted.

# %% [markdown] about="cutmix_box"
# ### Exercise: `cutmix_box`
#
# The geometry alone, without chance: given λ and centres, the clipped boxes and what is really kept.

# %% exercise="cutmix_box"

# %% check="cutmix_box"

# %% [markdown]
# **Find the mistake.** This listing is short, recomputes λ, and trains. Look at what it does to the images of whoever
# called it.


# %%
def cutmix_data(x, y, lam, generator):
    perm = torch.randperm(len(x), generator=generator)
    centre = torch.tensor([[24, 12]])
    boxes, kept = cutmix_box(x.shape[2], x.shape[3], torch.tensor([lam]), centre)
    top, left, bottom, right = boxes[0].tolist()
    x[:, :, top:bottom, left:right] = x[perm, :, top:bottom, left:right]
    return x, y, y[perm], kept.item()


loaded = pictures.clone()
before = loaded.clone()
for epoch in range(3):
    cutmix_data(loaded, torch.arange(6), 0.8, settings.generator(epoch))
plots.image_rows({"as loaded": before, "what the loader holds after three epochs": loaded}, "Whose images are these?")

# %% [markdown] about="cutmix"
# ### Exercise: `cutmix`
#
# Draw, find the box, paste into a copy, mix the labels by the areas. Call your own `cutmix_box`, or the one that the
# setup cell has imported.

# %% exercise="cutmix"

# %% check="cutmix"

# %% [markdown] about="augmentation_questions"
# ### Exercise: `augmentation_questions`
#
# The listings once more, and the numbers behind them.

# %% exercise="augmentation_questions"

# %% check="augmentation_questions"

# %% [markdown]
# ## 5 What it brings: measured
#
# ### Before you go on: predict

# %%
guess_mixing = predict(
    "Mixup alone, ten images a class: how many points does it gain over plain fine-tuning?",
    ["more than 3", "less than I could tell from chance", "it loses more than 3"],
    key="7 mixup",
)
guess_mixing

# %% [markdown]
# Each kind alone, on top of nothing; "all but mirror" is rotation, crop, colour, blur and erasing together. All stages
# are fine-tuned for sixteen epochs, at the rates that lesson 5 found; five seeds, recorded by
# `python -m benchmarks.lesson07`. Runs of one seed share images, first head and order, so each point is a difference
# within a seed. The stars are what you have run at the top.

# %%
if settings.budget() == "full":
    live |= {kind: augmentation_trial(task, 10, 0, kind).accuracy for kind in kinds(10) if kind not in live}
just_now = {kind: score - live["plain"] for kind, score in live.items() if kind != "plain"}
gains_picture(measured, "What does each kind gain?", live=just_now)

# %%
plain = measured.values("accuracy", kind="plain")
for kind in measured.distinct("kind"):
    scores = measured.values("accuracy", kind=kind)
    gain, half = mean_and_interval([score - other for score, other in zip(scores, plain, strict=True)])
    level = sum(scores) / len(scores)
    print(f"{kind:<20} {level:.1%}   gain {100 * gain:+.1f} ± {100 * half:.1f} points")

# %%
guess_mixing.beside("less than I could tell from chance")

# %% [markdown]
# - *The mirror hurts*, in every seed, and by more than anything else here helps: the promise was false.
# - *A shift of four pixels* is the one kind whose gain lies outside its interval, and it is small. The earlier lessons
#   have used it all along. RandAugment's mean is the highest, but its interval just reaches zero.
# - *Mixup, CutMix and label smoothing* do nothing that five seeds could tell from chance. With twelve intervals side by
#   side, one that misses zero by a hair would be no great surprise either.
#
# Sixteen epochs and a hundred images are a small stage. What this table says is only: at ten images a class, fine-tuned
# for a short while, choose views that keep their promise, and expect a point or two.

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.
# Seen from above, a mirrored field is a field.


# %%
def from_above(task, backbone):
    """Three kinds of views on ten images a class of another task, from another network's weights."""
    for kind in ("plain", "mirror", "Mixup"):
        yield f"{kind:8} test {augmentation_trial(task, 10, 0, kind, backbone=backbone).accuracy:.1%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** The OpenMixup benchmark (Li et al., 2022) fine-tunes a pre-trained ResNet-18 on FGVC-Aircraft and
# > reports 80.2 % without mixing, 79.5 % with Mixup and 78.8 % with CutMix; on the birds of CUB-200, in the same table,
# > 77.7, 78.4 and 78.4 %. Both can cost accuracy, and both can gain: measure.
#
# ## Keep
#
# 1. An augmentation promises that the label still holds. A mirrored digit breaks it, and the network pays.
# 2. Tint before normalising, erase after it, and normalise by the source's statistics.
# 3. Mixup and CutMix change image and label by the same share: the one that is in the picture, after clipping.
# 4. Never write into the caller's batch; smooth once, for smoothing and mixing add up.
# 5. Both can hurt. Measure by pairs of runs, and look at the interval.

# %%
on_validation = {kind: sum(measured.values("validation_accuracy", kind=kind)) for kind in measured.distinct("kind")}
print(f"best on the validation images, which choose: {max(on_validation, key=on_validation.get)}")
best = mean_and_interval(measured.values("accuracy", kind="RandAugment"))
plots.where_we_are(known | {"RandAugment": best}, "Where we are: ten images a class", new=["RandAugment"], chance=0.1)

# %% [markdown]
# The new bar is the kind that the validation images would choose. It is as high as the one of fine-tuning and
# no higher, after sixteen epochs instead of forty.
#
# **To sleep on.** (1) Which augmentations would you promise for satellite images, and which for X-rays? (2) Mixup tells
# the network that what lies between two classes is between them. When is that false?
#
# **Next.** The parts are all there. Lesson 8 puts them together into one run that you can stop, resume and ship.
#
# **Words.** *View*: an image after augmentation. *Mixup*: blending two images and their labels. *CutMix*: pasting a
# box, and labelling by area. *Soft target*: shares of classes instead of one. *Label smoothing*: a small share for
# every class. *RandAugment*: a few operations at random, at one strength.
#
# **Sources**
#
# - E. D. Cubuk et al., RandAugment: practical automated data augmentation with a reduced search space, NeurIPS 2020.
# - S. Li et al., OpenMixup: open mixup toolbox and benchmark for visual representation learning, arXiv:2209.04851,
#   2022.
# - C. Szegedy et al., Rethinking the Inception architecture for computer vision, CVPR 2016.
# - S. Yun et al., CutMix: regularization strategy to train strong classifiers with localizable features, ICCV 2019.
# - H. Zhang et al., mixup: beyond empirical risk minimization, ICLR 2018.
# - Z. Zhong et al., Random erasing data augmentation, AAAI 2020.
