"""The imports: does every handler load from the zip alone, with nothing else that could help it?"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# -I and -S leave the standard library only. What it loads from elsewhere would be missing on Lambda.
_LOAD = r"""
import sys, sysconfig
place, module, *names = sys.argv[1:]
sys.path.insert(0, place)
if module != "app":
    sys.modules["app"] = None
import importlib
loaded = importlib.import_module(module)
lacking = [name for name in names if not callable(getattr(loaded, name, None))]
print(*(f"{module}.{name} is not callable" for name in lacking), sep="\n")
own = (place, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
files = [getattr(one, "__file__", None) or place for one in list(sys.modules.values())]
foreign = [file for file in files if not file.startswith(own) or "site-packages" in file]
print(*(f"{module} needs {file}" for file in foreign), sep="\n")
"""


def handlers(template: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the handlers by their modules."""
    found: dict[str, list[str]] = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            module, _, name = resource["Properties"]["Handler"].rpartition(".")
            found.setdefault(module.replace("/", "."), []).append(name)
    return found


def import_errors(path: Path, modules: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with loading each module in a process of its own, from the unpacked zip."""
    with tempfile.TemporaryDirectory(prefix="forecourt-zip-") as place:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(place)
        return [error for module, names in modules.items() for error in _errors(place, module, names)]


def _errors(place: str, module: str, names: list[str]) -> list[str]:
    command = [sys.executable, "-I", "-S", "-c", _LOAD, place, module, *names]
    loaded = subprocess.run(command, cwd="/", env={}, capture_output=True, text=True)
    if loaded.returncode:
        return [f"{module} does not load from the zip: {loaded.stderr.strip().splitlines()[-1]}"]
    return [line for line in loaded.stdout.splitlines() if line]
