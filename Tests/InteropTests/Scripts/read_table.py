"""Prints the rows that readers see under metadata files: read_table.py EXTENSIONS READERS METADATA..."""

import sys

from canonical import lines
from readers import DuckDB, PyIceberg, engine


def main(extensions, readers, files):
    connection = engine(extensions)
    for file in files:
        for name in readers.split(","):
            reader = PyIceberg(file) if name == "pyiceberg" else DuckDB(file, connection)
            print("==", name, file)
            print("count", reader.count())
            for line in lines(reader.rows()):
                print(line)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
