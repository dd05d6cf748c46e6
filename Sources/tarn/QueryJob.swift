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

    private var access: AccessContext { .user(Console.user) }

    func print(_ format: OutputFormat) async throws(TarnError) {
        let session = try await composition.querySession(allowsWrites: true)
        let answer = try await session.write(sql, as: format, at: reference, for: access) { Console.write($0) }
        if answer.isCut { Self.noteCut(answer.rowCount) }
    }

    func write(_ format: OutputFormat, to file: OutputFile) async throws(TarnError) {
        let session = try await composition.querySession(allowsWrites: true)
        let answer = try await session.write(sql, as: format, at: reference, for: access) { (bytes) throws(TarnError) in
            try file.write(bytes)
        }
        try file.finish()
        note(answer.rowCount, isCut: answer.isCut, file)
    }

    func export(to file: OutputFile) async throws(TarnError) {
        let session = try await composition.querySession(outputFolders: [file.folder])
        let answer = try await session.export(sql, to: file.writingPath, at: reference, as: access)
        try file.finish()
        note(answer.rowCount, isCut: answer.isCut, file)
    }

    private func note(_ count: Int, isCut: Bool, _ file: OutputFile) {
        if isCut { Self.noteCut(count) }
        Console.note("\(Quantity.text(count: Int64(count))) rows written to \(file.path)")
    }

    static func noteCut(_ count: Int) {
        Console.note(
            "There are more rows: the answer was cut at \(Quantity.text(count: Int64(count))) (limits.query_rows)."
        )
    }
}
