import Base
import Columns
import Engine
import Query

/// Binds one asset's statement to the tables of the shadow catalog, and reports all that the binder finds wrong.
///
/// The engine's binder stops at its first error. Where that is a column, a NULL takes the column's place and the rest
/// is bound again, so that a person sees every wrong column at once.
struct StatementBinder {
    private let asset: Asset
    private let outline: StatementOutline
    /// The columns of the tables that the statement reads.
    private let columns: [String]
    private var bytes: [UInt8]
    /// Where each byte was in the file.
    private lazy var origins = Array(asset.source.bytes.indices)
    private(set) var problems: [Problem] = []

    private static let problemsMax = 20

    init(_ asset: Asset, _ outline: StatementOutline, columns: [String]) {
        self.asset = asset
        self.outline = outline
        self.columns = columns
        bytes = asset.source.bytes
    }

    /// - Returns: the plan; nil where there are problems.
    mutating func bind(on connection: EngineConnection) async throws(TarnError) -> JSONValue? {
        while problems.count < Self.problemsMax {
            switch try await connection.plan(of: String(decoding: bytes, as: UTF8.self)) {
            case .success(let plan): return problems.isEmpty ? plan : nil
            case .failure(let refusal):
                let range = column(refusal)
                // What else goes wrong after a repair may come from the repair.
                guard problems.isEmpty || range != nil else { return nil }
                problems.append(Problem(refusal.error(columns: columns), at: place(refusal)))
                guard let range, !range.isEmpty else { return nil }
                replace(range)
            }
        }
        return nil
    }

    /// Where a column stands that cannot be bound; nil for other refusals.
    private func column(_ refusal: BindRefusal) -> Range<Int>? {
        guard refusal.isOfColumn, let start = refusal.position, bytes.indices.contains(start) else { return nil }
        return start..<nameEnd(from: start)
    }

    /// The end of `name.name.name` that begins at `start`.
    private func nameEnd(from start: Int) -> Int {
        var end = start
        repeat {
            if end > start { end += 1 }
            if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
                end += 1
                while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += 1 }
                end += 1
            } else {
                while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
            }
        } while end < bytes.count && bytes[end] == UInt8(ascii: ".")
        return min(end, bytes.count)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || Character(Unicode.Scalar(byte)).isLetter
            || (0x30...0x39).contains(byte)
    }

    private mutating func replace(_ range: Range<Int>) {
        let origin = origins[range.lowerBound]
        bytes.replaceSubrange(range, with: Array("NULL".utf8))
        origins.replaceSubrange(range, with: Array(repeating: origin, count: 4))
    }

    private mutating func place(_ refusal: BindRefusal) -> SourcePlace {
        if let position = refusal.position {
            let source = SourceText(path: asset.source.path, bytes: bytes)
            let byte = refusal.kind == "parser" ? source.byte(ofScalar: position) : position
            return asset.source.place(ofByte: origins.indices.contains(byte) ? origins[byte] : asset.source.bytes.count)
        }
        let outline = outline
        let named = refusal.names.lazy.compactMap { outline.position(ofName: $0) }.first
        return asset.source.place(ofByte: asset.source.byte(ofScalar: named ?? outline.start))
    }
}
