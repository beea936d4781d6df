# %% [markdown]
# # 9 · Strategy comparison
#
# Eight lessons have compared things: bars beside bars, "a little better", "within the interval". Here you learn to do
# it so that others may believe you, and then you do it once in full: six strategies, three sizes, five seeds. At the
# end a rule of thumb stands beside what was measured.
#
# **At the end of this lesson you can**
#
# 1. put an interval on a mean over seeds, and say what it is about and what it is not about;
# 2. test two strategies by pairs of runs, and know what five seeds can show at all;
# 3. run a comparison in which a difference is the strategy's own, and turn it into a recommendation.
#
# About two hours, one of them at the keyboard. You need the names of the strategies
# ([lesson 4](../04_fine_tuning_strategies/04_fine_tuning_strategies.ipynb)), means and quantiles, and nothing that you
# solved before.

# %% setup=true
import copy
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from autograder.check import check
from autograder.progress import progress, reveal
from lib import ablation, backbones, plots, protocol, settings, statistics, strategies, training
from lib.backbones import preprocessing
from lib.comparison_picture import seconds_picture, sizes_picture
from lib.comparison_summary import by_seed, holm, measured_strategy, summary
from lib.datasets import load_task
from lib.datasets.task import Split
from lib.full_scale import at_full_scale
from lib.grid_table import Row
from lib.pipeline import fine_tune
from lib.protocol import Training
from lib.results import mean_and_interval, recorded
from lib.statistics import Numbers, row_means
from lib.strategies import Recommendation
from lib.strategy_picture import ORDERS, drawn_picture, pairs_picture, strategy_bars
from lib.widgets import explore, predict

# %% [markdown]
# ## The problem
#
# Ten handwritten digits on photographs, ten labelled images of each. These five were run by one protocol in lesson 4:

# %%
digits, table = recorded("fine_tuning_strategies"), recorded("strategies")
names = [str(name) for name in table.distinct("strategy")]
on_digits = {
    name: by_seed(digits, "accuracy", strategy=name, images_per_class=10)
    for name in ("extraction", "last two", "gradual", "LP-FT", "full")
}
intervals = {name: mean_and_interval(list(runs.values())) for name, runs in on_digits.items()}
plots.where_we_are(intervals, "Where we are: ten images a class", chance=0.1)

# %% [markdown]
# Which of these bars differ? You may say: none, since the whiskers overlap. By the end of section 3 you will know why
# that is not how to read them, and the chart comes again.
#
# Digits on photographs are strokes, like the printed characters that our network learnt from. The comparison of this
# lesson needs something less alike: eight kinds of **blood cells**, drawn as a microscope would show them. Six
# strategies, the five and training from scratch, at 5, 20 and 50 images a class, with five seeds each, recorded by
# `python -m benchmarks.strategies --record`.
#
# ### Before you go on: predict

# %%
guess_few = predict("Blood cells, 5 images a class: which strategy ends best?", names, key="9 few")
guess_few

# %%
guess_many = predict("And at 50 images a class?", names, key="9 many")
guess_many

# %% [markdown]
# ## 1 One run says little
#
# Suppose that you have one evening, and run each strategy once. Five people do, each with a seed of their own. Which
# one does each of them call the best?

# %%
sizes = (5, 20, 50)
for size in sizes:
    runs = {name: by_seed(table, "accuracy", strategy=name, images_per_class=size) for name in names}
    winners = [max(names, key=lambda name: runs[name][seed]) for seed in range(5)]
    print(f"{size:2} a class: {', '.join(winners)}")

# %% [markdown]
# At 50 images a class they agree. At 5 they do not: what they found is mostly the draw of forty images. A result
# without a second seed cannot tell the two situations apart.
#
# ## 2 A mean, and how far it can be trusted
#
# The mean of five seeds moves too, if the five are drawn anew. By how much? Nobody can run many fives. The
# **bootstrap** (Efron, 1979) lets the five values stand for all the values that could have come, and draws from them:
# five at a time, with replacement. Each such **resample** has a mean. How far these means scatter is how far the mean
# can be trusted.
#
# $$\theta^*_b = s(x^*_{b1}, \dots, x^*_{bn}), \quad b = 1 \dots B,
# \qquad \left[\,q_{(1-c)/2}(\theta^*),\; q_{(1+c)/2}(\theta^*)\,\right]$$
#
# | symbol | what it is | here |
# |---|---|---|
# | $x_1 \dots x_n$ | the values: accuracies of $n$ seeds | $n = 5$ |
# | $x^*_{bi}$ | value $i$ of resample $b$: one of the $n$, drawn with replacement | |
# | $s$ | the statistic: a number from $n$ numbers | the mean |
# | $B$ | the number of resamples | 4,000 |
# | $c$ | the confidence | 0.95 |
# | $q_p$ | the $p$ quantile: a share $p$ of the numbers is below it | |
#
# In code, symbol for symbol:

# %%
x = torch.tensor(table.values("accuracy", strategy="full", images_per_class=20), dtype=torch.float64)
n, B, c = len(x), 4000, 0.95
x_star = x[torch.randint(n, (B, n), generator=settings.generator(0))]
theta_star = x_star.mean(1)
low, high = theta_star.quantile((1 - c) / 2).item(), theta_star.quantile((1 + c) / 2).item()
drawn_picture(
    (100 * theta_star).tolist(),
    "How far does the mean of five seeds move?",
    x="mean accuracy of a resample (%)",
    marks={"lower end": 100 * low, "upper end": 100 * high},
    shaded=lambda value: 100 * low <= value <= 100 * high,
    note="full fine-tuning, 20 images a class; in colour: the middle 95 % of the resamples",
)

# %% [markdown] about="bootstrap_interval"
# ### Exercise: `bootstrap_interval`
#
# The same for any statistic. (The contracts in this lesson also say what is refused with an error. That is good
# manners, and not graded.)

# %% exercise="bootstrap_interval"

# %% check="bootstrap_interval"

# %% [markdown]
# ### Break it: the wrong plus-minus
#
# Many tables print "mean ± standard deviation" over seeds. That says how far *single runs* scatter; with more seeds it
# does not shrink. What share of such intervals holds the true mean? Here the truth is known: we draw the seeds
# ourselves from a normal distribution, in a thousand trials.


# %%
def coverage(seeds, trials=1000):
    """Share of intervals that hold the true mean, 0: standard deviation, bootstrap, and Student's t."""
    generator = settings.generator(seeds)
    values = torch.randn(trials, seeds, generator=generator, dtype=torch.float64)
    held = dict.fromkeys(("± s. d.", "bootstrap", "Student's t"), 0)
    for row in values:
        mean, half = mean_and_interval(row.tolist())
        ends = statistics.bootstrap_interval(row, resamples=400, generator=generator)
        held["± s. d."] += abs(mean) <= row.std()
        held["bootstrap"] += ends[0] <= 0 <= ends[1]
        held["Student's t"] += abs(mean) <= half
    return {name: 100 * int(count) / trials for name, count in held.items()}


counts = (3, 5, 10, 20)
covered = {seeds: coverage(seeds) for seeds in counts}
for seeds, shares in covered.items():
    print(f"{seeds:2} seeds: " + ", ".join(f"{name} {share:.0f} %" for name, share in shares.items()))
plots.lines(
    {name: (counts, [covered[seeds][name] for seeds in counts]) for name in covered[5]},
    "How often does an interval hold the true mean?",
    x="seeds",
    y="intervals that hold it (%)",
)

# %% [markdown]
# The standard deviation is neither too wide nor too narrow: it answers another question, and what it covers depends on
# how many seeds there were. The bootstrap promises 95 % and comes near it with twenty values; with five it falls
# short, for five values hold too little of the tails. **Student's t** (Gosset, 1908) allows for that, where results
# are roughly normal. This is why the course's whiskers, over five seeds, are Student's, and why the bootstrap is for
# many test images, for medians, and for anything without a formula.
#
# What none of them says: how another *test set* would come out, or another backbone. The interval covers what was
# drawn anew, and nothing else.
#
# ## 3 Runs come in pairs
#
# Partial or full fine-tuning, at 20 images a class? Look at the left half first.

# %%
partial, full = (table.values("accuracy", strategy=name, images_per_class=20) for name in ("partial", "full"))
pairs_picture({"partial": partial, "full": full}, "Do overlapping intervals mean that there is no difference?")

# %% [markdown]
# The intervals overlap, and yet every single line rises. Both strategies got the same images at the same seed. A lucky
# draw lifts both, a poor one lowers both, and this common part makes up much of each interval. In the difference,
# $d_i = a_i - b_i$, it falls out.
#
# How surprising are five rising lines? If both were equally good, each line might as well have fallen: the sign of
# each $d_i$ is then a coin. The **permutation test** (Fisher, 1935) tries every pattern of signs:
#
# $$p = \frac{\#\{\,s : |\sum_i s_i d_i| \ge |\sum_i d_i|\,\}}{2^n}$$
#
# | symbol | what it is |
# |---|---|
# | $d_i$ | the difference of the pair $i$ |
# | $s_i$ | a sign, +1 or −1; a pattern $s$ is one for each pair |
# | $2^n$ | the number of patterns: 32 for five pairs |
# | $p$ | the share of patterns that lead at least as far from 0 as the data |

# %%
d = torch.tensor(full, dtype=torch.float64) - torch.tensor(partial, dtype=torch.float64)
patterns = torch.tensor(list(itertools.product((1.0, -1.0), repeat=5)), dtype=torch.float64)
sums = (patterns @ d).abs()
p = float((sums >= d.sum().abs() - 1e-12).double().mean())
print(f"patterns as far from 0 as the data: {int(p * 32)} of 32, p = {p:.4f}")

# %% [markdown]
# Two of 32: the data themselves, and the data with all signs turned. Smaller it cannot be with five pairs, however far
# apart two strategies are. With many pairs there are too many patterns to try; then some are drawn.

# %% [markdown] about="paired_permutation_test"
# ### Exercise: `paired_permutation_test`
#
# Both cases: all patterns, or as many as `resamples` says. Mind the data themselves: they are a pattern too.

# %% exercise="paired_permutation_test"

# %% check="paired_permutation_test"

# %% [markdown]
# ### Break it: pairs taken apart
#
# Now the same ten numbers as if each came from an evening of its own. Then both means scatter by themselves, and the
# half-width for the difference is the root of the sum of both squares. How wide is the interval of the difference
# from full fine-tuning, in points: in pairs, and taken apart?

# %%
narrower = []
for size, name in itertools.product(sizes, names):
    if name == "full":
        continue
    runs, against = (table.values("accuracy", strategy=one, images_per_class=size) for one in (name, "full"))
    (mean, half), (_, ours), (_, theirs) = (
        mean_and_interval([100 * value for value in values])
        for values in ([a - b for a, b in zip(runs, against, strict=True)], runs, against)
    )
    loose = math.hypot(ours, theirs)
    narrower.append(half < loose)
    print(f"{size:2} a class, {name:10} {mean:+6.1f} ± {half:.1f}, apart ± {loose:.1f}")
print(f"narrower in pairs: {sum(narrower)} of {len(narrower)}")

# %% [markdown]
# Most of the time the pairs win, and for nothing: the runs are the same. They win by as much as the two strategies
# share their luck. Where they share little, as LP-FT and full do on forty images, there is nothing to win, and five
# differences are few to measure a spread by.
#
# (Dealing all ten runs out anew to two groups, as a test for independent samples does, can give a smaller p: there are
# 252 ways to deal ten runs out, and only 32 patterns of five signs. It is the wrong question all the same. It asks what
# chance does to runs that have nothing in common.)
#
# ### Many comparisons
#
# Six strategies make fifteen pairs. Suppose that in truth all are equal. How often does at least one of the fifteen
# come out with $p \le 0.05$? Ten seeds this time, for with five no p could be so small.


# %%
def false_alarms(tables=200, comparisons=15, seeds=10):
    """Share of tables with a p of at most 0.05 although nothing differs: as they are, and by Holm's correction."""
    generator, plain, corrected = settings.generator(0), 0, 0
    every = torch.tensor(list(itertools.product((1.0, -1.0), repeat=seeds)), dtype=torch.float64)
    for _ in range(tables):
        differences = torch.randn(seeds, comparisons, generator=generator, dtype=torch.float64)
        ps = ((every @ differences).abs() >= differences.sum(0).abs() - 1e-12).double().mean(0).tolist()
        plain += min(ps) <= 0.05
        corrected += min(holm(ps)) <= 0.05
    return 100 * plain / tables, 100 * corrected / tables


alarms = false_alarms()
print(f"tables with a false finding: {alarms[0]:.0f} %; by Holm's correction: {alarms[1]:.0f} %")

# %% [markdown]
# About every second table "finds" something. **Holm's correction** (1979) multiplies the smallest p by the number of
# comparisons, the next by one less, and so on; then the chance of even one false finding stays below the level. It has
# its price. With five seeds, nothing that is corrected for fifteen comparisons can be significant at 0.05: the
# smallest p is 0.0625 before any correction. That is no reason to drop the correction. It is a reason to read
# intervals of differences, and to plan more seeds for the two or three comparisons that matter.

# %% [markdown] about="comparison_questions"
# ### Exercise: `comparison_questions`
#
# Eight questions on reading intervals and tests. Most are about sentences that get printed.

# %% exercise="comparison_questions"

# %% check="comparison_questions"

# %% [markdown]
# ## 4 The protocol
#
# A test cannot mend a comparison in which the strategies were treated differently. Four rules:
#
# - *the same images* for all strategies at one size and one seed, and the same seed for the order of the batches;
# - *a fresh copy* of the network for each run: weights, what is frozen, and modes;
# - *validation images choose* (the epoch, the rate), and *test images report*, once, at the end;
# - *every run is in the table*, the poor ones too.
#
# ### Break it: a network handed on
#
# The loop that most people write first makes the network once, above the loop. Two strategies, one seed, both ways:

# %%
task = load_task("blood-cells")
prepare = preprocessing("resnet10")


def new_network(seed=0):
    """The pre-trained network with a new head for eight kinds of cells."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = backbones.replace_head(backbones.load_backbone("resnet10"), len(task.classes))
    return network.to(settings.device())


def trained_by(name):
    """A strategy as the protocol wants it, twelve epochs long."""

    def train(network, few, validation, seed):
        plan = strategies.STRATEGIES[name].plan(6, 12, batch_size=16, seed=seed)
        return fine_tune(network, few, validation, plan, prepare=prepare)

    return train


def draw(size, seed):
    return task.train.few(size, seed), task.validation.at_most(size, seed)


def score(network, split):
    device = settings.device()
    return training.accuracy(network, prepare(split.images.to(device)), split.labels.to(device))


# %%
few, validation = draw(5, 0)
fresh, handed_on, carried = {}, {}, new_network()
for name in ("LP-FT", "extraction"):
    for found, network in ((fresh, new_network()), (handed_on, carried)):
        trained_by(name)(network, few, validation, 0)
        found[name] = 100 * score(network, task.test)
bars = {f"{name}, a fresh copy": fresh[name] for name in fresh}
bars |= {f"{name}, handed on": handed_on[name] for name in handed_on}
plots.bars(bars, "What does a network that is handed on do?", x="test accuracy (%), one seed", form=".1f")

# %% [markdown]
# The first strategy cannot tell. The second, extraction, gets a backbone that LP-FT has trained, and reports as its own
# what two strategies did together: here less than it can, with other data perhaps more. No error is raised, and the
# order of the list decides.

# %% [markdown] about="compare_strategies"
# ### Exercise: `compare_strategies`
#
# The four rules in one function. Everything that is particular to a task is handed in; what is left is the protocol.
# (`lib.ablation`, which made this lesson's table, runs each of its rows through the same function.)

# %% exercise="compare_strategies"

# %% check="compare_strategies"

# %% [markdown]
# And here it runs: a fair part of the table, made anew in front of you, beside what was recorded.

# %%
seeds = range(1 if settings.budget() == "quick" else 5)
live = {name: trained_by(name) for name in ("extraction", "partial", "LP-FT", "full")}
rows = [
    row
    for seed in seeds
    for row in protocol.compare_strategies(
        live, [5], [seed], model=new_network(seed), draw=draw, test=task.test, score=score
    )
]
for row in rows:
    where = {"strategy": row["strategy"], "images_per_class": 5, "seed": row["seed"]}
    before = table.values("accuracy", **where)[0]
    print(f"{row['strategy']:10} seed {row['seed']}: {row['accuracy']:.1%} now, {before:.1%} recorded")
    print(f"{'':10} {row['seconds']:.1f} s now, learnt from {row['train_accuracy']:.0%}")

# %% [markdown]
# ## 5 Measured: six strategies, three sizes, five seeds
#
# All ninety runs, by one protocol. First, how many images does each one need?

# %%
sizes_picture(table, "How many images of blood cells does each strategy need?")


# %%
def runs_of(name, size):
    return by_seed(table, "accuracy", strategy=name, images_per_class=size)


best = {size: max(names, key=lambda name: sum(runs_of(name, size).values())) for size in sizes}
guess_few.beside(best[5])

# %%
guess_many.beside(best[50])

# %% [markdown]
# Accuracy is one of four things that a strategy costs or brings. Sort by each. Which one is best at everything?

# %%
explore(
    {(size, order): strategy_bars(table, size, order) for size in sizes for order in ORDERS},
    "images a class",
    "sorted by",
    start=(20, "accuracy"),
)

# %% [markdown]
# None is. And the same in words, each strategy against full fine-tuning, by pairs:

# %%
for line in summary(table):
    size = f"{line.at['images_per_class']:.0f}"
    print(f"{size:>2} a class  {line.level:10} {100 * line.mean:.1f} ± {100 * line.half:.1f} %")
    if line.p is not None:
        print(f"    {100 * line.difference:+.1f} points, p {line.p:.4f}, Holm {line.p_holm:.2f}")

# %%
seconds_picture(table, "What accuracy for what time?")

# %% [markdown]
# Read it from the smallest size up.
#
# - *At 5 images a class* extraction has the highest mean, and takes the least time. That full fine-tuning is below it
#   is likely, and not shown: p is 0.125.
# - *At 20* the order has turned. Full beats each of the pre-trained others in nearly every seed, by three to five
#   points.
# - *At 50* the margin is seven points and more, in every seed. The smallest p that five seeds can give is all that
#   it gets, and Holm's correction makes even that one large: nobody who looks at the figure would doubt the
#   difference. A p-value is not a measure of size.
# - *From scratch* is last at every size, and costs as much as full.
#
# ## 6 A rule of thumb, and what was measured
#
# This is the table that the lesson we follow gives. Such tables are made for photographs, ImageNet's networks, and many
# tasks at once. Each line: share of the parameters that change, learning rate, images in all, and the risk of
# overfitting.

# %%
RULE = {
    "extraction": ((0.02, 0.05), (1e-3, 1e-2), (100, 1_000), "low"),
    "partial": ((0.15, 0.40), (1e-5, 1e-3), (1_000, 10_000), "medium"),
    "gradual": ((0.05, 1.00), (1e-4, 1e-3), (500, 5_000), "low"),
    "full": ((1.00, 1.00), (1e-5, 1e-4), (10_000, float("inf")), "high"),
    "scratch": ((1.00, 1.00), (1e-3, 1e-1), (100_000, float("inf")), "very high"),
}
ours = {line.level: line for line in summary(table) if line.at["images_per_class"] == 50}
print("the rule, and what we measured at 50 a class")
for name, ((least, most), (slow, fast), (some, many), risk) in RULE.items():
    line, rate = ours[name], strategies.STRATEGIES[name].rate
    print(f"{name}: {some:,} images {'and more' if many > 1e6 else f'to {many:,}'}, risk {risk}")
    print(f"  rule: {least:.0%} to {most:.0%}, rate {slow:g} to {fast:g}")
    print(f"  here: {line.trainable_share:.2%}, rate {rate:g}; gap {100 * line.gap:.0f} points")

# %% [markdown]
# Where do they disagree? Not by eye: line by line.

# %%
for name, (shares, rates, _, _) in RULE.items():
    share, rate = ours[name].trainable_share, strategies.STRATEGIES[name].rate
    for what, value, (low, high) in (("share", share, shares), ("rate", rate, rates)):
        if not low - 1e-9 <= value <= high + 1e-9:
            print(f"{name}: {what} {value:.3g} is outside {low:g} to {high:g}")
for size in sizes:
    images = size * len(task.classes)
    fitting = [name for name, rule in RULE.items() if rule[2][0] <= images < rule[2][1]]
    print(f"{images} images: {' or '.join(fitting) or 'no'} rule; best was {best[size]}")
by_gap = sorted(RULE, key=lambda name: ours[name].gap)
print("smallest gap first:", *by_gap, sep="\n    ")

# %% [markdown]
# - *Shares* depend on the network. Our head holds less than a tenth of a per cent of the numbers, our last
#   stage three quarters of them.
# - *Rates* do not compare: ours is the head's, and each stage below has half of the next one's. The stem's is the
#   thirty-second part.
# - *Images.* The rule would have kept the backbone frozen at 400 images. On blood cells that costs accuracy, in every
#   seed. On digits, at 100 images, it is right: the source was strokes as well.
# - *Risk.* The rule calls full fine-tuning risky. At 50 images a class its gap is the smallest of all five: it also
#   fits what it has not seen best. A gap alone does not tell overfitting from learning.
#
# ### From the table to a recommendation
#
# A rule of thumb is where one starts when nothing has been measured. As a function, with the domain and the compute
# taken into account:

# %% [markdown] about="recommend_strategy"
# ### Exercise: `recommend_strategy`
#
# Twelve cells of a table, three arguments. The setup cell has imported `Recommendation`.

# %% exercise="recommend_strategy"

# %% check="recommend_strategy"

# %% [markdown]
# And what does following it cost? For each size, the rule's recommendation, and the one that our validation images
# give: `measured_strategy` takes the quickest that is not surely worse than the best, without looking at the test.
# The difference is then taken on the test images.

# %%
for size in sizes:
    images = size * len(task.classes)
    ruled = strategies.recommend_strategy(images, "distant").strategy
    chosen = measured_strategy(table, size).strategy
    a, b = (list(runs_of(name, size).values()) for name in (chosen, ruled))
    print(f"{images:3} cells: by rule {ruled}, measured {chosen}")
    if chosen != ruled:
        mean, half = mean_and_interval([100 * (one - other) for one, other in zip(a, b, strict=True)])
        print(f"     the latter: {mean:+.1f} ± {half:.1f} points")
ruled, chosen = strategies.recommend_strategy(100, "similar").strategy, measured_strategy(digits, 10).strategy
print(f"100 digits: by rule {ruled}, measured {chosen}")

# %% [markdown]
# The same from ImageNet's weights, on pictures that a satellite took; part of the full budget, for it has to download.


# %%
def from_above(task, backbone):
    """Three strategies on ten images a class of another task, from another network's weights."""
    names = ("extraction", "partial", "full")
    for row in ablation.compare_strategies(task, names, (10,), (0,), backbones=(backbone,)).rows:
        yield f"{row['strategy']:10}  test {row['accuracy']:.1%}, learnt from {row['train_accuracy']:.0%}"


for line in at_full_scale(from_above):
    print(line)

# %% [markdown]
# > **At full scale.** Dodge et al. (2020) fine-tuned BERT hundreds of times on each of four tasks, with nothing but the
# > seed changed, 2,100 runs in all: first weights of the head and the order of the data moved the result about equally
# > much, and the best of many seeds was far above what had been published. Bouthillier et al. (2021) draw everything
# > anew that can be drawn, data, order, first weights, for every run: then a mean over few runs comes nearer to the
# > truth than many runs in which only one thing varies. Our five seeds draw images, head and order anew; backbone and
# > test images stay.
#
# ## Keep
#
# 1. One run cannot tell luck from merit. Report a mean over seeds, and an interval of the *mean*.
# 2. Pairs: same images, same seed; then look at the differences. Overlapping intervals prove nothing.
# 3. Five pairs give no p below 1/16, and p is never 0. Count your comparisons.
# 4. A fresh copy for each run; validation chooses, the test split reports once; every run is in the table.
# 5. A rule of thumb starts a search and does not end it. On blood cells it cost accuracy at two of three sizes.

# %%
apart = {}
for name, runs in on_digits.items():
    if name != "extraction":
        mean, half = mean_and_interval([100 * (runs[seed] - on_digits["extraction"][seed]) for seed in runs])
        apart[name] = abs(mean) > half
        print(f"{name} over extraction: {mean:+.1f} ± {half:.1f} points")
new = [name for name in apart if apart[name]]
plots.where_we_are(intervals, "In colour: not level with extraction", new=new, chance=0.1)

# %% [markdown]
# So the first chart did hold a difference, and only one: it took pairs to see it. (Four comparisons, one that just
# leaves its interval: plan more seeds before you build on it.)
#
# **To sleep on.** (1) You can afford sixty runs. Six strategies with ten seeds, or three strategies with twenty? What
# would you have to know to decide? (2) All our seeds share 800 test images. How would you put an interval on *that*
# luck, with the tools of this lesson?
#
# **Next.** What a comparison cannot show is what goes wrong unseen: forgetting, a harmful source, statistics that
# drift. Lesson 10 measures these pitfalls.
#
# **Words.** *Bootstrap*: drawing from the sample itself to see how far a statistic moves. *Resample*: n values
# drawn from n values with replacement. *Confidence interval*: a range that holds the true value in a stated share of
# repetitions. *Paired runs*: runs with the same seed and images. *Permutation test*: how often chance alone would set
# two methods as far apart.
#
# **Sources**
#
# - X. Bouthillier et al., Accounting for variance in machine learning benchmarks, MLSys 2021.
# - J. Dodge et al., Fine-tuning pretrained language models: weight initializations, data orders, and early stopping,
#   arXiv:2002.06305, 2020.
# - B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7, 1979.
# - R. A. Fisher, The design of experiments, Oliver and Boyd, 1935.
# - S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
# - B. Phipson and G. K. Smyth, Permutation p-values should never be zero, Statistical Applications in Genetics and
#   Molecular Biology 9, 2010.
# - Student (W. S. Gosset), The probable error of a mean, Biometrika 6, 1908.
