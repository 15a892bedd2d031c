#!/usr/bin/env python3
"""Writes tests/data/metrics/intervals.jsonl: bootstrap intervals by scipy.

Each line has values, 199 means of resamples of them, the percentile and BCa
intervals that scipy.stats.bootstrap gives for just these means, and its BCa
interval from 100,000 means of its own with the tolerance for 10,000 of ours. Needs
numpy and scipy 1.17, which the tests do not:

    python3 -m venv /tmp/scipy && /tmp/scipy/bin/pip install scipy==1.17.1
    /tmp/scipy/bin/python scripts/make_interval_goldens.py
"""

import json
import pathlib

import numpy
import scipy
from scipy.stats import bootstrap

SEED = 20261122
FILE = pathlib.Path(__file__).resolve().parent.parent / "tests/data/metrics/intervals.jsonl"


def value_lists(rng):
    yield [0.815, 0.718, 0.726, 0.090]
    yield [1.0] * 38 + [0.1, 0.3]
    yield [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    for pages in (5, 12, 30, 60):
        yield rng.beta(20, 1, pages)
        yield rng.normal(0.5, 0.1, pages)
        yield rng.exponential(1, pages)


def interval(values, method, distribution):
    result = type("Result", (), {"bootstrap_distribution": distribution})()
    found = bootstrap(
        (values,), numpy.mean, n_resamples=0, method=method, bootstrap_result=result, vectorized=True
    ).confidence_interval
    return float(found.low), float(found.high)


def main():
    rng = numpy.random.default_rng(SEED)
    made_by = {
        "made_by": "scripts/make_interval_goldens.py",
        "seed": SEED,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
    }
    with FILE.open("w", encoding="utf-8") as file:
        file.write(json.dumps(made_by) + "\n")
        for values in value_lists(rng):
            values = numpy.round(numpy.asarray(values, dtype=float), 4)
            means = rng.choice(values, (199, len(values))).mean(axis=1)
            percentile = interval(values, "percentile", means)
            bca = interval(values, "BCa", means)
            many = bootstrap((values,), numpy.mean, n_resamples=100000, method="BCa", rng=rng)
            line = {
                "values": values.tolist(),
                "resampled_means": means.tolist(),
                "percentile_low": percentile[0],
                "percentile_high": percentile[1],
                "bca_low": bca[0],
                "bca_high": bca[1],
                "bca_of_100000": [float(many.confidence_interval.low), float(many.confidence_interval.high)],
                # Ends of 10,000 draws scatter by 3 to 5 % of the standard error, more
                # where the means take few values.
                "tolerance": 0.25 * float(many.standard_error),
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
