"""The readers of Iceberg tables that are not Tarn's."""

import duckdb
from pyiceberg.table import StaticTable


def engine(extensions):
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
    for name in ("avro", "iceberg"):
        connection.execute(f"LOAD '{extensions}/{name}.duckdb_extension'")
    connection.execute("SET arrow_lossless_conversion = true; SET TimeZone = 'UTC'")
    return connection


class PyIceberg:
    def __init__(self, metadata):
        self.metadata = metadata
        self.static = None

    def table(self):
        self.static = self.static or StaticTable.from_metadata(self.metadata)
        return self.static

    def rows(self):
        return self.table().scan().to_arrow()

    def matches(self, column, row_filter):
        return self.table().scan(row_filter=row_filter, selected_fields=(column,)).to_arrow().num_rows

    def count(self):
        return self.table().scan().count()


class DuckDB:
    def __init__(self, metadata, connection):
        self.scan = f"iceberg_scan('{metadata}')"
        self.connection = connection

    def rows(self):
        return self.connection.sql(f"SELECT * FROM {self.scan}").to_arrow_table()

    def count(self):
        return self.connection.sql(f"SELECT count(*) FROM {self.scan}").fetchone()[0]
