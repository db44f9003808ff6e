"""Templates: the words of a message, compiled once and filled for each customer."""

from keepwarm.engine.templates.analysis import Analysis, NameUse, WordUse, analyse
from keepwarm.engine.templates.compiling import (
    CompiledTemplate,
    compile_details,
    compile_fields,
    compile_template,
    plain_notice,
)
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables, offer_variables

__all__ = [
    "Analysis",
    "Broken",
    "CompiledTemplate",
    "NameUse",
    "Outcome",
    "Rendered",
    "Skip",
    "WordUse",
    "analyse",
    "compile_details",
    "compile_fields",
    "compile_template",
    "message_variables",
    "offer_variables",
    "plain_notice",
]
