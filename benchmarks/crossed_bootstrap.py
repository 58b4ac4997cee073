"""How often intervals at 95% hold the true difference, where queries share faces, scenes or runs.

`python benchmarks/crossed_bootstrap.py` prints the tables of docs/evaluation.md: simulated values
with a true difference of 0, by the crossed bootstrap, by Owen's pigeonhole bootstrap (2007), and by
resampling faces or queries alone; and values of several runs by seed.
"""

import numpy as np

from moodreel.evaluation.metrics.crossing import Factor
from moodreel.evaluation.metrics.statistics import paired_difference
from moodreel.reports.pages import markdown_table

CASES, RESAMPLES = 400, 500
DESIGNS = (  # faces, scenes, queries; the deviations of a face, of a scene and of a query
    (20, 15, 150, 0.5, 0.5, 1.0),
    (20, 15, 150, 0.7, 0.0, 1.0),
    (20, 15, 150, 0.0, 0.0, 1.0),
    (60, 60, 100, 0.5, 0.5, 1.0),
    (100, 40, 600, 0.3, 0.3, 1.0),
    (8, 8, 40, 0.5, 0.5, 1.0),
    (12, 12, 144, 1.0, 1.0, 0.5),
)
RUNS = ((2, 0.15), (3, 0.15), (5, 0.15), (5, 0.0))  # runs of each strategy; deviation of a run
QUERIES = 80


def draw_design(draw, faces, scenes, queries, by_face, by_scene, by_query):
    """Return values of queries with the face and the scene of each, numbered without gaps."""
    picked = draw.choice(faces * scenes, queries, replace=False)
    _, face = np.unique(picked // scenes, return_inverse=True)
    _, scene = np.unique(picked % scenes, return_inverse=True)
    shared = draw.normal(0, by_face, faces)[face] + draw.normal(0, by_scene, scenes)[scene]
    return shared + draw.normal(0, by_query, queries), face, scene


def pigeonhole(values, face, scene, draw):
    """Return the interval of means in which each query weighs as its face times its scene."""
    weights = np.ones((RESAMPLES, len(values)))
    for levels in (face, scene):
        size = levels.max() + 1
        weights *= draw.multinomial(size, np.full(size, 1 / size), RESAMPLES)[:, levels]
    means = (weights @ values) / np.maximum(weights.sum(1), 1)
    return np.quantile(means, [0.025, 0.975])


def ours(values, factors, seed):
    found = paired_difference(np.zeros(len(values)), values, factors, RESAMPLES, seed)
    return found.low, found.high


def design_row(design):
    """Return the share of cases in which each interval holds 0."""
    draw, held = np.random.default_rng(5), np.zeros(4)
    for seed in range(CASES):
        values, face, scene = draw_design(draw, *design)
        both = [Factor.of("face", face.tolist()), Factor.of("scene", scene.tolist())]
        ends = (
            ours(values, both, seed),
            pigeonhole(values, face, scene, draw),
            ours(values, face, seed),
            ours(values, None, seed),
        )
        held += [low <= 0 <= high for low, high in ends]
    faces, scenes, queries, *deviations = design
    named = [f"{faces} x {scenes}, {queries}", ", ".join(f"{d:g}" for d in deviations)]
    return [*named, *(f"{share:.1%}" for share in held / CASES)]


def run_row(runs, deviation):
    """Return the share of cases in which intervals with and without nested runs hold 0."""
    draw, held = np.random.default_rng(6), np.zeros(2)
    for seed in range(CASES):
        query = draw.normal(size=QUERIES)
        pair = [
            query + draw.normal(0, deviation, (runs, 1)) + draw.normal(0, 0.5, (runs, QUERIES))
            for _ in range(2)
        ]
        nested = paired_difference(*pair, resamples=RESAMPLES, seed=seed)
        alone = paired_difference(*(v.mean(0) for v in pair), resamples=RESAMPLES, seed=seed)
        held += [found.low <= 0 <= found.high for found in (nested, alone)]
    return [f"{runs}", f"{deviation:g}", *(f"{share:.1%}" for share in held / CASES)]


def main():
    head = ["faces x scenes, queries", "deviations", "crossed", "pigeonhole", "faces", "queries"]
    print(markdown_table(["runs", "deviation of a run", "nested", "queries alone"],
                         [run_row(*case) for case in RUNS]), flush=True)  # fmt: skip
    print(markdown_table(head, [design_row(design) for design in DESIGNS]))


if __name__ == "__main__":
    main()
