"""Training: one script for a CPU, a GPU, and several processes under torchrun.

    python -m models train models/configs/small.toml --minutes 100
    torchrun --nproc-per-node 2 -m models train models/configs/small.toml --steps 50

A run's folder (runs/NAME) holds config.json, log.csv, loss.png and a checkpoint from which the
same command goes on; init.json names the released weights that it started from, where it did.
The schedule is a function of progress, which is the largest of the share of the steps, that of the
wall-clock time, so that a run can land at a given time, and that of the processor's time, so that
runs beside other work can be compared.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor

from lm_lint import weights
from lm_lint.device import compute_dtype
from lm_lint.errors import ModelDamaged, ModelMissing
from lm_lint.model import Network, NetworkConfig, State
from models.data import PIECE, Lanes
from models.few_bits import few_bits
from models.loss import compiled_kernel, fused_cross_entropy
from models.optimizer import Muon, is_matrix
from models.report import RunLog

if os.name != "posix":  # pragma: no cover - training is done on Linux and macOS
    raise ImportError("training needs a POSIX system")
import tomllib

PACED_STEPS = 40  # steps whose fastest tells the pace


@dataclass(frozen=True)
class TrainConfig:
    """What a run does; a config file lists only what differs from these defaults."""

    name: str = "small"
    tokens: str = "data/tokens"
    tokenizer: str = "data/tokenizer.json"
    init: str = ""  # a released folder whose weights the run starts from; fresh ones where empty
    seed: int = 1
    share: float = 1.0  # of each language's documents
    piece: int = PIECE  # tokens of a document that are read at a stretch
    carry: bool = True  # whether the state goes on from chunk to chunk
    dropout: float = 0.0  # of what each layer adds to the stream
    lanes: int = 24  # over all processes; a multiple of the languages and the processes
    chunk: int = 256  # tokens a step and lane
    optimizer: str = "muon"  # or "adamw"
    muon_lr: float = 0.02
    adam_lr: float = 3e-3
    weight_decay: float = 0.1
    warmup: float = 0.01  # shares of the progress
    decay: float = 0.5
    clip: float = 1.0
    compile: bool = True
    bf16: bool = True  # where the device multiplies matrices in it; emulated it is ten times slower
    valid_tokens: int = 49152  # per language
    valid_minutes: float = 10.0
    checkpoint_minutes: float = 5.0
    languages: tuple[str, ...] = ("c", "html", "python")
    weight_bits: dict[str, int] = field(default_factory=dict)  # few_bits.py: of w_in, w_out, ...
    network: NetworkConfig = field(default_factory=NetworkConfig)


def read_config(path: Path, overrides: dict[str, Any]) -> TrainConfig:
    """A config from TOML, top-level keys of TrainConfig and a table [network].

    Raises click.UsageError for a key that does not exist.
    """
    values = {**tomllib.loads(path.read_text()), **overrides}
    network = values.pop("network", {})
    for given, known in ((values, TrainConfig), (network, NetworkConfig)):
        unknown = set(given) - {f.name for f in fields(known)}
        if unknown:
            raise click.UsageError(f"{path}: unknown keys {', '.join(sorted(unknown))}")
    if "languages" in values:
        values["languages"] = tuple(values["languages"])
    return TrainConfig(**values, network=NetworkConfig.from_dict(network))


def schedule(progress: float, warmup: float, decay: float) -> float:
    """The share of the learning rate: up, level, and down to zero over the last `decay`."""
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return max(min(1.0, (1.0 - progress) / decay), 0.0)


class Trainer:
    """A network, its optimizers and its lanes; `step` advances all of them by one chunk."""

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device = config, device
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world = dist.get_world_size() if dist.is_initialized() else 1
        torch.manual_seed(config.seed)
        self.network = Network(config.network)
        self.network.initialize(config.seed)
        self.network.to(device)
        self.network.compute_dtype = compute_dtype(device) if config.bf16 else torch.float32
        named = list(self.network.named_parameters())
        matrices = [(n, p) for n, p in named if config.optimizer == "muon" and is_matrix(n)]
        taken = {n for n, _ in matrices}
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                [p for n, p in named if n not in taken],
                lr=config.adam_lr,
                betas=(0.9, 0.95),
                weight_decay=0.0 if matrices else config.weight_decay,
                fused=True,
            )
        ]
        if matrices:
            self.optimizers.append(
                Muon(matrices, lr=config.muon_lr, weight_decay=config.weight_decay)
            )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["full_lr"] = group["lr"]
        n_lanes = config.lanes // self.world
        self.lanes = Lanes(
            Path(config.tokens),
            config.languages,
            "train",
            n_lanes,
            self.rank,
            self.world,
            piece=config.piece,
            share=config.share,
        )
        self.state = self.network.empty_state(n_lanes)
        self.step_count = 0
        self.elapsed_s = 0.0
        self.fastest_s = math.inf  # processor time of the fastest of the first steps
        if config.dropout:
            for layer in (*self.network.mixers, *self.network.mlps):
                layer.register_forward_hook(partial(_drop, share=config.dropout))
        self.features: Any = self._features
        self.kernel: Any = None
        if config.compile:
            self.features = torch.compile(self._features, dynamic=False)
            self.kernel = compiled_kernel()

    def _features(
        self, ids: Tensor, since: Tensor, latest: Tensor, layers: list[tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor, Tensor, list[tuple[Tensor, Tensor]]]:
        features, trace = self.network.trace(ids, State(since, latest, layers))
        last = trace.last()
        return features, last.since, last.latest, last.layers

    def _loss(self, chunk: Tensor, state: State) -> tuple[Tensor, State]:
        """chunk (B, T + 1) int64 -> mean loss in nats, and the state after it."""
        features, *after = self.features(chunk[:, :-1], state.since, state.latest, state.layers)
        flat = features.reshape(-1, features.shape[-1])
        targets = chunk[:, 1:].reshape(-1)
        more = () if self.kernel is None else (self.kernel,)
        loss = fused_cross_entropy(flat, self.network.embedding, targets, *more)
        return loss, State(*after).detach()

    def step(self, progress: float) -> float:
        """One chunk of every lane. Returns the mean loss in nats over all processes."""
        config = self.config
        began = time.process_time()
        chunk = self.lanes.next(config.chunk).to(self.device)
        if not config.carry:
            self.state = self.network.empty_state(len(chunk))
        with few_bits(self.network, config.weight_bits):
            loss, self.state = self._loss(chunk, self.state)
            loss.backward()  # type: ignore[no-untyped-call]
        self._average_gradients()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        share = schedule(progress, config.warmup, config.decay)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_lr"] * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step_count += 1
        if self.step_count <= PACED_STEPS:
            self.fastest_s = min(self.fastest_s, time.process_time() - began)
        return self._averaged(loss.detach())

    def _average_gradients(self) -> None:
        """One all-reduce over all gradients laid end to end: the network is small."""
        if self.world == 1:
            return
        grads = [p.grad for p in self.network.parameters() if p.grad is not None]
        flat = torch._utils._flatten_dense_tensors(grads)
        dist.all_reduce(flat)
        flat /= self.world
        for grad, mean in zip(
            grads, torch._utils._unflatten_dense_tensors(flat, grads), strict=True
        ):
            grad.copy_(mean)

    def _averaged(self, value: Tensor) -> float:
        if self.world > 1:
            dist.all_reduce(value)
            value /= self.world
        return float(value)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Bits per byte of the first tokens of each validation file, state carried.

        The files are cut into lanes that start inside documents, so this is a little worse
        than `evaluate`, which is the figure to quote.
        """
        res: dict[str, float] = {}
        for language in self.config.languages:
            folder = Path(self.config.tokens)
            if not (folder / f"{language}.valid.bin").exists():
                continue
            n_lanes = self.config.lanes // self.world
            lanes = Lanes(folder, (language,), "valid", n_lanes, self.rank, self.world)
            n_chunks = max(
                1, self.config.valid_tokens // (n_lanes * self.world * self.config.chunk)
            )
            state = self.network.empty_state(n_lanes)
            total = torch.zeros((), device=self.device)
            with few_bits(self.network, self.config.weight_bits):
                for _ in range(n_chunks):
                    loss, state = self._loss(lanes.next(self.config.chunk).to(self.device), state)
                    total += loss
            nats = self._averaged(total / n_chunks)
            res[language] = nats / 0.6931471805599453 / lanes.bytes_per_token
        return res

    def save(self, folder: Path) -> None:
        """Everything that `resume` needs, written beside and then renamed."""
        if self.rank == 0:
            parameters = {f"network.{n}": p for n, p in self.network.named_parameters()}
            tensors = {n: t.detach().contiguous().clone() for n, t in parameters.items()}
            for which, optimizer in enumerate(self.optimizers):
                for index, state in optimizer.state_dict()["state"].items():
                    for key, value in state.items():
                        tensors[f"optimizer.{which}.{index}.{key}"] = value.contiguous().clone()
            facts = {
                "step": self.step_count,
                "elapsed_s": self.elapsed_s,
                "fastest_s": self.fastest_s if self.step_count else None,
            }
            temporary = folder / "checkpoint.new"
            save_file(tensors, temporary, {"facts": json.dumps(facts)})
            temporary.replace(folder / "checkpoint.safetensors")

    def start_from(self, released: Path) -> dict[str, Any]:
        """Take over the weights of a released folder; the optimizers stay fresh.

        A layer may attend here where it does not there, or the other way round; it then starts
        afresh, and all the rest is taken over.

        Returns where they come from: the folder's name, training and hashes.
        Raises click.UsageError where the folder is none, or its network or tokenizer is another than this run's.
        """
        try:
            release = weights.load(released, "cpu", torch.float32)
        except (ModelDamaged, ModelMissing) as error:
            raise click.UsageError(str(error)) from error
        expected, found = self.config.network.to_dict(), release.network.config.to_dict()
        free = ("attention_layers", "window")
        differing = sorted(k for k in expected if k not in free and found[k] != expected[k])
        if differing:
            told = ", ".join(f"{key} {found[key]} and not {expected[key]}" for key in differing)
            raise click.UsageError(f"{released}: its network has {told}; change [network].")
        if (released / "tokenizer.json").read_bytes() != Path(self.config.tokenizer).read_bytes():
            raise click.UsageError(
                f"{released} has another tokenizer than {self.config.tokenizer}: copy its "
                "tokenizer.json there and run `python -m models tokenize` again."
            )
        with torch.no_grad():
            taken = dict(release.network.named_parameters())
            kinds = zip(self.network.mixers, release.network.mixers, strict=True)
            for layer, (mine, its) in enumerate(kinds):
                if type(mine) is not type(its):
                    taken = {n: p for n, p in taken.items() if f"mixers.{layer}." not in n}
            for name, parameter in taken.items():
                self.network.get_parameter(name).copy_(parameter)
        return {key: release.config[key] for key in ("name", "training", "sha256")}

    def resume(self, folder: Path) -> bool:
        """Go on from the folder's checkpoint, if there is one. Lanes start with empty states."""
        path = folder / "checkpoint.safetensors"
        if not path.exists():
            return False
        tensors = load_file(path)
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        facts = json.loads(header["__metadata__"]["facts"])
        parameters = dict(self.network.named_parameters())
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[f"network.{name}"])
        for which, optimizer in enumerate(self.optimizers):
            state_dict = optimizer.state_dict()
            for name, value in tensors.items():
                if name.startswith(f"optimizer.{which}."):
                    index, key = name.split(".")[2:]
                    state_dict["state"].setdefault(int(index), {})[key] = value
            optimizer.load_state_dict(state_dict)
        self.step_count, self.elapsed_s = facts["step"], facts["elapsed_s"]
        self.fastest_s = facts.get("fastest_s") or math.inf
        self.lanes.skip(self.step_count * self.config.chunk)
        return True


def _drop(layer: torch.nn.Module, args: tuple[Tensor, ...], output: Any, share: float) -> Any:
    """A forward hook: dropout (Srivastava et al. 2014) of what the layer adds to the stream."""
    x, *rest = output if isinstance(output, tuple) else (output,)
    x = args[0] + torch.nn.functional.dropout(x - args[0], share, torch.is_grad_enabled())
    return (x, *rest) if rest else x


def run(
    config: TrainConfig,
    folder: Path,
    minutes: float | None,
    steps: int | None,
    device: str,
    processor_minutes: float | None = None,
) -> Trainer:
    """Train until the time or the steps are over, whichever is first.

    minutes            wall-clock time
    processor_minutes  steps as many as the processor takes so long for at the pace of the fastest
                       of the first ones: another run on the machine makes no difference to it
    """
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, torch.device(device))
    log = RunLog(folder, trainer.rank == 0)
    if trainer.resume(folder):
        log.say(f"going on from step {trainer.step_count}")
    elif config.init:
        origin = trainer.start_from(Path(config.init))
        (folder / "init.json").write_text(json.dumps(origin, indent=2) + "\n")
        log.say(f"starting from the weights of {config.init}")
    (folder / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n")
    n_parameters = sum(p.numel() for p in trainer.network.parameters())
    dtype = str(trainer.network.compute_dtype).removeprefix("torch.")
    log.say(
        f"{n_parameters / 1e6:.2f} M parameters, {device} in {dtype}, {trainer.world} process(es)"
    )
    tokens_a_step = config.lanes * config.chunk
    before_s = trainer.elapsed_s
    start = time.monotonic()
    last_valid = last_saved = trainer.elapsed_s
    stop = _Stop()
    for progress in _progress(trainer, minutes, steps, processor_minutes, stop):
        loss_nats = trainer.step(progress)
        trainer.elapsed_s = before_s + time.monotonic() - start
        log.step(
            trainer.step_count,
            trainer.step_count * tokens_a_step,
            trainer.elapsed_s,
            loss_nats,
            progress,
        )
        if trainer.elapsed_s - last_valid > config.valid_minutes * 60:
            log.valid(trainer.step_count, trainer.elapsed_s, trainer.validate())
            last_valid = trainer.elapsed_s
        if trainer.elapsed_s - last_saved > config.checkpoint_minutes * 60:
            trainer.save(folder)
            log.flush()
            last_saved = trainer.elapsed_s
    trainer.save(folder)
    stop.end()
    if not stop.asked:
        log.valid(trainer.step_count, trainer.elapsed_s, trainer.validate())
    log.close()
    return trainer


class _Stop:
    """Whether the process was asked to end (SIGTERM, as `timeout` sends it): a run then saves and goes."""

    def __init__(self) -> None:
        self.asked = False
        self._before = signal.signal(signal.SIGTERM, self._ask)

    def end(self) -> None:
        """What comes after the run is ended as it was before."""
        signal.signal(signal.SIGTERM, self._before)

    def _ask(self, *_: object) -> None:
        self.asked = True


def _progress(
    trainer: Trainer,
    minutes: float | None,
    steps: int | None,
    processor_minutes: float | None,
    stop: _Stop,
) -> Iterator[float]:
    """Shares of the run that are over, until it is or rank 0 is asked to stop: all processes hear rank 0."""
    while True:
        by_time = trainer.elapsed_s / (minutes * 60) if minutes else 0.0
        by_steps = trainer.step_count / steps if steps else 0.0
        by_pace = 0.0
        if processor_minutes and trainer.step_count:
            by_pace = trainer.step_count * trainer.fastest_s / (processor_minutes * 60)
        told = torch.tensor([max(by_time, by_steps, by_pace), stop.asked], dtype=torch.float64)
        if trainer.world > 1:
            told = told.to(trainer.device)
            dist.broadcast(told, 0)
        progress, stop.asked = float(told[0]), bool(told[1])
        if progress >= 1.0 or stop.asked:
            return
        yield progress


@click.command("train")
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--minutes", type=float, help="End after this much wall-clock time, in all.")
@click.option("--steps", type=int, help="End after this many steps, in all.")
@click.option(
    "--processor-minutes", type=float, help="End after so much work for the processor, in all."
)
@click.option("--device", default="auto", help="auto, cpu or cuda.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: runs/NAME.")
@click.option("--init", metavar="FOLDER", help="Start from the weights of a released folder.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=JSON", help="Override a key.")
def command(
    config: Path,
    minutes: float | None,
    steps: int | None,
    processor_minutes: float | None,
    device: str,
    out: Path | None,
    init: str | None,
    assignments: tuple[str, ...],
) -> None:
    """Train a network on the packed tokens; the same command goes on after an interruption."""
    if minutes is None and steps is None and processor_minutes is None:
        raise click.UsageError("say how long: --minutes, --steps or --processor-minutes")
    overrides = {key: json.loads(value) for key, value in (a.split("=", 1) for a in assignments)}
    if init:
        overrides["init"] = init
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if "LOCAL_RANK" in os.environ:
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
        if device == "cuda":
            device = f"cuda:{os.environ['LOCAL_RANK']}"
    settings = read_config(config, overrides)
    run(settings, out or Path("runs") / settings.name, minutes, steps, device, processor_minutes)
    if dist.is_initialized():
        # Nobody leaves while another still saves and validates: threads that wait for a peer which
        # is gone end the process with an abort.
        dist.barrier()
        dist.destroy_process_group()
