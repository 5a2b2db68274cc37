"""Settings as the client gives them, for each folder of its workspace, and which files they leave out.

The client's word comes at three times: with `initialize`, as an answer to `workspace/configuration`, and with
`didChangeConfiguration`. A client that can be asked is asked; for the others the last word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lsprotocol import types
from pygls import uris

from lm_lint.config import Config, Configs
from lm_lint.errors import ConfigError
from lm_lint.lsp.convert import plain
from lm_lint.model_folder import folder_of
from lm_lint.server_settings import SECTION, FixAllSettings, ServerSettings
from lm_lint.settings import Settings

# Scopes of problems beside the URIs of folders.
FILES, EXCLUDE = "files", "exclude"


@dataclass
class Configuration:
    """base: of the command line; in place of defaults, so the editor's own settings overrule it."""

    base: Settings = field(default_factory=Settings)
    fallback: ServerSettings = field(default_factory=ServerSettings)
    folders: dict[str, ServerSettings | None] = field(default_factory=dict)
    _configs: Configs = field(default_factory=Configs)
    _problems: dict[str | None, list[str]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What is wrong with the settings in force, each said once."""
        return list(dict.fromkeys(one for ones in self._problems.values() for one in ones))

    @property
    def overall(self) -> ServerSettings:
        """What holds for the server as a whole, and for documents outside of all folders. There is one model: where
        the editor sets none, the first project counts that names one."""
        if self.fallback.model is not None or (model := self._project_model()) is None:
            return self.fallback
        return replace(self.fallback, model=str(folder_of(model)))

    @property
    def is_enabled(self) -> bool:
        """Is anything checked at all?"""
        return any(
            settings.enable for settings in (self.fallback, *self.folders.values()) if settings
        )

    def initialize(self, params: types.InitializeParams) -> None:
        options = plain(params.initialization_options)
        if isinstance(options, dict) and isinstance(options.get("settings"), dict):
            options = options["settings"]
        self.fallback = self._read(None, options)
        folders = [folder.uri for folder in params.workspace_folders or ()]
        if not folders:
            root = params.root_uri or uris.from_fs_path(params.root_path or "")
            folders = [root] if root and (params.root_uri or params.root_path) else []
        self.folders = dict.fromkeys(folders)

    def change_folders(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        for folder in event.removed:
            self.folders.pop(folder.uri, None)
            self._problems.pop(folder.uri, None)
        for folder in event.added:
            self.folders.setdefault(folder.uri, None)

    def questions(self) -> types.ConfigurationParams:
        """What to ask the client for: what holds everywhere, then for each folder."""
        scopes = [None, *self.folders]
        return types.ConfigurationParams([types.ConfigurationItem(uri, SECTION) for uri in scopes])

    def answer(self, asked: types.ConfigurationParams, answers: Sequence[object]) -> None:
        """Take in what the client said; null for a scope says nothing."""
        for item, raw in zip(asked.items, answers, strict=False):
            raw = plain(raw)
            if item.scope_uri is None:
                if raw is not None:
                    self.fallback = self._read(None, raw)
            elif item.scope_uri in self.folders:
                uri = item.scope_uri
                self.folders[uri] = None if raw is None else self._read(uri, raw)

    def tell(self, raw: object) -> None:
        """The settings of a `didChangeConfiguration`, from a client that cannot be asked."""
        self._problems.clear()
        self.fallback = self._read(None, plain(raw))
        self.folders = dict.fromkeys(self.folders)

    def _read(self, scope: str | None, raw: object) -> ServerSettings:
        read, self._problems[scope] = ServerSettings.parse(raw)
        default, model = ServerSettings(), self.base.model
        return replace(
            read,
            device=self.base.device if read.device == default.device else read.device,
            model=str(folder_of(read.model)) if read.model else str(model) if model else None,
            parser=self.base.parser and read.parser,
            min_confidence=self.base.min_confidence
            if read.min_confidence == default.min_confidence
            else read.min_confidence,
        )

    def folder_of(self, uri: str) -> str | None:
        """The innermost folder of the workspace that a document is in."""
        inside = [
            one for one in self.folders if uri == one or uri.startswith(one.rstrip("/") + "/")
        ]
        return max(inside, key=len, default=None)

    def settings_for(self, uri: str) -> ServerSettings:
        """The editor's settings for a document, with its project's values where the editor sets none."""
        folder, path = self.folder_of(uri), uris.to_fs_path(uri)
        settings = (folder and self.folders[folder]) or self.fallback
        if path is None:
            return settings
        config = self._config_of(path, folder)
        lint = config.settings_for(path, settings.lint_settings())
        fix_all = settings.fix_all
        if config.fix_confidence is not None and fix_all == FixAllSettings():
            fix_all = FixAllSettings(config.fix_confidence)
        return replace(
            settings,
            min_confidence=lint.min_confidence,
            parser=lint.parser,
            fix_all=fix_all,
            project=lint,
        )

    def is_excluded(self, uri: str) -> bool:
        path = uris.to_fs_path(uri)
        return path is not None and self.excludes(path, self.folder_of(uri))

    def excludes(self, path: str, folder: str | None, is_folder: bool = False) -> bool:
        """Does the project, or the editor's `exclude`, leave a path out? `folder` is the URI of a workspace folder."""
        settings = (folder and self.folders.get(folder)) or self.fallback
        config, wrong = self._config_of(path, folder).with_exclude(settings.exclude)
        if wrong:
            self._problems[EXCLUDE] = [f"{SECTION}.exclude: {sentence}" for sentence in wrong]
        return config.excludes(path, is_folder)

    def read_files_anew(self) -> None:
        """Configuration files may have changed."""
        self._configs.forget()
        self._problems.pop(FILES, None)
        self._problems.pop(EXCLUDE, None)

    def _project_model(self) -> str | None:
        """The name of the model that a folder's configuration names."""
        roots = [(uri, root) for uri in self.folders if (root := uris.to_fs_path(uri))]
        found = (self._config_of(str(Path(root) / "any"), uri).model for uri, root in roots)
        return next((model for model in found if model is not None), None)

    def _config_of(self, path: str, folder: str | None) -> Config:
        root = uris.to_fs_path(folder) if folder else None
        try:
            return self._configs.of(path, root)
        except ConfigError as error:
            told = self._problems.setdefault(FILES, [])
            if str(error) not in told:
                told.append(str(error))
            return Config(Path(root) if root else Path(path).parent)


def as_one_message(problems: Sequence[str]) -> str:
    """All that is wrong with the settings, for a box that people read once."""
    if len(problems) == 1:
        return f"lm-lint's settings: {problems[0]}"
    return "\n".join(["lm-lint's settings:", *(f"- {problem}" for problem in problems)])
