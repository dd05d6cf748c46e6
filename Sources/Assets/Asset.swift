package import Base

/// A table that is the answer to a statement: one file of the project.
package struct Asset: Sendable {
    package let name: TableName
    /// The whole file, which is the statement: its header is a comment in it.
    package let source: SourceText
    private let readHeader: Memoized<AssetHeader>

    /// Read from the file when it is first asked for, where that did not have to be done before.
    package var header: AssetHeader { readHeader.value }

    init(name: TableName, source: SourceText, header: AssetHeader? = nil) {
        self.name = name
        self.source = source
        readHeader = header.map { Memoized($0) } ?? Memoized { HeaderReader.read(source).header }
    }

    package var sql: String { source.text }
}

/// Makes assets of the files below `assets/`.
struct AssetReader {
    static let folder = "assets/"
    static let filesMax = 10_000
    static let fileBytesMax = 1 << 20
    static let nameBytesMax = 63

    private(set) var problems: [Problem] = []

    /// - Throws: where there are too many files; what is wrong with one is among its problems.
    static func checkCount(_ files: [SourceText]) throws(TarnError) {
        guard files.count <= filesMax else {
            throw TarnError(
                .configurationInvalid,
                "There are more assets than a project can have.",
                detail: ["assets": String(files.count), "limit": String(filesMax)]
            )
        }
    }

    /// The assets with names of their own, by name; where two files make one table, the first by path does.
    static func distinct(_ assets: [Asset]) -> (assets: [Asset], problems: [Problem]) {
        var known: [TableName: Asset] = [:]
        var problems: [Problem] = []
        for asset in assets.sorted(by: { $0.source.path < $1.source.path }) {
            guard let other = known[asset.name] else {
                known[asset.name] = asset
                continue
            }
            let error = TarnError(
                .assetCollision,
                "Two files make the same table.",
                detail: ["table": asset.name.description, "other file": other.source.path]
            )
            problems.append(Problem(error, at: asset.source.start))
        }
        return (known.values.sorted { $0.name < $1.name }, problems)
    }

    static func read(_ file: SourceText) -> (asset: Asset?, problems: [Problem]) {
        var reader = AssetReader()
        let asset = reader.asset(file)
        return (asset, reader.problems)
    }

    private mutating func asset(_ file: SourceText) -> Asset? {
        guard file.bytes.count <= Self.fileBytesMax else {
            report(TarnError(.configurationInvalid, "The file is larger than an asset can be."), at: file.start)
            return nil
        }
        guard String(validating: file.bytes, as: UTF8.self) != nil, !file.bytes.contains(0) else {
            report(TarnError(.configurationInvalid, "The file is not UTF-8 text."), at: file.start)
            return nil
        }
        let (header, found) = HeaderReader.read(file)
        problems += found
        guard let name = name(file, header.namespace, header.places["namespace"]) else { return nil }
        return Asset(name: name, source: file, header: header)
    }

    /// The name of an asset whose header was read before, with the namespace that it gave.
    static func name(of file: SourceText, namespace: String?) -> TableName? {
        var reader = AssetReader()
        return reader.name(file, namespace, nil)
    }

    /// The file's name in the namespace of its first folder, or of its header.
    private mutating func name(_ file: SourceText, _ written: String?, _ place: SourcePlace?) -> TableName? {
        let parts = file.path.dropFirst(Self.folder.count).split(separator: "/")
        let name = String(parts.last?.dropLast(4) ?? "")
        guard let namespace = written ?? (parts.count > 1 ? String(parts[0]) : nil) else {
            report(
                TarnError(
                    .configurationInvalid,
                    "The asset is in no namespace.",
                    remedy: "Move the file into a folder, \(Self.folder)gold/, or add `namespace: gold` to its header."
                ),
                at: file.start
            )
            return nil
        }
        guard Self.isName(name), Self.isName(namespace) else {
            report(
                TarnError(
                    .configurationInvalid,
                    "The asset's name cannot be that of a table.",
                    detail: ["table": "\(namespace).\(name)"],
                    remedy: "Use small letters, digits and `_`, with no digit first, at most \(Self.nameBytesMax)."
                ),
                at: place ?? file.start
            )
            return nil
        }
        return TableName(namespace: namespace, name: name)
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= nameBytesMax, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || isDigit($0) || $0 == 0x5F }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private mutating func report(_ error: TarnError, at place: SourcePlace) {
        problems.append(Problem(error, at: place))
    }
}
