# %% [markdown]
# # 11 · Key takeaways
#
# Ten lessons, one takeaway from each, and each beside the figure that bears it out. Under most figures stands what the
# figure does *not* show. At the end the advice itself is put to the test: you measure what a decision guide costs those
# who follow it.
#
# **At the end of this lesson you can**
#
# 1. say what this course has shown, for which data, and where its evidence ends;
# 2. judge a guide on cases that it was not made from, without charging it for other people's luck;
# 3. find out which sections you would still explain wrongly.
#
# About an hour and a half, half of it at the keyboard. You need to have met the words of
# [lesson 3](../03_feature_extraction_vs_fine_tuning/03_feature_extraction_vs_fine_tuning.ipynb),
# [lesson 4](../04_fine_tuning_strategies/04_fine_tuning_strategies.ipynb) and
# [lesson 9](../09_strategy_comparison/09_strategy_comparison.ipynb); for the questions at the end, to have read all
# ten lessons; and nothing that you solved there.

# %% setup=true
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import torch

from autograder.check import check
from autograder.progress import progress, reveal
from lib import ablation, backbones, decision, forgetting, plots, rate_trials, settings, training
from lib.adaptation_picture import methods_picture, picked_by_agreement
from lib.architectures import classifier_table
from lib.augmentation_picture import gains_picture
from lib.backbones import preprocessing
from lib.choice_picture import budget_picture
from lib.comparison_summary import by_seed
from lib.datasets import load_task
from lib.decision_picture import decision_picture, regrets_picture
from lib.full_scale import at_full_scale
from lib.history_picture import history_picture
from lib.pipeline import fine_tune
from lib.pitfalls_picture import candidates_picture, forgetting_picture
from lib.plan import Plan
from lib.rates_picture import base_rate_picture
from lib.representation import transfer_gain
from lib.results import mean_and_interval, recorded
from lib.strategies import recommend_strategy
from lib.strategy_picture import pairs_picture
from lib.transfer_picture import gains_picture as transfer_picture
from lib.transfer_picture import stages_picture
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each. This is where the first lesson found you, and
# where its first idea took you:

# %%
curve = recorded("images_per_class")
known = {
    name: mean_and_interval(curve.values("accuracy", technique=name, images_per_class=10))
    for name in ("scratch", "frozen", "fine-tuned")
}
plots.where_we_are(
    {name: known[name] for name in ("scratch", "frozen")}, "Where we were: ten images a class", chance=0.1
)

# %% [markdown]
# Somebody who has taken this course meets a new task, and has a table in the head: so many images, so near a domain, so
# much compute, hence this strategy. Lesson 9 wrote that table down as `recommend_strategy`. It comes from other
# people's experience, and none of our recordings went into it. So our recordings can judge it.
#
# ### Before you go on: predict
#
# The rule is followed in all eight cases (a target at one size) of which we recorded what it recommends. Somebody
# else tries every strategy first, on other seeds, and takes the best. By how many points of accuracy is that person
# ahead, on average?

# %%
guess_regret = predict("How many points does following the rule cost?", low=0, high=15, unit="points", key="11 regret")
guess_regret

# %%
guess_guide = predict(
    "Which guide costs least accuracy, on average over the eight?",
    ["the rule", "always extraction", "always full"],
    key="11 guide",
)
guess_guide

# %% [markdown]
# ## 1 Features carry over where the source is related
#
# The gain over training from scratch, on three targets
# ([lesson 1](../01_what_is_transfer_learning/01_what_is_transfer_learning.ipynb)):

# %%
blood, granites = recorded("strategies"), recorded("lesson01_granites")


def gains(table, tuned, column):
    """Gain over scratch at each number of images."""
    found = {}
    for size in table.distinct("images_per_class"):
        both = [table.values("accuracy", **{column: name, "images_per_class": size}) for name in (tuned, "scratch")]
        if all(len(runs) == 5 for runs in both):
            found[size] = transfer_gain(*both)
    return found


transfer_picture(
    {
        "digits on photographs": gains(curve, "fine-tuned", "technique"),
        "blood cells": gains(blood, "full", "strategy"),
        "granites": gains(granites, "fine-tuned", "technique"),
    },
    "How much does the source help?",
)

# %% [markdown]
# Where does it come from? What a linear probe reads from each stage of the pre-trained network:

# %%
shown = {"digits-on-photographs": "digits on photographs", "blood-cells": "blood cells", "granites": "granites"}
stages_picture(recorded("lesson01_stages"), "General or specific?", shown | {"characters": "source characters"})

# %% [markdown]
# **Takeaway.** With few images of a target that is in some way like the source, begin at pre-trained weights. Early
# stages serve many targets, late ones those that resemble the source; a probe says where *yours* stops gaining.
#
# **Limits.** Three targets, one source. On granites the gain is negative at every size, so few images are no warrant
# that transfer helps. Nor is the gain largest where images are fewest: on digits it is larger at five a class than at
# two, and on blood cells it does not fall up to twenty.
#
# ## 2 A network is chosen under a budget, and then measured
#
# torchvision's classifiers, their Pareto front, and the best within five GFLOP
# ([lesson 2](../02_pretrained_models/02_pretrained_models.ipynb)). Below it, what three small networks of ours are
# worth on the digits:

# %%
for row in classifier_table(every_weights=True):
    if row.name == "resnet50":
        print(f"resnet50, {row.weights}: {row.accuracy:.1%}")
budget_picture(classifier_table(), max_gflops=5)

# %%
heads = recorded("lesson02_backbones")
found = {name: mean_and_interval(heads.values("accuracy", backbone=name, technique="frozen"))
         for name in heads.distinct("backbone")}  # fmt: skip
for name, (mean, half) in found.items():
    print(f"{name:18} {100 * mean:.1f} ± {100 * half:.1f} %")

# %% [markdown]
# **Takeaway.** What nothing else beats at its price is the list to choose from. What is loaded is not an architecture
# but what was learnt in it: the same ResNet-50 lies points apart by its recipe alone.
#
# **Limits.** The front is drawn for ImageNet's test images and for operations, not for your images and your seconds.
# And on our digits, three architectures that learnt from one source cannot be told apart. So whether the better network
# *transfers* better was not shown here.
#
# ## 3 Few images: keep the features. More images: move them
#
# The curve of [lesson 3](../03_feature_extraction_vs_fine_tuning/03_feature_extraction_vs_fine_tuning.ipynb):

# %%
plots.accuracy_curve(curve, "Keep the features, or move them?", x="images_per_class", label="images per class")

# %%
for size in curve.distinct("images_per_class"):
    tuned, frozen = (by_seed(curve, "accuracy", technique=t, images_per_class=size) for t in ("fine-tuned", "frozen"))
    mean, half = mean_and_interval([100 * (tuned[seed] - frozen[seed]) for seed in tuned])
    slower = fmean(curve.values("seconds", technique="fine-tuned", images_per_class=size)) / fmean(
        curve.values("seconds", technique="frozen", images_per_class=size)
    )
    print(f"{size:2g} a class: fine-tuned over frozen {mean:+.1f} ± {half:.1f} points, for {slower:.0f} times the time")

# %% [markdown]
# **Takeaway.** There is a number of images below which a head on frozen features is at least as good, for a fraction of
# the time.
#
# **Limits.** *Where* the lines cross is a fact about one source, one target and one recipe. Here it is near ten images
# a class. Other texts say hundreds or thousands, and may be right on their data.
#
# ## 4 The strategy matters less than it sounds
#
# Five ways to let stages learn, one protocol, a hundred images
# ([lesson 4](../04_fine_tuning_strategies/04_fine_tuning_strategies.ipynb)):

# %%
five = recorded("fine_tuning_strategies")
strategies = ("extraction", "last two", "gradual", "LP-FT", "full")
runs = {name: by_seed(five, "accuracy", strategy=name, images_per_class=10) for name in strategies}
plots.where_we_are(
    {name: mean_and_interval(list(of.values())) for name, of in runs.items()},
    "Five strategies at ten images a class",
    new=strategies,
    chance=0.1,
)

# %%
means = [fmean(of.values()) for of in runs.values()]
print(f"from the worst strategy's mean to the best one's: {100 * (max(means) - min(means)):.1f} points")
for name, of in runs.items():
    print(f"from the worst seed of {name} to its best: {100 * (max(of.values()) - min(of.values())):.1f} points")

# %% [markdown]
# **Takeaway.** With few images, what a seed draws (the images, the first head, the order) moves the result more than
# the strategy does. Try the cheapest one first.
#
# **Limits.** That holds for a hundred digits. With fifty blood cells a class, the same strategies lie far apart
# (section 9 has the numbers). And every strategy was run at one rate; a better one may have been missed.
#
# ## 5 The base rate decides, and rates by stage forgive
#
# Accuracy against the head's rate, for three decays from stage to stage
# ([lesson 5](../05_learning_rates/05_learning_rates.ipynb)):

# %%
base_rate_picture(recorded("learning_rates"), "Which base rate, with which decay?")

# %% [markdown]
# **Takeaway.** Find the rate before anything else. Where early stages learn more slowly, a rate that is too large costs
# less.
#
# **Limits.** At their best, the three decays cannot be told apart: rates by stage buy room to be wrong, not accuracy,
# and only upwards: a rate that is too small costs more with them. It is one network with six stages and twelve epochs;
# a deep one may ask for another decay.
#
# ## 6 Without a single target label, statistics come first
#
# Two pairs of domains, all methods under one protocol
# ([lesson 6](../06_domain_adaptation/06_domain_adaptation.ipynb)):

# %%
adapted = recorded("adaptation")
methods_picture(adapted, "How far does each method get without a target label?")

# %%
for pair in adapted.distinct("pair"):
    plain = adapted.values("accuracy", pair=pair, method="AdaBN")
    for name in ("source only", "MMD", "DANN + information"):
        scores = adapted.values("accuracy", pair=pair, method=name)
        mean, half = mean_and_interval([100 * (a - b) for a, b in zip(scores, plain, strict=True)])
        print(f"{pair}: {name} over AdaBN {mean:+.1f} ± {half:.1f} points")

# %% [markdown]
# **Takeaway.** Take the target's own statistics first. An adversary, with information, adds to *that*; MMD's kernel
# hardly did.
#
# **Limits.** Both pairs are about the same ten digits, in about equal shares. Where the classes come in other shares,
# some of these losses push the wrong way. And lesson 10 has a pair, two laboratories, on which new statistics bring
# nothing.
#
# ## 7 A view is a promise about the label
#
# Eleven recipes of views, mixtures and soft labels against none, seed by seed
# ([lesson 7](../07_data_augmentation/07_data_augmentation.ipynb)):

# %%
gains_picture(recorded("lesson07_augmentations"), "What does each kind of view gain?")

# %% [markdown]
# **Takeaway.** A view that breaks its promise, like a mirrored digit, costs more than any honest one brings.
#
# **Limits.** At ten images a class and for sixteen epochs, most kinds cannot be told from nothing, Mixup and CutMix
# among them. Long training on many images, where both were made famous, was not measured here.
#
# ## 8 A run keeps the weights that validated best
#
# The two phases of [lesson 8](../08_implementation/08_implementation.ipynb), here and now: first the head and the last
# stage, then everything at a tenth of the rate.

# %%
task, prepare = load_task("digits-on-photographs"), preprocessing("resnet10")
with torch.random.fork_rng():
    torch.manual_seed(0)
    network = backbones.replace_head(backbones.load_backbone("resnet10"), len(task.classes)).to(settings.device())
plan = Plan(batch_size=16)
history = fine_tune(network, task.train.few(10, seed=0), task.validation.at_most(10, 0), plan, prepare=prepare)
history_picture(history, "Two phases, just now")

# %%
test, test_labels = prepare(task.test.images.to(settings.device())), task.test.labels.to(settings.device())
reached = training.accuracy(network, test, test_labels)
print(f"test: {reached:.1%}; on the validation images that chose: {history.best.validation_accuracy:.1%}")

# %% [markdown]
# **Takeaway.** Best weights are kept, phases begin at them, and the test split is looked at once.
#
# **Limits.** The accuracy on the images that chose the epoch is no estimate of the test: it was chosen for being high,
# and a hundred images may be easy ones besides. One run is one run, and that two phases beat one is not shown by it.
#
# ## 9 Pairs of runs show what bars hide
#
# Twenty blood cells a class, partial against full fine-tuning
# ([lesson 9](../09_strategy_comparison/09_strategy_comparison.ipynb)):

# %%
pair = {name: blood.values("accuracy", strategy=name, images_per_class=20) for name in ("partial", "full")}
pairs_picture(pair, "Do overlapping intervals mean that there is no difference?")

# %%
for size in blood.distinct("images_per_class"):
    full, other = (blood.values("accuracy", strategy=s, images_per_class=size) for s in ("full", "extraction"))
    mean, half = mean_and_interval([100 * (a - b) for a, b in zip(full, other, strict=True)])
    print(f"{size:2g} a class: full over extraction {mean:+.1f} ± {half:.1f} points")

# %% [markdown]
# **Takeaway.** Same images, same seed, then the difference. Report it with its interval.
#
# **Limits.** All seeds share the backbone and the test images, and no interval in this course knows how another
# backbone would have done. Five pairs cannot give a small p however large the difference is.
#
# ## 10 What was not asked for goes wrong unseen
#
# What fine-tuning leaves of the source task, and what holding on costs
# ([lesson 10](../10_pitfalls/10_pitfalls.ipynb)):

# %%
source_images, source_labels = forgetting.source_drawings()
pretrained = backbones.load_backbone("resnet10").to(settings.device())
before = training.accuracy(pretrained, source_images, source_labels)
forgetting_picture(recorded("lesson10_forgetting"), before, "What is won on the target, what is kept of the source?")

# %%
candidates_picture(recorded("lesson10_candidates"), "leep", "granites", "Granites: does LEEP know?", name="LEEP")

# %% [markdown]
# **Takeaway.** Measure the source task if anybody needs it, and hold on by EWC or L2-SP. A score before training may
# mislead: include a network that never learnt.
#
# **Limits.** On this task L2-SP, which needs no source image, holds about as well as EWC does. And on granites the
# second figure shows a score that puts the two best networks among its last three.
#
# ## 11 Does a guide guide?
#
# All of this is about to be squeezed into a table with three arguments: how many images, how near a domain, how much
# compute. Move through it. In colour is what the guide of lesson 9 recommends; all other bars are what we measured of
# the same target, at the nearest size. What would have been the better advice?

# %%
evidence = decision.recorded_evidence()
targets = {"digits on photographs": "similar", "blood cells": "distant", "granites": "distant"}
explore(
    {
        (size, f"{target} ({domain})", compute): decision_picture(
            decision.nearest(evidence, target, size), size, compute
        )
        for size in (5, 20, 50, 200, 2000, 20000)
        for target, domain in targets.items()
        for compute in ("little", "plenty")
    },
    "images a class",
    "target and its domain",
    "compute",
    start=(20, "blood cells (distant)", "plenty"),
)

# %% [markdown]
# Look for the dashed bars: there the guide recommends what nobody has measured. And at every size above 50 images a
# class it speaks alone.
#
# ### What following it costs
#
# The **regret** of a decision (Savage, 1951) is what somebody who knew better would have had on top. Who knows better?
# Not the best strategy *of this very run*: nobody could have known that. Let the other seeds choose a rival, and this
# seed judge (Stone, 1974):
#
# $$R = \frac{1}{|C|} \sum_{c \in C} \frac{1}{S_c} \sum_{s=1}^{S_c} \left( a_{c,\,r,\,s} - a_{c,\,g,\,s} \right),
# \qquad r = \arg\max_k \frac{1}{S_c - 1} \sum_{t \ne s} a_{c,\,k,\,t}$$
#
# | symbol | what it is |
# |---|---|
# | $c \in C$ | a case: a target at one size |
# | $S_c$ | how many seeds it has |
# | $a_{c,k,s}$ | accuracy of strategy $k$ at seed $s$ |
# | $g$ | what the guide names for the case |
# | $r$ | the rival, chosen without seed $s$ |
#
# For one case, symbol for symbol:

# %%
a = next(one for one in evidence if one.case == "blood cells, 5 a class").accuracies
g, S = "gradual", 5
for s in range(S):
    others = {k: fmean(a[k][t] for t in range(S) if t != s) for k in a}
    r = max(others, key=others.get)
    print(f"seed {s}: the others choose {r}; {r} less {g}: {100 * (a[r][s] - a[g][s]):+.1f} points")

# %% [markdown] about="decision_regret"
# ### Exercise: `decision_regret`
#
# For all cases of a table. Mind who chooses and who judges.

# %% exercise="decision_regret"

# %% check="decision_regret"

# %% [markdown]
# ### Break it: the winner's curse
#
# Choose the rival on the seeds that judge it, and you measure luck. Six strategies that are *exactly* equal, with the
# scatter of our runs, on five seeds, in 300 tables. Every guide is as good as any other, so every regret should be 0:

# %%
generator = settings.generator(0)
runs = 0.5 + 0.03 * torch.randn(300, 6, 5, generator=generator, dtype=torch.float64)
alike = {str(trial): {str(k): row for k, row in enumerate(of.tolist())} for trial, of in enumerate(runs)}
curse = {
    "rival of the judging seeds": 100 * (runs.mean(2).max(1).values - runs[:, 0].mean(1)).mean().item(),
    "luckiest at each seed": 100 * (runs.max(1).values - runs[:, 0]).mean().item(),
    "rival of the other seeds": decision.decision_regret(alike, dict.fromkeys(alike, "0")),
}
plots.bars(curse, "What does a guide seem to cost where nothing differs?", x="regret (points)", form=".2f")

# %% [markdown]
# The first two charge the guide for what nobody could have had. Only the third is level with 0. The name for it, the
# **winner's curse**, is older than machine learning (Capen et al., 1971): whoever wins by the highest of many noisy
# numbers is likely to have been lucky.
#
# ### Measured: the rule, and two that do not think
#
# The rule, always freezing ("extraction"), and always fine-tuning everything ("full"), on all cases of which we have
# what each of them names:


# %%
def rule(case):
    """What lesson 9's guide recommends, with plenty of compute."""
    return recommend_strategy(case.images, case.domain).strategy


guides = {"the rule": rule, "extraction": lambda _: "extraction", "full": lambda _: "full"}
judged = [one for one in evidence if all(guide(one) in one.accuracies for guide in guides.values())]
regrets = {
    name: {one.case: decision.decision_regret({one.case: one.accuracies}, {one.case: guide(one)}) for one in judged}
    for name, guide in guides.items()
}
regrets_picture(regrets, "What does each guide cost?")

# %%
mean_regret = {name: fmean(of.values()) for name, of in regrets.items()}
for name, guide in guides.items():
    seconds = sum(one.seconds[guide(one)] for one in judged)
    print(f"{name:10} {mean_regret[name]:.1f} points on average; one run of each case: {seconds:.0f} s")
for name in ("extraction", "full"):
    apart = [regrets["the rule"][case] - regrets[name][case] for case in regrets[name]]
    worse, better = sum(d > 0 for d in apart), sum(d < 0 for d in apart)
    print(f"the rule less {name}: {fmean(apart):+.1f} points; of {len(apart)} cases {worse} worse, {better} better")

# %%
guess_regret.beside(round(mean_regret["the rule"]), "points")

# %%
words = {"the rule": "the rule", "extraction": "always extraction", "full": "always full"}
guess_guide.beside(words[min(mean_regret, key=mean_regret.get)])

# %% [markdown]
# The rule is hardly better than always freezing, from which it differs in three cases of eight. Always fine-tuning
# everything costs about half as much accuracy on average, and by far the most time; but it is worse than the rule as
# often as it is better, so eight other cases might well turn this round. Read it case by case:
#
# - *On few digits* the rule is right, and so is everybody who freezes.
# - *From twenty digits a class on* it still says extraction, for it begins a new row at a thousand images. Our
#   network is past that point at a fifth of them.
# - *On blood cells* it says gradual, which was best at no size. At five a class freezing was better, at twenty and
#   fifty fine-tuning everything was.
#
# **Limits.** Eight cases are no sample of tasks. Five of them are the same digits, and all of them share one small
# backbone, whose source was drawn by a program. The rival is chosen and judged on the same test images; only the seeds
# differ. The rule was made for large networks and photographs, and a thousand images there may be what a hundred are
# here. What is shown is only that such a rule does not carry over unmeasured, this one included, and that "always full"
# is a rule of thumb as well, made *after* looking at these tables.
#
# ### A case that nobody recorded
#
# On granites the rule says gradual, and lesson 1 never ran that. So run it now, five images a class, beside the others.

# %%
seeds = range(2 if settings.budget() == "quick" else 5)
stones = ablation.compare_strategies(load_task("granites"), ("extraction", "gradual", "scratch"), (5,), seeds)
live = {str(name): stones.values("accuracy", strategy=name) for name in stones.distinct("strategy")}
for name, scores in live.items():
    lost = decision.decision_regret({"granites": live}, {"granites": name})
    print(f"{name:10} {', '.join(f'{score:.1%}' for score in scores)}   regret {lost:+.1f} points")

# %% [markdown]
# No guide that takes a good source for granted can be right here: from scratch is ahead in every seed, and the column
# "distant" names it only from a hundred thousand images on. How *near* a domain is, and in what, was the one thing that
# the table asks and does not measure.
#
# The same question for photographs that a satellite took, from ImageNet's weights; part of the full budget, for it has
# to download.


# %%
def from_above(task, backbone):
    """Three strategies on ten images a class of another task, and what the rule says."""
    yield f"the rule: {recommend_strategy(10 * len(task.classes), 'distant').strategy}"
    names = ("extraction", "gradual", "full")
    for row in ablation.compare_strategies(task, names, (10,), (0,), backbones=(backbone,)).rows:
        yield f"{row['strategy']:10}  test {row['accuracy']:.1%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown] about="self_test_first"
# ## 12 What would you still explain wrongly?
#
# Fifteen questions over all sections, one point each. The check says what is wrong with a wrong answer, never which is
# right: the lesson in brackets has the figure.
#
# ### Exercise: `self_test_first`
#
# Lessons 1 to 5.

# %% exercise="self_test_first"

# %% check="self_test_first"

# %% [markdown] about="self_test_second"
# ### Exercise: `self_test_second`
#
# Lessons 6 to 10.

# %% exercise="self_test_second"

# %% check="self_test_second"

# %% [markdown]
# ## Keep
#
# 1. Few images, a related source: begin at pre-trained weights, and try a frozen backbone first. It is the cheapest.
# 2. Look for the rate before the strategy, and for the number of images before either.
# 3. Same images, same seeds; differences, with intervals; the test split once.
# 4. A guide is a hypothesis. Judge it where it was not made, by a rival that other seeds chose.
# 5. Say what was not measured. Most figures above have a line for it.
#
# And the chart, for the last time with everything in it: what the lessons' recipes reach at ten images a class, each
# alone, under its own protocol.

# %%
rates, views, kept = (recorded(name) for name in ("learning_rates", "lesson07_augmentations", "lesson10_forgetting"))
best_base = rate_trials.best_base(rates, 0.5)
everything = known | {
    "partial": mean_and_interval(five.values("accuracy", strategy="last two")),
    "gradual": mean_and_interval(five.values("accuracy", strategy="gradual")),
    "LP-FT": mean_and_interval(five.values("accuracy", strategy="LP-FT")),
    "rates by stage": mean_and_interval(rates.values("accuracy", schedule="cosine", decay=0.5, base=best_base)),
    "no target label": mean_and_interval(picked_by_agreement(adapted, "digits → digits on photographs")),
    "RandAugment": mean_and_interval(views.values("accuracy", kind="RandAugment")),
    "EWC": mean_and_interval(kept.values("accuracy", method="EWC", strength=1e4)),
}
plots.where_we_are(everything, "Where we are: ten lessons", new=list(everything), chance=0.1)

# %% [markdown]
# One step is large, from scratch to any bar of transfer. Among those, read no differences off this chart: most of them
# overlap, their runs differ in more than the name, and the bar without target labels had other data. That is the course
# in a picture: the source made the difference, and what was done with it afterwards is small change until there are
# more images.
#
# **To sleep on.** (1) Somebody shows you a guide with a regret of 0 on twenty cases. What do you ask before you use it?
# (2) You may record one more table for this course. Which one would change the most takeaways?
#
# **Next.** Nothing is left to be explained. [Lesson 12](../12_practice_exercises/12_practice_exercises.ipynb) sets you
# four tasks, and the answers are yours.
#
# **Words.** *Decision guide*: a rule that names a method before anything is trained. *Regret*: what a better decision
# would have brought on top. *Winner's curse*: the best of many noisy numbers is likely to be too high.
#
# **Sources**
#
# - E. C. Capen, R. V. Clapp and W. M. Campbell, Competitive bidding in high-risk situations, Journal of Petroleum
#   Technology 23, 1971.
# - L. J. Savage, The theory of statistical decision, Journal of the American Statistical Association 46, 1951.
# - M. Stone, Cross-validatory choice and assessment of statistical predictions, Journal of the Royal Statistical
#   Society B 36, 1974.
