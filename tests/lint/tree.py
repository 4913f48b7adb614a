"""The project's files, as the lints see them."""

import dataclasses
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {".git", "build", "node_modules", "__pycache__"}


@dataclasses.dataclass(frozen=True, order=True)
class Fault:
    """One violation, told so that whoever caused it knows what to do."""

    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def files(root, *suffixes, under=("",)):
    """Paths relative to `root`, sorted, of the files with these suffixes; of all files where none is given."""
    found = set()
    for folder in under:
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root)
            if (not suffixes or path.suffix in suffixes) and path.is_file() and not SKIPPED & set(relative.parts):
                found.add(relative.as_posix())
    return sorted(found)


def lines(root, path):
    """(number, text) of every line."""
    text = (root / path).read_text(encoding="utf-8")
    return list(enumerate(text.splitlines(), start=1))


def write(root, path, text):
    """A file of a tree that a test makes up."""
    target = pathlib.Path(root) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
