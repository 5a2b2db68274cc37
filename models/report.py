"""What a training run leaves behind for people: a progress bar, log.csv and loss.png."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from tqdm import tqdm

_SMOOTHING = 0.98


class RunLog:
    """One run's log. With `active` false (another process than the first) it does nothing."""

    def __init__(self, folder: Path, active: bool) -> None:
        self.folder, self.active = folder, active
        self._smooth: float | None = None
        self._bar: tqdm[None] | None = None
        if active:
            self._file = (folder / "log.csv").open("a", newline="")
            self._csv = csv.writer(self._file)
            if self._file.tell() == 0:
                self._csv.writerow(["step", "tokens", "seconds", "loss_nats", "what"])
            self._bar = tqdm(
                total=100, unit="%", bar_format="{l_bar}{bar}| {postfix}", mininterval=5
            )

    def say(self, sentence: str) -> None:
        if self.active:
            tqdm.write(sentence)

    def step(
        self, step: int, tokens: int, seconds: float, loss_nats: float, progress: float
    ) -> None:
        """One training step; `tokens` and `seconds` count from the start of the run."""
        if not self.active or self._bar is None:
            return
        if not math.isfinite(loss_nats):
            raise FloatingPointError(f"loss {loss_nats} at step {step}: lower the learning rate")
        self._csv.writerow([step, tokens, f"{seconds:.2f}", f"{loss_nats:.5f}", "train"])
        previous = loss_nats if self._smooth is None else self._smooth
        self._smooth = _SMOOTHING * previous + (1 - _SMOOTHING) * loss_nats
        self._bar.n = round(100 * progress, 1)
        speed = tokens / max(seconds, 1e-9)
        self._bar.set_postfix_str(
            f"{tokens / 1e6:.2f} M tokens, {speed:.0f} tokens/s, "
            f"{self._smooth / math.log(2):.3f} bits/token"
        )

    def valid(self, step: int, seconds: float, bits_per_byte: dict[str, float]) -> None:
        if not self.active:
            return
        for language, value in bits_per_byte.items():
            self._csv.writerow([step, "", f"{seconds:.2f}", f"{value:.5f}", f"valid {language}"])
        text = ", ".join(f"{name} {value:.4f}" for name, value in bits_per_byte.items())
        self.say(f"step {step}, {seconds / 60:.1f} min: held-out bits per byte {text}")
        self.flush()

    def flush(self) -> None:
        if self.active:
            self._file.flush()
            draw(self.folder / "log.csv", self.folder / "loss.png")

    def close(self) -> None:
        if self.active and self._bar is not None:
            self.flush()
            self._file.close()
            self._bar.close()


def draw(log: Path, picture: Path) -> None:
    """log.csv -> a picture: bits per token in training, bits per byte on held-out text."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with log.open() as file:
        rows = list(csv.DictReader(file))
    train = [
        (float(r["seconds"]) / 60, float(r["loss_nats"])) for r in rows if r["what"] == "train"
    ]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    smooth: list[float] = []
    for _, loss_nats in train:
        previous = smooth[-1] if smooth else loss_nats / math.log(2)
        smooth.append(_SMOOTHING * previous + (1 - _SMOOTHING) * loss_nats / math.log(2))
    left.plot([minute for minute, _ in train], smooth)
    left.set(xlabel="minutes", ylabel="bits per token (training, smoothed)")
    for what in sorted({r["what"] for r in rows if r["what"].startswith("valid")}):
        points = [
            (float(r["seconds"]) / 60, float(r["loss_nats"])) for r in rows if r["what"] == what
        ]
        right.plot(*zip(*points, strict=True), marker="o", label=what.removeprefix("valid "))
    right.set(xlabel="minutes", ylabel="bits per byte (held out)")
    if right.lines:
        right.legend()
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)
