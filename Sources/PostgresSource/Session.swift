internal import Base

/// A connection for statements, opened when first needed and opened again after it was lost.
actor Session {
    private let executor = QueueExecutor(label: "tarn.postgres.session")
    private let connection: String
    private let mode: Handle.Mode
    private var handle: Handle?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ connection: String, mode: Handle.Mode = .queries) {
        self.connection = connection
        self.mode = mode
    }

    func rows(_ sql: String, _ parameters: [String?] = []) throws(TarnError) -> [[String?]] {
        try use { (handle) throws(TarnError) in try handle.rows(sql, parameters) }
    }

    func execute(_ sql: String) throws(TarnError) {
        try use { (handle) throws(TarnError) in try handle.execute(sql) }
    }

    func serverVersion() throws(TarnError) -> Int {
        try use { (handle) throws(TarnError) in handle.serverVersion }
    }

    func close() { handle = nil }

    private func use<Value>(_ body: (Handle) throws(TarnError) -> Value) throws(TarnError) -> Value {
        let current: Handle
        if let handle { current = handle } else { current = try Handle(connection, mode: mode) }
        handle = current
        do throws(TarnError) {
            return try body(current)
        } catch {
            if error.code == .sourceUnavailable || error.code == .interrupted { handle = nil }
            throw error
        }
    }
}

extension String {
    /// As an SQL identifier.
    var quoted: String {
        "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// As an SQL text literal.
    var literal: String { "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'" }
}
