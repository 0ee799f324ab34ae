"""Python runs this at its start where the harness, and nobody else, has put this folder on PYTHONPATH.

It plants the defect that FLORIN_DEFECT names, right after Florin's composition root has been imported.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType


class _AfterApp(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `app` by everybody else's ways, and plants the defect once it is there."""

    _real: importlib.abc.Loader

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "app":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        self._real, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        importlib.import_module(f"tests.chaos.defects.{os.environ['FLORIN_DEFECT']}").plant()


if os.environ.get("FLORIN_DEFECT"):
    sys.meta_path.insert(0, _AfterApp())
