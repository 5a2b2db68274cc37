"""How quickly the default model reads, beside a yardstick of the same run: bare matrix products.

    python -m bench.speed [--model DIR] [--device cpu]

The share of the machine's matrix speed travels from machine to machine; tokens per second do not.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import click
import torch

from lm_lint import weights
from lm_lint.scorer import Scorer
from lm_lint.text import LANGUAGES, language_of

ROOT = Path(__file__).resolve().parents[1]


def matrix_flops(dtype: torch.dtype, device: torch.device) -> float:
    """Floating-point operations per second of a product the size of the network's own."""
    a = torch.randn(4096, 256, device=device).to(dtype)
    b = torch.randn(256, 1152, device=device).to(dtype)
    n_rounds = 40
    for _ in range(3):
        a @ b
    start = time.perf_counter()
    for _ in range(n_rounds):
        product = a @ b
    float(product[0, 0])  # a GPU answers only when it is done
    return 2 * 4096 * 256 * 1152 * n_rounds / (time.perf_counter() - start)


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=None)
@click.option("--device", default="auto")
def main(model: Path | None, device: str) -> None:
    """Tokens per second: one document alone, and many in a batch."""
    scorer = Scorer(weights.load(model or weights.default_folder(), device))
    network = scorer.release.network
    files = [p for p in sorted((ROOT / "examples").rglob("*")) if language_of(p) in LANGUAGES]
    items = [(p.read_text(encoding="utf-8"), language_of(p)) for p in files]
    batch = [(text, language) for text, language in items if language] * 4
    longest = max(batch, key=lambda item: len(item[0]))
    scorer.score_many(batch)
    matrices = sum(p.numel() for n, p in network.named_parameters() if n != "bigrams")
    flops = matrix_flops(network.compute_dtype, network.device)
    print(f"{scorer.release.name} on {network.device}, {network.compute_dtype}")
    print(f"matrix products   {flops / 1e9:8.0f} GFLOP/s")
    for name, chosen in (("one document", [longest]), ("batch", batch)):
        n_tokens, best_s = 0, float("inf")
        for _ in range(3):
            start = time.perf_counter()
            scores = scorer.score_many(chosen)
            best_s = min(best_s, time.perf_counter() - start)
            n_tokens = sum(len(each.surprisal_bits) for each in scores)
        share = n_tokens * 2 * matrices / best_s / flops
        print(f"{name:16}  {n_tokens / best_s:8.0f} tokens/s ({n_tokens} tokens, {share:.0%})")
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory            {memory_mib:8.0f} MiB at most")


if __name__ == "__main__":
    main()
