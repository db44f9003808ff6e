"""The JSON Schemas that editors read, made from the written form and the catalog.

`documents` puts a schema together, `objects` gives the mappings, `values` what a key takes,
`conditions` the facts and `kinds` their phrases, `patterns` the regular expressions, `names` what a
workspace has, `instances` what an editor makes of a file.
"""

from keepwarm.schema.json_schema.documents import DOCUMENTS, document, publish

__all__ = ["DOCUMENTS", "document", "publish"]
