"""Every exception that lm-lint raises on purpose, as one tree.

    LmLintError
    |-- InputError            something that was asked for cannot be linted
    |   |-- UnreadableInput   missing, not permitted, deleted meanwhile, a loop of links
    |   |-- UnknownLanguage   neither the name nor an option says which language it is
    |   `-- NothingToLint     a directory in which no file has a known extension
    |-- ConfigError           a configuration file cannot be read or says what it must not
    |-- ModelError            the released model cannot be used
    |   |-- ModelMissing      there is no such folder, or a file of it is absent
    |   `-- ModelDamaged      its parts are truncated, altered, or do not belong together
    `-- DeviceError           the device that was asked for does not exist or does not work

`Abandoned` is no error and stands apart: it unwinds work that the caller no longer wants.

A message says what was found, what was expected and what to do next: it is shown to people as it is, without a
traceback. Text is never an error: odd text gives an empty list of diagnostics.
"""


class LmLintError(Exception):
    """The root: the message is a whole sentence for the person who ran lm-lint."""


class InputError(LmLintError):
    """Something that was asked for cannot be linted; other inputs still can."""


class UnreadableInput(InputError):
    """The file is missing, not permitted, or went away between being listed and being read."""


class UnknownLanguage(InputError):
    """Neither the file's name nor an option says which language it is in."""


class NothingToLint(InputError):
    """The directory holds no file with a known extension."""


class ConfigError(LmLintError):
    """A configuration file cannot be read, or says what it must not; nothing is linted by half of its rules."""


class ModelError(LmLintError):
    """The released model cannot be used; nothing can be linted."""


class ModelMissing(ModelError):
    """There is no such model folder, or one of its files is absent."""


class ModelDamaged(ModelError):
    """The parts of the model folder are truncated, altered, or do not belong together."""


class DeviceError(LmLintError):
    """The device that was asked for does not exist or does not work."""


class Abandoned(Exception):
    """The work was given up between two chunks because the caller no longer wants it."""
