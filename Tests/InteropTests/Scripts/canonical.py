"""Rows of an Arrow table as texts that another reader can give in exactly the same form.

Numbers, dates and times are whole numbers (days, microseconds, unscaled decimals), floating point is its bits, texts
are plain where they are simple and else, like all binary, hexadecimal.
"""

import decimal
import re
import struct

import pyarrow as pa

decimal.getcontext().prec = 100
PLAIN = re.compile(rb"[ !#-&(-\[\]-~]*")


def kind(type_):
    if pa.types.is_boolean(type_) or isinstance(type_, pa.Bool8Type):
        return "boolean"
    if pa.types.is_int32(type_):
        return "int"
    if pa.types.is_int64(type_):
        return "long"
    if pa.types.is_float32(type_):
        return "float"
    if pa.types.is_float64(type_):
        return "double"
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision} {type_.scale})"
    if pa.types.is_date(type_):
        return "date"
    if pa.types.is_time(type_):
        return "time"
    if pa.types.is_timestamp(type_):
        return "timestamptz" if type_.tz else "timestamp"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "string"
    if isinstance(type_, pa.UuidType):
        return "uuid"
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_):
        return "binary"
    if pa.types.is_struct(type_):
        return "struct<" + " ".join(f"{field.name}:{kind(field.type)}" for field in type_) + ">"
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"list<{kind(type_.value_type)}>"
    if pa.types.is_map(type_):
        return f"map<{kind(type_.key_type)} {kind(type_.item_type)}>"
    raise TypeError(f"no canonical form for {type_}")


def bytes_text(value):
    if PLAIN.fullmatch(value):
        return "'" + value.decode() + "'"
    return "x" + value.hex()


def float_text(value, form):
    return "nan" if value != value else struct.pack(form, value).hex()


def entries(array, texts, begin, end):
    offsets = array.offsets.to_pylist()
    return [begin + " ".join(texts[offsets[row] : offsets[row + 1]]) + end for row in range(len(array))]


def texts(array):
    """One text a row of an Arrow array."""
    if isinstance(array, pa.ChunkedArray):
        return [text for chunk in array.chunks for text in texts(chunk)]
    type_ = array.type
    if pa.types.is_struct(type_):
        children = [texts(child) for child in array.flatten()]
        names = [field.name for field in type_]
        values = [
            "{" + " ".join(f"{name}:{child[row]}" for name, child in zip(names, children)) + "}"
            for row in range(len(array))
        ]
    elif pa.types.is_list(type_) or pa.types.is_large_list(type_):
        values = entries(array, texts(array.values), "[", "]")
    elif pa.types.is_map(type_):
        pairs = [f"{key}={item}" for key, item in zip(texts(array.keys), texts(array.items))]
        values = entries(array, pairs, "{", "}")
    else:
        return ["null" if value is None else value for value in scalars(array)]
    return ["null" if null else value for value, null in zip(values, array.is_null().to_pylist())]


def scalars(array):
    type_ = array.type
    if isinstance(type_, pa.UuidType):
        return [value if value is None else value.hex for value in array.to_pylist()]
    if pa.types.is_date(type_):
        array = array.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_time(type_):
        array = array.cast(pa.time64("us")).cast(pa.int64())
    elif pa.types.is_timestamp(type_):
        array = array.cast(pa.timestamp("us", type_.tz)).cast(pa.int64())
    values = array.to_pylist()
    if kind(type_) == "boolean":
        form = lambda value: "true" if value else "false"
    elif pa.types.is_float32(type_):
        form = lambda value: float_text(value, ">f")
    elif pa.types.is_float64(type_):
        form = lambda value: float_text(value, ">d")
    elif pa.types.is_decimal(type_):
        form = lambda value: str(int(value.scaleb(type_.scale)))
    elif kind(type_) == "string":
        form = lambda value: bytes_text(value.encode())
    elif kind(type_) == "binary":
        form = bytes_text
    else:
        form = str
    return [value if value is None else form(value) for value in values]


def lines(table):
    """The columns' names and types, and the rows in the order of their texts."""
    header = " ".join(f"{field.name}:{kind(field.type)}" for field in table.schema)
    columns = [texts(column) for column in table.columns]
    rows = sorted((" ".join(values) for values in zip(*columns)), key=str.encode)
    return [header, *rows]
