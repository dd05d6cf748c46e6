package import Base

/// A place in a file of the project; lines and columns count from 1, columns in Unicode scalars.
package struct SourcePlace: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// One file of the project, as it was read.
package struct SourceText: Sendable {
    /// Relative to the project's folder, with slashes: `assets/gold/revenue_daily.sql`.
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var start: SourcePlace { SourcePlace(file: path, line: 1, column: 1) }

    func place(ofByte offset: Int) -> SourcePlace {
        let before = bytes.prefix(max(0, offset))
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        // A continuing byte of UTF-8 begins no scalar.
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return SourcePlace(file: path, line: line, column: column)
    }

    func byte(ofScalar offset: Int) -> Int {
        var scalars = 0
        for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
            if scalars == offset { return index }
            scalars += 1
        }
        return bytes.count
    }
}

/// Something in the project's files that has to be put right, and where.
package struct Problem: Sendable {
    package let place: SourcePlace
    /// What is wrong and what to do; its place is kept apart.
    package let error: TarnError

    init(_ error: TarnError, at place: SourcePlace) {
        self.place = place
        self.error = error
    }

    /// Takes the place out of an error that carries one, as the readers of YAML and of statements leave it.
    ///
    /// - Parameter fallback: the place where the error names none.
    init(_ error: TarnError, in file: String, fallback: SourcePlace) {
        var error = error
        func detail(_ key: String) -> String? { error.detail.first { $0.key == key }?.value }
        if let place = detail("at").flatMap(Self.place) {
            self.place = place
            error.detail.removeAll { $0.key == "at" }
        } else if let line = detail("line").flatMap({ Int($0) }), let column = detail("column").flatMap({ Int($0) }) {
            place = SourcePlace(file: file, line: line, column: column)
            error.detail.removeAll { ["line", "column"].contains($0.key) }
        } else {
            place = fallback
        }
        self.error = error
    }

    /// The place written as `file:line:column`.
    private static func place(_ text: String) -> SourcePlace? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1])
        else { return nil }
        return SourcePlace(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
    }
}

extension Problem {
    /// As compilers write it, so that editors find the place; what to do follows in lines of their own.
    package var text: String {
        var lines = ["\(place): \(error.message) [\(error.code.rawValue)]"]
        lines += error.detail.map { "  \($0.key): \($0.value)" }
        lines.append("  remedy: \(error.remedy)")
        return lines.joined(separator: "\n")
    }

    package var json: JSONValue {
        var detail = JSONObject()
        for entry in error.detail { detail.append(entry.key, .string(entry.value)) }
        return [
            "file": .string(place.file), "line": .integer(Int64(place.line)), "column": .integer(Int64(place.column)),
            "code": .string(error.code.rawValue), "message": .string(error.message), "detail": .object(detail),
            "remedy": .string(error.remedy),
        ]
    }
}
