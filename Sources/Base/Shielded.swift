/// Runs `body` to its end even when the caller is cancelled meanwhile: for work that must not stop half-way, such as a
/// commit and what follows from it. The caller waits as long as it takes.
package func shielded<Value: Sendable>(
    _ body: @escaping @Sendable () async throws(TarnError) -> Value
) async throws(TarnError) -> Value {
    let task = Task { () async -> Result<Value, TarnError> in
        do throws(TarnError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
    return try await task.value.get()
}
