"""What people write instead of the three estimators, each with the hint it deserves."""

import torch

from autograder.exercise import Misconception
from autograder.exercises.lesson06 import mmd_parts as parts
from lib.mmd import median_bandwidth

MISTAKES = (
    Misconception(
        "called-unbiased",
        parts.With(unbiased=parts.all_pairs),
        "Your unbiased estimate is the biased one. A row's kernel with itself is 1, whatever the distribution: "
        "these pairs have to go from within both samples.",
    ),
    Misconception(
        "diagonal-kept",
        parts.With(unbiased=parts.diagonal_kept),
        "You divide by n(n − 1), the number of pairs of different rows, but your sum still holds the pairs of a "
        "row with itself.",
    ),
    Misconception(
        "divided-by-squares",
        parts.With(unbiased=parts.divided_by_squares),
        "You take the pairs of a row with itself out of the sum, but divide as if they were still in it: of n rows "
        "there are n(n − 1) pairs left.",
    ),
    Misconception(
        "divided-by-smaller-squares",
        parts.With(unbiased=parts.divided_by_smaller_squares),
        "You divide by (n − 1)². Of n rows, each meets n − 1 others: that makes n(n − 1) pairs.",
    ),
    Misconception(
        "triangle-not-doubled",
        parts.With(unbiased=parts.triangle),
        "Your sum above the diagonal holds each pair once, but n(n − 1) counts it twice: your means within the "
        "samples are half of what they should be.",
    ),
    Misconception(
        "counted-by-x",
        parts.With(count_of_x="within y too"),
        "You divide the sum within y by the pairs that x has. The samples may be of different sizes: y has m rows.",
    ),
    Misconception(
        "counted-by-x-throughout",
        parts.With(count_of_x="throughout"),
        "You divide by the number of rows of x throughout. The samples may be of different sizes: within y there are m "
        "rows, and across n·m pairs.",
    ),
    Misconception(
        "summed-over-pairs",
        parts.With(
            biased=parts.summed_over_pairs,
            unbiased=lambda k: k.sum() - k.diagonal().sum(),
            across=parts.summed_over_pairs,
        ),
        "You add the kernels up. Each expectation is a mean over its pairs; sums of differently many pairs cannot "
        "be taken from each other.",
    ),
    Misconception(
        "across-thinned-out",
        parts.With(across=parts.across_off_diagonal),
        "You leave out pairs of xᵢ and yᵢ as well. Only within a sample does a row meet itself; across, every pair "
        "counts.",
    ),
    Misconception(
        "clamped",
        parts.With(end=lambda value: value.clamp(min=0)),
        "You lift negative values to 0. Where the distributions are equal, an unbiased estimate has to be negative "
        "about half of the time, or it would be too large on average.",
    ),
    Misconception(
        "cross-once",
        parts.With(cross=-1.0),
        "The term across the samples counts once with you. ‖a − b‖² has it twice.",
    ),
    Misconception(
        "cross-added",
        parts.With(cross=2.0),
        "You add the term across the samples. Likeness between the samples makes the distance smaller.",
    ),
    Misconception(
        "absolute",
        parts.With(end=torch.abs),
        "You take the absolute value. Where the distributions are equal, an unbiased estimate has to be negative "
        "about half of the time, or it would be too large on average.",
    ),
    Misconception(
        "root-taken",
        parts.With(end=lambda value: value.clamp(min=0).sqrt()),
        "You return the MMD itself; what is asked for is its square, which needs no root, and has a gradient at 0.",
    ),
    Misconception(
        "linear-by-halves",
        parts.With(pairs=parts.halves),
        "In your linear estimate the first half meets the second. The contract pairs neighbours: 1 with 2, 3 with 4.",
    ),
    Misconception(
        "linear-overlapping",
        parts.With(pairs=parts.overlapping),
        "In your linear estimate each row but the ends stands in two pairs: 1 with 2, then 2 with 3. The pairs are "
        "to be disjoint: 1 with 2, 3 with 4.",
    ),
    Misconception(
        "linear-one-sided",
        parts.With(second=0.0),
        "Of the linear estimate's four terms one is missing: a pair crosses over in two ways, x_a with y_b and x_b "
        "with y_a.",
    ),
    Misconception(
        "linear-summed",
        parts.With(of_pairs=torch.sum),
        "Your linear estimate is a sum over the pairs. Take their mean, or it grows with the number of rows.",
    ),
    Misconception(
        "linear-divided-by-n",
        parts.With(of_pairs=lambda kernels: kernels.mean() / 2),
        "Your linear estimate is half of what it should be: of n rows there are n/2 pairs, and the mean is over "
        "the pairs.",
    ),
    Misconception(
        "linear-divided-by-an-odd-n",
        parts.With(of_pairs=lambda kernels: kernels.sum() / (2 * len(kernels) + 1)),
        "In your linear estimate you divide the sum over the pairs by n, the number of rows. There are n/2 pairs, and "
        "an odd last row is in none.",
    ),
    Misconception(
        "linear-side-by-side",
        parts.With(side_by_side=True),
        "In your linear estimate x_a meets y_a and x_b meets y_b. The contract crosses over: x_a with y_b, and x_b "
        "with y_a.",
    ),
    Misconception(
        "median-alone",
        parts.With(default=median_bandwidth),
        "Where no bandwidths are given you take the median alone. The contract wants five: fractions and multiples "
        "of it.",
    ),
    Misconception(
        "factors-doubled-up",
        parts.With(default=parts.by_factors(1, 2, 4, 8, 16)),
        "Your five bandwidths begin at the median. It stands in their middle: two are smaller, two larger.",
    ),
    Misconception(
        "factors-in-steps",
        parts.With(default=parts.by_factors(0.5, 0.75, 1, 1.25, 1.5)),
        "Your five bandwidths lie evenly about the median. The contract's are ¼, ½, 1, 2 and 4 times it.",
    ),
    Misconception(
        "three-factors",
        parts.With(default=parts.by_factors(0.5, 1, 2)),
        "You take three bandwidths, ½, 1 and 2 times the median. The contract has ¼ and 4 as well.",
    ),
    Misconception(
        "factors-to-the-tenth",
        parts.With(default=parts.by_factors(0.01, 0.1, 1, 10, 100)),
        "Your five bandwidths are powers of ten of the median. The contract's are powers of two: ¼, ½, 1, 2, 4.",
    ),
    Misconception(
        "factors-squared",
        parts.With(default=parts.by_factors(0.5, 2**-0.5, 1, 2**0.5, 2)),
        "Your factors are on σ², so that σ is multiplied by their roots. The contract multiplies the median, a σ.",
    ),
    Misconception(
        "median-of-one-sample",
        parts.With(default=lambda x, _: torch.pdist(x).detach().median() * torch.tensor(parts.FACTORS).to(x)),
        "Your default bandwidths come from x alone. median_bandwidth(x, y) pools both.",
    ),
    Misconception(
        "bandwidths-move",
        parts.With(default=parts.moving),
        "A gradient flows through your default bandwidths: minimising this MMD would move them too. "
        "median_bandwidth gives a constant.",
    ),
    Misconception(
        "kernel-too-narrow",
        parts.With(kernel=parts.too_narrow),
        "Your estimators are right, for another kernel: it lacks the 2 below ‖x − y‖². Mend gaussian_kernel first.",
    ),
    Misconception(
        "kernel-summed",
        parts.With(kernel=parts.summed),
        "Your estimators are right, for a kernel that is the sum over bandwidths. Mend gaussian_kernel first: it "
        "is their mean.",
    ),
)
