package import Base
import Store

/// Which version of the lake a reader wants.
package enum VersionReference: Sendable, Hashable {
    case newest
    case version(Int64)
    /// The newest version that was committed at or before this moment.
    case time(Timestamp)
}

extension Lake {
    /// The lake at a version.
    /// - Throws: `lake.versionMissing` for one that never was.
    package func state(at reference: VersionReference) async throws(TarnError) -> LakeState {
        let newest = try await refresh()
        switch reference {
        case .newest: return newest
        case .version(let version): return try await state(at: version, newest: newest)
        case .time(let time):
            guard time < newest.time else { return newest }
            try await fillIndex(upTo: newest.version)
            guard let version = try index.version(at: time) else {
                throw TarnError(
                    .versionMissing,
                    "The lake is younger than this moment.",
                    detail: ["time": time.description]
                )
            }
            return try index.state(at: version)
        }
    }

    /// Records, newest first; with `table`, only those that changed it.
    package func records(ofTable table: TableName? = nil, limit: Int) async throws(TarnError) -> [LogRecord] {
        let newest = try await refresh()
        try await fillIndex(upTo: newest.version)
        var records: [LogRecord] = []
        for row in try index.records(ofTable: table?.description, limit: limit) {
            records.append(try LogRecord(parsing: Array(row.body.utf8)))
        }
        return records
    }

    private func state(at version: Int64, newest: LakeState) async throws(TarnError) -> LakeState {
        if version == newest.version { return newest }
        guard version > 0, version < newest.version else {
            throw TarnError(
                .versionMissing,
                "The lake has no such version.",
                detail: ["version": String(version), "newest": String(newest.version)]
            )
        }
        try await fillIndex(upTo: newest.version)
        return try index.state(at: version)
    }

    /// A lost index is refilled by reading the log from the start.
    private func fillIndex(upTo version: Int64) async throws(TarnError) {
        var last = try index.lastVersion()
        while last < version {
            last += 1
            guard let record = try await log.read(last) else {
                throw TarnError(.corruptData, "The commit log has a gap.", detail: ["missing version": String(last)])
            }
            try index.add(record)
        }
    }
}
