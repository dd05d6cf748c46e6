internal import Base
internal import CPQ

#if canImport(Glibc)
    internal import Glibc
#endif

/// One libpq connection. Blocks its thread while it waits, in slices, and looks for cancellation between them.
///
/// Not `Sendable`: it stays with the actor that opened it, whose executor has its own thread.
// SAFETY: `connection` is never nil, never shared, and freed once, in `deinit`.
@safe final class Handle {
    private let connection: OpaquePointer
    private static let sliceMilliseconds: Int32 = 50
    private static let gatherMicroseconds: UInt32 = 500

    enum Mode { case queries, replication }

    /// What `nextCopyData` found.
    enum CopyData<Value> {
        case value(Value)
        case nothingYet
        case end
    }

    init(_ text: String, mode: Mode) throws(TarnError) {
        try ConnectionText(text).requireReadable()
        var options = [
            ("connect_timeout", "15"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("tcp_user_timeout", "60000"),
            ("fallback_application_name", "tarn"), ("dbname", text), ("client_encoding", "UTF8"),
        ]
        if mode == .replication { options.append(("replication", "database")) }
        guard let opened = unsafe Self.connect(options) else {
            throw TarnError(.sourceUnavailable, "The connection could not be made: memory ran out.")
        }
        unsafe connection = opened
        guard unsafe PQstatus(connection) == CONNECTION_OK else {
            let cause = lastMessage()
            throw TarnError(
                ConnectionText.isRefusal(cause) ? .sourceRejected : .sourceUnavailable,
                "The connection to PostgreSQL failed.",
                detail: ["cause": cause]
            )
        }
        for setting in Self.settings { try execute("SET \(setting)") }
    }

    deinit { unsafe PQfinish(connection) }

    private static let settings = [
        "idle_in_transaction_session_timeout = 0", "statement_timeout = 0", "lock_timeout = 0",
        "TimeZone = 'UTC'", "DateStyle = 'ISO'", "IntervalStyle = 'postgres'", "extra_float_digits = 1",
        "row_security = off", "search_path = ''",
    ]

    private static func connect(_ options: [(String, String)]) -> OpaquePointer? {
        var keys = unsafe options.map { unsafe UnsafePointer(strdup($0.0)) } + [nil]
        var values = unsafe options.map { unsafe UnsafePointer(strdup($0.1)) } + [nil]
        defer {
            unsafe (keys + values).forEach { pointer in unsafe free(UnsafeMutablePointer(mutating: pointer)) }
        }
        return unsafe PQconnectdbParams(&keys, &values, 1)
    }

    var serverVersion: Int { unsafe Int(PQserverVersion(connection)) }

    /// Runs a query and returns its rows as PostgreSQL's text.
    func rows(_ sql: String, _ parameters: [String?] = []) throws(TarnError) -> [[String?]] {
        let result = unsafe try run(sql, parameters)
        defer { unsafe PQclear(result) }
        let columns = unsafe PQnfields(result)
        return unsafe (0..<PQntuples(result)).map { row in
            (0..<columns).map { column in
                guard unsafe PQgetisnull(result, row, column) == 0, let value = unsafe PQgetvalue(result, row, column)
                else { return nil }
                return unsafe String(cString: value)
            }
        }
    }

    func execute(_ sql: String) throws(TarnError) {
        unsafe PQclear(try run(sql, []))
    }

    /// Waits for the statement's last result. On cancellation the statement is cancelled at the server too.
    private func run(_ sql: String, _ parameters: [String?]) throws(TarnError) -> OpaquePointer {
        let sent = parameters.isEmpty ? unsafe PQsendQuery(connection, sql) : send(sql, parameters)
        guard sent == 1 else { throw lost() }
        var kept: OpaquePointer?
        while true {
            try waitForResult()
            guard let result = unsafe PQgetResult(connection) else { break }
            if let earlier = unsafe kept { unsafe PQclear(earlier) }
            unsafe kept = result
            let status = unsafe PQresultStatus(result)
            if status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH { break }
        }
        guard let result = unsafe kept else { throw lost() }
        let status = unsafe PQresultStatus(result)
        guard [PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(status) else {
            defer { unsafe PQclear(result) }
            throw unsafe error(of: result)
        }
        return unsafe result
    }

    private func send(_ sql: String, _ parameters: [String?]) -> Int32 {
        var values = unsafe parameters.map { unsafe $0.map { unsafe UnsafePointer(strdup($0)) } ?? nil }
        defer { unsafe values.forEach { pointer in unsafe free(UnsafeMutablePointer(mutating: pointer)) } }
        return unsafe PQsendQueryParams(connection, sql, Int32(parameters.count), nil, &values, nil, nil, 0)
    }

    private func waitForResult() throws(TarnError) {
        while unsafe PQisBusy(connection) == 1 {
            guard !Task.isCancelled else {
                cancel()
                throw TarnError(.interrupted, "A statement was interrupted.")
            }
            wait(milliseconds: Self.sliceMilliseconds)
            guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
        }
    }

    /// Waits until the server sent something, at most this long.
    func wait(milliseconds: Int32) {
        var descriptor = unsafe pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&descriptor, 1, min(milliseconds, Self.sliceMilliseconds))
    }

    /// Pauses for a moment while the server is sending: it sends row by row, and taking the rows in one by one costs
    /// both sides a system call each.
    func letDataGather() { usleep(Self.gatherMicroseconds) }

    private func cancel() {
        guard let handle = unsafe PQgetCancel(connection) else { return }
        var buffer = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(handle, &buffer, Int32(buffer.count))
        unsafe PQfreeCancel(handle)
    }

    /// Takes in what the server sent, without waiting.
    func consumeInput() throws(TarnError) {
        guard unsafe PQconsumeInput(connection) == 1 else { throw lost() }
    }

    /// Hands the next message of a running COPY or replication stream to `body`, in libpq's own memory.
    func nextCopyData<Value>(_ body: (ByteReader) throws(TarnError) -> Value) throws(TarnError) -> CopyData<Value> {
        var buffer: UnsafeMutablePointer<CChar>?
        let length = unsafe PQgetCopyData(connection, &buffer, 1)
        guard length > 0, let start = unsafe buffer else {
            if length == 0 { return .nothingYet }
            if length == -1 { return try copyEnd() }
            throw lost()
        }
        defer { unsafe PQfreemem(start) }
        return .value(try unsafe body(ByteReader(UnsafeRawBufferPointer(start: start, count: Int(length)))))
    }

    private func copyEnd<Value>() throws(TarnError) -> CopyData<Value> {
        while let result = unsafe PQgetResult(connection) {
            defer { unsafe PQclear(result) }
            let status = unsafe PQresultStatus(result)
            if status == PGRES_FATAL_ERROR { throw unsafe error(of: result) }
            if status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_COPY_IN { break }
        }
        return .end
    }

    func putCopyData(_ bytes: [UInt8]) throws(TarnError) {
        let sent = unsafe bytes.withUnsafeBytes { buffer in
            unsafe PQputCopyData(
                connection,
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(buffer.count)
            )
        }
        guard sent == 1, unsafe PQflush(connection) >= 0 else { throw lost() }
    }

    private func lost() -> TarnError {
        TarnError(.sourceUnavailable, "The connection to PostgreSQL was lost.", detail: ["cause": lastMessage()])
    }

    private func lastMessage() -> String {
        guard let message = unsafe PQerrorMessage(connection) else { return "" }
        return unsafe String(String(cString: message).prefix { $0 != "\n" })
    }

    private func error(of result: OpaquePointer) -> TarnError {
        let state = unsafe field(result, UInt8(ascii: "C")) ?? ""
        let message = unsafe field(result, UInt8(ascii: "M")) ?? lastMessage()
        return ServerError.error(state: state, message: message)
    }

    private func field(_ result: OpaquePointer, _ code: UInt8) -> String? {
        guard let text = unsafe PQresultErrorField(result, Int32(code)) else { return nil }
        return unsafe String(cString: text)
    }
}

/// Maps PostgreSQL's SQLSTATE to Tarn's codes. The server's DETAIL is left out: it may quote values.
enum ServerError {
    static func error(state: String, message: String) -> TarnError {
        TarnError(
            code(state),
            "PostgreSQL refused a statement: \(message)",
            detail: ["SQLSTATE": state]
        )
    }

    private static func code(_ state: String) -> ErrorCode {
        switch state {
        case "57014": .interrupted
        case "55006": .slotActive
        case "57P01", "57P02", "57P03", "53300", "55P03", "40P01", "": .sourceUnavailable
        default: state.hasPrefix("08") ? .sourceUnavailable : .sourceRejected
        }
    }
}
