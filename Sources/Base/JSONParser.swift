/// Reads one JSON document (RFC 8259) from bytes. Never traps; nesting is bounded.
package struct JSONParser {
    private let bytes: [UInt8]
    private let subject: String
    private var offset = 0
    private static let depthMax = 512

    /// - Parameter subject: what the bytes are, named in errors.
    package static func parse(_ bytes: [UInt8], subject: String) throws(TarnError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, subject: subject)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw parser.failure("something follows the document") }
        return value
    }

    private init(bytes: [UInt8], subject: String) {
        self.bytes = bytes
        self.subject = subject
    }

    private func failure(_ what: String) -> TarnError {
        TarnError(.corruptData, "The \(subject) is not valid JSON: \(what).", detail: ["offset": String(offset)])
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(TarnError) -> JSONValue {
        skipSpace()
        guard depth < Self.depthMax else { throw failure("it is nested too deep") }
        guard offset < bytes.count else { throw failure("it ends too early") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(TarnError) -> JSONObject {
        offset += 1
        var result = JSONObject()
        if skip(UInt8(ascii: "}")) { return result }
        repeat {
            skipSpace()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw failure("a key is missing") }
            let key = try text()
            guard skip(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
            result.append(key, try value(depth: depth + 1))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw failure("an object is not closed") }
        return result
    }

    private mutating func array(depth: Int) throws(TarnError) -> [JSONValue] {
        offset += 1
        var result: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return result }
        repeat { result.append(try value(depth: depth + 1)) } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw failure("an array is not closed") }
        return result
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(TarnError) -> JSONValue {
        let expected = Array(word.description.utf8)
        guard bytes.count - offset >= expected.count, Array(bytes[offset..<offset + expected.count]) == expected
        else { throw failure("an unknown word") }
        offset += expected.count
        return value
    }

    private mutating func number() throws(TarnError) -> JSONValue {
        let start = offset
        while offset < bytes.count, isNumberByte(bytes[offset]) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if let integer = Int64(text) { return .integer(integer) }
        guard !text.isEmpty, let double = Double(text), double.isFinite else { throw failure("an unknown value") }
        return .number(text)
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func text() throws(TarnError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
            offset += 1
        }
        guard offset < bytes.count else { throw failure("a text is not closed") }
        var content = bytes[start..<offset]
        if bytes[offset] == UInt8(ascii: "\"") {
            offset += 1
            return try utf8(content)
        }
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            if bytes[offset] == UInt8(ascii: "\\") {
                content += try escape()
            } else {
                content.append(bytes[offset])
                offset += 1
            }
        }
        guard offset < bytes.count else { throw failure("a text is not closed") }
        offset += 1
        return try utf8(content)
    }

    private func utf8(_ content: ArraySlice<UInt8>) throws(TarnError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else { throw failure("a text is not UTF-8") }
        return text
    }

    private mutating func escape() throws(TarnError) -> [UInt8] {
        guard offset + 1 < bytes.count else { throw failure("an escape is cut short") }
        let kind = bytes[offset + 1]
        offset += 2
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [kind]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeScalar())).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func unicodeScalar() throws(TarnError) -> Unicode.Scalar {
        var code = try hexUnit()
        if (0xD800..<0xDC00).contains(code) {
            guard offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
            else { throw failure("half of a surrogate pair") }
            offset += 2
            let low = try hexUnit()
            guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexUnit() throws(TarnError) -> UInt32 {
        guard offset + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
        else { throw failure("an unknown escape") }
        offset += 4
        return unit
    }
}
