"""The pieces: what do we add to the template that Chalice writes?

One YAML file a topic in infra/template, merged in the order of their names, and over them those
of the stage's own folder (infra/template/prod): all that a stage has otherwise than the others.
`${Stage}` stands for the stage and is filled in here; a top-level key `x-…` holds anchors only.
"""

from pathlib import Path
from typing import Any

import yaml

PIECES = Path(__file__).parent / "template"

Template = dict[str, Any]


class PieceLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref`, `!GetAtt`, `!Sub`."""


def _intrinsic(loader: PieceLoader, suffix: str, node: yaml.Node) -> Template:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"!{suffix} of a mapping", node.start_mark)
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


PieceLoader.add_multi_constructor("!", _intrinsic)


def merge(ours: Any, theirs: Any) -> Any:
    """Lay ours over theirs: mappings are merged key by key, everything else is replaced."""
    if not (isinstance(ours, dict) and isinstance(theirs, dict)):
        return ours
    return theirs | {key: merge(value, theirs.get(key)) for key, value in ours.items()}


def load_pieces(stage: str) -> Template:
    """All pieces as one template fragment of this stage."""
    whole: Template = {}
    for path in [*sorted(PIECES.glob("*.yaml")), *sorted(PIECES.glob(f"{stage}/*.yaml"))]:
        text = path.read_text(encoding="utf-8").replace("${Stage}", stage)
        piece = yaml.load(text, Loader=PieceLoader)  # noqa: S506  # nosec B506: a safe loader, by inheritance
        whole = merge({key: value for key, value in piece.items() if not key.startswith("x-")}, whole)
    return whole
