"""Contributions from a file: read (reader), named (mapping), judged (values), written (importer), told (report)."""
