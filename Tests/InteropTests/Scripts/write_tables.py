"""Makes tables with PyIceberg: write_tables.py FOLDER. Prints a name and a metadata file for every state of each."""

import datetime
import decimal
import sys
import uuid

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo, LessThan
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import BooleanType, DateType, IntegerType, LongType, NestedField, StringType

UTC = datetime.timezone.utc
COLUMNS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("flag", pa.bool_()),
        pa.field("small", pa.int32()),
        pa.field("ratio", pa.float32()),
        pa.field("exact", pa.float64()),
        pa.field("price", pa.decimal128(9, 2)),
        pa.field("wide", pa.decimal128(38, 10)),
        pa.field("day", pa.date32()),
        pa.field("at", pa.time64("us")),
        pa.field("local", pa.timestamp("us")),
        pa.field("moment", pa.timestamp("us", tz="UTC")),
        pa.field("name", pa.string()),
        pa.field("key", pa.uuid()),
        pa.field("bytes", pa.binary()),
        pa.field("three", pa.binary(3)),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("place", pa.struct([("city", pa.string()), ("zip", pa.int32())])),
        pa.field("labels", pa.map_(pa.string(), pa.int64())),
        pa.field("lines", pa.list_(pa.struct([("sku", pa.string()), ("count", pa.int32())]))),
    ]
)


def row(number):
    if number % 7 == 3:
        return {"id": number}
    return {
        "id": number,
        "flag": number % 2 == 0,
        "small": number * (-1) ** number,
        "ratio": number / 3,
        "exact": -number / 7,
        "price": decimal.Decimal(number * 100 + 1).scaleb(-2),
        "wide": decimal.Decimal(10**27 + number),
        "day": datetime.date(1960, 1, 1) + datetime.timedelta(days=number * 400),
        "at": datetime.time(number % 24, 59, 59, 999999),
        "local": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999) + datetime.timedelta(days=number),
        "moment": datetime.datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC) - datetime.timedelta(days=number * 1000),
        "name": "" if number == 5 else f"naïve {number} 東京",
        "key": uuid.UUID(int=number << 90 | number).bytes,
        "bytes": bytes([0, 255, number % 256]),
        "three": bytes([1, 2, number % 256]),
        "tags": [] if number % 3 == 0 else ["a", None, f"t{number}"],
        "place": {"city": f"c{number}", "zip": None if number % 2 else number},
        "labels": [("k", number), ("none", None)],
        "lines": [{"sku": f"s{number}", "count": number}, None] if number % 2 else [],
    }


def rows(numbers, schema=COLUMNS):
    return pa.Table.from_pylist([{k: v for k, v in row(n).items() if k in schema.names} for n in numbers], schema)


class Log:
    """Prints where the table's metadata is after each step."""

    def __init__(self, name, table):
        self.name, self.table, self.step = name, table, 0

    def __call__(self):
        self.table = self.table.refresh()
        print(f"{self.name}_{self.step}", self.table.metadata_location)
        self.step += 1
        return self.table


def grow(table, change):
    with table.update_schema(allow_incompatible_changes=True) as update:
        change(update)


def every_type(catalog, version):
    table = catalog.create_table(f"outside.v{version}", COLUMNS, properties={"format-version": version})
    log = Log(f"types_v{version}", table)
    log()
    table.append(rows(range(20)))
    log()
    table.append(rows(range(20, 30)))
    table.delete(LessThan("id", 5))
    log()
    grow(table, lambda update: update.add_column("added", StringType()))
    table = log()
    table.append(rows([40, 41]).append_column("added", pa.array(["x", None])))
    log()
    grow(table, lambda update: update.rename_column("name", "title"))
    table = log()
    table.append(rows([50]).rename_columns(["title" if n == "name" else n for n in COLUMNS.names]))
    table.delete(EqualTo("title", "naïve 21 東京"))
    log()


def reshaped(catalog):
    """What a reader by name would get wrong: swapped names, a name used again, widened types, renamed children."""
    columns = pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("small", pa.int32()),
            pa.field("ratio", pa.float32()),
            pa.field("price", pa.decimal128(9, 2)),
            pa.field("place", pa.struct([("city", pa.string()), ("zip", pa.int32())])),
            pa.field("lines", pa.list_(pa.struct([("sku", pa.string()), ("count", pa.int32())]))),
            pa.field("places", pa.map_(pa.string(), pa.struct([("city", pa.string()), ("zip", pa.int32())]))),
            pa.field("deep", pa.list_(pa.struct([("parts", pa.list_(pa.struct([("sku", pa.string())])))]))),
        ]
    )
    table = catalog.create_table("outside.reshaped", columns)
    log = Log("reshaped", table)
    nested = {
        "places": [("home", {"city": "h", "zip": 1}), ("away", {"city": None, "zip": 2})],
        "deep": [{"parts": [{"sku": "a"}, {"sku": None}]}, {"parts": []}],
    }
    first = rows(range(8), columns).to_pylist()
    table.append(pa.Table.from_pylist([row | nested for row in first], columns))
    log()
    grow(table, lambda update: update.rename_column("places.value.city", "town"))
    grow(table, lambda update: update.rename_column("deep.element.parts.element.sku", "article"))
    log()
    grow(table, lambda update: update.rename_column("small", "other"))
    grow(table, lambda update: update.rename_column("id", "small"))
    grow(table, lambda update: update.rename_column("other", "id"))
    # Lists and maps of structs are given, for PyIceberg does not keep them null.
    swapped = {"small": 100, "id": -1, "lines": [], "places": [], "deep": []}
    table.append(pa.Table.from_pylist([swapped], table.refresh().schema().as_arrow()))
    log()
    grow(table, lambda update: update.rename_column("id", "other"))
    grow(table, lambda update: update.rename_column("small", "id"))
    grow(table, lambda update: update.rename_column("other", "small"))
    grow(table, lambda update: update.update_column("small", LongType()).rename_column("small", "large"))
    log()
    grow(table, lambda update: update.delete_column("ratio"))
    grow(table, lambda update: update.add_column("ratio", IntegerType()))
    log()
    grow(table, lambda update: update.rename_column("place.city", "town"))
    log()
    grow(table, lambda update: update.add_column(("place", "land"), StringType()))
    grow(table, lambda update: update.update_column("place.zip", LongType()))
    log()
    grow(table, lambda update: update.rename_column("lines.element.sku", "article"))
    log()
    grow(table, lambda update: update.delete_column("place.zip"))
    grow(table, lambda update: update.move_first("ratio"))
    log()


def ambiguous(catalog):
    """A name inside a struct that meant another field before."""
    columns = pa.schema([pa.field("place", pa.struct([("city", pa.string()), ("zip", pa.int32())]))])
    table = catalog.create_table("outside.ambiguous", columns)
    log = Log("ambiguous", table)
    table.append(pa.Table.from_pylist([{"place": {"city": "c", "zip": 1}}], columns))
    grow(table, lambda update: update.delete_column("place.zip"))
    grow(table, lambda update: update.add_column(("place", "zip"), StringType()))
    log()


def names(catalog):
    """Names that writers change in their files, because Avro does not allow them."""
    columns = pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("unit price", pa.int32()),
            pa.field("1st", pa.string()),
            pa.field("straße", pa.string()),
            pa.field('say "hi"', pa.string()),
            pa.field("file_row_number", pa.int64()),
            pa.field("filename", pa.string()),
            pa.field("a place", pa.struct([("zip code", pa.int32()), ("city", pa.string())])),
        ]
    )
    table = catalog.create_table("outside.names", columns)
    log = Log("names", table)
    values = [[1, 2], [10, None], ["x", "y"], ["s", None], ["q", "r"], [7, 8], ["f", "g"]]
    place = [{"zip code": 12345, "city": "B"}, None]
    table.append(pa.table([*values, place], schema=columns))
    log()


def partitioned(catalog):
    columns = pa.schema([pa.field(n, COLUMNS.field(n).type) for n in ("id", "flag", "day", "name")])
    schema = Schema(
        NestedField(1, "id", LongType()),
        NestedField(2, "flag", BooleanType()),
        NestedField(3, "day", DateType()),
        NestedField(4, "name", StringType()),
    )
    spec = PartitionSpec(PartitionField(3, 1000, IdentityTransform(), "day"))
    table = catalog.create_table("outside.partitioned", schema, partition_spec=spec)
    log = Log("partitioned", table)
    table.append(rows(range(12), columns))
    log()
    with table.update_spec() as update:
        update.remove_field("day").add_field("flag", IdentityTransform(), "flag")
    table.append(rows(range(12, 20), columns))
    table.delete(LessThan("id", 3))
    log()


def many_columns(catalog):
    """Beyond the hundredth column writers keep no statistics."""
    columns = pa.schema([pa.field(f"c{number}", pa.int64()) for number in range(120)])
    table = catalog.create_table("outside.many", columns)
    log = Log("many", table)
    table.append(pa.table([[number, None] for number in range(120)], schema=columns))
    log()


def main(folder):
    catalog = SqlCatalog("outside", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/outside")
    catalog.create_namespace("outside")
    every_type(catalog, "2")
    every_type(catalog, "1")
    reshaped(catalog)
    ambiguous(catalog)
    names(catalog)
    partitioned(catalog)
    many_columns(catalog)


main(sys.argv[1])
