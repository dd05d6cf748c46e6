/// The one error type of Tarn: what happened, where, and what to do about it.
///
/// `message` is one factual line. `detail` says where (object, position, column): never a cell value.
/// `remedy` is a full imperative sentence; when a call site has none better, the code's own is shown.
package struct TarnError: Error, Sendable {
    package var code: ErrorCode
    package var message: String
    package var detail: [Detail]
    package var remedy: String
    package var cause: String?

    package struct Detail: Sendable, Equatable {
        package var key: String
        package var value: String
    }

    /// - Parameter detail: pairs shown below the message, in order.
    package init(
        _ code: ErrorCode,
        _ message: String,
        detail: KeyValuePairs<String, String> = [:],
        remedy: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.detail = detail.map { Detail(key: $0.key, value: $0.value) }
        self.remedy = remedy ?? code.remedy
        // The remedy of the whole is the outer one's.
        self.cause = cause.map { ($0 as? TarnError)?.account ?? String(describing: $0) }
    }
}

extension TarnError {
    /// The same error with one more line of detail.
    package func adding(_ key: String, _ value: String) -> TarnError {
        var copy = self
        copy.detail.append(Detail(key: key, value: value))
        return copy
    }
}

extension TarnError: CustomStringConvertible {
    /// The tree a person reads: message, detail, cause, remedy.
    package var description: String { "\(account)\n  remedy: \(remedy)" }

    private var account: String {
        var lines = ["\(message) [\(code.rawValue)]"]
        lines += detail.map { "  \($0.key): \($0.value)" }
        if let cause { lines.append("  cause: \(cause)") }
        return lines.joined(separator: "\n")
    }
}
