#!/usr/bin/env python3
"""Turn DuckDB's Python extension module into a plain shared library with DuckDB's C API.

    make_libduckdb.py _duckdb.cpython-311-x86_64-linux-gnu.so libduckdb.so

The module of the official wheel holds the whole engine and exports its C API. Two things keep it
from being linked like a library, and both are flags in its dynamic symbol table:

1. It refers to some 190 functions and objects of the Python interpreter. Those references become
   weak: without an interpreter they resolve to zero. The C API never comes to the code that uses them.
2. It exports over 50,000 symbols of everything inside, ICU and mbedTLS included, under names that
   other libraries of the process use too. All but `duckdb_*` become hidden: each library keeps its
   own, and the loader has less than half of the relocations to look up.

No byte of code or data changes, and the file keeps its size.
"""

import struct
import sys

# The names and values of the ELF specification, 64-bit little-endian.
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
SHT_DYNSYM = 11
SHN_UNDEF = 0
STB_LOCAL, STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE = 0, 1, 2, 10
STV_HIDDEN = 2

# The exports we need are as many as the header has functions: far fewer mean another kind of build.
EXPORTS_MIN = 400


def sections(image):
    """The section headers as dictionaries, in file order."""
    if image[:6] != b"\x7fELF\x02\x01":
        sys.exit("error: not a 64-bit little-endian ELF file")
    (start,) = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3A)
    for index in range(count):
        fields = SECTION_HEADER.unpack_from(image, start + index * size)
        yield {"type": fields[1], "offset": fields[4], "size": fields[5], "link": fields[6]}


def rewrite(image):
    """Change the symbol table of `image` in place; return (weakened, hidden, exported)."""
    headers = list(sections(image))
    symbols = next(header for header in headers if header["type"] == SHT_DYNSYM)
    names = headers[symbols["link"]]
    text = bytes(image[names["offset"] : names["offset"] + names["size"]])

    weakened = hidden = exported = 0
    first = symbols["offset"] + SYMBOL.size  # entry 0 is reserved
    for offset in range(first, symbols["offset"] + symbols["size"], SYMBOL.size):
        name_at, info, other, section, _, _ = SYMBOL.unpack_from(image, offset)
        binding, kind = info >> 4, info & 0xF
        if binding == STB_LOCAL:
            continue
        name = text[name_at : text.index(b"\0", name_at)]
        if section == SHN_UNDEF:
            if name.startswith((b"Py", b"_Py")):
                image[offset + 4] = STB_WEAK << 4 | kind
                weakened += 1
        elif name.startswith(b"duckdb_"):
            exported += 1
        else:
            if binding == STB_GNU_UNIQUE:  # such symbols are looked up process-wide, hidden or not
                image[offset + 4] = STB_GLOBAL << 4 | kind
            image[offset + 5] = other & ~0x3 | STV_HIDDEN
            hidden += 1
    return weakened, hidden, exported


def main(source, target):
    with open(source, "rb") as file:
        image = bytearray(file.read())
    weakened, hidden, exported = rewrite(image)
    if exported < EXPORTS_MIN:
        sys.exit(f"error: {source} exports only {exported} functions of the C API")
    with open(target, "wb") as file:
        file.write(image)
    print(f"libduckdb.so: {exported} functions exported, {hidden} symbols hidden, {weakened} made weak", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
