"""Whether a folder that came from somewhere is a model that works: tried before it gets a name.

Its parts must be those that its config was written for, and together make a network that computes. All that is read
here may have been made to do harm, so whatever its readers stumble over is a sentence about the folder.
"""

from __future__ import annotations

from pathlib import Path

from lm_lint import model_folder
from lm_lint.errors import ModelDamaged, ModelError
from lm_lint.shape import NetworkConfig
from lm_lint.text import LANGUAGES

_TEXT = "x = (1, 2)\n"


def check(folder: Path) -> None:
    """Raises ModelMissing, ModelDamaged."""
    config = model_folder.check(folder)
    try:
        problem = NetworkConfig.from_dict(config["network"]).problem() or _problem_of_parts(folder)
    except ModelError:
        raise
    except Exception as error:
        raise _damaged(folder, error) from error
    except BaseException as error:
        # What the library for tokenizers did not foresee is no Exception; Ctrl-C is none either.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(folder, error) from error
    if problem:
        raise ModelDamaged(f"{folder}: this is no model that could work: {problem}")


def _problem_of_parts(folder: Path) -> str | None:
    """Read everything, and have it compute."""
    import numpy as np

    from lm_lint import light_scorer

    scorer = light_scorer.load(folder)
    with np.errstate(all="ignore"):
        bits = [scorer.score(_TEXT, language).surprisal_bits for language in LANGUAGES]
    return None if np.isfinite(bits).all() else "its numbers come to no sum"


def _damaged(folder: Path, error: BaseException) -> ModelDamaged:
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return ModelDamaged(f"{folder}: its parts cannot be read ({said:.200})")
