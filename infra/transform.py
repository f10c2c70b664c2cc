"""The transform: which plain CloudFormation resources does a SAM template stand for?"""

import copy
from types import SimpleNamespace
from typing import Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

# The translator wants a region to look up partitions; the template it writes names none.
ANY_REGION = SimpleNamespace(region_name="us-east-1")


def to_cloudformation(template: dict[str, Any]) -> dict[str, Any]:
    """The template as AWS would read it after its SAM transform; the argument is left alone.

    Raises: samtranslator's InvalidDocumentException naming every resource it refuses.
    """
    fragment = copy.deepcopy(template)
    defaults = {name: fields.get("Default", name) for name, fields in fragment.get("Parameters", {}).items()}
    to_py27_compatible_template(fragment, defaults)
    translator = Translator(None, Parser(), boto_session=ANY_REGION)
    transformed: dict[str, Any] = undo_mark_unicode_str_in_template(
        translator.translate(fragment, parameter_values=defaults)
    )
    translator.metrics.publish()  # to nobody: of those that are kept it complains when the process ends
    # The translator walks sets; in order of their names the same input gives the same bytes.
    transformed["Resources"] = dict(sorted(transformed["Resources"].items()))
    return transformed
