import Base
import Dispatch
import Lake
import ObjectStore
import TestKit
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The readers of Iceberg tables beside Tarn, run in a Python of their own.
enum Readers {
    static let names = ["pyiceberg", "duckdb"]

    static let python = environment("TARN_TEST_PYTHON")
    static let extensions = environment("TARN_TEST_EXTENSIONS")

    static var areGiven: Bool { python != nil && extensions != nil }

    /// Says why the tests of a suite are skipped.
    static let trait = ConditionTrait.enabled(
        if: areGiven,
        "TARN_TEST_PYTHON and TARN_TEST_EXTENSIONS name the other readers; `make test` sets them."
    )

    struct Reading {
        var reader: String
        /// What the reader answers when it is asked for the number of rows alone.
        var count: Int?
        var table: CanonicalTable
    }

    /// What every reader sees under each metadata file, in order: for each file one reading a reader.
    static func read(_ metadata: [String]) async throws -> [[Reading]] {
        let lines = try await run("read_table.py", [extensions ?? "", names.joined(separator: ",")] + metadata)
        let readings = lines.split(omittingEmptySubsequences: false) { $0.hasPrefix("== ") }.dropFirst()
        let titles = lines.filter { $0.hasPrefix("== ") }.map { $0.split(separator: " ") }
        try #require(readings.count == metadata.count * names.count)
        let all = zip(titles, readings).map { title, body in
            Reading(
                reader: String(title[1]),
                count: body.first.flatMap { Int($0.dropFirst("count ".count)) },
                table: CanonicalTable(header: body.dropFirst().first ?? "", rows: Array(body.dropFirst(2)))
            )
        }
        return metadata.indices.map { Array(all[$0 * names.count..<($0 + 1) * names.count]) }
    }

    /// The lines that one of the scripts prints.
    static func run(_ script: String, _ arguments: [String]) async throws -> [String] {
        try await withTemporaryFolder { folder in
            let output = "\(folder)/output"
            let words = ["-B", "-W", "ignore", scripts + script] + arguments
            // Not on Swift's threads: the program takes seconds.
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try runTool(python ?? "", words, output: output) })
                }
            }
            let bytes = try await LocalObjectStore(folder: folder).get("output")
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    private static var scripts: String {
        String(#filePath.prefix(through: #filePath.lastIndex(of: "/") ?? #filePath.startIndex)) + "Scripts/"
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// A table at one version of the lake.
struct Sight: Sendable {
    var name: TableName
    var version: VersionReference = .newest
}

/// Expects that all readers see the same rows as Tarn, under the metadata files that the log names.
/// - Returns: what Tarn sees.
@discardableResult
func expectAgreement(_ sights: [Sight], in lake: TestLake, _ comment: Comment? = nil) async throws -> [CanonicalTable] {
    var own: [CanonicalTable] = []
    var files: [String] = []
    for sight in sights {
        let snapshot = try await lake.snapshot(sight.name, at: sight.version)
        let table = try await lake.read(snapshot)
        if let count = snapshot.exactRowCount { #expect(count == table.rows.count, comment) }
        own.append(table)
        let name = snapshot.state.metadata
        files.append(name.hasPrefix("file:") ? name : lake.lake.store.uri(name))
    }
    for (index, readings) in try await Readers.read(files).enumerated() {
        for reading in readings { compare(reading, own[index], sights[index], comment) }
    }
    return own
}

private func compare(_ reading: Readers.Reading, _ own: CanonicalTable, _ sight: Sight, _ comment: Comment?) {
    let place = "\(reading.reader), \(sight.name) at \(sight.version) \(comment?.rawValue ?? "")"
    #expect(reading.table.header == own.header, "\(place)")
    #expect(reading.count == own.rows.count, "\(place)")
    guard reading.table.rows != own.rows else { return }
    let missing = own.rows.filter { !reading.table.rows.contains($0) }
    let further = reading.table.rows.filter { !own.rows.contains($0) }
    Issue.record(
        """
        \(place): \(reading.table.rows.count) rows, Tarn has \(own.rows.count).
        Tarn alone (\(missing.count)): \(missing.prefix(2))
        The reader alone (\(further.count)): \(further.prefix(2))
        """
    )
}
