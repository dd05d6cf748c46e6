"""Recomputes the partition of every row with PyIceberg's transforms: check_partitions.py METADATA..."""

import sys

import pyarrow.parquet as pq
from partitions import stored
from pyiceberg.table import StaticTable


def column(path, field_id):
    table = pq.ParquetFile(path)
    for name, field in zip(table.schema_arrow.names, table.schema_arrow):
        if field.metadata and field.metadata.get(b"PARQUET:field_id") == str(field_id).encode():
            return [stored(value) for value in table.read([name])[name].to_pylist()]
    return None


def check(metadata):
    table = StaticTable.from_metadata(metadata)
    checked = 0
    for task in table.scan().plan_files():
        spec = table.specs()[task.file.spec_id]
        for place, field in enumerate(spec.fields):
            values = column(task.file.file_path.removeprefix("file://"), field.source_id)
            if values is None:
                print(f"{task.file.file_path} has no column {field.source_id}")
                continue
            transform = field.transform.transform(table.schema().find_type(field.source_id))
            stated = stored(task.file.partition[place])
            for value in set(values):
                computed = stored(transform(value))
                checked += 1
                if computed != stated:
                    print(f"{field.transform} of a value is {computed!r}, the file says {stated!r}: {metadata}")
    print("checked", checked)


for name in sys.argv[1:]:
    check(name)
