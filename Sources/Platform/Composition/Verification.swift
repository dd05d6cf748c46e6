package import Base
package import Capture
internal import Engine
internal import Lake
internal import Landing
internal import PostgresSource

/// Compares what the lake holds of a source with the source itself, at one position: silver as it is, and bronze
/// replayed from its first change. Meaningful while nobody writes to the source.
package struct Verification: Sendable {
    /// Everything the source had logged when the comparison began is in the lake.
    package let position: Position
    package let version: Int64
    package let tables: [Table]
    /// Tables that were not compared, and why.
    package let omitted: [Omission]

    /// A table of the source that could not be part of the comparison.
    package struct Omission: Sendable {
        package let name: String
        package let reason: String
        /// The lake does not hold this table as it is.
        package let isFailure: Bool
    }

    package struct Table: Sendable {
        /// The name at the source.
        package let name: String
        package let source: TableFingerprint
        package let silver: TableFingerprint
        package let bronze: TableFingerprint

        package var isMatch: Bool { source == silver && source == bronze }
    }

    /// Every table that is kept was compared and is equal; a source of which nothing was compared does not match.
    package var isMatch: Bool {
        !tables.isEmpty && tables.allSatisfy(\.isMatch) && !omitted.contains(where: \.isFailure)
    }

    /// - Parameter patience: how long to wait for a running `tarn up` to bring the lake to the source's position.
    package static func run(
        _ configuration: SourceConfiguration,
        _ composition: Composition,
        patience: Duration
    ) async throws(TarnError) -> Verification {
        let database = try composition.source(configuration)
        let position = try await database.health().currentPosition
        let state = try await reached(position, configuration.name, composition.lake, patience)
        guard let source = state.sources[configuration.name] else { throw missing(configuration.name) }
        let landed = try LandedTable.parse(source.tables)
        let followed = landed.filter { $0.stopped == nil && $0.silver != nil }
        let known = Set(landed.map(\.captured.qualifiedName))
        var omitted = landed.compactMap(Omission.init)
        for name in try await database.matchingTables().map(\.name.qualified) where !known.contains(name) {
            omitted.append(Omission(name: name, reason: "it was not there at the snapshot", isFailure: true))
        }
        let expected = try await composition.fingerprints(configuration, of: followed.map(\.captured))
        let lake = LakeFingerprint(
            lake: composition.lake,
            connection: try composition.ingestEngine().connect()
        )
        var tables: [Table] = []
        for (table, fingerprint) in zip(followed, expected) {
            guard let fingerprint else {
                let name = table.captured.qualifiedName
                omitted.append(Omission(name: name, reason: "it is no longer at the source", isFailure: true))
                continue
            }
            guard let silver = try await lake.silver(table, in: state) else { continue }
            tables.append(
                Table(
                    name: table.captured.qualifiedName,
                    source: fingerprint,
                    silver: silver,
                    bronze: try await lake.bronze(table, in: state)
                )
            )
        }
        return Verification(position: position, version: state.version, tables: tables, omitted: omitted)
    }

    private static func reached(
        _ position: Position,
        _ source: String,
        _ lake: Lake,
        _ patience: Duration
    ) async throws(TarnError) -> LakeState {
        let end = ContinuousClock.now + patience
        while true {
            let state = try await lake.refresh()
            guard let known = state.sources[source] else { throw missing(source) }
            if Position(text: known.position) >= position { return state }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(100))) != nil else {
                throw TarnError(
                    .sourceUnavailable,
                    "The lake does not reach the source's position.",
                    detail: ["source at": position.text, "lake at": known.position],
                    remedy: "Start `tarn up`, see with `tarn status` that it streams, then verify again."
                )
            }
        }
    }

    private static func missing(_ source: String) -> TarnError {
        TarnError(
            .sourceUnavailable,
            "The lake holds nothing of this source yet.",
            detail: ["source": source],
            remedy: "Start `tarn up` and wait for the end of the snapshot."
        )
    }
}

extension Verification.Omission {
    /// Nil for a table that is compared.
    fileprivate init?(_ table: LandedTable) {
        if table.stopped != nil {
            self.init(name: table.captured.qualifiedName, reason: "it is no longer followed", isFailure: true)
        } else if table.silver == nil {
            self.init(name: table.captured.qualifiedName, reason: "it has no key: bronze only", isFailure: false)
        } else {
            return nil
        }
    }

    fileprivate var json: JSONValue {
        ["table": .string(name), "reason": .string(reason), "failure": .bool(isFailure)]
    }
}

extension Verification {
    package var json: JSONValue {
        [
            "position": .string(position.text), "version": .integer(version), "match": .bool(isMatch),
            "tables": .array(tables.map(\.json)), "not_compared": .array(omitted.map(\.json)),
        ]
    }
}

extension Verification.Table {
    fileprivate var json: JSONValue {
        [
            "table": .string(name), "match": .bool(isMatch), "source": source.json, "silver": silver.json,
            "bronze_replayed": bronze.json,
        ]
    }
}

extension TableFingerprint {
    fileprivate var json: JSONValue { ["rows": .integer(rowCount), "hash": .string(hash)] }
}
