import Base
import Lake
import Platform
import Query
import Settings

#if canImport(Glibc)
    import Glibc
#endif

/// One statement on its way to a terminal or a file.
struct QueryJob: Sendable {
    let composition: Composition
    let sql: String
    let reference: VersionReference
    /// Ends with a line about the files that were read.
    let tellsScan: Bool

    private var access: AccessContext { .user(Console.user) }

    func print(_ format: OutputFormat) async throws(TarnError) {
        let session = try await composition.querySession()
        let answer = try await session.write(sql, as: format, at: reference, for: access) { Console.write($0) }
        note(answer, format)
    }

    /// Text into a file, which is there whole or not at all.
    func write(_ format: OutputFormat, to path: String) async throws(TarnError) {
        let session = try await composition.querySession()
        let draft = "\(path).\(getpid()).tmp"
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        defer {
            close(descriptor)
            unsafe unlink(draft)
        }
        let answer = try await session.write(sql, as: format, at: reference, for: access) { (bytes) throws(TarnError) in
            guard Files.writeAll(bytes, to: descriptor) else { throw Self.unwritable(path) }
        }
        guard fsync(descriptor) == 0, unsafe rename(draft, path) == 0 else { throw Self.unwritable(path) }
        note(answer, format)
        Console.note("\(Quantity.text(count: Int64(answer.rowCount))) rows written to \(path)")
    }

    func export(to path: String) async throws(TarnError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let session = try await composition.querySession(outputFolders: [folder])
        let count = try await session.export(sql, to: path, at: reference, as: access)
        Console.note("\(Quantity.text(count: Int64(count))) rows written to \(path)")
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

    private static func unwritable(_ path: String) -> TarnError {
        let reason = unsafe String(cString: strerror(errno))
        return TarnError(
            .storeFailed,
            "The output file cannot be written: \(reason).",
            detail: ["path": path],
            remedy: "Check the path, its rights and the space left."
        )
    }
}
