"""Makes partitioned tables with PyIceberg: write_partitioned.py FOLDER. Prints a name and a metadata file for each."""

import datetime
import decimal
import sys

import pyarrow as pa
from partitions import stored
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    YearTransform,
)

COLUMNS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("day", pa.date32()),
        pa.field("moment", pa.timestamp("us", tz="UTC")),
        pa.field("price", pa.decimal128(9, 2)),
    ]
)
SPECS = {
    "identity": [("name", IdentityTransform())],
    "bucket": [("id", BucketTransform(4)), ("name", BucketTransform(2))],
    "truncate": [("id", TruncateTransform(10)), ("name", TruncateTransform(2)), ("price", TruncateTransform(500))],
    "year": [("day", YearTransform())],
    "month": [("moment", MonthTransform())],
    "day": [("day", DayTransform())],
    "hour": [("moment", HourTransform())],
}


def by_value(self, source):
    """PyIceberg's own transforms of single values: those of whole columns lie in a package of their own, in Rust."""
    transform = self.transform(source)
    kind = schema_to_pyarrow(self.result_type(source))
    given = pa.int32() if pa.types.is_date(kind) else kind
    return lambda array: pa.array([transform(stored(value)) for value in array.to_pylist()], given).cast(kind)


for kind in (BucketTransform, TruncateTransform, YearTransform, MonthTransform, DayTransform, HourTransform):
    kind.pyarrow_transform = by_value


def rows(numbers):
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    values = [
        {
            "id": number,
            "name": None if number % 7 == 3 else f"n{number % 5}é",
            "day": None if number % 11 == 4 else datetime.date(1970, 1, 1) + datetime.timedelta(days=number * 40),
            "moment": start + datetime.timedelta(hours=number * 9, microseconds=-1),
            "price": decimal.Decimal(number * 125).scaleb(-2),
        }
        for number in numbers
    ]
    return pa.Table.from_pylist(values, COLUMNS)


def main(folder):
    catalog = SqlCatalog("test", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/outside")
    catalog.create_namespace("outside")
    for name, fields in SPECS.items():
        table = catalog.create_table(f"outside.{name}", COLUMNS)
        table.append(rows(range(-30, -20)))
        with table.update_spec() as update:
            for column, transform in fields:
                update.add_field(column, transform, f"{column}_{name}")
        table.append(rows(range(-20, 10)))
        table.append(rows(range(10, 30)))
        print(name, table.refresh().metadata_location)


main(sys.argv[1])
