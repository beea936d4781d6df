"""Right answers in other styles than the reference's."""

import numpy as np
import torch


def bootstrap_interval_at_once(values, statistic=None, *, confidence=0.95, resamples=10_000, generator):
    sample = torch.as_tensor(values, dtype=torch.float64).cpu()
    n = len(sample)
    rows = sample[torch.randint(0, n, (resamples, n), generator=generator)]
    found = rows.mean(dim=1) if statistic is None else statistic(rows)
    ends = torch.tensor([(1 - confidence) / 2, (1 + confidence) / 2], dtype=found.dtype)
    low, high = found.quantile(ends)
    return low.item(), high.item()


def bootstrap_interval_in_a_loop(values, statistic=None, *, confidence=0.95, resamples=10_000, generator):
    """One resample at a time, in plain numbers where it can."""
    numbers = [float(value) for value in values]
    found = []
    for _ in range(resamples):
        places = torch.randint(len(numbers), (len(numbers),), generator=generator).tolist()
        resample = torch.tensor([[numbers[place] for place in places]], dtype=torch.float64)
        if statistic is None:
            found.append(sum(numbers[place] for place in places) / len(numbers))
        else:
            found.append(float(statistic(resample)[0]))
    found.sort()
    low = (1 - confidence) / 2 * (resamples - 1)
    high = (1 + confidence) / 2 * (resamples - 1)
    return found[round(low)], found[round(high)]


def bootstrap_interval_with_numpy(values, statistic=None, *, confidence=0.95, resamples=10_000, generator):
    """NumPy draws; its seed comes from the generator. The statistic of the values themselves is taken as well."""
    statistic = statistic or (lambda rows: rows.mean(-1))
    sample = np.array([float(value) for value in values])
    statistic(torch.from_numpy(sample).unsqueeze(0))
    draw = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
    rows = draw.choice(sample, (resamples, len(sample)))
    found = np.asarray(statistic(torch.from_numpy(rows)))
    return tuple(np.percentile(found, [50 * (1 - confidence), 50 * (1 + confidence)]))


def bootstrap_interval_by_counts(values, statistic=None, *, confidence=0.95, resamples=10_000, generator):
    """How often each value comes, by multinomial; as float32 where the values are."""
    sample = torch.as_tensor(values).cpu().double()
    places = torch.ones(resamples, len(sample)).multinomial(len(sample), replacement=True, generator=generator)
    rows = sample.expand(resamples, -1).gather(1, places)
    found = (statistic or (lambda rows: torch.einsum("rn->r", rows) / rows.shape[1]))(rows)
    tail = 0.5 - confidence / 2
    return [found.quantile(tail), found.quantile(1 - tail)]
