"""Asks readers for the rows that equal, exceed or lack each value: check_filters.py EXTENSIONS METADATA

Readers skip files by their statistics, so a bound that is wrong makes them lose rows that a full scan gives.
"""

import math
import sys

import pyarrow as pa
from canonical import kind
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual, IsNull, LessThanOrEqual, NotNull
from readers import DuckDB, PyIceberg, engine


def values_of(column):
    """What can be compared: NaN is equal to itself for one reader and to nothing for the other."""
    return [value for value in column.to_pylist() if value is not None and value == value]


def scalars(table):
    return [name for name in table.column_names if not pa.types.is_nested(table.schema.field(name).type)]


def comparisons(value):
    return [
        ("=", EqualTo, lambda other: other == value),
        ("<=", LessThanOrEqual, lambda other: other <= value),
        (">=", GreaterThanOrEqual, lambda other: other >= value),
    ]


def expect(reader, name, condition, got, wanted):
    if got != wanted:
        print(f"{reader} finds {got} rows, not {wanted}, where {name} {condition}")
    return 1


def check_pyiceberg(metadata):
    reader = PyIceberg(metadata)
    everything = reader.rows()
    checks = 0

    for name in scalars(everything):
        column = everything[name]

        def count(row_filter):
            return reader.matches(name, row_filter)

        checks += expect("pyiceberg", name, "is null", count(IsNull(name)), column.null_count)
        checks += expect("pyiceberg", name, "is not null", count(NotNull(name)), len(column) - column.null_count)
        values = values_of(column)
        for place, value in enumerate(values):
            # PyIceberg 0.12 takes an infinity for a number beyond a float: it is never equal, all rows are below it.
            if kind(column.type) == "float" and math.isinf(value):
                continue
            for sign, make, holds in comparisons(value):
                if kind(column.type) == "boolean" and sign != "=":
                    continue
                wanted = sum(holds(other) for other in values)
                checks += expect("pyiceberg", name, f"{sign} value {place}", count(make(name, value)), wanted)
    return checks


def check_duckdb(metadata, connection):
    scan = DuckDB(metadata, connection).scan
    connection.execute(f"CREATE TEMP TABLE everything AS SELECT * FROM {scan}")
    checks = 0
    for (name, type_) in connection.sql("SELECT column_name, column_type FROM (DESCRIBE everything)").fetchall():
        if any(sign in type_ for sign in "([") and not type_.startswith("DECIMAL"):
            continue
        values = connection.sql(f'SELECT DISTINCT "{name}"::VARCHAR FROM everything WHERE "{name}" IS NOT NULL')
        for place, (text,) in enumerate(values.fetchall()):
            for sign in ("=", "<=", ">="):
                # A constant, so that the reader can compare it with the bounds of files.
                literal = "'" + text.replace("'", "''").replace("\0", "'||chr(0)||'") + f"'::{type_}"
                got, wanted = (
                    connection.sql(f'SELECT count(*) FROM {source} WHERE "{name}" {sign} ({literal})').fetchone()[0]
                    for source in (scan, "everything")
                )
                checks += expect("duckdb", name, f"{sign} value {place}", got, wanted)
        for condition in ("IS NULL", "IS NOT NULL"):
            got, wanted = (
                connection.sql(f'SELECT count(*) FROM {source} WHERE "{name}" {condition}').fetchone()[0]
                for source in (scan, "everything")
            )
            checks += expect("duckdb", name, condition, got, wanted)
    return checks


def main(extensions, metadata):
    print("checked", check_pyiceberg(metadata))
    print("checked", check_duckdb(metadata, engine(extensions)))


main(sys.argv[1], sys.argv[2])
