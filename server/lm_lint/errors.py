"""Every exception that lm-lint raises on purpose, as one tree.

    LmLintError
    |-- InputError            something that was asked for cannot be linted
    |   |-- UnreadableInput   missing, not permitted, deleted meanwhile, a loop of links
    |   |-- UnknownLanguage   neither the name nor an option says which language it is
    |   |-- ForeignNotebook   a notebook in another language than Python, or of a format of long ago
    |   `-- NothingToLint     a directory in which no file has a known extension
    |-- NotWritten            a repaired file could not be written; it is as it was
    |   `-- ChangedMeanwhile  it no longer holds what was linted
    |-- GitError              what git was asked about the repository it could not say
    |-- ConfigError           a configuration file cannot be read or says what it must not
    |-- UnknownCode           no finding has the code that was named
    |-- ModelError            the released model cannot be used
    |   |-- ModelMissing      there is no such folder, or a file of it is absent
    |   |   `-- UnknownModel  no model of that name ships with lm-lint or was installed
    |   `-- ModelDamaged      its parts are truncated, altered, or do not belong together
    |-- CellUnknown           the network has no such cell, or none is known to follow what was asked for
    |-- HeadsMissing          the model has no heads, or none for the language that was asked about
    |-- NotInstalled          a model could not be installed, packed or removed; what was there stays
    |   |-- NotFetched        what is at an address could not be had
    |   `-- BadArchive        it holds something else than a model, or less than a whole one
    |-- CompressionError      a file could not be compressed, or not read back; nothing was written
    |   |-- CompressionMissing  packages that this takes are not installed
    |   |-- BadCompressed     it is damaged, or `lm-lint compress` never made it
    |   |-- LaterVersion      a later lm-lint made it
    |   `-- MadeElsewhere     another model made it, or a machine whose last digits are others
    `-- DeviceError           the device that was asked for does not exist or does not work

`Abandoned` and `ModelNeeded` are no errors and stand apart: they unwind work that the caller no longer wants, or that
takes what it does not want to load.

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


class ForeignNotebook(InputError):
    """A notebook in another language than Python, or of a format that nobody has written for years."""


class NothingToLint(InputError):
    """The directory holds no file with a known extension."""


class NotWritten(LmLintError):
    """A repaired file could not take the place of the old one, which is as it was; other files still can."""


class ChangedMeanwhile(NotWritten):
    """The file no longer holds what was linted, so repairs made for that do not fit."""


class GitError(LmLintError):
    """git is missing, there is no repository, or it does not know what was named; nothing is linted."""


class ConfigError(LmLintError):
    """A configuration file cannot be read, or says what it must not; nothing is linted by half of its rules."""


class UnknownCode(LmLintError):
    """No finding has the code that was named, or none fits the pattern."""


class ModelError(LmLintError):
    """The released model cannot be used; nothing can be linted."""


class ModelMissing(ModelError):
    """There is no such model folder, or one of its files is absent."""


class UnknownModel(ModelMissing):
    """No model of that name ships with lm-lint or was installed."""


class ModelDamaged(ModelError):
    """The parts of the model folder are truncated, altered, or do not belong together."""


class CellUnknown(LmLintError):
    """The network has no such cell, or none is known that follows what was asked for."""


class HeadsMissing(LmLintError):
    """The model has no heads, or none for the language that was asked about."""


class NotInstalled(LmLintError):
    """A model could not be installed, packed or removed; what was there before is as it was."""


class NotFetched(NotInstalled):
    """What is at an address could not be had: there is nothing, no way to it, or less than was promised."""


class BadArchive(NotInstalled):
    """An archive holds something else than one model, is not whole, or not the one that was expected."""


class CompressionError(LmLintError):
    """A file could not be compressed, or not be read back; nothing was written."""


class CompressionMissing(CompressionError):
    """The packages that compression takes are not installed."""


class BadCompressed(CompressionError):
    """A compressed file is damaged, or is none."""


class LaterVersion(CompressionError):
    """A compressed file is of a later version of the format."""


class MadeElsewhere(CompressionError):
    """A compressed file is another model's, or of a machine that computes other last digits."""


class DeviceError(LmLintError):
    """The device that was asked for does not exist or does not work."""


class Abandoned(Exception):
    """The work was given up between two chunks because the caller no longer wants it."""


class ModelNeeded(Exception):
    """The work takes the model, which is not loaded and is not to be."""
