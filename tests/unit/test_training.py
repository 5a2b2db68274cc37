"""Training: the loss's own gradient, the optimizer, the schedule, and a run that can go on."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from lm_lint.model import NetworkConfig
from models import train as training
from models.data import Lanes
from models.loss import fused_cross_entropy
from models.optimizer import orthogonalized

ROOT = Path(__file__).resolve().parents[2]

# Muon's products in bfloat16 would magnify the last digits, in which the two ways differ.
ADAMW = ("--set", 'optimizer="adamw"', "--set", "adam_lr=0.01")

CONFIG = """
name = "tiny"
tokens = "{tokens}"
lanes = 6
chunk = 16
compile = false
bf16 = false
valid_tokens = 96
[network]
vocab_size = 64
width = 16
n_layers = 2
attention_layers = [1]
window = 16
n_heads = 2
mlp_width = 16
bigram_buckets = 32
"""


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with packed tokens that repeat, so that there is something to learn."""
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    for tag, language in enumerate(("c", "html", "python"), 2):
        documents = [
            [tag, *np.tile(np.arange(5 + 4 * (i % 9), 9 + tag + 4 * (i % 9)), 12).tolist(), 1]
            for i in range(40)
        ]
        for split in ("train", "valid"):
            row = np.concatenate(documents).astype(np.uint16)
            row.tofile(tokens / f"{language}.{split}.bin")
            facts = {"n_tokens": len(row), "n_bytes": 3 * len(row)}
            (tokens / f"{language}.{split}.json").write_text(json.dumps(facts))
    (tmp_path / "tiny.toml").write_text(CONFIG.format(tokens=tokens))
    return tmp_path


def losses(folder: Path) -> list[float]:
    with (folder / "log.csv").open() as file:
        return [float(r["loss_nats"]) for r in csv.DictReader(file) if r["what"] == "train"]


def run(workshop: Path, out: str, *arguments: str) -> Path:
    command = [str(workshop / "tiny.toml"), "--device", "cpu", "--out", str(workshop / out)]
    result = CliRunner().invoke(training.command, [*command, *arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return workshop / out


def test_fused_loss_equals_the_plain_one_and_so_do_its_gradients() -> None:
    torch.manual_seed(1)
    x = torch.randn(2500, 8, requires_grad=True)  # more than two chunks
    weight = torch.randn(30, 8, requires_grad=True)
    targets = torch.randint(0, 30, (2500,))
    plain = torch.nn.functional.cross_entropy(x @ weight.T, targets)
    fused = fused_cross_entropy(x, weight, targets)
    torch.testing.assert_close(fused, plain)
    for a, b in zip(
        torch.autograd.grad(3 * fused, [x, weight]),
        torch.autograd.grad(3 * plain, [x, weight]),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 24, 16), (1, 16, 40)])
def test_orthogonalized_matrices_have_singular_values_near_one(
    shape: tuple[int, int, int],
) -> None:
    torch.manual_seed(2)
    values = torch.linalg.svdvals(orthogonalized(torch.randn(shape)).float())
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_schedule_rises_stays_and_falls() -> None:
    shares = [training.schedule(p, 0.1, 0.5) for p in (0.0, 0.05, 0.1, 0.3, 0.5, 0.75, 1.0)]
    assert shares == pytest.approx([0.01, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0])


def test_lanes_walk_on_and_split_over_processes(workshop: Path) -> None:
    languages = ("c", "html", "python")
    whole = Lanes(workshop / "tokens", languages, "train", 6)
    first, second = whole.next(8), whole.next(8)
    assert torch.equal(first[:, -1], second[:, 0])
    halves = [Lanes(workshop / "tokens", languages, "train", 3, rank, 2) for rank in (0, 1)]
    assert torch.equal(torch.cat([half.next(8) for half in halves]), first)
    skipped = Lanes(workshop / "tokens", languages, "train", 6)
    skipped.skip(8)
    assert torch.equal(skipped.next(8), second)


def test_training_learns_and_draws(workshop: Path) -> None:
    folder = run(workshop, "run", "--steps", "80")
    found = losses(folder)
    assert len(found) == 80
    assert found[0] == pytest.approx(np.log(64), abs=0.3)
    assert found[-1] < 0.75 * found[0]
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "config.json").read_text())["chunk"] == 16


def test_the_same_seed_gives_the_same_losses(workshop: Path) -> None:
    one, other = (losses(run(workshop, name, "--steps", "5")) for name in ("one", "other"))
    assert one == other


def test_an_interrupted_run_goes_on_with_its_optimizers(workshop: Path) -> None:
    run(workshop, "parts", "--steps", "10")
    found = losses(run(workshop, "parts", "--steps", "20"))
    assert len(found) == 20
    assert found[10] < found[0]
    # Fresh optimizers with the old weights take other steps than resumed ones do.
    resumed = training.Trainer(
        training.read_config(workshop / "tiny.toml", {}), torch.device("cpu")
    )
    assert resumed.resume(workshop / "parts")
    assert resumed.step_count == 20
    assert all(optimizer.state for optimizer in resumed.optimizers)


def test_adamw_alone_trains_too(workshop: Path) -> None:
    found = losses(run(workshop, "adamw", "--steps", "20", "--set", 'optimizer="adamw"'))
    assert found[-1] < found[0]


def test_an_unknown_key_is_named(workshop: Path) -> None:
    result = CliRunner().invoke(
        training.command,
        [str(workshop / "tiny.toml"), "--steps", "1", "--set", "learning_rate=1"],
    )
    assert result.exit_code == 2
    assert "learning_rate" in result.output


def test_config_of_the_released_model_is_valid() -> None:
    config = training.read_config(ROOT / "models" / "configs" / "small.toml", {})
    assert isinstance(config.network, NetworkConfig)
    assert config.lanes % len(config.languages) == 0


@pytest.mark.slow
def test_two_processes_train_as_one_does(workshop: Path) -> None:
    """Same lanes, same seed: the averaged gradients are those of the whole batch."""
    single = losses(run(workshop, "single", "--steps", "6", *ADAMW))
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'server'}",
        "OMP_NUM_THREADS": "1",
    }
    command = f"torch.distributed.run --standalone --nproc-per-node 2 -m models train {workshop}/tiny.toml"
    arguments = [*ADAMW, "--steps", "6", "--device", "cpu", "--out", str(workshop / "pair")]
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), *arguments],
        cwd=ROOT,
        env=environment,
        timeout=600,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert losses(workshop / "pair") == pytest.approx(single, rel=2e-3)
    # Losses of two processes that never spoke are nearly as close; their weights are not.
    one, two = (
        load_file(workshop / name / "checkpoint.safetensors") for name in ("single", "pair")
    )
    for name in ("network.embedding", "network.mixers.0.w_in"):
        apart = (one[name] - two[name]).norm() / one[name].norm()
        assert apart < 0.02, name


def test_a_run_ends_when_the_processor_has_done_its_share(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that takes two seconds of the processor at its fastest, and half a minute of it."""
    ticks = iter([0.0, 9.0, *(x for n in range(100) for x in (100.0 + 10 * n, 102.0 + 10 * n))])
    monkeypatch.setattr(training.time, "process_time", lambda: next(ticks))
    folder = run(workshop, "paced", "--processor-minutes", "0.5")
    assert len(losses(folder)) == 15


def test_a_share_of_the_documents_is_read_again_and_again(workshop: Path) -> None:
    """A quarter of 40 documents: what their first tokens are repeats after ten of them."""
    few = Lanes(workshop / "tokens", ("c",), "train", 1, share=0.25).next(8000)[0].tolist()
    starts = [tuple(few[i + 1 : i + 5]) for i, token in enumerate(few[:-5]) if token == 2]
    assert len(starts) > 20
    assert starts[:10] == starts[10:20]
    pieces = Lanes(workshop / "tokens", ("c",), "train", 1, piece=16).next(800)[0]
    assert int((pieces == 2).sum()) >= 800 // 18


def test_state_that_is_not_carried_is_empty_at_each_chunk(workshop: Path) -> None:
    def trainer(**overrides: object) -> training.Trainer:
        return training.Trainer(
            training.read_config(workshop / "tiny.toml", overrides), torch.device("cpu")
        )

    carried, fresh = (
        trainer(adam_lr=0.0, muon_lr=0.0),
        trainer(adam_lr=0.0, muon_lr=0.0, carry=False),
    )
    assert carried.step(0.5) == fresh.step(0.5)
    assert carried.step(0.5) != fresh.step(0.5)
    # Weights that do not move: the second chunk alone, from nothing, costs the same.
    alone = trainer(adam_lr=0.0, muon_lr=0.0)
    alone.lanes.skip(16)
    third = trainer(adam_lr=0.0, muon_lr=0.0, carry=False)
    third.step(0.5)
    assert third.step(0.5) == pytest.approx(alone.step(0.5), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_it_computes_in_bfloat16_where_the_device_does(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(training, "compute_dtype", lambda _: dtype)
    for asked in (True, False):
        config = training.read_config(workshop / "tiny.toml", {"bf16": asked})
        trainer = training.Trainer(config, torch.device("cpu"))
        assert trainer.network.compute_dtype == (dtype if asked else torch.float32)


def test_dropout_is_for_training_alone(workshop: Path) -> None:
    overrides = {"dropout": 0.5, "adam_lr": 0.0, "muon_lr": 0.0}
    trainer = training.Trainer(
        training.read_config(workshop / "tiny.toml", overrides), torch.device("cpu")
    )
    assert trainer.validate() == trainer.validate()
    chunk = trainer.lanes.next(16)
    one, other = (
        float(trainer._loss(chunk, trainer.network.empty_state(6))[0].detach()) for _ in "12"
    )
    assert one != other


def test_a_run_that_is_told_to_end_saves_what_it_has(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = training.Trainer.step

    def step(trainer: training.Trainer, progress: float) -> float:
        if trainer.step_count == 6:
            os.kill(os.getpid(), signal.SIGTERM)
        return steps(trainer, progress)

    before = signal.getsignal(signal.SIGTERM)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(training.Trainer, "step", step)
            folder = run(workshop, "told", "--steps", "20")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(losses(folder)) == 7
    assert len(losses(run(workshop, "told", "--steps", "20"))) == 20
