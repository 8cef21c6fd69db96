"""The tenant document: one YAML file that describes a platform (contract §4).

`loader.load` reads and judges a file; `normal.defaults` completes it, `normal.canonical` writes it back;
`jsonschema.json_schema` describes it to editors. Nothing here knows Flask or the database.
"""
