import Base
import Lake
import Platform
import Query
import Settings

/// One statement on its way to a terminal or a file.
struct QueryJob: Sendable {
    let composition: Composition
    let sql: String
    let reference: VersionReference
    /// Ends with a line about the files that were read.
    let tellsScan: Bool

    private var access: AccessContext { .user(Console.user) }

    func print(_ format: OutputFormat) async throws(TarnError) {
        let session = try await composition.querySession(allowsWrites: true)
        let answer = try await session.write(sql, as: format, at: reference, for: access) { Console.write($0) }
        note(answer, format)
    }

    func write(_ format: OutputFormat, to file: OutputFile) async throws(TarnError) {
        let session = try await composition.querySession(allowsWrites: true)
        let answer = try await session.write(sql, as: format, at: reference, for: access) { (bytes) throws(TarnError) in
            try file.write(bytes)
        }
        try file.finish()
        note(answer, format)
        note(answer.rowCount, file)
    }

    func export(to file: OutputFile) async throws(TarnError) {
        let session = try await composition.querySession(outputFolders: [file.folder])
        let answer = try await session.export(sql, to: file.writingPath, at: reference, as: access)
        try file.finish()
        if answer.isCut { Self.noteCut(answer.rowCount) }
        note(answer.rowCount, file)
    }

    private func note(_ count: Int, _ file: OutputFile) {
        Console.note("\(Quantity.text(count: Int64(count))) rows written to \(file.path)")
    }

    private func note(_ answer: QueryAnswer, _ format: OutputFormat) {
        if answer.isCut { Self.noteCut(answer.rowCount) }
        guard tellsScan else { return }
        let scan = answer.scan
        let isJSON = format == .json || format == .jsonl
        Console.note(isJSON ? scan.json.text : Self.text(scan))
    }

    private static func text(_ scan: ScanStatistics) -> String {
        let files = Quantity.text(count: scan.files + scan.deleteFiles)
        let pruned = Quantity.text(count: scan.pruned.files)
        return "read \(files) files of \(Quantity.text(bytes: scan.bytes)), left out \(pruned) files "
            + "(\(Quantity.text(count: scan.pruned.manifests)) manifests)"
    }

    static func noteCut(_ count: Int) {
        Console.note(
            "There are more rows: the answer was cut at \(Quantity.text(count: Int64(count))) (limits.query_rows)."
        )
    }
}
