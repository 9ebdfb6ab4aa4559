"""Results as rows of tables, and as the numbers that W&B shows of a run in its list."""

from sleeprun.protocol.results import Metrics, Results

Rows = list[dict[str, object]]


def of_run(results: Results) -> dict[str, Rows]:
    """R, and the measures."""
    R: Rows = [
        {
            "seed": seed,
            "boundary": boundary["name"],
            "phase": boundary["phase"],
            **dict(zip(results["tasks"], scores, strict=True)),
        }
        for seed, matrix in zip(results["seeds"], results["R"], strict=True)
        for boundary, scores in zip(results["boundaries"], matrix, strict=True)
    ]
    return {"R": R, "measures": measured(results["metrics"])}


def of_arms(results: Results) -> dict[str, Rows]:
    """The arms' measures, each seed's too, and how they differ from the first arm's."""
    arms = results["arms"].items()
    return {
        "arms": [{"arm": arm, **row} for arm, metrics in arms for row in measured(metrics)],
        "seeds": [
            {
                "arm": arm,
                "seed": seed,
                **{name: measure["per_seed"][place] for name, measure in metrics.items()},
            }
            for arm, metrics in arms
            for place, seed in enumerate(results["seeds"])
        ],
        "differences": measured(results["differences"]),
    }


def measured(metrics: Metrics) -> Rows:
    return [
        {
            "measure": name,
            "mean": measure["mean"],
            "sd": measure["sd"],
            "low": measure["ci95"] and measure["ci95"][0],  # of the 95 % interval
            "high": measure["ci95"] and measure["ci95"][1],
            "n": measure["n"],
        }
        for name, measure in metrics.items()
    ]


def ends(metrics: Metrics, of: str = "") -> dict[str, float]:
    """The means alone."""
    known = {name: measure["mean"] for name, measure in metrics.items()}
    return {f"{of}{name}": mean for name, mean in known.items() if mean is not None}


def ends_of_arms(results: Results) -> dict[str, float]:
    """Of every arm, and their differences."""
    found = ends(results["differences"])
    for arm, metrics in results["arms"].items():
        found |= ends(metrics, of=f"{arm}/")
    return found
