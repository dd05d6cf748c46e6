extension TarnError {
    /// For programs: code, message, where, and what to do about it.
    package var json: JSONValue {
        var detail = JSONObject()
        for entry in self.detail { detail.append(entry.key, .string(entry.value)) }
        return [
            "code": .string(code.rawValue), "message": .string(message), "detail": .object(detail),
            "cause": cause.map { .string($0) } ?? .null, "remedy": .string(remedy),
        ]
    }
}
